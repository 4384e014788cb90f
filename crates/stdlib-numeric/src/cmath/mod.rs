//! `cmath`: functions of complex numbers (CPython's `cmathmodule.c`).

mod hyperbolic;
mod root;
mod special;

use crate::math::{domain_error, range_error};
use numeric::complex::Complex;
use object::{Borrowed, PyResult, Ref, raise};

/// From here on, squares and sums overflow.
const LARGE: f64 = f64::MAX / 4.0;

/// A result, and whether the function is not defined there.
type Outcome = (Complex, bool);

fn value(z: Borrowed<'_>) -> PyResult<Complex> {
    builtins::complex::value_of(z)
}

fn object(z: Complex) -> PyResult<Ref> {
    builtins::complex::from_parts(z.re, z.im)
}

/// The object for a result; a result that became infinite from a finite argument is too large.
fn finish(z: Complex, (result, undefined): Outcome, grows: bool) -> PyResult<Ref> {
    if undefined {
        return Err(domain_error());
    }
    if grows && z.re.is_finite() && z.im.is_finite() && (result.re.is_infinite() || result.im.is_infinite()) {
        return Err(range_error());
    }
    object(result)
}

/// `i * z`.
fn times_i(z: Complex) -> Complex {
    Complex::new(-z.im, z.re)
}

/// `-i * z`.
fn by_i((z, undefined): Outcome) -> Outcome {
    (Complex::new(z.im, -z.re), undefined)
}

/// This module provides access to mathematical functions for complex
/// numbers.
#[macros::pymodule(name = "cmath")]
pub mod module {
    use super::domain_error;
    use super::{Borrowed, Complex, PyResult, Ref, by_i, finish, hyperbolic, object, raise, range_error, root, times_i, value};

    #[pyattr(name = "pi")]
    const PI: f64 = std::f64::consts::PI;
    #[pyattr(name = "e")]
    const E: f64 = std::f64::consts::E;
    #[pyattr(name = "tau")]
    const TAU: f64 = std::f64::consts::TAU;
    #[pyattr(name = "inf")]
    const INF: f64 = f64::INFINITY;
    #[pyattr(name = "nan")]
    const NAN: f64 = f64::NAN;

    #[pyattr]
    fn infj() -> PyResult<Ref> {
        object(Complex::new(0.0, f64::INFINITY))
    }

    #[pyattr]
    fn nanj() -> PyResult<Ref> {
        object(Complex::new(0.0, f64::NAN))
    }

    /// Return the arc cosine of z.
    #[pyfunction("($module, z, /)")]
    fn acos(z: Borrowed<'_>) -> PyResult<Ref> {
        object(hyperbolic::acos(value(z)?))
    }

    /// Return the inverse hyperbolic cosine of z.
    #[pyfunction("($module, z, /)")]
    fn acosh(z: Borrowed<'_>) -> PyResult<Ref> {
        object(hyperbolic::acosh(value(z)?))
    }

    /// Return the arc sine of z.
    #[pyfunction("($module, z, /)")]
    fn asin(z: Borrowed<'_>) -> PyResult<Ref> {
        object(by_i((hyperbolic::asinh(times_i(value(z)?)), false)).0)
    }

    /// Return the inverse hyperbolic sine of z.
    #[pyfunction("($module, z, /)")]
    fn asinh(z: Borrowed<'_>) -> PyResult<Ref> {
        object(hyperbolic::asinh(value(z)?))
    }

