//! The actions of the grammar: checks and messages.

use super::engine::{Engine, Match, Node, Raised, Value, token_span};
use super::grammar::{Argument, NodeKind, SLOTS};
use crate::ast::Span;
use crate::error::{ErrorKind, SyntaxWarning};
use crate::options::Flags;
use crate::parser::string::{self, InvalidEscape, StringFault};
use crate::token::{Token, TokenKind};

/// What may be assigned or deleted (`TARGETS_TYPE`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Targets {
    Star,
    Delete,
    For,
}

impl Engine<'_, '_> {
    pub(super) fn check_version(&mut self, minor: u8, what: &str) -> Result<(), Raised> {
        if self.options.feature_version >= minor {
            return Ok(());
        }
        Err(self.raise_last(format!("{what} only supported in Python 3.{minor} and greater")))
    }

    /// Runs a `=>` action.
    pub(super) fn run(&mut self, function: &str, arguments: &[Argument], slots: &[Value; SLOTS], start: usize) -> Match {
        let mut places: Vec<Value> = Vec::new();
        let mut text = "";
        for argument in arguments {
            match argument {
                Argument::Text(value) | Argument::Word(value) => text = value,
                Argument::Slot(slot) => places.extend(slots.get(*slot).cloned()),
                Argument::First(slot) => places.extend(slots.get(*slot).and_then(first_item)),
                Argument::Last(slot) => places.extend(slots.get(*slot).and_then(last_item)),
                Argument::Comprehension(slot) => places.extend(slots.get(*slot).and_then(comprehension_item)),
            }
        }
        let a = places.first().cloned().unwrap_or(Value::Nothing);
        let b = places.get(1).cloned().unwrap_or(Value::Nothing);
        let c = places.get(2).cloned().unwrap_or(Value::Nothing);
        match function {
            "known" => {
                let message = self.message(text, &a);
                Err(self.raise_known(self.span(&a), message))
            }
            "range" => {
                let message = self.message(text, &a);
                Err(self.raise_known(self.span(&a).to(self.span(&b)), message))
            }
            "from" => Err(self.raise_from(self.span(&a), text.into())),
            "last" => Err(self.raise_last(text.into())),
            "next" => Err(self.raise_next(text.into())),
            "indent" => {
                let message = self.message(text, &a);
                let last = self.tokens.last().copied();
                Err(self.raise_token(ErrorKind::IndentationError, message, last))
            }
            "target" => self.invalid_target(text, &a),
            "statement" => {
                // In CPython's second pass a function matches a rule for wrong source, which has no place.
                let span = self.span(&a);
                if node_kind(&a) != Some(NodeKind::FunctionDef) && span.lineno > self.last_statement.0 {
                    self.last_statement = (span.lineno, span.col_offset);
                }
                Ok(Some(a))
            }
            "future_import" => {
                self.future_import(&a, &b, &c);
                Ok(Some(self.node(NodeKind::Other, start, Vec::new())))
            }
            "not_equal" => self.not_equal(a),
            "diamond" => self.diamond(a, &b),
            "invalid_diamond" => self.invalid_diamond(&a, &b),
            "real" if self.is_imaginary(&a) => {
                Err(self.raise_known(self.span(&a), "real number required in complex literal".into()))
            }
            "imaginary" if !self.is_imaginary(&a) => {
                Err(self.raise_known(self.span(&a), "imaginary number required in complex literal".into()))
            }
            "real" | "imaginary" | "number" => Ok(Some(a)),
            "legacy" => self.legacy(&a, &b),
            "missing_comma" => self.missing_comma(&a, &b),
            "missing_value" => {
                let span = self.span(&a);
                let place = (span.lineno, span.end_col_offset);
                let message = "':' expected after dictionary key".into();
                Err(self.raise_at(ErrorKind::SyntaxError, message, place, (span.end_lineno, 0)))
            }
            "bad_bound" => {
                let what = if node_kind(&b) == Some(NodeKind::Tuple) { "constraints" } else { "bound" };
                Err(self.raise_from(self.span(&a), format!("cannot use {what} with {text}")))
            }
            "bare_genexp" => self.bare_genexp(&a, &b),
            "bad_arguments" => {
                let unpacking = children(&a).iter().any(|arg| node_kind(arg) == Some(NodeKind::KeywordUnpacking));
                let suffix = if unpacking { " unpacking" } else { "" };
                Err(self.raise_last(format!("positional argument follows keyword argument{suffix}")))
            }
            "conversion" => self.conversion(a, &b),
            "string" => self.string(&a, start),
            "joined" => self.joined(&a, &b, &c, NodeKind::JoinedStr, start),
            "template" => {
                self.check_version(14, "t-strings are")?;
                self.joined(&a, &b, &c, NodeKind::TemplateStr, start)
            }
            "format_spec" => self.format_spec(a),
            "concatenate" => self.concatenate(&a, start),
            _ => Ok(None),
        }
    }

