//! Registered dialects, the limit of fields, and the module's exception.

use super::dialect::Dialect;
use crate::new_exception;
use builtins::dict::Dict;
use object::value::str as text;
use object::{Borrowed, KwArgs, OptRef, PyResult, Raised, Ref, StaticType, TypeObject, error, exc, raise, thread};
use std::cell::Cell;

/// What the module keeps in one interpreter.
pub struct State {
    error: OptRef,
    dialects: OptRef<Dict>,
    pub field_limit: Cell<isize>,
}

impl Default for State {
    fn default() -> Self {
        State { error: OptRef::none(), dialects: OptRef::none(), field_limit: Cell::new(128 * 1024) }
    }
}

/// The state of the running interpreter.
pub fn state() -> &'static State {
    thread::current().interpreter().extensions.get::<State>()
}

/// `_csv.Error`.
pub fn error_class() -> PyResult<Ref> {
    if let Some(class) = state().error.get() {
        return Ok(class);
    }
    let class = new_exception("_csv", "Error", &exc::Exception)?;
    state().error.set(Some(class.clone()));
    Ok(class)
}

/// Raises `_csv.Error`.
#[cold]
pub fn csv_error(message: &str) -> Raised {
    match error_class().map(Ref::downcast::<TypeObject>) {
        Ok(Ok(class)) => error::raise(&class, format_args!("{message}")),
        Ok(Err(_)) => error::bad_internal_call(),
        Err(raised) => raised,
    }
}

/// The dict of registered dialects.
pub fn dialects() -> PyResult<Ref<Dict>> {
    if let Some(dialects) = state().dialects.get() {
        return Ok(dialects);
    }
    let dialects = Dict::new()?;
    state().dialects.set(Some(dialects.clone()));
    Ok(dialects)
}

/// The dialect of this name.
pub fn registered(name: Borrowed<'_>) -> PyResult<Ref> {
    dialects()?.get(name)?.ok_or_else(|| csv_error("unknown dialect"))
}

/// The dialect that `reader` and its kin are asked for.
pub fn dialect_from(dialect: Option<Borrowed<'_>>, keywords: KwArgs<'_>) -> PyResult<Ref<Dialect>> {
    let keywords = if keywords.is_empty() { None } else { Some(keywords.to_dict()?) };
    let made = Dialect::make(Dialect::type_object(), dialect, keywords.as_ref().map(Ref::b))?;
    made.downcast::<Dialect>().map_err(|_| error::bad_internal_call())
}

/// Positional arguments of `reader` and its kin: the object, and a dialect.
pub fn split<'a>(args: &[Borrowed<'a>], function: &str) -> PyResult<(Borrowed<'a>, Option<Borrowed<'a>>)> {
    object::args::check_positional(function, args.len(), 1, 2)?;
    match args {
        [first] => Ok((*first, None)),
        [first, dialect, ..] => Ok((*first, Some(*dialect))),
        [] => Err(error::bad_internal_call()),
    }
}

/// A limit as it is given to `field_size_limit`.
pub fn limit(value: Borrowed<'_>) -> PyResult<isize> {
    if !value.class().is_type(&object::core::INT) {
        return Err(raise!(TypeError, "limit must be an integer"));
    }
    let number = object::value::int::to_i64(value);
    let number = number.ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C ssize_t"))?;
    isize::try_from(number).map_err(|_| error::bad_internal_call())
}

/// A str that a message can show.
pub fn shown_character(code: u32) -> PyResult<String> {
    Ok(text::to_string_lossy(text::from_ucs4(&[code])?.b()))
}
