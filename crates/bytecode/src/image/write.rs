//! Makes an image: [`Writer::add`] for each module, then [`Writer::finish`].

use super::{FIELDS, HEADER, MAGIC, OFFSET, field, kind, tag};
use crate::flags::{CO_FAST_CELL, CO_FAST_FREE, CO_FAST_LOCAL};
use crate::{Code, Const, Int, Text};
use std::collections::HashMap;
use std::num::TryFromIntError;

type Written<T> = Result<T, TryFromIntError>;

/// An image in the making.
#[derive(Default)]
pub struct Writer {
    texts: Vec<u8>,
    text_words: Vec<u32>,
    /// Text and whether it is a name, to its number.
    numbers: HashMap<(Text, bool), u32>,
    functions: Vec<[u32; FIELDS]>,
    blobs: Vec<u8>,
}

impl Writer {
    /// Adds a code object and all in its constants; gives its number. A count that does not fit its field is an error.
    pub fn add(&mut self, code: &Code) -> Written<u32> {
        let number = u32::try_from(self.functions.len())?;
        self.functions.push([0; FIELDS]);
        let mut tail = Vec::new();
        let name = self.text(&code.name, true)?;
        let qualname = self.text(&code.qualname, true)?;
        for text in code.names.iter().chain(&code.localsplusnames) {
            put_number(&mut tail, u64::from(self.text(text, true)?));
        }
        for constant in &code.consts {
            self.constant(constant, &mut tail)?;
        }
        let count = |kind: u8| code.localspluskinds.iter().filter(|have| **have & kind != 0).count();
        let mut words = [0; FIELDS];
        let mut set = |index: usize, word: u32| {
            if let Some(slot) = words.get_mut(index) {
                *slot = word;
            }
        };
        set(field::BLOB, u32::try_from(self.blobs.len())?);
        set(field::NAME, name);
        set(field::QUALNAME, qualname);
        set(field::FLAGS, code.flags);
        set(field::FIRST_LINE, code.firstlineno.cast_unsigned());
        set(field::ARGUMENTS, pair(code.argcount.try_into()?, code.posonlyargcount.try_into()?)?);
        set(field::STACK, pair(code.kwonlyargcount.try_into()?, code.stacksize.try_into()?)?);
        set(field::LOCALS, pair(count(CO_FAST_LOCAL), count(CO_FAST_CELL))?);
        set(field::FREE, pair(count(CO_FAST_FREE), code.localspluskinds.len())?);
        set(field::CODE, code.code.len().try_into()?);
        set(field::LINES, code.linetable.len().try_into()?);
        set(field::HANDLERS, code.exceptiontable.len().try_into()?);
        set(field::COUNTS, pair(code.names.len(), code.consts.len())?);
        for part in [&code.code, &code.linetable, &code.exceptiontable, &code.localspluskinds, &tail] {
            self.blobs.extend_from_slice(part);
        }
        if let Some(slot) = self.functions.get_mut(number as usize) {
            *slot = words;
        }
        Ok(number)
    }

    fn text(&mut self, text: &Text, name: bool) -> Written<u32> {
        if let Some(number) = self.numbers.get(&(text.clone(), name)) {
            return Ok(*number);
        }
        let number = u32::try_from(self.text_words.len())?;
        let start = u32::try_from(self.texts.len())?;
        // The two highest bits are the kind's.
        u32::try_from(i64::from(OFFSET) - i64::from(start))?;
        let ascii = if text.as_bytes().is_ascii() { kind::ASCII } else { 0 };
        self.text_words.push(start | if name { kind::NAME } else { 0 } | ascii);
        self.texts.extend_from_slice(text.as_bytes());
        self.numbers.insert((text.clone(), name), number);
        Ok(number)
    }

    fn constant(&mut self, constant: &Const, out: &mut Vec<u8>) -> Written<()> {
        match constant {
            Const::None => out.push(tag::NONE),
            Const::True => out.push(tag::TRUE),
            Const::False => out.push(tag::FALSE),
            Const::Ellipsis => out.push(tag::ELLIPSIS),
            Const::Int(Int::Small(value)) => {
                out.push(tag::INT);
                put_number(out, (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned());
            }
            Const::Int(Int::Big { negative, digits }) => {
                out.extend([tag::BIG, u8::from(*negative)]);
                put_number(out, digits.len() as u64);
                digits.iter().for_each(|digit| out.extend(digit.to_le_bytes()));
            }
            Const::Float(value) => {
                out.push(tag::FLOAT);
                out.extend(value.to_le_bytes());
            }
            Const::Complex { real, imag } => {
                out.push(tag::COMPLEX);
                out.extend(real.to_le_bytes());
                out.extend(imag.to_le_bytes());
            }
            Const::Str(text) => {
                out.push(tag::TEXT);
                put_number(out, u64::from(self.text(text, text.is_name_like())?));
            }
            Const::Bytes(bytes) => {
                out.push(tag::BYTES);
                put_number(out, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            Const::Tuple(items) | Const::FrozenSet(items) => {
                out.push(if matches!(constant, Const::Tuple(_)) { tag::TUPLE } else { tag::FROZENSET });
                put_number(out, items.len() as u64);
                items.iter().try_for_each(|item| self.constant(item, out))?;
            }
            Const::Slice(parts) => {
                out.push(tag::SLICE);
                parts.iter().try_for_each(|part| self.constant(part, out))?;
            }
            Const::Code(code) => {
                out.push(tag::CODE);
                put_number(out, u64::from(self.add(code)?));
            }
        }
        Ok(())
    }

    /// The image.
    pub fn finish(mut self) -> Written<Vec<u8>> {
        let end = u32::try_from(self.texts.len())?;
        self.text_words.push(end);
        let texts_at = (HEADER + self.text_words.len() + self.functions.len() * FIELDS) * 4;
        let blobs_at = texts_at + self.texts.len();
        let mut image = Vec::with_capacity(blobs_at + self.blobs.len());
        let counts = [self.text_words.len() - 1, self.functions.len(), texts_at, blobs_at];
        image.extend(MAGIC.to_le_bytes());
        for word in counts {
            image.extend(u32::try_from(word)?.to_le_bytes());
        }
        let words = self.text_words.iter().chain(self.functions.as_flattened());
        words.for_each(|word| image.extend(word.to_le_bytes()));
        image.extend(self.texts);
        image.extend(self.blobs);
        u32::try_from(image.len())?;
        Ok(image)
    }
}

/// Two counts in one word.
fn pair(low: usize, high: usize) -> Written<u32> {
    Ok(u32::from(u16::try_from(low)?) | u32::from(u16::try_from(high)?) << 16)
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn put_number(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}
