//! Greatest common divisor, least common multiple, integer square root.

use super::{Fallible, IntBuf, IntView, large};

impl IntView<'_> {
    /// `math.gcd(self, other)`, never negative.
    pub fn gcd(self, other: IntView<'_>) -> Fallible<IntBuf> {
        if self.is_zero() {
            return other.abs().to_buf();
        }
        if other.is_zero() {
            return self.abs().to_buf();
        }
        if let (Some(a), Some(b)) = (self.magnitude_u64(), other.magnitude_u64()) {
            return Ok(IntBuf::from(gcd_u64(a, b)));
        }
        Ok(IntBuf::new(false, large::gcd(self.digits, other.digits)?))
    }

    /// `math.lcm(self, other)`, never negative.
    pub fn lcm(self, other: IntView<'_>) -> Fallible<IntBuf> {
        if self.is_zero() || other.is_zero() {
            return Ok(IntBuf::zero());
        }
        let gcd = self.gcd(other)?;
        let reduced = self.abs().floordiv(gcd.view()).map_err(|_| super::NoMemory)?;
        reduced.view().mul(other.abs())
    }

    /// `math.isqrt(self)`; `None` for a negative number ("isqrt() argument must be nonnegative").
    pub fn isqrt(self) -> Fallible<Option<IntBuf>> {
        if self.negative {
            return Ok(None);
        }
        let root = match self.magnitude_u128() {
            Some(value) => match u64::try_from(value) {
                Ok(value) => IntBuf::from(value.isqrt()),
                Err(_) => IntBuf::from(value.isqrt()),
            },
            None => IntBuf::new(false, large::isqrt(self.digits)?),
        };
        Ok(Some(root))
    }

    /// The absolute value where it fits into 64 bits.
    pub(super) fn magnitude_u64(self) -> Option<u64> {
        match *self.digits {
            [] => Some(0),
            [a] => Some(u64::from(a)),
            [a, b] => Some(u64::from(b) << 30 | u64::from(a)),
            [a, b, c] if c < 16 => Some(u64::from(c) << 60 | u64::from(b) << 30 | u64::from(a)),
            _ => None,
        }
    }
}

/// The binary algorithm; neither number is zero.
fn gcd_u64(mut a: u64, mut b: u64) -> u64 {
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        b -= a;
    }
    a << shift
}
