//! How errors get their places (CPython's `pegen_errors.c`).

use super::engine::{Engine, Raised};
use crate::ast::Span;
use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::Done;
use crate::text::Text;
use crate::token::{Token, TokenKind};

impl Engine<'_, '_> {
    /// At a place given by lines and columns in bytes from 1 (`_PyPegen_raise_error_known_location`).
    pub(super) fn raise_at(
        &mut self,
        kind: ErrorKind,
        message: String,
        (lineno, column): (i32, i32),
        (end_lineno, end_column): (i32, i32),
    ) -> Raised {
        if self.error.is_none() {
            let lexer = &self.stream.lexer;
            let line = match lexer.current_line() {
                Some(line) if lexer.lineno <= lineno => line,
                _ => super::line_at(self.stream.source, lineno),
            };
            let offset = super::character_offset(line, column);
            let end_offset = if end_column > 0 { super::character_offset(line, end_column) } else { end_column };
            let text = Text::from_bytes(line.to_vec());
            self.error = Some(SyntaxError { kind, message, lineno, offset, end_lineno, end_offset, text, last_statement: None });
        }
        Raised
    }

    /// At a span.
    pub(super) fn raise_known(&mut self, span: Span, message: String) -> Raised {
        let start = (span.lineno, span.col_offset + 1);
        let end = (span.end_lineno, span.end_col_offset + 1);
        self.raise_at(ErrorKind::SyntaxError, message, start, end)
    }

    /// From a span's start to where the tokenizer stands.
    pub(super) fn raise_from(&mut self, span: Span, message: String) -> Raised {
        let lexer = &self.stream.lexer;
        let end = (lexer.lineno, lexer.cursor_column());
        self.raise_at(ErrorKind::SyntaxError, message, (span.lineno, span.col_offset + 1), end)
    }

    /// At the last token that was read.
    pub(super) fn raise_last(&mut self, message: String) -> Raised {
        self.raise_token(ErrorKind::SyntaxError, message, self.tokens.last().copied())
    }

    /// At the next token.
    pub(super) fn raise_next(&mut self, message: String) -> Raised {
        match self.peek() {
            Ok(token) => self.raise_token(ErrorKind::SyntaxError, message, Some(token)),
            Err(raised) => raised,
        }
    }

    /// At a token (`_PyPegen_raise_error`).
    pub(super) fn raise_token(&mut self, kind: ErrorKind, message: String, token: Option<Token>) -> Raised {
        let Some(token) = token else {
            return self.raise_at(kind, message, (0, 0), (0, -1));
        };
        if self.tokens.last().is_some_and(|last| last.kind == TokenKind::ErrorToken) && self.stream.lexer.done == Done::Eof {
            return self.end_of_file_error(kind == ErrorKind::IncompleteInputError, message);
        }
        let column = if token.col_offset == -1 { self.stream.lexer.column() } else { token.col_offset + 1 };
        let end_column = if token.end_col_offset == -1 { -1 } else { token.end_col_offset + 1 };
        self.raise_at(kind, message, (token.lineno, column), (token.end_lineno, end_column))
    }

    fn end_of_file_error(&mut self, incomplete: bool, message: String) -> Raised {
        if incomplete {
            let lexer = &self.stream.lexer;
            let (lineno, column) = (lexer.lineno, lexer.column());
            return self.raise_at(ErrorKind::IncompleteInputError, message, (lineno, column), (lineno, -1));
        }
        if !self.stream.lexer.parens.is_empty() {
            return self.unclosed_bracket();
        }
        let lexer = &self.stream.lexer;
        let (lineno, column) = (lexer.lineno, lexer.column());
        self.raise_at(ErrorKind::SyntaxError, "unexpected EOF while parsing".into(), (lineno, column), (lineno, -1))
    }

    fn unclosed_bracket(&mut self) -> Raised {
        let Some(&paren) = self.stream.lexer.parens.last() else {
            return Raised;
        };
        let message = format!("'{}' was never closed", char::from(paren.open));
        self.raise_at(ErrorKind::SyntaxError, message, (paren.lineno, paren.col + 1), (paren.lineno, 0))
    }

