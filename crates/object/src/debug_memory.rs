//! The debug layer of the allocators: `PYTHONMALLOC=debug` and its kin, and `PyMem_SetupDebugHooks`.
//!
//! A block stands between a header of 16 bytes (its size, the family of functions that made it, seven forbidden bytes) and eight forbidden bytes, as in CPython
//! (Objects/obmalloc.c, "debug hooks"). New bytes are 0xCD, those of a freed block 0xDD. A table knows every block, so that what was made before the layer was
//! turned on, or elsewhere, passes through it. An overrun, a block that goes back to another family and one that goes back twice end the process with a report.

use crate::{memory, thread};
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The family of a block: `PyMem_Raw…`, `PyMem_…`, `PyObject_…`, or the functions of this crate, which go with all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Raw,
    Mem,
    Object,
    Internal,
}

impl Family {
    fn letter(self) -> u8 {
        match self {
            Family::Raw => b'r',
            Family::Mem => b'm',
            Family::Object | Family::Internal => b'o',
        }
    }
}

/// What the table knows of an address.
#[derive(Clone, Copy)]
enum State {
    Live(Family),
    /// Given back, and not given out again since.
    Freed,
}

const HEAD: usize = 16;
const TAIL: usize = 8;
const CLEAN: u8 = 0xCD;
const DEAD: u8 = 0xDD;
const FORBIDDEN: u8 = 0xFD;

static ON: AtomicBool = AtomicBool::new(false);
static BLOCKS: Mutex<BTreeMap<usize, State>> = Mutex::new(BTreeMap::new());
static DIE: OnceLock<fn(&str, &str) -> !> = OnceLock::new();

/// Whether the layer is on.
#[inline]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Turns the layer on, for good. `die` ends the process: it gets the name of a function and what is wrong.
pub fn turn_on(die: fn(&str, &str) -> !) {
    let _first = DIE.set(die);
    ON.store(true, Ordering::Relaxed);
}

fn fatal(function: &str, message: &str) -> ! {
    match DIE.get() {
        Some(die) => die(function, message),
        None => std::process::abort(),
    }
}

/// Ends the process where a function that needs the GIL is called without it.
fn check_gil(family: Family, function: &str) {
    if matches!(family, Family::Mem | Family::Object) && thread::try_current().is_none() {
        fatal(function, "Python memory allocator called without holding the GIL");
    }
}

fn note(block: *mut u8, state: State) -> Option<State> {
    BLOCKS.lock().unwrap_or_else(PoisonError::into_inner).insert(block.addr(), state)
}

fn known(block: *mut u8) -> Option<State> {
    BLOCKS.lock().unwrap_or_else(PoisonError::into_inner).get(&block.addr()).copied()
}

/// A block of `size` bytes.
pub fn alloc(family: Family, size: usize, zeroed: bool) -> Option<NonNull<u8>> {
    check_gil(family, if zeroed { "_PyMem_DebugCalloc" } else { "_PyMem_DebugMalloc" });
    let total = size.checked_add(HEAD + TAIL).filter(|total| *total <= isize::MAX.cast_unsigned())?;
    let start = memory::base_alloc(total)?;
    // SAFETY: the block has room for the header, the bytes and what follows them.
    let block = unsafe {
        let block = start.add(HEAD);
        start.write_bytes(FORBIDDEN, HEAD);
        start.as_ptr().copy_from_nonoverlapping((size as u64).to_be_bytes().as_ptr(), 8);
        start.add(8).write(family.letter());
        block.write_bytes(if zeroed { 0 } else { CLEAN }, size);
        block.add(size).write_bytes(FORBIDDEN, TAIL);
        block
    };
    note(block.as_ptr(), State::Live(family));
    Some(block)
}

/// Gives a block back; false where the layer does not know it.
///
/// # Safety
/// `block` is not used again.
pub unsafe fn free(family: Family, block: *mut u8) -> bool {
    match known(block) {
        None => false,
        Some(State::Freed) => {
            fatal("_PyMem_DebugRawFree", "bad ID: the block was freed before");
        }
        Some(State::Live(made_by)) => {
            check_gil(family, "_PyMem_DebugFree");
            // SAFETY: the table knows the block as alive.
            unsafe {
                verify("_PyMem_DebugRawFree", block, made_by, family);
                let size = requested(block);
                let start = block.sub(HEAD);
                start.write_bytes(DEAD, HEAD + size + TAIL);
                note(block, State::Freed);
                memory::base_free(start);
            }
            true
        }
    }
}

/// Moves a block to one of another size; the outer none where the layer does not know it, the inner one where there is no memory: then the old block stays.
///
/// # Safety
/// `block` is not used again where a new one comes.
pub unsafe fn realloc(family: Family, block: *mut u8, size: usize) -> Option<Option<NonNull<u8>>> {
    let Some(State::Live(made_by)) = known(block) else {
        if known(block).is_some() {
            fatal("_PyMem_DebugRawRealloc", "bad ID: the block was freed before");
        }
        return None;
    };
    check_gil(family, "_PyMem_DebugRealloc");
    // SAFETY: the table knows the block as alive; the new one is as large as what is copied.
    unsafe {
        verify("_PyMem_DebugRawRealloc", block, made_by, family);
        let Some(new) = alloc(made_by, size, false) else { return Some(None) };
        new.as_ptr().copy_from_nonoverlapping(block, requested(block).min(size));
        free(made_by, block);
        Some(Some(new))
    }
}

