//! Raising and catching: the exception that is set in a thread.
//!
//! An exception under way is held by the thread state (`current_exception`, where Cython reads it). `Raised` is the proof that one is set.

use crate::core;
use crate::exc;
use crate::reference::{Borrowed, Object, RawField, Ref};
use crate::result::{PyResult, Raised};
use crate::thread;
use crate::types::TypeObject;
use crate::value::str as text;
use abi::{Cell, PyBaseExceptionObject, tpflags};
use std::fmt;

/// Raises an exception of the named type with a formatted message, as an `Err`'s content: `return Err(raise!(TypeError, "…"))`.
#[macro_export]
macro_rules! raise {
    ($kind:ident, $($message:tt)+) => { $crate::error::raise(&$crate::exc::$kind, ::std::format_args!($($message)+)) };
}

/// Raises `class(message)`.
#[cold]
#[inline(never)]
pub fn raise(class: &TypeObject, message: fmt::Arguments<'_>) -> Raised {
    let message = match message.as_str() {
        Some(message) => text::new(message),
        None => text::new(&message.to_string()),
    };
    match message {
        Ok(message) => raise_value(class, Some(message.b())),
        Err(raised) => raised,
    }
}

/// Raises `class()`.
#[cold]
pub fn raise_none(class: &TypeObject) -> Raised {
    raise_value(class, None)
}

/// Raises what C's `PyErr_SetObject` raises: `value` itself if it is an instance of `class`; else `class(*value)` for a tuple,
/// `class()` for none, `class(value)`. The exception being handled becomes its context.
#[cold]
pub fn raise_value(class: &TypeObject, value: Option<Borrowed<'_>>) -> Raised {
    match create(class, value) {
        Ok(exception) => raise_exception(exception),
        Err(raised) => raised,
    }
}

fn create(class: &TypeObject, value: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let callable = class.borrowed();
    let made = match value {
        Some(value) if value.class().is_subtype(class) => return Ok(value.to_ref()),
        None => callable.call0()?,
        Some(value) if value.is(&core::none()) => callable.call0()?,
        Some(value) if value.class().is_subtype(&core::TUPLE) => callable.call_tuple(value, None)?,
        Some(value) => callable.call1(value)?,
    };
    if made.class().has(tpflags::BASE_EXC_SUBCLASS) {
        Ok(made)
    } else {
        Err(raise!(
            TypeError,
            "calling {} should have returned an instance of BaseException, not {}",
            class.tp_name(),
            made.class().tp_name()
        ))
    }
}

/// Raises this exception object; the exception being handled becomes its context, and a cycle of contexts is cut.
#[cold]
pub fn raise_exception(exception: Ref) -> Raised {
    let thread = thread::current();
    if let Some(handled) = thread.handled_exception()
        && !handled.is(&exception)
    {
        cut_context_cycle(&handled, &exception);
        base_of(exception.b()).context.store(Some(handled));
    }
    restore(exception)
}

/// The fields that every exception has.
///
/// The caller has checked that `exception` is one.
#[inline]
pub fn base_of(exception: Borrowed<'_>) -> &PyBaseExceptionObject {
    debug_assert!(exception.class().has(tpflags::BASE_EXC_SUBCLASS));
    // SAFETY: an instance of BaseException begins with these fields.
    unsafe { &*exception.ptr().cast::<PyBaseExceptionObject>() }
}

/// Takes `exception` out of the chain of contexts that begins at `handled`; Floyd's tortoise stops at a cycle without it.
fn cut_context_cycle(handled: &Ref, exception: &Ref) {
    let mut current = handled.clone();
    let mut slow = handled.clone();
    let mut move_slow = false;
    while let Some(context) = base_of(current.b()).context.load() {
        if context.is(exception) {
            base_of(current.b()).context.store(None);
            break;
        }
        current = context;
        if current.is(&slow) {
            break;
        }
        if move_slow && let Some(next) = base_of(slow.b()).context.load() {
            slow = next;
        }
        move_slow = !move_slow;
    }
}

/// Sets this exception without touching its context, in place of any that is set.
#[inline]
pub fn restore(exception: Ref) -> Raised {
    let old = thread::current().raw.current_exception.swap_ref(Some(exception));
    drop(old);
    Raised::new()
}

/// Takes the exception that is set, if any.
#[inline]
pub fn take() -> Option<Ref> {
    thread::current().raw.current_exception.swap_ref(None)
}

/// Whether an exception is set.
#[inline(always)]
pub fn is_set() -> bool {
    !thread::current().raw.current_exception.get().is_null()
}

