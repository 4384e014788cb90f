//! `None`, `NotImplemented`, `Ellipsis`: their types.

use macros::{pyclass, pymethods};
use object::{Borrowed, CompareOp, PyResult, Ref, TypeObject, core, raise};

/// The type of the None singleton.
#[pyclass(name = "NoneType", cell = ::object::core::NONE_TYPE)]
pub struct NoneType {
    head: abi::PyObject,
}

/// The type of the NotImplemented singleton.
#[pyclass(name = "NotImplementedType", cell = ::object::core::NOT_IMPLEMENTED_TYPE)]
pub struct NotImplementedType {
    head: abi::PyObject,
}

/// The type of the Ellipsis singleton.
#[pyclass(name = "ellipsis", cell = ::object::core::ELLIPSIS_TYPE)]
pub struct EllipsisType {
    head: abi::PyObject,
}

/// The constructors give the one instance and take no arguments.
fn check_no_arguments(name: &str, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
    let count = object::value::tuple::items(args).map_or(0, <[_]>::len);
    if count != 0 || kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
        return Err(raise!(TypeError, "{name} takes no arguments"));
    }
    Ok(())
}

#[pymethods]
impl NoneType {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        check_no_arguments("NoneType", args, kwargs)?;
        Ok(core::none_ref())
    }

    #[slot(tp_repr)]
    fn repr(_slf: Borrowed<'_>) -> &'static str {
        "None"
    }

    #[slot(nb_bool)]
    fn bool(_slf: Borrowed<'_>) -> PyResult<bool> {
        Ok(false)
    }

    #[slot(tp_hash)]
    fn hash(_slf: Borrowed<'_>) -> PyResult<isize> {
        Ok(0xFCA8_6420)
    }

    // A type with a hash of its own does not inherit comparison.
    #[slot(tp_richcompare)]
    fn richcompare(slf: Borrowed<'_>, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        crate::object_::richcompare(slf, other, op)
    }
}

#[pymethods]
impl NotImplementedType {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        check_no_arguments("NotImplementedType", args, kwargs)?;
        Ok(core::not_implemented().to_ref())
    }

    #[slot(tp_repr)]
    fn repr(_slf: Borrowed<'_>) -> &'static str {
        "NotImplemented"
    }

    #[slot(nb_bool)]
    fn bool(_slf: Borrowed<'_>) -> PyResult<bool> {
        Err(raise!(TypeError, "NotImplemented should not be used in a boolean context"))
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(_slf: Borrowed<'_>) -> &'static str {
        "NotImplemented"
    }
}

#[pymethods]
impl EllipsisType {
    #[slot(tp_new)]
    fn new(_class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        check_no_arguments("EllipsisType", args, kwargs)?;
        Ok(core::ellipsis().to_ref())
    }

    #[slot(tp_repr)]
    fn repr(_slf: Borrowed<'_>) -> &'static str {
        "Ellipsis"
    }

    #[method(name = "__reduce__", text = None, "($self, /)")]
    fn reduce(_slf: Borrowed<'_>) -> &'static str {
        "Ellipsis"
    }
}
