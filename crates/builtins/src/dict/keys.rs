//! The keys object of dicts: a compact ordered hash table, CPython's design and numbers (`sys.getsizeof` shows them).
//!
//! A block of memory: this header, the index table (1, 2, 4 or 8 bytes an index), then the entries in the order of insertion. A table whose
//! keys are all exact strs has entries without the hash, which a str caches itself. Instances of a class share one table (`Kind::Split`):
//! their values stand elsewhere ([`super::values`]).

use abi::{Cell, PyASCIIObject, PyDictKeysObject, PyObject};
use object::value::str as text;
use object::{Borrowed, Object, PyResult, Ref, memory};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// An index that was never used.
const EMPTY: isize = -1;
/// An index whose entry was deleted.
const DUMMY: isize = -2;
/// log2 of the smallest table.
pub const LOG2_MIN: u8 = 3;
/// log2 of a class's shared table.
pub const LOG2_SHARED: u8 = 6;
/// Most keys that instances of a class share.
pub const SHARED_MAX: isize = 30;
const IMMORTAL: isize = 1 << 48;

/// What a table's keys and entries are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Any keys; entries hold hash, key, value.
    General = 0,
    /// Exact strs; entries hold key and value.
    Unicode = 1,
    /// Exact strs shared by the instances of a class; the values stand in the instances.
    Split = 2,
}

/// The header of a keys object.
#[repr(C)]
struct Header {
    refcnt: Cell<isize>,
    log2_size: Cell<u8>,
    log2_index_bytes: Cell<u8>,
    kind: Cell<Kind>,
    version: Cell<u32>,
    usable: Cell<isize>,
    nentries: Cell<isize>,
}

const HEADER: usize = size_of::<Header>();
const _: () = assert!(HEADER == 32);

/// An entry of a general table.
#[repr(C)]
pub struct Entry {
    pub hash: Cell<isize>,
    pub key: Cell<*mut PyObject>,
    pub value: Cell<*mut PyObject>,
}

/// An entry of a table of strs.
#[repr(C)]
pub struct StrEntry {
    pub key: Cell<*mut PyObject>,
    pub value: Cell<*mut PyObject>,
}

/// A handle of a live keys object. It owns nothing: who holds one makes sure that the table is not released meanwhile, which
/// any Python code may do to the table of a reachable dict.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Keys(NonNull<Header>);

#[repr(C)]
struct EmptyKeys(Header, [i8; 8]);
// SAFETY: never written after start-up.
unsafe impl Sync for EmptyKeys {}

static EMPTY_KEYS: EmptyKeys = EmptyKeys(
    Header {
        refcnt: Cell::new(IMMORTAL),
        log2_size: Cell::new(0),
        log2_index_bytes: Cell::new(3),
        kind: Cell::new(Kind::Unicode),
        version: Cell::new(1),
        usable: Cell::new(0),
        nentries: Cell::new(0),
    },
    [EMPTY as i8; 8],
);

static NEXT_VERSION: AtomicU32 = AtomicU32::new(2);

/// Slots of a table of this size that may be used.
#[inline(always)]
pub const fn usable_fraction(size: usize) -> usize {
    (size << 1) / 3
}

/// log2 of the smallest table size that is at least `min`.
pub fn log2_for(min: usize) -> u8 {
    let min = (min | 8).saturating_sub(1) | 7;
    (usize::BITS - min.leading_zeros()) as u8
}

/// log2 of the table size for `count` keys.
pub fn log2_for_count(count: usize) -> u8 {
    log2_for(count.saturating_mul(3).saturating_add(1) / 2)
}

/// The integer types of index tables.
pub trait Index: Copy {
    fn get(self) -> isize;
    fn make(value: isize) -> Self;
}
macro_rules! index_types {
    ($($ty:ident)*) => { $(impl Index for $ty {
        #[inline(always)]
        fn get(self) -> isize { self as isize }
        #[inline(always)]
        fn make(value: isize) -> Self { value as $ty }
    })* };
}
index_types! { i8 i16 i32 i64 }

/// Runs the body with `$I` as the type of the table's indices.
macro_rules! by_width {
    ($keys:expr, $I:ident => $body:expr) => {
        match $keys.log2_size() {
            0..8 => {
                type $I = i8;
                $body
            }
            8..16 => {
                type $I = i16;
                $body
            }
            16..32 => {
                type $I = i32;
                $body
            }
            _ => {
                type $I = i64;
                $body
            }
        }
    };
}

