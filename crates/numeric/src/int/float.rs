//! Integers and doubles: conversion both ways, comparison, and correctly rounded true division.

use std::cmp::Ordering;

use super::shift::shr_magnitude;
use super::{DivideByZero, Fallible, IntBuf, IntView, NoMemory, SHIFT, trimmed};
use crate::float::ldexp;

/// Bits in the mantissa of a double.
const MANTISSA: i64 = f64::MANTISSA_DIGITS as i64;
/// The largest exponent of a double, as `frexp` gives it.
const MAX_EXP: i64 = f64::MAX_EXP as i64;
const MIN_EXP: i64 = f64::MIN_EXP as i64;

/// Why a number does not convert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatError {
    /// OverflowError "int too large to convert to float"
    TooLarge,
    /// OverflowError "cannot convert float infinity to integer"
    Infinite,
    /// ValueError "cannot convert float NaN to integer"
    NotANumber,
}

impl FloatError {
    /// CPython's message.
    pub fn message(self) -> &'static str {
        match self {
            FloatError::TooLarge => "int too large to convert to float",
            FloatError::Infinite => "cannot convert float infinity to integer",
            FloatError::NotANumber => "cannot convert float NaN to integer",
        }
    }
}

/// Why a true division has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrueDivideError {
    /// ZeroDivisionError "division by zero"
    Zero,
    /// OverflowError "integer division result too large for a float"
    TooLarge,
    /// No memory for an intermediate result.
    NoMemory,
}

impl From<NoMemory> for TrueDivideError {
    fn from(_: NoMemory) -> Self {
        TrueDivideError::NoMemory
    }
}

impl From<DivideByZero> for TrueDivideError {
    fn from(error: DivideByZero) -> Self {
        match error {
            DivideByZero::Zero => TrueDivideError::Zero,
            DivideByZero::NoMemory => TrueDivideError::NoMemory,
        }
    }
}

impl IntBuf {
    /// `int(value)`, rounded towards zero.
    pub fn from_f64(value: f64) -> Result<IntBuf, FloatError> {
        if value.is_nan() {
            return Err(FloatError::NotANumber);
        }
        if value.is_infinite() {
            return Err(FloatError::Infinite);
        }
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7FF) as i64 - 1075;
        let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
        let magnitude = match exponent {
            0.. => IntBuf::from(mantissa).view().shl(exponent.unsigned_abs()).map_err(|_| FloatError::Infinite)?,
            -63..0 => IntBuf::from(mantissa >> -exponent),
            _ => IntBuf::zero(),
        };
        Ok(if value < 0.0 { magnitude.negated() } else { magnitude })
    }
}

