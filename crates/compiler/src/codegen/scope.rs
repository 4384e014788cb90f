//! Entering and leaving units, qualified names, code flags.

use super::Compiler;
use super::unit::{Arity, ScopeKind, Unit};
use crate::assemble;
use crate::error::{CompileError, Result};
use crate::instructions::{Instruction, Sequence};
use crate::ordered::OrderedMap;
use crate::symtable::{Block, BlockId, Key, Scope, flag};
use bytecode::{Code, Const, Location, Op, Text, flags};
use std::collections::BTreeSet;
use std::sync::Arc;
use syntax::text::Name;

impl<'a> Compiler<'a> {
    /// The block of a node.
    pub(crate) fn find_block(&self, key: Key) -> Result<BlockId> {
        self.table.lookup(key).ok_or_else(|| CompileError::system("unknown symbol table entry"))
    }

    pub(crate) fn enter_scope(
        &mut self,
        name: &Name,
        scope: ScopeKind,
        block_id: BlockId,
        lineno: i32,
        private: Option<&Name>,
        arity: Arity,
    ) -> Result<()> {
        self.guard.check()?;
        let block = self.table.block(block_id);
        let mut varnames = OrderedMap::default();
        for name in &block.varnames {
            varnames.intern(name);
        }
        let mut cellvars = sorted_symbols(block, Scope::Cell, flag::DEF_COMP_CELL);
        let implicit = [
            (block.needs_class_closure, "__class__"),
            (block.needs_classdict, "__classdict__"),
            (block.has_conditional_annotations, "__conditional_annotations__"),
        ];
        for (needed, name) in implicit {
            if needed {
                cellvars.intern(&Name::from(name));
            }
        }
        let freevars = sorted_symbols(block, Scope::Free, flag::DEF_FREE_CLASS);
        let is_generator = block.coroutine || block.generator;
        let private = private.or_else(|| self.units.last().and_then(|unit| unit.private.as_ref())).cloned();
        let unit = Unit {
            block: block_id,
            scope,
            name: name.clone(),
            qualname: Text::default(),
            private,
            arity,
            firstlineno: lineno,
            consts: OrderedMap::default(),
            names: OrderedMap::default(),
            varnames,
            free_offset: cellvars.len(),
            cellvars,
            freevars,
            fast_hidden: OrderedMap::default(),
            sequence: self.spare.pop().unwrap_or_default(),
            stashed: None,
            nested: Vec::new(),
            frame_blocks: Vec::new(),
            inlined_depth: 0,
            conditional_depth: 0,
            deferred_annotations: Vec::new(),
            next_conditional_annotation: 0,
            static_attributes: BTreeSet::new(),
        };
        let qualname = self.qualname(&unit);
        self.units.push(unit);
        self.unit().qualname = qualname;
        let line = if scope == ScopeKind::Module { 0 } else { lineno };
        let loc = Location { lineno: line, end_lineno: lineno, col_offset: 0, end_col_offset: 0 };
        if is_generator {
            let loc = Location { lineno, end_lineno: lineno, col_offset: -1, end_col_offset: -1 };
            self.op(Op::RETURN_GENERATOR, loc);
            self.op(Op::POP_TOP, loc);
        }
        self.op_arg(Op::RESUME, 0, loc);
        if scope == ScopeKind::Module {
            self.op(Op::ANNOTATIONS_PLACEHOLDER, loc);
        }
        Ok(())
    }

    pub(crate) fn exit_scope(&mut self) {
        self.units.pop();
    }

    /// The qualified name of a unit that is about to be entered.
    fn qualname(&self, unit: &Unit<'_>) -> Text {
        let name = super::text(&unit.name);
        let Some(mut index) = self.units.len().checked_sub(1).filter(|at| *at > 0) else { return name };
        if self.units[index].scope == ScopeKind::Annotations {
            // The scope of type parameters does not appear in names.
            index -= 1;
            if index == 0 {
                return name;
            }
        }
        let parent = &self.units[index];
        if matches!(unit.scope, ScopeKind::Function | ScopeKind::AsyncFunction | ScopeKind::Class) {
            let mangled = crate::mangle::mangle(parent.private.as_ref(), &unit.name);
            if self.table.block(parent.block).scope(&mangled) == Scope::GlobalExplicit {
                return name;
            }
        }
        let mut qualname = parent.qualname.as_bytes().to_vec();
        if matches!(parent.scope, ScopeKind::Function | ScopeKind::AsyncFunction | ScopeKind::Lambda) {
            qualname.extend_from_slice(b".<locals>");
        }
        qualname.push(b'.');
        qualname.extend_from_slice(name.as_bytes());
        Text::from_wtf8(qualname)
    }

