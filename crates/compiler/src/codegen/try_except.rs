//! `try` with `except`, `except*` and `finally`.

use super::scope::intrinsic;
use super::unit::FrameBlockKind;
use super::{Compiler, error, loc_of};
use crate::error::Result;
use crate::instructions::Label;
use bytecode::{Const, Location, Op};
use syntax::ast::{ExceptHandler, Stmt};
use syntax::text::Name;

const NOWHERE: Location = Location::NONE;

/// The parts of a `try` statement.
pub(crate) struct Try<'a> {
    pub body: &'a [Stmt],
    pub handlers: &'a [ExceptHandler],
    pub orelse: &'a [Stmt],
    pub finalbody: &'a [Stmt],
    pub star: bool,
}

impl<'a> Compiler<'a> {
    pub(crate) fn try_stmt(&mut self, parts: &Try<'a>, loc: Location) -> Result<()> {
        if parts.finalbody.is_empty() { self.try_handlers(parts, loc) } else { self.try_finally(parts, loc) }
    }

    fn try_handlers(&mut self, parts: &Try<'a>, loc: Location) -> Result<()> {
        if parts.star { self.try_star(parts, loc) } else { self.try_except(parts, loc) }
    }

    fn try_finally(&mut self, parts: &Try<'a>, loc: Location) -> Result<()> {
        let body = self.new_label();
        let end = self.new_label();
        let exit = self.new_label();
        let cleanup = self.new_label();
        self.jump(Op::SETUP_FINALLY, end, loc);
        self.place(body);
        self.push_block(FrameBlockKind::FinallyTry(parts.finalbody), Some(body), Some(end), loc)?;
        if parts.handlers.is_empty() {
            self.stmts(parts.body)?;
        } else {
            self.try_handlers(parts, loc)?;
        }
        self.op(Op::POP_BLOCK, NOWHERE);
        self.pop_block();
        self.stmts(parts.finalbody)?;
        self.jump(Op::JUMP_NO_INTERRUPT, exit, NOWHERE);
        self.place(end);
        self.push_block(FrameBlockKind::FinallyEnd, Some(end), None, NOWHERE)?;
        self.jump(Op::SETUP_CLEANUP, cleanup, NOWHERE);
        self.op(Op::PUSH_EXC_INFO, NOWHERE);
        self.repeated(parts.finalbody)?;
        self.pop_block();
        self.op_arg(Op::RERAISE, 0, NOWHERE);
        self.place(cleanup);
        self.pop_except_and_reraise(NOWHERE);
        self.place(exit);
        Ok(())
    }

    fn try_except(&mut self, parts: &Try<'a>, loc: Location) -> Result<()> {
        let body = self.new_label();
        let except = self.new_label();
        let end = self.new_label();
        let cleanup = self.new_label();
        self.jump(Op::SETUP_FINALLY, except, loc);
        self.place(body);
        self.push_block(FrameBlockKind::TryExcept, Some(body), None, loc)?;
        self.stmts(parts.body)?;
        self.pop_block();
        self.op(Op::POP_BLOCK, NOWHERE);
        self.stmts(parts.orelse)?;
        self.jump(Op::JUMP_NO_INTERRUPT, end, NOWHERE);
        self.place(except);
        self.jump(Op::SETUP_CLEANUP, cleanup, NOWHERE);
        self.op(Op::PUSH_EXC_INFO, NOWHERE);
        self.push_block(FrameBlockKind::ExceptionHandler, None, None, loc)?;
        let last = parts.handlers.len().saturating_sub(1);
        for (index, handler) in parts.handlers.iter().enumerate() {
            if handler.type_.is_none() && index < last {
                return error(loc_of(handler.span), "default 'except:' must be last");
            }
            self.except_handler(handler, end)?;
        }
        self.op_arg(Op::RERAISE, 0, NOWHERE);
        self.pop_block();
        self.place(cleanup);
        self.pop_except_and_reraise(NOWHERE);
        self.place(end);
        Ok(())
    }

    fn except_handler(&mut self, handler: &'a ExceptHandler, end: Label) -> Result<()> {
        let loc = loc_of(handler.span);
        let next = self.new_label();
        if let Some(class) = &handler.type_ {
            self.expr(class)?;
            self.op(Op::CHECK_EXC_MATCH, loc);
            self.jump(Op::POP_JUMP_IF_FALSE, next, loc);
        }
        if let Some(name) = &handler.name {
            let cleanup_end = self.new_label();
            let cleanup_body = self.new_label();
            self.store(name, loc)?;
            self.jump(Op::SETUP_CLEANUP, cleanup_end, loc);
            self.place(cleanup_body);
            self.push_block(FrameBlockKind::HandlerCleanup(Some(name)), Some(cleanup_body), None, loc)?;
            self.stmts(&handler.body)?;
            self.pop_block();
            self.op(Op::POP_BLOCK, NOWHERE);
            self.op(Op::POP_BLOCK, NOWHERE);
            self.op(Op::POP_EXCEPT, NOWHERE);
            self.unbind(name)?;
            self.jump(Op::JUMP_NO_INTERRUPT, end, NOWHERE);
            self.place(cleanup_end);
            self.unbind(name)?;
            self.op_arg(Op::RERAISE, 1, NOWHERE);
        } else {
            let cleanup_body = self.new_label();
            self.op(Op::POP_TOP, loc);
            self.place(cleanup_body);
            self.push_block(FrameBlockKind::HandlerCleanup(None), Some(cleanup_body), None, loc)?;
            self.stmts(&handler.body)?;
            self.pop_block();
            self.op(Op::POP_BLOCK, NOWHERE);
            self.op(Op::POP_EXCEPT, NOWHERE);
            self.jump(Op::JUMP_NO_INTERRUPT, end, NOWHERE);
        }
        self.place(next);
        Ok(())
    }

