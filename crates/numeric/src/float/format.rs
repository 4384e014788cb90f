//! Double to text: `repr` and all that `PyOS_double_to_string` does.

use super::scaled;
use crate::int::NoMemory;
use smallvec::SmallVec;
use std::fmt::Write;

/// The presentation of a double; `upper` writes E, INF and NAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// 'e': always an exponent.
    Exponent,
    /// 'f': never an exponent.
    Fixed,
    /// 'g': an exponent where the number is small or large; the precision counts significant digits.
    General,
    /// 'r': the shortest digits that give the same double.
    Repr,
}

/// Options of `format_double`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Write '+' before what is not negative.
    pub always_sign: bool,
    /// Write ".0" where the number would look like an integer.
    pub add_dot_0: bool,
    /// Keep the point and trailing zeros ('#').
    pub alternate: bool,
    /// Write a negative zero as a positive one ('z').
    pub no_negative_zero: bool,
    /// Write E, INF and NAN.
    pub upper: bool,
}

/// Why a double has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// ValueError "precision too big"
    PrecisionTooBig,
    /// No memory for the result.
    NoMemory,
}

impl From<NoMemory> for FormatError {
    fn from(_: NoMemory) -> Self {
        FormatError::NoMemory
    }
}

/// No double has more significant digits, nor more places after the point, than this.
const LONGEST: usize = 1100;

/// `repr(value)`.
pub fn repr(value: f64) -> String {
    let flags = Flags { add_dot_0: true, ..Flags::default() };
    let mut text = String::with_capacity(26);
    write_text(&mut text, value, &shortest(value), Code::Repr, 0, flags);
    text
}

/// `PyOS_double_to_string`. The precision is ignored for `Repr`.
pub fn format_double(value: f64, code: Code, precision: usize, flags: Flags) -> Result<String, FormatError> {
    if precision > i32::MAX as usize {
        return Err(FormatError::PrecisionTooBig);
    }
    let precision = match code {
        Code::Exponent => precision + 1,
        Code::General => precision.max(1),
        Code::Fixed => precision,
        Code::Repr => 0,
    };
    let decimal = match code {
        _ if !value.is_finite() => Decimal { digits: Digits::new(), point: 0 },
        Code::Repr => shortest(value),
        Code::Fixed => fixed(value, precision)?,
        Code::Exponent | Code::General => significant(value, precision)?,
    };
    let mut text = String::new();
    let room = if value.is_finite() && (code != Code::General || flags.alternate) { precision } else { 0 };
    let zeros = usize::try_from(decimal.point.unsigned_abs()).unwrap_or(LONGEST).min(LONGEST);
    text.try_reserve(room.saturating_add(decimal.digits.len() + zeros + SIGNS)).map_err(|_| FormatError::NoMemory)?;
    write_text(&mut text, value, &decimal, code, precision as i64, flags);
    Ok(text)
}

/// Sign, point, exponent and what else stands between digits, in bytes, and some room more.
const SIGNS: usize = 24;

/// ASCII digits; the usual few need no memory of their own.
type Digits = SmallVec<[u8; 36]>;

/// Decimal digits without trailing zeros; the point stands before the digit number `point`.
struct Decimal {
    digits: Digits,
    point: i64,
}

/// The standard library's text of a double, without a sign.
struct Plain(Digits);

