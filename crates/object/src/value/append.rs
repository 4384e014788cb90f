//! Strs that grow in place: `s += t` where nobody else has `s`.

use super::str::{ASCII, COMPACT, INTERNED_MASK, KIND_SHIFT};
use crate::memory;
use crate::reference::Borrowed;
use abi::{PyASCIIObject, PyCompactUnicodeObject, PyObject};

/// Appends the text of `tail` to the str at `head` and returns where it stands now; null, and nothing done, where that cannot be: others have the str,
/// it is interned, the widths differ, or there is no memory.
///
/// # Safety
/// Both are exact strs. One reference to `head` is the caller's, who uses the result in its place.
pub unsafe fn grow(head: *mut PyObject, tail: Borrowed<'_>) -> *mut PyObject {
    const NONE: *mut PyObject = std::ptr::null_mut();
    // SAFETY: by contract; a compact str is one block, which holds its struct, the code points and a NUL. With one reference no other str can be `tail`.
    unsafe {
        let (own, other) = (&*head.cast::<PyASCIIObject>(), &*tail.ptr().cast::<PyASCIIObject>());
        let (state, tail_state) = (own.state.get(), other.state.get());
        let shape = COMPACT | ASCII | 7 << KIND_SHIFT;
        let (len, more) = (own.length.get().cast_unsigned(), other.length.get().cast_unsigned());
        let alone = *head.cast::<u32>() == 1 && state & INTERNED_MASK == 0 && head != tail.ptr();
        if !alone || state & COMPACT == 0 || state & shape != tail_state & shape || len == 0 {
            return NONE;
        }
        let width = (state >> KIND_SHIFT & 7) as usize;
        let start = if state & ASCII != 0 { size_of::<PyASCIIObject>() } else { size_of::<PyCompactUnicodeObject>() };
        if state & ASCII == 0 && !(*head.cast::<PyCompactUnicodeObject>()).utf8.get().is_null() {
            return NONE;
        }
        let Some(total) = len.checked_add(more) else { return NONE };
        let Some(size) =
            total.checked_add(1).and_then(|count| count.checked_mul(width)).and_then(|bytes| bytes.checked_add(start))
        else {
            return NONE;
        };
        let Some(block) = memory::try_realloc(head.cast(), size) else { return NONE };
        let block = block.as_ptr();
        let text = block.add(start);
        text.add(len * width).copy_from_nonoverlapping(tail.ptr().cast::<u8>().add(start), (more + 1) * width);
        let grown = &*block.cast::<PyASCIIObject>();
        grown.length.set(total.cast_signed());
        grown.hash.set(-1);
        block.cast()
    }
}
