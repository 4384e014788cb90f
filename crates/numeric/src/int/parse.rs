//! Text to integer, by the rules of `int(text, base)` and of integer literals.

use super::mul::mul_small_add;
use super::{Digits, Fallible, IntBuf, MASK, NoMemory, SHIFT, large, with_capacity};

/// From this many decimal digits on, dashu is faster.
const LARGE: usize = 400;

/// Why a text is no integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The base is neither 0 nor 2 to 36: "int() base must be >= 2 and <= 36, or 0".
    Base,
    /// "invalid literal for int() with base %d: %R"
    Invalid,
    /// More digits than the limit: "Exceeds the limit (%d digits) for integer string conversion: value has %d digits; ..."
    TooManyDigits(usize),
    /// No memory for the result.
    NoMemory,
}

impl From<NoMemory> for ParseError {
    fn from(_: NoMemory) -> Self {
        ParseError::NoMemory
    }
}

/// An integer at the beginning of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The number.
    pub value: IntBuf,
    /// How many bytes it took, white space before it included.
    pub len: usize,
}

impl IntBuf {
    /// `int(text, base)` for ASCII text (the caller has mapped other decimal digits and spaces to ASCII). `max_digits` limits the
    /// digits in bases that are no power of two; 0 is no limit.
    pub fn parse(text: &[u8], base: u32, max_digits: usize) -> Result<IntBuf, ParseError> {
        let parsed = Self::parse_prefix(text, base, max_digits)?;
        let rest = text.get(parsed.len..).unwrap_or_default();
        if rest.iter().all(|&byte| is_space(byte)) { Ok(parsed.value) } else { Err(ParseError::Invalid) }
    }

    /// The integer that `text` begins with (`PyLong_FromString`).
    pub fn parse_prefix(text: &[u8], base: u32, max_digits: usize) -> Result<Parsed, ParseError> {
        if base != 0 && !(2..=36).contains(&base) {
            return Err(ParseError::Base);
        }
        let mut rest = text.trim_ascii_start_vertical();
        let negative = match rest {
            [b'-', tail @ ..] => {
                rest = tail;
                true
            }
            [b'+', tail @ ..] => {
                rest = tail;
                false
            }
            _ => false,
        };
        let mut zero_only = false;
        let marked = match rest {
            [b'0', b'x' | b'X', ..] => 16,
            [b'0', b'o' | b'O', ..] => 8,
            [b'0', b'b' | b'B', ..] => 2,
            _ => 0,
        };
        let base = match (base, marked) {
            (0, 0) => {
                zero_only = rest.first() == Some(&b'0');
                10
            }
            (0, marked) => marked,
            (base, _) => base,
        };
        if marked == base {
            rest = rest.get(2..).unwrap_or_default();
            rest = rest.strip_prefix(b"_").unwrap_or(rest);
        }
        let (digits, len) = scan(rest, base)?;
        if !base.is_power_of_two() && max_digits > 0 && digits > max_digits && digits > 640 {
            return Err(ParseError::TooManyDigits(digits));
        }
        let (body, tail) = rest.split_at_checked(len).ok_or(ParseError::Invalid)?;
        let magnitude = if base.is_power_of_two() { binary(body, base, digits)? } else { positional(body, base, digits)? };
        let value = IntBuf::new(negative, magnitude);
        if zero_only && !value.view().is_zero() {
            return Err(ParseError::Invalid);
        }
        Ok(Parsed { value, len: text.len() - tail.len() })
    }
}

/// C's `isspace` in the C locale.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

trait TrimVertical {
    fn trim_ascii_start_vertical(&self) -> &Self;
}

impl TrimVertical for [u8] {
    /// `trim_ascii_start` that knows the vertical tab.
    fn trim_ascii_start_vertical(&self) -> &[u8] {
        let mut rest = self;
        while let [first, tail @ ..] = rest {
            if !is_space(*first) {
                break;
            }
            rest = tail;
        }
        rest
    }
}

/// The value of a digit in bases up to 36; 37 for what is none.
pub(crate) fn digit_value(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'a'..=b'z' => u32::from(byte - b'a') + 10,
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 37,
    }
}

/// Counts the digits, and the bytes with underscores between them.
fn scan(text: &[u8], base: u32) -> Result<(usize, usize), ParseError> {
    let mut digits = 0;
    let mut len = 0;
    let mut previous = b'_';
    for &byte in text {
        if byte == b'_' {
            if previous == b'_' {
                return Err(ParseError::Invalid);
            }
        } else if digit_value(byte) < base {
            digits += 1;
        } else {
            break;
        }
        previous = byte;
        len += 1;
    }
    if previous == b'_' { Err(ParseError::Invalid) } else { Ok((digits, len)) }
}

fn binary(body: &[u8], base: u32, count: usize) -> Fallible<Digits> {
    let bits = base.trailing_zeros();
    let len = count / SHIFT as usize * bits as usize + count % SHIFT as usize * bits as usize / SHIFT as usize + 2;
    let mut digits = with_capacity(len)?;
    let (mut pending, mut filled) = (0u64, 0);
    for &byte in body.iter().rev().filter(|&&byte| byte != b'_') {
        pending |= u64::from(digit_value(byte)) << filled;
        filled += bits;
        if filled >= SHIFT {
            digits.push(pending as u32 & MASK);
            pending >>= SHIFT;
            filled -= SHIFT;
        }
    }
    digits.push(pending as u32);
    Ok(digits)
}

fn positional(body: &[u8], base: u32, count: usize) -> Fallible<Digits> {
    if count >= LARGE {
        return large::parse(body, base);
    }
    if base == 10 && count == body.len() {
        return decimal(body);
    }
    let mut digits = with_capacity(count / 5 + 1)?;
    let chunk_len = chunk_len(base);
    let (mut chunk, mut factor, mut taken) = (0u32, 1u32, 0);
    for &byte in body.iter().filter(|&&byte| byte != b'_') {
        chunk = chunk * base + digit_value(byte);
        factor *= base;
        taken += 1;
        if taken == chunk_len {
            mul_small_add(&mut digits, factor, chunk)?;
            (chunk, factor, taken) = (0, 1, 0);
        }
    }
    if taken > 0 {
        mul_small_add(&mut digits, factor, chunk)?;
    }
    Ok(digits)
}

/// Decimal digits without underscores.
fn decimal(body: &[u8]) -> Fallible<Digits> {
    let value = |part: &[u8]| part.iter().fold(0u64, |value, byte| value * 10 + u64::from(byte - b'0'));
    if body.len() <= 19 {
        return Ok(IntBuf::from(value(body)).digits);
    }
    let mut digits = with_capacity(body.len() / 9 + 2)?;
    let (head, rest) = body.split_at(body.len() % 9);
    digits.push(value(head) as u32);
    for part in rest.chunks_exact(9) {
        mul_small_add(&mut digits, 1_000_000_000, value(part) as u32)?;
    }
    Ok(digits)
}

/// How many digits of this base fit into a digit of ours.
fn chunk_len(base: u32) -> u32 {
    MASK.ilog(base.max(2))
}
