//! Powers, powers modulo a number, modular inverses.

use super::{Fallible, IntBuf, IntView, NoMemory, large};

/// Why a modular power has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModPowError {
    /// "pow() 3rd argument cannot be 0"
    ZeroModulus,
    /// "base is not invertible for the given modulus"
    NotInvertible,
    /// No memory for the result.
    NoMemory,
}

impl From<NoMemory> for ModPowError {
    fn from(_: NoMemory) -> Self {
        ModPowError::NoMemory
    }
}

impl ModPowError {
    /// CPython's message of the ValueError.
    pub fn message(self) -> &'static str {
        match self {
            ModPowError::ZeroModulus => "pow() 3rd argument cannot be 0",
            ModPowError::NotInvertible => "base is not invertible for the given modulus",
            ModPowError::NoMemory => "",
        }
    }
}

impl IntView<'_> {
    /// `self ** exponent` for an exponent that is not negative (the caller makes a float of the others; here they give 0).
    pub fn pow(self, exponent: IntView<'_>) -> Fallible<IntBuf> {
        if exponent.negative {
            return Ok(IntBuf::zero());
        }
        let negative = self.negative && exponent.is_odd();
        if exponent.is_zero() {
            return Ok(IntBuf::from(1u64));
        }
        if self.is_zero() || self.digits == [1] {
            return Ok(IntBuf::new(negative, self.digits.into()));
        }
        let Some(count) = exponent.magnitude_u64() else { return Err(NoMemory) };
        if let Some(power) = self.small_pow(count) {
            return Ok(if negative { IntBuf::from(power).negated() } else { IntBuf::from(power) });
        }
        let bits = u128::from(self.bit_length()) * u128::from(count);
        if let Some(zeros) = self.trailing_zeros().filter(|zeros| zeros + 1 == self.bit_length()) {
            let shift = zeros.checked_mul(count).ok_or(NoMemory)?;
            let power = IntView::ONE.shl(shift)?;
            return Ok(if negative { power.negated() } else { power });
        }
        // More than any address space holds.
        if bits > 1 << 50 {
            return Err(NoMemory);
        }
        let count = usize::try_from(count).map_err(|_| NoMemory)?;
        Ok(IntBuf::new(negative, large::pow(self.digits, count)?))
    }

    /// The power of the absolute value where it fits into 128 bits.
    fn small_pow(self, exponent: u64) -> Option<u128> {
        let exponent = u32::try_from(exponent).ok().filter(|&exponent| exponent < 128)?;
        self.magnitude_u128()?.checked_pow(exponent)
    }

    /// `pow(self, exponent, modulus)`; a negative exponent takes the inverse of `self`.
    pub fn modpow(self, exponent: IntView<'_>, modulus: IntView<'_>) -> Result<IntBuf, ModPowError> {
        if modulus.is_zero() {
            return Err(ModPowError::ZeroModulus);
        }
        if modulus.digits == [1] {
            return Ok(IntBuf::zero());
        }
        let reduced = self.reduce(modulus.abs())?;
        let base = if exponent.negative { reduced.view().inverse(modulus.abs())? } else { reduced };
        let power = match (base.view().magnitude_u64(), modulus.magnitude_u64(), exponent.magnitude_u64()) {
            (Some(base), Some(modulus), Some(exponent)) => IntBuf::from(modpow_u64(base, exponent, modulus)),
            _ => IntBuf::new(false, large::modpow(base.digits(), exponent.digits, modulus.digits)?),
        };
        if modulus.negative && !power.view().is_zero() {
            return Ok(power.view().add(modulus)?);
        }
        Ok(power)
    }

    /// The number that `self` times gives 1 modulo `modulus`, which is above 1; `self` lies between 0 and the modulus.
    pub fn inverse(self, modulus: IntView<'_>) -> Result<IntBuf, ModPowError> {
        match large::inverse(self.digits, modulus.digits)? {
            Some(inverse) => Ok(IntBuf::new(false, inverse)),
            None => Err(ModPowError::NotInvertible),
        }
    }

    fn reduce(self, modulus: IntView<'_>) -> Result<IntBuf, ModPowError> {
        self.modulo(modulus).map_err(|_| ModPowError::NoMemory)
    }
}

/// `base ** exponent % modulus` for a base below the modulus.
fn modpow_u64(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let multiply = |x: u64, y: u64| match u32::try_from(modulus) {
        Ok(_) => x * y % modulus,
        Err(_) => (u128::from(x) * u128::from(y) % u128::from(modulus)) as u64,
    };
    let mut power = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = multiply(power, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    power
}
