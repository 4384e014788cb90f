//! `complex`: two doubles (CPython's `complexobject.c`). The arithmetic is in `numeric::complex`.

mod construct;

pub use construct::value_of;

use macros::{pyclass, pymethods};
use numeric::complex::{Complex as Value, PowError};
use numeric::format_spec::{Align, Spec, format_complex};
use object::convert::Str;
use object::value::{float, int, str as text, tuple};
use object::{Borrowed, CompareOp, PyResult, Raised, Ref, TypeObject, core, memory, raise};

/// Create a complex number from a string or numbers.
///
/// If a string is given, parse it as a complex number.
/// If a single number is given, convert it to a complex number.
/// If the 'real' or 'imag' arguments are given, create a complex number
/// with the specified real and imaginary components.
#[pyclass(name = "complex", cell = object::core::COMPLEX, sig = "(real=0, imag=0)", flags(BASETYPE), parts(MAIN, CONSTRUCT, MEMBERS))]
pub struct Complex {
    #[member(T_DOUBLE, name = "real", field = raw.cval.real, readonly, doc = "the real part of a complex number")]
    #[member(T_DOUBLE, name = "imag", field = raw.cval.imag, readonly, doc = "the imaginary part of a complex number")]
    raw: abi::PyComplexObject,
}

impl Complex {
    fn value(&self) -> Value {
        Value::new(self.raw.cval.real.get(), self.raw.cval.imag.get())
    }
}

/// A new complex object.
pub fn from_parts(re: f64, im: f64) -> PyResult<Ref> {
    instance(core::COMPLEX.borrowed_type(), Value::new(re, im))
}

fn new(value: Value) -> PyResult<Ref> {
    from_parts(value.re, value.im)
}

fn instance(cls: Borrowed<'_, TypeObject>, value: Value) -> PyResult<Ref> {
    let raw = abi::PyComplexObject {
        ob_base: <abi::PyObject as abi::CStruct>::ZERO,
        cval: abi::Py_complex { real: abi::Cell::new(value.re), imag: abi::Cell::new(value.im) },
    };
    memory::new_instance(&cls, Complex { raw }).map(Ref::upcast)
}

/// An operand: complex, or real (C's mixed arithmetic of 3.14 treats them differently).
enum Operand {
    Complex(Value),
    Real(f64),
}

impl Operand {
    fn complex(&self) -> Value {
        match self {
            Operand::Complex(value) => *value,
            Operand::Real(value) => Value::new(*value, 0.0),
        }
    }
}

fn operand(object: Borrowed<'_>) -> PyResult<Option<Operand>> {
    if let Some(object) = object.downcast::<Complex>() {
        return Ok(Some(Operand::Complex(object.value())));
    }
    if let Some(value) = float::value(object) {
        return Ok(Some(Operand::Real(value)));
    }
    if !int::check(object) {
        return Ok(None);
    }
    match crate::int::view_of(object).to_f64() {
        Ok(value) => Ok(Some(Operand::Real(value))),
        Err(error) => Err(raise!(OverflowError, "{}", error.message())),
    }
}

