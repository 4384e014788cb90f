//! Strings in JSON's quotes.

use object::PyResult;
use object::value::str::{Builder, Data};

/// The letter behind the backslash of a short escape.
fn short(code: u32) -> Option<u8> {
    Some(match code {
        0x22 => b'"',
        0x5C => b'\\',
        0x08 => b'b',
        0x0C => b'f',
        0x0A => b'n',
        0x0D => b'r',
        0x09 => b't',
        _ => return None,
    })
}

fn is_plain(code: u32) -> bool {
    code >= 0x20 && code != 0x22 && code != 0x5C
}

/// The characters below 256 that stand for themselves: in any text, and in an ASCII one.
const PLAIN: [[bool; 256]; 2] = {
    let mut plain = [[false; 256]; 2];
    let mut code = 0;
    while code < 256 {
        plain[0][code] = code >= 0x20 && code != 0x22 && code != 0x5C;
        plain[1][code] = plain[0][code] && code < 0x7F;
        code += 1;
    }
    plain
};

fn hex(builder: &mut Builder, unit: u32) -> PyResult<()> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u32| DIGITS.get((unit >> shift & 0xF) as usize).copied().unwrap_or(b'0');
    builder.push_data(Data::Latin1(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]))
}

fn escaped(builder: &mut Builder, code: u32) -> PyResult<()> {
    match short(code) {
        Some(letter) => builder.push_data(Data::Latin1(&[b'\\', letter])),
        None if code > 0xFFFF => {
            let offset = code - 0x1_0000;
            hex(builder, 0xD800 + (offset >> 10))?;
            hex(builder, 0xDC00 + (offset & 0x3FF))
        }
        None => hex(builder, code),
    }
}

/// Adds the quoted text; what is no plain character by `plain` is escaped.
fn quoted<T: Copy + Into<u32>>(
    builder: &mut Builder,
    mut codes: &[T],
    plain: impl Fn(u32) -> bool,
    slice: impl for<'a> Fn(&'a [T]) -> Data<'a>,
) -> PyResult<()> {
    builder.push(0x22)?;
    while !codes.is_empty() {
        let run = codes.iter().position(|code| !plain((*code).into())).unwrap_or(codes.len());
        let (head, rest) = codes.split_at(run);
        if !head.is_empty() {
            builder.push_data(slice(head))?;
        }
        codes = match rest.split_first() {
            Some((code, rest)) => {
                escaped(builder, (*code).into())?;
                rest
            }
            None => rest,
        };
    }
    builder.push(0x22)
}

/// Adds a string with only ASCII characters in it.
pub fn push_ascii(builder: &mut Builder, data: Data<'_>) -> PyResult<()> {
    if let Data::Latin1(codes) = data
        && codes.iter().all(|code| PLAIN[1][usize::from(*code)])
    {
        return builder.push_quoted(codes);
    }
    let plain = |code| is_plain(code) && code < 0x7F;
    match data {
        Data::Latin1(codes) => quoted(builder, codes, plain, |codes| Data::Latin1(codes)),
        Data::Ucs2(codes) => quoted(builder, codes, plain, |codes| Data::Ucs2(codes)),
        Data::Ucs4(codes) => quoted(builder, codes, plain, |codes| Data::Ucs4(codes)),
    }
}

/// Adds a string where only quotes, backslashes and control characters are escaped.
pub fn push(builder: &mut Builder, data: Data<'_>) -> PyResult<()> {
    if let Data::Latin1(codes) = data
        && codes.iter().all(|code| PLAIN[0][usize::from(*code)])
    {
        return builder.push_quoted(codes);
    }
    match data {
        Data::Latin1(codes) => quoted(builder, codes, is_plain, |codes| Data::Latin1(codes)),
        Data::Ucs2(codes) => quoted(builder, codes, is_plain, |codes| Data::Ucs2(codes)),
        Data::Ucs4(codes) => quoted(builder, codes, is_plain, |codes| Data::Ucs4(codes)),
    }
}
