//! Removal of what is not needed: unreachable blocks, `NOP`s, jumps; inlining of small blocks; line numbers.

use super::graph::Block;
use super::{BlockId, Graph, Instr};
use crate::error::{CompileError, Result};
use crate::instructions::{OpKind, family};
use bytecode::{Location, Op};

/// Blocks that end the function are copied to their jumps up to this size.
const MAX_COPY_SIZE: usize = 4;

impl Graph {
    pub(super) fn remove_unreachable(&mut self) {
        for block in self.blocks.iter_mut() {
            block.predecessors = 0;
            block.visited = false;
        }
        self.blocks[BlockId::ENTRY].predecessors = 1;
        self.blocks[BlockId::ENTRY].visited = true;
        let mut todo = self.take_todo();
        todo.push(BlockId::ENTRY);
        while let Some(id) = todo.pop() {
            let Block { next, has, .. } = self.blocks[id];
            let (instrs, blocks) = self.split(id);
            let mut reach = |target: BlockId| {
                let block = &mut blocks[target];
                block.predecessors += 1;
                if !block.visited {
                    block.visited = true;
                    todo.push(target);
                }
            };
            let last = instrs.last().map_or(0, |last| last.op.families());
            if let Some(next) = next.filter(|_| last & (family::UNCONDITIONAL | family::SCOPE_EXIT) == 0) {
                reach(next);
            }
            if has & family::BLOCK_PUSH != 0 {
                instrs.iter().filter(|instr| instr.op.has_target()).filter_map(|instr| instr.target).for_each(reach);
            } else if last & family::JUMP != 0
                && let Some(target) = instrs.last().and_then(|last| last.target)
            {
                reach(target);
            }
        }
        self.put_todo(todo);
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            if self.blocks[id].predecessors == 0 {
                self.truncate(id, 0);
                self.blocks[id].is_handler = false;
            }
            at = self.blocks[id].next;
        }
    }

    /// The line of the first instruction that counts behind a block.
    fn next_line(&self, id: BlockId) -> Option<i32> {
        let next = self.next_nonempty(self.blocks[id].next)?;
        let first = self.instrs(next).iter().find(|i| !(i.op == Op::NOP && i.loc.lineno < 0));
        Some(first.map_or(-1, |instr| instr.loc.lineno))
    }

    fn remove_redundant_nops_in(&mut self, id: BlockId) -> usize {
        if !self.blocks[id].nops {
            return 0;
        }
        let Some(first) = self.instrs(id).iter().position(|instr| instr.op == Op::NOP) else {
            self.blocks[id].nops = false;
            return 0;
        };
        let (instrs, _) = self.split(id);
        let before = instrs.len();
        let mut kept = first;
        let mut previous_line = first.checked_sub(1).and_then(|at| instrs.get(at)).map_or(-1, |instr| instr.loc.lineno);
        let mut last_line = None;
        let mut stay = false;
        for index in first..before {
            let instr = instrs[index];
            let line = instr.loc.lineno;
            if instr.op == Op::NOP {
                if line < 0 || previous_line == line {
                    continue;
                }
                let Some(following) = instrs.get_mut(index + 1) else {
                    // Whether it stays depends on what follows the block.
                    last_line = Some(line);
                    continue;
                };
                if following.loc.lineno == line {
                    continue;
                }
                if following.loc.lineno < 0 {
                    following.loc = instr.loc;
                    continue;
                }
                stay = true;
            }
            instrs[kept] = instr;
            kept += 1;
            previous_line = line;
        }
        if last_line.is_some() && self.next_line(id) != last_line {
            let (instrs, _) = self.split(id);
            instrs[kept] = instrs[before - 1];
            kept += 1;
            stay = true;
        }
        self.blocks[id].nops = stay;
        self.truncate(id, kept);
        before - kept
    }

    pub(super) fn remove_redundant_nops(&mut self) -> usize {
        let mut removed = 0;
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            removed += self.remove_redundant_nops_in(id);
            at = self.blocks[id].next;
        }
        removed
    }

    /// Removes a load or copy whose value is popped at once.
    pub(super) fn remove_redundant_nops_and_pairs(&mut self) {
        let mut done = false;
        while !done {
            done = true;
            // The instruction before, if it pushes what a `POP_TOP` would take.
            let mut pushed: Option<(BlockId, usize)> = None;
            let mut at = Some(BlockId::ENTRY);
            while let Some(id) = at {
                self.remove_redundant_nops_in(id);
                if self.blocks[id].labelled {
                    pushed = None;
                }
                let pops = self.blocks[id].has & family::POP_TOP != 0;
                if !pops && let Some(last) = self.last(id) {
                    pushed = pushes(last).then(|| (id, self.blocks[id].len() - 1));
                }
                for index in 0..if pops { self.blocks[id].len() } else { 0 } {
                    let instr = &self.instrs(id)[index];
                    let pushes = pushes(instr);
                    let pops = instr.op == Op::POP_TOP;
                    if let Some((block, place)) = pushed
                        && pops
                    {
                        self.instrs_mut(id)[index].nop();
                        self.instrs_mut(block)[place].nop();
                        done = false;
                    }
                    pushed = pushes.then_some((id, index));
                }
                if !self.falls_through(id) || self.last(id).is_some_and(|last| last.op.is_jump()) {
                    pushed = None;
                }
                at = self.blocks[id].next;
            }
        }
    }

    fn remove_redundant_jumps(&mut self) -> Result<usize> {
        let mut changes = 0;
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            at = self.blocks[id].next;
            let Some(last) = self.last(id) else { continue };
            if !last.op.is_unconditional_jump() {
                continue;
            }
            let target = self.next_nonempty(last.target).ok_or_else(|| CompileError::system("jump with NULL target"))?;
            if Some(target) == self.next_nonempty(at)
                && let Some(last) = self.last_mut(id)
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
            let mut at = Some(BlockId::ENTRY);
            while let Some(id) = at {
                changed |= self.inline_small_block(id);
                at = self.blocks[id].next;
            }
        }
    }

    fn inline_small_block(&mut self, id: BlockId) -> bool {
        let Some(last) = self.last(id).copied() else { return false };
        let Some(target) = last.target.filter(|_| last.op.is_unconditional_jump()) else { return false };
        let small_exit = self.exits_scope(target) && self.blocks[target].len() <= MAX_COPY_SIZE;
        let no_lines = !small_exit && !self.falls_through(target) && self.has_no_lineno(target);
        if !small_exit && !no_lines {
            return false;
        }
        if let Some(jump) = self.last_mut(id) {
            jump.nop();
        }
        self.push_copies(id, target);
        if no_lines
            && last.op == Op::JUMP
            && let Some(end) = self.last_mut(id)
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
        if self.blocks[id].has & family::UNLINED == 0 {
            return false;
        }
        let checks = || self.instrs(id).iter().any(|instr| instr.op.has_eval_break());
        self.has_no_lineno(id) && (self.exits_scope(id) || checks())
    }

    /// Gives every instruction that may need one a line, copying exits that are reached from several lines.
    pub(super) fn resolve_line_numbers(&mut self) {
        self.duplicate_exits_without_lineno();
        self.unlined = self.propagate_line_numbers();
    }

    fn duplicate_exits_without_lineno(&mut self) {
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            if let Some(last) = self.last(id).copied()
                && last.op.is_jump()
                && let Some(target) = self.next_nonempty(last.target)
                && self.blocks[target].predecessors > 1
                && self.is_exit_without_lineno(target)
            {
                let copy = self.append_block(target);
                self.push_copies(copy, target);
                let block = &mut self.blocks[copy];
                block.predecessors = 1;
                block.labelled = true;
                if let Some(first) = self.split(copy).0.first_mut() {
                    first.loc = last.loc;
                }
                self.blocks[target].predecessors -= 1;
                if let Some(last) = self.split(id).0.last_mut() {
                    last.target = Some(copy);
                }
            }
            at = self.blocks[id].next;
        }
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            at = self.blocks[id].next;
            let Some(next) = self.successor(id) else { continue };
            let Some(loc) = self.last(id).map(|last| last.loc) else { continue };
            if self.is_exit_without_lineno(next)
                && let Some(first) = self.split(next).0.first_mut()
            {
                first.loc = loc;
            }
        }
    }

    /// Lines from instruction to instruction; whether one is left that has none.
    fn propagate_line_numbers(&mut self) -> bool {
        let mut at = Some(BlockId::ENTRY);
        let mut unlined = false;
        while let Some(id) = at {
            let mut previous = Location::NONE;
            if self.blocks[id].has & family::UNLINED != 0 {
                let mut left = false;
                for instr in self.split(id).0 {
                    if instr.loc.lineno == Location::NONE.lineno {
                        instr.loc = previous;
                    } else {
                        previous = instr.loc;
                    }
                    left |= instr.loc.lineno < 0;
                }
                if !left {
                    self.blocks[id].has &= !family::UNLINED;
                }
                unlined |= left;
            } else if let Some(last) = self.last(id) {
                previous = last.loc;
            }
            at = self.blocks[id].next;
            let Some(last) = self.last(id) else { continue };
            let target = last.target.filter(|_| last.op.is_jump());
            for successor in [self.successor(id), target].into_iter().flatten() {
                if self.blocks[successor].predecessors == 1
                    && let Some(first) = self.split(successor).0.first_mut()
                    && first.loc.lineno == Location::NONE.lineno
                {
                    first.loc = previous;
                }
            }
        }
        unlined
    }
}

/// Whether a `POP_TOP` behind the instruction would undo it.
fn pushes(instr: &Instr) -> bool {
    matches!(instr.op, Op::LOAD_CONST | Op::LOAD_SMALL_INT) || (instr.op == Op::COPY && instr.arg == 1)
}
