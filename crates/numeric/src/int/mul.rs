//! Multiplication: schoolbook for short factors, dashu for long ones.

use super::{Digits, Fallible, IntBuf, IntView, MASK, SHIFT, large, low, zeros};

/// From this many digits in the shorter factor on, dashu is faster (converting included).
const LARGE: usize = 36;

impl IntView<'_> {
    /// `self * other`.
    #[expect(clippy::should_implement_trait, reason = "the result is fallible")]
    pub fn mul(self, other: IntView<'_>) -> Fallible<IntBuf> {
        let negative = self.negative != other.negative;
        Ok(IntBuf::new(negative, mul_magnitudes(self.digits, other.digits)?))
    }
}

/// `a * b`; not normalised.
pub(super) fn mul_magnitudes(a: &[u32], b: &[u32]) -> Fallible<Digits> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    if short.is_empty() {
        return Ok(Digits::new());
    }
    if short.len() >= LARGE {
        return large::mul(long, short);
    }
    let mut product = zeros(long.len() + short.len())?;
    multiply_into(&mut product, long, short);
    Ok(product)
}

/// `long * short` into a slice of zeros as long as both.
fn multiply_into(product: &mut [u32], long: &[u32], short: &[u32]) {
    for (start, &factor) in short.iter().enumerate() {
        let Some(window) = product.get_mut(start..) else { break };
        let factor = u64::from(factor);
        let mut carry = 0u64;
        let (body, rest) = window.split_at_mut(long.len().min(window.len()));
        for (slot, &digit) in body.iter_mut().zip(long) {
            carry += u64::from(*slot) + factor * u64::from(digit);
            *slot = low(carry);
            carry >>= SHIFT;
        }
        if let Some(slot) = rest.first_mut() {
            *slot = low(carry);
        }
    }
}

impl IntView<'_> {
    /// How many digits [`IntView::write_product`] needs; none where another way is faster.
    #[inline]
    pub fn product_len(self, other: IntView<'_>) -> Option<usize> {
        let (a, b) = (self.digits.len(), other.digits.len());
        (a.min(b) < LARGE).then_some(a + b)
    }

    /// Writes the digits of `self * other` into a slice of zeros of that length, and gives the sign: true for negative.
    pub fn write_product(self, other: IntView<'_>, target: &mut [u32]) -> bool {
        let (a, b) = (self.digits, other.digits);
        let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
        multiply_into(target, long, short);
        self.negative != other.negative
    }
}

/// `digits = digits * factor + addend`, for a `factor` below 2**32.
pub(super) fn mul_small_add(digits: &mut Digits, factor: u32, addend: u32) -> Fallible<()> {
    let mut carry = u64::from(addend);
    for digit in digits.iter_mut() {
        carry += u64::from(*digit) * u64::from(factor);
        *digit = low(carry);
        carry >>= SHIFT;
    }
    while carry != 0 {
        digits.try_reserve(1).map_err(|_| super::NoMemory)?;
        digits.push((carry & u64::from(MASK)) as u32);
        carry >>= SHIFT;
    }
    Ok(())
}
