//! `math` (CPython's `mathmodule.c`): the functions of one or two floats; integers, sums and the rest are in the parts.

mod gamma;
mod integer;
mod sums;
mod vector;

use object::{Borrowed, PyResult, Raised, raise};

/// ValueError: the function is not defined there.
#[cold]
pub(crate) fn domain_error() -> Raised {
    raise!(ValueError, "math domain error")
}

/// OverflowError: the result is too large.
#[cold]
pub(crate) fn range_error() -> Raised {
    raise!(OverflowError, "math range error")
}

/// ValueError that says what was expected.
#[cold]
fn expected(what: &str, x: f64) -> Raised {
    raise!(ValueError, "expected {what}, got {}", numeric::float::repr(x))
}

/// The result where it is a number or nothing else could be: a NaN or an infinity that did not come in is an error.
#[inline]
fn checked(x: f64, result: f64, what: &str) -> PyResult<f64> {
    if (result.is_nan() && !x.is_nan()) || (result.is_infinite() && x.is_finite()) {
        return Err(expected(what, x));
    }
    Ok(result)
}

/// As [`checked`] for functions that grow without limit.
#[inline]
fn growing(x: f64, result: f64) -> PyResult<f64> {
    if result.is_nan() && !x.is_nan() {
        return Err(domain_error());
    }
    if result.is_infinite() && x.is_finite() {
        return Err(range_error());
    }
    Ok(result)
}

/// `log(x)` in some base, also of ints that are too large for a float.
fn log_of(x: Borrowed<'_>, log: fn(f64) -> f64) -> PyResult<f64> {
    if let Some(view) = builtins::int::view(x) {
        if view.signum() <= 0 {
            return Err(raise!(ValueError, "expected a positive input"));
        }
        return Ok(match view.to_f64() {
            Ok(value) => log(value),
            Err(_) => {
                let (mantissa, exponent) = view.frexp();
                log(mantissa) + log(2.0) * exponent as f64
            }
        });
    }
    let value = x.as_f64()?;
    if value.is_nan() || value > 0.0 {
        return Ok(log(value));
    }
    if value == 0.0 {
        return Err(raise!(ValueError, "expected a positive input, got {}", numeric::float::repr(value)));
    }
    Err(expected("a positive input", value))
}

#[macros::pymodule(name = "math", parts(super::integer::part, super::sums::part, super::vector::part))]
pub mod module {
    use super::{checked, domain_error, expected, growing, log_of, range_error};
    use object::value::int;
    use object::{Borrowed, IntoPy, PyResult, Ref, core, id, raise};

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

    /// Return the arc cosine (measured in radians) of x.
    ///
    /// The result is between 0 and pi.
    #[pyfunction("($module, x, /)")]
    fn acos(x: f64) -> PyResult<f64> {
        checked(x, x.acos(), "a number in range from -1 up to 1")
    }

    /// Return the inverse hyperbolic cosine of x.
    #[pyfunction("($module, x, /)")]
    fn acosh(x: f64) -> PyResult<f64> {
        checked(x, libm::acosh(x), "argument value not less than 1")
    }

    /// Return the arc sine (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfunction("($module, x, /)")]
    fn asin(x: f64) -> PyResult<f64> {
        checked(x, x.asin(), "a number in range from -1 up to 1")
    }

    /// Return the inverse hyperbolic sine of x.
    #[pyfunction("($module, x, /)")]
    fn asinh(x: f64) -> f64 {
        libm::asinh(x)
    }

    /// Return the arc tangent (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    #[pyfunction("($module, x, /)")]
    fn atan(x: f64) -> f64 {
        x.atan()
    }

    /// Return the arc tangent (measured in radians) of y/x.
    ///
    /// Unlike atan(y/x), the signs of both x and y are considered.
    #[pyfunction("($module, y, x, /)")]
    fn atan2(y: f64, x: f64) -> f64 {
        y.atan2(x)
    }

    /// Return the inverse hyperbolic tangent of x.
    #[pyfunction("($module, x, /)")]
    fn atanh(x: f64) -> PyResult<f64> {
        checked(x, libm::atanh(x), "a number between -1 and 1")
    }

