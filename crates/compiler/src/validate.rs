//! Trees that programs built: what the grammar promises and a program may have broken (CPython's `_PyAST_Validate`).
//!
//! Types of fields were checked when the objects were read; here are counts, contexts, names and positions. Trees of the parser need no
//! check.

use crate::error::{CompileError, ErrorKind, Result, StackGuard};
use bytecode::Location;
use syntax::Name;
use syntax::ast::{
    Alias, Arg, Arguments, Comprehension, Constant, ExceptHandler, Expr, ExprContext, ExprKind, Keyword, MatchCase, Mod,
    Operator, Pattern, PatternKind, Span, Stmt, StmtKind, TypeParam, TypeParamKind, UnaryOp, WithItem,
};

/// Checks a tree. `stack` is how much native stack may be used, in bytes.
pub fn validate(module: &Mod, stack: usize) -> Result<()> {
    let check = Validator { guard: StackGuard::new(stack) };
    match module {
        Mod::Module { body, .. } | Mod::Interactive { body } => check.statements(body),
        Mod::Expression { body } => check.load(body),
        Mod::FunctionType { argtypes, returns } => {
            check.loads(argtypes)?;
            check.load(returns)
        }
    }
}

fn fail(kind: ErrorKind, message: impl Into<String>) -> CompileError {
    CompileError { kind, message: message.into(), location: Location::NONE }
}

fn invalid<T>(message: impl Into<String>) -> Result<T> {
    Err(fail(ErrorKind::ValueError, message))
}

fn wrong_type<T>(message: impl Into<String>) -> Result<T> {
    Err(fail(ErrorKind::TypeError, message))
}

fn filled<T>(list: &[T], what: &str, owner: &str) -> Result<()> {
    if list.is_empty() { invalid(format!("empty {what} on {owner}")) } else { Ok(()) }
}

/// Positions must be ranges; negative ones stand for none.
fn position(span: Span) -> Result<()> {
    let Span { lineno, col_offset, end_lineno, end_col_offset } = span;
    if lineno > end_lineno {
        return invalid(format!("AST node line range ({lineno}, {end_lineno}) is not valid"));
    }
    if (lineno < 0 && end_lineno != lineno) || (col_offset < 0 && col_offset != end_col_offset) {
        return invalid(format!(
            "AST node column range ({col_offset}, {end_col_offset}) for line range ({lineno}, {end_lineno}) is not valid"
        ));
    }
    if lineno == end_lineno && col_offset > end_col_offset {
        return invalid(format!("line {lineno}, column {col_offset}-{end_col_offset} is not a valid range"));
    }
    Ok(())
}

fn name(name: &Name) -> Result<()> {
    match name.text().as_str() {
        Some(constant @ ("None" | "True" | "False")) => {
            invalid(format!("identifier field can't represent '{constant}' constant"))
        }
        _ => Ok(()),
    }
}

fn aliases(names: &[Alias], owner: &str) -> Result<()> {
    filled(names, "names", owner)?;
    names.iter().try_for_each(|alias| {
        name(&alias.name)?;
        alias.asname.as_ref().map_or(Ok(()), name)
    })
}

/// The name that a pattern binds.
fn capture(target: &Name) -> Result<()> {
    if target.text().as_str() == Some("_") {
        return invalid("can't capture name '_' in patterns");
    }
    name(target)
}

struct Validator {
    guard: StackGuard,
}

impl Validator {
    fn statements(&self, list: &[Stmt]) -> Result<()> {
        list.iter().try_for_each(|one| self.statement(one))
    }

    fn body(&self, list: &[Stmt], owner: &str) -> Result<()> {
        filled(list, "body", owner)?;
        self.statements(list)
    }

    fn load(&self, one: &Expr) -> Result<()> {
        self.expression(one, ExprContext::Load)
    }

    fn loads(&self, list: &[Expr]) -> Result<()> {
        list.iter().try_for_each(|one| self.load(one))
    }

