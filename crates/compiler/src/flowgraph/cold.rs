//! Moves code that only exceptions reach behind all other code.

use super::graph::Block;
use super::{BlockId, Graph, Instr};
use crate::error::Result;
use crate::instructions::{OpKind, family};
use bytecode::{Location, Op};

impl Graph {
    fn spread(&mut self, mut stack: Vec<BlockId>, mark: impl Fn(&mut Block), stop: impl Fn(&Block) -> bool) {
        while let Some(id) = stack.pop() {
            mark(&mut self.blocks[id]);
            let next = self.successor(id);
            let (instrs, blocks) = self.split(id);
            let targets = instrs.last().into_iter().filter(|instr| instr.op.is_jump()).filter_map(|instr| instr.target);
            for successor in next.into_iter().chain(targets) {
                let block = &mut blocks[successor];
                if !block.visited && !stop(block) {
                    block.visited = true;
                    stack.push(successor);
                }
            }
        }
        self.put_todo(stack);
    }

    /// Tells blocks that exceptions alone reach from the others; whether there are any.
    fn mark_cold(&mut self) -> bool {
        let mut handlers: Vec<BlockId> = Vec::new();
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            if self.blocks[id].is_handler {
                handlers.push(id);
            }
            at = self.blocks[id].next;
        }
        if handlers.is_empty() {
            return false;
        }
        self.clear_visited();
        self.blocks[BlockId::ENTRY].visited = true;
        let mut start = self.take_todo();
        start.push(BlockId::ENTRY);
        self.spread(start, |block| block.warm = true, |_| false);
        self.clear_visited();
        for id in &handlers {
            self.blocks[*id].visited = true;
        }
        self.spread(handlers, |block| block.cold = true, |block| block.warm);
        true
    }

    pub(super) fn push_cold_blocks_to_end(&mut self) -> Result<()> {
        if self.blocks[BlockId::ENTRY].next.is_none() || !self.mark_cold() {
            return Ok(());
        }
        for id in self.order().collect::<Vec<_>>() {
            let Some(next) = self.successor(id).filter(|_| self.blocks[id].cold) else { continue };
            if !self.blocks[next].warm {
                continue;
            }
            // A cold block that ran into a warm one has to jump there.
            self.blocks[next].labelled = true;
            self.unlined = true;
            let jump = self.append_block(id);
            let block = &mut self.blocks[jump];
            block.cold = true;
            block.predecessors = 1;
            let instr = Instr::new(Op::JUMP_NO_INTERRUPT, 0, Location::NONE);
            self.note(jump, family::UNLINED);
            self.push_whole(jump, Instr { target: Some(next), ..instr });
        }
        let (cold, warm): (Vec<BlockId>, Vec<BlockId>) = self.order().partition(|id| self.blocks[*id].cold);
        let moved = !cold.is_empty();
        let mut previous: Option<BlockId> = None;
        for id in warm.into_iter().chain(cold) {
            if let Some(previous) = previous {
                self.blocks[previous].next = Some(id);
            }
            self.blocks[id].next = None;
            previous = Some(id);
        }
        if moved { self.remove_redundant_nops_and_jumps() } else { Ok(()) }
    }
}
