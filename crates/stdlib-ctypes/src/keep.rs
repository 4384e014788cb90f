//! What an instance's content keeps alive: `_objects` of the instance that owns the memory.

use crate::data::CData;
use builtins::dict::Dict;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, core, raise};
use std::fmt::Write as _;

/// Longest key that is made, as in CPython.
const KEY_LIMIT: usize = 255;

/// The instance that owns the memory of `data`. Its `_objects` is set.
pub fn container(data: Borrowed<'_, CData>) -> PyResult<Ref<CData>> {
    let mut current = data.to_ref();
    while let Some(base) = current.base.get() {
        // SAFETY: a base is an instance of ours.
        current = unsafe { base.cast_unchecked::<CData>() };
    }
    if current.objects.is_none() {
        let objects = if current.length.get() > 0 { Dict::new()?.upcast() } else { core::none_ref() };
        current.objects.set(Some(objects));
    }
    Ok(current)
}

/// What the content of `data` keeps alive: `_objects` of its container.
pub fn kept(data: Borrowed<'_, CData>) -> PyResult<Ref> {
    Ok(container(data)?.objects.get().unwrap_or_else(core::none_ref))
}

/// The key of an item: its index and those of the instances around it, in hexadecimal.
fn key(data: Borrowed<'_, CData>, index: isize) -> PyResult<Ref> {
    let mut key = format!("{:x}", index as i32);
    let mut current = data.to_ref();
    while let Some(base) = current.base.get() {
        if KEY_LIMIT.saturating_sub(key.len()) < size_of::<isize>() * 2 {
            return Err(raise!(ValueError, "ctypes object structure too deep"));
        }
        let _in_memory = write!(key, ":{:x}", current.index.get() as i32);
        // SAFETY: a base is an instance of ours.
        current = unsafe { base.cast_unchecked::<CData>() };
    }
    text::new(&key)
}

/// Keeps an object alive as long as the item `index` of `data` is not replaced.
pub fn keep(data: Borrowed<'_, CData>, index: isize, object: Option<Ref>) -> PyResult<()> {
    let Some(object) = object.filter(|object| !object.is(&core::none())) else { return Ok(()) };
    let container = container(data)?;
    let objects = container.objects.get();
    match objects.as_ref().and_then(|objects| objects.b().downcast_exact::<Dict>()) {
        Some(objects) => objects.set(key(data, index)?.b(), object.b()),
        None => {
            container.objects.set(Some(object));
            Ok(())
        }
    }
}
