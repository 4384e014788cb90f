//! The operators of `float`.

use super::Float;
use macros::pymethods;
use object::value::{float, int, tuple};
use object::{Borrowed, CompareOp, PyResult, Ref, core, raise};

/// An operand as a double: a float's value, or an int's (OverflowError if it is too large). None where it is neither.
#[inline]
fn operand(object: Borrowed<'_>) -> PyResult<Option<f64>> {
    if let Some(value) = float::value(object) {
        return Ok(Some(value));
    }
    if !int::check(object) {
        return Ok(None);
    }
    crate::int::view_of(object).to_f64().map(Some).map_err(|error| raise!(OverflowError, "{}", error.message()))
}

#[inline]
fn operands(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Option<(f64, f64)>> {
    let Some(x) = operand(a)? else { return Ok(None) };
    Ok(operand(b)?.map(|y| (x, y)))
}

/// Quotient and remainder with the sign of the divisor, which is not zero: `floatobject.c`'s `_float_div_mod`.
pub(crate) fn div_mod(x: f64, y: f64) -> (f64, f64) {
    let mut remainder = x % y;
    let mut quotient = (x - remainder) / y;
    if remainder != 0.0 {
        if (y < 0.0) != (remainder < 0.0) {
            remainder += y;
            quotient -= 1.0;
        }
    } else {
        remainder = 0f64.copysign(y);
    }
    let floor = if quotient != 0.0 {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    } else {
        0f64.copysign(x / y)
    };
    (floor, remainder)
}

macro_rules! declined_or {
    ($a:expr, $b:expr, |$x:ident, $y:ident| $body:expr) => {
        match operands($a, $b)? {
            Some(($x, $y)) => $body,
            None => Ok(core::not_implemented().to_ref()),
        }
    };
}

fn zero_division() -> object::Raised {
    raise!(ZeroDivisionError, "division by zero")
}

#[pymethods(part = ARITHMETIC)]
impl Float {
    #[slot(nb_add)]
    fn add(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        declined_or!(a, b, |x, y| float::new(x + y))
    }

    #[slot(nb_subtract)]
    fn subtract(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        declined_or!(a, b, |x, y| float::new(x - y))
    }

    #[slot(nb_multiply)]
    fn multiply(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        declined_or!(a, b, |x, y| float::new(x * y))
    }

    #[slot(nb_true_divide)]
    fn true_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        declined_or!(a, b, |x, y| if y == 0.0 { Err(zero_division()) } else { float::new(x / y) })
    }

    #[slot(nb_floor_divide)]
    fn floor_divide(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        declined_or!(a, b, |x, y| if y == 0.0 { Err(zero_division()) } else { float::new(div_mod(x, y).0) })
    }

    #[slot(nb_remainder)]
    fn remainder(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        declined_or!(a, b, |x, y| if y == 0.0 { Err(zero_division()) } else { float::new(div_mod(x, y).1) })
    }

    #[slot(nb_divmod)]
    fn divmod(a: Borrowed<'_>, b: Borrowed<'_>) -> PyResult<Ref> {
        declined_or!(a, b, |x, y| {
            if y == 0.0 {
                return Err(zero_division());
            }
            let (quotient, remainder) = div_mod(x, y);
            tuple::from_array([float::new(quotient)?, float::new(remainder)?])
        })
    }

    #[slot(nb_power)]
    fn power(a: Borrowed<'_>, b: Borrowed<'_>, modulus: Borrowed<'_>) -> PyResult<Ref> {
        if !modulus.is(&core::none()) {
            return Err(raise!(TypeError, "pow() 3rd argument not allowed unless all arguments are integers"));
        }
        declined_or!(a, b, |x, y| power(x, y))
    }

    #[slot(nb_negative)]
    fn negative(&self) -> f64 {
        -self.raw.ob_fval.get()
    }

    #[slot(nb_positive, nb_float)]
    fn exact(slf: Borrowed<'_>) -> PyResult<Ref> {
        if slf.class().is_type(&core::FLOAT) { Ok(slf.to_ref()) } else { float::new(slf.self_as::<Float>().raw.ob_fval.get()) }
    }

    #[slot(nb_absolute)]
    fn absolute(&self) -> f64 {
        self.raw.ob_fval.get().abs()
    }

    #[slot(nb_bool)]
    fn truth(&self) -> PyResult<bool> {
        Ok(self.raw.ob_fval.get() != 0.0)
    }

    #[slot(nb_int)]
    fn as_int(&self) -> PyResult<Ref> {
        to_int(self.raw.ob_fval.get())
    }

    #[slot(tp_hash)]
    fn hash(slf: Borrowed<'_, Self>) -> PyResult<isize> {
        Ok(hash(slf.raw.ob_fval.get(), slf.object()))
    }

    #[slot(tp_richcompare)]
    fn compare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let value = self.raw.ob_fval.get();
        let ordering = if let Some(other) = float::value(other) {
            value.partial_cmp(&other)
        } else if let Some(other) = crate::int::view(other) {
            other.compare_f64(value).map(std::cmp::Ordering::reverse)
        } else {
            return Ok(core::not_implemented().to_ref());
        };
        // NaN is unequal to everything and in no order.
        let holds = ordering.map_or(op == CompareOp::Ne, |ordering| op.holds(ordering));
        Ok(core::boolean(holds).to_ref())
    }
}

/// The hash of a double; a NaN hashes by its object's address.
pub(crate) fn hash(value: f64, object: Borrowed<'_>) -> isize {
    numeric::float::hash(value).map_or_else(|| object.ptr().addr().rotate_right(4).cast_signed(), |hash| hash as isize)
}

/// The integer part of a double.
pub(crate) fn to_int(value: f64) -> PyResult<Ref> {
    // 2**53: all below are exact in both.
    if value.abs() < 9_007_199_254_740_992.0 {
        return int::new(value as i64);
    }
    match numeric::int::IntBuf::from_f64(value) {
        Ok(value) => crate::int::from_buf(&value),
        Err(error @ numeric::int::FloatError::NotANumber) => Err(raise!(ValueError, "{}", error.message())),
        Err(error) => Err(raise!(OverflowError, "{}", error.message())),
    }
}

/// `x ** y`, with C99's special values; a negative base with a fractional exponent is complex.
fn power(x: f64, y: f64) -> PyResult<Ref> {
    if x == 0.0 && y < 0.0 && y.is_finite() {
        return Err(raise!(ZeroDivisionError, "zero to a negative power"));
    }
    if x < 0.0 && x.is_finite() && y.is_finite() && y != y.floor() {
        let (base, exponent) = (crate::complex::from_parts(x, 0.0)?, crate::complex::from_parts(y, 0.0)?);
        return object::protocol::number::power(base.b(), exponent.b(), core::none());
    }
    let result = x.powf(y);
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(object::error::raise_value(
            &object::exc::OverflowError,
            Some(tuple::from_array([int::new(34)?, object::value::str::new("Numerical result out of range")?])?.b()),
        ));
    }
    float::new(result)
}
