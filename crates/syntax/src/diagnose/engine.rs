//! Matches the grammar as CPython's generated parser does: in the same order, with the same memos, reading the same tokens.

use super::grammar::{Action, Alternative, Body, Grammar, Item, NodeKind, RuleId, SLOTS};
use crate::ast::Span;
use crate::error::{ErrorKind, SyntaxError, SyntaxWarning, WarningOutcome};
use crate::options::{Flags, ParseOptions, WarningSink};
use crate::parser::{MAX_STACK, number};
use crate::stream::TokenStream;
use crate::token::{Token, TokenKind};
use std::rc::Rc;

/// An error was raised; it is in [`Engine::error`].
pub(super) struct Raised;

pub(super) type Match = Result<Option<Value>, Raised>;

/// What a rule matched.
#[derive(Clone)]
pub(super) enum Value {
    Nothing,
    Token(usize),
    Node(Rc<Node>),
    List(Rc<Vec<Value>>),
}

pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) span: Span,
    pub(super) children: Vec<Value>,
}

struct Memo {
    rule: RuleId,
    value: Option<Value>,
    end: usize,
}

pub(super) struct Engine<'s, 'w> {
    grammar: &'static Grammar,
    pub(super) stream: TokenStream<'s>,
    pub(super) options: ParseOptions,
    pub(super) flags: Flags,
    sink: &'w mut dyn WarningSink,
    pub(super) tokens: Vec<Token>,
    memos: Vec<Vec<Memo>>,
    pub(super) mark: usize,
    level: u32,
    /// The second pass: rules for wrong source are on.
    pub(super) call_invalid: bool,
    pub(super) error: Option<SyntaxError>,
    /// Start of the last compound statement that was complete.
    pub(super) last_statement: (i32, i32),
    /// The rules nested deeper than CPython's may.
    pub(super) too_deep: bool,
}

/// So near the limit of nesting, rules that cannot match are gone through all the same: CPython's parser may find the limit in them.
const NEAR: u32 = 64;

impl<'s, 'w> Engine<'s, 'w> {
    pub(super) fn new(
        grammar: &'static Grammar,
        source: &'s [u8],
        options: &ParseOptions,
        sink: &'w mut dyn WarningSink,
    ) -> Self {
        Engine {
            grammar,
            stream: TokenStream::new(source, options),
            options: *options,
            flags: options.flags,
            sink,
            tokens: Vec::new(),
            memos: Vec::new(),
            mark: 0,
            level: 0,
            call_invalid: false,
            error: None,
            last_statement: (0, 0),
            too_deep: false,
        }
    }

    /// Goes back to the start, now with the rules for wrong source.
    pub(super) fn start_second_pass(&mut self) {
        self.mark = 0;
        self.level = 0;
        self.call_invalid = true;
        self.last_statement = (0, 0);
        self.memos.iter_mut().for_each(Vec::clear);
    }

