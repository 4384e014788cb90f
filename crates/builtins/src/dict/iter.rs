//! The six iterators over dicts.

use super::Dict;
use crate::iter::builtin;
use crate::tuple::PairSlot;
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, IntoPy, Object, OptRef, PyResult, Ref, StaticType, Trace, Visit, id, memory, raise};

/// The state of an iteration.
#[derive(Default)]
pub struct Progress {
    dict: OptRef<Dict>,
    /// Items at the start; -1 after a change was found.
    used: Cell<isize>,
    /// Forwards: the next position; backwards: the one behind the next.
    position: Cell<usize>,
    left: Cell<isize>,
}

impl Trace for Progress {
    fn trace(&self, visit: &mut Visit<'_>) {
        self.dict.trace(visit);
    }
    fn clear(&self) {
        self.dict.set(None);
    }
}

/// The direction of an iteration.
trait Direction {
    fn start(dict: &Dict) -> usize;
    fn step(dict: &Dict, position: usize) -> Option<(usize, usize)>;
}
struct Forward;
struct Backward;
impl Direction for Forward {
    fn start(_dict: &Dict) -> usize {
        0
    }
    #[inline(always)]
    fn step(dict: &Dict, position: usize) -> Option<(usize, usize)> {
        dict.next_index(position)
    }
}
impl Direction for Backward {
    fn start(dict: &Dict) -> usize {
        dict.values().map_or_else(|| dict.keys().nentries(), super::values::Values::len)
    }
    fn step(dict: &Dict, position: usize) -> Option<(usize, usize)> {
        dict.previous_index(position)
    }
}

impl Progress {
    fn new<D: Direction>(dict: Borrowed<'_, Dict>) -> Self {
        Progress {
            dict: OptRef::new(Some(dict.to_ref())),
            used: Cell::new(dict.len().cast_signed()),
            position: Cell::new(D::start(&dict)),
            left: Cell::new(dict.len().cast_signed()),
        }
    }

    fn copy(&self) -> Self {
        Progress {
            dict: OptRef::new(self.dict.get()),
            used: self.used.clone(),
            position: self.position.clone(),
            left: self.left.clone(),
        }
    }

    /// Gives `take` the dict and the next entry's index.
    #[inline(always)]
    fn advance<D: Direction, R>(&self, take: impl FnOnce(&Dict, usize) -> PyResult<Option<R>>) -> PyResult<Option<R>> {
        // SAFETY: the borrow ends before any code runs that could change the field: `take` only reads and allocates.
        let Some(dict) = (unsafe { self.dict.peek() }) else { return Ok(None) };
        if self.used.get() != dict.raw.ma_used.get() {
            self.used.set(-1);
            return Err(raise!(RuntimeError, "dictionary changed size during iteration"));
        }
        let Some((index, next)) = D::step(&dict, self.position.get()) else {
            self.dict.set(None);
            return Ok(None);
        };
        if self.left.get() == 0 {
            self.dict.set(None);
            return Err(raise!(RuntimeError, "dictionary keys changed during iteration"));
        }
        self.position.set(next);
        self.left.set(self.left.get() - 1);
        take(&dict, index)
    }

    fn length_hint(&self) -> isize {
        match self.dict.get() {
            Some(dict) if self.used.get() == dict.raw.ma_used.get() => self.left.get(),
            _ => 0,
        }
    }
}

#[inline(always)]
fn owned(ptr: *mut PyObject) -> Option<Ref> {
    // SAFETY: the pointer was just read from a live entry.
    unsafe { Borrowed::<Object>::from_ptr_or_null(ptr) }.map(Borrowed::to_ref)
}

#[inline(always)]
fn key_of(dict: &Dict, index: usize) -> PyResult<Option<Ref>> {
    Ok(owned(dict.keys().key_at(index)))
}

