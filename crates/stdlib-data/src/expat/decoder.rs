//! From the bytes of an entity to UTF-8, and how many bytes a character took.

use super::errors::INVALID_TOKEN;

/// A known encoding.
#[derive(Clone)]
pub enum Decoder {
    Utf8,
    Utf16 {
        big: bool,
    },
    Latin1,
    Ascii,
    /// One byte a character: the code points of all 256, or none where a byte is invalid.
    Table(Box<[Option<char>; 256]>),
}

/// What a piece of input was decoded to.
pub struct Decoded {
    pub text: Vec<u8>,
    /// Bytes used; the rest is the beginning of a character.
    pub used: usize,
    /// An invalid byte stands behind what was used.
    pub error: Option<i32>,
}

impl Decoder {
    /// The decoder of a name that expat knows by itself.
    pub fn builtin(name: &str) -> Option<Decoder> {
        Some(match name.to_ascii_uppercase().as_str() {
            "UTF-8" => Decoder::Utf8,
            "UTF-16" => Decoder::Utf16 { big: true },
            "UTF-16BE" => Decoder::Utf16 { big: true },
            "UTF-16LE" => Decoder::Utf16 { big: false },
            "ISO-8859-1" => Decoder::Latin1,
            "US-ASCII" => Decoder::Ascii,
            _ => return None,
        })
    }

    /// Whether characters of ASCII are the same bytes in it.
    pub fn is_ascii_compatible(&self) -> bool {
        !matches!(self, Decoder::Utf16 { .. })
    }

    /// Bytes of a character in the input.
    pub fn width(&self, lead: u8) -> usize {
        let utf8 = match lead {
            0..0xC0 => 1,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        };
        match self {
            Decoder::Utf8 => utf8,
            Decoder::Utf16 { .. } => {
                if utf8 == 4 {
                    4
                } else {
                    2
                }
            }
            _ => 1,
        }
    }

    /// Decodes as far as characters are whole.
    pub fn decode(&self, raw: &[u8]) -> Decoded {
        match self {
            Decoder::Utf8 => match std::str::from_utf8(raw) {
                Ok(text) => Decoded { text: text.as_bytes().to_vec(), used: raw.len(), error: None },
                Err(error) => {
                    let valid = error.valid_up_to();
                    let text = raw.get(..valid).unwrap_or_default().to_vec();
                    Decoded { text, used: valid, error: error.error_len().map(|_| INVALID_TOKEN) }
                }
            },
            Decoder::Utf16 { big } => decode_utf16(raw, *big),
            Decoder::Latin1 => decode_bytes(raw, |byte| Some(char::from(byte))),
            Decoder::Ascii => decode_bytes(raw, |byte| byte.is_ascii().then(|| char::from(byte))),
            Decoder::Table(table) => decode_bytes(raw, |byte| table.get(usize::from(byte)).copied().flatten()),
        }
    }
}

fn decode_bytes(raw: &[u8], map: impl Fn(u8) -> Option<char>) -> Decoded {
    let mut text = String::with_capacity(raw.len());
    for (index, byte) in raw.iter().enumerate() {
        match map(*byte) {
            Some(character) => text.push(character),
            None => return Decoded { text: text.into_bytes(), used: index, error: Some(INVALID_TOKEN) },
        }
    }
    Decoded { text: text.into_bytes(), used: raw.len(), error: None }
}

fn decode_utf16(raw: &[u8], big: bool) -> Decoded {
    let mut text = String::with_capacity(raw.len());
    let unit = |index: usize| -> Option<u16> {
        let pair = [*raw.get(index)?, *raw.get(index + 1)?];
        Some(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let mut used = 0;
    while let Some(first) = unit(used) {
        let code = match first {
            0xD800..0xDC00 => match unit(used + 2) {
                Some(second @ 0xDC00..0xE000) => 0x1_0000 + (u32::from(first - 0xD800) << 10 | u32::from(second - 0xDC00)),
                Some(_) => return Decoded { text: text.into_bytes(), used, error: Some(INVALID_TOKEN) },
                None => break,
            },
            code => u32::from(code),
        };
        match char::from_u32(code) {
            Some(character) => text.push(character),
            None => return Decoded { text: text.into_bytes(), used, error: Some(INVALID_TOKEN) },
        }
        used += if code > 0xFFFF { 4 } else { 2 };
    }
    Decoded { text: text.into_bytes(), used, error: None }
}

/// The encoding that the first bytes tell, with the length of a byte order mark; none while there are too few.
pub fn detect(raw: &[u8], is_final: bool) -> Option<(Decoder, usize)> {
    match raw {
        [0xFE, 0xFF, ..] => Some((Decoder::Utf16 { big: true }, 2)),
        [0xFF, 0xFE, ..] => Some((Decoder::Utf16 { big: false }, 2)),
        [0xEF, 0xBB, 0xBF, ..] => Some((Decoder::Utf8, 3)),
        [0, _, ..] => Some((Decoder::Utf16 { big: true }, 0)),
        [_, 0, ..] => Some((Decoder::Utf16 { big: false }, 0)),
        [0xEF] | [0xEF, 0xBB] | [0xFE | 0xFF | 0x3C | 0] | [] if !is_final => None,
        _ => Some((Decoder::Utf8, 0)),
    }
}
