//! Strings, ints, floats and complex numbers by a specification.

use super::SpecError;
use super::number::{Codes, Locale, Output, Parts, write_number};
use super::parse::{Align, Grouping, Spec};
use crate::complex::Complex;
use crate::float::{Code, Flags, FormatError, format_double};
use crate::int::{IntView, TextError};
use smallvec::SmallVec;

/// How a string is laid out: `left` times the fill character, `take` characters of the string, `right` times the fill character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringLayout {
    /// Fill characters before the string.
    pub left: usize,
    /// How much of the string is taken.
    pub take: usize,
    /// Fill characters after it.
    pub right: usize,
}

/// `str.__format__` for a string of `len` characters.
pub fn format_string(len: usize, spec: &Spec) -> Result<StringLayout, SpecError> {
    if spec.code.is_some_and(|code| code != u32::from('s')) {
        return Err(SpecError::UnknownCode(spec.code.unwrap_or(0)));
    }
    match spec.sign {
        Some(' ') => return Err(SpecError::Message("Space not allowed in string format specifier")),
        Some(_) => return Err(SpecError::Message("Sign not allowed in string format specifier")),
        None => {}
    }
    if spec.no_negative_zero {
        return Err(SpecError::Message("Negative zero coercion (z) not allowed in string format specifier"));
    }
    if spec.alternate {
        return Err(SpecError::Message("Alternate form (#) not allowed in string format specifier"));
    }
    if spec.align == Align::AfterSign {
        return Err(SpecError::Message("'=' alignment not allowed in string format specifier"));
    }
    let take = spec.precision.map_or(len, |precision| precision.min(len));
    let padding = spec.width.unwrap_or(0).saturating_sub(take);
    let (left, right) = match spec.align {
        Align::Left | Align::AfterSign => (0, padding),
        Align::Right => (padding, 0),
        Align::Centre => (padding / 2, padding - padding / 2),
    };
    Ok(StringLayout { left, take, right })
}

/// The presentation type as a character; '\0' where none is given, U+FFFD for what is no character.
fn code_of(spec: &Spec) -> char {
    spec.code.map_or('\0', |code| char::from_u32(code).unwrap_or('\u{fffd}'))
}

