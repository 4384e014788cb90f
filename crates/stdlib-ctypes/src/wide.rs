//! Strings of C's `wchar_t`, which is 32 bits here.

use abi::{PyObject, c_void};
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, memory, raise};

/// Bytes of a `wchar_t`.
pub const WIDTH: usize = size_of::<u32>();

/// The str of `len` wide characters.
///
/// # Safety
/// So many can be read at `start`.
pub unsafe fn read(start: *const u8, len: usize) -> PyResult<Ref> {
    let mut codes: Vec<u32> = memory::vec_with_capacity(len)?;
    for index in 0..len {
        // SAFETY: by contract.
        codes.push(unsafe { start.add(index * WIDTH).cast::<u32>().read_unaligned() });
    }
    from_codes(&codes)
}

/// The str of these wide characters.
pub fn from_codes(codes: &[u32]) -> PyResult<Ref> {
    match codes.iter().find(|code| **code > 0x10_FFFF) {
        Some(code) => Err(raise!(ValueError, "character U+{code:x} is not in range [U+0000; U+10ffff]")),
        None => text::from_ucs4(codes),
    }
}

/// Characters before the first NUL.
///
/// # Safety
/// A NUL stands somewhere behind `start`, or `limit` characters can be read there.
pub unsafe fn len(start: *const u8, limit: usize) -> usize {
    let mut len = 0;
    // SAFETY: by contract.
    while len < limit && unsafe { start.add(len * WIDTH).cast::<u32>().read_unaligned() } != 0 {
        len += 1;
    }
    len
}

/// Writes a str without more characters than `room`, and a NUL behind it where there is room for that too.
///
/// # Safety
/// So many characters can be written at `start`.
pub unsafe fn write(start: *mut u8, room: usize, value: Borrowed<'_>) {
    let Some(data) = text::data(value) else { return };
    for (index, code) in data.iter().chain(std::iter::once(0)).take(room).enumerate() {
        // SAFETY: by contract.
        unsafe { start.add(index * WIDTH).cast::<u32>().write_unaligned(code) };
    }
}

/// The wide characters of a str with a NUL behind them, and the capsule that owns them.
pub fn owned(value: Borrowed<'_>) -> PyResult<(*mut u8, Ref)> {
    let len = text::data(value).map_or(0, |data| data.len());
    let bytes = len.saturating_add(1).saturating_mul(WIDTH);
    let block = memory::or_no_memory(memory::try_alloc(bytes))?.as_ptr();
    // SAFETY: the block has that much room.
    unsafe { write(block, len + 1, value) };
    match owner(block) {
        Ok(owner) => Ok((block, owner)),
        Err(raised) => {
            // SAFETY: nobody else knows the block.
            unsafe { memory::free(block) };
            Err(raised)
        }
    }
}

/// A capsule that frees a block of `memory` when it dies.
pub fn owner(block: *mut u8) -> PyResult<Ref> {
    builtins::capsule::new(block.cast::<c_void>(), OWNER.as_ptr(), Some(free_block))
}

static OWNER: &std::ffi::CStr = c"_ctypes/cfield.c pymem";

unsafe extern "C-unwind" fn free_block(capsule: *mut PyObject) {
    // SAFETY: the capsules of `owner` end here, each once.
    unsafe { memory::free((*capsule.cast::<builtins::capsule::Capsule>()).pointer.get().cast()) };
}
