//! `mmap` as a sequence, and the buffers that it lends.

use super::{Access, Mmap};
use builtins::slice::Slice;
use macros::pymethods;
use object::protocol::buffer::{self, Buffer};
use object::value::{bytes, int};
use object::{Borrowed, PyResult, Raised, Ref, exc, memory, raise};

#[cold]
fn out_of_range() -> Raised {
    raise!(IndexError, "mmap index out of range")
}

/// An index into `len` bytes.
fn place(index: isize, len: usize) -> PyResult<usize> {
    let index = if index < 0 { index.saturating_add_unsigned(len) } else { index };
    usize::try_from(index).ok().filter(|index| *index < len).ok_or_else(out_of_range)
}

impl Mmap {
    fn byte(&self, at: usize) -> PyResult<u8> {
        self.with(|mapping| mapping.bytes().get(at).copied())?.ok_or_else(out_of_range)
    }

    fn set_byte(&self, at: usize, byte: u8) -> PyResult<()> {
        if self.with(|mapping| at < mapping.len() && mapping.write(at, &[byte]))? { Ok(()) } else { Err(out_of_range()) }
    }
}

#[pymethods(part = SEQUENCE)]
impl Mmap {
    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        self.len()
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Ref> {
        let len = self.len()?;
        let at = usize::try_from(index).ok().filter(|at| *at < len).ok_or_else(out_of_range)?;
        bytes::new(&[self.byte(at)?])
    }

    #[slot(sq_ass_item)]
    fn assign_item(&self, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let len = self.len()?;
        let at = usize::try_from(index).ok().filter(|at| *at < len).ok_or_else(out_of_range)?;
        let Some(value) = value else { return Err(raise!(TypeError, "mmap object doesn't support item deletion")) };
        let Some([byte]) = bytes::value(value) else {
            return Err(raise!(IndexError, "mmap assignment must be length-1 bytes()"));
        };
        self.check_writable()?;
        self.set_byte(at, *byte)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        self.len()?;
        if int::check(key) || key.class().nb_index().is_some() {
            let index = key.as_isize_or(&exc::IndexError)?;
            let at = place(index, self.len()?)?;
            return int::new(i64::from(self.byte(at)?));
        }
        let Some(slice) = key.downcast::<Slice>() else {
            return Err(raise!(TypeError, "mmap indices must be integers"));
        };
        let bounds = slice.unpack()?;
        let content = self.with(|mapping| {
            let indices = bounds.adjust(mapping.len());
            let mut content: Vec<u8> = memory::vec_with_capacity(indices.count)?;
            if indices.step == 1 {
                let start = indices.start.max(0).unsigned_abs();
                content.extend_from_slice(mapping.bytes().get(start..start + indices.count).unwrap_or_default());
            } else {
                let mut at = indices.start;
                for _ in 0..indices.count {
                    content.extend(usize::try_from(at).ok().and_then(|at| mapping.bytes().get(at)));
                    at = at.wrapping_add(indices.step);
                }
            }
            Ok(content)
        })??;
        bytes::new(&content)
    }

    #[slot(mp_ass_subscript)]
    fn assign(&self, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.len()?;
        self.check_writable()?;
        if int::check(key) || key.class().nb_index().is_some() {
            let index = key.as_isize_or(&exc::IndexError)?;
            let at = place(index, self.len()?)?;
            let Some(value) = value else { return Err(raise!(TypeError, "mmap doesn't support item deletion")) };
            if !int::check(value) && value.class().nb_index().is_none() {
                return Err(raise!(TypeError, "mmap item value must be an int"));
            }
            let number = value.as_isize_or(&exc::TypeError)?;
            let Ok(byte) = u8::try_from(number) else {
                return Err(raise!(ValueError, "mmap item value must be in range(0, 256)"));
            };
            return self.set_byte(at, byte);
        }
        let Some(slice) = key.downcast::<Slice>() else {
            return Err(raise!(TypeError, "mmap indices must be integer"));
        };
        let bounds = slice.unpack()?;
        let Some(value) = value else { return Err(raise!(TypeError, "mmap object doesn't support slice deletion")) };
        let data = Buffer::readable(value)?;
        let fits = self.with(|mapping| {
            let indices = bounds.adjust(mapping.len());
            if data.len() != indices.count {
                return false;
            }
            if indices.step == 1 {
                return mapping.write(indices.start.max(0).unsigned_abs(), data.bytes());
            }
            let mut at = indices.start;
            for byte in data.bytes() {
                if let Ok(at) = usize::try_from(at) {
                    mapping.write(at, &[*byte]);
                }
                at = at.wrapping_add(indices.step);
            }
            true
        })?;
        if fits { Ok(()) } else { Err(raise!(IndexError, "mmap slice assignment is wrong size")) }
    }

    #[slot(bf_getbuffer)]
    fn getbuffer(slf: Borrowed<'_, Self>, view: *mut abi::Py_buffer, flags: abi::c_int) -> PyResult<()> {
        lend(slf, view, flags)?;
        slf.exports.set(slf.exports.get() + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    extern "C-unwind" fn releasebuffer(slf: Borrowed<'_>, _view: *mut abi::Py_buffer) {
        let slf = slf.self_as::<Mmap>();
        slf.exports.set(slf.exports.get().saturating_sub(1));
    }
}

#[allow(unsafe_code, reason = "the buffer protocol lends memory by its address")]
fn lend(slf: Borrowed<'_, Mmap>, view: *mut abi::Py_buffer, flags: abi::c_int) -> PyResult<()> {
    let (start, len) = slf.with(|mapping| (mapping.start(), mapping.len()))?;
    let readonly = slf.access == Access::Read;
    // SAFETY: the exporter keeps the mapping alive; while it has exports, the mapping neither moves nor ends. `view` is the protocol's.
    unsafe { buffer::fill_info(view, Some(slf.object()), start, len, readonly, flags) }
}
