//! `for`, `async for`, `while`.

use super::unit::FrameBlockKind;
use super::{Compiler, loc_of};
use crate::error::Result;
use bytecode::{Const, Location, Op};
use syntax::ast::{Expr, Stmt};

impl<'a> Compiler<'a> {
    pub(crate) fn for_loop(
        &mut self,
        target: &'a Expr,
        iter: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
        loc: Location,
    ) -> Result<()> {
        let start = self.new_label();
        let body_label = self.new_label();
        let cleanup = self.new_label();
        let end = self.new_label();
        self.push_block(FrameBlockKind::ForLoop, Some(start), Some(end), loc)?;
        self.expr(iter)?;
        let iter_loc = loc_of(iter.span);
        self.op(Op::GET_ITER, iter_loc);
        self.place(start);
        self.jump(Op::FOR_ITER, cleanup, iter_loc);
        // Keeps the line of a `for` statement over several lines.
        self.op(Op::NOP, loc_of(target.span));
        self.place(body_label);
        self.expr(target)?;
        self.stmts(body)?;
        self.jump(Op::JUMP, start, Location::NONE);
        self.place(cleanup);
        self.op(Op::END_FOR, Location::NONE);
        self.op(Op::POP_ITER, Location::NONE);
        self.pop_block();
        self.stmts(orelse)?;
        self.place(end);
        Ok(())
    }

    pub(crate) fn async_for_loop(
        &mut self,
        target: &'a Expr,
        iter: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
        loc: Location,
    ) -> Result<()> {
        let start = self.new_label();
        let send = self.new_label();
        let except = self.new_label();
        let end = self.new_label();
        self.expr(iter)?;
        let iter_loc = loc_of(iter.span);
        self.op(Op::GET_AITER, iter_loc);
        self.place(start);
        self.push_block(FrameBlockKind::ForLoop, Some(start), Some(end), loc)?;
        self.jump(Op::SETUP_FINALLY, except, loc);
        self.op(Op::GET_ANEXT, loc);
        self.load_const(Const::None, loc);
        self.place(send);
        self.yield_from(loc, true);
        self.op(Op::POP_BLOCK, loc);
        self.op(Op::NOT_TAKEN, loc);
        self.expr(target)?;
        self.stmts(body)?;
        self.jump(Op::JUMP, start, Location::NONE);
        self.pop_block();
        self.place(except);
        self.jump(Op::END_ASYNC_FOR, send, iter_loc);
        self.stmts(orelse)?;
        self.place(end);
        Ok(())
    }

    pub(crate) fn while_loop(&mut self, test: &'a Expr, body: &'a [Stmt], orelse: &'a [Stmt], loc: Location) -> Result<()> {
        let start = self.new_label();
        let end = self.new_label();
        let anchor = self.new_label();
        self.place(start);
        self.push_block(FrameBlockKind::WhileLoop, Some(start), Some(end), loc)?;
        self.jump_if(test, anchor, false)?;
        self.stmts(body)?;
        self.jump(Op::JUMP, start, Location::NONE);
        self.pop_block();
        self.place(anchor);
        self.stmts(orelse)?;
        self.place(end);
        Ok(())
    }
}
