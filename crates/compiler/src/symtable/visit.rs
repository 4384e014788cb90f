//! The first pass: walks statements and patterns and records definitions and uses, block by block; `expressions` does expressions.

mod expressions;

use super::{Block, BlockId, BlockKind, Key, Part, Symtable, analyze::analyze, flag};
use crate::error::{CompileError, Result, StackGuard};
use crate::future::{Future, location};
use crate::hash::HashSet;
use crate::ordered::OrderedMap;
use crate::preprocess::docstring;
use bytecode::{Location, flags};
use syntax::ast::*;
use syntax::text::Name;

/// Builds and analyses the symbol table of a module.
///
/// `top_level_await` is `PyCF_ALLOW_TOP_LEVEL_AWAIT`; `stack` is the native stack that may be used, in bytes.
pub fn build(module: &Mod, future: &Future, top_level_await: bool, stack: usize) -> Result<Symtable> {
    let guard = StackGuard::new(stack);
    let mut visitor =
        Visitor { table: Symtable::new(), stack: Vec::new(), private: None, future: *future, top_level_await, guard };
    let origin = Location { lineno: 0, end_lineno: 0, col_offset: 0, end_col_offset: 0 };
    visitor.enter_block(&Name::known("top"), BlockKind::Module, Key::new(module, Part::Body), origin)?;
    match module {
        Mod::Module { body, .. } | Mod::Interactive { body } => {
            visitor.cur().has_docstring = docstring(body).is_some();
            visitor.stmts(body)?;
        }
        Mod::Expression { body } => visitor.expr(body)?,
        Mod::FunctionType { .. } => {
            return Err(CompileError::system("this compiler does not handle FunctionTypes"));
        }
    }
    visitor.exit_block();
    let mut table = visitor.table;
    analyze(&mut table, guard)?;
    Ok(table)
}

struct Visitor {
    table: Symtable,
    stack: Vec<BlockId>,
    /// The class around the current code.
    private: Option<Name>,
    future: Future,
    top_level_await: bool,
    guard: StackGuard,
}

/// A function definition, `async` or not, or the parts of one.
struct Function<'a> {
    name: &'a Name,
    args: &'a Arguments,
    body: &'a [Stmt],
    decorators: &'a [Expr],
    returns: Option<&'a Expr>,
    type_params: &'a Vec<TypeParam>,
    is_async: bool,
}

fn show(name: &Name) -> String {
    name.to_string_lossy()
}

fn error<T>(location: Location, message: impl Into<String>) -> Result<T> {
    Err(CompileError::syntax(location, message))
}

impl Visitor {
    fn cur_id(&self) -> BlockId {
        self.stack.last().copied().unwrap_or(Symtable::TOP)
    }

    fn cur(&mut self) -> &mut Block {
        let id = self.cur_id();
        self.table.block_mut(id)
    }

    fn cur_ref(&self) -> &Block {
        self.table.block(self.cur_id())
    }

    fn is_future_annotations(&self) -> bool {
        self.future.features & flags::CO_FUTURE_ANNOTATIONS != 0
    }

    fn new_block(&mut self, name: &Name, kind: BlockKind, key: Option<Key>, location: Location) -> BlockId {
        let (nested, method) = match self.stack.last() {
            None => (false, false),
            Some(id) => {
                let outer = self.table.block(*id);
                let method = outer.kind == BlockKind::Class && kind == BlockKind::Function;
                (outer.nested || outer.is_function_like(), method)
            }
        };
        let id = BlockId(self.table.blocks.len());
        self.table.blocks.push(Block {
            name: name.clone(),
            kind,
            symbols: OrderedMap::default(),
            varnames: Vec::new(),
            children: Vec::new(),
            location,
            nested,
            generator: false,
            coroutine: false,
            annotations_used: false,
            comprehension: None,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            needs_class_closure: false,
            needs_classdict: false,
            comp_inlined: false,
            can_see_class_scope: false,
            has_docstring: false,
            method,
            has_conditional_annotations: false,
            annotation_block: None,
            directives: Vec::new(),
            mangled_names: None,
            scope_info: None,
            comp_iter_target: false,
            comp_iter_expr: 0,
            in_conditional_block: false,
            in_unevaluated_annotation: false,
        });
        if let Some(key) = key {
            self.table.keys.insert(key, id);
        }
        id
    }

