//! Interned strings: one object for equal names, so that look-ups compare addresses.
//!
//! The table belongs to the process, not to an interpreter: an interned string is immortal.

use abi::{PyASCIIObject, PyObject};
use object::value::str::{self as text, Data};
use object::{Borrowed, Object, Ref};
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Mutex;

/// A string in the table, compared by its text.
struct Entry(*mut PyObject);
// SAFETY: entries are immortal strings, whose text never changes.
unsafe impl Send for Entry {}

impl Entry {
    fn data(&self) -> Data<'_> {
        // SAFETY: only strings become entries; they live as long as the entry.
        unsafe { text::data_unchecked((*self.0.cast::<Object>()).borrowed()) }
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        match (self.data(), other.data()) {
            (Data::Latin1(a), Data::Latin1(b)) => a == b,
            (Data::Ucs2(a), Data::Ucs2(b)) => a == b,
            (Data::Ucs4(a), Data::Ucs4(b)) => a == b,
            // A string is stored as narrow as it can be.
            _ => false,
        }
    }
}
impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.data() {
            Data::Latin1(data) => state.write(data),
            Data::Ucs2(data) => data.iter().for_each(|code| state.write_u16(*code)),
            Data::Ucs4(data) => data.iter().for_each(|code| state.write_u32(*code)),
        }
    }
}

/// FNV-1a: names are short, and an attacker gains nothing from collisions that a program cannot cause by its own source.
struct Fnv(u64);
impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}
impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

static TABLE: Mutex<Option<HashSet<Entry, BuildHasherDefault<Fnv>>>> = Mutex::new(None);

/// Marks a string as interned for good.
fn mark(object: &Ref) {
    object.make_immortal();
    // SAFETY: a string begins with this struct.
    let state = unsafe { &(*object.ptr().cast::<PyASCIIObject>()).state };
    state.set(state.get() & !text::INTERNED_MASK | 2);
}

/// Whether a string is interned.
#[inline(always)]
pub fn is_interned(object: Borrowed<'_>) -> bool {
    // SAFETY: the type is checked first; a string begins with this struct.
    text::check_exact(&object) && unsafe { (*object.ptr().cast::<PyASCIIObject>()).state.get() } & text::INTERNED_MASK != 0
}

/// The interned object with the text of `name`. What is not exactly a str stays as it is.
pub fn intern(name: Ref) -> Ref {
    if !text::check_exact(&name) || is_interned(name.b()) {
        return name;
    }
    let mut table = TABLE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let set = table.get_or_insert_default();
    if let Some(found) = set.get(&Entry(name.ptr())) {
        // SAFETY: immortal.
        return unsafe { (*found.0.cast::<Object>()).to_ref() };
    }
    mark(&name);
    set.insert(Entry(name.ptr()));
    name
}

/// The interned object with this text. Start-up without memory for a name cannot go on.
pub fn intern_str(name: &str) -> Ref {
    match text::new(name) {
        Ok(name) => intern(name),
        Err(raised) => {
            raised.clear();
            text::empty()
        }
    }
}

/// Number of interned strings.
pub fn count() -> usize {
    TABLE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).as_ref().map_or(0, HashSet::len)
}
