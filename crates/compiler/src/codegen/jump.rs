//! Conditions: `if`, `while`'s test, `and`/`or`, comparisons, as jumps and as values.

use super::{Compiler, loc_of};
use crate::error::Result;
use crate::instructions::Label;
use bytecode::{Location, Op};
use syntax::ast::*;

impl<'a> Compiler<'a> {
    /// Jumps to `next` if the truth of `expr` is `cond`, and falls through otherwise.
    pub(crate) fn jump_if(&mut self, expr: &'a Expr, next: Label, cond: bool) -> Result<()> {
        self.guard.check()?;
        match &expr.kind {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => return self.jump_if(operand, next, !cond),
            ExprKind::BoolOp { op, values } => {
                let Some((last, values)) = values.split_last() else { return Ok(()) };
                let stops_on = *op == BoolOp::Or;
                let early = if stops_on == cond { next } else { self.new_label() };
                for value in values {
                    self.jump_if(value, early, stops_on)?;
                }
                self.jump_if(last, next, cond)?;
                if early != next {
                    self.place(early);
                }
                return Ok(());
            }
            ExprKind::IfExp { test, body, orelse } => {
                let end = self.new_label();
                let otherwise = self.new_label();
                self.jump_if(test, otherwise, false)?;
                self.jump_if(body, next, cond)?;
                self.jump(Op::JUMP_NO_INTERRUPT, end, Location::NONE);
                self.place(otherwise);
                self.jump_if(orelse, next, cond)?;
                self.place(end);
                return Ok(());
            }
            ExprKind::Compare { left, ops, comparators } if ops.len() > 1 => {
                return self.jump_if_chained(expr, left, ops, comparators, next, cond);
            }
            _ => {}
        }
        self.expr(expr)?;
        let loc = loc_of(expr.span);
        self.op(Op::TO_BOOL, loc);
        self.jump(if cond { Op::POP_JUMP_IF_TRUE } else { Op::POP_JUMP_IF_FALSE }, next, loc);
        Ok(())
    }

    fn jump_if_chained(
        &mut self,
        expr: &'a Expr,
        left: &'a Expr,
        ops: &[CmpOp],
        comparators: &'a [Expr],
        next: Label,
        cond: bool,
    ) -> Result<()> {
        let loc = loc_of(expr.span);
        self.check_compare(expr)?;
        let cleanup = self.new_label();
        self.expr(left)?;
        let Some(((last_op, ops), (last, comparators))) = ops.split_last().zip(comparators.split_last()) else {
            return Ok(());
        };
        for (op, comparator) in ops.iter().zip(comparators) {
            self.expr(comparator)?;
            self.op_arg(Op::SWAP, 2, loc);
            self.op_arg(Op::COPY, 2, loc);
            self.compare_op(*op, loc);
            self.op(Op::TO_BOOL, loc);
            self.jump(Op::POP_JUMP_IF_FALSE, cleanup, loc);
        }
        self.expr(last)?;
        self.compare_op(*last_op, loc);
        self.op(Op::TO_BOOL, loc);
        self.jump(if cond { Op::POP_JUMP_IF_TRUE } else { Op::POP_JUMP_IF_FALSE }, next, loc);
        let end = self.new_label();
        self.jump(Op::JUMP_NO_INTERRUPT, end, Location::NONE);
        self.place(cleanup);
        self.op(Op::POP_TOP, loc);
        if !cond {
            self.jump(Op::JUMP_NO_INTERRUPT, next, Location::NONE);
        }
        self.place(end);
        Ok(())
    }

