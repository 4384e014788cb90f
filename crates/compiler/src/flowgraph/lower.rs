//! From pseudo-instructions to real ones: conditional jumps, cells, handlers' set-up.

use super::{BlockId, Graph, Instr};
use crate::codegen::unit::Unit;
use crate::error::Result;
use crate::instructions::{OpKind, family};
use bytecode::{Location, Op};

impl Graph {
    /// `JUMP_IF_TRUE` keeps the value: it becomes a copy, its truth, and a jump that pops.
    pub(super) fn lower_conditional_jumps(&mut self) {
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            at = self.blocks[id].next;
            let Some(last) = self.last(id).copied() else { continue };
            let op = match last.op {
                Op::JUMP_IF_FALSE => Op::POP_JUMP_IF_FALSE,
                Op::JUMP_IF_TRUE => Op::POP_JUMP_IF_TRUE,
                _ => continue,
            };
            self.truncate(id, self.blocks[id].len() - 1);
            let guarded = |op, arg| Instr { except: last.except, ..Instr::new(op, arg, last.loc) };
            self.push_whole(id, guarded(Op::COPY, 1));
            self.push_whole(id, guarded(Op::TO_BOOL, 0));
            self.push_whole(id, Instr { op, ..last });
        }
    }

    /// Numbers cells and free variables behind the locals, and makes the cells at the start.
    pub(super) fn prepare_locals(&mut self, unit: &Unit<'_>) {
        let fixed = fixed_offsets(unit);
        if fixed.is_empty() {
            return;
        }
        let mut prefix = Vec::new();
        if !unit.freevars.is_empty() {
            let count = u32::try_from(unit.freevars.len()).unwrap_or(u32::MAX);
            prefix.push(Instr::new(Op::COPY_FREE_VARS, count, Location::NONE));
        }
        let mut cells: Vec<u32> = fixed.iter().take(unit.cellvars.len()).copied().collect();
        cells.sort_unstable();
        prefix.extend(cells.into_iter().map(|cell| Instr::new(Op::MAKE_CELL, cell, Location::NONE)));
        for instr in &mut self.code {
            let is_deref = matches!(
                instr.op,
                Op::MAKE_CELL
                    | Op::LOAD_CLOSURE
                    | Op::LOAD_DEREF
                    | Op::STORE_DEREF
                    | Op::DELETE_DEREF
                    | Op::LOAD_FROM_DICT_OR_DEREF
            );
            if is_deref && let Some(offset) = fixed.get(instr.arg as usize) {
                instr.arg = *offset;
            }
        }
        self.prepend(BlockId::ENTRY, &prefix);
    }

    pub(super) fn lower_pseudo_ops(&mut self) -> Result<()> {
        let mut nops = false;
        let any = self.has & (family::BLOCK_PUSH | family::PSEUDO_LOCAL) != 0;
        for instr in if any { self.code.as_mut_slice() } else { &mut [] } {
            match instr.op {
                op if op.is_block_push() => {
                    instr.nop();
                    nops = true;
                }
                Op::LOAD_CLOSURE => instr.op = Op::LOAD_FAST,
                Op::STORE_FAST_MAYBE_NULL => instr.op = Op::STORE_FAST,
                _ => {}
            }
        }
        if nops {
            self.blocks.iter_mut().for_each(|block| block.nops = true);
        }
        self.remove_redundant_nops_and_jumps()
    }

    /// Conditional jumps lead forward only; the way not taken is marked.
    pub(super) fn normalize_jumps(&mut self) {
        self.clear_visited();
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            self.blocks[id].visited = true;
            at = self.blocks[id].next;
            let Some(last) = self.last(id).copied() else { continue };
            let Some(target) = last.target.filter(|_| last.op.is_conditional_jump()) else { continue };
            let not_taken = Instr::new(Op::NOT_TAKEN, 0, last.loc);
            if !self.blocks[target].visited {
                self.push(id, not_taken);
                continue;
            }
            let reversed = match last.op {
                Op::POP_JUMP_IF_NOT_NONE => Op::POP_JUMP_IF_NONE,
                Op::POP_JUMP_IF_NONE => Op::POP_JUMP_IF_NOT_NONE,
                Op::POP_JUMP_IF_FALSE => Op::POP_JUMP_IF_TRUE,
                _ => Op::POP_JUMP_IF_FALSE,
            };
            let Some(next) = self.blocks[id].next else { continue };
            let backwards = self.append_block(id);
            let start_depth = self.blocks[target].start_depth;
            let cold = self.blocks[id].cold;
            let block = &mut self.blocks[backwards];
            block.start_depth = start_depth;
            block.cold = cold;
            block.visited = true;
            self.push_whole(backwards, not_taken);
            self.push_whole(backwards, Instr { target: Some(target), ..Instr::new(Op::JUMP, 0, last.loc) });
            if let Some(last) = self.last_mut(id) {
                last.op = reversed;
                last.target = Some(next);
            }
        }
    }
}

/// The index among all locals of each cell and free variable; a cell that is a parameter stays where it is.
pub(crate) fn fixed_offsets(unit: &Unit<'_>) -> Vec<u32> {
    let locals = unit.varnames.len();
    let mut dropped = 0;
    let cells = unit.cellvars.keys().map(|name| unit.varnames.position(name));
    let all = cells.chain(unit.freevars.keys().map(|_| None));
    all.enumerate()
        .map(|(index, argument)| {
            let offset = argument.unwrap_or_else(|| locals + index - dropped);
            dropped += usize::from(argument.is_some());
            u32::try_from(offset).unwrap_or(u32::MAX)
        })
        .collect()
}
