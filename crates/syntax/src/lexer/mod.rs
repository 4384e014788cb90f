//! The tokenizer: the source to tokens, one at a time.
//!
//! It follows CPython's tokenizer state by state, since the messages and positions of errors depend on where the cursor stands.
//! It knows nothing of the grammar.

mod fstring;
mod identifier;
mod number;
mod operator;
mod string;

use crate::error::{ErrorKind, SyntaxError, SyntaxWarning};
use crate::text::Text;
use crate::token::{Token, TokenKind};

const TAB_SIZE: i32 = 8;
const MAX_INDENT: usize = 100;
const MAX_LEVEL: usize = 200;

pub(crate) use identifier::normalize;
pub(crate) use operator::operator;

/// Why the tokenizer stopped, CPython's `tok->done`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Ok,
    Eof,
    /// The end of the input within a triple-quoted string.
    EofInString,
    /// The end of the input within a single-quoted string.
    EolInString,
    Dedent,
    TabSpace,
    TooDeep,
    LineContinuation,
    /// `Lexer::error` holds a complete error.
    Error,
}

/// An open bracket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paren {
    pub(crate) open: u8,
    pub(crate) lineno: i32,
    pub(crate) col: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ModeKind {
    Regular,
    FString,
}

/// State of one f-string or t-string (CPython's `tokenizer_mode`).
#[derive(Debug, Clone)]
struct Mode {
    kind: ModeKind,
    /// `f` or `t`.
    prefix: u8,
    raw: bool,
    quote: u8,
    quote_size: usize,
    start: usize,
    first_line: i32,
    multi_line_start: usize,
    bracket_depth: i32,
    expr_start_depth: i32,
    in_format_spec: bool,
    in_debug: bool,
}

/// How to tokenize.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LexerOptions {
    pub(crate) type_comments: bool,
    /// Also give comments and blank lines, and be lenient, as the `tokenize` module wants it.
    pub(crate) extra_tokens: bool,
    /// The source is read line by line.
    pub(crate) by_line: bool,
}

pub(crate) struct Lexer<'s> {
    source: &'s [u8],
    options: LexerOptions,
    /// The next byte to read.
    pub(crate) cur: usize,
    /// End of the line being read.
    inp: usize,
    pub(crate) line_start: usize,
    /// Start of the line where the current token began.
    buf: usize,
    pub(crate) lineno: i32,
    in_token: bool,
    /// The source ended within a token or an f-string.
    ended_in_token: bool,
    first_lineno: i32,
    multi_line_start: usize,
    at_bol: bool,
    pub(crate) pending: i32,
    indents: Vec<(i32, i32)>,
    pub(crate) parens: Vec<Paren>,
    modes: Vec<Mode>,
    comment_newline: bool,
    /// There is a null byte somewhere in the source.
    has_null: bool,
    pub(crate) done: Done,
    pub(crate) error: Option<SyntaxError>,
    /// Warnings, each with the error that takes its place if warnings are errors.
    pub(crate) warnings: Vec<(SyntaxWarning, SyntaxError)>,
}

/// A kind with the token's extent; no extent where CPython gives none.
struct Raw {
    kind: TokenKind,
    span: Option<(usize, usize)>,
}

fn raw(kind: TokenKind, start: usize, end: usize) -> Raw {
    Raw { kind, span: Some((start, end)) }
}

const ERROR: Raw = Raw { kind: TokenKind::ErrorToken, span: None };
const END: Raw = Raw { kind: TokenKind::EndMarker, span: None };

impl<'s> Lexer<'s> {
    /// Starts at the beginning of `source`, which has `\n` as its only line end and no null bytes.
    pub(crate) fn new(source: &'s [u8], options: LexerOptions) -> Self {
        Lexer {
            source,
            options,
            cur: 0,
            inp: 0,
            line_start: 0,
            buf: 0,
            lineno: 0,
            in_token: false,
            ended_in_token: false,
            first_lineno: 0,
            multi_line_start: 0,
            at_bol: true,
            pending: 0,
            indents: vec![(0, 0)],
            parens: Vec::new(),
            modes: Vec::new(),
            comment_newline: false,
            has_null: memchr::memchr(0, source).is_some(),
            done: Done::Ok,
            error: None,
            warnings: Vec::new(),
        }
    }

