//! Interpreter frames, the thread's data stack they stand on, and the frame objects that Python sees.

pub mod datastack;
mod jump;
pub mod object_;
pub mod proxy;
mod slot;
pub mod traceback;

pub use object_::FrameObject;
pub use slot::{Operand, Slot, Sp};

use crate::code::Code;
use crate::code::units::Unit;
use crate::function::Function;
use abi::{_PyInterpreterFrame, PyObject};
use object::reference::decref;
use object::thread::ThreadState;
use object::{Borrowed, Object, PyResult, Ref};
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

/// Where a frame's memory is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Owner {
    /// On the data stack of the thread that runs it.
    Thread,
    /// In a generator, coroutine or asynchronous generator.
    Generator,
    /// In a frame object that outlived the call.
    FrameObject,
}

/// A frame: what one call of Python code needs. Locals, cells and the value stack follow it in memory.
///
/// It stands on the data stack, in a generator or in a frame object. Only the thread that runs it, under the GIL, touches it.
#[repr(C)]
pub struct Frame {
    /// The code, which the function keeps alive for as long as frames of it may run.
    pub code: Cell<*const Code>,
    /// The frame that called or resumed this one.
    pub previous: Cell<*const Frame>,
    /// The function: an owned slot.
    pub function: Cell<Slot>,
    /// The function's globals.
    pub globals: Cell<*mut PyObject>,
    /// The function's builtins.
    pub builtins: Cell<*mut PyObject>,
    /// The mapping of locals of module and class bodies, owned, or null.
    pub locals: Cell<*mut PyObject>,
    /// The frame object, owned, or null when nobody asked for it.
    pub object: Cell<*mut PyObject>,
    /// The instruction that runs or that will be resumed.
    pub pc: Cell<*const Unit>,
    /// Behind the topmost value, whenever code outside of the handlers may run.
    pub sp: Cell<*mut Slot>,
    /// How far behind `pc` the caller goes on when a frame that it pushed returns.
    pub return_offset: Cell<u32>,
    /// Where the frame's memory is.
    pub owner: Cell<Owner>,
    /// The frame was entered from native code: leaving it leaves the interpreter loop.
    pub entry: Cell<bool>,
    /// The frame was pushed by the creation of an instance: what it returns must be None, and the instance takes its place.
    pub init: Cell<bool>,
    /// Fills the word.
    pub rest: Cell<u8>,
}

/// Words of the [`Frame`] before the locals.
pub const HEADER_WORDS: usize = size_of::<Frame>() / size_of::<Slot>();

impl Frame {
    /// The word with this index behind the header.
    #[inline(always)]
    fn word(&self, index: usize) -> *mut Slot {
        // SAFETY: the frame was allocated with as many words as its code asks for.
        unsafe { std::ptr::from_ref(self).cast_mut().cast::<Slot>().add(HEADER_WORDS + index) }
    }

    /// Whether the frame stands on the data stack and has no frame object and no mapping of locals: then it can be left without a call, provided that
    /// nothing in it dies. `entry` and `init` may be set.
    #[inline(always)]
    pub fn is_plain(&self) -> bool {
        // `owner` of a frame on the data stack is 0.
        self.owner.get() as u8 == 0 && self.object.get().is_null() && self.locals.get().is_null()
    }

    /// The frame as a pointer that carries the whole allocation.
    #[inline(always)]
    pub fn as_ptr(&self) -> *const Frame {
        std::ptr::from_ref(self)
    }

    /// The code that runs.
    #[inline(always)]
    pub fn code(&self) -> &Code {
        // SAFETY: the function, or the code's owner, keeps it alive.
        unsafe { &*self.code.get() }
    }

