//! Makes an image: [`Writer::add`] for each module, then [`Writer::finish`].

use super::{ASCII, FIELDS, HEADER, MAGIC, OFFSET, field, tag};
use crate::flags::{CO_FAST_CELL, CO_FAST_FREE, CO_FAST_LOCAL, CO_OPTIMIZED};
use crate::{Code, Const, Int, Text};
use std::collections::HashMap;
use std::num::TryFromIntError;

type Written<T> = Result<T, TryFromIntError>;

/// An image in the making.
#[derive(Default)]
pub struct Writer {
    /// The two parts; all numbers go on from the first to the second.
    parts: [Part; 2],
    /// Whether the second part is being written.
    second: bool,
    /// The number of each name, and of each other text.
    indices: [HashMap<Text, u32>; 2],
}

/// One part of an image.
#[derive(Default)]
struct Part {
    /// Names, other texts.
    texts: [Texts; 2],
    /// Their blobs' places are relative to the part of the blobs in which they stand.
    functions: Vec<[u32; FIELDS]>,
    /// The bodies of modules and classes, those of functions.
    blobs: [Vec<u8>; 2],
    lines: Vec<u8>,
}

/// Texts of one kind.
#[derive(Default)]
struct Texts {
    content: Vec<u8>,
    words: Vec<u32>,
}

impl Texts {
    fn add(&mut self, text: &Text) -> Written<()> {
        let start = u32::try_from(self.content.len())?;
        // The highest bit says whether it is ASCII.
        u32::try_from(i64::from(OFFSET) - i64::from(start))?;
        self.words.push(start | if text.as_bytes().is_ascii() { ASCII } else { 0 });
        self.content.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Which of the blobs a function's stands in.
fn blob_of(words: &[u32; FIELDS]) -> usize {
    usize::from(words.get(field::FLAGS).is_some_and(|flags| flags & CO_OPTIMIZED != 0))
}

impl Writer {
    /// What is added from now on stands in the second part.
    pub fn begin_second_part(&mut self) {
        self.second = true;
    }

    fn part(&mut self) -> &mut Part {
        let [first, second] = &mut self.parts;
        if self.second { second } else { first }
    }

    /// Adds a code object and all in its constants; gives its number. A count that does not fit its field is an error.
    pub fn add(&mut self, code: &Code) -> Written<u32> {
        let number = u32::try_from(self.parts.iter().map(|part| part.functions.len()).sum::<usize>())?;
        let place = self.part().functions.len();
        self.part().functions.push([0; FIELDS]);
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
        let part = self.part();
        set(field::LINES_AT, part.lines.len().try_into()?);
        part.lines.extend_from_slice(&code.linetable);
        if let Some(blobs) = part.blobs.get_mut(blob_of(&words)) {
            if let Some(slot) = words.get_mut(field::BLOB) {
                *slot = blobs.len().try_into()?;
            }
            [&code.code, &code.exceptiontable, &code.localspluskinds, &tail]
                .iter()
                .for_each(|table| blobs.extend_from_slice(table));
        }
        if let Some(slot) = part.functions.get_mut(place) {
            *slot = words;
        }
        Ok(number)
    }

    fn text(&mut self, text: &Text, name: bool) -> Written<u32> {
        let kind = usize::from(!name);
        let known = self.indices.get(kind).and_then(|indices| indices.get(text)).copied();
        let index = match known {
            Some(index) => index,
            None => {
                let count = |part: &Part| part.texts.get(kind).map_or(0, |texts| texts.words.len());
                let index = u32::try_from(self.parts.iter().map(count).sum::<usize>())?;
                if let Some(texts) = self.part().texts.get_mut(kind) {
                    texts.add(text)?;
                }
                if let Some(indices) = self.indices.get_mut(kind) {
                    indices.insert(text.clone(), index);
                }
                index
            }
        };
        Ok(u32::try_from(u64::from(index) * 2)? | u32::from(!name))
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

    /// The image: its two parts, one behind the other.
    pub fn finish(self) -> Written<Vec<u8>> {
        let [first, second] = self.parts;
        let mut image = first.finish()?;
        // The words of the second part are aligned as those of the first.
        image.resize(image.len().next_multiple_of(4), 0);
        let length = u32::try_from(image.len())?;
        if let Some(place) = image.get_mut((HEADER - 1) * 4..HEADER * 4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        image.extend(second.finish()?);
        u32::try_from(image.len())?;
        Ok(image)
    }
}

impl Part {
    fn finish(mut self) -> Written<Vec<u8>> {
        let [names, others] = &mut self.texts;
        let counts = [names.words.len(), others.words.len(), self.functions.len()];
        for texts in [&mut *names, &mut *others] {
            texts.words.push(texts.content.len().try_into()?);
        }
        let [bodies, functions] = &self.blobs;
        for words in &mut self.functions {
            if blob_of(words) == 1
                && let Some(start) = words.get_mut(field::BLOB)
            {
                *start = u32::try_from(bodies.len() + *start as usize)?;
            }
        }
        let words = [&names.words[..], &others.words, self.functions.as_flattened()];
        let contents = [&names.content, &others.content, bodies, functions, &self.lines];
        let mut starts = Vec::new();
        let mut end = (HEADER + words.iter().map(|words| words.len()).sum::<usize>()) * 4;
        for content in contents {
            starts.push(end);
            end += content.len();
        }
        let [names_at, others_at, blobs_at, _, lines_at] = *starts else { return Ok(Vec::new()) };
        let mut image = Vec::with_capacity(end);
        image.extend(MAGIC.to_le_bytes());
        for word in counts.into_iter().chain([names_at, others_at, blobs_at, lines_at, 0]) {
            image.extend(u32::try_from(word)?.to_le_bytes());
        }
        words.iter().flat_map(|words| words.iter()).for_each(|word| image.extend(word.to_le_bytes()));
        contents.iter().for_each(|content| image.extend_from_slice(content));
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
