//! The system's calendar: broken-down time in UTC and local time, its text, the time zone.

use crate::errno::{Errno, Sys};
use std::ffi::{CStr, CString};

/// Broken-down time, as C's `struct tm` counts: months from 0, years from 1900, weekdays from Sunday, days of the year from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    pub year: i32,
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    pub weekday: i32,
    pub yearday: i32,
    pub daylight: i32,
    /// Seconds east of UTC.
    pub offset: i64,
    /// The zone's abbreviation.
    pub zone: Vec<u8>,
}

fn from_c(tm: &libc::tm) -> Broken {
    let zone = if tm.tm_zone.is_null() {
        Vec::new()
    } else {
        // SAFETY: the C library points to a string that it keeps.
        unsafe { CStr::from_ptr(tm.tm_zone) }.to_bytes().to_vec()
    };
    Broken {
        year: tm.tm_year,
        month: tm.tm_mon,
        day: tm.tm_mday,
        hour: tm.tm_hour,
        minute: tm.tm_min,
        second: tm.tm_sec,
        weekday: tm.tm_wday,
        yearday: tm.tm_yday,
        daylight: tm.tm_isdst,
        offset: tm.tm_gmtoff,
        zone,
    }
}

fn empty() -> libc::tm {
    // SAFETY: all zero is a valid `struct tm`: numbers and a null pointer.
    unsafe { std::mem::zeroed() }
}

/// The C struct; `zone` lives as long as the result is used.
fn to_c(broken: &Broken, zone: &CStr) -> libc::tm {
    libc::tm {
        tm_year: broken.year,
        tm_mon: broken.month,
        tm_mday: broken.day,
        tm_hour: broken.hour,
        tm_min: broken.minute,
        tm_sec: broken.second,
        tm_wday: broken.weekday,
        tm_yday: broken.yearday,
        tm_isdst: broken.daylight,
        tm_gmtoff: broken.offset,
        tm_zone: zone.as_ptr().cast_mut(),
    }
}

/// Seconds since 1970 as UTC.
pub fn utc(seconds: i64) -> Sys<Broken> {
    let mut tm = empty();
    // SAFETY: both pointers are to locals.
    let result = unsafe { libc::gmtime_r(&seconds, &mut tm) };
    if result.is_null() { Err(Errno::last()) } else { Ok(from_c(&tm)) }
}

/// Seconds since 1970 as local time.
pub fn local(seconds: i64) -> Sys<Broken> {
    let mut tm = empty();
    // SAFETY: both pointers are to locals.
    let result = unsafe { libc::localtime_r(&seconds, &mut tm) };
    if result.is_null() { Err(Errno::last()) } else { Ok(from_c(&tm)) }
}

/// Local time as seconds since 1970; none where that cannot be said.
pub fn seconds(broken: &Broken) -> Option<i64> {
    let mut tm = to_c(broken, c"");
    tm.tm_wday = -1;
    // SAFETY: the pointer is to a local.
    let seconds = unsafe { libc::mktime(&mut tm) };
    // -1 is a time too; only a failure leaves the weekday.
    (seconds != -1 || tm.tm_wday != -1).then_some(seconds)
}

/// The text of a time by C's `strftime`. None where it would be longer than `limit` bytes (or is empty by the format's will).
pub fn format(pattern: &CStr, broken: &Broken, limit: usize) -> Option<Vec<u8>> {
    crate::locale::settle();
    let zone = CString::new(broken.zone.clone()).unwrap_or_default();
    let tm = to_c(broken, &zone);
    let mut size = 256;
    while size <= limit.max(256) {
        let mut text = vec![0u8; size];
        // SAFETY: the buffer is writable for `size` bytes; the other pointers are to live values.
        let len = unsafe { libc::strftime(text.as_mut_ptr().cast(), size, pattern.as_ptr(), &tm) };
        if len > 0 {
            text.truncate(len);
            return Some(text);
        }
        size *= 4;
    }
    None
}

unsafe extern "C" {
    fn tzset();
}

/// Reads the time zone anew from the environment.
pub fn load_zone() {
    // SAFETY: reads the environment, whose changes go through this crate under the caller's lock.
    unsafe { tzset() };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_and_its_text() {
        let time = utc(86_400 * 365).expect("a year after 1970");
        assert_eq!((time.year, time.month, time.day, time.weekday, time.yearday), (71, 0, 1, 5, 0));
        assert_eq!(format(c"%Y-%m-%d", &time, 1024).as_deref(), Some(&b"1971-01-01"[..]));
        assert!(utc(i64::MAX).is_err());
    }
}