    /// The next token. After an error token the state says what is wrong; more calls give more error tokens.
    #[inline]
    pub(crate) fn next_token(&mut self) -> Token {
        let mut token = Token::END;
        self.next_token_into(&mut token);
        token
    }

    /// As [`Lexer::next_token`], written where it will stay: the processor stalls where a token that was just written in pieces is copied as a whole.
    #[inline]
    pub(crate) fn next_token_into(&mut self, place: &mut Token) {
        if self.pending == 0 && self.modes.is_empty() && !self.options.extra_tokens {
            if self.cur + 1 == self.inp && !self.parens.is_empty() && self.rest_of_line() == b"\n" {
                self.cur = self.inp;
                self.at_bol = true;
            }
            if self.at_bol
                && let Some(token) = self.begin_line()
            {
                *place = token;
                return;
            }
            if self.plain_token(place).is_some() {
                return;
            }
        }
        *place = self.other_token();
    }

    #[inline(never)]
    fn other_token(&mut self) -> Token {
        let fstring = self.modes.last().is_some_and(|mode| mode.kind == ModeKind::FString);
        let token = if fstring { self.fstring_token() } else { self.regular_token(None) };
        self.locate(token)
    }

    /// Goes to the first line that holds more than spaces and a comment, and reads its indentation; gives a token unless one follows on
    /// the line, in the same block as before.
    #[inline(never)]
    fn begin_line(&mut self) -> Option<Token> {
        self.in_token = false;
        self.at_bol = false;
        while self.cur < self.inp || self.underflow() {
            let line = self.rest_of_line();
            let spaces = leading_spaces(line);
            match line.get(spaces..) {
                Some(b"\n") => {}
                Some([b'#', .., b'\n']) if !self.options.type_comments && memchr::memchr(b'\r', line).is_none() => {}
                None | Some([] | [b'\t' | 0x0C | b'\\' | b'#' | b'\r', ..]) => break,
                Some(_) => {
                    let col = distance(0, spaces);
                    if self.parens.is_empty() && self.indents.last() != Some(&(col, col)) {
                        break;
                    }
                    self.cur += spaces;
                    return None;
                }
            }
            self.cur = self.inp;
        }
        let indented = self.indentation();
        if indented == Ok(false) && self.pending == 0 {
            return None;
        }
        let token = match indented {
            Ok(blank) => self.regular_token(Some(blank)),
            Err(()) => ERROR,
        };
        Some(self.locate(token))
    }

