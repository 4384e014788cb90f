//! f-strings and t-strings (PEP 701, PEP 750): starts, the text between replacement fields, and ends.

use super::{Done, ERROR, Lexer, Mode, ModeKind, Raw, raw};
use crate::token::TokenKind;

const MAX_FSTRING_LEVEL: usize = 150;
const MAX_EXPR_NESTING: i32 = 3;

impl Lexer<'_> {
    /// The prefix and the first quote were read: enters the literal.
    pub(super) fn fstring_start(&mut self, start: usize, quote: u8, prefix: u8, raw_prefix: bool) -> Raw {
        self.first_lineno = self.lineno;
        self.multi_line_start = self.line_start;
        let mut quote_size = 1;
        if self.lookahead(&[quote, quote]) {
            self.cur += 2;
            quote_size = 3;
        }
        if self.modes.len() + 1 >= MAX_FSTRING_LEVEL {
            return self.syntax_error("too many nested f-strings or t-strings");
        }
        self.modes.push(Mode {
            kind: ModeKind::FString,
            prefix,
            raw: raw_prefix,
            quote,
            quote_size,
            start,
            first_line: self.lineno,
            multi_line_start: self.line_start,
            bracket_depth: 0,
            expr_start_depth: -1,
            in_format_spec: false,
            in_debug: false,
        });
        let kind = if prefix == b'f' { TokenKind::FStringStart } else { TokenKind::TStringStart };
        raw(kind, start, self.cur)
    }

    /// A token while the innermost literal reads text (CPython's `tok_get_fstring_mode`).
    pub(super) fn fstring_token(&mut self) -> Raw {
        let start = self.cur;
        self.in_token = true;
        self.multi_line_start = self.line_start;
        self.first_lineno = self.lineno;
        let Some(mode) = self.modes.last() else { return ERROR };
        let (quote, quote_size, t_string) = (mode.quote, mode.quote_size, mode.prefix == b't');

        let first = self.next();
        if first == Some(b'{') {
            let second = self.next();
            self.back(second);
            self.back(first);
            if second != Some(b'{') {
                if let Some(error) = self.enter_expression() {
                    return error;
                }
                return self.regular_token(None);
            }
        } else {
            self.back(first);
        }
        let mut at_end = true;
        for _ in 0..quote_size {
            let c = self.next();
            if c != Some(quote) {
                self.back(c);
                at_end = false;
                break;
            }
        }
        if at_end {
            self.modes.pop();
            let kind = if t_string { TokenKind::TStringEnd } else { TokenKind::FStringEnd };
            return raw(kind, start, self.cur);
        }
        self.fstring_middle(start)
    }

    /// A replacement field begins.
    fn enter_expression(&mut self) -> Option<Raw> {
        let mode = self.modes.last_mut()?;
        mode.expr_start_depth += 1;
        mode.kind = ModeKind::Regular;
        if mode.expr_start_depth >= MAX_EXPR_NESTING {
            let message = format!("{}-string: expressions nested too deeply", char::from(mode.prefix));
            return Some(self.syntax_error(message));
        }
        None
    }

    fn fstring_middle(&mut self, start: usize) -> Raw {
        let Some(mode) = self.modes.last() else { return ERROR };
        let (quote, quote_size, raw_prefix) = (mode.quote, mode.quote_size, mode.raw);
        let in_format_spec = mode.in_format_spec && mode.expr_start_depth >= 0;
        let bracket_depth = mode.bracket_depth;
        let middle = if mode.prefix == b't' { TokenKind::TStringMiddle } else { TokenKind::FStringMiddle };
        let mut unicode_escape = false;
        let mut end_quotes = 0;
        while end_quotes != quote_size {
            if self.skip_until(|c| c == quote || matches!(c, b'{' | b'}' | b'\\' | b'\n')) > 0 {
                end_quotes = 0;
            }
            let c = self.next();
            if c.is_none() || (quote_size == 1 && c == Some(b'\n')) {
                return self.unterminated_fstring(c, in_format_spec);
            }
            if c == Some(quote) {
                end_quotes += 1;
                continue;
            }
            end_quotes = 0;
            match c {
                Some(b'{') => {
                    let peek = self.next();
                    if peek == Some(b'{') && !in_format_spec {
                        return raw(middle, start, self.cur - 1);
                    }
                    self.back(peek);
                    self.back(c);
                    let end = self.cur;
                    return self.enter_expression().unwrap_or(raw(middle, start, end));
                }
                Some(b'}') => {
                    if unicode_escape {
                        return raw(middle, start, self.cur);
                    }
                    let peek = self.next();
                    if peek == Some(b'}') && !in_format_spec && bracket_depth == 0 {
                        return raw(middle, start, self.cur - 1);
                    }
                    self.back(peek);
                    self.back(c);
                    if let Some(mode) = self.modes.last_mut() {
                        mode.kind = ModeKind::Regular;
                    }
                    return raw(middle, start, self.cur);
                }
                Some(b'\\') => {
                    let mut peek = self.next();
                    if peek == Some(b'\r') {
                        peek = self.next();
                    }
                    if let Some(brace @ (b'{' | b'}')) = peek {
                        if !raw_prefix {
                            self.warn_escape(brace);
                        }
                        self.back(peek);
                    } else if !raw_prefix && peek == Some(b'N') {
                        let brace = self.next();
                        if brace == Some(b'{') {
                            unicode_escape = true;
                        } else {
                            self.back(brace);
                        }
                    }
                }
                _ => {}
            }
        }
        self.cur -= quote_size;
        raw(middle, start, self.cur)
    }

    fn unterminated_fstring(&mut self, c: Option<u8>, in_format_spec: bool) -> Raw {
        let Some(mode) = self.modes.last() else { return ERROR };
        let prefix = char::from(mode.prefix);
        let quote_size = mode.quote_size;
        if in_format_spec && c == Some(b'\n') && quote_size == 1 {
            return self.syntax_error(format!(
                "{prefix}-string: newlines are not allowed in format specifiers for single quoted {prefix}-strings"
            ));
        }
        self.cur = mode.start + 1;
        self.line_start = mode.multi_line_start;
        let detected = std::mem::replace(&mut self.lineno, mode.first_line);
        let triple = if quote_size == 3 { "triple-quoted " } else { "" };
        self.syntax_error(format!("unterminated {triple}{prefix}-string literal (detected at line {detected})"));
        if quote_size == 3 && c.is_none() {
            self.done = Done::EofInString;
        }
        ERROR
    }

    fn warn_escape(&mut self, c: u8) {
        let c = char::from(c);
        self.warn(
            format!(
                "\"\\{c}\" is an invalid escape sequence. Such sequences will not work in the future. \
                 Did you mean \"\\\\{c}\"? A raw string is also an option."
            ),
            format!("\"\\{c}\" is an invalid escape sequence. Did you mean \"\\\\{c}\"? A raw string is also an option."),
        );
    }
}
