//! Short-lived memory: small blocks that are handed out one behind the other while a [`Scope`] is open.
//!
//! A compilation makes hundreds of thousands of small blocks (nodes, texts, tables) and gives nearly all of them up at its end. Here such a block
//! costs a dozen instructions, lies beside the ones made before and after it, and is not touched when it is given up: a chunk counts its blocks and begins
//! anew with the last. Blocks may outlive the scope and may be given up by any thread; they only keep their chunk from being used again.
//! The program's allocator asks here first; nothing else may.

use std::alloc::Layout;
use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bytes of the region (address space until it is used), and of a chunk.
const SIZE: usize = 32 << 20;
const CHUNK: usize = 64 << 10;
const CHUNKS: usize = SIZE / CHUNK;
/// The largest block and the largest alignment.
const LARGEST: usize = 1 << 10;
const ALIGN: usize = 16;
/// Free chunks whose memory an arena keeps when its scope ends.
const KEPT: usize = 64;
/// So many threads may compile at a time and have an arena.
const ARENAS: usize = 4;

#[repr(C, align(4096))]
struct Room(UnsafeCell<MaybeUninit<[u8; SIZE]>>);

// SAFETY: chunks are given to one arena each, blocks to one owner each.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new(MaybeUninit::uninit()));
/// Chunks that were ever given to an arena.
static TAKEN: AtomicUsize = AtomicUsize::new(0);
static ALL: [Arena; ARENAS] = [const { Arena::new() }; ARENAS];

thread_local! {
    /// The arena of the scope that is open on this thread.
    static CURRENT: Cell<*const Arena> = const { Cell::new(null()) };
}

/// What stands at the start of a chunk.
#[repr(C, align(16))]
struct Chunk {
    /// Set once.
    arena: *const Arena,
    /// Blocks that were handed out, without those that the arena's holder gave up.
    here: Cell<usize>,
    /// Blocks that others gave up.
    elsewhere: AtomicUsize,
    state: Cell<State>,
    /// The next free chunk.
    next: Cell<*mut Chunk>,
    /// The chunk that the arena took before this one; set once.
    older: *mut Chunk,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Current,
    /// Full, and some of its blocks are in use.
    Used,
}

/// The chunks of one compilation at a time.
struct Arena {
    busy: AtomicBool,
    /// Where the next block begins, and the end of the current chunk.
    next: Cell<*mut u8>,
    end: Cell<*mut u8>,
    chunk: Cell<*mut Chunk>,
    /// The chunk that was taken last.
    newest: Cell<*mut Chunk>,
    free: Cell<*mut Chunk>,
    free_count: Cell<usize>,
    used_count: Cell<usize>,
}

// SAFETY: all but `busy` is for the thread that set it.
unsafe impl Sync for Arena {}

/// While it lives, small blocks of this thread come from the region.
pub struct Scope {
    before: *const Arena,
    /// It belongs to its thread.
    not_send: PhantomData<*const ()>,
}

impl Scope {
    /// Opens a scope, within another one too. Without a free arena nothing changes.
    pub fn enter() -> Scope {
        let before = CURRENT.get();
        if before.is_null()
            && let Some(arena) = ALL.iter().find(|arena| !arena.busy.swap(true, Ordering::Acquire))
        {
            CURRENT.set(arena);
        }
        Scope { before, not_send: PhantomData }
    }

    /// Blocks come from elsewhere while the result lives.
    pub fn pause() -> Pause {
        Pause { before: CURRENT.replace(null()), not_send: PhantomData }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let arena = CURRENT.replace(self.before);
        // SAFETY: arenas are never dropped.
        if let Some(arena) = unsafe { arena.as_ref() }
            && self.before.is_null()
        {
            arena.leave();
        }
    }
}

/// See [`Scope::pause`].
pub struct Pause {
    before: *const Arena,
    not_send: PhantomData<*const ()>,
}

