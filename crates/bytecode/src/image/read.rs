//! Reads an image. Damage gives empty values, never a panic.

use super::{ASCII, FIELDS, HEADER, MAGIC, OFFSET, field, tag};

/// A block of bytes in the image's format.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    first: Part<'a>,
    second: Part<'a>,
}

/// One part of an image.
#[derive(Clone, Copy)]
struct Part<'a> {
    bytes: &'a [u8],
    names: u32,
    others: u32,
    functions: u32,
    names_at: u32,
    others_at: u32,
    blobs_at: u32,
    lines_at: u32,
}

fn word(bytes: &[u8], index: usize) -> u32 {
    let at = index.saturating_mul(4);
    bytes.get(at..).and_then(<[u8]>::first_chunk::<4>).map_or(0, |word| u32::from_le_bytes(*word))
}

impl<'a> Image<'a> {
    /// Reads the headers; a block of another format has nothing in it.
    pub fn new(bytes: &'a [u8]) -> Image<'a> {
        let first = Part::new(bytes);
        let second = bytes.get(word(bytes, HEADER - 1) as usize..).unwrap_or_default();
        Image { first, second: Part::new(if first.bytes.is_empty() { &[] } else { second }) }
    }

    /// Number of names.
    pub fn name_count(&self) -> usize {
        self.first.names as usize + self.second.names as usize
    }

    /// The index among the names of the text with this number; none if it is no name. Names become interned strings.
    #[inline]
    pub fn name_index(number: u32) -> Option<usize> {
        (number & 1 == 0).then_some((number >> 1) as usize)
    }

    /// A text as WTF-8, and whether it is ASCII.
    pub fn text(&self, number: u32) -> (&'a [u8], bool) {
        let (index, is_name) = (number >> 1, number & 1 == 0);
        let first = if is_name { self.first.names } else { self.first.others };
        match index.checked_sub(first) {
            None => self.first.text(index, is_name),
            Some(index) => self.second.text(index, is_name),
        }
    }

    /// A function.
    pub fn function(&self, number: u32) -> Option<Function<'a>> {
        match number.checked_sub(self.first.functions) {
            None => self.first.function(number),
            Some(number) => self.second.function(number),
        }
    }
}

impl<'a> Part<'a> {
    fn new(bytes: &'a [u8]) -> Part<'a> {
        let bytes = if word(bytes, 0) == MAGIC { bytes } else { &[] };
        let word = |index| word(bytes, index);
        Part {
            bytes,
            names: word(1),
            others: word(2),
            functions: word(3),
            names_at: word(4),
            others_at: word(5),
            blobs_at: word(6),
            lines_at: word(7),
        }
    }

    fn text(&self, index: u32, is_name: bool) -> (&'a [u8], bool) {
        let (count, table, content) =
            if is_name { (self.names, 0, self.names_at) } else { (self.others, self.names as usize + 1, self.others_at) };
        if index >= count {
            return (&[], true);
        }
        let at = HEADER + table + index as usize;
        let (start, end) = (word(self.bytes, at), word(self.bytes, at + 1));
        let range = |offset: u32| content as usize + (offset & OFFSET) as usize;
        let text = self.bytes.get(range(start)..range(end)).unwrap_or_default();
        (text, start & ASCII != 0)
    }

    fn function(&self, number: u32) -> Option<Function<'a>> {
        if number >= self.functions {
            return None;
        }
        let tables = self.names as usize + 1 + self.others as usize + 1;
        let start = (HEADER + tables + number as usize * FIELDS) * 4;
        let words = self.bytes.get(start..)?.first_chunk::<{ FIELDS * 4 }>()?;
        let function = Function { words, blob: &[], lines: &[] };
        let blob = self.bytes.get(self.blobs_at as usize + function.word(field::BLOB) as usize..)?;
        let lines = self.bytes.get(self.lines_at as usize + function.word(field::LINES_AT) as usize..)?;
        Some(Function { words, blob, lines })
    }
}