#[inline(always)]
fn value_of(dict: &Dict, index: usize) -> PyResult<Option<Ref>> {
    Ok(owned(dict.value_cell(index).get()))
}

#[inline(always)]
fn item_of(dict: &Dict, index: usize) -> PyResult<Option<(Ref, Ref)>> {
    Ok(owned(dict.keys().key_at(index)).zip(owned(dict.value_cell(index).get())))
}

/// `(iter, (list of what is left,))`.
fn reduce<T: StaticType>(rest: Ref<T>) -> PyResult<Ref> {
    let items = rest.b().to_vec()?;
    let list = (object::hooks::get().list_new)(items)?;
    (builtin(id!("iter"))?, tuple::from_array([list])?).into_py()
}

macro_rules! iterators {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $export:literal, $direction:ident, $slot:ident, |$iterator:ident| $next:expr;)*) => { $(
        $(#[$meta])*
        #[pyclass(name = $text, export = $export, gc)]
        pub struct $name {
            header: PyObject,
            progress: Progress,
            result: $slot,
        }

        impl $name {
            /// An iterator over `dict`.
            pub fn create(dict: Borrowed<'_, Dict>) -> PyResult<Ref<$name>> {
                Self::with(Progress::new::<$direction>(dict))
            }

            fn with(progress: Progress) -> PyResult<Ref<$name>> {
                let header = <PyObject as abi::CStruct>::ZERO;
                memory::new_instance(Self::type_object(), $name { header, progress, result: $slot::default() })
            }
        }

        #[pymethods]
        impl $name {
            #[slot(tp_iter)]
            fn iter(slf: Borrowed<'_>) -> Ref {
                slf.to_ref()
            }

            #[slot(tp_iternext)]
            fn next(&self) -> PyResult<Option<Ref>> {
                let $iterator = self;
                $next
            }

            /// Private method returning an estimate of len(list(it)).
            #[method("($self, /)")]
            fn __length_hint__(&self) -> isize {
                self.progress.length_hint()
            }

            /// Return state information for pickling.
            #[method("($self, /)")]
            fn __reduce__(&self) -> PyResult<Ref> {
                reduce(Self::with(self.progress.copy())?)
            }
        }
    )* };
}

/// Nothing to reuse.
#[derive(Default)]
pub struct NoSlot;
impl Trace for NoSlot {
    fn trace(&self, _visit: &mut Visit<'_>) {}
}

iterators! {
    /// `iter(dict)`.
    DictKeyIterator = "dict_keyiterator", "PyDictIterKey_Type", Forward, NoSlot, |it| it.progress.advance::<Forward, _>(key_of);
    /// `iter(dict.values())`.
    DictValueIterator = "dict_valueiterator", "PyDictIterValue_Type", Forward, NoSlot, |it| it.progress.advance::<Forward, _>(value_of);
    /// `iter(dict.items())`.
    DictItemIterator = "dict_itemiterator", "PyDictIterItem_Type", Forward, PairSlot,
        |it| match it.progress.advance::<Forward, _>(item_of)? {
            Some((key, value)) => it.result.pair(key, value).map(Some),
            None => Ok(None),
        };
    /// `reversed(dict)`.
    DictReverseKeyIterator = "dict_reversekeyiterator", "PyDictRevIterKey_Type", Backward, NoSlot,
        |it| it.progress.advance::<Backward, _>(key_of);
    /// `reversed(dict.values())`.
    DictReverseValueIterator = "dict_reversevalueiterator", "PyDictRevIterValue_Type", Backward, NoSlot,
        |it| it.progress.advance::<Backward, _>(value_of);
    /// `reversed(dict.items())`.
    DictReverseItemIterator = "dict_reverseitemiterator", "PyDictRevIterItem_Type", Backward, PairSlot,
        |it| match it.progress.advance::<Backward, _>(item_of)? {
            Some((key, value)) => it.result.pair(key, value).map(Some),
            None => Ok(None),
        };
}
