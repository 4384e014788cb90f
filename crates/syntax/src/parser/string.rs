//! Values of string literals: prefixes, quotes and escape sequences.
//!
//! Positions in errors count as in CPython's buffer, where each non-ASCII character takes ten bytes (`\UXXXXXXXX`).

use crate::ast::Constant;
use crate::text::{Text, TextBuilder, code_points};

/// Why a literal has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StringFault {
    NonAsciiBytes,
    /// `UnicodeDecodeError('unicodeescape', object, start, end, reason)`.
    Unicode {
        object: Vec<u8>,
        start: usize,
        end: usize,
        reason: &'static str,
    },
    /// `ValueError` of the bytes decoder.
    Value(String),
}

impl StringFault {
    /// The message of the `SyntaxError`.
    pub(crate) fn message(&self) -> String {
        match self {
            StringFault::NonAsciiBytes => "bytes can only contain ASCII literal characters".into(),
            StringFault::Value(message) => format!("(value error) {message}"),
            StringFault::Unicode { object, start, end, reason } => {
                let codec = "(unicode error) 'unicodeescape' codec can't decode";
                if *end == start + 1 {
                    let byte = object.get(*start).copied().unwrap_or_default();
                    format!("{codec} byte 0x{byte:02x} in position {start}: {reason}")
                } else {
                    format!("{codec} bytes in position {start}-{}: {reason}", end.saturating_sub(1))
                }
            }
        }
    }
}

/// The first escape sequence that Python does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidEscape {
    /// What follows the backslash: a character, or three octal digits.
    pub(crate) shown: String,
    pub(crate) octal: bool,
    /// Newlines before it in the literal's body.
    pub(crate) newlines: i32,
    /// Bytes before its backslash in CPython's buffer, from the body's start or from the last newline.
    pub(crate) column: i32,
}

impl InvalidEscape {
    fn new(body: &[u8], at: usize, octal: bool) -> Self {
        let rest = body.get(at..).unwrap_or_default();
        let length = if octal { 3 } else { 1 };
        let shown = String::from_utf8_lossy(rest.get(..length).unwrap_or(rest)).into_owned();
        let before = body.get(..at).unwrap_or_default();
        let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default();
        let newlines = before.iter().filter(|&&b| b == b'\n').count();
        let column = escaped_buffer(line).len().saturating_sub(1);
        InvalidEscape {
            shown,
            octal,
            newlines: i32::try_from(newlines).unwrap_or(i32::MAX),
            column: i32::try_from(column).unwrap_or(i32::MAX),
        }
    }

    fn kind(&self) -> &'static str {
        if self.octal { "octal escape sequence" } else { "escape sequence" }
    }

    pub(crate) fn warning(&self) -> String {
        let (shown, kind) = (&self.shown, self.kind());
        format!(
            "\"\\{shown}\" is an invalid {kind}. Such sequences will not work in the future. \
             Did you mean \"\\\\{shown}\"? A raw string is also an option."
        )
    }

    pub(crate) fn error(&self) -> String {
        let (shown, kind) = (&self.shown, self.kind());
        format!("\"\\{shown}\" is an invalid {kind}. Did you mean \"\\\\{shown}\"? A raw string is also an option.")
    }
}

/// A value, and what to warn about.
pub(crate) struct Decoded<T> {
    pub(crate) value: T,
    pub(crate) invalid: Option<InvalidEscape>,
}

/// The value of a STRING token.
pub(crate) fn parse_literal(token: &[u8]) -> Result<Decoded<Constant>, StringFault> {
    let mut bytes_mode = false;
    let mut raw = false;
    let prefix = token.iter().take_while(|c| c.is_ascii_alphabetic()).count();
    for letter in token.iter().take(prefix) {
        match letter.to_ascii_lowercase() {
            b'b' => bytes_mode = true,
            b'r' => raw = true,
            _ => {}
        }
    }
    let quoted = token.get(prefix..).unwrap_or_default();
    let quotes = match quoted {
        [a, b, c, _, _, _, ..] if a == b && b == c => 3,
        _ => 1,
    };
    let body = quoted.get(quotes..quoted.len().saturating_sub(quotes)).unwrap_or_default();
    let raw = raw || memchr::memchr(b'\\', body).is_none();
    if !bytes_mode {
        let Decoded { value, invalid } = decode_text(body, raw)?;
        return Ok(Decoded { value: Constant::Str(value), invalid });
    }
    if !body.is_ascii() {
        return Err(StringFault::NonAsciiBytes);
    }
    if raw {
        return Ok(Decoded { value: Constant::Bytes(body.into()), invalid: None });
    }
    let Decoded { value, invalid } = decode_bytes(body)?;
    Ok(Decoded { value: Constant::Bytes(value.into()), invalid })
}

/// The value of text between quotes.
pub(crate) fn decode_text(body: &[u8], raw: bool) -> Result<Decoded<Text>, StringFault> {
    if raw || !body.contains(&b'\\') {
        let value = match std::str::from_utf8(body) {
            Ok(text) => text.into(),
            Err(_) => Text::from_bytes(body.to_vec()).unwrap_or_default(),
        };
        return Ok(Decoded { value, invalid: None });
    }
    let mut out = TextBuilder::default();
    let mut invalid = None;
    let mut at = 0;
    while let Some(&c) = body.get(at) {
        if c != b'\\' {
            let rest = body.get(at..).unwrap_or_default();
            let length = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
            out.push_bytes(rest.get(..length).unwrap_or_default());
            at += length;
            continue;
        }
        at = escape(body, at, &mut out, &mut invalid)?;
    }
    Ok(Decoded { value: out.finish(), invalid })
}

