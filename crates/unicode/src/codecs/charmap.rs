//! Single-byte codecs by a table. Mappings that are Python dicts are the caller's.

use super::{Decoder, Malformed, Step, extend};
use crate::NoMemory;
use crate::text::{TextBuf, Units};
use std::collections::HashMap;

/// What stands for no character in a decoding table.
pub const UNDEFINED: u32 = 0xFFFE;

const REASON: &str = "character maps to <undefined>";

/// A decoder by a table with a code point for each byte; bytes beyond its end and `UNDEFINED` do not decode.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a>(pub Units<'a>);

impl Decoder for Table<'_> {
    fn decode(&mut self, input: &[u8], at: &mut usize, _last: bool, out: &mut TextBuf) -> Step {
        while let Some(&byte) = input.get(*at) {
            match self.0.get(usize::from(byte)).filter(|&code| code != UNDEFINED) {
                Some(code) => out.push(code)?,
                None => return Ok(Some(Malformed { start: *at, end: *at + 1, reason: REASON })),
            }
            *at += 1;
        }
        Ok(None)
    }
}

/// The way back of a decoding table (`_codecs.charmap_build`).
#[derive(Clone, Debug, Default)]
pub struct EncodingMap {
    bytes: HashMap<u32, u8>,
}

impl EncodingMap {
    /// Whether a table can be turned around into a map of this kind: it begins with code point 0, no other place is that or beyond the basic plane
    /// (CPython's `PyUnicode_BuildEncodingMap`; other tables become dicts).
    pub fn is_for(table: Units<'_>) -> bool {
        let mut codes = table.codes().take(256);
        codes.next() == Some(0) && codes.all(|code| code != 0 && code <= 0xFFFF)
    }

    /// The map that turns a table of at most 256 code points around; the last byte of a code point counts.
    pub fn new(table: Units<'_>) -> Result<Self, NoMemory> {
        let mut bytes = HashMap::new();
        bytes.try_reserve(table.len().min(256)).map_err(|_| NoMemory)?;
        for (byte, code) in (0..=u8::MAX).zip(table.codes()) {
            if code != UNDEFINED {
                bytes.insert(code, byte);
            }
        }
        Ok(EncodingMap { bytes })
    }

    /// The byte of a code point.
    pub fn get(&self, code: u32) -> Option<u8> {
        self.bytes.get(&code).copied()
    }

    /// Encodes from `at` on.
    pub fn encode(&self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        while let Some(code) = text.get(*at) {
            let Some(byte) = self.get(code) else {
                let len = (*at..text.len()).take_while(|&i| text.get(i).is_some_and(|code| self.get(code).is_none())).count();
                return Ok(Some(Malformed { start: *at, end: *at + len, reason: REASON }));
            };
            extend(out, &[byte])?;
            *at += 1;
        }
        Ok(None)
    }
}