    fn enter_existing(&mut self, id: BlockId, add_to_children: bool) {
        let outer = self.stack.last().copied();
        self.stack.push(id);
        let Some(outer) = outer else { return };
        let (iter_expr, mangled) = {
            let outer = self.table.block(outer);
            (outer.comp_iter_expr, outer.mangled_names.clone())
        };
        let block = self.table.block_mut(id);
        block.comp_iter_expr = iter_expr;
        if mangled.is_some() && block.kind != BlockKind::Class {
            block.mangled_names = mangled;
        }
        let ignored = block.kind == BlockKind::Annotation && self.is_future_annotations();
        if add_to_children && !ignored {
            self.table.block_mut(outer).children.push(id);
        }
    }

    fn enter_block(&mut self, name: &Name, kind: BlockKind, key: Key, location: Location) -> Result<BlockId> {
        let id = self.new_block(name, kind, Some(key), location);
        self.enter(id, kind, location)?;
        Ok(id)
    }

    fn enter(&mut self, id: BlockId, kind: BlockKind, location: Location) -> Result<()> {
        self.enter_existing(id, true);
        if matches!(kind, BlockKind::Annotation | BlockKind::TypeVariable | BlockKind::TypeAlias) {
            self.add_def(&Name::known(".format"), flag::DEF_PARAM, location)?;
            self.add_def(&Name::known(".format"), flag::USE, location)?;
        }
        Ok(())
    }

    fn exit_block(&mut self) {
        self.stack.pop();
    }

    fn lookup_in(&self, id: BlockId, name: &Name) -> u32 {
        let block = self.table.block(id);
        block.symbol(&block.mangle(self.private.as_ref(), name))
    }

    fn check_name(name: &Name, location: Location, ctx: ExprContext) -> Result<()> {
        if *name == "__debug__" {
            match ctx {
                ExprContext::Store => return error(location, "cannot assign to __debug__"),
                ExprContext::Del => return error(location, "cannot delete __debug__"),
                ExprContext::Load => {}
            }
        }
        Ok(())
    }

    fn add_def(&mut self, name: &Name, flag: u32, location: Location) -> Result<()> {
        let ctx = if flag == flag::USE { ExprContext::Load } else { ExprContext::Store };
        self.add_def_ctx(name, flag, location, ctx)
    }

    fn add_def_ctx(&mut self, name: &Name, flag: u32, location: Location, ctx: ExprContext) -> Result<()> {
        let write_mask = flag::DEF_PARAM | flag::DEF_LOCAL | flag::DEF_IMPORT;
        if flag & write_mask != 0 {
            Self::check_name(name, location, ctx)?;
        }
        if flag & flag::DEF_TYPE_PARAM != 0
            && let Some(names) = &mut self.cur().mangled_names
        {
            names.insert(name.clone());
        }
        self.add_def_in(self.cur_id(), name, flag, location)
    }

    fn add_def_in(&mut self, id: BlockId, name: &Name, flag: u32, location: Location) -> Result<()> {
        let mangled = self.cur_ref().mangle(self.private.as_ref(), name);
        let block = self.table.block_mut(id);
        let comp_iter_target = block.comp_iter_target;
        let refused = block.symbols.update(&mangled, |flags| {
            let old = *flags;
            if flag & old & (flag::DEF_PARAM | flag::DEF_TYPE_PARAM) != 0 {
                return true;
            }
            let mut value = old | flag;
            if comp_iter_target {
                if value & (flag::DEF_GLOBAL | flag::DEF_NONLOCAL) != 0 {
                    return true;
                }
                value |= flag::DEF_COMP_ITER;
            }
            *flags = value;
            false
        });
        if refused == Some(true) {
            return error(location, refusal(&block.symbols, &mangled, name, flag));
        }
        if flag & flag::DEF_PARAM != 0 {
            block.varnames.push(mangled.into_owned());
        } else if flag & flag::DEF_GLOBAL != 0 {
            self.table.block_mut(Symtable::TOP).symbols.update(&mangled, |flags| *flags |= flag);
        }
        Ok(())
    }