/// One function of an image.
#[derive(Clone, Copy)]
pub struct Function<'a> {
    words: &'a [u8; FIELDS * 4],
    /// From the start of its blob to the end of the image.
    blob: &'a [u8],
    /// From the start of its line table to the end of the image.
    lines: &'a [u8],
}

impl<'a> Function<'a> {
    fn word(&self, index: usize) -> u32 {
        word(self.words, index)
    }

    fn low(&self, index: usize) -> u16 {
        (self.word(index) & 0xffff) as u16
    }

    fn high(&self, index: usize) -> u16 {
        (self.word(index) >> 16) as u16
    }

    pub fn name(&self) -> u32 {
        self.word(field::NAME)
    }

    pub fn qualname(&self) -> u32 {
        self.word(field::QUALNAME)
    }

    pub fn flags(&self) -> u32 {
        self.word(field::FLAGS)
    }

    pub fn firstlineno(&self) -> i32 {
        self.word(field::FIRST_LINE).cast_signed()
    }

    pub fn argcount(&self) -> u16 {
        self.low(field::ARGUMENTS)
    }

    pub fn posonlyargcount(&self) -> u16 {
        self.high(field::ARGUMENTS)
    }

    pub fn kwonlyargcount(&self) -> u16 {
        self.low(field::STACK)
    }

    pub fn stacksize(&self) -> u16 {
        self.high(field::STACK)
    }

    pub fn nlocals(&self) -> u16 {
        self.low(field::LOCALS)
    }

    pub fn ncellvars(&self) -> u16 {
        self.high(field::LOCALS)
    }

    pub fn nfreevars(&self) -> u16 {
        self.low(field::FREE)
    }

    pub fn nlocalsplus(&self) -> u16 {
        self.high(field::FREE)
    }

    fn part(&self, start: usize, len: usize) -> &'a [u8] {
        self.blob.get(start..).and_then(|rest| rest.get(..len)).unwrap_or_default()
    }

    fn code_len(&self) -> usize {
        self.word(field::CODE) as usize
    }

    fn lines_len(&self) -> usize {
        self.word(field::LINES) as usize
    }

    fn handlers_len(&self) -> usize {
        self.word(field::HANDLERS) as usize
    }

    /// `co_code`.
    pub fn code(&self) -> &'a [u8] {
        self.part(0, self.code_len())
    }

    /// `co_linetable`.
    pub fn linetable(&self) -> &'a [u8] {
        self.lines.get(..self.lines_len()).unwrap_or_default()
    }

    /// `co_exceptiontable`.
    pub fn exceptiontable(&self) -> &'a [u8] {
        self.part(self.code_len(), self.handlers_len())
    }

    fn kinds_at(&self) -> usize {
        self.code_len() + self.handlers_len()
    }

    /// The kinds of all fast locals.
    pub fn localspluskinds(&self) -> &'a [u8] {
        self.part(self.kinds_at(), usize::from(self.nlocalsplus()))
    }

    fn tail(&self) -> Cursor<'a> {
        Cursor(self.blob.get(self.kinds_at() + usize::from(self.nlocalsplus())..).unwrap_or_default())
    }

    /// The texts of `co_names`.
    pub fn names(&self) -> Sequence<'a> {
        Sequence { cursor: self.tail(), left: usize::from(self.low(field::COUNTS)) }
    }

    /// The texts of all fast locals' names.
    pub fn localsplusnames(&self) -> Sequence<'a> {
        Sequence { cursor: self.names().behind(), left: usize::from(self.nlocalsplus()) }
    }

    /// Number of constants.
    pub fn constant_count(&self) -> usize {
        usize::from(self.high(field::COUNTS))
    }

    /// The constants; what follows the head of a tuple, a set or a slice are its items.
    pub fn constants(&self) -> Constants<'a> {
        Constants { cursor: self.localsplusnames().behind(), left: self.constant_count() }
    }
}

