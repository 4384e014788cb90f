//! Copies and updates: `copy`, `update`, `|`, `fromkeys`, `==`.

use super::core::Position;
use super::keys::{self, Keys};
use super::{Dict, key_error};
use crate::iter::fast_sequence;
use object::value::tuple;
use object::{Borrowed, CompareOp, Object, PyResult, Ref, error, exc, id, raise};

/// What an update does with a key that is there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Override {
    /// Keeps the old value.
    Keep,
    /// Replaces the value.
    Replace,
    /// Raises KeyError.
    Refuse,
}

/// The keys of any mapping, as a list's vector: `PyMapping_Keys`.
pub fn mapping_keys(mapping: Borrowed<'_>) -> PyResult<Vec<Ref>> {
    method_output(mapping, id!("keys"), "keys")
}

/// Calls a method of a mapping and collects what it gives.
pub fn method_output(mapping: Borrowed<'_>, method: Borrowed<'_>, name: &str) -> PyResult<Vec<Ref>> {
    let output = mapping.call_method(method, &[])?;
    let iterator = match output.iter() {
        Ok(iterator) => iterator,
        Err(raised) if raised.is_a(&exc::TypeError) => {
            raised.clear();
            let (class, found) = (mapping.class().tp_name(), output.class().tp_name());
            return Err(raise!(TypeError, "{class}.{name}() returned a non-iterable (type {found})"));
        }
        Err(raised) => return Err(raised),
    };
    iterator.to_vec()
}

impl Dict {
    /// A dict with the same items (exactly a dict, also of a subtype's instance).
    pub fn copy(&self) -> PyResult<Ref<Dict>> {
        if self.is_empty() {
            return Dict::new();
        }
        let keys = self.keys();
        if let Some(values) = self.values() {
            let copy = values.duplicate()?;
            keys.incref();
            return Dict::from_parts(keys, Some(copy), self.len());
        }
        if self.object().class().is_type(&object::core::DICT) && self.len() >= keys.nentries() * 2 / 3 {
            return Dict::from_parts(keys.duplicate()?, None, self.len());
        }
        let copy = Dict::new()?;
        copy.merge(self.object().borrowed(), Override::Replace)?;
        Ok(copy)
    }

    /// Takes in the items of any mapping.
    pub fn merge(&self, other: Borrowed<'_>, mode: Override) -> PyResult<()> {
        if let Some(dict) = other.downcast::<Dict>()
            && plain_iteration(other)
        {
            return self.merge_dict(dict, mode);
        }
        for key in mapping_keys(other)? {
            if mode != Override::Replace && self.contains(key.b())? {
                if mode == Override::Refuse {
                    return Err(key_error(key.b()));
                }
                continue;
            }
            let value = other.getitem(key.b())?;
            self.set(key.b(), value.b())?;
        }
        Ok(())
    }

    /// Takes in the items of a dict, of which the watchers are told once.
    #[cold]
    fn clone_watched(&self, other: Borrowed<'_, Dict>) -> PyResult<()> {
        let bits = self.watcher_bits();
        self.tell(crate::watch::DictEvent::Cloned, Some(other.object().borrowed()), None);
        self.set_watched(0)?;
        let copied = self.merge_dict(other, Override::Replace);
        self.set_watched(bits)?;
        copied
    }

    fn merge_dict(&self, other: Borrowed<'_, Dict>, mode: Override) -> PyResult<()> {
        if std::ptr::eq(self, other.get()) || other.is_empty() {
            return Ok(());
        }
        let mode = if self.is_empty() { Override::Replace } else { mode };
        let other_keys = other.keys();
        if self.is_empty() && self.values().is_none() && other.values().is_none() && other.len() == other_keys.nentries() {
            let size = other_keys.size();
            if other_keys.log2_size() == keys::LOG2_MIN || keys::usable_fraction(size / 2) < other.len() {
                if self.is_observed() {
                    self.tell_type(None);
                }
                if self.watcher_bits() != 0 {
                    return self.clone_watched(other);
                }
                let copy = other_keys.duplicate()?;
                let old = self.keys();
                self.set_keys(copy);
                self.raw.ma_used.set(other.len().cast_signed());
                old.release();
                return Ok(());
            }
        }
        if keys::usable_fraction(self.keys().size()) < other.len() {
            self.resize(keys::log2_for_count(self.len() + other.len()), other_keys.is_unicode())?;
        }
        let entries = other.keys().nentries();
        let mut position = Position::default();
        while let Some(item) = other.next_item(&mut position) {
            if mode == Override::Replace || !self.contains_known_hash(item.key.b(), item.hash)? {
                self.insert(item.key, item.hash, item.value)?;
            } else if mode == Override::Refuse {
                return Err(key_error(item.key.b()));
            }
            if other.keys().nentries() != entries {
                return Err(raise!(RuntimeError, "dict mutated during update"));
            }
        }
        Ok(())
    }

