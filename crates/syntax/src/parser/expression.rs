//! Expressions, from the loosest operator to the tightest.

use super::{Fail, Parse, Parser};
use crate::ast::*;
use crate::options::Flags;
use crate::token::TokenKind;

/// An expression, starred ones apart, can start with this token.
pub(super) fn starts_expression(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Name | Number
            | String
            | FStringStart
            | TStringStart
            | LPar
            | LSqb
            | LBrace
            | Plus
            | Minus
            | Tilde
            | Not
            | Lambda
            | Await
            | Ellipsis
            | True
            | False
            | None
    )
}

impl Parser<'_> {
    /// star_expressions: a tuple without parentheses, or one star_expression.
    pub(super) fn star_expressions(&mut self) -> Parse<Expr> {
        self.expression_list(Self::star_expression)
    }

    /// expressions: the same without starred items.
    pub(super) fn expressions(&mut self) -> Parse<Expr> {
        self.expression_list(Self::expression)
    }

    fn expression_list(&mut self, item: fn(&mut Self) -> Parse<Expr>) -> Parse<Expr> {
        let start = self.pos;
        let first = item(self)?;
        if !self.at(TokenKind::Comma) {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(TokenKind::Comma) {
            let kind = self.kind();
            if !starts_expression(kind) && kind != TokenKind::Star {
                break;
            }
            elts.push(item(self)?);
        }
        Ok(self.expr_from(start, ExprKind::Tuple { elts, ctx: ExprContext::Load }))
    }

    /// star_expression: '*' bitwise_or | expression
    fn star_expression(&mut self) -> Parse<Expr> {
        if self.at(TokenKind::Star) { self.starred_bitwise_or() } else { self.expression() }
    }

    /// star_expression in an annotation of `*args` or as a TypeVarTuple's default.
    pub(super) fn single_star_expression(&mut self) -> Parse<Expr> {
        self.star_expression()
    }

    /// star_named_expression: '*' bitwise_or | named_expression
    pub(super) fn star_named_expression(&mut self) -> Parse<Expr> {
        if self.at(TokenKind::Star) { self.starred_bitwise_or() } else { self.named_expression() }
    }

    fn starred_bitwise_or(&mut self) -> Parse<Expr> {
        let start = self.pos;
        self.pos += 1;
        let value = self.bitwise_or()?;
        Ok(self.expr_from(start, ExprKind::Starred { value: value.into(), ctx: ExprContext::Load }))
    }

    /// named_expression: NAME ':=' expression | expression
    pub(super) fn named_expression(&mut self) -> Parse<Expr> {
        if self.at(TokenKind::Name) && self.next_is(TokenKind::ColonEqual) {
            return self.assignment_expression();
        }
        self.expression()
    }

    fn assignment_expression(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let id = self.name()?;
        let target = self.expr_from(start, ExprKind::Name { id, ctx: ExprContext::Store });
        self.pos += 1;
        let value = self.expression()?;
        self.require_version(8)?;
        Ok(self.expr_from(start, ExprKind::NamedExpr { target: target.into(), value: value.into() }))
    }

    pub(super) fn yield_expr(&mut self) -> Parse<Expr> {
        let start = self.pos;
        self.expect(TokenKind::Yield)?;
        let kind = if self.eat(TokenKind::From) {
            ExprKind::YieldFrom { value: self.expression()?.into() }
        } else if starts_expression(self.kind()) || self.at(TokenKind::Star) {
            ExprKind::Yield { value: Some(self.star_expressions()?.into()) }
        } else {
            ExprKind::Yield { value: None }
        };
        Ok(self.expr_from(start, kind))
    }

    /// expression: disjunction ['if' disjunction 'else' expression] | lambdef
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        let start = self.pos;
        if self.at(TokenKind::Lambda) {
            return self.nested(2, Self::lambdef);
        }
        let body = self.disjunction()?;
        if !self.at(TokenKind::If) {
            return Ok(body);
        }
        // A chain `a if b else c if d else ...` is read in a loop and put together from its end.
        let level = self.level;
        let mut pending = vec![(start, body, self.condition()?)];
        let mut result = loop {
            self.deepen(1)?;
            let start = self.pos;
            if self.at(TokenKind::Lambda) {
                break self.nested(2, Self::lambdef)?;
            }
            let body = self.disjunction()?;
            if !self.at(TokenKind::If) {
                break body;
            }
            let test = self.condition()?;
            pending.push((start, body, test));
        };
        self.level = level;
        while let Some((start, body, test)) = pending.pop() {
            let kind = ExprKind::IfExp { test: test.into(), body: body.into(), orelse: result.into() };
            result = self.expr_from(start, kind);
        }
        Ok(result)
    }

    /// 'if' disjunction 'else'
    fn condition(&mut self) -> Parse<Expr> {
        self.pos += 1;
        let test = self.disjunction()?;
        self.expect(TokenKind::Else)?;
        Ok(test)
    }

    fn lambdef(&mut self) -> Parse<Expr> {
        let start = self.pos;
        self.pos += 1;
        let args = self.lambda_params()?;
        self.expect(TokenKind::Colon)?;
        let body = self.expression()?;
        Ok(self.expr_from(start, ExprKind::Lambda { args: Box::new(args), body: body.into() }))
    }

    pub(super) fn disjunction(&mut self) -> Parse<Expr> {
        self.bool_op(TokenKind::Or, BoolOp::Or, Self::conjunction)
    }

    fn conjunction(&mut self) -> Parse<Expr> {
        self.bool_op(TokenKind::And, BoolOp::And, Self::inversion)
    }

    fn bool_op(&mut self, token: TokenKind, op: BoolOp, operand: fn(&mut Self) -> Parse<Expr>) -> Parse<Expr> {
        let start = self.pos;
        let first = operand(self)?;
        if !self.at(token) {
            return Ok(first);
        }
        let mut values = vec![first];
        while self.eat(token) {
            values.push(operand(self)?);
        }
        Ok(self.expr_from(start, ExprKind::BoolOp { op, values }))
    }

    /// inversion: 'not'* comparison
    fn inversion(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let level = self.level;
        while self.eat(TokenKind::Not) {
            self.deepen(1)?;
        }
        let mut at = self.pos;
        let mut expr = self.comparison()?;
        while at > start {
            at -= 1;
            expr = self.expr_from(at, ExprKind::UnaryOp { op: UnaryOp::Not, operand: expr.into() });
        }
        self.level = level;
        Ok(expr)
    }

    fn comparison(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let left = self.bitwise_or()?;
        let Some(first) = self.comparison_operator()? else {
            return Ok(left);
        };
        let mut ops = vec![first];
        let mut comparators = vec![self.bitwise_or()?];
        while let Some(op) = self.comparison_operator()? {
            ops.push(op);
            comparators.push(self.bitwise_or()?);
        }
        Ok(self.expr_from(start, ExprKind::Compare { left: left.into(), ops, comparators }))
    }

    fn comparison_operator(&mut self) -> Parse<Option<CmpOp>> {
        let op = match self.kind() {
            TokenKind::EqEqual => CmpOp::Eq,
            TokenKind::NotEqual if self.flags.contains(Flags::BARRY_AS_BDFL) => return Err(Fail),
            TokenKind::NotEqual => CmpOp::NotEq,
            TokenKind::Less if self.flags.contains(Flags::BARRY_AS_BDFL) && self.at_diamond() => {
                self.pos += 1;
                CmpOp::NotEq
            }
            TokenKind::LessEqual => CmpOp::LtE,
            TokenKind::Less => CmpOp::Lt,
            TokenKind::GreaterEqual => CmpOp::GtE,
            TokenKind::Greater => CmpOp::Gt,
            TokenKind::In => CmpOp::In,
            TokenKind::Not if self.next_is(TokenKind::In) => {
                self.pos += 1;
                CmpOp::NotIn
            }
            TokenKind::Is if self.next_is(TokenKind::Not) => {
                self.pos += 1;
                CmpOp::IsNot
            }
            TokenKind::Is => CmpOp::Is,
            _ => return Ok(None),
        };
        self.pos += 1;
        Ok(Some(op))
    }

    /// `<>` is two tokens.
    fn at_diamond(&self) -> bool {
        self.next_is(TokenKind::Greater) && self.token().end == self.token_at(self.pos + 1).start
    }

    pub(super) fn bitwise_or(&mut self) -> Parse<Expr> {
        self.binary(1)
    }

    /// Binary operators of at least the precedence `minimum`, all left-associative.
    fn binary(&mut self, minimum: u8) -> Parse<Expr> {
        let start = self.pos;
        let mut left = self.factor()?;
        while let Some((op, precedence)) = binary_operator(self.kind())
            && precedence >= minimum
        {
            if op == Operator::MatMult {
                self.require_version(5)?;
            }
            self.pos += 1;
            let right = self.binary(precedence + 1)?;
            left = self.expr_from(start, ExprKind::BinOp { left: left.into(), op, right: right.into() });
        }
        Ok(left)
    }

    /// factor: ('+' | '-' | '~')* power
    fn factor(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let level = self.level;
        while unary_operator(self.kind()).is_some() {
            self.pos += 1;
            self.deepen(1)?;
        }
        let mut at = self.pos;
        let mut expr = self.power()?;
        while at > start {
            at -= 1;
            let op = unary_operator(self.kind_at(at)).ok_or(Fail)?;
            expr = self.expr_from(at, ExprKind::UnaryOp { op, operand: expr.into() });
        }
        self.level = level;
        Ok(expr)
    }

    /// power: await_primary ['**' factor]
    fn power(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let left = if self.eat(TokenKind::Await) {
            let value = self.primary()?;
            self.require_version(5)?;
            self.expr_from(start, ExprKind::Await { value: value.into() })
        } else {
            self.primary()?
        };
        if !self.eat(TokenKind::DoubleStar) {
            return Ok(left);
        }
        let right = self.nested(2, Self::factor)?;
        let kind = ExprKind::BinOp { left: left.into(), op: Operator::Pow, right: right.into() };
        Ok(self.expr_from(start, kind))
    }
}

fn unary_operator(kind: TokenKind) -> Option<UnaryOp> {
    match kind {
        TokenKind::Plus => Some(UnaryOp::UAdd),
        TokenKind::Minus => Some(UnaryOp::USub),
        TokenKind::Tilde => Some(UnaryOp::Invert),
        _ => None,
    }
}

fn binary_operator(kind: TokenKind) -> Option<(Operator, u8)> {
    Some(match kind {
        TokenKind::VBar => (Operator::BitOr, 1),
        TokenKind::Circumflex => (Operator::BitXor, 2),
        TokenKind::Amper => (Operator::BitAnd, 3),
        TokenKind::LeftShift => (Operator::LShift, 4),
        TokenKind::RightShift => (Operator::RShift, 4),
        TokenKind::Plus => (Operator::Add, 5),
        TokenKind::Minus => (Operator::Sub, 5),
        TokenKind::Star => (Operator::Mult, 6),
        TokenKind::Slash => (Operator::Div, 6),
        TokenKind::DoubleSlash => (Operator::FloorDiv, 6),
        TokenKind::Percent => (Operator::Mod, 6),
        TokenKind::At => (Operator::MatMult, 6),
        _ => return None,
    })
}