    pub(super) fn token(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    pub(super) fn text(&self, token: Token) -> &'s [u8] {
        self.stream.source.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// The token at the mark, read if need be.
    #[inline(never)]
    pub(super) fn peek(&mut self) -> Result<Token, Raised> {
        if self.mark >= self.tokens.len() {
            let token = self.stream.next_token();
            self.tokens.push(token);
            self.memos.push(Vec::new());
            self.report_warnings()?;
            if token.kind == TokenKind::ErrorToken {
                return Err(self.tokenizer_error());
            }
        }
        self.token(self.mark).ok_or(Raised)
    }

    #[inline(never)]
    fn peek_kind(&mut self) -> Result<TokenKind, Raised> {
        self.peek().map(|token| token.kind)
    }

    #[inline(never)]
    pub(super) fn report_warnings(&mut self) -> Result<(), Raised> {
        let warnings = std::mem::take(&mut self.stream.lexer.warnings);
        for (warning, error) in warnings {
            if let Err(kind) = self.warn(&warning) {
                self.stream.lexer.done = crate::lexer::Done::Error;
                self.error = Some(SyntaxError { kind, ..error });
                return Err(Raised);
            }
        }
        Ok(())
    }

    /// Issues a warning; the kind of error if it becomes one.
    pub(super) fn warn(&mut self, warning: &SyntaxWarning) -> Result<(), ErrorKind> {
        match self.sink.warn(warning) {
            WarningOutcome::Continue => Ok(()),
            WarningOutcome::Error => Err(ErrorKind::SyntaxError),
            WarningOutcome::Raised => Err(ErrorKind::WarningRaised),
        }
    }

    /// Matches the rule `id` here.
    pub(super) fn rule(&mut self, id: RuleId) -> Match {
        let Some(rule) = self.grammar.rules.get(id) else { return Ok(None) };
        let marker = 0u8;
        self.too_deep |= self.level >= MAX_STACK;
        if self.too_deep || std::ptr::from_ref(&marker).addr() < self.options.stack_limit {
            return Err(self.stack_overflow());
        }
        if !rule.first.contains(self.peek_kind()?) && !self.is_near_limit() {
            return Ok(None);
        }
        self.level += 1;
        let result = if rule.left_recursive {
            self.left_recursive(id)
        } else if rule.memo {
            self.memoised(id)
        } else {
            let invalid = self.call_invalid;
            self.call_invalid &= !rule.without_invalid;
            let result = self.body(id);
            self.call_invalid = invalid;
            result
        };
        self.level -= 1;
        result
    }

    fn is_near_limit(&self) -> bool {
        self.level + NEAR > MAX_STACK
    }

    #[inline(never)]
    fn memoised(&mut self, id: RuleId) -> Match {
        if let Some(found) = self.memo(id)? {
            return Ok(found);
        }
        let start = self.mark;
        let value = self.body(id)?;
        self.remember(start, id, value.clone());
        Ok(value)
    }

    #[inline(never)]
    fn memo(&mut self, id: RuleId) -> Result<Option<Option<Value>>, Raised> {
        self.peek()?;
        let found = self.memos.get(self.mark).and_then(|memos| memos.iter().find(|memo| memo.rule == id));
        let found = found.map(|memo| (memo.value.clone(), memo.end));
        Ok(found.map(|(value, end)| {
            self.mark = end;
            value
        }))
    }

    #[inline(never)]
    fn remember(&mut self, start: usize, rule: RuleId, value: Option<Value>) {
        let end = self.mark;
        if let Some(memos) = self.memos.get_mut(start) {
            match memos.iter_mut().find(|memo| memo.rule == rule) {
                Some(memo) => (memo.value, memo.end) = (value, end),
                None => memos.push(Memo { rule, value, end }),
            }
        }
    }

    /// Grows the match from the left, with the result so far as the memo.
    #[inline(never)]
    fn left_recursive(&mut self, id: RuleId) -> Match {
        if let Some(found) = self.memo(id)? {
            return Ok(found);
        }
        let start = self.mark;
        let mut best = None;
        let mut best_end = start;
        self.level += 1;
        loop {
            self.mark = best_end;
            self.remember(start, id, best.clone());
            self.mark = start;
            match self.body(id)? {
                Some(value) if self.mark > best_end => {
                    best_end = self.mark;
                    best = Some(value);
                }
                _ => break,
            }
        }
        self.level -= 1;
        self.mark = best_end;
        Ok(best)
    }

    fn body(&mut self, id: RuleId) -> Match {
        match self.grammar.rules.get(id).map(|rule| &rule.body) {
            None => Ok(None),
            Some(Body::Alternatives(alternatives)) => self.alternatives(alternatives),
            Some(Body::Loop { item, min }) => self.repeat(item, None, *min),
            Some(Body::Gather { separator, item }) => self.repeat(item, Some(separator), 1),
        }
    }

    fn alternatives(&mut self, alternatives: &'static [Alternative]) -> Match {
        let start = self.mark;
        // `rule` has read the token, so that to pass over an alternative reads none less.
        let kind = self.peek_kind()?;
        'next: for alternative in alternatives {
            if (alternative.guarded && !self.call_invalid) || (!alternative.first.contains(kind) && !self.is_near_limit()) {
                continue;
            }
            let mut slots: [Value; SLOTS] = [const { Value::Nothing }; SLOTS];
            let mut only = None;
            let mut count = 0;
            let mut cut = false;
            for (slot, item) in &alternative.items {
                let Some(value) = self.item(item)? else {
                    self.mark = start;
                    if cut {
                        return Ok(None);
                    }
                    continue 'next;
                };
                match item {
                    Item::Cut => cut = true,
                    Item::Lookahead { .. } => {}
                    _ => {
                        count += 1;
                        only = Some(value.clone());
                    }
                }
                if let Some(place) = slot.and_then(|slot| slots.get_mut(slot)) {
                    *place = value;
                }
            }
            let only = if count == 1 { only } else { None };
            return self.finish(alternative, start, slots, only);
        }
        Ok(None)
    }

    #[inline(never)] // Keeps the frames of the recursion small, like the others.
    fn finish(&mut self, alternative: &'static Alternative, start: usize, slots: [Value; SLOTS], only: Option<Value>) -> Match {
        match &alternative.action {
            Action::Default => Ok(Some(only.unwrap_or_else(|| self.node(NodeKind::Other, start, Vec::new())))),
            Action::Value(slot) => Ok(slots.get(*slot).cloned()),
            Action::Node { kind, children, version } => {
                if let Some((minor, what)) = version {
                    self.check_version(*minor, what)?;
                }
                let mut values = Vec::new();
                for value in children.iter().filter_map(|slot| slots.get(*slot)) {
                    splice(value, &mut values);
                }
                if *kind == NodeKind::Splice {
                    return Ok(Some(Value::List(Rc::new(values))));
                }
                Ok(Some(self.node(*kind, start, values)))
            }
            Action::Run { function, arguments } => self.run(function, arguments, &slots, start),
        }
    }

