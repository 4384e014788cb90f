//! The block behind a bytearray.

use super::ByteArray;
use object::{Borrowed, PyResult, error, memory, raise};
use std::ops::Deref;

/// The content of a bytearray for as long as this lives: until then its size cannot change (BufferError). Python code that runs
/// meanwhile may still write single bytes, so a slice of it is taken anew after each call of such code.
pub(super) struct Loan<'a>(Borrowed<'a, ByteArray>);

impl<'a> Loan<'a> {
    /// Lends the content of `owner`.
    pub(super) fn new(owner: Borrowed<'a, ByteArray>) -> Self {
        let exports = owner.exports();
        exports.set(exports.get() + 1);
        Self(owner)
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let exports = self.0.exports();
        exports.set(exports.get() - 1);
    }
}

impl Deref for Loan<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.view()
    }
}

impl ByteArray {
    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.raw.ob_base.ob_size.get().max(0).cast_unsigned()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The content, until any code runs that could change it.
    pub fn view(&self) -> &[u8] {
        let start = self.raw.ob_start.get().cast::<u8>();
        if start.is_null() {
            return &[];
        }
        // SAFETY: `ob_size` bytes stand at `ob_start`.
        unsafe { std::slice::from_raw_parts(start, self.len()) }
    }

    /// Runs `action` on the content, which keeps its size. `action` calls nothing that could reach this object.
    pub fn with_mut<R>(&self, action: impl FnOnce(&mut [u8]) -> R) -> R {
        let start = self.raw.ob_start.get().cast::<u8>();
        if start.is_null() {
            return action(&mut []);
        }
        // SAFETY: as `view`; by contract nobody else looks at the bytes meanwhile.
        action(unsafe { std::slice::from_raw_parts_mut(start, self.len()) })
    }

    /// Buffers that are lent.
    pub(super) fn exports(&self) -> &abi::Cell<isize> {
        &self.raw.ob_exports
    }

    /// BufferError while buffers are lent.
    pub(super) fn check_resizable(&self) -> PyResult<()> {
        if self.raw.ob_exports.get() > 0 {
            return Err(raise!(BufferError, "Existing exports of data: object cannot be re-sized"));
        }
        Ok(())
    }

    /// The bytes that the block has room for, the NUL included.
    pub(super) fn capacity(&self) -> usize {
        self.raw.ob_alloc.get().max(0).cast_unsigned()
    }

    /// Changes the size; new bytes are zero.
    pub fn resize(&self, len: usize) -> PyResult<()> {
        if len == self.len() {
            return Ok(());
        }
        self.check_resizable()?;
        let old = self.len();
        let offset = self.offset();
        let room = self.capacity();
        if len + offset + 1 <= room && len >= room / 2 {
            self.set_len(len, old);
            return Ok(());
        }
        // CPython's growth: an eighth more, and a little.
        let wanted = if len <= room.saturating_add(room >> 3) && len > old {
            len.checked_add((len >> 3) + if len < 9 { 3 } else { 6 }).ok_or_else(memory::no_memory)?
        } else {
            len.checked_add(1).ok_or_else(memory::no_memory)?
        };
        let wanted = wanted.max(len.checked_add(1).ok_or_else(memory::no_memory)?);
        if wanted > isize::MAX.cast_unsigned() {
            return Err(error::no_memory());
        }
        self.move_to_front();
        // SAFETY: the block is ours, from this allocator.
        let block = memory::or_no_memory(unsafe { memory::try_realloc(self.raw.ob_bytes.get().cast(), wanted) })?;
        self.raw.ob_bytes.set(block.as_ptr().cast());
        self.raw.ob_start.set(block.as_ptr().cast());
        self.raw.ob_alloc.set(wanted.cast_signed());
        self.set_len(len, old);
        Ok(())
    }

    fn offset(&self) -> usize {
        self.raw.ob_start.get().addr() - self.raw.ob_bytes.get().addr()
    }

