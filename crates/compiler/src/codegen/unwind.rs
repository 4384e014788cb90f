//! Leaving blocks by `return`, `break` and `continue`: cleanup code is emitted at the jump.

use super::unit::{FrameBlock, FrameBlockKind};
use super::{Compiler, error};
use crate::error::Result;
use crate::instructions::Label;
use bytecode::{Const, Location, Op};

/// CPython's `CO_MAXBLOCKS`.
const MAX_BLOCKS: usize = 21;

impl<'a> Compiler<'a> {
    pub(crate) fn push_block(
        &mut self,
        kind: FrameBlockKind<'a>,
        start: Option<Label>,
        exit: Option<Label>,
        loc: Location,
    ) -> Result<()> {
        if self.unit().frame_blocks.len() >= MAX_BLOCKS {
            return error(loc, "too many statically nested blocks");
        }
        self.unit().frame_blocks.push(FrameBlock { kind, start, exit, loc });
        Ok(())
    }

    pub(crate) fn pop_block(&mut self) {
        self.unit().frame_blocks.pop();
    }

    /// Unwinds every block of the unit.
    pub(crate) fn unwind_all(&mut self, loc: &mut Location, preserve_top: bool) -> Result<()> {
        self.unwind_stack(loc, preserve_top, false).map(|_| ())
    }

    /// Unwinds blocks from the innermost one; with `to_loop` up to the innermost loop, which is returned.
    fn unwind_stack(&mut self, loc: &mut Location, preserve_top: bool, to_loop: bool) -> Result<Option<FrameBlock<'a>>> {
        let mut popped = Vec::new();
        let mut found = None;
        while let Some(top) = self.unit().frame_blocks.last().copied() {
            if matches!(top.kind, FrameBlockKind::ExceptionGroupHandler) {
                return error(*loc, "'break', 'continue' and 'return' cannot appear in an except* block");
            }
            if to_loop && matches!(top.kind, FrameBlockKind::WhileLoop | FrameBlockKind::ForLoop) {
                found = Some(top);
                break;
            }
            self.pop_block();
            popped.push(top);
            self.unwind_block(loc, top, preserve_top)?;
        }
        self.unit().frame_blocks.extend(popped.into_iter().rev());
        Ok(found)
    }

    fn unwind_block(&mut self, loc: &mut Location, block: FrameBlock<'a>, preserve_top: bool) -> Result<()> {
        let swap_below = |c: &mut Self, loc: Location| {
            if preserve_top {
                c.op_arg(Op::SWAP, 2, loc);
            }
        };
        match block.kind {
            FrameBlockKind::WhileLoop
            | FrameBlockKind::ExceptionHandler
            | FrameBlockKind::ExceptionGroupHandler
            | FrameBlockKind::AsyncComprehensionGenerator
            | FrameBlockKind::InlinedComprehension
            | FrameBlockKind::StopIteration => {}
            FrameBlockKind::ForLoop => {
                swap_below(self, *loc);
                self.op(Op::POP_TOP, *loc);
            }
            FrameBlockKind::TryExcept => self.op(Op::POP_BLOCK, *loc),
            FrameBlockKind::FinallyTry(body) => {
                self.op(Op::POP_BLOCK, *loc);
                if preserve_top {
                    self.push_block(FrameBlockKind::PopValue, None, None, *loc)?;
                }
                self.repeated(body)?;
                if preserve_top {
                    self.pop_block();
                }
                *loc = Location::NONE;
            }
            FrameBlockKind::FinallyEnd => {
                swap_below(self, *loc);
                self.op(Op::POP_TOP, *loc);
                swap_below(self, *loc);
                self.op(Op::POP_BLOCK, *loc);
                self.op(Op::POP_EXCEPT, *loc);
            }
            FrameBlockKind::With | FrameBlockKind::AsyncWith => {
                *loc = block.loc;
                self.op(Op::POP_BLOCK, *loc);
                if preserve_top {
                    self.op_arg(Op::SWAP, 3, *loc);
                    self.op_arg(Op::SWAP, 2, *loc);
                }
                self.call_exit_with_nones(*loc);
                if matches!(block.kind, FrameBlockKind::AsyncWith) {
                    self.await_on_stack(2, *loc);
                }
                self.op(Op::POP_TOP, *loc);
                *loc = Location::NONE;
            }
            FrameBlockKind::HandlerCleanup(name) => {
                if name.is_some() {
                    self.op(Op::POP_BLOCK, *loc);
                }
                swap_below(self, *loc);
                self.op(Op::POP_BLOCK, *loc);
                self.op(Op::POP_EXCEPT, *loc);
                if let Some(name) = name {
                    self.load_const(Const::None, *loc);
                    self.store(name, *loc)?;
                    self.delete(name, *loc)?;
                }
            }
            FrameBlockKind::PopValue => {
                swap_below(self, *loc);
                self.op(Op::POP_TOP, *loc);
            }
        }
        Ok(())
    }

    pub(crate) fn break_stmt(&mut self, stmt_loc: Location) -> Result<()> {
        let mut loc = stmt_loc;
        self.op(Op::NOP, loc);
        let Some(block) = self.unwind_stack(&mut loc, false, true)? else {
            return error(stmt_loc, "'break' outside loop");
        };
        self.unwind_block(&mut loc, block, false)?;
        if let Some(exit) = block.exit {
            self.jump(Op::JUMP, exit, loc);
        }
        Ok(())
    }

    pub(crate) fn continue_stmt(&mut self, stmt_loc: Location) -> Result<()> {
        let mut loc = stmt_loc;
        self.op(Op::NOP, loc);
        let Some(block) = self.unwind_stack(&mut loc, false, true)? else {
            return error(stmt_loc, "'continue' not properly in loop");
        };
        if let Some(start) = block.start {
            self.jump(Op::JUMP, start, loc);
        }
        Ok(())
    }

    /// Restores the exception state and raises the exception on the stack again.
    pub(crate) fn pop_except_and_reraise(&mut self, loc: Location) {
        self.op_arg(Op::COPY, 3, loc);
        self.op(Op::POP_EXCEPT, loc);
        self.op_arg(Op::RERAISE, 1, loc);
    }
}
