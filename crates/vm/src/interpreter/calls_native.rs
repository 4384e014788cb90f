//! Specialised calls of native functions, methods and classes: straight to the C function, with the stack as its arguments.

use super::calls::{CALL, after_call};
use super::unwind;
use crate::frame::{Frame, Slot};
use abi::{PyMethodDef, PyObject, mlflags};
use builtins::cfunction;
use builtins::cfunction::invoke::KIND;
use object::thread::ThreadState;
use object::{core, error};
use std::mem::transmute;

type OneArg = extern "C-unwind" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
type Fast = extern "C-unwind" fn(*mut PyObject, *const Slot, isize) -> *mut PyObject;
type FastKeywords = extern "C-unwind" fn(*mut PyObject, *const Slot, isize, *mut PyObject) -> *mut PyObject;
type Vector = extern "C-unwind" fn(*mut PyObject, *const Slot, usize, *mut PyObject) -> *mut PyObject;

#[inline(always)]
unsafe fn has_class(slot: Slot, class: &object::TypeObject) -> bool {
    // SAFETY: by contract the slot holds an object.
    unsafe { std::ptr::eq((*slot.ptr()).ob_type.get(), class.as_type_ptr()) }
}

/// Whether there is native stack for another call.
#[inline(always)]
unsafe fn has_stack(thread: *const ThreadState) -> bool {
    // SAFETY: the thread state is alive.
    object::recursion::stack_pointer() > unsafe { (*thread).stack_limit.get() }
}

/// Makes the words from `start` own their objects.
#[inline(always)]
unsafe fn own(start: *mut Slot, count: usize) {
    let mut index = 0;
    while index < count {
        // SAFETY: by contract there are that many values.
        unsafe {
            let slot = *start.add(index);
            start.add(index).write(slot.into_owned());
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        index += 1;
    }
}

/// Gives up the words of a call from `base` to `sp`, the topmost first. Only the second, self, may be null.
#[inline(always)]
unsafe fn close_down(base: *mut Slot, sp: *mut Slot) {
    // SAFETY: the words are values of the stack, which is cut below them already.
    unsafe {
        let mut at = sp;
        let arguments = base.add(2);
        while at > arguments {
            at = at.sub(1);
            close_value(*at);
        }
        let slf = *base.add(1);
        if !slf.is_null() {
            close_value(slf);
        }
        close_value(*base);
    }
}

/// Gives up a value that is there.
#[inline(always)]
unsafe fn close_value(slot: Slot) {
    if !slot.is_borrowed() {
        // SAFETY: an untagged slot owns one count.
        unsafe { object::reference::decref(slot.ptr()) };
    }
}

/// Ends a native call: the arguments go, the result comes. Null is an exception.
macro_rules! finish {
    ($result:expr, $base:expr, $pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let result: *mut PyObject = $result;
        if result.is_null() {
            return native_failed($pc, $sp, $frame, $thread, $table, 0);
        }
        (*$frame).sp.set($base);
        close_down($base, $sp);
        $base.write(Slot::from_raw(result));
        let sp = $base.add(1);
        if (*$thread).raw.eval_breaker.get() != 0 {
            (*$frame).sp.set(sp);
            return after_call($pc.add(super::size::CALL), sp, $frame, $thread, $table, 0);
        }
        dispatch!($pc.add(super::size::CALL), sp, $frame, $thread, $table)
    }};
}

handler! {
    /// A native function returned null.
    #[cold]
    #[inline(never)]
    fn native_failed(pc, sp, frame, thread, table, oparg) {
        if !error::is_set() {
            check_raised(*sp.sub(((*pc).word() >> 32) as usize + 2));
        }
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

#[inline(never)]
fn check_raised(callable: Slot) {
    // SAFETY: the stack still holds what was called.
    let callable = unsafe { &*callable.ptr().cast::<object::Object>() };
    let _raised = callable.wrong_result(None);
}

/// The function of an entry whose convention is `kind`; else none.
#[inline(always)]
unsafe fn function_of(definition: *const PyMethodDef, kind: i32) -> Option<abi::PyCFunction> {
    // SAFETY: by contract a live entry.
    unsafe { if (*definition).ml_flags.get() & KIND == kind { (*definition).ml_meth.get() } else { None } }
}

/// Handlers of calls of `builtin_function_or_method` objects. Functions that take an array of arguments want them owned: tags are no part of addresses.
macro_rules! function_calls {
    ($($name:ident $kind:expr, $owns:literal, |$function:ident, $slf:ident, $args:ident, $count:ident| $allowed:expr, $call:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let base = sp.sub(oparg as usize + 2);
                let callable = *base;
                let with_self = !(*base.add(1)).is_null();
                let $count = oparg as usize + with_self as usize;
                if has_class(callable, &core::CFUNCTION) && $allowed && has_stack(thread) {
                    let (definition, $slf) = cfunction::parts_unchecked(callable.ptr());
                    if let Some($function) = function_of(definition, $kind) {
                        let $args = base.add(2 - with_self as usize);
                        (*frame).pc.set(pc);
                        (*frame).sp.set(sp);
                        if $owns {
                            own($args, $count);
                        }
                        finish!($call, base, pc, sp, frame, thread, table)
                    }
                }
                return CALL(pc, sp, frame, thread, table, oparg);
            }
        }
    )* };
}

