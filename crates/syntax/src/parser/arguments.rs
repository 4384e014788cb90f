//! Arguments of calls and of class definitions.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::token::TokenKind;

/// What may still come in a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Positional,
    /// After `name=value`: no plain positional argument.
    Keyword,
    /// After `**mapping`: only `name=value` and `**mapping`.
    Unpacking,
}

impl Parser<'_> {
    /// '(' [arguments] ')'
    pub(super) fn call_arguments(&mut self) -> Parse<(Vec<Expr>, Vec<Keyword>)> {
        let open = self.pos;
        self.pos += 1;
        let mut args = Vec::new();
        let mut keywords = Vec::new();
        let mut stage = Stage::Positional;
        while !self.at(TokenKind::RPar) {
            let start = self.pos;
            if self.eat(TokenKind::DoubleStar) {
                let value = self.expression()?;
                stage = Stage::Unpacking;
                keywords.push(Keyword { span: self.span_from(start), arg: None, value: value.into() });
            } else if self.at(TokenKind::Name) && self.next_is(TokenKind::Equal) {
                let arg = Some(self.name()?);
                self.pos += 1;
                let value = self.expression()?;
                stage = stage.max(Stage::Keyword);
                keywords.push(Keyword { span: self.span_from(start), arg, value: value.into() });
            } else if self.eat(TokenKind::Star) {
                if stage == Stage::Unpacking {
                    return Err(Fail);
                }
                let value = self.expression()?;
                let kind = ExprKind::Starred { value: value.into(), ctx: ExprContext::Load };
                args.push(self.expr_from(start, kind));
            } else {
                if stage != Stage::Positional {
                    return Err(Fail);
                }
                let value = self.named_expression()?;
                if matches!(self.kind(), TokenKind::For | TokenKind::Async) {
                    return self.generator_argument(open, start, value);
                }
                args.push(value);
            }
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.expect(TokenKind::RPar)?;
        Ok((args, keywords))
    }

    /// A generator expression whose parentheses are the call's.
    fn generator_argument(&mut self, open: usize, start: usize, elt: Expr) -> Parse<(Vec<Expr>, Vec<Keyword>)> {
        if start != open + 1 {
            return Err(Fail);
        }
        let generators = self.for_if_clauses()?;
        self.expect(TokenKind::RPar)?;
        let generator = self.expr_from(open, ExprKind::GeneratorExp { elt: elt.into(), generators });
        Ok((vec![generator], Vec::new()))
    }
}
