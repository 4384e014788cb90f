//! Operators, delimiters and brackets.

use super::{Lexer, MAX_LEVEL, ModeKind, Paren, Raw, distance, raw};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// An operator or delimiter that starts with `c`.
    pub(super) fn punctuation(&mut self, start: usize, c: u8) -> Raw {
        if matches!(c, b':' | b'}' | b'!' | b'{')
            && let Some(mode) = self.modes.last_mut()
            && mode.expr_start_depth >= 0
            && c == b':'
            && mode.bracket_depth == mode.expr_start_depth + 1
        {
            // Unlike elsewhere the depth is still that of the bracket outside.
            mode.kind = ModeKind::FString;
            mode.in_format_spec = true;
            return raw(TokenKind::Colon, start, self.cur);
        }
        // Reading on may find the end of the source, which is part of the state.
        self.look();
        let rest = self.rest_of_line();
        if let Some(kind) = three_chars(c, rest) {
            self.cur += 2;
            return raw(kind, start, self.cur);
        }
        if let Some(kind) = two_chars(c, rest) {
            self.cur += 1;
            self.look();
            return raw(kind, start, self.cur);
        }
        match c {
            b'(' | b'[' | b'{' => {
                if self.parens.len() >= MAX_LEVEL {
                    return self.syntax_error("too many nested parentheses");
                }
                let col = distance(self.line_start, start);
                self.parens.push(Paren { open: c, lineno: self.lineno, col });
                if let Some(mode) = self.modes.last_mut() {
                    mode.bracket_depth += 1;
                }
            }
            b')' | b']' | b'}' => {
                if let Some(message) = self.close(c) {
                    return self.syntax_error(message);
                }
            }
            _ => {}
        }
        if !(0x20..0x7F).contains(&c) {
            return self.syntax_error(format!("invalid non-printable character U+{c:04X}"));
        }
        if c == b'='
            && let Some(mode) = self.modes.last_mut()
            && mode.bracket_depth - mode.expr_start_depth == 1
        {
            mode.in_debug = true;
        }
        raw(one_char(c), start, self.cur)
    }

    /// Closes a bracket; the message if it does not fit.
    fn close(&mut self, c: u8) -> Option<String> {
        let shown = char::from(c);
        let prefix = self.modes.last().map(|mode| char::from(mode.prefix));
        if let (Some(mode), Some(prefix)) = (self.modes.last(), prefix)
            && mode.bracket_depth == 0
            && c == b'}'
        {
            return Some(format!("{prefix}-string: single '}}' is not allowed"));
        }
        let extra = self.options.extra_tokens;
        let popped = self.parens.pop();
        match popped {
            None if !extra => return Some(format!("unmatched '{shown}'")),
            Some(Paren { open, lineno, .. }) if closer(open) != c => {
                if let (Some(mode), Some(prefix)) = (self.modes.last(), prefix)
                    && open == b'{'
                    && mode.bracket_depth - 1 == mode.expr_start_depth
                {
                    return Some(format!("{prefix}-string: unmatched '{shown}'"));
                }
                if extra {
                    return self.leave_bracket(c);
                }
                let open = char::from(open);
                let mut message = format!("closing parenthesis '{shown}' does not match opening parenthesis '{open}'");
                if lineno != self.lineno {
                    message.push_str(&format!(" on line {lineno}"));
                }
                return Some(message);
            }
            _ => {}
        }
        self.leave_bracket(c)
    }

    /// Tells the innermost literal that a bracket was closed.
    fn leave_bracket(&mut self, c: u8) -> Option<String> {
        let mode = self.modes.last_mut()?;
        mode.bracket_depth -= 1;
        if mode.bracket_depth < 0 {
            return Some(format!("{}-string: unmatched '{}'", char::from(mode.prefix), char::from(c)));
        }
        if c == b'}' && mode.bracket_depth == mode.expr_start_depth {
            mode.expr_start_depth -= 1;
            mode.kind = ModeKind::FString;
            mode.in_format_spec = false;
            mode.in_debug = false;
        }
        None
    }
}

fn closer(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

fn one_char(c: u8) -> TokenKind {
    use TokenKind::*;
    match c {
        b'!' => Exclamation,
        b'%' => Percent,
        b'&' => Amper,
        b'(' => LPar,
        b')' => RPar,
        b'*' => Star,
        b'+' => Plus,
        b',' => Comma,
        b'-' => Minus,
        b'.' => Dot,
        b'/' => Slash,
        b':' => Colon,
        b';' => Semi,
        b'<' => Less,
        b'=' => Equal,
        b'>' => Greater,
        b'@' => At,
        b'[' => LSqb,
        b']' => RSqb,
        b'^' => Circumflex,
        b'{' => LBrace,
        b'|' => VBar,
        b'}' => RBrace,
        b'~' => Tilde,
        _ => Op,
    }
}

fn two_chars(c: u8, rest: &[u8]) -> Option<TokenKind> {
    use TokenKind::*;
    Some(match (c, rest.first()?) {
        (b'!', b'=') => NotEqual,
        (b'%', b'=') => PercentEqual,
        (b'&', b'=') => AmperEqual,
        (b'*', b'*') => DoubleStar,
        (b'*', b'=') => StarEqual,
        (b'+', b'=') => PlusEqual,
        (b'-', b'=') => MinEqual,
        (b'-', b'>') => RArrow,
        (b'/', b'/') => DoubleSlash,
        (b'/', b'=') => SlashEqual,
        (b':', b'=') => ColonEqual,
        (b'<', b'<') => LeftShift,
        (b'<', b'=') => LessEqual,
        (b'=', b'=') => EqEqual,
        (b'>', b'=') => GreaterEqual,
        (b'>', b'>') => RightShift,
        (b'@', b'=') => AtEqual,
        (b'^', b'=') => CircumflexEqual,
        (b'|', b'=') => VBarEqual,
        _ => return Option::None,
    })
}

fn three_chars(c: u8, rest: &[u8]) -> Option<TokenKind> {
    use TokenKind::*;
    Some(match (c, rest.first()?, rest.get(1)?) {
        (b'*', b'*', b'=') => DoubleStarEqual,
        (b'/', b'/', b'=') => DoubleSlashEqual,
        (b'<', b'<', b'=') => LeftShiftEqual,
        (b'>', b'>', b'=') => RightShiftEqual,
        _ => return Option::None,
    })
}

/// The kind of an operator or delimiter.
pub(crate) fn operator(text: &[u8]) -> Option<TokenKind> {
    let (&first, rest) = text.split_first()?;
    match rest {
        [] => Some(one_char(first)).filter(|kind| *kind != TokenKind::Op),
        [_] => two_chars(first, rest),
        _ if text == b"..." => Some(TokenKind::Ellipsis),
        _ => three_chars(first, rest),
    }
}
