//! Identifiers and prefixes of string literals.

use super::{ERROR, Lexer, Raw, raw};
use crate::token::TokenKind;
use unicode::ctype;
use unicode::database::Database;
use unicode::normalize::Form;

const START: u8 = 1;
const CHAR: u8 = 2;
/// Letters of the prefixes of string literals.
const PREFIX: u8 = 4;

/// ASCII characters of identifiers.
const ASCII_CHAR: u8 = 8;

/// What each byte may be.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut c: usize = 0;
    while c < 256 {
        let byte = c.to_le_bytes()[0];
        if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 {
            classes[c] |= START | CHAR;
        }
        if byte.is_ascii_digit() {
            classes[c] |= CHAR;
        }
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            classes[c] |= ASCII_CHAR;
        }
        if matches!(byte.to_ascii_lowercase(), b'b' | b'r' | b'u' | b'f' | b't') {
            classes[c] |= PREFIX;
        }
        c += 1;
    }
    classes
};

#[inline]
fn is_any(c: u8, classes: u8) -> bool {
    CLASSES[usize::from(c)] & classes != 0
}

#[inline]
pub(super) fn is_potential_start(c: u8) -> bool {
    is_any(c, START)
}

#[inline]
pub(super) fn is_potential_char(c: u8) -> bool {
    is_any(c, CHAR)
}

#[inline]
pub(super) fn is_ascii_char(c: u8) -> bool {
    is_any(c, ASCII_CHAR)
}

/// The NFKC form, in which identifiers are compared; `None` if memory runs out.
pub(crate) fn normalize(identifier: &str) -> Option<String> {
    let codes: Vec<u32> = identifier.chars().map(u32::from).collect();
    let normal = unicode::normalize::normalize(Database::Current, Form::Nfkc, &codes).ok()?;
    normal.into_iter().map(char::from_u32).collect()
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
        if is_any(c, PREFIX)
            && let Some(string) = self.prefixed_string(start, c)
        {
            return string;
        }
        // What was read of a prefix that was none belongs to the name.
        self.skip_until(|c| !is_potential_char(c));
        self.look();
        let name = self.source.get(start..self.cur).unwrap_or_default();
        if !name.is_ascii() && !self.options.extra_tokens && !self.verify_identifier(start) {
            return ERROR;
        }
        raw(TokenKind::Name, start, self.cur)
    }

    /// A string literal with a prefix that begins with `c`. If it is none, letters of a name were read.
    fn prefixed_string(&mut self, start: usize, c: u8) -> Option<Raw> {
        let mut prefix = Prefix::default();
        let mut c = Some(c);
        while c.is_some_and(|c| prefix.take(c)) {
            c = self.next();
            if let Some(quote @ (b'"' | b'\'')) = c {
                if let Some((one, other)) = prefix.conflict() {
                    let message = format!("'{one}' and '{other}' prefixes are incompatible");
                    return Some(self.syntax_error_range(&message, start, self.cur));
                }
                if prefix.f || prefix.t {
                    return Some(self.fstring_start(start, quote, if prefix.f { b'f' } else { b't' }, prefix.r));
                }
                return Some(self.string(start, quote));
            }
        }
        self.back(c);
        None
    }

    /// Checks an identifier with non-ASCII characters.
    fn verify_identifier(&mut self, start: usize) -> bool {
        let bytes = self.source.get(start..self.cur).unwrap_or_default();
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.syntax_error("invalid character");
            return false;
        };
        let valid = |(index, c): (usize, char)| {
            let code = u32::from(c);
            if index == 0 { c == '_' || ctype::is_xid_start(code) } else { ctype::is_xid_continue(code) }
        };
        let Some((index, c)) = text.char_indices().find(|&at| !valid(at)) else {
            return true;
        };
        self.cur = start + index + c.len_utf8();
        let code = u32::from(c);
        if ctype::is_printable(code) {
            self.syntax_error(format!("invalid character '{c}' (U+{code:04X})"));
        } else {
            self.syntax_error(format!("invalid non-printable character U+{code:04X}"));
        }
        false
    }
}
