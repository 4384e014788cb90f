//! Numbers of seconds between Python and the system (CPython's `pytime.c`).

use host::Errno;
use object::value::{float, int, str as text, tuple};
use object::{Borrowed, PyResult, Raised, error, exc, raise};

const NANO: i64 = 1_000_000_000;

/// Raises the OSError of a failed call.
#[cold]
pub fn os_error(errno: Errno) -> Raised {
    let arguments = (|| tuple::from_array([int::new(i64::from(errno.0))?, text::new(&errno.message())?]))();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::OSError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

#[cold]
fn not_a_number() -> Raised {
    raise!(ValueError, "Invalid value NaN (not a number)")
}

/// Seconds, a float or an int, as nanoseconds, rounded away from zero.
pub fn nanoseconds(value: Borrowed<'_>) -> PyResult<i64> {
    let too_large = || raise!(OverflowError, "timestamp out of range for C PyTime_t");
    if let Some(seconds) = float::value(value) {
        if seconds.is_nan() {
            return Err(not_a_number());
        }
        let scaled = seconds * 1e9;
        let scaled = if scaled < 0.0 { scaled.floor() } else { scaled.ceil() };
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&scaled) {
            return Err(too_large());
        }
        return Ok(scaled as i64);
    }
    if !int::check(value) && value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "'{}' object cannot be interpreted as an integer or float", value.class().tp_name()));
    }
    let seconds = value.index()?;
    int::to_i64(seconds.b()).and_then(|seconds| seconds.checked_mul(NANO)).ok_or_else(too_large)
}

/// Seconds, a float (rounded down) or an int, as the system's whole seconds.
pub fn whole_seconds(value: Borrowed<'_>) -> PyResult<i64> {
    let too_large = || raise!(OverflowError, "timestamp out of range for platform time_t");
    if let Some(seconds) = float::value(value) {
        if seconds.is_nan() {
            return Err(not_a_number());
        }
        let whole = seconds.floor();
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
            return Err(too_large());
        }
        return Ok(whole as i64);
    }
    let seconds = value.index()?;
    int::to_i64(seconds.b()).ok_or_else(too_large)
}

/// Nanoseconds as seconds.
pub fn to_seconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e9
}
