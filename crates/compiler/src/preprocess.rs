//! Rewrites the tree before symbols are collected: `__debug__`, docstrings, `%`-formats, constant patterns.
//!
//! Warns about `return`, `break` and `continue` that leave a `finally` block (PEP 765). All other folding happens in the
//! flow graph.

use crate::error::{Result, StackGuard, WarnSink, warn};
use crate::fold;
use crate::future::location;
use bytecode::flags;
use syntax::ast::*;
use syntax::text::{Text, TextBuilder};

/// What preprocessing may do.
pub struct Options<'a> {
    /// Level of `-O`: 0, 1 or 2.
    pub optimize: u32,
    /// `CO_FUTURE_*` of the module.
    pub features: u32,
    /// Only warn and check; the tree stays as written (`ast.parse` without `optimize`).
    pub syntax_check_only: bool,
    /// Where warnings go, if anywhere.
    pub warnings: Option<&'a mut dyn WarnSink>,
    /// Native stack that may be used, in bytes.
    pub stack: usize,
}

/// The docstring of a body: a string constant as its first statement.
pub fn docstring(body: &[Stmt]) -> Option<&Text> {
    let StmtKind::Expr { value } = &body.first()?.kind else { return None };
    match &value.kind {
        ExprKind::Constant { value: Constant::Str(text), .. } => Some(text),
        _ => None,
    }
}

/// Preprocesses a module in place.
pub fn preprocess(module: &mut Mod, options: Options<'_>) -> Result<()> {
    let guard = StackGuard::new(options.stack);
    let mut folder = Folder { options, guard, contexts: Vec::new() };
    match module {
        Mod::Module { body, .. } => folder.body(body),
        Mod::Interactive { body } => folder.stmts(body),
        Mod::Expression { body } => folder.expr(body),
        Mod::FunctionType { .. } => Ok(()),
    }
}

/// What the innermost construct around a jump statement is.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    Finally,
    Function,
    Loop,
}

struct Folder<'a> {
    options: Options<'a>,
    guard: StackGuard,
    contexts: Vec<Context>,
}

