//! The slots of `memoryview`: length, subscripts, comparison, hash, iteration.

use super::{MemoryView, element, from_object};
use crate::slice::Slice;
use macros::pymethods;
use object::protocol::buffer::Buffer;
use object::value::{str as text, tuple};
use object::{Borrowed, CompareOp, PyResult, Ref, core, exc, hashing, hooks, raise};

impl MemoryView {
    fn index_offset(&self, dimension: usize, key: Borrowed<'_>) -> PyResult<isize> {
        let index = key.as_isize_or(&exc::IndexError)?;
        let length = self.layout.shape.get(dimension).copied().unwrap_or(0);
        let at = if index < 0 { index.saturating_add(length) } else { index };
        if at < 0 || at >= length {
            return Err(raise!(IndexError, "index out of bounds on dimension {}", dimension + 1));
        }
        Ok(at * self.layout.strides.get(dimension).copied().unwrap_or(0))
    }

    /// The offset of the item that an index or a tuple of indices names; none for slices.
    fn item_offset(&self, key: Borrowed<'_>) -> PyResult<Option<isize>> {
        let ndim = self.layout.ndim();
        if key.class().nb_index().is_some() {
            return match ndim {
                0 => Err(raise!(TypeError, "invalid indexing of 0-dim memory")),
                1 => self.index_offset(0, key).map(Some),
                _ => Err(raise!(NotImplementedError, "multi-dimensional sub-views are not implemented")),
            };
        }
        if key.is(&core::ellipsis()) && ndim == 0 {
            return Ok(None);
        }
        let Some(keys) = tuple::items(key) else { return Ok(None) };
        if keys.iter().any(|key| key.class().nb_index().is_none()) {
            if keys.iter().any(|key| key.class().is_type(&core::SLICE)) {
                return Err(raise!(NotImplementedError, "multi-dimensional slicing is not implemented"));
            }
            return Err(raise!(TypeError, "memoryview: invalid slice key"));
        }
        if keys.len() < ndim {
            return Err(raise!(NotImplementedError, "sub-views are not implemented"));
        }
        if keys.len() > ndim {
            return Err(raise!(TypeError, "cannot index {ndim}-dimension view with {}-element tuple", keys.len()));
        }
        let mut offset = 0;
        for (dimension, key) in keys.iter().enumerate() {
            offset += self.index_offset(dimension, *key)?;
        }
        Ok(Some(offset))
    }

    /// The view of a slice of the first dimension.
    fn sliced(&self, slice: &Slice) -> PyResult<Ref> {
        let (Some(length), Some(stride)) = (self.layout.shape.first().copied(), self.layout.strides.first().copied()) else {
            return Err(raise!(TypeError, "invalid indexing of 0-dim memory"));
        };
        let range = slice.indices(|| length.max(0).cast_unsigned())?;
        self.check_released()?;
        let mut layout = self.layout.clone();
        if let (Some(length), Some(own)) = (layout.shape.first_mut(), layout.strides.first_mut()) {
            *length = range.count.cast_signed();
            *own = stride.saturating_mul(range.step);
        }
        let start = if range.count == 0 { self.start() } else { self.start().wrapping_offset(range.start * stride) };
        self.derived(start, layout, self.is_readonly())
    }

    pub(super) fn items(&self) -> PyResult<Vec<Ref>> {
        self.layout.offsets().into_iter().map(|offset| element::unpack(self.layout.code(), self.item_bytes(offset))).collect()
    }
}

#[pymethods(part = SEQUENCE)]
impl MemoryView {
    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        self.check_released()?;
        match self.layout.shape.first() {
            Some(length) => Ok((*length).max(0).cast_unsigned()),
            None => Err(raise!(TypeError, "0-dim memory has no length")),
        }
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Ref> {
        self.check_released()?;
        if self.layout.ndim() != 1 {
            return Err(raise!(NotImplementedError, "multi-dimensional sub-views are not implemented"));
        }
        let length = self.layout.shape.first().copied().unwrap_or(0);
        if index < 0 || index >= length {
            return Err(raise!(IndexError, "index out of bounds on dimension 1"));
        }
        let offset = index * self.layout.strides.first().copied().unwrap_or(0);
        element::unpack(self.layout.code(), self.item_bytes(offset))
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_, Self>, key: Borrowed<'_>) -> PyResult<Ref> {
        slf.check_released()?;
        if slf.layout.ndim() == 0 && (key.is(&core::ellipsis()) || tuple::items(key).is_some_and(<[_]>::is_empty)) {
            return if key.is(&core::ellipsis()) {
                Ok(slf.object().to_ref())
            } else {
                element::unpack(slf.layout.code(), slf.item_bytes(0))
            };
        }
        if let Some(slice) = key.downcast_exact::<Slice>() {
            return slf.sliced(&slice);
        }
        match slf.item_offset(key)? {
            Some(offset) => {
                slf.check_released()?;
                element::unpack(slf.layout.code(), slf.item_bytes(offset))
            }
            None => Err(raise!(TypeError, "memoryview: invalid slice key")),
        }
    }

