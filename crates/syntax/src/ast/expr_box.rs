//! The owning pointer to an expression, whose drop does not recurse along chains.

use super::{Constant, Expr, ExprKind, Span};
use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Boxes kept for the next expressions. What was given up last is taken first, so that a tree is built where the last one was; an allocator goes round all of
/// its memory, which is an eighth of the time of compilation. Those that are kept hold a constant without memory of its own.
struct Spare(RefCell<Vec<Box<Expr>>>);

/// More are given back.
const MOST_SPARE: usize = 8192;

thread_local! {
    static SPARE: Spare = const { Spare(RefCell::new(Vec::new())) };
}

impl Spare {
    fn take() -> Option<Box<Expr>> {
        SPARE.try_with(|spare| spare.0.borrow_mut().pop()).ok().flatten()
    }

    fn keep(boxed: Box<Expr>) {
        // At the end of a thread there is nothing to keep it in.
        let _ended = SPARE.try_with(|spare| {
            let mut spare = spare.0.borrow_mut();
            if spare.len() < MOST_SPARE {
                spare.push(boxed);
            }
        });
    }
}

/// An expression on the heap.
///
/// Like `Box<Expr>`, except that dropping it walks down chains of operands (`a+a+a+...`, `not not ...`, `f()()()`,
/// `a if b else c if d else ...`) in a loop, since program text decides how long they are.
#[derive(PartialEq)]
pub struct ExprBox(
    /// None only within `drop`.
    Option<Box<Expr>>,
);

impl ExprBox {
    pub fn new(expr: Expr) -> Self {
        let boxed = match Spare::take() {
            Some(mut boxed) => {
                *boxed = expr;
                boxed
            }
            None => Box::new(expr),
        };
        ExprBox(Some(boxed))
    }

    /// Moves the expression out.
    pub fn into_inner(mut self) -> Expr {
        std::mem::replace(&mut *self, leaf())
    }
}

impl From<Expr> for ExprBox {
    fn from(expr: Expr) -> Self {
        ExprBox::new(expr)
    }
}

impl Deref for ExprBox {
    type Target = Expr;

    #[inline]
    fn deref(&self) -> &Expr {
        match &self.0 {
            Some(boxed) => boxed,
            None => unreachable!("an expression is looked at after its drop"),
        }
    }
}

impl DerefMut for ExprBox {
    #[inline]
    fn deref_mut(&mut self) -> &mut Expr {
        match &mut self.0 {
            Some(boxed) => boxed,
            None => unreachable!("an expression is looked at after its drop"),
        }
    }
}

impl AsRef<Expr> for ExprBox {
    fn as_ref(&self) -> &Expr {
        self
    }
}

impl fmt::Debug for ExprBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Drop for ExprBox {
    fn drop(&mut self) {
        let Some(mut boxed) = self.0.take() else { return };
        let mut next = detach(&mut boxed);
        while let Some(mut expr) = next {
            next = detach(&mut expr);
        }
        *boxed = leaf();
        Spare::keep(boxed);
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
    continues(child).then(|| std::mem::replace(&mut **child, leaf()))
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
