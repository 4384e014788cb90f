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
        TextBuf::One(units) => append(units, text, |code| (code & 0xFF) as u8),
        TextBuf::Two(units) => append(units, text, |code| (code & 0xFFFF) as u16),
        TextBuf::Four(units) => append(units, text, |code| code),
    }
    Ok(())
}

/// Appends the characters, for which there is room; `narrow` loses nothing.
fn append<U: Copy + Default>(units: &mut Vec<U>, text: &str, narrow: impl Fn(u32) -> U) {
    let start = units.len();
    units.resize(start + text.chars().count(), U::default());
    for (slot, c) in units.iter_mut().skip(start).zip(text.chars()) {
        *slot = narrow(u32::from(c));
    }
}

/// The bytes of a code point, surrogates included, and how many they are.
pub fn encode_code(code: u32) -> ([u8; 4], usize) {
    let mut bytes = [0; 4];
    let len = write_code(code, &mut bytes);
    (bytes, len)
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
    // In pieces, so that memory is asked for once a piece.
    while let Some(piece) = text.get(*at..text.len().min(*at + PIECE)).filter(|piece| !piece.is_empty()) {
        let (mut buffer, mut filled, mut done) = ([0u8; 4 * PIECE], 0, 0);
        for &unit in piece {
            let code = unit.into();
            if is_surrogate(code) {
                break;
            }
            let rest = buffer.get_mut(filled..).unwrap_or_default();
            filled += write_code(code, rest);
            done += 1;
        }
        extend(out, buffer.get(..filled).unwrap_or_default())?;
        *at += done;
        if done < piece.len() {
            let len = text.iter().skip(*at).take_while(|&&unit| is_surrogate(unit.into())).count();
            return Ok(Some(Malformed { start: *at, end: *at + len, reason: "surrogates not allowed" }));
        }
    }
    Ok(None)
}

/// Code points that are encoded at once.
const PIECE: usize = 128;

/// Writes a code point and gives the number of bytes; the target has room for four.
#[inline(always)]
fn write_code(code: u32, target: &mut [u8]) -> usize {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3F) as u8;
    match (code, target) {
        (0..0x80, [a, ..]) => {
            *a = code as u8;
            1
        }
        (0x80..0x800, [a, b, ..]) => {
            (*a, *b) = (0xC0 | (code >> 6) as u8, tail(0));
            2
        }
        (0x800..0x10000, [a, b, c, ..]) => {
            (*a, *b, *c) = (0xE0 | (code >> 12) as u8, tail(6), tail(0));
            3
        }
        (_, [a, b, c, d, ..]) => {
            (*a, *b, *c, *d) = (0xF0 | (code >> 18 & 7) as u8, tail(12), tail(6), tail(0));
            4
        }
        _ => 0,
    }
}
