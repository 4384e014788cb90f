//! `set` and `frozenset`: CPython's hash table (linear probes, then perturbation), so that the order of iteration is the same.
//!
//! This file is the table; [`ops`](self) the algebra, `methods` what Python sees.
//!
//! **A comparison of elements may run any code, also code that changes the set.** The table and its size are looked at again after each.

mod iter;
mod methods;
mod ops;

#[cfg(test)]
mod tests;

pub use iter::SetIterator;

use crate::dict::keys::{str_eq, str_hash};
use crate::dict::{Dict, Position, unhashable};
use abi::{Cell, PyObject, setentry};
use macros::pyclass;
use object::value::str as text;
use object::{Borrowed, Object, PyResult, Ref, StaticType, TypeObject, core, error, exc, memory};
use std::mem::offset_of;

const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
const MIN_SIZE: usize = 8;

/// Build an unordered collection of unique elements.
#[pyclass(name = "set", cell = object::core::SET, sig = "(iterable=(), /)", flags(BASETYPE, MATCH_SELF), gc = manual, weaklist = weakreflist,
    parts(MAIN, SHARED))]
pub struct Set {
    header: PyObject,
    fill: Cell<isize>,
    used: Cell<isize>,
    mask: Cell<usize>,
    table: Cell<*mut setentry>,
    hash: Cell<isize>,
    finger: Cell<usize>,
    smalltable: [setentry; MIN_SIZE],
    weakreflist: Cell<*mut PyObject>,
}

/// Build an immutable unordered collection of unique elements.
#[pyclass(name = "frozenset", cell = object::core::FROZENSET, sig = "(iterable=(), /)", flags(BASETYPE, MATCH_SELF), gc = manual,
    weaklist = weakreflist, parts(MAIN, SHARED))]
pub struct FrozenSet {
    before: SetFields,
    weakreflist: Cell<*mut PyObject>,
}

/// The fields of a set before its list of weak references.
#[repr(C)]
struct SetFields {
    header: PyObject,
    rest: [usize; (offset_of!(Set, weakreflist) - size_of::<PyObject>()) / size_of::<usize>()],
}

impl Drop for FrozenSet {
    fn drop(&mut self) {
        // SAFETY: a frozenset has the struct of a set, which is dropped here once.
        unsafe { std::ptr::drop_in_place(std::ptr::from_mut(self).cast::<Set>()) };
    }
}

const _: () = {
    assert!(size_of::<Set>() == size_of::<abi::PySetObject>());
    assert!(offset_of!(Set, smalltable) == offset_of!(abi::PySetObject, smalltable));
    assert!(offset_of!(Set, finger) == offset_of!(abi::PySetObject, finger));
};

/// What a deleted entry has for a key. Never handed out.
static DUMMY: PyObject = PyObject {
    ob_refcnt_full: Cell::new(abi::IMMORTAL_REFCNT),
    ob_type: Cell::new(std::ptr::from_ref(&core::OBJECT).cast_mut().cast()),
};

#[inline(always)]
fn dummy() -> *mut PyObject {
    std::ptr::from_ref(&DUMMY).cast_mut()
}

/// Whether the object is a set or frozenset or of a subtype.
#[inline]
pub fn is_any_set(object: Borrowed<'_>) -> bool {
    let class = object.class();
    class.is_type(&core::SET)
        || class.is_type(&core::FROZENSET)
        || class.is_subtype(&core::SET)
        || class.is_subtype(&core::FROZENSET)
}

/// Whether the object is exactly a set or frozenset.
#[inline]
pub fn is_exact_any_set(object: Borrowed<'_>) -> bool {
    object.class().is_type(&core::SET) || object.class().is_type(&core::FROZENSET)
}

