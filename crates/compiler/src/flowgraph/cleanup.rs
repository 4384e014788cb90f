//! Removal of what is not needed: unreachable blocks, `NOP`s, jumps; inlining of small blocks; line numbers.

use super::{BlockId, Graph, Instr};
use crate::error::{CompileError, Result};
use crate::instructions::OpKind;
use bytecode::{Location, Op};

/// Blocks that end the function are copied to their jumps up to this size.
const MAX_COPY_SIZE: usize = 4;

impl Graph {
    pub(super) fn remove_unreachable(&mut self) {
        for block in &mut self.blocks {
            block.predecessors = 0;
            block.visited = false;
        }
        self.blocks[0].predecessors = 1;
        self.blocks[0].visited = true;
        let mut stack = vec![0];
        while let Some(id) = stack.pop() {
            let block = &self.blocks[id];
            let mut successors: Vec<BlockId> = block.next.filter(|_| block.falls_through()).into_iter().collect();
            successors.extend(block.instrs.iter().filter(|instr| instr.op.has_target()).filter_map(|i| i.target));
            for target in successors {
                let target_block = &mut self.blocks[target];
                target_block.predecessors += 1;
                if !target_block.visited {
                    target_block.visited = true;
                    stack.push(target);
                }
            }
        }
        for id in self.order() {
            let block = &mut self.blocks[id];
            if block.predecessors == 0 {
                block.instrs.clear();
                block.is_handler = false;
            }
        }
    }

    fn remove_redundant_nops_in(&mut self, id: BlockId) -> usize {
        let next_line = |graph: &Graph| {
            let next = graph.next_nonempty(graph.blocks[id].next)?;
            let first = graph.blocks[next].instrs.iter().find(|i| !(i.op == Op::NOP && i.loc.lineno < 0));
            Some(first.map_or(-1, |instr| instr.loc.lineno))
        };
        let mut instrs = std::mem::take(&mut self.blocks[id].instrs);
        let before = instrs.len();
        let mut kept: Vec<Instr> = Vec::with_capacity(before);
        let mut previous_line = -1;
        for index in 0..before {
            let instr = instrs[index];
            let line = instr.loc.lineno;
            if instr.op == Op::NOP {
                if line < 0 || previous_line == line {
                    continue;
                }
                if let Some(following) = instrs.get_mut(index + 1) {
                    if following.loc.lineno == line {
                        continue;
                    }
                    if following.loc.lineno < 0 {
                        following.loc = instr.loc;
                        continue;
                    }
                } else if next_line(self) == Some(line) {
                    continue;
                }
            }
            kept.push(instr);
            previous_line = line;
        }
        let removed = before - kept.len();
        let block = &mut self.blocks[id];
        for dead in instrs.iter().skip(kept.len()).rev() {
            block.stale_handlers.push_front(dead.except);
        }
        block.instrs = kept;
        removed
    }

    pub(super) fn remove_redundant_nops(&mut self) -> usize {
        self.order().into_iter().map(|id| self.remove_redundant_nops_in(id)).sum()
    }

    /// Removes a load or copy whose value is popped at once.
    pub(super) fn remove_redundant_nops_and_pairs(&mut self) {
        let mut done = false;
        while !done {
            done = true;
            let mut last: Option<(BlockId, usize)> = None;
            for id in self.order() {
                self.remove_redundant_nops_in(id);
                if self.blocks[id].labelled {
                    last = None;
                }
                for index in 0..self.blocks[id].instrs.len() {
                    let previous = last.replace((id, index));
                    let Some((previous_block, previous_index)) = previous else { continue };
                    let before = self.blocks[previous_block].instrs[previous_index];
                    let pushes =
                        matches!(before.op, Op::LOAD_CONST | Op::LOAD_SMALL_INT) || (before.op == Op::COPY && before.arg == 1);
                    if self.blocks[id].instrs[index].op == Op::POP_TOP && pushes {
                        self.blocks[previous_block].instrs[previous_index].nop();
                        self.blocks[id].instrs[index].nop();
                        done = false;
                    }
                }
                let jumps = last.is_some_and(|(block, index)| self.blocks[block].instrs[index].op.is_jump());
                if jumps || !self.blocks[id].falls_through() {
                    last = None;
                }
            }
        }
    }

