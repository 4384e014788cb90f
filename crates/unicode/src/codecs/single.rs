//! ASCII and Latin-1.

use super::{Decoder, Encoder, Malformed, Step, extend};
use crate::NoMemory;
use crate::text::{TextBuf, Units};
use crate::unit::Unit;

/// The decoder and encoder of ASCII.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ascii;

/// The decoder and encoder of Latin-1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latin1;

const ASCII_RANGE: &str = "ordinal not in range(128)";
const LATIN1_RANGE: &str = "ordinal not in range(256)";

impl Decoder for Ascii {
    fn decode(&mut self, input: &[u8], at: &mut usize, _last: bool, out: &mut TextBuf) -> Step {
        let Some(rest) = input.get(*at..) else { return Ok(None) };
        let len = if rest.is_ascii() { rest.len() } else { rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len()) };
        out.push_latin1(rest.get(..len).unwrap_or_default())?;
        *at += len;
        Ok((*at < input.len()).then_some(Malformed { start: *at, end: *at + 1, reason: ASCII_RANGE }))
    }
}

impl Decoder for Latin1 {
    fn decode(&mut self, input: &[u8], at: &mut usize, _last: bool, out: &mut TextBuf) -> Step {
        out.push_latin1(input.get(*at..).unwrap_or_default())?;
        *at = input.len();
        Ok(None)
    }
}

impl Encoder for Ascii {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        crate::with_units!(text, units => encode_below(units, 0x80, ASCII_RANGE, at, out))
    }
}

impl Encoder for Latin1 {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        crate::with_units!(text, units => encode_below(units, 0x100, LATIN1_RANGE, at, out))
    }
}

/// Encodes code points below `limit` as bytes.
fn encode_below<U: Unit>(text: &[U], limit: u32, reason: &'static str, at: &mut usize, out: &mut Vec<u8>) -> Step {
    let Some(rest) = text.get(*at..) else { return Ok(None) };
    if let Some(bytes) = U::as_bytes(rest).filter(|bytes| limit == 0x100 || bytes.is_ascii()) {
        extend(out, bytes)?;
        *at = text.len();
        return Ok(None);
    }
    let len = rest.iter().position(|&unit| unit.into() >= limit).unwrap_or(rest.len());
    out.try_reserve(len).map_err(|_| NoMemory)?;
    out.extend(rest.iter().take(len).filter_map(|&unit| u8::from_code(unit.into())));
    *at += len;
    if len == rest.len() {
        return Ok(None);
    }
    let bad = rest.iter().skip(len).take_while(|&&unit| unit.into() >= limit).count();
    Ok(Some(Malformed { start: *at, end: *at + bad, reason }))
}
