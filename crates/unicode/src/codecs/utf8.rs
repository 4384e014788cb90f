//! UTF-8.

use super::{Decoder, Encoder, Malformed, Step, extend, is_surrogate};
use crate::NoMemory;
use crate::text::{TextBuf, Units};
use crate::unit::Unit;

const START: &str = "invalid start byte";
const CONTINUATION: &str = "invalid continuation byte";
const UNEXPECTED_END: &str = "unexpected end of data";

/// The decoder and encoder of UTF-8.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8;

impl Decoder for Utf8 {
    fn decode(&mut self, input: &[u8], at: &mut usize, last: bool, out: &mut TextBuf) -> Step {
        let Some(rest) = input.get(*at..) else { return Ok(None) };
        let error = match std::str::from_utf8(rest) {
            Ok(text) => {
                push_valid(out, text)?;
                *at = input.len();
                return Ok(None);
            }
            Err(error) => error,
        };
        let (valid, bad) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
        push_valid(out, std::str::from_utf8(valid).unwrap_or(""))?;
        *at += valid.len();
        Ok(match error.error_len() {
            None if !last => None,
            // The beginning of a surrogate, which `surrogatepass` may want whole.
            Some(_) if !last && matches!(bad, [0xED, 0xA0..=0xBF]) => None,
            None => Some(Malformed { start: *at, end: input.len(), reason: UNEXPECTED_END }),
            Some(len) => {
                let starts = matches!(bad.first(), Some(0xC2..=0xF4));
                Some(Malformed { start: *at, end: *at + len, reason: if starts { CONTINUATION } else { START } })
            }
        })
    }
}

/// Appends a valid text into units that are wide enough from the beginning.
fn push_valid(out: &mut TextBuf, text: &str) -> Result<(), NoMemory> {
    if text.is_empty() {
        return Ok(());
    }
    if text.is_ascii() {
        return out.push_latin1(text.as_bytes());
    }
    // The lead bytes tell the widest code point.
    let widest = text.bytes().fold(0, u8::max);
    out.reserve_for(
        match widest {
            ..0xC4 => 0xFF,
            0xC4..0xF0 => 0xFFFF,
            0xF0.. => 0x10FFFF,
        },
        text.len(),
    )?;
    match out {
        TextBuf::One(units) => units.extend(text.chars().filter_map(|c| u8::from_code(u32::from(c)))),
        TextBuf::Two(units) => units.extend(text.chars().filter_map(|c| u16::from_code(u32::from(c)))),
        TextBuf::Four(units) => units.extend(text.chars().map(u32::from)),
    }
    Ok(())
}

/// The bytes of a code point, surrogates included, and how many they are.
pub fn encode_code(code: u32) -> ([u8; 4], usize) {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
    match code {
        0..0x80 => ([code as u8, 0, 0, 0], 1),
        0x80..0x800 => ([0xC0 | (code >> 6) as u8, tail(0), 0, 0], 2),
        0x800..0x10000 => ([0xE0 | (code >> 12) as u8, tail(6), tail(0), 0], 3),
        _ => ([0xF0 | (code >> 18 & 7) as u8, tail(12), tail(6), tail(0)], 4),
    }
}

impl Encoder for Utf8 {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        crate::with_units!(text, units => encode_units(units, at, out))
    }
}

fn encode_units<U: Unit>(text: &[U], at: &mut usize, out: &mut Vec<u8>) -> Step {
    if let Some(bytes) = U::as_bytes(text).and_then(|bytes| bytes.get(*at..))
        && bytes.is_ascii()
    {
        extend(out, bytes)?;
        *at = text.len();
        return Ok(None);
    }
    out.try_reserve(text.len().saturating_sub(*at)).map_err(|_| NoMemory)?;
    while let Some(&unit) = text.get(*at) {
        let code = unit.into();
        if is_surrogate(code) {
            let len = text.iter().skip(*at).take_while(|&&unit| is_surrogate(unit.into())).count();
            return Ok(Some(Malformed { start: *at, end: *at + len, reason: "surrogates not allowed" }));
        }
        let (bytes, len) = encode_code(code);
        extend(out, bytes.get(..len).unwrap_or_default())?;
        *at += 1;
    }
    Ok(None)
}