#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    #[inline]
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        if first < 0x80 { Some(u64::from(first)) } else { self.more(u64::from(first & 0x7f)) }
    }

    /// The rest of a number whose first seven bits are known.
    fn more(&mut self, first: u64) -> Option<u64> {
        let (mut value, mut shift) = (first, 7u32);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn float(&mut self) -> Option<f64> {
        self.take(8)?.first_chunk().map(|bytes| f64::from_le_bytes(*bytes))
    }
}

/// Numbers of texts.
#[derive(Clone, Copy)]
pub struct Sequence<'a> {
    cursor: Cursor<'a>,
    left: usize,
}

impl<'a> Sequence<'a> {
    /// What stands behind them.
    fn behind(self) -> Cursor<'a> {
        let mut left = self.left;
        // Each ends with the first byte below 0x80.
        let end = self.cursor.0.iter().position(|byte| {
            let ends = *byte < 0x80;
            if ends {
                left = left.saturating_sub(1);
            }
            ends && left == 0
        });
        match (self.left, end) {
            (0, _) => self.cursor,
            (_, end) => Cursor(end.and_then(|end| self.cursor.0.get(end + 1..)).unwrap_or_default()),
        }
    }
}

impl Iterator for Sequence<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        u32::try_from(self.cursor.number()?).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

/// A constant, or the head of one that has items.
pub enum Constant<'a> {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    /// Digits of 30 bits, the lowest first.
    Big {
        negative: bool,
        digits: Vec<u32>,
    },
    Float(f64),
    Complex {
        real: f64,
        imag: f64,
    },
    Text(u32),
    Bytes(&'a [u8]),
    /// This many constants follow.
    Tuple(usize),
    /// This many constants follow.
    FrozenSet(usize),
    /// Three constants follow.
    Slice,
    /// The number of a function.
    Code(u32),
}

/// A stream of constants.
pub struct Constants<'a> {
    cursor: Cursor<'a>,
    left: usize,
}

impl<'a> Iterator for Constants<'a> {
    type Item = Constant<'a>;

    fn next(&mut self) -> Option<Constant<'a>> {
        self.left = self.left.checked_sub(1)?;
        let constant = self.constant();
        if constant.is_none() {
            self.left = 0;
        }
        constant
    }
}

impl<'a> Constants<'a> {
    fn constant(&mut self) -> Option<Constant<'a>> {
        let cursor = &mut self.cursor;
        Some(match cursor.byte()? {
            tag::NONE => Constant::None,
            tag::TRUE => Constant::True,
            tag::FALSE => Constant::False,
            tag::ELLIPSIS => Constant::Ellipsis,
            tag::INT => {
                let coded = cursor.number()?;
                Constant::Int((coded >> 1).cast_signed() ^ -((coded & 1).cast_signed()))
            }
            tag::BIG => {
                let negative = cursor.byte()? != 0;
                let count = cursor.size()?;
                let (digits, _) = cursor.take(count.checked_mul(4)?)?.as_chunks::<4>();
                Constant::Big { negative, digits: digits.iter().map(|digit| u32::from_le_bytes(*digit)).collect() }
            }
            tag::FLOAT => Constant::Float(cursor.float()?),
            tag::COMPLEX => Constant::Complex { real: cursor.float()?, imag: cursor.float()? },
            tag::TEXT => Constant::Text(u32::try_from(cursor.number()?).ok()?),
            tag::BYTES => {
                let count = cursor.size()?;
                Constant::Bytes(cursor.take(count)?)
            }
            tag::TUPLE => Constant::Tuple(self.items()?),
            tag::FROZENSET => Constant::FrozenSet(self.items()?),
            tag::SLICE => {
                self.left = self.left.checked_add(3)?;
                Constant::Slice
            }
            tag::CODE => Constant::Code(u32::try_from(cursor.number()?).ok()?),
            _ => return None,
        })
    }

    fn items(&mut self) -> Option<usize> {
        let count = self.cursor.size()?;
        self.left = self.left.checked_add(count)?;
        Some(count)
    }
}
