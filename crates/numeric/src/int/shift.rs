//! Arithmetic shifts.

use super::add::add_magnitudes;
use super::{Digits, Fallible, IntBuf, IntView, MASK, NoMemory, SHIFT, low, trimmed, with_capacity};

impl IntView<'_> {
    /// How many digits [`IntView::write_shifted`] needs; none for more than can be addressed.
    pub fn shifted_len(self, count: u64) -> Option<usize> {
        usize::try_from(count / u64::from(SHIFT)).ok()?.checked_add(self.digits.len())?.checked_add(1)
    }

    /// Writes the digits of `self << count` into a slice of zeros of that length, and gives the sign: true for negative.
    pub fn write_shifted(self, count: u64, target: &mut [u32]) -> bool {
        let bits = (count % u64::from(SHIFT)) as u32;
        let low_zeros = target.len().saturating_sub(self.digits.len() + 1);
        let mut carry = 0u64;
        for (slot, &digit) in target.iter_mut().skip(low_zeros).zip(self.digits.iter().chain(&[0])) {
            carry |= u64::from(digit) << bits;
            *slot = low(carry);
            carry >>= SHIFT;
        }
        self.negative
    }

    /// Writes the digits of the absolute value shifted down by `count` bits into a slice as long as what is left of the digits.
    pub fn write_shifted_down(self, count: u64, target: &mut [u32]) {
        let bits = (count % u64::from(SHIFT)) as u32;
        let kept = self.digits.get(self.digits.len() - target.len().min(self.digits.len())..).unwrap_or_default();
        let above = kept.iter().skip(1).copied().chain([0]);
        for ((slot, &digit), next) in target.iter_mut().zip(kept).zip(above) {
            *slot = ((u64::from(next) << SHIFT | u64::from(digit)) >> bits) as u32 & MASK;
        }
    }

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
