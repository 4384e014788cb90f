//! f-strings and t-strings.

use super::unit::is_big;
use super::{Compiler, constant};
use crate::error::{CompileError, Result};
use bytecode::{Const, Location, Op};
use syntax::ast::*;
use syntax::text::Name;

/// The operand for `!s`, `!r` and `!a`.
fn conversion_code(conversion: i32) -> Result<Option<u32>> {
    match u8::try_from(conversion) {
        _ if conversion == -1 => Ok(None),
        Ok(b's') => Ok(Some(1)),
        Ok(b'r') => Ok(Some(2)),
        Ok(b'a') => Ok(Some(3)),
        _ => Err(CompileError::system(format!("Unrecognized conversion character {conversion}"))),
    }
}

impl<'a> Compiler<'a> {
    pub(crate) fn joined_str(&mut self, values: &'a [Expr], loc: Location) -> Result<()> {
        if is_big(values.len()) {
            self.load_const(Const::str(""), loc);
            self.load_method(&Name::known("join"), loc);
            self.op_arg(Op::BUILD_LIST, 0, loc);
            for value in values {
                self.expr(value)?;
                self.op_arg(Op::LIST_APPEND, 1, loc);
            }
            self.op_arg(Op::CALL, 1, loc);
            return Ok(());
        }
        self.exprs(values)?;
        match values.len() {
            0 => self.load_const(Const::str(""), loc),
            1 => {}
            count => self.op_count(Op::BUILD_STRING, count, loc),
        }
        Ok(())
    }

    pub(crate) fn formatted_value(
        &mut self,
        value: &'a Expr,
        conversion: i32,
        format_spec: Option<&'a Expr>,
        loc: Location,
    ) -> Result<()> {
        self.expr(value)?;
        if let Some(code) = conversion_code(conversion)? {
            self.op_arg(Op::CONVERT_VALUE, code, loc);
        }
        match format_spec {
            Some(spec) => {
                self.expr(spec)?;
                self.op(Op::FORMAT_WITH_SPEC, loc);
            }
            None => self.op(Op::FORMAT_SIMPLE, loc),
        }
        Ok(())
    }

    /// Strings and interpolations alternate, with empty strings where none is written.
    pub(crate) fn template_str(&mut self, values: &'a [Expr], loc: Location) -> Result<()> {
        let is_interpolation = |value: &Expr| matches!(value.kind, ExprKind::Interpolation { .. });
        let mut strings = 0;
        let mut after_interpolation = true;
        for value in values {
            let interpolation = is_interpolation(value);
            if !interpolation {
                self.expr(value)?;
                strings += 1;
            } else if after_interpolation {
                self.load_const(Const::str(""), loc);
                strings += 1;
            }
            after_interpolation = interpolation;
        }
        if after_interpolation {
            self.load_const(Const::str(""), loc);
            strings += 1;
        }
        self.op_count(Op::BUILD_TUPLE, strings, loc);
        let mut interpolations = 0;
        for value in values.iter().filter(|value| is_interpolation(value)) {
            self.expr(value)?;
            interpolations += 1;
        }
        self.op_count(Op::BUILD_TUPLE, interpolations, loc);
        self.op(Op::BUILD_TEMPLATE, loc);
        Ok(())
    }

    pub(crate) fn interpolation(
        &mut self,
        value: &'a Expr,
        text: &Constant,
        conversion: i32,
        format_spec: Option<&'a Expr>,
        loc: Location,
    ) -> Result<()> {
        self.expr(value)?;
        self.load_const(constant(text), loc);
        let mut arg = 2;
        if let Some(spec) = format_spec {
            self.expr(spec)?;
            arg += 1;
        }
        if let Some(code) = conversion_code(conversion)? {
            arg |= code << 2;
        }
        self.op_arg(Op::BUILD_INTERPOLATION, arg, loc);
        Ok(())
    }
}
