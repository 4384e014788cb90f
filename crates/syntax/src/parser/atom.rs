//! Primaries and atoms: names, literals, displays, comprehensions, calls, subscripts.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::token::TokenKind;

/// Levels of CPython's rules in a bracket.
const BRACKET: u32 = 28;

impl Parser<'_> {
    /// primary: atom, then attributes, calls and subscripts.
    pub(super) fn primary(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let mut expr = self.atom()?;
        loop {
            let kind = match self.kind() {
                TokenKind::Dot => {
                    self.pos += 1;
                    let attr = self.name()?;
                    ExprKind::Attribute { value: expr.into(), attr, ctx: ExprContext::Load }
                }
                TokenKind::LPar => {
                    let (args, keywords) = self.nested(24, Self::call_arguments)?;
                    ExprKind::Call { func: expr.into(), args, keywords }
                }
                TokenKind::LSqb => {
                    self.pos += 1;
                    let slice = self.nested(BRACKET - 4, Self::slices)?;
                    self.expect(TokenKind::RSqb)?;
                    ExprKind::Subscript { value: expr.into(), slice: slice.into(), ctx: ExprContext::Load }
                }
                _ => return Ok(expr),
            };
            expr = self.expr_from(start, kind);
        }
    }

    fn slices(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let first = self.slice()?;
        if !self.at(TokenKind::Comma) && !matches!(first.kind, ExprKind::Starred { .. }) {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(TokenKind::Comma) {
            if self.at(TokenKind::RSqb) {
                break;
            }
            elts.push(self.slice()?);
        }
        Ok(self.expr_from(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
    }

    /// slice | starred_expression
    fn slice(&mut self) -> Parse<Expr> {
        let start = self.pos;
        if self.eat(TokenKind::Star) {
            let value = self.expression()?;
            return Ok(self.expr_from(start, ExprKind::Starred { value: value.into(), ctx: ExprContext::Load }));
        }
        let mut lower = None;
        if !self.at(TokenKind::Colon) {
            let first = self.named_expression()?;
            if !self.at(TokenKind::Colon) {
                return Ok(first);
            }
            if self.kind_at(start + 1) == TokenKind::ColonEqual && self.kind_at(start) == TokenKind::Name {
                return Err(Fail);
            }
            lower = Some(first.into());
        }
        self.pos += 1;
        let upper = self.slice_part()?;
        let step = if self.eat(TokenKind::Colon) { self.slice_part()? } else { None };
        Ok(self.expr_from(start, ExprKind::Slice { lower, upper, step }))
    }

    fn slice_part(&mut self) -> Parse<Option<ExprBox>> {
        if !starts_slice_part(self.kind()) {
            return Ok(None);
        }
        Ok(Some(self.expression()?.into()))
    }

    fn atom(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let token = self.token();
        let kind = match token.kind {
            TokenKind::Name => {
                let id = self.name()?;
                return Ok(Expr {
                    span: Span::new(token.lineno, token.col_offset, token.end_lineno, token.end_col_offset),
                    kind: ExprKind::Name { id, ctx: ExprContext::Load },
                });
            }
            TokenKind::Number => {
                self.pos += 1;
                let value = super::number::parse(self.bytes(token), self.options.max_str_digits).ok_or(Fail)?;
                if self.options.feature_version < 6 && self.bytes(token).contains(&b'_') {
                    return Err(Fail);
                }
                ExprKind::Constant { value, kind: None }
            }
            TokenKind::String | TokenKind::FStringStart | TokenKind::TStringStart => return self.strings(),
            TokenKind::True => self.constant(Constant::True),
            TokenKind::False => self.constant(Constant::False),
            TokenKind::None => self.constant(Constant::None),
            TokenKind::Ellipsis => self.constant(Constant::Ellipsis),
            TokenKind::LPar => return self.nested(BRACKET, Self::parenthesized),
            TokenKind::LSqb => return self.nested(BRACKET + 1, Self::bracketed),
            TokenKind::LBrace => return self.nested(BRACKET + 1, Self::braced),
            _ => return Err(Fail),
        };
        Ok(self.expr_from(start, kind))
    }

    fn constant(&mut self, value: Constant) -> ExprKind {
        self.pos += 1;
        ExprKind::Constant { value, kind: None }
    }

    /// tuple | group | genexp
    fn parenthesized(&mut self) -> Parse<Expr> {
        let start = self.pos;
        self.pos += 1;
        if self.at(TokenKind::Yield) {
            let value = self.yield_expr()?;
            self.expect(TokenKind::RPar)?;
            return Ok(value);
        }
        if self.eat(TokenKind::RPar) {
            return Ok(self.expr_from(start, ExprKind::Tuple { elts: Vec::new(), ctx: ExprContext::Load }));
        }
        let first = self.star_named_expression()?;
        let starred = matches!(first.kind, ExprKind::Starred { .. });
        match self.kind() {
            TokenKind::Comma => {
                let elts = self.rest_of_list(first, TokenKind::RPar)?;
                Ok(self.expr_from(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
            }
            TokenKind::RPar if !starred => {
                self.pos += 1;
                Ok(first)
            }
            TokenKind::For | TokenKind::Async if !starred => {
                let generators = self.for_if_clauses()?;
                self.expect(TokenKind::RPar)?;
                Ok(self.expr_from(start, ExprKind::GeneratorExp { elt: first.into(), generators }))
            }
            _ => Err(Fail),
        }
    }

    /// After the first item of a display: the rest, the closing bracket included.
    fn rest_of_list(&mut self, first: Expr, close: TokenKind) -> Parse<Vec<Expr>> {
        let mut elts = vec![first];
        while self.eat(TokenKind::Comma) {
            if self.at(close) {
                break;
            }
            elts.push(self.star_named_expression()?);
        }
        self.expect(close)?;
        Ok(elts)
    }

    /// list | listcomp
    fn bracketed(&mut self) -> Parse<Expr> {
        let start = self.pos;
        self.pos += 1;
        if self.eat(TokenKind::RSqb) {
            return Ok(self.expr_from(start, ExprKind::List { elts: Vec::new(), ctx: ExprContext::Load }));
        }
        let first = self.star_named_expression()?;
        let kind = if matches!(self.kind(), TokenKind::For | TokenKind::Async) {
            if matches!(first.kind, ExprKind::Starred { .. }) {
                return Err(Fail);
            }
            let generators = self.for_if_clauses()?;
            self.expect(TokenKind::RSqb)?;
            ExprKind::ListComp { elt: first.into(), generators }
        } else {
            ExprKind::List { elts: self.rest_of_list(first, TokenKind::RSqb)?, ctx: ExprContext::Load }
        };
        Ok(self.expr_from(start, kind))
    }

    /// dict | set | dictcomp | setcomp
    fn braced(&mut self) -> Parse<Expr> {
        let start = self.pos;
        self.pos += 1;
        if self.eat(TokenKind::RBrace) {
            return Ok(self.expr_from(start, ExprKind::Dict { keys: Vec::new(), values: Vec::new() }));
        }
        if self.at(TokenKind::DoubleStar) {
            let kind = self.dict_items(None)?;
            return Ok(self.expr_from(start, kind));
        }
        let named = self.at(TokenKind::Name) && self.next_is(TokenKind::ColonEqual);
        let first = self.star_named_expression()?;
        let starred = matches!(first.kind, ExprKind::Starred { .. });
        if self.at(TokenKind::Colon) && !starred && !named {
            self.pos += 1;
            let value = self.expression()?;
            let kind = if matches!(self.kind(), TokenKind::For | TokenKind::Async) {
                let generators = self.for_if_clauses()?;
                self.expect(TokenKind::RBrace)?;
                ExprKind::DictComp { key: first.into(), value: value.into(), generators }
            } else {
                self.dict_items(Some((first, value)))?
            };
            return Ok(self.expr_from(start, kind));
        }
        let kind = if matches!(self.kind(), TokenKind::For | TokenKind::Async) && !starred {
            let generators = self.for_if_clauses()?;
            self.expect(TokenKind::RBrace)?;
            ExprKind::SetComp { elt: first.into(), generators }
        } else {
            ExprKind::Set { elts: self.rest_of_list(first, TokenKind::RBrace)? }
        };
        Ok(self.expr_from(start, kind))
    }

    /// The items of a dict display, after the first one if there is one, and the closing brace.
    fn dict_items(&mut self, first: Option<(Expr, Expr)>) -> Parse<ExprKind> {
        let mut keys = Vec::new();
        let mut values = Vec::new();
        let mut more = true;
        if let Some((key, value)) = first {
            keys.push(Some(key));
            values.push(value);
            more = self.eat(TokenKind::Comma);
        }
        while more && !self.at(TokenKind::RBrace) {
            if self.eat(TokenKind::DoubleStar) {
                keys.push(None);
                values.push(self.bitwise_or()?);
            } else {
                keys.push(Some(self.expression()?));
                self.expect(TokenKind::Colon)?;
                values.push(self.expression()?);
            }
            more = self.eat(TokenKind::Comma);
        }
        self.expect(TokenKind::RBrace)?;
        Ok(ExprKind::Dict { keys, values })
    }

    /// for_if_clauses: (['async'] 'for' star_targets 'in' disjunction ('if' disjunction)*)+
    pub(super) fn for_if_clauses(&mut self) -> Parse<Vec<Comprehension>> {
        let mut generators = Vec::new();
        while matches!(self.kind(), TokenKind::For | TokenKind::Async) {
            let is_async = i32::from(self.eat(TokenKind::Async));
            if is_async == 1 {
                self.require_version(6)?;
            }
            self.expect(TokenKind::For)?;
            let target = self.star_targets()?;
            self.expect(TokenKind::In)?;
            let iter = self.disjunction()?;
            let mut ifs = Vec::new();
            while self.eat(TokenKind::If) {
                ifs.push(self.disjunction()?);
            }
            generators.push(Comprehension { target: target.into(), iter: iter.into(), ifs, is_async });
        }
        Ok(generators)
    }
}

fn starts_slice_part(kind: TokenKind) -> bool {
    !matches!(kind, TokenKind::Colon | TokenKind::Comma | TokenKind::RSqb)
}
