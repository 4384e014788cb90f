//! Jumps. The operands of conditional jumps are exact bools, or None tests.

use super::{breaker, unwind};
use crate::frame::Slot;
use object::core;

handler! {
    fn JUMP_FORWARD(pc, sp, frame, thread, table, oparg) {
        dispatch!(pc.add(1 + oparg as usize), sp, frame, thread, table)
    }
}

handler! {
    fn JUMP_BACKWARD(pc, sp, frame, thread, table, oparg) {
        if (*thread).raw.eval_breaker.get() != 0 {
            return jump_backward_polling(pc, sp, frame, thread, table, oparg);
        }
        dispatch!(pc.add(2).sub(oparg as usize), sp, frame, thread, table)
    }
}

handler! {
    #[cold]
    #[inline(never)]
    fn jump_backward_polling(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if breaker::handle(&*thread).is_err() {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        dispatch!(pc.add(2).sub(oparg as usize), sp, frame, thread, table)
    }
}

handler! {
    fn JUMP_BACKWARD_NO_INTERRUPT(pc, sp, frame, thread, table, oparg) {
        if (*thread).raw.eval_breaker.get() != 0 {
            return jump_backward_patient(pc, sp, frame, thread, table, oparg);
        }
        dispatch!(pc.add(1).sub(oparg as usize), sp, frame, thread, table)
    }
}

/// How often this jump is taken while something waits in the eval breaker, before it polls after all. What the compiler writes meets
/// another instruction that polls long before that; a loop of such jumps alone, which only damaged code has, does not.
const PATIENCE: u16 = 1000;

handler! {
    #[cold]
    #[inline(never)]
    fn jump_backward_patient(pc, sp, frame, thread, table, oparg) {
        let waited = (*pc).counter().saturating_add(1);
        if waited < PATIENCE {
            (*pc).set_counter(waited);
            dispatch!(pc.add(1).sub(oparg as usize), sp, frame, thread, table)
        }
        (*pc).set_counter(0);
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if breaker::handle(&*thread).is_err() {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        dispatch!(pc.add(1).sub(oparg as usize), sp, frame, thread, table)
    }
}

/// Whether a slot holds this immortal, tagged or not.
#[inline(always)]
pub(super) fn holds(slot: Slot, object: object::Borrowed<'_>) -> bool {
    std::ptr::eq(slot.ptr(), object.ptr())
}

/// Takes a conditional jump at `$pc`, or goes past it, and past the NOT_TAKEN that marks the way.
macro_rules! branch {
    ($taken:expr, $pc:expr, $distance:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        if $taken {
            dispatch!($pc.add(2 + $distance as usize), $sp, $frame, $thread, $table)
        }
        let next = $pc.add(2);
        let skip = ((*next).word() as u8 == bytecode::Op::NOT_TAKEN.number() as u8) as usize;
        dispatch!(next.add(skip), $sp, $frame, $thread, $table)
    }};
}
pub(super) use branch;

/// Ends an instruction with a truth value, to be put at `$sp`, before the one at `$next`: a conditional jump there is done at once.
macro_rules! finish_truth {
    ($truth:expr, $next:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let truth: bool = $truth;
        let next = $next;
        let word = (*next).word();
        let wanted = word as u8 == bytecode::Op::POP_JUMP_IF_TRUE.number() as u8;
        if wanted || word as u8 == bytecode::Op::POP_JUMP_IF_FALSE.number() as u8 {
            $crate::interpreter::jumps::branch!(truth == wanted, next, word >> 32, $sp, $frame, $thread, $table)
        }
        $sp.write(Slot::borrowed(object::core::boolean(truth)));
        dispatch!(next, $sp.add(1), $frame, $thread, $table)
    }};
}
pub(super) use finish_truth;

handler! {
    fn POP_JUMP_IF_FALSE(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        branch!(holds(*sp, core::false_()), pc, oparg, sp, frame, thread, table)
    }
}

handler! {
    fn POP_JUMP_IF_TRUE(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        branch!(holds(*sp, core::true_()), pc, oparg, sp, frame, thread, table)
    }
}

handler! {
    fn POP_JUMP_IF_NONE(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let slot = *sp;
        if holds(slot, core::none()) {
            dispatch!(pc.add(2 + oparg as usize), sp, frame, thread, table)
        }
        if slot.is_borrowed() {
            dispatch!(pc.add(2), sp, frame, thread, table)
        }
        return super::fast::drop_slot(pc.add(2), sp, frame, thread, table, slot.ptr().expose_provenance() as u64);
    }
}

handler! {
    fn POP_JUMP_IF_NOT_NONE(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let slot = *sp;
        if holds(slot, core::none()) {
            dispatch!(pc.add(2), sp, frame, thread, table)
        }
        let target = pc.add(2 + oparg as usize);
        if slot.is_borrowed() {
            dispatch!(target, sp, frame, thread, table)
        }
        return super::fast::drop_slot(target, sp, frame, thread, table, slot.ptr().expose_provenance() as u64);
    }
}
