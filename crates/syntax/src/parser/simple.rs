//! Simple statements.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::token::TokenKind;

impl Parser<'_> {
    /// statements: statement*, up to the token `end`, which is read.
    pub(super) fn statements(&mut self, end: TokenKind) -> Parse<Vec<Stmt>> {
        let mut body = Vec::new();
        while !self.eat(end) {
            match self.compound_stmt()? {
                Some(stmt) => body.push(stmt),
                None => self.simple_stmts(&mut body)?,
            }
        }
        Ok(body)
    }

    /// simple_stmts: ';'.simple_stmt+ [';'] NEWLINE
    pub(super) fn simple_stmts(&mut self, body: &mut Vec<Stmt>) -> Parse<()> {
        loop {
            body.push(self.simple_stmt()?);
            if self.eat(TokenKind::Semi) {
                if self.eat(TokenKind::Newline) {
                    return Ok(());
                }
                continue;
            }
            return self.expect(TokenKind::Newline);
        }
    }

    fn simple_stmt(&mut self) -> Parse<Stmt> {
        let start = self.pos;
        let kind = match self.kind() {
            TokenKind::Name if self.next_is(TokenKind::Name) && self.at_word(b"type") => self.type_alias()?,
            TokenKind::Return => {
                self.pos += 1;
                StmtKind::Return { value: self.optional_star_expressions()? }
            }
            TokenKind::Import => self.import_name()?,
            TokenKind::From => self.import_from()?,
            TokenKind::Raise => self.raise_stmt()?,
            TokenKind::Pass => self.keyword(StmtKind::Pass {}),
            TokenKind::Break => self.keyword(StmtKind::Break {}),
            TokenKind::Continue => self.keyword(StmtKind::Continue {}),
            TokenKind::Del => self.del_stmt()?,
            TokenKind::Assert => self.assert_stmt()?,
            TokenKind::Global => {
                self.pos += 1;
                StmtKind::Global { names: self.names()? }
            }
            TokenKind::Nonlocal => {
                self.pos += 1;
                StmtKind::Nonlocal { names: self.names()? }
            }
            _ => self.assignment_or_expression(start)?,
        };
        Ok(self.stmt_from(start, kind))
    }

    fn keyword(&mut self, kind: StmtKind) -> StmtKind {
        self.pos += 1;
        kind
    }

    fn optional_star_expressions(&mut self) -> Parse<Option<ExprBox>> {
        if matches!(self.kind(), TokenKind::Newline | TokenKind::Semi) {
            return Ok(None);
        }
        Ok(Some(self.star_expressions()?.into()))
    }

    fn names(&mut self) -> Parse<Vec<crate::text::Name>> {
        let mut names = vec![self.name()?];
        while self.eat(TokenKind::Comma) {
            names.push(self.name()?);
        }
        Ok(names)
    }

    fn type_alias(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        let start = self.pos;
        let id = self.name()?;
        let name = self.expr_from(start, ExprKind::Name { id, ctx: ExprContext::Store });
        let type_params = self.type_params()?;
        self.expect(TokenKind::Equal)?;
        let value = self.expression()?;
        self.require_version(12)?;
        Ok(StmtKind::TypeAlias { name: name.into(), type_params, value: value.into() })
    }

    fn raise_stmt(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        if matches!(self.kind(), TokenKind::Newline | TokenKind::Semi) {
            return Ok(StmtKind::Raise { exc: None, cause: None });
        }
        let exc = Some(self.expression()?.into());
        let cause = if self.eat(TokenKind::From) { Some(self.expression()?.into()) } else { None };
        Ok(StmtKind::Raise { exc, cause })
    }

    fn assert_stmt(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        let test = self.expression()?.into();
        let msg = if self.eat(TokenKind::Comma) { Some(self.expression()?.into()) } else { None };
        Ok(StmtKind::Assert { test, msg })
    }

    fn del_stmt(&mut self) -> Parse<StmtKind> {
        self.pos += 1;
        let mut targets = Vec::new();
        loop {
            let mut target = self.primary()?;
            self.make_target(&mut target, ExprContext::Del)?;
            targets.push(target);
            if !self.eat(TokenKind::Comma) || matches!(self.kind(), TokenKind::Semi | TokenKind::Newline) {
                break;
            }
        }
        if !matches!(self.kind(), TokenKind::Semi | TokenKind::Newline) {
            return Err(Fail);
        }
        Ok(StmtKind::Delete { targets })
    }

    /// assignment | star_expressions | yield_stmt
    fn assignment_or_expression(&mut self, start: usize) -> Parse<StmtKind> {
        let mut first = self.annotated_rhs()?;
        match self.kind() {
            TokenKind::Equal => self.assign(first),
            TokenKind::Colon => self.ann_assign(start, first),
            kind => {
                let Some(op) = augmented_operator(kind) else {
                    return Ok(StmtKind::Expr { value: first.into() });
                };
                self.make_single_target(&mut first)?;
                if op == Operator::MatMult {
                    self.require_version(5)?;
                }
                self.pos += 1;
                let value = self.annotated_rhs()?;
                Ok(StmtKind::AugAssign { target: first.into(), op, value: value.into() })
            }
        }
    }

    fn assign(&mut self, first: Expr) -> Parse<StmtKind> {
        let mut targets = Vec::with_capacity(1);
        let mut value = first;
        while self.eat(TokenKind::Equal) {
            self.make_target(&mut value, ExprContext::Store)?;
            targets.push(value);
            value = self.annotated_rhs()?;
        }
        let type_comment = self.type_comment();
        Ok(StmtKind::Assign { targets, value: value.into(), type_comment })
    }

    fn ann_assign(&mut self, start: usize, mut target: Expr) -> Parse<StmtKind> {
        self.pos += 1;
        if self.begins_with_target(start, &target) {
            return Err(Fail);
        }
        self.make_single_target(&mut target)?;
        let simple = i32::from(self.token_at(start).kind == TokenKind::Name && is_name(&target));
        let annotation = self.expression()?;
        let value = if self.eat(TokenKind::Equal) { Some(self.annotated_rhs()?.into()) } else { None };
        self.require_version(6)?;
        Ok(StmtKind::AnnAssign { target: target.into(), annotation: annotation.into(), value, simple })
    }

    /// Whether more follows behind a target in parentheses, as in `(a).b: int`: CPython's rule for annotations takes `(a)` for the target then, and
    /// expects the colon.
    fn begins_with_target(&self, start: usize, whole: &Expr) -> bool {
        let paren = self.token_at(start);
        if paren.kind != TokenKind::LPar {
            return false;
        }
        let is_behind = |expr: &Expr| (expr.span.lineno, expr.span.col_offset) > (paren.lineno, paren.col_offset);
        if is_behind(whole) {
            return false;
        }
        let mut expr = whole;
        loop {
            expr = match &expr.kind {
                ExprKind::Attribute { value, .. } | ExprKind::Subscript { value, .. } => value,
                ExprKind::Call { func, .. } => func,
                _ => return false,
            };
            if is_behind(expr) {
                return matches!(expr.kind, ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. });
            }
        }
    }

    /// annotated_rhs: yield_expr | star_expressions
    pub(super) fn annotated_rhs(&mut self) -> Parse<Expr> {
        if self.at(TokenKind::Yield) { self.yield_expr() } else { self.star_expressions() }
    }
}

fn is_name(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Name { .. })
}

fn augmented_operator(kind: TokenKind) -> Option<Operator> {
    Some(match kind {
        TokenKind::PlusEqual => Operator::Add,
        TokenKind::MinEqual => Operator::Sub,
        TokenKind::StarEqual => Operator::Mult,
        TokenKind::AtEqual => Operator::MatMult,
        TokenKind::SlashEqual => Operator::Div,
        TokenKind::PercentEqual => Operator::Mod,
        TokenKind::AmperEqual => Operator::BitAnd,
        TokenKind::VBarEqual => Operator::BitOr,
        TokenKind::CircumflexEqual => Operator::BitXor,
        TokenKind::LeftShiftEqual => Operator::LShift,
        TokenKind::RightShiftEqual => Operator::RShift,
        TokenKind::DoubleStarEqual => Operator::Pow,
        TokenKind::DoubleSlashEqual => Operator::FloorDiv,
        _ => return None,
    })
}
