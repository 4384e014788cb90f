//! Turning expressions into assignment and deletion targets.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::token::TokenKind;

impl Parser<'_> {
    /// Checks that `expr` is a target (star_target or del_target) and sets its context.
    pub(super) fn make_target(&mut self, expr: &mut Expr, context: ExprContext) -> Parse<()> {
        match &mut expr.kind {
            ExprKind::Name { ctx, .. } | ExprKind::Attribute { ctx, .. } | ExprKind::Subscript { ctx, .. } => {
                *ctx = context;
            }
            ExprKind::Starred { value, ctx } if context == ExprContext::Store => {
                *ctx = context;
                if matches!(value.kind, ExprKind::Starred { .. }) {
                    return Err(Fail);
                }
                self.make_target(value, context)?;
            }
            ExprKind::Tuple { elts, ctx } | ExprKind::List { elts, ctx } => {
                *ctx = context;
                for elt in elts {
                    self.make_target(elt, context)?;
                }
            }
            _ => return Err(Fail),
        }
        Ok(())
    }

    /// single_target: of an augmented or annotated assignment.
    pub(super) fn make_single_target(&mut self, expr: &mut Expr) -> Parse<()> {
        match &mut expr.kind {
            ExprKind::Name { ctx, .. } | ExprKind::Attribute { ctx, .. } | ExprKind::Subscript { ctx, .. } => {
                *ctx = ExprContext::Store;
                Ok(())
            }
            _ => Err(Fail),
        }
    }

    /// star_target, where an expression would read too far (before `in`).
    pub(super) fn star_target(&mut self) -> Parse<Expr> {
        let start = self.pos;
        if self.eat(TokenKind::Star) {
            let mut value = self.primary()?;
            self.make_target(&mut value, ExprContext::Store)?;
            let kind = ExprKind::Starred { value: value.into(), ctx: ExprContext::Store };
            return Ok(self.expr_from(start, kind));
        }
        let mut target = self.primary()?;
        self.make_target(&mut target, ExprContext::Store)?;
        Ok(target)
    }

    /// star_targets: a target, or a tuple of them without parentheses.
    pub(super) fn star_targets(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let first = self.star_target()?;
        if !self.at(TokenKind::Comma) {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(TokenKind::Comma) {
            if !matches!(self.kind(), TokenKind::Star) && !super::expression::starts_expression(self.kind()) {
                break;
            }
            elts.push(self.star_target()?);
        }
        Ok(self.expr_from(start, ExprKind::Tuple { elts, ctx: ExprContext::Store }))
    }
}
