//! The slots of `memoryview`: length, subscripts, hash, iteration.

use super::make::Shape;
use super::{MemoryView, element, iter};
use crate::slice::Slice;
use macros::pymethods;
use object::protocol::buffer::Buffer;
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Raised, Ref, core, exc, hashing, raise};

#[cold]
fn no_dimension() -> Raised {
    raise!(TypeError, "invalid indexing of 0-dim memory")
}

/// Whether a key is a tuple of items that all satisfy this.
fn is_tuple_of(key: Borrowed<'_>, test: impl Fn(Borrowed<'_>) -> bool) -> bool {
    tuple::items(key).is_some_and(|keys| keys.iter().all(|key| test(*key)))
}

fn is_index(key: Borrowed<'_>) -> bool {
    key.class().nb_index().is_some()
}

fn is_slice(key: Borrowed<'_>) -> bool {
    key.class().is_type(&core::SLICE)
}

impl MemoryView {
    /// Where an index of a dimension leads to from `at`.
    ///
    /// # Safety
    /// The index is in range, the view not released, and `at` the place that the dimensions before lead to.
    #[inline]
    pub(super) unsafe fn place(&self, dimension: usize, at: *mut u8, index: isize) -> *mut u8 {
        let stride = self.steps().get(dimension).copied().unwrap_or(0);
        let place = at.wrapping_offset(stride.wrapping_mul(index));
        match self.indirections().get(dimension) {
            // SAFETY: a suboffset says that a pointer stands here.
            Some(suboffset @ 0..) => unsafe { place.cast::<*mut u8>().read_unaligned() }.wrapping_offset(*suboffset),
            _ => place,
        }
    }

    /// An index of a dimension, in range.
    fn checked_index(&self, dimension: usize, index: isize) -> PyResult<isize> {
        let length = self.lengths().get(dimension).copied().unwrap_or(0);
        let at = if index < 0 { index.saturating_add(length) } else { index };
        if at < 0 || at >= length {
            return Err(raise!(IndexError, "index out of bounds on dimension {}", dimension + 1));
        }
        Ok(at)
    }

    /// The item that an index of the only dimension names.
    fn place_of_index(&self, index: isize) -> PyResult<*mut u8> {
        let index = self.checked_index(0, index)?;
        // SAFETY: the index is in range; the caller checked that the view is not released.
        Ok(unsafe { self.place(0, self.start(), index) })
    }

    /// The item that a tuple of indices names.
    fn place_of_tuple(&self, keys: Borrowed<'_>) -> PyResult<*mut u8> {
        let keys = tuple::items(keys).unwrap_or_default();
        let ndim = self.dimensions();
        if keys.len() < ndim {
            return Err(raise!(NotImplementedError, "sub-views are not implemented"));
        }
        if keys.len() > ndim {
            return Err(raise!(TypeError, "cannot index {ndim}-dimension view with {}-element tuple", keys.len()));
        }
        let mut at = self.start();
        for (dimension, key) in keys.iter().enumerate() {
            let index = key.as_isize_or(&exc::IndexError)?;
            let index = self.checked_index(dimension, index)?;
            self.check_released()?;
            // SAFETY: the index is in range, and the view is not released.
            at = unsafe { self.place(dimension, at, index) };
        }
        Ok(at)
    }

    fn unpacked(&self, place: *mut u8) -> PyResult<Ref> {
        // SAFETY: the place of an item of a view that is not released.
        unsafe { element::unpack(self.code()?, place) }
    }

    /// Writes an object over the item that `place` finds; neither may give the memory back in between.
    fn pack_at(&self, value: Borrowed<'_>, place: *mut u8) -> PyResult<()> {
        let item = element::pack(self.code()?, value)?;
        self.check_released()?;
        let bytes = item.as_bytes();
        // SAFETY: the place of an item of a writable view that is not released.
        unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(())
    }

    /// What a slice of the first dimension looks at.
    fn sliced(&self, slice: &Slice) -> PyResult<Shape> {
        let length = self.lengths().first().copied().unwrap_or(0);
        let range = slice.indices(|| length.max(0).cast_unsigned())?;
        let mut shape = Shape::of(&self.view)?;
        if let (Some(length), Some(stride)) = (shape.shape.first_mut(), shape.strides.first_mut()) {
            shape.start = shape.start.wrapping_offset(stride.wrapping_mul(range.start));
            *length = range.count.cast_signed();
            *stride = stride.saturating_mul(range.step);
        }
        shape.len = shape.shape.iter().fold(shape.itemsize, |len, length| len.saturating_mul(*length));
        Ok(shape)
    }

