//! What was decided about attributes of classes, for instructions that see owners of several.
//!
//! One instruction remembers one class in its inline cache. Where owners of two classes take turns, each miss would go the general way; instead the
//! instruction takes over what any instruction found out about that class and name (the idea of the megamorphic stub cache of Self's and V8's
//! implementations). The specialised form's own guards still check everything, so an entry may be out of date.

use crate::code::units::Unit;
use abi::PyObject;
use bytecode::Op;
use object::{Borrowed, TypeObject};
use std::cell::Cell;

/// What an instruction does with the attribute: forms differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It takes the value.
    Load,
    /// It will call it.
    Call,
    /// It gives it a value.
    Store,
}

/// Entries; a power of two.
const ENTRIES: usize = 512;
/// Words of inline cache that forms use.
const WORDS: usize = 3;

struct Entry {
    /// The class's version; 0 for none.
    version: Cell<u32>,
    op: Cell<u8>,
    access: Cell<Access>,
    /// Owned: the address may not be given to another name while the entry stands.
    name: Cell<*mut PyObject>,
    words: [Cell<u64>; WORDS],
}

struct Table([Entry; ENTRIES]);
// SAFETY: only the thread that holds the GIL runs decisions and instructions.
unsafe impl Sync for Table {}

static TABLE: Table = Table(
    [const {
        Entry {
            version: Cell::new(0),
            op: Cell::new(0),
            access: Cell::new(Access::Load),
            name: Cell::new(std::ptr::null_mut()),
            words: [const { Cell::new(0) }; WORDS],
        }
    }; ENTRIES],
);

#[inline(always)]
fn entry(version: u32, name: *mut PyObject, access: Access) -> &'static Entry {
    let index = (version as usize ^ name.addr() >> 4 ^ (access as usize) << 7) % ENTRIES;
    // SAFETY: the remainder is below the length.
    unsafe { TABLE.0.get_unchecked(index) }
}

/// The words of an instruction's inline cache.
#[inline(always)]
fn words(unit: &Unit) -> &[Unit; WORDS] {
    // SAFETY: the instructions of attributes have four words of cache and more.
    unsafe { &*std::ptr::from_ref(unit).add(1).cast() }
}

/// The class that an instruction's inline cache is about.
#[inline(always)]
fn version_of(unit: &Unit) -> u32 {
    let [first, ..] = words(unit);
    (first.word() >> 32) as u32
}

/// Notes what an instruction has become, for owners of `class`. Forms that do not begin with this class's version are not kept.
pub(super) fn keep(unit: &Unit, op: Op, class: &TypeObject, name: Borrowed<'_>, access: Access) {
    let version = class.raw().tp_version_tag.get();
    let Ok(op) = u8::try_from(op.number()) else { return };
    if version == 0 || version_of(unit) != version {
        return;
    }
    let entry = entry(version, name.ptr(), access);
    entry.version.set(version);
    entry.op.set(op);
    entry.access.set(access);
    for (kept, word) in entry.words.iter().zip(words(unit)) {
        kept.set(word.word());
    }
    let old = entry.name.replace(name.to_ref().into_ptr());
    // SAFETY: the entry owned it. Names are strs: nothing runs when one dies.
    drop(unsafe { object::Ref::<object::Object>::from_owned_or_null(old) });
}

/// Makes the instruction what one was that saw owners of `class`; false if none is known, or if it is that already and did not fit.
#[inline(always)]
pub(super) fn recall(unit: &Unit, class: &TypeObject, name: Borrowed<'_>, access: Access) -> bool {
    let version = class.raw().tp_version_tag.get();
    let entry = entry(version, name.ptr(), access);
    if entry.version.get() != version
        || entry.name.get() != name.ptr()
        || entry.access.get() != access
        || version_of(unit) == version
        || unit.is_instrumented()
    {
        return false;
    }
    unit.replace_op(entry.op.get());
    for (kept, word) in entry.words.iter().zip(words(unit)) {
        word.set_word(kept.get());
    }
    true
}