    fn record_directive(&mut self, name: &Name, location: Location) {
        let mangled = self.cur_ref().mangle(self.private.as_ref(), name);
        self.cur().directives.push((mangled.into_owned(), location));
    }

    fn allows_top_level_await(&self) -> bool {
        self.top_level_await && self.cur_ref().kind == BlockKind::Module
    }

    fn is_async_def(&self) -> bool {
        let block = self.cur_ref();
        block.kind == BlockKind::Function && block.coroutine
    }

    /// `async for` and `async with` as statements.
    fn check_async(&mut self, what: &str, location: Location) -> Result<()> {
        if self.allows_top_level_await() {
            self.cur().coroutine = true;
        }
        if !self.cur_ref().coroutine {
            return error(location, format!("'{what}' outside async function"));
        }
        Ok(())
    }

    fn stmts(&mut self, body: &[Stmt]) -> Result<()> {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn exprs<'a>(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) -> Result<()> {
        exprs.into_iter().try_for_each(|expr| self.expr(expr))
    }

    fn opt(&mut self, expr: Option<&ExprBox>) -> Result<()> {
        expr.map_or(Ok(()), |expr| self.expr(expr))
    }

    /// Runs `visit` inside a block that may not be executed.
    fn conditional(&mut self, visit: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let old = std::mem::replace(&mut self.cur().in_conditional_block, true);
        let result = visit(self);
        self.cur().in_conditional_block = old;
        result
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<()> {
        self.guard.check()?;
        let at = location(stmt.span);
        match &stmt.kind {
            StmtKind::FunctionDef { name, args, body, decorator_list, returns, type_params, .. } => {
                let returns = returns.as_deref();
                self.function(
                    stmt,
                    &Function { name, args, body, decorators: decorator_list, returns, type_params, is_async: false },
                )
            }
            StmtKind::AsyncFunctionDef { name, args, body, decorator_list, returns, type_params, .. } => {
                let returns = returns.as_deref();
                self.function(
                    stmt,
                    &Function { name, args, body, decorators: decorator_list, returns, type_params, is_async: true },
                )
            }
            StmtKind::ClassDef { .. } => self.class(stmt),
            StmtKind::TypeAlias { name, type_params, value } => self.type_alias(stmt, name, type_params, value),
            StmtKind::Return { value } => {
                if let Some(value) = value {
                    self.expr(value)?;
                    self.cur().returns_value = true;
                }
                Ok(())
            }
            StmtKind::Delete { targets } => self.exprs(targets),
            StmtKind::Assign { targets, value, .. } => {
                self.exprs(targets)?;
                self.expr(value)
            }
            StmtKind::AnnAssign { .. } => self.ann_assign(stmt),
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target)?;
                self.expr(value)
            }
            StmtKind::For { target, iter, body, orelse, .. } => {
                self.expr(target)?;
                self.expr(iter)?;
                self.conditional(|v| {
                    v.stmts(body)?;
                    v.stmts(orelse)
                })
            }
            StmtKind::AsyncFor { target, iter, body, orelse, .. } => {
                self.check_async("async for", at)?;
                self.expr(target)?;
                self.expr(iter)?;
                self.conditional(|v| {
                    v.stmts(body)?;
                    v.stmts(orelse)
                })
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.expr(test)?;
                self.conditional(|v| {
                    v.stmts(body)?;
                    v.stmts(orelse)
                })
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject)?;
                self.conditional(|v| {
                    cases.iter().try_for_each(|case| {
                        v.pattern(&case.pattern)?;
                        v.opt(case.guard.as_ref())?;
                        v.stmts(&case.body)
                    })
                })
            }
            StmtKind::Raise { exc, cause } => {
                self.opt(exc.as_ref())?;
                self.opt(cause.as_ref())
            }
            StmtKind::Try { body, handlers, orelse, finalbody } | StmtKind::TryStar { body, handlers, orelse, finalbody } => self
                .conditional(|v| {
                    v.stmts(body)?;
                    handlers.iter().try_for_each(|handler| v.handler(handler))?;
                    v.stmts(orelse)?;
                    v.stmts(finalbody)
                }),
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.opt(msg.as_ref())
            }
            StmtKind::Import { names } => names.iter().try_for_each(|alias| self.alias(alias)),
            StmtKind::ImportFrom { module, names, level } => {
                if level.unwrap_or(0) == 0 && module.as_ref().is_some_and(|m| *m == "__future__") {
                    let future = self.future.location;
                    let late =
                        at.lineno > future.lineno || (at.lineno == future.end_lineno && at.col_offset > future.end_col_offset);
                    if late {
                        return error(at, "from __future__ imports must occur at the beginning of the file");
                    }
                }
                names.iter().try_for_each(|alias| self.alias(alias))
            }
            StmtKind::Global { names } => names.iter().try_for_each(|name| self.directive(name, flag::DEF_GLOBAL, at)),
            StmtKind::Nonlocal { names } => names.iter().try_for_each(|name| self.directive(name, flag::DEF_NONLOCAL, at)),
            StmtKind::Expr { value } => self.expr(value),
            StmtKind::With { items, body, .. } => self.with(items, body),
            StmtKind::AsyncWith { items, body, .. } => {
                self.check_async("async with", at)?;
                self.with(items, body)
            }
            StmtKind::Pass {} | StmtKind::Break {} | StmtKind::Continue {} => Ok(()),
        }
    }

    fn with(&mut self, items: &[WithItem], body: &[Stmt]) -> Result<()> {
        self.conditional(|v| {
            for item in items {
                v.expr(&item.context_expr)?;
                v.opt(item.optional_vars.as_ref())?;
            }
            v.stmts(body)
        })
    }

    fn handler(&mut self, handler: &ExceptHandler) -> Result<()> {
        self.opt(handler.type_.as_ref())?;
        if let Some(name) = &handler.name {
            self.add_def(name, flag::DEF_LOCAL, location(handler.span))?;
        }
        self.stmts(&handler.body)
    }

    fn alias(&mut self, alias: &Alias) -> Result<()> {
        let at = location(alias.span);
        let name = alias.asname.as_ref().unwrap_or(&alias.name);
        if *name == "*" {
            if self.cur_ref().kind != BlockKind::Module {
                return error(at, "import * only allowed at module level");
            }
            return Ok(());
        }
        let bytes = name.as_bytes();
        match bytes.iter().position(|b| *b == b'.') {
            None => self.add_def(name, flag::DEF_IMPORT, at),
            Some(dot) => {
                let first = bytes.get(..dot).unwrap_or_default();
                let first = syntax::text::Text::from_bytes(first.to_vec()).unwrap_or_default();
                self.add_def(&Name::new(first), flag::DEF_IMPORT, at)
            }
        }
    }

    /// One name of a `global` or `nonlocal` statement.
    fn directive(&mut self, name: &Name, kind: u32, at: Location) -> Result<()> {
        let word = if kind == flag::DEF_GLOBAL { "global" } else { "nonlocal" };
        let current = self.lookup_in(self.cur_id(), name);
        let name_text = show(name);
        let message = if current & flag::DEF_PARAM != 0 {
            Some(format!("name '{name_text}' is parameter and {word}"))
        } else if current & flag::USE != 0 {
            Some(format!("name '{name_text}' is used prior to {word} declaration"))
        } else if current & flag::DEF_ANNOT != 0 {
            Some(format!("annotated name '{name_text}' can't be {word}"))
        } else if current & flag::DEF_LOCAL != 0 {
            Some(format!("name '{name_text}' is assigned to before {word} declaration"))
        } else {
            None
        };
        if let Some(message) = message {
            return error(at, message);
        }
        self.add_def(name, kind, at)?;
        self.record_directive(name, at);
        Ok(())
    }

    fn function(&mut self, stmt: &Stmt, function: &Function<'_>) -> Result<()> {
        let at = location(stmt.span);
        let args = function.args;
        self.add_def(function.name, flag::DEF_LOCAL, at)?;
        self.exprs(&args.defaults)?;
        self.exprs(args.kw_defaults.iter().flatten())?;
        self.exprs(function.decorators)?;
        let generic = !function.type_params.is_empty();
        if generic {
            let has_kwdefaults = args.kw_defaults.iter().any(Option::is_some);
            let key = Key::new(stmt, Part::TypeParams);
            // CPython reserves the place for defaults whether there are any or not.
            self.enter_type_params(function.name, key, true, has_kwdefaults, false, at)?;
            self.type_params(function.type_params)?;
        }
        let block = self.new_block(function.name, BlockKind::Function, Some(Key::new(stmt, Part::Body)), at);
        self.table.block_mut(block).has_docstring = docstring(function.body).is_some();
        self.annotations(stmt, args, function.returns)?;
        self.enter_existing(block, true);
        if function.is_async {
            self.cur().coroutine = true;
        }
        self.arguments(args)?;
        self.stmts(function.body)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        Ok(())
    }

    fn class(&mut self, stmt: &Stmt) -> Result<()> {
        let StmtKind::ClassDef { name, bases, keywords, body, decorator_list, type_params } = &stmt.kind else {
            return Ok(());
        };
        let at = location(stmt.span);
        self.add_def(name, flag::DEF_LOCAL, at)?;
        self.exprs(decorator_list)?;
        let outer_private = self.private.clone();
        let generic = !type_params.is_empty();
        if generic {
            self.enter_type_params(name, Key::new(stmt, Part::TypeParams), false, false, true, at)?;
            self.private = Some(name.clone());
            self.cur().mangled_names = Some(HashSet::default());
            self.type_params(type_params)?;
        }
        self.exprs(bases)?;
        self.keywords(keywords)?;
        self.enter_block(name, BlockKind::Class, Key::new(stmt, Part::Body), at)?;
        self.private = Some(name.clone());
        if generic {
            self.add_def(&Name::known("__type_params__"), flag::DEF_LOCAL, at)?;
            self.add_def(&Name::known(".type_params"), flag::USE, at)?;
        }
        self.cur().has_docstring = docstring(body).is_some();
        self.stmts(body)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        self.private = outer_private;
        Ok(())
    }

    fn enter_type_params(
        &mut self,
        name: &Name,
        key: Key,
        has_defaults: bool,
        has_kwdefaults: bool,
        is_class: bool,
        at: Location,
    ) -> Result<()> {
        let in_class = self.cur_ref().kind == BlockKind::Class;
        self.enter_block(name, BlockKind::TypeParameters, key, at)?;
        if in_class {
            self.cur().can_see_class_scope = true;
            self.add_def(&Name::known("__classdict__"), flag::USE, at)?;
        }
        if is_class {
            for name in [".type_params", ".generic_base"] {
                self.add_def(&Name::from(name), flag::DEF_LOCAL, at)?;
                self.add_def(&Name::from(name), flag::USE, at)?;
            }
        }
        if has_defaults {
            self.add_def(&Name::known(".defaults"), flag::DEF_PARAM, at)?;
        }
        if has_kwdefaults {
            self.add_def(&Name::known(".kwdefaults"), flag::DEF_PARAM, at)?;
        }
        Ok(())
    }

    fn type_alias(&mut self, stmt: &Stmt, target: &Expr, type_params: &[TypeParam], value: &Expr) -> Result<()> {
        self.expr(target)?;
        let ExprKind::Name { id, .. } = &target.kind else {
            return Err(CompileError::system("type alias without a name"));
        };
        let at = location(stmt.span);
        let in_class = self.cur_ref().kind == BlockKind::Class;
        let generic = !type_params.is_empty();
        if generic {
            self.enter_type_params(id, Key::new(stmt, Part::TypeParams), false, false, false, at)?;
            self.type_params(type_params)?;
        }
        self.enter_block(id, BlockKind::TypeAlias, Key::new(stmt, Part::Body), at)?;
        self.cur().can_see_class_scope = in_class;
        if in_class {
            self.add_def(&Name::known("__classdict__"), flag::USE, location(value.span))?;
        }
        self.expr(value)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        Ok(())
    }

    fn type_params(&mut self, params: &[TypeParam]) -> Result<()> {
        params.iter().try_for_each(|param| self.type_param(param))
    }

    fn type_param(&mut self, param: &TypeParam) -> Result<()> {
        self.guard.check()?;
        let at = location(param.span);
        let define = flag::DEF_TYPE_PARAM | flag::DEF_LOCAL;
        match &param.kind {
            TypeParamKind::TypeVar { name, bound, default_value } => {
                self.add_def(name, define, at)?;
                let info = match bound.as_ref().map(|bound| &bound.kind) {
                    Some(ExprKind::Tuple { .. }) => "a TypeVar constraint",
                    _ => "a TypeVar bound",
                };
                self.bound_or_default(bound.as_deref(), name, param, Part::Bound, info)?;
                self.bound_or_default(default_value.as_deref(), name, param, Part::Default, "a TypeVar default")
            }
            TypeParamKind::TypeVarTuple { name, default_value } => {
                self.add_def(name, define, at)?;
                self.bound_or_default(default_value.as_deref(), name, param, Part::Default, "a TypeVarTuple default")
            }
            TypeParamKind::ParamSpec { name, default_value } => {
                self.add_def(name, define, at)?;
                self.bound_or_default(default_value.as_deref(), name, param, Part::Default, "a ParamSpec default")
            }
        }
    }

    fn bound_or_default(
        &mut self,
        expr: Option<&Expr>,
        name: &Name,
        param: &TypeParam,
        part: Part,
        info: &'static str,
    ) -> Result<()> {
        if *name == "__classdict__" {
            let message = format!("reserved name '{}' cannot be used for type parameter", show(name));
            return error(location(param.span), message);
        }
        let Some(expr) = expr else { return Ok(()) };
        let in_class = self.cur_ref().can_see_class_scope;
        let at = location(expr.span);
        self.enter_block(name, BlockKind::TypeVariable, Key::new(param, part), at)?;
        self.cur().can_see_class_scope = in_class;
        if in_class {
            self.add_def(&Name::known("__classdict__"), flag::USE, at)?;
        }
        self.cur().scope_info = Some(info);
        self.expr(expr)?;
        self.exit_block();
        Ok(())
    }

    fn arguments(&mut self, args: &Arguments) -> Result<()> {
        for arg in args.posonlyargs.iter().chain(&args.args).chain(&args.kwonlyargs) {
            self.add_def(&arg.arg, flag::DEF_PARAM, location(arg.span))?;
        }
        if let Some(arg) = &args.vararg {
            self.add_def(&arg.arg, flag::DEF_PARAM, location(arg.span))?;
            self.cur().varargs = true;
        }
        if let Some(arg) = &args.kwarg {
            self.add_def(&arg.arg, flag::DEF_PARAM, location(arg.span))?;
            self.cur().varkeywords = true;
        }
        Ok(())
    }

    /// The scope of a function's annotations.
    fn annotations(&mut self, stmt: &Stmt, args: &Arguments, returns: Option<&Expr>) -> Result<()> {
        let outer = self.cur_ref();
        let in_class = outer.can_see_class_scope || outer.kind == BlockKind::Class;
        let at = location(stmt.span);
        let key = Key::new(stmt, Part::Annotations);
        self.enter_block(&Name::known("__annotate__"), BlockKind::Annotation, key, at)?;
        if in_class {
            self.cur().can_see_class_scope = true;
            self.add_def(&Name::known("__classdict__"), flag::USE, at)?;
        }
        let named = args.posonlyargs.iter().chain(&args.args);
        let variadic = args.vararg.as_deref().into_iter().chain(args.kwarg.as_deref());
        let annotations = named.chain(variadic).chain(&args.kwonlyargs).filter_map(|arg| arg.annotation.as_deref());
        for annotation in annotations.chain(returns) {
            self.cur().annotations_used = true;
            self.expr(annotation)?;
        }
        self.exit_block();
        Ok(())
    }

    fn ann_assign(&mut self, stmt: &Stmt) -> Result<()> {
        let StmtKind::AnnAssign { target, annotation, value, simple } = &stmt.kind else { return Ok(()) };
        self.cur().annotations_used = true;
        if let ExprKind::Name { id, .. } = &target.kind {
            let current = self.lookup_in(self.cur_id(), id);
            if current & (flag::DEF_GLOBAL | flag::DEF_NONLOCAL) != 0 && self.cur_id() != Symtable::TOP && *simple != 0 {
                let word = if current & flag::DEF_GLOBAL != 0 { "global" } else { "nonlocal" };
                return error(location(stmt.span), format!("annotated name '{}' can't be {word}", show(id)));
            }
            if *simple != 0 {
                self.add_def(id, flag::DEF_ANNOT | flag::DEF_LOCAL, location(target.span))?;
            } else if value.is_some() {
                self.add_def(id, flag::DEF_LOCAL, location(target.span))?;
            }
        } else {
            self.expr(target)?;
        }
        self.annotation(annotation)?;
        self.opt(value.as_ref())
    }

    /// The annotation of a variable.
    fn annotation(&mut self, annotation: &Expr) -> Result<()> {
        let at = location(annotation.span);
        let owner = self.cur_id();
        let (kind, conditional, done, existing) = {
            let block = self.table.block(owner);
            let in_block = block.in_conditional_block;
            (block.kind, in_block, block.has_conditional_annotations, block.annotation_block)
        };
        // The annotations of a function's variables are not evaluated.
        let unevaluated = kind == BlockKind::Function;
        if (kind == BlockKind::Module || (kind == BlockKind::Class && conditional)) && !done {
            self.cur().has_conditional_annotations = true;
            self.add_def(&Name::known("__conditional_annotations__"), flag::USE, at)?;
        }
        match existing {
            Some(block) => self.enter_existing(block, false),
            None => {
                let name = Name::known("__annotate__");
                let block = self.new_block(&name, BlockKind::Annotation, None, at);
                self.enter(block, BlockKind::Annotation, at)?;
                self.table.block_mut(owner).annotation_block = Some(block);
                if kind == BlockKind::Class {
                    self.cur().can_see_class_scope = true;
                    self.add_def(&Name::known("__classdict__"), flag::USE, at)?;
                }
            }
        }
        self.cur().in_unevaluated_annotation = unevaluated;
        let result = self.expr(annotation);
        self.cur().in_unevaluated_annotation = false;
        self.exit_block();
        result
    }

    fn pattern(&mut self, pattern: &Pattern) -> Result<()> {
        self.guard.check()?;
        let at = location(pattern.span);
        match &pattern.kind {
            PatternKind::MatchValue { value } => self.expr(value),
            PatternKind::MatchSingleton { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => self.patterns(patterns),
            PatternKind::MatchStar { name } => self.capture(name.as_ref(), at),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.exprs(keys)?;
                self.patterns(patterns)?;
                self.capture(rest.as_ref(), at)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.expr(cls)?;
                self.patterns(patterns)?;
                for (attr, pattern) in kwd_attrs.iter().zip(kwd_patterns) {
                    Self::check_name(attr, location(pattern.span), ExprContext::Store)?;
                }
                self.patterns(kwd_patterns)
            }
            PatternKind::MatchAs { pattern, name } => {
                if let Some(pattern) = pattern {
                    self.pattern(pattern)?;
                }
                self.capture(name.as_ref(), at)
            }
        }
    }

    fn patterns(&mut self, patterns: &[Pattern]) -> Result<()> {
        patterns.iter().try_for_each(|pattern| self.pattern(pattern))
    }

    fn capture(&mut self, name: Option<&Name>, at: Location) -> Result<()> {
        name.map_or(Ok(()), |name| self.add_def(name, flag::DEF_LOCAL, at))
    }
}

/// Why a definition is refused.
fn refusal(symbols: &OrderedMap<Name, u32>, mangled: &Name, name: &Name, flag: u32) -> String {
    let both = flag & symbols.get(mangled).copied().unwrap_or(0);
    if both & flag::DEF_PARAM != 0 {
        format!("duplicate argument '{}' in function definition", show(name))
    } else if both & flag::DEF_TYPE_PARAM != 0 {
        format!("duplicate type parameter '{}'", show(name))
    } else {
        format!("comprehension inner loop cannot rebind assignment expression target '{}'", show(name))
    }
}
