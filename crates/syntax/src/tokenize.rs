//! Tokens as the `_tokenize` module gives them.

use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::{Done, Lexer, LexerOptions, char_count};
use crate::text::Text;
use crate::token::{Token, TokenKind};
use std::rc::Rc;

/// A token with its text and the line where it stands; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// The number in the `token` module.
    pub kind: u8,
    pub string: Text,
    pub start: (i32, i32),
    pub end: (i32, i32),
    /// Tokens of one line share it.
    pub line: Rc<Text>,
}

/// All tokens of `source`, and the error that ends them if there is one.
///
/// With `extra_tokens` comments and line ends that mean nothing are tokens too, operators are all OP, and numbers and brackets
/// need not be right: what `tokenize` wants.
pub fn tokenize(source: &str, extra_tokens: bool) -> (Vec<TokenInfo>, Option<SyntaxError>) {
    let implicit_newline = !source.is_empty() && !source.ends_with('\n');
    let mut bytes = source.as_bytes().to_vec();
    if implicit_newline {
        bytes.push(b'\n');
    }
    let lexer = Lexer::new(&bytes, LexerOptions { type_comments: false, extra_tokens, by_line: false });
    let mut tokenizer =
        Tokenizer { source: &bytes, lexer, extra_tokens, implicit_newline, line: Line::default(), counted: Counted::default() };
    let mut out = Vec::new();
    loop {
        let token = tokenizer.lexer.next_token();
        if token.kind == TokenKind::ErrorToken {
            return (out, Some(tokenizer.error()));
        }
        out.push(tokenizer.info(token));
        if token.kind == TokenKind::EndMarker {
            return (out, None);
        }
    }
}

struct Tokenizer<'s> {
    source: &'s [u8],
    lexer: Lexer<'s>,
    extra_tokens: bool,
    implicit_newline: bool,
    line: Line,
    counted: Counted,
}

/// The text of the last token's line, from `start` to `end`.
#[derive(Default)]
struct Line {
    start: usize,
    end: usize,
    text: Rc<Text>,
}

/// How many characters lie between two places, of which the next count can make use.
#[derive(Default)]
struct Counted {
    from: usize,
    to: usize,
    characters: usize,
}

impl Tokenizer<'_> {
    fn info(&mut self, token: Token) -> TokenInfo {
        let at_end = self.lexer.done == Done::Eof;
        let trailing = token.kind == TokenKind::EndMarker || (token.kind == TokenKind::Dedent && at_end);
        let (line_start, line_end) = self.lexer.token_line(token.kind);
        let is_last = line_end == self.source.len();
        let line_end = line_end - usize::from(self.implicit_newline && is_last && line_end > line_start);
        let mut info = TokenInfo {
            kind: token.kind.number(),
            string: Text::default(),
            start: (token.lineno, self.characters(line_start, token.start, token.col_offset)),
            end: (token.end_lineno, self.characters(self.lexer.line_start, token.end, token.end_col_offset)),
            line: self.line(line_start, line_end),
        };
        if token.col_offset >= 0 {
            info.string = self.text(token.start as usize, token.end as usize);
        }
        if self.extra_tokens {
            self.adjust(token, trailing, &mut info);
        } else if token.kind == TokenKind::Newline {
            // The parser's token is empty.
            info.string = Text::default();
            info.end = info.start;
        }
        info
    }

    /// What `tokenize` wants otherwise than the parser.
    fn adjust(&self, token: Token, trailing: bool, info: &mut TokenInfo) {
        if trailing {
            let after = (token.lineno + 1, 0);
            (info.start, info.end, info.line) = (after, after, Rc::default());
        }
        let implicit = self.implicit_newline && token.end as usize == self.source.len();
        match token.kind {
            TokenKind::Newline | TokenKind::Nl if implicit => info.string = Text::default(),
            TokenKind::Newline | TokenKind::Nl => {}
            kind if kind > TokenKind::Dedent && kind < TokenKind::Op => info.kind = TokenKind::Op.number(),
            _ => {}
        }
    }

    fn characters(&mut self, from: usize, to: u32, column: i32) -> i32 {
        if column < 0 {
            return column;
        }
        let to = to as usize;
        let known = &self.counted;
        let (start, before) = if known.from == from && known.to <= to { (known.to, known.characters) } else { (from, 0) };
        let characters = before + char_count(self.source.get(start..to).unwrap_or_default());
        self.counted = Counted { from, to, characters };
        i32::try_from(characters).unwrap_or(i32::MAX)
    }

    fn line(&mut self, start: usize, end: usize) -> Rc<Text> {
        if (self.line.start, self.line.end) != (start, end) {
            self.line = Line { start, end, text: Rc::new(self.text(start, end)) };
        }
        Rc::clone(&self.line.text)
    }

    fn text(&self, from: usize, to: usize) -> Text {
        Text::from_bytes(self.source.get(from..to).unwrap_or_default().to_vec()).unwrap_or_default()
    }

    fn error(&mut self) -> SyntaxError {
        if let Some(error) = self.lexer.error.take() {
            return error;
        }
        let (kind, message) = match self.lexer.done {
            Done::Eof => (ErrorKind::SyntaxError, "unexpected EOF in multi-line statement"),
            Done::Dedent => (ErrorKind::IndentationError, "unindent does not match any outer indentation level"),
            Done::TabSpace => (ErrorKind::TabError, "inconsistent use of tabs and spaces in indentation"),
            Done::TooDeep => (ErrorKind::IndentationError, "too many levels of indentation"),
            Done::LineContinuation => (ErrorKind::SyntaxError, "unexpected character after line continuation character"),
            _ => (ErrorKind::SyntaxError, "unknown tokenization error"),
        };
        let text = self.lexer.buffer();
        let column = if self.lexer.done == Done::Eof { text.len() } else { char_count(text) };
        // Errors of indentation show the line without its end.
        let shown = if kind == ErrorKind::SyntaxError { text } else { text.strip_suffix(b"\n").unwrap_or(text) };
        SyntaxError {
            kind,
            message: message.into(),
            lineno: self.lexer.lineno,
            offset: i32::try_from(column).unwrap_or(i32::MAX),
            end_lineno: 0,
            end_offset: 0,
            text: Text::from_bytes(shown.to_vec()),
            last_statement: None,
        }
    }
}
