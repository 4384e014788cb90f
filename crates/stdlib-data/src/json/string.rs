//! A JSON string becomes a str.

use super::decode_error;
use object::value::str::{self as text, Builder, Data};
use object::{Borrowed, PyResult, Ref, raise};
use unicode::Unit;

/// The characters of a document.
#[derive(Clone, Copy)]
pub struct Text<'a, U> {
    pub units: &'a [U],
    /// All of them are ASCII.
    pub ascii: bool,
}

/// Characters below 256 that end a stretch of plain content: quotes, backslashes, and control characters where they are not allowed.
const ENDS: [[bool; 256]; 2] = {
    let mut ends = [[false; 256]; 2];
    let mut code = 0;
    while code < 256 {
        ends[0][code] = code == 0x22 || code == 0x5C;
        ends[1][code] = ends[0][code] || code < 0x20;
        code += 1;
    }
    ends
};

impl<'a, U: Unit> Text<'a, U> {
    #[inline(always)]
    fn get(self, index: usize) -> Option<u32> {
        self.units.get(index).map(|unit| (*unit).into())
    }

    fn slice(self, from: usize, to: usize) -> &'a [U] {
        self.units.get(from..to).unwrap_or_default()
    }

    /// Where the next character stands that is not plain content.
    #[inline]
    fn content_end(self, from: usize, strict: bool) -> usize {
        let ends = &ENDS[usize::from(strict)];
        let rest = self.units.get(from..).unwrap_or_default();
        let found = rest.iter().position(|unit| u8::try_from((*unit).into()).is_ok_and(|byte| ends[usize::from(byte)]));
        found.map_or(self.units.len(), |offset| from + offset)
    }

    fn hex4(self, from: usize) -> Option<u32> {
        (from..from + 4).try_fold(0, |value, index| {
            let code = self.get(index).filter(|code| *code < 0x80)?;
            char::from_u32(code)?.to_digit(16).map(|digit| value << 4 | digit)
        })
    }

    /// A stretch as a str.
    #[inline]
    fn part(self, from: usize, to: usize) -> PyResult<Ref> {
        let part = self.slice(from, to);
        match U::as_bytes(part) {
            Some(part) if self.ascii => text::from_ascii(part),
            Some(part) => text::from_latin1(part),
            None => {
                let max = part.iter().map(|unit| (*unit).into()).max().unwrap_or(0);
                text::from_code_points(part.len(), max, part.iter().map(|unit| (*unit).into()))
            }
        }
    }

    fn push_to(self, builder: &mut Builder, from: usize, to: usize) -> PyResult<()> {
        let part = self.slice(from, to);
        match U::as_bytes(part) {
            Some(part) => builder.push_data(Data::Latin1(part)),
            None => part.iter().try_for_each(|unit| builder.push((*unit).into())),
        }
    }
}

fn simple_escape(code: u32) -> Option<u32> {
    Some(match char::from_u32(code)? {
        '"' | '\\' | '/' => code,
        'b' => 0x08,
        'f' => 0x0C,
        'n' => 0x0A,
        'r' => 0x0D,
        't' => 0x09,
        _ => return None,
    })
}

/// Reads the string whose content begins at `end`. Returns it and the index behind the closing quote.
pub fn scan<U: Unit>(document: Borrowed<'_>, data: Text<'_, U>, mut end: usize, strict: bool) -> PyResult<(Ref, usize)> {
    let len = data.units.len();
    if end > len {
        return Err(raise!(ValueError, "end is out of bounds"));
    }
    let begin = end.cast_signed() - 1;
    let unterminated = || decode_error("Unterminated string starting at", document, begin);
    let next = data.content_end(end, strict);
    if data.get(next) == Some(0x22) {
        return Ok((data.part(end, next)?, next + 1));
    }
    let mut builder = Builder::new();
    loop {
        let next = data.content_end(end, strict);
        let code = data.get(next).ok_or_else(unterminated)?;
        if next > end {
            data.push_to(&mut builder, end, next)?;
        }
        match code {
            0x22 => return Ok((builder.finish()?, next + 1)),
            0x5C => {}
            _ => return Err(decode_error("Invalid control character at", document, next)),
        }
        let letter = next + 1;
        let code = data.get(letter).ok_or_else(unterminated)?;
        if code != u32::from(b'u') {
            let Some(code) = simple_escape(code) else {
                return Err(decode_error("Invalid \\escape", document, next));
            };
            builder.push(code)?;
            end = letter + 1;
            continue;
        }
        let digits = letter + 1;
        end = digits + 4;
        let invalid = || decode_error("Invalid \\uXXXX escape", document, letter);
        if end > len {
            return Err(invalid());
        }
        let mut code = data.hex4(digits).ok_or_else(invalid)?;
        if (0xD800..0xDC00).contains(&code)
            && end + 6 <= len
            && data.get(end) == Some(0x5C)
            && data.get(end + 1) == Some(u32::from(b'u'))
        {
            let Some(low) = data.hex4(end + 2) else {
                return Err(decode_error("Invalid \\uXXXX escape", document, end + 1));
            };
            if (0xDC00..0xE000).contains(&low) {
                code = 0x1_0000 + ((code - 0xD800) << 10 | low - 0xDC00);
                end += 6;
            }
        }
        builder.push(code)?;
    }
}
