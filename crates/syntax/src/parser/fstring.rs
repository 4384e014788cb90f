//! String literals in expressions: concatenation, f-strings (PEP 701) and t-strings (PEP 750).

use super::string::{self, InvalidEscape};
use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::error::SyntaxWarning;
use crate::text::{Text, TextBuilder};
use crate::token::{Token, TokenKind};

/// Levels of CPython's rules in a replacement field.
const FIELD: u32 = 33;

/// f-strings or t-strings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Formatted,
    Template,
}

impl Flavour {
    fn middle(self) -> TokenKind {
        match self {
            Flavour::Formatted => TokenKind::FStringMiddle,
            Flavour::Template => TokenKind::TStringMiddle,
        }
    }

    fn end(self) -> TokenKind {
        match self {
            Flavour::Formatted => TokenKind::FStringEnd,
            Flavour::Template => TokenKind::TStringEnd,
        }
    }
}

impl Parser<'_> {
    /// strings: (fstring | string)+ | tstring+
    pub(super) fn strings(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let is_literal = |kind| matches!(kind, TokenKind::String | TokenKind::FStringStart | TokenKind::TStringStart);
        if self.at(TokenKind::String) && !is_literal(self.kind_at(start + 1)) {
            return self.string_literal();
        }
        if self.at(TokenKind::TStringStart) {
            return self.template_strings(start);
        }
        let mut parts = Vec::with_capacity(1);
        let mut literals = 0;
        let mut formatted = false;
        loop {
            match self.kind() {
                TokenKind::String => {
                    parts.push(self.string_literal()?);
                    literals += 1;
                }
                TokenKind::FStringStart => {
                    self.fstring_values(Flavour::Formatted, &mut parts)?;
                    formatted = true;
                }
                TokenKind::TStringStart => return Err(Fail),
                _ => break,
            }
        }
        let bytes = parts.iter().filter(|part| is_bytes(part)).count();
        if bytes > 0 && (formatted || bytes != literals) {
            return Err(Fail);
        }
        if formatted {
            let values = fold_constants(parts);
            return Ok(self.expr_from(start, ExprKind::JoinedStr { values }));
        }
        if literals == 1
            && let Some(part) = parts.pop()
        {
            return Ok(part);
        }
        let span = self.span_from(start);
        let kind = first_kind(&parts);
        let value = if bytes > 0 { join_bytes(&parts) } else { Constant::Str(join_text(&parts)) };
        Ok(Expr { span, kind: ExprKind::Constant { value, kind } })
    }

    fn template_strings(&mut self, start: usize) -> Parse<Expr> {
        let mut parts = Vec::new();
        while self.at(TokenKind::TStringStart) {
            self.fstring_values(Flavour::Template, &mut parts)?;
        }
        if matches!(self.kind(), TokenKind::String | TokenKind::FStringStart) {
            return Err(Fail);
        }
        self.require_version(14)?;
        let values = fold_constants(parts);
        Ok(self.expr_from(start, ExprKind::TemplateStr { values }))
    }

    fn string_literal(&mut self) -> Parse<Expr> {
        let token = self.token();
        let index = self.pos;
        self.pos += 1;
        let bytes = self.bytes(token);
        let decoded = string::parse_literal(bytes).map_err(|_| Fail)?;
        if let Some(invalid) = decoded.invalid {
            self.warn_escape(index, token, &invalid);
        }
        let kind = (bytes.first() == Some(&b'u')).then(|| Text::from("u"));
        Ok(self.expr_from(index, ExprKind::Constant { value: decoded.value, kind }))
    }

    fn warn_escape(&mut self, index: usize, token: Token, invalid: &InvalidEscape) {
        let lineno = token.lineno + invalid.newlines;
        let deprecation = self.options.feature_version < 12;
        self.warnings.push((index, SyntaxWarning { message: invalid.warning(), lineno, deprecation }));
    }

    /// fstring or tstring: appends its parts.
    fn fstring_values(&mut self, flavour: Flavour, values: &mut Vec<Expr>) -> Parse<()> {
        let opening = self.token();
        let raw = self.bytes(opening).iter().any(|c| matches!(c, b'r' | b'R'));
        self.pos += 1;
        let first = values.len();
        let mut pending = Vec::new();
        while !self.at(flavour.end()) {
            if self.at(flavour.middle()) {
                let token = self.token();
                pending.push((self.pos, values.len(), token));
                self.pos += 1;
                let span = Span::new(token.lineno, token.col_offset, token.end_lineno, token.end_col_offset);
                let kind = ExprKind::Constant { value: Constant::None, kind: None };
                values.push(Expr { span, kind });
            } else {
                self.nested(FIELD, |parser| parser.replacement_field(flavour, flavour, raw, values))?;
            }
        }
        // CPython decodes the text when the literal is complete, and counts lines from its end.
        let end = self.token();
        for (_, at, token) in pending {
            let bytes = self.bytes(token);
            let doubled = bytes == b"{{" || bytes == b"}}";
            let body = if doubled { bytes.get(..1).unwrap_or_default() } else { bytes };
            let decoded = string::decode_text(body, raw).map_err(|_| Fail)?;
            if let Some(invalid) = decoded.invalid
                && !matches!(invalid.shown.as_str(), "{" | "}")
            {
                self.warn_escape(self.pos, end, &invalid);
            }
            if let Some(part) = values.get_mut(at) {
                part.kind = ExprKind::Constant { value: Constant::Str(decoded.value), kind: None };
            }
        }
        // Only this literal's parts are gone over again: there may be many literals.
        let mut own = values.split_off(first);
        own.retain(|part| !text_of(part).is_some_and(Text::is_empty));
        values.append(&mut own);
        self.pos += 1;
        Ok(())
    }

    /// '{' annotated_rhs ['='] ['!' NAME] [':' format_spec] '}', in a literal of one flavour, made into a node of another: what stands in the
    /// format of a t-string's field is formatted.
    fn replacement_field(&mut self, literal: Flavour, node: Flavour, raw: bool, values: &mut Vec<Expr>) -> Parse<()> {
        let start = self.pos;
        let open = self.token();
        self.expect(TokenKind::LBrace)?;
        let value = self.annotated_rhs()?;
        let value_end = self.token();
        let debug = self.eat(TokenKind::Equal);
        let text_end = self.token();
        let mut debug_end = None;
        let mut conversion = -1;
        let converted = self.at(TokenKind::Exclamation);
        if converted {
            let name = self.token_at(self.pos + 1);
            debug_end = Some((name.lineno, name.col_offset));
            conversion = self.conversion()?;
        }
        let mut format_spec = None;
        if self.at(TokenKind::Colon) {
            let colon = self.token();
            debug_end.get_or_insert((colon.lineno, colon.col_offset + 1));
            let spec = self.format_spec(literal, raw)?;
            format_spec = Some(spec.into());
        }
        if debug && !converted && format_spec.is_none() {
            conversion = i32::from(b'r');
        }
        self.expect(TokenKind::RBrace)?;
        let span = self.span_from(start);
        let text = |end: Token| expression_text(self.source.get(open.end as usize..end.start as usize).unwrap_or_default());
        if debug {
            let (end_lineno, end_col) = debug_end.unwrap_or((span.end_lineno, span.end_col_offset));
            let text_span = Span::new(span.lineno, span.col_offset + 1, end_lineno, end_col - 1);
            let value = Constant::Str(text(text_end));
            values.push(Expr { span: text_span, kind: ExprKind::Constant { value, kind: None } });
        }
        let kind = match node {
            Flavour::Formatted => ExprKind::FormattedValue { value: value.into(), conversion, format_spec },
            Flavour::Template => {
                let str = Constant::Str(text(value_end));
                ExprKind::Interpolation { value: value.into(), str, conversion, format_spec }
            }
        };
        values.push(Expr { span, kind });
        Ok(())
    }

    /// '!' NAME, without white space between.
    fn conversion(&mut self) -> Parse<i32> {
        let mark = self.token();
        self.pos += 1;
        let name = self.token();
        if name.kind != TokenKind::Name || mark.end_lineno != name.lineno || mark.end_col_offset != name.col_offset {
            return Err(Fail);
        }
        self.pos += 1;
        match self.bytes(name) {
            [c @ (b's' | b'r' | b'a')] => Ok(i32::from(*c)),
            _ => Err(Fail),
        }
    }

    /// ':' fstring_format_spec*
    fn format_spec(&mut self, flavour: Flavour, raw: bool) -> Parse<Expr> {
        let start = self.pos;
        self.pos += 1;
        let mut parts = Vec::new();
        loop {
            let token = self.token();
            if token.kind == flavour.middle() {
                let index = self.pos;
                self.pos += 1;
                let decoded = string::decode_text(self.bytes(token), raw).map_err(|_| Fail)?;
                if let Some(invalid) = decoded.invalid
                    && !matches!(invalid.shown.as_str(), "{" | "}")
                {
                    self.warn_escape(index, token, &invalid);
                }
                if !decoded.value.is_empty() {
                    let value = Constant::Str(decoded.value);
                    parts.push(self.expr_from(index, ExprKind::Constant { value, kind: None }));
                }
            } else if token.kind == TokenKind::LBrace {
                let nested = self.nested(FIELD, |parser| parser.replacement_field(flavour, Flavour::Formatted, raw, &mut parts));
                nested?;
            } else {
                break;
            }
        }
        let values = fold_constants(parts);
        Ok(self.expr_from(start, ExprKind::JoinedStr { values }))
    }
}

