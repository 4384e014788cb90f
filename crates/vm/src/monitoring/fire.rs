//! Reporting events to tools.

use super::events::Event;
use super::plan::{Plan, below_instruction, below_line};
use super::tools::{self, Callback, PUBLIC, Tools};
use super::trace;
use crate::code::units::Unit;
use crate::frame::Frame;
use bytecode::Op;
use object::thread::ThreadState;
use object::value::int;
use object::{Borrowed, PyResult, Ref, core, error, exc, raise};

/// The byte offset of an instruction, as tools see it.
fn offset(index: usize) -> PyResult<Ref> {
    int::new(i64::try_from(index.saturating_mul(2)).unwrap_or(i64::MAX))
}

/// Calls the tools, the highest id first. Where tools run already, nothing is reported.
fn report(thread: &ThreadState, frame: &Frame, event: Event, wanting: u8, at: usize, args: &[Borrowed<'_>]) -> PyResult<()> {
    if thread.raw.tracing.get() != 0 {
        return Ok(());
    }
    let registry = tools::of(thread);
    let mut rest = wanting;
    while rest != 0 {
        let tool = 7 - rest.leading_zeros() as usize;
        rest &= !(1 << tool);
        let callback = if tool < PUBLIC { registry.callback(tool, event) } else { None };
        let disable = match &callback {
            None if tool >= PUBLIC => trace::report(thread, frame, tool, event, at, args)?,
            None => false,
            Some(callback) if callback.both_sides && !is_old_branch(frame, at) => false,
            Some(callback) => {
                let result = guarded(thread, event, || callback.function.call(args))?;
                registry.is_disable(result.b())
            }
        };
        if disable {
            disabled(registry, frame, event, tool, at, callback.is_some_and(|callback| callback.both_sides))?;
        }
    }
    Ok(())
}

/// BRANCH was never reported for `async for`.
fn is_old_branch(frame: &Frame, at: usize) -> bool {
    let Some(plan) = frame.code().plan() else { return false };
    let op = |index: usize| plan.point(index).map(|point| point.op);
    let source = plan.point(at).and_then(|point| op(point.source as usize));
    op(at) != Some(Op::END_ASYNC_FOR) && source != Some(Op::END_SEND)
}

/// Runs a tool's function: what it does is not reported itself.
pub(super) fn guarded<R>(thread: &ThreadState, event: Event, action: impl FnOnce() -> R) -> R {
    let raw = &thread.raw;
    let what = raw.what_event.replace(i32::from(event.0));
    raw.tracing.set(raw.tracing.get() + 1);
    let result = action();
    raw.tracing.set(raw.tracing.get() - 1);
    raw.what_event.set(what);
    result
}

/// A callback has returned DISABLE.
fn disabled(registry: &Tools, frame: &Frame, event: Event, tool: usize, at: usize, both_sides: bool) -> PyResult<()> {
    if !event.is_local() {
        drop(registry.set_callback(tool, event, None::<Callback>));
        return Err(raise!(ValueError, "Cannot disable {} events. Callback removed.", event.name()));
    }
    let code = frame.code();
    let Some(plan) = code.plan() else { return Ok(()) };
    plan.disable(code, at, event, tool);
    if both_sides && plan.point(at).is_some_and(|point| point.source as usize == at) {
        // The side that stands apart from its branch.
        let other = if event == Event::BRANCH_LEFT { Event::BRANCH_RIGHT } else { Event::BRANCH_LEFT };
        for index in plan.sides_of(at) {
            plan.disable(code, index, other, tool);
        }
    }
    Ok(())
}

fn tools_at(frame: &Frame, index: usize) -> u8 {
    frame.code().plan().and_then(|plan| plan.point(index)).map_or(0, |point| point.tools.get())
}

/// Reports an event of the frame's instruction that has no further arguments, or one.
pub fn event(thread: &ThreadState, frame: &Frame, event: Event, value: Option<Borrowed<'_>>) -> PyResult<()> {
    let at = frame.instruction_index();
    let wanting = tools_at(frame, at);
    if wanting == 0 {
        return Ok(());
    }
    let (code, place) = (frame.code_object().object(), offset(at)?);
    match value {
        Some(value) => report(thread, frame, event, wanting, at, &[code, place.b(), value]),
        None => report(thread, frame, event, wanting, at, &[code, place.b()]),
    }
}

/// Reports a call, or how it ended: the callable and its first argument.
pub fn call(
    thread: &ThreadState,
    frame: &Frame,
    event: Event,
    callable: Borrowed<'_>,
    first: Option<Borrowed<'_>>,
) -> PyResult<()> {
    let at = frame.instruction_index();
    let wanting = tools_at(frame, at);
    if wanting == 0 {
        return Ok(());
    }
    let (place, missing) = (offset(at)?, tools::of(thread).missing());
    let first = first.unwrap_or(missing.b());
    report(thread, frame, event, wanting, at, &[frame.code_object().object(), place.b(), callable, first])
}

/// Reports that a call raised what is set now; an exception is set afterwards.
pub fn call_raised(thread: &ThreadState, frame: &Frame, callable: Borrowed<'_>, first: Option<Borrowed<'_>>) {
    let Some(exception) = error::take() else { return };
    if call(thread, frame, Event::C_RAISE, callable, first).is_ok() {
        let _raised = error::restore(exception);
    }
}

/// Reports a jump or branch to the instruction with the index `target`.
pub fn jump(thread: &ThreadState, frame: &Frame, event: Event, target: usize) -> PyResult<()> {
    let at = frame.instruction_index();
    let Some((plan, point)) = frame.code().plan().and_then(|plan| Some((plan, plan.point(at)?))) else { return Ok(()) };
    let wanting = point.tools.get();
    if wanting == 0 {
        return Ok(());
    }
    // As in CPython, where LINE or INSTRUCTION was watched before, what a branch leads to counts as the branch.
    let hidden = plan.layered.replace(0) == at + 1 && matches!(point.op, Op::NOT_TAKEN | Op::POP_ITER);
    let (from, to) = (offset(if hidden { at } else { point.source as usize })?, offset(target)?);
    report(thread, frame, event, wanting, at, &[frame.code_object().object(), from.b(), to.b()])
}

/// Reports an event about the exception that is set; one is set afterwards, too: this one or that of a tool. Whether no tool failed.
pub fn exception(thread: &ThreadState, frame: &Frame, event: Event, at: usize) -> bool {
    if thread.interpreter().monitored.get() & event.bit() == 0 || thread.raw.tracing.get() != 0 {
        return true;
    }
    let wanting = tools::of(thread).wanting(event);
    let Some(exception) = error::take() else { return true };
    let result = offset(at)
        .and_then(|place| report(thread, frame, event, wanting, at, &[frame.code_object().object(), place.b(), exception.b()]));
    match result {
        Ok(()) => {
            let _raised = error::restore(exception);
            true
        }
        Err(_raised) => false,
    }
}

/// Reports the StopIteration that the end of a generator stands for.
pub fn stop_iteration(thread: &ThreadState, frame: &Frame, value: Borrowed<'_>) -> PyResult<()> {
    let at = frame.instruction_index();
    let wanting = tools_at(frame, at);
    if wanting == 0 || thread.raw.tracing.get() != 0 {
        return Ok(());
    }
    let exception = error::raise_value(&exc::StopIteration, Some(value)).take();
    let place = offset(at)?;
    let args = [frame.code_object().object(), place.b(), exception.b()];
    report(thread, frame, Event::STOP_ITERATION, wanting, at, &args)
}

/// How an instruction goes on after LINE or INSTRUCTION: the opcode to run, or one of the two below.
pub type Next = u64;
/// A tool raised.
pub const RAISED: Next = 256;
/// A tool jumped: the frame says where to.
pub const JUMPED: Next = 257;

fn outcome(frame: &Frame, pc: *const Unit, result: PyResult<()>, op: impl FnOnce() -> Op) -> Next {
    match result {
        Err(_raised) => RAISED,
        Ok(()) if frame.pc.get() != pc => JUMPED,
        // A loop over a generator is not inlined where it is watched.
        Ok(()) => match op() {
            Op::FOR_ITER => u64::from(Op::INSTRUMENTED_FOR_ITER.number()),
            op => u64::from(op.number()),
        },
    }
}

/// An INSTRUMENTED_LINE: reports LINE if the instruction `previous`, the last that the frame stored, has another line.
#[inline(never)]
pub fn line(thread: &ThreadState, frame: &Frame, pc: *const Unit, previous: *const Unit) -> Next {
    let at = frame.index_of(pc);
    let code = frame.code();
    let Some((plan, point)) = code.plan().and_then(|plan| Some((plan, plan.point(at)?))) else { return RAISED };
    let wanting = point.line_tools.get();
    let mut result = Ok(());
    if wanting != 0 && thread.raw.tracing.get() == 0 && begins(frame, plan, at, previous, point.line) {
        result = int::new(i64::from(point.line))
            .and_then(|line| report(thread, frame, Event::LINE, wanting, at, &[frame.code_object().object(), line.b()]));
    }
    plan.layered.set(at + 1);
    outcome(frame, pc, result, || below_line(point))
}

fn begins(frame: &Frame, plan: &Plan, at: usize, previous: *const Unit, line: i32) -> bool {
    let mut before = frame.index_of(previous).max(frame.code().first_traceable());
    let (handler, raising) = plan.came_from.replace((0, 0));
    let raised = before == at && handler == at && handler != 0;
    if raised {
        before = raising;
    }
    let Some(point) = plan.point(before) else { return true };
    // A jump stores nothing: behind a RESUME stands only what follows it. As in CPython, a RESUME that has run unwatched does not count.
    let resumed = point.op == Op::RESUME && !ran_unwatched(frame, before) && (raised || at == before + 1);
    resumed || point.line != line
}

fn ran_unwatched(frame: &Frame, resume: usize) -> bool {
    let unit = frame.code().made_units().and_then(|units| units.all().get(resume));
    unit.is_some_and(|unit| u16::from(unit.op()) == Op::RESUME_CHECK.number())
}

/// An INSTRUMENTED_INSTRUCTION.
#[inline(never)]
pub fn instruction(thread: &ThreadState, frame: &Frame, pc: *const Unit) -> Next {
    let at = frame.index_of(pc);
    let Some((plan, point)) = frame.code().plan().and_then(|plan| Some((plan, plan.point(at)?))) else { return RAISED };
    let wanting = point.instruction_tools.get();
    let result = match wanting {
        0 => Ok(()),
        _ => offset(at)
            .and_then(|place| report(thread, frame, Event::INSTRUCTION, wanting, at, &[frame.code_object().object(), place.b()])),
    };
    plan.layered.set(at + 1);
    outcome(frame, pc, result, || below_instruction(point))
}

/// Whether the object is a generator, whose end is a StopIteration that nobody raised.
pub fn is_generator(object: Borrowed<'_>) -> bool {
    object.class().is_type(&core::GENERATOR) || object.class().is_type(&core::COROUTINE)
}
