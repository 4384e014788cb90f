//! The control-flow graph of a unit and the passes over it.
//!
//! Basic blocks are numbered in order of creation and chained in the order of the code. Passes that remove instructions
//! leave `NOP`s first, which go away later where no line needs them.

mod cleanup;
mod cold;
mod exceptions;
mod load_fast;
mod locals;
mod lower;
mod peephole;
mod sequences;
mod swaps;

use crate::codegen::unit::Unit;
use crate::error::{CompileError, Result};
use crate::hash::HashMap;
use crate::instructions::{OpKind, Sequence};
use bytecode::{Const, ConstKey, Location, Op};
use std::collections::VecDeque;

pub(crate) use lower::fixed_offsets;

/// Index of a block.
pub(crate) type BlockId = usize;

/// An instruction in a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instr {
    pub op: Op,
    pub arg: u32,
    pub loc: Location,
    /// Where a jump or the set-up of a handler leads.
    pub target: Option<BlockId>,
    /// The handler in force.
    pub except: Option<BlockId>,
}

impl Instr {
    fn new(op: Op, arg: u32, loc: Location) -> Instr {
        Instr { op, arg, loc, target: None, except: None }
    }

    /// Changes the instruction; location and handler stay.
    fn set(&mut self, op: Op, arg: u32) {
        self.op = op;
        self.arg = arg;
    }

    fn nop(&mut self) {
        self.set(Op::NOP, 0);
    }
}

/// A basic block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub instrs: Vec<Instr>,
    pub next: Option<BlockId>,
    /// Whether jumps lead here, as the code was written.
    labelled: bool,
    predecessors: usize,
    /// Depth of the stack at the start.
    pub start_depth: Option<u32>,
    is_handler: bool,
    pub preserve_lasti: bool,
    visited: bool,
    cold: bool,
    warm: bool,
    unsafe_locals: u64,
    /// Handlers of instructions that were removed from the end: as in CPython, an instruction that is added there later
    /// has the handler of the one whose place it takes.
    stale_handlers: VecDeque<Option<BlockId>>,
}

impl Block {
    /// Adds an instruction at the end.
    fn push(&mut self, mut instr: Instr) {
        instr.except = self.stale_handlers.pop_front().flatten();
        self.instrs.push(instr);
    }

    /// Notes that `count` places behind the end were written over.
    fn forget_stale(&mut self, count: usize) {
        self.stale_handlers.drain(..count.min(self.stale_handlers.len()));
    }

    fn last(&self) -> Option<&Instr> {
        self.instrs.last()
    }

    fn exits_scope(&self) -> bool {
        self.last().is_some_and(|last| last.op.is_scope_exit())
    }

    fn falls_through(&self) -> bool {
        !self.last().is_some_and(|last| last.op.is_scope_exit() || last.op.is_unconditional_jump())
    }

    fn has_no_lineno(&self) -> bool {
        self.instrs.iter().all(|instr| instr.loc.lineno < 0)
    }
}

/// The graph; block 0 is the entry.
pub(crate) struct Graph {
    pub blocks: Vec<Block>,
    consts: Vec<Const>,
    const_index: HashMap<ConstKey, usize>,
}

/// What assembly needs.
pub(crate) struct Optimized {
    pub blocks: Vec<Block>,
    /// Blocks in the order of the code.
    pub order: Vec<BlockId>,
    pub consts: Vec<Const>,
    pub stack_depth: u32,
}

/// Runs all passes on a unit's instructions.
pub(crate) fn optimize(sequence: Sequence, unit: &Unit<'_>, consts: Vec<Const>, params: usize) -> Result<Optimized> {
    let mut graph = Graph::from_sequence(sequence, consts)?;
    graph.improve(unit.varnames.len(), params)?;
    graph.finish(unit)
}