/// The hash that a str caches; -1 where it has none yet.
///
/// # Safety
/// The object is a str.
#[inline(always)]
pub unsafe fn str_hash(object: *mut PyObject) -> isize {
    // SAFETY: by contract.
    unsafe { (*object.cast::<PyASCIIObject>()).hash.get() }
}

/// Whether two strs have the same text.
///
/// # Safety
/// Both are strs.
#[inline(always)]
pub unsafe fn str_eq(a: *mut PyObject, b: *mut PyObject) -> bool {
    // SAFETY: by contract; the objects live during the comparison.
    unsafe {
        match (text::data_unchecked((*a.cast::<Object>()).borrowed()), text::data_unchecked((*b.cast::<Object>()).borrowed())) {
            (text::Data::Latin1(a), text::Data::Latin1(b)) => a == b,
            (text::Data::Ucs2(a), text::Data::Ucs2(b)) => a == b,
            (text::Data::Ucs4(a), text::Data::Ucs4(b)) => a == b,
            _ => false,
        }
    }
}

impl Keys {
    /// The table of all empty dicts.
    #[inline(always)]
    pub fn empty() -> Keys {
        Keys(NonNull::from(&EMPTY_KEYS).cast())
    }

    /// The table at `ptr`.
    ///
    /// # Safety
    /// It is a live keys object.
    #[inline(always)]
    pub unsafe fn from_raw(ptr: *mut PyDictKeysObject) -> Keys {
        // SAFETY: by contract not null.
        Keys(unsafe { NonNull::new_unchecked(ptr.cast()) })
    }

    /// The address.
    #[inline(always)]
    pub fn as_raw(self) -> *mut PyDictKeysObject {
        self.0.as_ptr().cast()
    }

    /// A new table with one reference.
    pub fn new(log2_size: u8, kind: Kind) -> PyResult<Keys> {
        let log2_index_bytes = match log2_size {
            0..8 => log2_size,
            8..16 => log2_size + 1,
            16..32 => log2_size + 2,
            _ => log2_size + 3,
        };
        if log2_size > 58 {
            return Err(memory::no_memory());
        }
        let usable = usable_fraction(1 << log2_size);
        let entry = if kind == Kind::General { size_of::<Entry>() } else { size_of::<StrEntry>() };
        let index_bytes = 1usize << log2_index_bytes;
        let size = usable.checked_mul(entry).and_then(|size| size.checked_add(HEADER + index_bytes));
        let block = memory::or_no_memory(size.and_then(memory::try_alloc))?;
        let header = block.cast::<Header>();
        // SAFETY: the block has room for header, indices and entries; entries beyond `nentries` are written before they are read.
        unsafe {
            header.write(Header {
                refcnt: Cell::new(1),
                log2_size: Cell::new(log2_size),
                log2_index_bytes: Cell::new(log2_index_bytes),
                kind: Cell::new(kind),
                version: Cell::new(0),
                usable: Cell::new(usable.cast_signed()),
                nentries: Cell::new(0),
            });
            block.add(HEADER).as_ptr().write_bytes(0xFF, index_bytes);
        }
        Ok(Keys(header))
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: the handle's table is live.
        unsafe { self.0.as_ref() }
    }

    /// log2 of the number of index slots.
    #[inline(always)]
    pub fn log2_size(self) -> u8 {
        self.header().log2_size.get()
    }

    /// Number of index slots.
    #[inline(always)]
    pub fn size(self) -> usize {
        1 << self.header().log2_size.get()
    }

    /// What the entries are.
    #[inline(always)]
    pub fn kind(self) -> Kind {
        self.header().kind.get()
    }

    /// Whether the keys are all exact strs.
    #[inline(always)]
    pub fn is_unicode(self) -> bool {
        self.kind() != Kind::General
    }

    /// Entries in use, deleted ones included.
    #[inline(always)]
    pub fn nentries(self) -> usize {
        self.header().nentries.get().cast_unsigned()
    }

    /// Sets the number of entries in use.
    #[inline(always)]
    pub fn set_nentries(self, count: usize) {
        self.header().nentries.set(count.cast_signed());
    }

    /// Entries that may still be added.
    #[inline(always)]
    pub fn usable(self) -> isize {
        self.header().usable.get()
    }

