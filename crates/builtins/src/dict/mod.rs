//! `dict`: the compact ordered hash table, shared keys and the attributes of instances, views and iterators.
//!
//! The parts: [`keys`] is the table, [`values`] the values of instances, `core` looks up, inserts, deletes and resizes, `merge` copies and updates,
//! `methods` is what Python sees, `iter` and `views` the rest of that, [`instance`] gives instances their attributes.
//!
//! **A comparison of keys may run any code, also code that changes the dict.** No handle of a table, no entry index and no borrowed
//! key or value is used after one without being looked up again.

mod core;
pub mod instance;
mod iter;
pub mod keys;
mod merge;
mod methods;
pub mod values;
mod views;

#[cfg(test)]
mod tests;

pub use core::{Item, Position};
pub use iter::{
    DictItemIterator, DictKeyIterator, DictReverseItemIterator, DictReverseKeyIterator, DictReverseValueIterator,
    DictValueIterator,
};
pub use merge::Override;
pub use views::{DictItems, DictKeys, DictValues, Part, viewed};

use keys::Keys;
use macros::pyclass;
use object::value::str as text;
use object::{Borrowed, Object, PyResult, Raised, TypeObject, error, exc, id, raise};
use values::Values;

/// dict() -> new empty dictionary
/// dict(mapping) -> new dictionary initialized from a mapping object's
///     (key, value) pairs
/// dict(iterable) -> new dictionary initialized as if via:
///     d = {}
///     for k, v in iterable:
///         d[k] = v
/// dict(**kwargs) -> new dictionary initialized with the name=value pairs
///     in the keyword argument list.  For example:  dict(one=1, two=2)
#[pyclass(name = "dict", cell = object::core::DICT, flags(BASETYPE, DICT_SUBCLASS, MATCH_SELF, MAPPING), gc = manual)]
pub struct Dict {
    raw: abi::PyDictObject,
}

impl Drop for Dict {
    fn drop(&mut self) {
        let (keys, values) = (self.keys(), self.values());
        if let Some(values) = values.filter(|values| !values.is_embedded()) {
            values.clear();
            values.free_block();
        }
        keys.release();
    }
}

impl Dict {
    #[inline(always)]
    fn keys(&self) -> Keys {
        // SAFETY: a dict always has a live keys object.
        unsafe { Keys::from_raw(self.raw.ma_keys.get()) }
    }

    #[inline(always)]
    fn set_keys(&self, keys: Keys) {
        self.raw.ma_keys.set(keys.as_raw());
    }

    #[inline(always)]
    fn values(&self) -> Option<Values> {
        // SAFETY: the field holds live values or null.
        unsafe { Values::from_raw(self.raw.ma_values.get()) }
    }

    #[inline(always)]
    fn set_values(&self, values: Option<Values>) {
        self.raw.ma_values.set(values.map_or(std::ptr::null_mut(), Values::as_raw));
    }

    #[inline(always)]
    fn add_used(&self, change: isize) {
        self.raw.ma_used.set(self.raw.ma_used.get() + change);
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.raw.ma_used.get().max(0).cast_unsigned()
    }

    /// Whether there are no items.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.raw.ma_used.get() == 0
    }

    /// This dict as an object.
    #[inline(always)]
    pub fn object(&self) -> &Object {
        object::as_object(self)
    }
}

/// The hash of a key that is about to be looked up in a dict; TypeError in the words for dict keys if it has none.
#[inline]
pub fn key_hash(key: Borrowed<'_>) -> PyResult<isize> {
    if text::check_exact(&key) {
        // SAFETY: the type was checked.
        let hash = unsafe { keys::str_hash(key.ptr()) };
        if hash != -1 {
            return Ok(hash);
        }
    }
    if key.class().is_type(&object::core::INT)
        // SAFETY: exactly an int.
        && let Some(value) = unsafe { object::value::int::short_unchecked(key) }
    {
        return Ok(object::value::int::short_hash(value));
    }
    if key.class().is_type(&object::core::TUPLE) {
        // SAFETY: exactly a tuple, which remembers its hash.
        let hash = unsafe { (*key.ptr().cast::<abi::PyTupleObject>()).ob_hash.get() };
        if hash != -1 {
            return Ok(hash);
        }
    }
    key.hash().or_else(|raised| Err(unhashable(raised, key, "a dict key")))
}

/// Says of what use the unhashable object was to be.
#[cold]
pub fn unhashable(raised: Raised, key: Borrowed<'_>, place: &str) -> Raised {
    let exception = raised.take();
    if !exception.class().is_type(&exc::TypeError) {
        return error::restore(exception);
    }
    let described = (|| Ok((qualified_type_name(key.class())?, exception.str_text()?)))();
    match described {
        Ok((name, reason)) => raise!(TypeError, "cannot use '{name}' as {place} ({reason})"),
        Err(raised) => raised,
    }
}

/// `module.qualname` of a type, without the module for builtins and `__main__`: the `%T` of CPython's messages.
pub fn qualified_type_name(class: &TypeObject) -> PyResult<String> {
    if !class.has(abi::tpflags::HEAPTYPE) {
        return Ok(class.tp_name().to_owned());
    }
    let qualname = class.getattr(id!("__qualname__"))?.str_text()?;
    match class.getattr_opt(id!("__module__"))? {
        Some(module)
            if text::check(module.b()) && !text::eq_str(module.b(), "builtins") && !text::eq_str(module.b(), "__main__") =>
        {
            Ok(format!("{}.{qualname}", text::to_string_lossy(module.b())))
        }
        _ => Ok(qualname),
    }
}

/// Raises `KeyError(key)`.
#[cold]
pub fn key_error(key: Borrowed<'_>) -> Raised {
    // A tuple would be taken for the arguments.
    match object::value::tuple::from_slice(&[key]) {
        Ok(arguments) => error::raise_value(&exc::KeyError, Some(arguments.b())),
        Err(raised) => raised,
    }
}
