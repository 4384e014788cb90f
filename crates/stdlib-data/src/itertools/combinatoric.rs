//! `product`, `permutations`, `combinations`, `combinations_with_replacement`.

use super::pick;
use crate::header;
use macros::{pyclass, pymethods};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, memory, raise};
use std::cell::{Cell, RefCell};

/// `len` copies of `value`, or MemoryError.
fn filled(len: usize, values: impl Iterator<Item = usize>) -> PyResult<Vec<usize>> {
    let mut vec = memory::vec_with_capacity(len)?;
    vec.extend(values.take(len));
    Ok(vec)
}

fn length(r: isize) -> PyResult<usize> {
    usize::try_from(r).map_err(|_| raise!(ValueError, "r must be non-negative"))
}

/// What an iterator over index tuples has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fresh,
    Running,
    Done,
}

/// Cartesian product of input iterables.  Equivalent to nested for-loops.
///
/// For example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).
/// The leftmost iterators are in the outermost for-loop, so the output tuples
/// cycle in a manner similar to an odometer (with the rightmost element changing
/// on every iteration).
///
/// To compute the product of an iterable with itself, specify the number
/// of repetitions with the optional repeat keyword argument. For example,
/// product(A, repeat=4) means the same as product(A, A, A, A).
///
/// product('ab', range(3)) --> ('a',0) ('a',1) ('a',2) ('b',0) ('b',1) ('b',2)
/// product((0,1), (0,1), (0,1)) --> (0,0,0) (0,0,1) (0,1,0) (0,1,1) (1,0,0) ...
#[pyclass(name = "product", module = "itertools", sig = "(*iterables, repeat=1)", flags(BASETYPE), gc)]
pub struct Product {
    head: abi::PyObject,
    pools: RefCell<Vec<Vec<Ref>>>,
    /// How often the pools are repeated.
    repeat: usize,
    #[trace(skip)]
    indices: RefCell<Vec<usize>>,
    #[trace(skip)]
    stage: Cell<Stage>,
}

#[pymethods]
impl Product {
    #[slot(tp_new, "(*iterables, repeat=1)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterables: &[Borrowed<'_>], repeat: isize) -> PyResult<Ref> {
        let Ok(repeat) = usize::try_from(repeat) else {
            return Err(raise!(ValueError, "repeat argument cannot be negative"));
        };
        let count = match iterables.len().checked_mul(repeat) {
            Some(count) if count <= isize::MAX.unsigned_abs() / size_of::<isize>() => count,
            _ => return Err(raise!(OverflowError, "repeat argument too large")),
        };
        let mut pools = memory::vec_with_capacity(iterables.len())?;
        if repeat > 0 {
            for iterable in iterables {
                pools.push(iterable.to_vec()?);
            }
        }
        let indices = filled(count, std::iter::repeat(0))?;
        let stage = if pools.iter().any(Vec::is_empty) { Stage::Done } else { Stage::Fresh };
        let value = Product {
            head: header(),
            pools: RefCell::new(pools),
            repeat,
            indices: RefCell::new(indices),
            stage: Cell::new(stage),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let (pools, mut indices) = (self.pools.borrow(), self.indices.borrow_mut());
        match self.stage.get() {
            Stage::Done => return Ok(None),
            Stage::Fresh => self.stage.set(Stage::Running),
            Stage::Running => {
                let lens = pools.iter().cycle().take(pools.len() * self.repeat).map(Vec::len);
                let lens: Vec<usize> = lens.collect();
                let moved = indices.iter_mut().zip(lens).rev().any(|(index, len)| {
                    *index += 1;
                    if *index == len {
                        *index = 0;
                    }
                    *index != 0
                });
                if !moved {
                    self.stage.set(Stage::Done);
                    return Ok(None);
                }
            }
        }
        if indices.is_empty() {
            return Ok(Some(tuple::empty()));
        }
        let mut builder = tuple::Builder::new(indices.len())?;
        for (pool, index) in pools.iter().cycle().zip(indices.iter()) {
            if let Some(item) = pool.get(*index) {
                builder.push(item.clone());
            }
        }
        Ok(Some(builder.finish()))
    }

    /// Returns size in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(slf: Borrowed<'_, Self>) -> usize {
        size_of::<Self>() + slf.indices.borrow().len() * size_of::<usize>()
    }
}

