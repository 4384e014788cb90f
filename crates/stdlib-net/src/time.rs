//! Time limits: numbers of seconds as nanoseconds, deadlines, what is left of them for `poll`.

use crate::errors::OrRaise;
use host::clock::Clock;
use object::value::{float, int};
use object::{Borrowed, PyResult, core, raise};

const NANO: i64 = 1_000_000_000;

/// Seconds, a float or an int, as nanoseconds, rounded away from zero (CPython's `ROUND_TIMEOUT`).
pub fn nanoseconds(value: Borrowed<'_>) -> PyResult<i64> {
    let too_large = || raise!(OverflowError, "timestamp out of range for C PyTime_t");
    if let Some(seconds) = float::value(value) {
        if seconds.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
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

/// The time limit of a socket: none for None.
pub fn limit(value: Borrowed<'_>) -> PyResult<Option<i64>> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    let limit = nanoseconds(value)?;
    if limit < 0 {
        return Err(raise!(ValueError, "Timeout value out of range"));
    }
    if milliseconds(limit) > i64::from(i32::MAX) {
        return Err(raise!(OverflowError, "timeout doesn't fit into C timeval"));
    }
    Ok(Some(limit))
}

/// Nanoseconds as milliseconds, rounded up.
pub fn milliseconds(nanoseconds: i64) -> i64 {
    nanoseconds.div_euclid(1_000_000) + i64::from(nanoseconds.rem_euclid(1_000_000) != 0)
}

/// Nanoseconds as seconds.
pub fn seconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// A moment on the monotonic clock.
#[derive(Clone, Copy)]
pub struct Deadline(i64);

impl Deadline {
    /// In so many nanoseconds.
    pub fn after(nanoseconds: i64) -> PyResult<Deadline> {
        Ok(Deadline(Clock::MONOTONIC.now().or_raise()?.saturating_add(nanoseconds)))
    }

    /// The milliseconds that are left, rounded up; none when the moment is over.
    pub fn left(self) -> PyResult<Option<i32>> {
        let left = self.0.saturating_sub(Clock::MONOTONIC.now().or_raise()?);
        Ok((left >= 0).then(|| i32::try_from(milliseconds(left)).unwrap_or(i32::MAX)))
    }
}