    /// Sets how many entries may still be added.
    #[inline(always)]
    pub fn set_usable(self, count: isize) {
        self.header().usable.set(count);
    }

    /// The number of references.
    #[inline(always)]
    pub fn refcnt(self) -> isize {
        self.header().refcnt.get()
    }

    /// One more holder of the table.
    #[inline(always)]
    pub fn incref(self) {
        let count = self.header().refcnt.get();
        if count != IMMORTAL {
            self.header().refcnt.set(count + 1);
        }
    }

    /// The version, or 0: it was not asked for since the keys changed.
    #[inline(always)]
    pub fn version(self) -> u32 {
        self.header().version.get()
    }

    /// The version, given now if there is none; 0 when the numbers are used up.
    pub fn ensure_version(self) -> u32 {
        let version = self.version();
        if version != 0 {
            return version;
        }
        let next = NEXT_VERSION.load(Ordering::Relaxed);
        if next == 0 {
            return 0;
        }
        NEXT_VERSION.store(next.wrapping_add(1), Ordering::Relaxed);
        self.header().version.set(next);
        next
    }

    /// The keys change: caches no longer hold.
    #[inline(always)]
    pub fn invalidate(self) {
        self.header().version.set(0);
    }

    /// Bytes of the table: `sys.getsizeof`'s part.
    pub fn bytes(self) -> usize {
        let entry = if self.kind() == Kind::General { size_of::<Entry>() } else { size_of::<StrEntry>() };
        HEADER + (1usize << self.header().log2_index_bytes.get()) + usable_fraction(self.size()) * entry
    }

    /// Values that an instance with this shared table has room for.
    #[inline(always)]
    pub fn shared_usable_size(self) -> usize {
        (self.header().nentries.get() + self.header().usable.get()).clamp(0, 254).cast_unsigned()
    }

    #[inline(always)]
    fn indices<I: Index>(self) -> *mut I {
        // SAFETY: the index table stands behind the header.
        unsafe { self.0.as_ptr().byte_add(HEADER).cast() }
    }

    #[inline(always)]
    fn entries_start(self) -> *mut u8 {
        // SAFETY: the entries stand behind the index table.
        unsafe { self.0.as_ptr().byte_add(HEADER + (1usize << self.header().log2_index_bytes.get())).cast() }
    }

    /// The entry of a general table. `index` is below the capacity.
    #[inline(always)]
    pub fn entry<'a>(self, index: usize) -> &'a Entry {
        debug_assert!(self.kind() == Kind::General && index < usable_fraction(self.size()));
        // SAFETY: the index is inside the table.
        unsafe { &*self.entries_start().cast::<Entry>().add(index) }
    }

    /// The entry of a table of strs. `index` is below the capacity.
    #[inline(always)]
    pub fn str_entry<'a>(self, index: usize) -> &'a StrEntry {
        debug_assert!(self.is_unicode() && index < usable_fraction(self.size()));
        // SAFETY: the index is inside the table.
        unsafe { &*self.entries_start().cast::<StrEntry>().add(index) }
    }

    /// The key of an entry, or null.
    #[inline(always)]
    pub fn key_at(self, index: usize) -> *mut PyObject {
        if self.is_unicode() { self.str_entry(index).key.get() } else { self.entry(index).key.get() }
    }

    /// The cell with the value of an entry (of a table that is not shared).
    #[inline(always)]
    pub fn value_at<'a>(self, index: usize) -> &'a Cell<*mut PyObject> {
        if self.is_unicode() { &self.str_entry(index).value } else { &self.entry(index).value }
    }

    /// The hash of an entry's key.
    #[inline(always)]
    pub fn hash_at(self, index: usize) -> isize {
        if self.is_unicode() {
            // SAFETY: the keys are strs; an entry in use has one.
            unsafe { str_hash(self.str_entry(index).key.get()) }
        } else {
            self.entry(index).hash.get()
        }
    }

