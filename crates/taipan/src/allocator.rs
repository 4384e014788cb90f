//! Rust's own memory: mimalloc, and behind it a small reserve for the moment when the system has no more.
//!
//! What a program makes grow is allocated fallibly and ends in MemoryError. The many small allocations in between (the text of a message,
//! a list of arguments) are not; when memory is exhausted they are served from the reserve, so that the MemoryError can be raised, shown
//! and handled. The reserve is part of the program's zeroed data: until it is used it costs address space only. Before both stands the region
//! ([`host::region`]) for what a compilation makes.

use host::region;
use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bytes of the reserve, of a piece of it, and of the largest allocation that it serves.
const SIZE: usize = 8 << 20;
const PIECE: usize = 256;
const LARGEST: usize = 1 << 20;
const PIECES: usize = SIZE / PIECE;
const WORDS: usize = PIECES / 64;

/// The allocator of the program.
pub struct WithReserve {
    reserve: Reserve,
}

impl WithReserve {
    pub const fn new() -> Self {
        WithReserve { reserve: Reserve::new() }
    }
}

/// Whether mimalloc aligns a block of this size as the layout asks without being told: it does so to two words, or to one for less.
#[inline]
fn is_plain(align: usize, size: usize) -> bool {
    align <= 16 && align <= size
}

/// Memory from mimalloc.
///
/// # Safety
/// The layout is not empty.
#[inline]
unsafe fn mimalloc(layout: Layout) -> *mut u8 {
    if is_plain(layout.align(), layout.size()) {
        // SAFETY: any size is good.
        return unsafe { libmimalloc_sys::mi_malloc(layout.size()) }.cast();
    }
    // SAFETY: by contract.
    unsafe { MiMalloc.alloc(layout) }
}

/// Whether mimalloc has any memory at all.
pub fn works() -> bool {
    let layout = Layout::new::<[u64; 8]>();
    // SAFETY: the layout is not empty, and the block goes back as it came.
    unsafe {
        let block = MiMalloc.alloc(layout);
        if !block.is_null() {
            MiMalloc.dealloc(block, layout);
        }
        !block.is_null()
    }
}

// SAFETY: each block comes from the region, from mimalloc or from the reserve, goes back to where it came from, and is aligned as asked.
unsafe impl GlobalAlloc for WithReserve {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(block) = region::alloc(layout) {
            return block.as_ptr();
        }
        if !host::memory::allows(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: by contract.
        let block = unsafe { mimalloc(layout) };
        if block.is_null() { self.reserve.alloc(layout) } else { block }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if let Some(block) = region::alloc(layout) {
            // SAFETY: the block has that many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
            return block.as_ptr();
        }
        if !host::memory::allows(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: by contract.
        let block = unsafe { MiMalloc.alloc_zeroed(layout) };
        if !block.is_null() {
            return block;
        }
        let block = self.reserve.alloc(layout);
        if !block.is_null() {
            // SAFETY: the block has at least that many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if region::holds(block) {
            // SAFETY: by contract.
            return unsafe { region::dealloc(block, layout) };
        }
        if self.reserve.holds(block) {
            return self.reserve.free(block, layout);
        }
        // SAFETY: by contract; the block is mimalloc's.
        unsafe { MiMalloc.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !host::memory::allows(new_size) {
            return std::ptr::null_mut();
        }
        if region::holds(block) {
            // SAFETY: by contract.
            if unsafe { region::resize(block, layout, new_size) } {
                return block;
            }
        } else if !self.reserve.holds(block) {
            // SAFETY: by contract; the block is mimalloc's.
            let new = unsafe {
                if is_plain(layout.align(), new_size) {
                    libmimalloc_sys::mi_realloc(block.cast(), new_size).cast()
                } else {
                    MiMalloc.realloc(block, layout, new_size)
                }
            };
            if !new.is_null() {
                return new;
            }
        }
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else { return std::ptr::null_mut() };
        // SAFETY: the new layout is valid and not empty; the blocks do not overlap.
        unsafe {
            let new = self.alloc(new_layout);
            if !new.is_null() {
                new.copy_from_nonoverlapping(block, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

#[repr(C, align(4096))]
struct Room(UnsafeCell<[u8; SIZE]>);

/// A bitmap of pieces; first fit under a lock that is held for a few instructions.
struct Reserve {
    room: Room,
    used: [AtomicUsize; WORDS],
    locked: AtomicBool,
}

// SAFETY: the bitmap is changed under the lock only, and who got pieces owns them.
unsafe impl Sync for Reserve {}

impl Reserve {
    const fn new() -> Self {
        Reserve {
            room: Room(UnsafeCell::new([0; SIZE])),
            used: [const { AtomicUsize::new(0) }; WORDS],
            locked: AtomicBool::new(false),
        }
    }

    #[inline]
    fn holds(&self, block: *mut u8) -> bool {
        block.addr().wrapping_sub(self.room.0.get().addr()) < SIZE
    }

    fn with_lock<R>(&self, action: impl FnOnce() -> R) -> R {
        while self.locked.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            std::hint::spin_loop();
        }
        let result = action();
        self.locked.store(false, Ordering::Release);
        result
    }

    fn is_used(&self, piece: usize) -> bool {
        self.used.get(piece / 64).is_none_or(|word| word.load(Ordering::Relaxed) >> (piece % 64) & 1 == 1)
    }

    fn mark(&self, first: usize, count: usize, used: bool) {
        for piece in first..first + count {
            if let Some(word) = self.used.get(piece / 64) {
                let bit = 1 << (piece % 64);
                let old = word.load(Ordering::Relaxed);
                word.store(if used { old | bit } else { old & !bit }, Ordering::Relaxed);
            }
        }
    }

    /// A block, or null.
    #[cold]
    fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST || layout.align() > PIECE {
            return std::ptr::null_mut();
        }
        let count = layout.size().div_ceil(PIECE).max(1);
        let found = self.with_lock(|| {
            let mut run = 0;
            for piece in 0..PIECES {
                run = if self.is_used(piece) { 0 } else { run + 1 };
                if run == count {
                    let first = piece + 1 - count;
                    self.mark(first, count, true);
                    return Some(first);
                }
            }
            None
        });
        match found {
            // SAFETY: the pieces lie within the room.
            Some(first) => unsafe { self.room.0.get().cast::<u8>().add(first * PIECE) },
            None => std::ptr::null_mut(),
        }
    }

    #[cold]
    fn free(&self, block: *mut u8, layout: Layout) {
        let first = (block.addr() - self.room.0.get().addr()) / PIECE;
        let count = layout.size().div_ceil(PIECE).max(1);
        self.with_lock(|| self.mark(first, count, false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back() {
        static RESERVE: Reserve = Reserve::new();
        let layout = |size| Layout::from_size_align(size, 16).expect("a layout");
        let (first, second) = (RESERVE.alloc(layout(1000)), RESERVE.alloc(layout(10)));
        assert!(RESERVE.holds(first) && RESERVE.holds(second) && second.addr() - first.addr() == 1024);
        RESERVE.free(first, layout(1000));
        assert_eq!(RESERVE.alloc(layout(1024)), first);
        assert!(RESERVE.alloc(layout(LARGEST + 1)).is_null());
        assert!(!RESERVE.holds(std::ptr::null_mut()));
        let mut count = 0;
        while !RESERVE.alloc(layout(LARGEST)).is_null() {
            count += 1;
        }
        assert_eq!(count, SIZE / LARGEST - 1);
    }
}
