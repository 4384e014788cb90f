//! `str`: text in PEP 393's forms (CPython's `unicodeobject.c`). Tables, codecs' kernels and searches are in `unicode`.

mod arrange;
mod basic;
mod case;
pub mod formatter;
pub mod intern;
mod iter;
pub use iter::StrIterator;
mod percent;
mod represent;
mod search;
mod split;
mod translate;

pub use basic::{concat, contains, equal, hash, order, substring};
pub use percent::{format as percent_format, format_bytes};
pub use represent::repr;
pub use split::join;

use macros::pyclass;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, core, memory, raise};

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
#[pyclass(name = "str", cell = object::core::STR, flags(BASETYPE, UNICODE_SUBCLASS, MATCH_SELF), parts(BASIC, REPRESENT, CASE, SEARCH, SPLIT, ARRANGE, TRANSLATE, ITER, FORMATTER))]
pub struct Str {
    raw: abi::PyUnicodeObject,
}

/// The value of a decimal digit of any script.
pub fn decimal_digit(code: u32) -> Option<u8> {
    match code {
        0x30..=0x39 => Some((code - 0x30) as u8),
        ..0x80 => None,
        _ => unicode::ctype::decimal(code),
    }
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
#[inline]
pub fn units<'a>(string: Borrowed<'a>) -> unicode::Units<'a> {
    match text::data(string) {
        Some(text::Data::Latin1(data)) => unicode::Units::One(data),
        Some(text::Data::Ucs2(data)) => unicode::Units::Two(data),
        Some(text::Data::Ucs4(data)) => unicode::Units::Four(data),
        None => unicode::Units::One(&[]),
    }
}

/// The same code points as `object` takes them.
pub fn to_data(units: unicode::Units<'_>) -> text::Data<'_> {
    match units {
        unicode::Units::One(data) => text::Data::Latin1(data),
        unicode::Units::Two(data) => text::Data::Ucs2(data),
        unicode::Units::Four(data) => text::Data::Ucs4(data),
    }
}

/// A str from a result of `unicode`.
pub fn from_codes(codes: Result<Vec<u32>, unicode::NoMemory>) -> PyResult<Ref> {
    text::from_ucs4(&codes.map_err(|_| memory::no_memory())?)
}

/// The bounds of `[start:end]` in something of this length: [`SliceEnds`] in one step.
pub fn slice_bounds(start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>, len: usize) -> PyResult<Option<(usize, usize)>> {
    Ok(SliceEnds::of(start, end)?.within(len))
}

/// Start and end arguments of a search, converted but not yet compared with a length, which the conversion may change.
pub struct SliceEnds {
    start: isize,
    end: isize,
}

impl SliceEnds {
    /// Converts the arguments; may run Python code.
    pub fn of(start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>) -> PyResult<Self> {
        let bound = |value: Option<Borrowed<'_>>, default: isize| match value {
            Some(value) if !value.is(&core::none()) => {
                if value.class().nb_index().is_none() {
                    return Err(raise!(TypeError, "slice indices must be integers or None or have an __index__ method"));
                }
                value.as_isize_clamped()
            }
            _ => Ok(default),
        };
        Ok(Self { start: bound(start, 0)?, end: bound(end, isize::MAX)? })
    }

    /// The bounds in something of this length; none where the start is behind the length, so that not even an empty text is found.
    /// The order is checked: an end before the start gives none too.
    pub fn within(&self, len: usize) -> Option<(usize, usize)> {
        let length = len.cast_signed();
        let from_end = |index: isize| if index < 0 { index.saturating_add(length).max(0) } else { index };
        let start = from_end(self.start);
        let end = from_end(self.end).min(length);
        if start > end { None } else { Some((start.cast_unsigned(), end.cast_unsigned())) }
    }
}
