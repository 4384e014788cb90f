//! Exceptions and arguments that the modules share.

use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, RawField, Ref, TypeObject, core, error, exc, id, raise, thread};

/// What the modules keep for one interpreter.
#[derive(Default)]
pub struct State {
    not_shareable: OptRef,
}

/// A new exception class of this module.
pub fn exception_class(module: &str, name: &str, doc: Option<&str>, bases: &[Borrowed<'_>]) -> PyResult<Ref> {
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("__module__", text::new(module)?.b())?;
    if let Some(doc) = doc {
        namespace.set_text("__doc__", text::new(doc)?.b())?;
    }
    core::TYPE.borrowed().call(&[text::new(name)?.b(), tuple::from_slice(bases)?.b(), namespace.b()])
}

/// `concurrent.interpreters.NotShareableError`.
pub fn not_shareable_class() -> PyResult<Ref> {
    let state = thread::current().interpreter().extensions.get::<State>();
    if let Some(class) = state.not_shareable.get() {
        return Ok(class);
    }
    let base = exc::TypeError.to_ref();
    let class = exception_class("concurrent.interpreters", "NotShareableError", None, &[base.b()])?;
    state.not_shareable.set(Some(class.clone()));
    Ok(class)
}

/// Raises NotShareableError.
#[cold]
pub fn not_shareable(message: &str, cause: Option<Ref>) -> Raised {
    let made = (|| {
        let error = not_shareable_class()?.call1(text::new(message)?.b())?;
        if let Some(cause) = cause {
            error.setattr(id!("__cause__"), cause.b())?;
        }
        PyResult::Ok(error)
    })();
    match made {
        Ok(error) => error::raise_exception(error),
        Err(raised) => raised,
    }
}

/// Raises NotShareableError for an object.
#[cold]
pub fn object_not_shareable(object: Borrowed<'_>, cause: Option<Ref>) -> Raised {
    match object.repr_text() {
        Ok(shown) => not_shareable(&format!("{shown} does not support cross-interpreter data"), cause),
        Err(raised) => raised,
    }
}

/// Whether the exception is a NotShareableError.
pub fn is_not_shareable(raised: &Raised) -> bool {
    let state = thread::current().interpreter().extensions.get::<State>();
    state
        .not_shareable
        .get()
        .and_then(|class| class.b().downcast::<TypeObject>().map(|class| raised.is_a(&class)))
        .unwrap_or(false)
}

/// What a NotShareableError was caused by, if it says so: for scripts, whose faults are those of the code.
pub fn unwrap_not_shareable(raised: Raised) -> Raised {
    if !is_not_shareable(&raised) {
        return raised;
    }
    let exception = raised.take();
    match error::base_of(exception.b()).cause.load() {
        Some(cause) => error::restore(cause),
        None => error::restore(exception),
    }
}

/// A number that names an interpreter, a queue or a channel.
pub fn id_of(kind: &str, value: Borrowed<'_>) -> PyResult<i64> {
    if value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "{kind} ID must be an int, got {}", value.class().tp_name()));
    }
    let index = value.index()?;
    match int::to_i64(index.b()) {
        Some(id) if id >= 0 => Ok(id),
        Some(_) => Err(raise!(ValueError, "{kind} ID must be a non-negative int, got {}", value.repr_text()?)),
        None if kind == "interpreter" => Err(raise!(OverflowError, "int too big to convert")),
        None => Err(raise!(OverflowError, "max {kind} ID is {}, got {}", i64::MAX, value.repr_text()?)),
    }
}

/// What becomes of data whose sender is gone: the value given, or the default for a negative one. ValueError for others.
pub fn unbound_or(given: i32, default: i32) -> PyResult<i32> {
    match given {
        ..0 => Ok(default),
        1..=3 => Ok(given),
        0 | 4.. => Err(raise!(ValueError, "unsupported unboundop {given}")),
    }
}

/// What happens with objects that cannot go as they are, in the same way.
pub fn fallback_or(given: i32, default: i32) -> PyResult<i32> {
    match given {
        ..0 => Ok(default),
        0 | 1 => Ok(given),
        2.. => Err(raise!(ValueError, "unsupported fallback {given}")),
    }
}

/// `UNBOUND_REPLACE`.
pub const REPLACE: i32 = 3;
/// Everything goes that pickle can carry.
pub const FULL: i32 = 1;
