//! The few dict operations that types need, through the hooks: usable before `dict` itself is complete.

use crate::dict::Dict;
use object::{Borrowed, PyResult, Ref, hooks, raise};

/// `{}`.
pub fn new() -> PyResult<Ref> {
    (hooks::get().dict_new)()
}

/// `dict[key]`, or none.
#[inline]
pub fn get(dict: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
    match dict.downcast_exact::<Dict>() {
        Some(dict) => dict.get_item(key),
        None => (hooks::get().dict_get)(dict, key),
    }
}

/// `dict[key] = value`. The caller knows what this does to the caches of a type whose dict it is.
#[inline]
pub fn set(dict: Borrowed<'_>, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
    as_its_type(dict, || (hooks::get().dict_set)(dict, key, value))
}

/// Runs a change that a type itself makes to its dict: the dict does not tell the type.
fn as_its_type<R>(dict: Borrowed<'_>, change: impl FnOnce() -> R) -> R {
    let marked = dict.downcast_exact::<Dict>().filter(|dict| dict.is_of_type());
    if let Some(dict) = &marked {
        dict.set_of_type(false);
    }
    let result = change();
    if let Some(dict) = &marked {
        dict.set_of_type(true);
    }
    result
}

/// Marks the dict of a type as such.
pub fn mark(dict: Borrowed<'_>) {
    if let Some(dict) = dict.downcast_exact::<Dict>() {
        dict.set_of_type(true);
    }
}

/// `del dict[key]`: KeyError where it is missing.
pub fn delete(dict: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<()> {
    match object::core::DICT.mp_ass_subscript() {
        Some(delete) => as_its_type(dict, || delete(dict, key, None).into()),
        None => Err(raise!(SystemError, "dict is not initialised")),
    }
}

/// Removes a key where it is there. Returns whether it was.
pub fn remove(dict: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<bool> {
    if get(dict, key)?.is_none() {
        return Ok(false);
    }
    delete(dict, key)?;
    Ok(true)
}

/// The pairs of a dict, owned.
pub fn items(dict: Borrowed<'_>) -> PyResult<Vec<(Ref, Ref)>> {
    (hooks::get().dict_items)(dict)
}

/// A copy of a dict.
pub fn copy(dict: Borrowed<'_>) -> PyResult<Ref> {
    let copied = new()?;
    merge(copied.b(), dict)?;
    Ok(copied)
}

/// Puts all pairs of the dict `from` into `into`.
pub fn merge(into: Borrowed<'_>, from: Borrowed<'_>) -> PyResult<()> {
    items(from)?.iter().try_for_each(|(key, value)| set(into, key.b(), value.b()))
}
