//! The stages of compilation one by one, as `_testinternalcapi` shows them: code generation, the flow graph's optimisations,
//! assembly.

use crate::assemble;
use crate::codegen::unit::{Arity, ScopeKind, Unit};
use crate::codegen::{self, docstring};
use crate::error::{CompileError, Result, WarnSink};
use crate::flowgraph;
use crate::instructions::{OpKind, Sequence};
use crate::ordered::OrderedMap;
use crate::symtable::Symtable;
use crate::{CompileOptions, future, preprocess, symtable};
use bytecode::{Code, Const, Location, Op, Text, flags};
use std::collections::BTreeSet;
use syntax::ast::{Constant, Mod};
use syntax::text::Name;

/// Instructions in order, with labels that jumps refer to.
#[derive(Clone, Debug, Default)]
pub struct Instructions(Sequence);

/// What a code object needs besides its instructions. Names are in order.
#[derive(Clone, Debug)]
pub struct Metadata {
    pub name: Name,
    pub qualname: Name,
    pub names: Vec<Name>,
    pub varnames: Vec<Name>,
    pub cellvars: Vec<Name>,
    pub freevars: Vec<Name>,
    pub fasthidden: Vec<Name>,
    pub argcount: usize,
    pub posonlyargcount: usize,
    pub kwonlyargcount: usize,
    pub firstlineno: i32,
    /// How many constants there are; who assembles puts them in.
    pub consts: usize,
}

impl Instructions {
    pub fn push(&mut self, op: Op, arg: u32, location: Location) {
        self.0.push(op, arg, location);
    }

    /// The number of a new label.
    pub fn new_label(&mut self) -> u32 {
        self.0.new_label().0
    }

    /// Puts the label with this number here.
    pub fn use_label(&mut self, label: usize) {
        if self.0.labels.len() <= label {
            self.0.labels.resize(label + 1, None);
        }
        if let Some(place) = self.0.labels.get_mut(label) {
            *place = Some(self.0.instructions.len());
        }
    }

    /// Each instruction; the operand of a jump is the index of its target.
    pub fn iter(&self) -> impl Iterator<Item = (Op, u32, Location)> {
        self.0.instructions.iter().map(|instruction| {
            let target = if instruction.op.has_target() { self.target(instruction.arg) } else { None };
            (instruction.op, target.unwrap_or(instruction.arg), instruction.loc)
        })
    }

    fn target(&self, label: u32) -> Option<u32> {
        let place = usize::try_from(label).ok().and_then(|at| self.0.labels.get(at).copied().flatten())?;
        u32::try_from(place).ok()
    }

    /// The sequences of the functions inside.
    pub fn nested(&self) -> impl Iterator<Item = Instructions> {
        self.0.nested.iter().cloned().map(Instructions)
    }

    /// The sequence for the flow graph; without labels, jumps hold the index of their target.
    fn resolved(&self) -> Sequence {
        let mut sequence = self.0.clone();
        if sequence.labels.is_empty() {
            sequence.labels = (0..=sequence.instructions.len()).map(Some).collect();
        }
        sequence
    }
}

/// The instructions of a module as they are generated, and its constants. The module is preprocessed in place.
pub fn generate(
    module: &mut Mod,
    filename: impl Into<Text>,
    options: &CompileOptions,
    warnings: &mut dyn WarnSink,
) -> Result<(Instructions, Vec<Const>)> {
    let mut future = future::from_ast(module)?;
    future.features |= options.flags & flags::PYCF_MASK;
    let preprocess = preprocess::Options {
        optimize: options.optimize,
        features: future.features,
        syntax_check_only: false,
        warnings: Some(&mut *warnings),
        stack: options.stack,
    };
    preprocess::preprocess(module, preprocess)?;
    let table = symtable::build(module, &future, options.top_level_await, options.stack)?;
    let (sequence, consts) = codegen::sequence(module, filename.into(), table, future.features, options, warnings)?;
    Ok((Instructions(sequence), consts))
}

/// The instructions after the flow graph's optimisations, and the constants that are left.
pub fn optimize(instructions: &Instructions, consts: Vec<Const>, locals: usize) -> Result<(Instructions, Vec<Const>)> {
    let (sequence, consts) = flowgraph::optimize_only(&instructions.resolved(), consts, locals)?;
    Ok((Instructions(sequence), consts))
}

/// The code object of instructions that are assembled as they are. Its constants are all `None`.
pub fn assemble(instructions: &Instructions, metadata: &Metadata, filename: Text) -> Result<Code> {
    let all = |names: &[Name]| {
        let mut map = OrderedMap::default();
        for name in names {
            map.intern(name);
        }
        map
    };
    let text = |name: &Name| Text::from_wtf8(name.as_bytes());
    let mut fast_hidden = OrderedMap::default();
    metadata.fasthidden.iter().for_each(|name| fast_hidden.insert(name.clone(), false));
    let args = metadata.argcount.checked_sub(metadata.posonlyargcount);
    let unit = Unit {
        block: Symtable::TOP,
        scope: ScopeKind::Function,
        name: metadata.name.clone(),
        qualname: text(&metadata.qualname),
        private: None,
        arity: Arity {
            args: args.ok_or_else(|| CompileError::system("more positional-only parameters than parameters"))?,
            posonly: metadata.posonlyargcount,
            kwonly: metadata.kwonlyargcount,
        },
        firstlineno: metadata.firstlineno,
        consts: OrderedMap::default(),
        names: all(&metadata.names),
        varnames: all(&metadata.varnames),
        free_offset: metadata.cellvars.len(),
        cellvars: all(&metadata.cellvars),
        freevars: all(&metadata.freevars),
        fast_hidden,
        sequence: Sequence::default(),
        stashed: None,
        nested: Vec::new(),
        frame_blocks: Vec::new(),
        inlined_depth: 0,
        conditional_depth: 0,
        deferred_annotations: Vec::new(),
        next_conditional_annotation: 0,
        static_attributes: BTreeSet::new(),
    };
    let consts = vec![Const::None; metadata.consts];
    let mut graph = flowgraph::Graph::default();
    let depth = graph.finish_only(&instructions.resolved(), &unit, consts)?;
    let (name, scratch) = (text(&metadata.name), &mut assemble::Scratch::default());
    assemble::make_code(&mut graph, depth, &unit, name, filename, 0, scratch)
}

/// A constant of a tree as a constant of a code object.
pub fn constant(value: &Constant) -> Const {
    codegen::constant(value)
}

/// A docstring without its indentation.
pub fn clean_docstring(text: &syntax::text::Text) -> Text {
    docstring::clean(text)
}