    fn message(&self, text: &str, place: &Value) -> String {
        let text = if text.contains("%s") { text.replace("%s", &self.expr_name(place)) } else { text.to_owned() };
        if text.contains("%d") { text.replace("%d", &self.span(place).lineno.to_string()) } else { text }
    }

    fn value_token(&self, value: &Value) -> Option<Token> {
        match value {
            Value::Token(index) => self.token(*index),
            _ => None,
        }
    }

    fn span(&self, value: &Value) -> Span {
        match value {
            Value::Node(node) => node.span,
            Value::Token(index) => self.token(*index).map(token_span).unwrap_or_default(),
            _ => Span::default(),
        }
    }

    /// `_PyPegen_get_expr_name`
    fn expr_name(&self, value: &Value) -> String {
        use NodeKind::*;
        if let Some(token) = self.value_token(value) {
            return match token.kind {
                TokenKind::Name => "name".into(),
                TokenKind::Number | TokenKind::String => "literal".into(),
                TokenKind::Ellipsis => "ellipsis".into(),
                _ => String::from_utf8_lossy(self.text(token)).into_owned(),
            };
        }
        let name = match node_kind(value) {
            Some(Attribute) => "attribute",
            Some(Subscript) => "subscript",
            Some(Starred) => "starred",
            Some(List) => "list",
            Some(Tuple) => "tuple",
            Some(Lambda) => "lambda",
            Some(Call) => "function call",
            Some(GeneratorExp) => "generator expression",
            Some(Yield) => "yield expression",
            Some(Await) => "await expression",
            Some(ListComp) => "list comprehension",
            Some(SetComp) => "set comprehension",
            Some(DictComp) => "dict comprehension",
            Some(Dict) => "dict literal",
            Some(Set) => "set display",
            Some(JoinedStr) => "f-string expression",
            Some(TemplateStr) => "t-string expression",
            Some(Str | Bytes) => "literal",
            Some(Compare) => "comparison",
            Some(IfExp) => "conditional expression",
            Some(NamedExpr) => "named expression",
            _ => "expression",
        };
        name.into()
    }

    fn invalid_target(&mut self, targets: &str, expr: &Value) -> Match {
        let (targets, verb) = match targets {
            "DEL" => (Targets::Delete, "delete"),
            "FOR" => (Targets::For, "assign to"),
            _ => (Targets::Star, "assign to"),
        };
        let Some(wrong) = self.find_invalid_target(expr, targets) else {
            return Ok(None);
        };
        let message = format!("cannot {verb} {}", self.expr_name(&wrong));
        Err(self.raise_known(self.span(&wrong), message))
    }

    /// `_PyPegen_get_invalid_target`
    fn find_invalid_target(&self, expr: &Value, targets: Targets) -> Option<Value> {
        if let Some(token) = self.value_token(expr) {
            return (token.kind != TokenKind::Name).then(|| expr.clone());
        }
        let Value::Node(node) = expr else { return None };
        match node.kind {
            NodeKind::List | NodeKind::Tuple => node.children.iter().find_map(|child| self.find_invalid_target(child, targets)),
            NodeKind::Starred if targets != Targets::Delete => {
                node.children.first().and_then(|child| self.find_invalid_target(child, targets))
            }
            NodeKind::Compare if targets == Targets::For => {
                let is_in = node.children.get(1).and_then(node_kind) == Some(NodeKind::In);
                let left = node.children.first().filter(|_| is_in)?;
                self.find_invalid_target(left, targets)
            }
            NodeKind::Attribute | NodeKind::Subscript => None,
            _ => Some(expr.clone()),
        }
    }

    fn future_import(&mut self, module: &Value, names: &Value, dots: &Value) {
        let is_future =
            first_item(dots).is_none() && self.value_token(module).is_some_and(|token| self.text(token) == b"__future__");
        let mut aliases = Vec::new();
        super::engine::splice(names, &mut aliases);
        let barry = aliases.iter().any(|alias| {
            let name = children(alias).first().unwrap_or(alias);
            self.value_token(name).is_some_and(|token| self.text(token) == b"barry_as_FLUFL")
        });
        if is_future && barry {
            self.flags |= Flags::BARRY_AS_BDFL;
        }
    }

    /// `_PyPegen_check_barry_as_flufl`
    fn not_equal(&mut self, operator: Value) -> Match {
        if self.flags.contains(Flags::BARRY_AS_BDFL) {
            return Err(self.raise_last("with Barry as BDFL, use '<>' instead of '!='".into()));
        }
        Ok(Some(operator))
    }

