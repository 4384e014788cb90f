//! What each interpreter and each thread keeps of the module.

use abi::{Cell, c_int};
use object::value::{str as text, tuple};
use object::{OptRef, PyResult, Raised, Ref, exc, thread};
use std::fmt;

/// An interpreter's `ArgumentError`.
#[derive(Default)]
struct State {
    argument_error: OptRef,
}

/// `ctypes.ArgumentError`.
pub fn argument_error() -> PyResult<Ref> {
    let state = thread::current().interpreter().extensions.get::<State>();
    if let Some(class) = state.argument_error.get() {
        return Ok(class);
    }
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("__module__", text::new("ctypes")?.b())?;
    let bases = tuple::from_slice(&[exc::Exception.borrowed()])?;
    let class = object::core::TYPE.borrowed().call(&[text::new("ArgumentError")?.b(), bases.b(), namespace.b()])?;
    state.argument_error.set(Some(class.clone()));
    Ok(class)
}

/// Raises ArgumentError with this message.
pub fn raise_argument_error(message: fmt::Arguments<'_>) -> Raised {
    match argument_error().map(Ref::downcast::<object::TypeObject>) {
        Ok(Ok(class)) => object::error::raise(&class, message),
        Ok(Err(_)) => object::error::bad_internal_call(),
        Err(raised) => raised,
    }
}

/// Puts `prefix` and the name of the exception's class in front of its message, in an exception of `class`.
pub fn extend_error(raised: Raised, class: &object::TypeObject, prefix: fmt::Arguments<'_>) -> Raised {
    let exception = raised.take();
    let message = match exception.str_text() {
        Ok(message) => message,
        Err(raised) => {
            raised.clear();
            "???".to_owned()
        }
    };
    object::error::raise(class, format_args!("{prefix}{}: {message}", exception.class().short_name()))
}

/// As [`extend_error`], in an ArgumentError about an argument, counted from 1.
pub fn extend_argument_error(raised: Raised, position: usize) -> Raised {
    let exception = raised.take();
    match argument_error().map(Ref::downcast::<object::TypeObject>) {
        Ok(Ok(class)) => extend_error(object::error::restore(exception), &class, format_args!("argument {position}: ")),
        Ok(Err(_)) => object::error::restore(exception),
        Err(raised) => raised,
    }
}

/// A thread's copy of `errno` for functions that swap it.
#[derive(Default)]
pub struct Errno(pub Cell<c_int>);

/// The calling thread's copy of `errno`.
pub fn errno_copy() -> &'static Errno {
    thread::current().extensions.get::<Errno>()
}

/// Exchanges the thread's `errno` and its copy. Needs no GIL.
pub fn swap_errno(copy: &Errno) {
    // SAFETY: plain access to the thread's errno.
    unsafe {
        let real = libc::__errno_location();
        real.write(copy.0.replace(real.read()));
    }
}
