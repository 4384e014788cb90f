//! Patterns of `case`.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::text::Name;
use crate::token::TokenKind;

/// Levels of CPython's rules in a bracketed pattern.
const BRACKET: u32 = 8;

impl Parser<'_> {
    /// patterns: open_sequence_pattern | pattern
    pub(super) fn patterns(&mut self) -> Parse<Pattern> {
        let start = self.pos;
        let first = self.maybe_star_pattern()?;
        if !self.at(TokenKind::Comma) {
            return plain(first);
        }
        let mut patterns = vec![first];
        while self.eat(TokenKind::Comma) {
            if matches!(self.kind(), TokenKind::Colon | TokenKind::If) {
                break;
            }
            patterns.push(self.maybe_star_pattern()?);
        }
        Ok(self.pattern_from(start, PatternKind::MatchSequence { patterns }))
    }

    fn pattern_from(&self, start: usize, kind: PatternKind) -> Pattern {
        Pattern { span: self.span_from(start), kind }
    }

    /// pattern: or_pattern ['as' pattern_capture_target]
    fn pattern(&mut self) -> Parse<Pattern> {
        let start = self.pos;
        let pattern = self.or_pattern()?;
        if !self.eat(TokenKind::As) {
            return Ok(pattern);
        }
        let name = self.capture_target()?;
        let kind = PatternKind::MatchAs { pattern: Some(Box::new(pattern)), name: Some(name) };
        Ok(self.pattern_from(start, kind))
    }

    fn or_pattern(&mut self) -> Parse<Pattern> {
        let start = self.pos;
        let first = self.closed_pattern()?;
        if !self.at(TokenKind::VBar) {
            return Ok(first);
        }
        let mut patterns = vec![first];
        while self.eat(TokenKind::VBar) {
            patterns.push(self.closed_pattern()?);
        }
        Ok(self.pattern_from(start, PatternKind::MatchOr { patterns }))
    }

    fn maybe_star_pattern(&mut self) -> Parse<Pattern> {
        let start = self.pos;
        if !self.eat(TokenKind::Star) {
            return self.pattern();
        }
        let name = if self.at_word(b"_") {
            self.pos += 1;
            None
        } else {
            Some(self.capture_target()?)
        };
        Ok(self.pattern_from(start, PatternKind::MatchStar { name }))
    }

    /// pattern_capture_target: !"_" NAME !('.' | '(' | '=')
    fn capture_target(&mut self) -> Parse<Name> {
        if self.at_word(b"_") {
            return Err(Fail);
        }
        let name = self.name()?;
        if matches!(self.kind(), TokenKind::Dot | TokenKind::LPar | TokenKind::Equal) {
            return Err(Fail);
        }
        Ok(name)
    }

    fn closed_pattern(&mut self) -> Parse<Pattern> {
        let start = self.pos;
        let kind = match self.kind() {
            TokenKind::Number | TokenKind::Minus => PatternKind::MatchValue { value: self.number_literal()?.into() },
            TokenKind::String | TokenKind::FStringStart | TokenKind::TStringStart => {
                PatternKind::MatchValue { value: self.strings()?.into() }
            }
            TokenKind::None => self.singleton(Constant::None),
            TokenKind::True => self.singleton(Constant::True),
            TokenKind::False => self.singleton(Constant::False),
            TokenKind::Name => return self.name_pattern(),
            TokenKind::LPar => return self.nested(BRACKET, Self::parenthesized_pattern),
            TokenKind::LSqb => {
                self.pos += 1;
                let patterns = self.nested(BRACKET, |parser| parser.sequence_items(TokenKind::RSqb))?;
                PatternKind::MatchSequence { patterns }
            }
            TokenKind::LBrace => self.nested(BRACKET, Self::mapping_pattern)?,
            _ => return Err(Fail),
        };
        Ok(self.pattern_from(start, kind))
    }

    fn singleton(&mut self, value: Constant) -> PatternKind {
        self.pos += 1;
        PatternKind::MatchSingleton { value }
    }

    /// signed_number !('+' | '-') | complex_number
    fn number_literal(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let real = self.signed_number()?;
        let op = match self.kind() {
            TokenKind::Plus => Operator::Add,
            TokenKind::Minus => Operator::Sub,
            _ => return Ok(real),
        };
        if is_imaginary(&real) {
            return Err(Fail);
        }
        self.pos += 1;
        if !self.at(TokenKind::Number) {
            return Err(Fail);
        }
        let imag = self.primary_number()?;
        if !is_imaginary(&imag) {
            return Err(Fail);
        }
        Ok(self.expr_from(start, ExprKind::BinOp { left: real.into(), op, right: imag.into() }))
    }

    fn signed_number(&mut self) -> Parse<Expr> {
        let start = self.pos;
        if !self.eat(TokenKind::Minus) {
            return self.primary_number();
        }
        let operand = self.primary_number()?.into();
        Ok(self.expr_from(start, ExprKind::UnaryOp { op: UnaryOp::USub, operand }))
    }

    fn primary_number(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let token = self.token();
        if token.kind != TokenKind::Number {
            return Err(Fail);
        }
        self.pos += 1;
        let value = super::number::parse(self.bytes(token), self.options.max_str_digits).ok_or(Fail)?;
        Ok(self.expr_from(start, ExprKind::Constant { value, kind: None }))
    }

    /// capture_pattern | wildcard_pattern | value_pattern | class_pattern
    fn name_pattern(&mut self) -> Parse<Pattern> {
        let start = self.pos;
        // The wildcard is tried before values and classes: `_.a` and `_()` are no patterns.
        let wildcard = self.at_word(b"_");
        if wildcard || !matches!(self.kind_at(start + 1), TokenKind::Dot | TokenKind::LPar | TokenKind::Equal) {
            let name = self.name()?;
            let name = (!wildcard).then_some(name);
            return Ok(self.pattern_from(start, PatternKind::MatchAs { pattern: None, name }));
        }
        let value = self.name_or_attr()?;
        if self.at(TokenKind::LPar) {
            let kind = self.nested(BRACKET, |parser| parser.class_pattern(value))?;
            return Ok(self.pattern_from(start, kind));
        }
        if self.at(TokenKind::Equal) || !matches!(value.kind, ExprKind::Attribute { .. }) {
            return Err(Fail);
        }
        Ok(self.pattern_from(start, PatternKind::MatchValue { value: value.into() }))
    }

    fn name_or_attr(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let id = self.name()?;
        let mut value = self.expr_from(start, ExprKind::Name { id, ctx: ExprContext::Load });
        while self.eat(TokenKind::Dot) {
            let attr = self.name()?;
            let kind = ExprKind::Attribute { value: value.into(), attr, ctx: ExprContext::Load };
            value = self.expr_from(start, kind);
        }
        Ok(value)
    }

    fn class_pattern(&mut self, cls: Expr) -> Parse<PatternKind> {
        self.pos += 1;
        let (mut patterns, mut kwd_attrs, mut kwd_patterns) = (Vec::new(), Vec::new(), Vec::new());
        while !self.at(TokenKind::RPar) {
            // Behind a positional pattern `_` is the next one, whatever follows.
            let wildcard = !patterns.is_empty() && kwd_attrs.is_empty() && self.at_word(b"_");
            if self.at(TokenKind::Name) && self.next_is(TokenKind::Equal) && !wildcard {
                kwd_attrs.push(self.name()?);
                self.pos += 1;
                kwd_patterns.push(self.pattern()?);
            } else if kwd_attrs.is_empty() {
                patterns.push(self.pattern()?);
            } else {
                return Err(Fail);
            }
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.expect(TokenKind::RPar)?;
        Ok(PatternKind::MatchClass { cls: cls.into(), patterns, kwd_attrs, kwd_patterns })
    }

    /// group_pattern | sequence_pattern
    fn parenthesized_pattern(&mut self) -> Parse<Pattern> {
        let start = self.pos;
        self.pos += 1;
        if self.eat(TokenKind::RPar) {
            return Ok(self.pattern_from(start, PatternKind::MatchSequence { patterns: Vec::new() }));
        }
        let first = self.maybe_star_pattern()?;
        if self.eat(TokenKind::RPar) {
            return plain(first);
        }
        self.expect(TokenKind::Comma)?;
        let mut patterns = vec![first];
        patterns.extend(self.sequence_items(TokenKind::RPar)?);
        Ok(self.pattern_from(start, PatternKind::MatchSequence { patterns }))
    }

    /// [maybe_sequence_pattern], and the closing bracket.
    fn sequence_items(&mut self, close: TokenKind) -> Parse<Vec<Pattern>> {
        let mut patterns = Vec::new();
        while !self.at(close) {
            patterns.push(self.maybe_star_pattern()?);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.expect(close)?;
        Ok(patterns)
    }

    fn mapping_pattern(&mut self) -> Parse<PatternKind> {
        self.pos += 1;
        let (mut keys, mut patterns, mut rest) = (Vec::new(), Vec::new(), None);
        while !self.at(TokenKind::RBrace) {
            if rest.is_some() {
                return Err(Fail);
            }
            if self.eat(TokenKind::DoubleStar) {
                rest = Some(self.capture_target()?);
            } else {
                keys.push(self.mapping_key()?);
                self.expect(TokenKind::Colon)?;
                patterns.push(self.pattern()?);
            }
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.expect(TokenKind::RBrace)?;
        Ok(PatternKind::MatchMapping { keys, patterns, rest })
    }

    /// literal_expr | attr
    fn mapping_key(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let value = match self.kind() {
            TokenKind::Number | TokenKind::Minus => return self.number_literal(),
            TokenKind::String | TokenKind::FStringStart | TokenKind::TStringStart => return self.strings(),
            TokenKind::None => Constant::None,
            TokenKind::True => Constant::True,
            TokenKind::False => Constant::False,
            TokenKind::Name => {
                let value = self.name_or_attr()?;
                let is_attr = matches!(value.kind, ExprKind::Attribute { .. });
                return if is_attr { Ok(value) } else { Err(Fail) };
            }
            _ => return Err(Fail),
        };
        self.pos += 1;
        Ok(self.expr_from(start, ExprKind::Constant { value, kind: None }))
    }
}

/// A starred pattern is no pattern by itself.
fn plain(pattern: Pattern) -> Parse<Pattern> {
    if matches!(pattern.kind, PatternKind::MatchStar { .. }) { Err(Fail) } else { Ok(pattern) }
}

fn is_imaginary(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::UnaryOp { operand, .. } => is_imaginary(operand),
        ExprKind::Constant { value, .. } => matches!(value, Constant::Complex { .. }),
        _ => false,
    }
}
