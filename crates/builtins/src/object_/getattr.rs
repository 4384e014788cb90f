//! Attributes of ordinary objects: descriptors of the type, then the instance's own (`PyObject_GenericGetAttr`).

use crate::type_::storage::{self, Changed};
use crate::type_::{dicts, getattr::attribute_context, lookup};
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, Ref, id, raise};

/// `object.__getattribute__`.
#[inline]
pub fn get(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Ref> {
    match get_with(object, name, None)? {
        Some(value) => Ok(value),
        None => Err(no_attribute(object, name)),
    }
}

/// As [`get`]; none where AttributeError would say that there is no such attribute.
pub fn getattr_opt(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    match get_with(object, name, None) {
        Err(raised) => raised.clear_if(&object::exc::AttributeError).map(|()| None),
        found => found,
    }
}

/// As [`get`], with a dict of the object that its type does not tell of.
pub fn get_with(object: Borrowed<'_>, name: Borrowed<'_>, dict: Option<Borrowed<'_>>) -> PyResult<Option<Ref>> {
    if !text::check(name) {
        return Err(raise!(TypeError, "attribute name must be string, not '{}'", name.class().tp_name()));
    }
    let class = object.class();
    let found = lookup(class, name);
    let getter = found.as_ref().and_then(|found| found.class().tp_descr_get());
    if let (Some(found), Some(getter)) = (&found, getter)
        && found.class().tp_descr_set().is_some()
    {
        return getter(found.b(), Some(object), Some(class.borrowed())).map(Some);
    }
    let own = match dict {
        Some(dict) => dicts::get(dict, name)?,
        None => storage::get(object, name)?,
    };
    if own.is_some() {
        return Ok(own);
    }
    match (found, getter) {
        (Some(found), Some(getter)) => getter(found.b(), Some(object), Some(object.class().borrowed())).map(Some),
        (found, _) => Ok(found),
    }
}

/// AttributeError: there is no such attribute.
#[cold]
pub fn no_attribute(object: Borrowed<'_>, name: Borrowed<'_>) -> Raised {
    let raised =
        raise!(AttributeError, "'{}' object has no attribute '{}'", object.class().tp_name(), text::to_string_lossy(name));
    attribute_context(raised, object, name)
}

/// `object.__setattr__` and `object.__delattr__`.
pub fn set(object: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    set_with(object, name, value, None)
}

/// As [`set`], with a dict of the object that its type does not tell of.
pub fn set_with(
    object: Borrowed<'_>,
    name: Borrowed<'_>,
    value: Option<Borrowed<'_>>,
    dict: Option<Borrowed<'_>>,
) -> PyResult<()> {
    if !text::check(name) {
        return Err(raise!(TypeError, "attribute name must be string, not '{}'", name.class().tp_name()));
    }
    let class = object.class();
    let found = lookup(class, name);
    if let Some(found) = &found
        && let Some(setter) = found.class().tp_descr_set()
    {
        return setter(found.b(), object, value).into();
    }
    let changed = match (dict, value) {
        (Some(dict), Some(value)) => dicts::set(dict, name, value).map(|()| Changed::Done)?,
        (Some(dict), None) => {
            if dicts::remove(dict, name)? {
                Changed::Done
            } else {
                Changed::Missing
            }
        }
        (None, value) => storage::set(object, name, value)?,
    };
    match changed {
        Changed::Done => Ok(()),
        Changed::Missing => Err(no_attribute(object, name)),
        Changed::NoStorage if found.is_some() => {
            let raised =
                raise!(AttributeError, "'{}' object attribute '{}' is read-only", class.tp_name(), text::to_string_lossy(name));
            Err(attribute_context(raised, object, name))
        }
        Changed::NoStorage => {
            let overridden =
                class.slot_ptr(abi::typeslot::tp_setattro) != object::core::OBJECT.slot_ptr(abi::typeslot::tp_setattro);
            let raised = if overridden || value.is_none() && lookup(class, id!("__dict__")).is_some() {
                raise!(AttributeError, "'{}' object has no attribute '{}'", class.tp_name(), text::to_string_lossy(name))
            } else {
                raise!(
                    AttributeError,
                    "'{}' object has no attribute '{}' and no __dict__ for setting new attributes",
                    class.tp_name(),
                    text::to_string_lossy(name)
                )
            };
            Err(attribute_context(raised, object, name))
        }
    }
}
