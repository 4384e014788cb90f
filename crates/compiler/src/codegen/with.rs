//! `with` and `async with`, `await` and `yield from`.

use super::unit::FrameBlockKind;
use super::{Compiler, loc_of};
use crate::error::Result;
use crate::instructions::Label;
use bytecode::{Const, Location, Op};
use syntax::ast::{Stmt, WithItem};

/// Operands of `LOAD_SPECIAL`.
const ENTER: u32 = 0;
const EXIT: u32 = 1;
const AENTER: u32 = 2;
const AEXIT: u32 = 3;

/// Where a coroutine goes on, operands of `RESUME`.
const AFTER_YIELD_FROM: u32 = 2;
const AFTER_AWAIT: u32 = 3;

impl<'a> Compiler<'a> {
    pub(crate) fn with(&mut self, items: &'a [WithItem], body: &'a [Stmt], is_async: bool) -> Result<()> {
        self.guard.check()?;
        let Some((item, rest)) = items.split_first() else { return self.stmts(body) };
        let block = self.new_label();
        let final_label = self.new_label();
        let exit = self.new_label();
        let cleanup = self.new_label();
        self.expr(&item.context_expr)?;
        let loc = loc_of(item.context_expr.span);
        self.op_arg(Op::COPY, 1, loc);
        self.op_arg(Op::LOAD_SPECIAL, if is_async { AEXIT } else { EXIT }, loc);
        self.op_arg(Op::SWAP, 2, loc);
        self.op_arg(Op::SWAP, 3, loc);
        self.op_arg(Op::LOAD_SPECIAL, if is_async { AENTER } else { ENTER }, loc);
        self.op_arg(Op::CALL, 0, loc);
        if is_async {
            self.await_on_stack(1, loc);
        }
        self.jump(Op::SETUP_WITH, final_label, loc);
        self.place(block);
        let kind = if is_async { FrameBlockKind::AsyncWith } else { FrameBlockKind::With };
        self.push_block(kind, Some(block), Some(final_label), loc)?;
        match &item.optional_vars {
            Some(target) => self.expr(target)?,
            None => self.op(Op::POP_TOP, loc),
        }
        self.with(rest, body, is_async)?;
        self.pop_block();
        if is_async {
            self.op(Op::POP_BLOCK, loc);
        } else {
            self.op(Op::POP_BLOCK, Location::NONE);
        }
        self.call_exit_with_nones(loc);
        if is_async {
            self.await_on_stack(2, loc);
        }
        self.op(Op::POP_TOP, loc);
        self.jump(Op::JUMP, exit, loc);
        self.place(final_label);
        self.jump(Op::SETUP_CLEANUP, cleanup, loc);
        self.op(Op::PUSH_EXC_INFO, loc);
        self.op(Op::WITH_EXCEPT_START, loc);
        if is_async {
            self.await_on_stack(2, loc);
        }
        self.with_except_finish(cleanup);
        self.place(exit);
        Ok(())
    }

    fn with_except_finish(&mut self, cleanup: Label) {
        let nowhere = Location::NONE;
        let suppress = self.new_label();
        self.op(Op::TO_BOOL, nowhere);
        self.jump(Op::POP_JUMP_IF_TRUE, suppress, nowhere);
        self.op_arg(Op::RERAISE, 2, nowhere);
        self.place(suppress);
        self.op(Op::POP_TOP, nowhere);
        self.op(Op::POP_BLOCK, nowhere);
        self.op(Op::POP_EXCEPT, nowhere);
        for _ in 0..3 {
            self.op(Op::POP_TOP, nowhere);
        }
        let exit = self.new_label();
        self.jump(Op::JUMP_NO_INTERRUPT, exit, nowhere);
        self.place(cleanup);
        self.pop_except_and_reraise(nowhere);
        self.place(exit);
    }

    pub(crate) fn call_exit_with_nones(&mut self, loc: Location) {
        for _ in 0..3 {
            self.load_const(Const::None, loc);
        }
        self.op_arg(Op::CALL, 3, loc);
    }

    /// Awaits the value on the stack; `kind` tells `GET_AWAITABLE` where it comes from.
    pub(crate) fn await_on_stack(&mut self, kind: u32, loc: Location) {
        self.op_arg(Op::GET_AWAITABLE, kind, loc);
        self.load_const(Const::None, loc);
        self.yield_from(loc, true);
    }

    pub(crate) fn yield_from(&mut self, loc: Location, is_await: bool) {
        let send = self.new_label();
        let fail = self.new_label();
        let exit = self.new_label();
        self.place(send);
        self.jump(Op::SEND, exit, loc);
        self.jump(Op::SETUP_FINALLY, fail, loc);
        self.op_arg(Op::YIELD_VALUE, 1, loc);
        self.op(Op::POP_BLOCK, Location::NONE);
        self.op_arg(Op::RESUME, if is_await { AFTER_AWAIT } else { AFTER_YIELD_FROM }, loc);
        self.jump(Op::JUMP_NO_INTERRUPT, send, loc);
        self.place(fail);
        self.op(Op::CLEANUP_THROW, loc);
        self.place(exit);
        self.op(Op::END_SEND, loc);
    }
}