/// `Err` if an exception is set: after calls that report errors that way only.
#[inline]
pub fn check() -> PyResult<()> {
    if is_set() { Err(Raised::new()) } else { Ok(()) }
}

impl Raised {
    /// Takes the exception: it is no longer set.
    pub fn take(self) -> Ref {
        match take() {
            Some(exception) => exception,
            None => no_exception(),
        }
    }

    /// Whether the exception is an instance of `class`.
    pub fn is_a(&self, class: &TypeObject) -> bool {
        // SAFETY: the field holds an object or null, and nothing runs while it is looked at.
        unsafe { Borrowed::<Object>::from_ptr_or_null(thread::current().raw.current_exception.get()) }
            .is_some_and(|exception| exception.class().is_subtype(class))
    }

    /// Drops the exception: the error is handled.
    pub fn clear(self) {
        drop(self.take());
    }

    /// Drops the exception if it is an instance of `class`; hands any other on.
    pub fn clear_if(self, class: &TypeObject) -> PyResult<()> {
        if self.is_a(class) {
            self.clear();
            Ok(())
        } else {
            Err(self)
        }
    }

    /// As [`Raised::unraisable`], with the object's repr at the end of the message, as CPython 3.14 reports callbacks.
    pub fn unraisable_of(self, message: &str, object: Borrowed<'_>) {
        let exception = self.take();
        let shown = object.repr_text();
        match shown {
            Ok(shown) => restore(exception).unraisable(Some(&format!("{message} {shown}")), None),
            Err(raised) => {
                raised.clear();
                restore(exception).unraisable(None, Some(object));
            }
        }
    }

    /// Reports the exception as one that nobody can handle, and clears it.
    pub fn unraisable(self, message: Option<&str>, object: Option<Borrowed<'_>>) {
        if let Some(hooks) = crate::hooks::vm() {
            (hooks.unraisable)(message, object);
        }
        drop(take());
    }
}

/// A `Raised` without an exception is a defect of ours; it becomes SystemError.
#[cold]
fn no_exception() -> Ref {
    let _raised = raise!(SystemError, "error return without exception set");
    take().unwrap_or_else(core::none_ref)
}

/// Raises MemoryError. Where there is no memory for a new instance, one that was made in advance is raised; when all of those are in use,
/// the last one is raised for everybody.
#[cold]
#[inline(never)]
pub fn no_memory() -> Raised {
    let spare = thread::current().interpreter().shared.get::<SpareMemoryErrors>();
    if spare.making.replace(true) {
        // The instance itself found no memory.
        return match spare.ready.iter().find_map(crate::OptRef::take) {
            Some(exception) => raise_exception(exception),
            None => raise_last(&spare.last),
        };
    }
    let raised = raise_none(&exc::MemoryError);
    spare.making.set(false);
    raised
}

/// Raises the shared instance, without what is left of its former use. Before it is made, at start-up, nothing can go on.
fn raise_last(last: &crate::OptRef) -> Raised {
    let Some(exception) = last.get() else {
        host::standard::tell("taipan: no memory to start with\n");
        host::process::exit_now(1);
    };
    let fields = base_of(exception.b());
    fields.traceback.store(None);
    fields.context.store(None);
    raise_exception(exception)
}

/// MemoryErrors made in advance, which `builtins` puts here at start-up and when there is memory again ([`SpareMemoryErrors::fill`]).
#[derive(Default)]
pub struct SpareMemoryErrors {
    ready: [crate::OptRef; 8],
    last: crate::OptRef,
    making: Cell<bool>,
}

impl SpareMemoryErrors {
    /// Replaces the instances that were used, unless there is no memory for that; none are made before the first [`SpareMemoryErrors::fill`].
    pub fn refill(&self) {
        if !self.last.is_none()
            && let Err(raised) = self.fill()
        {
            raised.clear();
        }
    }

    /// Makes the instances that are missing.
    pub fn fill(&self) -> PyResult<()> {
        for place in std::iter::once(&self.last).chain(&self.ready) {
            if place.is_none() {
                place.set(Some(exc::MemoryError.borrowed().call0()?));
            }
        }
        Ok(())
    }
}

/// Runs `action` with the exception that is set put aside, then puts it back: for destructors and finalisers.
pub fn preserving<R>(action: impl FnOnce() -> R) -> R {
    let saved = take();
    let result = action();
    if let Some(saved) = saved {
        let _raised = restore(saved);
    }
    result
}

/// Raises TypeError for a wrong internal call, as C's `PyErr_BadInternalCall`.
#[cold]
pub fn bad_internal_call() -> Raised {
    raise!(SystemError, "bad argument to internal function")
}
