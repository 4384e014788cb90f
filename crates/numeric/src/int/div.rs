//! Division: Knuth's algorithm D, dashu for large operands, floored and truncated.

use super::add::{add_magnitudes, compare_magnitudes, sub_magnitudes};
use super::{Digits, Fallible, IntBuf, IntView, MASK, NoMemory, SHIFT, large, low, trimmed, with_capacity, zeros};
use std::cmp::Ordering;

/// From this many digits in the divisor and in the quotient on, dashu is faster.
const LARGE: usize = 40;

/// Why a division has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DivideByZero {
    /// The divisor is zero.
    Zero,
    /// No memory for the result.
    NoMemory,
}

impl From<NoMemory> for DivideByZero {
    fn from(_: NoMemory) -> Self {
        DivideByZero::NoMemory
    }
}

impl IntView<'_> {
    /// For a divisor of one digit: writes the digits of `self // divisor` into a slice of zeros one digit longer than `self`, and gives
    /// the sign, true for negative, and the remainder without its sign, which is the divisor's. The divisor is not zero.
    pub fn write_quotient(self, divisor: IntView<'_>, target: &mut [u32]) -> (bool, u32) {
        let single = divisor.digits.first().copied().unwrap_or(1);
        let Some((top, quotient)) = target.split_last_mut() else { return (false, 0) };
        quotient.copy_from_slice(self.digits);
        let remainder = divrem_small(quotient, single);
        if self.negative == divisor.negative || remainder == 0 {
            return (self.negative != divisor.negative, remainder);
        }
        let mut carry = 1;
        for digit in quotient.iter_mut().chain([top]) {
            let value = *digit + carry;
            *digit = value & MASK;
            carry = value >> SHIFT;
        }
        (true, single - remainder)
    }

    /// `divmod(self, divisor)`: the quotient rounded down, the remainder with the divisor's sign.
    pub fn divmod(self, divisor: IntView<'_>) -> Result<(IntBuf, IntBuf), DivideByZero> {
        let (quotient, remainder) = divrem_magnitudes(self.digits, divisor.digits)?;
        if self.negative == divisor.negative || trimmed(&remainder).is_empty() {
            let quotient = IntBuf::new(self.negative != divisor.negative, quotient);
            return Ok((quotient, IntBuf::new(divisor.negative, remainder)));
        }
        let quotient = add_magnitudes(trimmed(&quotient), &[1])?;
        let remainder = sub_magnitudes(divisor.digits, trimmed(&remainder))?;
        Ok((IntBuf::new(true, quotient), IntBuf::new(divisor.negative, remainder)))
    }

    /// `self // divisor`.
    pub fn floordiv(self, divisor: IntView<'_>) -> Result<IntBuf, DivideByZero> {
        Ok(self.divmod(divisor)?.0)
    }

    /// `self % divisor`, with the divisor's sign.
    pub fn modulo(self, divisor: IntView<'_>) -> Result<IntBuf, DivideByZero> {
        if let ([.., _], &[single]) = (self.digits, divisor.digits) {
            let remainder = rem_small(self.digits, single);
            let adjusted = if remainder != 0 && self.negative != divisor.negative { single - remainder } else { remainder };
            return Ok(IntBuf::new(divisor.negative, Digits::from_slice(&[adjusted])));
        }
        Ok(self.divmod(divisor)?.1)
    }

    /// The quotient rounded towards zero, and the remainder with the dividend's sign.
    pub fn divrem(self, divisor: IntView<'_>) -> Result<(IntBuf, IntBuf), DivideByZero> {
        let (quotient, remainder) = divrem_magnitudes(self.digits, divisor.digits)?;
        Ok((IntBuf::new(self.negative != divisor.negative, quotient), IntBuf::new(self.negative, remainder)))
    }

    /// The quotient rounded to nearest (ties to even), and the remainder that belongs to it (`int.__round__`).
    pub fn divmod_near(self, divisor: IntView<'_>) -> Result<(IntBuf, IntBuf), DivideByZero> {
        let (quotient, remainder) = self.divmod(divisor)?;
        let twice = remainder.view().abs().add(remainder.view().abs())?;
        let up = match twice.view().compare(divisor.abs()) {
            Ordering::Greater => true,
            Ordering::Equal => quotient.view().is_odd(),
            Ordering::Less => false,
        };
        if !up {
            return Ok((quotient, remainder));
        }
        Ok((quotient.view().add(IntView::ONE)?, remainder.view().sub(divisor)?))
    }
}