    /// A comparison as a value.
    pub(crate) fn compare(&mut self, expr: &'a Expr) -> Result<()> {
        let ExprKind::Compare { left, ops, comparators } = &expr.kind else { return Ok(()) };
        let loc = loc_of(expr.span);
        self.check_compare(expr)?;
        self.expr(left)?;
        let Some(((last_op, ops), (last, comparators))) = ops.split_last().zip(comparators.split_last()) else {
            return Ok(());
        };
        if ops.is_empty() {
            self.expr(last)?;
            self.compare_op(*last_op, loc);
            return Ok(());
        }
        let cleanup = self.new_label();
        for (op, comparator) in ops.iter().zip(comparators) {
            self.expr(comparator)?;
            self.op_arg(Op::SWAP, 2, loc);
            self.op_arg(Op::COPY, 2, loc);
            self.compare_op(*op, loc);
            self.op_arg(Op::COPY, 1, loc);
            self.op(Op::TO_BOOL, loc);
            self.jump(Op::POP_JUMP_IF_FALSE, cleanup, loc);
            self.op(Op::POP_TOP, loc);
        }
        self.expr(last)?;
        self.compare_op(*last_op, loc);
        let end = self.new_label();
        self.jump(Op::JUMP_NO_INTERRUPT, end, Location::NONE);
        self.place(cleanup);
        self.op_arg(Op::SWAP, 2, loc);
        self.op(Op::POP_TOP, loc);
        self.place(end);
        Ok(())
    }

    pub(crate) fn compare_op(&mut self, op: CmpOp, loc: Location) {
        // The upper bits are the comparison, the lower ones a mask of the outcomes that make it true.
        let (op, arg) = match op {
            CmpOp::Lt => (Op::COMPARE_OP, 2),
            CmpOp::LtE => (Op::COMPARE_OP, (1 << 5) | 10),
            CmpOp::Eq => (Op::COMPARE_OP, (2 << 5) | 8),
            CmpOp::NotEq => (Op::COMPARE_OP, (3 << 5) | 7),
            CmpOp::Gt => (Op::COMPARE_OP, (4 << 5) | 4),
            CmpOp::GtE => (Op::COMPARE_OP, (5 << 5) | 12),
            CmpOp::Is => (Op::IS_OP, 0),
            CmpOp::IsNot => (Op::IS_OP, 1),
            CmpOp::In => (Op::CONTAINS_OP, 0),
            CmpOp::NotIn => (Op::CONTAINS_OP, 1),
        };
        self.op_arg(op, arg, loc);
    }

    /// `and` and `or` as a value.
    pub(crate) fn bool_op(&mut self, op: BoolOp, values: &'a [Expr], loc: Location) -> Result<()> {
        let Some((last, values)) = values.split_last() else { return Ok(()) };
        let end = self.new_label();
        let jump = if op == BoolOp::And { Op::JUMP_IF_FALSE } else { Op::JUMP_IF_TRUE };
        for value in values {
            self.expr(value)?;
            self.jump(jump, end, loc);
            self.op(Op::POP_TOP, loc);
        }
        self.expr(last)?;
        self.place(end);
        Ok(())
    }

    /// `body if test else orelse`.
    pub(crate) fn if_expr(&mut self, test: &'a Expr, body: &'a Expr, orelse: &'a Expr) -> Result<()> {
        let end = self.new_label();
        let next = self.new_label();
        self.jump_if(test, next, false)?;
        self.expr(body)?;
        self.jump(Op::JUMP_NO_INTERRUPT, end, Location::NONE);
        self.place(next);
        self.expr(orelse)?;
        self.place(end);
        Ok(())
    }

    pub(crate) fn if_stmt(&mut self, test: &'a Expr, body: &'a [Stmt], orelse: &'a [Stmt]) -> Result<()> {
        let end = self.new_label();
        let next = if orelse.is_empty() { end } else { self.new_label() };
        self.jump_if(test, next, false)?;
        self.stmts(body)?;
        if !orelse.is_empty() {
            self.jump(Op::JUMP_NO_INTERRUPT, end, Location::NONE);
            self.place(next);
            self.stmts(orelse)?;
        }
        self.place(end);
        Ok(())
    }
}
