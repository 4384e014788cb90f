//! Functions and lambdas.

use super::scope::{DEFAULTS, KWDEFAULTS, intrinsic};
use super::unit::{Arity, FrameBlockKind, ScopeKind};
use super::{Compiler, loc_of, show};
use crate::error::Result;
use crate::symtable::{Key, Part};
use bytecode::{Const, Location, Op};
use syntax::ast::*;
use syntax::text::Name;

/// A function definition, `async` or not.
struct Definition<'a> {
    stmt: &'a Stmt,
    name: &'a Name,
    args: &'a Arguments,
    body: &'a [Stmt],
    is_async: bool,
    firstlineno: i32,
}

fn arity(args: &Arguments) -> Arity {
    Arity { args: args.args.len(), posonly: args.posonlyargs.len(), kwonly: args.kwonlyargs.len() }
}

impl<'a> Compiler<'a> {
    pub(crate) fn function(&mut self, stmt: &'a Stmt) -> Result<()> {
        let (name, args, body, decorators, returns, type_params, is_async) = match &stmt.kind {
            StmtKind::FunctionDef { name, args, body, decorator_list, returns, type_params, .. } => {
                (name, args, body, decorator_list, returns, type_params, false)
            }
            StmtKind::AsyncFunctionDef { name, args, body, decorator_list, returns, type_params, .. } => {
                (name, args, body, decorator_list, returns, type_params, true)
            }
            _ => return Ok(()),
        };
        self.exprs(decorators)?;
        let firstlineno = first_line(stmt, decorators);
        let loc = loc_of(stmt.span);
        let mut attributes = self.default_arguments(args, loc)?;
        let mut passed = 0;
        let generic = !type_params.is_empty();
        if generic {
            passed = usize::from(attributes & DEFAULTS != 0) + usize::from(attributes & KWDEFAULTS != 0);
            if passed == 2 {
                self.op_arg(Op::SWAP, 2, loc);
            }
            let block = self.find_block(Key::new(stmt, Part::TypeParams))?;
            let scope_name = generic_name(name);
            let arity = Arity { args: passed, ..Arity::default() };
            self.enter_scope(&scope_name, ScopeKind::Annotations, block, firstlineno, None, arity)?;
            self.type_params(type_params)?;
            for index in 0..passed {
                self.op_count(Op::LOAD_FAST, index, loc);
            }
        }
        attributes |= self.function_annotations(stmt, args, returns.as_deref(), loc)?;
        let definition = Definition { stmt, name, args, body, is_async, firstlineno };
        self.function_body(&definition, attributes)?;
        if generic {
            self.op_arg(Op::SWAP, 2, loc);
            self.op_arg(Op::CALL_INTRINSIC_2, intrinsic::SET_FUNCTION_TYPE_PARAMS, loc);
            let code = self.assemble(false)?;
            self.exit_scope();
            self.make_closure(code, 0, loc)?;
            if passed > 0 {
                self.op_count(Op::SWAP, passed + 1, loc);
                self.op_count(Op::CALL, passed - 1, loc);
            } else {
                self.op(Op::PUSH_NULL, loc);
                self.op_arg(Op::CALL, 0, loc);
            }
        }
        self.apply_decorators(decorators);
        self.store(name, loc)
    }

    fn function_body(&mut self, definition: &Definition<'a>, attributes: u32) -> Result<()> {
        let scope = if definition.is_async { ScopeKind::AsyncFunction } else { ScopeKind::Function };
        let block = self.find_block(Key::new(definition.stmt, Part::Body))?;
        self.enter_scope(definition.name, scope, block, definition.firstlineno, None, arity(definition.args))?;
        let mut body = definition.body;
        if self.block().has_docstring
            && let Some(text) = crate::preprocess::docstring(body)
        {
            self.unit().add_const(Const::Str(super::docstring::clean(text)));
            body = body.get(1..).unwrap_or_default();
        }
        let start = self.new_label();
        self.place(start);
        let wraps = self.block().coroutine || self.block().generator;
        if wraps {
            self.push_block(FrameBlockKind::StopIteration, Some(start), None, Location::NONE)?;
        }
        self.stmts(body)?;
        if wraps {
            self.wrap_in_stop_iteration_handler();
            self.pop_block();
        }
        let code = self.assemble(true)?;
        self.exit_scope();
        self.make_closure(code, attributes, loc_of(definition.stmt.span))
    }

    /// Pushes the tuple and the dictionary of default values; returns the attributes to set.
    fn default_arguments(&mut self, args: &'a Arguments, loc: Location) -> Result<u32> {
        let mut attributes = 0;
        if !args.defaults.is_empty() {
            self.exprs(&args.defaults)?;
            self.op_count(Op::BUILD_TUPLE, args.defaults.len(), loc);
            attributes |= DEFAULTS;
        }
        let mut count = 0;
        for (arg, default) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
            let Some(default) = default else { continue };
            let mangled = self.mangled(&arg.arg);
            let mangled = self.name_const(&mangled);
            self.load_const(mangled, loc);
            self.expr(default)?;
            count += 1;
        }
        if count > 0 {
            self.op_count(Op::BUILD_MAP, count, loc);
            attributes |= KWDEFAULTS;
        }
        Ok(attributes)
    }

    pub(crate) fn lambda(&mut self, expr: &'a Expr, args: &'a Arguments, body: &'a Expr) -> Result<()> {
        let loc = loc_of(expr.span);
        let attributes = self.default_arguments(args, loc)?;
        let block = self.find_block(Key::new(expr, Part::Body))?;
        let name = Name::known("<lambda>");
        self.enter_scope(&name, ScopeKind::Lambda, block, loc.lineno, None, arity(args))?;
        self.expr(body)?;
        let code = if self.block().generator {
            self.assemble(false)?
        } else {
            self.op(Op::RETURN_VALUE, loc_of(body.span));
            self.assemble(true)?
        };
        self.exit_scope();
        self.make_closure(code, attributes, loc)
    }

    pub(crate) fn apply_decorators(&mut self, decorators: &[Expr]) {
        for decorator in decorators.iter().rev() {
            self.op_arg(Op::CALL, 0, loc_of(decorator.span));
        }
    }
}

/// The first line of a definition, decorators included.
pub(crate) fn first_line(stmt: &Stmt, decorators: &[Expr]) -> i32 {
    decorators.first().map_or(stmt.span.lineno, |decorator| decorator.span.lineno)
}

/// The name of the scope of type parameters.
pub(crate) fn generic_name(name: &Name) -> Name {
    Name::new(format!("<generic parameters of {}>", show(name)))
}
