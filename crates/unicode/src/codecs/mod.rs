//! The kernels of the text codecs.
//!
//! A codec works in steps: it stops at what is malformed and reports where and why; the caller asks an error handler, appends the
//! replacement, sets the position (and may replace the input) and calls again. Reasons and ranges are CPython's.

pub mod charmap;
pub mod errors;
pub mod escape;
pub mod single;
pub mod utf16;
pub mod utf32;
pub mod utf7;
pub mod utf8;

use crate::NoMemory;
use crate::text::{TextBuf, Units};

/// A range that does not decode or encode, and why: the arguments of UnicodeDecodeError and UnicodeEncodeError.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The first index.
    pub start: usize,
    /// The index behind the last one.
    pub end: usize,
    /// CPython's words.
    pub reason: &'static str,
}

/// What a step came to: the end of what can be done, or something malformed.
pub type Step = Result<Option<Malformed>, NoMemory>;

/// A decoder; its state outlives the steps of one call.
pub trait Decoder {
    /// Decodes from `at` on and moves it behind what was consumed. With `last`, an incomplete sequence at the end is malformed;
    /// without, it stays unconsumed.
    fn decode(&mut self, input: &[u8], at: &mut usize, last: bool, out: &mut TextBuf) -> Step;
}

/// An encoder; its state outlives the steps of one call.
pub trait Encoder {
    /// Encodes from `at` on and moves it behind what was consumed.
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step;

    /// Writes what is left when the text is at its end.
    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), NoMemory> {
        Ok(())
    }
}

/// The order of the bytes in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// The order of this machine.
    pub const NATIVE: ByteOrder = if cfg!(target_endian = "little") { ByteOrder::Little } else { ByteOrder::Big };
}

/// Appends bytes, failing where there is no memory.
#[inline]
pub(crate) fn extend(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), NoMemory> {
    out.try_reserve(bytes.len()).map_err(|_| NoMemory)?;
    out.extend_from_slice(bytes);
    Ok(())
}

pub(crate) fn is_surrogate(code: u32) -> bool {
    (0xD800..0xE000).contains(&code)
}

pub(crate) fn is_high_surrogate(code: u32) -> bool {
    (0xD800..0xDC00).contains(&code)
}

pub(crate) fn is_low_surrogate(code: u32) -> bool {
    (0xDC00..0xE000).contains(&code)
}

/// The code point of a surrogate pair.
pub(crate) fn join_surrogates(high: u32, low: u32) -> u32 {
    0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)
}

/// The surrogate pair of a code point beyond the first plane.
pub(crate) fn split_surrogates(code: u32) -> (u32, u32) {
    let code = code.wrapping_sub(0x10000);
    (0xD800 | (code >> 10) & 0x3FF, 0xDC00 | code & 0x3FF)
}