    /// Goes along the probe sequence of `hash` until `is_match` likes an entry's index, or to a slot that was never used.
    #[inline(always)]
    fn probe<I: Index>(self, hash: isize, mut is_match: impl FnMut(usize) -> bool) -> Option<usize> {
        let mask = self.size() - 1;
        let indices = self.indices::<I>();
        let mut perturb = hash.cast_unsigned();
        let mut slot = perturb & mask;
        loop {
            // SAFETY: the mask keeps the slot inside the index table, which always has a slot that was never used.
            let index = unsafe { *indices.add(slot) }.get();
            if index >= 0 {
                if is_match(index.cast_unsigned()) {
                    return Some(index.cast_unsigned());
                }
            } else if index == EMPTY {
                return None;
            }
            perturb >>= 5;
            slot = (slot.wrapping_mul(5).wrapping_add(perturb).wrapping_add(1)) & mask;
        }
    }

    /// The entry of an exact str in a table of strs. Runs no Python code.
    #[inline]
    pub fn find_str_in_unicode(self, key: *mut PyObject, hash: isize) -> Option<usize> {
        by_width!(self, I => self.probe_str::<I>(key, hash))
    }

    /// As [`Keys::find_str_in_unicode`], in place for small tables: the entry, or null.
    #[inline(always)]
    pub fn find_str_entry(self, key: *mut PyObject, hash: isize) -> *const StrEntry {
        let found = if self.log2_size() < 8 { self.probe_str::<i8>(key, hash) } else { self.find_str_in_large(key, hash) };
        // SAFETY: the index is one of the table's.
        found.map_or(std::ptr::null(), |index| unsafe { self.entries_start().cast::<StrEntry>().add(index) })
    }

    #[cold]
    #[inline(never)]
    fn find_str_in_large(self, key: *mut PyObject, hash: isize) -> Option<usize> {
        self.find_str_in_unicode(key, hash)
    }

    /// [`Keys::probe`] for a str among strs: nearly always it is found, or not, by its address alone.
    #[inline(always)]
    fn probe_str<I: Index>(self, key: *mut PyObject, hash: isize) -> Option<usize> {
        #[cold]
        #[inline(never)]
        unsafe fn same_text(a: *mut PyObject, b: *mut PyObject) -> bool {
            // SAFETY: by contract both are strs.
            unsafe { str_eq(a, b) }
        }
        let mask = self.size() - 1;
        let indices = self.indices::<I>();
        let entries = self.entries_start().cast::<StrEntry>();
        let mut perturb = hash.cast_unsigned();
        let mut slot = perturb & mask;
        loop {
            // SAFETY: the mask keeps the slot inside the index table, which always has a slot that was never used; the indices name entries in use, whose
            // keys are strs.
            unsafe {
                let index = (*indices.add(slot)).get();
                if index >= 0 {
                    let own = (*entries.add(index.cast_unsigned())).key.get();
                    if own == key || (str_hash(own) == hash && same_text(own, key)) {
                        return Some(index.cast_unsigned());
                    }
                } else if index == EMPTY {
                    return None;
                }
            }
            perturb >>= 5;
            slot = (slot.wrapping_mul(5).wrapping_add(perturb).wrapping_add(1)) & mask;
        }
    }

    /// The entry whose key is this very object, or an exact str with its text; for keys that are exact strs, in any table. Other
    /// candidates with the same hash are reported through `None` in the inner option: the caller must compare them itself.
    #[inline]
    pub fn find_str_in_general(self, key: *mut PyObject, hash: isize) -> Option<Option<usize>> {
        let mut foreign = false;
        let matches = |index: usize| {
            let entry = self.entry(index);
            let own = entry.key.get();
            if own == key {
                return true;
            }
            if entry.hash.get() != hash {
                return false;
            }
            // SAFETY: an entry in use has a live key; the type is checked before the texts are compared.
            unsafe {
                if text::check_exact(&*own.cast::<Object>()) {
                    str_eq(own, key)
                } else {
                    foreign = true;
                    true
                }
            }
        };
        let found = by_width!(self, I => self.probe::<I>(hash, matches));
        if foreign { Some(None) } else { found.map(Some) }
    }

    /// As [`Keys::find_str_in_general`], for any key: all candidates but the key itself are reported.
    #[inline]
    pub fn find_identical_in_general(self, key: *mut PyObject, hash: isize) -> Option<Option<usize>> {
        let mut foreign = false;
        let matches = |index: usize| {
            let entry = self.entry(index);
            if entry.key.get() == key {
                return true;
            }
            foreign = entry.hash.get() == hash;
            foreign
        };
        let found = by_width!(self, I => self.probe::<I>(hash, matches));
        if foreign { Some(None) } else { found.map(Some) }
    }

