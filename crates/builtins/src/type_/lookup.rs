//! Attribute look-up along the MRO, with its cache; version tags of types.
//!
//! A version tag names one state of a type and of all its bases: it is given on demand, never reused, and taken away
//! ([`modified`]) before anything that a look-up could see changes. The cache belongs to the thread, so no lock is needed.

use super::{dicts, subclasses};
use abi::{PyASCIIObject, PyObject, tpflags};
use object::value::{str as text, tuple};
use object::{Borrowed, Object, PyResult, RawField, Ref, TypeObject};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

/// Entries of a new cache and of a full-grown one.
const SMALL: usize = 1024;
const LARGE: usize = 4096;
/// A small cache grows when that many times its entries were filled.
const REFILLS: usize = 3;
/// A type that changes more often than this is not cached any more.
const MAX_VERSIONS: u16 = 1000;

struct Entry {
    version: Cell<u32>,
    /// Owned: the address may not be given to another name while the entry stands.
    name: Cell<*mut PyObject>,
    /// Borrowed from the type's dict, or null: the attribute does not exist.
    value: Cell<*mut PyObject>,
}

impl Entry {
    const NONE: Entry =
        Entry { version: Cell::new(0), name: Cell::new(std::ptr::null_mut()), value: Cell::new(std::ptr::null_mut()) };
}

impl Default for Entry {
    fn default() -> Self {
        Entry::NONE
    }
}

/// A thread's cache: its entries, a power of two of them.
#[derive(Clone, Copy)]
struct Cache {
    entries: *const Entry,
    mask: usize,
}

impl Cache {
    /// The cache of a thread that has not looked anything up: one entry without a version.
    const NONE: Cache = Cache { entries: &raw const NO_ENTRY.0, mask: 0 };

    /// The entry for a name in a version.
    #[inline(always)]
    fn entry<'a>(self, version: u32, name: *mut PyObject) -> &'a Entry {
        let index = (version as usize ^ (name.addr() >> 4)) & self.mask;
        // SAFETY: the mask keeps the index below the number of entries, which live to the end of the process or until the thread replaces them.
        unsafe { &*self.entries.add(index) }
    }

    fn entries<'a>(self) -> &'a [Entry] {
        // SAFETY: as many entries as the mask says.
        unsafe { std::slice::from_raw_parts(self.entries, self.mask + 1) }
    }

    /// A cache of as many entries, without any content.
    fn new(size: usize) -> Cache {
        let entries: Box<[Entry]> = std::iter::repeat_with(Entry::default).take(size).collect();
        Cache { entries: Box::leak(entries).as_ptr(), mask: size - 1 }
    }
}

struct NoEntry(Entry);
// SAFETY: never written.
unsafe impl Sync for NoEntry {}
static NO_ENTRY: NoEntry = NoEntry(Entry::NONE);

thread_local! {
    static CACHE: Cell<Cache> = const { Cell::new(Cache::NONE) };
    /// Entries that were filled since the cache was made.
    static FILLED: Cell<usize> = const { Cell::new(0) };
}

static NEXT_VERSION: AtomicU32 = AtomicU32::new(1);

/// The cache for one more look-up to remember: made at the first, larger after many.
#[inline(always)]
fn cache_to_fill() -> Cache {
    let filled = FILLED.get();
    let cache = CACHE.get();
    if cache.mask == LARGE - 1 || filled < cache.mask * REFILLS {
        FILLED.set(filled + 1);
        return cache;
    }
    grow(cache)
}

#[cold]
#[inline(never)]
fn grow(cache: Cache) -> Cache {
    let larger = Cache::new(if cache.mask == 0 { SMALL } else { LARGE });
    CACHE.set(larger);
    FILLED.set(1);
    if cache.mask != 0 {
        // What had a place of its own has one among more.
        for old in cache.entries().iter().filter(|old| old.version.get() != 0) {
            let new = larger.entry(old.version.get(), old.name.get());
            new.version.set(old.version.get());
            new.value.set(old.value.get());
            new.name.set(old.name.replace(std::ptr::null_mut()));
        }
        // SAFETY: the entries are a box of `Cache::new`; nobody refers to them any more.
        drop(unsafe { Box::from_raw(std::ptr::from_ref(cache.entries()).cast_mut()) });
    }
    larger
}

/// The longest name that the cache keeps.
const LONGEST: isize = 100;

/// Whether the cache may hold on to this name. It knows names by their address; extensions look up names that they never interned.
#[inline(always)]
fn is_cacheable(name: Borrowed<'_>) -> bool {
    // SAFETY: the type is checked first.
    text::check_exact(&name) && unsafe { (*name.ptr().cast::<PyASCIIObject>()).length.get() } <= LONGEST
}

/// The attribute `name` of the first type in the MRO that has it: `_PyType_Lookup`.
#[inline]
pub fn lookup(class: &TypeObject, name: Borrowed<'_>) -> Option<Ref> {
    let version = class.raw().tp_version_tag.get();
    if version != 0 {
        let entry = CACHE.get().entry(version, name.ptr());
        if entry.version.get() == version && entry.name.get() == name.ptr() {
            // SAFETY: the type's version is unchanged, so its dict still owns the value.
            return unsafe { Borrowed::<Object>::from_ptr_or_null(entry.value.get()) }.map(Borrowed::to_ref);
        }
    }
    lookup_uncached(class, name)
}

