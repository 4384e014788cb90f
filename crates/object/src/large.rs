//! Large blocks that grow: mappings of their own, which the system moves by their page tables instead of copying.
//!
//! A list that is appended to, or a bytearray that is written to, is reallocated again and again. In the general heap each step holds the
//! old and the new block at once and touches fresh memory for all of the new one; `mremap` does neither. Blocks become such mappings when
//! they grow past [`LEAST`]; what is only allocated and freed stays in the general heap, which reuses it.

use crate::heap::SYSTEM_PAGE;
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The size from which on a block that grows becomes a mapping.
pub const LEAST: usize = 256 << 10;
/// A mapping that shrinks below this many bytes leaves.
const SMALLEST: usize = 64 << 10;
/// Bytes before the block; the first word is the length of the mapping.
const HEAD: usize = 64;

// SAFETY: the declaration of mimalloc's header.
unsafe extern "C" {
    fn mi_is_in_heap_region(block: *const c_void) -> bool;
    fn mi_usable_size(block: *const c_void) -> usize;
    fn mi_collect(force: bool);
}

/// How many blocks became mappings.
static MOVED: AtomicUsize = AtomicUsize::new(0);

/// A block has become a mapping. On its way it was many smaller blocks, nine times its size together, whose memory the general heap keeps for a while: it is
/// told to let go at the first such block, the second, the fourth and so on, since a program that makes many of them uses that memory again.
pub fn moved() {
    if (MOVED.fetch_add(1, Ordering::Relaxed) + 1).is_power_of_two() {
        // SAFETY: a plain call.
        unsafe { mi_collect(true) };
    }
}

/// Whether a block, which may come from mimalloc, is a mapping of this file.
///
/// # Safety
/// The block is live and neither from libc nor from `crate::heap`.
#[inline]
pub unsafe fn is_mapped(block: *mut u8) -> bool {
    // SAFETY: the function looks the address up.
    block.addr() % SYSTEM_PAGE == HEAD && unsafe { !mi_is_in_heap_region(block.cast()) }
}

/// The bytes that a block of mimalloc has.
///
/// # Safety
/// The block is live and mimalloc's.
pub unsafe fn usable(block: *mut u8) -> usize {
    // SAFETY: by contract.
    unsafe { mi_usable_size(block.cast()) }
}

fn length_for(size: usize) -> Option<usize> {
    size.checked_add(HEAD)?.checked_next_multiple_of(SYSTEM_PAGE)
}

/// A mapping for `size` bytes, zeroed.
pub fn alloc(size: usize) -> Option<NonNull<u8>> {
    let length = length_for(size)?;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a fresh mapping of our own, which is larger than its head.
    unsafe {
        let start = libc::mmap(null_mut(), length, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if start == libc::MAP_FAILED {
            return None;
        }
        start.cast::<usize>().write(length);
        NonNull::new(start.cast::<u8>().add(HEAD))
    }
}

/// Whether a mapping of this size should become an ordinary block.
pub fn is_small(size: usize) -> bool {
    size < SMALLEST
}

/// Changes the size of a mapping, which may move; the old one stays valid on None.
///
/// # Safety
/// The block is a mapping of this file.
pub unsafe fn resize(block: *mut u8, size: usize) -> Option<NonNull<u8>> {
    let length = length_for(size)?;
    // SAFETY: by contract a whole mapping; its head moves with it.
    unsafe {
        let start = block.sub(HEAD);
        let old = start.cast::<usize>().read();
        if old == length {
            return NonNull::new(block);
        }
        let start = libc::mremap(start.cast(), old, length, libc::MREMAP_MAYMOVE);
        if start == libc::MAP_FAILED {
            return None;
        }
        start.cast::<usize>().write(length);
        NonNull::new(start.cast::<u8>().add(HEAD))
    }
}

/// Gives a mapping back.
///
/// # Safety
/// The block is a mapping of this file and is not used again.
pub unsafe fn free(block: *mut u8) {
    // SAFETY: by contract a whole mapping.
    unsafe {
        let start = block.sub(HEAD);
        let length = start.cast::<usize>().read();
        libc::munmap(start.cast(), length);
    }
}
