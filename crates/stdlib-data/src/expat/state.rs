//! `ExpatError` and what makes parsers for entities.

use super::errors::text_of;
use super::machine::Machine;
use super::parser::XmlParser;
use crate::new_exception;
use object::value::{int, str as text};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, TypeObject, error, exc, id, raise, thread};

#[derive(Default)]
struct State {
    error: OptRef,
    /// Shared parts of the machines that run, innermost last.
    running: std::cell::RefCell<Vec<(usize, super::machine::Shared)>>,
}

fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// `xml.parsers.expat.ExpatError`.
pub fn error_class() -> PyResult<Ref> {
    if let Some(class) = state().error.get() {
        return Ok(class);
    }
    let class = new_exception("xml.parsers.expat", "ExpatError", &exc::Exception)?;
    state().error.set(Some(class.clone()));
    Ok(class)
}

/// Raises ExpatError with a text of its own.
#[cold]
pub fn expat_message(message: &str) -> Raised {
    match error_class().map(Ref::downcast::<TypeObject>) {
        Ok(Ok(class)) => error::raise(&class, format_args!("{message}")),
        Ok(Err(_)) => error::bad_internal_call(),
        Err(raised) => raised,
    }
}

/// Raises the ExpatError of a code at a place.
#[cold]
pub fn expat_error(code: i32, line: u64, column: u64) -> Raised {
    let reason = text_of(i64::from(code)).unwrap_or("unknown error");
    let raised = expat_message(&format!("{reason}: line {line}, column {column}"));
    let exception = raised.take();
    let filled = (|| -> PyResult<()> {
        exception.setattr(id!("code"), int::new(i64::from(code))?.b())?;
        exception.setattr(id!("offset"), int::from_u64(column)?.b())?;
        exception.setattr(id!("lineno"), int::from_u64(line)?.b())
    })();
    match filled {
        Ok(()) => error::restore(exception),
        Err(raised) => raised,
    }
}

/// Raises ValueError for an encoding whose characters have several bytes.
#[cold]
pub fn multi_byte() -> Raised {
    raise!(ValueError, "multi-byte encodings are not supported")
}

/// Notes that the machine of `parser` runs, with what its entities share, while `action` runs.
pub fn while_running<R>(parser: Borrowed<'_, XmlParser>, shared: super::machine::Shared, action: impl FnOnce() -> R) -> R {
    state().running.borrow_mut().push((parser.object().ptr().addr(), shared));
    let outcome = action();
    state().running.borrow_mut().pop();
    outcome
}

/// A machine for an entity of `parser`.
pub fn child_machine(parser: Borrowed<'_, XmlParser>, parameter: bool, encoding: Option<String>) -> PyResult<Machine> {
    let address = parser.object().ptr().addr();
    let running = state().running.borrow().iter().rev().find(|(owner, _)| *owner == address).map(|(_, shared)| shared.clone());
    match running {
        Some(shared) => Ok(Machine::for_entity(shared, parameter, encoding)),
        None => Ok(Machine::for_entity(super::machine::Shared::default(), parameter, encoding)),
    }
}

/// A number of bytes as it is given to a limit.
pub fn threshold(value: Borrowed<'_>) -> PyResult<u64> {
    let number = value.index()?;
    match int::to_i128(number.b()) {
        Some(number) if number < 0 => Err(raise!(ValueError, "can't convert negative value to unsigned int")),
        Some(number) if u64::try_from(number).is_ok() => Ok(u64::try_from(number).unwrap_or(0)),
        _ => Err(raise!(OverflowError, "Python int too large to convert to C unsigned long long")),
    }
}

/// A str or None.
pub fn optional(value: Option<&str>) -> PyResult<Ref> {
    value.map_or_else(|| Ok(object::core::none_ref()), text::new)
}
