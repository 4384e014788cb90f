//! Generators, coroutines and asynchronous generators: objects that own a frame and run it piece by piece.
//!
//! A `for` loop, `yield from` and `await` resume the frame inside the interpreter loop ([`enter_from_loop`], [`enter_from_send`]);
//! `next`, `send`, `throw` and `close` from native code enter the interpreter anew ([`resume`]).

mod asyncgen;
mod attributes;
mod coroutine;
pub(crate) mod finalize;
mod throw;

pub use asyncgen::{AsyncGenSend, AsyncGenThrow, AsyncGenerator, WrappedValue, async_wrap};
pub use coroutine::{Coroutine, CoroutineWrapper, awaitable_iterator};

use crate::code::Code;
use crate::eval::{self, enter_recursion};
use crate::frame::{self, Frame, FrameObject, HEADER_WORDS, Owner, Slot};
use crate::monitoring::{Event, fire};
use abi::{_PyErr_StackItem, CStruct};
use bytecode::flags::{CO_ASYNC_GENERATOR, CO_COROUTINE, CO_ITERABLE_COROUTINE};
use macros::pyclass;
use object::gc::Visit;
use object::thread::ThreadState;
use object::{Borrowed, OptRef, PyResult, RawField, Ref, StaticType, core, error, exc, raise};
use std::cell::Cell;
use std::ptr::null_mut;

/// Where a generator stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nothing has run.
    Created,
    /// Waits at a `yield`.
    Suspended,
    /// Waits at a `yield from` or `await`.
    SuspendedYieldFrom,
    /// Runs.
    Executing,
    /// Over: the frame is empty.
    Cleared,
}

/// A generator, coroutine or asynchronous generator; the frame's locals and stack follow the struct in memory.
#[pyclass(name = "generator", cell = object::core::GENERATOR, gc = manual, weaklist = weakreflist, parts(GENERATOR, COMMON))]
pub struct Generator {
    header: abi::PyObject,
    weakreflist: Cell<*mut abi::PyObject>,
    pub name: OptRef,
    pub qualname: OptRef,
    /// The exception that the generator handles, linked into the thread's chain while it runs.
    pub exc_state: _PyErr_StackItem,
    /// `cr_origin`, or the finaliser of an asynchronous generator.
    pub origin_or_finalizer: OptRef,
    /// The code, for as long as the generator is there: a cleared frame gives up the function that owned it.
    kept_code: OptRef,
    pub hooks_inited: Cell<bool>,
    pub closed: Cell<bool>,
    pub running_async: Cell<bool>,
    pub state: Cell<State>,
    /// The frame's header. Must stand last.
    pub frame: Frame,
}

impl Drop for Generator {
    fn drop(&mut self) {
        if self.state.get() != State::Cleared {
            self.state.set(State::Cleared);
            self.frame.clear();
        }
        self.exc_state.exc_value.store(None);
    }
}

/// What the slots of the three types share.
impl Generator {
    /// Shows the collector what the generator owns.
    pub(crate) fn visit(&self, visit: &mut Visit<'_>) {
        visit.raw(self.name.as_ptr());
        visit.raw(self.qualname.as_ptr());
        visit.raw(self.exc_state.exc_value.get());
        visit.raw(self.origin_or_finalizer.as_ptr());
        if self.state.get() != State::Cleared {
            self.frame.trace(visit);
        }
    }

    /// The code that runs.
    pub fn code(&self) -> &Code {
        self.frame.code()
    }

    /// What messages call this kind of generator.
    pub(crate) fn kind(&self) -> &'static str {
        match self.frame_flags() & (CO_COROUTINE | CO_ASYNC_GENERATOR) {
            0 => "generator",
            flags if flags & CO_COROUTINE != 0 => "coroutine",
            _ => "async generator",
        }
    }

    fn frame_flags(&self) -> u32 {
        let class = object::as_object(self).class();
        if class.is_type(&core::COROUTINE) {
            CO_COROUTINE
        } else if class.is_type(&core::ASYNC_GENERATOR) {
            CO_ASYNC_GENERATOR
        } else {
            0
        }
    }

    fn is_coroutine(&self) -> bool {
        object::as_object(self).class().is_type(&core::COROUTINE)
    }

    fn is_async_generator(&self) -> bool {
        object::as_object(self).class().is_type(&core::ASYNC_GENERATOR)
    }

    /// What the generator delegates to by `yield from` or `await`.
    pub fn delegate(&self) -> Option<Ref> {
        if self.state.get() != State::SuspendedYieldFrom {
            return None;
        }
        Some(self.frame.peek(1).to_ref())
    }

    /// Links the generator into the thread: its exception state comes first, it runs.
    #[inline(always)]
    fn begin(&self, thread: &ThreadState) {
        self.exc_state.previous_item.set(thread.raw.exc_info.get());
        thread.raw.exc_info.set(std::ptr::from_ref(&self.exc_state).cast_mut());
        self.state.set(State::Executing);
    }

    /// Undoes [`Generator::begin`]'s link.
    #[inline(always)]
    fn end(&self, thread: &ThreadState) {
        thread.raw.exc_info.set(self.exc_state.previous_item.replace(null_mut()));
    }
}

