//! `slice`, and the arithmetic of slices.

use abi::PyObject;
use macros::{pyclass, pymethods};
use object::protocol::number;
use object::value::{int, str as text, tuple};
use object::{Borrowed, CompareOp, IntoPy, OptRef, PyResult, Ref, StaticType, TypeObject, args, core, memory, raise};

/// slice(stop)
/// slice(start, stop[, step])
///
/// Create a slice object.
///
/// This is used for extended slicing (e.g. a[0:10:2]).
#[pyclass(name = "slice", cell = object::core::SLICE, gc)]
pub struct Slice {
    header: PyObject,
    #[member(readonly)]
    start: OptRef,
    #[member(readonly)]
    stop: OptRef,
    #[member(readonly)]
    step: OptRef,
}

const _: () = assert!(size_of::<Slice>() == size_of::<abi::PySliceObject>());

/// The indices that a slice takes from a sequence: `count` of them, from `start` on, `step` apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Indices {
    pub start: isize,
    pub stop: isize,
    pub step: isize,
    pub count: usize,
}

/// The bounds of a slice as machine integers (clipped), for no length in particular: `PySlice_Unpack`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    pub start: isize,
    pub stop: isize,
    pub step: isize,
}

impl Bounds {
    /// The indices for a sequence of this length: `PySlice_AdjustIndices`.
    pub fn adjust(self, len: usize) -> Indices {
        let len = len.cast_signed();
        let Bounds { mut start, mut stop, step } = self;
        let clip = |bound: &mut isize| {
            if *bound < 0 {
                *bound += len;
                if *bound < 0 {
                    *bound = if step < 0 { -1 } else { 0 };
                }
            } else if *bound >= len {
                *bound = if step < 0 { len - 1 } else { len };
            }
        };
        clip(&mut start);
        clip(&mut stop);
        let count = if step < 0 && stop < start {
            (start - stop - 1) / -step + 1
        } else if step > 0 && start < stop {
            (stop - start - 1) / step + 1
        } else {
            0
        };
        Indices { start, stop, step, count: count.cast_unsigned() }
    }
}

/// An index of a slice: None is the default; ints are clipped: `_PyEval_SliceIndex`.
pub fn slice_index(value: Borrowed<'_>, default: isize) -> PyResult<isize> {
    if value.is(&core::none()) {
        return Ok(default);
    }
    if value.class().nb_index().is_none() && !int::check(value) {
        return Err(raise!(TypeError, "slice indices must be integers or None or have an __index__ method"));
    }
    value.as_isize_clamped()
}

/// As [`slice_index`] for an argument that may be absent but not None: `_PyEval_SliceIndexNotNone`.
pub fn slice_index_not_none(value: Option<Borrowed<'_>>, default: isize) -> PyResult<isize> {
    let Some(value) = value else { return Ok(default) };
    if value.class().nb_index().is_none() && !int::check(value) {
        return Err(raise!(TypeError, "slice indices must be integers or have an __index__ method"));
    }
    value.as_isize_clamped()
}

/// A bound of a search: negative ones count from the end and are clipped to 0.
pub fn search_bound(value: isize, len: usize) -> usize {
    let value = if value < 0 { value.saturating_add(len.cast_signed()).max(0) } else { value };
    value.cast_unsigned()
}

impl Slice {
    /// A slice of these parts; none is None.
    pub fn new(start: Option<Borrowed<'_>>, stop: Option<Borrowed<'_>>, step: Option<Borrowed<'_>>) -> PyResult<Ref<Slice>> {
        let part = |value: Option<Borrowed<'_>>| OptRef::new(Some(value.map_or_else(core::none_ref, Borrowed::to_ref)));
        let header = <PyObject as abi::CStruct>::ZERO;
        memory::new_instance(Self::type_object(), Slice { header, start: part(start), stop: part(stop), step: part(step) })
    }

    fn part(field: &OptRef) -> Ref {
        field.get().unwrap_or_else(core::none_ref)
    }

    /// `start`, `stop` and `step`.
    pub fn parts(&self) -> [Ref; 3] {
        [Self::part(&self.start), Self::part(&self.stop), Self::part(&self.step)]
    }

    /// The bounds, where all of them are None or small ints.
    #[inline]
    fn unpack_small(&self) -> Option<Bounds> {
        let small = |field: &OptRef, default: isize| {
            // SAFETY: a slice's parts never change while it is alive.
            let value = unsafe { field.peek() }?.object();
            if value.is(&core::none()) {
                return Some(default);
            }
            if !value.class().is_type(&core::INT) {
                return None;
            }
            // SAFETY: exactly an int.
            unsafe { int::compact_unchecked(value) }.and_then(|value| isize::try_from(value).ok())
        };
        let step = small(&self.step, 1).filter(|step| *step != 0)?;
        let start = small(&self.start, if step < 0 { isize::MAX } else { 0 })?;
        let stop = small(&self.stop, if step < 0 { isize::MIN } else { isize::MAX })?;
        Some(Bounds { start, stop, step })
    }

    /// The bounds as machine integers.
    pub fn unpack(&self) -> PyResult<Bounds> {
        if let Some(bounds) = self.unpack_small() {
            return Ok(bounds);
        }
        let [start, stop, step] = self.parts();
        let step = match slice_index(step.b(), 1)? {
            0 => return Err(raise!(ValueError, "slice step cannot be zero")),
            step => step.max(-isize::MAX),
        };
        let start = slice_index(start.b(), if step < 0 { isize::MAX } else { 0 })?;
        let stop = slice_index(stop.b(), if step < 0 { isize::MIN } else { isize::MAX })?;
        Ok(Bounds { start, stop, step })
    }

