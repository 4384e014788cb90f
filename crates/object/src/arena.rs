//! The first memory of mimalloc: ordinary pages, so that a small program stays small.
//!
//! mimalloc asks for huge pages (2 MiB) for its arenas. They make large heaps faster, but a program that needs 3 MiB would take 12, all
//! of it zeroed. So the first arena is a mapping of ours without that advice; what does not fit goes to arenas of mimalloc's own.

use std::ffi::c_void;
use std::ptr::null_mut;

const SIZE: usize = 64 << 20;
/// What an arena must be aligned to, with its size a multiple of 32 MiB.
const ALIGNMENT: usize = 1 << 20;

// SAFETY: the declaration of mimalloc's header.
unsafe extern "C" {
    fn mi_manage_os_memory(
        start: *mut c_void,
        size: usize,
        is_committed: bool,
        is_pinned: bool,
        is_zero: bool,
        numa_node: i32,
    ) -> bool;
    fn mi_option_set(option: i32, value: std::ffi::c_long);
}

/// `mi_option_destroy_on_exit`. Above 1, mimalloc does nothing at the end of the process; else it looks through its memory and gives it back, moments
/// before the system takes it all.
const DESTROY_ON_EXIT: i32 = 22;

extern "C" fn prepare() {
    // SAFETY: a plain call, of which nothing depends.
    unsafe { mi_option_set(DESTROY_ON_EXIT, 2) };
    if host::memory::address_space().is_some() {
        // mimalloc takes small pieces then.
        return;
    }
    // SAFETY: a fresh anonymous mapping, of which mimalloc becomes the owner; nothing else runs before `main`.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let start = libc::mmap(null_mut(), SIZE + ALIGNMENT, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if start == libc::MAP_FAILED {
            // Without it mimalloc takes an arena of its own.
            return;
        }
        let padding = start.addr().next_multiple_of(ALIGNMENT) - start.addr();
        mi_manage_os_memory(start.byte_add(padding), SIZE, true, false, true, -1);
    }
}

/// Runs before `main`, and so before the first allocation.
#[used]
// SAFETY: an array of functions that the C runtime calls at start; the function needs no allocation and no state of Rust's.
#[unsafe(link_section = ".init_array")]
static PREPARE: extern "C" fn() = prepare;