    /// `<` and `>` without anything between them.
    fn is_diamond(&self, less: &Value, greater: &Value) -> bool {
        match (self.value_token(less), self.value_token(greater)) {
            (Some(less), Some(greater)) => less.end == greater.start,
            _ => false,
        }
    }

    /// `<>` as an operator, which it is only for Barry.
    fn diamond(&mut self, less: Value, greater: &Value) -> Match {
        let barry = self.flags.contains(Flags::BARRY_AS_BDFL);
        Ok((barry && self.is_diamond(&less, greater)).then_some(less))
    }

    fn invalid_diamond(&mut self, less: &Value, greater: &Value) -> Match {
        if !self.is_diamond(less, greater) {
            return Ok(None);
        }
        let span = self.span(less).to(self.span(greater));
        Err(self.raise_known(span, "invalid syntax.  Maybe you meant '!=' instead of '<>'?".into()))
    }

    fn is_imaginary(&self, number: &Value) -> bool {
        self.value_token(number).is_some_and(|token| self.text(token).ends_with(b"j") || self.text(token).ends_with(b"J"))
    }

    fn is_legacy_name(&self, value: &Value) -> bool {
        self.value_token(value)
            .is_some_and(|token| token.kind == TokenKind::Name && matches!(self.text(token), b"print" | b"exec"))
    }

    fn legacy(&mut self, name: &Value, argument: &Value) -> Match {
        if !self.is_legacy_name(name) {
            return Ok(None);
        }
        let word = self.value_token(name).map(|token| String::from_utf8_lossy(self.text(token)).into_owned());
        let word = word.unwrap_or_default();
        let message = format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?");
        Err(self.raise_known(self.span(name).to(self.span(argument)), message))
    }

    fn missing_comma(&mut self, a: &Value, b: &Value) -> Match {
        let in_brackets = self.mark > 0 && self.token(self.mark - 1).is_some_and(|token| token.level > 0);
        if self.is_legacy_name(a) || !in_brackets {
            return Ok(None);
        }
        let message = "invalid syntax. Perhaps you forgot a comma?".into();
        Err(self.raise_known(self.span(a).to(self.span(b)), message))
    }

    /// `_PyPegen_nonparen_genexp_in_call`
    fn bare_genexp(&mut self, arguments: &Value, comprehensions: &Value) -> Match {
        let keyword = |arg: &&Value| matches!(node_kind(arg), Some(NodeKind::Keyword | NodeKind::KeywordUnpacking));
        let positional: Vec<&Value> = children(arguments).iter().filter(|arg| !keyword(arg)).collect();
        if positional.len() <= 1 {
            return Ok(None);
        }
        let (Some(last), Some(end)) = (positional.last(), comprehension_item(comprehensions)) else {
            return Ok(None);
        };
        let span = self.span(last).to(self.span(&end));
        Err(self.raise_known(span, "Generator expression must be parenthesized".into()))
    }

    /// `_PyPegen_check_fstring_conversion`
    fn conversion(&mut self, mark: Value, name: &Value) -> Match {
        let (before, after) = (self.span(&mark), self.span(name));
        let prefix = self.stream.lexer.string_prefix();
        if before.lineno != after.lineno || before.end_col_offset != after.col_offset {
            let message = format!("{prefix}-string: conversion type must come right after the exclamation mark");
            return Err(self.raise_known(before.to(after), message));
        }
        let text = self.value_token(name).map(|token| self.text(token)).unwrap_or_default();
        if !matches!(text, b"s" | b"r" | b"a") {
            let name = String::from_utf8_lossy(text);
            let shown = crate::lexer::normalize(&name).unwrap_or(name.into_owned());
            let message = format!("{prefix}-string: invalid conversion character '{shown}': expected 's', 'r', or 'a'");
            return Err(self.raise_known(after, message));
        }
        Ok(Some(mark))
    }

    fn warn_escape(&mut self, token: Token, invalid: &InvalidEscape) -> Result<(), Raised> {
        if self.call_invalid {
            return Ok(());
        }
        let in_fstring = token.kind != TokenKind::String;
        if in_fstring && matches!(invalid.shown.as_str(), "{" | "}") {
            return Ok(());
        }
        let lineno = token.lineno + invalid.newlines;
        let warning = SyntaxWarning { message: invalid.warning(), lineno, deprecation: self.options.feature_version < 12 };
        let Err(kind) = self.warn(&warning) else {
            return Ok(());
        };
        let mut column = invalid.column + 1;
        if invalid.newlines == 0 {
            let text = self.text(token);
            let quote = text.first().filter(|c| matches!(c, b'\'' | b'"'));
            let quotes = text.iter().take_while(|c| Some(*c) == quote).count();
            column += token.col_offset + i32::try_from(quotes).unwrap_or(0);
        }
        Err(self.raise_at(kind, invalid.error(), (lineno, column), (lineno, column + 2)))
    }

