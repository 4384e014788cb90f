//! Exceptions on their way: the handler that catches, or the frames that they leave.

use super::{Pc, returns};
use crate::frame::{Frame, Slot, traceback};
use object::error;
use object::thread::ThreadState;
use object::value::int;

handler! {
    /// An exception was raised by the instruction whose pc and sp the frame has stored: it gets a traceback entry.
    #[cold]
    #[inline(never)]
    fn error(pc, sp, frame, thread, table, oparg) {
        record(&*frame);
        return raised(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    /// As [`error`], without a new traceback entry: the exception is raised again.
    #[cold]
    #[inline(never)]
    fn raised(pc, sp, frame, thread, table, oparg) {
        let next = find(&*frame, &*thread, pc);
        if next.is_null() {
            return 0;
        }
        dispatch!((*next).pc.get(), (*next).sp.get(), next, thread, table)
    }
}

#[inline(never)]
fn record(frame: &Frame) {
    if !frame.is_incomplete() {
        traceback::here(frame);
    }
}

/// Leaves frames until one has a handler, and prepares that one; null when a frame that was entered from native code has none.
#[inline(never)]
fn find(frame: &Frame, thread: &ThreadState, pc: Pc) -> *const Frame {
    // RERAISE has set the frame's own pc to the instruction that raised first; what guards is looked up where it stands itself.
    let mut index = frame.index_of(pc);
    let mut frame: *const Frame = frame;
    loop {
        // SAFETY: the frame is alive until it is left.
        let current = unsafe { &*frame };
        if catch(current, index) {
            return frame;
        }
        let (previous, entry) = (current.previous.get(), current.entry.get());
        returns::leave(current, thread);
        if entry {
            return std::ptr::null();
        }
        frame = previous;
        // SAFETY: a frame without `entry` was called by the frame before it.
        let caller = unsafe { &*frame };
        record(caller);
        index = caller.instruction_index();
    }
}

/// If a handler guards the frame's instruction: cuts the stack to its depth, pushes what it wants, and goes to it.
fn catch(frame: &Frame, index: usize) -> bool {
    let code = frame.code();
    let Some(handler) = code.handler(index) else { return false };
    let Some(start) = code.start() else { return false };
    let base = frame.stack_base();
    let depth = handler.depth as usize;
    // SAFETY: the depth was checked against the stack's size when the handlers were decoded.
    let target = unsafe { base.add(depth) };
    while frame.sp.get() > target {
        let slot = frame.pop_slot();
        // SAFETY: the slot is out of the frame.
        unsafe { slot.close() };
    }
    // A damaged table could ask for values that are not there.
    while frame.sp.get() < target {
        frame.push_slot(Slot::NULL);
    }
    if handler.lasti {
        match int::new(frame.instruction_index() as i64) {
            Ok(index) => frame.push(index),
            Err(_raised) => frame.push_slot(Slot::borrowed(object::core::none())),
        }
    }
    let exception = error::take().unwrap_or_else(object::core::none_ref);
    frame.push(exception);
    // SAFETY: the target was checked when the handlers were decoded.
    frame.pc.set(unsafe { start.add(handler.target as usize / 2) });
    true
}

/// Leaves all frames up to the one that was entered from native code: after a panic.
pub(crate) fn abandon(thread: &ThreadState, entry: &Frame) {
    while let Some(frame) = crate::frame::current(thread) {
        let last = std::ptr::eq(frame, entry);
        returns::leave(frame, thread);
        if last {
            break;
        }
    }
}