    /// A node from the token at `start` to the last one read.
    pub(super) fn node(&self, kind: NodeKind, start: usize, children: Vec<Value>) -> Value {
        let first = self.token(start);
        let blank = |kind| matches!(kind, TokenKind::EndMarker | TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent);
        let read = self.tokens.get(..self.mark).unwrap_or_default();
        let last = read.iter().rev().find(|token| !blank(token.kind)).copied().or(first);
        let span = match (first, last) {
            (Some(first), Some(last)) => Span::new(first.lineno, first.col_offset, last.end_lineno, last.end_col_offset),
            _ => Span::default(),
        };
        Value::Node(Rc::new(Node { kind, span, children }))
    }

    #[inline(never)]
    fn repeat(&mut self, item: &'static Item, separator: Option<&'static Item>, min: usize) -> Match {
        let mut values = Vec::new();
        loop {
            let before = self.mark;
            if let Some(separator) = separator
                && !values.is_empty()
                && self.item(separator)?.is_none()
            {
                self.mark = before;
                break;
            }
            match self.item(item)? {
                Some(value) => values.push(value),
                None => {
                    self.mark = before;
                    break;
                }
            }
            if self.mark == before {
                break;
            }
        }
        if values.len() < min {
            return Ok(None);
        }
        Ok(Some(Value::List(Rc::new(values))))
    }

    fn item(&mut self, item: &'static Item) -> Match {
        match item {
            Item::Token(kind) => self.expect(*kind),
            Item::Soft(word) => self.expect_word(|text| text == word.as_bytes()),
            Item::AnySoft => self.expect_word(|text| matches!(text, b"_" | b"case" | b"match" | b"type")),
            Item::Rule(id) => self.rule(*id),
            Item::Optional(item) => {
                let before = self.mark;
                let value = self.item(item)?;
                if value.is_none() {
                    self.mark = before;
                }
                Ok(Some(value.unwrap_or(Value::Nothing)))
            }
            Item::Lookahead { positive, item } => {
                let before = self.mark;
                let found = self.item(item)?.is_some();
                self.mark = before;
                Ok((found == *positive).then_some(Value::Nothing))
            }
            Item::Forced(kind, text) => self.expect_forced(*kind, text),
            Item::Cut => Ok(Some(Value::Nothing)),
        }
    }

    fn advance(&mut self) -> Value {
        self.mark += 1;
        Value::Token(self.mark - 1)
    }

    #[inline(never)]
    fn expect_word(&mut self, is_word: impl FnOnce(&[u8]) -> bool) -> Match {
        let token = self.peek()?;
        let found = token.kind == TokenKind::Name && is_word(self.text(token));
        Ok(found.then(|| self.advance()))
    }

    #[inline(never)]
    fn expect_forced(&mut self, kind: TokenKind, text: &str) -> Match {
        let token = self.peek()?;
        if token.kind != kind {
            return Err(self.raise_known(token_span(token), format!("expected '{text}'")));
        }
        Ok(Some(self.advance()))
    }

    #[inline(never)]
    fn expect(&mut self, kind: TokenKind) -> Match {
        let token = self.peek()?;
        if token.kind != kind {
            return Ok(None);
        }
        let value = self.advance();
        if kind == TokenKind::Number {
            self.check_number(token)?;
        }
        Ok(Some(value))
    }

    fn check_number(&mut self, token: Token) -> Result<(), Raised> {
        let text = self.text(token);
        if self.options.feature_version < 6 && text.contains(&b'_') {
            let message = "Underscores in numeric literals are only supported in Python 3.6 and greater";
            return Err(self.raise_last(message.into()));
        }
        if number::parse(text, self.options.max_str_digits).is_none() {
            let digits = number::digit_count(text);
            let message = format!(
                "Exceeds the limit ({} digits) for integer string conversion: value has {digits} digits; \
                 use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer \
                 literals to avoid decimal conversion limits.",
                self.options.max_str_digits
            );
            return Err(self.raise_at(ErrorKind::SyntaxError, message, (token.lineno, 0), (token.end_lineno, 0)));
        }
        Ok(())
    }
}

/// Appends a value, a list item by item.
pub(super) fn splice(value: &Value, out: &mut Vec<Value>) {
    match value {
        Value::Nothing => {}
        Value::List(items) => out.extend(items.iter().cloned()),
        Value::Node(node) if node.kind == NodeKind::Other && !node.children.is_empty() => {
            out.extend(node.children.iter().cloned());
        }
        _ => out.push(value.clone()),
    }
}

pub(super) fn token_span(token: Token) -> Span {
    Span::new(token.lineno, token.col_offset, token.end_lineno, token.end_col_offset)
}
