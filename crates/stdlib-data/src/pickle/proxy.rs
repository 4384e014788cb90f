//! The memos of picklers and unpicklers, as attributes show them.

use super::pickler::Pickler;
use super::unpickler::Unpickler;
use crate::header;
use macros::{pyclass, pymethods};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, error, memory};

#[pyclass(name = "PicklerMemoProxy", module = "_pickle", gc, flags(DISALLOW_INSTANTIATION))]
pub struct PicklerMemoProxy {
    head: abi::PyObject,
    pickler: OptRef<Pickler>,
}

impl PicklerMemoProxy {
    /// The proxy of a pickler's memo.
    pub fn of(pickler: Borrowed<'_, Pickler>) -> PyResult<Ref> {
        let value = PicklerMemoProxy { head: header(), pickler: OptRef::new(Some(pickler.to_ref())) };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }

    /// The pickler.
    pub fn pickler(&self) -> PyResult<Ref<Pickler>> {
        self.pickler.get().ok_or_else(error::bad_internal_call)
    }
}

fn reduced(content: Ref) -> PyResult<(Ref, Ref)> {
    Ok((core::DICT.to_ref(), object::value::tuple::from_array([content])?))
}

#[pymethods]
impl PicklerMemoProxy {
    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_>) -> PyResult<isize> {
        unhashable(slf)
    }

    /// Remove all items from memo.
    #[method("($self, /)")]
    fn clear(&self) -> PyResult<()> {
        self.pickler()?.clear_memo_now()
    }

    /// Copy the memo to a new object.
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref> {
        self.pickler()?.memo_dict()
    }

    /// Implement pickle support.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<(Ref, Ref)> {
        reduced(self.copy()?)
    }
}

fn unhashable(object: Borrowed<'_>) -> PyResult<isize> {
    Err(object::raise!(TypeError, "unhashable type: '{}'", object.class().tp_name()))
}

#[pyclass(name = "UnpicklerMemoProxy", module = "_pickle", gc, flags(DISALLOW_INSTANTIATION))]
pub struct UnpicklerMemoProxy {
    head: abi::PyObject,
    unpickler: OptRef<Unpickler>,
}

impl UnpicklerMemoProxy {
    /// The proxy of an unpickler's memo.
    pub fn of(unpickler: Borrowed<'_, Unpickler>) -> PyResult<Ref> {
        let value = UnpicklerMemoProxy { head: header(), unpickler: OptRef::new(Some(unpickler.to_ref())) };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }

    /// The unpickler.
    pub fn unpickler(&self) -> PyResult<Ref<Unpickler>> {
        self.unpickler.get().ok_or_else(error::bad_internal_call)
    }
}

#[pymethods]
impl UnpicklerMemoProxy {
    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_>) -> PyResult<isize> {
        unhashable(slf)
    }

    /// Remove all items from memo.
    #[method("($self, /)")]
    fn clear(&self) -> PyResult<()> {
        self.unpickler()?.clear_memo()
    }

    /// Copy the memo to a new object.
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref> {
        self.unpickler()?.memo_dict()
    }

    /// Implement pickling support.
    #[method("($self, /)")]
    fn __reduce__(&self) -> PyResult<(Ref, Ref)> {
        reduced(self.copy()?)
    }
}