    /// Brings the content to the beginning of the block.
    fn move_to_front(&self) {
        if self.offset() > 0 {
            // SAFETY: both ranges are inside the block; `copy` allows an overlap.
            unsafe { std::ptr::copy(self.raw.ob_start.get().cast::<u8>(), self.raw.ob_bytes.get().cast::<u8>(), self.len()) };
            self.raw.ob_start.set(self.raw.ob_bytes.get());
        }
    }

    fn set_len(&self, len: usize, old: usize) {
        self.raw.ob_base.ob_size.set(len.cast_signed());
        let start = self.raw.ob_start.get().cast::<u8>();
        if start.is_null() {
            return;
        }
        // SAFETY: the block has room for `len` bytes and the NUL.
        unsafe {
            if len > old {
                start.add(old).write_bytes(0, len - old);
            }
            start.add(len).write(0);
        }
    }

    /// Replaces the content.
    pub(super) fn set_content(&self, content: &[u8]) -> PyResult<()> {
        self.resize(content.len())?;
        self.with_mut(|own| own.copy_from_slice(content));
        Ok(())
    }

    /// Replaces `start..end` by `new`, moving what is behind.
    pub(super) fn splice(&self, start: usize, end: usize, new: &[u8]) -> PyResult<()> {
        let old_len = self.len();
        let (end, start) = (end.min(old_len), start.min(old_len));
        let end = end.max(start);
        let removed = end - start;
        if removed == new.len() {
            self.with_mut(|own| {
                if let Some(part) = own.get_mut(start..end) {
                    part.copy_from_slice(new);
                }
            });
            return Ok(());
        }
        self.check_resizable()?;
        if start == 0 && new.is_empty() && removed < old_len {
            // Cutting from the front moves the start only.
            // SAFETY: `removed` is less than the length: the start stays inside the block.
            self.raw.ob_start.set(unsafe { self.raw.ob_start.get().add(removed) });
            self.raw.ob_base.ob_size.set((old_len - removed).cast_signed());
            return Ok(());
        }
        let new_len = (old_len - removed).checked_add(new.len()).ok_or_else(memory::no_memory)?;
        let tail = old_len - end;
        if new_len > old_len {
            self.resize(new_len)?;
            self.with_mut(|own| own.copy_within(end..end + tail, start + new.len()));
        } else {
            self.with_mut(|own| own.copy_within(end..end + tail, start + new.len()));
            self.resize(new_len)?;
        }
        self.with_mut(|own| {
            if let Some(part) = own.get_mut(start..start + new.len()) {
                part.copy_from_slice(new);
            }
        });
        Ok(())
    }

    /// Takes out `count` bytes that stand `step` apart, the first at `start`; the size must be free to change.
    pub(super) fn delete_stepped(&self, start: usize, step: isize, count: usize) -> PyResult<()> {
        if count == 0 {
            return Ok(());
        }
        self.check_resizable()?;
        let stride = step.unsigned_abs();
        let first = if step < 0 { start - (count - 1) * stride } else { start };
        let left = self.len() - count;
        self.with_mut(|own| {
            // Each run between two bytes that go moves down by what went before it.
            for gone in 0..count {
                let from = first + gone * stride + 1;
                let to = if gone + 1 == count { own.len() } else { from + stride - 1 };
                own.copy_within(from..to, from - gone - 1);
            }
        });
        self.resize(left)
    }

    /// Appends what an iterator yields, one by one.
    pub(super) fn extend_from(&self, iterator: object::Borrowed<'_>) -> PyResult<()> {
        while let Some(item) = iterator.next()? {
            let byte = super::methods::byte_argument(item.b())?;
            self.splice(self.len(), self.len(), &[byte])?;
        }
        Ok(())
    }

    /// Frees the block: for the destructor.
    pub(super) fn free_block(&self) {
        let block = self.raw.ob_bytes.replace(std::ptr::null_mut());
        // SAFETY: the block is ours, from this allocator, or null.
        unsafe { memory::free(block.cast()) };
    }
}