function_calls! {
    CALL_BUILTIN_O mlflags::O, false, |function, slf, args, count| count == 1,
        transmute::<abi::PyCFunction, OneArg>(function)(slf, (*args).ptr());
    CALL_BUILTIN_FAST mlflags::FASTCALL, true, |function, slf, args, count| true,
        transmute::<abi::PyCFunction, Fast>(function)(slf, args, count.cast_signed());
    CALL_BUILTIN_FAST_WITH_KEYWORDS mlflags::FASTCALL | mlflags::KEYWORDS, true, |function, slf, args, count| true,
        transmute::<abi::PyCFunction, FastKeywords>(function)(slf, args, count.cast_signed(), std::ptr::null_mut());
}

/// Whether a type is another one or derived from it.
#[inline(always)]
unsafe fn is_of(class: *mut abi::PyTypeObject, owner: *mut abi::PyTypeObject) -> bool {
    // SAFETY: by contract both are types.
    std::ptr::eq(class, owner) || unsafe { (*class.cast::<object::TypeObject>()).is_subtype(&*owner.cast()) }
}

/// Handlers of calls of `method_descriptor` objects: the first argument is the instance, whose class is the descriptor's own or one below.
macro_rules! method_calls {
    ($($name:ident $kind:expr, $owns:literal, |$function:ident, $args:ident, $count:ident| $allowed:expr, $call:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let base = sp.sub(oparg as usize + 2);
                let callable = *base;
                let with_self = !(*base.add(1)).is_null();
                let $count = oparg as usize + with_self as usize;
                let $args = base.add(2 - with_self as usize);
                if has_class(callable, &core::METHOD_DESCR) && $count >= 1 && $allowed && has_stack(thread) {
                    let (definition, owner) = builtins::descr::method::parts_unchecked(callable.ptr());
                    if is_of((*(*$args).ptr()).ob_type.get(), owner)
                        && let Some($function) = function_of(definition, $kind)
                    {
                        (*frame).pc.set(pc);
                        (*frame).sp.set(sp);
                        if $owns {
                            own($args, $count);
                        }
                        finish!($call, base, pc, sp, frame, thread, table)
                    }
                }
                return CALL(pc, sp, frame, thread, table, oparg);
            }
        }
    )* };
}

method_calls! {
    CALL_METHOD_DESCRIPTOR_NOARGS mlflags::NOARGS, false, |function, args, count| count == 1,
        transmute::<abi::PyCFunction, OneArg>(function)((*args).ptr(), std::ptr::null_mut());
    CALL_METHOD_DESCRIPTOR_O mlflags::O, false, |function, args, count| count == 2,
        transmute::<abi::PyCFunction, OneArg>(function)((*args).ptr(), (*args.add(1)).ptr());
    CALL_METHOD_DESCRIPTOR_FAST mlflags::FASTCALL, true, |function, args, count| true,
        transmute::<abi::PyCFunction, Fast>(function)((*args).ptr(), args.add(1), count.cast_signed() - 1);
    CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS mlflags::FASTCALL | mlflags::KEYWORDS, true, |function, args, count| true,
        transmute::<abi::PyCFunction, FastKeywords>(function)((*args).ptr(), args.add(1), count.cast_signed() - 1, std::ptr::null_mut());
}

handler! {
    /// Whatever has no form of its own: functions that take a tuple, classes of extensions, objects with `tp_call`.
    fn CALL_NON_PY_GENERAL(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(oparg as usize + 2);
        let callable = *base;
        if !has_class(callable, &core::FUNCTION) && !has_class(callable, &core::METHOD) {
            let with_self = !(*base.add(1)).is_null();
            let count = oparg as usize + with_self as usize;
            let args = base.add(2 - with_self as usize);
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            let Some(function) = (*callable.ptr().cast::<object::Object>()).vectorcall_function() else {
                finish!(call_with_tuple(callable.ptr(), args, count), base, pc, sp, frame, thread, table)
            };
            own(args, count);
            let call = transmute::<object::slots::VectorcallFn, Vector>(function);
            let result = call(callable.ptr(), args, count | abi::VECTORCALL_ARGUMENTS_OFFSET, std::ptr::null_mut());
            let wrong = !result.is_null() && !(*thread).raw.current_exception.get().is_null();
            finish!(if wrong { refuse(callable, result) } else { result }, base, pc, sp, frame, thread, table)
        }
        return CALL(pc, sp, frame, thread, table, oparg);
    }
}

/// Calls an object whose type knows of no vectorcall, with words of the stack, owned or not.
#[inline(never)]
unsafe fn call_with_tuple(callable: *mut PyObject, args: *const Slot, count: usize) -> *mut PyObject {
    // SAFETY: the stack holds the callable and the arguments.
    let item = |index: usize| unsafe { (*(*args.add(index)).ptr().cast::<object::Object>()).borrowed().extend() };
    // SAFETY: as above.
    let callable = unsafe { &*callable.cast::<object::Object>() };
    give(object::value::tuple::from_fn(count, item).and_then(|tuple| callable.call_with_tuple(&tuple)))
}

