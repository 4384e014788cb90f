//! `float.hex` and `float.fromhex`.

use super::{frexp, ldexp};

/// Why a text is no hexadecimal float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// ValueError "invalid hexadecimal floating-point string"
    Invalid,
    /// OverflowError "hexadecimal value too large to represent as a float"
    TooLarge,
    /// ValueError "hexadecimal string too long to convert"
    TooLong,
}

impl HexError {
    /// CPython's message.
    pub fn message(self) -> &'static str {
        match self {
            HexError::Invalid => "invalid hexadecimal floating-point string",
            HexError::TooLarge => "hexadecimal value too large to represent as a float",
            HexError::TooLong => "hexadecimal string too long to convert",
        }
    }
}

/// `value.hex()`.
pub fn hex(value: f64) -> String {
    if !value.is_finite() {
        return super::repr(value);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (fraction, exponent) = frexp(value.abs());
    // Normal numbers have a leading 1; subnormal ones keep the smallest exponent.
    let shift = 1 - (-1021 - i64::from(exponent)).max(0);
    let mantissa = ldexp(fraction, shift);
    let exponent = i64::from(exponent) - shift;
    let digits = (ldexp(mantissa, 52)) as u64;
    let (lead, rest) = (digits >> 52, digits & ((1 << 52) - 1));
    format!("{sign}0x{lead}.{rest:013x}p{exponent:+}")
}

/// `float.fromhex(text)`.
pub fn from_hex(text: &[u8]) -> Result<f64, HexError> {
    let text = super::parse::trim(text);
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = match super::parse::special(body) {
        Some(value) => value,
        None => magnitude(body)?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Splits off the leading hexadecimal digits.
fn take_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let len = text.iter().position(|&byte| hex_digit(byte).is_none()).unwrap_or(text.len());
    text.split_at(len)
}

fn magnitude(body: &[u8]) -> Result<f64, HexError> {
    let body = match body {
        [b'0', b'x' | b'X', rest @ ..] => rest,
        _ => body,
    };
    let (whole, rest) = take_digits(body);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => take_digits(rest),
        _ => (&[][..], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(HexError::Invalid);
    }
    if whole.len() + fraction.len() > (i64::MAX / 16) as usize {
        return Err(HexError::TooLong);
    }
    let exponent = match rest {
        [] => 0,
        [b'p' | b'P', rest @ ..] => exponent(rest)?,
        _ => return Err(HexError::Invalid),
    };
    let digits = whole.iter().chain(fraction).copied().filter_map(hex_digit);
    let mut leading = digits.skip_while(|&digit| digit == 0);
    let significant = leading.clone().count();
    if significant == 0 {
        return Ok(0.0);
    }
    // 16 digits and a mark for the rest are more than any rounding looks at.
    let (mut mantissa, mut sticky, mut taken) = (0u64, false, 0usize);
    for digit in &mut leading {
        if taken < 15 {
            mantissa = mantissa << 4 | u64::from(digit);
            taken += 1;
        } else {
            sticky |= digit != 0;
        }
    }
    let dropped = (significant - taken) as i64 * 4 - fraction.len() as i64 * 4;
    let scale = exponent.saturating_add(dropped);
    round(mantissa, sticky, scale)
}

fn exponent(text: &[u8]) -> Result<i64, HexError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(HexError::Invalid);
    }
    let value = digits.iter().fold(0i64, |value, byte| value.saturating_mul(10).saturating_add(i64::from(byte - b'0')));
    let value = value.min(i64::MAX / 2);
    Ok(if negative { -value } else { value })
}

/// `mantissa * 2**scale`, rounded half to even; `sticky` stands for bits below.
fn round(mantissa: u64, sticky: bool, scale: i64) -> Result<f64, HexError> {
    let bits = i64::from(u64::BITS - mantissa.leading_zeros());
    let top = scale.saturating_add(bits);
    if top > 1024 {
        return Err(HexError::TooLarge);
    }
    if top < -1074 {
        return Ok(0.0);
    }
    // How many of the low bits do not fit into the result.
    let excess = (bits - 53).max(-1074 - scale);
    if excess <= 0 {
        return Ok(ldexp(mantissa as f64, scale));
    }
    let (kept, rest, half) = match excess {
        64.. => (0, mantissa, u64::MAX),
        _ => (mantissa >> excess, mantissa & ((1 << excess) - 1), 1u64 << (excess - 1)),
    };
    let up = rest > half || rest == half && (sticky || kept & 1 == 1);
    let value = ldexp((kept + u64::from(up)) as f64, scale + excess);
    if value.is_infinite() { Err(HexError::TooLarge) } else { Ok(value) }
}