/// `int.__format__`. `locale` serves the type 'n'; `max_digits` limits decimal digits (0: no limit).
pub fn format_int(value: IntView<'_>, spec: &Spec, locale: &Locale<'_>, max_digits: usize) -> Result<Codes, SpecError> {
    let code = code_of(spec);
    if matches!(code, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
        let float = value.to_f64().map_err(|_| SpecError::IntTooLarge)?;
        return format_float(float, spec, locale);
    }
    if !matches!(code, '\0' | 'b' | 'c' | 'd' | 'o' | 'x' | 'X' | 'n') {
        return Err(SpecError::UnknownCode(spec.code.unwrap_or(0)));
    }
    if spec.precision.is_some() {
        return Err(SpecError::Message("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(SpecError::Message("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    let mut out = Output::new();
    if code == 'c' {
        if spec.sign.is_some() {
            return Err(SpecError::Message("Sign not allowed with integer format specifier 'c'"));
        }
        if spec.alternate {
            return Err(SpecError::Message("Alternate form (#) not allowed with integer format specifier 'c'"));
        }
        let character = value.to_i64().fits().ok_or(SpecError::CharTooLarge)?;
        let character = [u32::try_from(character).ok().filter(|&value| value <= 0x10FFFF).ok_or(SpecError::CharRange)?];
        let parts = Parts { negative: false, prefix: "", digits: "", has_point: false, fraction: "", rest: &character };
        write_number(&mut out, &parts, spec, &Locale::C)?;
        return Ok(out.text);
    }
    let (base, prefix) = match code {
        'b' => (2, "0b"),
        'o' => (8, "0o"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let magnitude = value.abs();
    let text = if base == 10 {
        magnitude.to_decimal(max_digits).map_err(|error| match error {
            TextError::TooManyDigits => SpecError::TooManyDigits,
            TextError::NoMemory => SpecError::NoMemory,
        })?
    } else {
        magnitude.to_radix(base)?
    };
    let mut text = text;
    if code == 'X' {
        text.make_ascii_uppercase();
    }
    // Digits are ASCII.
    let text = str::from_utf8(&text).unwrap_or_default();
    let prefix = if spec.alternate { prefix } else { "" };
    let parts = Parts { negative: value.is_negative(), prefix, digits: text, has_point: false, fraction: "", rest: &[] };
    let locale = if code == 'n' { *locale } else { Locale::of(spec.grouping) };
    write_number(&mut out, &parts, spec, &locale)?;
    Ok(out.text)
}

/// The text of a double split into the parts that are laid out.
struct FloatText {
    text: String,
    negative: bool,
    percent: bool,
}

fn float_text(value: f64, spec: &Spec, code: char, no_code: Code, add_dot_0: bool) -> Result<FloatText, SpecError> {
    if spec.precision.is_some_and(|precision| precision > i32::MAX as usize) {
        return Err(SpecError::Message("precision too big"));
    }
    let percent = code == '%';
    let presentation = match code {
        '\0' if spec.precision.is_some() => Code::General,
        '\0' => no_code,
        'e' | 'E' => Code::Exponent,
        'f' | 'F' | '%' => Code::Fixed,
        'g' | 'G' | 'n' => Code::General,
        _ => return Err(SpecError::UnknownCode(spec.code.unwrap_or(0))),
    };
    let flags = Flags {
        always_sign: false,
        add_dot_0: add_dot_0 && code == '\0',
        alternate: spec.alternate,
        no_negative_zero: spec.no_negative_zero,
        upper: matches!(code, 'E' | 'F' | 'G'),
    };
    let value = if percent { value * 100.0 } else { value };
    let mut text = format_double(value, presentation, spec.precision.unwrap_or(6), flags).map_err(|error| match error {
        FormatError::PrecisionTooBig => SpecError::Message("precision too big"),
        FormatError::NoMemory => SpecError::NoMemory,
    })?;
    let negative = text.starts_with('-');
    if negative {
        text.remove(0);
    }
    Ok(FloatText { text, negative, percent })
}

impl FloatText {
    fn write(&self, out: &mut Output, spec: &Spec, locale: &Locale<'_>) -> Result<(), SpecError> {
        let split = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = self.text.split_at(split(&self.text));
        let (has_point, rest) = match rest.strip_prefix('.') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (fraction, rest) = rest.split_at(if has_point { split(rest) } else { 0 });
        let mut rest: SmallVec<[u32; 8]> = rest.chars().map(u32::from).collect();
        if self.percent {
            rest.push(u32::from('%'));
        }
        let parts = Parts { negative: self.negative, prefix: "", digits, has_point, fraction, rest: &rest };
        Ok(write_number(out, &parts, spec, locale)?)
    }
}

/// `float.__format__`. `locale` serves the type 'n'.
pub fn format_float(value: f64, spec: &Spec, locale: &Locale<'_>) -> Result<Codes, SpecError> {
    let code = code_of(spec);
    let text = float_text(value, spec, code, Code::Repr, true)?;
    let mut out = Output::new();
    let locale = if code == 'n' { *locale } else { Locale::of(spec.grouping) };
    text.write(&mut out, spec, &locale)?;
    Ok(out.text)
}

/// `complex.__format__`. `locale` serves the type 'n'.
pub fn format_complex(value: Complex, spec: &Spec, locale: &Locale<'_>) -> Result<Codes, SpecError> {
    let code = code_of(spec);
    if code == '%' || !matches!(code, '\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n') {
        return Err(SpecError::UnknownCode(spec.code.unwrap_or(0)));
    }
    if spec.precision.is_some_and(|precision| precision > i32::MAX as usize) {
        return Err(SpecError::Message("precision too big"));
    }
    if spec.fill == u32::from('0') {
        return Err(SpecError::Message("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == Align::AfterSign {
        return Err(SpecError::Message("'=' alignment flag is not allowed in complex format specifier"));
    }
    let bare = code == '\0';
    let skip_re = bare && value.re == 0.0 && value.re.is_sign_positive();
    let parentheses = bare && !skip_re;
    let locale = if code == 'n' { *locale } else { Locale::of(spec.grouping) };
    let mut part = Spec { width: None, align: Align::Left, fill: 0, ..*spec };
    let mut out = Output::new();
    if parentheses {
        out.push_str("(")?;
    }
    if !skip_re {
        float_text(value.re, spec, code, Code::Repr, false)?.write(&mut out, &part, &locale)?;
        part.sign = Some('+');
    }
    float_text(value.im, spec, code, Code::Repr, false)?.write(&mut out, &part, &locale)?;
    out.push_str(if parentheses { "j)" } else { "j" })?;
    let padding = spec.width.unwrap_or(0).saturating_sub(out.text.len());
    let (left, right) = match spec.align {
        Align::Left => (0, padding),
        Align::Centre => (padding / 2, padding - padding / 2),
        Align::Right | Align::AfterSign => (padding, 0),
    };
    let mut padded = Output::new();
    padded.fill(spec.fill, left)?;
    padded.push_codes(&out.text)?;
    padded.fill(spec.fill, right)?;
    Ok(padded.text)
}

impl Spec {
    /// What stands between groups of three digits before the point, where there are any.
    pub fn separator(&self) -> Option<u8> {
        match self.grouping {
            Grouping::Comma => Some(b','),
            Grouping::Underscore => Some(b'_'),
            Grouping::None | Grouping::UnderscoreFour => None,
        }
    }

    /// Whether digits are grouped, before the point or behind it.
    pub fn is_grouped(&self) -> bool {
        self.grouping != Grouping::None || self.fraction_grouping != Grouping::None
    }
}