/// A sequence with its constants after the optimisations, before pseudo-instructions are replaced.
pub(crate) fn optimize_only(sequence: Sequence, consts: Vec<Const>, locals: usize) -> Result<(Sequence, Vec<Const>)> {
    let mut graph = Graph::from_sequence(sequence, consts)?;
    graph.improve(locals, 0)?;
    graph.borrow_locals();
    Ok(graph.into_sequence())
}

/// The last steps alone, for a sequence that is to be assembled as it is.
pub(crate) fn finish_only(sequence: Sequence, unit: &Unit<'_>, consts: Vec<Const>) -> Result<Optimized> {
    let mut graph = Graph::from_sequence(sequence, consts)?;
    graph.mark_handlers();
    graph.label_exception_targets()?;
    graph.finish(unit)
}

impl Graph {
    /// The optimisations.
    fn improve(&mut self, locals: usize, params: usize) -> Result<()> {
        self.mark_handlers();
        self.label_exception_targets()?;
        self.inline_small_blocks();
        self.remove_unreachable();
        self.resolve_line_numbers();
        self.optimize_constants();
        self.optimize_blocks();
        self.remove_redundant_nops_and_pairs();
        self.remove_unreachable();
        self.remove_redundant_nops_and_jumps()?;
        self.remove_unused_consts();
        self.check_uninitialized(locals, params);
        self.insert_superinstructions();
        self.push_cold_blocks_to_end()?;
        self.resolve_line_numbers();
        Ok(())
    }

    /// From pseudo-instructions to what the assembler takes.
    fn finish(mut self, unit: &Unit<'_>) -> Result<Optimized> {
        self.lower_conditional_jumps();
        let stack_depth = self.stack_depth()?;
        self.prepare_locals(unit);
        self.lower_pseudo_ops()?;
        self.normalize_jumps();
        self.borrow_locals();
        Ok(Optimized { order: self.order(), blocks: self.blocks, consts: self.consts, stack_depth })
    }

    /// The blocks in a row; each has a label with its number.
    fn into_sequence(self) -> (Sequence, Vec<Const>) {
        let mut sequence = Sequence { labels: vec![None; self.blocks.len()], ..Sequence::default() };
        for id in self.order() {
            if let (Some(block), Some(label)) = (self.blocks.get(id), sequence.labels.get_mut(id)) {
                *label = Some(sequence.instructions.len());
                for instr in &block.instrs {
                    let target = instr.target.filter(|_| instr.op.has_target());
                    let arg = target.map_or(instr.arg, |target| u32::try_from(target).unwrap_or(u32::MAX));
                    sequence.push(instr.op, arg, instr.loc);
                }
            }
        }
        (sequence, self.consts)
    }
}

impl Graph {
    fn from_sequence(sequence: Sequence, consts: Vec<Const>) -> Result<Graph> {
        let const_index = consts.iter().enumerate().map(|(at, value)| (value.key(), at)).collect();
        let mut graph = Graph { blocks: vec![Block::default()], consts, const_index };
        let Sequence { instructions, labels, annotations, nested: _ } = sequence;
        let resolve = |arg: u32| usize::try_from(arg).ok().and_then(|at| labels.get(at).copied().flatten());
        let mut is_target = vec![false; instructions.len() + 1];
        for instruction in instructions.iter().filter(|i| i.op.has_target()) {
            if let Some(slot) = resolve(instruction.arg).and_then(|at| is_target.get_mut(at)) {
                *slot = true;
            }
        }
        let mut block_at = vec![None; instructions.len() + 1];
        let mut current = 0;
        let mut pending = Vec::new();
        for (index, instruction) in instructions.iter().enumerate() {
            if is_target[index] {
                let block = &graph.blocks[current];
                if !block.instrs.is_empty() || block.labelled {
                    current = graph.append_block(current);
                }
                graph.blocks[current].labelled = true;
                block_at[index] = Some(current);
            } else if graph.blocks[current].last().is_some_and(|last| last.op.is_terminator()) {
                current = graph.append_block(current);
            }
            if instruction.op == Op::ANNOTATIONS_PLACEHOLDER {
                for extra in annotations.iter().flatten() {
                    graph.blocks[current].instrs.push(Instr::new(extra.op, extra.arg, extra.loc));
                }
                continue;
            }
            let instr = Instr::new(instruction.op, instruction.arg, instruction.loc);
            if instruction.op.has_target() {
                let target = resolve(instruction.arg).ok_or_else(|| CompileError::system("jump to a label that is nowhere"))?;
                pending.push((current, graph.blocks[current].instrs.len(), target));
            }
            graph.blocks[current].instrs.push(instr);
        }
        for (block, index, target) in pending {
            let target = block_at[target].ok_or_else(|| CompileError::system("jump out of the code"))?;
            graph.blocks[block].instrs[index].target = Some(target);
        }
        Ok(graph)
    }