/// The table of a set, frozenset or instance of a subtype.
#[inline]
pub fn any_set(object: Borrowed<'_>) -> Option<Borrowed<'_, Set>> {
    // Both types have the same struct.
    is_any_set(object).then(|| object.self_as::<Set>())
}

/// The table of an object that is exactly a set or frozenset.
#[inline]
pub fn exact_set(object: Borrowed<'_>) -> Option<Borrowed<'_, Set>> {
    is_exact_any_set(object).then(|| object.self_as::<Set>())
}

/// The hash of an element; TypeError in the words for sets if it has none.
#[inline]
pub fn element_hash(key: Borrowed<'_>) -> PyResult<isize> {
    if text::check_exact(&key) {
        // SAFETY: the type was checked.
        let hash = unsafe { str_hash(key.ptr()) };
        if hash != -1 {
            return Ok(hash);
        }
    }
    // SAFETY: the type is checked first.
    if key.class().is_type(&core::INT)
        && let Some(value) = unsafe { object::value::int::short_unchecked(key) }
    {
        return Ok(object::value::int::short_hash(value));
    }
    key.hash().or_else(|raised| Err(unhashable(raised, key, "a set element")))
}

/// What a look-up found: the index of an entry.
enum Found {
    Used(usize),
    Free(usize),
}

/// What a look-up that runs no code found.
enum Probe {
    Used(usize),
    Free(usize),
    /// There is an element with the same hash that may be equal.
    Ask,
}

impl Drop for Set {
    fn drop(&mut self) {
        let table = self.table.get();
        if table.is_null() {
            return;
        }
        let mut left = self.used.get();
        let mut index = 0;
        while left > 0 && index <= self.mask.get() {
            let key = self.entry(index).key.get();
            if !key.is_null() && key != dummy() {
                left -= 1;
                // SAFETY: the entry owns its key; nobody sees the set any more.
                drop(unsafe { Ref::<Object>::from_owned_or_null(key) });
            }
            index += 1;
        }
        if self.is_large() {
            // SAFETY: the table is a block of its own.
            unsafe { memory::free(table.cast()) };
        }
    }
}

impl Set {
    /// A new empty set.
    pub fn new() -> PyResult<Ref<Set>> {
        allocate(&core::SET)
    }

    /// A new empty frozenset, to be filled before anybody sees it.
    pub fn new_frozen() -> PyResult<Ref<Set>> {
        allocate(&core::FROZENSET)
    }

    /// Number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.used.get().max(0).cast_unsigned()
    }

    /// Whether there are no elements.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.used.get() == 0
    }

    /// This set as an object.
    #[inline(always)]
    pub fn object(&self) -> &Object {
        object::as_object(self)
    }

    fn is_large(&self) -> bool {
        !std::ptr::eq(self.table.get(), self.small())
    }

    fn small(&self) -> *mut setentry {
        self.smalltable.as_ptr().cast_mut()
    }

    /// The entry at an index that is not above the mask.
    #[inline(always)]
    fn entry(&self, index: usize) -> &setentry {
        debug_assert!(index <= self.mask.get());
        // SAFETY: the index is inside the table.
        unsafe { &*self.table.get().add(index) }
    }

    fn begin_small(&self) {
        for entry in &self.smalltable {
            entry.key.set(std::ptr::null_mut());
            entry.hash.set(0);
        }
        self.fill.set(0);
        self.used.set(0);
        self.mask.set(MIN_SIZE - 1);
        self.table.set(self.small());
        self.hash.set(-1);
    }

    /// Looks for `key` without running any code: by identity and the text of strs. `Ask` leaves it to [`Set::find`].
    #[inline(always)]
    fn probe(&self, key: *mut PyObject, hash: isize) -> Probe {
        let mask = self.mask.get();
        let mut perturb = hash.cast_unsigned();
        let mut start = perturb & mask;
        loop {
            let probes = if start + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for index in start..=start + probes {
                let entry = self.entry(index);
                let own = entry.key.get();
                if own.is_null() {
                    return Probe::Free(index);
                }
                // Deleted entries have the hash -1, which no key has.
                if entry.hash.get() == hash {
                    return if own == key { Probe::Used(index) } else { Probe::Ask };
                }
            }
            perturb >>= PERTURB_SHIFT;
            start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    /// The entry of `key`, or the free one where it would go.
    #[inline]
    fn find(&self, key: Borrowed<'_>, hash: isize) -> PyResult<Found> {
        match self.probe(key.ptr(), hash) {
            Probe::Used(index) => Ok(Found::Used(index)),
            Probe::Free(index) => Ok(Found::Free(index)),
            Probe::Ask => self.find_equal(key, hash),
        }
    }

    /// Whether an element of another set (or dict), with its hash, is in this one.
    ///
    /// # Safety
    /// `key` is alive; it is owned here as soon as code may run.
    #[inline(always)]
    unsafe fn contains_raw(&self, key: *mut PyObject, hash: isize) -> PyResult<bool> {
        match self.probe(key, hash) {
            Probe::Used(_) => Ok(true),
            Probe::Free(_) => Ok(false),
            Probe::Ask => {
                // SAFETY: by contract.
                let key = unsafe { (*key.cast::<Object>()).to_ref() };
                Ok(matches!(self.find_equal(key.b(), hash)?, Found::Used(_)))
            }
        }
    }

    /// As [`Set::find`], where elements have to be compared.
    #[inline(never)]
    fn find_equal(&self, key: Borrowed<'_>, hash: isize) -> PyResult<Found> {
        'again: loop {
            let (table, mask) = (self.table.get(), self.mask.get());
            let mut perturb = hash.cast_unsigned();
            let mut start = perturb & mask;
            loop {
                let probes = if start + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
                for index in start..=start + probes {
                    let entry = self.entry(index);
                    let own = entry.key.get();
                    if entry.hash.get() == 0 && own.is_null() {
                        return Ok(Found::Free(index));
                    }
                    if entry.hash.get() != hash || own == dummy() {
                        continue;
                    }
                    if own == key.ptr() {
                        return Ok(Found::Used(index));
                    }
                    // SAFETY: an entry in use owns a live key; texts are compared once both are known to be strs.
                    unsafe {
                        let own_object = &*own.cast::<Object>();
                        if text::check_exact(own_object) && text::check_exact(&key) {
                            if str_eq(own, key.ptr()) {
                                return Ok(Found::Used(index));
                            }
                            continue;
                        }
                        let own_key = own_object.to_ref();
                        let equal = own_key.eq(key)?;
                        if self.table.get() != table || self.mask.get() != mask || self.entry(index).key.get() != own {
                            continue 'again;
                        }
                        if equal {
                            return Ok(Found::Used(index));
                        }
                    }
                }
                perturb >>= PERTURB_SHIFT;
                start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
            }
        }
    }

    /// Adds an element with its hash.
    pub fn add_hashed(&self, key: Ref, hash: isize) -> PyResult<()> {
        let Found::Free(index) = self.find(key.b(), hash)? else { return Ok(()) };
        let entry = self.entry(index);
        entry.key.set(key.into_ptr());
        entry.hash.set(hash);
        self.fill.set(self.fill.get() + 1);
        self.used.set(self.used.get() + 1);
        if self.fill.get().cast_unsigned() * 5 < self.mask.get() * 3 {
            return Ok(());
        }
        self.resize(self.growth())
    }

    fn growth(&self) -> usize {
        let used = self.len();
        if used > 50_000 { used * 2 } else { used * 4 }
    }

    /// Adds an element.
    #[inline]
    pub fn add(&self, key: Borrowed<'_>) -> PyResult<()> {
        let hash = element_hash(key)?;
        self.add_hashed(key.to_ref(), hash)
    }

    /// Whether the element is there.
    #[inline]
    pub fn contains_hashed(&self, key: Borrowed<'_>, hash: isize) -> PyResult<bool> {
        Ok(matches!(self.find(key, hash)?, Found::Used(_)))
    }

    /// Whether an exact str that knows its hash is there, where that can be told without running code.
    #[inline(always)]
    pub fn find_plain(&self, key: Borrowed<'_>) -> Option<bool> {
        if !object::value::str::check_exact(&key) {
            return None;
        }
        // SAFETY: exactly a str.
        let hash = unsafe { crate::dict::keys::str_hash(key.ptr()) };
        if hash == -1 {
            return None;
        }
        match self.probe(key.ptr(), hash) {
            Probe::Used(_) => Some(true),
            Probe::Free(_) => Some(false),
            Probe::Ask => None,
        }
    }

    /// Whether the element is there; a set stands for the frozenset of its elements.
    pub fn contains(&self, key: Borrowed<'_>) -> PyResult<bool> {
        let hash = lookup_hash(key)?;
        self.contains_hashed(key, hash)
    }

    /// Takes an element out; whether it was there.
    pub fn discard_hashed(&self, key: Borrowed<'_>, hash: isize) -> PyResult<bool> {
        let Found::Used(index) = self.find(key, hash)? else { return Ok(false) };
        drop(self.take_at(index));
        Ok(true)
    }

    /// Takes an element out; whether it was there. A set stands for the frozenset of its elements.
    pub fn discard(&self, key: Borrowed<'_>) -> PyResult<bool> {
        let hash = lookup_hash(key)?;
        self.discard_hashed(key, hash)
    }

    fn take_at(&self, index: usize) -> Option<Ref> {
        let entry = self.entry(index);
        let key = entry.key.replace(dummy());
        entry.hash.set(-1);
        self.used.set(self.used.get() - 1);
        // SAFETY: the entry owned its key.
        unsafe { Ref::from_owned_or_null(key) }
    }

    /// Takes some element out.
    pub fn pop(&self) -> Option<Ref> {
        if self.is_empty() {
            return None;
        }
        let mask = self.mask.get();
        let mut index = self.finger.get() & mask;
        for _ in 0..=mask {
            let key = self.entry(index).key.get();
            if !key.is_null() && key != dummy() {
                self.finger.set(index + 1);
                return self.take_at(index);
            }
            index = if index == mask { 0 } else { index + 1 };
        }
        None
    }

    /// As [`Set::next_entry`], without owning the element.
    #[inline(always)]
    fn next_raw(&self, position: &mut usize) -> Option<(*mut PyObject, isize)> {
        let mask = self.mask.get();
        while *position <= mask {
            let entry = self.entry(*position);
            *position += 1;
            let key = entry.key.get();
            if !key.is_null() && key != dummy() {
                return Some((key, entry.hash.get()));
            }
        }
        None
    }

    /// The next element at or behind `position`, which moves on, with its hash. The set may change between the calls.
    #[inline]
    pub fn next_entry(&self, position: &mut usize) -> Option<(Ref, isize)> {
        let mask = self.mask.get();
        while *position <= mask {
            let entry = self.entry(*position);
            *position += 1;
            let key = entry.key.get();
            if !key.is_null() && key != dummy() {
                // SAFETY: an entry in use owns a live key.
                return Some((unsafe { (*key.cast::<Object>()).to_ref() }, entry.hash.get()));
            }
        }
        None
    }

    /// Puts a key where there is none equal to it, into a table without dummies.
    fn insert_clean(&self, key: *mut PyObject, hash: isize) {
        let mask = self.mask.get();
        let mut perturb = hash.cast_unsigned();
        let mut start = perturb & mask;
        loop {
            let probes = if start + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for index in start..=start + probes {
                let entry = self.entry(index);
                if entry.key.get().is_null() {
                    entry.key.set(key);
                    entry.hash.set(hash);
                    return;
                }
            }
            perturb >>= PERTURB_SHIFT;
            start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    /// A table for more than `min` elements; dummies go.
    fn resize(&self, min: usize) -> PyResult<()> {
        let mut size = MIN_SIZE;
        while size <= min {
            size = size.checked_mul(2).ok_or_else(memory::no_memory)?;
        }
        let (old_table, old_mask, was_large) = (self.table.get(), self.mask.get(), self.is_large());
        let mut small_copy = [const { (std::ptr::null_mut::<PyObject>(), 0isize) }; MIN_SIZE];
        if size == MIN_SIZE {
            if !was_large {
                if self.fill.get() == self.used.get() {
                    return Ok(());
                }
                for (copy, entry) in small_copy.iter_mut().zip(&self.smalltable) {
                    *copy = (entry.key.get(), entry.hash.get());
                }
            }
            for entry in &self.smalltable {
                entry.key.set(std::ptr::null_mut());
                entry.hash.set(0);
            }
            self.table.set(self.small());
        } else {
            let bytes = size.checked_mul(size_of::<setentry>()).ok_or_else(memory::no_memory)?;
            self.table.set(memory::or_no_memory(memory::try_alloc_zeroed(bytes))?.as_ptr().cast());
        }
        self.mask.set(size - 1);
        let moves = |key: *mut PyObject, hash: isize| {
            if !key.is_null() && key != dummy() {
                self.insert_clean(key, hash);
            }
        };
        if size == MIN_SIZE && !was_large {
            small_copy.iter().for_each(|(key, hash)| moves(*key, *hash));
        } else {
            for index in 0..=old_mask {
                // SAFETY: the old table is still there, with that many entries.
                let entry = unsafe { &*old_table.add(index) };
                moves(entry.key.get(), entry.hash.get());
            }
        }
        self.fill.set(self.used.get());
        if was_large {
            // SAFETY: the old table was a block of its own; its keys moved.
            unsafe { memory::free(old_table.cast()) };
        }
        Ok(())
    }

    /// Drops all elements.
    pub fn clear(&self) {
        if self.fill.get() == 0 && !self.is_large() {
            return;
        }
        let (table, mask, was_large) = (self.table.get(), self.mask.get(), self.is_large());
        let mut small_copy = [std::ptr::null_mut::<PyObject>(); MIN_SIZE];
        if !was_large {
            for (copy, entry) in small_copy.iter_mut().zip(&self.smalltable) {
                *copy = entry.key.get();
            }
        }
        // The set is empty before anything is dropped.
        self.begin_small();
        let release = |key: *mut PyObject| {
            if key != dummy() {
                // SAFETY: the table owned its keys and nobody sees it any more.
                drop(unsafe { Ref::<Object>::from_owned_or_null(key) });
            }
        };
        if was_large {
            // SAFETY: the old table, a block of its own, has that many entries, and is freed behind them.
            unsafe {
                (0..=mask).for_each(|index| release((*table.add(index)).key.get()));
                memory::free(table.cast());
            }
        } else {
            small_copy.into_iter().for_each(release);
        }
    }

    /// Takes in all that an iterable gives.
    pub fn update(&self, other: Borrowed<'_>) -> PyResult<()> {
        if let Some(other) = any_set(other) {
            return self.merge(&other);
        }
        if let Some(dict) = other.downcast_exact::<Dict>() {
            let count = dict.len();
            if (self.fill.get().cast_unsigned() + count) * 5 >= self.mask.get() * 3 {
                self.resize((self.len() + count) * 2)?;
            }
            let mut position = Position::default();
            while let Some(item) = dict.next_item(&mut position) {
                self.add_hashed(item.key, item.hash)?;
            }
            return Ok(());
        }
        other.for_each_item(|item| self.add(item.b()))
    }

    /// Takes in the elements of another set.
    pub fn merge(&self, other: &Set) -> PyResult<()> {
        if std::ptr::eq(self, other) || other.is_empty() {
            return Ok(());
        }
        if (self.fill.get() + other.used.get()).cast_unsigned() * 5 >= self.mask.get() * 3 {
            self.resize((self.len() + other.len()) * 2)?;
        }
        if self.fill.get() == 0 {
            let same = self.mask.get() == other.mask.get() && other.fill.get() == other.used.get();
            for index in 0..=other.mask.get() {
                let entry = other.entry(index);
                let key = entry.key.get();
                if key.is_null() || key == dummy() {
                    continue;
                }
                // SAFETY: an entry in use owns a live key.
                let key = unsafe { (*key.cast::<Object>()).to_ref() }.into_ptr();
                if same {
                    self.entry(index).key.set(key);
                    self.entry(index).hash.set(entry.hash.get());
                } else {
                    self.insert_clean(key, entry.hash.get());
                }
            }
            self.fill.set(other.used.get());
            self.used.set(other.used.get());
            return Ok(());
        }
        let mut position = 0;
        while let Some((key, hash)) = other.next_entry(&mut position) {
            self.add_hashed(key, hash)?;
        }
        Ok(())
    }

    /// Bytes of the set, without what stands before it.
    fn size_of(&self) -> usize {
        let basic = self.object().class().raw().tp_basicsize.get().max(0).cast_unsigned();
        basic + if self.is_large() { (self.mask.get() + 1) * size_of::<setentry>() } else { 0 }
    }

    /// The hash of the elements together, as frozensets have it.
    fn content_hash(&self) -> isize {
        const fn shuffle(hash: usize) -> usize {
            ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167)
        }
        let mut hash = 0usize;
        for index in 0..=self.mask.get() {
            hash ^= shuffle(self.entry(index).hash.get().cast_unsigned());
        }
        let (size, fill) = (self.mask.get() + 1, self.fill.get().cast_unsigned());
        if size.wrapping_sub(fill) & 1 != 0 {
            hash ^= shuffle(0);
        }
        if fill.wrapping_sub(self.len()) & 1 != 0 {
            hash ^= shuffle(usize::MAX);
        }
        hash ^= self.len().wrapping_add(1).wrapping_mul(1_927_868_237);
        hash ^= (hash >> 11) ^ (hash >> 25);
        hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
        if hash == usize::MAX { 590_923_713 } else { hash.cast_signed() }
    }
}

/// The hash of what may be an element: that of a frozenset with the same elements for a set, which has none.
fn lookup_hash(key: Borrowed<'_>) -> PyResult<isize> {
    element_hash(key).or_else(|raised| match key.downcast::<Set>() {
        Some(set) if raised.is_a(&exc::TypeError) => {
            raised.clear();
            Ok(set.content_hash())
        }
        _ => Err(raised),
    })
}

/// An empty set, frozenset or instance of a subtype.
fn allocate(class: &TypeObject) -> PyResult<Ref<Set>> {
    let made = if class.is_type(&core::SET) || class.is_type(&core::FROZENSET) {
        let object = memory::alloc_sized(class, size_of::<Set>())?;
        // SAFETY: fresh zeroed memory of a set, tracked once it is complete below (nothing runs between).
        unsafe {
            object::gc::track(object.as_ptr());
            Ref::<Set>::from_owned_ptr(object)
        }
    } else {
        let Some(alloc) = class.tp_alloc() else { return Err(error::bad_internal_call()) };
        // SAFETY: an instance of a subtype begins with a set.
        unsafe { alloc(class.borrowed_type(), 0)?.cast_unchecked::<Set>() }
    };
    made.begin_small();
    Ok(made)
}

/// A new set, frozenset or instance of a subtype with the elements of an iterable.
pub fn make(class: &TypeObject, iterable: Option<Borrowed<'_>>) -> PyResult<Ref<Set>> {
    let set = allocate(class)?;
    if let Some(iterable) = iterable {
        set.update(iterable)?;
    }
    Ok(set)
}

/// A new frozenset of the elements of an iterable.
pub fn frozenset(iterable: Borrowed<'_>) -> PyResult<Ref> {
    if iterable.class().is_type(FrozenSet::type_object()) {
        return Ok(iterable.to_ref());
    }
    make(&core::FROZENSET, Some(iterable)).map(Ref::upcast)
}