/// Quotient and remainder of magnitudes; neither is normalised.
pub(super) fn divrem_magnitudes(a: &[u32], b: &[u32]) -> Result<(Digits, Digits), DivideByZero> {
    match *b {
        [] => Err(DivideByZero::Zero),
        _ if compare_magnitudes(a, b) == Ordering::Less => {
            let mut remainder = with_capacity(a.len())?;
            remainder.extend_from_slice(a);
            Ok((Digits::new(), remainder))
        }
        [single] => {
            let mut quotient = with_capacity(a.len())?;
            quotient.extend_from_slice(a);
            let remainder = divrem_small(&mut quotient, single);
            Ok((quotient, Digits::from_slice(&[remainder])))
        }
        _ if b.len() >= LARGE && a.len() - b.len() >= LARGE => Ok(large::divrem(a, b)?),
        _ => Ok(knuth(a, b)?),
    }
}

/// Divides in place by a divisor of at most 32 bits that is not zero, and gives the remainder.
pub(super) fn divrem_small(digits: &mut [u32], divisor: u32) -> u32 {
    let divisor = u64::from(divisor.max(1));
    let mut remainder = 0u64;
    for digit in digits.iter_mut().rev() {
        remainder = remainder << SHIFT | u64::from(*digit);
        *digit = (remainder / divisor) as u32;
        remainder %= divisor;
    }
    remainder as u32
}

/// The remainder by a divisor of one digit that is not zero.
pub(super) fn rem_small(digits: &[u32], divisor: u32) -> u32 {
    let divisor = u64::from(divisor.max(1));
    let remainder = digits.iter().rev().fold(0u64, |rest, &digit| (rest << SHIFT | u64::from(digit)) % divisor);
    remainder as u32
}

/// Knuth, TAOCP 4.3.1, algorithm D; `a >= b`, `b` has two digits or more.
#[expect(clippy::indexing_slicing, reason = "the bounds are those of the algorithm; see the debug assertions")]
fn knuth(a: &[u32], b: &[u32]) -> Fallible<(Digits, Digits)> {
    let n = b.len();
    let m = a.len() - n;
    debug_assert!(n >= 2 && a.len() >= n && b[n - 1] != 0);
    let shift = b[n - 1].leading_zeros() - (32 - SHIFT);
    let mut v = zeros(n)?;
    shift_left_into(&mut v, b, shift);
    let mut u = zeros(a.len() + 1)?;
    u[a.len()] = shift_left_into(&mut u[..a.len()], a, shift);
    let mut quotient = zeros(m + 1)?;
    let (top, second) = (u64::from(v[n - 1]), u64::from(v[n - 2]));
    for j in (0..=m).rev() {
        let head = u64::from(u[j + n]) << SHIFT | u64::from(u[j + n - 1]);
        let mut guess = head / top;
        let mut rest = head % top;
        while guess > u64::from(MASK) || guess * second > (rest << SHIFT | u64::from(u[j + n - 2])) {
            guess -= 1;
            rest += top;
            if rest > u64::from(MASK) {
                break;
            }
        }
        let mut borrow = 0i64;
        for (slot, &digit) in u[j..j + n].iter_mut().zip(v.iter()) {
            let value = i64::from(*slot) - (guess * u64::from(digit)) as i64 + borrow;
            *slot = value as u32 & MASK;
            borrow = value >> SHIFT;
        }
        let value = i64::from(u[j + n]) + borrow;
        u[j + n] = value as u32 & MASK;
        if value < 0 {
            guess -= 1;
            let mut carry = 0u64;
            for (slot, &digit) in u[j..j + n].iter_mut().zip(v.iter()) {
                carry += u64::from(*slot) + u64::from(digit);
                *slot = low(carry);
                carry >>= SHIFT;
            }
            u[j + n] = (u64::from(u[j + n]) + carry) as u32 & MASK;
        }
        quotient[j] = guess as u32;
    }
    u.truncate(n);
    shift_right_in_place(&mut u, shift);
    Ok((quotient, u))
}

/// Writes `digits << shift` for a shift below 30 and gives the digit that is carried out.
fn shift_left_into(target: &mut [u32], digits: &[u32], shift: u32) -> u32 {
    let mut carry = 0u64;
    for (slot, &digit) in target.iter_mut().zip(digits) {
        carry |= u64::from(digit) << shift;
        *slot = low(carry);
        carry >>= SHIFT;
    }
    carry as u32
}

fn shift_right_in_place(digits: &mut [u32], shift: u32) {
    let mut carry = 0u64;
    for slot in digits.iter_mut().rev() {
        carry = carry << SHIFT | u64::from(*slot);
        *slot = (carry >> shift) as u32 & MASK;
        carry &= (1 << shift) - 1;
    }
}
