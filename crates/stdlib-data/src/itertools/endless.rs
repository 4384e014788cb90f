//! `count`, `cycle`, `repeat`.

use super::field;
use crate::header;
use macros::{pyclass, pymethods};
use object::protocol::number;
use object::value::int;
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, memory, raise};
use std::cell::{Cell, RefCell};

/// Return a count object whose .__next__() method returns consecutive values.
///
/// Equivalent to:
///     def count(firstval=0, step=1):
///         x = firstval
///         while 1:
///             yield x
///             x += step
#[pyclass(name = "count", module = "itertools", sig = "(start=0, step=1)", flags(BASETYPE), gc)]
pub struct Count {
    head: abi::PyObject,
    /// The next value while it is a machine integer and the step is 1; `isize::MAX` where `value` counts.
    count: Cell<isize>,
    value: OptRef,
    step: OptRef,
}

fn is_number(object: Borrowed<'_>) -> bool {
    let class = object.class();
    class.nb_index().is_some() || class.nb_int().is_some() || class.nb_float().is_some() || class.is_subtype(&core::COMPLEX)
}

#[pymethods]
impl Count {
    #[slot(tp_new, "(start=0, step=1)")]
    fn new(cls: Borrowed<'_, TypeObject>, start: Option<Borrowed<'_>>, step: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if [start, step].into_iter().flatten().any(|value| !is_number(value)) {
            return Err(raise!(TypeError, "a number is required"));
        }
        let ints = [start, step].into_iter().flatten().all(int::check);
        let small = start.map_or(Some(0), int::to_i64).and_then(|start| isize::try_from(start).ok());
        let by_one = step.map_or(Some(1), int::to_i64) == Some(1);
        let fast = if ints && by_one { small.filter(|start| *start != isize::MAX) } else { None };
        let value = match (fast, start) {
            (Some(_), _) => None,
            (None, Some(start)) => Some(start.to_ref()),
            (None, None) => Some(int::new(0)?),
        };
        let step = step.map_or_else(|| int::new(1), |step| Ok(step.to_ref()))?;
        let count = Cell::new(fast.unwrap_or(isize::MAX));
        memory::new_instance(&cls, Count { head: header(), count, value: OptRef::new(value), step: field(step) }).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let count = self.count.get();
        if count != isize::MAX {
            self.count.set(count + 1);
            return int::new(count as i64).map(Some);
        }
        let current = match self.value.get() {
            Some(value) => value,
            None => int::new(isize::MAX as i64)?,
        };
        let Some(step) = self.step.get() else { return Ok(None) };
        let next = number::add(current.b(), step.b())?;
        self.value.set(Some(next));
        Ok(Some(current))
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let object = slf.object();
        let name = object.class().short_name();
        if slf.count.get() != isize::MAX {
            return Ok(format!("{name}({})", slf.count.get()));
        }
        let value = slf.value.get().map_or_else(|| int::new(isize::MAX as i64), Ok)?;
        let step = slf.step.get().map_or_else(|| int::new(1), Ok)?;
        if int::to_i64(step.b()) == Some(1) {
            return Ok(format!("{name}({})", value.repr_text()?));
        }
        Ok(format!("{name}({}, {})", value.repr_text()?, step.repr_text()?))
    }
}

/// Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.
#[pyclass(name = "cycle", module = "itertools", sig = "(iterable, /)", flags(BASETYPE), gc)]
pub struct Cycle {
    head: abi::PyObject,
    /// Empty after the first pass.
    iterator: OptRef,
    saved: RefCell<Vec<Ref>>,
    index: Cell<usize>,
}

#[pymethods]
impl Cycle {
    #[slot(tp_new, "(iterable, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        let iterator = field(iterable.iter()?);
        let value = Cycle { head: header(), iterator, saved: RefCell::default(), index: Cell::new(0) };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        if let Some(iterator) = self.iterator.get() {
            if let Some(item) = iterator.next()? {
                let mut saved = self.saved.borrow_mut();
                memory::reserve(&mut saved, 1)?;
                saved.push(item.clone());
                return Ok(Some(item));
            }
            self.iterator.set(None);
        }
        let saved = self.saved.borrow();
        let index = self.index.get();
        let item = saved.get(index).cloned();
        self.index.set(if index + 1 >= saved.len() { 0 } else { index + 1 });
        Ok(item)
    }
}

/// repeat(object [,times]) -> create an iterator which returns the object
/// for the specified number of times.  If not specified, returns the object
/// endlessly.
#[pyclass(name = "repeat", module = "itertools", flags(BASETYPE), gc)]
pub struct Repeat {
    head: abi::PyObject,
    element: OptRef,
    /// How often it is still given; -1: for ever.
    left: Cell<isize>,
}

#[pymethods]
impl Repeat {
    #[slot(tp_new, "(object, times=<unrepresentable>)")]
    fn new(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>, times: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let left = match times {
            Some(times) => match int::to_i64(times.index()?.b()).and_then(|times| isize::try_from(times).ok()) {
                Some(times) => times.max(0),
                None => return Err(raise!(OverflowError, "Python int too large to convert to C ssize_t")),
            },
            None => -1,
        };
        memory::new_instance(&cls, Repeat { head: header(), element: field(object.to_ref()), left: Cell::new(left) })
            .map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        match self.left.get() {
            0 => return Ok(None),
            left if left > 0 => self.left.set(left - 1),
            _ => {}
        }
        Ok(self.element.get())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let object = slf.object();
        let name = object.class().short_name();
        let element = slf.element.get().unwrap_or_else(core::none_ref).repr_text()?;
        Ok(if slf.left.get() == -1 { format!("{name}({element})") } else { format!("{name}({element}, {})", slf.left.get()) })
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> PyResult<isize> {
        if self.left.get() == -1 { Err(raise!(TypeError, "len() of unsized object")) } else { Ok(self.left.get()) }
    }
}
