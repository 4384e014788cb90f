//! `throw` and `close`.

use super::{Generator, Sent, State, raise_stop_iteration, resume, stop_iteration_value};
use crate::frame;
use crate::monitoring::Event;
use abi::tpflags;
use object::error::{self, restore};
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, exc, id, raise};

/// What `throw()` throws: an exception, or a class with a value, and a traceback.
pub struct Thrown {
    exception: Ref,
}

/// Makes the exception of `throw(type[, value[, traceback]])`.
pub fn thrown(class: Borrowed<'_>, value: Option<Borrowed<'_>>, traceback: Option<Borrowed<'_>>) -> PyResult<Thrown> {
    let none = |object: &Borrowed<'_>| object.is(&core::none());
    let value = value.filter(|value| !none(value));
    let traceback = traceback.filter(|traceback| !none(traceback));
    if let Some(traceback) = traceback
        && !traceback.class().is_subtype(&core::TRACEBACK)
    {
        return Err(raise!(TypeError, "throw() third argument must be a traceback object"));
    }
    let exception = match class.downcast::<TypeObject>() {
        Some(class) if class.get().has(tpflags::BASE_EXC_SUBCLASS) => {
            // As `raise class, value` normalised it.
            let raised = error::raise_value(class.get(), value);
            raised.take()
        }
        _ if class.class().has(tpflags::BASE_EXC_SUBCLASS) => {
            if value.is_some() {
                return Err(raise!(TypeError, "instance exception may not have a separate value"));
            }
            class.to_ref()
        }
        _ => {
            return Err(raise!(
                TypeError,
                "exceptions must be classes or instances deriving from BaseException, not {}",
                class.class().tp_name()
            ));
        }
    };
    if let Some(traceback) = traceback {
        error::base_of(exception.b()).traceback.store(Some(traceback.to_ref()));
    }
    Ok(Thrown { exception })
}

/// `generator.throw(...)`: into what it delegates to, if anything, else into itself.
pub fn throw(generator: Borrowed<'_, Generator>, thrown: Thrown, close_on_exit: bool) -> PyResult<Sent> {
    object::recursion::check("")?;
    let this = generator.get();
    let Some(delegate) = this.delegate() else { return throw_here(generator, thrown) };
    if close_on_exit && thrown.exception.class().is_subtype(&exc::GeneratorExit) {
        let closed = delegated(generator, || close_delegate(delegate.b()));
        return match closed {
            Ok(()) => throw_here(generator, thrown),
            Err(_raised) => resume(generator, None, false),
        };
    }
    let class = delegate.class();
    let answer = if class.is_type(&core::GENERATOR) || class.is_type(&core::COROUTINE) {
        let inner = delegate.b().self_as::<Generator>();
        delegated(generator, || throw(inner, thrown, close_on_exit).and_then(yielded))
    } else {
        let method = match delegate.getattr_opt(id!("throw"))? {
            Some(method) => method,
            None => return throw_here(generator, thrown),
        };
        delegated(generator, || method.call1(thrown.exception.b()))
    };
    match answer {
        Ok(item) => Ok(Sent::Yielded(item)),
        Err(_raised) => resume(generator, None, false),
    }
}

/// What was yielded, or StopIteration with what was returned.
pub fn yielded(sent: Sent) -> PyResult<Ref> {
    match sent {
        Sent::Yielded(item) => Ok(item),
        Sent::Returned(value) => Err(raise_stop_iteration(value)),
    }
}

/// Runs `action` on what a generator delegates to: meanwhile the generator counts as running, and its frame is in the chain.
fn delegated<R>(generator: Borrowed<'_, Generator>, action: impl FnOnce() -> R) -> R {
    let this = generator.get();
    let thread = object::thread::current();
    let state = this.state.replace(State::Executing);
    let previous = thread.raw.current_frame.get();
    this.frame.previous.set(previous.cast());
    frame::set_current(thread, &raw const this.frame);
    let result = action();
    thread.raw.current_frame.set(previous);
    this.frame.previous.set(std::ptr::null());
    this.state.set(state);
    result
}

fn throw_here(generator: Borrowed<'_, Generator>, thrown: Thrown) -> PyResult<Sent> {
    if generator.get().state.get() == State::Executing {
        return Err(raise!(ValueError, "{} already executing", generator.get().kind()));
    }
    let _raised = restore(thrown.exception);
    resume(generator, None, false)
}

/// `iterator.close()`, where it has that.
pub fn close_delegate(iterator: Borrowed<'_>) -> PyResult<()> {
    let class = iterator.class();
    if class.is_type(&core::GENERATOR) || class.is_type(&core::COROUTINE) {
        return close(iterator.self_as::<Generator>()).map(drop);
    }
    match iterator.getattr_opt(id!("close")) {
        Ok(Some(method)) => method.call0().map(drop),
        Ok(None) => Ok(()),
        Err(raised) => {
            raised.unraisable(None, Some(iterator));
            Ok(())
        }
    }
}

/// Whether nothing guards the `yield` that the generator waits at, and no tool wants to know of its end.
fn waits_outside_of_try(generator: &Generator) -> bool {
    /// The bit of RESUME's operand that says so.
    const OUTSIDE: u32 = 4;
    let pc = generator.frame.pc.get();
    // SAFETY: a suspended generator points at the RESUME behind its `yield`.
    let arg = unsafe { (*pc).arg() };
    let watched = object::thread::current().interpreter().monitored.get() & Event::PY_UNWIND.bit() != 0;
    arg & OUTSIDE != 0 && !watched
}

/// `generator.close()`: GeneratorExit at the `yield`; what the generator returned.
pub fn close(generator: Borrowed<'_, Generator>) -> PyResult<Ref> {
    let this = generator.get();
    match this.state.get() {
        State::Created => {
            this.state.set(State::Cleared);
            let keep = generator.to_ref();
            keep.borrow().get().frame.clear();
            return Ok(core::none_ref());
        }
        State::Cleared => return Ok(core::none_ref()),
        State::Suspended if waits_outside_of_try(this) => {
            // Nobody would see the exception.
            let keep = generator.to_ref();
            this.state.set(State::Cleared);
            keep.borrow().get().frame.clear();
            return Ok(core::none_ref());
        }
        _ => {}
    }
    let closed = match this.delegate() {
        Some(delegate) => delegated(generator, || close_delegate(delegate.b())),
        None => Ok(()),
    };
    if closed.is_ok() {
        if this.state.get() == State::Executing {
            return Err(raise!(ValueError, "{} already executing", this.kind()));
        }
        let exception = exc::GeneratorExit.call0()?;
        let _raised = restore(exception);
    }
    match resume(generator, None, true) {
        Ok(Sent::Yielded(item)) => {
            drop(item);
            Err(raise!(RuntimeError, "{} ignored GeneratorExit", this.kind()))
        }
        Ok(Sent::Returned(value)) => Ok(value),
        Err(raised) if raised.is_a(&exc::StopIteration) => {
            // The exception is set: its value is the answer.
            stop_iteration_value()
        }
        Err(raised) => {
            raised.clear_if(&exc::GeneratorExit)?;
            Ok(core::none_ref())
        }
    }
}
