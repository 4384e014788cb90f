//! Text to double, by the rules of `float()`.

use std::borrow::Cow;

/// `float(text)` for ASCII text (the caller has mapped other decimal digits and spaces to ASCII); `None` for what is no float.
pub fn parse(text: &[u8]) -> Option<f64> {
    let text = without_underscores(trim(text))?;
    let (value, len) = parse_prefix(&text)?;
    (len == text.len()).then_some(value)
}

/// The float at the beginning of a text, and its length (`PyOS_string_to_double`); no white space, no underscores.
pub fn parse_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (magnitude, len) = match decimal_len(body) {
        0 => special_prefix(body)?,
        len => {
            let number = std::str::from_utf8(body.get(..len)?).ok()?;
            (number.parse::<f64>().ok()?, len)
        }
    };
    Some((if negative { -magnitude } else { magnitude }, text.len() - body.len() + len))
}

/// The text without its underscores, where each stands between two digits; `None` where one does not.
pub fn without_underscores(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.contains(&b'_') {
        return Some(Cow::Borrowed(text));
    }
    let mut kept = Vec::new();
    kept.try_reserve_exact(text.len()).ok()?;
    let mut previous = 0u8;
    for &byte in text {
        if byte == b'_' {
            if !previous.is_ascii_digit() {
                return None;
            }
        } else {
            if previous == b'_' && !byte.is_ascii_digit() {
                return None;
            }
            kept.push(byte);
        }
        previous = byte;
    }
    (previous != b'_').then_some(Cow::Owned(kept))
}

/// The text without white space around it (C's `isspace`).
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// Infinity or NaN, where the whole text is its name.
pub(crate) fn special(text: &[u8]) -> Option<f64> {
    let (value, len) = special_prefix(text)?;
    (len == text.len()).then_some(value)
}

fn special_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let starts = |name: &[u8]| text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    if starts(b"infinity") {
        Some((f64::INFINITY, 8))
    } else if starts(b"inf") {
        Some((f64::INFINITY, 3))
    } else if starts(b"nan") {
        Some((f64::NAN, 3))
    } else {
        None
    }
}

fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The length of the unsigned decimal number that the text begins with; 0 if there is none.
fn decimal_len(text: &[u8]) -> usize {
    let whole = count_digits(text);
    let mut len = whole;
    if text.get(len) == Some(&b'.') {
        let fraction = count_digits(text.get(len + 1..).unwrap_or_default());
        if whole + fraction == 0 {
            return 0;
        }
        len += 1 + fraction;
    }
    if len == 0 {
        return 0;
    }
    if matches!(text.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(len + 1), Some(b'+' | b'-')));
        let digits = count_digits(text.get(len + 1 + sign..).unwrap_or_default());
        if digits > 0 {
            len += 1 + sign + digits;
        }
    }
    len
}
