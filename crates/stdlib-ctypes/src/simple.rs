//! `_SimpleCData`: a value of one of C's simple types.

use crate::access::Extent;
use crate::data::{self, CData};
use crate::info::Holder;
use crate::keep;
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, raise};

#[pyclass(name = "_SimpleCData", module = "_ctypes", base = CData, flags(BASETYPE), gc)]
/// XXX to be provided
pub struct Simple {
    #[trace]
    data: CData,
}

fn info_of(object: Borrowed<'_>) -> PyResult<Holder> {
    Holder::of_instance(object).ok_or_else(|| raise!(TypeError, "abstract class"))
}

/// The value as Python has it.
pub fn value(object: Borrowed<'_, CData>) -> PyResult<Ref> {
    let info = info_of(object.object())?;
    object.check_fits(&info)?;
    match info.access.get() {
        // SAFETY: the content has a value of the class.
        Some(access) => unsafe { access.get(object.ptr.get(), Extent::Bytes(object.size.get())) },
        None => Err(raise!(TypeError, "abstract class")),
    }
}

fn set_value(object: Borrowed<'_, CData>, value: Borrowed<'_>) -> PyResult<()> {
    let info = info_of(object.object())?;
    object.check_fits(&info)?;
    let Some(access) = info.access.get() else { return Err(raise!(TypeError, "abstract class")) };
    // SAFETY: the content has room for a value of the class; a block that is replaced meanwhile stays.
    let kept = unsafe { access.set(object.ptr.get(), value, Extent::Bytes(info.size.get()))? };
    keep::keep(object, 0, kept)
}

#[pymethods]
impl Simple {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        data::new(class).map(Ref::upcast)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, CData>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        match tuple::items(args).unwrap_or_default() {
            [] => Ok(()),
            [value] => set_value(slf, *value),
            many => Err(raise!(TypeError, "__init__ expected at most 1 argument, got {}", many.len())),
        }
    }

    #[getter]
    fn value(slf: Borrowed<'_, CData>) -> PyResult<Ref> {
        value(slf)
    }

    #[setter]
    fn set_value(slf: Borrowed<'_, CData>, new: Option<Borrowed<'_>>) -> PyResult<()> {
        match new {
            Some(new) => set_value(slf, new),
            None => Err(raise!(TypeError, "can't delete attribute")),
        }
    }

    #[method("($self, /)", name = "__ctypes_from_outparam__")]
    fn from_outparam(slf: Borrowed<'_, CData>) -> PyResult<Ref> {
        if info_of(slf.object())?.is_simple_subclass() { Ok(slf.object().to_ref()) } else { value(slf) }
    }

    #[slot(nb_bool)]
    fn bool(slf: Borrowed<'_, CData>) -> PyResult<bool> {
        // SAFETY: the content has that many bytes.
        Ok(unsafe { slf.slice(0, slf.size.get()) }.iter().any(|byte| *byte != 0))
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, CData>) -> PyResult<Ref> {
        let object = slf.object();
        let class = object.class();
        if !class.base().is_some_and(|base| base.is_type(Simple::type_object())) {
            return text::new(&format!("<{} object at {:p}>", class.tp_name(), object.ptr()));
        }
        let shown = value(slf)?.repr()?;
        let mut builder = text::Builder::new();
        builder.push_str(class.tp_name())?;
        builder.push_str("(")?;
        builder.push_object(shown.b())?;
        builder.push_str(")")?;
        builder.finish()
    }
}