    /// As [`Keys::find_str_in_general`], for a key that is an exact int of at most two digits.
    #[inline]
    pub fn find_int_in_general(self, key: *mut PyObject, hash: isize, value: i64) -> Option<Option<usize>> {
        let mut foreign = false;
        let matches = |index: usize| {
            let entry = self.entry(index);
            let own = entry.key.get();
            if own == key {
                return true;
            }
            if entry.hash.get() != hash {
                return false;
            }
            // SAFETY: an entry in use has a live key; the type is checked before the value is read.
            unsafe {
                let own = (*own.cast::<Object>()).borrowed();
                if own.class().is_type(&object::core::INT) {
                    return object::value::int::short_unchecked(own) == Some(value);
                }
                foreign = true;
                true
            }
        };
        let found = by_width!(self, I => self.probe::<I>(hash, matches));
        if foreign { Some(None) } else { found.map(Some) }
    }

    /// The candidates of a hash in order: an iterator that may be continued after Python code ran, as long as the table is the same.
    pub fn candidates(self, hash: isize) -> Probe {
        Probe { perturb: hash.cast_unsigned(), slot: hash.cast_unsigned() & (self.size() - 1) }
    }

    /// The slot of an entry's index in the index table.
    fn slot_of(self, hash: isize, wanted: usize) -> Option<usize> {
        let mut probe = self.candidates(hash);
        loop {
            match by_width!(self, I => probe.step::<I>(self)) {
                (EMPTY, _) => return None,
                (index, slot) if index == wanted.cast_signed() => return Some(slot),
                _ => {}
            }
        }
    }

    #[inline(always)]
    fn set_index(self, slot: usize, index: isize) {
        debug_assert!(slot < self.size());
        // SAFETY: the callers take the slot from a probe.
        by_width!(self, I => unsafe { self.indices::<I>().add(slot).write(I::make(index)) });
    }

    /// Puts the index of the next entry where a probe for `hash` finds it.
    #[inline]
    fn place<I: Index>(self, hash: isize, index: usize) {
        let mask = self.size() - 1;
        let indices = self.indices::<I>();
        let mut perturb = hash.cast_unsigned();
        let mut slot = perturb & mask;
        // SAFETY: the mask keeps the slot inside the index table, which has a free slot.
        unsafe {
            while (*indices.add(slot)).get() >= 0 {
                perturb >>= 5;
                slot = (slot.wrapping_mul(5).wrapping_add(perturb).wrapping_add(1)) & mask;
            }
            indices.add(slot).write(I::make(index.cast_signed()));
        }
    }

    /// Adds an entry; the key is not there and there is room. Returns the entry's index.
    #[inline]
    pub fn push(self, key: Ref, hash: isize, value: Option<Ref>) -> usize {
        debug_assert!(self.usable() > 0);
        let index = self.nentries();
        self.invalidate();
        by_width!(self, I => self.place::<I>(hash, index));
        let value = value.map_or(std::ptr::null_mut(), Ref::into_ptr);
        if self.is_unicode() {
            let entry = self.str_entry(index);
            entry.key.set(key.into_ptr());
            entry.value.set(value);
        } else {
            let entry = self.entry(index);
            entry.hash.set(hash);
            entry.key.set(key.into_ptr());
            entry.value.set(value);
        }
        self.set_nentries(index + 1);
        self.set_usable(self.usable() - 1);
        index
    }

    /// As [`Keys::push`], for an exact str and a table of strs that is not shared.
    #[inline(always)]
    pub fn push_str(self, key: Ref, hash: isize, value: Ref) {
        debug_assert!(self.usable() > 0 && self.kind() == Kind::Unicode);
        let index = self.nentries();
        self.invalidate();
        by_width!(self, I => self.place::<I>(hash, index));
        let entry = self.str_entry(index);
        entry.key.set(key.into_ptr());
        entry.value.set(value.into_ptr());
        self.set_nentries(index + 1);
        self.set_usable(self.usable() - 1);
    }