fn is_bytes(part: &Expr) -> bool {
    matches!(part.kind, ExprKind::Constant { value: Constant::Bytes(_), .. })
}

fn first_kind(parts: &[Expr]) -> Option<Text> {
    match parts.first().map(|part| &part.kind) {
        Some(ExprKind::Constant { kind, .. }) => kind.clone(),
        _ => None,
    }
}

fn join_bytes(parts: &[Expr]) -> Constant {
    let mut out = Vec::new();
    for part in parts {
        if let ExprKind::Constant { value: Constant::Bytes(bytes), .. } = &part.kind {
            out.extend_from_slice(bytes);
        }
    }
    Constant::Bytes(out.into())
}

fn join_text(parts: &[Expr]) -> Text {
    let mut out = TextBuilder::default();
    for part in parts {
        if let Some(text) = text_of(part) {
            out.push_text(text);
        }
    }
    out.finish()
}

fn text_of(part: &Expr) -> Option<&Text> {
    match &part.kind {
        ExprKind::Constant { value: Constant::Str(text), .. } => Some(text),
        _ => None,
    }
}

/// Joins neighbouring constants and drops those that are empty then. Their extents count even if they are empty.
fn fold_constants(parts: Vec<Expr>) -> Vec<Expr> {
    let mut out = Vec::with_capacity(parts.len());
    let mut run: Vec<Expr> = Vec::new();
    for part in parts {
        match text_of(&part) {
            Some(_) => run.push(part),
            None => {
                finish_run(&mut run, &mut out);
                out.push(part);
            }
        }
    }
    finish_run(&mut run, &mut out);
    out
}

