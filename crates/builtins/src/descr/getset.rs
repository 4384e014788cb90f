//! `getset_descriptor`: attributes that native functions read and write.

use super::{Common, c_text, doc_object, head_of};
use abi::{PyGetSetDef, PyGetSetDescrObject};
use macros::{pyclass, pymethods};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, Visit, memory, raise, spec};
use std::mem::transmute;

/// An attribute with a getter and a setter.
#[pyclass(name = "getset_descriptor", cell = ::object::core::GETSET_DESCR, gc = manual)]
pub struct GetSet {
    head: PyGetSetDescrObject,
}

impl Common for GetSet {
    fn common(&self) -> &abi::PyDescrObject {
        &self.head.d_common
    }
}

/// The descriptor of an attribute of `class`.
pub fn new(class: &TypeObject, definition: *mut PyGetSetDef, name: Ref) -> PyResult<Ref> {
    let object = PyGetSetDescrObject { d_common: head_of(class, name), ..<PyGetSetDescrObject as abi::CStruct>::ZERO };
    object.d_getset.set(definition);
    memory::new_instance(GetSet::type_object(), GetSet { head: object }).map(Ref::upcast)
}

impl GetSet {
    fn definition(&self) -> &PyGetSetDef {
        // SAFETY: the table lives as long as the type, which the descriptor keeps alive.
        unsafe { &*self.head.d_getset.get() }
    }
}

#[pymethods]
impl GetSet {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        self.describe("attribute")
    }

    #[slot(tp_descr_get)]
    fn get(slf: Borrowed<'_, Self>, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(object) = object else { return Ok(slf.object().to_ref()) };
        slf.check(object)?;
        let definition = slf.definition();
        match definition.get.get() {
            // SAFETY: our typed signature has the ABI of C's getter; the object is of the right type.
            Some(get) => unsafe { transmute::<abi::getter, spec::Getter>(get)(object, definition.closure.get()) },
            None => Err(raise!(
                AttributeError,
                "attribute '{}' of '{}' objects is not readable",
                slf.name_text(),
                slf.owner().tp_name()
            )),
        }
    }

    #[slot(tp_descr_set)]
    fn set(&self, object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.check_set(object)?;
        let definition = self.definition();
        match definition.set.get() {
            // SAFETY: as above.
            Some(set) => unsafe { transmute::<abi::setter, spec::Setter>(set)(object, value, definition.closure.get()).into() },
            None => Err(raise!(
                AttributeError,
                "attribute '{}' of '{}' objects is not writable",
                self.name_text(),
                self.owner().tp_name()
            )),
        }
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        self.visit_common(visit);
    }

    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        // SAFETY: the slot's contract.
        unsafe { super::dealloc(slf) }
    }

    #[getter(name = "__name__")]
    fn get_name(&self) -> Ref {
        self.name()
    }

    #[getter(name = "__objclass__")]
    fn get_objclass(&self) -> Ref {
        self.owner().to_ref()
    }

    #[getter(name = "__doc__")]
    fn get_doc(&self) -> PyResult<Ref> {
        // SAFETY: the table's text.
        doc_object(&self.name_text(), unsafe { c_text(self.definition().doc.get()) })
    }

    #[getter(name = "__qualname__")]
    fn get_qualname(&self) -> PyResult<Ref> {
        self.qualname()
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce_method(&self) -> PyResult<Ref> {
        self.reduce()
    }
}

impl GetSet {
    fn check_set(&self, object: Borrowed<'_>) -> PyResult<()> {
        super::member::check_set(self, object)
    }
}
