//! `range`: arithmetic progressions of ints of any size, with fast paths for those that fit a machine integer.

mod iter;

pub use iter::{LongRangeIterator, RangeIterator};

use crate::slice::{Slice, long_indices};
use abi::PyObject;
use macros::{pyclass, pymethods};
use object::protocol::number;
use object::value::{int, str as text, tuple};
use object::{ArgPtr, Borrowed, CompareOp, IntoPy, OptRef, PyResult, Ref, StaticType, TypeObject, args, core, memory, raise};

/// range(stop) -> range object
/// range(start, stop[, step]) -> range object
///
/// Return an object that produces a sequence of integers from start (inclusive)
/// to stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.
/// start defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.
/// These are exactly the valid indices for a list of 4 elements.
/// When step is given, it specifies the increment (or decrement).
#[pyclass(name = "range", cell = object::core::RANGE, flags(SEQUENCE))]
pub struct Range {
    header: PyObject,
    #[member(readonly)]
    start: OptRef,
    #[member(readonly)]
    stop: OptRef,
    #[member(readonly)]
    step: OptRef,
    length: OptRef,
}

/// An int exactly: the value of an int of a subtype, or of anything with `__index__`.
fn exact_index(value: Borrowed<'_>) -> PyResult<Ref> {
    let index = value.index()?;
    if index.class().is_type(&core::INT) {
        return Ok(index);
    }
    let (negative, digits) = int::digits(index.b()).unwrap_or_default();
    int::from_digits(negative, digits)
}

pub(super) fn is_negative(value: Borrowed<'_>) -> bool {
    int::digits(value).is_some_and(|(negative, digits)| negative && !digits.is_empty())
}

fn is_zero(value: Borrowed<'_>) -> bool {
    int::digits(value).is_none_or(|(_, digits)| digits.is_empty())
}

/// Number of items of a progression.
fn length_of(start: Borrowed<'_>, stop: Borrowed<'_>, step: Borrowed<'_>) -> PyResult<Ref> {
    if let (Some(start), Some(stop), Some(step)) = (int::to_i64(start), int::to_i64(stop), int::to_i64(step)) {
        let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
        let (low, high) = if step > 0 { (start, stop) } else { (stop, start) };
        return int::from_i128(if low < high { (high - low - 1) / step.abs() + 1 } else { 0 });
    }
    let negative = is_negative(step);
    let (low, high) = if negative { (stop, start) } else { (start, stop) };
    if low.compare_bool(high, CompareOp::Ge)? {
        return int::new(0);
    }
    let step = if negative { number::negative(step)? } else { step.to_ref() };
    let one = int::new(1)?;
    let distance = number::subtract(number::subtract(high, low)?.b(), one.b())?;
    number::add(number::floor_divide(distance.b(), step.b())?.b(), one.b())
}

impl Range {
    /// The range of exact ints; `step` is not 0.
    fn new(start: Ref, stop: Ref, step: Ref) -> PyResult<Ref<Range>> {
        let length = length_of(start.b(), stop.b(), step.b())?;
        let header = <PyObject as abi::CStruct>::ZERO;
        let field = |value| OptRef::new(Some(value));
        let value = Range { header, start: field(start), stop: field(stop), step: field(step), length: field(length) };
        memory::new_instance(Self::type_object(), value)
    }

