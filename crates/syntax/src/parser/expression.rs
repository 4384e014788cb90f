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
        self.operators(OR)
    }

    pub(super) fn bitwise_or(&mut self) -> Parse<Expr> {
        self.operators(BIT_OR)
    }

    /// Operators of at least the precedence `minimum` with their operands.
    fn operators(&mut self, minimum: u8) -> Parse<Expr> {
        let start = self.pos;
        let mut left = if minimum <= NOT && self.at(TokenKind::Not) { self.inversion()? } else { self.factor()? };
        loop {
            let kind = self.kind();
            let precedence = precedence(kind);
            if precedence < minimum {
                return Ok(left);
            }
            let made = match precedence {
                OR | AND => {
                    let mut values = vec![left];
                    while self.eat(kind) {
                        values.push(self.operators(precedence + 1)?);
                    }
                    ExprKind::BoolOp { op: if precedence == OR { BoolOp::Or } else { BoolOp::And }, values }
                }
                COMPARISON => {
                    let Some(first) = self.comparison_operator()? else {
                        return Ok(left);
                    };
                    self.comparison(left, first)?
                }
                _ => {
                    let op = binary_operator(kind).ok_or(Fail)?;
                    if op == Operator::MatMult {
                        self.require_version(5)?;
                    }
                    self.pos += 1;
                    let right = self.operators(precedence + 1)?;
                    ExprKind::BinOp { left: left.into(), op, right: right.into() }
                }
            };
            left = self.expr_from(start, made);
        }
    }

    /// inversion: 'not'+ comparison
    fn inversion(&mut self) -> Parse<Expr> {
        let start = self.pos;
        let level = self.level;
        while self.eat(TokenKind::Not) {
            self.deepen(1)?;
        }
        let mut at = self.pos;
        let mut expr = self.operators(COMPARISON)?;
        while at > start {
            at -= 1;
            expr = self.expr_from(at, ExprKind::UnaryOp { op: UnaryOp::Not, operand: expr.into() });
        }
        self.level = level;
        Ok(expr)
    }

    /// The rest of a comparison, whose first operator was read.
    fn comparison(&mut self, left: Expr, first: CmpOp) -> Parse<ExprKind> {
        let mut ops = vec![first];
        let mut comparators = vec![self.bitwise_or()?];
        while let Some(op) = self.comparison_operator()? {
            ops.push(op);
            comparators.push(self.bitwise_or()?);
        }
        Ok(ExprKind::Compare { left: left.into(), ops, comparators })
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

    /// factor: ('+' | '-' | '~')* power
    #[inline]
    fn factor(&mut self) -> Parse<Expr> {
        if unary_operator(self.kind()).is_none() { self.power() } else { self.signed() }
    }

    fn signed(&mut self) -> Parse<Expr> {
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
    #[inline]
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

/// Precedences of operators, the loosest first. Prefixes, `**` and `await` are tighter than all of them.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const BIT_OR: u8 = 5;

/// The precedence of an operator between operands; 0 for all other tokens.
fn precedence(kind: TokenKind) -> u8 {
    use TokenKind::*;
    match kind {
        Or => OR,
        And => AND,
        EqEqual | NotEqual | Less | LessEqual | Greater | GreaterEqual | In | Not | Is => COMPARISON,
        VBar => BIT_OR,
        Circumflex => 6,
        Amper => 7,
        LeftShift | RightShift => 8,
        Plus | Minus => 9,
        Star | Slash | DoubleSlash | Percent | At => 10,
        _ => 0,
    }
}

fn binary_operator(kind: TokenKind) -> Option<Operator> {
    Some(match kind {
        TokenKind::VBar => Operator::BitOr,
        TokenKind::Circumflex => Operator::BitXor,
        TokenKind::Amper => Operator::BitAnd,
        TokenKind::LeftShift => Operator::LShift,
        TokenKind::RightShift => Operator::RShift,
        TokenKind::Plus => Operator::Add,
        TokenKind::Minus => Operator::Sub,
        TokenKind::Star => Operator::Mult,
        TokenKind::Slash => Operator::Div,
        TokenKind::DoubleSlash => Operator::FloorDiv,
        TokenKind::Percent => Operator::Mod,
        TokenKind::At => Operator::MatMult,
        _ => return None,
    })
}