    /// `name = None; del name` at the end of a handler.
    fn unbind(&mut self, name: &Name) -> Result<()> {
        self.load_const(Const::None, NOWHERE);
        self.store(name, NOWHERE)?;
        self.delete(name, NOWHERE)
    }

    fn try_star(&mut self, parts: &Try<'a>, loc: Location) -> Result<()> {
        let body = self.new_label();
        let except = self.new_label();
        let orelse = self.new_label();
        let end = self.new_label();
        let cleanup = self.new_label();
        let reraise_star = self.new_label();
        self.jump(Op::SETUP_FINALLY, except, loc);
        self.place(body);
        self.push_block(FrameBlockKind::TryExcept, Some(body), None, loc)?;
        self.stmts(parts.body)?;
        self.pop_block();
        self.op(Op::POP_BLOCK, NOWHERE);
        self.jump(Op::JUMP_NO_INTERRUPT, orelse, NOWHERE);
        self.place(except);
        self.jump(Op::SETUP_CLEANUP, cleanup, NOWHERE);
        self.op(Op::PUSH_EXC_INFO, NOWHERE);
        self.push_block(FrameBlockKind::ExceptionGroupHandler, None, None, loc)?;
        let last = parts.handlers.len().saturating_sub(1);
        for (index, handler) in parts.handlers.iter().enumerate() {
            if index == 0 {
                let loc = loc_of(handler.span);
                self.op_arg(Op::BUILD_LIST, 0, loc);
                self.op_arg(Op::COPY, 2, loc);
            }
            self.except_star_handler(handler, (index == last).then_some(reraise_star))?;
        }
        self.pop_block();
        let reraise = self.new_label();
        self.place(reraise_star);
        self.op_arg(Op::CALL_INTRINSIC_2, intrinsic::PREP_RERAISE_STAR, NOWHERE);
        self.op_arg(Op::COPY, 1, NOWHERE);
        self.jump(Op::POP_JUMP_IF_NOT_NONE, reraise, NOWHERE);
        self.op(Op::POP_TOP, NOWHERE);
        self.op(Op::POP_BLOCK, NOWHERE);
        self.op(Op::POP_EXCEPT, NOWHERE);
        self.jump(Op::JUMP_NO_INTERRUPT, end, NOWHERE);
        self.place(reraise);
        self.op(Op::POP_BLOCK, NOWHERE);
        self.op_arg(Op::SWAP, 2, NOWHERE);
        self.op(Op::POP_EXCEPT, NOWHERE);
        self.op_arg(Op::RERAISE, 0, NOWHERE);
        self.place(cleanup);
        self.pop_except_and_reraise(NOWHERE);
        self.place(orelse);
        self.stmts(parts.orelse)?;
        self.place(end);
        Ok(())
    }

    /// On entry the stack holds the group, the list of raised exceptions, and what is left of the group.
    fn except_star_handler(&mut self, handler: &'a ExceptHandler, reraise_star: Option<Label>) -> Result<()> {
        let loc = loc_of(handler.span);
        let next = self.new_label();
        let with_error = self.new_label();
        let no_match = self.new_label();
        if let Some(class) = &handler.type_ {
            self.expr(class)?;
            self.op(Op::CHECK_EG_MATCH, loc);
            self.op_arg(Op::COPY, 1, loc);
            self.jump(Op::POP_JUMP_IF_NONE, no_match, loc);
        }
        let cleanup_end = self.new_label();
        let cleanup_body = self.new_label();
        match &handler.name {
            Some(name) => self.store(name, loc)?,
            None => self.op(Op::POP_TOP, loc),
        }
        self.jump(Op::SETUP_CLEANUP, cleanup_end, loc);
        self.place(cleanup_body);
        let kind = FrameBlockKind::HandlerCleanup(handler.name.as_ref());
        self.push_block(kind, Some(cleanup_body), None, loc)?;
        self.stmts(&handler.body)?;
        self.pop_block();
        self.op(Op::POP_BLOCK, NOWHERE);
        if let Some(name) = &handler.name {
            self.unbind(name)?;
        }
        self.jump(Op::JUMP_NO_INTERRUPT, next, NOWHERE);
        self.place(cleanup_end);
        if let Some(name) = &handler.name {
            self.unbind(name)?;
        }
        self.op_arg(Op::LIST_APPEND, 3, NOWHERE);
        self.op(Op::POP_TOP, NOWHERE);
        self.jump(Op::JUMP_NO_INTERRUPT, with_error, NOWHERE);
        self.place(next);
        // Holds a location that is propagated here.
        self.op(Op::NOP, NOWHERE);
        self.jump(Op::JUMP_NO_INTERRUPT, with_error, NOWHERE);
        self.place(no_match);
        self.op(Op::POP_TOP, loc);
        self.place(with_error);
        if let Some(reraise_star) = reraise_star {
            self.op_arg(Op::LIST_APPEND, 1, NOWHERE);
            self.jump(Op::JUMP_NO_INTERRUPT, reraise_star, NOWHERE);
        }
        Ok(())
    }
}
