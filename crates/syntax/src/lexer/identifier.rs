//! Identifiers and prefixes of string literals.

use super::{ERROR, Lexer, Raw, raw};
use crate::token::TokenKind;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

pub(super) fn is_potential_start(c: u8) -> bool {
    c.is_ascii_alphabetic() || c == b'_' || c >= 0x80
}

pub(super) fn is_potential_char(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80
}

/// The NFKC form, in which identifiers are compared.
pub(crate) fn normalize(identifier: &str) -> String {
    identifier.nfkc().collect()
}

/// `str.isprintable` of one character.
pub(crate) fn is_printable(c: char) -> bool {
    use GeneralCategory as G;
    c == ' '
        || !matches!(
            c.general_category(),
            G::Control
                | G::Format
                | G::Surrogate
                | G::PrivateUse
                | G::Unassigned
                | G::LineSeparator
                | G::ParagraphSeparator
                | G::SpaceSeparator
        )
}

/// Which prefix letters were seen.
#[derive(Default)]
struct Prefix {
    b: bool,
    r: bool,
    u: bool,
    f: bool,
    t: bool,
}

impl Prefix {
    /// Takes a letter in; false if it is none, or a repeated one.
    fn take(&mut self, c: u8) -> bool {
        let seen = match c {
            b'b' | b'B' => &mut self.b,
            b'r' | b'R' => &mut self.r,
            b'u' | b'U' => &mut self.u,
            b'f' | b'F' => &mut self.f,
            b't' | b'T' => &mut self.t,
            _ => return false,
        };
        !std::mem::replace(seen, true)
    }

    /// Two prefixes that exclude each other.
    fn conflict(&self) -> Option<(char, char)> {
        match self {
            Prefix { u: true, b: true, .. } => Some(('u', 'b')),
            Prefix { u: true, r: true, .. } => Some(('u', 'r')),
            Prefix { u: true, f: true, .. } => Some(('u', 'f')),
            Prefix { u: true, t: true, .. } => Some(('u', 't')),
            Prefix { b: true, f: true, .. } => Some(('b', 'f')),
            Prefix { b: true, t: true, .. } => Some(('b', 't')),
            Prefix { f: true, t: true, .. } => Some(('f', 't')),
            _ => None,
        }
    }
}

impl Lexer<'_> {
    /// A name, a keyword or a string literal with a prefix; `c` is the first byte.
    pub(super) fn identifier_or_string(&mut self, start: usize, c: u8) -> Raw {
        let mut prefix = Prefix::default();
        let mut c = Some(c);
        while c.is_some_and(|c| prefix.take(c)) {
            c = self.next();
            if let Some(quote @ (b'"' | b'\'')) = c {
                if let Some((one, other)) = prefix.conflict() {
                    let from = super::distance(self.line_start, start) + 1;
                    let to = super::distance(self.line_start, self.cur);
                    let message = format!("'{one}' and '{other}' prefixes are incompatible");
                    return self.syntax_error_range(&message, from, to);
                }
                if prefix.f || prefix.t {
                    return self.fstring_start(start, quote, if prefix.f { b'f' } else { b't' }, prefix.r);
                }
                return self.string(start, quote);
            }
        }
        let mut non_ascii = false;
        while let Some(byte) = c
            && is_potential_char(byte)
        {
            non_ascii |= byte >= 0x80;
            c = self.next();
        }
        self.back(c);
        if non_ascii && !self.verify_identifier(start) {
            return ERROR;
        }
        raw(TokenKind::Name, start, self.cur)
    }

    /// Checks an identifier with non-ASCII characters.
    fn verify_identifier(&mut self, start: usize) -> bool {
        let bytes = self.source.get(start..self.cur).unwrap_or_default();
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.syntax_error("invalid character");
            return false;
        };
        let valid = |(index, c): (usize, char)| {
            if index == 0 { c == '_' || unicode_ident::is_xid_start(c) } else { unicode_ident::is_xid_continue(c) }
        };
        let Some((index, c)) = text.char_indices().find(|&at| !valid(at)) else {
            return true;
        };
        self.cur = start + index + c.len_utf8();
        let code = u32::from(c);
        if is_printable(c) {
            self.syntax_error(format!("invalid character '{c}' (U+{code:04X})"));
        } else {
            self.syntax_error(format!("invalid non-printable character U+{code:04X}"));
        }
        false
    }
}