    fn remove_redundant_jumps(&mut self) -> Result<usize> {
        let mut changes = 0;
        for id in self.order() {
            let Some(last) = self.blocks[id].last().copied() else { continue };
            if !last.op.is_unconditional_jump() {
                continue;
            }
            let target = self.next_nonempty(last.target).ok_or_else(|| CompileError::system("jump with NULL target"))?;
            if Some(target) == self.next_nonempty(self.blocks[id].next)
                && let Some(last) = self.blocks[id].instrs.last_mut()
            {
                last.nop();
                changes += 1;
            }
        }
        Ok(changes)
    }

    pub(super) fn remove_redundant_nops_and_jumps(&mut self) -> Result<()> {
        while self.remove_redundant_nops() + self.remove_redundant_jumps()? > 0 {}
        Ok(())
    }

    /// Copies small blocks that end the function, and blocks without lines, to the jumps that lead to them.
    pub(super) fn inline_small_blocks(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for id in self.order() {
                changed |= self.inline_small_block(id);
            }
        }
    }

    fn inline_small_block(&mut self, id: BlockId) -> bool {
        let Some(last) = self.blocks[id].last().copied() else { return false };
        let Some(target) = last.target.filter(|_| last.op.is_unconditional_jump()) else { return false };
        let block = &self.blocks[target];
        let small_exit = block.exits_scope() && block.instrs.len() <= MAX_COPY_SIZE;
        let no_lines = block.has_no_lineno() && !block.falls_through();
        if !small_exit && !no_lines {
            return false;
        }
        let copied = block.instrs.clone();
        self.blocks[id].forget_stale(copied.len());
        let instrs = &mut self.blocks[id].instrs;
        if let Some(jump) = instrs.last_mut() {
            jump.nop();
        }
        instrs.extend(copied);
        if no_lines
            && last.op == Op::JUMP
            && let Some(end) = instrs.last_mut()
            && end.op.is_unconditional_jump()
        {
            // Evaluation-breaker checks are not lost.
            end.op = Op::JUMP;
        }
        let target = &mut self.blocks[target];
        target.predecessors = target.predecessors.saturating_sub(1);
        true
    }

    fn is_exit_without_lineno(&self, id: BlockId) -> bool {
        let block = &self.blocks[id];
        let checks = block.instrs.iter().any(|instr| instr.op.has_eval_break());
        (block.exits_scope() || checks) && block.has_no_lineno()
    }

    /// Gives every instruction that may need one a line, copying exits that are reached from several lines.
    pub(super) fn resolve_line_numbers(&mut self) {
        self.duplicate_exits_without_lineno();
        self.propagate_line_numbers();
    }

    fn duplicate_exits_without_lineno(&mut self) {
        let mut at = Some(0);
        while let Some(id) = at {
            if let Some(last) = self.blocks[id].last().copied()
                && last.op.is_jump()
                && let Some(target) = self.next_nonempty(last.target)
                && self.is_exit_without_lineno(target)
                && self.blocks[target].predecessors > 1
            {
                let instrs = self.blocks[target].instrs.clone();
                let copy = self.append_block(target);
                let block = &mut self.blocks[copy];
                block.instrs = instrs;
                block.predecessors = 1;
                block.labelled = true;
                if let Some(first) = block.instrs.first_mut() {
                    first.loc = last.loc;
                }
                self.blocks[target].predecessors -= 1;
                if let Some(last) = self.blocks[id].instrs.last_mut() {
                    last.target = Some(copy);
                }
            }
            at = self.blocks[id].next;
        }
        for id in self.order() {
            let block = &self.blocks[id];
            let Some(next) = block.next.filter(|_| block.falls_through()) else { continue };
            let Some(last) = block.last().copied() else { continue };
            if self.is_exit_without_lineno(next)
                && let Some(first) = self.blocks[next].instrs.first_mut()
            {
                first.loc = last.loc;
            }
        }
    }

    fn propagate_line_numbers(&mut self) {
        for id in self.order() {
            let mut previous = Location::NONE;
            for instr in &mut self.blocks[id].instrs {
                if instr.loc.lineno == Location::NONE.lineno {
                    instr.loc = previous;
                } else {
                    previous = instr.loc;
                }
            }
            let block = &self.blocks[id];
            let Some(last) = block.last() else { continue };
            let next = block.next.filter(|_| block.falls_through());
            let target = last.target.filter(|_| last.op.is_jump());
            for successor in [next, target].into_iter().flatten() {
                let successor = &mut self.blocks[successor];
                if successor.predecessors == 1
                    && let Some(first) = successor.instrs.first_mut()
                    && first.loc.lineno == Location::NONE.lineno
                {
                    first.loc = previous;
                }
            }
        }
    }
}
