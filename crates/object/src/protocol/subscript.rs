//! Lengths, subscripts, containment.

use crate::raise;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::{CompareOp, PyResult};
use crate::types::TypeObject;
use crate::{core, exc, hooks, id};

impl Object {
    /// `len(self)`.
    #[inline]
    pub fn len(&self) -> PyResult<usize> {
        let class = self.class();
        match class.sq_length().or_else(|| class.mp_length()) {
            Some(function) => function(self.borrowed()).into(),
            None => Err(raise!(TypeError, "object of type '{}' has no len()", class.tp_name())),
        }
    }

    /// `self[key]`.
    pub fn getitem(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        let class = self.class();
        if let Some(function) = class.mp_subscript() {
            return function(self.borrowed(), key);
        }
        if class.sq_item().is_some() {
            return match self.sequence_index(key)? {
                Some(index) => self.seq_getitem(index),
                None => Err(raise!(TypeError, "sequence index must be integer, not '{}'", key.class().tp_name())),
            };
        }
        if class.is_subtype(&core::TYPE) {
            return self.class_getitem(key);
        }
        Err(raise!(TypeError, "'{}' object is not subscriptable", class.tp_name()))
    }

    /// The key as an index of a sequence; none where it is no integer.
    fn sequence_index(&self, key: Borrowed<'_>) -> PyResult<Option<isize>> {
        if key.class().nb_index().is_none() {
            return Ok(None);
        }
        key.as_isize_or(&exc::IndexError).map(Some)
    }

    /// `type[key]`: through `__class_getitem__`.
    fn class_getitem(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        if self.is(&core::TYPE) {
            return (hooks::get().generic_alias)(self.borrowed(), key);
        }
        match self.getattr_opt(id!("__class_getitem__"))? {
            Some(method) if !method.is(&core::none()) => method.call1(key),
            _ => {
                // SAFETY: the caller found that the object is a type.
                let class = unsafe { self.cast_unchecked::<TypeObject>() };
                Err(raise!(TypeError, "type '{}' is not subscriptable", class.tp_name()))
            }
        }
    }

    /// `self[key] = value`; no value is `del self[key]`.
    pub fn set_or_delete_item(&self, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let class = self.class();
        if let Some(function) = class.mp_ass_subscript() {
            return function(self.borrowed(), key, value).into();
        }
        if class.sq_ass_item().is_some() {
            return match self.sequence_index(key)? {
                Some(index) => self.seq_assign(index, value),
                None => Err(raise!(TypeError, "sequence index must be integer, not '{}'", key.class().tp_name())),
            };
        }
        // An index of what has sequence slots (a heap type always has their table) is the sequence protocol's to refuse, in its own words.
        if class.has_sequence_slots()
            && let Some(index) = self.sequence_index(key)?
        {
            return self.seq_assign(index, value);
        }
        let refused = if value.is_some() { "assignment" } else { "deletion" };
        Err(raise!(TypeError, "'{}' object does not support item {refused}", class.tp_name()))
    }

    /// `self[key] = value`.
    pub fn setitem(&self, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        self.set_or_delete_item(key, Some(value))
    }

    /// `del self[key]`.
    pub fn delitem(&self, key: Borrowed<'_>) -> PyResult<()> {
        self.set_or_delete_item(key, None)
    }

    /// A negative index counts from the end.
    fn from_end(&self, index: isize) -> PyResult<isize> {
        match self.class().sq_length() {
            Some(function) if index < 0 => {
                let length = PyResult::<usize>::from(function(self.borrowed()))?;
                Ok(index.saturating_add(length.cast_signed()))
            }
            _ => Ok(index),
        }
    }

    /// The item at `index` of a sequence.
    pub fn seq_getitem(&self, index: isize) -> PyResult<Ref> {
        let class = self.class();
        match class.sq_item() {
            Some(function) => function(self.borrowed(), self.from_end(index)?),
            None if class.mp_subscript().is_some() => Err(raise!(TypeError, "{} is not a sequence", class.tp_name())),
            None => Err(raise!(TypeError, "'{}' object does not support indexing", class.tp_name())),
        }
    }

    /// Assigns or deletes the item at `index` of a sequence.
    pub fn seq_assign(&self, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let class = self.class();
        match class.sq_ass_item() {
            Some(function) => function(self.borrowed(), self.from_end(index)?, value).into(),
            None if value.is_some() => Err(raise!(TypeError, "'{}' object does not support item assignment", class.tp_name())),
            None => Err(raise!(TypeError, "'{}' object doesn't support item deletion", class.tp_name())),
        }
    }

    /// `value in self`.
    pub fn contains(&self, value: Borrowed<'_>) -> PyResult<bool> {
        if let Some(function) = self.class().sq_contains() {
            return function(self.borrowed(), value).into();
        }
        let iterator = match self.iter() {
            Ok(iterator) => iterator,
            Err(raised) if raised.is_a(&exc::TypeError) => {
                raised.clear();
                let name = self.class().tp_name();
                return Err(raise!(TypeError, "argument of type '{name}' is not a container or iterable"));
            }
            Err(raised) => return Err(raised),
        };
        while let Some(item) = iterator.next()? {
            if item.compare_bool(value, CompareOp::Eq)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `self[key]` of a mapping, or none where KeyError says that it is not there.
    pub fn getitem_opt(&self, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
        match self.getitem(key) {
            Ok(value) => Ok(Some(value)),
            Err(raised) => raised.clear_if(&exc::KeyError).map(|()| None),
        }
    }
}