    /// The next token where nothing of the state but brackets matters: a name, a short string literal, a common delimiter or a
    /// statement's end, within a line and outside of f-strings.
    #[inline]
    fn plain_token(&mut self, place: &mut Token) -> Option<()> {
        let mut text = self.rest_of_line();
        while let [b' ', rest @ ..] = text {
            text = rest;
        }
        let (&first, rest) = text.split_first()?;
        let start = self.inp - text.len();
        let col_offset = distance(self.line_start, start);
        let mut length = 1;
        let kind = match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                length += rest.iter().position(|&c| !identifier::is_ascii_char(c))?;
                if matches!(text.get(length), Some(b'"' | b'\'' | 0x80..)) {
                    return None;
                }
                TokenKind::keyword_at(text, length).unwrap_or(TokenKind::Name)
            }
            b',' if !rest.is_empty() => TokenKind::Comma,
            b'.' if !matches!(rest.first()?, b'0'..=b'9' | b'.') => TokenKind::Dot,
            b'=' if *rest.first()? != b'=' => TokenKind::Equal,
            b':' if *rest.first()? != b'=' => TokenKind::Colon,
            b'(' | b'[' if !rest.is_empty() && self.parens.len() < MAX_LEVEL => {
                self.parens.push(Paren { open: first, lineno: self.lineno, col: col_offset });
                if first == b'(' { TokenKind::LPar } else { TokenKind::LSqb }
            }
            b')' if !rest.is_empty() && self.parens.last()?.open == b'(' => {
                self.parens.pop();
                TokenKind::RPar
            }
            b']' if !rest.is_empty() && self.parens.last()?.open == b'[' => {
                self.parens.pop();
                TokenKind::RSqb
            }
            b'\n' if self.parens.is_empty() => {
                self.at_bol = true;
                TokenKind::Newline
            }
            b'"' | b'\'' if *rest.first()? != first => {
                let end = memchr::memchr2(first, b'\\', rest).filter(|end| rest.get(*end) == Some(&first))?;
                length += end + 1;
                self.first_lineno = self.lineno;
                self.multi_line_start = self.line_start;
                TokenKind::String
            }
            _ => return None,
        };
        self.in_token = true;
        self.cur = start + length;
        place.kind = kind;
        place.level = u16::try_from(self.parens.len()).unwrap_or(u16::MAX);
        place.start = offset(start);
        place.end = offset(self.cur);
        place.lineno = self.lineno;
        place.col_offset = col_offset;
        place.end_lineno = self.lineno;
        place.end_col_offset = distance(self.line_start, self.cur);
        Some(())
    }

    /// Indentation levels that are open.
    pub(crate) fn indent(&self) -> usize {
        self.indents.len() - 1
    }

    /// Closes all indentation levels with pending dedents.
    pub(crate) fn imply_dedents(&mut self) {
        self.pending = -i32::try_from(self.indent()).unwrap_or(0);
        self.indents.truncate(1);
    }

    /// f-strings and t-strings that are open.
    pub(crate) fn fstring_depth(&self) -> usize {
        self.modes.len()
    }

    /// `f` or `t`, of the innermost literal.
    pub(crate) fn string_prefix(&self) -> char {
        self.modes.last().map_or('f', |mode| char::from(mode.prefix))
    }

    /// The innermost literal is raw.
    pub(crate) fn string_is_raw(&self) -> bool {
        self.modes.last().is_some_and(|mode| mode.raw)
    }

    /// The line being read, with its end; after an error in a literal, all of its lines.
    pub(crate) fn current_line(&self) -> Option<&'s [u8]> {
        self.source.get(self.line_start..self.inp).filter(|line| !line.is_empty())
    }

    /// What has been read since the current token's line began; nothing at the end of the source between tokens.
    pub(crate) fn buffer(&self) -> &'s [u8] {
        let start = if self.done == Done::Eof && !self.ended_in_token { self.inp } else { self.buf };
        self.source.get(start..self.inp).unwrap_or_default()
    }

    /// Start and end of the line, or lines, of a token of this kind that was just read.
    pub(crate) fn token_line(&self, kind: TokenKind) -> (usize, usize) {
        (if kind.is_string_part() { self.multi_line_start } else { self.line_start }, self.inp)
    }

    /// Bytes between the line's start and the cursor.
    pub(crate) fn cursor_column(&self) -> i32 {
        distance(self.line_start, self.cur)
    }

    /// Column that an error at the end of the current read has.
    pub(crate) fn column(&self) -> i32 {
        if self.cur == self.buf { 0 } else { distance(self.line_start, self.cur) }
    }

    /// Column of an unexpected character after a line continuation.
    pub(crate) fn continuation_column(&self) -> i32 {
        distance(self.buf, self.cur) - 1
    }

    fn locate(&self, token: Raw) -> Token {
        let string = token.kind.is_string_part();
        let line_start = if string { self.multi_line_start } else { self.line_start };
        let column = |from: usize, at: usize| if at >= from { distance(from, at) } else { -1 };
        let (start, end) = token.span.unwrap_or((self.cur, self.cur));
        let (col_offset, end_col_offset) = match token.span {
            Some(_) => (column(line_start, start), column(self.line_start, end)),
            None => (-1, -1),
        };
        // The text of a literal leaves out the second of two braces, its extent does not.
        let doubled = matches!(token.kind, TokenKind::FStringMiddle | TokenKind::TStringMiddle) && end < self.cur;
        let kind = match token.kind {
            TokenKind::Name => TokenKind::keyword(self.source.get(start..end).unwrap_or_default()),
            _ => None,
        };
        Token {
            kind: kind.unwrap_or(token.kind),
            level: u16::try_from(self.parens.len()).unwrap_or(u16::MAX),
            start: offset(start),
            end: offset(end),
            lineno: if string { self.first_lineno } else { self.lineno },
            col_offset,
            end_lineno: self.lineno,
            end_col_offset: end_col_offset + i32::from(doubled),
        }
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        if self.cur == self.inp && !self.underflow() {
            return None;
        }
        let c = self.source.get(self.cur).copied();
        self.cur += 1;
        c
    }

    /// What is left of the line that was read.
    #[inline]
    fn rest_of_line(&self) -> &'s [u8] {
        self.source.get(self.cur..self.inp).unwrap_or_default()
    }

    /// Goes past characters of the current line up to the first one that `stops`.
    #[inline]
    fn skip_until(&mut self, stops: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest_of_line();
        let count = rest.iter().position(|&c| stops(c)).unwrap_or(rest.len());
        self.cur += count;
        count
    }

    /// Sees to it that there is a next character, if there is any: at the end of a line the next one is read.
    #[inline]
    fn look(&mut self) {
        if self.cur == self.inp {
            let peeked = self.next();
            self.back(peeked);
        }
    }

    /// Goes on to the next line; false at the end.
    #[cold]
    #[inline(never)]
    fn underflow(&mut self) -> bool {
        if self.done != Done::Ok {
            return false;
        }
        let rest = self.source.get(self.inp..).unwrap_or_default();
        if rest.is_empty() {
            self.done = Done::Eof;
            self.ended_in_token = self.in_token || !self.modes.is_empty();
            if self.options.by_line && !self.ended_in_token {
                // A line that could not be read begins with nothing in the buffer.
                self.buf = self.cur;
            }
            return false;
        }
        if !self.in_token && (self.modes.is_empty() || !self.options.extra_tokens) {
            self.buf = self.cur;
        }
        self.line_start = self.cur;
        self.lineno += 1;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        self.inp += length;
        if self.has_null && rest.get(..length).is_some_and(|line| line.contains(&0)) {
            self.syntax_error("source code cannot contain null bytes");
            self.cur = self.inp;
            return false;
        }
        true
    }

    #[inline]
    fn back(&mut self, c: Option<u8>) {
        if c.is_some() {
            self.cur -= 1;
        }
    }

    fn lookahead(&mut self, text: &[u8]) -> bool {
        self.source.get(self.cur..self.inp).is_some_and(|line| line.starts_with(text))
    }

    fn fail(&mut self, done: Done) -> Raw {
        self.done = done;
        self.cur = self.inp;
        ERROR
    }

    /// An error whose range ends at the cursor (CPython's `_PyTokenizer_syntaxerror`).
    fn syntax_error(&mut self, message: impl Into<String>) -> Raw {
        self.error = Some(self.make_error(message.into(), None));
        self.done = Done::Error;
        ERROR
    }

    /// An error from the byte `start` of the source to `end`, both on the current line.
    fn syntax_error_range(&mut self, message: &str, start: usize, end: usize) -> Raw {
        let column = |at: usize| {
            let before = self.source.get(self.line_start..at).unwrap_or_default();
            i32::try_from(char_count(before)).unwrap_or(i32::MAX)
        };
        self.error = Some(self.make_error(message.into(), Some((column(start) + 1, column(end)))));
        self.done = Done::Error;
        ERROR
    }

    fn make_error(&self, message: String, range: Option<(i32, i32)>) -> SyntaxError {
        let rest = self.source.get(self.line_start..).unwrap_or_default();
        let line = rest.split(|&b| matches!(b, b'\n' | 0)).next().unwrap_or_default();
        let before = self.source.get(self.line_start..self.cur).unwrap_or_default();
        let column = i32::try_from(char_count(before)).unwrap_or(i32::MAX);
        let (offset, end_offset) = range.unwrap_or((column, column));
        SyntaxError {
            kind: ErrorKind::SyntaxError,
            message,
            lineno: self.lineno,
            offset,
            end_lineno: self.lineno,
            end_offset,
            text: Text::from_bytes(line.to_vec()),
            last_statement: None,
        }
    }

    fn warn(&mut self, message: String, error_message: String) {
        let error = self.make_error(error_message, None);
        self.warnings.push((SyntaxWarning { message, lineno: self.lineno, deprecation: false }, error));
    }

    /// A token outside of string literals (CPython's `tok_get_normal_mode`). If the indentation was just read, `indented` says whether
    /// the line is blank.
    fn regular_token(&mut self, indented: Option<bool>) -> Raw {
        let mut blank_line = indented.unwrap_or(false);
        loop {
            self.in_token = false;
            if self.at_bol {
                self.at_bol = false;
                match self.indentation() {
                    Ok(blank) => blank_line = blank,
                    Err(()) => return ERROR,
                }
            }
            self.in_token = true;
            if self.pending != 0 {
                let kind = if self.pending < 0 { TokenKind::Dedent } else { TokenKind::Indent };
                self.pending -= self.pending.signum();
                let extra = self.options.extra_tokens;
                let start = if kind == TokenKind::Dedent { self.cur } else { self.line_start };
                return Raw { kind, span: extra.then_some((start, self.cur)) };
            }
            if let Some(token) = self.token_on_line(blank_line) {
                return token;
            }
        }
    }

    /// Reads to the first character of a line and compares its column with the open blocks. Returns whether the line is blank.
    fn indentation(&mut self) -> Result<bool, ()> {
        let (mut col, mut alt_col, mut continued) = (0, 0, 0);
        let c = loop {
            match self.next() {
                Some(b' ') => {
                    let spaces = 1 + distance(0, self.skip_until(|c| c != b' '));
                    col += spaces;
                    alt_col += spaces;
                }
                Some(b'\t') => {
                    col = (col / TAB_SIZE + 1) * TAB_SIZE;
                    alt_col += 1;
                }
                Some(0x0C) => (col, alt_col) = (0, 0),
                Some(b'\\') => {
                    if continued == 0 {
                        continued = col;
                    }
                    self.continuation_line()?;
                }
                c => break c,
            }
        };
        self.back(c);
        if matches!(c, Some(b'#' | b'\n' | b'\r')) {
            return Ok(true);
        }
        if !self.parens.is_empty() {
            return Ok(false);
        }
        if continued != 0 {
            (col, alt_col) = (continued, continued);
        }
        let (top, alt_top) = self.indents.last().copied().unwrap_or_default();
        if col == top {
            if alt_col != alt_top {
                self.fail(Done::TabSpace);
                return Err(());
            }
        } else if col > top {
            if self.indents.len() >= MAX_INDENT {
                self.fail(Done::TooDeep);
                return Err(());
            }
            if alt_col <= alt_top {
                self.fail(Done::TabSpace);
                return Err(());
            }
            self.pending += 1;
            self.indents.push((col, alt_col));
        } else {
            while self.indents.len() > 1 && self.indents.last().is_some_and(|top| col < top.0) {
                self.pending -= 1;
                self.indents.pop();
            }
            let (top, alt_top) = self.indents.last().copied().unwrap_or_default();
            if col != top {
                self.fail(Done::Dedent);
                return Err(());
            }
            if alt_col != alt_top {
                self.fail(Done::TabSpace);
                return Err(());
            }
        }
        Ok(false)
    }

    /// After a backslash: the line's end must follow, and something after it.
    fn continuation_line(&mut self) -> Result<(), ()> {
        let mut c = self.next();
        if c == Some(b'\r') {
            c = self.next();
        }
        if c != Some(b'\n') {
            self.done = Done::LineContinuation;
            return Err(());
        }
        let c = self.next();
        if c.is_none() {
            self.done = Done::Eof;
            self.cur = self.inp;
            return Err(());
        }
        self.back(c);
        Ok(())
    }

    /// The next token from here; `None` if the line ended without one.
    fn token_on_line(&mut self, blank_line: bool) -> Option<Raw> {
        self.look();
        loop {
            self.in_token = false;
            let mut c = loop {
                match self.next() {
                    Some(b' ' | b'\t' | 0x0C) => {}
                    c => break c,
                }
            };
            let start = self.cur - usize::from(c.is_some());
            self.in_token = true;
            if c == Some(b'#') {
                while !matches!(c, None | Some(b'\n' | b'\r')) {
                    self.skip_until(|c| matches!(c, b'\n' | b'\r'));
                    c = self.next();
                }
                if let Some(token) = self.comment(start, c, blank_line) {
                    return Some(token);
                }
            }
            let Some(mut byte) = c else {
                return Some(if self.parens.is_empty() && self.done == Done::Eof { END } else { ERROR });
            };
            if identifier::is_potential_start(byte) {
                return Some(self.identifier_or_string(start, byte));
            }
            if byte == b'\r' {
                match self.next() {
                    Some(b'\n') => byte = b'\n',
                    other => self.back(other),
                }
            }
            return Some(match byte {
                b'\n' => {
                    self.at_bol = true;
                    if blank_line || !self.parens.is_empty() {
                        self.comment_newline = false;
                        if self.options.extra_tokens {
                            return Some(raw(TokenKind::Nl, start, self.cur));
                        }
                        return None;
                    }
                    if self.comment_newline && self.options.extra_tokens {
                        self.comment_newline = false;
                        return Some(raw(TokenKind::Nl, start, self.cur));
                    }
                    raw(TokenKind::Newline, start, self.cur)
                }
                b'0'..=b'9' => self.number(start, byte),
                b'.' => self.dot(start),
                b'\'' | b'"' => self.string(start, byte),
                b'\\' => match self.continuation_line() {
                    Ok(()) => continue,
                    Err(()) => ERROR,
                },
                _ => self.punctuation(start, byte),
            });
        }
    }

    /// A comment's end is reached, `c` was read last. Gives a token for type comments and in the extra-tokens mode.
    fn comment(&mut self, start: usize, c: Option<u8>, blank_line: bool) -> Option<Raw> {
        let end = self.cur - usize::from(c.is_some());
        if self.options.type_comments {
            let text = self.source.get(start..self.cur).unwrap_or_default();
            if let Some(at) = type_comment_start(text) {
                let rest = self.source.get(start + at..end).unwrap_or_default();
                self.back(c);
                let ignore = rest.strip_prefix(b"ignore".as_slice());
                if ignore.is_some_and(|tail| tail.first().is_none_or(|b| b.is_ascii() && !b.is_ascii_alphanumeric())) {
                    if blank_line {
                        self.next();
                        self.at_bol = true;
                    }
                    // Alone on its line it takes the newline in.
                    let end = if blank_line { self.cur } else { end };
                    return Some(raw(TokenKind::TypeIgnore, start + at + 6, end));
                }
                return Some(raw(TokenKind::TypeComment, start + at, end));
            }
        }
        if self.options.extra_tokens {
            self.back(c);
            self.comment_newline = blank_line;
            return Some(raw(TokenKind::Comment, start, end));
        }
        None
    }

    fn dot(&mut self, start: usize) -> Raw {
        let c = self.next();
        match c {
            Some(b'0'..=b'9') => self.fraction(start, c),
            Some(b'.') => {
                let c = self.next();
                if c == Some(b'.') {
                    return raw(TokenKind::Ellipsis, start, self.cur);
                }
                self.back(c);
                self.back(Some(b'.'));
                raw(TokenKind::Dot, start, self.cur)
            }
            _ => {
                self.back(c);
                raw(TokenKind::Dot, start, self.cur)
            }
        }
    }
}

/// Offset of a type comment's text in `# type: text`; each space of the pattern stands for any number of blanks. The comment
/// has its line's end, if there is one.
fn type_comment_start(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for &pattern in b"# type: " {
        if at >= text.len() {
            return None;
        }
        if pattern == b' ' {
            while matches!(text.get(at), Some(b' ' | b'\t')) {
                at += 1;
            }
        } else if text.get(at) == Some(&pattern) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

/// How many spaces a line begins with.
fn leading_spaces(line: &[u8]) -> usize {
    let (words, rest) = line.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let other = u64::from_le_bytes(*word) ^ u64::from_le_bytes([b' '; 8]);
        if other != 0 {
            return index * 8 + (other.trailing_zeros() / 8) as usize;
        }
    }
    words.len() * 8 + rest.iter().position(|&c| c != b' ').unwrap_or(rest.len())
}

fn distance(from: usize, to: usize) -> i32 {
    i32::try_from(to.saturating_sub(from)).unwrap_or(i32::MAX)
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Characters in UTF-8 bytes.
pub(crate) fn char_count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&b| b & 0xC0 != 0x80).count()
}
