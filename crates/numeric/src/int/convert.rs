//! Machine integers to digits and back, and the hash.

use super::{Digits, IntBuf, IntView, MASK, SHIFT};

/// 2**61 - 1, the modulus of numeric hashes.
pub const HASH_MODULUS: u64 = (1 << HASH_BITS) - 1;
const HASH_BITS: u32 = 61;

/// A number in machine form, or the sign of one that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Small<T> {
    /// The number itself.
    Fits(T),
    /// Larger than the largest value of the type.
    TooLarge,
    /// Smaller than the smallest value of the type.
    TooSmall,
}

impl<T> Small<T> {
    /// The number where it fits.
    pub fn fits(self) -> Option<T> {
        match self {
            Small::Fits(value) => Some(value),
            _ => None,
        }
    }
}

impl From<u128> for IntBuf {
    fn from(value: u128) -> Self {
        from_magnitude(false, value)
    }
}

impl From<i128> for IntBuf {
    fn from(value: i128) -> Self {
        from_magnitude(value < 0, value.unsigned_abs())
    }
}

impl From<u64> for IntBuf {
    fn from(value: u64) -> Self {
        from_u64(false, value)
    }
}

impl From<i64> for IntBuf {
    fn from(value: i64) -> Self {
        from_u64(value < 0, value.unsigned_abs())
    }
}

fn from_u64(negative: bool, mut value: u64) -> IntBuf {
    let mut digits = Digits::new();
    while value != 0 {
        digits.push(value as u32 & MASK);
        value >>= SHIFT;
    }
    IntBuf { negative, digits }
}

fn from_magnitude(negative: bool, mut value: u128) -> IntBuf {
    let mut digits = Digits::new();
    while value != 0 {
        digits.push(value as u32 & MASK);
        value >>= SHIFT;
    }
    IntBuf { negative, digits }
}

impl IntView<'_> {
    /// The absolute value, where it fits.
    pub fn magnitude_u128(self) -> Option<u128> {
        if self.bit_length() > 128 {
            return None;
        }
        Some(self.digits.iter().rev().fold(0, |value, &digit| value << SHIFT | u128::from(digit)))
    }

    /// The number as `i64`.
    #[inline]
    pub fn to_i64(self) -> Small<i64> {
        self.to_i128_small().narrow(|value| i64::try_from(value).ok())
    }

    /// The number as `u64`.
    #[inline]
    pub fn to_u64(self) -> Small<u64> {
        self.to_i128_small().narrow(|value| u64::try_from(value).ok())
    }

    /// The number as `i32`.
    #[inline]
    pub fn to_i32(self) -> Small<i32> {
        self.to_i128_small().narrow(|value| i32::try_from(value).ok())
    }

    /// The number as `i128`.
    pub fn to_i128(self) -> Small<i128> {
        let value = self.magnitude_u128().and_then(|magnitude| match self.negative {
            false => i128::try_from(magnitude).ok(),
            true => 0i128.checked_sub_unsigned(magnitude),
        });
        value.map_or_else(|| self.out_of_range(), Small::Fits)
    }

    /// The low 64 bits in two's complement, whatever the size (`PyLong_AsUnsignedLongLongMask`).
    pub fn low_u64(self) -> u64 {
        let magnitude = self.digits.iter().take(3).rev().fold(0u64, |value, &digit| value << SHIFT | u64::from(digit));
        if self.negative { magnitude.wrapping_neg() } else { magnitude }
    }

    /// Fast for up to three digits, which is all that 64 bits need.
    #[inline]
    fn to_i128_small(self) -> Small<i128> {
        let magnitude = match *self.digits {
            [] => 0,
            [a] => i128::from(a),
            [a, b] => i128::from(u64::from(b) << SHIFT | u64::from(a)),
            [a, b, c] => i128::from(c) << (2 * SHIFT) | i128::from(u64::from(b) << SHIFT | u64::from(a)),
            _ => return self.out_of_range(),
        };
        Small::Fits(if self.negative { -magnitude } else { magnitude })
    }

    fn out_of_range<T>(self) -> Small<T> {
        if self.negative { Small::TooSmall } else { Small::TooLarge }
    }

    /// `hash(self)`: the number modulo 2**61 - 1 with its sign, and -2 in place of -1.
    pub fn hash(self) -> i64 {
        let residue = self.digits.iter().rev().fold(0u64, |rest, &digit| {
            let rotated = (rest << SHIFT & HASH_MODULUS) | rest >> (HASH_BITS - SHIFT);
            let sum = rotated + u64::from(digit);
            if sum >= HASH_MODULUS { sum - HASH_MODULUS } else { sum }
        });
        let signed = residue.cast_signed();
        match if self.negative { -signed } else { signed } {
            -1 => -2,
            hash => hash,
        }
    }
}

impl Small<i128> {
    #[inline]
    fn narrow<T>(self, convert: impl Fn(i128) -> Option<T>) -> Small<T> {
        match self {
            Small::Fits(value) => match convert(value) {
                Some(value) => Small::Fits(value),
                None if value < 0 => Small::TooSmall,
                None => Small::TooLarge,
            },
            Small::TooLarge => Small::TooLarge,
            Small::TooSmall => Small::TooSmall,
        }
    }
}
