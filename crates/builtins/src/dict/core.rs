//! Look-up, insertion, deletion, resizing.

use super::keys::{self, Keys, Kind};
use super::values::Values;
use super::{Dict, key_hash};
use crate::watch::DictEvent;
use object::value::str as text;
use object::{Borrowed, Object, PyResult, Ref, memory};

/// A place in the order of a dict, for iteration that tolerates changes: it only moves on.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Position(pub usize);

/// An item of a dict, owned.
pub struct Item {
    pub key: Ref,
    pub value: Ref,
    pub hash: isize,
}

/// Mark in the tag of watchers, beyond what C's macros use of it.
const OF_TYPE: u64 = 1 << 16;

impl Dict {
    /// A new empty dict.
    #[inline]
    pub fn new() -> PyResult<Ref<Dict>> {
        Self::from_parts(Keys::empty(), None, 0)
    }

    /// A new dict with room for `count` keys; strs are expected.
    pub fn with_capacity(count: usize) -> PyResult<Ref<Dict>> {
        if count <= 5 {
            return Self::new();
        }
        let log2 = keys::log2_for_count(count).min(17);
        Self::from_parts(Keys::new(log2, Kind::Unicode)?, None, 0)
    }

    /// A dict that takes over a table and values.
    pub(super) fn from_parts(keys: Keys, values: Option<Values>, used: usize) -> PyResult<Ref<Dict>> {
        let made = memory::alloc_gc(&object::core::DICT, size_of::<Dict>());
        let object = match made {
            Ok(object) => object,
            Err(raised) => {
                if let Some(values) = values.filter(|values| !values.is_embedded()) {
                    values.clear();
                    values.free_block();
                }
                keys.release();
                return Err(raised);
            }
        };
        // SAFETY: fresh memory of a dict, complete when its fields are written; dicts have a collector's header.
        unsafe {
            let fields = object.as_ptr().byte_add(size_of::<abi::PyObject>()).cast::<u8>();
            fields.write_bytes(0, size_of::<Dict>() - size_of::<abi::PyObject>());
            let dict: Ref<Dict> = Ref::from_owned_ptr(object);
            dict.raw.ma_used.set(used.cast_signed());
            dict.set_keys(keys);
            dict.set_values(values);
            object::gc::track(object.as_ptr());
            Ok(dict)
        }
    }

    /// The index of a key's entry. For shared keys the value may be absent.
    #[inline]
    pub(super) fn find(&self, key: Borrowed<'_>, hash: isize) -> PyResult<Option<usize>> {
        let keys = self.keys();
        if text::check_exact(&key) {
            if keys.is_unicode() {
                return Ok(keys.find_str_in_unicode(key.ptr(), hash));
            }
            match keys.find_str_in_general(key.ptr(), hash) {
                None => return Ok(None),
                Some(Some(index)) => return Ok(Some(index)),
                Some(None) => {}
            }
        }
        if keys.is_unicode() {
            return self.find_slow(key, hash);
        }
        // SAFETY: the type is checked first.
        if key.class().is_type(&object::core::INT)
            && let Some(value) = unsafe { object::value::int::short_unchecked(key) }
        {
            match keys.find_int_in_general(key.ptr(), hash, value) {
                None => return Ok(None),
                Some(Some(index)) => return Ok(Some(index)),
                Some(None) => {}
            }
        } else {
            match keys.find_identical_in_general(key.ptr(), hash) {
                None => return Ok(None),
                Some(Some(index)) => return Ok(Some(index)),
                Some(None) => {}
            }
        }
        self.find_slow(key, hash)
    }