    /// The code as an object.
    #[inline(always)]
    pub fn code_object(&self) -> Borrowed<'_, Code> {
        // SAFETY: as above.
        unsafe { Borrowed::from_ptr(NonNull::new_unchecked(self.code.get().cast_mut().cast())) }
    }

    /// The function.
    #[inline(always)]
    pub fn function(&self) -> &Function {
        // SAFETY: the slot owns a function.
        unsafe { &*self.function.get().ptr().cast::<Function>() }
    }

    /// The globals: a dict.
    #[inline(always)]
    pub fn globals(&self) -> Borrowed<'_> {
        // SAFETY: the function keeps them alive.
        unsafe { Borrowed::<Object>::from_ptr(NonNull::new_unchecked(self.globals.get())) }
    }

    /// The builtins: a dict, as a rule.
    #[inline(always)]
    pub fn builtins(&self) -> Borrowed<'_> {
        // SAFETY: the function keeps them alive.
        unsafe { Borrowed::<Object>::from_ptr(NonNull::new_unchecked(self.builtins.get())) }
    }

    /// The mapping of locals of a module or class body.
    #[inline(always)]
    pub fn locals(&self) -> Option<Borrowed<'_>> {
        // SAFETY: the field owns an object or is null.
        unsafe { Borrowed::from_ptr_or_null(self.locals.get()) }
    }

    /// Sets the mapping of locals.
    pub fn set_locals(&self, locals: Ref) {
        let old = self.locals.replace(locals.into_ptr());
        // SAFETY: the field owned it.
        drop(unsafe { Ref::<Object>::from_owned_or_null(old) });
    }

    /// The local with this index, which the operand check allows.
    #[inline(always)]
    pub fn local(&self, index: usize) -> Slot {
        debug_assert!(index < self.code().local_count());
        // SAFETY: the index was checked when the instructions were copied.
        unsafe { *self.word(index) }
    }

    /// Puts a word into a local and returns what was there.
    #[inline(always)]
    pub fn replace_local(&self, index: usize, slot: Slot) -> Slot {
        debug_assert!(index < self.code().local_count());
        // SAFETY: the index was checked when the instructions were copied.
        unsafe { std::mem::replace(&mut *self.word(index), slot) }
    }

    /// Puts a value into a local; what was there is dropped afterwards.
    #[inline(always)]
    pub fn set_local(&self, index: usize, value: Option<Ref>) {
        let old = self.replace_local(index, Slot::owned_or_null(value));
        // SAFETY: the old word is out of the frame.
        unsafe { old.close() }
    }

    /// The first local.
    #[inline(always)]
    pub fn locals_start(&self) -> *mut Slot {
        self.word(0)
    }

    /// The bottom of the value stack.
    #[inline(always)]
    pub fn stack_base(&self) -> *mut Slot {
        self.word(self.code().local_count())
    }

    /// The stack pointer as last stored.
    #[inline(always)]
    pub fn stack(&self) -> Sp {
        // SAFETY: the field points into the frame's stack.
        unsafe { Sp::new(self.sp.get()) }
    }

    /// Stores the stack pointer: what lies below it belongs to the frame.
    #[inline(always)]
    pub fn set_stack(&self, sp: Sp) {
        self.sp.set(sp.ptr());
    }

    /// The index of the instruction that `pc` points to.
    #[inline]
    pub fn instruction_index(&self) -> usize {
        self.index_of(self.pc.get())
    }

    /// The index of an instruction of this frame's code.
    #[inline]
    pub fn index_of(&self, pc: *const Unit) -> usize {
        match self.code().start() {
            // SAFETY: `pc` points into the copy of this code's instructions.
            Some(start) => unsafe { pc.offset_from(start) }.max(0).cast_unsigned(),
            None => 0,
        }
    }

    /// The frame that called or resumed this one.
    #[inline(always)]
    pub fn previous(&self) -> Option<&Frame> {
        // SAFETY: a frame's caller outlives it.
        unsafe { self.previous.get().as_ref() }
    }

    /// Fills in a frame for a call that has not begun.
    ///
    /// # Safety
    /// `frame` has room for `code.frame_words()` words; `function` owns a function whose code is `code`.
    #[inline(always)]
    pub unsafe fn init(
        frame: *mut Slot,
        function: Slot,
        code: &Code,
        start: *const Unit,
        previous: *const Frame,
        owner: Owner,
    ) -> *const Frame {
        let frame = frame.cast::<Frame>();
        // SAFETY: by contract.
        unsafe {
            let callee = &*function.ptr().cast::<Function>();
            frame.write(Frame {
                code: Cell::new(code),
                previous: Cell::new(previous),
                function: Cell::new(function),
                globals: Cell::new(callee.globals_ptr()),
                builtins: Cell::new(callee.builtins_ptr()),
                locals: Cell::new(null_mut()),
                object: Cell::new(null_mut()),
                pc: Cell::new(start),
                sp: Cell::new(frame.cast::<Slot>().add(HEADER_WORDS + code.local_count())),
                return_offset: Cell::new(0),
                owner: Cell::new(owner),
                entry: Cell::new(false),
                init: Cell::new(false),
                rest: Cell::new(0),
            });
        }
        frame
    }

    /// Empties the value stack and the locals, and gives up function, mapping of locals and frame object. The frame is over.
    pub fn clear(&self) {
        if !self.object.get().is_null() {
            object_::detach(self);
        }
        self.clear_stack();
        self.clear_locals();
        self.clear_rest();
    }

    /// Drops the values on the stack, the topmost first.
    #[inline]
    pub fn clear_stack(&self) {
        let base = self.stack_base();
        let mut sp = self.stack();
        while sp.ptr() > base {
            let slot = sp.pop_slot();
            self.set_stack(sp);
            // SAFETY: the word is out of the frame.
            unsafe { slot.close() };
        }
    }

    /// Drops the locals.
    #[inline(always)]
    pub fn clear_locals(&self) {
        let count = self.code().local_count();
        for index in 0..count {
            let old = self.replace_local(index, Slot::NULL);
            // SAFETY: the word is out of the frame.
            unsafe { old.close() };
        }
    }

    /// Gives up function and mapping of locals.
    #[inline(always)]
    fn clear_rest(&self) {
        let locals = self.locals.replace(null_mut());
        let function = self.function.replace(Slot::NULL);
        // SAFETY: the fields owned their objects.
        unsafe {
            if !locals.is_null() {
                decref(locals);
            }
            function.close();
        }
    }

    /// What the collector sees of a frame that does not run.
    pub fn trace(&self, visit: &mut object::Visit<'_>) {
        visit.raw(self.function.get().ptr());
        visit.raw(self.locals.get());
        visit.raw(self.object.get());
        let base = self.locals_start();
        // SAFETY: both point into the frame.
        let count = unsafe { self.sp.get().offset_from(base) }.max(0).cast_unsigned();
        for index in 0..count {
            // SAFETY: the words below the stack pointer are valid slots.
            let slot = unsafe { *base.add(index) };
            if !slot.is_borrowed() {
                visit.raw(slot.ptr());
            }
        }
    }
}

