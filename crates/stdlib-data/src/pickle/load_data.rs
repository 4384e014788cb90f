//! Instructions that push numbers, bytes and text.

use super::load::Machine;
use super::opcode::*;
use super::state::unpickling_error;
use object::value::{bytes, int, str as text};
use object::{Borrowed, PyResult, Raised, Ref, core, exc, id, raise};

/// The int that a line says, in decimal. The line's end is part of what the message shows.
pub fn parse_int(line: &[u8]) -> PyResult<Ref> {
    let mut whole = line.to_vec();
    whole.push(b'\n');
    builtins::int::from_str(text::from_latin1(&whole)?.b(), 10)
}

fn too_large(kind: &str) -> Raised {
    raise!(OverflowError, "{kind} exceeds system's maximum size of {} bytes", isize::MAX)
}

impl Machine<'_> {
    pub fn load_number(&mut self, code: u8) -> PyResult<()> {
        match code {
            BININT => {
                let value = i32::from_le_bytes(self.read::<4>()?);
                self.push_int(i64::from(value))
            }
            BININT1 => {
                let [value] = self.read::<1>()?;
                self.push_int(i64::from(value))
            }
            BININT2 => {
                let value = u16::from_le_bytes(self.read::<2>()?);
                self.push_int(i64::from(value))
            }
            BINFLOAT => {
                let value = f64::from_be_bytes(self.read::<8>()?);
                self.push_float(value)
            }
            INT => self.load_int_line(),
            LONG => {
                let line = self.full_line()?;
                let value = match line.strip_suffix(b"L") {
                    Some(digits) => builtins::int::from_str(text::from_latin1(digits)?.b(), 10)?,
                    None => parse_int(&line)?,
                };
                self.push(value)
            }
            LONG1 => {
                let [count] = self.read::<1>()?;
                self.load_long(usize::from(count))
            }
            LONG4 => match usize::try_from(i32::from_le_bytes(self.read::<4>()?)) {
                Ok(count) => self.load_long(count),
                Err(_) => Err(unpickling_error("LONG pickle has negative byte count")),
            },
            _ => self.load_float_line(),
        }
    }

    fn load_int_line(&mut self) -> PyResult<()> {
        let line = self.full_line()?;
        match line.as_slice() {
            b"00" => self.push(core::false_().to_ref()),
            b"01" => self.push(core::true_().to_ref()),
            _ => match builtins::int::from_str(text::from_latin1(&line)?.b(), 10) {
                Ok(value) => self.push(value),
                Err(raised) => {
                    raised.clear_if(&exc::ValueError)?;
                    Err(raise!(ValueError, "could not convert string to int"))
                }
            },
        }
    }

    fn load_float_line(&mut self) -> PyResult<()> {
        let line = self.full_line()?;
        match numeric::float::parse_prefix(&line) {
            None => {
                let shown = String::from_utf8_lossy(&line).into_owned();
                Err(raise!(ValueError, "could not convert string to float: '{shown}\n'"))
            }
            Some((_, used)) if used < line.len() => Err(raise!(ValueError, "could not convert string to float")),
            Some((value, _)) if value.is_infinite() && line.iter().any(u8::is_ascii_digit) => {
                let shown = String::from_utf8_lossy(&line).into_owned();
                Err(raise!(OverflowError, "value too large to convert to float: '{shown}\n'"))
            }
            Some((value, _)) => self.push_float(value),
        }
    }

    /// An int of `count` bytes in two's complement.
    fn load_long(&mut self, count: usize) -> PyResult<()> {
        let value = self.unpickler.get().parts.input.with(count, from_twos_complement)??;
        self.push(value)
    }

    pub fn load_bytes(&mut self, code: u8) -> PyResult<()> {
        let count = match code {
            SHORT_BINBYTES => usize::from(self.read::<1>()?[0]),
            BINBYTES => u32::from_le_bytes(self.read::<4>()?) as usize,
            BINBYTES8 => self.read_size8()?.ok_or_else(|| too_large("BINBYTES"))?,
            BYTEARRAY8 => self.read_size8()?.ok_or_else(|| too_large("BYTEARRAY8"))?,
            NEXT_BUFFER => return self.next_buffer(),
            _ => return self.readonly_buffer(),
        };
        let input = &self.unpickler.get().parts.input;
        let value = if code == BYTEARRAY8 { input.with(count, builtins::bytearray::new)?? } else { input.bytes(count)? };
        self.push(value)
    }

    fn next_buffer(&mut self) -> PyResult<()> {
        let Some(buffers) = self.unpickler.buffers.get() else {
            return Err(unpickling_error("pickle stream refers to out-of-band data but no *buffers* argument was given"));
        };
        match buffers.next()? {
            Some(buffer) => self.push(buffer),
            None => Err(unpickling_error("not enough out-of-band buffers")),
        }
    }

    fn readonly_buffer(&mut self) -> PyResult<()> {
        let top = self.top()?;
        let view = builtins::memoryview::from_object(top.b())?;
        if !view.getattr(id!("readonly"))?.is_true()? {
            let readonly = view.call_method(id!("toreadonly"), &[])?;
            drop(self.pop()?);
            self.push(readonly)?;
        }
        Ok(())
    }

    pub fn load_text(&mut self, code: u8) -> PyResult<()> {
        let value = match code {
            STRING => self.string_line()?,
            SHORT_BINSTRING => {
                let [count] = self.read::<1>()?;
                self.old_string(usize::from(count))?
            }
            BINSTRING => match usize::try_from(i32::from_le_bytes(self.read::<4>()?)) {
                Ok(count) => self.old_string(count)?,
                Err(_) => return Err(unpickling_error("BINSTRING pickle has negative byte count")),
            },
            UNICODE => {
                let line = self.line()?;
                by_codec(id!("raw_unicode_escape_decode"), &line)?
            }
            SHORT_BINUNICODE => {
                let [count] = self.read::<1>()?;
                self.unicode(usize::from(count))?
            }
            BINUNICODE => {
                let count = u32::from_le_bytes(self.read::<4>()?);
                self.unicode(count as usize)?
            }
            _ => {
                let count = self.read_size8()?.ok_or_else(|| too_large("BINUNICODE"))?;
                self.unicode(count)?
            }
        };
        self.push(value)
    }

    /// UTF-8 in which lone surrogates are allowed.
    fn unicode(&self, count: usize) -> PyResult<Ref> {
        let input = &self.unpickler.get().parts.input;
        let valid = input.with(count, |content| match std::str::from_utf8(content) {
            Ok(valid) => Ok(text::new(valid)),
            Err(_) => Err(bytes::new(content)),
        })?;
        match valid {
            Ok(value) => value,
            Err(content) => builtins::codecs::decode(content?.b(), Some(id!("utf-8")), Some(id!("surrogatepass"))),
        }
    }

    /// A byte string of Python 2.
    fn old_string(&self, count: usize) -> PyResult<Ref> {
        let content = self.unpickler.get().parts.input.bytes(count)?;
        self.decode_old(content)
    }

    fn decode_old(&self, content: Ref) -> PyResult<Ref> {
        let parts = &self.unpickler.get().parts;
        let encoding = parts.encoding.borrow().clone();
        if encoding == "bytes" {
            return Ok(content);
        }
        let errors = parts.errors.borrow().clone();
        builtins::codecs::decode(content.b(), Some(text::new(&encoding)?.b()), Some(text::new(&errors)?.b()))
    }

    /// A byte string of Python 2 as a literal with quotes and escapes.
    fn string_line(&self) -> PyResult<Ref> {
        let line = self.line()?;
        let content = match line.as_slice() {
            [quote @ (b'"' | b'\''), content @ .., end] if end == quote => content,
            _ => return Err(unpickling_error("the STRING opcode argument must be quoted")),
        };
        self.decode_old(by_codec(id!("escape_decode"), content)?)
    }
}

