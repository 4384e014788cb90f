//! The heap of small blocks: free lists by size, owned by the interpreter and guarded by its GIL.
//!
//! Blocks up to [`LARGEST`] bytes stand in pages that are carved from one reserved range of addresses, so that one comparison tells whose a
//! block is, and a table at the range's start tells its page's size. A block that was given back links the list through its first word. With
//! `PYTHONMALLOC=malloc` there is no range, all lists stay empty, and every block comes from libc.

use abi::Cell;
use std::ptr::{NonNull, null_mut};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The largest block.
pub const LARGEST: usize = 512;
/// Blocks are multiples of this, and so aligned.
const GRAIN: usize = 16;
const CLASSES: usize = LARGEST / GRAIN + 1;
const PAGE: usize = 16 * 1024;
/// What the system's huge pages have.
const HUGE: usize = 2 << 20;
/// A heap of so many bytes grows by huge pages: a program that walks through many objects waits for translations of addresses more than for
/// anything else. The part of the last page that is not used is at most a sixty-fourth of it.
const HUGE_FROM: usize = 128 << 20;
/// Bytes of a page before its first block.
const HEAD: usize = 64;
/// What the system's pages have at least, on the machines that we know.
pub(crate) const SYSTEM_PAGE: usize = 4096;
/// Blocks are made in steps of this many bytes, so that a page of few blocks takes little of the system's memory.
const STEP: usize = 4096;

/// A block that nobody uses.
#[repr(C)]
pub struct Block {
    next: Cell<*mut Block>,
}

/// The head of a page.
#[repr(C)]
struct Page {
    /// Its free blocks, while [`Heap::trim`] counts.
    free: Cell<usize>,
    /// The next page without a class.
    next: Cell<*mut Page>,
}

/// The free lists of one interpreter.
pub struct Heap {
    free: [Cell<*mut Block>; CLASSES],
    pages: [Cell<usize>; CLASSES],
    /// The first block of each class's newest page that is not made yet; null where all are.
    unmade: [Cell<*mut u8>; CLASSES],
    /// Pages whose blocks were all free: for any class.
    empty: Cell<*mut Page>,
}

/// The reserved range: start, end, and what of it is in use.
static START: AtomicUsize = AtomicUsize::new(0);
static LENGTH: AtomicUsize = AtomicUsize::new(0);
static USED: AtomicUsize = AtomicUsize::new(0);

/// Bytes at the end of the range that are given out only within [`with_last_memory`].
const LAST: usize = 64 * PAGE;
static LAST_OPEN: AtomicUsize = AtomicUsize::new(0);

/// Address space that is kept back for the same purpose, from when the range is reserved.
const BALLAST: usize = 4 << 20;
static BALLAST_START: AtomicUsize = AtomicUsize::new(0);

/// Runs `action` with the memory that is kept back: for what must not fail for lack of it (the dict of a type, which is made at its first
/// look-up; words about an exception that nobody handled).
pub fn with_last_memory<R>(action: impl FnOnce() -> R) -> R {
    LAST_OPEN.fetch_add(1, Ordering::Relaxed);
    drop_ballast();
    let result = action();
    LAST_OPEN.fetch_sub(1, Ordering::Relaxed);
    take_ballast();
    result
}

