//! What a code point is, as `str` methods ask it: `isalpha`, `isspace`, digits, and the simple and full case mappings.
//!
//! Code points are `u32`, lone surrogates included; values beyond U+10FFFF are unassigned.

use crate::tables::ctype::{CASE_POOL, SPECIAL_CASES, TYPE_BLOCKS, TYPE_INDEX, TYPE_RECORDS};
use crate::tables::look_up;

/// One kind of code points: flags, distances to the simple mappings, digit values (255 for none), full mappings.
pub(crate) struct Record {
    pub flags: u16,
    pub lower: i32,
    pub upper: i32,
    pub title: i32,
    pub decimal: u8,
    pub digit: u8,
    /// Whether folding changes it.
    pub folds: bool,
    /// The number of its full mappings, from 1; 0 where the simple ones serve and folding lower-cases.
    pub special: u16,
}

/// What stands for no digit in the tables.
const NO_DIGIT: u8 = 255;

static UNASSIGNED: Record =
    Record { flags: 0, lower: 0, upper: 0, title: 0, decimal: NO_DIGIT, digit: NO_DIGIT, folds: false, special: 0 };

#[inline]
fn record(code: u32) -> &'static Record {
    if code > 0x10FFFF {
        return &UNASSIGNED;
    }
    TYPE_RECORDS.get(look_up(&TYPE_INDEX, &TYPE_BLOCKS, code)).unwrap_or(&UNASSIGNED)
}

macro_rules! tests {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        $($(#[$doc])* #[inline] pub fn $name(code: u32) -> bool { record(code).flags & (1 << $bit) != 0 })*
    };
}

tests! {
    /// `str.isalpha`: a letter (categories L*).
    is_alpha = 0;
    /// `str.isdecimal`: a decimal digit.
    is_decimal = 1;
    /// `str.isdigit`: a digit, decimal or not.
    is_digit = 2;
    /// `str.isnumeric`: has a numeric value.
    is_numeric = 3;
    /// The property Lowercase.
    is_lower = 4;
    /// The property Uppercase.
    is_upper = 5;
    /// Title case (category Lt).
    is_title = 6;
    /// `str.isspace`: white space.
    is_space = 7;
    /// `str.isprintable`: `repr` shows it as it is.
    is_printable = 8;
    /// XID_Start; the underscore is not among them.
    is_xid_start = 9;
    /// XID_Continue.
    is_xid_continue = 10;
    /// Cased: lower, upper or title case.
    is_cased = 11;
    /// Case_Ignorable.
    is_case_ignorable = 12;
    /// `str.splitlines` ends a line here.
    is_linebreak = 13;
}

/// `str.isalnum`: a letter or a number.
#[inline]
pub fn is_alnum(code: u32) -> bool {
    record(code).flags & 0b1111 != 0
}

/// The value of a decimal digit.
#[inline]
pub fn decimal(code: u32) -> Option<u8> {
    if code < 0x80 {
        return (0x30..0x3A).contains(&code).then(|| (code - 0x30) as u8);
    }
    Some(record(code).decimal).filter(|&value| value != NO_DIGIT)
}

/// The value of a digit.
#[inline]
pub fn digit(code: u32) -> Option<u8> {
    Some(record(code).digit).filter(|&value| value != NO_DIGIT)
}

/// The simple mapping to lower case.
#[inline]
pub fn to_lower(code: u32) -> u32 {
    code.wrapping_add_signed(record(code).lower)
}

/// The simple mapping to upper case.
#[inline]
pub fn to_upper(code: u32) -> u32 {
    code.wrapping_add_signed(record(code).upper)
}

/// The simple mapping to title case.
#[inline]
pub fn to_title(code: u32) -> u32 {
    code.wrapping_add_signed(record(code).title)
}

/// A full case mapping: one to three code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    codes: [u32; 3],
    len: u8,
}

impl Mapped {
    fn one(code: u32) -> Self {
        Mapped { codes: [code, 0, 0], len: 1 }
    }

    /// The code points.
    #[inline]
    pub fn as_slice(&self) -> &[u32] {
        self.codes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// The full mapping number `which` (lower, upper, title, fold), where it differs from the simple one.
#[cold]
fn special(number: u16, which: usize, code: u32) -> Mapped {
    let entry = SPECIAL_CASES.get(usize::from(number).wrapping_sub(1)).and_then(|entry| entry.get(which).copied());
    let Some(entry) = entry else { return Mapped::one(code) };
    let (start, len) = (usize::from(entry >> 2), usize::from(entry & 3));
    let mut mapped = Mapped { codes: [0; 3], len: len as u8 };
    if let Some(source) = CASE_POOL.get(start..start + len) {
        mapped.codes.iter_mut().zip(source).for_each(|(slot, &code)| *slot = code);
    }
    mapped
}

/// `str.lower` of one code point without its neighbours (the sigma at a word's end is `lower` of a string).
#[inline]
pub fn lower_full(code: u32) -> Mapped {
    let record = record(code);
    if record.special == 0 { Mapped::one(code.wrapping_add_signed(record.lower)) } else { special(record.special, 0, code) }
}

/// `str.upper` of one code point.
#[inline]
pub fn upper_full(code: u32) -> Mapped {
    let record = record(code);
    if record.special == 0 { Mapped::one(code.wrapping_add_signed(record.upper)) } else { special(record.special, 1, code) }
}

/// `str.title` of one code point at a word's beginning.
#[inline]
pub fn title_full(code: u32) -> Mapped {
    let record = record(code);
    if record.special == 0 { Mapped::one(code.wrapping_add_signed(record.title)) } else { special(record.special, 2, code) }
}

/// `str.casefold` of one code point.
#[inline]
pub fn fold_full(code: u32) -> Mapped {
    let record = record(code);
    if record.special != 0 {
        special(record.special, 3, code)
    } else if record.folds {
        Mapped::one(code.wrapping_add_signed(record.lower))
    } else {
        Mapped::one(code)
    }
}
