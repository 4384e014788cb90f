//! The iterator over tuples.

use super::Tuple;
use crate::iter::{builtin, state_index};
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, IntoPy, OptRef, PyResult, Ref, StaticType, id, memory};

/// `iter(tuple)`.
#[pyclass(name = "tuple_iterator", export = "PyTupleIter_Type", gc)]
pub struct TupleIterator {
    header: PyObject,
    index: Cell<usize>,
    tuple: OptRef<Tuple>,
}

impl TupleIterator {
    /// An iterator over `tuple`.
    pub fn create(tuple: Borrowed<'_, Tuple>) -> PyResult<Ref<TupleIterator>> {
        let made = memory::alloc_gc(Self::type_object(), size_of::<TupleIterator>())?;
        // SAFETY: fresh memory of an iterator, whose fields are written before the collector hears of it.
        unsafe {
            let iterator = made.as_ptr().cast::<TupleIterator>();
            (&raw mut (*iterator).index).write(Cell::new(0));
            (&raw mut (*iterator).tuple).write(OptRef::new(Some(tuple.to_ref())));
            object::gc::track(made.as_ptr());
            Ok(Ref::from_owned_ptr(made))
        }
    }

    /// The next item, borrowed from the tuple; null, and nothing done, at the end. For the interpreter's `for` loop.
    #[inline(always)]
    pub fn step(&self) -> *mut PyObject {
        let tuple = self.tuple.as_ptr();
        if tuple.is_null() {
            return tuple;
        }
        // SAFETY: the field owns a tuple; the index is compared with its length.
        unsafe {
            let index = self.index.get();
            if index >= (*tuple.cast::<abi::PyVarObject>()).ob_size.get().cast_unsigned() {
                return std::ptr::null_mut();
            }
            self.index.set(index + 1);
            *tuple.byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut PyObject>().add(index)
        }
    }

    /// The next item; none at the end.
    #[inline(always)]
    pub fn advance(&self) -> Option<Ref> {
        // SAFETY: the borrow ends before the field is changed.
        let tuple = unsafe { self.tuple.peek() }?;
        let index = self.index.get();
        if let Some(item) = tuple.items().get(index) {
            self.index.set(index + 1);
            return Some(item.to_ref());
        }
        self.tuple.set(None);
        None
    }
}

#[pymethods]
impl TupleIterator {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the count is 0; the type has neither finaliser nor weak references.
        unsafe { memory::dealloc_exact::<TupleIterator>(slf.ptr(), TupleIterator::type_object()) }
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        Ok(self.advance())
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> usize {
        self.tuple.get().map_or(0, |tuple| tuple.len().saturating_sub(self.index.get()))
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let iter = builtin(id!("iter"))?;
        match self.tuple.get() {
            Some(items) => (iter, tuple::from_array([items.upcast()])?, self.index.get()).into_py(),
            None => (iter, tuple::from_array([tuple::empty()])?).into_py(),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: Borrowed<'_>) -> PyResult<()> {
        let index = state_index(object)?;
        if let Some(tuple) = self.tuple.get() {
            self.index.set(index.max(0).cast_unsigned().min(tuple.len()));
        }
        Ok(())
    }
}
