//! Half, single and double precision as bits (`PyFloat_Pack2`, `PyFloat_Unpack2` and their kin), NaN payloads kept.

use super::{frexp, ldexp};

/// The value does not fit: OverflowError "float too large to pack with e format" ('e' for 16 bits, 'f' for 32).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

const QUIET_64: u64 = 1 << 51;
const QUIET_32: u32 = 1 << 22;

/// The double as half precision.
pub fn f16_to_bits(value: f64) -> Result<u16, Overflow> {
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    if value == 0.0 {
        return Ok(sign);
    }
    if value.is_infinite() {
        return Ok(sign | 0x7C00);
    }
    if value.is_nan() {
        return Ok(sign | 0x7C00 | (value.to_bits() >> 42 & 0x3FF) as u16);
    }
    let (fraction, exponent) = frexp(value.abs());
    let (fraction, exponent) = (fraction * 2.0, exponent - 1);
    if exponent >= 16 {
        return Err(Overflow);
    }
    let (fraction, mut exponent) = match exponent {
        ..-25 => (0.0, 0),
        -25..-14 => (ldexp(fraction, i64::from(14 + exponent)), 0),
        _ => (fraction - 1.0, exponent + 15),
    };
    let scaled = fraction * 1024.0;
    let mut bits = scaled as u16;
    let rest = scaled - f64::from(bits);
    if rest > 0.5 || rest == 0.5 && bits & 1 == 1 {
        bits += 1;
        if bits == 1024 {
            bits = 0;
            exponent += 1;
            if exponent == 31 {
                return Err(Overflow);
            }
        }
    }
    Ok(sign | (exponent as u16) << 10 | bits)
}

/// Half precision as a double.
pub fn f16_from_bits(bits: u16) -> f64 {
    let sign = u64::from(bits >> 15) << 63;
    let exponent = i64::from(bits >> 10 & 0x1F);
    let fraction = bits & 0x3FF;
    if exponent == 31 {
        return f64::from_bits(sign | 0x7FF << 52 | u64::from(fraction) << 42);
    }
    let mantissa = f64::from(fraction) / 1024.0;
    let magnitude = if exponent == 0 { ldexp(mantissa, -14) } else { ldexp(1.0 + mantissa, exponent - 15) };
    if sign != 0 { -magnitude } else { magnitude }
}

/// The double as single precision.
pub fn f32_to_bits(value: f64) -> Result<u32, Overflow> {
    let narrow = value as f32;
    if narrow.is_infinite() && !value.is_infinite() {
        return Err(Overflow);
    }
    if value.is_nan() {
        let bits = value.to_bits();
        return Ok((bits >> 32 & 0x8000_0000) as u32 | 0x7F80_0000 | (bits >> 29 & 0x7F_FFFF) as u32);
    }
    Ok(narrow.to_bits())
}

/// Single precision as a double; a signalling NaN stays one.
pub fn f32_from_bits(bits: u32) -> f64 {
    let value = f32::from_bits(bits);
    if value.is_nan() {
        let quiet = if bits & QUIET_32 != 0 { QUIET_64 } else { 0 };
        let sign = u64::from(bits >> 31) << 63;
        return f64::from_bits(sign | 0x7FF << 52 | quiet | u64::from(bits & (QUIET_32 - 1)) << 29);
    }
    f64::from(value)
}
