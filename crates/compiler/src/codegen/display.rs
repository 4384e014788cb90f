//! Displays: lists, tuples, sets, dictionaries, and unpacking into targets.

use super::scope::intrinsic;
use super::unit::is_big;
use super::{Compiler, error};
use crate::error::Result;
use bytecode::{Location, Op};
use syntax::ast::*;
use syntax::text::Name;

/// The instructions that build a collection.
#[derive(Clone, Copy)]
pub(crate) struct Builder {
    build: Op,
    add: Op,
    extend: Op,
    tuple: bool,
}

const LIST: Builder = Builder { build: Op::BUILD_LIST, add: Op::LIST_APPEND, extend: Op::LIST_EXTEND, tuple: false };
pub(crate) const TUPLE: Builder = Builder { tuple: true, ..LIST };
const SET: Builder = Builder { build: Op::BUILD_SET, add: Op::SET_ADD, extend: Op::SET_UPDATE, tuple: false };

impl<'a> Compiler<'a> {
    pub(crate) fn list(&mut self, elts: &'a [Expr], ctx: ExprContext, loc: Location) -> Result<()> {
        self.sequence(elts, ctx, LIST, loc)
    }

    pub(crate) fn tuple(&mut self, elts: &'a [Expr], ctx: ExprContext, loc: Location) -> Result<()> {
        self.sequence(elts, ctx, TUPLE, loc)
    }

    pub(crate) fn set(&mut self, elts: &'a [Expr], loc: Location) -> Result<()> {
        self.collect(elts, None, 0, SET, loc)
    }

    fn sequence(&mut self, elts: &'a [Expr], ctx: ExprContext, builder: Builder, loc: Location) -> Result<()> {
        match ctx {
            ExprContext::Store => self.unpack(elts, loc),
            ExprContext::Load => self.collect(elts, None, 0, builder, loc),
            ExprContext::Del => self.exprs(elts),
        }
    }

    /// Builds a collection of `pushed` values on the stack, `elts`, and the variable `injected`.
    pub(crate) fn collect(
        &mut self,
        elts: &'a [Expr],
        injected: Option<&Name>,
        pushed: usize,
        builder: Builder,
        loc: Location,
    ) -> Result<()> {
        let total = elts.len() + pushed + usize::from(injected.is_some());
        let starred = elts.iter().any(|elt| matches!(elt.kind, ExprKind::Starred { .. }));
        if !starred && !is_big(total) {
            self.exprs(elts)?;
            if let Some(name) = injected {
                self.load(name, loc)?;
            }
            self.op_count(if builder.tuple { Op::BUILD_TUPLE } else { builder.build }, total, loc);
            return Ok(());
        }
        let mut built = false;
        if is_big(total) {
            self.op_count(builder.build, pushed, loc);
            built = true;
        }
        for (index, elt) in elts.iter().enumerate() {
            if let ExprKind::Starred { value, .. } = &elt.kind {
                if !built {
                    self.op_count(builder.build, index + pushed, loc);
                    built = true;
                }
                self.expr(value)?;
                self.op_arg(builder.extend, 1, loc);
            } else {
                self.expr(elt)?;
                if built {
                    self.op_arg(builder.add, 1, loc);
                }
            }
        }
        if let Some(name) = injected {
            self.load(name, loc)?;
            self.op_arg(builder.add, 1, loc);
        }
        if builder.tuple {
            self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::LIST_TO_TUPLE, loc);
        }
        Ok(())
    }

    /// Unpacks the value on the stack into targets.
    fn unpack(&mut self, elts: &'a [Expr], loc: Location) -> Result<()> {
        let is_starred = |elt: &Expr| matches!(elt.kind, ExprKind::Starred { .. });
        match elts.iter().position(is_starred) {
            None => self.op_count(Op::UNPACK_SEQUENCE, elts.len(), loc),
            Some(star) => {
                let after = elts.len() - star - 1;
                if star >= 1 << 8 || after >= 1 << 23 {
                    return error(loc, "too many expressions in star-unpacking assignment");
                }
                self.op_count(Op::UNPACK_EX, star + (after << 8), loc);
                if elts.iter().skip(star + 1).any(is_starred) {
                    return error(loc, "multiple starred expressions in assignment");
                }
            }
        }
        for elt in elts {
            match &elt.kind {
                ExprKind::Starred { value, .. } => self.expr(value)?,
                _ => self.expr(elt)?,
            }
        }
        Ok(())
    }

    pub(crate) fn dict(&mut self, keys: &'a [Option<Expr>], values: &'a [Expr], loc: Location) -> Result<()> {
        let mut have_dict = false;
        let mut start = 0;
        for (index, (key, value)) in keys.iter().zip(values).enumerate() {
            if key.is_none() {
                if start < index {
                    self.sub_dict(keys, values, start..index, &mut have_dict, loc)?;
                }
                start = index + 1;
                if !have_dict {
                    self.op_arg(Op::BUILD_MAP, 0, loc);
                    have_dict = true;
                }
                self.expr(value)?;
                self.op_arg(Op::DICT_UPDATE, 1, loc);
            } else if is_big((index - start) * 2) {
                self.sub_dict(keys, values, start..index + 1, &mut have_dict, loc)?;
                start = index + 1;
            }
        }
        if start < values.len() {
            self.sub_dict(keys, values, start..values.len(), &mut have_dict, loc)?;
        }
        if !have_dict {
            self.op_arg(Op::BUILD_MAP, 0, loc);
        }
        Ok(())
    }

    /// Builds a dictionary of some items and merges it into the one on the stack, if there is one.
    fn sub_dict(
        &mut self,
        keys: &'a [Option<Expr>],
        values: &'a [Expr],
        range: std::ops::Range<usize>,
        have_dict: &mut bool,
        loc: Location,
    ) -> Result<()> {
        let count = range.len();
        let big = is_big(count * 2);
        if big {
            self.op_arg(Op::BUILD_MAP, 0, loc);
        }
        let items = keys.get(range.clone()).unwrap_or_default().iter().zip(values.get(range).unwrap_or_default());
        for (key, value) in items {
            if let Some(key) = key {
                self.expr(key)?;
            }
            self.expr(value)?;
            if big {
                self.op_arg(Op::MAP_ADD, 1, loc);
            }
        }
        if !big {
            self.op_count(Op::BUILD_MAP, count, loc);
        }
        if *have_dict {
            self.op_arg(Op::DICT_UPDATE, 1, loc);
        }
        *have_dict = true;
        Ok(())
    }

    /// An annotation of `*args: *Ts`, or any other.
    pub(crate) fn maybe_starred(&mut self, expr: &'a Expr, loc: Location) -> Result<()> {
        match &expr.kind {
            ExprKind::Starred { value, .. } => {
                self.expr(value)?;
                self.op_arg(Op::UNPACK_SEQUENCE, 1, loc);
                Ok(())
            }
            _ => self.expr(expr),
        }
    }
}