    /// Return the cube root of x.
    #[pyfunction("($module, x, /)")]
    fn cbrt(x: f64) -> f64 {
        x.cbrt()
    }

    /// Return a float with the magnitude (absolute value) of x but the sign of y.
    ///
    /// On platforms that support signed zeros, copysign(1.0, -0.0)
    /// returns -1.0.
    #[pyfunction("($module, x, y, /)")]
    fn copysign(x: f64, y: f64) -> f64 {
        x.copysign(y)
    }

    /// Return the cosine of x (measured in radians).
    #[pyfunction("($module, x, /)")]
    fn cos(x: f64) -> PyResult<f64> {
        checked(x, x.cos(), "a finite input")
    }

    /// Return the hyperbolic cosine of x.
    #[pyfunction("($module, x, /)")]
    fn cosh(x: f64) -> PyResult<f64> {
        growing(x, x.cosh())
    }

    /// Convert angle x from radians to degrees.
    #[pyfunction("($module, x, /)")]
    fn degrees(x: f64) -> f64 {
        x * (180.0 / std::f64::consts::PI)
    }

    /// Error function at x.
    #[pyfunction("($module, x, /)")]
    fn erf(x: f64) -> f64 {
        libm::erf(x)
    }

    /// Complementary error function at x.
    #[pyfunction("($module, x, /)")]
    fn erfc(x: f64) -> f64 {
        libm::erfc(x)
    }

    /// Return e raised to the power of x.
    #[pyfunction("($module, x, /)")]
    fn exp(x: f64) -> PyResult<f64> {
        growing(x, x.exp())
    }

    /// Return 2 raised to the power of x.
    #[pyfunction("($module, x, /)")]
    fn exp2(x: f64) -> PyResult<f64> {
        growing(x, x.exp2())
    }

    /// Return exp(x)-1.
    ///
    /// This function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for small x.
    #[pyfunction("($module, x, /)")]
    fn expm1(x: f64) -> PyResult<f64> {
        growing(x, x.exp_m1())
    }

    /// Return the absolute value of the float x.
    #[pyfunction("($module, x, /)")]
    fn fabs(x: f64) -> f64 {
        x.abs()
    }

