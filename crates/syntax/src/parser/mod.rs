//! The fast parser: recursive descent over the whole token list, for source that is right.
//!
//! It accepts exactly what CPython's grammar accepts and builds the AST. It never makes a message: on anything wrong it gives
//! [`Fail`], and the `diagnose` module finds out what CPython would say.

mod arguments;
mod atom;
mod compound;
mod expression;
mod fstring;
mod import;
pub(crate) mod number;
mod params;
mod pattern;
mod simple;
pub(crate) mod string;
mod target;

use crate::ast::*;
use crate::error::SyntaxWarning;
use crate::lexer;
use crate::names::Names;
use crate::options::{Flags, Mode, ParseOptions};
use crate::stream::TokenStream;
use crate::text::{Name, Text};
use crate::token::{Token, TokenKind};
use std::cell::Cell;

/// Something is wrong with the source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fail;

type Parse<T> = Result<T, Fail>;

/// Why there is no tree.
pub(crate) enum Failure {
    Syntax,
    /// A name whose normal form is this constant.
    Constant(&'static str),
}

/// Names that no identifier may have after normalisation.
const CONSTANTS: [&str; 3] = ["None", "True", "False"];

/// Rules that CPython's parser may nest.
pub(crate) const MAX_STACK: u32 = 6000;
/// Rules that are open around an expression statement of a module.
const BASE_LEVEL: u32 = 31;
/// The parser counts CPython's rules roughly. Source that nests less deeply than this by its count is surely below CPython's limit ...
const DOUBTFUL_LEVEL: u32 = MAX_STACK / 2;
/// ... and more deeply than this, surely beyond.
const LAST_LEVEL: u32 = MAX_STACK + MAX_STACK / 6;

pub(crate) struct Parser<'s> {
    source: &'s [u8],
    tokens: Vec<Token>,
    pos: usize,
    options: ParseOptions,
    flags: Flags,
    level: u32,
    /// The highest level so far.
    deepest: u32,
    names: Names,
    /// Warnings with the index of the token at which they arise.
    pub(crate) warnings: Vec<(usize, SyntaxWarning)>,
    /// The first name that normalised to a constant.
    constant: Option<&'static str>,
}

/// What the parser made of right source.
pub(crate) struct Parsed {
    pub(crate) module: Mod,
    /// In order.
    pub(crate) warnings: Vec<SyntaxWarning>,
    /// It nests so deeply that CPython's parser may give up.
    pub(crate) doubtful: bool,
}

/// The memory of a list of tokens is kept for the next source up to so many.
const KEPT_TOKENS: usize = 1 << 15;

thread_local! {
    static SPARE: Cell<Vec<Token>> = const { Cell::new(Vec::new()) };
}

/// Parses everything. The source has normal line ends.
pub(crate) fn parse(source: &[u8], options: &ParseOptions) -> Result<Parsed, Failure> {
    let mut stream = TokenStream::new(source, options);
    let mut tokens = SPARE.try_with(Cell::take).unwrap_or_default();
    tokens.reserve(source.len() / 8 + 8);
    let mut warnings = Vec::new();
    loop {
        let index = tokens.len();
        tokens.push(Token::END);
        let Some(token) = tokens.last_mut() else { break };
        stream.next_token_into(token);
        if !stream.lexer.warnings.is_empty() {
            warnings.extend(stream.lexer.warnings.drain(..).map(|(warning, _)| (index, warning)));
        }
        match token.kind {
            TokenKind::EndMarker | TokenKind::ErrorToken => break,
            _ => {}
        }
    }
    let mut parser = Parser {
        source,
        tokens,
        pos: 0,
        options: *options,
        flags: options.flags,
        level: BASE_LEVEL,
        deepest: BASE_LEVEL,
        names: Names::default(),
        warnings,
        constant: None,
    };
    let parsed = parser.module(&mut stream);
    let mut tokens = std::mem::take(&mut parser.tokens);
    if tokens.capacity() <= KEPT_TOKENS {
        tokens.clear();
        // A thread that ends has no use for it.
        let _ = SPARE.try_with(|spare| spare.set(tokens));
    }
    if let Some(constant) = parser.constant {
        return Err(Failure::Constant(constant));
    }
    let (module, warnings) = parsed.map_err(|Fail| Failure::Syntax)?;
    Ok(Parsed { module, warnings, doubtful: parser.deepest > DOUBTFUL_LEVEL })
}

