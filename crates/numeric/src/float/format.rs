//! Double to text: `repr` and all that `PyOS_double_to_string` does.

use crate::int::NoMemory;

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
    let mut text = String::new();
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
    let mut text = String::new();
    let room = if value.is_finite() && (code != Code::General || flags.alternate) { precision } else { 0 };
    text.try_reserve(room.saturating_add(LONGEST)).map_err(|_| FormatError::NoMemory)?;
    let decimal = match code {
        _ if !value.is_finite() => Decimal { digits: String::new(), point: 0 },
        Code::Repr => shortest(value),
        Code::Fixed => fixed(value, precision),
        Code::Exponent | Code::General => significant(value, precision),
    };
    write_text(&mut text, value, &decimal, code, precision as i64, flags);
    Ok(text)
}

/// Decimal digits without trailing zeros; the point stands before the digit number `point`.
struct Decimal {
    digits: String,
    point: i64,
}

impl Decimal {
    fn zero() -> Self {
        Decimal { digits: "0".to_owned(), point: 1 }
    }

    /// From text such as `1.25e-7`.
    fn from_scientific(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.truncate(digits.trim_end_matches('0').len());
        Decimal { digits, point: exponent.parse::<i64>().unwrap_or(0) + 1 }
    }

    /// From text such as `0.00125`.
    fn from_plain(text: &str) -> Self {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole = whole.trim_start_matches('0');
        let skipped = if whole.is_empty() { fraction.len() - fraction.trim_start_matches('0').len() } else { 0 };
        let mut digits = String::with_capacity(text.len());
        digits.push_str(whole);
        digits.push_str(fraction.get(skipped..).unwrap_or_default());
        digits.truncate(digits.trim_end_matches('0').len());
        Decimal { digits, point: whole.len() as i64 - skipped as i64 }
    }
}

/// The shortest digits that read back as the same double.
fn shortest(value: f64) -> Decimal {
    if value == 0.0 || !value.is_finite() {
        return Decimal::zero();
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value.abs());
    if text.contains('e') { Decimal::from_scientific(text) } else { Decimal::from_plain(text) }
}

/// `precision` significant digits, ties to even by the exact value.
fn significant(value: f64, precision: usize) -> Decimal {
    if value == 0.0 {
        return Decimal::zero();
    }
    Decimal::from_scientific(&format!("{:.*e}", precision.clamp(1, LONGEST) - 1, value.abs()))
}

/// `precision` digits after the point.
fn fixed(value: f64, precision: usize) -> Decimal {
    if value == 0.0 {
        return Decimal::zero();
    }
    let mut decimal = Decimal::from_plain(&format!("{:.*}", precision.min(LONGEST), value.abs()));
    if decimal.digits.is_empty() {
        decimal.point = -(precision as i64);
    }
    decimal
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
    let digits = decimal.digits.as_str();
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
        use std::fmt::Write;
        let mark = if flags.upper { 'E' } else { 'e' };
        let sign = if exponent < 0 { '-' } else { '+' };
        // Writing to a String does not fail.
        let _ = write!(text, "{mark}{sign}{:02}", exponent.unsigned_abs());
    }
}
