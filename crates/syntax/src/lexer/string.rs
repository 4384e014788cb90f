//! Plain string and bytes literals.

use super::{Done, ERROR, Lexer, Raw, raw};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// A literal from `start`; its opening quote was read last.
    pub(super) fn string(&mut self, start: usize, quote: u8) -> Raw {
        let mut quote_size = 1;
        let mut end_quotes = 0;
        let mut escaped_quote = false;
        self.first_lineno = self.lineno;
        self.multi_line_start = self.line_start;
        let mut c = self.next();
        if c == Some(quote) {
            c = self.next();
            if c == Some(quote) {
                quote_size = 3;
            } else {
                end_quotes = 1;
            }
        }
        if c != Some(quote) {
            self.back(c);
        }
        while end_quotes != quote_size {
            if let Some(rest) = self.rest_of_line().strip_suffix(b"\n") {
                let plain = memchr::memchr2(quote, b'\\', rest).unwrap_or(rest.len());
                if plain > 0 {
                    self.cur += plain;
                    end_quotes = 0;
                }
            }
            let c = self.next();
            if c.is_none() || (quote_size == 1 && c == Some(b'\n')) {
                return self.unterminated_string(start, quote, quote_size, c, escaped_quote);
            }
            if c == Some(quote) {
                end_quotes += 1;
                continue;
            }
            end_quotes = 0;
            if c == Some(b'\\') {
                let escaped = self.next();
                escaped_quote |= escaped == Some(quote);
                if escaped == Some(b'\r') {
                    self.next();
                }
            }
        }
        raw(TokenKind::String, start, self.cur)
    }

    fn unterminated_string(&mut self, start: usize, quote: u8, quote_size: usize, c: Option<u8>, escaped_quote: bool) -> Raw {
        self.cur = start + 1;
        self.line_start = self.multi_line_start;
        let detected = std::mem::replace(&mut self.lineno, self.first_lineno);
        if let Some(mode) = self.modes.last()
            && mode.quote == quote
            && mode.quote_size == quote_size
        {
            let message = format!("{}-string: expecting '}}'", char::from(mode.prefix));
            return self.syntax_error(message);
        }
        if quote_size == 3 {
            self.syntax_error(format!("unterminated triple-quoted string literal (detected at line {detected})"));
            if c.is_none() {
                self.done = Done::EofInString;
            }
        } else {
            let hint = if escaped_quote { "; perhaps you escaped the end quote?" } else { "" };
            self.syntax_error(format!("unterminated string literal (detected at line {detected}){hint}"));
            if c.is_none() {
                self.done = Done::EolInString;
            }
        }
        ERROR
    }
}
