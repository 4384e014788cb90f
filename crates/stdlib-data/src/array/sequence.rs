//! The slots of `array`: it is a mutable sequence, and lends its memory.
#![allow(unsafe_code, reason = "the buffer protocol lends raw memory")]

use super::Array;
use super::iterator::ArrayIterator;
use abi::{Py_buffer, c_int, pybuf};
use builtins::slice::Slice;
use macros::pymethods;
use object::protocol::buffer;
use object::{Borrowed, CompareOp, PyResult, Raised, Ref, core, exc, raise};
use std::cmp::Ordering;

#[cold]
fn bad_argument() -> Raised {
    raise!(TypeError, "bad argument type for built-in operation")
}

impl Array {
    fn place(&self, index: isize, message: &str) -> PyResult<usize> {
        usize::try_from(index).ok().filter(|index| *index < self.len()).ok_or_else(|| raise!(IndexError, "{message}"))
    }

    fn wrapped(&self, key: Borrowed<'_>) -> PyResult<isize> {
        let index = key.as_isize_or(&exc::IndexError)?;
        Ok(if index < 0 { index.saturating_add_unsigned(self.len()) } else { index })
    }

    /// Whether both have the same items (or where they first differ).
    fn first_difference(&self, other: &Array) -> PyResult<Option<(Ref, Ref)>> {
        let mut index = 0;
        while let (Some(left), Some(right)) = (self.at(index)?, other.at(index)?) {
            if !left.eq(right.b())? {
                return Ok(Some((left, right)));
            }
            index += 1;
        }
        Ok(None)
    }
}

#[pymethods(part = SEQUENCE)]
impl Array {
    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        ArrayIterator::create(slf)
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Ref> {
        let place = self.place(index, "array index out of range")?;
        self.at(place)?.ok_or_else(|| raise!(IndexError, "array index out of range"))
    }

    #[slot(sq_ass_item)]
    fn assign_item(&self, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let place = self.place(index, "array assignment index out of range")?;
        match value {
            None => self.splice(place, place + 1, &[]),
            Some(value) => {
                let bytes = self.packed(value)?;
                let place = self.place(place.cast_signed(), "array assignment index out of range")?;
                self.splice(place, place + 1, &bytes)
            }
        }
    }

    #[slot(sq_contains)]
    fn contains(&self, value: Borrowed<'_>) -> PyResult<bool> {
        Ok(self.find(value, 0, usize::MAX)?.is_some())
    }

