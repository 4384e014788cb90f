//! Complex numbers: the arithmetic of `complexobject.c` in 3.14, and the text of `complex()`.

use crate::float::{Code, Flags, FormatError, format_double, parse_prefix, without_underscores};

/// A complex number in two doubles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

/// Why a power has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowError {
    /// ZeroDivisionError "zero to a negative or complex power"
    Domain,
    /// OverflowError "complex exponentiation"
    Range,
}

impl PowError {
    /// CPython's message.
    pub fn message(self) -> &'static str {
        match self {
            PowError::Domain => "zero to a negative or complex power",
            PowError::Range => "complex exponentiation",
        }
    }
}

/// 1 for an infinity and 0 for all else, with the sign.
fn boxed(value: f64) -> f64 {
    (if value.is_infinite() { 1.0f64 } else { 0.0 }).copysign(value)
}

/// 0 with the sign in place of a NaN.
fn without_nan(value: f64) -> f64 {
    if value.is_nan() { 0.0f64.copysign(value) } else { value }
}

impl Complex {
    /// `re + im*1j`.
    pub const fn new(re: f64, im: f64) -> Self {
        Complex { re, im }
    }

    /// `self + other`.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "beside the fallible operations")]
    pub fn add(self, other: Self) -> Self {
        Complex::new(self.re + other.re, self.im + other.im)
    }

    /// `self - other`.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "beside the fallible operations")]
    pub fn sub(self, other: Self) -> Self {
        Complex::new(self.re - other.re, self.im - other.im)
    }

    /// `-self`.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "beside the fallible operations")]
    pub fn neg(self) -> Self {
        Complex::new(-self.re, -self.im)
    }

    /// `real - self`, where the subtrahend's imaginary part is just negated.
    #[must_use]
    pub fn real_sub(real: f64, other: Self) -> Self {
        Complex::new(real - other.re, -other.im)
    }

