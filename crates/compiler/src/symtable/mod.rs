//! The symbol table: which block binds which name, and in which scope each use of a name lies.
//!
//! `visit` collects definitions and uses from the tree, `analyze` then decides on scopes. Blocks are numbered in the
//! order in which they are entered; the code generator finds them again by node ([`Key`]).

mod analyze;
mod visit;

use crate::hash::{HashMap, HashSet};
use crate::ordered::OrderedMap;
use bytecode::Location;
use std::borrow::Cow;
use std::cell::Cell;
use syntax::text::Name;

pub use visit::build;

/// What is known of a name in a block: `DEF_*` bits and, above [`SCOPE_OFFSET`], its scope.
pub mod flag {
    pub const DEF_GLOBAL: u32 = 1;
    pub const DEF_LOCAL: u32 = 2;
    pub const DEF_PARAM: u32 = 2 << 1;
    pub const DEF_NONLOCAL: u32 = 2 << 2;
    pub const USE: u32 = 2 << 3;
    /// Free in a method, and bound in the class too.
    pub const DEF_FREE_CLASS: u32 = 2 << 5;
    pub const DEF_IMPORT: u32 = 2 << 6;
    pub const DEF_ANNOT: u32 = 2 << 7;
    /// Iteration variable of a comprehension.
    pub const DEF_COMP_ITER: u32 = 2 << 8;
    pub const DEF_TYPE_PARAM: u32 = 2 << 9;
    /// A cell in an inlined comprehension.
    pub const DEF_COMP_CELL: u32 = 2 << 10;
    pub const DEF_BOUND: u32 = DEF_LOCAL | DEF_PARAM | DEF_IMPORT;
    pub const SCOPE_OFFSET: u32 = 12;
    pub const SCOPE_MASK: u32 = DEF_GLOBAL | DEF_LOCAL | DEF_PARAM | DEF_NONLOCAL;
}

/// Where a name is found at run time; the numbers are those of the `_symtable` module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Scope {
    Unknown = 0,
    Local = 1,
    GlobalExplicit = 2,
    GlobalImplicit = 3,
    Free = 4,
    Cell = 5,
}

impl Scope {
    /// The scope in a symbol's flags.
    pub fn of(flags: u32) -> Scope {
        match (flags >> flag::SCOPE_OFFSET) & flag::SCOPE_MASK {
            1 => Scope::Local,
            2 => Scope::GlobalExplicit,
            3 => Scope::GlobalImplicit,
            4 => Scope::Free,
            5 => Scope::Cell,
            _ => Scope::Unknown,
        }
    }

    fn bits(self) -> u32 {
        (self as u32) << flag::SCOPE_OFFSET
    }
}

/// Kinds of blocks; the numbers are those of the `_symtable` module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockKind {
    Function = 0,
    Class = 1,
    Module = 2,
    Annotation = 3,
    TypeAlias = 4,
    TypeParameters = 5,
    TypeVariable = 6,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comprehension {
    List,
    Dict,
    Set,
    Generator,
}

/// Index of a block in its table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BlockId(pub usize);

/// Finds a block by the node that it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    address: usize,
    part: Part,
}

/// Which of a node's blocks is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    Body,
    TypeParams,
    Annotations,
    Bound,
    Default,
}

impl Key {
    pub fn new<T>(node: &T, part: Part) -> Key {
        Key { address: std::ptr::from_ref(node).addr(), part }
    }
}

/// One block: module, class, function, or a scope of annotations and type parameters.
#[derive(Clone, Debug)]
pub struct Block {
    pub name: Name,
    pub kind: BlockKind,
    pub symbols: OrderedMap<Name, u32>,
    /// Parameters in order.
    pub varnames: Vec<Name>,
    pub children: Vec<BlockId>,
    pub location: Location,
    pub nested: bool,
    pub generator: bool,
    pub coroutine: bool,
    pub annotations_used: bool,
    pub comprehension: Option<Comprehension>,
    pub varargs: bool,
    pub varkeywords: bool,
    pub returns_value: bool,
    /// A class whose methods use `__class__`.
    pub needs_class_closure: bool,
    /// A class whose annotation scopes look names up in its namespace.
    pub needs_classdict: bool,
    pub comp_inlined: bool,
    pub can_see_class_scope: bool,
    pub has_docstring: bool,
    /// A function directly in a class body.
    pub method: bool,
    pub has_conditional_annotations: bool,
    /// The block of this block's variable annotations.
    pub annotation_block: Option<BlockId>,
    directives: Vec<(Name, Location)>,
    mangled_names: Option<HashSet<Name>>,
    scope_info: Option<&'static str>,
    comp_iter_target: bool,
    comp_iter_expr: u32,
    in_conditional_block: bool,
    in_unevaluated_annotation: bool,
}

impl Block {
    /// The flags of a name, 0 if it does not occur.
    pub fn symbol(&self, name: &Name) -> u32 {
        self.symbols.get(name).copied().unwrap_or(0)
    }

    pub fn scope(&self, name: &Name) -> Scope {
        Scope::of(self.symbol(name))
    }

    /// Whether names live in fast locals here.
    pub fn is_function_like(&self) -> bool {
        !matches!(self.kind, BlockKind::Class | BlockKind::Module)
    }

    /// Mangles a name as this block asks for it; `private` is the class around it.
    #[inline]
    pub fn mangle<'n>(&self, private: Option<&Name>, name: &'n Name) -> Cow<'n, Name> {
        match &self.mangled_names {
            Some(names) if !names.contains(name) => Cow::Borrowed(name),
            _ => crate::mangle::mangle(private, name),
        }
    }
}

/// Tables with room for so many blocks are kept: smaller ones lie among what does not last.
const USUAL: usize = 64;
const LARGEST: usize = 1 << 10;

thread_local! {
    /// The memory of the last table.
    static KEPT: Cell<Option<Symtable>> = const { Cell::new(None) };
}

/// All blocks of a module.
#[derive(Clone, Debug, Default)]
pub struct Symtable {
    pub blocks: Vec<Block>,
    keys: HashMap<Key, BlockId>,
}

impl Symtable {
    /// The module's block.
    pub const TOP: BlockId = BlockId(0);

    /// An empty table, in the memory of one that was kept.
    fn new() -> Symtable {
        KEPT.try_with(Cell::take).ok().flatten().unwrap_or_default()
    }

    /// Keeps the memory of a table for the next one.
    pub(crate) fn keep(mut self) {
        if (USUAL..=LARGEST).contains(&self.blocks.capacity()) && self.keys.capacity() >= USUAL {
            self.blocks.clear();
            self.keys.clear();
            // A thread that ends has no use for it.
            let _ = KEPT.try_with(|kept| kept.set(Some(self)));
        }
    }

    pub fn lookup(&self, key: Key) -> Option<BlockId> {
        self.keys.get(&key).copied()
    }

    /// The block with this number; numbers come from this table.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0]
    }

    pub fn block_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.0]
    }
}