/// The innermost frame of the thread, complete or not.
#[inline(always)]
pub fn current(thread: &ThreadState) -> Option<&Frame> {
    // SAFETY: frames in the chain are alive.
    unsafe { thread.raw.current_frame.get().cast::<Frame>().as_ref() }
}

/// Makes `frame` the thread's innermost.
#[inline(always)]
pub fn set_current(thread: &ThreadState, frame: *const Frame) {
    thread.raw.current_frame.set(frame.cast_mut().cast::<_PyInterpreterFrame>());
}

/// The innermost frame that has begun to run: what `sys._getframe()` shows.
pub fn visible(thread: &ThreadState) -> Option<&Frame> {
    let mut frame = current(thread);
    while let Some(found) = frame {
        if !found.is_incomplete() {
            return Some(found);
        }
        frame = found.previous();
    }
    None
}

impl Frame {
    /// Whether the frame's function has not begun: cells and generator are not made yet.
    #[inline]
    pub fn is_incomplete(&self) -> bool {
        self.owner.get() == Owner::Thread && self.instruction_index() < self.code().first_traceable()
    }

    /// The next visible frame outwards.
    pub fn back(&self) -> Option<&Frame> {
        let mut frame = self.previous();
        while let Some(found) = frame {
            if !found.is_incomplete() {
                return Some(found);
            }
            frame = found.previous();
        }
        None
    }
}