impl<'s> Parser<'s> {
    #[inline]
    fn token(&self) -> Token {
        self.token_at(self.pos)
    }

    /// A token; past the end, the last one.
    #[inline]
    fn token_at(&self, index: usize) -> Token {
        match self.tokens.get(index).or(self.tokens.last()) {
            Some(token) => *token,
            None => Token::END,
        }
    }

    #[inline]
    fn kind(&self) -> TokenKind {
        self.tokens.get(self.pos).map_or(TokenKind::EndMarker, |token| token.kind)
    }

    #[inline]
    fn kind_at(&self, index: usize) -> TokenKind {
        self.tokens.get(index).map_or(TokenKind::EndMarker, |token| token.kind)
    }

    #[inline]
    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    #[inline]
    fn next_is(&self, kind: TokenKind) -> bool {
        self.kind_at(self.pos + 1) == kind
    }

    #[inline]
    fn eat(&mut self, kind: TokenKind) -> bool {
        if !self.at(kind) {
            return false;
        }
        self.pos += 1;
        true
    }

    #[inline]
    fn expect(&mut self, kind: TokenKind) -> Parse<()> {
        if self.eat(kind) { Ok(()) } else { Err(Fail) }
    }

    #[inline]
    fn bytes(&self, token: Token) -> &'s [u8] {
        self.source.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The current token is the name `word`.
    fn at_word(&self, word: &[u8]) -> bool {
        self.at(TokenKind::Name) && self.bytes(self.token()) == word
    }

    /// From the token at `start` to the last token read that is not white space.
    fn span_from(&self, start: usize) -> Span {
        let first = self.tokens.get(start).or(self.tokens.last()).unwrap_or(&Token::END);
        let is_blank = |token: &Token| {
            matches!(token.kind, TokenKind::EndMarker | TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent)
        };
        let read = self.tokens.get(..self.pos).unwrap_or(&self.tokens);
        let last = read.iter().rfind(|token| !is_blank(token)).or(read.first()).unwrap_or(first);
        Span::new(first.lineno, first.col_offset, last.end_lineno, last.end_col_offset)
    }

    /// The whole program, whose tokens were read from `stream`.
    fn module(&mut self, stream: &mut TokenStream<'_>) -> Parse<(Mod, Vec<SyntaxWarning>)> {
        let module = match self.options.mode {
            Mode::Exec => {
                let body = self.statements(TokenKind::EndMarker)?;
                Mod::Module { body, type_ignores: std::mem::take(&mut stream.type_ignores) }
            }
            Mode::Eval => {
                let body = self.expressions()?;
                self.end_of_input()?;
                Mod::Expression { body: body.into() }
            }
            Mode::Single => self.interactive()?,
            Mode::FuncType => self.func_type()?,
        };
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.sort_by_key(|&(at, _)| at);
        Ok((module, warnings.into_iter().map(|(_, warning)| warning).collect()))
    }

    fn expr_from(&self, start: usize, kind: ExprKind) -> Expr {
        Expr { span: self.span_from(start), kind }
    }

    fn stmt_from(&self, start: usize, kind: StmtKind) -> Stmt {
        Stmt { span: self.span_from(start), kind }
    }

    fn intern(&mut self, text: &[u8]) -> Name {
        match self.names.get(text) {
            // The normal form of a normal form is itself.
            Some(name) => name,
            None => self.intern_new(text),
        }
    }

    #[cold]
    fn intern_new(&mut self, text: &[u8]) -> Name {
        if text.is_ascii() {
            return self.names.intern(text);
        }
        let text = String::from_utf8_lossy(text);
        let normal = lexer::normalize(&text);
        if let Some(constant) = CONSTANTS.iter().find(|constant| normal.as_deref() == Some(**constant)) {
            self.constant.get_or_insert(*constant);
        }
        self.names.intern(normal.as_deref().unwrap_or(&text).as_bytes())
    }

