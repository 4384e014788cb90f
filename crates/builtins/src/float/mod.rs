//! `float`: a double (CPython's `floatobject.c`). Text and formatting are in `numeric::float`.

pub(crate) mod arithmetic;
mod format;
mod methods;

pub(crate) use arithmetic::hash;
pub use format::{format_with, locale_for, spec_error};

use macros::{pyclass, pymethods};
use object::value::{bytes, float, str as text};
use object::{Borrowed, PyResult, Ref, TypeObject, core, memory, raise};

/// Convert a string or number to a floating-point number, if possible.
#[pyclass(
    name = "float",
    cell = object::core::FLOAT,
    sig = "(x=0, /)",
    flags(BASETYPE, MATCH_SELF),
    parts(MAIN, ARITHMETIC, METHODS)
)]
pub struct Float {
    raw: abi::PyFloatObject,
}

/// `float(x)` for a str, bytes or buffer; the error shows `x`.
fn from_text(x: Borrowed<'_>) -> PyResult<f64> {
    let parsed = if text::check(x) {
        numeric::float::parse(&crate::str_::decimal_to_ascii(x))
    } else if let Some(content) = bytes::value(x) {
        numeric::float::parse(content)
    } else {
        let Ok(buffer) = object::protocol::buffer::Buffer::readable(x).map_err(object::Raised::clear) else {
            return Err(not_a_number(x));
        };
        numeric::float::parse(buffer.bytes())
    };
    match parsed {
        Some(value) => Ok(value),
        None => Err(raise!(ValueError, "could not convert string to float: {}", x.repr_text()?)),
    }
}

#[cold]
fn not_a_number(x: Borrowed<'_>) -> object::Raised {
    raise!(TypeError, "float() argument must be a string or a real number, not '{}'", x.class().tp_name())
}

/// `float(x)` as a double.
pub fn from_object(x: Borrowed<'_>) -> PyResult<f64> {
    let class = x.class();
    if text::check_exact(&x) {
        return from_text(x);
    }
    if class.is_type(&core::FLOAT) {
        return x.as_f64();
    }
    if let Some(convert) = class.nb_float() {
        return converted(class, convert(x)?);
    }
    if class.nb_index().is_some() {
        return x.as_f64();
    }
    if text::check(x) || bytes::value(x).is_some() || x.has_buffer() {
        return from_text(x);
    }
    Err(not_a_number(x))
}

/// What `__float__` returned: a float, or with a warning an instance of a subclass.
fn converted(class: &TypeObject, result: Ref) -> PyResult<f64> {
    let Some(value) = float::value(result.b()) else {
        return Err(raise!(TypeError, "{}.__float__ returned non-float (type {})", class.tp_name(), result.class().tp_name()));
    };
    if !result.class().is_type(&core::FLOAT) {
        let message = format!(
            "{}.__float__ returned non-float (type {}).  The ability to return an instance of a strict subclass of float is \
             deprecated, and may not be supported in a future version of Python.",
            class.short_name(),
            result.class().short_name()
        );
        object::hooks::warn(&object::exc::DeprecationWarning, &message, 1)?;
    }
    Ok(value)
}

/// A new instance of `cls`, float or a subtype of it.
fn instance(cls: Borrowed<'_, TypeObject>, value: f64) -> PyResult<Ref> {
    if cls.is_type(&core::FLOAT) {
        return float::new(value);
    }
    let raw = abi::PyFloatObject { ob_base: <abi::PyObject as abi::CStruct>::ZERO, ob_fval: abi::Cell::new(value) };
    memory::new_instance(&cls, Float { raw }).map(Ref::upcast)
}

#[pymethods]
impl Float {
    #[slot(tp_new, tp_vectorcall, "(x=0, /)")]
    fn new(cls: Borrowed<'_, TypeObject>, x: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match x {
            None => instance(cls, 0.0),
            Some(x) if x.class().is_type(&core::FLOAT) && cls.is_type(&core::FLOAT) => Ok(x.to_ref()),
            Some(x) => instance(cls, from_object(x)?),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        text::from_ascii(numeric::float::repr(self.raw.ob_fval.get()).as_bytes())
    }
}
