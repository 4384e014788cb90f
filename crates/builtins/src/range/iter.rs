//! The iterators over ranges: of machine integers, and of ints of any size.

use crate::iter::builtin;
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::protocol::number;
use object::value::{int, tuple};
use object::{Borrowed, CompareOp, IntoPy, OptRef, PyResult, Ref, StaticType, core, id, memory};

/// `iter(range)` where all items fit a machine integer.
#[pyclass(name = "range_iterator", export = "PyRangeIter_Type")]
pub struct RangeIterator {
    header: PyObject,
    next: Cell<i64>,
    step: Cell<i64>,
    left: Cell<i64>,
}

impl RangeIterator {
    /// An iterator that gives `left` items from `next` on.
    pub fn create(next: i64, step: i64, left: i64) -> PyResult<Ref<RangeIterator>> {
        let header = <PyObject as abi::CStruct>::ZERO;
        let (next, step, left) = (Cell::new(next), Cell::new(step), Cell::new(left));
        memory::new_instance(Self::type_object(), RangeIterator { header, next, step, left })
    }

    /// The next item, which stays the next until [`RangeIterator::advance`]. For the interpreter's `for` loop.
    #[inline(always)]
    pub fn upcoming(&self) -> Option<i64> {
        (self.left.get() > 0).then_some(self.next.get())
    }

    /// The next item as a machine integer.
    #[inline(always)]
    pub fn advance(&self) -> Option<i64> {
        let left = self.left.get();
        if left <= 0 {
            return None;
        }
        let value = self.next.get();
        self.next.set(value.wrapping_add(self.step.get()));
        self.left.set(left - 1);
        Some(value)
    }
}

#[pymethods]
impl RangeIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        self.advance().map(int::new).transpose()
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> i64 {
        self.left.get().max(0)
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let (next, step, left) = (self.next.get(), self.step.get(), self.left.get());
        let stop = i128::from(next) + i128::from(left) * i128::from(step);
        let range = super::make(int::new(next)?, int::from_i128(stop)?, int::new(step)?)?;
        (builtin(id!("iter"))?, tuple::from_array([range])?, core::none_ref()).into_py()
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: Borrowed<'_>) -> PyResult<()> {
        let index = object.as_i64()?.clamp(0, self.left.get().max(0));
        self.next.set(self.next.get().wrapping_add(index.wrapping_mul(self.step.get())));
        self.left.set(self.left.get() - index);
        Ok(())
    }
}

/// `iter(range)` for ints of any size.
#[pyclass(name = "longrange_iterator", export = "PyLongRangeIter_Type")]
pub struct LongRangeIterator {
    header: PyObject,
    next: OptRef,
    step: OptRef,
    left: OptRef,
}

impl LongRangeIterator {
    /// An iterator that gives `left` items from `next` on.
    pub fn create(next: Ref, step: Ref, left: Ref) -> PyResult<Ref<LongRangeIterator>> {
        let header = <PyObject as abi::CStruct>::ZERO;
        let field = |value| OptRef::new(Some(value));
        memory::new_instance(
            Self::type_object(),
            LongRangeIterator { header, next: field(next), step: field(step), left: field(left) },
        )
    }

    fn state(&self) -> [Ref; 3] {
        let field = |field: &OptRef| field.get().unwrap_or_else(core::none_ref);
        [field(&self.next), field(&self.step), field(&self.left)]
    }
}

#[pymethods]
impl LongRangeIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let [next, step, left] = self.state();
        let zero = int::new(0)?;
        if !left.compare_bool(zero.b(), CompareOp::Gt)? {
            return Ok(None);
        }
        let rest = number::subtract(left.b(), int::new(1)?.b())?;
        let behind = number::add(next.b(), step.b())?;
        self.left.set(Some(rest));
        self.next.set(Some(behind));
        Ok(Some(next))
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> Ref {
        let [_, _, left] = self.state();
        left
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let [next, step, left] = self.state();
        let stop = number::add(next.b(), number::multiply(left.b(), step.b())?.b())?;
        let range = super::make(next, stop, step)?;
        (builtin(id!("iter"))?, tuple::from_array([range])?, core::none_ref()).into_py()
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: Borrowed<'_>) -> PyResult<()> {
        let [next, step, left] = self.state();
        let state = object.index()?;
        let state = if super::is_negative(state.b()) {
            int::new(0)?
        } else if state.compare_bool(left.b(), CompareOp::Gt)? {
            left.clone()
        } else {
            state
        };
        let rest = number::subtract(left.b(), state.b())?;
        let next = number::add(next.b(), number::multiply(state.b(), step.b())?.b())?;
        self.left.set(Some(rest));
        self.next.set(Some(next));
        Ok(())
    }
}
