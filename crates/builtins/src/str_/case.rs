//! Case mappings and character classes of `str`.

use super::{Str, from_codes, units};
use macros::pymethods;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref};
use unicode::{case, ctype, with_units};

/// A case mapping; ASCII strings take the short way.
macro_rules! mapping {
    ($slf:ident, $general:path, |$bytes:ident| $ascii:expr) => {{
        if let Some(content) = text::as_ascii($slf) {
            let $bytes = content.as_bytes();
            return $ascii;
        }
        from_codes(with_units!(units($slf), units => $general(units)))
    }};
}

fn ascii_map(bytes: &[u8], map: impl Fn(u8) -> u8) -> PyResult<Ref> {
    text::latin1_with(bytes.len(), 0x7F, |target| {
        target.iter_mut().zip(bytes).for_each(|(target, byte)| *target = map(*byte));
    })
}

/// Whether the string is not empty and `class` holds for all of it.
fn all(slf: Borrowed<'_>, class: fn(u32) -> bool) -> bool {
    !units(slf).is_empty() && units(slf).codes().all(class)
}

#[pymethods(part = CASE)]
impl Str {
    /// Return a copy of the string converted to lowercase.
    #[method("($self, /)")]
    fn lower(slf: Borrowed<'_>) -> PyResult<Ref> {
        mapping!(slf, case::lower, |bytes| ascii_map(bytes, |byte| byte.to_ascii_lowercase()))
    }

    /// Return a copy of the string converted to uppercase.
    #[method("($self, /)")]
    fn upper(slf: Borrowed<'_>) -> PyResult<Ref> {
        mapping!(slf, case::upper, |bytes| ascii_map(bytes, |byte| byte.to_ascii_uppercase()))
    }

    /// Return a version of the string suitable for caseless comparisons.
    #[method("($self, /)")]
    fn casefold(slf: Borrowed<'_>) -> PyResult<Ref> {
        mapping!(slf, case::casefold, |bytes| ascii_map(bytes, |byte| byte.to_ascii_lowercase()))
    }

    /// Return a version of the string where each word is titlecased.
    ///
    /// More specifically, words start with uppercased characters and all remaining
    /// cased characters have lower case.
    #[method("($self, /)")]
    fn title(slf: Borrowed<'_>) -> PyResult<Ref> {
        from_codes(with_units!(units(slf), units => case::title(units)))
    }

    /// Return a capitalized version of the string.
    ///
    /// More specifically, make the first character have upper case and the rest lower
    /// case.
    #[method("($self, /)")]
    fn capitalize(slf: Borrowed<'_>) -> PyResult<Ref> {
        from_codes(with_units!(units(slf), units => case::capitalize(units)))
    }

    /// Convert uppercase characters to lowercase and lowercase characters to uppercase.
    #[method("($self, /)")]
    fn swapcase(slf: Borrowed<'_>) -> PyResult<Ref> {
        from_codes(with_units!(units(slf), units => case::swapcase(units)))
    }

    /// Return True if the string is a lowercase string, False otherwise.
    ///
    /// A string is lowercase if all cased characters in the string are lowercase and
    /// there is at least one cased character in the string.
    #[method("($self, /)")]
    fn islower(slf: Borrowed<'_>) -> bool {
        with_units!(units(slf), units => case::all_lower(units))
    }

    /// Return True if the string is an uppercase string, False otherwise.
    ///
    /// A string is uppercase if all cased characters in the string are uppercase and
    /// there is at least one cased character in the string.
    #[method("($self, /)")]
    fn isupper(slf: Borrowed<'_>) -> bool {
        with_units!(units(slf), units => case::all_upper(units))
    }

    /// Return True if the string is a title-cased string, False otherwise.
    ///
    /// In a title-cased string, upper- and title-case characters may only
    /// follow uncased characters and lowercase characters only cased ones.
    #[method("($self, /)")]
    fn istitle(slf: Borrowed<'_>) -> bool {
        with_units!(units(slf), units => case::all_title(units))
    }

    /// Return True if all characters in the string are ASCII, False otherwise.
    ///
    /// ASCII characters have code points in the range U+0000-U+007F.
    /// Empty string is ASCII too.
    #[method("($self, /)")]
    fn isascii(slf: Borrowed<'_>) -> bool {
        text::as_ascii(slf).is_some()
    }

    /// Return True if the string is a whitespace string, False otherwise.
    ///
    /// A string is whitespace if all characters in the string are whitespace and there
    /// is at least one character in the string.
    #[method("($self, /)")]
    fn isspace(slf: Borrowed<'_>) -> bool {
        all(slf, ctype::is_space)
    }

    /// Return True if the string is an alphabetic string, False otherwise.
    ///
    /// A string is alphabetic if all characters in the string are alphabetic and there
    /// is at least one character in the string.
    #[method("($self, /)")]
    fn isalpha(slf: Borrowed<'_>) -> bool {
        all(slf, ctype::is_alpha)
    }

    /// Return True if the string is an alpha-numeric string, False otherwise.
    ///
    /// A string is alpha-numeric if all characters in the string are alpha-numeric and
    /// there is at least one character in the string.
    #[method("($self, /)")]
    fn isalnum(slf: Borrowed<'_>) -> bool {
        all(slf, ctype::is_alnum)
    }

    /// Return True if the string is a decimal string, False otherwise.
    ///
    /// A string is a decimal string if all characters in the string are decimal and
    /// there is at least one character in the string.
    #[method("($self, /)")]
    fn isdecimal(slf: Borrowed<'_>) -> bool {
        all(slf, |code| ctype::decimal(code).is_some())
    }

    /// Return True if the string is a digit string, False otherwise.
    ///
    /// A string is a digit string if all characters in the string are digits and there
    /// is at least one character in the string.
    #[method("($self, /)")]
    fn isdigit(slf: Borrowed<'_>) -> bool {
        all(slf, |code| ctype::digit(code).is_some())
    }

    /// Return True if the string is a numeric string, False otherwise.
    ///
    /// A string is numeric if all characters in the string are numeric and there is at
    /// least one character in the string.
    #[method("($self, /)")]
    fn isnumeric(slf: Borrowed<'_>) -> bool {
        all(slf, ctype::is_numeric)
    }

    /// Return True if the string is a valid Python identifier, False otherwise.
    ///
    /// Call keyword.iskeyword(s) to test whether string s is a reserved identifier,
    /// such as "def" or "class".
    #[method("($self, /)")]
    fn isidentifier(slf: Borrowed<'_>) -> bool {
        with_units!(units(slf), units => case::is_identifier(units))
    }
}
