//! `LOAD_FAST_CHECK` where a local may have no value.

use super::graph::Blocks;
use super::{BlockId, Graph};
use crate::instructions::{OpKind, family};
use bytecode::Op;

/// This many locals are followed through the whole graph, the others within each block.
const TRACKED: usize = 64;

impl Graph {
    pub(super) fn check_uninitialized(&mut self, locals: usize, params: usize) {
        if locals == 0 {
            return;
        }
        if locals > TRACKED {
            self.check_many_locals(locals);
        }
        let start = (params..locals.min(TRACKED)).fold(0u64, |mask, local| mask | (1 << local));
        let clears = self.has & family::CLEARS != 0;
        if start == 0 && !clears {
            // Every local always has a value.
            return;
        }
        for block in self.blocks.iter_mut() {
            block.visited = false;
            block.unsafe_locals = 0;
        }
        let mut stack = self.take_todo();
        push_unsafe(&mut self.blocks, BlockId::ENTRY, start, &mut stack);
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            // Where all have values and none loses it there is nothing to see.
            if clears || self.blocks[id].unsafe_locals != 0 {
                self.blocks[id].visited = false;
                self.scan_block(id, &mut stack);
            }
            at = self.blocks[id].next;
        }
        while let Some(id) = stack.pop() {
            // It may have been looked at since it was put there.
            if self.blocks[id].visited {
                self.blocks[id].visited = false;
                self.scan_block(id, &mut stack);
            }
        }
        self.put_todo(stack);
    }

    fn scan_block(&mut self, id: BlockId, stack: &mut Vec<BlockId>) {
        let mut mask = self.blocks[id].unsafe_locals;
        let handlers = self.has & family::BLOCK_PUSH != 0;
        let (instrs, blocks) = self.split(id);
        for instr in instrs {
            if handlers && let Some(handler) = instr.except {
                push_unsafe(blocks, handler, mask, stack);
            }
            if instr.op.families() & family::LOCAL == 0 || instr.arg as usize >= TRACKED {
                continue;
            }
            let bit = 1u64 << instr.arg;
            match instr.op {
                Op::DELETE_FAST | Op::LOAD_FAST_AND_CLEAR | Op::STORE_FAST_MAYBE_NULL => mask |= bit,
                Op::STORE_FAST | Op::LOAD_FAST_CHECK => mask &= !bit,
                Op::LOAD_FAST => {
                    if mask & bit != 0 {
                        instr.op = Op::LOAD_FAST_CHECK;
                    }
                    mask &= !bit;
                }
                _ => {}
            }
        }
        let next = self.successor(id);
        let target = self.last(id).filter(|last| last.op.is_jump()).and_then(|last| last.target);
        for successor in [next, target].into_iter().flatten() {
            push_unsafe(&mut self.blocks, successor, mask, stack);
        }
    }

    fn check_many_locals(&mut self, locals: usize) {
        // The number of the block in which a local is known to have a value.
        let mut known = vec![0usize; locals - TRACKED];
        let (mut at, mut number) = (Some(BlockId::ENTRY), 0);
        while let Some(id) = at {
            at = self.blocks[id].next;
            number += 1;
            for instr in self.split(id).0 {
                let Some(state) = (instr.arg as usize).checked_sub(TRACKED).and_then(|at| known.get_mut(at)) else {
                    continue;
                };
                match instr.op {
                    Op::DELETE_FAST | Op::LOAD_FAST_AND_CLEAR | Op::STORE_FAST_MAYBE_NULL => *state = number - 1,
                    Op::STORE_FAST => *state = number,
                    Op::LOAD_FAST => {
                        if *state != number {
                            instr.op = Op::LOAD_FAST_CHECK;
                        }
                        *state = number;
                    }
                    _ => {}
                }
            }
        }
    }
}

fn push_unsafe(blocks: &mut Blocks, id: BlockId, mask: u64, stack: &mut Vec<BlockId>) {
    let block = &mut blocks[id];
    let both = block.unsafe_locals | mask;
    if both != block.unsafe_locals {
        block.unsafe_locals = both;
        if !block.visited {
            block.visited = true;
            stack.push(id);
        }
    }
}
