//! The owning pointer to an expression, whose drop does not recurse along chains.

use super::{Constant, Expr, ExprKind, Span};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// An expression on the heap.
///
/// Like `Box<Expr>`, except that dropping it walks down chains of operands (`a+a+a+...`, `not not ...`, `f()()()`,
/// `a if b else c if d else ...`) in a loop, since program text decides how long they are.
#[derive(PartialEq)]
pub struct ExprBox(Box<Expr>);

impl ExprBox {
    pub fn new(expr: Expr) -> Self {
        ExprBox(Box::new(expr))
    }

    /// Moves the expression out.
    pub fn into_inner(mut self) -> Expr {
        std::mem::replace(&mut *self.0, leaf())
    }
}

impl From<Expr> for ExprBox {
    fn from(expr: Expr) -> Self {
        ExprBox::new(expr)
    }
}

impl Deref for ExprBox {
    type Target = Expr;

    fn deref(&self) -> &Expr {
        &self.0
    }
}

impl DerefMut for ExprBox {
    fn deref_mut(&mut self) -> &mut Expr {
        &mut self.0
    }
}

impl AsRef<Expr> for ExprBox {
    fn as_ref(&self) -> &Expr {
        &self.0
    }
}

impl fmt::Debug for ExprBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Drop for ExprBox {
    fn drop(&mut self) {
        let mut next = detach(&mut self.0);
        while let Some(mut expr) = next {
            next = detach(&mut expr);
        }
    }
}

/// Takes out the operand along which a chain continues, if there is one.
fn detach(expr: &mut Expr) -> Option<Expr> {
    let child = match &mut expr.kind {
        ExprKind::BinOp { left, right, .. } => {
            if continues(left) {
                left
            } else {
                right
            }
        }
        ExprKind::UnaryOp { operand: child, .. }
        | ExprKind::Lambda { body: child, .. }
        | ExprKind::IfExp { orelse: child, .. }
        | ExprKind::Await { value: child }
        | ExprKind::Attribute { value: child, .. }
        | ExprKind::Subscript { value: child, .. }
        | ExprKind::Call { func: child, .. } => child,
        _ => return None,
    };
    continues(child).then(|| std::mem::replace(&mut *child.0, leaf()))
}

fn continues(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::BinOp { .. }
            | ExprKind::UnaryOp { .. }
            | ExprKind::Lambda { .. }
            | ExprKind::IfExp { .. }
            | ExprKind::Await { .. }
            | ExprKind::Attribute { .. }
            | ExprKind::Subscript { .. }
            | ExprKind::Call { .. }
    )
}

fn leaf() -> Expr {
    Expr { span: Span::default(), kind: ExprKind::Constant { value: Constant::None, kind: None } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::{ExprContext, UnaryOp};
    use crate::text::Name;

    #[test]
    fn dropping_a_long_chain_does_not_recurse() {
        let mut expr = leaf();
        for i in 0..1_000_000 {
            let kind = if i % 2 == 0 {
                ExprKind::UnaryOp { op: UnaryOp::Not, operand: expr.into() }
            } else {
                ExprKind::Attribute { value: expr.into(), attr: Name::from("a"), ctx: ExprContext::Load }
            };
            expr = Expr { span: Span::default(), kind };
        }
        drop(ExprBox::new(expr));
    }
}
