//! `__annotate__` functions (PEP 649): annotations of parameters, and of variables of modules and classes.

use super::scope::{ANNOTATE, common};
use super::unit::{Arity, ScopeKind};
use super::{Compiler, loc_of};
use crate::error::Result;
use crate::symtable::{BlockId, BlockKind, Key, Part};
use bytecode::{Code, Const, Location, Op, Text, flags};
use std::mem;
use syntax::ast::*;
use syntax::text::Name;

/// Formats above this are refused: `annotationlib.Format.VALUE_WITH_FAKE_GLOBALS`.
const VALUE_WITH_FAKE_GLOBALS: i64 = 2;

impl<'a> Compiler<'a> {
    /// Enters the unit of an evaluation function, which takes a format.
    pub(crate) fn enter_annotations(&mut self, block: BlockId, name: &Name, loc: Location) -> Result<()> {
        let arity = Arity { posonly: 1, ..Arity::default() };
        self.enter_scope(name, ScopeKind::Annotations, block, loc.lineno, None, arity)?;
        self.op_arg(Op::LOAD_FAST, 0, loc);
        self.load_const(Const::int(VALUE_WITH_FAKE_GLOBALS), loc);
        self.compare_op(CmpOp::Gt, loc);
        let body = self.new_label();
        self.jump(Op::POP_JUMP_IF_FALSE, body, loc);
        self.op_arg(Op::LOAD_COMMON_CONSTANT, common::NOT_IMPLEMENTED_ERROR, loc);
        self.op_arg(Op::RAISE_VARARGS, 1, loc);
        self.place(body);
        Ok(())
    }

    /// Ends an `__annotate__` function and loads it.
    fn leave_annotations(&mut self, loc: Location) -> Result<()> {
        self.op(Op::RETURN_VALUE, loc);
        let mut code: Code = self.assemble(true)?;
        if let Some(name) = code.localsplusnames.first_mut() {
            *name = Text::from("format");
        }
        self.exit_scope();
        self.make_closure(code, 0, loc)
    }

    /// The `__annotate__` of a function, if it has annotations; returns the attribute to set.
    pub(crate) fn function_annotations(
        &mut self,
        stmt: &'a Stmt,
        args: &'a Arguments,
        returns: Option<&'a Expr>,
        loc: Location,
    ) -> Result<u32> {
        let block = self.find_block(Key::new(stmt, Part::Annotations))?;
        if !self.table.block(block).annotations_used {
            return Ok(0);
        }
        let name = self.table.block(block).name.clone();
        self.enter_annotations(block, &name, loc)?;
        let mut count = 0;
        let variadic = args.vararg.as_deref().into_iter();
        let all = args.args.iter().chain(&args.posonlyargs).chain(variadic).chain(&args.kwonlyargs);
        for arg in all.chain(args.kwarg.as_deref()) {
            count += self.parameter_annotation(&arg.arg, arg.annotation.as_deref(), loc)?;
        }
        count += self.parameter_annotation(&Name::known("return"), returns, loc)?;
        self.op_count(Op::BUILD_MAP, count, loc);
        self.leave_annotations(loc)?;
        Ok(ANNOTATE)
    }

    fn parameter_annotation(&mut self, name: &Name, annotation: Option<&'a Expr>, loc: Location) -> Result<usize> {
        let Some(annotation) = annotation else { return Ok(0) };
        let mangled = self.mangled(name);
        let mangled = self.name_const(&mangled);
        self.load_const(mangled, loc);
        if self.features & flags::CO_FUTURE_ANNOTATIONS != 0 {
            self.annotation_text(annotation)?;
        } else {
            self.maybe_starred(annotation, loc)?;
        }
        Ok(1)
    }

    /// The `__annotate__` of a module or class, if any of its variables is annotated.
    pub(crate) fn deferred_annotations(&mut self, loc: Location) -> Result<()> {
        let deferred = mem::take(&mut self.unit().deferred_annotations);
        let Some(block) = self.block().annotation_block.filter(|_| !deferred.is_empty()) else { return Ok(()) };
        let scope = self.unit_ref().scope;
        let is_module = scope == ScopeKind::Module;
        if is_module {
            // A module's function is made before its statements run.
            let unit = self.unit();
            unit.stashed = Some(mem::take(&mut unit.sequence));
        }
        let name = self.table.block(block).name.clone();
        self.enter_annotations(block, &name, loc)?;
        self.op_arg(Op::BUILD_MAP, 0, loc);
        for annotation in &deferred {
            let StmtKind::AnnAssign { target, annotation: value, .. } = &annotation.stmt.kind else { continue };
            let ExprKind::Name { id, .. } = &target.kind else { continue };
            let stmt_loc = loc_of(annotation.stmt.span);
            let not_set = self.new_label();
            if let Some(number) = annotation.conditional {
                self.load_int(number, stmt_loc);
                let conditional = Name::known("__conditional_annotations__");
                if scope == ScopeKind::Class {
                    let arg = self.unit().intern_free(&conditional);
                    self.op_arg(Op::LOAD_DEREF, arg, stmt_loc);
                } else {
                    self.op_name(Op::LOAD_GLOBAL, &conditional, stmt_loc);
                }
                self.op_arg(Op::CONTAINS_OP, 0, stmt_loc);
                self.jump(Op::POP_JUMP_IF_FALSE, not_set, stmt_loc);
            }
            self.expr(value)?;
            self.op_arg(Op::COPY, 2, stmt_loc);
            let mangled = self.mangled(id);
            let mangled = self.name_const(&mangled);
            self.load_const(mangled, stmt_loc);
            self.op(Op::STORE_SUBSCR, loc);
            self.place(not_set);
        }
        self.leave_annotations(loc)?;
        let is_class = self.block().kind == BlockKind::Class;
        self.store(&Name::from(if is_class { "__annotate_func__" } else { "__annotate__" }), loc)?;
        if is_module {
            let unit = self.unit();
            let annotations = mem::take(&mut unit.sequence).instructions;
            unit.sequence = unit.stashed.take().unwrap_or_default();
            unit.sequence.annotations = Some(annotations);
        }
        Ok(())
    }
}
