//! A JSON string becomes a str.

use super::decode_error;
use object::value::str::{self as text, Builder, Data};
use object::{Borrowed, PyResult, Ref, raise};

fn slice(data: Data<'_>, from: usize, to: usize) -> Data<'_> {
    match data {
        Data::Latin1(codes) => Data::Latin1(codes.get(from..to).unwrap_or_default()),
        Data::Ucs2(codes) => Data::Ucs2(codes.get(from..to).unwrap_or_default()),
        Data::Ucs4(codes) => Data::Ucs4(codes.get(from..to).unwrap_or_default()),
    }
}

/// Where the next character stands that is not plain content.
fn content_end(data: Data<'_>, from: usize, strict: bool) -> usize {
    let ends = |code: u32| code == 0x22 || code == 0x5C || strict && code <= 0x1F;
    let found = match slice(data, from, data.len()) {
        Data::Latin1(codes) => codes.iter().position(|code| ends(u32::from(*code))),
        Data::Ucs2(codes) => codes.iter().position(|code| ends(u32::from(*code))),
        Data::Ucs4(codes) => codes.iter().position(|code| ends(*code)),
    };
    found.map_or(data.len(), |offset| from + offset)
}

fn hex4(data: Data<'_>, from: usize) -> Option<u32> {
    (from..from + 4).try_fold(0, |value, index| {
        let code = data.get(index).filter(|code| *code < 0x80)?;
        char::from_u32(code)?.to_digit(16).map(|digit| value << 4 | digit)
    })
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
pub fn scan(document: Borrowed<'_>, data: Data<'_>, end: isize, strict: bool) -> PyResult<(Ref, usize)> {
    let len = data.len();
    let Some(mut end) = usize::try_from(end).ok().filter(|end| *end <= len) else {
        return Err(raise!(ValueError, "end is out of bounds"));
    };
    let begin = end.cast_signed() - 1;
    let unterminated = || decode_error("Unterminated string starting at", document, begin);
    let mut builder = Builder::new();
    loop {
        let next = content_end(data, end, strict);
        let code = data.get(next).ok_or_else(unterminated)?;
        if code == 0x22 && builder.is_empty() {
            return Ok((text::from_data(slice(data, end, next))?, next + 1));
        }
        if next > end {
            builder.push_data(slice(data, end, next))?;
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
        let mut code = hex4(data, digits).ok_or_else(invalid)?;
        if (0xD800..0xDC00).contains(&code)
            && end + 6 <= len
            && data.get(end) == Some(0x5C)
            && data.get(end + 1) == Some(u32::from(b'u'))
        {
            let Some(low) = hex4(data, end + 2) else {
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
