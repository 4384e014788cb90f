//! The iterators over lists, forwards and backwards.

use super::List;
use crate::iter::{builtin, state_index};
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, IntoPy, OptRef, PyResult, Ref, StaticType, id, memory};

/// `iter(list)`.
#[pyclass(name = "list_iterator", export = "PyListIter_Type", gc)]
pub struct ListIterator {
    header: PyObject,
    index: Cell<usize>,
    list: OptRef<List>,
}

impl ListIterator {
    /// An iterator over `list`.
    pub fn create(list: Borrowed<'_, List>) -> PyResult<Ref<ListIterator>> {
        let made = memory::alloc_gc(Self::type_object(), size_of::<ListIterator>())?;
        // SAFETY: fresh memory of an iterator, whose fields are written before the collector hears of it.
        unsafe {
            let iterator = made.as_ptr().cast::<ListIterator>();
            (&raw mut (*iterator).index).write(Cell::new(0));
            (&raw mut (*iterator).list).write(OptRef::new(Some(list.to_ref())));
            object::gc::track(made.as_ptr());
            Ok(Ref::from_owned_ptr(made))
        }
    }

    /// The next item, borrowed from the list; null, and nothing done, at the end. For the interpreter's `for` loop.
    #[inline(always)]
    pub fn step(&self) -> *mut PyObject {
        let list = self.list.as_ptr();
        if list.is_null() {
            return list;
        }
        // SAFETY: the field owns a list; the index is compared with its length.
        unsafe {
            let list = &*list.cast::<abi::PyListObject>();
            let index = self.index.get();
            if index >= list.ob_base.ob_size.get().cast_unsigned() {
                return std::ptr::null_mut();
            }
            self.index.set(index + 1);
            *list.ob_item.get().add(index)
        }
    }

    /// The next item; none at the end.
    #[inline(always)]
    pub fn advance(&self) -> Option<Ref> {
        // SAFETY: the borrow ends before the field is changed.
        let list = unsafe { self.list.peek() }?;
        let index = self.index.get();
        if let Some(item) = list.at(index) {
            self.index.set(index + 1);
            return Some(item);
        }
        self.list.set(None);
        None
    }
}

/// `(iter, ([],))`: an iterator that has nothing left.
fn reduce_exhausted() -> PyResult<Ref> {
    let iter = builtin(id!("iter"))?;
    (iter, tuple::from_array([List::new()?.upcast()])?).into_py()
}

#[pymethods]
impl ListIterator {
    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the count is 0; the type has neither finaliser nor weak references.
        unsafe { memory::dealloc_exact::<ListIterator>(slf.ptr(), ListIterator::type_object()) }
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
        self.list.get().map_or(0, |list| list.len().saturating_sub(self.index.get()))
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let iter = builtin(id!("iter"))?;
        match self.list.get() {
            Some(list) => (iter, tuple::from_array([list.upcast()])?, self.index.get()).into_py(),
            None => reduce_exhausted(),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: Borrowed<'_>) -> PyResult<()> {
        let index = state_index(object)?;
        if let Some(list) = self.list.get() {
            self.index.set(index.max(0).cast_unsigned().min(list.len()));
        }
        Ok(())
    }
}

/// `reversed(list)`.
#[pyclass(name = "list_reverseiterator", export = "PyListRevIter_Type", gc)]
pub struct ListReverseIterator {
    header: PyObject,
    /// The index of the next item; -1 at the end.
    index: Cell<isize>,
    list: OptRef<List>,
}

impl ListReverseIterator {
    /// An iterator over `list` from its end.
    pub fn create(list: Borrowed<'_, List>) -> PyResult<Ref<ListReverseIterator>> {
        let header = <PyObject as abi::CStruct>::ZERO;
        let index = Cell::new(list.len().cast_signed() - 1);
        memory::new_instance(Self::type_object(), ListReverseIterator { header, index, list: OptRef::new(Some(list.to_ref())) })
    }
}

#[pymethods]
impl ListReverseIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        // SAFETY: the borrow ends before the field is changed.
        let Some(list) = (unsafe { self.list.peek() }) else { return Ok(None) };
        let index = self.index.get();
        if let Some(item) = usize::try_from(index).ok().and_then(|index| list.at(index)) {
            self.index.set(index - 1);
            return Ok(Some(item));
        }
        self.index.set(-1);
        self.list.set(None);
        Ok(None)
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> usize {
        let left = (self.index.get() + 1).max(0).cast_unsigned();
        self.list.get().map_or(0, |list| if list.len() < left { 0 } else { left })
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let reversed = builtin(id!("reversed"))?;
        match self.list.get() {
            Some(list) => (reversed, tuple::from_array([list.upcast()])?, self.index.get()).into_py(),
            None => reduce_exhausted(),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: Borrowed<'_>) -> PyResult<()> {
        let index = state_index(object)?;
        if let Some(list) = self.list.get() {
            self.index.set(index.clamp(-1, list.len().cast_signed() - 1));
        }
        Ok(())
    }
}
