//! Expressions: the dispatcher, operators, attributes, subscripts.

use super::scope::intrinsic;
use super::unit::ScopeKind;
use super::{Compiler, constant, error, loc_of};
use crate::error::Result;
use bytecode::{Const, Location, Op};
use std::sync::Arc;
use syntax::ast::*;
use syntax::text::Name;

/// Operand of `BINARY_OP` for a subscript.
pub(crate) const SUBSCR: u32 = 26;
/// From an operator to its in-place form.
const INPLACE: u32 = 13;
const AFTER_YIELD: u32 = 1;

/// Operand of `BINARY_OP`.
fn operator(op: Operator) -> u32 {
    match op {
        Operator::Add => 0,
        Operator::BitAnd => 1,
        Operator::FloorDiv => 2,
        Operator::LShift => 3,
        Operator::MatMult => 4,
        Operator::Mult => 5,
        Operator::Mod => 6,
        Operator::BitOr => 7,
        Operator::Pow => 8,
        Operator::RShift => 9,
        Operator::Sub => 10,
        Operator::Div => 11,
        Operator::BitXor => 12,
    }
}

impl<'a> Compiler<'a> {
    pub(crate) fn exprs(&mut self, exprs: &'a [Expr]) -> Result<()> {
        exprs.iter().try_for_each(|expr| self.expr(expr))
    }

    pub(crate) fn expr(&mut self, expr: &'a Expr) -> Result<()> {
        self.guard.check()?;
        let loc = loc_of(expr.span);
        match &expr.kind {
            ExprKind::NamedExpr { target, value } => {
                self.expr(value)?;
                self.op_arg(Op::COPY, 1, loc);
                self.expr(target)
            }
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, loc),
            ExprKind::BinOp { left, op, right } => {
                self.expr(left)?;
                self.expr(right)?;
                self.binary_op(*op, loc);
                Ok(())
            }
            ExprKind::UnaryOp { op, operand } => {
                self.expr(operand)?;
                match op {
                    UnaryOp::Invert => self.op(Op::UNARY_INVERT, loc),
                    UnaryOp::USub => self.op(Op::UNARY_NEGATIVE, loc),
                    UnaryOp::UAdd => self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::UNARY_POSITIVE, loc),
                    UnaryOp::Not => {
                        self.op(Op::TO_BOOL, loc);
                        self.op(Op::UNARY_NOT, loc);
                    }
                }
                Ok(())
            }
            ExprKind::Lambda { args, body } => self.lambda(expr, args, body),
            ExprKind::IfExp { test, body, orelse } => self.if_expr(test, body, orelse),
            ExprKind::Dict { keys, values } => self.dict(keys, values, loc),
            ExprKind::Set { elts } => self.set(elts, loc),
            ExprKind::GeneratorExp { .. } | ExprKind::ListComp { .. } | ExprKind::SetComp { .. } | ExprKind::DictComp { .. } => {
                self.comprehension(expr)
            }
            ExprKind::Yield { value } => {
                if !self.block().is_function_like() {
                    return error(loc, "'yield' outside function");
                }
                match value {
                    Some(value) => self.expr(value)?,
                    None => self.load_const(Const::None, loc),
                }
                self.yield_value(loc);
                Ok(())
            }
            ExprKind::YieldFrom { value } => {
                if !self.block().is_function_like() {
                    return error(loc, "'yield from' outside function");
                }
                if self.unit_ref().scope == ScopeKind::AsyncFunction {
                    return error(loc, "'yield from' inside async function");
                }
                self.expr(value)?;
                self.op(Op::GET_YIELD_FROM_ITER, loc);
                self.load_const(Const::None, loc);
                self.yield_from(loc, false);
                Ok(())
            }
            ExprKind::Await { value } => {
                self.expr(value)?;
                self.await_on_stack(0, loc);
                Ok(())
            }
            ExprKind::Compare { .. } => self.compare(expr),
            ExprKind::Call { .. } => self.call(expr),
            ExprKind::Constant { value, .. } => {
                self.load_const(constant(value), loc);
                Ok(())
            }
            ExprKind::JoinedStr { values } => self.joined_str(values, loc),
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                self.formatted_value(value, *conversion, format_spec.as_deref(), loc)
            }
            ExprKind::TemplateStr { values } => self.template_str(values, loc),
            ExprKind::Interpolation { value, str, conversion, format_spec } => {
                self.interpolation(value, str, *conversion, format_spec.as_deref(), loc)
            }
            ExprKind::Attribute { value, attr, ctx } => self.attribute(expr, value, attr, *ctx),
            ExprKind::Subscript { value, slice, ctx } => self.subscript(value, slice, *ctx, loc),
            ExprKind::Starred { ctx: ExprContext::Store, .. } => {
                error(loc, "starred assignment target must be in a list or tuple")
            }
            ExprKind::Starred { .. } => error(loc, "can't use starred expression here"),
            ExprKind::Slice { .. } => self.slice(expr),
            ExprKind::Name { id, ctx } => self.name_op(id, *ctx, loc),
            ExprKind::List { elts, ctx } => self.list(elts, *ctx, loc),
            ExprKind::Tuple { elts, ctx } => self.tuple(elts, *ctx, loc),
        }
    }

    pub(crate) fn binary_op(&mut self, op: Operator, loc: Location) {
        self.op_arg(Op::BINARY_OP, operator(op), loc);
    }

    pub(crate) fn inplace_op(&mut self, op: Operator, loc: Location) {
        self.op_arg(Op::BINARY_OP, operator(op) + INPLACE, loc);
    }

    /// Yields the value on the stack.
    pub(crate) fn yield_value(&mut self, loc: Location) {
        let block = self.block();
        if block.generator && block.coroutine {
            self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::ASYNC_GEN_WRAP, loc);
        }
        self.op_arg(Op::YIELD_VALUE, 0, loc);
        self.op_arg(Op::RESUME, AFTER_YIELD, loc);
    }

    fn attribute(&mut self, expr: &'a Expr, value: &'a Expr, attr: &'a Name, ctx: ExprContext) -> Result<()> {
        let loc = loc_of(expr.span);
        if ctx == ExprContext::Load
            && let Some(args) = self.optimizable_super(value, attr)
        {
            self.load_super_args(value, args)?;
            self.load_super(attr, if args.is_empty() { 0 } else { 2 }, loc);
            self.op(Op::NOP, attribute_loc(loc, expr, attr));
            return Ok(());
        }
        self.add_static_attribute(value, attr, ctx);
        self.expr(value)?;
        let loc = attribute_loc(loc, expr, attr);
        let op = match ctx {
            ExprContext::Load => Op::LOAD_ATTR,
            ExprContext::Store => Op::STORE_ATTR,
            ExprContext::Del => Op::DELETE_ATTR,
        };
        self.op_name(op, attr, loc);
        Ok(())
    }

    /// Notes `self.attr = …` for the class's `__static_attributes__`.
    fn add_static_attribute(&mut self, value: &Expr, attr: &Name, ctx: ExprContext) {
        let is_self = matches!(&value.kind, ExprKind::Name { id, .. } if *id == "self");
        if ctx != ExprContext::Store || !is_self {
            return;
        }
        let enclosing = self.units.iter_mut().rev().skip(1);
        if let Some(class) = { enclosing }.find(|unit| unit.scope == ScopeKind::Class) {
            class.static_attributes.insert(attr.as_bytes().to_vec());
        }
    }

    fn subscript(&mut self, value: &'a Expr, slice: &'a Expr, ctx: ExprContext, loc: Location) -> Result<()> {
        if ctx == ExprContext::Load {
            self.check_subscripter(value)?;
            self.check_index(value, slice)?;
        }
        self.expr(value)?;
        if ctx != ExprContext::Del
            && let Some((lower, upper)) = two_part_slice(slice)
        {
            self.slice_bounds(lower, upper, loc_of(slice.span))?;
            self.op(if ctx == ExprContext::Load { Op::BINARY_SLICE } else { Op::STORE_SLICE }, loc);
            return Ok(());
        }
        self.expr(slice)?;
        match ctx {
            ExprContext::Load => self.op_arg(Op::BINARY_OP, SUBSCR, loc),
            ExprContext::Store => self.op(Op::STORE_SUBSCR, loc),
            ExprContext::Del => self.op(Op::DELETE_SUBSCR, loc),
        }
        Ok(())
    }

    /// The two bounds of a slice, `None` for a missing one.
    pub(crate) fn slice_bounds(&mut self, lower: Option<&'a Expr>, upper: Option<&'a Expr>, loc: Location) -> Result<()> {
        for bound in [lower, upper] {
            match bound {
                Some(bound) => self.expr(bound)?,
                None => self.load_const(Const::None, loc),
            }
        }
        Ok(())
    }

    fn slice(&mut self, expr: &'a Expr) -> Result<()> {
        let ExprKind::Slice { lower, upper, step } = &expr.kind else { return Ok(()) };
        let loc = loc_of(expr.span);
        if is_constant_slice(expr) {
            let part = |part: &Option<ExprBox>| match part.as_deref() {
                Some(Expr { kind: ExprKind::Constant { value, .. }, .. }) => constant(value),
                _ => Const::None,
            };
            self.load_const(Const::Slice(Arc::new([part(lower), part(upper), part(step)])), loc);
            return Ok(());
        }
        self.slice_bounds(lower.as_deref(), upper.as_deref(), loc)?;
        if let Some(step) = step {
            self.expr(step)?;
        }
        self.op_arg(Op::BUILD_SLICE, if step.is_some() { 3 } else { 2 }, loc);
        Ok(())
    }
}