    /// A new block in the chain behind `after`.
    fn append_block(&mut self, after: BlockId) -> BlockId {
        let id = self.blocks.len();
        let next = self.blocks[after].next.replace(id);
        self.blocks.push(Block { next, ..Block::default() });
        id
    }

    /// The blocks in the order of the code.
    fn order(&self) -> Vec<BlockId> {
        std::iter::successors(Some(0), |id| self.blocks[*id].next).collect()
    }

    fn clear_visited(&mut self) {
        for block in &mut self.blocks {
            block.visited = false;
        }
    }

    fn next_nonempty(&self, from: Option<BlockId>) -> Option<BlockId> {
        let mut at = from;
        while let Some(id) = at {
            if !self.blocks[id].instrs.is_empty() {
                return Some(id);
            }
            at = self.blocks[id].next;
        }
        None
    }

    /// The index of a constant, which is added if it is new.
    fn add_const(&mut self, value: Const) -> u32 {
        if holds_nan(&value) {
            // A NaN equals nothing, itself included.
            self.consts.push(value);
            return u32::try_from(self.consts.len() - 1).unwrap_or(u32::MAX);
        }
        let key = value.key();
        let index = *self.const_index.entry(key).or_insert_with(|| {
            self.consts.push(value);
            self.consts.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// The constant that an instruction loads.
    fn const_value(&self, instr: &Instr) -> Option<Const> {
        match instr.op {
            Op::LOAD_CONST => usize::try_from(instr.arg).ok().and_then(|at| self.consts.get(at)).cloned(),
            Op::LOAD_SMALL_INT => Some(Const::int(i64::from(instr.arg))),
            _ => None,
        }
    }

    fn remove_unused_consts(&mut self) {
        let mut used = vec![false; self.consts.len()];
        // The first constant may be the docstring.
        if let Some(first) = used.first_mut() {
            *first = true;
        }
        let order = self.order();
        for id in &order {
            for instr in self.blocks[*id].instrs.iter().filter(|instr| instr.op.has_const()) {
                if let Some(slot) = used.get_mut(instr.arg as usize) {
                    *slot = true;
                }
            }
        }
        if used.iter().all(|used| *used) {
            return;
        }
        let mut map = Vec::with_capacity(used.len());
        let mut count = 0u32;
        for used in &used {
            map.push(count);
            count += u32::from(*used);
        }
        let mut keep = used.iter();
        self.consts.retain(|_| keep.next().copied().unwrap_or(false));
        self.const_index.clear();
        for id in order {
            for instr in self.blocks[id].instrs.iter_mut().filter(|instr| instr.op.has_const()) {
                if let Some(index) = map.get(instr.arg as usize) {
                    instr.arg = *index;
                }
            }
        }
    }
}

fn holds_nan(value: &Const) -> bool {
    match value {
        Const::Float(value) => value.is_nan(),
        Const::Complex { real, imag } => real.is_nan() || imag.is_nan(),
        Const::Tuple(items) | Const::FrozenSet(items) => items.iter().any(holds_nan),
        _ => false,
    }
}