    /// Takes in pairs from an iterable.
    pub fn merge_pairs(&self, pairs: Borrowed<'_>, mode: Override) -> PyResult<()> {
        let iterator = pairs.iter()?;
        let mut index = 0usize;
        while let Some(item) = iterator.next()? {
            let (key, value) = pair(item, index)?;
            if mode == Override::Replace {
                self.set(key.b(), value.b())?;
            } else {
                self.setdefault(key.b(), value.b())?;
            }
            index += 1;
        }
        Ok(())
    }

    /// Takes in what `dict(arg)` and `update(arg)` take: a dict, something with `keys()`, or pairs.
    pub fn update(&self, arg: Borrowed<'_>) -> PyResult<()> {
        if arg.downcast_exact::<Dict>().is_some() || arg.hasattr(id!("keys"))? {
            self.merge(arg, Override::Replace)
        } else {
            self.merge_pairs(arg, Override::Replace)
        }
    }

    /// Whether both have equal keys with equal values.
    pub fn equals(&self, other: &Dict) -> PyResult<bool> {
        if self.len() != other.len() {
            return Ok(false);
        }
        let mut position = Position::default();
        // Among strs a look-up runs no code, and neither does a value that is in both.
        loop {
            let before = position;
            let Some((key, value)) = self.next_borrowed(&mut position) else { return Ok(true) };
            // SAFETY: an entry in use has a live key, and nothing runs meanwhile.
            let key = unsafe { (*key.cast::<object::Object>()).borrowed() };
            match other.peek_str(key) {
                Some(theirs) if theirs.is_null() => return Ok(false),
                Some(theirs) if theirs == value => {}
                _ => {
                    position = before;
                    break;
                }
            }
        }
        while let Some(item) = self.next_item(&mut position) {
            let Some(theirs) = other.get_known_hash(item.key.b(), item.hash)? else { return Ok(false) };
            if !theirs.compare_bool(item.value.b(), CompareOp::Eq)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes room for the keys of `count` further items in an empty dict.
    pub(super) fn presize(&self, count: usize, unicode: bool) -> PyResult<()> {
        if self.keys() == Keys::empty() && count > 5 {
            self.resize(keys::log2_for_count(count), unicode)?;
        }
        Ok(())
    }
}

/// Whether iteration over this dict or instance of a subtype is that of dicts.
fn plain_iteration(dict: Borrowed<'_>) -> bool {
    let class = dict.class();
    if class.is_type(&object::core::DICT) {
        return true;
    }
    match (class.tp_iter(), object::core::DICT.tp_iter()) {
        (Some(own), Some(plain)) => std::ptr::fn_addr_eq(own, plain),
        _ => false,
    }
}

/// The two objects of an element of `dict(pairs)`.
fn pair(item: Ref, index: usize) -> PyResult<(Ref, Ref)> {
    if item.class().is_type(&object::core::TUPLE)
        && let Some([key, value]) = tuple::items(item.b())
    {
        return Ok((key.to_ref(), value.to_ref()));
    }
    let items = match fast_sequence(item.b(), "object is not iterable") {
        Ok(items) => items,
        Err(raised) if raised.is_a(&exc::TypeError) => {
            let exception = raised.take();
            let note = format!("Cannot convert dictionary update sequence element #{index} to a sequence");
            exception.call_method(id!("add_note"), &[object::value::str::new(&note)?.b()])?;
            return Err(error::restore(exception));
        }
        Err(raised) => return Err(raised),
    };
    let count = items.len();
    match <[Ref; 2]>::try_from(items) {
        Ok([key, value]) => Ok((key, value)),
        Err(_) => Err(raise!(ValueError, "dictionary update sequence element #{index} has length {count}; 2 is required")),
    }
}

/// `cls.fromkeys(iterable, value)`.
pub fn from_keys(class: &Object, iterable: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<Ref> {
    let made = class.call0()?;
    let Some(dict) = made.b().downcast_exact::<Dict>() else {
        iterable.for_each_item(|key| made.setitem(key.b(), value))?;
        return Ok(made);
    };
    if dict.is_empty()
        && let Some(source) = iterable.downcast_exact::<Dict>()
    {
        dict.presize(source.len(), source.keys().is_unicode())?;
        let mut position = Position::default();
        while let Some(item) = source.next_item(&mut position) {
            dict.insert(item.key, item.hash, value.to_ref())?;
        }
        return Ok(made);
    }
    if dict.is_empty()
        && let Some(source) = crate::set::exact_set(iterable)
    {
        dict.presize(source.len(), true)?;
        let mut position = 0;
        while let Some((key, hash)) = source.next_entry(&mut position) {
            dict.insert(key, hash, value.to_ref())?;
        }
        return Ok(made);
    }
    iterable.for_each_item(|key| dict.set(key.b(), value))?;
    Ok(made)
}