fn finish_run(run: &mut Vec<Expr>, out: &mut Vec<Expr>) {
    let is_empty = run.iter().all(|part| text_of(part).is_none_or(Text::is_empty));
    if let (Some(first), Some(last)) = (run.first(), run.last())
        && !is_empty
        && run.len() > 1
    {
        let value = Constant::Str(join_text(run));
        let kind = ExprKind::Constant { value, kind: first_kind(run) };
        out.push(Expr { span: first.span.to(last.span), kind });
    } else if !is_empty {
        out.append(run);
    }
    run.clear();
}

/// The text of a debug or template expression, without comments.
fn expression_text(text: &[u8]) -> Text {
    if !text.contains(&b'#') {
        return Text::from_bytes(text.to_vec()).unwrap_or_default();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&c, tail)) = rest.split_first() {
        let length = match c {
            b'"' | b'\'' => literal_length(rest, c),
            b'#' => {
                let comment = tail.iter().take_while(|&&c| c != b'\n').count();
                rest = tail.get(comment..).unwrap_or_default();
                continue;
            }
            _ => 1,
        };
        let (kept, tail) = rest.split_at(length.min(rest.len()));
        out.extend_from_slice(kept);
        rest = tail;
    }
    Text::from_bytes(out).unwrap_or_default()
}

/// Length of the string literal, without its prefix, at the start of `text`.
fn literal_length(text: &[u8], quote: u8) -> usize {
    let triple = [quote; 3];
    let delimiter: &[u8] = if text.starts_with(&triple) { &triple } else { &[quote] };
    let mut at = delimiter.len();
    while let Some(&c) = text.get(at) {
        if text.get(at..).is_some_and(|rest| rest.starts_with(delimiter)) {
            return at + delimiter.len();
        }
        at += if c == b'\\' { 2 } else { 1 };
    }
    text.len()
}