/// Room on the data stack for a call, filled in but for the locals. The function's slot moves into the frame.
///
/// # Safety
/// `function` owns a [`Function`] whose code is `code`. On an error the slot is given up.
#[inline(always)]
pub unsafe fn push(thread: &ThreadState, function: Slot, code: &Code, previous: *const Frame) -> PyResult<*const Frame> {
    let start = match code.start() {
        Some(start) => start,
        None => match code.units() {
            Ok(units) => units.start(),
            Err(raised) => {
                // SAFETY: by contract.
                unsafe { function.close() };
                return Err(raised);
            }
        },
    };
    match datastack::push(thread, code.frame_words()) {
        // SAFETY: by contract; the data stack gave that much room.
        Ok(room) => Ok(unsafe { Frame::init(room, function, code, start, previous, Owner::Thread) }),
        Err(raised) => {
            // SAFETY: by contract.
            unsafe { function.close() };
            Err(raised)
        }
    }
}

/// Clears a frame on the data stack and gives its room back.
///
/// # Safety
/// The frame is the topmost on the data stack and is not used again.
#[inline]
pub unsafe fn pop(thread: &ThreadState, frame: *const Frame) {
    // SAFETY: by contract.
    unsafe {
        (*frame).clear();
        datastack::pop(thread, frame.cast_mut().cast());
    }
}

/// The value stack as the bodies of instructions use it: the stored pointer moves with every operation, so what lies below it always
/// belongs to the frame, whatever raises.
impl Frame {
    /// Pops the topmost word.
    #[inline(always)]
    pub fn pop_slot(&self) -> Slot {
        let mut sp = self.stack();
        let slot = sp.pop_slot();
        self.set_stack(sp);
        slot
    }

    /// Pops the topmost value.
    #[inline(always)]
    pub fn pop(&self) -> Operand<'_> {
        // SAFETY: verified code has a value there that is not null.
        unsafe { Operand::new(self.pop_slot()) }
    }

    /// Pops the topmost value as an owned reference.
    #[inline(always)]
    pub fn pop_ref(&self) -> Ref {
        self.pop().into_ref()
    }

    /// Pops the topmost value, which may be missing.
    #[inline(always)]
    pub fn pop_or_null(&self) -> Option<Ref> {
        let slot = self.pop_slot();
        // SAFETY: the slot is out of the frame.
        if slot.is_null() { None } else { Some(unsafe { slot.into_ref() }) }
    }

    /// Pushes a value.
    #[inline(always)]
    pub fn push(&self, object: Ref) {
        self.push_slot(Slot::owned(object));
    }

    /// Pushes a word.
    #[inline(always)]
    pub fn push_slot(&self, slot: Slot) {
        let mut sp = self.stack();
        sp.push_slot(slot);
        self.set_stack(sp);
    }

    /// The value `depth` below the top (1 is the topmost), which stays where it is.
    #[inline(always)]
    pub fn peek(&self, depth: usize) -> Borrowed<'_> {
        self.stack().peek_object(depth)
    }

    /// The topmost `count` values, which stay where they are; they own their objects afterwards.
    #[inline(always)]
    pub fn own_top(&self, count: usize) -> &[Borrowed<'_>] {
        self.stack().own_top(count)
    }

    /// Pops `count` values, which the caller takes over, in the order they were pushed.
    pub fn pop_many(&self, count: usize) -> PyResult<Vec<Ref>> {
        let mut values = object::memory::vec_with_capacity(count)?;
        let start = self.stack().down(count);
        for index in 0..count {
            // SAFETY: verified code has that many values; each moves out once, and the stack shrinks right after.
            values.push(unsafe { start.up(index + 1).peek(1).into_ref() });
        }
        self.set_stack(start);
        Ok(values)
    }

    /// Drops the topmost `count` values.
    #[inline(always)]
    pub fn drop_top(&self, count: usize) {
        for _ in 0..count {
            let slot = self.pop_slot();
            // SAFETY: the slot is out of the frame.
            unsafe { slot.close() };
        }
    }
}