    fn optional(&self, one: Option<&Expr>) -> Result<()> {
        one.map_or(Ok(()), |one| self.load(one))
    }

    fn targets(&self, list: &[Expr], context: ExprContext, owner: &str) -> Result<()> {
        filled(list, "targets", owner)?;
        list.iter().try_for_each(|one| self.expression(one, context))
    }

    fn statement(&self, one: &Stmt) -> Result<()> {
        self.guard.check()?;
        position(one.span)?;
        let owner = one.kind.name();
        match &one.kind {
            StmtKind::FunctionDef { name: own, args, body, decorator_list, returns, type_params, .. }
            | StmtKind::AsyncFunctionDef { name: own, args, body, decorator_list, returns, type_params, .. } => {
                name(own)?;
                filled(body, "body", owner)?;
                self.type_params(type_params)?;
                self.arguments(args)?;
                self.statements(body)?;
                self.loads(decorator_list)?;
                self.optional(returns.as_deref())
            }
            StmtKind::ClassDef { name: own, bases, keywords, body, decorator_list, type_params, .. } => {
                name(own)?;
                filled(body, "body", owner)?;
                self.type_params(type_params)?;
                self.loads(bases)?;
                self.keywords(keywords)?;
                self.statements(body)?;
                self.loads(decorator_list)
            }
            StmtKind::Return { value } => self.optional(value.as_deref()),
            StmtKind::Delete { targets } => self.targets(targets, ExprContext::Del, owner),
            StmtKind::Assign { targets, value, .. } => {
                self.targets(targets, ExprContext::Store, owner)?;
                self.load(value)
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                if !matches!(name.kind, ExprKind::Name { .. }) {
                    return wrong_type("TypeAlias with non-Name name");
                }
                self.expression(name, ExprContext::Store)?;
                self.type_params(type_params)?;
                self.load(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expression(target, ExprContext::Store)?;
                self.load(value)
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                if *simple != 0 && !matches!(target.kind, ExprKind::Name { .. }) {
                    return wrong_type("AnnAssign with simple non-Name target");
                }
                self.expression(target, ExprContext::Store)?;
                self.optional(value.as_deref())?;
                self.load(annotation)
            }
            StmtKind::For { target, iter, body, orelse, .. } | StmtKind::AsyncFor { target, iter, body, orelse, .. } => {
                self.expression(target, ExprContext::Store)?;
                self.load(iter)?;
                self.body(body, owner)?;
                self.statements(orelse)
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.load(test)?;
                self.body(body, owner)?;
                self.statements(orelse)
            }
            StmtKind::With { items, body, .. } | StmtKind::AsyncWith { items, body, .. } => {
                filled(items, "items", owner)?;
                items.iter().try_for_each(|item| self.with_item(item))?;
                self.body(body, owner)
            }
            StmtKind::Match { subject, cases } => {
                self.load(subject)?;
                filled(cases, "cases", owner)?;
                cases.iter().try_for_each(|case| self.case(case))
            }
            StmtKind::Raise { exc: None, cause: Some(_) } => invalid("Raise with cause but no exception"),
            StmtKind::Raise { exc, cause } => {
                self.optional(exc.as_deref())?;
                self.optional(cause.as_deref())
            }
            StmtKind::Try { body, handlers, orelse, finalbody } | StmtKind::TryStar { body, handlers, orelse, finalbody } => {
                self.body(body, owner)?;
                if handlers.is_empty() && finalbody.is_empty() {
                    return invalid(format!("{owner} has neither except handlers nor finalbody"));
                }
                if handlers.is_empty() && !orelse.is_empty() {
                    return invalid(format!("{owner} has orelse but no except handlers"));
                }
                if matches!(one.kind, StmtKind::Try { .. }) {
                    // Of the two kinds, CPython looks at the names of this one alone.
                    handlers.iter().filter_map(|handler| handler.name.as_ref()).try_for_each(name)?;
                }
                handlers.iter().try_for_each(|handler| self.handler(handler))?;
                self.statements(finalbody)?;
                self.statements(orelse)
            }
            StmtKind::Assert { test, msg } => {
                self.load(test)?;
                self.optional(msg.as_deref())
            }
            StmtKind::Import { names } => aliases(names, owner),
            StmtKind::ImportFrom { level: Some(level), .. } if *level < 0 => invalid("Negative ImportFrom level"),
            StmtKind::ImportFrom { names, .. } => aliases(names, owner),
            StmtKind::Global { names } | StmtKind::Nonlocal { names } => filled(names, "names", owner),
            StmtKind::Expr { value } => self.load(value),
            StmtKind::Pass {} | StmtKind::Break {} | StmtKind::Continue {} => Ok(()),
        }
    }

    fn with_item(&self, item: &WithItem) -> Result<()> {
        self.load(&item.context_expr)?;
        item.optional_vars.as_deref().map_or(Ok(()), |target| self.expression(target, ExprContext::Store))
    }

    fn handler(&self, handler: &ExceptHandler) -> Result<()> {
        position(handler.span)?;
        self.optional(handler.type_.as_deref())?;
        self.body(&handler.body, "ExceptHandler")
    }

    fn case(&self, case: &MatchCase) -> Result<()> {
        self.pattern(&case.pattern, Star::Refused)?;
        self.optional(case.guard.as_deref())?;
        self.body(&case.body, "match_case")
    }

    fn type_params(&self, list: &[TypeParam]) -> Result<()> {
        list.iter().try_for_each(|one| {
            position(one.span)?;
            match &one.kind {
                TypeParamKind::TypeVar { name: own, bound, default_value } => {
                    name(own)?;
                    self.optional(bound.as_deref())?;
                    self.optional(default_value.as_deref())
                }
                TypeParamKind::ParamSpec { name: own, default_value }
                | TypeParamKind::TypeVarTuple { name: own, default_value } => {
                    name(own)?;
                    self.optional(default_value.as_deref())
                }
            }
        })
    }

    fn keywords(&self, list: &[Keyword]) -> Result<()> {
        list.iter().try_for_each(|keyword| self.load(&keyword.value))
    }

    fn argument(&self, one: &Arg) -> Result<()> {
        position(one.span)?;
        self.optional(one.annotation.as_deref())
    }

    fn arguments(&self, all: &Arguments) -> Result<()> {
        let positional = all.posonlyargs.iter().chain(&all.args);
        positional
            .chain(all.vararg.as_deref())
            .chain(&all.kwonlyargs)
            .chain(all.kwarg.as_deref())
            .try_for_each(|one| self.argument(one))?;
        if all.defaults.len() > all.posonlyargs.len() + all.args.len() {
            return invalid("more positional defaults than args on arguments");
        }
        if all.kw_defaults.len() != all.kwonlyargs.len() {
            return invalid("length of kwonlyargs is not the same as kw_defaults on arguments");
        }
        self.loads(&all.defaults)?;
        all.kw_defaults.iter().flatten().try_for_each(|default| self.load(default))
    }

    fn expression(&self, one: &Expr, wanted: ExprContext) -> Result<()> {
        self.guard.check()?;
        position(one.span)?;
        context(&one.kind, wanted)?;
        match &one.kind {
            ExprKind::BoolOp { values, .. } => {
                if values.len() < 2 {
                    return invalid("BoolOp with less than 2 values");
                }
                self.loads(values)
            }
            // CPython does not look at the target's context here.
            ExprKind::NamedExpr { target, value } => {
                if !matches!(target.kind, ExprKind::Name { .. }) {
                    return wrong_type("NamedExpr target must be a Name");
                }
                self.load(value)
            }
            ExprKind::BinOp { left, right, .. } => {
                self.load(left)?;
                self.load(right)
            }
            ExprKind::UnaryOp { operand, .. } => self.load(operand),
            ExprKind::Lambda { args, body } => {
                self.arguments(args)?;
                self.load(body)
            }
            ExprKind::IfExp { test, body, orelse } => [test, body, orelse].into_iter().try_for_each(|part| self.load(part)),
            ExprKind::Dict { keys, values } => {
                if keys.len() != values.len() {
                    return invalid("Dict doesn't have the same number of keys as values");
                }
                keys.iter().flatten().try_for_each(|key| self.load(key))?;
                self.loads(values)
            }
            ExprKind::Set { elts } => self.loads(elts),
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => {
                self.comprehensions(generators)?;
                self.load(elt)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.comprehensions(generators)?;
                self.load(key)?;
                self.load(value)
            }
            ExprKind::Yield { value } => self.optional(value.as_deref()),
            ExprKind::Await { value } | ExprKind::YieldFrom { value } => self.load(value),
            ExprKind::Compare { left, ops, comparators } => {
                if comparators.is_empty() {
                    return invalid("Compare with no comparators");
                }
                if comparators.len() != ops.len() {
                    return invalid("Compare has a different number of comparators and operands");
                }
                self.loads(comparators)?;
                self.load(left)
            }
            ExprKind::Call { func, args, keywords } => {
                self.load(func)?;
                self.loads(args)?;
                self.keywords(keywords)
            }
            ExprKind::Constant { .. } => Ok(()),
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => self.loads(values),
            ExprKind::FormattedValue { value, format_spec, .. } | ExprKind::Interpolation { value, format_spec, .. } => {
                self.load(value)?;
                self.optional(format_spec.as_deref())
            }
            ExprKind::Attribute { value, .. } => self.load(value),
            ExprKind::Subscript { value, slice, .. } => {
                self.load(slice)?;
                self.load(value)
            }
            ExprKind::Starred { value, ctx } => self.expression(value, *ctx),
            ExprKind::Slice { lower, upper, step } => {
                [lower, upper, step].into_iter().try_for_each(|part| self.optional(part.as_deref()))
            }
            ExprKind::List { elts, ctx } | ExprKind::Tuple { elts, ctx } => {
                elts.iter().try_for_each(|element| self.expression(element, *ctx))
            }
            ExprKind::Name { id, .. } => name(id),
        }
    }

    fn comprehensions(&self, generators: &[Comprehension]) -> Result<()> {
        if generators.is_empty() {
            return invalid("comprehension with no generators");
        }
        generators.iter().try_for_each(|one| {
            self.expression(&one.target, ExprContext::Store)?;
            self.load(&one.iter)?;
            self.loads(&one.ifs)
        })
    }

    fn patterns(&self, list: &[Pattern], star: Star) -> Result<()> {
        list.iter().try_for_each(|one| self.pattern(one, star))
    }

    fn pattern(&self, one: &Pattern, star: Star) -> Result<()> {
        self.guard.check()?;
        position(one.span)?;
        match &one.kind {
            PatternKind::MatchValue { value } => self.pattern_value(value),
            PatternKind::MatchSingleton { value } => match value {
                Constant::None | Constant::True | Constant::False => Ok(()),
                _ => invalid("MatchSingleton can only contain True, False and None"),
            },
            PatternKind::MatchSequence { patterns } => self.patterns(patterns, Star::Allowed),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                if keys.len() != patterns.len() {
                    return invalid("MatchMapping doesn't have the same number of keys as patterns");
                }
                rest.as_ref().map_or(Ok(()), capture)?;
                keys.iter().try_for_each(|key| match &key.kind {
                    ExprKind::Constant { value: Constant::None | Constant::True | Constant::False, .. } => Ok(()),
                    _ => self.pattern_value(key),
                })?;
                self.patterns(patterns, Star::Refused)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                if kwd_attrs.len() != kwd_patterns.len() {
                    return invalid("MatchClass doesn't have the same number of keyword attributes as patterns");
                }
                self.load(cls)?;
                class_name(cls)?;
                kwd_attrs.iter().try_for_each(name)?;
                self.patterns(patterns, Star::Refused)?;
                self.patterns(kwd_patterns, Star::Refused)
            }
            PatternKind::MatchStar { .. } if star == Star::Refused => invalid("can't use MatchStar here"),
            PatternKind::MatchStar { name } => name.as_ref().map_or(Ok(()), capture),
            PatternKind::MatchAs { pattern, name } => {
                name.as_ref().map_or(Ok(()), capture)?;
                match (pattern, name) {
                    (None, _) => Ok(()),
                    (Some(_), None) => invalid("MatchAs must specify a target name if a pattern is given"),
                    (Some(pattern), Some(_)) => self.pattern(pattern, Star::Refused),
                }
            }
            PatternKind::MatchOr { patterns } => {
                if patterns.len() < 2 {
                    return invalid("MatchOr requires at least 2 patterns");
                }
                self.patterns(patterns, Star::Refused)
            }
        }
    }

