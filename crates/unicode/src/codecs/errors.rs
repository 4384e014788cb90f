//! The replacements of the standard error handlers, for those who need not call Python for them.

use super::escape::{push_escape, push_hex};
use super::utf8::encode_code;
use super::{extend, is_surrogate};
use crate::NoMemory;
use crate::text::{TextBuf, Units};

/// U+FFFD, for `replace` in decoding.
pub const REPLACEMENT: u32 = 0xFFFD;

/// `backslashreplace` of bytes that do not decode.
pub fn backslash_decode(bytes: &[u8], out: &mut TextBuf) -> Result<(), NoMemory> {
    let mut text = Vec::new();
    for &byte in bytes {
        push_escape(&mut text, u32::from(byte))?;
    }
    out.push_latin1(&text)
}

/// `surrogateescape` of bytes that do not decode: up to four of them become lone surrogates. How many; 0 for none, which fails.
pub fn surrogate_escape_decode(bytes: &[u8], out: &mut TextBuf) -> Result<usize, NoMemory> {
    let mut taken = 0;
    for &byte in bytes.iter().take(4).take_while(|&&byte| byte >= 0x80) {
        out.push(0xDC00 + u32::from(byte))?;
        taken += 1;
    }
    Ok(taken)
}

/// `surrogateescape` of a code point that does not encode: the byte that it stands for.
pub fn surrogate_escape_encode(code: u32) -> Option<u8> {
    u8::try_from(code.checked_sub(0xDC00)?).ok().filter(|&byte| byte >= 0x80)
}

/// `backslashreplace` of code points that do not encode.
pub fn backslash_encode(text: Units<'_>, out: &mut Vec<u8>) -> Result<(), NoMemory> {
    text.codes().try_for_each(|code| push_escape(out, code))
}

/// `xmlcharrefreplace` of code points that do not encode.
pub fn xml_encode(text: Units<'_>, out: &mut Vec<u8>) -> Result<(), NoMemory> {
    text.codes().try_for_each(|code| extend(out, format!("&#{code};").as_bytes()))
}

/// `namereplace` of code points that do not encode.
pub fn name_encode(text: Units<'_>, out: &mut Vec<u8>) -> Result<(), NoMemory> {
    for code in text.codes() {
        match crate::names::name(code) {
            Some(name) => extend(out, format!("\\N{{{name}}}").as_bytes())?,
            None => push_escape(out, code)?,
        }
    }
    Ok(())
}

/// The codecs that `surrogatepass` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassCodec {
    /// UTF-8 and CP_UTF8.
    Utf8,
    /// UTF-16, by byte order.
    Utf16(super::ByteOrder),
    /// UTF-32, by byte order.
    Utf32(super::ByteOrder),
}

impl PassCodec {
    /// The codec of an encoding name, as `surrogatepass` reads it: any of "utf-8", "utf_16_le", "UTF32BE", "cp65001" and the like.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let (mut plain, mut len) = ([0u8; 8], 0);
        for &byte in name.iter().filter(|&&byte| byte != b'-' && byte != b'_') {
            *plain.get_mut(len)? = byte.to_ascii_lowercase();
            len += 1;
        }
        let native = super::ByteOrder::NATIVE;
        match plain.get(..len)? {
            b"utf8" | b"cp65001" | b"cputf8" => Some(PassCodec::Utf8),
            b"utf16" => Some(PassCodec::Utf16(native)),
            b"utf16le" => Some(PassCodec::Utf16(super::ByteOrder::Little)),
            b"utf16be" => Some(PassCodec::Utf16(super::ByteOrder::Big)),
            b"utf32" => Some(PassCodec::Utf32(native)),
            b"utf32le" => Some(PassCodec::Utf32(super::ByteOrder::Little)),
            b"utf32be" => Some(PassCodec::Utf32(super::ByteOrder::Big)),
            _ => None,
        }
    }

    /// The bytes of surrogates; false where some code point is none, which fails.
    pub fn encode(self, text: Units<'_>, out: &mut Vec<u8>) -> Result<bool, NoMemory> {
        use super::ByteOrder::{Big, Little};
        for code in text.codes() {
            if !is_surrogate(code) {
                return Ok(false);
            }
            match self {
                PassCodec::Utf8 => {
                    let (bytes, len) = encode_code(code);
                    extend(out, bytes.get(..len).unwrap_or_default())?;
                }
                PassCodec::Utf16(Little) => extend(out, &(code as u16).to_le_bytes())?,
                PassCodec::Utf16(Big) => extend(out, &(code as u16).to_be_bytes())?,
                PassCodec::Utf32(Little) => extend(out, &code.to_le_bytes())?,
                PassCodec::Utf32(Big) => extend(out, &code.to_be_bytes())?,
            }
        }
        Ok(true)
    }

    /// The surrogate that the bytes begin with, and how many bytes it takes.
    pub fn decode(self, bytes: &[u8]) -> Option<(u32, usize)> {
        use super::ByteOrder::{Big, Little};
        let (code, len) = match (self, bytes) {
            (PassCodec::Utf8, &[0xED, b @ 0x80..0xC0, c @ 0x80..0xC0, ..]) => {
                (0xD000 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F), 3)
            }
            (PassCodec::Utf16(Little), &[a, b, ..]) => (u32::from(u16::from_le_bytes([a, b])), 2),
            (PassCodec::Utf16(Big), &[a, b, ..]) => (u32::from(u16::from_be_bytes([a, b])), 2),
            (PassCodec::Utf32(Little), &[a, b, c, d, ..]) => (u32::from_le_bytes([a, b, c, d]), 4),
            (PassCodec::Utf32(Big), &[a, b, c, d, ..]) => (u32::from_be_bytes([a, b, c, d]), 4),
            _ => return None,
        };
        is_surrogate(code).then_some((code, len))
    }
}

/// `\xXX` for each byte beyond ASCII and for what is not printable, as `ascii()` shows code points.
pub fn escape_code(code: u32, out: &mut Vec<u8>) -> Result<(), NoMemory> {
    push_escape(out, code)
}

/// Appends hexadecimal digits.
pub fn hex(code: u32, digits: u32, out: &mut Vec<u8>) -> Result<(), NoMemory> {
    push_hex(out, code, digits)
}
