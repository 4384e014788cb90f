//! `unicode_escape` and `raw_unicode_escape`, and the escapes of bytes literals.

use super::{Decoder, Encoder, Malformed, Step, extend};
use crate::NoMemory;
use crate::text::{TextBuf, Units};

/// An escape that means nothing or too much, for the warning: where its character stands, and the escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEscape {
    /// The index of the character behind the backslash.
    pub at: usize,
    /// The character behind the backslash, or the value of an octal escape beyond 0o377.
    pub code: u32,
}

/// The decoder of `unicode_escape`, also for the contents of string literals.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnicodeEscapeDecoder {
    /// The first escape that deserves a warning.
    pub first_invalid: Option<InvalidEscape>,
}

fn hex_value(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// Why the escape is malformed, and whether more input could mend it.
struct Bad {
    reason: &'static str,
    incomplete: bool,
}

/// Reads `count` hexadecimal digits at `at`.
fn hex_digits(input: &[u8], at: &mut usize, count: usize, reason: &'static str) -> Result<u32, Bad> {
    let mut code = 0u32;
    for _ in 0..count {
        let Some(&byte) = input.get(*at) else { return Err(Bad { reason, incomplete: true }) };
        let Some(value) = hex_value(byte) else { return Err(Bad { reason, incomplete: false }) };
        code = code << 4 | value;
        *at += 1;
    }
    Ok(code)
}

/// Up to two more octal digits after the first one.
fn octal(first: u8, input: &[u8], at: &mut usize) -> u32 {
    let mut code = u32::from(first - b'0');
    for _ in 0..2 {
        match input.get(*at) {
            Some(&byte @ b'0'..=b'7') => {
                code = code << 3 | u32::from(byte - b'0');
                *at += 1;
            }
            _ => break,
        }
    }
    code
}

/// The character of a simple escape.
fn simple(byte: u8) -> Option<u8> {
    Some(match byte {
        b'\\' | b'\'' | b'"' => byte,
        b'b' => 8,
        b'f' => 12,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'v' => 11,
        b'a' => 7,
        _ => return None,
    })
}

/// `\N{...}`; `at` stands behind the N.
fn named(input: &[u8], at: &mut usize) -> Result<u32, Bad> {
    let malformed = |incomplete| Bad { reason: "malformed \\N character escape", incomplete };
    match input.get(*at) {
        None => return Err(malformed(true)),
        Some(b'{') => *at += 1,
        Some(_) => return Err(malformed(false)),
    }
    let start = *at;
    let Some(len) = input.get(start..).and_then(|rest| memchr::memchr(b'}', rest)) else {
        *at = input.len();
        return Err(malformed(true));
    };
    *at = start + len;
    if len == 0 {
        return Err(malformed(false));
    }
    *at += 1;
    let name = input.get(start..start + len).unwrap_or_default();
    crate::names::lookup(name).ok_or(Bad { reason: "unknown Unicode character name", incomplete: false })
}

impl UnicodeEscapeDecoder {
    /// The escape at `at`, which stands behind the backslash.
    fn escape(&mut self, input: &[u8], at: &mut usize, out: &mut TextBuf) -> Result<Result<(), Bad>, NoMemory> {
        let Some(&byte) = input.get(*at) else {
            return Ok(Err(Bad { reason: "\\ at end of string", incomplete: true }));
        };
        *at += 1;
        let read = match byte {
            b'\n' => return Ok(Ok(())),
            b'0'..=b'7' => {
                let here = *at - 1;
                let code = octal(byte, input, at);
                if code > 0o377 && self.first_invalid.is_none() {
                    self.first_invalid = Some(InvalidEscape { at: here, code });
                }
                Ok(code)
            }
            b'x' => hex_digits(input, at, 2, "truncated \\xXX escape"),
            b'u' => hex_digits(input, at, 4, "truncated \\uXXXX escape"),
            b'U' => match hex_digits(input, at, 8, "truncated \\UXXXXXXXX escape") {
                Ok(0x110000..) => Err(Bad { reason: "illegal Unicode character", incomplete: false }),
                other => other,
            },
            b'N' => named(input, at),
            _ => match simple(byte) {
                Some(byte) => Ok(u32::from(byte)),
                None => {
                    if self.first_invalid.is_none() {
                        self.first_invalid = Some(InvalidEscape { at: *at - 1, code: u32::from(byte) });
                    }
                    out.push(u32::from(b'\\'))?;
                    Ok(u32::from(byte))
                }
            },
        };
        match read {
            Ok(code) => Ok(Ok(out.push(code)?)),
            Err(bad) => Ok(Err(bad)),
        }
    }
}

impl Decoder for UnicodeEscapeDecoder {
    fn decode(&mut self, input: &[u8], at: &mut usize, last: bool, out: &mut TextBuf) -> Step {
        loop {
            let rest = input.get(*at..).unwrap_or_default();
            let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
            out.push_latin1(rest.get(..plain).unwrap_or_default())?;
            let start = *at + plain;
            *at = start;
            if plain == rest.len() {
                return Ok(None);
            }
            let mut here = start + 1;
            match self.escape(input, &mut here, out)? {
                Ok(()) => *at = here,
                Err(bad) if bad.incomplete && !last => return Ok(None),
                Err(bad) => return Ok(Some(Malformed { start, end: here, reason: bad.reason })),
            }
        }
    }
}

/// The decoder of `raw_unicode_escape`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawUnicodeEscapeDecoder;

impl Decoder for RawUnicodeEscapeDecoder {
    fn decode(&mut self, input: &[u8], at: &mut usize, last: bool, out: &mut TextBuf) -> Step {
        while let Some(&byte) = input.get(*at) {
            let start = *at;
            let (count, reason) = match (byte, input.get(start + 1)) {
                (b'\\', Some(b'u')) => (4, "truncated \\uXXXX escape"),
                (b'\\', Some(b'U')) => (8, "truncated \\UXXXXXXXX escape"),
                (b'\\', None) if !last => return Ok(None),
                (b'\\', Some(&next)) => {
                    out.push_latin1(&[byte, next])?;
                    *at += 2;
                    continue;
                }
                _ => {
                    out.push(u32::from(byte))?;
                    *at += 1;
                    continue;
                }
            };
            let mut here = start + 2;
            let read = match hex_digits(input, &mut here, count, reason) {
                Ok(0x110000..) => Err(Bad { reason: "\\Uxxxxxxxx out of range", incomplete: false }),
                other => other,
            };
            match read {
                Ok(code) => {
                    out.push(code)?;
                    *at = here;
                }
                Err(bad) if bad.incomplete && !last => return Ok(None),
                Err(bad) => return Ok(Some(Malformed { start, end: here, reason: bad.reason })),
            }
        }
        Ok(None)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `digits` hexadecimal digits of a number.
pub(crate) fn push_hex(out: &mut Vec<u8>, code: u32, digits: u32) -> Result<(), NoMemory> {
    for place in (0..digits).rev() {
        extend(out, &[HEX.get((code >> (4 * place) & 0xF) as usize).copied().unwrap_or(b'0')])?;
    }
    Ok(())
}

/// Appends `\xXX`, `\uXXXX` or `\UXXXXXXXX`, the shortest that serves.
pub(crate) fn push_escape(out: &mut Vec<u8>, code: u32) -> Result<(), NoMemory> {
    let (letter, digits) = match code {
        0..0x100 => (b'x', 2),
        0x100..0x10000 => (b'u', 4),
        _ => (b'U', 8),
    };
    extend(out, &[b'\\', letter])?;
    push_hex(out, code, digits)
}

/// The encoder of `unicode_escape`.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnicodeEscapeEncoder;

impl Encoder for UnicodeEscapeEncoder {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        while let Some(code) = text.get(*at) {
            match u8::try_from(code) {
                Ok(b'\\') => extend(out, b"\\\\")?,
                Ok(b'\t') => extend(out, b"\\t")?,
                Ok(b'\n') => extend(out, b"\\n")?,
                Ok(b'\r') => extend(out, b"\\r")?,
                Ok(byte @ b' '..0x7F) => extend(out, &[byte])?,
                _ => push_escape(out, code)?,
            }
            *at += 1;
        }
        Ok(None)
    }
}

/// The encoder of `raw_unicode_escape`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawUnicodeEscapeEncoder;

impl Encoder for RawUnicodeEscapeEncoder {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        while let Some(code) = text.get(*at) {
            match u8::try_from(code) {
                Ok(byte) => extend(out, &[byte])?,
                Err(_) => push_escape(out, code)?,
            }
            *at += 1;
        }
        Ok(None)
    }
}

/// How bytes escapes fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesEscapeError {
    /// ValueError "invalid \x escape at position %zd"
    InvalidHex(usize),
    /// ValueError "Trailing \ in string"
    TrailingBackslash,
    /// No memory for the result.
    NoMemory,
}

