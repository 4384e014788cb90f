//! Iterators that combine: `accumulate`, `chain`, `starmap`, `zip_longest`.

use super::field;
use crate::header;
use macros::{pyclass, pymethods};
use object::protocol::number;
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, memory};
use std::cell::{Cell, RefCell};

/// Return series of accumulated sums (or other binary function results).
#[pyclass(name = "accumulate", module = "itertools", sig = "(iterable, func=None, *, initial=None)", flags(BASETYPE), gc)]
pub struct Accumulate {
    head: abi::PyObject,
    total: OptRef,
    iterator: OptRef,
    function: OptRef,
    initial: OptRef,
}

#[pymethods]
impl Accumulate {
    #[slot(tp_new, "(iterable, func=None, *, initial=None)")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        iterable: Borrowed<'_>,
        func: Option<Borrowed<'_>>,
        initial: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let given =
            |value: Option<Borrowed<'_>>| OptRef::new(value.filter(|value| !value.is(&core::none())).map(Borrowed::to_ref));
        let iterator = field(iterable.iter()?);
        let value =
            Accumulate { head: header(), total: OptRef::none(), iterator, function: given(func), initial: given(initial) };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        if let Some(initial) = self.initial.take() {
            self.total.set(Some(initial.clone()));
            return Ok(Some(initial));
        }
        let Some(iterator) = self.iterator.get() else { return Ok(None) };
        let Some(item) = iterator.next()? else { return Ok(None) };
        let total = match self.total.get() {
            None => item,
            Some(total) => match self.function.get() {
                None => number::add(total.b(), item.b())?,
                Some(function) => function.call(&[total.b(), item.b()])?,
            },
        };
        self.total.set(Some(total.clone()));
        Ok(Some(total))
    }
}

/// Return a chain object whose .__next__() method returns elements from the
/// first iterable until it is exhausted, then elements from the next
/// iterable, until all of the iterables are exhausted.
#[pyclass(name = "chain", module = "itertools", sig = "(*iterables)", flags(BASETYPE), gc)]
pub struct Chain {
    head: abi::PyObject,
    source: OptRef,
    active: OptRef,
}

impl Chain {
    fn create(cls: Borrowed<'_, TypeObject>, source: Ref) -> PyResult<Ref> {
        memory::new_instance(&cls, Chain { head: header(), source: field(source), active: OptRef::none() }).map(Ref::upcast)
    }
}

#[pymethods]
impl Chain {
    #[slot(tp_new, "(*iterables)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterables: &[Borrowed<'_>]) -> PyResult<Ref> {
        let source = tuple::from_slice(iterables)?.iter()?;
        Self::create(cls, source)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        while let Some(source) = self.source.get() {
            let active = match self.active.get() {
                Some(active) => active,
                None => {
                    let next = source.next().and_then(|next| next.map(|iterable| iterable.iter()).transpose());
                    match next {
                        Ok(Some(active)) => {
                            self.active.set(Some(active.clone()));
                            active
                        }
                        end => {
                            object::error::preserving(|| self.source.set(None));
                            return end;
                        }
                    }
                }
            };
            if let Some(item) = active.next()? {
                return Ok(Some(item));
            }
            self.active.set(None);
        }
        Ok(None)
    }

    /// Alternative chain() constructor taking a single iterable argument that evaluates lazily.
    #[classmethod("($type, iterable, /)")]
    fn from_iterable(cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        Self::create(cls, iterable.iter()?)
    }

    /// chain is generic over the type of its contents.
    /// This is the union of the types of the input iterable contents.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        crate::generic_alias(cls, object)
    }
}

/// Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.
#[pyclass(name = "starmap", module = "itertools", sig = "(function, iterable, /)", flags(BASETYPE), gc)]
pub struct StarMap {
    head: abi::PyObject,
    function: OptRef,
    iterator: OptRef,
}

#[pymethods]
impl StarMap {
    #[slot(tp_new, "(function, iterable, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, function: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        let (iterator, function) = (field(iterable.iter()?), field(function.to_ref()));
        memory::new_instance(&cls, StarMap { head: header(), function, iterator }).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let (Some(function), Some(iterator)) = (self.function.get(), self.iterator.get()) else { return Ok(None) };
        let Some(args) = iterator.next()? else { return Ok(None) };
        let args = args.to_tuple()?;
        function.call(tuple::items(args.b()).unwrap_or_default()).map(Some)
    }
}

/// Return a zip_longest object whose .__next__() method returns a tuple where
/// the i-th element comes from the i-th iterable argument.  The .__next__()
/// method continues until the longest iterable in the argument sequence
/// is exhausted and then it raises StopIteration.  When the shorter iterables
/// are exhausted, the fillvalue is substituted in their place.  The fillvalue
/// defaults to None or can be specified by a keyword argument.
#[pyclass(name = "zip_longest", module = "itertools", sig = "(*iterables, fillvalue=None)", flags(BASETYPE), gc)]
pub struct ZipLongest {
    head: abi::PyObject,
    /// None: the iterator is used up.
    iterators: RefCell<Vec<Option<Ref>>>,
    active: Cell<usize>,
    fill: OptRef,
}

#[pymethods]
impl ZipLongest {
    #[slot(tp_new, "(*iterables, fillvalue=None)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterables: &[Borrowed<'_>], fillvalue: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let mut iterators = memory::vec_with_capacity(iterables.len())?;
        for iterable in iterables {
            iterators.push(Some(iterable.iter()?));
        }
        let active = Cell::new(iterators.len());
        let fill = field(fillvalue.map_or_else(core::none_ref, Borrowed::to_ref));
        memory::new_instance(&cls, ZipLongest { head: header(), iterators: RefCell::new(iterators), active, fill })
            .map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let count = self.iterators.borrow().len();
        if count == 0 || self.active.get() == 0 {
            return Ok(None);
        }
        let fill = self.fill.get().unwrap_or_else(core::none_ref);
        let mut row = memory::vec_with_capacity(count)?;
        for index in 0..count {
            let iterator = self.iterators.borrow().get(index).cloned().flatten();
            let Some(iterator) = iterator else {
                row.push(fill.clone());
                continue;
            };
            match iterator.next() {
                Ok(Some(item)) => row.push(item),
                Ok(None) => {
                    let left = self.active.get().saturating_sub(1);
                    self.active.set(left);
                    if left == 0 {
                        return Ok(None);
                    }
                    let ended = self.iterators.borrow_mut().get_mut(index).and_then(Option::take);
                    drop(ended);
                    row.push(fill.clone());
                }
                Err(raised) => {
                    self.active.set(0);
                    return Err(raised);
                }
            }
        }
        tuple::from_vec(row).map(Some)
    }
}