impl Drop for Pause {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

#[inline]
fn base() -> *mut u8 {
    ROOM.0.get().cast()
}

/// Whether a block is the region's.
#[inline]
pub fn holds(block: *mut u8) -> bool {
    block.addr().wrapping_sub(base().addr()) < SIZE
}

/// The chunk of one of the region's blocks.
#[inline]
fn chunk_of(block: *mut u8) -> *mut Chunk {
    let offset = block.addr().wrapping_sub(base().addr());
    base().wrapping_add(offset & !(CHUNK - 1)).cast()
}

/// A block, if a scope is open and the layout is small. The layout is not empty.
#[inline]
pub fn alloc(layout: Layout) -> Option<NonNull<u8>> {
    // SAFETY: arenas are never dropped.
    let arena = unsafe { CURRENT.get().as_ref() }?;
    if layout.size() > LARGEST || layout.align() > ALIGN {
        return None;
    }
    arena.alloc(layout)
}

/// Gives a block of the region up.
///
/// # Safety
/// The block came from here with this layout, and nobody uses it any more.
#[inline]
pub unsafe fn dealloc(block: *mut u8, layout: Layout) {
    // SAFETY: the chunk has a header as long as it has a block.
    let chunk = unsafe { &*chunk_of(block) };
    let arena = CURRENT.get();
    if chunk.arena != arena {
        chunk.elsewhere.fetch_add(1, Ordering::Release);
        return;
    }
    // SAFETY: arenas are never dropped.
    let arena = unsafe { &*arena };
    let here = chunk.here.get() - 1;
    chunk.here.set(here);
    if here == chunk.elsewhere.load(Ordering::Relaxed) {
        arena.emptied(chunk);
    } else if block.wrapping_add(layout.size()) == arena.next.get() {
        arena.next.set(block);
    }
}

/// Changes the size of a block of the region where it stands; false if that cannot be.
///
/// # Safety
/// The block came from here with this layout.
#[inline]
pub unsafe fn resize(block: *mut u8, layout: Layout, size: usize) -> bool {
    // SAFETY: arenas are never dropped.
    let Some(arena) = (unsafe { CURRENT.get().as_ref() }) else { return size <= layout.size() };
    if block.wrapping_add(layout.size()) != arena.next.get() || size > LARGEST {
        return size <= layout.size();
    }
    if arena.end.get().addr() - block.addr() < size {
        return false;
    }
    arena.next.set(block.wrapping_add(size));
    true
}

impl Arena {
    const fn new() -> Arena {
        Arena {
            busy: AtomicBool::new(false),
            next: Cell::new(null_mut()),
            end: Cell::new(null_mut()),
            chunk: Cell::new(null_mut()),
            newest: Cell::new(null_mut()),
            free: Cell::new(null_mut()),
            free_count: Cell::new(0),
            used_count: Cell::new(0),
        }
    }

    #[inline]
    fn alloc(&self, layout: Layout) -> Option<NonNull<u8>> {
        let next = self.next.get();
        let padding = next.addr().wrapping_neg() & (layout.align() - 1);
        if self.end.get().addr() - next.addr() < padding + layout.size() {
            return self.alloc_in_new_chunk(layout);
        }
        // SAFETY: it is not null, since it has room.
        let chunk = unsafe { &*self.chunk.get() };
        chunk.here.set(chunk.here.get() + 1);
        let block = next.wrapping_add(padding);
        self.next.set(block.wrapping_add(layout.size()));
        NonNull::new(block)
    }

    #[cold]
    #[inline(never)]
    fn alloc_in_new_chunk(&self, layout: Layout) -> Option<NonNull<u8>> {
        let chunk = match self.free.get() {
            chunk if chunk.is_null() => self.take_chunk()?,
            chunk => {
                // SAFETY: a free chunk has a header.
                self.free.set(unsafe { &*chunk }.next.get());
                self.free_count.set(self.free_count.get() - 1);
                chunk
            }
        };
        // SAFETY: both have a header.
        unsafe {
            if let Some(old) = self.chunk.get().as_ref() {
                old.state.set(State::Used);
                self.used_count.set(self.used_count.get() + 1);
            }
            (*chunk).state.set(State::Current);
        }
        self.chunk.set(chunk);
        self.end.set(chunk.cast::<u8>().wrapping_add(CHUNK));
        self.begin(chunk);
        self.alloc(layout)
    }

    /// A chunk that nobody had before.
    fn take_chunk(&self) -> Option<*mut Chunk> {
        let index =
            TAKEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| (taken < CHUNKS).then_some(taken + 1)).ok()?;
        let chunk = base().wrapping_add(index * CHUNK).cast::<Chunk>();
        // SAFETY: it lies within the region, aligned, and is ours alone.
        unsafe {
            chunk.write(Chunk {
                arena: self,
                here: Cell::new(0),
                elsewhere: AtomicUsize::new(0),
                state: Cell::new(State::Free),
                next: Cell::new(null_mut()),
                older: self.newest.replace(chunk),
            });
        }
        Some(chunk)
    }