    #[slot(mp_ass_subscript)]
    fn assign(slf: Borrowed<'_, Self>, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.check_released()?;
        if slf.is_readonly() {
            return Err(raise!(TypeError, "cannot modify read-only memory"));
        }
        let Some(value) = value else { return Err(raise!(TypeError, "cannot delete memory")) };
        if let Some(slice) = key.downcast_exact::<Slice>() {
            if slf.layout.ndim() != 1 {
                return Err(raise!(NotImplementedError, "memoryview slice assignments are currently restricted to ndim = 1"));
            }
            let target = slf.sliced(&slice)?;
            let Some(target) = target.b().downcast::<MemoryView>() else { return Err(object::error::bad_internal_call()) };
            let source = from_object(value)?;
            let Some(source) = source.b().downcast::<MemoryView>() else { return Err(object::error::bad_internal_call()) };
            if source.layout.code() != target.layout.code() || source.layout.shape != target.layout.shape {
                return Err(raise!(ValueError, "memoryview assignment: lvalue and rvalue have different structures"));
            }
            // Gathered first: both may be the same memory.
            let content = source.gathered();
            let size = target.layout.itemsize.max(1).cast_unsigned();
            for (offset, item) in target.layout.offsets().into_iter().zip(content.chunks(size)) {
                target.write(offset, item);
            }
            return Ok(());
        }
        let offset = if slf.layout.ndim() == 0 && key.is(&core::ellipsis()) { Some(0) } else { slf.item_offset(key)? };
        let Some(offset) = offset else { return Err(raise!(TypeError, "memoryview: invalid slice key")) };
        let item = element::pack(slf.layout.code(), value)?;
        slf.check_released()?;
        slf.write(offset, &item);
        Ok(())
    }

    #[slot(tp_richcompare)]
    fn compare(slf: Borrowed<'_, Self>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) || !other.has_buffer() {
            return Ok(core::not_implemented().to_ref());
        }
        let answer = |equal: bool| Ok(core::boolean(equal == (op == CompareOp::Eq)).to_ref());
        if slf.managed.is_none() {
            return answer(slf.object().is(&other));
        }
        let view = match from_object(other) {
            Ok(view) => view,
            Err(raised) => {
                raised.clear();
                return Ok(core::not_implemented().to_ref());
            }
        };
        let Some(view) = view.b().downcast::<MemoryView>() else { return Ok(core::not_implemented().to_ref()) };
        if slf.layout.shape != view.layout.shape {
            return answer(false);
        }
        let is_bytes = |code: &[u8]| matches!(code, b"B" | b"c" | b"b" | b"?");
        if slf.layout.code() == view.layout.code() && is_bytes(view.layout.code()) {
            return answer(slf.gathered() == view.gathered());
        }
        let (own, others) = match (slf.items(), view.items()) {
            (Ok(own), Ok(others)) => (own, others),
            (own, others) => {
                // A format that cannot be read is unequal to everything.
                [own.err(), others.err()].into_iter().flatten().for_each(object::Raised::clear);
                return answer(false);
            }
        };
        for (own, other) in own.iter().zip(&others) {
            if !own.richcompare(other.b(), CompareOp::Eq)?.is_true()? {
                return answer(false);
            }
        }
        answer(true)
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_, Self>) -> PyResult<isize> {
        if slf.hash.get() != -1 {
            return Ok(slf.hash.get());
        }
        slf.check_released()?;
        if !slf.is_readonly() {
            return Err(raise!(ValueError, "cannot hash writable memoryview object"));
        }
        if !matches!(slf.layout.code(), b"B" | b"b" | b"c") {
            return Err(raise!(ValueError, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
        }
        let exporter = slf.managed.get().and_then(|managed| managed.buffer.borrow().as_ref().and_then(Buffer::exporter));
        if let Some(exporter) = exporter {
            exporter.hash()?;
        }
        let hash = hashing::bytes(&slf.gathered());
        slf.hash.set(hash);
        Ok(hash)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let kind = if slf.managed.is_none() { "released memory" } else { "memory" };
        text::new(&format!("<{kind} at {:p}>", slf.ptr()))
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.check_released()?;
        match slf.layout.ndim() {
            1 => (hooks::get().sequence_iter)(slf.object()),
            0 => Err(raise!(TypeError, "invalid indexing of 0-dim memory")),
            _ => Err(raise!(NotImplementedError, "multi-dimensional sub-views are not implemented")),
        }
    }
}

impl MemoryView {
    /// Writes an item.
    fn write(&self, offset: isize, item: &[u8]) {
        // SAFETY: offsets come from the layout, whose items lie in the lent, writable memory; `item` is a copy.
        unsafe {
            self.start().offset(offset).copy_from(item.as_ptr(), item.len().min(self.layout.itemsize.max(0).cast_unsigned()))
        };
    }
}
