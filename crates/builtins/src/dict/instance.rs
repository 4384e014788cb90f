//! Attributes of instances: inline values under the keys that a class's instances share, and `__dict__` when somebody asks for it.
//!
//! An instance of a type with INLINE_VALUES has its values behind its fixed fields ([`super::values`]); the keys hang at the type
//! (`ht_cached_keys`). `__dict__` is made over them when asked for and shares the values; a dict that has to grow beyond the shared keys
//! takes the values away, and from then on the attributes are in the dict alone (`valid` is false).

use super::core::shared_index;
use super::keys::{self, Keys, Kind};
use super::values::Values;
use super::{Dict, key_hash};
use abi::{PyHeapTypeObject, PyObject, tpflags};
use object::value::str as text;
use object::value::tuple;
use object::{Borrowed, Object, PyResult, Ref, TypeObject, Visit, error, id, memory, raise};
use std::ptr::NonNull;

/// The shared keys of a heap type.
#[inline(always)]
fn cached_keys(class: &TypeObject) -> Option<Keys> {
    if !class.has(tpflags::HEAPTYPE) {
        return None;
    }
    // SAFETY: a heap type's struct has the field; it holds a live table or null.
    unsafe {
        let keys = (*class.as_type_ptr().cast::<PyHeapTypeObject>()).ht_cached_keys.get();
        if keys.is_null() { None } else { Some(Keys::from_raw(keys)) }
    }
}

/// Makes the shared keys of a new heap type with INLINE_VALUES; the names in `__static_attributes__` of its dict come first.
pub fn init_class_keys(class: &TypeObject, namespace: Option<Borrowed<'_, Dict>>) -> PyResult<()> {
    debug_assert!(class.has(tpflags::HEAPTYPE));
    let keys = Keys::new(keys::LOG2_SHARED, Kind::Split)?;
    keys.set_usable(keys::SHARED_MAX);
    // SAFETY: a heap type's struct has the field, which is null until now.
    unsafe { (*class.as_type_ptr().cast::<PyHeapTypeObject>()).ht_cached_keys.set(keys.as_raw()) };
    let Some(names) = namespace.map(|dict| dict.get_item(id!("__static_attributes__"))).transpose()?.flatten() else {
        return Ok(());
    };
    for name in tuple::items(names.b()).unwrap_or_default() {
        if text::check_exact(name) {
            let hash = key_hash(*name)?;
            shared_index(keys, *name, hash);
        }
    }
    Ok(())
}

/// Gives up a dying type's shared keys.
pub fn release_class_keys(class: &TypeObject) {
    if let Some(keys) = cached_keys(class) {
        // SAFETY: as `cached_keys`.
        unsafe { (*class.as_type_ptr().cast::<PyHeapTypeObject>()).ht_cached_keys.set(std::ptr::null_mut()) };
        keys.release();
    }
}

/// Bytes of the inline values of an instance that is made now.
pub fn inline_values_size(class: &TypeObject) -> usize {
    cached_keys(class).map_or(0, |keys| Values::bytes(keys.shared_usable_size()))
}

/// Prepares the inline values of a fresh instance; each new instance narrows the room for keys that nobody used yet.
///
/// # Safety
/// `object` is a fresh instance of `class` with room for them ([`inline_values_size`] was asked just before).
pub unsafe fn init_inline_values(object: *mut PyObject, class: &TypeObject) {
    let Some(keys) = cached_keys(class) else { return };
    if keys.usable() > 1 {
        keys.set_usable(keys.usable() - 1);
    }
    // SAFETY: by contract the memory is there; the capacity is not larger than it was when the size was asked for.
    unsafe {
        let start = inline_start(object, class);
        Values::init(start, keys.shared_usable_size() as u8, true);
    }
}

/// A new instance of a class whose `tp_alloc` is the generic one and whose instances have no items; null with an exception.
///
/// # Safety
/// The class is such a class.
#[inline(never)]
pub unsafe fn allocate(class: *const TypeObject) -> *mut PyObject {
    // SAFETY: by contract.
    let class = unsafe { &*class };
    memory::generic_alloc(class.borrowed_type(), 0).map_or(std::ptr::null_mut(), Ref::into_ptr)
}

