//! Numbers.

use super::{ERROR, Lexer, Raw, raw};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// A number that starts with the digit `c`.
    pub(super) fn number(&mut self, start: usize, c: u8) -> Raw {
        if c != b'0' {
            let Ok(c) = self.decimal_tail() else { return ERROR };
            return self.after_integer(start, c);
        }
        let c = self.next();
        match c {
            Some(b'x' | b'X') => self.radix_literal(start, "hexadecimal", |c| c.is_ascii_hexdigit()),
            Some(b'o' | b'O') => self.radix_literal(start, "octal", |c| matches!(c, b'0'..=b'7')),
            Some(b'b' | b'B') => self.radix_literal(start, "binary", |c| matches!(c, b'0' | b'1')),
            _ => self.after_zero(start, c),
        }
    }

    /// After a leading `0`: zeros, or a float, or an old octal number, which is an error.
    fn after_zero(&mut self, start: usize, mut c: Option<u8>) -> Raw {
        loop {
            if c == Some(b'_') {
                c = self.next();
                if !is_digit(c) {
                    self.back(c);
                    return self.syntax_error("invalid decimal literal");
                }
            }
            if c != Some(b'0') {
                break;
            }
            c = self.next();
        }
        let zeros_end = self.cur;
        let mut nonzero = false;
        if is_digit(c) {
            nonzero = true;
            match self.decimal_tail() {
                Ok(next) => c = next,
                Err(()) => return ERROR,
            }
        }
        if nonzero && !matches!(c, Some(b'.' | b'e' | b'E' | b'j' | b'J')) && !self.options.extra_tokens {
            self.back(c);
            return self.syntax_error_range(
                "leading zeros in decimal integer literals are not permitted; \
                 use an 0o prefix for octal integers",
                start,
                zeros_end,
            );
        }
        self.after_integer(start, c)
    }

    /// After the integer part, `c` was read: a float, an imaginary number, or the end.
    fn after_integer(&mut self, start: usize, c: Option<u8>) -> Raw {
        if c == Some(b'.') {
            let c = self.next();
            return self.fraction(start, c);
        }
        self.exponent(start, c)
    }

    /// After the point, `c` was read.
    pub(super) fn fraction(&mut self, start: usize, mut c: Option<u8>) -> Raw {
        if is_digit(c) {
            match self.decimal_tail() {
                Ok(next) => c = next,
                Err(()) => return ERROR,
            }
        }
        self.exponent(start, c)
    }

    fn exponent(&mut self, start: usize, mut c: Option<u8>) -> Raw {
        if matches!(c, Some(b'e' | b'E')) {
            let e = c;
            c = self.next();
            if matches!(c, Some(b'+' | b'-')) {
                c = self.next();
                if !is_digit(c) {
                    self.back(c);
                    return self.syntax_error("invalid decimal literal");
                }
            } else if !is_digit(c) {
                self.back(c);
                if !self.verify_end(e, "decimal") {
                    return ERROR;
                }
                self.back(e);
                return raw(TokenKind::Number, start, self.cur);
            }
            match self.decimal_tail() {
                Ok(next) => c = next,
                Err(()) => return ERROR,
            }
        }
        let mut kind = "decimal";
        if matches!(c, Some(b'j' | b'J')) {
            c = self.next();
            kind = "imaginary";
        }
        self.end_number(start, c, kind)
    }

    fn radix_literal(&mut self, start: usize, kind: &str, valid: fn(u8) -> bool) -> Raw {
        let mut c = self.next();
        loop {
            if c == Some(b'_') {
                c = self.next();
            }
            if !c.is_some_and(valid) {
                if kind != "hexadecimal"
                    && let Some(digit @ b'0'..=b'9') = c
                {
                    return self.syntax_error(format!("invalid digit '{}' in {kind} literal", char::from(digit)));
                }
                self.back(c);
                return self.syntax_error(format!("invalid {kind} literal"));
            }
            while c.is_some_and(valid) {
                c = self.next();
            }
            if c != Some(b'_') {
                break;
            }
        }
        if let Some(digit @ b'0'..=b'9') = c {
            return self.syntax_error(format!("invalid digit '{}' in {kind} literal", char::from(digit)));
        }
        self.end_number(start, c, kind)
    }

    fn end_number(&mut self, start: usize, c: Option<u8>, kind: &str) -> Raw {
        if !self.verify_end(c, kind) {
            return ERROR;
        }
        self.back(c);
        raw(TokenKind::Number, start, self.cur)
    }

    /// Digits and underscores; returns what was read after them.
    fn decimal_tail(&mut self) -> Result<Option<u8>, ()> {
        loop {
            let mut c = self.next();
            while is_digit(c) {
                c = self.next();
            }
            if c != Some(b'_') {
                return Ok(c);
            }
            c = self.next();
            if !is_digit(c) {
                self.back(c);
                self.syntax_error("invalid decimal literal");
                return Err(());
            }
        }
    }

    /// Nothing that could belong to the number may follow; a keyword may, with a warning.
    fn verify_end(&mut self, c: Option<u8>, kind: &str) -> bool {
        if self.options.extra_tokens {
            return true;
        }
        let keyword = match c {
            Some(b'a') => self.keyword_follows(b"nd"),
            Some(b'e') => self.keyword_follows(b"lse"),
            Some(b'f') => self.keyword_follows(b"or"),
            Some(b'i') => self.lookahead(b"f") || self.lookahead(b"n") || self.lookahead(b"s"),
            Some(b'o') => self.keyword_follows(b"r"),
            Some(b'n') => self.keyword_follows(b"ot"),
            _ => false,
        };
        if keyword {
            self.back(c);
            let message = format!("invalid {kind} literal");
            self.warn(message.clone(), message);
            self.next();
        } else if c.is_some_and(|c| c < 0x80 && super::identifier::is_potential_char(c)) {
            self.back(c);
            self.syntax_error(format!("invalid {kind} literal"));
            return false;
        }
        true
    }

    /// The rest of a keyword is next, and its end.
    fn keyword_follows(&mut self, rest: &[u8]) -> bool {
        if !self.lookahead(rest) {
            return false;
        }
        self.cur += rest.len();
        let after = self.next();
        self.back(after);
        self.cur -= rest.len();
        !after.is_some_and(super::identifier::is_potential_char)
    }
}

fn is_digit(c: Option<u8>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit())
}