impl IntView<'_> {
    /// The number as a fraction of magnitude 0.5 to 1 (rounded half to even) and a power of two; (0.0, 0) for zero.
    pub fn frexp(self) -> (f64, i64) {
        let bits = self.bit_length();
        if bits == 0 {
            return (0.0, 0);
        }
        // The 64 leading bits, the lowest of them also standing for all that follow.
        let (words, mut top, mut missing) = (self.digits.iter().rev(), 0u64, 64u32);
        let mut sticky = false;
        for (index, &digit) in words.enumerate() {
            let width = if index == 0 { u32::BITS - digit.leading_zeros() } else { SHIFT };
            if missing >= width {
                missing -= width;
                top |= u64::from(digit) << missing;
            } else {
                let extra = width - missing;
                top |= u64::from(digit) >> extra;
                sticky |= digit & ((1 << extra) - 1) != 0;
                missing = 0;
            }
        }
        // Round 64 bits to 53, ties to even.
        let rest = top & 0x7FF;
        let mut mantissa = top >> 11;
        if rest > 0x400 || rest == 0x400 && (sticky || mantissa & 1 == 1) {
            mantissa += 1;
        }
        let mut exponent = bits as i64;
        let mut fraction = mantissa as f64 / (1u64 << MANTISSA) as f64;
        if fraction == 1.0 {
            fraction = 0.5;
            exponent += 1;
        }
        (if self.negative { -fraction } else { fraction }, exponent)
    }

    /// `float(self)`, rounded half to even.
    pub fn to_f64(self) -> Result<f64, FloatError> {
        if let Some(magnitude) = self.magnitude_u64() {
            let value = magnitude as f64;
            return Ok(if self.negative { -value } else { value });
        }
        let (fraction, exponent) = self.frexp();
        if exponent > MAX_EXP { Err(FloatError::TooLarge) } else { Ok(ldexp(fraction, exponent)) }
    }

    /// The exact order of the number and a double; `None` for NaN.
    pub fn compare_f64(self, other: f64) -> Option<Ordering> {
        if other.is_nan() {
            return None;
        }
        if other.is_infinite() {
            return Some(if other > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        if self.bit_length() <= MANTISSA.unsigned_abs() {
            return self.to_f64().ok()?.partial_cmp(&other);
        }
        // From here on the number is an integer beyond 2**53; a fraction decides only among equal integer parts.
        let truncated = IntBuf::from_f64(other).ok()?;
        let order = self.compare(truncated.view());
        Some(order.then_with(|| 0.0.partial_cmp(&other.fract()).unwrap_or(Ordering::Equal)))
    }

    /// `self / divisor`, correctly rounded (half to even).
    pub fn true_divide(self, divisor: IntView<'_>) -> Result<f64, TrueDivideError> {
        if divisor.is_zero() {
            return Err(TrueDivideError::Zero);
        }
        let negative = self.negative != divisor.negative;
        let magnitude = self.divide_magnitudes(divisor)?;
        Ok(if negative { -magnitude } else { magnitude })
    }

    fn divide_magnitudes(self, divisor: IntView<'_>) -> Result<f64, TrueDivideError> {
        if self.is_zero() {
            return Ok(0.0);
        }
        let (a_bits, b_bits) = (self.bit_length() as i64, divisor.bit_length() as i64);
        if a_bits <= MANTISSA && b_bits <= MANTISSA {
            // Both are exact, so the machine's division rounds once.
            let exact = |view: IntView<'_>| view.magnitude_u64().map_or(0.0, |value| value as f64);
            return Ok(exact(self) / exact(divisor));
        }
        let difference = a_bits - b_bits;
        if difference > MAX_EXP {
            return Err(TrueDivideError::TooLarge);
        }
        if difference < MIN_EXP - MANTISSA - 1 {
            return Ok(0.0);
        }
        // The quotient gets 55 or 56 bits, or fewer where the result is subnormal.
        let shift = difference.max(MIN_EXP) - MANTISSA - 2;
        let (scaled, lost) = self.abs().scale_down(shift)?;
        let (quotient, remainder) = scaled.view().divrem(divisor.abs())?;
        let sticky = lost || !remainder.view().is_zero();
        let Some(mut quotient) = quotient.view().magnitude_u64() else { return Err(TrueDivideError::TooLarge) };
        let bits = i64::from(u64::BITS - quotient.leading_zeros());
        let extra = (bits.max(MIN_EXP - shift) - MANTISSA).clamp(1, 62);
        let half = 1u64 << (extra - 1);
        quotient |= u64::from(sticky);
        if quotient & half != 0 && quotient & (3 * half - 1) != 0 {
            quotient += half;
        }
        quotient &= !(2 * half - 1);
        let value = ldexp(quotient as f64, shift);
        if value.is_infinite() { Err(TrueDivideError::TooLarge) } else { Ok(value) }
    }

    /// `self >> shift` for a number that is not negative (a negative shift goes left), and whether bits were lost.
    fn scale_down(self, shift: i64) -> Fallible<(IntBuf, bool)> {
        if shift <= 0 {
            return Ok((self.shl(shift.unsigned_abs())?, false));
        }
        let words = usize::try_from(shift / i64::from(SHIFT)).unwrap_or(usize::MAX);
        let bits = (shift % i64::from(SHIFT)) as u32;
        let Some((lost, kept)) = self.digits.split_at_checked(words) else {
            return Ok((IntBuf::zero(), !self.is_zero()));
        };
        let low = kept.first().copied().unwrap_or(0) & ((1 << bits) - 1);
        let scaled = IntBuf::new(false, shr_magnitude(trimmed(kept), bits)?);
        Ok((scaled, low != 0 || lost.iter().any(|&digit| digit != 0)))
    }
}
