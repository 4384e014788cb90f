//! Bitwise operations with two's complement semantics, and counts of bits.

use super::{Digits, Fallible, IntBuf, IntView, MASK, SHIFT, with_capacity};

impl IntView<'_> {
    /// `self & other`.
    pub fn and(self, other: IntView<'_>) -> Fallible<IntBuf> {
        // Above the shorter operand the result is zero when that one is not negative.
        let len = match (self.negative, other.negative) {
            (false, false) => self.digits.len().min(other.digits.len()),
            (false, true) => self.digits.len(),
            (true, false) => other.digits.len(),
            (true, true) => self.digits.len().max(other.digits.len()),
        };
        combine(self, other, len, |x, y| x & y)
    }

    /// `self | other`.
    pub fn or(self, other: IntView<'_>) -> Fallible<IntBuf> {
        let len = match (self.negative, other.negative) {
            (false, false) => self.digits.len().max(other.digits.len()),
            (false, true) => other.digits.len(),
            (true, false) => self.digits.len(),
            (true, true) => self.digits.len().min(other.digits.len()),
        };
        combine(self, other, len, |x, y| x | y)
    }

    /// `self ^ other`.
    pub fn xor(self, other: IntView<'_>) -> Fallible<IntBuf> {
        combine(self, other, self.digits.len().max(other.digits.len()), |x, y| x ^ y)
    }

    /// `~self`.
    pub fn invert(self) -> Fallible<IntBuf> {
        Ok(self.add(IntView::ONE)?.negated())
    }

    /// The number of bits of the absolute value without leading zeros.
    pub fn bit_length(self) -> u64 {
        match self.digits {
            [] => 0,
            [rest @ .., top] => rest.len() as u64 * u64::from(SHIFT) + u64::from(u32::BITS - top.leading_zeros()),
        }
    }

    /// The number of ones in the absolute value.
    pub fn bit_count(self) -> u64 {
        self.digits.iter().map(|digit| u64::from(digit.count_ones())).sum()
    }

    /// The number of zero bits below the lowest one; `None` for zero.
    pub fn trailing_zeros(self) -> Option<u64> {
        let index = self.digits.iter().position(|&digit| digit != 0)?;
        let digit = self.digits.get(index)?;
        Some(index as u64 * u64::from(SHIFT) + u64::from(digit.trailing_zeros()))
    }
}

/// The digits in two's complement, one after the other, sign-extended without end.
struct TwosComplement<'a> {
    digits: std::slice::Iter<'a, u32>,
    invert: u32,
    carry: u32,
}

impl<'a> TwosComplement<'a> {
    fn new(number: IntView<'a>) -> Self {
        let negative = u32::from(number.negative);
        TwosComplement { digits: number.digits.iter(), invert: MASK * negative, carry: negative }
    }

    #[inline]
    fn next(&mut self) -> u32 {
        let value = (self.digits.next().copied().unwrap_or(0) ^ self.invert) + self.carry;
        self.carry = value >> SHIFT;
        value & MASK
    }
}

/// Applies `operation` to `len` digits of the operands and to their signs.
fn combine(a: IntView<'_>, b: IntView<'_>, len: usize, operation: impl Fn(u32, u32) -> u32) -> Fallible<IntBuf> {
    let negative = operation(u32::from(a.negative), u32::from(b.negative)) & 1 == 1;
    let (mut x, mut y) = (TwosComplement::new(a), TwosComplement::new(b));
    let mut digits: Digits = with_capacity(len + 1)?;
    digits.extend((0..len).map(|_| operation(x.next(), y.next()) & MASK));
    if negative {
        let mut carry = 1;
        for digit in digits.iter_mut() {
            let value = (*digit ^ MASK) + carry;
            *digit = value & MASK;
            carry = value >> SHIFT;
        }
        if carry != 0 {
            digits.push(carry);
        }
    }
    Ok(IntBuf::new(negative, digits))
}