    /// A value that a pattern compares with: a literal or an attribute.
    fn pattern_value(&self, value: &Expr) -> Result<()> {
        self.load(value)?;
        match &value.kind {
            ExprKind::Constant { value, .. } => match value {
                Constant::Int(_) | Constant::Float(_) | Constant::Complex { .. } | Constant::Str(_) | Constant::Bytes(_) => {
                    Ok(())
                }
                _ => invalid("unexpected constant inside of a literal pattern"),
            },
            // What f-strings mean here is the code generator's to say.
            ExprKind::Attribute { .. } | ExprKind::JoinedStr { .. } | ExprKind::TemplateStr { .. } => Ok(()),
            ExprKind::UnaryOp { .. } if is_number(value) => Ok(()),
            ExprKind::BinOp { left, op: Operator::Add | Operator::Sub, right } if is_real(left) && is_imaginary(right) => Ok(()),
            _ => invalid("patterns may only match literals and attribute lookups"),
        }
    }
}

/// Whether a starred pattern may stand at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Star {
    Allowed,
    Refused,
}

/// An expression stands where its context says.
fn context(kind: &ExprKind, wanted: ExprContext) -> Result<()> {
    let found = match kind {
        ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. }
        | ExprKind::Starred { ctx, .. }
        | ExprKind::Name { ctx, .. }
        | ExprKind::List { ctx, .. }
        | ExprKind::Tuple { ctx, .. } => *ctx,
        _ if wanted == ExprContext::Load => return Ok(()),
        _ => return invalid(format!("expression which can't be assigned to in {} context", wanted.name())),
    };
    if found == wanted {
        return Ok(());
    }
    invalid(format!("expression must have {} context but has {} instead", wanted.name(), found.name()))
}

/// The class of a class pattern: a name, or attributes of one.
fn class_name(class: &Expr) -> Result<()> {
    let mut part = class;
    loop {
        match &part.kind {
            ExprKind::Name { .. } => return Ok(()),
            ExprKind::Attribute { value, .. } => part = value,
            _ => return invalid("MatchClass cls field can only contain Name or Attribute nodes."),
        }
    }
}

/// A number, or a number with a minus before it.
fn is_number(value: &Expr) -> bool {
    is_real(value) || is_imaginary(value)
}

fn is_real(value: &Expr) -> bool {
    matches!(unsigned(value), Some(Constant::Int(_) | Constant::Float(_)))
}

fn is_imaginary(value: &Expr) -> bool {
    matches!(unsigned(value), Some(Constant::Complex { .. }))
}

fn unsigned(value: &Expr) -> Option<&Constant> {
    let value = match &value.kind {
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => operand,
        _ => value,
    };
    match &value.kind {
        ExprKind::Constant { value, .. } => Some(value),
        _ => None,
    }
}
