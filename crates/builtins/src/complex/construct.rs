//! `complex(…)`.

use super::{Complex, Value, instance, new};
use macros::pymethods;
use object::value::{float, str as text};
use object::{Borrowed, PyResult, Ref, TypeObject, core, exc, hooks, id, raise};

/// The result of `__complex__`, where the object has it.
fn from_special(object: Borrowed<'_>) -> PyResult<Option<Ref>> {
    if object.class().is_type(&core::COMPLEX) {
        return Ok(Some(object.to_ref()));
    }
    let Some(method) = object.lookup_special(id!("__complex__"))? else { return Ok(None) };
    let result = method.call0()?;
    let class = result.class();
    if !class.is_subtype(&core::COMPLEX) {
        return Err(raise!(
            TypeError,
            "{}.__complex__() must return a complex, not {}",
            object.class().tp_name(),
            class.tp_name()
        ));
    }
    if !class.is_type(&core::COMPLEX) {
        hooks::warn(
            &exc::DeprecationWarning,
            &format!(
                "{}.__complex__() must return a complex, not {}.  The ability to return an instance of a strict subclass of complex is \
                 deprecated, and may not be supported in a future version of Python.",
                object.class().short_name(),
                class.short_name()
            ),
            1,
        )?;
    }
    Ok(Some(result))
}

/// The value of any number as a complex: C's `PyComplex_AsCComplex`.
pub fn value_of(object: Borrowed<'_>) -> PyResult<Value> {
    if let Some(object) = object.downcast::<Complex>() {
        return Ok(object.value());
    }
    match from_special(object)? {
        Some(result) => Ok(result.b().downcast::<Complex>().map_or(Value::new(0.0, 0.0), |result| result.value())),
        None => Ok(Value::new(object.as_f64()?, 0.0)),
    }
}

fn from_string(string: Borrowed<'_>) -> PyResult<Value> {
    match Value::parse(&crate::str_::decimal_to_ascii(string)) {
        Some(value) => Ok(value),
        None => Err(raise!(ValueError, "complex() arg is a malformed string")),
    }
}

fn is_real(object: Borrowed<'_>) -> bool {
    object.class().nb_float().is_some() || object.class().nb_index().is_some()
}

#[pymethods(part = CONSTRUCT)]
impl Complex {
    #[slot(tp_new, tp_vectorcall, "(real=0, imag=0)")]
    fn new(cls: Borrowed<'_, TypeObject>, real: Option<Borrowed<'_>>, imag: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let (real, imag) = match (real, imag) {
            (None, None) => return instance(cls, Value::new(0.0, 0.0)),
            (Some(real), None) => return from_one(cls, real),
            (real, imag) => (real, imag),
        };
        // Negative zero is what adds nothing: 0.0 would turn an imaginary part of -0.0 positive.
        let mut value = Value::new(0.0, if imag.is_some() { -0.0 } else { 0.0 });
        if let Some(real) = real {
            let converted = from_special(real)?;
            let real = converted.as_ref().map_or(real, Ref::b);
            if let Some(complex) = real.downcast::<Complex>() {
                warn_complex_part("real")?;
                value = complex.value();
            } else if is_real(real) {
                value.re = real.as_f64()?;
            } else {
                return Err(raise!(TypeError, "complex() argument 'real' must be a real number, not {}", real.class().tp_name()));
            }
        }
        if let Some(imag) = imag {
            if let Some(complex) = imag.downcast::<Complex>() {
                warn_complex_part("imag")?;
                let imag = complex.value();
                value.re -= imag.im;
                value.im += imag.re;
            } else if is_real(imag) {
                value.im += imag.as_f64()?;
            } else {
                return Err(raise!(TypeError, "complex() argument 'imag' must be a real number, not {}", imag.class().tp_name()));
            }
        }
        instance(cls, value)
    }

    /// Convert number to a complex floating-point number.
    #[classmethod("($type, number, /)")]
    fn from_number(cls: Borrowed<'_, TypeObject>, number: Borrowed<'_>) -> PyResult<Ref> {
        if number.class().is_type(&core::COMPLEX) && cls.is_type(&core::COMPLEX) {
            return Ok(number.to_ref());
        }
        let value = new(value_of(number)?)?;
        if cls.is_type(&core::COMPLEX) { Ok(value) } else { cls.call1(value.b()) }
    }
}

fn warn_complex_part(name: &str) -> PyResult<()> {
    hooks::warn(&exc::DeprecationWarning, &format!("complex() argument '{name}' must be a real number, not complex"), 1)
}

fn from_one(cls: Borrowed<'_, TypeObject>, real: Borrowed<'_>) -> PyResult<Ref> {
    if real.class().is_type(&core::COMPLEX) && cls.is_type(&core::COMPLEX) {
        return Ok(real.to_ref());
    }
    if text::check(real) {
        return instance(cls, from_string(real)?);
    }
    if let Some(result) = from_special(real)? {
        return instance(cls, value_of(result.b())?);
    }
    if let Some(value) = float::value(real) {
        return instance(cls, Value::new(value, 0.0));
    }
    if !is_real(real) {
        return Err(raise!(TypeError, "complex() argument must be a string or a number, not {}", real.class().tp_name()));
    }
    instance(cls, Value::new(real.as_f64()?, 0.0))
}