    /// `self * other`; infinities that came out as NaN are recovered (C, annex G).
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "beside the fallible operations")]
    pub fn mul(self, other: Self) -> Self {
        let (mut a, mut b, mut c, mut d) = (self.re, self.im, other.re, other.im);
        let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
        let product = Complex::new(ac - bd, ad + bc);
        if !(product.re.is_nan() && product.im.is_nan()) {
            return product;
        }
        let mut recover = false;
        if a.is_infinite() || b.is_infinite() {
            (a, b, c, d) = (boxed(a), boxed(b), without_nan(c), without_nan(d));
            recover = true;
        }
        if c.is_infinite() || d.is_infinite() {
            (c, d, a, b) = (boxed(c), boxed(d), without_nan(a), without_nan(b));
            recover = true;
        }
        if !recover && [ac, bd, ad, bc].iter().any(|part| part.is_infinite()) {
            (a, b, c, d) = (without_nan(a), without_nan(b), without_nan(c), without_nan(d));
            recover = true;
        }
        if recover { Complex::new(f64::INFINITY * (a * c - b * d), f64::INFINITY * (a * d + b * c)) } else { product }
    }

    /// `self * real`.
    #[must_use]
    pub fn mul_real(self, real: f64) -> Self {
        Complex::new(self.re * real, self.im * real)
    }

    /// `self / other`; `None` for a divisor of zero.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let (re, im) = (other.re.abs(), other.im.abs());
        let quotient = if re >= im {
            if re == 0.0 {
                return None;
            }
            let ratio = other.im / other.re;
            let denominator = other.re + other.im * ratio;
            Complex::new((self.re + self.im * ratio) / denominator, (self.im - self.re * ratio) / denominator)
        } else if im >= re {
            let ratio = other.re / other.im;
            let denominator = other.re * ratio + other.im;
            Complex::new((self.re * ratio + self.im) / denominator, (self.im * ratio - self.re) / denominator)
        } else {
            Complex::new(f64::NAN, f64::NAN)
        };
        if !(quotient.re.is_nan() && quotient.im.is_nan()) {
            return Some(quotient);
        }
        Some(if (self.re.is_infinite() || self.im.is_infinite()) && other.re.is_finite() && other.im.is_finite() {
            let (x, y) = (boxed(self.re), boxed(self.im));
            Complex::new(f64::INFINITY * (x * other.re + y * other.im), f64::INFINITY * (y * other.re - x * other.im))
        } else if (re.is_infinite() || im.is_infinite()) && self.re.is_finite() && self.im.is_finite() {
            let (x, y) = (boxed(other.re), boxed(other.im));
            Complex::new(0.0 * (self.re * x + self.im * y), 0.0 * (self.im * x - self.re * y))
        } else {
            quotient
        })
    }

    /// `self / real`; `None` for a divisor of zero.
    pub fn checked_div_real(self, real: f64) -> Option<Self> {
        (real != 0.0).then(|| Complex::new(self.re / real, self.im / real))
    }

    /// `real / other`; `None` for a divisor of zero.
    pub fn real_checked_div(real: f64, other: Self) -> Option<Self> {
        let (re, im) = (other.re.abs(), other.im.abs());
        let quotient = if re >= im {
            if re == 0.0 {
                return None;
            }
            let ratio = other.im / other.re;
            let denominator = other.re + other.im * ratio;
            Complex::new(real / denominator, (-real * ratio) / denominator)
        } else if im >= re {
            let ratio = other.re / other.im;
            let denominator = other.re * ratio + other.im;
            Complex::new((real * ratio) / denominator, -real / denominator)
        } else {
            Complex::new(f64::NAN, f64::NAN)
        };
        if quotient.re.is_nan() && quotient.im.is_nan() && real.is_finite() && (re.is_infinite() || im.is_infinite()) {
            let (x, y) = (boxed(other.re), boxed(other.im));
            return Some(Complex::new(0.0 * (real * x), 0.0 * (-real * y)));
        }
        Some(quotient)
    }

    /// `self ** exponent`.
    pub fn pow(self, exponent: Self) -> Result<Self, PowError> {
        let power = if exponent.im == 0.0 && exponent.re == exponent.re.floor() && exponent.re.abs() <= 100.0 {
            self.powi(exponent.re as i32)?
        } else {
            self.powc(exponent)?
        };
        if power.re.is_infinite() || power.im.is_infinite() { Err(PowError::Range) } else { Ok(power) }
    }

    fn powi(self, exponent: i32) -> Result<Self, PowError> {
        if exponent > 0 {
            return Ok(self.powu(exponent.unsigned_abs()));
        }
        Complex::new(1.0, 0.0).checked_div(self.powu(exponent.unsigned_abs())).ok_or(PowError::Domain)
    }

    fn powu(self, exponent: u32) -> Self {
        let (mut result, mut power, mut mask) = (Complex::new(1.0, 0.0), self, 1);
        while exponent >= mask {
            if exponent & mask != 0 {
                result = result.mul(power);
            }
            mask <<= 1;
            power = power.mul(power);
        }
        result
    }

    fn powc(self, exponent: Self) -> Result<Self, PowError> {
        if exponent.re == 0.0 && exponent.im == 0.0 {
            return Ok(Complex::new(1.0, 0.0));
        }
        if self.re == 0.0 && self.im == 0.0 {
            if exponent.im != 0.0 || exponent.re < 0.0 {
                return Err(PowError::Domain);
            }
            return Ok(Complex::new(0.0, 0.0));
        }
        let modulus = self.re.hypot(self.im);
        let angle = self.im.atan2(self.re);
        let mut length = modulus.powf(exponent.re);
        let mut phase = angle * exponent.re;
        if exponent.im != 0.0 {
            length *= (-angle * exponent.im).exp();
            phase += exponent.im * modulus.ln();
        }
        // CPython takes the EDOM that C's cos(inf) sets for its own.
        if phase.is_infinite() {
            return Err(PowError::Domain);
        }
        Ok(Complex::new(length * phase.cos(), length * phase.sin()))
    }

    /// `abs(self)`; `None` where finite parts overflow (OverflowError "absolute value too large").
    pub fn checked_abs(self) -> Option<f64> {
        if !self.re.is_finite() || !self.im.is_finite() {
            if self.re.is_infinite() || self.im.is_infinite() {
                return Some(f64::INFINITY);
            }
            return Some(f64::NAN);
        }
        let modulus = self.re.hypot(self.im);
        modulus.is_finite().then_some(modulus)
    }

    /// `repr(self)`.
    pub fn repr(self) -> Result<String, FormatError> {
        let plain = Flags::default();
        if self.re == 0.0 && self.re.is_sign_positive() {
            return Ok(format!("{}j", format_double(self.im, Code::Repr, 0, plain)?));
        }
        let signed = Flags { always_sign: true, ..plain };
        let (re, im) = (format_double(self.re, Code::Repr, 0, plain)?, format_double(self.im, Code::Repr, 0, signed)?);
        Ok(format!("({re}{im}j)"))
    }

    /// `complex(text)` for ASCII text; `None` where CPython says "complex() arg is a malformed string".
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = without_underscores(crate::float::trim(text))?;
        let body = match &*text {
            [b'(', inner @ .., b')'] => crate::float::trim(inner),
            other => other,
        };
        let (value, rest) = match parse_prefix(body) {
            Some((first, len)) => after_float(first, body.get(len..)?)?,
            None => {
                let (sign, rest) = sign(body);
                (Complex::new(0.0, sign), imaginary_unit(rest)?)
            }
        };
        rest.is_empty().then_some(value)
    }
}

/// What follows the first float: a signed imaginary part, the unit, or nothing.
fn after_float(first: f64, rest: &[u8]) -> Option<(Complex, &[u8])> {
    match rest {
        [b'+' | b'-', ..] => {
            let (im, rest) = match parse_prefix(rest) {
                Some((im, len)) => (im, rest.get(len..)?),
                None => sign(rest),
            };
            Some((Complex::new(first, im), imaginary_unit(rest)?))
        }
        [b'j' | b'J', rest @ ..] => Some((Complex::new(0.0, first), rest)),
        _ => Some((Complex::new(first, 0.0), rest)),
    }
}

fn sign(text: &[u8]) -> (f64, &[u8]) {
    match text {
        [b'+', rest @ ..] => (1.0, rest),
        [b'-', rest @ ..] => (-1.0, rest),
        _ => (1.0, text),
    }
}

fn imaginary_unit(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'j' | b'J', rest @ ..] => Some(rest),
        _ => None,
    }
}