/// What a decoder of `_codecs` makes of the bytes.
fn by_codec(function: Borrowed<'_>, content: &[u8]) -> PyResult<Ref> {
    let module = builtins::object_::reduce::import(id!("_codecs"))?;
    let pair = module.call_method(function, &[bytes::new(content)?.b()])?;
    match object::value::tuple::items(pair.b()) {
        Some([decoded, _]) => Ok(decoded.to_ref()),
        _ => Err(object::error::bad_internal_call()),
    }
}

/// The int of little-endian two's complement.
fn from_twos_complement(content: &[u8]) -> PyResult<Ref> {
    let negative = content.last().is_some_and(|last| last & 0x80 != 0);
    let mut digits = object::memory::vec_with_capacity(content.len().saturating_mul(8) / 30 + 1)?;
    let (mut buffer, mut bits, mut carry) = (0u64, 0, negative);
    for byte in content {
        let byte = if negative {
            let (value, over) = (!*byte).overflowing_add(u8::from(carry));
            carry = over;
            value
        } else {
            *byte
        };
        buffer |= u64::from(byte) << bits;
        bits += 8;
        if bits >= int::SHIFT {
            digits.push((buffer & u64::from(int::MASK)) as u32);
            buffer >>= int::SHIFT;
            bits -= int::SHIFT;
        }
    }
    // What a carry out of the last byte means: the magnitude is a power of 256.
    if negative && carry {
        buffer |= 1 << bits;
    }
    digits.push((buffer & u64::from(int::MASK)) as u32);
    digits.push((buffer >> int::SHIFT) as u32);
    int::from_digits(negative, &digits)
}
