//! Addition, subtraction and comparison.

use std::cmp::Ordering;

use super::{Digits, Fallible, IntBuf, IntView, MASK, SHIFT, zeros};

impl<'a> IntView<'a> {
    /// `self + other`.
    #[expect(clippy::should_implement_trait, reason = "the result is fallible")]
    pub fn add(self, other: IntView<'_>) -> Fallible<IntBuf> {
        if self.negative == other.negative {
            Ok(IntBuf::new(self.negative, add_magnitudes(self.digits, other.digits)?))
        } else {
            subtract_signed(self.negative, self.digits, other.digits)
        }
    }

    /// `self - other`.
    #[expect(clippy::should_implement_trait, reason = "the result is fallible")]
    pub fn sub(self, other: IntView<'_>) -> Fallible<IntBuf> {
        self.add(other.neg())
    }

    /// The order of the two numbers.
    pub fn compare(self, other: IntView<'_>) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => compare_magnitudes(self.digits, other.digits),
            (true, true) => compare_magnitudes(other.digits, self.digits),
        }
    }
}

impl<'a> IntView<'a> {
    /// How many digits [`IntView::write_sum`] needs.
    #[inline]
    pub fn sum_len(self, other: IntView<'_>) -> usize {
        self.digits.len().max(other.digits.len()) + 1
    }

    /// Writes the digits of `self + other` into a slice of zeros of that length, and gives the sign: true for negative.
    pub fn write_sum(self, other: IntView<'_>, target: &mut [u32]) -> bool {
        if self.negative == other.negative {
            add_into(target, self.digits, other.digits);
            return self.negative;
        }
        let less = compare_magnitudes(self.digits, other.digits) == Ordering::Less;
        let (a, b) = if less { (other.digits, self.digits) } else { (self.digits, other.digits) };
        if let Some(target) = target.get_mut(..a.len()) {
            sub_into(target, a, b);
        }
        self.negative != less
    }
}

/// The order of two normalised magnitudes.
pub(super) fn compare_magnitudes(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// `±(a - b)`, where `negative` is the sign of the side of `a`.
fn subtract_signed(negative: bool, a: &[u32], b: &[u32]) -> Fallible<IntBuf> {
    match compare_magnitudes(a, b) {
        Ordering::Equal => Ok(IntBuf::zero()),
        Ordering::Greater => Ok(IntBuf::new(negative, sub_magnitudes(a, b)?)),
        Ordering::Less => Ok(IntBuf::new(!negative, sub_magnitudes(b, a)?)),
    }
}

pub(super) fn add_magnitudes(a: &[u32], b: &[u32]) -> Fallible<Digits> {
    let mut sum = zeros(a.len().max(b.len()) + 1)?;
    add_into(&mut sum, a, b);
    Ok(sum)
}

/// `a + b` into a slice that is one digit longer than the longer of them.
fn add_into(sum: &mut [u32], a: &[u32], b: &[u32]) {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let (low, high) = long.split_at(short.len());
    let (sum_low, sum_high) = sum.split_at_mut(short.len());
    let mut carry = 0;
    for ((slot, x), y) in sum_low.iter_mut().zip(low).zip(short) {
        carry += x + y;
        *slot = carry & MASK;
        carry >>= SHIFT;
    }
    let (sum_high, top) = sum_high.split_at_mut(high.len().min(sum_high.len()));
    for (slot, x) in sum_high.iter_mut().zip(high) {
        carry += x;
        *slot = carry & MASK;
        carry >>= SHIFT;
    }
    if let Some(slot) = top.first_mut() {
        *slot = carry;
    }
}

/// `a - b` where `a >= b`; not normalised.
pub(super) fn sub_magnitudes(a: &[u32], b: &[u32]) -> Fallible<Digits> {
    let mut difference = zeros(a.len())?;
    sub_into(&mut difference, a, b);
    Ok(difference)
}

/// `a - b` where `a >= b`, into a slice as long as `a`.
fn sub_into(difference: &mut [u32], a: &[u32], b: &[u32]) {
    let (low, high) = a.split_at(b.len().min(a.len()));
    let (difference_low, difference_high) = difference.split_at_mut(low.len());
    let mut borrow = 0u32;
    for ((slot, x), y) in difference_low.iter_mut().zip(low).zip(b) {
        let digit = x.wrapping_sub(*y).wrapping_sub(borrow);
        borrow = digit >> 31;
        *slot = digit & MASK;
    }
    for (slot, x) in difference_high.iter_mut().zip(high) {
        let digit = x.wrapping_sub(borrow);
        borrow = digit >> 31;
        *slot = digit & MASK;
    }
}