    fn string(&mut self, value: &Value, start: usize) -> Match {
        let Some(token) = self.value_token(value) else { return Ok(None) };
        match string::parse_literal(self.text(token)) {
            Ok(decoded) => {
                if let Some(invalid) = &decoded.invalid {
                    self.warn_escape(token, invalid)?;
                }
                let bytes = matches!(decoded.value, crate::ast::Constant::Bytes(_));
                let kind = if bytes { NodeKind::Bytes } else { NodeKind::Str };
                Ok(Some(self.node(kind, start, Vec::new())))
            }
            Err(StringFault::NonAsciiBytes) => Err(self.raise_known(token_span(token), StringFault::NonAsciiBytes.message())),
            Err(fault) => Err(self.raise_last(fault.message())),
        }
    }

    fn joined(&mut self, open: &Value, parts: &Value, end: &Value, kind: NodeKind, start: usize) -> Match {
        let raw = self.value_token(open).is_some_and(|token| self.text(token).iter().any(|c| matches!(c, b'r' | b'R')));
        let end = self.value_token(end);
        let mut middles = Vec::new();
        super::engine::splice(parts, &mut middles);
        for middle in &middles {
            let Some(token) = self.value_token(middle) else { continue };
            let text = self.text(token);
            let body = if text == b"{{" || text == b"}}" { text.get(..1).unwrap_or_default() } else { text };
            match string::decode_text(body, raw) {
                Ok(decoded) => {
                    if let (Some(invalid), Some(end)) = (&decoded.invalid, end) {
                        self.warn_escape(end, invalid)?;
                    }
                }
                Err(fault) => return Err(self.raise_known(token_span(token), fault.message())),
            }
        }
        Ok(Some(self.node(kind, start, Vec::new())))
    }

    fn format_spec(&mut self, value: Value) -> Match {
        let Some(token) = self.value_token(&value) else { return Ok(None) };
        match string::decode_text(self.text(token), self.stream.lexer.string_is_raw()) {
            Ok(decoded) => {
                if let Some(invalid) = &decoded.invalid {
                    self.warn_escape(token, invalid)?;
                }
                Ok(Some(value))
            }
            Err(StringFault::Unicode { object, start, end, reason }) => {
                let raised = self.raise_known(token_span(token), reason.into());
                if let Some(error) = &mut self.error {
                    error.kind = ErrorKind::UnicodeDecodeError { object: object.into(), start, end };
                }
                Err(raised)
            }
            Err(fault) => Err(self.raise_known(token_span(token), fault.message())),
        }
    }

    fn concatenate(&mut self, parts: &Value, start: usize) -> Match {
        let Value::List(parts) = parts else { return Ok(None) };
        let bytes = parts.iter().filter(|part| node_kind(part) == Some(NodeKind::Bytes)).count();
        if bytes > 0 && bytes < parts.len() {
            return Err(self.raise_last("cannot mix bytes and nonbytes literals".into()));
        }
        if let [only] = parts.as_slice() {
            return Ok(Some(only.clone()));
        }
        let joined = parts.iter().any(|part| node_kind(part) == Some(NodeKind::JoinedStr));
        let kind = match bytes {
            0 if joined => NodeKind::JoinedStr,
            0 => NodeKind::Str,
            _ => NodeKind::Bytes,
        };
        Ok(Some(self.node(kind, start, Vec::new())))
    }
}

fn node(value: &Value) -> Option<&Node> {
    match value {
        Value::Node(node) => Some(node),
        _ => None,
    }
}

fn node_kind(value: &Value) -> Option<NodeKind> {
    node(value).map(|node| node.kind)
}

fn children(value: &Value) -> &[Value] {
    node(value).map(|node| node.children.as_slice()).unwrap_or_default()
}

fn first_item(value: &Value) -> Option<Value> {
    match value {
        Value::List(items) => items.first().cloned(),
        _ => None,
    }
}

fn last_item(value: &Value) -> Option<Value> {
    match value {
        Value::List(items) => items.last().cloned(),
        _ => None,
    }
}

/// `_PyPegen_get_last_comprehension_item` of the last clause.
fn comprehension_item(clauses: &Value) -> Option<Value> {
    last_item(clauses).and_then(|clause| children(&clause).last().cloned())
}
