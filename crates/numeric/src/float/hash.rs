//! The hash of a double, and the double as a ratio of integers.

use super::{frexp, ldexp};
use crate::int::{HASH_MODULUS, IntBuf};

/// `hash(float('inf'))`
pub const HASH_INF: i64 = 314159;

/// `hash(value)`; `None` for NaN, whose hash is that of the object.
pub fn hash(value: f64) -> Option<i64> {
    if value.is_nan() {
        return None;
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { HASH_INF } else { -HASH_INF });
    }
    let (mut mantissa, exponent) = frexp(value.abs());
    let mut exponent = i64::from(exponent);
    let mut residue = 0u64;
    // 28 bits a round; 2**28 rotates within 61 bits.
    while mantissa != 0.0 {
        residue = (residue << 28 & HASH_MODULUS) | residue >> 33;
        mantissa = ldexp(mantissa, 28);
        exponent -= 28;
        let part = mantissa as u64;
        mantissa -= part as f64;
        residue += part;
        if residue >= HASH_MODULUS {
            residue -= HASH_MODULUS;
        }
    }
    let rotation = exponent.rem_euclid(61);
    if rotation > 0 {
        residue = (residue << rotation & HASH_MODULUS) | residue >> (61 - rotation);
    }
    let hash = if value < 0.0 { -residue.cast_signed() } else { residue.cast_signed() };
    Some(if hash == -1 { -2 } else { hash })
}

/// Why a double is no ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatioError {
    /// OverflowError "cannot convert Infinity to integer ratio"
    Infinite,
    /// ValueError "cannot convert NaN to integer ratio"
    NotANumber,
}

impl RatioError {
    /// CPython's message.
    pub fn message(self) -> &'static str {
        match self {
            RatioError::Infinite => "cannot convert Infinity to integer ratio",
            RatioError::NotANumber => "cannot convert NaN to integer ratio",
        }
    }
}

/// `value.as_integer_ratio()`: numerator and denominator in lowest terms.
pub fn as_integer_ratio(value: f64) -> Result<(IntBuf, IntBuf), RatioError> {
    if value.is_infinite() {
        return Err(RatioError::Infinite);
    }
    if value.is_nan() {
        return Err(RatioError::NotANumber);
    }
    let (fraction, exponent) = frexp(value.abs());
    let mantissa = ldexp(fraction, 53) as u64;
    let zeros = if mantissa == 0 { 0 } else { mantissa.trailing_zeros() };
    let mantissa = IntBuf::from(mantissa >> zeros);
    let exponent = if value == 0.0 { 0 } else { i64::from(exponent) - 53 + i64::from(zeros) };
    // At most 1074 bits: there is memory for that.
    let power = |view: crate::int::IntView<'_>, by: u64| view.shl(by).map_err(|_| RatioError::Infinite);
    let (numerator, denominator) = if exponent > 0 {
        (power(mantissa.view(), exponent.unsigned_abs())?, IntBuf::from(1u64))
    } else {
        (mantissa, power(crate::int::IntView::ONE, exponent.unsigned_abs())?)
    };
    Ok((if value < 0.0 { numerator.negated() } else { numerator }, denominator))
}
