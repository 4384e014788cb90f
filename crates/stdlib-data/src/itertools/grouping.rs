//! Iterators that form groups: `batched`, `groupby`, `pairwise`.

use super::field;
use crate::header;
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, memory, raise};
use std::cell::Cell;

/// Batch data into tuples of length n. The last batch may be shorter than n.
///
/// Loops over the input iterable and accumulates data into tuples
/// up to size n.  The input is consumed lazily, just enough to
/// fill a batch.  The result is yielded as soon as a batch is full
/// or when the input iterable is exhausted.
///
///     >>> for batch in batched('ABCDEFG', 3):
///     ...     print(batch)
///     ...
///     ('A', 'B', 'C')
///     ('D', 'E', 'F')
///     ('G',)
///
/// If "strict" is True, raises a ValueError if the final batch is shorter
/// than n.
#[pyclass(name = "batched", module = "itertools", sig = "(iterable, n, *, strict=False)", flags(BASETYPE), gc)]
pub struct Batched {
    head: abi::PyObject,
    iterator: OptRef,
    size: usize,
    strict: bool,
}

#[pymethods]
impl Batched {
    #[slot(tp_new, "(iterable, n, *, strict=False)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>, n: isize, strict: bool) -> PyResult<Ref> {
        let size = match usize::try_from(n) {
            Ok(size) if size > 0 => size,
            _ => return Err(raise!(ValueError, "n must be at least one")),
        };
        let iterator = field(iterable.iter()?);
        memory::new_instance(&cls, Batched { head: header(), iterator, size, strict }).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(iterator) = self.iterator.get() else { return Ok(None) };
        let mut items: Vec<Ref> = memory::vec_with_capacity(self.size)?;
        while items.len() < self.size {
            match iterator.next() {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break,
                Err(raised) => {
                    object::error::preserving(|| self.iterator.set(None));
                    return Err(raised);
                }
            }
        }
        if items.len() < self.size {
            self.iterator.set(None);
            if items.is_empty() {
                return Ok(None);
            }
            if self.strict {
                return Err(raise!(ValueError, "batched(): incomplete batch"));
            }
        }
        tuple::from_vec(items).map(Some)
    }
}

/// Return an iterator of overlapping pairs taken from the input iterator.
///
/// s -> (s0,s1), (s1,s2), (s2, s3), ...
#[pyclass(name = "pairwise", module = "itertools", sig = "(iterable, /)", flags(BASETYPE), gc)]
pub struct Pairwise {
    head: abi::PyObject,
    iterator: OptRef,
    old: OptRef,
}

#[pymethods]
impl Pairwise {
    #[slot(tp_new, "(iterable, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>) -> PyResult<Ref> {
        let iterator = field(iterable.iter()?);
        memory::new_instance(&cls, Pairwise { head: header(), iterator, old: OptRef::none() }).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let pair = self.advance();
        if !matches!(pair, Ok(Some(_))) {
            object::error::preserving(|| {
                self.iterator.set(None);
                self.old.set(None);
            });
        }
        pair
    }

    fn advance(&self) -> PyResult<Option<Ref>> {
        let Some(mut iterator) = self.iterator.get() else { return Ok(None) };
        let old = match self.old.get() {
            Some(old) => old,
            None => {
                let Some(old) = iterator.next()? else { return Ok(None) };
                self.old.set(Some(old.clone()));
                // The iterator may have used up this very object.
                match self.iterator.get() {
                    Some(same) => iterator = same,
                    None => return Ok(None),
                }
                old
            }
        };
        let Some(new) = iterator.next()? else { return Ok(None) };
        let pair = tuple::from_array([old, new.clone()])?;
        self.old.set(Some(new));
        Ok(Some(pair))
    }
}

/// make an iterator that returns consecutive keys and groups from the iterable
///
/// iterable
///   Elements to divide into groups according to the key function.
/// key
///   A function for computing the group category for each element.
///   If the key function is not specified or is None, the element itself
///   is used for grouping.
#[pyclass(name = "groupby", module = "itertools", sig = "(iterable, key=None)", flags(BASETYPE), gc)]
pub struct GroupBy {
    head: abi::PyObject,
    iterator: OptRef,
    function: OptRef,
    target_key: OptRef,
    current_key: OptRef,
    current_value: OptRef,
    /// The number of the group that may still take items; 0: none.
    current_group: Cell<u64>,
    last_group: Cell<u64>,
}

impl GroupBy {
    /// Takes the next item; false at the end.
    fn step(&self) -> PyResult<bool> {
        let Some(iterator) = self.iterator.get() else { return Ok(false) };
        let Some(value) = iterator.next()? else { return Ok(false) };
        let key = match self.function.get() {
            Some(function) => function.call1(value.b())?,
            None => value.clone(),
        };
        self.current_value.set(Some(value));
        self.current_key.set(Some(key));
        Ok(true)
    }
}

#[pymethods]
impl GroupBy {
    #[slot(tp_new, "(iterable, key=None)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>, key: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let value = GroupBy {
            head: header(),
            iterator: field(iterable.iter()?),
            function: OptRef::new(key.filter(|key| !key.is(&core::none())).map(Borrowed::to_ref)),
            target_key: OptRef::none(),
            current_key: OptRef::none(),
            current_value: OptRef::none(),
            current_group: Cell::new(0),
            last_group: Cell::new(0),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        slf.current_group.set(0);
        loop {
            if let Some(current) = slf.current_key.get() {
                let Some(target) = slf.target_key.get() else { break };
                if !target.eq(current.b())? {
                    break;
                }
            }
            if !slf.step()? {
                return Ok(None);
            }
        }
        let Some(key) = slf.current_key.get() else { return Ok(None) };
        slf.target_key.set(Some(key.clone()));
        let grouper = Grouper::create(slf, key.clone())?;
        tuple::from_array([key, grouper]).map(Some)
    }
}

#[pyclass(name = "_grouper", module = "itertools", gc)]
pub struct Grouper {
    head: abi::PyObject,
    parent: OptRef<GroupBy>,
    target_key: OptRef,
    number: u64,
}

impl Grouper {
    fn create(parent: Borrowed<'_, GroupBy>, key: Ref) -> PyResult<Ref> {
        let number = parent.last_group.get() + 1;
        parent.last_group.set(number);
        parent.current_group.set(number);
        let value = Grouper { head: header(), parent: OptRef::new(Some(parent.to_ref())), target_key: field(key), number };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }
}

#[pymethods]
impl Grouper {
    #[slot(tp_new, "(parent, tgtkey, /)")]
    fn new(_cls: Borrowed<'_, TypeObject>, parent: Borrowed<'_, GroupBy>, tgtkey: Borrowed<'_>) -> PyResult<Ref> {
        Self::create(parent, tgtkey.to_ref())
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let (Some(parent), Some(target)) = (self.parent.get(), self.target_key.get()) else { return Ok(None) };
        if parent.current_group.get() != self.number {
            return Ok(None);
        }
        if parent.current_value.is_none() && !parent.step()? {
            return Ok(None);
        }
        let Some(key) = parent.current_key.get() else { return Ok(None) };
        if !target.eq(key.b())? {
            return Ok(None);
        }
        let value = parent.current_value.take();
        parent.current_key.set(None);
        Ok(value)
    }
}
