//! Calls: methods, `super()`, arguments, and generators consumed by `all`, `any` and `tuple`.

use super::display::TUPLE;
use super::expression::attribute_loc;
use super::scope::{common, intrinsic};
use super::unit::is_big;
use super::{Compiler, STACK_USE_GUIDELINE, error, loc_of, show};
use crate::error::Result;
use crate::hash::HashMap;
use crate::instructions::Label;
use crate::symtable::{Key, Part, Scope, Symtable, flag};
use bytecode::{Const, Location, Op};
use syntax::ast::*;
use syntax::text::Name;

impl<'a> Compiler<'a> {
    pub(crate) fn call(&mut self, expr: &'a Expr) -> Result<()> {
        let ExprKind::Call { func, args, keywords } = &expr.kind else { return Ok(()) };
        validate_keywords(keywords)?;
        if self.method_call(expr, func, args, keywords)? {
            return Ok(());
        }
        let done = self.new_label();
        self.check_caller(func)?;
        self.expr(func)?;
        self.consume_generator(func, args, keywords, done)?;
        self.op(Op::PUSH_NULL, loc_of(func.span));
        self.call_args(0, args, None, keywords, loc_of(expr.span))?;
        self.place(done);
        Ok(())
    }

    /// `value.attr(…)` without starred arguments; says whether it was one.
    fn method_call(&mut self, expr: &'a Expr, func: &'a Expr, args: &'a [Expr], keywords: &'a [Keyword]) -> Result<bool> {
        let ExprKind::Attribute { value, attr, ctx: ExprContext::Load } = &func.kind else { return Ok(false) };
        if self.is_import(value) {
            return Ok(false);
        }
        let on_stack = args.len() + keywords.len() + usize::from(!keywords.is_empty());
        let starred = args.iter().any(|arg| matches!(arg.kind, ExprKind::Starred { .. }));
        if on_stack >= STACK_USE_GUIDELINE || starred || keywords.iter().any(|keyword| keyword.arg.is_none()) {
            return Ok(false);
        }
        let mut loc = loc_of(func.span);
        if let Some(super_args) = self.optimizable_super(value, attr) {
            self.load_super_args(value, super_args)?;
            self.load_super(attr, if super_args.is_empty() { 1 } else { 3 }, loc);
            loc = attribute_loc(loc, func, attr);
            self.op(Op::NOP, loc);
        } else {
            self.expr(value)?;
            loc = attribute_loc(loc, func, attr);
            self.load_method(attr, loc);
        }
        self.exprs(args)?;
        let call_loc = attribute_loc(loc_of(expr.span), func, attr);
        if keywords.is_empty() {
            self.op_count(Op::CALL, args.len(), call_loc);
        } else {
            self.keyword_values(keywords, loc)?;
            self.op_count(Op::CALL_KW, args.len() + keywords.len(), call_loc);
        }
        Ok(true)
    }

