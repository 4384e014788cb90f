//! The writer: primitives for any value, and [`write_const`] over code as data.

use super::{MAX_DEPTH, tag};
use crate::code::{Code, Const, Int, Text};
use std::collections::HashMap;

/// Why a value cannot be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteError {
    /// `ValueError: object too deeply nested to marshal`.
    Depth,
    /// `ValueError: unmarshallable object`; also sizes beyond 31 bits.
    Unmarshallable,
    /// `ValueError: marshalling code objects is disallowed`.
    CodeDisallowed,
}

impl WriteError {
    /// CPython's text for this error.
    pub fn message(self) -> &'static str {
        match self {
            WriteError::Depth => "object too deeply nested to marshal",
            WriteError::Unmarshallable => "unmarshallable object",
            WriteError::CodeDisallowed => "marshalling code objects is disallowed",
        }
    }
}

/// Writes the parts of values; `flag` is 0 or [`tag::FLAG_REF`] and goes into the type byte.
pub struct Output<'a> {
    out: &'a mut Vec<u8>,
    version: i32,
}

impl<'a> Output<'a> {
    pub fn new(out: &'a mut Vec<u8>, version: i32) -> Output<'a> {
        Output { out, version }
    }

    pub fn version(&self) -> i32 {
        self.version
    }

    pub fn byte(&mut self, value: u8) {
        self.out.push(value);
    }

    pub fn i32(&mut self, value: i32) {
        self.out.extend(value.to_le_bytes());
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub fn size(&mut self, count: usize) -> Result<(), WriteError> {
        self.i32(i32::try_from(count).map_err(|_| WriteError::Unmarshallable)?);
        Ok(())
    }

    pub fn reference(&mut self, index: usize) -> Result<(), WriteError> {
        self.byte(tag::REF);
        self.size(index)
    }

    /// An integer; `digits` are 30 bits each, little-endian, normalised.
    pub fn int(&mut self, negative: bool, digits: &[u32], flag: u8) -> Result<(), WriteError> {
        if let Some(value) = small_int(negative, digits) {
            self.byte(tag::INT | flag);
            self.i32(value);
            return Ok(());
        }
        self.byte(tag::LONG | flag);
        let top = digits.last().copied().unwrap_or(0);
        let halves = digits.len() * 2 - usize::from(top <= 0x7fff);
        let count = i32::try_from(halves).map_err(|_| WriteError::Unmarshallable)?;
        self.i32(if negative { -count } else { count });
        let parts = digits.iter().flat_map(|digit| [digit & 0x7fff, digit >> 15]);
        for part in parts.take(halves) {
            let [low, high, ..] = part.to_le_bytes();
            self.raw(&[low, high]);
        }
        Ok(())
    }

    pub fn float(&mut self, value: f64, text: impl FnOnce() -> String, flag: u8) -> Result<(), WriteError> {
        if self.version > 1 {
            self.byte(tag::BINARY_FLOAT | flag);
            self.raw(&value.to_le_bytes());
            return Ok(());
        }
        self.byte(tag::FLOAT | flag);
        self.short(text().as_bytes())
    }

    fn short(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.byte(u8::try_from(bytes.len()).map_err(|_| WriteError::Unmarshallable)?);
        self.raw(bytes);
        Ok(())
    }

    pub fn bytes(&mut self, value: &[u8], flag: u8) -> Result<(), WriteError> {
        self.byte(tag::STRING | flag);
        self.size(value.len())?;
        self.raw(value);
        Ok(())
    }

    /// Text as WTF-8.
    pub fn text(&mut self, value: &[u8], interned: bool, flag: u8) -> Result<(), WriteError> {
        self.known_text(value, value.is_ascii(), interned, flag)
    }

    /// Text as WTF-8, which is ASCII or not.
    pub fn known_text(&mut self, value: &[u8], ascii: bool, interned: bool, flag: u8) -> Result<(), WriteError> {
        if self.version >= 4 && ascii {
            let (short, long) =
                if interned { (tag::SHORT_ASCII_INTERNED, tag::ASCII_INTERNED) } else { (tag::SHORT_ASCII, tag::ASCII) };
            if value.len() < 256 {
                self.byte(short | flag);
                return self.short(value);
            }
            self.byte(long | flag);
        } else if self.version >= 3 && interned {
            self.byte(tag::INTERNED | flag);
        } else {
            self.byte(tag::UNICODE | flag);
        }
        self.size(value.len())?;
        self.raw(value);
        Ok(())
    }

    pub fn tuple_header(&mut self, count: usize, flag: u8) -> Result<(), WriteError> {
        if self.version >= 4
            && let Ok(short) = u8::try_from(count)
        {
            self.byte(tag::SMALL_TUPLE | flag);
            self.byte(short);
            return Ok(());
        }
        self.byte(tag::TUPLE | flag);
        self.size(count)
    }
}

fn small_int(negative: bool, digits: &[u32]) -> Option<i32> {
    let magnitude = match digits {
        [] => 0,
        [low] => i64::from(*low),
        [low, high] => i64::from(*low) | (i64::from(*high) << 30),
        _ => return None,
    };
    i32::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// Writes a constant or a code object; equal texts are written once and referred to.
pub fn write_const(value: &Const, version: i32, out: &mut Vec<u8>) -> Result<(), WriteError> {
    let mut writer = Writer { out: Output::new(out, version), refs: HashMap::new(), count: 0, depth: 0 };
    writer.value(value)
}

struct Writer<'a> {
    out: Output<'a>,
    refs: HashMap<(Text, bool), usize>,
    count: usize,
    depth: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Const) -> Result<(), WriteError> {
        if self.depth >= MAX_DEPTH {
            return Err(WriteError::Depth);
        }
        self.depth += 1;
        let result = match value {
            Const::Tuple(items) => {
                self.out.tuple_header(items.len(), 0)?;
                items.iter().try_for_each(|item| self.value(item))
            }
            Const::FrozenSet(items) => {
                self.out.byte(tag::FROZENSET);
                self.out.size(items.len())?;
                items.iter().try_for_each(|item| self.value(item))
            }
            Const::Slice(parts) => {
                if self.out.version() < 5 {
                    return Err(WriteError::Unmarshallable);
                }
                self.out.byte(tag::SLICE);
                parts.iter().try_for_each(|item| self.value(item))
            }
            Const::Code(code) => self.code(code),
            leaf => self.leaf(leaf),
        };
        self.depth -= 1;
        result
    }

    fn leaf(&mut self, value: &Const) -> Result<(), WriteError> {
        match value {
            Const::None => self.out.byte(tag::NONE),
            Const::True => self.out.byte(tag::TRUE),
            Const::False => self.out.byte(tag::FALSE),
            Const::Ellipsis => self.out.byte(tag::ELLIPSIS),
            Const::Int(value) => self.int(value)?,
            Const::Float(value) => self.out.float(*value, || format!("{value:?}"), 0)?,
            Const::Complex { real, imag } => {
                self.out.byte(tag::BINARY_COMPLEX);
                self.out.raw(&real.to_le_bytes());
                self.out.raw(&imag.to_le_bytes());
            }
            Const::Str(text) => self.text(text, text.is_name_like())?,
            Const::Bytes(bytes) => self.out.bytes(bytes, 0)?,
            _ => return Err(WriteError::Unmarshallable),
        }
        Ok(())
    }

    fn int(&mut self, value: &Int) -> Result<(), WriteError> {
        let (negative, digits) = value.to_digits();
        self.out.int(negative, &digits, 0)
    }

    fn text(&mut self, text: &Text, interned: bool) -> Result<(), WriteError> {
        if self.out.version() < 3 {
            return self.out.text(text.as_bytes(), interned, 0);
        }
        if let Some(index) = self.refs.get(&(text.clone(), interned)) {
            return self.out.reference(*index);
        }
        self.refs.insert((text.clone(), interned), self.count);
        self.count += 1;
        self.out.text(text.as_bytes(), interned, tag::FLAG_REF)
    }

    fn texts(&mut self, texts: &[Text]) -> Result<(), WriteError> {
        self.out.tuple_header(texts.len(), 0)?;
        texts.iter().try_for_each(|text| self.text(text, true))
    }

    fn code(&mut self, code: &Code) -> Result<(), WriteError> {
        self.out.byte(tag::CODE);
        for field in [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags] {
            self.out.i32(field.cast_signed());
        }
        self.out.bytes(&code.code, 0)?;
        self.out.tuple_header(code.consts.len(), 0)?;
        code.consts.iter().try_for_each(|item| self.value(item))?;
        self.texts(&code.names)?;
        self.texts(&code.localsplusnames)?;
        self.out.bytes(&code.localspluskinds, 0)?;
        self.text(&code.filename, false)?;
        self.text(&code.name, true)?;
        self.text(&code.qualname, true)?;
        self.out.i32(code.firstlineno);
        self.out.bytes(&code.linetable, 0)?;
        self.out.bytes(&code.exceptiontable, 0)
    }
}
