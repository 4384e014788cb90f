//! UTF-32.

use super::{ByteOrder, Decoder, Encoder, Malformed, Step, extend, is_surrogate};
use crate::text::{TextBuf, Units};

/// The decoder. Without an order, a byte order mark at the beginning decides and is swallowed, else the machine's order counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf32Decoder {
    /// The order that was given, or that a mark told; `None` where there was no mark, and the machine's order counts.
    pub order: Option<ByteOrder>,
    begun: bool,
}

impl Utf32Decoder {
    /// The decoder of this order, or of the order that the input tells.
    pub fn new(order: Option<ByteOrder>) -> Self {
        Utf32Decoder { order, begun: false }
    }
}

impl Decoder for Utf32Decoder {
    fn decode(&mut self, input: &[u8], at: &mut usize, last: bool, out: &mut TextBuf) -> Step {
        if !std::mem::replace(&mut self.begun, true) && self.order.is_none() && *at == 0 {
            match *input {
                [0xFF, 0xFE, 0, 0, ..] => {
                    self.order = Some(ByteOrder::Little);
                    *at = 4;
                }
                [0, 0, 0xFE, 0xFF, ..] => {
                    self.order = Some(ByteOrder::Big);
                    *at = 4;
                }
                _ => {}
            }
        }
        let order = self.order.unwrap_or(ByteOrder::NATIVE);
        loop {
            let rest = input.get(*at..).unwrap_or_default();
            let malformed = |end: usize, reason| Ok(Some(Malformed { start: *at, end, reason }));
            let code = match (rest.first_chunk(), order) {
                (Some(&bytes), ByteOrder::Little) => u32::from_le_bytes(bytes),
                (Some(&bytes), ByteOrder::Big) => u32::from_be_bytes(bytes),
                (None, _) if rest.is_empty() || !last => return Ok(None),
                (None, _) => return malformed(input.len(), "truncated data"),
            };
            if is_surrogate(code) {
                return malformed(*at + 4, "code point in surrogate code point range(0xd800, 0xe000)");
            }
            if code > 0x10FFFF {
                return malformed(*at + 4, "code point not in range(0x110000)");
            }
            out.push(code)?;
            *at += 4;
        }
    }
}

/// The encoder. Without an order it writes a byte order mark and the machine's order.
#[derive(Clone, Copy, Debug)]
pub struct Utf32Encoder {
    order: ByteOrder,
    mark: bool,
}

impl Utf32Encoder {
    /// The encoder of this order, or of the machine's with a mark.
    pub fn new(order: Option<ByteOrder>) -> Self {
        Utf32Encoder { order: order.unwrap_or(ByteOrder::NATIVE), mark: order.is_none() }
    }

    fn push(self, out: &mut Vec<u8>, code: u32) -> Result<(), crate::NoMemory> {
        extend(
            out,
            &match self.order {
                ByteOrder::Little => code.to_le_bytes(),
                ByteOrder::Big => code.to_be_bytes(),
            },
        )
    }
}

impl Encoder for Utf32Encoder {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        if std::mem::take(&mut self.mark) {
            self.push(out, 0xFEFF)?;
        }
        while let Some(code) = text.get(*at) {
            if is_surrogate(code) {
                return Ok(Some(Malformed { start: *at, end: *at + 1, reason: "surrogates not allowed" }));
            }
            self.push(out, code)?;
            *at += 1;
        }
        Ok(None)
    }
}
