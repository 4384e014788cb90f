//! The slots of `bytes`: length, subscripts, concatenation, comparison, hash, buffer, iteration.

use super::{Bytes, content, kernel};
use crate::slice::Slice;
use abi::{Py_buffer, c_int};
use macros::pymethods;
use object::protocol::buffer::{self, Buffer};
use object::value::{bytes, str as text};
use object::{Borrowed, CompareOp, PyResult, Ref, core, exc, hooks, memory, raise};

/// `-b`: comparing bytes with str or int warns.
fn warn_comparison(other: Borrowed<'_>) -> PyResult<()> {
    if crate::support::bytes_warning() == 0 {
        return Ok(());
    }
    if text::check(other) {
        hooks::warn(&exc::BytesWarning, "Comparison between bytes and string", 1)?;
    }
    if other.class().is_subtype(&core::INT) {
        hooks::warn(&exc::BytesWarning, "Comparison between bytes and int", 1)?;
    }
    Ok(())
}

#[pymethods(part = SEQUENCE)]
impl Bytes {
    #[slot(sq_length, mp_length)]
    fn length(slf: Borrowed<'_>) -> PyResult<usize> {
        Ok(content(slf).len())
    }

    #[slot(sq_concat)]
    fn concat(slf: Borrowed<'_>, other: Borrowed<'_>) -> PyResult<Ref> {
        if !other.has_buffer() {
            return Err(raise!(TypeError, "can't concat {} to {}", other.class().tp_name(), slf.class().tp_name()));
        }
        let left = content(slf);
        if left.is_empty() && other.class().is_type(&core::BYTES) {
            return Ok(other.to_ref());
        }
        if other.class().is_type(&core::BYTES) {
            let right = content(other);
            if right.is_empty() && slf.class().is_type(&core::BYTES) {
                return Ok(slf.to_ref());
            }
            if left.len() + right.len() > 1 {
                return bytes::joined(left, right);
            }
        }
        let other = Buffer::readable(other)?;
        let right = other.bytes();
        if right.is_empty() && slf.class().is_type(&core::BYTES) {
            return Ok(slf.to_ref());
        }
        let len = left.len().checked_add(right.len()).ok_or_else(memory::no_memory)?;
        bytes::new_with(len, |target| {
            let (head, tail) = target.split_at_mut(left.len());
            head.copy_from_slice(left);
            tail.copy_from_slice(right);
        })
    }

    #[slot(sq_repeat)]
    fn repeat(slf: Borrowed<'_>, count: isize) -> PyResult<Ref> {
        if count == 1 && slf.class().is_type(&core::BYTES) {
            return Ok(slf.to_ref());
        }
        let len = usize::try_from(count).unwrap_or(0).checked_mul(content(slf).len());
        if len.is_none_or(|len| len > isize::MAX.cast_unsigned()) {
            return Err(raise!(OverflowError, "repeated bytes are too long"));
        }
        bytes::new(&kernel::repeat(content(slf), count)?)
    }

    #[slot(sq_item)]
    fn item(slf: Borrowed<'_>, index: isize) -> PyResult<Ref> {
        match usize::try_from(index).ok().and_then(|index| content(slf).get(index)) {
            Some(byte) => kernel::byte_object(*byte),
            None => Err(raise!(IndexError, "index out of range")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<Ref> {
        let all = content(slf);
        if key.class().nb_index().is_some() {
            return match kernel::index_in(key, all.len())? {
                Some(index) => kernel::byte_object(all.get(index).copied().unwrap_or(0)),
                None => Err(raise!(IndexError, "index out of range")),
            };
        }
        if let Some(slice) = key.downcast_exact::<Slice>() {
            let range = slice.indices(|| all.len())?;
            if range.step == 1 {
                let start = range.start.max(0).cast_unsigned();
                if range.count == all.len() && slf.class().is_type(&core::BYTES) {
                    return Ok(slf.to_ref());
                }
                return bytes::new(all.get(start..start + range.count).unwrap_or_default());
            }
            return bytes::new_with(range.count, |target| {
                let mut at = range.start;
                for place in target {
                    *place = all.get(at.cast_unsigned()).copied().unwrap_or(0);
                    at = at.wrapping_add(range.step);
                }
            });
        }
        Err(raise!(TypeError, "byte indices must be integers or slices, not {}", key.class().tp_name()))
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_>) -> PyResult<isize> {
        // SAFETY: `self` is bytes or of a subtype.
        Ok(unsafe { bytes::hash_unchecked(slf) })
    }

    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(right) = bytes::value(other) else {
            if matches!(op, CompareOp::Eq | CompareOp::Ne) {
                warn_comparison(other)?;
            }
            return Ok(core::not_implemented().to_ref());
        };
        Ok(core::boolean(op.holds(content(slf).cmp(right))).to_ref())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        text::from_ascii(&kernel::repr(content(slf))?)
    }

    #[slot(tp_str)]
    fn str(slf: Borrowed<'_>) -> PyResult<Ref> {
        if crate::support::bytes_warning() > 0 {
            hooks::warn(&exc::BytesWarning, "str() on a bytes instance", 1)?;
        }
        Self::repr(slf)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        super::iter::new(slf)
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(slf: Borrowed<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        let all = content(slf.object());
        // SAFETY: the view comes from the caller; the content lives and stays as long as the object, which the view keeps alive.
        unsafe { buffer::fill_info(view, Some(slf.object()), all.as_ptr().cast_mut(), all.len(), true, flags) }
    }
}
