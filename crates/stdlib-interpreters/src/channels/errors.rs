//! The exceptions of channels, and the classes that the high-level module registers.

use super::table::Trouble;
use crate::support::exception_class;
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, Raised, Ref, error, exc, thread};

/// The exception classes, in the order of [`NAMES`].
#[derive(Clone, Copy)]
pub enum Class {
    Error,
    NotFound,
    Closed,
    Empty,
    NotEmpty,
}

const COUNT: usize = 5;
const NAMES: [&str; COUNT] =
    ["ChannelError", "ChannelNotFoundError", "ChannelClosedError", "ChannelEmptyError", "ChannelNotEmptyError"];

/// What the module keeps for one interpreter.
#[derive(Default)]
pub struct State {
    classes: [OptRef; COUNT],
    /// `SendChannel`.
    pub send: OptRef,
    /// `RecvChannel`.
    pub recv: OptRef,
}

/// The state of the current interpreter.
pub fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// An exception class.
pub fn class(which: Class) -> PyResult<Ref> {
    let index = which as usize;
    let (Some(place), Some(name)) = (state().classes.get(index), NAMES.get(index)) else {
        return Ok(exc::RuntimeError.to_ref().upcast());
    };
    if let Some(class) = place.get() {
        return Ok(class);
    }
    let base: Ref = match which {
        Class::Error => exc::RuntimeError.to_ref().upcast(),
        _ => class(Class::Error)?,
    };
    let made = exception_class("_interpchannels", name, None, &[base.b()])?;
    place.set(Some(made.clone()));
    Ok(made)
}

/// Raises what went wrong with a channel.
#[cold]
pub fn raise_trouble(trouble: Trouble, id: i64) -> Raised {
    let (which, message) = match trouble {
        Trouble::NotFound => (Class::NotFound, format!("channel {id} not found")),
        Trouble::Closed => (Class::Closed, format!("channel {id} is closed")),
        Trouble::EndClosed => (Class::Closed, format!("channel {id} is already closed")),
        Trouble::Empty => (Class::Empty, format!("channel {id} is empty")),
        Trouble::NotEmpty => (Class::NotEmpty, format!("channel {id} may not be closed if not empty (try force=True)")),
    };
    let made = (|| class(which)?.call1(text::new(&message)?.b()))();
    match made {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// Whether the object is an end of the high-level module.
pub fn is_end(object: Borrowed<'_>) -> bool {
    let is = |class: &OptRef| class.get().is_some_and(|class| std::ptr::eq(class.ptr(), object.class().as_object_ptr()));
    is(&state().send) || is(&state().recv)
}
