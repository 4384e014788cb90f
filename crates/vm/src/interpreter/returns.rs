//! Entering and leaving frames: RESUME, return, yield, generators.

use super::{breaker, unwind};
use crate::eval::leave_recursion;
use crate::frame::{self, Frame, Owner, Slot};
use crate::generator::{self, Generator};
use bytecode::Op;
use object::thread::ThreadState;
use object::{PyResult, Ref, core, raise};

handler! {
    fn RESUME(pc, sp, frame, thread, table, oparg) {
        if (*thread).raw.eval_breaker.get() != 0 {
            return resume_polling(pc, sp, frame, thread, table, oparg);
        }
        if (*thread).raw.tracing.get() == 0 {
            (*pc).set_op(Op::RESUME_CHECK);
        }
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

handler! {
    /// A RESUME that has run.
    fn RESUME_CHECK(pc, sp, frame, thread, table, oparg) {
        if (*thread).raw.eval_breaker.get() != 0 {
            return resume_polling(pc, sp, frame, thread, table, oparg);
        }
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

handler! {
    #[cold]
    #[inline(never)]
    fn resume_polling(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        // Between `await` and its awaitable nothing may come in.
        if oparg & 3 < 2 && breaker::handle(&*thread).is_err() {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

/// Takes a frame that is over off the thread: its values are dropped, its memory is given back.
#[inline(never)]
pub(super) fn leave(frame: &Frame, thread: &ThreadState) {
    leave_recursion(thread);
    if frame.owner.get() == Owner::Generator {
        generator::finish_frame(thread, frame);
        return;
    }
    // The frame is cleared before it leaves the chain, as in CPython: finalisers see it as their caller's caller.
    frame.clear();
    frame::set_current(thread, frame.previous.get());
    // SAFETY: a frame that runs on the data stack is the topmost there.
    unsafe { frame::datastack::pop(thread, frame.as_ptr().cast_mut().cast()) };
}

handler! {
    fn RETURN_VALUE(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let value = (*sp).into_owned();
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let caller = (*frame).previous.get();
        let entry = (*frame).entry.get();
        leave(&*frame, &*thread);
        if entry {
            return value.ptr().expose_provenance() as u64;
        }
        let sp = (*caller).sp.get();
        sp.write(value);
        dispatch!((*caller).pc.get().add((*caller).return_offset.get() as usize), sp.add(1), caller, thread, table)
    }
}

handler! {
    fn YIELD_VALUE(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let value = (*sp).into_owned();
        (*frame).pc.set(pc.add(1));
        (*frame).sp.set(sp);
        let caller = (*frame).previous.get();
        let entry = (*frame).entry.get();
        generator::suspend(&*thread, &*frame, oparg as u32);
        if entry {
            return value.ptr().expose_provenance() as u64;
        }
        let sp = (*caller).sp.get();
        sp.write(value);
        // SEND and FOR_ITER are equally wide.
        dispatch!((*caller).pc.get().add(super::size::SEND), sp.add(1), caller, thread, table)
    }
}

handler! {
    fn RETURN_GENERATOR(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let caller = (*frame).previous.get();
        let entry = (*frame).entry.get();
        let made = make_generator(&*frame, &*thread);
        if made.is_null() {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        if entry {
            return made.ptr().expose_provenance() as u64;
        }
        let sp = (*caller).sp.get();
        sp.write(made);
        dispatch!((*caller).pc.get().add((*caller).return_offset.get() as usize), sp.add(1), caller, thread, table)
    }
}

/// Moves the frame into a new generator and takes it off the thread.
#[inline(never)]
fn make_generator(frame: &Frame, thread: &ThreadState) -> Slot {
    let made: PyResult<Ref<Generator>> = generator::from_frame(thread, frame);
    match made {
        Ok(made) => {
            leave_recursion(thread);
            frame::set_current(thread, frame.previous.get());
            // SAFETY: what the frame held has moved; it is the topmost on the data stack.
            unsafe { frame::datastack::pop(thread, frame.as_ptr().cast_mut().cast()) };
            Slot::owned(made.upcast())
        }
        Err(_raised) => Slot::NULL,
    }
}

general! {
    EXIT_INIT_CHECK => exit_init_check;
}

fn exit_init_check(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let result = frame.pop();
    if !result.is(&core::none()) {
        return Err(raise!(TypeError, "__init__() should return None, not '{}'", result.class().short_name()));
    }
    Ok(())
}
