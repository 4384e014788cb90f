//! System errors as exceptions, calls that may block.

use host::errno::{Errno, Sys};
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, error, exc, hooks, raise};

/// Raises the OSError of a failed call.
#[cold]
pub fn os_error(errno: Errno) -> Raised {
    let arguments = (|| tuple::from_array([int::new(i64::from(errno.0))?, text::new(&errno.message())?]))();
    raise_with(exc::OSError.borrowed(), arguments)
}

/// Raises `class(number, message)`.
#[cold]
pub fn numbered(class: Borrowed<'_>, number: i32, message: &str) -> Raised {
    let arguments = (|| tuple::from_array([int::new(i64::from(number))?, text::new(message)?]))();
    raise_with(class, arguments)
}

fn raise_with(class: Borrowed<'_>, arguments: PyResult<Ref>) -> Raised {
    match arguments.and_then(|arguments| class.call_tuple(arguments.b(), None)) {
        Ok(exception) => error::raise_exception(exception),
        Err(raised) => raised,
    }
}

/// Raises TimeoutError("timed out").
#[cold]
pub fn timed_out() -> Raised {
    raise!(TimeoutError, "timed out")
}

/// The value of a system call, or OSError.
pub trait OrRaise<T> {
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for Sys<T> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(os_error)
    }
}

/// Runs signal handlers and what else is due.
pub fn run_pending() -> PyResult<()> {
    hooks::vm().map_or(Ok(()), |hooks| (hooks.run_pending)())
}

/// System text as a str.
pub fn decode(bytes: &[u8]) -> PyResult<Ref> {
    if bytes.is_ascii() { text::from_ascii(bytes) } else { text::from_ucs4(&host::path::decode(bytes)) }
}

/// A str as system text.
pub fn encode(string: Borrowed<'_>) -> PyResult<Vec<u8>> {
    match text::data(string).map(|data| host::path::encode(data.iter())) {
        Some(Ok(bytes)) => Ok(bytes),
        _ => Err(object::convert::surrogates_not_allowed(string)),
    }
}

/// An exception class of a module: `class name(base)` with only `__module__` in its body.
pub fn new_class(module: &str, name: &str, base: Borrowed<'_>) -> PyResult<Ref> {
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("__module__", text::new(module)?.b())?;
    let bases = tuple::from_slice(&[base])?;
    core::TYPE.borrowed().call(&[text::new(name)?.b(), bases.b(), namespace.b()])
}
