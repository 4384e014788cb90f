//! `mappingproxy`: a read-only view of a mapping, such as a class's `__dict__`.

use abi::PyObject;
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory, raise};

/// Read-only proxy of a mapping.
#[pyclass(name = "mappingproxy", cell = ::object::core::MAPPING_PROXY, sig = "(mapping)", flags(MAPPING), gc)]
pub struct MappingProxy {
    head: PyObject,
    mapping: OptRef,
}

/// A read-only view of `mapping`.
pub fn new(mapping: Borrowed<'_>) -> PyResult<Ref> {
    let head = <PyObject as abi::CStruct>::ZERO;
    let proxy = MappingProxy { head, mapping: OptRef::new(Some(mapping.to_ref())) };
    memory::new_instance(MappingProxy::type_object(), proxy).map(Ref::upcast)
}

/// What a proxy shows, or the object itself where it is none.
fn behind(object: Borrowed<'_>) -> Ref {
    object.downcast_exact::<MappingProxy>().map_or_else(|| object.to_ref(), |proxy| proxy.mapping())
}

impl MappingProxy {
    /// The mapping behind the proxy.
    pub fn mapping(&self) -> Ref {
        self.mapping.get().unwrap_or_else(core::none_ref)
    }
}

#[pymethods]
impl MappingProxy {
    #[slot(tp_new, "(mapping)")]
    fn make(_class: Borrowed<'_, TypeObject>, mapping: Borrowed<'_>) -> PyResult<Ref> {
        let class = mapping.class();
        if class.mp_subscript().is_none() || class.is_subtype(&core::LIST) || class.is_subtype(&core::TUPLE) {
            return Err(raise!(TypeError, "mappingproxy() argument must be a mapping, not {}", class.tp_name()));
        }
        new(mapping)
    }

    #[slot(mp_length)]
    fn len(&self) -> PyResult<usize> {
        self.mapping().len()
    }

    #[slot(mp_subscript)]
    fn getitem(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        self.mapping().getitem(key)
    }

    #[slot(sq_contains)]
    fn contains(&self, key: Borrowed<'_>) -> PyResult<bool> {
        self.mapping().contains(key)
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Ref> {
        self.mapping().iter()
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Ref> {
        self.mapping().str()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        text::new(&format!("mappingproxy({})", self.mapping().repr_text()?))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        self.mapping().hash()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        self.mapping().richcompare(other, op)
    }

    #[slot(nb_or)]
    fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
        object::protocol::number::or(behind(left).b(), behind(right).b())
    }

    #[slot(nb_inplace_or)]
    fn ior(&self, _other: Borrowed<'_>) -> PyResult<Ref> {
        Err(raise!(TypeError, "'|=' is not supported by mappingproxy; use '|' instead"))
    }

    /// Return the value for key if key is in the mapping, else default.
    #[method("($self, key, default=None, /)")]
    fn get(&self, key: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        self.mapping().call_method(id!("get"), &[key, default.unwrap_or(core::none())])
    }

    /// a set-like object providing a view on D's keys
    #[method("($self, /)")]
    fn keys(&self) -> PyResult<Ref> {
        self.mapping().call_method(id!("keys"), &[])
    }

    /// an object providing a view on D's values
    #[method("($self, /)")]
    fn values(&self) -> PyResult<Ref> {
        self.mapping().call_method(id!("values"), &[])
    }

    /// a set-like object providing a view on D's items
    #[method("($self, /)")]
    fn items(&self) -> PyResult<Ref> {
        self.mapping().call_method(id!("items"), &[])
    }

    /// a shallow copy of D
    #[method("($self, /)")]
    fn copy(&self) -> PyResult<Ref> {
        self.mapping().call_method(id!("copy"), &[])
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__", text = None, "($type, object, /)")]
    fn class_getitem(class: Borrowed<'_, TypeObject>, item: Borrowed<'_>) -> PyResult<Ref> {
        crate::genericalias::new(class.object(), item)
    }

    /// D.__reversed__() -> reverse iterator
    #[method(name = "__reversed__", text = None, "($self, /)")]
    fn reversed(&self) -> PyResult<Ref> {
        self.mapping().call_method(id!("__reversed__"), &[])
    }
}
