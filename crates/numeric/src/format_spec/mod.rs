//! The format mini-language of PEP 3101: `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.
//!
//! Text is a slice of code points, since a fill character may be a lone surrogate. Results are code points too.

mod number;
mod parse;
mod render;

pub use number::{Codes, Locale};
pub use parse::{Align, Grouping, Spec};
pub use render::{StringLayout, format_complex, format_float, format_int, format_string};

use crate::int::NoMemory;

/// Why a format fails. Each is a ValueError with the text of `message`, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecError {
    /// A fixed message.
    Message(&'static str),
    /// A message that was put together.
    Text(String),
    /// "Invalid format specifier '%U' for object of type '%.200s'": the caller knows both.
    Invalid,
    /// "Unknown format code '%c' for object of type '%.200s'": see `unknown_code`.
    UnknownCode(u32),
    /// OverflowError "%c arg not in range(0x110000)"
    CharRange,
    /// OverflowError "Python int too large to convert to C long"
    CharTooLarge,
    /// OverflowError "int too large to convert to float"
    IntTooLarge,
    /// More digits than `sys.get_int_max_str_digits()`.
    TooManyDigits,
    /// MemoryError
    NoMemory,
}

impl From<NoMemory> for SpecError {
    fn from(_: NoMemory) -> Self {
        SpecError::NoMemory
    }
}

/// CPython's message for an unknown presentation type.
pub fn unknown_code(code: u32, type_name: &str) -> String {
    format!("Unknown format code '{}' for object of type '{type_name:.200}'", show(code))
}

/// A code point as the messages show it.
fn show(code: u32) -> String {
    match char::from_u32(code) {
        Some(c) if ('!'..='\x7f').contains(&c) => c.to_string(),
        _ => format!("\\x{code:x}"),
    }
}