macro_rules! index_iterator {
    ($name:literal, $sig:literal, $ty:ident) => {
        #[pyclass(name = $name, module = "itertools", sig = $sig, flags(BASETYPE), gc)]
        pub struct $ty {
            head: abi::PyObject,
            pool: RefCell<Vec<Ref>>,
            #[trace(skip)]
            indices: RefCell<Vec<usize>>,
            #[trace(skip)]
            cycles: RefCell<Vec<usize>>,
            length: usize,
            #[trace(skip)]
            stage: Cell<Stage>,
        }

        impl $ty {
            fn create(
                cls: Borrowed<'_, TypeObject>,
                pool: Vec<Ref>,
                length: usize,
                indices: Vec<usize>,
                cycles: Vec<usize>,
                possible: bool,
            ) -> PyResult<Ref> {
                let value = $ty {
                    head: header(),
                    pool: RefCell::new(pool),
                    indices: RefCell::new(indices),
                    cycles: RefCell::new(cycles),
                    length,
                    stage: Cell::new(if possible { Stage::Fresh } else { Stage::Done }),
                };
                memory::new_instance(&cls, value).map(Ref::upcast)
            }

            /// Moves on by `advance`, which says whether there is a next one, and picks the items.
            fn step(&self, advance: impl FnOnce(usize, &mut [usize], &mut [usize]) -> bool) -> PyResult<Option<Ref>> {
                let (pool, mut indices) = (self.pool.borrow(), self.indices.borrow_mut());
                match self.stage.get() {
                    Stage::Done => return Ok(None),
                    Stage::Fresh => self.stage.set(Stage::Running),
                    Stage::Running => {
                        if !advance(pool.len(), &mut indices, &mut self.cycles.borrow_mut()) {
                            self.stage.set(Stage::Done);
                            return Ok(None);
                        }
                    }
                }
                pick(&pool, indices.get(..self.length).unwrap_or_default()).map(Some)
            }

            fn size(&self) -> usize {
                size_of::<Self>() + (self.indices.borrow().len() + self.cycles.borrow().len()) * size_of::<usize>()
            }
        }
    };
}

index_iterator!("combinations", "(iterable, r)", Combinations);
index_iterator!("combinations_with_replacement", "(iterable, r)", CombinationsWithReplacement);
index_iterator!("permutations", "(iterable, r=None)", Permutations);

#[pymethods]
impl Combinations {
    #[slot(tp_new, "(iterable, r)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>, r: isize) -> PyResult<Ref> {
        let pool = iterable.to_vec()?;
        let length = length(r)?;
        let indices = filled(length, 0..)?;
        let possible = length <= pool.len();
        Self::create(cls, pool, length, indices, Vec::new(), possible)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        self.step(|count, indices, _| {
            let length = indices.len();
            let highest = count.saturating_sub(length);
            let movable = indices.iter().enumerate().rposition(|(place, index)| *index < place + highest);
            let Some(tail) = movable.and_then(|place| indices.get_mut(place..)) else { return false };
            let first = tail.first().map_or(0, |index| index + 1);
            tail.iter_mut().zip(first..).for_each(|(index, value)| *index = value);
            true
        })
    }

    #[method("($self, /)")]
    fn __sizeof__(&self) -> usize {
        self.size()
    }
}

#[pymethods]
impl CombinationsWithReplacement {
    #[slot(tp_new, "(iterable, r)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>, r: isize) -> PyResult<Ref> {
        let pool = iterable.to_vec()?;
        let length = length(r)?;
        let indices = filled(length, std::iter::repeat(0))?;
        let possible = !pool.is_empty() || length == 0;
        Self::create(cls, pool, length, indices, Vec::new(), possible)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        self.step(|count, indices, _| {
            let movable = indices.iter().rposition(|index| *index + 1 < count);
            let Some(tail) = movable.and_then(|place| indices.get_mut(place..)) else { return false };
            let value = tail.first().map_or(0, |index| index + 1);
            tail.fill(value);
            true
        })
    }

    #[method("($self, /)")]
    fn __sizeof__(&self) -> usize {
        self.size()
    }
}

#[pymethods]
impl Permutations {
    #[slot(tp_new, "(iterable, r=None)")]
    fn new(cls: Borrowed<'_, TypeObject>, iterable: Borrowed<'_>, r: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let pool = iterable.to_vec()?;
        let length = match r {
            Some(r) if !r.is(&core::none()) => {
                if !int::check(r) {
                    return Err(raise!(TypeError, "Expected int as r"));
                }
                length(r.as_isize()?)?
            }
            _ => pool.len(),
        };
        let count = pool.len();
        let indices = filled(count, 0..)?;
        let possible = length <= count;
        let cycles = if possible { filled(length, (0..=count).rev())? } else { Vec::new() };
        Self::create(cls, pool, length, indices, cycles, possible)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        self.step(|count, indices, cycles| {
            for (place, cycle) in cycles.iter_mut().enumerate().rev() {
                *cycle = cycle.saturating_sub(1);
                if *cycle == 0 {
                    if let Some(tail) = indices.get_mut(place..) {
                        tail.rotate_left(1);
                    }
                    *cycle = count - place;
                } else {
                    indices.swap(place, count - *cycle);
                    return true;
                }
            }
            false
        })
    }

    #[method("($self, /)")]
    fn __sizeof__(&self) -> usize {
        self.size()
    }
}