fn is_constant_slice(slice: &Expr) -> bool {
    let ExprKind::Slice { lower, upper, step } = &slice.kind else { return false };
    let constant = |part: &Option<ExprBox>| part.as_deref().is_none_or(|part| matches!(part.kind, ExprKind::Constant { .. }));
    constant(lower) && constant(upper) && constant(step)
}

/// The bounds of a slice that `BINARY_SLICE` can do: without a step, and no constant.
pub(crate) fn two_part_slice(slice: &Expr) -> Option<(Option<&Expr>, Option<&Expr>)> {
    match &slice.kind {
        ExprKind::Slice { lower, upper, step: None } if !is_constant_slice(slice) => Some((lower.as_deref(), upper.as_deref())),
        _ => None,
    }
}

/// Where an attribute's name stands, if that is on another line than the start of the expression.
pub(crate) fn attribute_loc(mut loc: Location, expr: &Expr, attr: &Name) -> Location {
    if loc.lineno == expr.span.end_lineno {
        return loc;
    }
    loc.lineno = expr.span.end_lineno;
    let length = i32::try_from(attr.code_points().count()).unwrap_or(i32::MAX);
    if length <= expr.span.end_col_offset {
        loc.col_offset = expr.span.end_col_offset - length;
    } else {
        loc.col_offset = -1;
        loc.end_col_offset = -1;
    }
    loc
}