impl Write for Plain {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.try_reserve(text.len()).map_err(|_| std::fmt::Error)?;
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Decimal {
    fn zero() -> Self {
        Decimal { digits: Digits::from_slice(b"0"), point: 1 }
    }

    /// From text such as `1.25e-7` or `0.00125`.
    fn parse(text: &[u8]) -> Result<Self, NoMemory> {
        let (mut digits, mut point) = (Digits::new(), None);
        digits.try_reserve(text.len()).map_err(|_| NoMemory)?;
        let mut bytes = text.iter();
        let mut skipped = 0;
        for &byte in bytes.by_ref() {
            match byte {
                b'.' => point = Some(digits.len() as i64),
                b'e' => break,
                // Leading zeros are no digits; behind the point they move it.
                b'0' if digits.is_empty() => skipped += i64::from(point.is_some()),
                _ => digits.push(byte),
            }
        }
        let exponent = str::from_utf8(bytes.as_slice()).ok().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        let point = point.map_or(digits.len() as i64, |at| if at == 0 { -skipped } else { at });
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Ok(Decimal { digits, point: point + exponent })
    }
}

/// The shortest digits that read back as the same double.
fn shortest(value: f64) -> Decimal {
    if value == 0.0 || !value.is_finite() {
        return Decimal::zero();
    }
    let mut buffer = zmij::Buffer::new();
    // The shortest digits never need memory.
    Decimal::parse(buffer.format_finite(value.abs()).as_bytes()).unwrap_or_else(|NoMemory| Decimal::zero())
}

/// `precision` significant digits, ties to even by the exact value.
fn significant(value: f64, precision: usize) -> Result<Decimal, FormatError> {
    if value == 0.0 {
        return Ok(Decimal::zero());
    }
    let mut buffer = [0; 24];
    if let Some((start, end, point)) = scaled::significant_digits(value.abs(), precision.max(1), &mut buffer) {
        return Ok(Decimal { digits: Digits::from_slice(buffer.get(start..end).unwrap_or_default()), point });
    }
    let mut text = Plain(Digits::new());
    write!(text, "{:.*e}", precision.clamp(1, LONGEST) - 1, value.abs()).map_err(|_| FormatError::NoMemory)?;
    Ok(Decimal::parse(&text.0)?)
}

/// `precision` digits after the point.
fn fixed(value: f64, precision: usize) -> Result<Decimal, FormatError> {
    if value == 0.0 {
        return Ok(Decimal::zero());
    }
    let mut buffer = [0; 24];
    if let Some((start, end, point)) = scaled::fixed_digits(value.abs(), precision, &mut buffer) {
        return Ok(Decimal { digits: Digits::from_slice(buffer.get(start..end).unwrap_or_default()), point });
    }
    let mut text = Plain(Digits::new());
    write!(text, "{:.*}", precision.min(LONGEST), value.abs()).map_err(|_| FormatError::NoMemory)?;
    let mut decimal = Decimal::parse(&text.0)?;
    if decimal.digits.is_empty() {
        decimal.point = -(precision as i64);
    }
    Ok(decimal)
}

fn push_zeros(text: &mut String, count: i64) {
    text.extend(std::iter::repeat_n('0', usize::try_from(count).unwrap_or(0)));
}

/// Places sign, point and exponent (`format_float_short`).
fn write_text(text: &mut String, value: f64, decimal: &Decimal, code: Code, precision: i64, flags: Flags) {
    let mut negative = value.is_sign_negative() && !value.is_nan();
    if !value.is_finite() {
        if negative {
            text.push('-');
        } else if flags.always_sign {
            text.push('+');
        }
        text.push_str(match (value.is_nan(), flags.upper) {
            (true, false) => "nan",
            (true, true) => "NAN",
            (false, false) => "inf",
            (false, true) => "INF",
        });
        return;
    }
    // Digits are ASCII.
    let digits = str::from_utf8(&decimal.digits).unwrap_or_default();
    let len = digits.len() as i64;
    let mut point = decimal.point;
    if flags.no_negative_zero && (digits.is_empty() || digits == "0") {
        negative = false;
    }
    let dot_0 = i64::from(flags.add_dot_0);
    let mut end = len;
    let exponential = match code {
        Code::Exponent => {
            end = precision;
            true
        }
        Code::Fixed => {
            end = point + precision;
            false
        }
        Code::General => {
            if flags.alternate {
                end = precision;
            }
            point <= -4 || point > precision - dot_0
        }
        Code::Repr => point <= -4 || point > 16,
    };
    let exponent = point - 1;
    if exponential {
        point = 1;
    }
    end = if !exponential && flags.add_dot_0 { end.max(point + 1) } else { end.max(point) };
    if negative {
        text.push('-');
    } else if flags.always_sign {
        text.push('+');
    }
    if point <= 0 {
        text.push_str("0.");
        push_zeros(text, -point);
        text.push_str(digits);
        push_zeros(text, end - len);
    } else if let Some((whole, fraction)) = usize::try_from(point).ok().and_then(|at| digits.split_at_checked(at)) {
        text.push_str(whole);
        text.push('.');
        text.push_str(fraction);
        push_zeros(text, end - len);
    } else {
        text.push_str(digits);
        push_zeros(text, point - len);
        text.push('.');
        push_zeros(text, end - point);
    }
    if text.ends_with('.') && !flags.alternate {
        text.pop();
    }
    if exponential {
        let mark = if flags.upper { 'E' } else { 'e' };
        let sign = if exponent < 0 { '-' } else { '+' };
        // Writing to a String does not fail.
        let _ = write!(text, "{mark}{sign}{:02}", exponent.unsigned_abs());
    }
}