    /// The general look-up: compares by `==`, and begins again when a comparison changed the dict.
    fn find_slow(&self, key: Borrowed<'_>, hash: isize) -> PyResult<Option<usize>> {
        'again: loop {
            let keys = self.keys();
            let (size, mut probe) = (keys.log2_size(), keys.candidates(hash));
            while let Some(index) = probe.next(keys) {
                let own = keys.key_at(index);
                if own == key.ptr() {
                    return Ok(Some(index));
                }
                if keys.hash_at(index) != hash {
                    continue;
                }
                // SAFETY: an entry in use has a live key.
                let own = unsafe { (*own.cast::<Object>()).to_ref() };
                let equal = own.eq(key)?;
                let now = self.keys();
                let same = now == keys && now.log2_size() == size && index < now.nentries() && now.key_at(index) == own.ptr();
                if !same {
                    continue 'again;
                }
                if equal {
                    return Ok(Some(index));
                }
            }
            return Ok(None);
        }
    }

    /// The cell with the value of entry `index`.
    #[inline(always)]
    pub(super) fn value_cell(&self, index: usize) -> &abi::Cell<*mut abi::PyObject> {
        match self.values() {
            None => self.keys().value_at(index),
            // An instance made before the newest keys has room for the keys of its time alone.
            Some(values) if index < values.capacity() => values.slot(index),
            Some(_) => &NO_VALUE.0,
        }
    }

    /// A new reference to the value of entry `index`, if it has one.
    #[inline]
    fn value_ref(&self, index: usize) -> Option<Ref> {
        // SAFETY: the cell holds a live object or null.
        unsafe { Borrowed::<Object>::from_ptr_or_null(self.value_cell(index).get()) }.map(Borrowed::to_ref)
    }

    /// `self[key]`, or none.
    #[inline]
    pub fn get_item(&self, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let hash = key_hash(key)?;
        self.get_known_hash(key, hash)
    }

    /// As [`Dict::get_item`], for dicts held by `Ref` (through a `Borrowed`, `Borrowed::get` would be meant).
    #[inline]
    pub fn get(&self, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
        self.get_item(key)
    }

    /// `self[key]` with the key's hash.
    #[inline]
    pub fn get_known_hash(&self, key: Borrowed<'_>, hash: isize) -> PyResult<Option<Ref>> {
        Ok(self.find(key, hash)?.and_then(|index| self.value_ref(index)))
    }

    /// `self[name]` for Rust text; makes a str.
    pub fn get_text(&self, name: &str) -> PyResult<Option<Ref>> {
        self.get(text::new(name)?.b())
    }

    /// `key in self`.
    #[inline]
    pub fn contains(&self, key: Borrowed<'_>) -> PyResult<bool> {
        let hash = key_hash(key)?;
        self.contains_known_hash(key, hash)
    }

    /// `key in self` with the key's hash.
    #[inline]
    pub fn contains_known_hash(&self, key: Borrowed<'_>, hash: isize) -> PyResult<bool> {
        Ok(self.find(key, hash)?.is_some_and(|index| !self.value_cell(index).get().is_null()))
    }

    /// `self[key] = value`.
    #[inline]
    pub fn set(&self, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        let hash = key_hash(key)?;
        self.insert(key.to_ref(), hash, value.to_ref())
    }

    /// `self[name] = value` for Rust text; the name is interned.
    pub fn set_text(&self, name: &str, value: Borrowed<'_>) -> PyResult<()> {
        let name = (object::hooks::get().intern)(name);
        self.set(name.b(), value)
    }

    /// The watchers of this dict, a bit each.
    #[inline(always)]
    pub fn watcher_bits(&self) -> u8 {
        self.raw._ma_watcher_tag.get() as u8
    }

    /// Whether somebody is to hear of changes: watchers, or the type whose dict this is.
    #[inline(always)]
    pub fn is_observed(&self) -> bool {
        self.raw._ma_watcher_tag.get() & (0xFF | OF_TYPE) != 0
    }

    /// Whether a type has this as its dict.
    pub fn is_of_type(&self) -> bool {
        self.raw._ma_watcher_tag.get() & OF_TYPE != 0
    }

    /// Notes whether a type has this as its dict: then changes that do not come from the type itself end the validity of its caches.
    pub fn set_of_type(&self, of_type: bool) {
        let others = self.raw._ma_watcher_tag.get() & !OF_TYPE;
        self.raw._ma_watcher_tag.set(if of_type { others | OF_TYPE } else { others });
    }

    /// Tells the type whose dict this is.
    #[cold]
    #[inline(never)]
    pub(super) fn tell_type(&self, key: Option<Borrowed<'_>>) {
        if self.is_of_type() {
            // Other keys may run code while they are compared.
            let plain = self.keys().is_unicode() && key.is_none_or(|key| text::check_exact(&key));
            crate::type_::lookup::dict_changes(self.object().as_ptr(), plain);
        }
    }

    /// Sets the watchers. A watched dict has a general table of its own: no inline cache writes to one.
    pub fn set_watched(&self, bits: u8) -> PyResult<()> {
        if bits != 0 && self.keys() != Keys::empty() && (self.values().is_some() || self.keys().is_unicode()) {
            self.resize(self.keys().log2_size().max(keys::LOG2_MIN), false)?;
        }
        self.raw._ma_watcher_tag.set((self.raw._ma_watcher_tag.get() & !0xFF) | u64::from(bits));
        Ok(())
    }

    /// Tells the watchers that something is about to change.
    #[cold]
    #[inline(never)]
    pub(super) fn tell(&self, event: DictEvent, key: Option<Borrowed<'_>>, value: Option<Borrowed<'_>>) {
        crate::watch::dict_event(self.object().as_ptr(), self.watcher_bits(), event, key, value);
    }

    /// Tells the watchers of an insertion.
    #[cold]
    fn tell_store(&self, key: Borrowed<'_>, hash: isize, value: Borrowed<'_>) -> PyResult<()> {
        match self.get_known_hash(key, hash)? {
            None => self.tell(DictEvent::Added, Some(key), Some(value)),
            Some(old) if old.is(&value) => {}
            Some(_) => self.tell(DictEvent::Modified, Some(key), Some(value)),
        }
        Ok(())
    }

    /// `self[key] = value` with the key's hash, taking both over.
    pub fn insert(&self, key: Ref, hash: isize, value: Ref) -> PyResult<()> {
        if self.is_observed() {
            self.tell_type(Some(key.b()));
            if self.watcher_bits() != 0 {
                self.tell_store(key.b(), hash, value.b())?;
            }
        }
        let is_str = text::check_exact(&key);
        let keys = self.keys();
        if keys == Keys::empty() {
            return self.insert_first(key, hash, value, is_str);
        }
        if is_str && keys.kind() == Kind::Unicode {
            let Some(index) = keys.find_str_in_unicode(key.ptr(), hash) else {
                if keys.usable() > 0 {
                    keys.push_str(key, hash, value);
                    self.add_used(1);
                    return Ok(());
                }
                return self.insert_new(key, hash, value, true);
            };
            let old = keys.str_entry(index).value.replace(value.into_ptr());
            // SAFETY: the entry owned its value.
            drop(unsafe { Ref::<Object>::from_owned_or_null(old) });
            return Ok(());
        }
        let Some(value) = self.insert_shared(&key, hash, value, is_str)? else { return Ok(()) };
        if self.keys().is_unicode() && !is_str {
            self.grow(false)?;
        }
        match self.find(key.b(), hash)? {
            Some(index) if !self.value_cell(index).get().is_null() => {
                let old = self.value_cell(index).replace(value.into_ptr());
                // SAFETY: the cell owned its value.
                drop(unsafe { Ref::<Object>::from_owned_or_null(old) });
                Ok(())
            }
            _ => self.insert_new(key, hash, value, is_str),
        }
    }

    /// Inserts into a split table; gives the value back where that cannot be.
    #[inline]
    fn insert_shared(&self, key: &Ref, hash: isize, value: Ref, is_str: bool) -> PyResult<Option<Ref>> {
        let Some(values) = self.values() else { return Ok(Some(value)) };
        if is_str && let Some(index) = shared_index(self.keys(), key.b(), hash).filter(|index| *index < values.capacity()) {
            let old = values.slot(index).replace(value.into_ptr());
            if old.is_null() {
                values.add_to_order(index);
                self.add_used(1);
            }
            // SAFETY: the slot owned its value.
            drop(unsafe { Ref::<Object>::from_owned_or_null(old) });
            return Ok(None);
        }
        // No room among the shared keys: this dict gets a table of its own.
        self.grow(is_str)?;
        Ok(Some(value))
    }

    /// The first item of an empty dict.
    fn insert_first(&self, key: Ref, hash: isize, value: Ref, is_str: bool) -> PyResult<()> {
        let keys = Keys::new(keys::LOG2_MIN, if is_str && self.watcher_bits() == 0 { Kind::Unicode } else { Kind::General })?;
        keys.push(key, hash, Some(value));
        self.set_keys(keys);
        self.add_used(1);
        Ok(())
    }

    /// Adds a key that is not there to a table that is not shared.
    fn insert_new(&self, key: Ref, hash: isize, value: Ref, is_str: bool) -> PyResult<()> {
        // A comparison may have changed the dict since its kind was looked at.
        let keys = self.keys();
        if keys.usable() <= 0 || self.values().is_some() || (keys.is_unicode() && !is_str) {
            self.grow(is_str)?;
        }
        self.keys().push(key, hash, Some(value));
        self.add_used(1);
        Ok(())
    }

    /// A larger table of this dict's own.
    fn grow(&self, unicode: bool) -> PyResult<()> {
        self.resize(keys::log2_for(self.len().saturating_mul(3)), unicode)
    }

    /// Makes room for as many more keys, which are strs, before they are put in one by one.
    pub fn reserve_strs(&self, more: usize) -> PyResult<()> {
        let fits = usize::try_from(self.keys().usable()).is_ok_and(|usable| usable >= more);
        if fits || self.values().is_some() || self.watcher_bits() != 0 {
            return Ok(());
        }
        self.resize(keys::log2_for_count(self.len().saturating_add(more)).max(keys::LOG2_MIN), true)
    }

    /// Moves all items to a new table. `unicode`: it may be one of strs if the old one is.
    pub(super) fn resize(&self, log2_size: u8, unicode: bool) -> PyResult<()> {
        let old = self.keys();
        let kind = if unicode && old.is_unicode() { Kind::Unicode } else { Kind::General };
        let new = Keys::new(log2_size, kind)?;
        let mut count = 0;
        let push = |count: &mut usize, hash: isize, key: *mut abi::PyObject, value: *mut abi::PyObject| {
            if kind == Kind::Unicode {
                let entry = new.str_entry(*count);
                entry.key.set(key);
                entry.value.set(value);
            } else {
                let entry = new.entry(*count);
                entry.hash.set(hash);
                entry.key.set(key);
                entry.value.set(value);
            }
            *count += 1;
        };
        match self.values() {
            Some(values) => {
                for position in 0..values.len() {
                    let Some(index) = values.at(position) else { break };
                    let key = old.str_entry(index).key.get();
                    let value = values.slot(index).replace(std::ptr::null_mut());
                    // SAFETY: the shared table keeps its key, the new one gets a reference of its own.
                    let key = unsafe { (*key.cast::<Object>()).to_ref() };
                    push(&mut count, old.hash_at(index), key.into_ptr(), value);
                }
                self.set_values(None);
                if values.is_embedded() {
                    values.set_invalid();
                } else {
                    values.free_block();
                }
            }
            None => {
                for index in 0..old.nentries() {
                    let value = old.value_at(index).get();
                    if !value.is_null() {
                        push(&mut count, old.hash_at(index), old.key_at(index), value);
                    }
                }
            }
        }
        new.build_indices(count);
        let shared = old.kind() == Kind::Split;
        self.set_keys(new);
        if shared {
            old.release();
        } else if old != Keys::empty() {
            // Keys and values moved.
            old.free_block();
        }
        Ok(())
    }

    /// Makes sure that the dict has a table of its own.
    pub(super) fn unshare(&self) -> PyResult<()> {
        if self.values().is_some() { self.resize(self.keys().log2_size().max(keys::LOG2_MIN), true) } else { Ok(()) }
    }

    /// `del self[key]`; the value that was there, if any.
    pub fn remove(&self, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let hash = key_hash(key)?;
        self.remove_known_hash(key, hash)
    }

    /// `del self[key]`; whether it was there.
    pub fn del(&self, key: Borrowed<'_>) -> PyResult<bool> {
        Ok(self.remove(key)?.is_some())
    }

    /// As [`Dict::remove`], with the key's hash.
    pub fn remove_known_hash(&self, key: Borrowed<'_>, hash: isize) -> PyResult<Option<Ref>> {
        match self.find(key, hash)? {
            Some(index) => Ok(self.remove_at(index, hash)),
            None => Ok(None),
        }
    }

    /// Takes out entry `index`, whose key has this hash.
    pub(super) fn remove_at(&self, index: usize, hash: isize) -> Option<Ref> {
        if self.value_cell(index).get().is_null() {
            return None;
        }
        if self.is_observed() {
            self.tell_type(None);
        }
        if self.watcher_bits() != 0 {
            let key = self.keys().key_at(index);
            // SAFETY: an entry in use has a live key.
            let key = unsafe { (*key.cast::<Object>()).to_ref() };
            self.tell(DictEvent::Deleted, Some(key.b()), None);
            // A watcher may have changed the dict.
            let same = index < self.keys().nentries()
                && self.keys().key_at(index) == key.ptr()
                && !self.value_cell(index).get().is_null();
            if !same {
                return None;
            }
        }
        self.add_used(-1);
        match self.values() {
            Some(values) => {
                values.remove_from_order(index);
                values.take(index)
            }
            None => {
                let (key, value) = self.keys().take(index, hash);
                drop(key);
                value
            }
        }
    }

    /// The value under `key`, which is `default` from now on if there was none.
    pub fn setdefault(&self, key: Borrowed<'_>, default: Borrowed<'_>) -> PyResult<Ref> {
        let hash = key_hash(key)?;
        if self.keys() == Keys::empty() {
            self.insert(key.to_ref(), hash, default.to_ref())?;
            return Ok(default.to_ref());
        }
        if let Some(value) = self.get_known_hash(key, hash)? {
            return Ok(value);
        }
        let is_str = text::check_exact(&key);
        if self.values().is_some() || self.keys() == Keys::empty() || self.is_observed() {
            self.insert(key.to_ref(), hash, default.to_ref())?;
        } else {
            self.insert_new(key.to_ref(), hash, default.to_ref(), is_str)?;
        }
        Ok(default.to_ref())
    }

    /// Takes out the last item.
    pub fn pop_last(&self) -> PyResult<Option<(Ref, Ref)>> {
        if self.is_empty() {
            return Ok(None);
        }
        self.unshare()?;
        let keys = self.keys();
        let mut index = keys.nentries();
        while index > 0 {
            index -= 1;
            if keys.value_at(index).get().is_null() {
                continue;
            }
            if self.is_observed() {
                // SAFETY: an entry in use has a live key.
                let key = unsafe { (*keys.key_at(index).cast::<Object>()).to_ref() };
                let value = self.remove_known_hash(key.b(), keys.hash_at(index))?;
                return Ok(value.map(|value| (key, value)));
            }
            let (key, value) = keys.take(index, keys.hash_at(index));
            keys.set_nentries(index);
            self.add_used(-1);
            return Ok(key.zip(value));
        }
        Ok(None)
    }

    /// Drops all items.
    pub fn clear(&self) {
        let (keys, values) = (self.keys(), self.values());
        if keys == Keys::empty() {
            return;
        }
        if self.is_observed() {
            self.tell_type(None);
        }
        if self.watcher_bits() != 0 {
            self.tell(DictEvent::Cleared, None, None);
            // A watcher may have changed the dict; a watched one has a table of its own.
            let keys = self.keys();
            self.set_keys(Keys::empty());
            self.raw.ma_used.set(0);
            keys.release();
            return;
        }
        self.raw.ma_used.set(0);
        match values {
            Some(values) if values.is_embedded() => {
                values.clear();
                // What was added meanwhile counts.
                self.raw.ma_used.set(values.len().cast_signed());
            }
            _ => {
                self.set_values(None);
                self.set_keys(Keys::empty());
                if let Some(values) = values {
                    values.clear();
                    values.free_block();
                }
                keys.release();
            }
        }
    }

    /// The entry at or behind a position: its index, and the position behind it.
    #[inline]
    pub(super) fn next_index(&self, position: usize) -> Option<(usize, usize)> {
        match self.values() {
            Some(values) => values.at(position).map(|index| (index, position + 1)),
            None => {
                let keys = self.keys();
                let count = keys.nentries();
                if keys.is_unicode() {
                    (position..count).find(|index| !keys.str_entry(*index).value.get().is_null()).map(|index| (index, index + 1))
                } else {
                    (position..count).find(|index| !keys.entry(*index).value.get().is_null()).map(|index| (index, index + 1))
                }
            }
        }
    }

    /// The entry at or before a position, for iteration backwards: its index, and the position before it (which is behind the start).
    pub(super) fn previous_index(&self, position: usize) -> Option<(usize, usize)> {
        match self.values() {
            Some(values) => {
                let position = position.min(values.len());
                let before = position.checked_sub(1)?;
                values.at(before).map(|index| (index, before))
            }
            None => {
                let keys = self.keys();
                let position = position.min(keys.nentries());
                (0..position).rev().find(|index| !keys.value_at(*index).get().is_null()).map(|index| (index, index))
            }
        }
    }

    /// The next item behind `position`, which moves on; like C's `PyDict_Next`. The dict may change between the calls.
    #[inline]
    pub fn next_item(&self, position: &mut Position) -> Option<Item> {
        let (index, next) = self.next_index(position.0)?;
        position.0 = next;
        let keys = self.keys();
        // SAFETY: an entry in use has a live key.
        let key = unsafe { (*keys.key_at(index).cast::<Object>()).to_ref() };
        let value = self.value_ref(index)?;
        Some(Item { key, value, hash: keys.hash_at(index) })
    }

    /// The key behind `position`, which moves on. The dict may change between the calls.
    #[inline]
    pub fn next_key(&self, position: &mut Position) -> Option<Ref> {
        let (index, next) = self.next_index(position.0)?;
        position.0 = next;
        // SAFETY: an entry in use has a live key.
        Some(unsafe { (*self.keys().key_at(index).cast::<Object>()).to_ref() })
    }

    /// As [`Dict::next_item`], with key and value as the dict holds them: they are the caller's only as long as nothing runs.
    #[inline]
    pub fn next_borrowed(&self, position: &mut Position) -> Option<(*mut abi::PyObject, *mut abi::PyObject)> {
        let keys = self.keys();
        if keys.kind() == Kind::Unicode {
            let (entry, next) = keys.next_str_entry(position.0)?;
            position.0 = next;
            return Some((entry.key.get(), entry.value.get()));
        }
        let (index, next) = self.next_index(position.0)?;
        position.0 = next;
        let value = self.value_cell(index).get();
        (!value.is_null()).then(|| (keys.key_at(index), value))
    }

    /// The value of an exact str in a table of strs, as the dict holds it, or null; none where the look-up could run code or where there is no memory
    /// for the hash. Runs no code.
    #[inline]
    pub fn peek_str(&self, key: Borrowed<'_>) -> Option<*mut abi::PyObject> {
        let keys = self.keys();
        if !keys.is_unicode() || !text::check_exact(&key) {
            return None;
        }
        let hash = key_hash(key).ok()?;
        Some(keys.find_str_in_unicode(key.ptr(), hash).map_or(std::ptr::null_mut(), |index| self.value_cell(index).get()))
    }

    /// The items, owned one by one: the dict may change while this goes on.
    pub fn iter(&self) -> impl Iterator<Item = (Ref, Ref)> + '_ {
        let mut position = Position::default();
        std::iter::from_fn(move || self.next_item(&mut position).map(|item| (item.key, item.value)))
    }

    /// Whether the table is one that holds exact strs only.
    pub fn has_only_strs(&self) -> bool {
        self.keys().is_unicode()
    }

    /// The version of the keys, for inline caches: as long as it is the same, so are the indices of the keys. 0: there is none to be had.
    /// Only tables of strs have one.
    #[inline]
    pub fn keys_version(&self) -> u32 {
        let keys = self.keys();
        if keys.is_unicode() { keys.ensure_version() } else { 0 }
    }

    /// The version that the keys have now, for a guard.
    #[inline(always)]
    pub fn current_keys_version(&self) -> u32 {
        self.keys().version()
    }

    /// The index of the entry of an exact str that has a hash, in a table of strs that is not shared. Runs no code.
    #[inline]
    pub fn lookup_index(&self, name: Borrowed<'_>) -> Option<usize> {
        let keys = self.keys();
        if keys.kind() != Kind::Unicode || !text::check_exact(&name) {
            return None;
        }
        // SAFETY: a str.
        let hash = unsafe { keys::str_hash(name.ptr()) };
        if hash == -1 {
            return None;
        }
        keys.find_str_in_unicode(name.ptr(), hash)
    }

    /// The value under an exact str with its hash, in a table of strs that is not shared: runs no code and counts nothing. Null where there is none; nothing
    /// where the table is another one.
    #[inline(always)]
    pub fn peek_hashed(&self, name: Borrowed<'_>, hash: isize) -> Option<*mut abi::PyObject> {
        let keys = self.keys();
        if keys.kind() != Kind::Unicode {
            return None;
        }
        let found = keys.find_str_in_unicode(name.ptr(), hash);
        Some(found.map_or(std::ptr::null_mut(), |index| keys.str_entry(index).value.get()))
    }

    /// The value under an exact str that knows its hash, in a table of strs that is not shared: null where there is none. `None` where the general way
    /// must go. Runs no code and counts nothing.
    #[inline(always)]
    pub fn find_plain(&self, key: Borrowed<'_>) -> Option<*mut abi::PyObject> {
        let keys = self.keys();
        if keys.kind() != Kind::Unicode || !text::check_exact(&key) {
            return None;
        }
        // SAFETY: exactly a str.
        let hash = unsafe { keys::str_hash(key.ptr()) };
        if hash == -1 {
            return None;
        }
        let entry = keys.find_str_entry(key.ptr(), hash);
        // SAFETY: an entry of the table, or null.
        Some(unsafe { entry.as_ref() }.map_or(std::ptr::null_mut(), |entry| entry.value.get()))
    }

    /// The cell with the value of a key that is there, an exact str or a short int, in a table that is not shared; null where there is none, or where the
    /// general way must go. Runs no code and counts nothing.
    #[inline(always)]
    pub fn existing_cell(&self, key: Borrowed<'_>) -> *const abi::Cell<*mut abi::PyObject> {
        let keys = self.keys();
        if text::check_exact(&key) && keys.kind() == Kind::Unicode {
            // SAFETY: exactly a str.
            let hash = unsafe { keys::str_hash(key.ptr()) };
            if hash == -1 {
                return std::ptr::null();
            }
            let entry = keys.find_str_entry(key.ptr(), hash);
            // SAFETY: an entry of the table, or null.
            return unsafe { entry.as_ref() }.map_or(std::ptr::null(), |entry| &raw const entry.value);
        }
        if keys.kind() == Kind::General { self.existing_general(key, keys) } else { std::ptr::null() }
    }

    #[inline(never)]
    fn existing_general(&self, key: Borrowed<'_>, keys: Keys) -> *const abi::Cell<*mut abi::PyObject> {
        // SAFETY: the type is checked first.
        if key.class().is_type(&object::core::INT)
            && let Some(value) = unsafe { object::value::int::short_unchecked(key) }
            && let Some(Some(index)) = keys.find_int_in_general(key.ptr(), object::value::int::short_hash(value), value)
        {
            return &raw const keys.entry(index).value;
        }
        std::ptr::null()
    }

    /// The value of an entry of a table of strs that is not shared, by the index from [`Dict::lookup_index`], while the keys version is
    /// the same. Null where there is none.
    #[inline(always)]
    pub fn value_at_index(&self, index: usize) -> *mut abi::PyObject {
        let keys = self.keys();
        if keys.kind() == Kind::Unicode && index < keys.nentries() {
            keys.str_entry(index).value.get()
        } else {
            std::ptr::null_mut()
        }
    }

    /// Where the value of an entry stands, in bytes behind the start of the keys, by the index from [`Dict::lookup_index`].
    pub fn value_offset(&self, index: usize) -> Option<u32> {
        let keys = self.keys();
        u32::try_from(std::ptr::from_ref(&keys.str_entry(index).value).addr() - keys.as_raw().addr()).ok()
    }

    /// The value at a place that [`Dict::value_offset`] gave.
    ///
    /// # Safety
    /// The keys have the version that they had then.
    #[inline(always)]
    pub unsafe fn value_at_offset_unchecked(&self, offset: usize) -> *mut abi::PyObject {
        // SAFETY: by contract the same table.
        unsafe { (*self.keys().as_raw().byte_add(offset).cast::<abi::Cell<*mut abi::PyObject>>()).get() }
    }

    /// The value of the entry `index` of a table of strs that is not shared, if its key is this very object; else null.
    #[inline(always)]
    pub fn value_of_entry(&self, index: usize, key: *mut abi::PyObject) -> *mut abi::PyObject {
        let keys = self.keys();
        if keys.kind() != Kind::Unicode || index >= keys.nentries() {
            return std::ptr::null_mut();
        }
        let entry = keys.str_entry(index);
        if entry.key.get() == key { entry.value.get() } else { std::ptr::null_mut() }
    }

    /// Overwrites the value of an entry that [`Dict::value_of_entry`] found; the old one's reference is the caller's now.
    ///
    /// # Safety
    /// The entry was found right before; `value` is an owned reference.
    #[inline(always)]
    pub unsafe fn set_entry(&self, index: usize, value: *mut abi::PyObject) {
        self.keys().str_entry(index).value.set(value);
    }

    /// Puts a value in the place of another, under an index as in [`Dict::value_at_index`]. Whether there was one; else nothing is done.
    #[inline]
    pub fn replace_at_index(&self, index: usize, value: Borrowed<'_>) -> bool {
        let keys = self.keys();
        if keys.kind() != Kind::Unicode || index >= keys.nentries() || keys.str_entry(index).value.get().is_null() {
            return false;
        }
        let old = keys.str_entry(index).value.replace(value.to_ref().into_ptr());
        // SAFETY: the entry owned its value.
        drop(unsafe { Ref::<Object>::from_owned_or_null(old) });
        true
    }

    /// Bytes of the dict, without what stands before it: `__sizeof__`.
    pub fn size_of(&self) -> usize {
        let mut size = self.object().class().raw().tp_basicsize.get().max(0).cast_unsigned();
        let keys = self.keys();
        if self.values().is_some() {
            size += keys.shared_usable_size() * size_of::<*mut abi::PyObject>();
        }
        if keys.refcnt() == 1 {
            size += keys.bytes();
        }
        size
    }

    /// Drops the dict's hold of values that an instance is about to take away, leaving it empty.
    pub(super) fn abandon(&self) {
        let keys = self.keys();
        self.raw.ma_used.set(0);
        self.set_values(None);
        self.set_keys(Keys::empty());
        keys.release();
    }
}

/// What an entry without room for a value reads as.
struct NoValue(abi::Cell<*mut abi::PyObject>);
// SAFETY: never written: inserting checks the capacity first.
unsafe impl Sync for NoValue {}
static NO_VALUE: NoValue = NoValue(abi::Cell::new(std::ptr::null_mut()));

/// The index of an exact str among shared keys, added if there is room.
#[inline]
pub(super) fn shared_index(keys: Keys, key: Borrowed<'_>, hash: isize) -> Option<usize> {
    if let Some(index) = keys.find_str_in_unicode(key.ptr(), hash) {
        return Some(index);
    }
    if keys.usable() <= 0 {
        return None;
    }
    // The names of attributes are interned, so that look-ups find them by identity.
    Some(keys.push(key.to_ref(), hash, None))
}
