//! The iterator over an array.

use super::Array;
use crate::header;
use builtins::object_::reduce::import;
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, memory};
use std::cell::Cell;

#[pyclass(name = "arrayiterator", module = "array", gc)]
pub struct ArrayIterator {
    head: abi::PyObject,
    array: OptRef<Array>,
    #[trace(skip)]
    index: Cell<usize>,
}

impl ArrayIterator {
    pub(super) fn create(array: Borrowed<'_, Array>) -> PyResult<Ref> {
        let value = ArrayIterator { head: header(), array: OptRef::new(Some(array.to_ref())), index: Cell::new(0) };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }
}

#[pymethods]
impl ArrayIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let Some(array) = self.array.get() else { return Ok(None) };
        let item = array.at(self.index.get())?;
        match item {
            Some(_) => self.index.set(self.index.get() + 1),
            None => self.array.set(None),
        }
        Ok(item)
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<Ref> {
        let function = import(text::new("builtins")?.b())?.getattr(text::new("iter")?.b())?;
        match self.array.get() {
            Some(array) => {
                let args = tuple::from_array([array.upcast()])?;
                tuple::from_array([function, args, int::new(self.index.get().cast_signed() as i64)?])
            }
            None => tuple::from_array([function, tuple::from_array([tuple::empty()])?]),
        }
    }

    /// Set state information for unpickling.
    #[method("($self, state, /)")]
    fn __setstate__(&self, state: isize) {
        if let Some(array) = self.array.get() {
            self.index.set(state.max(0).cast_unsigned().min(array.len()));
        }
    }
}
