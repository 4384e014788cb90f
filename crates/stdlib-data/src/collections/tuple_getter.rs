//! The descriptors of a named tuple's fields.

use crate::header;
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, IntoPy, OptRef, PyResult, Ref, TypeObject, core, memory, raise};

#[pyclass(name = "_tuplegetter", module = "collections", gc)]
pub struct TupleGetter {
    head: abi::PyObject,
    index: isize,
    #[member(name = "__doc__")]
    doc: OptRef,
}

#[pymethods]
impl TupleGetter {
    #[slot(tp_new, "(index, doc, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, index: isize, doc: Borrowed<'_>) -> PyResult<Ref> {
        memory::new_instance(&cls, TupleGetter { head: header(), index, doc: OptRef::new(Some(doc.to_ref())) }).map(Ref::upcast)
    }

    #[slot(tp_descr_get)]
    fn descr_get(slf: Borrowed<'_, Self>, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object.filter(|object| !object.is(&core::none())) else { return Ok(slf.object().to_ref()) };
        let Some(items) = tuple::items(object) else {
            return Err(raise!(
                TypeError,
                "descriptor for index '{}' for tuple subclasses doesn't apply to '{}' object",
                slf.index,
                object.class().tp_name()
            ));
        };
        match usize::try_from(slf.index).ok().and_then(|index| items.get(index)) {
            Some(item) => Ok(item.to_ref()),
            None => Err(raise!(IndexError, "tuple index out of range")),
        }
    }

    #[slot(tp_descr_set)]
    fn descr_set(&self, _object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let action = if value.is_some() { "set" } else { "delete" };
        Err(raise!(AttributeError, "can't {action} attribute"))
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        (slf.object().class(), (slf.index, slf.doc.get())).into_py()
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let doc = slf.doc.get().unwrap_or_else(core::none_ref).repr_text()?;
        Ok(format!("{}({}, {doc})", slf.object().class().short_name(), slf.index))
    }
}
