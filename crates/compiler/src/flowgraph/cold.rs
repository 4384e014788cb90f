//! Moves code that only exceptions reach behind all other code.

use super::{BlockId, Graph, Instr};
use crate::error::Result;
use crate::instructions::OpKind;
use bytecode::{Location, Op};

impl Graph {
    fn spread(&mut self, mut stack: Vec<BlockId>, mark: impl Fn(&mut super::Block), stop: impl Fn(&super::Block) -> bool) {
        while let Some(id) = stack.pop() {
            mark(&mut self.blocks[id]);
            let block = &self.blocks[id];
            let mut successors: Vec<BlockId> = block.next.filter(|_| block.falls_through()).into_iter().collect();
            successors.extend(block.instrs.iter().filter(|instr| instr.op.is_jump()).filter_map(|i| i.target));
            for successor in successors {
                let block = &mut self.blocks[successor];
                if !block.visited && !stop(block) {
                    block.visited = true;
                    stack.push(successor);
                }
            }
        }
    }

    fn mark_cold(&mut self) {
        self.clear_visited();
        self.blocks[0].visited = true;
        self.spread(vec![0], |block| block.warm = true, |_| false);
        self.clear_visited();
        let handlers: Vec<BlockId> = self.order().into_iter().filter(|id| self.blocks[*id].is_handler).collect();
        for id in &handlers {
            self.blocks[*id].visited = true;
        }
        self.spread(handlers, |block| block.cold = true, |block| block.warm);
    }

    pub(super) fn push_cold_blocks_to_end(&mut self) -> Result<()> {
        if self.blocks[0].next.is_none() {
            return Ok(());
        }
        self.mark_cold();
        for id in self.order() {
            let block = &self.blocks[id];
            let Some(next) = block.next.filter(|_| block.cold && block.falls_through()) else { continue };
            if !self.blocks[next].warm {
                continue;
            }
            // A cold block that ran into a warm one has to jump there.
            self.blocks[next].labelled = true;
            let jump = self.append_block(id);
            let block = &mut self.blocks[jump];
            block.cold = true;
            block.predecessors = 1;
            let instr = Instr::new(Op::JUMP_NO_INTERRUPT, 0, Location::NONE);
            block.instrs.push(Instr { target: Some(next), ..instr });
        }
        let (cold, warm): (Vec<BlockId>, Vec<BlockId>) = self.order().into_iter().partition(|id| self.blocks[*id].cold);
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
