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
        // The value waits in its slot, as little as possible in registers.
        let sp = sp.sub(1);
        let value = (*sp).into_owned();
        sp.write(value);
        (*frame).pc.set(pc);
        let mut at = (*frame).locals_start();
        let simple = (*frame).is_plain()
            && at.add((*frame).code().local_count()) == sp
            && !frame::datastack::begins_chunk(thread, frame.cast())
            && (!(*frame).init.get() || super::jumps::holds(value, core::none()));
        if !simple {
            return return_general(pc, sp, frame, thread, table, 0);
        }
        while at < sp {
            let ptr = (*at).ptr();
            if !ptr.is_null() {
                let refs = *ptr.cast::<u32>();
                if refs.cast_signed() >= 0 {
                    if refs > 1 {
                        *ptr.cast::<u32>() = refs - 1;
                    } else if !super::boxes::recycle(thread, ptr) {
                        // Something dies that is more than a box.
                        at.write(Slot::NULL);
                        return return_dropping((*frame).pc.get(), sp, frame, thread, table, ptr.expose_provenance() as u64);
                    }
                }
                at.write(Slot::NULL);
            }
            at = at.add(1);
        }
        let function = (*frame).function.get();
        if !function.is_borrowed() {
            let refs = *function.ptr().cast::<u32>();
            if refs.cast_signed() >= 0 {
                if refs == 1 {
                    return return_general((*frame).pc.get(), sp, frame, thread, table, 0);
                }
                *function.ptr().cast::<u32>() = refs - 1;
            }
        }
        leave_recursion(&*thread);
        (*thread).raw.datastack_top.set(frame.cast_mut().cast());
        let caller = (*frame).previous.get();
        frame::set_current(&*thread, caller);
        if (*frame).entry.get() {
            // To native code.
            return (*sp).ptr().expose_provenance() as u64;
        }
        let target = (*caller).sp.get();
        target.write(*sp);
        // `__init__` leaves the instance, which stands there already, and its None behind it.
        let target = target.add(!(*frame).init.get() as usize);
        dispatch!((*caller).pc.get().add((*caller).return_offset.get() as usize), target, caller, thread, table)
    }
}

handler! {
    /// Drops the last reference to what a local held, which is null already, and goes on with the return: its value stands, owned, at `sp`. What runs
    /// then may have made a frame object, so that the frame is looked at again.
    #[inline(never)]
    fn return_dropping(pc, sp, frame, thread, table, oparg) {
        (*frame).sp.set(sp.add(1));
        object::reference::decref(std::ptr::with_exposed_provenance_mut(oparg as usize));
        return RETURN_VALUE((*frame).pc.get(), sp.add(1), frame, thread, table, 0);
    }
}

handler! {
    /// Leaves any frame, with the value that stands, owned, behind its stack.
    #[cold]
    #[inline(never)]
    fn return_general(pc, sp, frame, thread, table, oparg) {
        let oparg = (*sp).ptr().expose_provenance() as u64;
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let caller = (*frame).previous.get();
        let (entry, init) = ((*frame).entry.get(), (*frame).init.get());
        leave(&*frame, &*thread);
        if entry {
            return oparg;
        }
        let value = Slot::from_raw(std::ptr::with_exposed_provenance_mut(oparg as usize));
        let sp = (*caller).sp.get();
        let next = (*caller).pc.get().add((*caller).return_offset.get() as usize);
        if !init {
            sp.write(value);
            dispatch!(next, sp.add(1), caller, thread, table)
        }
        if close_init_result(value) {
            dispatch!(next, sp, caller, thread, table)
        }
        return unwind::error((*caller).pc.get(), sp, caller, thread, table, 0);
    }
}

/// Drops what `__init__` returned; TypeError, and false, if it is not None.
#[inline(never)]
fn close_init_result(value: Slot) -> bool {
    // SAFETY: the slot owns the result.
    let result = unsafe { value.into_ref() };
    if result.is(&core::none()) {
        return true;
    }
    let _raised = raise!(TypeError, "__init__() should return None, not '{}'", result.class().tp_name());
    false
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
        return Err(raise!(TypeError, "__init__() should return None, not '{}'", result.class().tp_name()));
    }
    Ok(())
}
