//! Arithmetic shifts.

use super::add::add_magnitudes;
use super::{Digits, Fallible, IntBuf, IntView, MASK, NoMemory, SHIFT, low, trimmed, with_capacity};

impl IntView<'_> {
    /// `self << count`. `NoMemory` also stands for a count whose result cannot be addressed.
    #[expect(clippy::should_implement_trait, reason = "the result is fallible")]
    pub fn shl(self, count: u64) -> Fallible<IntBuf> {
        if self.is_zero() {
            return Ok(IntBuf::zero());
        }
        let words = usize::try_from(count / u64::from(SHIFT)).map_err(|_| NoMemory)?;
        let bits = (count % u64::from(SHIFT)) as u32;
        let len = words.checked_add(self.digits.len()).and_then(|len| len.checked_add(1)).ok_or(NoMemory)?;
        let mut digits = with_capacity(len)?;
        digits.resize(words, 0);
        let mut carry = 0u64;
        digits.extend(self.digits.iter().map(|&digit| {
            carry |= u64::from(digit) << bits;
            let slot = low(carry);
            carry >>= SHIFT;
            slot
        }));
        digits.push(carry as u32);
        Ok(IntBuf::new(self.negative, digits))
    }

    /// `self >> count`, rounded down.
    #[expect(clippy::should_implement_trait, reason = "the result is fallible")]
    pub fn shr(self, count: u64) -> Fallible<IntBuf> {
        let words = usize::try_from(count / u64::from(SHIFT)).unwrap_or(usize::MAX);
        let bits = (count % u64::from(SHIFT)) as u32;
        let Some((lost, kept)) = self.digits.split_at_checked(words) else {
            return Ok(self.all_shifted_out());
        };
        let Some(&first) = kept.first() else {
            return Ok(self.all_shifted_out());
        };
        let digits = shr_magnitude(kept, bits)?;
        let inexact = first & ((1 << bits) - 1) != 0 || lost.iter().any(|&digit| digit != 0);
        if self.negative && inexact {
            return Ok(IntBuf::new(true, add_magnitudes(trimmed(&digits), &[1])?));
        }
        Ok(IntBuf::new(self.negative, digits))
    }

    /// What a shift by more bits than there are leaves: 0, or -1 for a negative number.
    fn all_shifted_out(self) -> IntBuf {
        if self.negative { IntBuf::new(true, Digits::from_slice(&[1])) } else { IntBuf::zero() }
    }
}

/// `digits >> bits` for a shift below 30; not normalised.
pub(super) fn shr_magnitude(digits: &[u32], bits: u32) -> Fallible<Digits> {
    let mut result = with_capacity(digits.len())?;
    let above = digits.iter().skip(1).copied().chain([0]);
    result.extend(
        digits.iter().zip(above).map(|(&digit, next)| ((u64::from(next) << SHIFT | u64::from(digit)) >> bits) as u32 & MASK),
    );
    Ok(result)
}
