//! `str`: text in PEP 393's forms (CPython's `unicodeobject.c`). Tables, codecs' kernels and searches are in `unicode`.

mod basic;
pub mod intern;

use macros::pyclass;
use object::Borrowed;
use object::value::str as text;

/// str(object='') -> str
/// str(bytes_or_buffer[, encoding[, errors]]) -> str
///
/// Create a new string object from the given object. If encoding or
/// errors is specified, then the object must expose a data buffer
/// that will be decoded using the given encoding and error handler.
/// Otherwise, returns the result of object.__str__() (if defined)
/// or repr(object).
/// encoding defaults to 'utf-8'.
/// errors defaults to 'strict'.
#[pyclass(name = "str", cell = object::core::STR, flags(BASETYPE, UNICODE_SUBCLASS, MATCH_SELF), parts(BASIC))]
pub struct Str {
    raw: abi::PyUnicodeObject,
}

/// The value of a decimal digit of any script.
pub fn decimal_digit(code: u32) -> Option<u8> {
    unicode::ctype::decimal(code)
}

/// The text of a str with decimal digits of all scripts as ASCII digits and spaces as ASCII spaces; anything else beyond ASCII becomes
/// `?`, which no number contains.
pub fn decimal_to_ascii(string: Borrowed<'_>) -> Vec<u8> {
    match text::data(string) {
        Some(text::Data::Latin1(bytes)) if bytes.is_ascii() => bytes.to_vec(),
        Some(data) => data.iter().map(ascii_for_number).collect(),
        None => Vec::new(),
    }
}

fn ascii_for_number(code: u32) -> u8 {
    match code {
        0..0x80 => code as u8,
        _ if unicode::ctype::is_space(code) => b' ',
        _ => decimal_digit(code).map_or(b'?', |digit| b'0' + digit),
    }
}

/// The code points of a str as `unicode` takes them.
pub fn units<'a>(string: Borrowed<'a>) -> unicode::Units<'a> {
    match text::data(string) {
        Some(text::Data::Latin1(data)) => unicode::Units::One(data),
        Some(text::Data::Ucs2(data)) => unicode::Units::Two(data),
        Some(text::Data::Ucs4(data)) => unicode::Units::Four(data),
        None => unicode::Units::One(&[]),
    }
}