/// A value is about to come into an empty inline cell: it is the last in order. False, and nothing done, where there is a dict over the values.
///
/// # Safety
/// The object has valid inline values `size` bytes behind its start, and a managed dict; the index is inside.
#[inline(always)]
pub unsafe fn note_new_value(object: *mut PyObject, size: usize, index: usize) -> bool {
    // SAFETY: by contract.
    unsafe {
        if !memory::pre_header(object).dict.get().is_null() {
            return false;
        }
        if let Some(values) = Values::from_raw(object.byte_add(size).cast()) {
            values.add_to_order(index);
        }
        true
    }
}

/// Where the inline values begin.
#[inline(always)]
unsafe fn inline_start(object: *mut PyObject, class: &TypeObject) -> NonNull<u8> {
    let offset = class.raw().tp_basicsize.get().cast_unsigned().next_multiple_of(8);
    // SAFETY: by contract the instance has inline values there.
    unsafe { NonNull::new_unchecked(object.cast::<u8>().add(offset)) }
}

/// The inline values of an instance whose type has them; they may be invalid.
#[inline(always)]
fn inline_values(object: Borrowed<'_>) -> Option<Values> {
    let class = object.class();
    if !class.has(tpflags::INLINE_VALUES) {
        return None;
    }
    // SAFETY: the flag says that they are there.
    unsafe { Values::from_raw(inline_start(object.ptr(), class).as_ptr().cast()) }
}

/// The inline values of an instance whose attributes are there.
#[inline(always)]
fn valid_values(object: Borrowed<'_>) -> Option<Values> {
    inline_values(object).filter(|values| values.is_valid())
}

/// Whether the instance's attributes are inline now.
#[inline(always)]
pub fn has_valid_inline_values(object: Borrowed<'_>) -> bool {
    valid_values(object).is_some()
}

/// The index of an attribute among the inline values of a class's instances: a hint that holds as long as the type's version does.
pub fn inline_index(class: &TypeObject, name: Borrowed<'_>) -> Option<usize> {
    if !class.has(tpflags::INLINE_VALUES) || !text::check_exact(&name) {
        return None;
    }
    // SAFETY: a str.
    let hash = unsafe { keys::str_hash(name.ptr()) };
    if hash == -1 {
        return None;
    }
    cached_keys(class)?.find_str_in_unicode(name.ptr(), hash)
}

/// The version of the keys that a class's instances share; 0 if there is none.
pub fn class_keys_version(class: &TypeObject) -> u32 {
    cached_keys(class).map_or(0, Keys::ensure_version)
}

/// The version of the shared keys as it is now, for a guard.
#[inline(always)]
pub fn current_class_keys_version(class: &TypeObject) -> u32 {
    cached_keys(class).map_or(0, Keys::version)
}

/// The inline value under an index of [`inline_index`], or null. The instance's type is the one that was asked.
#[inline(always)]
pub fn inline_value(object: Borrowed<'_>, index: usize) -> *mut PyObject {
    match valid_values(object) {
        Some(values) if index < values.capacity() => values.slot(index).get(),
        _ => std::ptr::null_mut(),
    }
}

/// Stores an inline value under an index of [`inline_index`]; false, and nothing done, where the attributes are not inline.
#[inline(always)]
pub fn store_inline(object: Borrowed<'_>, index: usize, value: Borrowed<'_>) -> bool {
    match valid_values(object) {
        Some(values) if index < values.capacity() => {
            let old = values.slot(index).replace(value.to_ref().into_ptr());
            if old.is_null() {
                values.add_to_order(index);
                if let Some(dict) = existing_dict(object) {
                    dict.add_used(1);
                }
            }
            // SAFETY: the slot owned its value.
            drop(unsafe { Ref::<Object>::from_owned_or_null(old) });
            true
        }
        _ => false,
    }
}

/// The cell that holds an instance's dict, where its type has one.
#[inline]
fn dict_cell(object: Borrowed<'_>) -> Option<&abi::Cell<*mut PyObject>> {
    let class = object.class();
    if class.has(tpflags::MANAGED_DICT) {
        // SAFETY: the flag says that the words are there.
        return Some(unsafe { &memory::pre_header(object.ptr()).dict });
    }
    let offset = dict_offset(object, class)?;
    // SAFETY: the offset names a field of the instance.
    Some(unsafe { &*object.ptr().byte_offset(offset).cast::<abi::Cell<*mut PyObject>>() })
}

