//! Exceptions on their way: the handler that catches, or the frames that they leave.

use super::{Pc, returns};
use crate::frame::{Frame, Slot, traceback};
use crate::monitoring::{Event, fire, plan};
use bytecode::exceptiontable::Entry;
use object::error;
use object::thread::ThreadState;
use object::value::int;

handler! {
    /// An exception was raised by the instruction whose pc and sp the frame has stored: it gets a traceback entry.
    #[cold]
    #[inline(never)]
    fn error(pc, sp, frame, thread, table, oparg) {
        record(&*frame, &*thread, end_of(&*frame, pc));
        return leave(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    /// As [`error`], without a new traceback entry: the exception is raised again.
    #[cold]
    #[inline(never)]
    fn raised(pc, sp, frame, thread, table, oparg) {
        report_at(&*thread, &*frame, Event::RERAISE, (*frame).index_of(pc));
        return leave(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    #[cold]
    #[inline(never)]
    fn leave(pc, sp, frame, thread, table, oparg) {
        let next = find(&*frame, &*thread, pc);
        if next.is_null() {
            return 0;
        }
        dispatch!((*next).pc.get(), (*next).sp.get(), next, thread, table)
    }
}

#[inline(never)]
fn record(frame: &Frame, thread: &ThreadState, place: usize) {
    if !frame.is_incomplete() {
        traceback::here(frame);
        report_at(thread, frame, Event::RAISE, place);
    }
}

/// The index of the last code unit of an instruction: where CPython says that it raised.
#[inline(never)]
fn end_of(frame: &Frame, pc: Pc) -> usize {
    let index = frame.index_of(pc);
    let number = frame.code().code_bytes().get(index * 2).copied().unwrap_or(0);
    index + crate::code::units::caches_of(number)
}

/// Tells tools about the exception that is set; afterwards one is set, this one or that of a tool. Whether no tool failed.
#[inline(never)]
pub(super) fn report(thread: &ThreadState, frame: &Frame, event: Event) -> bool {
    report_at(thread, frame, event, frame.instruction_index())
}

fn report_at(thread: &ThreadState, frame: &Frame, event: Event, index: usize) -> bool {
    thread.interpreter().monitored.get() & event.bit() == 0 || fire::exception(thread, frame, event, index)
}

/// An exception is thrown into a generator, past the instruction that it would resume at.
pub(super) fn thrown(thread: &ThreadState, frame: &Frame) {
    // Without memory the code stays as it is.
    if let Some(exception) = error::take() {
        if let Err(raised) = plan::instrument(frame.code()) {
            raised.clear();
        }
        let _raised = error::restore(exception);
    }
    report(thread, frame, Event::PY_THROW);
}

/// Leaves frames until one has a handler, and prepares that one; null when a frame that was entered from native code has none.
#[inline(never)]
fn find(frame: &Frame, thread: &ThreadState, pc: Pc) -> *const Frame {
    // RERAISE has set the frame's own pc to the instruction that raised first; what guards is looked up where it stands itself.
    let mut index = frame.index_of(pc);
    let mut place = end_of(frame, pc);
    let mut frame: *const Frame = frame;
    loop {
        // SAFETY: the frame is alive until it is left.
        let current = unsafe { &*frame };
        if let Some(handler) = current.code().handler(index) {
            let target = handler.target as usize / 2;
            catch(current, handler);
            if handled(current, thread, target) && (target > index || poll(thread)) {
                return frame;
            }
            // A tool raised at the handler's first instruction, or a signal handler did.
            index = target;
            place = target;
            continue;
        }
        report_at(thread, current, Event::PY_UNWIND, place);
        let (previous, entry) = (current.previous.get(), current.entry.get());
        returns::leave(current, thread);
        if entry {
            return std::ptr::null();
        }
        frame = previous;
        // SAFETY: a frame without `entry` was called by the frame before it.
        let caller = unsafe { &*frame };
        index = caller.instruction_index();
        place = index.saturating_sub(1);
        record(caller, thread, place);
    }
}

/// How many handlers further back than what raised are entered while something waits in the eval breaker, before it is asked after all.
const PATIENCE: u32 = 1000;

/// Handlers further back that were entered while something waited.
#[derive(Default)]
struct Waited(std::cell::Cell<u32>);

/// Asks the eval breaker at a handler that stands before what raised. The compiler writes such a handler seldom, and other instructions that ask
/// follow soon; a handler that guards itself and raises again, which only damaged code has, never ends and would keep the GIL for ever. False if it
/// raised.
fn poll(thread: &ThreadState) -> bool {
    if thread.raw.eval_breaker.get() == 0 {
        return true;
    }
    let waited = &thread.extensions.get::<Waited>().0;
    waited.set(waited.get().saturating_add(1));
    if waited.get() < PATIENCE {
        return true;
    }
    waited.set(0);
    super::breaker::handle(thread).is_ok()
}

/// Cuts the frame's stack to a handler's depth and pushes what it wants.
fn catch(frame: &Frame, handler: Entry) {
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
}

/// Goes to a handler, whose exception is on top of the stack, unless a tool raises.
fn handled(frame: &Frame, thread: &ThreadState, target: usize) -> bool {
    let code = frame.code();
    if thread.interpreter().monitored.get() & Event::EXCEPTION_HANDLED.bit() != 0 {
        let _raised = error::restore(frame.peek(1).to_ref());
        if !report_at(thread, frame, Event::EXCEPTION_HANDLED, target) {
            return false;
        }
        drop(error::take());
    }
    let Some(start) = code.start() else { return false };
    if let Some(plan) = code.plan() {
        plan.came_from.set((target, frame.instruction_index()));
    }
    // SAFETY: the target was checked when the handlers were decoded.
    frame.pc.set(unsafe { start.add(target) });
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
