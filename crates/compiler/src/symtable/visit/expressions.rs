//! Names in expressions: uses, assignment expressions, and the blocks of lambdas and comprehensions.

use super::{Visitor, error, show};
use crate::error::{CompileError, Result};
use crate::future::location;
use crate::symtable::{BlockKind, Comprehension as Comp, Key, Part, flag};
use bytecode::Location;
use syntax::ast::*;
use syntax::text::Name;

impl Visitor {
    pub(super) fn keywords(&mut self, keywords: &[Keyword]) -> Result<()> {
        for keyword in keywords {
            if let Some(arg) = &keyword.arg {
                Self::check_name(arg, location(keyword.span), ExprContext::Store)?;
            }
        }
        self.exprs(keywords.iter().map(|keyword| &*keyword.value))
    }

    pub(super) fn expr(&mut self, expr: &Expr) -> Result<()> {
        self.guard.check()?;
        let at = location(expr.span);
        match &expr.kind {
            ExprKind::NamedExpr { target, value } => {
                self.refuse_in_annotation("named expression", at)?;
                self.named_expr(target, value, at)
            }
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left)?;
                self.expr(right)
            }
            ExprKind::UnaryOp { operand, .. } => self.expr(operand),
            ExprKind::Lambda { args, body } => {
                self.exprs(&args.defaults)?;
                self.exprs(args.kw_defaults.iter().flatten())?;
                let name = Name::known("lambda");
                self.enter_block(&name, BlockKind::Function, Key::new(expr, Part::Body), at)?;
                self.arguments(args)?;
                self.expr(body)?;
                self.exit_block();
                Ok(())
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)
            }
            ExprKind::Dict { keys, values } => {
                self.exprs(keys.iter().flatten())?;
                self.exprs(values)
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => self.exprs(elts),
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(expr, Comp::Generator, "genexpr", generators, elt, None)
            }
            ExprKind::ListComp { elt, generators } => self.comprehension(expr, Comp::List, "listcomp", generators, elt, None),
            ExprKind::SetComp { elt, generators } => self.comprehension(expr, Comp::Set, "setcomp", generators, elt, None),
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension(expr, Comp::Dict, "dictcomp", generators, key, Some(value))
            }
            ExprKind::Yield { value } => {
                self.refuse_in_annotation("yield expression", at)?;
                self.opt(value.as_ref())?;
                self.yields(at)
            }
            ExprKind::YieldFrom { value } => {
                self.refuse_in_annotation("yield expression", at)?;
                self.expr(value)?;
                self.yields(at)
            }
            ExprKind::Await { value } => {
                self.refuse_in_annotation("await expression", at)?;
                if !self.allows_top_level_await() {
                    if !self.cur_ref().is_function_like() {
                        return error(at, "'await' outside function");
                    }
                    if !self.is_async_def() && self.cur_ref().comprehension.is_none() {
                        return error(at, "'await' outside async function");
                    }
                }
                self.expr(value)?;
                self.cur().coroutine = true;
                Ok(())
            }
            ExprKind::Compare { left, comparators, .. } => {
                self.expr(left)?;
                self.exprs(comparators)
            }
            ExprKind::Call { func, args, keywords } => {
                self.expr(func)?;
                self.exprs(args)?;
                self.keywords(keywords)
            }
            ExprKind::FormattedValue { value, format_spec, .. } | ExprKind::Interpolation { value, format_spec, .. } => {
                self.expr(value)?;
                self.opt(format_spec.as_ref())
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => self.exprs(values),
            ExprKind::Constant { .. } => Ok(()),
            ExprKind::Attribute { value, attr, ctx } => {
                Self::check_name(attr, at, *ctx)?;
                self.expr(value)
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value)?;
                self.expr(slice)
            }
            ExprKind::Starred { value, .. } => self.expr(value),
            ExprKind::Slice { lower, upper, step } => {
                self.opt(lower.as_ref())?;
                self.opt(upper.as_ref())?;
                self.opt(step.as_ref())
            }
            ExprKind::Name { id, ctx } => self.name(id, *ctx, at),
        }
    }

    pub(super) fn name(&mut self, id: &Name, ctx: ExprContext, at: Location) -> Result<()> {
        if self.cur_ref().in_unevaluated_annotation {
            return Ok(());
        }
        let flag = if ctx == ExprContext::Load { flag::USE } else { flag::DEF_LOCAL };
        self.add_def_ctx(id, flag, at, ctx)?;
        if ctx == ExprContext::Load && self.cur_ref().is_function_like() && *id == "super" {
            self.add_def(&Name::known("__class__"), flag::USE, at)?;
        }
        Ok(())
    }

    pub(super) fn yields(&mut self, at: Location) -> Result<()> {
        self.cur().generator = true;
        let place = match self.cur_ref().comprehension {
            None => return Ok(()),
            Some(Comp::List) => "list comprehension",
            Some(Comp::Set) => "set comprehension",
            Some(Comp::Dict) => "dict comprehension",
            Some(Comp::Generator) => "generator expression",
        };
        error(at, format!("'yield' inside {place}"))
    }

    pub(super) fn refuse_in_annotation(&self, what: &str, at: Location) -> Result<()> {
        let block = self.cur_ref();
        let place = match block.kind {
            BlockKind::Annotation => "an annotation",
            BlockKind::TypeVariable => block.scope_info.unwrap_or("a TypeVar bound"),
            BlockKind::TypeAlias => "a type alias",
            BlockKind::TypeParameters => "the definition of a generic",
            _ => return Ok(()),
        };
        error(at, format!("{what} cannot be used within {place}"))
    }

    pub(super) fn named_expr(&mut self, target: &Expr, value: &Expr, at: Location) -> Result<()> {
        if self.cur_ref().comp_iter_expr > 0 {
            return error(at, "assignment expression cannot be used in a comprehension iterable expression");
        }
        if self.cur_ref().comprehension.is_some() {
            self.extend_named_expr_scope(target)?;
        }
        self.expr(value)?;
        self.expr(target)
    }

    /// The target of `:=` in a comprehension belongs to the function or module around it.
    pub(super) fn extend_named_expr_scope(&mut self, target: &Expr) -> Result<()> {
        let ExprKind::Name { id, .. } = &target.kind else {
            return Err(CompileError::system("assignment expression without a name"));
        };
        let at = location(target.span);
        for block_id in self.stack.clone().into_iter().rev() {
            let in_scope = self.lookup_in(block_id, id);
            let block = self.table.block(block_id);
            if block.comprehension.is_some() {
                if in_scope & flag::DEF_COMP_ITER != 0 && in_scope & flag::DEF_LOCAL != 0 {
                    let message = "assignment expression cannot rebind comprehension iteration variable";
                    return error(at, format!("{message} '{}'", show(id)));
                }
                continue;
            }
            let place = match block.kind {
                BlockKind::Function => {
                    let global = in_scope & flag::DEF_GLOBAL != 0;
                    self.add_def(id, if global { flag::DEF_GLOBAL } else { flag::DEF_NONLOCAL }, at)?;
                    self.record_directive(id, at);
                    return self.add_def_in(block_id, id, flag::DEF_LOCAL, at);
                }
                BlockKind::Module => {
                    self.add_def(id, flag::DEF_GLOBAL, at)?;
                    self.record_directive(id, at);
                    return self.add_def_in(block_id, id, flag::DEF_GLOBAL, at);
                }
                BlockKind::Class => "in a class body",
                BlockKind::TypeParameters => "within the definition of a generic",
                BlockKind::TypeAlias => "in a type alias",
                BlockKind::TypeVariable => "in a TypeVar bound",
                BlockKind::Annotation => continue,
            };
            return error(at, format!("assignment expression within a comprehension cannot be used {place}"));
        }
        Err(CompileError::system("assignment expression outside of any block"))
    }

    pub(super) fn comprehension(
        &mut self,
        expr: &Expr,
        kind: Comp,
        name: &str,
        generators: &[Comprehension],
        elt: &Expr,
        value: Option<&ExprBox>,
    ) -> Result<()> {
        let Some((outermost, rest)) = generators.split_first() else {
            return Err(CompileError::system("comprehension without generators"));
        };
        let at = location(expr.span);
        self.cur().comp_iter_expr += 1;
        self.expr(&outermost.iter)?;
        self.cur().comp_iter_expr -= 1;
        self.enter_block(&Name::from(name), BlockKind::Function, Key::new(expr, Part::Body), at)?;
        self.cur().comprehension = Some(kind);
        if outermost.is_async != 0 {
            self.cur().coroutine = true;
        }
        self.add_def(
            &Name::known(".0"),
            flag::DEF_PARAM,
            Location { lineno: 0, end_lineno: 0, col_offset: 0, end_col_offset: 0 },
        )?;
        self.comprehension_target(&outermost.target)?;
        self.exprs(&outermost.ifs)?;
        for generator in rest {
            self.comprehension_target(&generator.target)?;
            self.cur().comp_iter_expr += 1;
            self.expr(&generator.iter)?;
            self.cur().comp_iter_expr -= 1;
            self.exprs(&generator.ifs)?;
            if generator.is_async != 0 {
                self.cur().coroutine = true;
            }
        }
        self.opt(value)?;
        self.expr(elt)?;
        let is_generator = kind == Comp::Generator;
        self.cur().generator = is_generator;
        let is_async = self.cur_ref().coroutine && !is_generator;
        self.exit_block();
        if is_async {
            if !self.is_async_def() && self.cur_ref().comprehension.is_none() && !self.allows_top_level_await() {
                return error(at, "asynchronous comprehension outside of an asynchronous function");
            }
            self.cur().coroutine = true;
        }
        Ok(())
    }

    pub(super) fn comprehension_target(&mut self, target: &Expr) -> Result<()> {
        self.cur().comp_iter_target = true;
        let result = self.expr(target);
        self.cur().comp_iter_target = false;
        result
    }
}
