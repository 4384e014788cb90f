//! UTF-16.

use super::{
    ByteOrder, Decoder, Encoder, Malformed, Step, extend, is_high_surrogate, is_low_surrogate, is_surrogate, join_surrogates,
    split_surrogates,
};
use crate::text::{TextBuf, Units};

/// The decoder. Without an order, a byte order mark at the beginning decides and is swallowed, else the machine's order counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf16Decoder {
    /// The order that was given, or that a mark told; `None` where there was no mark, and the machine's order counts.
    pub order: Option<ByteOrder>,
    begun: bool,
}

impl Utf16Decoder {
    /// The decoder of this order, or of the order that the input tells.
    pub fn new(order: Option<ByteOrder>) -> Self {
        Utf16Decoder { order, begun: false }
    }
}

fn unit(order: ByteOrder, bytes: [u8; 2]) -> u32 {
    u32::from(match order {
        ByteOrder::Little => u16::from_le_bytes(bytes),
        ByteOrder::Big => u16::from_be_bytes(bytes),
    })
}

impl Decoder for Utf16Decoder {
    fn decode(&mut self, input: &[u8], at: &mut usize, last: bool, out: &mut TextBuf) -> Step {
        if !std::mem::replace(&mut self.begun, true) && self.order.is_none() && *at == 0 {
            match *input {
                [0xFF, 0xFE, ..] => {
                    self.order = Some(ByteOrder::Little);
                    *at = 2;
                }
                [0xFE, 0xFF, ..] => {
                    self.order = Some(ByteOrder::Big);
                    *at = 2;
                }
                _ => {}
            }
        }
        let order = self.order.unwrap_or(ByteOrder::NATIVE);
        loop {
            let rest = input.get(*at..).unwrap_or_default();
            let malformed = |end: usize, reason| Ok(Some(Malformed { start: *at, end, reason }));
            let code = match *rest {
                [] => return Ok(None),
                [_] if !last => return Ok(None),
                [_] => return malformed(input.len(), "truncated data"),
                [a, b, ..] => unit(order, [a, b]),
            };
            if !is_surrogate(code) {
                out.push(code)?;
                *at += 2;
                continue;
            }
            if is_low_surrogate(code) {
                return malformed(*at + 2, "illegal encoding");
            }
            match *rest {
                [_, _, c, d, ..] => {
                    let low = unit(order, [c, d]);
                    if !is_low_surrogate(low) {
                        return malformed(*at + 2, "illegal UTF-16 surrogate");
                    }
                    out.push(join_surrogates(code, low))?;
                    *at += 4;
                }
                _ if !last => return Ok(None),
                _ => return malformed(input.len(), "unexpected end of data"),
            }
        }
    }
}

/// The encoder. Without an order it writes a byte order mark and the machine's order.
#[derive(Clone, Copy, Debug)]
pub struct Utf16Encoder {
    order: ByteOrder,
    mark: bool,
}

impl Utf16Encoder {
    /// The encoder of this order, or of the machine's with a mark.
    pub fn new(order: Option<ByteOrder>) -> Self {
        Utf16Encoder { order: order.unwrap_or(ByteOrder::NATIVE), mark: order.is_none() }
    }

    fn push(self, out: &mut Vec<u8>, code: u32) -> Result<(), crate::NoMemory> {
        let unit = code as u16;
        extend(
            out,
            &match self.order {
                ByteOrder::Little => unit.to_le_bytes(),
                ByteOrder::Big => unit.to_be_bytes(),
            },
        )
    }
}

impl Encoder for Utf16Encoder {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        if std::mem::take(&mut self.mark) {
            self.push(out, 0xFEFF)?;
        }
        while let Some(code) = text.get(*at) {
            if is_high_surrogate(code) || is_low_surrogate(code) {
                return Ok(Some(Malformed { start: *at, end: *at + 1, reason: "surrogates not allowed" }));
            }
            if code > 0xFFFF {
                let (high, low) = split_surrogates(code);
                self.push(out, high)?;
                self.push(out, low)?;
            } else {
                self.push(out, code)?;
            }
            *at += 1;
        }
        Ok(None)
    }
}