/// SystemError for what came back although an exception is set; the result is given up.
#[cold]
#[inline(never)]
unsafe fn refuse(callable: Slot, result: *mut PyObject) -> *mut PyObject {
    // SAFETY: the stack still holds what was called, and by contract the caller owns the result.
    let (callable, result) = unsafe { (&*callable.ptr().cast::<object::Object>(), object::Ref::from_owned_or_null(result)) };
    let _raised = callable.wrong_result(result);
    std::ptr::null_mut()
}

handler! {
    fn CALL_BUILTIN_CLASS(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(oparg as usize + 2);
        let callable = *base;
        if has_class(callable, &core::TYPE) && (*base.add(1)).is_null() && has_stack(thread) {
            let function = (*callable.ptr().cast::<abi::PyTypeObject>()).tp_vectorcall.get();
            if let Some(function) = function {
                (*frame).pc.set(pc);
                (*frame).sp.set(sp);
                own(base.add(2), oparg as usize);
                let call = transmute::<abi::vectorcallfunc, Vector>(function);
                let flags = abi::VECTORCALL_ARGUMENTS_OFFSET;
                finish!(call(callable.ptr(), base.add(2), oparg as usize | flags, std::ptr::null_mut()), base, pc, sp, frame, thread, table)
            }
        }
        return CALL(pc, sp, frame, thread, table, oparg);
    }
}

/// Calls with one argument and no self of an object that the inline cache names, done by a function on the argument.
macro_rules! known_calls {
    ($($name:ident $body:path;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let base = sp.sub(3);
                if oparg == 1 && (*base.add(1)).is_null() && (*base).ptr().addr() as u64 == (*pc.add(1)).word() {
                    (*frame).pc.set(pc);
                    (*frame).sp.set(sp);
                    finish!($body((*base.add(2)).ptr()), base, pc, sp, frame, thread, table)
                }
                return CALL(pc, sp, frame, thread, table, oparg);
            }
        }
    )* };
}

known_calls! {
    CALL_LEN len;
    CALL_TYPE_1 class_of;
    CALL_STR_1 text_of;
    CALL_TUPLE_1 tuple_of;
}

unsafe fn class_of(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: the stack holds the object.
    unsafe {
        let class = (*object).ob_type.get().cast::<PyObject>();
        object::reference::incref(class);
        class
    }
}

fn give(result: object::PyResult) -> *mut PyObject {
    result.map_or(std::ptr::null_mut(), object::Ref::into_ptr)
}

#[inline(never)]
unsafe fn len(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: the stack holds the object.
    let object = unsafe { &*object.cast::<object::Object>() };
    give(object.len().and_then(|len| object::value::int::from_u64(len as u64)))
}

#[inline(never)]
unsafe fn text_of(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: the stack holds the object.
    give(unsafe { &*object.cast::<object::Object>() }.str())
}

#[inline(never)]
unsafe fn tuple_of(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: the stack holds the object.
    give(unsafe { &*object.cast::<object::Object>() }.to_tuple())
}

handler! {
    fn CALL_ISINSTANCE(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(4);
        if oparg == 2 && (*base.add(1)).is_null() && (*base).ptr().addr() as u64 == (*pc.add(1)).word() {
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            finish!(isinstance(&*frame), base, pc, sp, frame, thread, table)
        }
        return CALL(pc, sp, frame, thread, table, oparg);
    }
}

#[inline(never)]
fn isinstance(frame: &Frame) -> *mut PyObject {
    match frame.peek(2).isinstance(frame.peek(1)) {
        // True and False are immortal.
        Ok(answer) => core::boolean(answer).ptr(),
        Err(_raised) => std::ptr::null_mut(),
    }
}

handler! {
    fn CALL_LIST_APPEND(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(3);
        let (callable, list) = (*base, *base.add(1));
        if oparg == 1 && callable.ptr().addr() as u64 == (*pc.add(1)).word() && !list.is_null() && has_class(list, &core::LIST) {
            let raw = &*list.ptr().cast::<abi::PyListObject>();
            let length = raw.ob_base.ob_size.get();
            if length < raw.allocated.get() {
                let item = (*base.add(2)).into_owned();
                raw.ob_item.get().add(length.cast_unsigned()).write(item.ptr());
                raw.ob_base.ob_size.set(length + 1);
                if !callable.is_borrowed() {
                    // The type has the method too.
                    object::reference::decref_alive(callable.ptr());
                }
                base.write(Slot::borrowed(core::none()));
                let next = pc.add(super::size::CALL);
                if list.is_borrowed() {
                    dispatch!(next, base.add(1), frame, thread, table)
                }
                return super::fast::drop_slot(next, base.add(1), frame, thread, table, list.ptr().expose_provenance() as u64);
            }
            return CALL_METHOD_DESCRIPTOR_O(pc, sp, frame, thread, table, oparg);
        }
        return CALL(pc, sp, frame, thread, table, oparg);
    }
}
