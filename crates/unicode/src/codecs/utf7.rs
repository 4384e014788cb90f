//! UTF-7 (RFC 2152).

use super::{Decoder, Encoder, Malformed, Step, extend, is_high_surrogate, is_low_surrogate, join_surrogates, split_surrogates};
use crate::NoMemory;
use crate::text::{TextBuf, Units};

fn base64_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

fn base64_char(value: u64) -> u8 {
    match (value & 63) as u8 {
        value @ 0..26 => b'A' + value,
        value @ 26..52 => b'a' + value - 26,
        value @ 52..62 => b'0' + value - 52,
        62 => b'+',
        _ => b'/',
    }
}

/// The decoder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf7Decoder {
    /// Within a section of base 64: where it began in the input, and in the output.
    shifted: Option<(usize, usize)>,
    bits: u32,
    buffer: u32,
    /// A high surrogate that waits for its mate; 0 for none.
    surrogate: u32,
}

impl Utf7Decoder {
    /// A character of base 64.
    fn feed(&mut self, value: u32, out: &mut TextBuf) -> Result<(), NoMemory> {
        self.buffer = self.buffer << 6 | value;
        self.bits += 6;
        if self.bits < 16 {
            return Ok(());
        }
        self.bits -= 16;
        let code = self.buffer >> self.bits;
        self.buffer &= (1 << self.bits) - 1;
        let high = std::mem::take(&mut self.surrogate);
        if high != 0 {
            if is_low_surrogate(code) {
                return out.push(join_surrogates(high, code));
            }
            out.push(high)?;
        }
        if is_high_surrogate(code) {
            self.surrogate = code;
            return Ok(());
        }
        out.push(code)
    }

    /// The end of a section, at a byte that is not of base 64; the reason why it may not end here.
    fn leave(&mut self, byte: u8, at: &mut usize, out: &mut TextBuf) -> Result<Option<&'static str>, NoMemory> {
        self.shifted = None;
        if self.bits >= 6 {
            *at += 1;
            return Ok(Some("partial character in shift sequence"));
        }
        if self.bits > 0 && self.buffer != 0 {
            *at += 1;
            return Ok(Some("non-zero padding bits in shift sequence"));
        }
        let high = std::mem::take(&mut self.surrogate);
        if high != 0 && byte < 0x80 && byte != b'+' {
            out.push(high)?;
        }
        if byte == b'-' {
            *at += 1;
        }
        Ok(None)
    }
}

impl Decoder for Utf7Decoder {
    fn decode(&mut self, input: &[u8], at: &mut usize, last: bool, out: &mut TextBuf) -> Step {
        while let Some(&byte) = input.get(*at) {
            if let Some((start, _)) = self.shifted {
                match base64_value(byte) {
                    Some(value) => {
                        *at += 1;
                        self.feed(value, out)?;
                    }
                    None => {
                        if let Some(reason) = self.leave(byte, at, out)? {
                            return Ok(Some(Malformed { start, end: *at, reason }));
                        }
                    }
                }
                continue;
            }
            let start = *at;
            *at += 1;
            match byte {
                b'+' => match input.get(*at) {
                    Some(b'-') => {
                        *at += 1;
                        out.push(u32::from(b'+'))?;
                    }
                    Some(&next) if base64_value(next).is_none() => {
                        *at += 1;
                        return Ok(Some(Malformed { start, end: *at, reason: "ill-formed sequence" }));
                    }
                    _ => *self = Utf7Decoder { shifted: Some((start, out.len())), ..Utf7Decoder::default() },
                },
                0..0x80 => out.push(u32::from(byte))?,
                _ => return Ok(Some(Malformed { start, end: *at, reason: "unexpected special character" })),
            }
        }
        let Some((start, written)) = self.shifted else { return Ok(None) };
        if last {
            self.shifted = None;
            let high = self.surrogate != 0;
            if high || self.bits >= 6 || self.bits > 0 && self.buffer != 0 {
                return Ok(Some(Malformed { start, end: input.len(), reason: "unterminated shift sequence" }));
            }
            return Ok(None);
        }
        // The section is decoded anew, from its beginning, when more has come.
        *at = start;
        out.truncate(written);
        *self = Utf7Decoder::default();
        Ok(None)
    }
}

/// The encoder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf7Encoder {
    shifted: bool,
    bits: u32,
    buffer: u64,
}

/// Whether a character stands for itself.
fn is_direct(code: u32) -> bool {
    match u8::try_from(code) {
        Ok(b'\t' | b'\n' | b'\r') => true,
        Ok(b'+' | b'\\' | b'~') => false,
        Ok(byte) => (b' '..=b'}').contains(&byte),
        Err(_) => false,
    }
}

impl Utf7Encoder {
    fn feed(&mut self, unit: u32, out: &mut Vec<u8>) -> Result<(), NoMemory> {
        self.buffer = self.buffer << 16 | u64::from(unit);
        self.bits += 16;
        while self.bits >= 6 {
            self.bits -= 6;
            extend(out, &[base64_char(self.buffer >> self.bits)])?;
        }
        self.buffer &= (1 << self.bits) - 1;
        Ok(())
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), NoMemory> {
        if self.bits > 0 {
            extend(out, &[base64_char(self.buffer << (6 - self.bits))])?;
        }
        (self.bits, self.buffer) = (0, 0);
        Ok(())
    }
}

impl Encoder for Utf7Encoder {
    fn encode(&mut self, text: Units<'_>, at: &mut usize, out: &mut Vec<u8>) -> Step {
        while let Some(code) = text.get(*at) {
            *at += 1;
            if is_direct(code) {
                let byte = code as u8;
                if self.shifted {
                    self.flush(out)?;
                    self.shifted = false;
                    if base64_value(byte).is_some() || byte == b'-' {
                        extend(out, b"-")?;
                    }
                }
                extend(out, &[byte])?;
                continue;
            }
            if !self.shifted {
                if code == u32::from(b'+') {
                    extend(out, b"+-")?;
                    continue;
                }
                extend(out, b"+")?;
                self.shifted = true;
            }
            if code > 0xFFFF {
                let (high, low) = split_surrogates(code);
                self.feed(high, out)?;
                self.feed(low, out)?;
            } else {
                self.feed(code, out)?;
            }
        }
        Ok(None)
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), NoMemory> {
        self.flush(out)?;
        if std::mem::take(&mut self.shifted) { extend(out, b"-") } else { Ok(()) }
    }
}