    /// Fused multiply-add operation.
    ///
    /// Compute (x * y) + z with a single round.
    #[pyfunction("($module, x, y, z, /)")]
    fn fma(x: f64, y: f64, z: f64) -> PyResult<f64> {
        let result = x.mul_add(y, z);
        if result.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
            return Err(raise!(ValueError, "invalid operation in fma"));
        }
        if result.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
            return Err(raise!(OverflowError, "overflow in fma"));
        }
        Ok(result)
    }

    /// Return fmod(x, y), according to platform C.
    ///
    /// x % y may differ.
    #[pyfunction("($module, x, y, /)")]
    fn fmod(x: f64, y: f64) -> PyResult<f64> {
        if y.is_infinite() && x.is_finite() {
            return Ok(x);
        }
        let result = x % y;
        if result.is_nan() && !x.is_nan() && !y.is_nan() { Err(domain_error()) } else { Ok(result) }
    }

    /// Return the mantissa and exponent of x, as pair (m, e).
    ///
    /// If x is a finite nonzero number, then m is a float with
    /// 0.5 <= abs(m) < 1.0 and an integer e is such that
    /// x == m * 2**e exactly.  Else, return (x, 0).
    #[pyfunction("($module, x, /)")]
    fn frexp(x: f64) -> PyResult<Ref> {
        if !x.is_finite() || x == 0.0 {
            return (x, 0i64).into_py();
        }
        let (mantissa, exponent) = numeric::float::frexp(x);
        (mantissa, exponent).into_py()
    }

    /// Gamma function at x.
    #[pyfunction("($module, x, /)")]
    fn gamma(x: f64) -> PyResult<f64> {
        match super::gamma::gamma(x) {
            super::gamma::Outcome::Value(value) => Ok(value),
            super::gamma::Outcome::Pole => Err(expected("a noninteger or positive integer", x)),
            super::gamma::Outcome::Overflow => Err(range_error()),
        }
    }

    /// Natural logarithm of absolute value of Gamma function at x.
    #[pyfunction("($module, x, /)")]
    fn lgamma(x: f64) -> PyResult<f64> {
        match super::gamma::log_gamma(x) {
            super::gamma::Outcome::Value(value) => Ok(value),
            super::gamma::Outcome::Pole => Err(expected("a noninteger or positive integer", x)),
            super::gamma::Outcome::Overflow => Err(range_error()),
        }
    }

    /// Determine whether two floating-point numbers are close in value.
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
    /// For the values to be considered close, the difference between them
    /// must be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That
    /// is, NaN is not close to anything, even itself.  inf and -inf are
    /// only close to themselves.
    #[pyfunction("($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(a: f64, b: f64, rel_tol: f64, abs_tol: f64) -> PyResult<bool> {
        if rel_tol < 0.0 || abs_tol < 0.0 {
            return Err(raise!(ValueError, "tolerances must be non-negative"));
        }
        if a == b {
            return Ok(true);
        }
        if a.is_infinite() || b.is_infinite() {
            return Ok(false);
        }
        let diff = (b - a).abs();
        Ok(diff <= (rel_tol * b).abs() || diff <= (rel_tol * a).abs() || diff <= abs_tol)
    }

    /// Return True if x is neither an infinity nor a NaN, and False otherwise.
    #[pyfunction("($module, x, /)")]
    fn isfinite(x: f64) -> bool {
        x.is_finite()
    }

    /// Return True if x is a positive or negative infinity, and False otherwise.
    #[pyfunction("($module, x, /)")]
    fn isinf(x: f64) -> bool {
        x.is_infinite()
    }

    /// Return True if x is a NaN (not a number), and False otherwise.
    #[pyfunction("($module, x, /)")]
    fn isnan(x: f64) -> bool {
        x.is_nan()
    }

    /// Return x * (2**i).
    ///
    /// This is essentially the inverse of frexp().
    #[pyfunction("($module, x, i, /)")]
    fn ldexp(x: f64, i: Borrowed<'_>) -> PyResult<f64> {
        let Some(view) = builtins::int::view(i) else {
            return Err(raise!(TypeError, "Expected an int as second argument to ldexp."));
        };
        if x == 0.0 || !x.is_finite() {
            return Ok(x);
        }
        let limit = if view.is_negative() { i64::MIN } else { i64::MAX };
        let exponent = int::to_i64(i).unwrap_or(limit);
        if exponent > i64::from(i32::MAX) {
            return Err(range_error());
        }
        if exponent < i64::from(i32::MIN) {
            return Ok(0f64.copysign(x));
        }
        let result = numeric::float::ldexp(x, exponent);
        if result.is_infinite() { Err(range_error()) } else { Ok(result) }
    }

    /// log(x, [base=math.e])
    /// Return the logarithm of x to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of x.
    #[pyfunction(text = None, "(x, base=<unrepresentable>, /)")]
    fn log(x: Borrowed<'_>, base: Option<Borrowed<'_>>) -> PyResult<f64> {
        let numerator = log_of(x, f64::ln)?;
        let Some(base) = base else { return Ok(numerator) };
        let denominator = log_of(base, f64::ln)?;
        if denominator == 0.0 {
            return Err(raise!(ZeroDivisionError, "division by zero"));
        }
        Ok(numerator / denominator)
    }

    /// Return the base 10 logarithm of x.
    #[pyfunction("($module, x, /)")]
    fn log10(x: Borrowed<'_>) -> PyResult<f64> {
        log_of(x, f64::log10)
    }

    /// Return the natural logarithm of 1+x (base e).
    ///
    /// The result is computed in a way which is accurate for x near zero.
    #[pyfunction("($module, x, /)")]
    fn log1p(x: f64) -> PyResult<f64> {
        checked(x, if x == 0.0 { x } else { x.ln_1p() }, "argument value > -1")
    }

    /// Return the base 2 logarithm of x.
    #[pyfunction("($module, x, /)")]
    fn log2(x: Borrowed<'_>) -> PyResult<f64> {
        log_of(x, f64::log2)
    }

    /// Return the fractional and integer parts of x.
    ///
    /// Both results carry the sign of x and are floats.
    #[pyfunction("($module, x, /)")]
    fn modf(x: f64) -> PyResult<Ref> {
        if x.is_infinite() {
            return (0f64.copysign(x), x).into_py();
        }
        if x.is_nan() {
            return (x, x).into_py();
        }
        let whole = x.trunc();
        ((x - whole).copysign(x), whole).into_py()
    }

    /// Return x**y (x to the power of y).
    #[pyfunction("($module, x, y, /)")]
    fn pow(x: f64, y: f64) -> PyResult<f64> {
        if x.is_finite() && y.is_finite() {
            let result = x.powf(y);
            return match result {
                _ if result.is_finite() => Ok(result),
                _ if result.is_nan() || x == 0.0 => Err(domain_error()),
                _ => Err(range_error()),
            };
        }
        Ok(if x.is_nan() {
            if y == 0.0 { 1.0 } else { x }
        } else if y.is_nan() {
            if x == 1.0 { 1.0 } else { y }
        } else if x.is_infinite() {
            let odd = y.is_finite() && y.abs() % 2.0 == 1.0;
            match (y > 0.0, y == 0.0, odd) {
                (true, _, true) => x,
                (true, _, false) => x.abs(),
                (_, true, _) => 1.0,
                (_, _, true) => 0f64.copysign(x),
                _ => 0.0,
            }
        } else if x.abs() == 1.0 {
            1.0
        } else if y > 0.0 && x.abs() > 1.0 {
            y
        } else if y < 0.0 && x.abs() < 1.0 {
            -y
        } else {
            0.0
        })
    }

    /// Convert angle x from degrees to radians.
    #[pyfunction("($module, x, /)")]
    fn radians(x: f64) -> f64 {
        x * (std::f64::consts::PI / 180.0)
    }

    /// Difference between x and the closest integer multiple of y.
    ///
    /// Return x - n*y where n*y is the closest integer multiple of y.
    /// In the case where x is exactly halfway between two multiples of
    /// y, the nearest even value of n is used. The result is always exact.
    #[pyfunction("($module, x, y, /)")]
    fn remainder(x: f64, y: f64) -> PyResult<f64> {
        if x.is_nan() {
            return Ok(x);
        }
        if y.is_nan() {
            return Ok(y);
        }
        if x.is_infinite() || y == 0.0 {
            return Err(domain_error());
        }
        if y.is_infinite() {
            return Ok(x);
        }
        let (absx, absy) = (x.abs(), y.abs());
        let m = absx % absy;
        let c = absy - m;
        let result = if m < c {
            m
        } else if m > c {
            -c
        } else {
            m - 2.0 * ((0.5 * (absx - m)) % absy)
        };
        Ok(1f64.copysign(x) * result)
    }

    /// Return the sine of x (measured in radians).
    #[pyfunction("($module, x, /)")]
    fn sin(x: f64) -> PyResult<f64> {
        checked(x, x.sin(), "a finite input")
    }

    /// Return the hyperbolic sine of x.
    #[pyfunction("($module, x, /)")]
    fn sinh(x: f64) -> PyResult<f64> {
        growing(x, x.sinh())
    }

    /// Return the square root of x.
    #[pyfunction("($module, x, /)")]
    fn sqrt(x: f64) -> PyResult<f64> {
        checked(x, x.sqrt(), "a nonnegative input")
    }

    /// Return the tangent of x (measured in radians).
    #[pyfunction("($module, x, /)")]
    fn tan(x: f64) -> PyResult<f64> {
        checked(x, x.tan(), "a finite input")
    }

    /// Return the hyperbolic tangent of x.
    #[pyfunction("($module, x, /)")]
    fn tanh(x: f64) -> f64 {
        x.tanh()
    }

    fn rounded(x: Borrowed<'_>, method: Borrowed<'_>, round: fn(f64) -> f64) -> PyResult<Ref> {
        if !x.class().is_type(&core::FLOAT)
            && let Some(method) = x.lookup_special(method)?
        {
            return method.call0();
        }
        let rounded = round(x.as_f64()?);
        // Whole numbers of a machine word, with room to spare.
        if rounded.abs() < 9e18 {
            return int::new(rounded as i64);
        }
        match numeric::int::IntBuf::from_f64(rounded) {
            Ok(value) => builtins::int::from_buf(&value),
            Err(error) => Err(match error {
                numeric::int::FloatError::NotANumber => raise!(ValueError, "{}", error.message()),
                _ => raise!(OverflowError, "{}", error.message()),
            }),
        }
    }

    /// Return the ceiling of x as an Integral.
    ///
    /// This is the smallest integer >= x.
    #[pyfunction("($module, x, /)")]
    fn ceil(x: Borrowed<'_>) -> PyResult<Ref> {
        rounded(x, id!("__ceil__"), f64::ceil)
    }

    /// Return the floor of x as an Integral.
    ///
    /// This is the largest integer <= x.
    #[pyfunction("($module, x, /)")]
    fn floor(x: Borrowed<'_>) -> PyResult<Ref> {
        rounded(x, id!("__floor__"), f64::floor)
    }

    /// Truncates the Real x to the nearest Integral toward 0.
    ///
    /// Uses the __trunc__ magic method.
    #[pyfunction("($module, x, /)")]
    fn trunc(x: Borrowed<'_>) -> PyResult<Ref> {
        if x.class().is_type(&core::FLOAT) {
            return rounded(x, id!("__trunc__"), f64::trunc);
        }
        match x.lookup_special(id!("__trunc__"))? {
            Some(method) => method.call0(),
            None => Err(raise!(TypeError, "type {} doesn't define __trunc__ method", x.class().tp_name())),
        }
    }

    /// Return the floating-point value the given number of steps after x towards y.
    ///
    /// If steps is not specified or is None, it defaults to 1.
    ///
    /// Raises a TypeError, if x or y is not a double, or if steps is not
    /// an integer.  Raises ValueError if steps is negative.
    #[pyfunction("($module, x, y, /, *, steps=None)")]
    fn nextafter(x: f64, y: f64, steps: Option<Borrowed<'_>>) -> PyResult<f64> {
        let single = steps.is_none_or(|steps| steps.is(&core::none()));
        let steps = match steps.filter(|steps| !steps.is(&core::none())) {
            None => 1,
            Some(steps) => {
                let steps = steps.index()?;
                if builtins::int::view(steps.b()).is_some_and(|steps| steps.is_negative()) {
                    return Err(raise!(ValueError, "steps must be a non-negative integer"));
                }
                int::to_i128(steps.b()).unwrap_or(i128::MAX)
            }
        };
        if steps == 0 {
            return Ok(x);
        }
        if x.is_nan() || y.is_nan() {
            return Ok(if x.is_nan() { x } else { y });
        }
        if x == y {
            return Ok(y);
        }
        let ordered = |value: f64| {
            let magnitude = i128::from(value.abs().to_bits());
            if value.is_sign_negative() { -magnitude } else { magnitude }
        };
        let (from, to) = (ordered(x), ordered(y));
        if steps >= (to - from).abs() {
            // The last step to zero keeps the sign of the side it came from.
            return Ok(if y == 0.0 && single { y.copysign(x) } else { y });
        }
        let reached = if to > from { from + steps } else { from - steps };
        let magnitude = f64::from_bits(u64::try_from(reached.abs()).unwrap_or(0));
        Ok(match reached {
            0 => 0f64.copysign(x),
            _ if reached < 0 => -magnitude,
            _ => magnitude,
        })
    }

    /// Return the value of the least significant bit of the float x.
    #[pyfunction("($module, x, /)")]
    fn ulp(x: f64) -> f64 {
        let x = x.abs();
        if x.is_nan() || x.is_infinite() {
            return x;
        }
        let up = x.next_up();
        if up.is_infinite() { x - x.next_down() } else { up - x }
    }
}