    #[slot(sq_concat)]
    fn concat(&self, other: Borrowed<'_>) -> PyResult<Ref> {
        let Some(other) = other.downcast::<Array>() else {
            return Err(raise!(TypeError, "can only append array (not \"{}\") to array", other.class().tp_name()));
        };
        if other.kind != self.kind {
            return Err(bad_argument());
        }
        let mut bytes = self.copy_bytes()?;
        let added = other.copy_bytes()?;
        object::memory::reserve(&mut bytes, added.len())?;
        bytes.extend_from_slice(&added);
        Self::plain(self.kind, bytes)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(slf: Borrowed<'_, Self>, other: Borrowed<'_>) -> PyResult<Ref> {
        if other.downcast::<Array>().is_none() {
            return Err(raise!(TypeError, "can only extend array with array (not \"{}\")", other.class().tp_name()));
        }
        slf.extend_from(other)?;
        Ok(slf.object().to_ref())
    }

    #[slot(sq_repeat)]
    fn repeat(&self, count: isize) -> PyResult<Ref> {
        Self::plain(self.kind, self.repeated(count)?)
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(slf: Borrowed<'_, Self>, count: isize) -> PyResult<Ref> {
        let bytes = slf.repeated(count)?;
        slf.splice(0, slf.len(), &bytes)?;
        Ok(slf.object().to_ref())
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        if key.class().nb_index().is_some() {
            return self.item(self.wrapped(key)?);
        }
        let Some(slice) = key.downcast_exact::<Slice>() else {
            return Err(raise!(TypeError, "array indices must be integers"));
        };
        let range = slice.indices(|| self.len())?;
        let size = self.kind.size();
        let bytes = self.bytes.borrow();
        let mut part = object::memory::vec_with_capacity(range.count.saturating_mul(size))?;
        let mut at = range.start;
        for _ in 0..range.count {
            let start = at.cast_unsigned().wrapping_mul(size);
            part.extend_from_slice(bytes.get(start..start.wrapping_add(size)).unwrap_or_default());
            at = at.wrapping_add(range.step);
        }
        drop(bytes);
        Self::plain(self.kind, part)
    }

    #[slot(mp_ass_subscript)]
    fn assign(&self, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        if key.class().nb_index().is_some() {
            return self.assign_item(self.wrapped(key)?, value);
        }
        let Some(slice) = key.downcast_exact::<Slice>() else {
            return Err(raise!(TypeError, "array indices must be integers"));
        };
        let range = slice.indices(|| self.len())?;
        let new = match value {
            None => Vec::new(),
            Some(value) => match value.downcast::<Array>() {
                Some(other) if other.kind == self.kind => other.copy_bytes()?,
                Some(_) => return Err(bad_argument()),
                None => {
                    return Err(raise!(TypeError, "can only assign array (not \"{}\") to array slice", value.class().tp_name()));
                }
            },
        };
        let size = self.kind.size();
        let needed = new.len() / size;
        let start = range.start.max(0).cast_unsigned();
        if range.step == 1 {
            return self.splice(start, start + range.count, &new);
        }
        let place = |nth: usize| range.start.wrapping_add(nth.cast_signed().wrapping_mul(range.step)).cast_unsigned();
        if needed == 0 {
            self.check_resizable(range.count != 0)?;
            let mut gone: Vec<usize> = object::memory::vec_with_capacity(range.count)?;
            gone.extend((0..range.count).map(place));
            gone.sort_unstable();
            let mut gone = gone.into_iter().peekable();
            let mut index = 0;
            let mut left: Vec<u8> = object::memory::vec_with_capacity(self.bytes.borrow().len())?;
            for item in self.bytes.borrow().chunks_exact(size) {
                if gone.next_if_eq(&index).is_none() {
                    left.extend_from_slice(item);
                }
                index += 1;
            }
            return self.splice(0, self.len(), &left);
        }
        if needed != range.count {
            return Err(raise!(ValueError, "attempt to assign array of size {needed} to extended slice of size {}", range.count));
        }
        let mut bytes = self.bytes.borrow_mut();
        for (nth, item) in new.chunks_exact(size).enumerate() {
            let start = place(nth).wrapping_mul(size);
            if let Some(target) = bytes.get_mut(start..start.wrapping_add(size)) {
                target.copy_from_slice(item);
            }
        }
        Ok(())
    }

    #[slot(tp_richcompare)]
    fn compare(left: Borrowed<'_>, right: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let (Some(a), Some(b)) = (left.downcast::<Array>(), right.downcast::<Array>()) else {
            return Ok(core::not_implemented().to_ref());
        };
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        if equality && a.len() != b.len() {
            return Ok(core::boolean(op == CompareOp::Ne).to_ref());
        }
        if equality && a.kind == b.kind && a.kind.is_integer() {
            let same = *a.bytes.borrow() == *b.bytes.borrow();
            return Ok(core::boolean(same == (op == CompareOp::Eq)).to_ref());
        }
        match a.first_difference(&b)? {
            Some((x, y)) => match op {
                CompareOp::Eq => Ok(core::false_().to_ref()),
                CompareOp::Ne => Ok(core::true_().to_ref()),
                _ => x.richcompare(y.b(), op),
            },
            None => {
                let order = a.len().cmp(&b.len());
                let result = match op {
                    CompareOp::Lt => order == Ordering::Less,
                    CompareOp::Le => order != Ordering::Greater,
                    CompareOp::Eq => order == Ordering::Equal,
                    CompareOp::Ne => order != Ordering::Equal,
                    CompareOp::Gt => order == Ordering::Greater,
                    CompareOp::Ge => order != Ordering::Less,
                };
                Ok(core::boolean(result).to_ref())
            }
        }
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(slf: Borrowed<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        let (start, len) = {
            let mut bytes = slf.bytes.borrow_mut();
            let start = if bytes.is_empty() { c"".as_ptr().cast_mut().cast() } else { bytes.as_mut_ptr() };
            (start, bytes.len())
        };
        // SAFETY: the view comes from the caller; the bytes stay where they are while buffers are lent.
        unsafe { buffer::fill_info(view, Some(slf.object()), start, len, false, flags)? };
        slf.shape.set(slf.len().cast_signed());
        // SAFETY: `fill_info` has refused a null view.
        let view = unsafe { &*view };
        view.itemsize.set(slf.kind.size().cast_signed());
        if flags & pybuf::FORMAT == pybuf::FORMAT {
            view.format.set(slf.kind.format().as_ptr().cast_mut());
        }
        if flags & pybuf::ND == pybuf::ND {
            view.shape.set(slf.shape.as_ptr());
        }
        slf.exports.set(slf.exports.get() + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    extern "C-unwind" fn release_buffer(slf: Borrowed<'_>, _view: *mut Py_buffer) {
        let slf = slf.self_as::<Array>();
        slf.exports.set(slf.exports.get().saturating_sub(1));
    }
}