/// The generator whose frame this is.
#[inline(always)]
fn of_frame(frame: &Frame) -> &Generator {
    // SAFETY: a frame owned by a generator stands at this place in it.
    unsafe { &*frame.as_ptr().byte_sub(std::mem::offset_of!(Generator, frame)).cast::<Generator>() }
}

/// The object that owns a generator's frame.
pub fn owner_of(frame: &Frame) -> Option<Ref> {
    (frame.owner.get() == Owner::Generator).then(|| object::as_object(of_frame(frame)).to_ref())
}

/// Moves the frame of a call that has just begun into a new generator object. The frame is empty afterwards.
pub fn from_frame(thread: &ThreadState, frame: &Frame) -> PyResult<Ref<Generator>> {
    let code = frame.code();
    let flags = code.flag_bits();
    let class = if flags & CO_COROUTINE != 0 {
        &core::COROUTINE
    } else if flags & CO_ASYNC_GENERATOR != 0 {
        &core::ASYNC_GENERATOR
    } else {
        &core::GENERATOR
    };
    let words = code.frame_words();
    let size = std::mem::offset_of!(Generator, frame) + words * size_of::<Slot>();
    let memory = object::memory::alloc_unfilled(class, size.max(size_of::<Generator>()))?;
    let function = frame.function();
    let locals = code.local_count();
    // SAFETY: fresh memory with room for the struct and the frame's words; what moves out of the old frame is nulled there.
    unsafe {
        let generator = memory.as_ptr().cast::<Generator>();
        let new = &raw mut (*generator).frame;
        (&raw mut (*generator).weakreflist).write(Cell::new(null_mut()));
        (&raw mut (*generator).name).write(OptRef::new(function.name.get()));
        (&raw mut (*generator).qualname).write(OptRef::new(function.qualname.get()));
        (&raw mut (*generator).exc_state).write(_PyErr_StackItem::ZERO);
        (&raw mut (*generator).origin_or_finalizer).write(OptRef::none());
        (&raw mut (*generator).kept_code).write(OptRef::new(Some(frame.code_object().to_ref().upcast())));
        (&raw mut (*generator).hooks_inited).write(Cell::new(false));
        (&raw mut (*generator).closed).write(Cell::new(false));
        (&raw mut (*generator).running_async).write(Cell::new(false));
        (&raw mut (*generator).state).write(Cell::new(State::Created));
        std::ptr::copy_nonoverlapping(frame.as_ptr().cast::<Slot>(), new.cast::<Slot>(), HEADER_WORDS + locals);
        (*new).owner.set(Owner::Generator);
        (*new).entry.set(false);
        (*new).previous.set(std::ptr::null());
        (*new).pc.set(frame.pc.get().add(1));
        (*new).sp.set((*new).stack_base());
        if !(*new).object.get().is_null() {
            (*(*new).object.get().cast::<FrameObject>()).frame.set(new);
        }
        let made: Ref<Generator> = Ref::from_owned_ptr(memory);
        object::gc::track_object(made.b());
        if flags & CO_COROUTINE != 0 {
            coroutine::track_origin(thread, &made, frame.previous());
        }
        Ok(made)
    }
}

/// Takes a generator's frame off the thread at a `yield`.
#[inline(always)]
pub fn suspend(thread: &ThreadState, frame: &Frame, oparg: u32) {
    let generator = of_frame(frame);
    generator.state.set(if oparg & 1 != 0 { State::SuspendedYieldFrom } else { State::Suspended });
    generator.end(thread);
    eval::leave_recursion(thread);
    frame::set_current(thread, frame.previous.replace(std::ptr::null()));
    frame.entry.set(false);
}

/// Takes a generator's frame off the thread for good: it returned or raised.
pub fn finish_frame(thread: &ThreadState, frame: &Frame) {
    let generator = of_frame(frame);
    generator.state.set(State::Cleared);
    generator.end(thread);
    frame.clear();
    frame::set_current(thread, frame.previous.replace(std::ptr::null()));
    frame.entry.set(false);
    generator.exc_state.exc_value.store(None);
}