    /// `view[slice] = value` of a view with one dimension.
    fn assign_slice(&self, slice: &Slice, value: Borrowed<'_>) -> PyResult<()> {
        let source = Buffer::get(value, abi::pybuf::FULL_RO)?;
        let shape = self.sliced(slice)?;
        let target = self.derived(shape)?;
        let walk = super::walk::Walk::new(source.view());
        let format = source.view().format.get();
        // SAFETY: a format is a C string that the lender keeps.
        let format = if format.is_null() { c"B" } else { unsafe { std::ffi::CStr::from_ptr(format) } };
        let plain = |format: &std::ffi::CStr| -> Vec<u8> {
            let bytes = format.to_bytes();
            bytes.strip_prefix(b"@").unwrap_or(bytes).to_vec()
        };
        let same = plain(format) == plain(target.format_text())
            && source.view().itemsize.get() == target.view.itemsize.get()
            && walk.shape().eq(target.lengths().iter().copied());
        if !same {
            return Err(raise!(ValueError, "memoryview assignment: lvalue and rvalue have different structures"));
        }
        // Gathered first: both may be the same memory.
        let content = walk.gather(super::walk::Order::C)?;
        super::walk::Walk::new(&target.view).scatter(super::walk::Order::C, &content);
        Ok(())
    }
}

#[pymethods(part = SEQUENCE)]
impl MemoryView {
    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        self.check_released()?;
        match self.lengths().first() {
            Some(length) => Ok((*length).max(0).cast_unsigned()),
            None => Err(raise!(TypeError, "0-dim memory has no length")),
        }
    }

    #[slot(sq_item)]
    pub(super) fn item(&self, index: isize) -> PyResult<Ref> {
        self.check_released()?;
        let code = self.code()?;
        match self.dimensions() {
            // SAFETY: the place of an item of a view that is not released.
            1 => unsafe { element::unpack(code, self.place_of_index(index)?) },
            0 => Err(no_dimension()),
            _ => Err(raise!(NotImplementedError, "multi-dimensional sub-views are not implemented")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_, Self>, key: Borrowed<'_>) -> PyResult<Ref> {
        slf.check_released()?;
        if slf.dimensions() == 0 {
            return match key {
                key if key.is(&core::ellipsis()) => Ok(slf.object().to_ref()),
                key if tuple::items(key).is_some_and(<[_]>::is_empty) => slf.unpacked(slf.start()),
                _ => Err(no_dimension()),
            };
        }
        if is_index(key) {
            return slf.item(key.as_isize_or(&exc::IndexError)?);
        }
        if let Some(slice) = key.downcast_exact::<Slice>() {
            slf.check_derivable()?;
            // The bounds may release this view, not the one that is made.
            let (managed, exporter) = (slf.managed.get(), slf.view.obj.get());
            return slf.sliced(&slice).and_then(|shape| slf.derived_of(managed, exporter, shape)).map(Ref::upcast);
        }
        if is_tuple_of(key, is_index) {
            slf.code()?;
            let place = slf.place_of_tuple(key)?;
            return slf.unpacked(place);
        }
        if is_tuple_of(key, is_slice) {
            return Err(raise!(NotImplementedError, "multi-dimensional slicing is not implemented"));
        }
        Err(raise!(TypeError, "memoryview: invalid slice key"))
    }

    #[slot(mp_ass_subscript)]
    fn assign(slf: Borrowed<'_, Self>, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        slf.check_released()?;
        slf.code()?;
        if slf.is_readonly() {
            return Err(raise!(TypeError, "cannot modify read-only memory"));
        }
        let Some(value) = value else { return Err(raise!(TypeError, "cannot delete memory")) };
        let ndim = slf.dimensions();
        if ndim == 0 {
            if key.is(&core::ellipsis()) || tuple::items(key).is_some_and(<[_]>::is_empty) {
                return slf.pack_at(value, slf.start());
            }
            return Err(no_dimension());
        }
        if is_index(key) {
            if ndim > 1 {
                return Err(raise!(NotImplementedError, "sub-views are not implemented"));
            }
            let index = key.as_isize_or(&exc::IndexError)?;
            slf.check_released()?;
            return slf.pack_at(value, slf.place_of_index(index)?);
        }
        if let Some(slice) = key.downcast_exact::<Slice>().filter(|_| ndim == 1) {
            return slf.assign_slice(&slice, value);
        }
        if is_tuple_of(key, is_index) {
            let place = slf.place_of_tuple(key)?;
            return slf.pack_at(value, place);
        }
        if is_slice(key) || is_tuple_of(key, is_slice) {
            return Err(raise!(NotImplementedError, "memoryview slice assignments are currently restricted to ndim = 1"));
        }
        Err(raise!(TypeError, "memoryview: invalid slice key"))
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
        if !element::native(slf.format_text().to_bytes()).is_some_and(|(code, ..)| element::is_byte(code)) {
            return Err(raise!(ValueError, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
        }
        let managed = slf.managed.get();
        let exporter = managed.and_then(|managed| managed.buffer.borrow().as_ref().and_then(Buffer::exporter));
        if let Some(exporter) = exporter {
            let _held = slf.hold();
            exporter.hash()?;
        }
        let hash = hashing::bytes(&slf.gathered()?);
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
        match slf.dimensions() {
            1 => {
                slf.code()?;
                iter::new(slf)
            }
            0 => Err(no_dimension()),
            _ => Err(raise!(NotImplementedError, "multi-dimensional sub-views are not implemented")),
        }
    }
}