    /// The indices that this slice takes from a sequence of the given length. Asking the bounds may run code, so the length is
    /// asked for behind that.
    pub fn indices(&self, len: impl FnOnce() -> usize) -> PyResult<Indices> {
        let bounds = self.unpack()?;
        Ok(bounds.adjust(len()))
    }
}

/// A bound as an int of any size: `evaluate_slice_index`.
fn long_index(value: Borrowed<'_>) -> PyResult<Ref> {
    if value.class().nb_index().is_none() && !int::check(value) {
        return Err(raise!(TypeError, "slice indices must be integers or None or have an __index__ method"));
    }
    value.index()
}

fn is_negative(value: Borrowed<'_>) -> bool {
    int::digits(value).is_some_and(|(negative, digits)| negative && !digits.is_empty())
}

/// `start`, `stop`, `step` for a sequence whose length is an int of any size: `_PySlice_GetLongIndices`.
pub fn long_indices(slice: &Slice, length: Borrowed<'_>) -> PyResult<[Ref; 3]> {
    let [start, stop, step] = slice.parts();
    let (zero, one) = (int::new(0)?, int::new(1)?);
    let step = if step.is(&core::none()) { one.clone() } else { long_index(step.b())? };
    if int::to_i64(step.b()) == Some(0) {
        return Err(raise!(ValueError, "slice step cannot be zero"));
    }
    let backwards = is_negative(step.b());
    let (lower, upper) = if backwards {
        let lower = int::new(-1)?;
        let upper = number::add(length, lower.b())?;
        (lower, upper)
    } else {
        (zero, length.to_ref())
    };
    let bound = |value: Ref, default: &Ref| -> PyResult<Ref> {
        if value.is(&core::none()) {
            return Ok(default.clone());
        }
        let value = long_index(value.b())?;
        if is_negative(value.b()) {
            let value = number::add(value.b(), length)?;
            return Ok(if value.compare_bool(lower.b(), CompareOp::Lt)? { lower.clone() } else { value });
        }
        Ok(if value.compare_bool(upper.b(), CompareOp::Gt)? { upper.clone() } else { value })
    };
    let (first, last) = if backwards { (&upper, &lower) } else { (&lower, &upper) };
    Ok([bound(start, first)?, bound(stop, last)?, step])
}

#[pymethods]
impl Slice {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the count is 0; the type has neither finaliser nor weak references.
        unsafe { memory::dealloc_exact::<Slice>(slf.ptr(), &core::SLICE) }
    }

    #[slot(tp_new)]
    fn new_slot(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref<Slice>> {
        if let Some(kwargs) = kwargs
            && kwargs.len()? != 0
        {
            return Err(raise!(TypeError, "slice() takes no keyword arguments"));
        }
        let args = tuple::items(args).unwrap_or_default();
        args::check_positional("slice", args.len(), 1, 3)?;
        match *args {
            [stop] => Slice::new(None, Some(stop), None),
            [start, stop] => Slice::new(Some(start), Some(stop), None),
            [start, stop, step, ..] => Slice::new(Some(start), Some(stop), Some(step)),
            [] => Slice::new(None, None, None),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let [start, stop, step] = self.parts();
        let mut out = text::Builder::new();
        out.push_str("slice(")?;
        out.push_object(start.repr()?.b())?;
        out.push_str(", ")?;
        out.push_object(stop.repr()?.b())?;
        out.push_str(", ")?;
        out.push_object(step.repr()?.b())?;
        out.push_str(")")?;
        out.finish()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let mut hash = crate::tuple::Hasher::new();
        for part in self.parts() {
            hash.add(part.hash()?);
        }
        // Without the length that tuples mix in.
        Ok(hash.finish_without_len())
    }

    #[slot(tp_richcompare)]
    fn compare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast::<Slice>() else { return Ok(core::not_implemented().to_ref()) };
        if std::ptr::eq(self, other.get()) {
            let holds = matches!(op, CompareOp::Eq | CompareOp::Le | CompareOp::Ge);
            return Ok(core::boolean(holds).to_ref());
        }
        let (own, theirs) = (tuple::from_array(self.parts())?, tuple::from_array(other.parts())?);
        own.richcompare(theirs.b(), op)
    }

    /// S.indices(len) -> (start, stop, stride)
    ///
    /// Assuming a sequence of length len, calculate the start and stop
    /// indices, and the stride length of the extended slice described by
    /// S. Out of bounds indices are clipped in a manner consistent with the
    /// handling of normal slices.
    #[method(name = "indices", "($self, object, /)")]
    fn indices_method(slf: Borrowed<'_, Slice>, object: Borrowed<'_>) -> PyResult<Ref> {
        let length = object.index()?;
        if is_negative(length.b()) {
            return Err(raise!(ValueError, "length should not be negative"));
        }
        tuple::from_array(long_indices(&slf, length.b())?)
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Slice>) -> PyResult<Ref> {
        (slf.object().class().to_ref(), tuple::from_array(slf.parts())?).into_py()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_clipped_as_cpython_does() {
        let indices = |start, stop, step, len| {
            let found = Bounds { start, stop, step }.adjust(len);
            (found.start, found.stop, found.count)
        };
        assert_eq!(indices(0, isize::MAX, 1, 5), (0, 5, 5));
        assert_eq!(indices(isize::MAX, isize::MIN, -1, 5), (4, -1, 5));
        assert_eq!(indices(-3, -1, 1, 5), (2, 4, 2));
        assert_eq!(indices(-100, 100, 3, 7), (0, 7, 3));
        assert_eq!(indices(3, 1, 1, 5), (3, 1, 0));
        assert_eq!(indices(isize::MAX, isize::MIN, -isize::MAX, 5), (4, -1, 1));
    }
}
