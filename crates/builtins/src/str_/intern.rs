//! Interned strings: one object for each text that serves as a name.

use hashbrown::HashTable;
use object::value::str::{self as text, INTERNED_MASK};
use object::{Borrowed, Object, Ref, thread};
use std::cell::RefCell;
use std::hash::BuildHasher;

/// The interned strings, for all interpreters. A mortal one is not kept alive by the table: it leaves it when it dies.
struct Table(RefCell<HashTable<*mut abi::PyObject>>);

/// Room for the names that every program interns, so that the table does not grow step by step at start.
const AT_START: usize = 3500;

impl Default for Table {
    fn default() -> Self {
        Table(RefCell::new(HashTable::with_capacity(AT_START)))
    }
}

const MORTAL: u32 = 1;
const IMMORTAL: u32 = 2;
/// The empty str and those of one character.
const STATIC: u32 = 3;

fn state(object: &Object) -> &abi::Cell<u32> {
    // SAFETY: the callers have checked that the object is a str.
    unsafe { &(*object.as_ptr().cast::<abi::PyASCIIObject>()).state }
}

/// Whether the str is interned.
pub fn is_interned(object: Borrowed<'_>) -> bool {
    text::check(object) && state(&object).get() & INTERNED_MASK != 0
}

fn same_text(ptr: *mut abi::PyObject, data: text::Data<'_>) -> bool {
    // SAFETY: the table holds live strs only.
    let own = unsafe { text::data_unchecked((*ptr.cast::<Object>()).borrowed()) };
    match (own, data) {
        (text::Data::Latin1(own), text::Data::Latin1(other)) => own == other,
        (text::Data::Ucs2(own), text::Data::Ucs2(other)) => own == other,
        (text::Data::Ucs4(own), text::Data::Ucs4(other)) => own == other,
        _ => false,
    }
}

fn table_hash(data: text::Data<'_>) -> u64 {
    let state = foldhash::fast::FixedState::default();
    match data {
        text::Data::Latin1(codes) => state.hash_one(codes),
        text::Data::Ucs2(codes) => state.hash_one(codes),
        text::Data::Ucs4(codes) => state.hash_one(codes),
    }
}

/// The interned object with the text of `string`, which becomes it if there is none. Anything but an exact str is returned as it is.
pub fn intern(string: Ref) -> Ref {
    if !text::check_exact(&string) || state(&string).get() & INTERNED_MASK != 0 {
        return string;
    }
    // SAFETY: exactly a str.
    let data = unsafe { text::data_unchecked(string.b()) };
    let hash = table_hash(data);
    let table = thread::current().interpreter().shared.get::<Table>();
    if let Some(found) = find(table, hash, data) {
        return found;
    }
    enter(table, hash, &string);
    string
}

/// As [`intern`]; what it gives never dies.
pub fn intern_immortal(string: Ref) -> Ref {
    let interned = intern(string);
    let word = state(&interned);
    if text::check_exact(&interned) && word.get() & INTERNED_MASK == MORTAL {
        // SAFETY: a live object, whose count is never looked at again.
        unsafe { (*interned.ptr()).ob_refcnt_full.set(abi::IMMORTAL_REFCNT) };
        word.set(word.get() & !INTERNED_MASK | IMMORTAL);
    }
    interned
}

fn find(table: &Table, hash: u64, data: text::Data<'_>) -> Option<Ref> {
    let table = table.0.borrow();
    // SAFETY: the table holds live strs only.
    table.find(hash, |ptr| same_text(*ptr, data)).map(|found| unsafe { (*found.cast::<Object>()).to_ref() })
}

/// Enters a str whose text is not there yet.
fn enter(table: &Table, hash: u64, string: &Ref) {
    let is_short = text::data(string.b()).is_some_and(|data| data.len() <= 1);
    let mark = match string.is_immortal() {
        true if is_short => STATIC,
        true => IMMORTAL,
        false => MORTAL,
    };
    state(string).set(state(string).get() | mark);
    table.0.borrow_mut().insert_unique(hash, string.ptr(), |ptr| {
        // SAFETY: the table holds live strs only.
        table_hash(unsafe { text::data_unchecked((*(*ptr).cast::<Object>()).borrowed()) })
    });
}

/// The interned object with this text: a new str is made only where there is none.
pub fn intern_str(string: &str) -> Ref {
    // The strs of one character exist already.
    if string.len() > 1 && string.is_ascii() {
        let data = text::Data::Latin1(string.as_bytes());
        let hash = table_hash(data);
        let table = thread::current().interpreter().shared.get::<Table>();
        if let Some(found) = find(table, hash, data) {
            return found;
        }
        return match text::from_ascii(string.as_bytes()) {
            Ok(object) => {
                enter(table, hash, &object);
                object
            }
            Err(raised) => without_memory(raised),
        };
    }
    match text::new(string) {
        Ok(object) => intern(object),
        Err(raised) => without_memory(raised),
    }
}

/// Only start-up interns Rust text; without memory for a few names nothing can go on.
#[cold]
fn without_memory(raised: object::Raised) -> Ref {
    raised.clear();
    text::empty()
}

/// Takes a dying str out of the table.
pub(super) fn forget(object: &Object) {
    if state(object).get() & INTERNED_MASK == 0 {
        return;
    }
    // SAFETY: a str whose count is 0 is still whole.
    let data = unsafe { text::data_unchecked(object.borrowed()) };
    let table = thread::current().interpreter().shared.get::<Table>();
    if let Ok(entry) = table.0.borrow_mut().find_entry(table_hash(data), |ptr| std::ptr::eq(*ptr, object.as_ptr())) {
        entry.remove();
    }
}
