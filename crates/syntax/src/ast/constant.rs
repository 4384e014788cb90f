//! Values of `Constant` nodes.

use crate::text::Text;

/// A constant. The parser makes no tuples and frozen sets; folding and the `ast` module do.
///
/// `PartialEq` is for tests: it compares floats by value, so `nan` differs from itself and `0.0` equals `-0.0`.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    None,
    True,
    False,
    Ellipsis,
    Int(Int),
    Float(f64),
    Complex { real: f64, imag: f64 },
    Str(Text),
    Bytes(Box<[u8]>),
    Tuple(Box<[Constant]>),
    FrozenSet(Box<[Constant]>),
}

/// An integer of any size. What fits an `i64` is always `Small`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Int {
    Small(i64),
    /// Magnitude in 30-bit digits, the least significant first, no zero at the end.
    Big {
        negative: bool,
        digits: Box<[u32]>,
    },
}

/// Bits of one digit, CPython's `PyLong_SHIFT`.
const SHIFT: u32 = 30;
const MASK: u64 = (1 << SHIFT) - 1;

impl Int {
    /// Makes the canonical form from 30-bit digits, least significant first; zeros at the end are allowed.
    pub fn from_digits(negative: bool, mut digits: Vec<u32>) -> Int {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let mut magnitude: u128 = 0;
        if digits.len() <= 3 {
            for &digit in digits.iter().rev() {
                magnitude = (magnitude << SHIFT) | u128::from(digit);
            }
            let value = i128::try_from(magnitude).unwrap_or(i128::MAX);
            if let Ok(small) = i64::try_from(if negative { -value } else { value }) {
                return Int::Small(small);
            }
        }
        Int::Big { negative, digits: digits.into() }
    }

    /// Parses digits of `radix` (2, 8, 10 or 16); other characters, such as `_`, are skipped.
    pub fn parse(text: &[u8], radix: u32) -> Int {
        let mut small: Option<i64> = Some(0);
        for value in digit_values(text, radix) {
            small = small.and_then(|s| s.checked_mul(i64::from(radix))?.checked_add(i64::from(value)));
        }
        if let Some(value) = small {
            return Int::Small(value);
        }
        if radix == 10 { parse_decimal(text) } else { parse_power_of_two(text, radix.ilog2()) }
    }
}

fn digit_values(text: &[u8], radix: u32) -> impl DoubleEndedIterator<Item = u32> + '_ {
    text.iter().filter_map(move |&b| char::from(b).to_digit(radix))
}

/// Decimal digits by schoolbook; `sys.int_max_str_digits` bounds the length, so the square does not hurt.
fn parse_decimal(text: &[u8]) -> Int {
    const CHUNK: usize = 9;
    let values: Vec<u32> = digit_values(text, 10).collect();
    let mut digits: Vec<u32> = Vec::with_capacity(values.len() / CHUNK + 1);
    for chunk in values.chunks(CHUNK) {
        let mut carry = 0;
        let mut scale: u64 = 1;
        for &value in chunk {
            carry = carry * 10 + u64::from(value);
            scale *= 10;
        }
        for digit in &mut digits {
            let wide = u64::from(*digit) * scale + carry;
            *digit = low_digit(wide);
            carry = wide >> SHIFT;
        }
        while carry != 0 {
            digits.push(low_digit(carry));
            carry >>= SHIFT;
        }
    }
    Int::from_digits(false, digits)
}

fn parse_power_of_two(text: &[u8], bits: u32) -> Int {
    let mut digits = Vec::with_capacity(text.len() / 7 + 1);
    let mut pending: u64 = 0;
    let mut count = 0;
    for value in digit_values(text, 1 << bits).rev() {
        pending |= u64::from(value) << count;
        count += bits;
        if count >= SHIFT {
            digits.push(low_digit(pending));
            pending >>= SHIFT;
            count -= SHIFT;
        }
    }
    digits.push(low_digit(pending));
    Int::from_digits(false, digits)
}

fn low_digit(wide: u64) -> u32 {
    u32::try_from(wide & MASK).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radixes_agree() {
        let hex = Int::parse(b"ffff_ffff_ffff_ffff_ffff", 16);
        assert_eq!(hex, Int::parse(b"1208925819614629174706175", 10));
        assert_eq!(hex, Int::parse("1".repeat(80).as_bytes(), 2));
        assert_eq!(Int::parse(b"9223372036854775807", 10), Int::Small(i64::MAX));
        assert_eq!(Int::parse(b"9223372036854775808", 10), Int::Big { negative: false, digits: [0, 0, 8].into() });
    }
}