    /// `range(*args)`.
    fn from_args(args: &[Borrowed<'_>]) -> PyResult<Ref<Range>> {
        args::check_positional("range", args.len(), 1, 3)?;
        match *args {
            // SAFETY: the type is checked first.
            [stop]
                if stop.class().is_type(&core::INT)
                    && let Some(count) = unsafe { int::compact_unchecked(stop) } =>
            {
                let length = if count > 0 { stop.to_ref() } else { int::new(0)? };
                let header = <PyObject as abi::CStruct>::ZERO;
                let field = |value| OptRef::new(Some(value));
                let (start, stop, step) = (field(int::new(0)?), field(stop.to_ref()), field(int::new(1)?));
                let value = Range { header, start, stop, step, length: field(length) };
                memory::new_instance(Self::type_object(), value)
            }
            [stop] => Range::new(int::new(0)?, exact_index(stop)?, int::new(1)?),
            [start, stop] => Range::new(exact_index(start)?, exact_index(stop)?, int::new(1)?),
            [start, stop, step, ..] => {
                let (start, stop, step) = (exact_index(start)?, exact_index(stop)?, exact_index(step)?);
                if is_zero(step.b()) {
                    return Err(raise!(ValueError, "range() arg 3 must not be zero"));
                }
                Range::new(start, stop, step)
            }
            [] => Range::new(int::new(0)?, int::new(0)?, int::new(1)?),
        }
    }

    fn field(field: &OptRef) -> Ref {
        field.get().unwrap_or_else(core::none_ref)
    }

    /// `start`, `stop` and `step`.
    pub fn parts(&self) -> [Ref; 3] {
        [Self::field(&self.start), Self::field(&self.stop), Self::field(&self.step)]
    }

    /// The number of items, an int of any size.
    pub fn length(&self) -> Ref {
        Self::field(&self.length)
    }

    /// Start, step and number of items, where start, stop and number fit machine integers.
    pub fn small(&self) -> Option<(i64, i64, i64)> {
        // SAFETY: the fields never change, and looking at ints runs no code.
        let number = |field: &OptRef| unsafe { field.peek() }.and_then(int::to_i64);
        number(&self.stop)?;
        Some((number(&self.start)?, number(&self.step)?, number(&self.length)?))
    }

    /// The item with this number, which may lie beyond the ends.
    fn compute(&self, index: Borrowed<'_>) -> PyResult<Ref> {
        let [start, _, step] = self.parts();
        if let (Some(start), Some(step), Some(index)) = (int::to_i64(start.b()), int::to_i64(step.b()), int::to_i64(index))
            && let Some(value) =
                i128::from(index).checked_mul(i128::from(step)).and_then(|value| value.checked_add(i128::from(start)))
        {
            return int::from_i128(value);
        }
        number::add(start.b(), number::multiply(index, step.b())?.b())
    }

    fn item_at(&self, index: Borrowed<'_>) -> PyResult<Ref> {
        let length = self.length();
        let from_end = if is_negative(index) { Some(number::add(length.b(), index)?) } else { None };
        let index = from_end.as_ref().map_or(index, Ref::b);
        if is_negative(index) || index.compare_bool(length.b(), CompareOp::Ge)? {
            return Err(raise!(IndexError, "range object index out of range"));
        }
        self.compute(index)
    }

    /// Whether an exact int or bool is one of the items.
    fn holds_int(&self, value: Borrowed<'_>) -> PyResult<bool> {
        let [start, stop, step] = self.parts();
        if let (Some(start), Some(stop), Some(step), Some(value)) =
            (int::to_i64(start.b()), int::to_i64(stop.b()), int::to_i64(step.b()), int::to_i64(value))
        {
            let inside = if step > 0 { start <= value && value < stop } else { stop < value && value <= start };
            return Ok(inside && (i128::from(value) - i128::from(start)) % i128::from(step) == 0);
        }
        let inside = if is_negative(step.b()) {
            value.compare_bool(start.b(), CompareOp::Le)? && stop.compare_bool(value, CompareOp::Lt)?
        } else {
            start.compare_bool(value, CompareOp::Le)? && value.compare_bool(stop.b(), CompareOp::Lt)?
        };
        if !inside {
            return Ok(false);
        }
        let rest = number::remainder(number::subtract(value, start.b())?.b(), step.b())?;
        Ok(is_zero(rest.b()))
    }

    fn equals(&self, other: &Range) -> PyResult<bool> {
        let (own, theirs) = (self.length(), other.length());
        if !own.eq(theirs.b())? {
            return Ok(false);
        }
        if is_zero(own.b()) {
            return Ok(true);
        }
        let ([start, _, step], [other_start, _, other_step]) = (self.parts(), other.parts());
        if !start.eq(other_start.b())? {
            return Ok(false);
        }
        Ok(int::to_i64(own.b()) == Some(1) || step.eq(other_step.b())?)
    }
}

/// Whether the object is exactly an int or a bool.
fn is_plain_int(value: Borrowed<'_>) -> bool {
    value.class().is_type(&core::INT) || value.class().is_type(&core::BOOL)
}

#[pymethods]
impl Range {
    #[slot(tp_new)]
    fn new_slot(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref<Range>> {
        if let Some(kwargs) = kwargs
            && kwargs.len()? != 0
        {
            return Err(raise!(TypeError, "range() takes no keyword arguments"));
        }
        Self::from_args(tuple::items(args).unwrap_or_default())
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        _class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        if kwnames.and_then(tuple::items).is_some_and(|names| !names.is_empty()) {
            return Err(raise!(TypeError, "range() takes no keyword arguments"));
        }
        Self::from_args(args.with_len((nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET).cast_signed())).map(Ref::upcast)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        let [start, stop, step] = self.parts();
        let mut out = text::Builder::new();
        out.push_str("range(")?;
        out.push_object(start.repr()?.b())?;
        out.push_str(", ")?;
        out.push_object(stop.repr()?.b())?;
        if int::to_i64(step.b()) != Some(1) {
            out.push_str(", ")?;
            out.push_object(step.repr()?.b())?;
        }
        out.push_str(")")?;
        out.finish()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let (length, [start, _, step]) = (self.length(), self.parts());
        let none = core::none_ref;
        let parts = match int::to_i64(length.b()) {
            Some(0) => [length, none(), none()],
            Some(1) => [length, start, none()],
            _ => [length, start, step],
        };
        tuple::from_array(parts)?.hash()
    }

    #[slot(tp_richcompare)]
    fn compare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast::<Range>() else { return Ok(core::not_implemented().to_ref()) };
        match op {
            CompareOp::Eq => Ok(core::boolean(std::ptr::eq(self, other.get()) || self.equals(&other)?).to_ref()),
            CompareOp::Ne => Ok(core::boolean(!std::ptr::eq(self, other.get()) && !self.equals(&other)?).to_ref()),
            _ => Ok(core::not_implemented().to_ref()),
        }
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Ref> {
        match self.small() {
            Some((start, step, length)) => RangeIterator::create(start, step, length).map(Ref::upcast),
            None => {
                let [start, _, step] = self.parts();
                LongRangeIterator::create(start, step, self.length()).map(Ref::upcast)
            }
        }
    }

    #[slot(nb_bool)]
    fn truth(&self) -> PyResult<bool> {
        Ok(!is_zero(self.length().b()))
    }

    #[slot(sq_length, mp_length)]
    fn length_slot(&self) -> PyResult<usize> {
        match int::to_i64(self.length().b()).map(usize::try_from) {
            Some(Ok(length)) => Ok(length),
            _ => Err(raise!(OverflowError, "Python int too large to convert to C ssize_t")),
        }
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Ref> {
        self.item_at(int::new(index as i64)?.b())
    }

    #[slot(sq_contains)]
    fn contains(slf: Borrowed<'_, Range>, value: Borrowed<'_>) -> PyResult<bool> {
        if is_plain_int(value) {
            return slf.holds_int(value);
        }
        let iterator = slf.object().iter()?;
        while let Some(item) = iterator.next()? {
            if item.eq(value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        if key.class().nb_index().is_some() {
            return self.item_at(key.index()?.b());
        }
        let Some(slice) = key.downcast_exact::<Slice>() else {
            let found = key.class().tp_name();
            return Err(raise!(TypeError, "range indices must be integers or slices, not {found}"));
        };
        let [start, stop, step] = long_indices(&slice, self.length().b())?;
        let [_, _, own_step] = self.parts();
        let step = number::multiply(own_step.b(), step.b())?;
        Range::new(self.compute(start.b())?, self.compute(stop.b())?, step).map(Ref::upcast)
    }

    /// Return a reverse iterator.
    #[method("($self, /)")]
    fn __reversed__(&self) -> PyResult<Ref> {
        if let Some((start, step, length)) = self.small()
            && let Some(back) = step.checked_neg()
            && let Some(last) =
                length.checked_sub(1).and_then(|steps| steps.checked_mul(step)).and_then(|way| start.checked_add(way))
        {
            return RangeIterator::create(last, back, length).map(Ref::upcast);
        }
        let [start, _, step] = self.parts();
        let length = self.length();
        let last = number::subtract(length.b(), int::new(1)?.b())?;
        let start = number::add(start.b(), number::multiply(last.b(), step.b())?.b())?;
        LongRangeIterator::create(start, number::negative(step.b())?, length).map(Ref::upcast)
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Range>) -> PyResult<Ref> {
        (slf.object().class().to_ref(), tuple::from_array(slf.parts())?).into_py()
    }

    /// rangeobject.count(value) -> integer -- return number of occurrences of value
    #[method("($self, object, /)")]
    fn count(slf: Borrowed<'_, Range>, object: Borrowed<'_>) -> PyResult<usize> {
        if is_plain_int(object) {
            return Ok(usize::from(slf.holds_int(object)?));
        }
        let mut count = 0;
        slf.object().for_each_item(|item| {
            count += usize::from(item.eq(object)?);
            Ok(())
        })?;
        Ok(count)
    }

    /// rangeobject.index(value) -> integer -- return index of value.
    /// Raise ValueError if the value is not present.
    #[method("($self, object, /)")]
    fn index(slf: Borrowed<'_, Range>, object: Borrowed<'_>) -> PyResult<Ref> {
        if is_plain_int(object) {
            if !slf.holds_int(object)? {
                return Err(raise!(ValueError, "range.index(x): x not in range"));
            }
            let [start, _, step] = slf.parts();
            return number::floor_divide(number::subtract(object, start.b())?.b(), step.b());
        }
        let iterator = slf.object().iter()?;
        let mut index = 0usize;
        while let Some(item) = iterator.next()? {
            if item.eq(object)? {
                return index.into_py();
            }
            index += 1;
        }
        Err(raise!(ValueError, "sequence.index(x): x not in sequence"))
    }
}

/// A range of exact ints, for the iterators' `__reduce__`.
fn make(start: Ref, stop: Ref, step: Ref) -> PyResult<Ref> {
    Range::new(start, stop, step).map(Ref::upcast)
}
