//! Augmented and annotated assignments.

use super::expression::{SUBSCR, attribute_loc, two_part_slice};
use super::unit::{DeferredAnnotation, ScopeKind};
use super::{Compiler, loc_of};
use crate::error::{CompileError, Result};
use bytecode::{Const, Location, Op, flags};
use syntax::ast::*;
use syntax::text::Name;

/// A target that only a tree built by hand has; the number is that of CPython's enumeration of expressions.
fn invalid_target(target: &ExprKind, assignment: &str) -> CompileError {
    let number = match target {
        ExprKind::Starred { .. } => 25,
        ExprKind::List { .. } => 27,
        _ => 28,
    };
    CompileError::system(format!("invalid node type ({number}) for {assignment} assignment"))
}

impl<'a> Compiler<'a> {
    pub(crate) fn aug_assign(&mut self, target: &'a Expr, op: Operator, value: &'a Expr, stmt: Location) -> Result<()> {
        let loc = loc_of(target.span);
        match &target.kind {
            ExprKind::Attribute { value: object, attr, .. } => {
                self.expr(object)?;
                self.op_arg(Op::COPY, 1, loc);
                let loc = attribute_loc(loc, target, attr);
                self.op_name(Op::LOAD_ATTR, attr, loc);
                self.expr(value)?;
                self.inplace_op(op, stmt);
                self.op_arg(Op::SWAP, 2, loc);
                self.op_name(Op::STORE_ATTR, attr, loc);
            }
            ExprKind::Subscript { value: object, slice, .. } => {
                self.expr(object)?;
                if let Some((lower, upper)) = two_part_slice(slice) {
                    self.slice_bounds(lower, upper, loc_of(slice.span))?;
                    for _ in 0..3 {
                        self.op_arg(Op::COPY, 3, loc);
                    }
                    self.op(Op::BINARY_SLICE, loc);
                    self.expr(value)?;
                    self.inplace_op(op, stmt);
                    for depth in [4, 3, 2] {
                        self.op_arg(Op::SWAP, depth, loc);
                    }
                    self.op(Op::STORE_SLICE, loc);
                } else {
                    self.expr(slice)?;
                    self.op_arg(Op::COPY, 2, loc);
                    self.op_arg(Op::COPY, 2, loc);
                    self.op_arg(Op::BINARY_OP, SUBSCR, loc);
                    self.expr(value)?;
                    self.inplace_op(op, stmt);
                    self.op_arg(Op::SWAP, 3, loc);
                    self.op_arg(Op::SWAP, 2, loc);
                    self.op(Op::STORE_SUBSCR, loc);
                }
            }
            ExprKind::Name { id, .. } => {
                self.load(id, loc)?;
                self.expr(value)?;
                self.inplace_op(op, stmt);
                self.store(id, loc)?;
            }
            other => return Err(invalid_target(other, "augmented")),
        }
        Ok(())
    }

    pub(crate) fn ann_assign(&mut self, stmt: &'a Stmt) -> Result<()> {
        let StmtKind::AnnAssign { target, annotation, value, simple } = &stmt.kind else { return Ok(()) };
        let loc = loc_of(stmt.span);
        if let Some(value) = value {
            self.expr(value)?;
            self.expr(target)?;
        }
        match &target.kind {
            ExprKind::Name { id, .. } => {
                if *simple == 0 || !self.keeps_annotations() {
                    return Ok(());
                }
                if self.features & flags::CO_FUTURE_ANNOTATIONS != 0 {
                    self.annotation_text(annotation)?;
                    self.op_name(Op::LOAD_NAME, &Name::known("__annotations__"), loc);
                    let name = self.mangled(id);
                    let name = self.name_const(&name);
                    self.load_const(name, loc);
                    self.op(Op::STORE_SUBSCR, loc);
                    return Ok(());
                }
                self.defer_annotation(stmt, loc);
                Ok(())
            }
            ExprKind::Attribute { value: object, .. } if value.is_none() => self.evaluate_only(object),
            ExprKind::Subscript { value: object, slice, .. } if value.is_none() => {
                self.evaluate_only(object)?;
                self.evaluate_subscript(slice)
            }
            ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => Ok(()),
            other => Err(invalid_target(other, "annotated")),
        }
    }

    /// Notes an annotation for `__annotate__`, and that the program came by if it may not.
    fn defer_annotation(&mut self, stmt: &'a Stmt, loc: Location) {
        let unit = self.unit();
        let is_module = unit.scope == ScopeKind::Module;
        let conditional = (is_module || unit.conditional_depth > 0).then_some(unit.next_conditional_annotation);
        unit.deferred_annotations.push(DeferredAnnotation { stmt, conditional });
        let Some(number) = conditional else { return };
        unit.next_conditional_annotation += 1;
        let name = Name::known("__conditional_annotations__");
        if self.unit_ref().scope == ScopeKind::Class {
            let arg = self.unit().intern_cell(&name);
            self.op_arg(Op::LOAD_DEREF, arg, loc);
        } else {
            self.op_name(Op::LOAD_NAME, &name, loc);
        }
        self.load_int(number, loc);
        self.op_arg(Op::SET_ADD, 1, loc);
        self.op(Op::POP_TOP, loc);
    }

    fn evaluate_only(&mut self, expr: &'a Expr) -> Result<()> {
        self.expr(expr)?;
        self.op(Op::POP_TOP, loc_of(expr.span));
        Ok(())
    }

    fn evaluate_subscript(&mut self, slice: &'a Expr) -> Result<()> {
        match &slice.kind {
            ExprKind::Tuple { elts, .. } => elts.iter().try_for_each(|elt| self.evaluate_subscript(elt)),
            ExprKind::Slice { lower, upper, step } => {
                [lower, upper, step].into_iter().flatten().try_for_each(|part| self.evaluate_only(part))
            }
            _ => self.evaluate_only(slice),
        }
    }

    /// An annotation as the string that `from __future__ import annotations` makes of it.
    pub(crate) fn annotation_text(&mut self, annotation: &Expr) -> Result<()> {
        let text = super::unparse::unparse(annotation, self.guard)?;
        self.load_const(Const::Str(text), loc_of(annotation.span));
        Ok(())
    }
}
