//! `bool`: the ints `True` and `False`.

use crate::int::{Int, view_of};
use macros::{pyclass, pymethods};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, TypeObject, core, exc, hooks};

/// Returns True when the argument is true, False otherwise.
/// The builtins True and False are the only two instances of the class bool.
/// The class bool is a subclass of the class int, and cannot be subclassed.
#[pyclass(
    name = "bool",
    cell = object::core::BOOL,
    base = Int,
    sig = "(object=False, /)",
    basicsize = std::mem::offset_of!(abi::PyLongObject, long_value) + std::mem::offset_of!(abi::_PyLongValue, ob_digit),
    itemsize = u32,
    flags(LONG_SUBCLASS)
)]
pub struct Bool {
    raw: abi::PyLongObject,
}

/// Whether both are bools; then their values.
fn both(a: Borrowed<'_>, b: Borrowed<'_>) -> Option<(bool, bool)> {
    let value = |object: Borrowed<'_>| object.class().is_type(&core::BOOL).then(|| object.is(&core::true_()));
    Some((value(a)?, value(b)?))
}

fn int_operator(slot: u16, a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
    let function = match slot {
        abi::typeslot::nb_and => core::INT.nb_and(),
        abi::typeslot::nb_or => core::INT.nb_or(),
        _ => core::INT.nb_xor(),
    };
    function.map_or_else(|| Ok(core::not_implemented().to_ref()), |function| function(a, b))
}

#[pymethods]
impl Bool {
    #[slot(tp_new, tp_vectorcall, "(object=False, /)")]
    fn new(_cls: Borrowed<'_, TypeObject>, object: Option<Borrowed<'_>>) -> PyResult<bool> {
        object.map_or(Ok(false), |object| object.is_true())
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<Ref> {
        text::new(if slf.is(&core::true_()) { "True" } else { "False" })
    }

    #[slot(nb_invert)]
    fn invert(slf: Borrowed<'_>) -> PyResult<Ref> {
        hooks::warn(
            &exc::DeprecationWarning,
            "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise inversion of the \
             underlying int object and is usually not what you expect from the negation of a bool object. Use the 'not' operator for \
             boolean negation or ~int(x) for the bitwise inversion of the underlying int.",
            1,
        )?;
        int::new(if view_of(slf).is_zero() { -1 } else { -2 })
    }

    #[slot(nb_and)]
    fn and(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        both(a, b).map_or_else(|| int_operator(abi::typeslot::nb_and, a, b), |(x, y)| Ok(core::boolean(x & y).to_ref()))
    }

    #[slot(nb_or)]
    fn or(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        both(a, b).map_or_else(|| int_operator(abi::typeslot::nb_or, a, b), |(x, y)| Ok(core::boolean(x | y).to_ref()))
    }

    #[slot(nb_xor)]
    fn xor(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        both(a, b).map_or_else(|| int_operator(abi::typeslot::nb_xor, a, b), |(x, y)| Ok(core::boolean(x ^ y).to_ref()))
    }
}
