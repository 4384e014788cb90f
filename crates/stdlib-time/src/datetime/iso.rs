//! ISO 8601 text: `isoformat` writes it, `fromisoformat` reads it.

use super::calendar::{Clock, IsoError, Ymd, from_iso};
use super::delta::Delta;
use object::value::str::{self as text, Data};
use object::{Borrowed, PyResult, Raised, raise};

/// How much of a time is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    Auto,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
    Microseconds,
}

impl Precision {
    /// The precision of a `timespec` argument.
    pub fn named(name: &str) -> PyResult<Precision> {
        Ok(match name {
            "auto" => Precision::Auto,
            "hours" => Precision::Hours,
            "minutes" => Precision::Minutes,
            "seconds" => Precision::Seconds,
            "milliseconds" => Precision::Milliseconds,
            "microseconds" => Precision::Microseconds,
            _ => return Err(raise!(ValueError, "Unknown timespec value")),
        })
    }
}

/// `HH:MM:SS.ffffff` as far as the precision goes.
pub fn time_text(time: Clock, precision: Precision) -> String {
    let Clock { hour, minute, second, microsecond } = time;
    match precision {
        Precision::Hours => format!("{hour:02}"),
        Precision::Minutes => format!("{hour:02}:{minute:02}"),
        Precision::Milliseconds => format!("{hour:02}:{minute:02}:{second:02}.{:03}", microsecond / 1000),
        Precision::Microseconds => format!("{hour:02}:{minute:02}:{second:02}.{microsecond:06}"),
        Precision::Auto if microsecond != 0 => time_text(time, Precision::Microseconds),
        Precision::Auto | Precision::Seconds => format!("{hour:02}:{minute:02}:{second:02}"),
    }
}

pub fn date_text(day: Ymd) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

/// `+HH:MM`, with seconds and microseconds where they are not 0.
pub fn offset_text(delta: &Delta, separator: &str) -> String {
    let (sign, hours, minutes, seconds, micros) = delta.offset_parts();
    let mut shown = format!("{sign}{hours:02}{separator}{minutes:02}");
    if seconds != 0 || micros != 0 {
        shown.push_str(&format!("{separator}{seconds:02}"));
    }
    if micros != 0 {
        shown.push_str(&format!(".{micros:06}"));
    }
    shown
}

#[cold]
pub fn invalid(object: Borrowed<'_>) -> Raised {
    match object.repr_text() {
        Ok(shown) => raise!(ValueError, "Invalid isoformat string: {shown}"),
        Err(raised) => raised,
    }
}

/// A text that is no ISO date or time.
pub struct Malformed;

/// The ASCII bytes of a text; what is not ASCII becomes 0, which is valid nowhere.
pub fn ascii(data: Data<'_>) -> Vec<u8> {
    data.iter().map(|code| u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(0)).collect()
}

/// Takes a number of `count` digits from the front.
fn digits(rest: &mut &[u8], count: usize) -> Result<i32, Malformed> {
    let (head, tail) = rest.split_at_checked(count).ok_or(Malformed)?;
    let mut value = 0;
    for digit in head {
        if !digit.is_ascii_digit() {
            return Err(Malformed);
        }
        value = value * 10 + i32::from(digit - b'0');
    }
    *rest = tail;
    Ok(value)
}

/// Takes `byte` from the front if it is there.
fn accept(rest: &mut &[u8], byte: u8) -> bool {
    match rest {
        [first, tail @ ..] if *first == byte => {
            *rest = tail;
            true
        }
        _ => false,
    }
}

/// A date: `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]`, `YYYYWww[D]`. Its numbers are not checked, but for those of weeks.
pub fn parse_date(mut rest: &[u8]) -> Result<Ymd, Malformed> {
    let year = digits(&mut rest, 4)?;
    let separated = accept(&mut rest, b'-');
    if accept(&mut rest, b'W') {
        let week = digits(&mut rest, 2)?;
        let mut weekday = 1;
        if !rest.is_empty() {
            if separated != accept(&mut rest, b'-') {
                return Err(Malformed);
            }
            weekday = digits(&mut rest, 1)?;
        }
        if !rest.is_empty() {
            return Err(Malformed);
        }
        return from_iso(year, week, weekday).map_err(|error| match error {
            IsoError::Year | IsoError::Week | IsoError::Weekday => Malformed,
        });
    }
    let month = digits(&mut rest, 2)?;
    if separated != accept(&mut rest, b'-') {
        return Err(Malformed);
    }
    let day = digits(&mut rest, 2)?;
    if rest.is_empty() { Ok(Ymd { year, month, day }) } else { Err(Malformed) }
}