    fn code_flags(&self) -> u32 {
        let block = self.block();
        let mut code_flags = 0;
        let mut set = |condition: bool, flag: u32| {
            if condition {
                code_flags |= flag;
            }
        };
        if block.is_function_like() {
            set(true, flags::CO_NEWLOCALS | flags::CO_OPTIMIZED);
            set(block.nested, flags::CO_NESTED);
            set(block.generator && !block.coroutine, flags::CO_GENERATOR);
            set(!block.generator && block.coroutine, flags::CO_COROUTINE);
            set(block.generator && block.coroutine, flags::CO_ASYNC_GENERATOR);
            set(block.varargs, flags::CO_VARARGS);
            set(block.varkeywords, flags::CO_VARKEYWORDS);
            set(block.has_docstring, flags::CO_HAS_DOCSTRING);
        }
        set(block.method, flags::CO_METHOD);
        let top_level_await = self.options.top_level_await && self.units.len() == 1;
        set(top_level_await && block.coroutine && !block.generator, flags::CO_COROUTINE);
        code_flags | (self.features & flags::PYCF_MASK)
    }

    /// Returns at the end of the current unit, from `None` if asked for.
    pub(super) fn end_code(&mut self, add_none: bool) {
        if add_none {
            self.load_const(Const::None, Location::NONE);
        }
        self.op(Op::RETURN_VALUE, Location::NONE);
    }

    /// Hands a finished unit's sequence to the unit around it.
    fn keep_nested(&mut self, mut sequence: Sequence) {
        sequence.nested = std::mem::take(&mut self.unit().nested);
        let around = self.units.len().checked_sub(2).and_then(|at| self.units.get_mut(at));
        if let Some(around) = around {
            around.nested.push(sequence);
        }
    }

    /// Optimises the current unit and makes its code object; `add_none` lets it return `None` at its end.
    pub(crate) fn assemble(&mut self, add_none: bool) -> Result<Code> {
        let code_flags = self.code_flags();
        self.end_code(add_none);
        let params = self.block().varnames.len();
        let filename = self.filename.clone();
        let name = super::text(&self.unit_ref().name);
        let unit = self.unit();
        let sequence = std::mem::take(&mut unit.sequence);
        let consts = std::mem::take(&mut unit.consts).into_keys().map(|constant| constant.0).collect();
        if self.keep_sequences {
            self.keep_nested(sequence.clone());
        }
        let last = self.units.len().saturating_sub(1);
        let unit = &self.units[last];
        let stack_depth = self.graph.optimize(&sequence, unit, consts, params)?;
        self.spare.push(sequence.cleared());
        let (graph, scratch) = (&mut self.graph, &mut self.scratch);
        assemble::make_code(graph, stack_depth, unit, name, filename, code_flags, scratch)
    }

    /// Makes a function of a code object: its closure, the function itself, its attributes.
    pub(crate) fn make_closure(&mut self, code: Code, attributes: u32, loc: Location) -> Result<()> {
        let mut attributes = attributes;
        let free: Vec<Text> = code.freevars().cloned().collect();
        if !free.is_empty() {
            for text in &free {
                let name = Name::new(syntax::text::Text::from_bytes(text.as_bytes().to_vec()).unwrap_or_default());
                let arg = self.lookup_closure(&name)?;
                self.op_arg(Op::LOAD_CLOSURE, arg, loc);
            }
            attributes |= CLOSURE;
            self.op_count(Op::BUILD_TUPLE, free.len(), loc);
        }
        self.load_const(Const::Code(Arc::new(code)), loc);
        self.op(Op::MAKE_FUNCTION, loc);
        for attribute in [CLOSURE, ANNOTATIONS, ANNOTATE, KWDEFAULTS, DEFAULTS] {
            if attributes & attribute != 0 {
                self.op_arg(Op::SET_FUNCTION_ATTRIBUTE, attribute, loc);
            }
        }
        Ok(())
    }

