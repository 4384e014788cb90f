//! Where an instance keeps its attributes: inline values, the managed dict, or a dict at an offset.

use super::dicts;
use abi::{Cell, PyObject, tpflags};
use object::memory::pre_header;
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, Visit, core, raise};

/// Where `tp_dictoffset` says that the dict stands: the field. None for types without one, and for managed dicts.
///
/// The object is alive; the field is part of it.
fn offset_field<'a>(object: Borrowed<'a>) -> Option<&'a Cell<*mut PyObject>> {
    let class = object.class();
    let raw = class.raw();
    let mut offset = raw.tp_dictoffset.get();
    if offset == 0 || class.has(tpflags::MANAGED_DICT) {
        return None;
    }
    if offset < 0 {
        // SAFETY: only types with items count their offset from the end.
        let items = unsafe { (*object.ptr().cast::<abi::PyVarObject>()).ob_size.get() };
        let size = raw.tp_basicsize.get() + raw.tp_itemsize.get() * items.abs();
        offset += (size + 7) & !7;
    }
    // SAFETY: the offset names a field of the object.
    Some(unsafe { &*object.ptr().byte_offset(offset).cast::<Cell<*mut PyObject>>() })
}

/// The managed dict's word.
fn managed_field<'a>(object: Borrowed<'a>) -> &'a Cell<*mut PyObject> {
    // SAFETY: the caller has seen the flag MANAGED_DICT.
    unsafe { &pre_header(object.ptr()).dict }
}

/// The attribute `name` of the instance itself.
#[inline]
pub fn get(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let class = object.class();
    if class.has(tpflags::INLINE_VALUES) {
        return crate::dict::instance::get_attr(object, name);
    }
    match existing_dict(object, class) {
        Some(dict) => dicts::get(dict.b(), name),
        None => Ok(None),
    }
}

#[inline]
fn existing_dict(object: Borrowed<'_>, class: &TypeObject) -> Option<Ref> {
    if class.has(tpflags::MANAGED_DICT) { managed_field(object).load() } else { offset_field(object)?.load() }
}

/// Whether instances of the type have a dict.
#[inline]
pub fn has_storage(class: &TypeObject) -> bool {
    class.raw().tp_dictoffset.get() != 0 || class.has(tpflags::MANAGED_DICT)
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
    let class = object.class();
    if !has_storage(class) {
        return Ok(Changed::NoStorage);
    }
    if class.has(tpflags::INLINE_VALUES) {
        return match value {
            Some(value) => crate::dict::instance::set_attr(object, name, value).map(|()| Changed::Done),
            None => crate::dict::instance::del_attr(object, name).map(|found| if found { Changed::Done } else { Changed::Missing }),
        };
    }
    match value {
        Some(value) => {
            let Some(dict) = dict(object)? else { return Ok(Changed::NoStorage) };
            dicts::set(dict.b(), name, value)?;
            Ok(Changed::Done)
        }
        None => match existing_dict(object, class) {
            Some(dict) => dicts::remove(dict.b(), name).map(|found| if found { Changed::Done } else { Changed::Missing }),
            None => Ok(Changed::Missing),
        },
    }
}

/// The instance's `__dict__`, made where there is none yet; none for types without.
pub fn dict(object: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let class = object.class();
    if class.has(tpflags::INLINE_VALUES) {
        return crate::dict::instance::materialize_dict(object).map(Some);
    }
    let field = if class.has(tpflags::MANAGED_DICT) {
        managed_field(object)
    } else {
        match offset_field(object) {
            Some(field) => field,
            None => return Ok(None),
        }
    };
    if let Some(dict) = field.load() {
        return Ok(Some(dict));
    }
    let dict = dicts::new()?;
    field.store(Some(dict.clone()));
    Ok(Some(dict))
}

/// Replaces the instance's `__dict__`; no value empties it.
pub fn set_dict(object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    if let Some(value) = value
        && !value.class().is_subtype(&core::DICT)
    {
        return Err(raise!(
            TypeError,
            "__dict__ must be set to a dictionary, not a '{}'",
            value.class().short_name()
        ));
    }
    let class = object.class();
    if class.has(tpflags::INLINE_VALUES) {
        return crate::dict::instance::set_dict(object, value);
    }
    let field = if class.has(tpflags::MANAGED_DICT) { Some(managed_field(object)) } else { offset_field(object) };
    match field {
        Some(field) => {
            field.store(value.map(|value| value.to_ref()));
            Ok(())
        }
        None => Err(raise!(AttributeError, "This object has no __dict__")),
    }
}

/// Shows the collector the instance's attributes.
pub fn visit(object: Borrowed<'_>, visit: &mut Visit<'_>) {
    let class = object.class();
    if class.has(tpflags::INLINE_VALUES) {
        crate::dict::instance::visit(object, visit);
    } else if class.has(tpflags::MANAGED_DICT) {
        visit.raw(managed_field(object).get());
    }
}

/// Drops the instance's attributes: `tp_clear` and the end of the object.
pub fn clear(object: Borrowed<'_>) {
    let class = object.class();
    if class.has(tpflags::INLINE_VALUES) {
        crate::dict::instance::clear(object);
    } else if class.has(tpflags::MANAGED_DICT) {
        managed_field(object).store(None);
    }
}

/// As [`visit`], for a dict at an offset that this class and not its base added.
pub fn visit_offset_dict(object: Borrowed<'_>, visit: &mut Visit<'_>) {
    if let Some(field) = offset_field(object) {
        visit.raw(field.get());
    }
}

/// As [`clear`], for a dict at an offset that this class and not its base added.
pub fn clear_offset_dict(object: Borrowed<'_>) {
    if let Some(field) = offset_field(object) {
        field.store(None);
    }
}