    /// Return the arc tangent of z.
    #[pyfunction("($module, z, /)")]
    fn atan(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, by_i(hyperbolic::atanh(times_i(z))), false)
    }

    /// Return the inverse hyperbolic tangent of z.
    #[pyfunction("($module, z, /)")]
    fn atanh(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, hyperbolic::atanh(z), false)
    }

    /// Return the cosine of z.
    #[pyfunction("($module, z, /)")]
    fn cos(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, hyperbolic::cosh(times_i(z)), true)
    }

    /// Return the hyperbolic cosine of z.
    #[pyfunction("($module, z, /)")]
    fn cosh(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, hyperbolic::cosh(z), true)
    }

    /// Return the exponential value e**z.
    #[pyfunction("($module, z, /)")]
    fn exp(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, hyperbolic::exp(z), true)
    }

    /// Return the sine of z.
    #[pyfunction("($module, z, /)")]
    fn sin(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, by_i(hyperbolic::sinh(times_i(z))), true)
    }

    /// Return the hyperbolic sine of z.
    #[pyfunction("($module, z, /)")]
    fn sinh(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, hyperbolic::sinh(z), true)
    }

    /// Return the square root of z.
    #[pyfunction("($module, z, /)")]
    fn sqrt(z: Borrowed<'_>) -> PyResult<Ref> {
        object(root::sqrt(value(z)?))
    }

    /// Return the tangent of z.
    #[pyfunction("($module, z, /)")]
    fn tan(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, by_i(hyperbolic::tanh(times_i(z))), false)
    }

    /// Return the hyperbolic tangent of z.
    #[pyfunction("($module, z, /)")]
    fn tanh(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        finish(z, hyperbolic::tanh(z), false)
    }

    /// log(z[, base]) -> the logarithm of z to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e)
    /// of z.
    #[pyfunction("($module, z, base=<unrepresentable>, /)")]
    fn log(z: Borrowed<'_>, base: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let z = value(z)?;
        let (result, mut undefined) = root::log(z);
        let Some(base) = base else { return finish(z, (result, undefined), false) };
        let (divisor, undefined_base) = root::log(value(base)?);
        undefined |= undefined_base;
        match result.checked_div(divisor) {
            Some(result) => finish(z, (result, undefined), false),
            None => Err(domain_error()),
        }
    }

    /// Return the base-10 logarithm of z.
    #[pyfunction("($module, z, /)")]
    fn log10(z: Borrowed<'_>) -> PyResult<Ref> {
        let z = value(z)?;
        let (result, undefined) = root::log(z);
        let ln10 = std::f64::consts::LN_10;
        finish(z, (Complex::new(result.re / ln10, result.im / ln10), undefined), false)
    }

    /// Return argument, also known as the phase angle, of a complex.
    #[pyfunction("($module, z, /)")]
    fn phase(z: Borrowed<'_>) -> PyResult<f64> {
        let z = value(z)?;
        Ok(z.im.atan2(z.re))
    }

    /// Convert a complex from rectangular coordinates to polar coordinates.
    ///
    /// r is the distance from 0 and phi the phase angle.
    #[pyfunction("($module, z, /)")]
    fn polar(z: Borrowed<'_>) -> PyResult<(f64, f64)> {
        let z = value(z)?;
        let distance = z.checked_abs().ok_or_else(range_error)?;
        Ok((distance, z.im.atan2(z.re)))
    }

    /// Convert from polar coordinates to rectangular coordinates.
    #[pyfunction("($module, r, phi, /)")]
    fn rect(r: f64, phi: f64) -> PyResult<Ref> {
        let (result, undefined) = root::rect(r, phi);
        if undefined { Err(domain_error()) } else { object(result) }
    }

    /// Return True if both the real and imaginary parts of z are finite, else False.
    #[pyfunction("($module, z, /)")]
    fn isfinite(z: Borrowed<'_>) -> PyResult<bool> {
        let z = value(z)?;
        Ok(z.re.is_finite() && z.im.is_finite())
    }

    /// Checks if the real or imaginary part of z is infinite.
    #[pyfunction("($module, z, /)")]
    fn isinf(z: Borrowed<'_>) -> PyResult<bool> {
        let z = value(z)?;
        Ok(z.re.is_infinite() || z.im.is_infinite())
    }

    /// Checks if the real or imaginary part of z not a number (NaN).
    #[pyfunction("($module, z, /)")]
    fn isnan(z: Borrowed<'_>) -> PyResult<bool> {
        let z = value(z)?;
        Ok(z.re.is_nan() || z.im.is_nan())
    }

    /// Determine whether two complex numbers are close in value.
    ///
    ///   rel_tol
    ///     maximum difference for being considered "close", relative to the
    ///     magnitude of the input values
    ///   abs_tol
    ///     maximum difference for being considered "close", regardless of the
    ///     magnitude of the input values
    ///
    /// Return True if a is close in value to b, and False otherwise.
    ///
    /// For the values to be considered close, the difference between them must
    /// be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That is,
    /// NaN is not close to anything, even itself. inf and -inf are only close
    /// to themselves.
    #[pyfunction("($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(a: Borrowed<'_>, b: Borrowed<'_>, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
        let (a, b) = (value(a)?, value(b)?);
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(raise!(ValueError, "tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if [a.re, a.im, b.re, b.im].iter().any(|part| part.is_infinite()) {
            return Ok(false);
        }
        let size = |z: Complex| z.re.hypot(z.im);
        let difference = size(a.sub(b));
        Ok(difference <= rel_tol * size(b) || difference <= rel_tol * size(a) || difference <= abs_tol)
    }
}
