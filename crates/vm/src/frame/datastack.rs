//! The data stack of a thread: chunks of memory on which frames stand. Calls between Python functions need no native stack.

use super::Slot;
use abi::PyObject;
use object::PyResult;
use object::memory;
use object::thread::ThreadState;
use std::cell::Cell;

/// What stands at the start of a chunk. `PyThreadState.datastack_chunk` points here.
#[repr(C)]
struct Chunk {
    previous: *mut Chunk,
    /// Bytes of the whole chunk.
    size: usize,
    /// Where the thread's top was in the previous chunk.
    saved_top: *mut *mut PyObject,
    /// Bytes of this chunk and of those before it.
    total: usize,
}

const FIRST_CHUNK: usize = 64 * 1024;
/// All chunks of a thread together: beyond that is MemoryError.
const CAP: usize = 1 << 30;

/// Room for `words` words on top of the data stack.
#[inline(always)]
pub fn push(thread: &ThreadState, words: usize) -> PyResult<*mut Slot> {
    let top = thread.raw.datastack_top.get();
    let room = (thread.raw.datastack_limit.get().addr()).wrapping_sub(top.addr()) / size_of::<Slot>();
    if words < room && !top.is_null() {
        // SAFETY: the chunk has that much room.
        thread.raw.datastack_top.set(unsafe { top.add(words) });
        return Ok(top.cast());
    }
    push_chunk(thread, words)
}

#[cold]
#[inline(never)]
fn push_chunk(thread: &ThreadState, words: usize) -> PyResult<*mut Slot> {
    let needed = words
        .checked_mul(size_of::<Slot>())
        .and_then(|bytes| bytes.checked_add(size_of::<Chunk>() + size_of::<Slot>()))
        .ok_or_else(memory::no_memory)?;
    let mut size = FIRST_CHUNK;
    while size < needed {
        size = size.checked_mul(2).ok_or_else(memory::no_memory)?;
    }
    let previous = thread.raw.datastack_chunk.get().cast::<Chunk>();
    // SAFETY: the chunk in use is alive.
    let before = if previous.is_null() { 0 } else { unsafe { (*previous).total } };
    let total = before.checked_add(size).filter(|total| *total <= CAP).ok_or_else(memory::no_memory)?;
    let chunk = memory::or_no_memory(memory::try_alloc(size))?.cast::<Chunk>().as_ptr();
    // SAFETY: fresh memory of `size` bytes, at least as large as the header and `words` words.
    unsafe {
        chunk.write(Chunk { previous, size, saved_top: thread.raw.datastack_top.get(), total });
        let start = chunk.add(1).cast::<*mut PyObject>();
        thread.raw.datastack_chunk.set(chunk.cast());
        thread.raw.datastack_limit.set(chunk.byte_add(size).cast());
        thread.raw.datastack_top.set(start.add(words));
        Ok(start.cast())
    }
}

/// Whether the room that begins at `start` is the first of its chunk, which goes with it.
///
/// # Safety
/// As [`pop`].
#[inline(always)]
pub unsafe fn begins_chunk(thread: *const ThreadState, start: *const Slot) -> bool {
    // SAFETY: the chunk in use is alive.
    unsafe { start.cast::<Chunk>() == (*thread).raw.datastack_chunk.get().cast::<Chunk>().add(1) }
}

/// Gives back the topmost room, which begins at `start`.
///
/// # Safety
/// `start` came from [`push`] on this thread and is the latest that was not given back.
#[inline(always)]
pub unsafe fn pop(thread: &ThreadState, start: *mut Slot) {
    let chunk = thread.raw.datastack_chunk.get().cast::<Chunk>();
    // SAFETY: the chunk in use is alive.
    if start.cast::<Chunk>() == unsafe { chunk.add(1) } {
        // SAFETY: by contract.
        unsafe { pop_chunk(thread) };
        return;
    }
    thread.raw.datastack_top.set(start.cast());
}

#[cold]
#[inline(never)]
unsafe fn pop_chunk(thread: &ThreadState) {
    let chunk = thread.raw.datastack_chunk.get().cast::<Chunk>();
    // SAFETY: the topmost chunk holds nothing any more.
    unsafe {
        let previous = (*chunk).previous;
        if previous.is_null() {
            // The first chunk stays for the next call.
            thread.raw.datastack_top.set(chunk.add(1).cast());
            return;
        }
        thread.raw.datastack_top.set((*chunk).saved_top);
        thread.raw.datastack_limit.set(previous.byte_add((*previous).size).cast());
        thread.raw.datastack_chunk.set(previous.cast());
        memory::free(chunk.cast());
    }
}

/// Frees the first chunk, when the thread ends.
pub fn release(thread: &ThreadState) {
    let chunk: &Cell<_> = &thread.raw.datastack_chunk;
    let first = chunk.replace(std::ptr::null_mut()).cast::<Chunk>();
    thread.raw.datastack_top.set(std::ptr::null_mut());
    thread.raw.datastack_limit.set(std::ptr::null_mut());
    // SAFETY: no frame is left on the thread's stack.
    unsafe { memory::free(first.cast()) };
}