    /// After an error token (`_Pypegen_tokenizer_error`).
    pub(super) fn tokenizer_error(&mut self) -> Raised {
        if let Some(error) = self.stream.lexer.error.take() {
            self.error.get_or_insert(error);
            return Raised;
        }
        let (kind, message, column) = match self.stream.lexer.done {
            Done::Eof => return self.end_of_file_error(false, String::new()),
            Done::Dedent => {
                let message = "unindent does not match any outer indentation level";
                let last = self.tokens.last().copied();
                return self.raise_token(ErrorKind::IndentationError, message.into(), last);
            }
            Done::TabSpace => (ErrorKind::TabError, "inconsistent use of tabs and spaces in indentation", 0),
            Done::TooDeep => (ErrorKind::IndentationError, "too many levels of indentation", 0),
            Done::LineContinuation => {
                let column = self.stream.lexer.continuation_column().max(0);
                (ErrorKind::SyntaxError, "unexpected character after line continuation character", column)
            }
            _ => (ErrorKind::SyntaxError, "unknown parsing error", 0),
        };
        let lineno = self.stream.lexer.lineno;
        self.raise_at(kind, message.into(), (lineno, column + 1), (lineno, 0))
    }

    pub(super) fn stack_overflow(&mut self) -> Raised {
        let message = "Parser stack overflowed - Python source too complex to parse".into();
        self.error = Some(SyntaxError {
            kind: ErrorKind::MemoryError,
            message,
            lineno: 0,
            offset: 0,
            end_lineno: 0,
            end_offset: 0,
            text: None,
            last_statement: None,
        });
        Raised
    }

    /// After the second pass (`_Pypegen_set_syntax_error`): keeps the error that was found, or makes the general one.
    pub(super) fn set_syntax_error(&mut self, last: Option<Token>) {
        if let Some(error) = &self.error {
            let from_parser = self.stream.lexer.done == Done::Ok;
            let syntax = matches!(error.kind, ErrorKind::SyntaxError | ErrorKind::IndentationError | ErrorKind::TabError);
            if from_parser && syntax {
                self.tokenize_rest();
            }
            return;
        }
        let Some(last) = last else {
            self.raise_last("error at start before reading any input".into());
            return;
        };
        if last.kind == TokenKind::ErrorToken && self.stream.lexer.done == Done::Eof {
            self.end_of_file_error(false, String::new());
            return;
        }
        let indentation = match last.kind {
            TokenKind::Indent => Some("unexpected indent"),
            TokenKind::Dedent => Some("unexpected unindent"),
            _ => None,
        };
        if let Some(message) = indentation {
            let token = self.tokens.last().copied();
            self.raise_token(ErrorKind::IndentationError, message.into(), token);
            return;
        }
        self.raise_known(super::engine::token_span(last), "invalid syntax".into());
        self.tokenize_rest();
    }

    /// Reads the rest of the source: an error of the tokenizer, or an open bracket, explains more than the parser's error.
    fn tokenize_rest(&mut self) {
        let line = self.tokens.last().map_or(0, |token| token.lineno);
        let parser_error = self.error.take();
        loop {
            let kind = self.stream.next_token().kind;
            if self.report_warnings().is_err() {
                // In an f-string the error of the expression counts more.
                if self.stream.lexer.fstring_depth() > 0 {
                    self.error = parser_error;
                }
                return;
            }
            match kind {
                TokenKind::ErrorToken => break,
                TokenKind::EndMarker => {
                    self.error = parser_error;
                    return;
                }
                _ => {}
            }
        }
        self.error = parser_error;
        if let Some(error) = self.stream.lexer.error.take() {
            if self.stream.lexer.fstring_depth() == 0 {
                self.error = Some(error);
            }
            return;
        }
        let open = self.stream.lexer.parens.last().map(|paren| paren.lineno);
        if open.is_some_and(|open| line > open) && self.stream.lexer.fstring_depth() == 0 {
            self.error = None;
            self.unclosed_bracket();
        }
    }
}