/// `HH[:MM[:SS[.fff…]]]` or without the colons. Its numbers are not checked.
fn parse_clock(mut rest: &[u8]) -> Result<Clock, Malformed> {
    let mut parts = [0; 3];
    let mut separated = false;
    let mut complete = false;
    for (index, part) in parts.iter_mut().enumerate() {
        *part = digits(&mut rest, 2)?;
        complete = index == 2;
        if rest.is_empty() || matches!(rest, [b'.' | b',', ..]) {
            break;
        }
        if index == 0 {
            separated = matches!(rest, [b':', ..]);
        }
        if index == 2 || separated != accept(&mut rest, b':') {
            return Err(Malformed);
        }
    }
    let [hour, minute, second] = parts;
    let mut clock = Clock { hour, minute, second, microsecond: 0 };
    if let [b'.' | b',', fraction @ ..] = rest {
        // Only seconds have a fraction.
        if !complete {
            return Err(Malformed);
        }
        clock.microsecond = parse_fraction(fraction)?;
    }
    Ok(clock)
}

/// Microseconds of a fraction; digits beyond the sixth are cut off.
fn parse_fraction(fraction: &[u8]) -> Result<i32, Malformed> {
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Ok(padded.fold(0, |value, digit| value * 10 + i32::from(digit - b'0')))
}

/// An offset from UTC in microseconds, none where the text gives none. UTC may be written `Z`.
pub struct ParsedTime {
    pub clock: Clock,
    pub offset: Option<i128>,
    /// 24:00, the end of the day.
    pub end_of_day: bool,
}

/// A time of day with an offset.
pub fn parse_time(content: &[u8]) -> Result<ParsedTime, Malformed> {
    let zone_at = content.iter().position(|byte| matches!(byte, b'+' | b'-' | b'Z'));
    let (time, zone) = content.split_at(zone_at.unwrap_or(content.len()));
    let mut clock = parse_clock(time)?;
    let offset = match zone {
        [] => None,
        [b'Z'] => Some(0),
        [b'Z', ..] => return Err(Malformed),
        [sign, rest @ ..] => {
            let parsed = parse_clock(rest)?;
            let micros = i128::from(parsed.seconds()) * 1_000_000 + i128::from(parsed.microsecond);
            Some(if *sign == b'-' { -micros } else { micros })
        }
    };
    let end_of_day = clock.hour == 24;
    if end_of_day {
        clock.hour = 0;
    }
    Ok(ParsedTime { clock, offset, end_of_day })
}

/// Where the date of a date-time ends: the length tells the forms apart, with a look at where a week has its day.
pub fn date_length(content: &[u8]) -> usize {
    let is_digit = |index: usize| content.get(index).is_some_and(u8::is_ascii_digit);
    let byte = |index: usize| content.get(index).copied().unwrap_or(0);
    if content.len() == 7 {
        return 7;
    }
    if byte(4) == b'-' {
        if byte(5) != b'W' {
            return 10;
        }
        if content.len() < 8 {
            return 10;
        }
        if content.len() > 8 && byte(8) == b'-' {
            // YYYY-Www-D, unless what follows the date is a dash and the time.
            if content.len() == 9 {
                return 8;
            }
            if content.len() > 10 && is_digit(10) {
                return 8;
            }
            return 10;
        }
        return 8;
    }
    if byte(4) == b'W' {
        let mut index = 7;
        while is_digit(index) {
            index += 1;
        }
        if index < 9 {
            return index;
        }
        return if index % 2 == 0 { 7 } else { 8 };
    }
    8
}

/// The text of a str.
pub fn data(object: Borrowed<'_>) -> PyResult<Data<'_>> {
    text::data(object).ok_or_else(|| raise!(TypeError, "fromisoformat: argument must be str"))
}