impl Folder<'_> {
    fn within<T>(&mut self, context: Context, run: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.contexts.push(context);
        let result = run(self);
        self.contexts.pop();
        result
    }

    fn jump_in_finally(&mut self, word: &str, span: Span) -> Result<()> {
        if self.contexts.last() == Some(&Context::Finally)
            && let Some(sink) = &mut self.options.warnings
        {
            warn(*sink, location(span), format!("'{word}' in a 'finally' block"))?;
        }
        Ok(())
    }

    /// The body of a module, class or function.
    fn body(&mut self, body: &mut Vec<Stmt>) -> Result<()> {
        let mut has_docstring = docstring(body).is_some();
        if has_docstring && self.options.optimize >= 2 && !self.options.syntax_check_only {
            remove_docstring(body);
            has_docstring = false;
        }
        self.stmts(body)?;
        if !has_docstring
            && docstring(body).is_some()
            && let Some(Stmt { span, kind: StmtKind::Expr { value } }) = body.first_mut()
        {
            // A string that moved to the front does not become the docstring.
            let leaf = Expr::new(*span, ExprKind::Constant { value: Constant::None, kind: None });
            let string = std::mem::replace(&mut **value, leaf);
            value.kind = ExprKind::JoinedStr { values: vec![string] };
        }
        Ok(())
    }

    fn stmts(&mut self, stmts: &mut [Stmt]) -> Result<()> {
        stmts.iter_mut().try_for_each(|stmt| self.stmt(stmt))
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e mut Expr>) -> Result<()> {
        exprs.into_iter().try_for_each(|expr| self.expr(expr))
    }

    fn opt(&mut self, expr: &mut Option<ExprBox>) -> Result<()> {
        expr.as_mut().map_or(Ok(()), |expr| self.expr(expr))
    }

    fn annotation(&mut self, expr: Option<&mut ExprBox>) -> Result<()> {
        match expr {
            Some(expr) if self.options.features & flags::CO_FUTURE_ANNOTATIONS == 0 => self.expr(expr),
            _ => Ok(()),
        }
    }

    fn arguments(&mut self, args: &mut Arguments) -> Result<()> {
        let Arguments { posonlyargs, args, vararg, kwonlyargs, kw_defaults, kwarg, defaults } = args;
        let named = posonlyargs.iter_mut().chain(args.iter_mut());
        let variadic = vararg.as_deref_mut().into_iter();
        for arg in named.chain(variadic).chain(kwonlyargs.iter_mut()).chain(kwarg.as_deref_mut()) {
            self.annotation(arg.annotation.as_mut())?;
        }
        self.exprs(kw_defaults.iter_mut().flatten())?;
        self.exprs(defaults)
    }

    fn type_params(&mut self, params: &mut [TypeParam]) -> Result<()> {
        for param in params {
            match &mut param.kind {
                TypeParamKind::TypeVar { bound, default_value, .. } => {
                    self.opt(bound)?;
                    self.opt(default_value)?;
                }
                TypeParamKind::ParamSpec { default_value, .. } | TypeParamKind::TypeVarTuple { default_value, .. } => {
                    self.opt(default_value)?;
                }
            }
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &mut Stmt) -> Result<()> {
        self.guard.check()?;
        let span = stmt.span;
        match &mut stmt.kind {
            StmtKind::FunctionDef { args, body, decorator_list, returns, type_params, .. }
            | StmtKind::AsyncFunctionDef { args, body, decorator_list, returns, type_params, .. } => {
                self.type_params(type_params)?;
                self.arguments(args)?;
                self.within(Context::Function, |f| f.body(body))?;
                self.exprs(decorator_list)?;
                self.annotation(returns.as_mut())
            }
            StmtKind::ClassDef { bases, keywords, body, decorator_list, type_params, .. } => {
                self.type_params(type_params)?;
                self.exprs(bases)?;
                self.exprs(keywords.iter_mut().map(|keyword| &mut *keyword.value))?;
                self.body(body)?;
                self.exprs(decorator_list)
            }
            StmtKind::Return { value } => {
                self.jump_in_finally("return", span)?;
                self.opt(value)
            }
            StmtKind::Delete { targets } => self.exprs(targets),
            StmtKind::Assign { targets, value, .. } => {
                self.exprs(targets)?;
                self.expr(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target)?;
                self.expr(value)
            }
            StmtKind::AnnAssign { target, annotation, value, .. } => {
                self.expr(target)?;
                self.annotation(Some(annotation))?;
                self.opt(value)
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                self.expr(name)?;
                self.type_params(type_params)?;
                self.expr(value)
            }
            StmtKind::For { target, iter, body, orelse, .. } | StmtKind::AsyncFor { target, iter, body, orelse, .. } => {
                self.expr(target)?;
                self.expr(iter)?;
                self.within(Context::Loop, |f| f.stmts(body))?;
                self.stmts(orelse)
            }
            StmtKind::While { test, body, orelse } => {
                self.expr(test)?;
                self.within(Context::Loop, |f| f.stmts(body))?;
                self.stmts(orelse)
            }
            StmtKind::If { test, body, orelse } => {
                self.expr(test)?;
                self.stmts(body)?;
                self.stmts(orelse)
            }
            StmtKind::With { items, body, .. } | StmtKind::AsyncWith { items, body, .. } => {
                for item in items {
                    self.expr(&mut item.context_expr)?;
                    self.opt(&mut item.optional_vars)?;
                }
                self.stmts(body)
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject)?;
                for case in cases {
                    self.pattern(&mut case.pattern)?;
                    self.opt(&mut case.guard)?;
                    self.stmts(&mut case.body)?;
                }
                Ok(())
            }
            StmtKind::Raise { exc, cause } => {
                self.opt(exc)?;
                self.opt(cause)
            }
            StmtKind::Try { body, handlers, orelse, finalbody } | StmtKind::TryStar { body, handlers, orelse, finalbody } => {
                self.stmts(body)?;
                for handler in handlers {
                    self.opt(&mut handler.type_)?;
                    self.stmts(&mut handler.body)?;
                }
                self.stmts(orelse)?;
                self.within(Context::Finally, |f| f.stmts(finalbody))
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.opt(msg)
            }
            StmtKind::Expr { value } => self.expr(value),
            StmtKind::Break {} => self.jump_in_finally("break", span),
            StmtKind::Continue {} => self.jump_in_finally("continue", span),
            StmtKind::Import { .. }
            | StmtKind::ImportFrom { .. }
            | StmtKind::Global { .. }
            | StmtKind::Nonlocal { .. }
            | StmtKind::Pass {} => Ok(()),
        }
    }

    fn expr(&mut self, expr: &mut Expr) -> Result<()> {
        self.guard.check()?;
        match &mut expr.kind {
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::NamedExpr { value, .. } => self.expr(value),
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left)?;
                self.expr(right)?;
                if !self.options.syntax_check_only {
                    fold_format(expr);
                }
                Ok(())
            }
            ExprKind::UnaryOp { operand, .. } => self.expr(operand),
            ExprKind::Lambda { args, body } => {
                self.arguments(args)?;
                self.expr(body)
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)
            }
            ExprKind::Dict { keys, values } => {
                self.exprs(keys.iter_mut().flatten())?;
                self.exprs(values)
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => self.exprs(elts),
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => {
                self.expr(elt)?;
                self.generators(generators)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.expr(key)?;
                self.expr(value)?;
                self.generators(generators)
            }
            ExprKind::Await { value } | ExprKind::YieldFrom { value } | ExprKind::Starred { value, .. } => self.expr(value),
            ExprKind::Yield { value } => self.opt(value),
            ExprKind::Compare { left, comparators, .. } => {
                self.expr(left)?;
                self.exprs(comparators)
            }
            ExprKind::Call { func, args, keywords } => {
                self.expr(func)?;
                self.exprs(args)?;
                self.exprs(keywords.iter_mut().map(|keyword| &mut *keyword.value))
            }
            ExprKind::FormattedValue { value, format_spec, .. } | ExprKind::Interpolation { value, format_spec, .. } => {
                self.expr(value)?;
                self.opt(format_spec)
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => self.exprs(values),
            ExprKind::Attribute { value, .. } => self.expr(value),
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value)?;
                self.expr(slice)
            }
            ExprKind::Slice { lower, upper, step } => {
                self.opt(lower)?;
                self.opt(upper)?;
                self.opt(step)
            }
            ExprKind::Name { id, ctx: ExprContext::Load } if *id == "__debug__" && !self.options.syntax_check_only => {
                let value = if self.options.optimize == 0 { Constant::True } else { Constant::False };
                expr.kind = ExprKind::Constant { value, kind: None };
                Ok(())
            }
            ExprKind::Name { .. } | ExprKind::Constant { .. } => Ok(()),
        }
    }

    fn generators(&mut self, generators: &mut [Comprehension]) -> Result<()> {
        for generator in generators {
            self.expr(&mut generator.target)?;
            self.expr(&mut generator.iter)?;
            self.exprs(&mut generator.ifs)?;
        }
        Ok(())
    }

    fn pattern(&mut self, pattern: &mut Pattern) -> Result<()> {
        self.guard.check()?;
        match &mut pattern.kind {
            PatternKind::MatchValue { value } => self.pattern_value(value),
            PatternKind::MatchSingleton { .. } | PatternKind::MatchStar { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => self.patterns(patterns),
            PatternKind::MatchMapping { keys, patterns, .. } => {
                keys.iter_mut().try_for_each(|key| self.pattern_value(key))?;
                self.patterns(patterns)
            }
            PatternKind::MatchClass { cls, patterns, kwd_patterns, .. } => {
                self.expr(cls)?;
                self.patterns(patterns)?;
                self.patterns(kwd_patterns)
            }
            PatternKind::MatchAs { pattern, .. } => pattern.as_mut().map_or(Ok(()), |pattern| self.pattern(pattern)),
        }
    }

    fn patterns(&mut self, patterns: &mut [Pattern]) -> Result<()> {
        patterns.iter_mut().try_for_each(|pattern| self.pattern(pattern))
    }

    /// Folds `-1` and `1 + 2j` in patterns to constants.
    fn pattern_value(&mut self, expr: &mut Expr) -> Result<()> {
        if self.options.syntax_check_only {
            return Ok(());
        }
        let folded = match &mut expr.kind {
            ExprKind::UnaryOp { op: UnaryOp::USub, operand } => match &operand.kind {
                ExprKind::Constant { value, .. } => fold::negate_ast(value),
                _ => None,
            },
            ExprKind::BinOp { left, op: op @ (Operator::Add | Operator::Sub), right } => {
                self.guard.check()?;
                self.pattern_value(left)?;
                match (&left.kind, &right.kind) {
                    (ExprKind::Constant { value: left, .. }, ExprKind::Constant { value: right, .. }) => {
                        fold::add_ast(left, right, *op == Operator::Sub)
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(value) = folded {
            expr.kind = ExprKind::Constant { value, kind: None };
        }
        Ok(())
    }
}

/// Removes the docstring; a body of nothing else becomes `pass`.
fn remove_docstring(body: &mut Vec<Stmt>) {
    let [only] = body.as_mut_slice() else {
        body.remove(0);
        return;
    };
    let Span { lineno, col_offset, .. } = only.span;
    *only = Stmt::new(Span::new(lineno, col_offset, lineno, col_offset + 4), StmtKind::Pass {});
}

/// `"…%s…" % (a, b)` becomes an f-string where only `%s`, `%r` and `%a` occur, as many as there are operands.
fn fold_format(expr: &mut Expr) {
    let ExprKind::BinOp { left, op: Operator::Mod, right } = &mut expr.kind else { return };
    let ExprKind::Constant { value: Constant::Str(format), .. } = &left.kind else { return };
    let ExprKind::Tuple { elts, .. } = &mut right.kind else { return };
    if elts.iter().any(|elt| matches!(elt.kind, ExprKind::Starred { .. })) {
        return;
    }
    let Some(pieces) = parse_format(format, elts.len()) else { return };
    let mut operands = std::mem::take(elts).into_iter();
    let nowhere = Span::new(-1, -1, -1, -1);
    let constant = |text: Text| Expr::new(nowhere, ExprKind::Constant { value: Constant::Str(text), kind: None });
    let mut values = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Literal(text) => values.push(constant(text)),
            Piece::Operand { conversion, spec } => {
                let Some(value) = operands.next() else { return };
                let format_spec = (!spec.is_empty()).then(|| ExprBox::new(constant(Text::from(spec))));
                let span = value.span;
                let kind = ExprKind::FormattedValue { value: ExprBox::new(value), conversion, format_spec };
                values.push(Expr::new(span, kind));
            }
        }
    }
    expr.kind = ExprKind::JoinedStr { values };
}

enum Piece {
    Literal(Text),
    Operand { conversion: i32, spec: String },
}

/// Takes a `%`-format apart; `None` if it is not simple or does not match the number of operands.
fn parse_format(format: &Text, operands: usize) -> Option<Vec<Piece>> {
    let chars: Vec<u32> = format.code_points().collect();
    let percent = u32::from('%');
    let mut pieces = Vec::new();
    let mut found = 0;
    let mut rest = chars.as_slice();
    loop {
        let mut literal = TextBuilder::default();
        loop {
            match rest {
                [first, second, tail @ ..] if *first == percent && *second == percent => {
                    literal.push(percent);
                    rest = tail;
                }
                [first, tail @ ..] if *first != percent => {
                    literal.push(*first);
                    rest = tail;
                }
                _ => break,
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.finish()));
        }
        let Some((_, tail)) = rest.split_first() else { break };
        if found >= operands {
            return None;
        }
        found += 1;
        let (piece, tail) = parse_unit(tail)?;
        pieces.push(piece);
        rest = tail;
    }
    (found == operands).then_some(pieces)
}

/// One unit after its `%`.
fn parse_unit(chars: &[u32]) -> Option<(Piece, &[u32])> {
    let flags = chars.iter().take_while(|c| [' ', '-', '+', '#', '0'].map(u32::from).contains(c)).count();
    let (flags, mut rest) = chars.split_at_checked(flags)?;
    let left = flags.contains(&u32::from('-'));
    let mut spec = String::new();
    if rest.first().is_some_and(|c| is_digit(*c)) {
        let (width, tail) = parse_number(rest)?;
        if !left && width > 0 {
            spec.push('>');
        }
        spec.push_str(&width.to_string());
        rest = tail;
    }
    if let Some((dot, tail)) = rest.split_first()
        && *dot == u32::from('.')
    {
        let (precision, tail) = if tail.first().is_some_and(|c| is_digit(*c)) { parse_number(tail)? } else { (0, tail) };
        spec.push_str(&format!(".{precision}"));
        rest = tail;
    }
    let (conversion, rest) = rest.split_first()?;
    let conversion = i32::try_from(*conversion).ok()?;
    ['s', 'r', 'a']
        .iter()
        .any(|c| i32::try_from(u32::from(*c)) == Ok(conversion))
        .then_some((Piece::Operand { conversion, spec }, rest))
}

fn is_digit(c: u32) -> bool {
    (0x30..=0x39).contains(&c)
}

/// A number of at most two digits.
fn parse_number(chars: &[u32]) -> Option<(u32, &[u32])> {
    let count = chars.iter().take_while(|c| is_digit(**c)).count();
    let (digits, rest) = chars.split_at_checked(count)?;
    (count < 3).then(|| (digits.iter().fold(0, |n, c| n * 10 + (c - 0x30)), rest))
}