impl From<NoMemory> for BytesEscapeError {
    fn from(_: NoMemory) -> Self {
        BytesEscapeError::NoMemory
    }
}

/// The contents of a bytes literal (`PyBytes_DecodeEscape` without an error handler), and the first escape worth a warning.
pub fn decode_bytes(input: &[u8]) -> Result<(Vec<u8>, Option<InvalidEscape>), BytesEscapeError> {
    let (mut out, mut first_invalid) = (Vec::new(), None);
    out.try_reserve(input.len()).map_err(|_| NoMemory)?;
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        let start = at;
        at += 1;
        if byte != b'\\' {
            extend(&mut out, &[byte])?;
            continue;
        }
        let Some(&byte) = input.get(at) else { return Err(BytesEscapeError::TrailingBackslash) };
        at += 1;
        let mut invalid = |code| {
            if first_invalid.is_none() {
                first_invalid = Some(InvalidEscape { at: start + 1, code });
            }
        };
        match byte {
            b'\n' => {}
            b'0'..=b'7' => {
                let code = octal(byte, input, &mut at);
                if code > 0o377 {
                    invalid(code);
                }
                extend(&mut out, &[(code & 0xFF) as u8])?;
            }
            b'x' => match hex_digits(input, &mut at, 2, "") {
                Ok(code) => extend(&mut out, &[(code & 0xFF) as u8])?,
                Err(_) => return Err(BytesEscapeError::InvalidHex(start)),
            },
            _ => match simple(byte) {
                Some(byte) => extend(&mut out, &[byte])?,
                None => {
                    invalid(u32::from(byte));
                    extend(&mut out, &[b'\\', byte])?;
                }
            },
        }
    }
    Ok((out, first_invalid))
}