    /// The first entry with a value from `index` on, in a table of strs that is not shared, and the index behind it.
    #[inline(always)]
    pub fn next_str_entry<'a>(self, mut index: usize) -> Option<(&'a StrEntry, usize)> {
        let (count, entries) = (self.nentries(), self.entries_start().cast::<StrEntry>());
        while index < count {
            // SAFETY: the entry is in use, or was.
            let entry = unsafe { &*entries.add(index) };
            index += 1;
            if !entry.value.get().is_null() {
                return Some((entry, index));
            }
        }
        None
    }

    /// Takes an entry out of a table that is not shared: its key and value.
    pub fn take(self, index: usize, hash: isize) -> (Option<Ref>, Option<Ref>) {
        if let Some(slot) = self.slot_of(hash, index) {
            self.set_index(slot, DUMMY);
        }
        self.invalidate();
        let (key, value) = if self.is_unicode() {
            let entry = self.str_entry(index);
            (&entry.key, &entry.value)
        } else {
            let entry = self.entry(index);
            entry.hash.set(0);
            (&entry.key, &entry.value)
        };
        let null = std::ptr::null_mut();
        // SAFETY: an entry owns its key and value, which move out.
        unsafe { (Ref::from_owned_or_null(key.replace(null)), Ref::from_owned_or_null(value.replace(null))) }
    }

    /// Fills the index table for the entries that stand in a fresh table.
    pub fn build_indices(self, count: usize) {
        by_width!(self, I => for index in 0..count {
            self.place::<I>(self.hash_at(index), index);
        });
        self.set_nentries(count);
        self.set_usable(self.usable() - count.cast_signed());
    }

    /// A copy of a table that is not shared, with new references to keys and values.
    pub fn duplicate(self) -> PyResult<Keys> {
        let size = self.bytes();
        let block = memory::or_no_memory(memory::try_alloc(size))?;
        // SAFETY: the copy has the same shape; the references in it are counted below.
        unsafe {
            block.as_ptr().copy_from_nonoverlapping(self.0.as_ptr().cast(), size);
            let copy = Keys(block.cast());
            copy.header().refcnt.set(1);
            copy.header().version.set(0);
            for index in 0..copy.nentries() {
                for object in [copy.key_at(index), copy.value_at(index).get()] {
                    if let Some(object) = Borrowed::<Object>::from_ptr_or_null(object) {
                        object.to_ref().into_ptr();
                    }
                }
            }
            Ok(copy)
        }
    }

    /// Gives up one reference to the table; with the last one keys and values (where they stand in it) are dropped.
    pub fn release(self) {
        let count = self.header().refcnt.get();
        if count == IMMORTAL {
            return;
        }
        if count > 1 {
            self.header().refcnt.set(count - 1);
            return;
        }
        for index in 0..self.nentries() {
            let (key, value) = if self.is_unicode() {
                let entry = self.str_entry(index);
                (entry.key.get(), entry.value.get())
            } else {
                let entry = self.entry(index);
                (entry.key.get(), entry.value.get())
            };
            // SAFETY: the table owned them, and nobody else sees it any more.
            unsafe {
                drop(Ref::<Object>::from_owned_or_null(value));
                drop(Ref::<Object>::from_owned_or_null(key));
            }
        }
        self.free_block();
    }

    /// Gives back the memory alone: the entries have moved out.
    pub fn free_block(self) {
        debug_assert!(self.refcnt() == 1);
        // SAFETY: the block came from `new` or `duplicate`.
        unsafe { memory::free(self.0.as_ptr().cast()) };
    }
}

/// A place in a probe sequence.
#[derive(Clone, Copy)]
pub struct Probe {
    perturb: usize,
    slot: usize,
}

impl Probe {
    /// The index in the current slot, and the slot; then goes on.
    #[inline(always)]
    fn step<I: Index>(&mut self, keys: Keys) -> (isize, usize) {
        let mask = keys.size() - 1;
        let slot = self.slot & mask;
        // SAFETY: the mask keeps the slot inside the table.
        let index = unsafe { *keys.indices::<I>().add(slot) }.get();
        self.perturb >>= 5;
        self.slot = slot.wrapping_mul(5).wrapping_add(self.perturb).wrapping_add(1);
        (index, slot)
    }

    /// The next entry of a general or str table on the way; none at the end of the chain.
    #[inline]
    pub fn next(&mut self, keys: Keys) -> Option<usize> {
        loop {
            match by_width!(keys, I => self.step::<I>(keys)).0 {
                EMPTY => return None,
                index if index >= 0 => return Some(index.cast_unsigned()),
                _ => {}
            }
        }
    }
}