/// `tp_dictoffset`, with a negative one counted from the end of a variable-size instance.
fn dict_offset(object: Borrowed<'_>, class: &TypeObject) -> Option<isize> {
    let offset = class.raw().tp_dictoffset.get();
    if offset >= 0 {
        return (offset > 0).then_some(offset);
    }
    // SAFETY: types with a negative offset have a variable size.
    let count = unsafe { (*object.ptr().cast::<abi::PyVarObject>()).ob_size.get() };
    let raw = class.raw();
    let size = raw.tp_basicsize.get() + raw.tp_itemsize.get() * count.abs();
    Some(size.cast_unsigned().next_multiple_of(8).cast_signed() + offset)
}

/// The entry of an attribute in the dict that the instance has in the place of inline values: a hint.
pub fn dict_hint(object: Borrowed<'_>, name: Borrowed<'_>) -> Option<usize> {
    if !object.class().has(tpflags::MANAGED_DICT) || has_valid_inline_values(object) {
        return None;
    }
    existing_dict(object)?.lookup_index(name)
}

/// Whether instances of the type have a `__dict__`.
#[inline]
pub fn has_dict(class: &TypeObject) -> bool {
    class.has(tpflags::MANAGED_DICT) || class.raw().tp_dictoffset.get() != 0
}

/// The dict that the instance has already.
#[inline]
pub fn existing_dict(object: Borrowed<'_>) -> Option<Ref<Dict>> {
    let cell = dict_cell(object)?;
    // SAFETY: the cell holds a dict or null.
    unsafe { Borrowed::<Object>::from_ptr_or_null(cell.get()).map(|dict| dict.to_ref().cast_unchecked::<Dict>()) }
}

/// The instance's `__dict__`, made now if there is none; no dict where the type has none.
pub fn get_dict(object: Borrowed<'_>) -> PyResult<Option<Ref<Dict>>> {
    let Some(cell) = dict_cell(object) else { return Ok(None) };
    if let Some(dict) = existing_dict(object) {
        return Ok(Some(dict));
    }
    let class = object.class();
    let dict = match (valid_values(object), cached_keys(class)) {
        (Some(values), Some(keys)) => {
            keys.incref();
            Dict::from_parts(keys, Some(values), values.len())?
        }
        (None, Some(keys)) if class.has(tpflags::MANAGED_DICT) && keys.usable() > 0 => shared_dict(keys)?,
        _ => Dict::new()?,
    };
    cell.set(dict.clone().upcast().into_ptr());
    Ok(Some(dict))
}

/// An empty dict under shared keys, with values of its own.
fn shared_dict(keys: Keys) -> PyResult<Ref<Dict>> {
    let values = Values::new(keys.shared_usable_size() as u8)?;
    keys.incref();
    Dict::from_parts(keys, Some(values), 0)
}

/// Replaces the instance's `__dict__`; none: the attributes are gone until somebody asks for a dict again.
pub fn set_dict(object: Borrowed<'_>, dict: Option<Ref<Dict>>) -> PyResult<()> {
    let Some(cell) = dict_cell(object) else {
        return Err(raise!(AttributeError, "This object has no __dict__"));
    };
    if let Some(values) = valid_values(object) {
        match existing_dict(object) {
            Some(old) => detach(&old, values)?,
            None => {
                values.set_invalid();
                values.clear();
            }
        }
    }
    let old = cell.replace(dict.map_or(std::ptr::null_mut(), |dict| dict.upcast().into_ptr()));
    // SAFETY: the cell owned its dict.
    drop(unsafe { Ref::<Object>::from_owned_or_null(old) });
    Ok(())
}

/// Gives a dict that shares an instance's inline values a copy of its own; the inline ones are dropped.
fn detach(dict: &Dict, values: Values) -> PyResult<()> {
    if dict.values() != Some(values) {
        return Ok(());
    }
    let copy = values.duplicate()?;
    dict.set_values(Some(copy));
    values.set_invalid();
    values.clear();
    Ok(())
}

/// An attribute of the instance itself: inline, or in its dict. The name is a str.
#[inline]
pub fn get_attr(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    if let Some(values) = valid_values(object)
        && text::check_exact(&name)
        && let Some(keys) = cached_keys(object.class())
    {
        let hash = key_hash(name)?;
        let found = keys.find_str_in_unicode(name.ptr(), hash).filter(|index| *index < values.capacity());
        // SAFETY: the slot holds a live object or null.
        let value = found.and_then(|index| unsafe { Borrowed::<Object>::from_ptr_or_null(values.slot(index).get()) });
        return Ok(value.map(Borrowed::to_ref));
    }
    match existing_dict(object) {
        Some(dict) => dict.get(name),
        None => Ok(None),
    }
}

