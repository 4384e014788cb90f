//! Statements: the dispatcher, and the simple ones.

use super::scope::{common, intrinsic};
use super::unit::ScopeKind;
use super::{Compiler, constant, error, loc_of};
use crate::error::Result;
use bytecode::{Const, Location, Op, flags};
use syntax::ast::*;
use syntax::text::Name;

impl<'a> Compiler<'a> {
    pub(crate) fn stmts(&mut self, stmts: &'a [Stmt]) -> Result<()> {
        stmts.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    /// The body of a module or class.
    pub(crate) fn body(&mut self, loc: Location, body: &'a [Stmt], interactive: bool) -> Result<()> {
        let future_annotations = self.features & flags::CO_FUTURE_ANNOTATIONS != 0;
        if future_annotations && self.block().annotations_used {
            self.op(Op::SETUP_ANNOTATIONS, loc);
        }
        let mut rest = body;
        if !interactive
            && self.block().has_docstring
            && let Some((Stmt { kind: StmtKind::Expr { value }, .. }, tail)) = body.split_first()
            && let ExprKind::Constant { value: Constant::Str(text), .. } = &value.kind
        {
            rest = tail;
            self.load_const(Const::Str(super::docstring::clean(text)), loc_of(value.span));
            self.store(&Name::known("__doc__"), Location::NONE)?;
        }
        self.stmts(rest)?;
        if future_annotations || body.is_empty() { Ok(()) } else { self.deferred_annotations(loc) }
    }

    /// Compiles statements that may not be executed.
    fn conditional(&mut self, run: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.unit().conditional_depth += 1;
        run(self)?;
        self.unit().conditional_depth -= 1;
        Ok(())
    }

    pub(crate) fn stmt(&mut self, stmt: &'a Stmt) -> Result<()> {
        self.guard.check()?;
        let loc = loc_of(stmt.span);
        match &stmt.kind {
            StmtKind::FunctionDef { .. } | StmtKind::AsyncFunctionDef { .. } => self.function(stmt),
            StmtKind::ClassDef { .. } => self.class(stmt),
            StmtKind::TypeAlias { name, type_params, value } => self.type_alias(stmt, name, type_params, value),
            StmtKind::Return { value } => self.return_stmt(value.as_deref(), loc),
            StmtKind::Delete { targets } => targets.iter().try_for_each(|target| self.expr(target)),
            StmtKind::Assign { targets, value, .. } => {
                self.expr(value)?;
                let last = targets.len().saturating_sub(1);
                for (index, target) in targets.iter().enumerate() {
                    if index < last {
                        self.op_arg(Op::COPY, 1, loc);
                    }
                    self.expr(target)?;
                }
                Ok(())
            }
            StmtKind::AugAssign { target, op, value } => self.aug_assign(target, *op, value, loc),
            StmtKind::AnnAssign { .. } => self.ann_assign(stmt),
            StmtKind::For { target, iter, body, orelse, .. } => self.conditional(|c| c.for_loop(target, iter, body, orelse, loc)),
            StmtKind::AsyncFor { target, iter, body, orelse, .. } => {
                self.conditional(|c| c.async_for_loop(target, iter, body, orelse, loc))
            }
            StmtKind::While { test, body, orelse } => self.conditional(|c| c.while_loop(test, body, orelse, loc)),
            StmtKind::If { test, body, orelse } => self.conditional(|c| c.if_stmt(test, body, orelse)),
            StmtKind::Match { subject, cases } => self.conditional(|c| c.match_stmt(subject, cases)),
            StmtKind::Raise { exc, cause } => {
                let mut count = 0;
                for expr in [exc, cause].into_iter().flatten() {
                    self.expr(expr)?;
                    count += 1;
                }
                self.op_arg(Op::RAISE_VARARGS, count, loc);
                Ok(())
            }
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                let parts = super::try_except::Try { body, handlers, orelse, finalbody, star: false };
                self.conditional(|c| c.try_stmt(&parts, loc))
            }
            StmtKind::TryStar { body, handlers, orelse, finalbody } => {
                let parts = super::try_except::Try { body, handlers, orelse, finalbody, star: true };
                self.conditional(|c| c.try_stmt(&parts, loc))
            }
            StmtKind::Assert { test, msg } => self.assert_stmt(test, msg.as_deref(), loc),
            StmtKind::Import { names } => self.import(names, loc),
            StmtKind::ImportFrom { module, names, level } => self.import_from(module.as_ref(), names, level.unwrap_or(0), loc),
            StmtKind::Global { .. } | StmtKind::Nonlocal { .. } => Ok(()),
            StmtKind::Expr { value } => self.expression_stmt(value, loc),
            StmtKind::Pass {} => {
                self.op(Op::NOP, loc);
                Ok(())
            }
            StmtKind::Break {} => self.break_stmt(loc),
            StmtKind::Continue {} => self.continue_stmt(loc),
            StmtKind::With { items, body, .. } => self.conditional(|c| c.with(items, body, false)),
            StmtKind::AsyncWith { items, body, .. } => self.conditional(|c| c.with(items, body, true)),
        }
    }