/// The size that was asked for.
unsafe fn requested(block: *mut u8) -> usize {
    let mut bytes = [0; 8];
    // SAFETY: a live block has its header.
    unsafe { block.sub(HEAD).copy_to_nonoverlapping(bytes.as_mut_ptr(), 8) };
    usize::try_from(u64::from_be_bytes(bytes)).unwrap_or(0)
}

/// Ends the process where the bytes around a block were written to, or where it goes back to another family.
unsafe fn verify(function: &str, block: *mut u8, made_by: Family, family: Family) {
    // SAFETY: a live block has its header and its tail.
    let (head, tail, letter) = unsafe {
        let tail = block.add(requested(block));
        (std::slice::from_raw_parts(block.sub(7), 7), std::slice::from_raw_parts(tail, TAIL), block.sub(8).read())
    };
    let lenient = made_by == Family::Internal || family == Family::Internal;
    let complaint = if letter != made_by.letter() || !lenient && made_by != family {
        let (made, used) = (char::from(letter), char::from(family.letter()));
        format!("bad ID: Allocated using API '{made}', verified using API '{used}'")
    } else if head.iter().any(|byte| *byte != FORBIDDEN) {
        "bad leading pad byte".to_owned()
    } else if tail.iter().any(|byte| *byte != FORBIDDEN) {
        "bad trailing pad byte".to_owned()
    } else {
        return;
    };
    // SAFETY: as above.
    host::fault::write(2, unsafe { describe(block, letter, head, tail) }.as_bytes());
    fatal(function, &complaint)
}

/// What a report says of a block.
unsafe fn describe(block: *mut u8, letter: u8, head: &[u8], tail: &[u8]) -> String {
    // SAFETY: a live block.
    let (size, data) = unsafe { (requested(block), std::slice::from_raw_parts(block, requested(block))) };
    let mut text = format!(
        "Debug memory block at address p={block:p}: API '{}'\n    {size} bytes originally requested\n",
        char::from(letter)
    );
    text.push_str(&pad_bytes("p-7", "p", -7, head));
    text.push_str(&pad_bytes(&format!("tail={:p}", tail.as_ptr()), "tail", 0, tail));
    if size > 0 {
        let shown = |bytes: &[u8]| bytes.iter().map(|byte| format!(" {byte:02x}")).collect::<String>();
        let first = data.get(..size.min(8)).unwrap_or_default();
        let last = data.get(size.saturating_sub(8).max(8)..).unwrap_or_default();
        let gap = if size > 16 { " ..." } else { "" };
        text.push_str(&format!("    Data at p:{}{gap}{}\n", shown(first), shown(last)));
    }
    text.push_str("\nEnable tracemalloc to get the memory block allocation traceback\n\n");
    text
}

fn pad_bytes(place: &str, name: &str, first: isize, bytes: &[u8]) -> String {
    let mut text = format!("    The {} pad bytes at {place} are ", bytes.len());
    if bytes.iter().all(|byte| *byte == FORBIDDEN) {
        text.push_str("FORBIDDENBYTE, as expected.\n");
        return text;
    }
    text.push_str(&format!("not all FORBIDDENBYTE (0x{FORBIDDEN:02x}):\n"));
    for (offset, byte) in (first..).zip(bytes) {
        let ouch = if *byte == FORBIDDEN { "" } else { " *** OUCH" };
        text.push_str(&format!("        at {name}{offset:+}: 0x{byte:02x}{ouch}\n"));
    }
    text
}

/// Whether a word is null or consists of bytes that only new, freed or forbidden memory has.
pub fn is_freed(word: usize) -> bool {
    word == 0 || [CLEAN, DEAD, FORBIDDEN].iter().any(|byte| word == usize::from_ne_bytes([*byte; 8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_stands_between_forbidden_bytes() {
        let block = alloc(Family::Internal, 5, false).map(NonNull::as_ptr).unwrap_or_default();
        // SAFETY: the block has five bytes, a header before and eight bytes behind them.
        unsafe {
            assert_eq!(
                std::slice::from_raw_parts(block.sub(HEAD), 29),
                b"\0\0\0\0\0\0\0\x05o\xFD\xFD\xFD\xFD\xFD\xFD\xFD\xCD\xCD\xCD\xCD\xCD\xFD\xFD\xFD\xFD\xFD\xFD\xFD\xFD"
            );
            assert!(free(Family::Internal, block));
        }
    }

    #[test]
    fn bytes_that_were_written_to_are_shown() {
        let shown = pad_bytes("tail=0x10", "tail", 0, b"x\xFD");
        assert_eq!(
            shown,
            "    The 2 pad bytes at tail=0x10 are not all FORBIDDENBYTE (0xfd):\n        at tail+0: 0x78 *** OUCH\n        at tail+1: 0xfd\n"
        );
    }
}