    /// Whether an expression is a name that the module imports.
    fn is_import(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Name { id, .. } => self.table.block(Symtable::TOP).symbol(id) & flag::DEF_IMPORT != 0,
            _ => false,
        }
    }

    /// The arguments of `super(…)` in `super(…).attr`, if the instruction for it may be used.
    pub(crate) fn optimizable_super(&self, value: &'a Expr, attr: &Name) -> Option<&'a [Expr]> {
        let ExprKind::Call { func, args, keywords } = &value.kind else { return None };
        let ExprKind::Name { id, .. } = &func.kind else { return None };
        if *id != "super" || *attr == "__class__" || !keywords.is_empty() {
            return None;
        }
        if self.block().scope(id) != Scope::GlobalImplicit || self.table.block(Symtable::TOP).scope(id) != Scope::Unknown {
            return None;
        }
        if args.len() == 2 && !args.iter().any(|arg| matches!(arg.kind, ExprKind::Starred { .. })) {
            return Some(args);
        }
        let arity = self.unit_ref().arity;
        let has_self = arity.args + arity.posonly > 0;
        let has_class = self.reference_scope(&Name::known("__class__")) == Scope::Free;
        (args.is_empty() && has_self && has_class).then_some(args)
    }

    pub(crate) fn load_super_args(&mut self, value: &'a Expr, args: &'a [Expr]) -> Result<()> {
        let ExprKind::Call { func, .. } = &value.kind else { return Ok(()) };
        self.expr(func)?;
        if !args.is_empty() {
            return self.exprs(args);
        }
        let loc = loc_of(value.span);
        self.load(&Name::known("__class__"), loc)?;
        let first = self.unit().varnames.keys().next().cloned();
        first.map_or(Ok(()), |name| self.load(&name, loc))
    }

    /// The arguments of a call and the call itself; `pushed` values are on the stack, `injected` is a last argument.
    pub(crate) fn call_args(
        &mut self,
        pushed: usize,
        args: &'a [Expr],
        injected: Option<&Name>,
        keywords: &'a [Keyword],
        loc: Location,
    ) -> Result<()> {
        validate_keywords(keywords)?;
        let starred = args.iter().any(|arg| matches!(arg.kind, ExprKind::Starred { .. }));
        let unpacked = keywords.iter().any(|keyword| keyword.arg.is_none());
        if is_big(args.len() + keywords.len() * 2) || starred || unpacked {
            return self.call_ex(pushed, args, injected, keywords, loc);
        }
        self.exprs(args)?;
        let mut count = args.len() + pushed;
        if let Some(name) = injected {
            self.load(name, loc)?;
            count += 1;
        }
        if keywords.is_empty() {
            self.op_count(Op::CALL, count, loc);
        } else {
            self.keyword_values(keywords, loc)?;
            self.op_count(Op::CALL_KW, count + keywords.len(), loc);
        }
        Ok(())
    }

    /// The values of keyword arguments and the tuple of their names.
    fn keyword_values(&mut self, keywords: &'a [Keyword], loc: Location) -> Result<()> {
        for keyword in keywords {
            self.expr(&keyword.value)?;
        }
        let names: Vec<Const> =
            keywords.iter().filter_map(|keyword| keyword.arg.as_ref()).map(|name| self.name_const(name)).collect();
        self.load_const(Const::tuple(names), loc);
        Ok(())
    }

    /// A call with `*` or `**`, or with many arguments.
    fn call_ex(
        &mut self,
        pushed: usize,
        args: &'a [Expr],
        injected: Option<&Name>,
        keywords: &'a [Keyword],
        loc: Location,
    ) -> Result<()> {
        match args {
            [Expr { kind: ExprKind::Starred { value, .. }, .. }] if pushed == 0 => self.expr(value)?,
            _ => self.collect(args, injected, pushed, TUPLE, loc)?,
        }
        if keywords.is_empty() {
            self.op(Op::PUSH_NULL, loc);
        } else {
            self.keyword_dict(keywords, loc)?;
        }
        self.op(Op::CALL_FUNCTION_EX, loc);
        Ok(())
    }

    fn keyword_dict(&mut self, keywords: &'a [Keyword], loc: Location) -> Result<()> {
        let mut have_dict = false;
        let mut rest = keywords;
        while !rest.is_empty() {
            let named = rest.iter().take_while(|keyword| keyword.arg.is_some()).count();
            let (head, tail) = rest.split_at(named);
            if !head.is_empty() {
                self.named_keywords(head, loc)?;
                if have_dict {
                    self.op_arg(Op::DICT_MERGE, 1, loc);
                }
                have_dict = true;
            }
            rest = tail;
            if let Some((unpacked, tail)) = rest.split_first() {
                if !have_dict {
                    self.op_arg(Op::BUILD_MAP, 0, loc);
                    have_dict = true;
                }
                self.expr(&unpacked.value)?;
                self.op_arg(Op::DICT_MERGE, 1, loc);
                rest = tail;
            }
        }
        Ok(())
    }

    fn named_keywords(&mut self, keywords: &'a [Keyword], loc: Location) -> Result<()> {
        let big = is_big(keywords.len() * 2);
        if big {
            self.op_arg(Op::BUILD_MAP, 0, Location::NONE);
        }
        for keyword in keywords {
            if let Some(name) = &keyword.arg {
                let name = self.name_const(name);
                self.load_const(name, loc);
            }
            self.expr(&keyword.value)?;
            if big {
                self.op_arg(Op::MAP_ADD, 1, Location::NONE);
            }
        }
        if !big {
            self.op_count(Op::BUILD_MAP, keywords.len(), loc);
        }
        Ok(())
    }

    /// `all(… for …)`, `any(…)`, `tuple(…)`: a loop in place of the call, if the name still means the built-in.
    fn consume_generator(&mut self, func: &'a Expr, args: &'a [Expr], keywords: &[Keyword], end: Label) -> Result<()> {
        let ExprKind::Name { id, .. } = &func.kind else { return Ok(()) };
        let [generator @ Expr { kind: ExprKind::GeneratorExp { .. }, .. }] = args else { return Ok(()) };
        let block = self.find_block(Key::new(generator, Part::Body))?;
        if !keywords.is_empty() || self.table.block(block).coroutine {
            return Ok(());
        }
        let (builtin, goes_on) = match id.as_str() {
            Some("all") => (common::ALL, Some((Op::POP_JUMP_IF_TRUE, true))),
            Some("any") => (common::ANY, Some((Op::POP_JUMP_IF_FALSE, false))),
            Some("tuple") => (common::TUPLE, None),
            _ => return Ok(()),
        };
        let loc = loc_of(func.span);
        let skip = self.new_label();
        self.op_arg(Op::COPY, 1, loc);
        self.op_arg(Op::LOAD_COMMON_CONSTANT, builtin, loc);
        self.compare_op(CmpOp::Is, loc);
        self.jump(Op::POP_JUMP_IF_FALSE, skip, loc);
        self.op(Op::POP_TOP, loc);
        if goes_on.is_none() {
            self.op_arg(Op::BUILD_LIST, 0, loc);
        }
        self.expr(generator)?;
        let start = self.new_label();
        let cleanup = self.new_label();
        self.place(start);
        self.jump(Op::FOR_ITER, cleanup, loc);
        match goes_on {
            None => {
                self.op_arg(Op::LIST_APPEND, 2, loc);
                self.jump(Op::JUMP, start, loc);
            }
            Some((jump, _)) => {
                self.op(Op::TO_BOOL, loc);
                self.jump(jump, start, loc);
            }
        }
        self.op(Op::POP_ITER, Location::NONE);
        if let Some((_, exhausted)) = goes_on {
            self.load_const(Const::bool(!exhausted), loc);
        }
        self.jump(Op::JUMP, end, loc);
        self.place(cleanup);
        self.op(Op::END_FOR, Location::NONE);
        self.op(Op::POP_ITER, Location::NONE);
        match goes_on {
            None => self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::LIST_TO_TUPLE, loc),
            Some((_, exhausted)) => self.load_const(Const::bool(exhausted), loc),
        }
        self.jump(Op::JUMP, end, loc);
        self.place(skip);
        Ok(())
    }
}

/// CPython names the first keyword that comes again, where it comes the second time.
fn validate_keywords(keywords: &[Keyword]) -> Result<()> {
    let names = keywords.iter().enumerate().map(|(index, keyword)| (index, keyword.arg.as_ref()));
    let Some((_, again)) = first_repeated(names) else { return Ok(()) };
    match keywords.get(again) {
        Some(Keyword { span, arg: Some(name), .. }) => error(loc_of(*span), format!("keyword argument repeated: {}", show(name))),
        _ => Ok(()),
    }
}

/// Of the names that come more than once the one that comes first: its first two places. In linear time.
pub(super) fn first_repeated<'n>(names: impl ExactSizeIterator<Item = (usize, Option<&'n Name>)>) -> Option<(usize, usize)> {
    if names.len() < 2 {
        return None;
    }
    let mut found: Option<(usize, usize)> = None;
    let mut first_places = HashMap::default();
    for (index, name) in names {
        let Some(name) = name else { continue };
        // An entry keeps its first place, and counts once.
        let (first, again) = first_places.entry(name).or_insert((index, false));
        if *first < index && !*again {
            *again = true;
            if found.is_none_or(|(earlier, _)| *first < earlier) {
                found = Some((*first, index));
            }
        }
    }
    found
}
