//! The abstract syntax tree.
//!
//! Nodes and fields are those of CPython's `ast` module. Trees may be very deep on the left (`a+a+a+...`, `f()()()...`): walkers
//! check the stack; dropping such a tree is safe, see [`ExprBox`].

mod constant;
mod expr_box;
mod nodes;
mod types;

pub use constant::{Constant, Int};
pub use expr_box::ExprBox;
pub use types::*;

/// Where a node stands: lines from 1, columns in UTF-8 bytes from 0, the end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Span {
    pub lineno: i32,
    pub col_offset: i32,
    pub end_lineno: i32,
    pub end_col_offset: i32,
}

impl Span {
    pub fn new(lineno: i32, col_offset: i32, end_lineno: i32, end_col_offset: i32) -> Span {
        Span { lineno, col_offset, end_lineno, end_col_offset }
    }

    /// From the start of `self` to the end of `end`.
    pub fn to(self, end: Span) -> Span {
        Span { end_lineno: end.end_lineno, end_col_offset: end.end_col_offset, ..self }
    }
}