    /// NAME
    fn name(&mut self) -> Parse<Name> {
        let token = self.token();
        if token.kind != TokenKind::Name {
            return Err(Fail);
        }
        self.pos += 1;
        let text = self.bytes(token);
        Ok(self.intern(text))
    }

    /// Runs a rule that nests `weight` levels deep in CPython's parser.
    fn nested<T>(&mut self, weight: u32, rule: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.deepen(weight)?;
        let result = rule(self);
        self.level -= weight;
        result
    }

    fn deepen(&mut self, weight: u32) -> Parse<()> {
        let marker = 0u8;
        let address = std::ptr::from_ref(&marker).addr();
        if self.level + weight > LAST_LEVEL || address < self.options.stack_limit {
            return Err(Fail);
        }
        self.level += weight;
        self.deepest = self.deepest.max(self.level);
        Ok(())
    }

    /// The rest needs Python 3.`minor`.
    fn require_version(&self, minor: u8) -> Parse<()> {
        if self.options.feature_version < minor { Err(Fail) } else { Ok(()) }
    }

    /// Where to come back to after a try.
    fn mark(&self) -> (usize, usize) {
        (self.pos, self.warnings.len())
    }

    fn reset(&mut self, mark: (usize, usize)) {
        self.pos = mark.0;
        self.warnings.truncate(mark.1);
    }

    fn type_comment(&mut self) -> Option<Text> {
        let token = self.token();
        if token.kind != TokenKind::TypeComment {
            return None;
        }
        self.pos += 1;
        Text::from_bytes(self.bytes(token).to_vec())
    }

    fn end_of_input(&mut self) -> Parse<()> {
        while self.eat(TokenKind::Newline) {}
        self.expect(TokenKind::EndMarker)
    }

    /// interactive: statement_newline
    fn interactive(&mut self) -> Parse<Mod> {
        let start = self.pos;
        let mut body = Vec::new();
        if self.eat(TokenKind::Newline) {
            body.push(self.stmt_from(start, StmtKind::Pass {}));
        } else if let Some(stmt) = self.compound_stmt()? {
            body.push(stmt);
            self.expect(TokenKind::Newline)?;
        } else {
            self.simple_stmts(&mut body)?;
        }
        if self.more_statements() {
            return Err(Fail);
        }
        Ok(Mod::Interactive { body })
    }

    /// Anything but blanks and comments after the statement that was read.
    fn more_statements(&self) -> bool {
        let last = self.token_at(self.pos.saturating_sub(1));
        more_statements(self.source.get(last.end as usize..).unwrap_or_default())
    }

    /// func_type: '(' [type_expressions] ')' '->' expression NEWLINE* ENDMARKER
    fn func_type(&mut self) -> Parse<Mod> {
        self.expect(TokenKind::LPar)?;
        let mut argtypes = Vec::new();
        let mut stage = 0;
        while !self.at(TokenKind::RPar) {
            if !argtypes.is_empty() {
                self.expect(TokenKind::Comma)?;
            }
            let kind = self.kind();
            let next_stage = match kind {
                TokenKind::Star => 1,
                TokenKind::DoubleStar => 2,
                _ => 0,
            };
            if stage > 0 && next_stage <= stage {
                return Err(Fail);
            }
            stage = next_stage;
            if stage > 0 {
                self.pos += 1;
            }
            argtypes.push(self.expression()?);
        }
        self.expect(TokenKind::RPar)?;
        self.expect(TokenKind::RArrow)?;
        let returns = self.expression()?;
        self.end_of_input()?;
        Ok(Mod::FunctionType { argtypes, returns: returns.into() })
    }
}

/// CPython's `bad_single_statement`: more than blanks and comments in the rest of the source.
pub(crate) fn more_statements(rest: &[u8]) -> bool {
    let mut rest = rest;
    loop {
        let blanks = rest.iter().take_while(|c| matches!(c, b' ' | b'\t' | b'\n' | 0x0C)).count();
        rest = rest.get(blanks..).unwrap_or_default();
        match rest.first() {
            None => return false,
            Some(b'#') => {
                let line = rest.iter().take_while(|&&c| c != b'\n').count();
                rest = rest.get(line..).unwrap_or_default();
            }
            Some(_) => return true,
        }
    }
}
