//! Type parameters and type aliases (PEP 695, PEP 696).

use super::function::generic_name;
use super::scope::{DEFAULTS, intrinsic};
use super::unit::{Arity, ScopeKind};
use super::{Compiler, error, loc_of, show};
use crate::error::Result;
use crate::symtable::{Key, Part};
use bytecode::{Const, Location, Op};
use syntax::ast::*;
use syntax::text::Name;

impl<'a> Compiler<'a> {
    /// Makes the type parameters, stores each under its name, and leaves their tuple on the stack.
    pub(crate) fn type_params(&mut self, params: &'a [TypeParam]) -> Result<()> {
        let mut seen_default = false;
        for param in params {
            let loc = loc_of(param.span);
            let (name, default) = match &param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => {
                    self.load_name_const(name, loc);
                    match bound {
                        Some(bound) => {
                            self.bound_or_default(bound, name, Key::new(param, Part::Bound), false)?;
                            let constraints = matches!(bound.kind, ExprKind::Tuple { .. });
                            let kind =
                                if constraints { intrinsic::TYPEVAR_WITH_CONSTRAINTS } else { intrinsic::TYPEVAR_WITH_BOUND };
                            self.op_arg(Op::CALL_INTRINSIC_2, kind, loc);
                        }
                        None => self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::TYPEVAR, loc),
                    }
                    (name, default_value)
                }
                TypeParamKind::TypeVarTuple { name, default_value } => {
                    self.load_name_const(name, loc);
                    self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::TYPEVARTUPLE, loc);
                    (name, default_value)
                }
                TypeParamKind::ParamSpec { name, default_value } => {
                    self.load_name_const(name, loc);
                    self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::PARAMSPEC, loc);
                    (name, default_value)
                }
            };
            if let Some(default) = default {
                seen_default = true;
                let starred = matches!(param.kind, TypeParamKind::TypeVarTuple { .. });
                self.bound_or_default(default, name, Key::new(param, Part::Default), starred)?;
                self.op_arg(Op::CALL_INTRINSIC_2, intrinsic::SET_TYPEPARAM_DEFAULT, loc);
            } else if seen_default {
                let message = "non-default type parameter";
                return error(loc, format!("{message} '{}' follows default type parameter", show(name)));
            }
            self.op_arg(Op::COPY, 1, loc);
            self.store(name, loc)?;
        }
        if let Some(first) = params.first() {
            self.op_count(Op::BUILD_TUPLE, params.len(), loc_of(first.span));
        }
        Ok(())
    }

    fn load_name_const(&mut self, name: &Name, loc: Location) {
        let name = self.name_const(name);
        self.load_const(name, loc);
    }

    /// A function that evaluates a bound or default when asked for it.
    fn bound_or_default(&mut self, expr: &'a Expr, name: &Name, key: Key, allow_starred: bool) -> Result<()> {
        let loc = loc_of(expr.span);
        self.load_const(Const::tuple([Const::int(1)]), loc);
        let block = self.find_block(key)?;
        self.enter_annotations(block, name, loc)?;
        if allow_starred {
            self.maybe_starred(expr, loc)?;
        } else {
            self.expr(expr)?;
        }
        self.op(Op::RETURN_VALUE, loc);
        let code = self.assemble(true)?;
        self.exit_scope();
        self.make_closure(code, DEFAULTS, loc)
    }

    pub(crate) fn type_alias(
        &mut self,
        stmt: &'a Stmt,
        target: &'a Expr,
        params: &'a [TypeParam],
        value: &'a Expr,
    ) -> Result<()> {
        let ExprKind::Name { id, .. } = &target.kind else { return Ok(()) };
        let loc = loc_of(stmt.span);
        let generic = !params.is_empty();
        if generic {
            let block = self.find_block(Key::new(stmt, Part::TypeParams))?;
            let scope_name = generic_name(id);
            self.enter_scope(&scope_name, ScopeKind::Annotations, block, loc.lineno, None, Arity::default())?;
            self.load_name_const(id, loc);
            self.type_params(params)?;
        } else {
            self.load_name_const(id, loc);
            self.load_const(Const::None, loc);
        }
        self.load_const(Const::tuple([Const::int(1)]), loc);
        let block = self.find_block(Key::new(stmt, Part::Body))?;
        self.enter_annotations(block, id, loc)?;
        self.expr(value)?;
        self.op(Op::RETURN_VALUE, loc);
        let code = self.assemble(false)?;
        self.exit_scope();
        self.make_closure(code, DEFAULTS, loc)?;
        self.op_arg(Op::BUILD_TUPLE, 3, loc);
        self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::TYPEALIAS, loc);
        if generic {
            let code = self.assemble(false)?;
            self.exit_scope();
            self.make_closure(code, 0, loc)?;
            self.op(Op::PUSH_NULL, loc);
            self.op_arg(Op::CALL, 0, loc);
        }
        self.store(id, loc)
    }
}
