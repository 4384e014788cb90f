//! `round(value, ndigits)`: correctly rounded half to even by the exact decimal value.

/// OverflowError "rounded value too large to represent"
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundError;

/// `float.__round__(value, ndigits)`.
pub fn round_to_digits(value: f64, ndigits: i64) -> Result<f64, RoundError> {
    if value == 0.0 || !value.is_finite() || ndigits > 323 {
        return Ok(value);
    }
    if ndigits < -308 {
        return Ok(0.0 * value);
    }
    let magnitude = value.abs();
    if let Some(rounded) = super::scaled::rounded_to(magnitude, ndigits) {
        return Ok(if value < 0.0 { -rounded } else { rounded });
    }
    let text = if ndigits >= 0 {
        format!("{magnitude:.*}", usize::try_from(ndigits).unwrap_or(0))
    } else {
        match rounded_above_point(magnitude, ndigits.unsigned_abs()) {
            Some(text) => text,
            None => return Ok(0.0 * value),
        }
    };
    match text.parse::<f64>() {
        Ok(rounded) if rounded.is_finite() => Ok(if value < 0.0 { -rounded } else { rounded }),
        _ => Err(RoundError),
    }
}

/// The value rounded to a multiple of `10**places`, as text; `None` for zero.
fn rounded_above_point(magnitude: f64, places: u64) -> Option<String> {
    // All digits that a double can have, so the exponent is that of the exact value.
    let exact = format!("{magnitude:.800e}");
    let (digits, exponent) = exact.split_once('e')?;
    let kept = exponent.parse::<i64>().ok()? - places.cast_signed();
    match kept {
        ..-1 => None,
        // The first digit that goes is the first one of all.
        -1 => {
            let mut digits = digits.bytes().filter(u8::is_ascii_digit);
            let first = digits.next()?;
            let up = first > b'5' || first == b'5' && digits.any(|digit| digit != b'0');
            up.then(|| format!("1e{places}"))
        }
        _ => Some(format!("{magnitude:.*e}", usize::try_from(kept).unwrap_or(0))),
    }
}