/// Decodes the escape sequence at `start`; returns where it ends.
fn escape(body: &[u8], start: usize, out: &mut TextBuilder, invalid: &mut Option<InvalidEscape>) -> Result<usize, StringFault> {
    let at = start + 1;
    // Only text before a brace of an f-string can end in a backslash.
    let Some(&c) = body.get(at) else {
        out.push(u32::from(b'\\'));
        return Ok(at);
    };
    let simple = match c {
        b'\n' => return Ok(at + 1),
        b'\\' | b'\'' | b'"' => c,
        b'b' => 0x08,
        b'f' => 0x0C,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'v' => 0x0B,
        b'a' => 0x07,
        b'0'..=b'7' => {
            let (value, end) = octal(body, at);
            if value > 0o377 && invalid.is_none() {
                *invalid = Some(InvalidEscape::new(body, at, true));
            }
            out.push(value);
            return Ok(end);
        }
        b'x' => return hex(body, start, 2, "truncated \\xXX escape", out),
        b'u' => return hex(body, start, 4, "truncated \\uXXXX escape", out),
        b'U' => return hex(body, start, 8, "truncated \\UXXXXXXXX escape", out),
        b'N' => return named(body, start, out),
        0x80.. => {
            // CPython's buffer has `\u005c` here: the backslash stands for itself, without a warning.
            out.push(u32::from(b'\\'));
            return Ok(at);
        }
        _ => {
            if invalid.is_none() {
                *invalid = Some(InvalidEscape::new(body, at, false));
            }
            out.push(u32::from(b'\\'));
            c
        }
    };
    out.push(u32::from(simple));
    Ok(at + 1)
}

fn octal(body: &[u8], at: usize) -> (u32, usize) {
    let digits = body.iter().skip(at).take(3).take_while(|c| matches!(c, b'0'..=b'7'));
    digits.fold((0, at), |(value, end), &c| (value * 8 + u32::from(c - b'0'), end + 1))
}

fn hex(body: &[u8], start: usize, count: usize, reason: &'static str, out: &mut TextBuilder) -> Result<usize, StringFault> {
    let mut value = 0u32;
    let mut at = start + 2;
    for _ in 0..count {
        let Some(digit) = body.get(at).and_then(|&c| char::from(c).to_digit(16)) else {
            return Err(fault(body, start, at, reason));
        };
        value = (value << 4) | digit;
        at += 1;
    }
    if value > 0x10_FFFF {
        return Err(fault(body, start, at, "illegal Unicode character"));
    }
    out.push(value);
    Ok(at)
}

fn named(body: &[u8], start: usize, out: &mut TextBuilder) -> Result<usize, StringFault> {
    const MALFORMED: &str = "malformed \\N character escape";
    let at = start + 2;
    if body.get(at) != Some(&b'{') {
        return Err(fault(body, start, at, MALFORMED));
    }
    let rest = body.get(at + 1..).unwrap_or_default();
    let Some(length) = rest.iter().position(|&c| c == b'}') else {
        return Err(fault(body, start, body.len(), MALFORMED));
    };
    if length == 0 {
        return Err(fault(body, start, at + 1, MALFORMED));
    }
    let end = at + 2 + length;
    match rest.get(..length).and_then(unicode::names::lookup) {
        Some(c) => out.push(c),
        None => return Err(fault(body, start, end, "unknown Unicode character name")),
    }
    Ok(end)
}

/// An error at the bytes `start..end` of `body`, in the terms of CPython's buffer.
fn fault(body: &[u8], start: usize, end: usize, reason: &'static str) -> StringFault {
    let buffer = |upto: usize| escaped_buffer(body.get(..upto).unwrap_or(body));
    StringFault::Unicode { start: buffer(start).len(), end: buffer(end).len(), object: escaped_buffer(body), reason }
}

/// `body` as CPython hands it to the unicode-escape decoder.
fn escaped_buffer(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut escaping = false;
    for c in code_points(body) {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => {
                out.push(byte);
                escaping = byte == b'\\' && !escaping;
            }
            _ => {
                if escaping {
                    out.extend_from_slice(b"u005c");
                    escaping = false;
                }
                out.extend_from_slice(format!("\\U{c:08x}").as_bytes());
            }
        }
    }
    out
}

fn decode_bytes(body: &[u8]) -> Result<Decoded<Vec<u8>>, StringFault> {
    let mut out = Vec::with_capacity(body.len());
    let mut invalid = None;
    let mut at = 0;
    while let Some(&c) = body.get(at) {
        at += 1;
        if c != b'\\' {
            out.push(c);
            continue;
        }
        let Some(&c) = body.get(at) else {
            return Err(StringFault::Value("Trailing \\ in string".into()));
        };
        at += 1;
        match c {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(c),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0C),
            b't' => out.push(b'\t'),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b'v' => out.push(0x0B),
            b'a' => out.push(0x07),
            b'0'..=b'7' => {
                let (value, end) = octal(body, at - 1);
                if value > 0o377 && invalid.is_none() {
                    invalid = Some(InvalidEscape::new(body, at - 1, true));
                }
                out.push(value.to_le_bytes()[0]);
                at = end;
            }
            b'x' => {
                let digit = |at: usize| body.get(at).and_then(|&c| char::from(c).to_digit(16));
                let (Some(high), Some(low)) = (digit(at), digit(at + 1)) else {
                    let position = at - 2;
                    return Err(StringFault::Value(format!("invalid \\x escape at position {position}")));
                };
                out.push((high * 16 + low).to_le_bytes()[0]);
                at += 2;
            }
            _ => {
                if invalid.is_none() {
                    invalid = Some(InvalidEscape::new(body, at - 1, false));
                }
                out.push(b'\\');
                out.push(c);
            }
        }
    }
    Ok(Decoded { value: out, invalid })
}
