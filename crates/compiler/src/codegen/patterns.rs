//! `match` statements.

use super::call::first_repeated;
use super::expression::SUBSCR;
use super::{Compiler, constant, error, loc_of, quoted, show};
use crate::error::Result;
use crate::hash::HashSet;
use crate::instructions::Label;
use bytecode::{Const, Location, Op};
use syntax::ast::*;
use syntax::text::Name;

/// The state of compiling one pattern.
#[derive(Default)]
struct Context {
    /// Captured names, whose values lie on the stack in this order.
    stores: Vec<Name>,
    /// Whether a pattern that always matches may stand here.
    allow_irrefutable: bool,
    /// Where to jump on failure, by the number of values to pop.
    fail_pop: Vec<Label>,
    /// Values above the captures that must stay on top.
    on_top: usize,
}

fn is_wildcard(pattern: &Pattern) -> bool {
    matches!(pattern.kind, PatternKind::MatchAs { name: None, .. })
}

fn is_star_wildcard(pattern: &Pattern) -> bool {
    matches!(pattern.kind, PatternKind::MatchStar { name: None })
}

impl<'a> Compiler<'a> {
    pub(crate) fn match_stmt(&mut self, subject: &'a Expr, cases: &'a [MatchCase]) -> Result<()> {
        self.expr(subject)?;
        let end = self.new_label();
        let count = cases.len();
        let has_default = count > 1 && cases.last().is_some_and(|case| is_wildcard(&case.pattern));
        let tested = count - usize::from(has_default);
        for (index, case) in cases.iter().take(tested).enumerate() {
            let loc = loc_of(case.pattern.span);
            let last = index + 1 == tested;
            if !last {
                self.op_arg(Op::COPY, 1, loc);
            }
            let allow_irrefutable = case.guard.is_some() || index + 1 == count;
            let mut context = Context { allow_irrefutable, ..Context::default() };
            self.pattern(&case.pattern, &mut context)?;
            for name in &context.stores {
                self.store(name, loc)?;
            }
            if let Some(guard) = &case.guard {
                let fail = self.fail_label(&mut context, 0);
                self.jump_if(guard, fail, false)?;
            }
            if !last {
                self.op(Op::POP_TOP, Location::NEXT);
            }
            self.stmts(&case.body)?;
            self.jump(Op::JUMP, end, Location::NONE);
            self.emit_fail_pop(&mut context, loc);
        }
        if let Some(case) = cases.last().filter(|_| has_default) {
            let loc = loc_of(case.pattern.span);
            self.op(Op::NOP, loc);
            if let Some(guard) = &case.guard {
                self.jump_if(guard, end, false)?;
            }
            self.stmts(&case.body)?;
        }
        self.place(end);
        Ok(())
    }

    fn fail_label(&mut self, context: &mut Context, pops: usize) -> Label {
        while context.fail_pop.len() <= pops {
            let label = self.new_label();
            context.fail_pop.push(label);
        }
        context.fail_pop[pops]
    }

    fn jump_to_fail(&mut self, op: Op, context: &mut Context, loc: Location) {
        let pops = context.on_top + context.stores.len();
        let label = self.fail_label(context, pops);
        self.jump(op, label, loc);
    }

    fn emit_fail_pop(&mut self, context: &mut Context, loc: Location) {
        let labels = std::mem::take(&mut context.fail_pop);
        for (pops, label) in labels.into_iter().enumerate().rev() {
            self.place(label);
            if pops > 0 {
                self.op(Op::POP_TOP, loc);
            }
        }
    }

    /// Moves the top of the stack below `count - 1` other values.
    fn rotate(&mut self, count: usize, loc: Location) {
        for depth in (2..=count).rev() {
            self.op_count(Op::SWAP, depth, loc);
        }
    }

    fn store_capture(&mut self, name: Option<&Name>, context: &mut Context, loc: Location) -> Result<()> {
        let Some(name) = name else {
            self.op(Op::POP_TOP, loc);
            return Ok(());
        };
        if context.stores.contains(name) {
            return error(loc, format!("multiple assignments to name {} in pattern", quoted(name)));
        }
        self.rotate(context.on_top + context.stores.len() + 1, loc);
        context.stores.push(name.clone());
        Ok(())
    }

