//! The iterator over bytes.

use super::{content, kernel};
use abi::Cell;
use macros::{pyclass, pymethods};
use object::value::{int, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, id, memory};

/// The iterator over the bytes of a bytes object.
#[pyclass(name = "bytes_iterator", export = "PyBytesIter_Type", flags(DISALLOW_INSTANTIATION), gc)]
pub struct BytesIterator {
    head: abi::PyObject,
    bytes: OptRef,
    index: Cell<usize>,
}

pub(super) fn new(bytes: Borrowed<'_>) -> PyResult<Ref> {
    let iterator = BytesIterator {
        head: <abi::PyObject as abi::CStruct>::ZERO,
        bytes: OptRef::new(Some(bytes.to_ref())),
        index: Cell::new(0),
    };
    memory::new_instance(BytesIterator::type_object(), iterator).map(Ref::upcast)
}

#[pymethods]
impl BytesIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        Ok(slf.to_ref())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        // SAFETY: the borrow ends before any code runs that could change the field.
        let Some(bytes) = (unsafe { self.bytes.peek() }) else { return Ok(None) };
        let index = self.index.get();
        match content(bytes).get(index) {
            Some(byte) => {
                self.index.set(index + 1);
                kernel::byte_object(*byte).map(Some)
            }
            None => {
                self.bytes.set(None);
                Ok(None)
            }
        }
    }

    /// Private method returning an estimate of len(list(it)).
    #[method("($self, /)")]
    fn __length_hint__(&self) -> usize {
        self.bytes.get().map_or(0, |bytes| content(bytes.b()).len()).saturating_sub(self.index.get())
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let iter = crate::support::builtin(id!("iter"))?;
        match self.bytes.get() {
            Some(bytes) => tuple::from_array([iter, tuple::from_array([bytes])?, int::from_u64(self.index.get() as u64)?]),
            None => tuple::from_array([iter, tuple::from_array([tuple::empty()])?]),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, state, /)")]
    fn __setstate__(&self, state: isize) {
        let len = self.bytes.get().map_or(0, |bytes| content(bytes.b()).len());
        self.index.set(usize::try_from(state).unwrap_or(0).min(len));
    }
}
