//! Classes.

use super::function::{first_line, generic_name};
use super::scope::intrinsic;
use super::unit::{Arity, ScopeKind};
use super::{Compiler, loc_of};
use crate::error::Result;
use crate::symtable::{Key, Part};
use bytecode::{Const, Location, Op, Text};
use syntax::ast::*;
use syntax::text::Name;

impl<'a> Compiler<'a> {
    pub(crate) fn class(&mut self, stmt: &'a Stmt) -> Result<()> {
        let StmtKind::ClassDef { name, bases, keywords, body, decorator_list, type_params } = &stmt.kind else {
            return Ok(());
        };
        self.exprs(decorator_list)?;
        let firstlineno = first_line(stmt, decorator_list);
        let loc = loc_of(stmt.span);
        let generic = !type_params.is_empty();
        let type_params_var = Name::known(".type_params");
        if generic {
            let block = self.find_block(Key::new(stmt, Part::TypeParams))?;
            let scope_name = generic_name(name);
            self.enter_scope(&scope_name, ScopeKind::Annotations, block, firstlineno, Some(name), Arity::default())?;
            self.type_params(type_params)?;
            self.store(&type_params_var, loc)?;
        }
        self.class_body(stmt, name, body, generic, firstlineno)?;
        if generic {
            let base = Name::known(".generic_base");
            self.load(&type_params_var, loc)?;
            self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::SUBSCRIPT_GENERIC, loc);
            self.store(&base, loc)?;
            self.call_args(2, bases, Some(&base), keywords, loc)?;
            let code = self.assemble(false)?;
            self.exit_scope();
            self.make_closure(code, 0, loc)?;
            self.op(Op::PUSH_NULL, loc);
            self.op_arg(Op::CALL, 0, loc);
        } else {
            self.call_args(2, bases, None, keywords, loc)?;
        }
        self.apply_decorators(decorator_list);
        self.store(name, loc)
    }

    /// Compiles the body and leaves `__build_class__`, the body's function and the name on the stack.
    fn class_body(&mut self, stmt: &'a Stmt, name: &'a Name, body: &'a [Stmt], generic: bool, firstlineno: i32) -> Result<()> {
        let block = self.find_block(Key::new(stmt, Part::Body))?;
        self.enter_scope(name, ScopeKind::Class, block, firstlineno, Some(name), Arity::default())?;
        let loc = Location { lineno: firstlineno, end_lineno: firstlineno, col_offset: 0, end_col_offset: 0 };
        self.load(&Name::known("__name__"), loc)?;
        self.store(&Name::known("__module__"), loc)?;
        let qualname = self.unit_ref().qualname.clone();
        self.load_const(Const::Str(qualname), loc);
        self.store(&Name::known("__qualname__"), loc)?;
        self.load_const(Const::int(i64::from(firstlineno)), loc);
        self.store(&Name::known("__firstlineno__"), loc)?;
        if generic {
            self.load(&Name::known(".type_params"), loc)?;
            self.store(&Name::known("__type_params__"), loc)?;
        }
        if self.block().needs_classdict {
            self.op(Op::LOAD_LOCALS, loc);
            let cell = self.unit().intern_cell(&Name::known("__classdict__"));
            self.op_arg(Op::STORE_DEREF, cell, loc);
        }
        if self.block().has_conditional_annotations {
            self.op_arg(Op::BUILD_SET, 0, loc);
            let cell = self.unit().intern_cell(&Name::known("__conditional_annotations__"));
            self.op_arg(Op::STORE_DEREF, cell, loc);
        }
        self.body(loc, body, false)?;
        self.class_epilogue()?;
        let code = self.assemble(true)?;
        self.exit_scope();
        let loc = loc_of(stmt.span);
        self.op(Op::LOAD_BUILD_CLASS, loc);
        self.op(Op::PUSH_NULL, loc);
        self.make_closure(code, 0, loc)?;
        let name = self.name_const(name);
        self.load_const(name, loc);
        Ok(())
    }

    fn class_epilogue(&mut self) -> Result<()> {
        let nowhere = Location::NONE;
        let attributes = std::mem::take(&mut self.unit().static_attributes);
        let attributes: Vec<Const> = attributes.into_iter().map(|name| Const::Str(Text::from_wtf8(name))).collect();
        self.load_const(Const::tuple(attributes), nowhere);
        self.store(&Name::known("__static_attributes__"), nowhere)?;
        if self.block().needs_classdict {
            let cell = self.unit().intern_cell(&Name::known("__classdict__"));
            self.op_arg(Op::LOAD_CLOSURE, cell, nowhere);
            self.store(&Name::known("__classdictcell__"), nowhere)?;
        }
        if self.block().needs_class_closure {
            let cell = self.unit().intern_cell(&Name::known("__class__"));
            self.op_arg(Op::LOAD_CLOSURE, cell, nowhere);
            self.op_arg(Op::COPY, 1, nowhere);
            self.store(&Name::known("__classcell__"), nowhere)?;
        } else {
            self.load_const(Const::None, nowhere);
        }
        self.op(Op::RETURN_VALUE, nowhere);
        Ok(())
    }
}