/// Sets an attribute of the instance itself, or deletes it where there is no value. False: there was none to delete, or the type's
/// instances have no attributes of their own.
pub fn set_attr(object: Borrowed<'_>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<bool> {
    if let Some(values) = valid_values(object)
        && text::check_exact(&name)
        && let Some(keys) = cached_keys(object.class())
    {
        let hash = key_hash(name)?;
        let index = match value {
            Some(_) => shared_index(keys, name, hash),
            None => keys.find_str_in_unicode(name.ptr(), hash),
        };
        if let Some(index) = index.filter(|index| *index < values.capacity()) {
            return Ok(match value {
                Some(value) => store_inline(object, index, value),
                None => delete_inline(object, values, index),
            });
        }
        if value.is_none() {
            return Ok(false);
        }
    }
    let dict = match existing_dict(object) {
        Some(dict) => dict,
        None if value.is_none() => return Ok(false),
        None => match get_dict(object)? {
            Some(dict) => dict,
            None => return Ok(false),
        },
    };
    match value {
        Some(value) => dict.set(name, value).map(|()| true),
        None => dict.del(name),
    }
}

fn delete_inline(object: Borrowed<'_>, values: Values, index: usize) -> bool {
    let Some(old) = values.take(index) else { return false };
    values.remove_from_order(index);
    if let Some(dict) = existing_dict(object) {
        dict.add_used(-1);
    }
    drop(old);
    true
}

/// Whether the instance has no attributes of its own.
pub fn is_empty(object: Borrowed<'_>) -> bool {
    if let Some(values) = valid_values(object) {
        return values.len() == 0;
    }
    existing_dict(object).is_none_or(|dict| dict.is_empty())
}

/// Shows the collector the instance's attributes: part of a heap type's `tp_traverse`.
pub fn visit(object: Borrowed<'_>, visit: &mut Visit<'_>) {
    if let Some(values) = valid_values(object) {
        values.visit(visit);
    }
    if let Some(cell) = dict_cell(object) {
        visit.raw(cell.get());
    }
}

/// Drops the instance's attributes: when it dies, or the collector breaks a cycle. A dict that others hold keeps its items.
pub fn clear(object: Borrowed<'_>) {
    let Some(cell) = dict_cell(object) else { return };
    if let Some(values) = inline_values(object) {
        match existing_dict(object) {
            Some(dict) if dict.values() == Some(values) => {
                // One count is the instance's, one ours: nobody else sees the dict.
                if dict.b().refcount() <= 2 {
                    dict.abandon();
                    values.set_invalid();
                    values.clear();
                } else if let Err(raised) = detach(&dict, values) {
                    raised.unraisable(Some("Exception ignored while clearing an object managed dict"), None);
                    dict.abandon();
                    values.set_invalid();
                    values.clear();
                }
            }
            _ if values.is_valid() => values.clear(),
            _ => {}
        }
    }
    let old = cell.replace(std::ptr::null_mut());
    // SAFETY: the cell owned its dict.
    drop(unsafe { Ref::<Object>::from_owned_or_null(old) });
}

/// Drops the inline values of a dying instance without a dict.
///
/// # Safety
/// The instance's type has INLINE_VALUES.
#[inline]
pub unsafe fn clear_values(object: *mut PyObject) {
    // SAFETY: by contract; the object is whole.
    unsafe {
        let object = (*object.cast::<Object>()).borrowed();
        if let Some(values) = inline_values(object)
            && values.is_valid()
        {
            values.clear();
        }
    }
}

/// The getter of `__dict__`.
pub fn dict_getter(object: Borrowed<'_>) -> PyResult<Ref> {
    match get_dict(object)? {
        Some(dict) => Ok(dict.upcast()),
        None => Err(raise!(AttributeError, "This object has no __dict__")),
    }
}

/// The setter of `__dict__`.
pub fn dict_setter(object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    let Some(value) = value else {
        if !has_dict(object.class()) {
            return Err(raise!(AttributeError, "This object has no __dict__"));
        }
        return Err(raise!(TypeError, "cannot delete __dict__"));
    };
    match value.downcast::<Dict>() {
        Some(dict) => set_dict(object, Some(dict.to_ref())),
        None => Err(raise!(TypeError, "__dict__ must be set to a dictionary, not a '{}'", value.class().tp_name())),
    }
}

/// Runs `action` without losing an exception that is set: destruction must not.
pub fn clear_preserving(object: Borrowed<'_>) {
    error::preserving(|| clear(object));
}
