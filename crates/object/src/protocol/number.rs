//! Numbers: truth, indices, conversions, operators.

use crate::reference::{Object, Ref};
use crate::result::PyResult;
use crate::value::{float, int};
use crate::{core, raise};

impl Object {
    /// `bool(self)`.
    #[inline]
    pub fn is_true(&self) -> PyResult<bool> {
        if self.is(&core::true_()) {
            return Ok(true);
        }
        if self.is(&core::false_()) || self.is(&core::none()) {
            return Ok(false);
        }
        let class = self.class();
        if let Some(function) = class.nb_bool() {
            return function(self.borrowed()).into();
        }
        let length = class.mp_length().or_else(|| class.sq_length());
        length.map_or(Ok(true), |function| PyResult::<usize>::from(function(self.borrowed())).map(|length| length != 0))
    }

    /// `operator.index(self)`: an int (of any int type).
    #[inline]
    pub fn index(&self) -> PyResult<Ref> {
        if int::check(self.borrowed()) {
            return Ok(self.to_ref());
        }
        self.index_slow()
    }

    #[cold]
    fn index_slow(&self) -> PyResult<Ref> {
        let Some(function) = self.class().nb_index() else {
            return Err(raise!(TypeError, "'{}' object cannot be interpreted as an integer", self.class().short_name()));
        };
        let result = function(self.borrowed())?;
        if result.class().is_type(&core::INT) {
            return Ok(result);
        }
        if !int::check(result.b()) {
            return Err(raise!(TypeError, "{}.__index__ returned non-int (type {})", self.class().short_name(), result.class().short_name()));
        }
        Ok(result)
    }

    /// The value as a float, through `__float__` or `__index__`.
    #[inline]
    pub fn as_f64(&self) -> PyResult<f64> {
        if self.class().is_type(&core::FLOAT) {
            // SAFETY: exactly a float.
            return Ok(unsafe { float::value_unchecked(self.borrowed()) });
        }
        self.as_f64_slow()
    }

    #[cold]
    fn as_f64_slow(&self) -> PyResult<f64> {
        if let Some(value) = float::value(self.borrowed()) {
            return Ok(value);
        }
        let class = self.class();
        if let Some(function) = class.nb_float() {
            let result = function(self.borrowed())?;
            return float::value(result.b()).ok_or_else(|| {
                raise!(TypeError, "{}.__float__ returned non-float (type {})", class.short_name(), result.class().short_name())
            });
        }
        if class.nb_index().is_some() {
            let index = self.index()?;
            let (negative, digits) = int::digits(index.b()).unwrap_or((false, &[]));
            let value = int_to_f64(digits);
            return match value {
                Some(value) => Ok(if negative { -value } else { value }),
                None => Err(raise!(OverflowError, "int too large to convert to float")),
            };
        }
        Err(raise!(TypeError, "must be real number, not {}", class.short_name()))
    }
}

/// The digits as a float, rounded half to even; none where it is too large.
fn int_to_f64(digits: &[u32]) -> Option<f64> {
    let bits = digits.len().checked_mul(30)?;
    if bits > 1100 {
        return None;
    }
    // The highest 4 digits hold at least 91 significant bits; whatever stands below them only matters as "not zero".
    let cut = digits.len().saturating_sub(4);
    let (low, high) = digits.split_at(cut);
    let mut value = high.iter().rev().fold(0u128, |value, digit| value << 30 | u128::from(*digit));
    if low.iter().any(|digit| *digit != 0) {
        value |= 1;
    }
    let scaled = value as f64 * 2f64.powi(i32::try_from(cut * 30).ok()?);
    scaled.is_finite().then_some(scaled)
}