    /// The next block is the first of this chunk, which has none.
    fn begin(&self, chunk: *mut Chunk) {
        // SAFETY: it has a header.
        unsafe {
            (*chunk).here.set(0);
            // Who gave the last blocks up is done with them.
            (*chunk).elsewhere.swap(0, Ordering::Acquire);
        }
        self.next.set(chunk.cast::<u8>().wrapping_add(size_of::<Chunk>()));
    }

    /// A chunk has no more blocks.
    #[cold]
    fn emptied(&self, chunk: &Chunk) {
        let place = std::ptr::from_ref(chunk).cast_mut();
        match chunk.state.get() {
            State::Current => self.begin(self.chunk.get()),
            State::Used => {
                chunk.state.set(State::Free);
                chunk.next.set(self.free.get());
                self.free.set(place);
                self.free_count.set(self.free_count.get() + 1);
                self.used_count.set(self.used_count.get() - 1);
            }
            State::Free => {}
        }
    }

    /// The outermost scope ends.
    fn leave(&self) {
        if self.used_count.get() > 0 {
            self.collect();
        }
        if self.free_count.get() > KEPT {
            self.give_back();
        }
        self.busy.store(false, Ordering::Release);
    }

    /// Finds the chunks whose last blocks others gave up.
    #[cold]
    fn collect(&self) {
        let mut at = self.newest.get();
        // SAFETY: chunks that were taken have headers.
        while let Some(chunk) = unsafe { at.as_ref() } {
            if chunk.state.get() == State::Used && chunk.here.get() == chunk.elsewhere.load(Ordering::Relaxed) {
                self.emptied(chunk);
            }
            at = chunk.older;
        }
    }

    /// Gives the memory of free chunks back but for the first ones.
    #[cold]
    fn give_back(&self) {
        let mut at = self.free.get();
        let mut number = 0;
        // SAFETY: free chunks have headers, which stay: the first page of each is kept.
        while let Some(chunk) = unsafe { at.as_ref() } {
            number += 1;
            if number > KEPT {
                const PAGE: usize = 4096;
                let start = at.cast::<u8>().wrapping_add(PAGE);
                // SAFETY: the pages lie within the chunk, which has no blocks.
                unsafe { libc::madvise(start.cast(), CHUNK - PAGE, libc::MADV_DONTNEED) };
            }
            at = chunk.next.get();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(size: usize, align: usize) -> (*mut u8, Layout) {
        let layout = Layout::from_size_align(size, align).expect("a layout");
        (alloc(layout).expect("a block").as_ptr(), layout)
    }

    #[test]
    fn blocks_lie_side_by_side_and_chunks_come_back() {
        assert!(alloc(Layout::new::<u64>()).is_none());
        let scope = Scope::enter();
        let (first, layout) = block(24, 8);
        let (second, other) = block(5, 1);
        assert!(holds(first) && second.addr() - first.addr() == 24);
        let (third, wide) = block(32, 16);
        assert_eq!(third.addr() % 16, 0);
        assert!(alloc(Layout::new::<[u64; 1000]>()).is_none());
        // SAFETY: the blocks are as they were given, and given up once.
        unsafe {
            assert!(resize(third, wide, 64) && !resize(first, layout, 32) && resize(first, layout, 8));
            let wide = Layout::from_size_align_unchecked(64, 16);
            dealloc(third, wide);
            assert_eq!(block(16, 16).0, third);
            {
                let _pause = Scope::pause();
                assert!(alloc(layout).is_none());
                dealloc(second, other);
            }
            let given = first.addr();
            let elsewhere = std::thread::spawn(move || dealloc(base().wrapping_add(given - base().addr()), layout));
            elsewhere.join().expect("the thread ends");
            let many: Vec<_> = (0..1000).map(|_| block(1000, 8)).collect();
            assert!(many.iter().any(|(at, _)| chunk_of(*at) != chunk_of(third)));
            for (at, layout) in many {
                dealloc(at, layout);
            }
            dealloc(third, Layout::from_size_align_unchecked(16, 16));
        }
        drop(scope);
        let _scope = Scope::enter();
        let taken = TAKEN.load(Ordering::Relaxed);
        let many: Vec<_> = (0..1000).map(|_| block(1000, 8)).collect();
        assert_eq!(TAKEN.load(Ordering::Relaxed), taken);
        for (at, layout) in many {
            // SAFETY: as above.
            unsafe { dealloc(at, layout) };
        }
    }
}
