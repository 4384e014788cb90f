//! The control-flow graph of a unit and the passes over it.
//!
//! Basic blocks are numbered in order of creation and chained in the order of the code. Passes that remove instructions
//! leave `NOP`s first, which go away later where no line needs them.

mod cleanup;
mod cold;
mod exceptions;
mod graph;
mod load_fast;
mod locals;
mod lower;
mod peephole;
mod sequences;
mod swaps;

use crate::codegen::unit::Unit;
use crate::error::Result;
use crate::instructions::{OpKind, Sequence, family};
use bytecode::Const;

pub(crate) use graph::{BlockId, Graph, Instr};
pub(crate) use lower::fixed_offsets;

/// A sequence with its constants after the optimisations, before pseudo-instructions are replaced.
pub(crate) fn optimize_only(sequence: &Sequence, consts: Vec<Const>, locals: usize) -> Result<(Sequence, Vec<Const>)> {
    let mut graph = Graph::default();
    graph.load(sequence, consts)?;
    graph.improve(locals, 0)?;
    graph.borrow_locals();
    Ok(graph.into_sequence())
}

impl Graph {
    /// Runs all passes on a unit's instructions; returns the depth of its stack.
    pub(crate) fn optimize(&mut self, sequence: &Sequence, unit: &Unit<'_>, consts: Vec<Const>, params: usize) -> Result<u32> {
        self.load(sequence, consts)?;
        self.improve(unit.varnames.len(), params)?;
        self.finish(unit)
    }

    /// The last steps alone, for a sequence that is to be assembled as it is; returns the depth of its stack.
    pub(crate) fn finish_only(&mut self, sequence: &Sequence, unit: &Unit<'_>, consts: Vec<Const>) -> Result<u32> {
        self.load(sequence, consts)?;
        self.label_exception_targets()?;
        self.finish(unit)
    }

    /// The optimisations.
    fn improve(&mut self, locals: usize, params: usize) -> Result<()> {
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
        if self.unlined {
            self.resolve_line_numbers();
        }
        Ok(())
    }

    /// From pseudo-instructions to what the assembler takes.
    fn finish(&mut self, unit: &Unit<'_>) -> Result<u32> {
        self.lower_conditional_jumps();
        let stack_depth = self.stack_depth()?;
        self.prepare_locals(unit);
        self.lower_pseudo_ops()?;
        self.normalize_jumps();
        self.borrow_locals();
        Ok(stack_depth)
    }

    /// The blocks in a row; each has a label with its number.
    fn into_sequence(mut self) -> (Sequence, Vec<Const>) {
        let mut sequence = Sequence { labels: vec![None; self.blocks.len()], ..Sequence::default() };
        for id in self.order() {
            if let Some(label) = sequence.labels.get_mut(id.index()) {
                *label = Some(sequence.instructions.len());
                for instr in self.instrs(id) {
                    let target = instr.target.filter(|_| instr.op.has_target());
                    let arg = target.map_or(instr.arg, |target| u32::try_from(target.index()).unwrap_or(u32::MAX));
                    sequence.push(instr.op, arg, instr.loc);
                }
            }
        }
        (sequence, std::mem::take(&mut self.consts))
    }

    fn remove_unused_consts(&mut self) {
        let mut used = vec![false; self.consts.len()];
        // The first constant may be the docstring.
        if let Some(first) = used.first_mut() {
            *first = true;
        }
        for id in self.order().filter(|id| self.blocks[*id].has & family::CONST != 0) {
            for instr in self.instrs(id).iter().filter(|instr| instr.op.has_const()) {
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
        self.forget_const_index();
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            at = self.blocks[id].next;
            if self.blocks[id].has & family::CONST == 0 {
                continue;
            }
            for instr in self.split(id).0.iter_mut().filter(|instr| instr.op.has_const()) {
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
