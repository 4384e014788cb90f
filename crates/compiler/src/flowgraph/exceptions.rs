//! Which handler is in force at each instruction, and how deep the stack is.

use super::graph::Blocks;
use super::{BlockId, Graph, Instr};
use crate::error::{CompileError, ErrorKind, Result};
use crate::instructions::{OpKind, family};
use bytecode::Op;

/// In the operand of `RESUME`: the yield before it stands in no `try`.
const DEPTH1: u32 = 4;

impl Graph {
    pub(super) fn label_exception_targets(&mut self) -> Result<()> {
        if self.has & (family::BLOCK_PUSH | family::BLOCK_POP) == 0 {
            // No instruction has a handler.
            return Ok(());
        }
        self.clear_visited();
        self.blocks[BlockId::ENTRY].visited = true;
        let mut todo: Vec<(BlockId, Vec<BlockId>)> = vec![(BlockId::ENTRY, Vec::new())];
        while let Some((id, mut stack)) = todo.pop() {
            let mut last_yield_depth = None;
            let (instrs, blocks) = self.split(id);
            for instr in instrs {
                let Instr { op, target, .. } = *instr;
                let handler = stack.last().copied();
                if op.is_block_push() {
                    let Some(target) = target else { continue };
                    if !blocks[target].visited {
                        blocks[target].visited = true;
                        todo.push((target, stack.clone()));
                    }
                    if op != Op::SETUP_FINALLY {
                        blocks[target].preserve_lasti = true;
                    }
                    stack.push(target);
                    continue;
                }
                if op == Op::POP_BLOCK {
                    if stack.pop().is_none() {
                        return Err(CompileError::system("unbalanced blocks"));
                    }
                    instr.nop();
                    continue;
                }
                instr.except = handler;
                if op == Op::YIELD_VALUE {
                    last_yield_depth = Some(stack.len());
                } else if op == Op::RESUME && instr.arg != 0 {
                    if last_yield_depth == Some(1) {
                        instr.arg |= DEPTH1;
                    }
                    last_yield_depth = None;
                } else if op.is_jump()
                    && let Some(target) = target
                    && !blocks[target].visited
                {
                    blocks[target].visited = true;
                    todo.push((target, stack.clone()));
                }
            }
            if let Some(next) = self.successor(id)
                && !self.blocks[next].visited
            {
                self.blocks[next].visited = true;
                todo.push((next, stack));
            }
        }
        Ok(())
    }

    /// The deepest stack on any path; also sets each block's depth at its start.
    pub(super) fn stack_depth(&mut self) -> Result<u32> {
        for block in self.blocks.iter_mut() {
            block.start_depth = None;
        }
        let mut deepest = 0;
        let mut stack = self.take_todo();
        reach(&mut self.blocks, BlockId::ENTRY, 0, &mut stack)?;
        while let Some(id) = stack.pop() {
            let mut depth = i64::from(self.blocks[id].start_depth.unwrap_or(0));
            let mut next = self.blocks[id].next;
            let (instrs, blocks) = self.split(id);
            for instr in instrs {
                let effect = i64::from(instr.op.stack_effect(instr.arg.cast_signed()));
                let families = instr.op.families();
                deepest = deepest.max(depth);
                let before = depth;
                if families & family::BLOCK_PUSH == 0 {
                    depth += effect;
                    if depth < 0 {
                        return Err(invalid("Invalid CFG, stack underflow"));
                    }
                }
                if families & (family::BLOCK_PUSH | family::JUMP | family::SCOPE_EXIT) == 0 {
                    continue;
                }
                if families & (family::BLOCK_PUSH | family::JUMP) != 0
                    && instr.op != Op::END_ASYNC_FOR
                    && let Some(target) = instr.target
                {
                    reach(blocks, target, before + effect, &mut stack)?;
                }
                if families & (family::UNCONDITIONAL | family::SCOPE_EXIT) != 0 {
                    next = None;
                    break;
                }
            }
            if let Some(next) = next {
                reach(&mut self.blocks, next, depth, &mut stack)?;
            }
        }
        self.put_todo(stack);
        u32::try_from(deepest).map_err(|_| invalid("Invalid CFG, stack underflow"))
    }
}

fn reach(blocks: &mut Blocks, id: BlockId, depth: i64, stack: &mut Vec<BlockId>) -> Result<()> {
    let depth = u32::try_from(depth).map_err(|_| invalid("Invalid CFG, stack underflow"))?;
    match blocks[id].start_depth {
        Some(known) if known != depth => Err(invalid("Invalid CFG, inconsistent stackdepth")),
        Some(_) => Ok(()),
        None => {
            blocks[id].start_depth = Some(depth);
            stack.push(id);
            Ok(())
        }
    }
}

fn invalid(message: &str) -> CompileError {
    CompileError { kind: ErrorKind::ValueError, ..CompileError::system(message) }
}
