//! Where an instance keeps its attributes: what `object`'s attribute functions and `subtype_*` ask of `dict::instance`.

use crate::dict::{Dict, instance};
use abi::tpflags;
use object::{Borrowed, PyResult, Ref, TypeObject, Visit, core, raise};

/// The attribute `name` of the instance itself.
#[inline]
pub fn get(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    instance::get_attr(object, name)
}

/// Whether instances of the type have a dict.
#[inline]
pub fn has_storage(class: &TypeObject) -> bool {
    instance::has_dict(class)
}

/// What came of a change of an instance's attribute.
pub enum Changed {
    /// It was done.
    Done,
    /// The attribute that was to be deleted is not there.
    Missing,
    /// Instances have no dict.
    NoStorage,
}

/// Sets or deletes the attribute `name` of the instance itself.
pub fn set(object: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<Changed> {
    if !has_storage(object.class()) {
        return Ok(Changed::NoStorage);
    }
    instance::set_attr(object, name, value).map(|found| if found { Changed::Done } else { Changed::Missing })
}

/// The instance's `__dict__`, made where there is none yet; none for types without.
pub fn dict(object: Borrowed<'_>) -> PyResult<Option<Ref>> {
    instance::get_dict(object).map(|dict| dict.map(Ref::upcast))
}

/// Replaces the instance's `__dict__`; no value empties it.
pub fn set_dict(object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    match value {
        None => instance::set_dict(object, None),
        Some(value) => match value.downcast::<Dict>() {
            Some(dict) => instance::set_dict(object, Some(dict.to_ref())),
            None => {
                debug_assert!(!value.class().is_subtype(&core::DICT));
                Err(raise!(TypeError, "__dict__ must be set to a dictionary, not a '{}'", value.class().tp_name()))
            }
        },
    }
}

/// Shows the collector the instance's attributes.
pub fn visit(object: Borrowed<'_>, visit: &mut Visit<'_>) {
    instance::visit(object, visit);
}

/// Drops the instance's attributes: `tp_clear` and the end of the object.
pub fn clear(object: Borrowed<'_>) {
    instance::clear(object);
}

/// Puts the attributes of an instance with inline values into a dict of its own, as a change of its class needs it.
pub fn detach(object: Borrowed<'_>) -> PyResult<()> {
    if !object.class().has(tpflags::INLINE_VALUES) || !instance::has_valid_inline_values(object) {
        return Ok(());
    }
    let Some(dict) = instance::get_dict(object)? else { return Ok(()) };
    // Replacing the dict by itself gives it values of its own.
    instance::set_dict(object, Some(dict))
}
