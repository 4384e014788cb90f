//! Iterators that leave items out: `compress`, `dropwhile`, `filterfalse`, `islice`, `takewhile`.

use super::field;
use crate::header;
use macros::{pyclass, pymethods};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, exc, memory, raise};
use std::cell::Cell;

/// Return data elements corresponding to true selector elements.
///
/// Forms a shorter iterator from selected data elements using the selectors
/// to choose the data elements.
#[pyclass(name = "compress", module = "itertools", sig = "(data, selectors)", flags(BASETYPE), gc)]
pub struct Compress {
    head: abi::PyObject,
    data: OptRef,
    selectors: OptRef,
}

#[pymethods]
impl Compress {
    #[slot(tp_new, "(data, selectors)")]
    fn new(cls: Borrowed<'_, TypeObject>, data: Borrowed<'_>, selectors: Borrowed<'_>) -> PyResult<Ref> {
        let (data, selectors) = (field(data.iter()?), field(selectors.iter()?));
        memory::new_instance(&cls, Compress { head: header(), data, selectors }).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let (Some(data), Some(selectors)) = (self.data.get(), self.selectors.get()) else { return Ok(None) };
        loop {
            let Some(item) = data.next()? else { return Ok(None) };
            let Some(selector) = selectors.next()? else { return Ok(None) };
            if selector.is_true()? {
                return Ok(Some(item));
            }
        }
    }
}

macro_rules! predicate_fields {
    ($name:literal, $sig:literal, $ty:ident) => {
        #[pyclass(name = $name, module = "itertools", sig = $sig, flags(BASETYPE), gc)]
        pub struct $ty {
            head: abi::PyObject,
            function: OptRef,
            iterator: OptRef,
            /// The test is decided: everything, or nothing, follows.
            decided: Cell<bool>,
        }

        impl $ty {
            fn create(cls: Borrowed<'_, TypeObject>, function: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<Ref> {
                let (iterator, function) = (field(iterable.iter()?), field(function.to_ref()));
                memory::new_instance(&cls, $ty { head: header(), function, iterator, decided: Cell::new(false) }).map(Ref::upcast)
            }

            fn parts(&self) -> Option<(Ref, Ref)> {
                Some((self.function.get()?, self.iterator.get()?))
            }
        }
    };
}

predicate_fields!("dropwhile", "(predicate, iterable, /)", DropWhile);
predicate_fields!("takewhile", "(predicate, iterable, /)", TakeWhile);
predicate_fields!("filterfalse", "(function, iterable, /)", FilterFalse);

#[pymethods]
impl DropWhile {
    #[slot(tp_new, "(predicate, iterable, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, predicate: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        Self::create(cls, predicate, iterable)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some((function, iterator)) = self.parts() else { return Ok(None) };
        while let Some(item) = iterator.next()? {
            if self.decided.get() {
                return Ok(Some(item));
            }
            if !function.call1(item.b())?.is_true()? {
                self.decided.set(true);
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

#[pymethods]
impl TakeWhile {
    #[slot(tp_new, "(predicate, iterable, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, predicate: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        Self::create(cls, predicate, iterable)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        if self.decided.get() {
            return Ok(None);
        }
        let Some((function, iterator)) = self.parts() else { return Ok(None) };
        let Some(item) = iterator.next()? else { return Ok(None) };
        if function.call1(item.b())?.is_true()? {
            return Ok(Some(item));
        }
        self.decided.set(true);
        Ok(None)
    }
}

#[pymethods]
impl FilterFalse {
    #[slot(tp_new, "(function, iterable, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, function: Borrowed<'_>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        Self::create(cls, function, iterable)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some((function, iterator)) = self.parts() else { return Ok(None) };
        let plain = function.is(&core::none()) || function.is(&core::BOOL);
        while let Some(item) = iterator.next()? {
            let truth = if plain { item.is_true()? } else { function.call1(item.b())?.is_true()? };
            if !truth {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// islice(iterable, stop) --> islice object
/// islice(iterable, start, stop[, step]) --> islice object
///
/// Return an iterator whose next() method returns selected values from an
/// iterable.  If start is specified, will skip all preceding elements;
/// otherwise, start defaults to zero.  Step defaults to one.  If
/// specified as another value, step determines how many values are
/// skipped between successive calls.  Works like a slice() on a list
/// but returns an iterator.
#[pyclass(name = "islice", module = "itertools", flags(BASETYPE), gc)]
pub struct Islice {
    head: abi::PyObject,
    iterator: OptRef,
    /// The index of the next item to give.
    next: Cell<isize>,
    /// -1: none.
    stop: isize,
    step: isize,
    /// How many items were taken.
    count: Cell<isize>,
}

const STOP: &str = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";

/// A bound: the default for None, -1 for what is no index.
fn bound(value: Option<Borrowed<'_>>, default: isize) -> isize {
    match value {
        Some(value) if !value.is(&core::none()) => value.as_isize_or(&exc::OverflowError).unwrap_or_else(|raised| {
            raised.clear();
            -1
        }),
        _ => default,
    }
}

/// As [`bound`] for the end, where -1 is refused.
fn end(value: Borrowed<'_>) -> PyResult<isize> {
    if value.is(&core::none()) {
        return Ok(-1);
    }
    match bound(Some(value), -1) {
        -1 => Err(raise!(ValueError, "{STOP}")),
        stop => Ok(stop),
    }
}

#[pymethods]
impl Islice {
    #[slot(tp_new, "(iterable, start, stop=<unrepresentable>, step=<unrepresentable>, /)")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        iterable: Borrowed<'_>,
        start: Borrowed<'_>,
        stop: Option<Borrowed<'_>>,
        step: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let (start, stop) = match stop {
            None => (0, end(start)?),
            Some(stop) => (bound(Some(start), 0), end(stop)?),
        };
        if start < 0 || stop < -1 {
            return Err(raise!(ValueError, "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
        }
        let step = bound(step, 1);
        if step < 1 {
            return Err(raise!(ValueError, "Step for islice() must be a positive integer or None."));
        }
        let iterator = field(iterable.iter()?);
        let value = Islice { head: header(), iterator, next: Cell::new(start), stop, step, count: Cell::new(0) };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(iterator) = self.iterator.get() else { return Ok(None) };
        let result = self.advance(&iterator);
        if !matches!(result, Ok(Some(_))) {
            object::error::preserving(|| self.iterator.set(None));
        }
        result
    }

    fn advance(&self, iterator: &Ref) -> PyResult<Option<Ref>> {
        while self.count.get() < self.next.get() {
            if iterator.next()?.is_none() {
                return Ok(None);
            }
            self.count.set(self.count.get() + 1);
        }
        if self.stop != -1 && self.count.get() >= self.stop {
            return Ok(None);
        }
        let Some(item) = iterator.next()? else { return Ok(None) };
        self.count.set(self.count.get().saturating_add(1));
        let next = self.next.get().checked_add(self.step).filter(|next| self.stop == -1 || *next <= self.stop);
        self.next.set(next.unwrap_or(self.stop));
        Ok(Some(item))
    }
}