fn take_ballast() {
    if BALLAST_START.load(Ordering::Relaxed) != 0 {
        return;
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a fresh mapping that nobody touches.
    let start = unsafe { libc::mmap(null_mut(), BALLAST, libc::PROT_NONE, flags, -1, 0) };
    if start != libc::MAP_FAILED {
        BALLAST_START.store(start.expose_provenance(), Ordering::Relaxed);
    }
}

fn drop_ballast() {
    let start = BALLAST_START.swap(0, Ordering::Relaxed);
    if start != 0 {
        // SAFETY: the mapping of `take_ballast`.
        unsafe { libc::munmap(std::ptr::with_exposed_provenance_mut(start), BALLAST) };
    }
}

/// Where the class of a block's page is noted: a byte for each page, side by side at the start of the range. (Heads of pages, all of which would fall
/// into the same few sets of the cache, are slow to look at.)
///
/// # Safety
/// The block stands in the range.
#[inline(always)]
unsafe fn class_note(block: *mut u8) -> *mut u8 {
    let start = START.load(Ordering::Relaxed);
    std::ptr::with_exposed_provenance_mut(start + ((block.addr() - start) >> PAGE.trailing_zeros()))
}

/// Sizes of the range that are tried in turn: address space may be limited.
const RANGES: [usize; 6] = [1 << 36, 1 << 33, 1 << 30, 1 << 27, 1 << 25, 1 << 23];

static RESERVED: Once = Once::new();

/// Reserves the range.
fn reserve() {
    if crate::memory::uses_libc_malloc() {
        return;
    }
    // Where address space is limited, most of it is left for blocks that are larger.
    let most = host::memory::address_space().map_or(usize::MAX, |limit| limit / 4);
    for length in RANGES.into_iter().filter(|length| *length <= most) {
        // SAFETY: a fresh anonymous mapping; its pages come into being when they are touched.
        let start = unsafe {
            libc::mmap(
                null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if start != libc::MAP_FAILED {
            let start = start.expose_provenance();
            let aligned = start.next_multiple_of(PAGE);
            START.store(aligned, Ordering::Relaxed);
            let pages = (start + length - aligned) / PAGE;
            LENGTH.store(pages * PAGE, Ordering::Relaxed);
            // The table of classes comes first.
            USED.store(pages.next_multiple_of(PAGE), Ordering::Relaxed);
            take_ballast();
            return;
        }
    }
}

/// Whether a block stands in the range.
#[inline(always)]
pub fn owns(block: *mut u8) -> bool {
    block.addr().wrapping_sub(START.load(Ordering::Relaxed)) < LENGTH.load(Ordering::Relaxed)
}

/// How many blocks of a class fit between the first one that is not made and the end of the page.
fn unmade_blocks(first: *mut u8, class: usize) -> usize {
    if first.is_null() { 0 } else { (PAGE - first.addr() % PAGE) / (class * GRAIN) }
}

/// The class of a size, which is at most [`LARGEST`].
#[inline(always)]
const fn class_of(size: usize) -> usize {
    (size + GRAIN - 1) / GRAIN
}

/// Bytes of a block of the range.
///
/// # Safety
/// The block stands in the range.
#[inline(always)]
pub unsafe fn size_of_block(block: *mut u8) -> usize {
    // SAFETY: by contract.
    unsafe { usize::from(*class_note(block)) * GRAIN }
}

#[inline(always)]
fn page_of(block: *mut u8) -> *const Page {
    block.map_addr(|address| address & !(PAGE - 1)).cast()
}

impl Heap {
    /// A heap without memory.
    pub const fn new() -> Self {
        Heap {
            free: [const { Cell::new(null_mut()) }; CLASSES],
            pages: [const { Cell::new(0) }; CLASSES],
            unmade: [const { Cell::new(null_mut()) }; CLASSES],
            empty: Cell::new(null_mut()),
        }
    }

    /// A block of `size` bytes from the list, or null: the list is empty, or the size too large.
    #[inline(always)]
    pub fn pop(&self, size: usize) -> *mut u8 {
        if size > LARGEST {
            return null_mut();
        }
        let list = &self.free[class_of(size)];
        let block = list.get();
        if !block.is_null() {
            // SAFETY: a block of the list links to the next.
            list.set(unsafe { (*block).next.get() });
        }
        block.cast()
    }

    /// Takes back a block of the range.
    ///
    /// # Safety
    /// The block came from this heap and is not used again.
    #[inline(always)]
    pub unsafe fn push(&self, block: *mut u8) {
        // SAFETY: by contract; a page's class is below the number of lists.
        unsafe {
            let list = self.free.get_unchecked(usize::from(*class_note(block)));
            (*block.cast::<Block>()).next.set(list.get());
            list.set(block.cast());
        }
    }

    /// Takes back a block whose size is known.
    ///
    /// # Safety
    /// The block came from this heap with this size, which is at most [`LARGEST`], and is not used again.
    #[inline(always)]
    pub unsafe fn push_sized(&self, block: *mut u8, size: usize) {
        let list = &self.free[class_of(size)];
        // SAFETY: by contract.
        unsafe { (*block.cast::<Block>()).next.set(list.get()) };
        list.set(block.cast());
    }

    /// As [`Heap::pop`], after making more blocks; null where the range is used up.
    #[cold]
    #[inline(never)]
    pub fn pop_new(&self, size: usize) -> Option<NonNull<u8>> {
        if size > LARGEST {
            return None;
        }
        RESERVED.call_once(reserve);
        let class = class_of(size).max(1);
        if self.unmade[class].get().is_null() {
            let page = self.take_page()?.as_ptr();
            // SAFETY: the page belongs to nobody else.
            unsafe {
                page.cast::<Page>().write(Page { free: Cell::new(0), next: Cell::new(null_mut()) });
                // Classes are few.
                *class_note(page) = class as u8;
                self.unmade[class].set(page.add(HEAD));
            }
            self.pages[class].set(self.pages[class].get() + 1);
        }
        self.make_blocks(class);
        NonNull::new(self.pop(class * GRAIN))
    }

    /// Puts the next blocks of a class's newest page into the free list, which is empty: those that begin in the same step.
    fn make_blocks(&self, class: usize) {
        let first = self.unmade[class].get();
        let bytes = class * GRAIN;
        let count = (STEP - first.addr() % STEP).div_ceil(bytes).min(unmade_blocks(first, class));
        let mut next = self.free[class].get();
        for index in (0..count).rev() {
            // SAFETY: the blocks stand inside the page, which has no others there.
            unsafe {
                let block = first.add(index * bytes).cast::<Block>();
                (*block).next.set(next);
                next = block;
            }
        }
        self.free[class].set(next);
        let after = first.wrapping_add(count * bytes);
        self.unmade[class].set(if unmade_blocks(first, class) > count { after } else { null_mut() });
    }

    /// A page without a class: one that was given back, or a new one of the range.
    fn take_page(&self) -> Option<NonNull<u8>> {
        if let Some(page) = NonNull::new(self.empty.get()) {
            // SAFETY: a page of the list has a head.
            self.empty.set(unsafe { page.as_ref() }.next.get());
            return Some(page.cast());
        }
        let kept = if LAST_OPEN.load(Ordering::Relaxed) == 0 { LAST } else { 0 };
        let length = LENGTH.load(Ordering::Relaxed).saturating_sub(kept);
        let more = |used: usize| (used < length).then_some(used + PAGE);
        let offset = USED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        let page = std::ptr::with_exposed_provenance_mut::<u8>(START.load(Ordering::Relaxed) + offset);
        if page.addr().is_multiple_of(HUGE) && offset >= HUGE_FROM {
            // SAFETY: advice about memory of the range that nobody has touched yet.
            unsafe { libc::madvise(page.cast(), HUGE.min(length - offset), libc::MADV_HUGEPAGE) };
        }
        NonNull::new(page)
    }

    /// Takes the pages whose blocks are all free off the lists, and gives their memory back to the system: after a full collection.
    pub fn trim(&self) {
        for class in 1..CLASSES {
            let capacity = (PAGE - HEAD) / (class * GRAIN);
            self.each_free(class, |page| page.free.set(0));
            let unmade = self.unmade[class].get();
            if !unmade.is_null() {
                // SAFETY: the newest page has a head.
                unsafe { &*page_of(unmade) }.free.set(unmade_blocks(unmade, class));
            }
            self.each_free(class, |page| page.free.set(page.free.get() + 1));
            let mut block = self.free[class].replace(null_mut());
            while !block.is_null() {
                // SAFETY: a block of the list links to the next; its page has a head. What libc gave stays in the list.
                unsafe {
                    let next = (*block).next.get();
                    let page = page_of(block.cast()).cast_mut();
                    if !owns(block.cast()) || (*page).free.get() < capacity {
                        (*block).next.set(self.free[class].get());
                        self.free[class].set(block);
                    } else if (*page).free.get() == capacity {
                        // The first of the page's blocks: the others will find it gone.
                        if !unmade.is_null() && page_of(unmade).addr() == page.addr() {
                            self.unmade[class].set(null_mut());
                        }
                        (*page).free.set(usize::MAX);
                        (*page).next.set(self.empty.get());
                        self.empty.set(page);
                        self.pages[class].set(self.pages[class].get() - 1);
                    }
                    block = next;
                }
            }
        }
        let mut page = self.empty.get();
        while !page.is_null() {
            // SAFETY: nobody uses what stands behind the first system page of an empty page, which keeps the head.
            unsafe {
                libc::madvise(page.byte_add(SYSTEM_PAGE).cast(), PAGE - SYSTEM_PAGE, libc::MADV_DONTNEED);
                page = (*page).next.get();
            }
        }
    }

    /// Shows the page of every free block of a class.
    fn each_free(&self, class: usize, show: impl Fn(&Page)) {
        let mut block = self.free[class].get();
        while !block.is_null() {
            if owns(block.cast()) {
                // SAFETY: a block of the range has a page with a head.
                show(unsafe { &*page_of(block.cast()) });
            }
            // SAFETY: a block of the list links to the next.
            block = unsafe { (*block).next.get() };
        }
    }

    /// Blocks in use.
    pub fn blocks(&self) -> isize {
        let mut total = 0isize;
        for class in 1..CLASSES {
            let pages = self.pages[class].get();
            total += (pages * ((PAGE - HEAD) / (class * GRAIN)) - unmade_blocks(self.unmade[class].get(), class)).cast_signed();
            let mut block = self.free[class].get();
            while !block.is_null() {
                total -= 1;
                // SAFETY: a block of the list links to the next.
                block = unsafe { (*block).next.get() };
            }
        }
        total
    }
}

impl Default for Heap {
    fn default() -> Self {
        Self::new()
    }
}
