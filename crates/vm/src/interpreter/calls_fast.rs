//! Specialised calls of Python functions: the frame is filled right on top of the data stack, and nothing is called.

use super::calls::CALL;
use super::fast::drop_slot;
use crate::code::Code;
use crate::frame::{self, Frame, HEADER_WORDS, Owner, Slot};
use crate::function::Function;
use object::thread::ThreadState;
use std::cell::Cell;
use std::ptr::null_mut;

/// Whether a frame of this code may be pushed without more ado: recursion and data stack have room.
#[inline(always)]
pub(super) unsafe fn has_room(thread: *const ThreadState, code: &Code) -> bool {
    // SAFETY: the thread state is alive.
    unsafe {
        let raw = &(*thread).raw;
        let top = raw.datastack_top.get().addr();
        raw.py_recursion_remaining.get() > 0 && top + code.frame_words() * size_of::<Slot>() < raw.datastack_limit.get().addr()
    }
}

/// Pushes a frame for a call of `function` whose locals begin with `first` (unless it is null) and `count` words from `source`, which move. The
/// other locals are null.
///
/// # Safety
/// [`has_room`] said so; the code's copy was made and has that many locals at least; `owner` is a slot that keeps the function.
#[inline(always)]
pub(super) unsafe fn push_frame(
    thread: *const ThreadState,
    caller: *const Frame,
    function: *const Function,
    owner: Slot,
    first: Slot,
    source: *const Slot,
    count: usize,
) -> *const Frame {
    // SAFETY: by contract.
    unsafe {
        let raw = &(*thread).raw;
        raw.py_recursion_remaining.set(raw.py_recursion_remaining.get() - 1);
        let top = raw.datastack_top.get().cast::<Slot>();
        let code = (*function).code();
        raw.datastack_top.set(top.add(code.frame_words()).cast());
        let locals = top.add(HEADER_WORDS);
        let mut target = locals;
        if !first.is_null() {
            target.write(first);
            target = target.add(1);
        }
        let mut index = 0;
        while index < count {
            target.write((*source.add(index)).into_owned());
            target = target.add(1);
            index += 1;
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        let stack = locals.add(code.local_count());
        if (stack.addr() - target.addr()) & size_of::<Slot>() != 0 {
            target.write(Slot::NULL);
            target = target.add(1);
        }
        while target < stack {
            // Two at a time: one store of sixteen bytes.
            target.write(Slot::NULL);
            target.add(1).write(Slot::NULL);
            target = target.add(1);
            target = target.add(1);
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        let callee = top.cast::<Frame>();
        callee.write(Frame {
            code: Cell::new(code),
            previous: Cell::new(caller),
            function: Cell::new(owner),
            globals: Cell::new((*function).globals_ptr()),
            builtins: Cell::new((*function).builtins_ptr()),
            locals: Cell::new(null_mut()),
            object: Cell::new(null_mut()),
            pc: Cell::new(code.start_unchecked()),
            sp: Cell::new(stack),
            return_offset: Cell::new(0),
            owner: Cell::new(Owner::Thread),
            entry: Cell::new(false),
            init: Cell::new(false),
            rest: Cell::new(0),
        });
        frame::set_current(&*thread, callee);
        callee
    }
}

/// Goes on in a frame that [`push_frame`] made: `$base` is the caller's stack meanwhile, `$width` the width of its instruction.
macro_rules! enter {
    ($callee:expr, $width:expr, $pc:expr, $base:expr, $frame:expr, $thread:expr, $table:expr) => {{
        (*$frame).pc.set($pc);
        (*$frame).sp.set($base);
        (*$frame).return_offset.set($width as u32);
        let callee = $callee;
        dispatch!((*callee).pc.get(), (*callee).sp.get(), callee, $thread, $table)
    }};
}
pub(super) use enter;

/// The function in a slot, if it is a plain one with this version; else null.
#[inline(always)]
pub(super) unsafe fn versioned(callable: Slot, version: u64) -> *const Function {
    // SAFETY: a callable on the stack is not null.
    unsafe {
        let function = callable.ptr().cast::<Function>();
        let plain = std::ptr::eq((*callable.ptr()).ob_type.get(), object::core::FUNCTION.as_type_ptr());
        if plain && u64::from((*function).version.get()) == version { function } else { std::ptr::null() }
    }
}

handler! {
    fn CALL_PY_EXACT_ARGS(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(oparg as usize + 2);
        let callable = *base;
        let function = versioned(callable, (*pc.add(1)).word());
        if function.is_null() {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        let with_self = !(*base.add(1)).is_null();
        let count = oparg as usize + with_self as usize;
        let code = (*function).code();
        if count != code.arg_count() || !has_room(thread, code) {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        let source = base.add(2 - with_self as usize);
        let callee = push_frame(thread, frame, function, callable.into_owned(), Slot::NULL, source, count);
        enter!(callee, super::size::CALL, pc, base, frame, thread, table)
    }
}

handler! {
    fn CALL_PY_GENERAL(pc, sp, frame, thread, table, oparg) {
        // Defaults take the place of the last arguments; everything else about parameters is left to the generic form.
        let base = sp.sub(oparg as usize + 2);
        let callable = *base;
        let function = versioned(callable, (*pc.add(1)).word());
        if function.is_null() {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        let with_self = !(*base.add(1)).is_null();
        let count = oparg as usize + with_self as usize;
        let code = (*function).code();
        let defaults = (*function).defaults.as_ptr();
        if defaults.is_null() || count >= code.arg_count() || !has_room(thread, code) {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        let missing = code.arg_count() - count;
        let given = (*defaults.cast::<abi::PyVarObject>()).ob_size.get().cast_unsigned();
        if missing > given {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        let source = base.add(2 - with_self as usize);
        let items = defaults.byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut abi::PyObject>();
        let callee = push_frame(thread, frame, function, callable.into_owned(), Slot::NULL, source, count);
        let target = (*callee).locals_start().add(count);
        let mut index = 0;
        while index < missing {
            let item = *items.add(given - missing + index);
            object::reference::incref(item);
            target.add(index).write(Slot::from_raw(item));
            index += 1;
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        enter!(callee, super::size::CALL, pc, base, frame, thread, table)
    }
}

/// Puts function and instance of a bound method where callable and self stand, then runs the instruction again, behind the method's own end.
macro_rules! bound_calls {
    ($($name:ident => $plain:ident;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let base = sp.sub(oparg as usize + 2);
                let callable = *base;
                if !std::ptr::eq((*callable.ptr()).ob_type.get(), object::core::METHOD.as_type_ptr()) || !(*base.add(1)).is_null() {
                    return $plain(pc, sp, frame, thread, table, oparg);
                }
                let method = &*callable.ptr().cast::<abi::PyMethodObject>();
                let (function, instance) = (method.im_func.get(), method.im_self.get());
                object::reference::incref(function);
                object::reference::incref(instance);
                base.write(Slot::from_raw(function));
                base.add(1).write(Slot::from_raw(instance));
                if callable.is_borrowed() {
                    return $plain(pc, sp, frame, thread, table, oparg);
                }
                return drop_slot(pc, sp, frame, thread, table, callable.ptr().expose_provenance() as u64);
            }
        }
    )* };
}

bound_calls! {
    CALL_BOUND_METHOD_EXACT_ARGS => CALL_PY_EXACT_ARGS;
    CALL_BOUND_METHOD_GENERAL => CALL_PY_GENERAL;
}

handler! {
    fn CALL_ALLOC_AND_ENTER_INIT(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(oparg as usize + 2);
        let callable = *base;
        let class = callable.ptr().cast::<object::TypeObject>();
        // Only instances of `type` have a version where this one is looked for.
        let is_class = std::ptr::eq((*callable.ptr()).ob_type.get(), object::core::TYPE.as_type_ptr());
        if !is_class
            || u64::from((*class).raw().tp_version_tag.get()) != (*pc.add(1)).word()
            || (*class).has(abi::tpflags::IS_ABSTRACT)
            || !(*base.add(1)).is_null()
        {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        let function = std::ptr::with_exposed_provenance::<Function>((*pc.add(2)).word() as usize);
        let code = (*function).code();
        if u64::from((*function).version.get()) != (*pc.add(3)).word() || !has_room(thread, code) {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let instance = builtins::dict::instance::allocate(class);
        if instance.is_null() {
            return super::unwind::error(pc, sp, frame, thread, table, 0);
        }
        // The caller keeps one reference to the instance, the callee gets the other.
        object::reference::incref(instance);
        object::reference::incref(function.cast_mut().cast());
        let owner = Slot::from_raw(function.cast_mut().cast());
        let callee = push_frame(thread, frame, function, owner, Slot::from_raw(instance), base.add(2), oparg as usize);
        (*callee).init.set(true);
        base.write(Slot::from_raw(instance));
        if !callable.is_borrowed() {
            // The instance has a reference to its class: it does not die here.
            object::reference::decref_alive(callable.ptr());
        }
        enter!(callee, super::size::CALL, pc, base.add(1), frame, thread, table)
    }
}