    fn pattern(&mut self, pattern: &'a Pattern, context: &mut Context) -> Result<()> {
        self.guard.check()?;
        let loc = loc_of(pattern.span);
        match &pattern.kind {
            PatternKind::MatchValue { value } => {
                if !matches!(value.kind, ExprKind::Constant { .. } | ExprKind::Attribute { .. }) {
                    return error(loc, "patterns may only match literals and attribute lookups");
                }
                self.expr(value)?;
                self.compare_op(CmpOp::Eq, loc);
                self.op(Op::TO_BOOL, loc);
                self.jump_to_fail(Op::POP_JUMP_IF_FALSE, context, loc);
                Ok(())
            }
            PatternKind::MatchSingleton { value } => {
                self.load_const(constant(value), loc);
                self.compare_op(CmpOp::Is, loc);
                self.jump_to_fail(Op::POP_JUMP_IF_FALSE, context, loc);
                Ok(())
            }
            PatternKind::MatchSequence { patterns } => self.sequence_pattern(patterns, context, loc),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.mapping_pattern(keys, patterns, rest.as_ref(), context, loc)
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.class_pattern(cls, patterns, kwd_attrs, kwd_patterns, context, loc)
            }
            PatternKind::MatchStar { name } => self.store_capture(name.as_ref(), context, loc),
            PatternKind::MatchAs { pattern: None, name } => {
                if !context.allow_irrefutable {
                    return match name {
                        Some(name) => {
                            let name = quoted(name);
                            error(loc, format!("name capture {name} makes remaining patterns unreachable"))
                        }
                        None => error(loc, "wildcard makes remaining patterns unreachable"),
                    };
                }
                self.store_capture(name.as_ref(), context, loc)
            }
            PatternKind::MatchAs { pattern: Some(inner), name } => {
                context.on_top += 1;
                self.op_arg(Op::COPY, 1, loc);
                self.pattern(inner, context)?;
                context.on_top -= 1;
                self.store_capture(name.as_ref(), context, loc)
            }
            PatternKind::MatchOr { patterns } => self.or_pattern(patterns, context, loc),
        }
    }

    fn subpattern(&mut self, pattern: &'a Pattern, context: &mut Context) -> Result<()> {
        let old = std::mem::replace(&mut context.allow_irrefutable, true);
        self.pattern(pattern, context)?;
        context.allow_irrefutable = old;
        Ok(())
    }

    fn length_check(&mut self, size: usize, op: CmpOp, context: &mut Context, loc: Location) {
        self.op(Op::GET_LEN, loc);
        self.load_int(size, loc);
        self.compare_op(op, loc);
        self.jump_to_fail(Op::POP_JUMP_IF_FALSE, context, loc);
    }

    fn sequence_pattern(&mut self, patterns: &'a [Pattern], context: &mut Context, loc: Location) -> Result<()> {
        let is_star = |pattern: &Pattern| matches!(pattern.kind, PatternKind::MatchStar { .. });
        let star = patterns.iter().position(is_star);
        if patterns.iter().filter(|pattern| is_star(pattern)).count() > 1 {
            return error(loc, "multiple starred names in sequence pattern");
        }
        let only_wildcard = patterns.iter().all(|pattern| is_wildcard(pattern) || is_star_wildcard(pattern));
        let star_wildcard = patterns.iter().any(is_star_wildcard);
        context.on_top += 1;
        self.op(Op::MATCH_SEQUENCE, loc);
        self.jump_to_fail(Op::POP_JUMP_IF_FALSE, context, loc);
        if star.is_none() {
            self.length_check(patterns.len(), CmpOp::Eq, context, loc);
        } else if patterns.len() > 1 {
            self.length_check(patterns.len() - 1, CmpOp::GtE, context, loc);
        }
        context.on_top -= 1;
        if only_wildcard {
            self.op(Op::POP_TOP, loc);
            Ok(())
        } else if let Some(star) = star.filter(|_| star_wildcard) {
            self.sequence_by_index(patterns, star, context, loc)
        } else {
            self.sequence_by_unpacking(patterns, star, context, loc)
        }
    }

    fn sequence_by_unpacking(
        &mut self,
        patterns: &'a [Pattern],
        star: Option<usize>,
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        match star {
            None => self.op_count(Op::UNPACK_SEQUENCE, patterns.len(), loc),
            Some(star) => {
                let after = patterns.len() - star - 1;
                if star >= 1 << 8 || after >= 1 << 23 {
                    return error(loc, "too many expressions in star-unpacking sequence pattern");
                }
                self.op_count(Op::UNPACK_EX, star + (after << 8), loc);
            }
        }
        context.on_top += patterns.len();
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        Ok(())
    }

    /// `[a, *_, b]`: the items are fetched one by one.
    fn sequence_by_index(&mut self, patterns: &'a [Pattern], star: usize, context: &mut Context, loc: Location) -> Result<()> {
        context.on_top += 1;
        for (index, pattern) in patterns.iter().enumerate() {
            if is_wildcard(pattern) || index == star {
                continue;
            }
            self.op_arg(Op::COPY, 1, loc);
            if index < star {
                self.load_int(index, loc);
            } else {
                self.op(Op::GET_LEN, loc);
                self.load_int(patterns.len() - index, loc);
                self.binary_op(Operator::Sub, loc);
            }
            self.op_arg(Op::BINARY_OP, SUBSCR, loc);
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 1;
        self.op(Op::POP_TOP, loc);
        Ok(())
    }

    fn is_not_none(&mut self, context: &mut Context, loc: Location) {
        self.op_arg(Op::COPY, 1, loc);
        self.load_const(Const::None, loc);
        self.op_arg(Op::IS_OP, 1, loc);
        self.jump_to_fail(Op::POP_JUMP_IF_FALSE, context, loc);
    }

    fn class_pattern(
        &mut self,
        class: &'a Expr,
        patterns: &'a [Pattern],
        attrs: &'a [Name],
        attr_patterns: &'a [Pattern],
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        if attrs.len() != attr_patterns.len() {
            let (attrs, patterns) = (attrs.len(), attr_patterns.len());
            let message = format!("kwd_attrs ({attrs}) / kwd_patterns ({patterns}) length mismatch in class pattern");
            return error(loc, message);
        }
        if let Some((_, again)) = first_repeated(attrs.iter().enumerate().map(|(index, name)| (index, Some(name))))
            && let (Some(attr), Some(pattern)) = (attrs.get(again), attr_patterns.get(again))
        {
            let message = format!("attribute name repeated in class pattern: {}", show(attr));
            return error(loc_of(pattern.span), message);
        }
        self.expr(class)?;
        let names: Vec<Const> = attrs.iter().map(|name| self.name_const(name)).collect();
        self.load_const(Const::tuple(names), loc);
        self.op_count(Op::MATCH_CLASS, patterns.len(), loc);
        self.op_arg(Op::COPY, 1, loc);
        self.load_const(Const::None, loc);
        self.op_arg(Op::IS_OP, 1, loc);
        context.on_top += 1;
        self.jump_to_fail(Op::POP_JUMP_IF_FALSE, context, loc);
        let count = patterns.len() + attrs.len();
        self.op_count(Op::UNPACK_SEQUENCE, count, loc);
        context.on_top = context.on_top + count - 1;
        for pattern in patterns.iter().chain(attr_patterns) {
            context.on_top -= 1;
            if is_wildcard(pattern) {
                self.op(Op::POP_TOP, loc);
            } else {
                self.subpattern(pattern, context)?;
            }
        }
        Ok(())
    }

    fn mapping_pattern(
        &mut self,
        keys: &'a [Expr],
        patterns: &'a [Pattern],
        rest: Option<&'a Name>,
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        let size = keys.len();
        if size != patterns.len() {
            let count = patterns.len();
            return error(loc, format!("keys ({size}) / patterns ({count}) length mismatch in mapping pattern"));
        }
        context.on_top += 1;
        self.op(Op::MATCH_MAPPING, loc);
        self.jump_to_fail(Op::POP_JUMP_IF_FALSE, context, loc);
        if size == 0 && rest.is_none() {
            context.on_top -= 1;
            self.op(Op::POP_TOP, loc);
            return Ok(());
        }
        if size > 0 {
            self.length_check(size, CmpOp::GtE, context, loc);
        }
        self.mapping_keys(keys, loc)?;
        self.op_count(Op::BUILD_TUPLE, size, loc);
        self.op(Op::MATCH_KEYS, loc);
        context.on_top += 2;
        self.is_not_none(context, loc);
        self.op_count(Op::UNPACK_SEQUENCE, size, loc);
        context.on_top = context.on_top + size - 1;
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 2;
        let Some(rest) = rest else {
            self.op(Op::POP_TOP, loc);
            self.op(Op::POP_TOP, loc);
            return Ok(());
        };
        self.op_arg(Op::BUILD_MAP, 0, loc);
        self.op_arg(Op::SWAP, 3, loc);
        self.op_arg(Op::DICT_UPDATE, 2, loc);
        self.op_count(Op::UNPACK_SEQUENCE, size, loc);
        for left in (1..=size).rev() {
            self.op_count(Op::COPY, left + 1, loc);
            self.op_arg(Op::SWAP, 2, loc);
            self.op(Op::DELETE_SUBSCR, loc);
        }
        self.store_capture(Some(rest), context, loc)
    }

    fn mapping_keys(&mut self, keys: &'a [Expr], loc: Location) -> Result<()> {
        let mut seen = HashSet::default();
        for key in keys {
            match &key.kind {
                ExprKind::Constant { value, .. } => {
                    let value = constant(value);
                    if !seen.insert(crate::fold::equality_key(&value)) {
                        let shown = super::unparse::repr_const(&value);
                        return error(loc, format!("mapping pattern checks duplicate key ({shown})"));
                    }
                }
                ExprKind::Attribute { .. } => {}
                _ => return error(loc, "mapping pattern keys may only match literals and attribute lookups"),
            }
            self.expr(key)?;
        }
        Ok(())
    }

    fn or_pattern(&mut self, patterns: &'a [Pattern], context: &mut Context, loc: Location) -> Result<()> {
        let end = self.new_label();
        let count = patterns.len();
        let mut control: Option<Vec<Name>> = None;
        for (index, pattern) in patterns.iter().enumerate() {
            let alt_loc = loc_of(pattern.span);
            let allow_irrefutable = index + 1 == count && context.allow_irrefutable;
            let mut alt = Context { allow_irrefutable, ..Context::default() };
            self.op_arg(Op::COPY, 1, alt_loc);
            self.pattern(pattern, &mut alt)?;
            match &control {
                None => control = Some(alt.stores.clone()),
                Some(control) => {
                    if !self.reorder_captures(&mut alt.stores, control, alt_loc) {
                        return error(loc, "alternative patterns bind different names");
                    }
                }
            }
            self.jump(Op::JUMP, end, alt_loc);
            self.emit_fail_pop(&mut alt, alt_loc);
        }
        self.op(Op::POP_TOP, loc);
        self.jump_to_fail(Op::JUMP, context, loc);
        self.place(end);
        let control = control.unwrap_or_default();
        let rotations = control.len() + 1 + context.on_top + context.stores.len();
        for name in control {
            self.rotate(rotations, loc);
            if context.stores.contains(&name) {
                return error(loc, format!("multiple assignments to name {} in pattern", quoted(&name)));
            }
            context.stores.push(name);
        }
        self.op(Op::POP_TOP, loc);
        Ok(())
    }

    /// Brings the captures of an alternative into the order of the first one; false if the names differ.
    fn reorder_captures(&mut self, stores: &mut Vec<Name>, control: &[Name], loc: Location) -> bool {
        if stores.len() != control.len() {
            return false;
        }
        for (place, name) in control.iter().enumerate().rev() {
            let Some(found) = stores.iter().position(|store| store == name) else { return false };
            if place == found {
                continue;
            }
            let rotated: Vec<Name> = stores.drain(..=found).collect();
            let at = place.saturating_sub(found);
            stores.splice(at..at, rotated);
            for _ in 0..=found {
                self.rotate(place + 1, loc);
            }
        }
        true
    }
}
