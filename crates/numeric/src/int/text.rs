//! Integer to text in any base.

use super::div::divrem_small;
use super::{Digit, Fallible, IntView, NoMemory, SHIFT, large, trimmed, with_capacity};
use smallvec::SmallVec;

/// ASCII digits; those of a machine word need no memory of their own.
pub type DigitText = SmallVec<[u8; 36]>;

/// From this many digits on, dashu is faster than repeated division.
const LARGE: usize = 24;

/// Why an integer has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// More decimal digits than the limit: "Exceeds the limit (%d digits) for integer string conversion; ..."
    TooManyDigits,
    /// No memory for the result.
    NoMemory,
}

impl From<NoMemory> for TextError {
    fn from(_: NoMemory) -> Self {
        TextError::NoMemory
    }
}

impl IntView<'_> {
    /// `str(self)`. More than `max_digits` digits are an error, found before the work is done; 0 is no limit.
    pub fn to_decimal(self, max_digits: usize) -> Result<DigitText, TextError> {
        let len = self.digits.len();
        if max_digits > 0 && len >= 10 * 640 / 90 + 2 && max_digits / 90 <= (len - 11) / 10 {
            return Err(TextError::TooManyDigits);
        }
        let text = self.to_radix(10)?;
        let count = text.len() - usize::from(self.negative);
        if max_digits > 0 && count > max_digits && count > 640 { Err(TextError::TooManyDigits) } else { Ok(text) }
    }

    /// The number in a base from 2 to 36, lower case, with a minus sign and without a prefix. Another base is taken as 10.
    pub fn to_radix(self, base: u32) -> Fallible<DigitText> {
        let base = if (2..=36).contains(&base) { base } else { 10 };
        let mut text = DigitText::new();
        let bits_per_digit = u64::from(base.ilog2());
        let room = usize::try_from(self.bit_length() / bits_per_digit + 2).map_err(|_| NoMemory)?;
        text.try_reserve_exact(room).map_err(|_| NoMemory)?;
        if let Some(value) = self.magnitude_u64() {
            reversed_small(value, base, &mut text);
        } else if base.is_power_of_two() {
            reversed_binary(self.digits, base, &mut text);
        } else if base == 10 && self.digits.len() < LARGE {
            reversed_decimal(self.digits, &mut text)?;
        } else if self.digits.len() < LARGE {
            reversed_positional(self.digits, base, &mut text)?;
        } else {
            if self.negative {
                text.push(b'-');
            }
            text.extend_from_slice(&large::to_text(self.digits, base)?);
            return Ok(text);
        }
        if self.negative {
            text.push(b'-');
        }
        text.reverse();
        Ok(text)
    }
}

fn digit_char(value: u32) -> u8 {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    DIGITS.get(value as usize).copied().unwrap_or(b'0')
}

fn reversed_small(mut value: u64, base: u32, text: &mut DigitText) {
    if base == 10 {
        loop {
            text.push(b'0' + (value % 10) as u8);
            value /= 10;
            if value == 0 {
                return;
            }
        }
    }
    if base.is_power_of_two() {
        let bits = base.trailing_zeros();
        loop {
            text.push(digit_char(value as u32 & (base - 1)));
            value >>= bits;
            if value == 0 {
                return;
            }
        }
    }
    let base = u64::from(base);
    loop {
        text.push(digit_char((value % base) as u32));
        value /= base;
        if value == 0 {
            return;
        }
    }
}

/// Division by the largest power of ten in a digit, which is known here so that no division is left.
fn reversed_decimal(digits: &[Digit], text: &mut DigitText) -> Fallible<()> {
    const CHUNK: u64 = 1_000_000_000;
    let mut rest = with_capacity(digits.len())?;
    rest.extend_from_slice(digits);
    while !rest.is_empty() {
        let mut part = 0u64;
        for digit in rest.iter_mut().rev() {
            part = part << SHIFT | u64::from(*digit);
            *digit = (part / CHUNK) as u32;
            part %= CHUNK;
        }
        let mut part = part as u32;
        let mut block = [0; 9];
        for place in &mut block {
            *place = b'0' + (part % 10) as u8;
            part /= 10;
        }
        text.extend_from_slice(&block);
        rest.truncate(trimmed(&rest).len());
    }
    trim_zeros(text);
    Ok(())
}

fn reversed_binary(digits: &[Digit], base: u32, text: &mut DigitText) {
    let bits = base.trailing_zeros();
    let (mut pending, mut filled) = (0u64, 0);
    for &digit in digits {
        pending |= u64::from(digit) << filled;
        filled += SHIFT;
        while filled >= bits {
            text.push(digit_char(pending as u32 & (base - 1)));
            pending >>= bits;
            filled -= bits;
        }
    }
    text.push(digit_char(pending as u32 & (base - 1)));
    trim_zeros(text);
}

fn reversed_positional(digits: &[Digit], base: u32, text: &mut DigitText) -> Fallible<()> {
    let mut rest = Vec::new();
    rest.try_reserve_exact(digits.len()).map_err(|_| NoMemory)?;
    rest.extend_from_slice(digits);
    let chunk_len = u32::MAX.ilog(base);
    let chunk = base.pow(chunk_len);
    while !rest.is_empty() {
        let mut part = divrem_small(&mut rest, chunk);
        for _ in 0..chunk_len {
            text.push(digit_char(part % base));
            part /= base;
        }
        while rest.last() == Some(&0) {
            rest.pop();
        }
    }
    trim_zeros(text);
    Ok(())
}

/// Drops the zeros that lead the number (the text is still reversed).
fn trim_zeros(text: &mut DigitText) {
    while text.len() > 1 && text.last() == Some(&b'0') {
        text.pop();
    }
}
