//! `cmp_to_key`: objects that compare by an old-style comparison function.

use crate::header;
use macros::{pyclass, pymethods};
use object::value::int;
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, memory, raise};

#[pyclass(name = "KeyWrapper", module = "functools", flags(DISALLOW_INSTANTIATION), gc)]
pub struct Key {
    head: abi::PyObject,
    compare: OptRef,
    /// Value wrapped by a key function.
    #[member(name = "obj")]
    object: OptRef,
}

impl Key {
    /// A key function (`object` is none), or a key.
    pub fn create(compare: Borrowed<'_>, object: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let value = Key {
            head: header(),
            compare: OptRef::new(Some(compare.to_ref())),
            object: OptRef::new(object.map(Borrowed::to_ref)),
        };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }
}

#[pymethods]
impl Key {
    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj)"
    }

    #[slot(tp_call, "(obj)")]
    fn call(&self, obj: Borrowed<'_>) -> PyResult<Ref> {
        match self.compare.get() {
            Some(compare) => Self::create(compare.b(), Some(obj)),
            None => Err(object::error::bad_internal_call()),
        }
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast_exact::<Key>() else {
            return Err(raise!(TypeError, "other argument must be K instance"));
        };
        let (Some(compare), Some(x), Some(y)) = (self.compare.get(), self.object.get(), other.object.get()) else {
            return Err(raise!(AttributeError, "object"));
        };
        let result = compare.call(&[x.b(), y.b()])?;
        result.richcompare(int::new(0)?.b(), op)
    }
}