    /// The number of a variable that an inner function closes over.
    fn lookup_closure(&self, name: &Name) -> Result<u32> {
        let unit = self.unit_ref();
        let index = match self.reference_scope(name) {
            Scope::Cell => unit.cellvars.position(name),
            _ => unit.freevars.position(name).map(|at| at + unit.free_offset),
        };
        index.and_then(|at| u32::try_from(at).ok()).ok_or_else(|| {
            CompileError::system(format!(
                "compiler_lookup_arg(name={}) failed in {}",
                super::quoted(name),
                unit.name.to_string_lossy()
            ))
        })
    }

    /// How the unit holds a variable that an inner function uses.
    pub(crate) fn reference_scope(&self, name: &Name) -> Scope {
        let implicit = ["__class__", "__classdict__", "__conditional_annotations__"];
        if self.unit_ref().scope == ScopeKind::Class && implicit.iter().any(|cell| *name == *cell) {
            return Scope::Cell;
        }
        self.block().scope(name)
    }

    /// Wraps the unit's code in a handler that turns `StopIteration` into `RuntimeError`.
    pub(crate) fn wrap_in_stop_iteration_handler(&mut self) {
        let handler = self.new_label();
        let sequence = &mut self.unit().sequence;
        let resume = sequence.instructions.iter().position(|i| i.op == Op::RESUME).unwrap_or(0);
        sequence.insert(resume, Instruction { op: Op::SETUP_CLEANUP, arg: handler.0, loc: Location::NONE });
        self.load_const(Const::None, Location::NONE);
        self.op(Op::RETURN_VALUE, Location::NONE);
        self.place(handler);
        self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::STOPITERATION_ERROR, Location::NONE);
        self.op_arg(Op::RERAISE, 1, Location::NONE);
    }
}

/// Attributes of a function, operands of `SET_FUNCTION_ATTRIBUTE`.
pub(crate) const DEFAULTS: u32 = 0x01;
pub(crate) const KWDEFAULTS: u32 = 0x02;
pub(crate) const ANNOTATIONS: u32 = 0x04;
pub(crate) const CLOSURE: u32 = 0x08;
pub(crate) const ANNOTATE: u32 = 0x10;

/// Operands of `CALL_INTRINSIC_1` and `CALL_INTRINSIC_2`.
pub(crate) mod intrinsic {
    pub const PRINT: u32 = 1;
    pub const IMPORT_STAR: u32 = 2;
    pub const STOPITERATION_ERROR: u32 = 3;
    pub const ASYNC_GEN_WRAP: u32 = 4;
    pub const UNARY_POSITIVE: u32 = 5;
    pub const LIST_TO_TUPLE: u32 = 6;
    pub const TYPEVAR: u32 = 7;
    pub const PARAMSPEC: u32 = 8;
    pub const TYPEVARTUPLE: u32 = 9;
    pub const SUBSCRIPT_GENERIC: u32 = 10;
    pub const TYPEALIAS: u32 = 11;
    pub const PREP_RERAISE_STAR: u32 = 1;
    pub const TYPEVAR_WITH_BOUND: u32 = 2;
    pub const TYPEVAR_WITH_CONSTRAINTS: u32 = 3;
    pub const SET_FUNCTION_TYPE_PARAMS: u32 = 4;
    pub const SET_TYPEPARAM_DEFAULT: u32 = 5;
}

/// Operands of `LOAD_COMMON_CONSTANT`.
pub(crate) mod common {
    pub const ASSERTION_ERROR: u32 = 0;
    pub const NOT_IMPLEMENTED_ERROR: u32 = 1;
    pub const TUPLE: u32 = 2;
    pub const ALL: u32 = 3;
    pub const ANY: u32 = 4;
}

/// The names of a block with a scope or flag, sorted.
fn sorted_symbols(block: &Block, scope: Scope, flag: u32) -> OrderedMap<Name, ()> {
    let mut names: Vec<&Name> = block
        .symbols
        .iter()
        .filter(|(_, flags)| Scope::of(**flags) == scope || **flags & flag != 0)
        .map(|(name, _)| name)
        .collect();
    names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    let mut map = OrderedMap::default();
    for name in names {
        map.intern(name);
    }
    map
}