    fn expression_stmt(&mut self, value: &'a Expr, loc: Location) -> Result<()> {
        if self.is_interactive_top_level() {
            self.expr(value)?;
            self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::PRINT, loc);
            self.op(Op::POP_TOP, Location::NONE);
        } else if matches!(value.kind, ExprKind::Constant { .. }) {
            self.op(Op::NOP, loc);
        } else {
            self.expr(value)?;
            self.op(Op::POP_TOP, Location::NONE);
        }
        Ok(())
    }

    fn return_stmt(&mut self, value: Option<&'a Expr>, stmt_loc: Location) -> Result<()> {
        let block = self.block();
        if !block.is_function_like() {
            return error(stmt_loc, "'return' outside function");
        }
        if value.is_some() && block.coroutine && block.generator {
            return error(stmt_loc, "'return' with value in async generator");
        }
        let folded = match value.map(|value| &value.kind) {
            None => Some(Const::None),
            Some(ExprKind::Constant { value, .. }) => Some(constant(value)),
            _ => None,
        };
        let preserve_top = folded.is_none();
        let mut loc = stmt_loc;
        if let Some(value) = value {
            if preserve_top {
                self.expr(value)?;
            } else {
                loc = loc_of(value.span);
                self.op(Op::NOP, loc);
            }
        }
        if value.is_none_or(|value| value.span.lineno != stmt_loc.lineno) {
            loc = stmt_loc;
            self.op(Op::NOP, loc);
        }
        self.unwind_all(&mut loc, preserve_top)?;
        if let Some(value) = folded {
            self.load_const(value, loc);
        }
        self.op(Op::RETURN_VALUE, loc);
        Ok(())
    }

    fn assert_stmt(&mut self, test: &'a Expr, msg: Option<&'a Expr>, loc: Location) -> Result<()> {
        let always_true = match &test.kind {
            ExprKind::Tuple { elts, .. } => !elts.is_empty(),
            ExprKind::Constant { value: Constant::Tuple(items), .. } => !items.is_empty(),
            _ => false,
        };
        if always_true {
            self.warn(loc, "assertion is always true, perhaps remove parentheses?".to_owned())?;
        }
        if self.options.optimize > 0 {
            return Ok(());
        }
        let end = self.new_label();
        self.jump_if(test, end, true)?;
        self.op_arg(Op::LOAD_COMMON_CONSTANT, common::ASSERTION_ERROR, loc);
        if let Some(msg) = msg {
            self.expr(msg)?;
            self.op_arg(Op::CALL, 0, loc);
        }
        self.op_arg(Op::RAISE_VARARGS, 1, loc_of(test.span));
        self.place(end);
        Ok(())
    }

    /// Whether annotations of variables are kept here.
    pub(crate) fn keeps_annotations(&self) -> bool {
        matches!(self.unit_ref().scope, ScopeKind::Module | ScopeKind::Class)
    }
}
