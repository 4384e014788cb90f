//! `memory_iterator`: the items of a view with one dimension.

use super::{MemoryView, element};
use abi::{CStruct, Cell, PyObject};
use macros::{pyclass, pymethods};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, memory};

/// The iterator of a `memoryview`.
#[pyclass(name = "memory_iterator", flags(DISALLOW_INSTANTIATION), gc)]
pub struct MemoryIterator {
    head: PyObject,
    index: Cell<usize>,
    /// None once it is exhausted.
    view: OptRef<MemoryView>,
}

/// An iterator of `view`, which has one dimension.
pub(super) fn new(view: Borrowed<'_, MemoryView>) -> PyResult<Ref> {
    let value = MemoryIterator { head: <PyObject as CStruct>::ZERO, index: Cell::new(0), view: OptRef::new(Some(view.to_ref())) };
    memory::new_instance(MemoryIterator::type_object(), value).map(Ref::upcast)
}

#[pymethods]
impl MemoryIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(view) = self.view.get() else { return Ok(None) };
        let index = self.index.get();
        if index >= view.lengths().first().map_or(0, |length| (*length).max(0).cast_unsigned()) {
            self.view.set(None);
            return Ok(None);
        }
        self.index.set(index + 1);
        view.check_released()?;
        // SAFETY: the index is in range, and the view is not released.
        unsafe { element::unpack(view.code()?, view.place(0, view.start(), index.cast_signed())) }.map(Some)
    }
}
