//! A compiler unit: what is collected for one code object.

use super::STACK_USE_GUIDELINE;
use crate::hash::HashMap;
use crate::instructions::{Label, Sequence};
use crate::ordered::OrderedMap;
use crate::symtable::BlockId;
use bytecode::{Const, Location, Text, Unique};
use std::collections::BTreeSet;
use syntax::ast::Stmt;
use syntax::text::Name;

/// What kind of code a unit holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
    Annotations,
}

/// Numbers of parameters.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Arity {
    /// Positional or keyword, without the positional-only ones.
    pub args: usize,
    pub posonly: usize,
    pub kwonly: usize,
}

/// A block of the program that jumps out of it have to unwind.
#[derive(Clone, Copy)]
pub(crate) struct FrameBlock<'a> {
    pub kind: FrameBlockKind<'a>,
    /// Its start: where `continue` goes, for a loop.
    pub start: Option<Label>,
    /// Its end: where `break` goes, for a loop.
    pub exit: Option<Label>,
    pub loc: Location,
}

/// Kinds of [`FrameBlock`], with what unwinding them needs.
#[derive(Clone, Copy)]
pub(crate) enum FrameBlockKind<'a> {
    WhileLoop,
    ForLoop,
    TryExcept,
    /// The body of `try … finally`; holds the `finally` statements.
    FinallyTry(&'a [Stmt]),
    FinallyEnd,
    With,
    AsyncWith,
    /// The body of `except E as name`; holds the name.
    HandlerCleanup(Option<&'a Name>),
    PopValue,
    ExceptionHandler,
    ExceptionGroupHandler,
    AsyncComprehensionGenerator,
    InlinedComprehension,
    StopIteration,
}

/// A variable annotation whose evaluation is put off into `__annotate__`.
#[derive(Clone, Copy)]
pub(crate) struct DeferredAnnotation<'a> {
    pub stmt: &'a Stmt,
    /// Its number in `__conditional_annotations__`.
    pub conditional: Option<usize>,
}

/// Everything about the code object under construction.
pub(crate) struct Unit<'a> {
    pub block: BlockId,
    pub scope: ScopeKind,
    pub name: Name,
    pub qualname: Text,
    pub private: Option<Name>,
    pub arity: Arity,
    pub firstlineno: i32,
    pub consts: OrderedMap<Unique, ()>,
    pub names: OrderedMap<Name, ()>,
    pub varnames: OrderedMap<Name, ()>,
    pub cellvars: OrderedMap<Name, ()>,
    pub freevars: OrderedMap<Name, ()>,
    /// Where the numbers of free variables start.
    pub free_offset: usize,
    /// Names that an inlined comprehension outside a function keeps in fast locals; true while inside it.
    pub fast_hidden: OrderedMap<Name, bool>,
    pub sequence: Sequence,
    /// The module's main sequence while its annotations are written.
    pub stashed: Option<Sequence>,
    /// The sequences of units inside this one, where they are asked for.
    pub nested: Vec<Sequence>,
    pub frame_blocks: Vec<FrameBlock<'a>>,
    pub inlined_depth: usize,
    pub conditional_depth: usize,
    pub deferred_annotations: Vec<DeferredAnnotation<'a>>,
    pub next_conditional_annotation: usize,
    /// Attributes that methods set on `self`.
    pub static_attributes: BTreeSet<Vec<u8>>,
}

impl Unit<'_> {
    /// The index of a constant, which is added if it is new.
    pub fn add_const(&mut self, value: Const) -> u32 {
        number(self.consts.intern_owned(Unique(value)))
    }

    pub fn intern_name(&mut self, name: &Name) -> u32 {
        number(self.names.intern(name))
    }

    pub fn intern_var(&mut self, name: &Name) -> u32 {
        number(self.varnames.intern(name))
    }

    pub fn intern_cell(&mut self, name: &Name) -> u32 {
        number(self.cellvars.intern(name))
    }

    pub fn intern_free(&mut self, name: &Name) -> u32 {
        number(self.free_offset + self.freevars.intern(name))
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Saved state around an inlined comprehension.
#[derive(Default)]
pub(crate) struct InlinedState {
    pub pushed: Vec<Name>,
    pub symbols: HashMap<Name, u32>,
    pub fast_hidden: Vec<Name>,
    pub cleanup: Option<Label>,
}

/// Whether so many values are built step by step instead of on the stack.
pub(crate) fn is_big(count: usize) -> bool {
    count > STACK_USE_GUIDELINE
}