/// If the iterator is a generator that can run, prepares its frame for a `for` loop in `caller`.
#[inline(always)]
pub fn enter_from_loop(thread: &ThreadState, iterator: Borrowed<'_>, caller: &Frame) -> Option<*const Frame> {
    if !iterator.class().is_type(&core::GENERATOR) {
        return None;
    }
    let generator = iterator.self_as::<Generator>().get();
    enter(thread, generator, Slot::borrowed(core::none()), caller)
}

/// If the receiver below the value on top of the stack can run, prepares its frame for `yield from` or `await`; the value moves.
#[inline(never)]
pub fn enter_from_send(thread: &ThreadState, caller: &Frame) -> Option<*const Frame> {
    let sp = caller.stack();
    let receiver = sp.peek_object(2);
    let class = receiver.class();
    if !class.is_type(&core::GENERATOR) && !class.is_type(&core::COROUTINE) {
        return None;
    }
    let generator = receiver.self_as::<Generator>().get();
    let value = sp.peek(1);
    if generator.state.get() == State::Created && !std::ptr::eq(value.ptr(), core::none().ptr()) {
        return None;
    }
    let entered = enter(thread, generator, Slot::NULL, caller)?;
    // SAFETY: the value moves from one stack to the other.
    unsafe { (*entered).push_slot(value.into_owned()) };
    caller.set_stack(sp.down(1));
    Some(entered)
}

/// As [`enter_from_send`], from a stack pointer that the frame has not stored: the value on top moves, the receiver stays.
///
/// # Safety
/// `sp` is the stack pointer of `caller`, with two values.
#[inline(always)]
pub unsafe fn enter_with_value(thread: &ThreadState, sp: *mut Slot, caller: &Frame) -> Option<*const Frame> {
    // SAFETY: by contract.
    let (receiver, value) = unsafe { ((*sp.sub(2)).object(), *sp.sub(1)) };
    let class = receiver.class();
    if !class.is_type(&core::GENERATOR) && !class.is_type(&core::COROUTINE) {
        return None;
    }
    let generator = receiver.self_as::<Generator>().get();
    if generator.state.get() == State::Created && !std::ptr::eq(value.ptr(), core::none().ptr()) {
        return None;
    }
    let entered = enter(thread, generator, Slot::NULL, caller)?;
    // SAFETY: the value moves from one stack to the other.
    unsafe { (*entered).push_slot(value.into_owned()) };
    Some(entered)
}

/// Links a suspended generator to the frame that resumes it; none if it can't run now.
#[inline(always)]
fn enter(thread: &ThreadState, generator: &Generator, value: Slot, caller: &Frame) -> Option<*const Frame> {
    if matches!(generator.state.get(), State::Executing | State::Cleared) {
        return None;
    }
    let remaining = thread.raw.py_recursion_remaining.get();
    if remaining <= 0 {
        return None;
    }
    thread.raw.py_recursion_remaining.set(remaining - 1);
    generator.begin(thread);
    let frame = &generator.frame;
    if !value.is_null() {
        frame.push_slot(value);
    }
    frame.previous.set(caller);
    frame.entry.set(false);
    Some(frame)
}

/// How a resumption ended.
pub enum Sent {
    /// At a `yield`, with this value.
    Yielded(Ref),
    /// At a `return`, with this value.
    Returned(Ref),
}

/// Runs a generator from native code, from where it stands to its next `yield` or its end. Without a value, the exception that is set is
/// thrown into it.
pub fn resume(generator: Borrowed<'_, Generator>, value: Option<Borrowed<'_>>, closing: bool) -> PyResult<Sent> {
    // The generator must outlive the run even if its frame drops the last reference to it.
    let keep = generator.to_ref();
    let this = keep.borrow().get();
    match this.state.get() {
        State::Created if value.is_some_and(|value| !value.is(&core::none())) => {
            return Err(raise!(TypeError, "can't send non-None value to a just-started {}", this.kind()));
        }
        State::Executing => return Err(raise!(ValueError, "{} already executing", this.kind())),
        State::Cleared => {
            if this.is_coroutine() && !closing {
                return Err(raise!(RuntimeError, "cannot reuse already awaited coroutine"));
            }
            if value.is_some() && !this.is_async_generator() {
                return Ok(Sent::Returned(core::none_ref()));
            }
            if value.is_some() {
                return Err(error::raise_none(&exc::StopAsyncIteration));
            }
            error::check()?;
            return Ok(Sent::Returned(core::none_ref()));
        }
        _ => {}
    }
    let thread = object::thread::current();
    object::recursion::check("")?;
    enter_recursion(thread)?;
    let throwing = value.is_none();
    this.begin(thread);
    this.frame.push(value.unwrap_or(core::none()).to_ref());
    if throwing {
        chain_handled(thread);
    }
    // SAFETY: the frame is complete and the generator keeps it alive.
    let result = unsafe { eval::enter(thread, &this.frame, throwing) }?;
    if this.state.get() == State::Cleared { Ok(Sent::Returned(result)) } else { Ok(Sent::Yielded(result)) }
}

