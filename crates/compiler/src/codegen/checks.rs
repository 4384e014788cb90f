//! Warnings about code that cannot mean what it says.

use super::{Compiler, loc_of};
use crate::error::Result;
use syntax::ast::*;

impl Compiler<'_> {
    /// `is` with a literal.
    pub(crate) fn check_compare(&mut self, expr: &Expr) -> Result<()> {
        let ExprKind::Compare { left, ops, comparators } = &expr.kind else { return Ok(()) };
        let mut left: &Expr = left;
        for (op, right) in ops.iter().zip(comparators) {
            if matches!(op, CmpOp::Is | CmpOp::IsNot) && (is_literal(left) || is_literal(right)) {
                let culprit = if is_literal(left) { left } else { right };
                let (word, instead) = if *op == CmpOp::Is { ("is", "==") } else { ("is not", "!=") };
                let name = infer_type(culprit).unwrap_or("object");
                let message = format!("\"{word}\" with '{name}' literal. Did you mean \"{instead}\"?");
                return self.warn(loc_of(expr.span), message);
            }
            left = right;
        }
        Ok(())
    }

    /// A call of something that can't be called.
    pub(crate) fn check_caller(&mut self, func: &Expr) -> Result<()> {
        let suspicious = matches!(
            func.kind,
            ExprKind::Constant { .. }
                | ExprKind::Tuple { .. }
                | ExprKind::List { .. }
                | ExprKind::ListComp { .. }
                | ExprKind::Dict { .. }
                | ExprKind::DictComp { .. }
                | ExprKind::Set { .. }
                | ExprKind::SetComp { .. }
                | ExprKind::GeneratorExp { .. }
                | ExprKind::JoinedStr { .. }
                | ExprKind::TemplateStr { .. }
                | ExprKind::FormattedValue { .. }
                | ExprKind::Interpolation { .. }
        );
        match infer_type(func) {
            Some(name) if suspicious => {
                let message = format!("'{name}' object is not callable; perhaps you missed a comma?");
                self.warn(loc_of(func.span), message)
            }
            _ => Ok(()),
        }
    }

    /// A subscript of something that has none.
    pub(crate) fn check_subscripter(&mut self, value: &Expr) -> Result<()> {
        let suspicious = match &value.kind {
            ExprKind::Constant { value, .. } => matches!(
                value,
                Constant::None
                    | Constant::True
                    | Constant::False
                    | Constant::Ellipsis
                    | Constant::Int(_)
                    | Constant::Float(_)
                    | Constant::Complex { .. }
                    | Constant::FrozenSet(_)
            ),
            ExprKind::Set { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::GeneratorExp { .. }
            | ExprKind::TemplateStr { .. }
            | ExprKind::Interpolation { .. }
            | ExprKind::Lambda { .. } => true,
            _ => false,
        };
        match infer_type(value) {
            Some(name) if suspicious => {
                let message = format!("'{name}' object is not subscriptable; perhaps you missed a comma?");
                self.warn(loc_of(value.span), message)
            }
            _ => Ok(()),
        }
    }

    /// A sequence display with an index that is no integer.
    pub(crate) fn check_index(&mut self, value: &Expr, index: &Expr) -> Result<()> {
        let Some(index_type) = infer_type(index) else { return Ok(()) };
        if matches!(index_type, "int" | "bool" | "slice") {
            return Ok(());
        }
        let is_sequence = match &value.kind {
            ExprKind::Constant { value, .. } => {
                matches!(value, Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_))
            }
            ExprKind::Tuple { .. }
            | ExprKind::List { .. }
            | ExprKind::ListComp { .. }
            | ExprKind::JoinedStr { .. }
            | ExprKind::FormattedValue { .. } => true,
            _ => false,
        };
        match infer_type(value) {
            Some(name) if is_sequence => {
                let message = format!("{name} indices must be integers or slices, not {index_type}; perhaps you missed a comma?");
                self.warn(loc_of(value.span), message)
            }
            _ => Ok(()),
        }
    }
}

fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Constant { value, .. } => {
            !matches!(value, Constant::None | Constant::True | Constant::False | Constant::Ellipsis)
        }
        ExprKind::Tuple { elts, .. } => elts.iter().all(|elt| matches!(elt.kind, ExprKind::Constant { .. })),
        _ => false,
    }
}

/// The name of the type that an expression surely has.
fn infer_type(expr: &Expr) -> Option<&'static str> {
    Some(match &expr.kind {
        ExprKind::Tuple { .. } => "tuple",
        ExprKind::List { .. } | ExprKind::ListComp { .. } => "list",
        ExprKind::Dict { .. } | ExprKind::DictComp { .. } => "dict",
        ExprKind::Set { .. } | ExprKind::SetComp { .. } => "set",
        ExprKind::GeneratorExp { .. } => "generator",
        ExprKind::Lambda { .. } => "function",
        ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => "str",
        ExprKind::TemplateStr { .. } => "string.templatelib.Template",
        ExprKind::Interpolation { .. } => "string.templatelib.Interpolation",
        ExprKind::Constant { value, .. } => match value {
            Constant::None => "NoneType",
            Constant::True | Constant::False => "bool",
            Constant::Ellipsis => "ellipsis",
            Constant::Int(_) => "int",
            Constant::Float(_) => "float",
            Constant::Complex { .. } => "complex",
            Constant::Str(_) => "str",
            Constant::Bytes(_) => "bytes",
            Constant::Tuple(_) => "tuple",
            Constant::FrozenSet(_) => "frozenset",
        },
        _ => return None,
    })
}