fn operands(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Option<(Operand, Operand)>> {
    let Some(x) = operand(a)? else { return Ok(None) };
    Ok(operand(b)?.map(|y| (x, y)))
}

fn declined() -> PyResult<Ref> {
    Ok(core::not_implemented().to_ref())
}

fn zero_division() -> Raised {
    raise!(ZeroDivisionError, "division by zero")
}

#[pymethods]
impl Complex {
    #[slot(nb_add)]
    fn add(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        match operands(a, b)? {
            Some((Operand::Complex(x), Operand::Real(y))) => from_parts(x.re + y, x.im),
            Some((Operand::Real(x), Operand::Complex(y))) => from_parts(x + y.re, y.im),
            Some((x, y)) => new(x.complex().add(y.complex())),
            None => declined(),
        }
    }

    #[slot(nb_subtract)]
    fn subtract(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        match operands(a, b)? {
            Some((Operand::Complex(x), Operand::Real(y))) => from_parts(x.re - y, x.im),
            Some((Operand::Real(x), Operand::Complex(y))) => new(Value::real_sub(x, y)),
            Some((x, y)) => new(x.complex().sub(y.complex())),
            None => declined(),
        }
    }

    #[slot(nb_multiply)]
    fn multiply(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        match operands(a, b)? {
            Some((Operand::Complex(x), Operand::Real(y)) | (Operand::Real(y), Operand::Complex(x))) => new(x.mul_real(y)),
            Some((x, y)) => new(x.complex().mul(y.complex())),
            None => declined(),
        }
    }

    #[slot(nb_true_divide)]
    fn true_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        let quotient = match operands(a, b)? {
            Some((Operand::Complex(x), Operand::Real(y))) => x.checked_div_real(y),
            Some((Operand::Real(x), Operand::Complex(y))) => Value::real_checked_div(x, y),
            Some((x, y)) => x.complex().checked_div(y.complex()),
            None => return declined(),
        };
        new(quotient.ok_or_else(zero_division)?)
    }

    #[slot(nb_power)]
    fn power(a: Borrowed<'_>, b: Borrowed<'_>, modulus: Borrowed<'_>) -> PyResult<Ref> {
        let Some((x, y)) = operands(a, b)? else { return declined() };
        if !modulus.is(&core::none()) {
            return Err(raise!(ValueError, "complex modulo"));
        }
        match x.complex().pow(y.complex()) {
            Ok(value) => new(value),
            Err(error @ PowError::Domain) => Err(raise!(ZeroDivisionError, "{}", error.message())),
            Err(error) => Err(raise!(OverflowError, "{}", error.message())),
        }
    }

    #[slot(nb_negative)]
    fn negative(&self) -> PyResult<Ref> {
        new(self.value().neg())
    }

    #[slot(nb_positive)]
    fn positive(slf: Borrowed<'_>) -> PyResult<Ref> {
        if slf.class().is_type(&core::COMPLEX) { Ok(slf.to_ref()) } else { new(slf.self_as::<Complex>().value()) }
    }

    #[slot(nb_absolute)]
    fn absolute(&self) -> PyResult<Ref> {
        match self.value().checked_abs() {
            Some(value) => float::new(value),
            None => Err(raise!(OverflowError, "absolute value too large")),
        }
    }

    #[slot(nb_bool)]
    fn truth(&self) -> PyResult<bool> {
        let value = self.value();
        Ok(value.re != 0.0 || value.im != 0.0)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Ref> {
        match self.value().repr() {
            Ok(repr) => text::new(&repr),
            Err(_) => Err(memory::no_memory()),
        }
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_, Self>) -> PyResult<isize> {
        let value = slf.value();
        let (re, im) = (crate::float::hash(value.re, slf.object()), crate::float::hash(value.im, slf.object()));
        // sys.hash_info.imag
        Ok(re.wrapping_add(im.wrapping_mul(1_000_003)))
    }

    #[slot(tp_richcompare)]
    fn compare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let value = self.value();
        let equal = if let Some(other) = other.downcast::<Complex>() {
            let other = other.value();
            value.re == other.re && value.im == other.im
        } else if let Some(other) = float::value(other) {
            value.re == other && value.im == 0.0
        } else if let Some(other) = crate::int::view(other) {
            value.im == 0.0 && other.compare_f64(value.re).is_some_and(std::cmp::Ordering::is_eq)
        } else {
            return declined();
        };
        match op {
            CompareOp::Eq => Ok(core::boolean(equal).to_ref()),
            CompareOp::Ne => Ok(core::boolean(!equal).to_ref()),
            _ => declined(),
        }
    }

    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    #[method("($self, /)")]
    fn conjugate(&self) -> PyResult<Ref> {
        let value = self.value();
        from_parts(value.re, -value.im)
    }

    #[method("($self, /)")]
    fn __getnewargs__(&self) -> PyResult<Ref> {
        let value = self.value();
        tuple::from_array([float::new(value.re)?, float::new(value.im)?])
    }

    /// Convert this value to exact type complex.
    #[method("($self, /)")]
    fn __complex__(slf: Borrowed<'_>) -> PyResult<Ref> {
        Self::positive(slf)
    }

    /// Convert to a string according to format_spec.
    #[method("($self, format_spec, /)")]
    fn __format__(slf: Borrowed<'_>, format_spec: Str<'_>) -> PyResult<Ref> {
        let codes = crate::format::codes(format_spec.data())?;
        if codes.is_empty() {
            return slf.str();
        }
        let failed = |error| crate::float::spec_error(error, format_spec.0, slf);
        let spec = Spec::parse(&codes, None, Align::Right, crate::str_::decimal_digit).map_err(failed)?;
        object::memory::check_size(spec.width.unwrap_or(0))?;
        let locale = crate::float::locale_for(&spec)?;
        text::from_ucs4(&format_complex(slf.self_as::<Complex>().value(), &spec, &locale.as_numeric()).map_err(failed)?)
    }
}