#[cold]
#[inline(never)]
fn lookup_uncached(class: &TypeObject, name: Borrowed<'_>) -> Option<Ref> {
    let cacheable = is_cacheable(name) && assign_version(class);
    let version = class.raw().tp_version_tag.get();
    let found = match find_in_mro(class, name) {
        Ok(found) => found,
        Err(raised) => {
            // An unhashable or misbehaving key: look-ups of attributes cannot report it.
            raised.clear();
            return None;
        }
    };
    if cacheable && version != 0 && class.raw().tp_version_tag.get() == version {
        let entry = cache_to_fill().entry(version, name.ptr());
        entry.version.set(version);
        entry.value.set(found.as_ref().map_or(std::ptr::null_mut(), Ref::ptr));
        let old = entry.name.swap_ref(Some(name.to_ref()));
        drop(old);
    }
    found
}

/// The attribute `name` along the MRO, without the cache.
pub fn find_in_mro(class: &TypeObject, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let Some(order) = class.raw().tp_mro.load() else {
        return match own_dict(class)? {
            Some(dict) => dicts::get(dict.b(), name),
            None => Ok(None),
        };
    };
    find_in(tuple::items(order.b()).unwrap_or_default(), name)
}

/// The attribute `name` of the first of these types that has it in its dict.
pub fn find_in(order: &[Borrowed<'_>], name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let exact = text::check_exact(&name);
    let hash = if exact { crate::dict::key_hash(name)? } else { 0 };
    for base in order {
        if !base.class().has(tpflags::TYPE_SUBCLASS) {
            continue;
        }
        let base = base.self_as::<TypeObject>();
        if exact
            // SAFETY: a type owns its dict; nothing runs while it is looked at.
            && let Some(dict) = unsafe { Borrowed::<Object>::from_ptr_or_null(base.raw().tp_dict.get()) }
            && let Some(dict) = dict.downcast_exact::<crate::dict::Dict>()
            && let Some(found) = dict.peek_hashed(name, hash)
        {
            // SAFETY: the dict owns its value.
            match unsafe { Borrowed::<Object>::from_ptr_or_null(found) } {
                Some(found) => return Ok(Some(found.to_ref())),
                None => continue,
            }
        }
        // Most names are in the dict of few native types: those that cannot have it go on without one.
        if base.raw().tp_dict.get().is_null() && !super::ready::may_declare(&base, name) {
            continue;
        }
        if let Some(dict) = own_dict(&base)?
            && let Some(found) = dicts::get(dict.b(), name)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The dict of a type; that of a native type is made now if this is the first look-up.
#[inline]
pub fn own_dict(class: &TypeObject) -> PyResult<Option<Ref>> {
    match class.raw().tp_dict.load() {
        None => match super::ready::make_dict(class) {
            // Look-ups cannot report it, and a type without its attributes would be a wrong answer.
            Err(raised) if raised.is_a(&object::exc::MemoryError) => {
                raised.clear();
                object::heap::with_last_memory(|| super::ready::make_dict(class))
            }
            made => made,
        },
        dict => Ok(dict),
    }
}

/// Gives the type and its bases version tags, if they may have one. Returns whether it has one now.
pub fn assign_version(class: &TypeObject) -> bool {
    let raw = class.raw();
    if raw.tp_version_tag.get() != 0 {
        return true;
    }
    if !class.has(tpflags::READY) || raw.tp_versions_used.get() >= MAX_VERSIONS {
        return false;
    }
    let bases = raw.tp_bases.load();
    for base in bases.as_ref().and_then(|bases| tuple::items(bases.b())).unwrap_or_default() {
        if !base.downcast::<TypeObject>().is_some_and(|base| assign_version(&base)) {
            return false;
        }
    }
    if raw.tp_versions_used.get() == u16::MAX {
        return false;
    }
    let Ok(version) = NEXT_VERSION.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1)) else {
        return false;
    };
    raw.tp_versions_used.set(raw.tp_versions_used.get().saturating_add(1));
    raw.tp_version_tag.set(version);
    true
}

/// States that what look-ups on the type see has changed, or is about to: `PyType_Modified`.
pub fn modified(class: &TypeObject) {
    let raw = class.raw();
    if raw.tp_version_tag.get() == 0 {
        return;
    }
    for subclass in subclasses::in_all_interpreters(class) {
        modified(&subclass);
    }
    if raw.tp_watched.get() != 0 {
        crate::watch::type_modified(class);
    }
    raw.tp_version_tag.set(0);
    if class.has(tpflags::HEAPTYPE) {
        // SAFETY: a heap type is a `PyHeapTypeObject`; the cached function is borrowed and guarded by the version.
        let heap = unsafe { &*class.as_type_ptr().cast::<abi::PyHeapTypeObject>() };
        heap._spec_cache.getitem.set(std::ptr::null_mut());
        heap._spec_cache.init.set(std::ptr::null_mut());
    }
}

/// Somebody changes the dict of a type behind the type's back (`gc.get_referrers` and `type.__dict__ == other` hand it out): what was cached of the type
/// is forgotten. If the change may run code while it happens (`plain` false), nothing of the type is cached any more.
#[cold]
pub fn dict_changes(dict: *mut abi::PyObject, plain: bool) {
    let mut open = vec![object::core::OBJECT.to_type_ref()];
    while let Some(class) = open.pop() {
        if class.raw().tp_dict.get() == dict {
            if !plain {
                class.raw().tp_versions_used.set(u16::MAX);
            }
            return modified(&class);
        }
        open.extend(subclasses::in_all_interpreters(&class));
    }
}

/// Empties the calling thread's cache: `sys._clear_type_cache`.
pub fn clear_cache() {
    let cache = CACHE.get();
    if cache.mask == 0 {
        return;
    }
    for entry in cache.entries() {
        entry.version.set(0);
        entry.value.set(std::ptr::null_mut());
    }
    // Names are exact strs, whose end runs no code.
    cache.entries().iter().for_each(|entry| drop(entry.name.swap_ref(None)));
}