/// The exception that is thrown gets the one that the generator handles as its context.
fn chain_handled(thread: &ThreadState) {
    // SAFETY: the chain's innermost item is alive.
    let handled = unsafe { (*thread.raw.exc_info.get()).exc_value.load() };
    let Some(handled) = handled.filter(|handled| !handled.is(&core::none())) else { return };
    if let Some(exception) = error::take() {
        if error::base_of(exception.b()).context.get().is_null() && !handled.is(&exception) {
            error::base_of(exception.b()).context.store(Some(handled));
        }
        let _raised = error::restore(exception);
    }
}

/// `receiver.send(value)` for anything that `yield from` delegates to: the answer, and whether it is the end.
pub fn send_value(receiver: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<(Ref, bool)> {
    let class = receiver.class();
    if class.is_type(&core::GENERATOR) || class.is_type(&core::COROUTINE) {
        return match resume(receiver.self_as::<Generator>(), Some(value), false)? {
            Sent::Yielded(item) => Ok((item, false)),
            Sent::Returned(item) => Ok((item, true)),
        };
    }
    if class.is_type(AsyncGenSend::type_object())
        && object::thread::current().interpreter().monitored.get() & Event::RAISE.bit() == 0
    {
        return match receiver.self_as::<AsyncGenSend>().get().send_for_answer(value)? {
            Sent::Yielded(item) => Ok((item, false)),
            Sent::Returned(item) => Ok((item, true)),
        };
    }
    if let Some(send) = class.am_send() {
        let mut result: Option<Ref> = None;
        let status = send(receiver, value, &raw mut result);
        return match (status, result) {
            (1, Some(item)) => Ok((item, false)),
            (0, Some(item)) => Ok((item, true)),
            _ => Err(failed()),
        };
    }
    let answer = if value.is(&core::none()) && receiver.is_iterator() {
        match class.tp_iternext().map(|next| next(receiver).0) {
            // SAFETY: the slot gives a new reference or null.
            Some(item) => unsafe { Ref::from_owned_or_null(item) }.ok_or(()),
            None => Err(()),
        }
    } else {
        receiver.call_method(object::id!("send"), &[value]).map_err(|_raised| ())
    };
    match answer {
        Ok(item) => Ok((item, false)),
        Err(()) => {
            report_stop();
            stop_iteration_value().map(|value| (value, true))
        }
    }
}

/// Tells tools of the StopIteration that a delegation ends with, if it is set.
fn report_stop() {
    let thread = object::thread::current();
    if thread.interpreter().monitored.get() & Event::RAISE.bit() != 0
        && error::check().is_err_and(|raised| raised.is_a(&exc::StopIteration))
        && let Some(frame) = frame::visible(thread)
    {
        fire::exception(thread, frame, Event::RAISE, frame.instruction_index());
    }
}

fn failed() -> object::Raised {
    match error::check() {
        Err(raised) => raised,
        Ok(()) => raise!(SystemError, "error return without exception set"),
    }
}

/// The value of the StopIteration that is set (none set: None); another exception stays.
pub fn stop_iteration_value() -> PyResult<Ref> {
    let Err(raised) = error::check() else { return Ok(core::none_ref()) };
    if !raised.is_a(&exc::StopIteration) {
        return Err(raised);
    }
    let exception = raised.take();
    // SAFETY: an instance of StopIteration has this struct.
    let value = unsafe { (*exception.ptr().cast::<abi::PyStopIterationObject>()).value.load() };
    Ok(value.unwrap_or_else(core::none_ref))
}

/// Raises StopIteration with a value, whatever it is.
pub(crate) fn raise_stop_iteration(value: Ref) -> object::Raised {
    if value.is(&core::none()) {
        return error::raise_none(&exc::StopIteration);
    }
    match exc::StopIteration.call1(value.b()) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// Whether the object is a generator that `types.coroutine` marked.
pub fn is_iterable_coroutine(object: Borrowed<'_>) -> bool {
    object.class().is_type(&core::GENERATOR) && object.self_as::<Generator>().get().code().has_flag(CO_ITERABLE_COROUTINE)
}

/// Whether a coroutine waits for something.
pub fn is_awaited(coroutine: Borrowed<'_>) -> bool {
    coroutine.class().is_type(&core::COROUTINE) && coroutine.self_as::<Generator>().get().delegate().is_some()
}
