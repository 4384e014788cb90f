//! The instrumented forms of instructions: they report an event, then do what the instruction does.

use super::calls::{self, Outcome};
use super::{breaker, iteration, jumps, returns, stack, unwind};
use crate::frame::{self, Frame, Slot};
use crate::function::bind;
use crate::monitoring::fire::{self, JUMPED, RAISED};
use crate::monitoring::{Event, plan};
use object::thread::ThreadState;
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, core};

/// Reports an event of the frame's instruction; whether that went well.
#[inline(never)]
fn plain(frame: &Frame, thread: &ThreadState, event: Event) -> bool {
    fire::event(thread, frame, event, None).is_ok()
}

/// As [`plain`], with the value on top of the stack.
#[inline(never)]
fn with_top(frame: &Frame, thread: &ThreadState, event: Event) -> bool {
    let value = frame.peek(1).to_ref();
    fire::event(thread, frame, event, Some(value.b())).is_ok()
}

#[inline(never)]
fn jump(frame: &Frame, thread: &ThreadState, event: Event, target: super::Pc) -> bool {
    fire::jump(thread, frame, event, frame.index_of(target)).is_ok()
}

#[inline(never)]
fn entered(frame: &Frame) -> u64 {
    if plan::is_current(frame.code()) {
        return 0;
    }
    if plan::instrument(frame.code()).is_ok() { 1 } else { 2 }
}

handler! {
    fn INSTRUMENTED_RESUME(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let state = entered(&*frame);
        if state == 1 {
            dispatch!(pc, sp, frame, thread, table)
        }
        if state == 2 {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        // Between `await` and its awaitable nothing may come in.
        if (*thread).raw.eval_breaker.get() != 0 && oparg & 3 < 2 && breaker::handle(&*thread).is_err() {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        let event = if oparg & 3 == 0 { Event::PY_START } else { Event::PY_RESUME };
        if !plain(&*frame, &*thread, event) {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        if (*frame).pc.get() != pc {
            dispatch!((*frame).pc.get(), (*frame).sp.get(), frame, thread, table)
        }
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

handler! {
    fn INSTRUMENTED_RETURN_VALUE(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if !with_top(&*frame, &*thread, Event::PY_RETURN) {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        return returns::RETURN_VALUE(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn INSTRUMENTED_YIELD_VALUE(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if !with_top(&*frame, &*thread, Event::PY_YIELD) {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        if (*frame).pc.get() != pc {
            dispatch!((*frame).pc.get(), (*frame).sp.get(), frame, thread, table)
        }
        return returns::YIELD_VALUE(pc, sp, frame, thread, table, oparg);
    }
}

/// Writes handlers that report a jump to `$target` if `$taken`, then do what the plain instruction does.
macro_rules! branches {
    ($($name:ident => $plain:path, $event:ident, |$pc:ident, $top:ident, $oparg:ident| $taken:expr => $target:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                (*frame).pc.set(pc);
                (*frame).sp.set(sp);
                let ($pc, $oparg) = (pc, oparg as usize);
                let $top = sp.sub(1);
                if $taken {
                    if !jump(&*frame, &*thread, Event::$event, $target) {
                        return unwind::error(pc, sp, frame, thread, table, 0);
                    }
                    if (*frame).pc.get() != pc {
                        dispatch!((*frame).pc.get(), (*frame).sp.get(), frame, thread, table)
                    }
                }
                return $plain(pc, sp, frame, thread, table, oparg);
            }
        }
    )* };
}

branches! {
    INSTRUMENTED_JUMP_FORWARD => jumps::JUMP_FORWARD, JUMP, |pc, top, oparg| true => pc.add(1 + oparg);
    INSTRUMENTED_JUMP_BACKWARD => jumps::JUMP_BACKWARD, JUMP, |pc, top, oparg| true => pc.add(2).sub(oparg);
    INSTRUMENTED_POP_JUMP_IF_FALSE => jumps::POP_JUMP_IF_FALSE, BRANCH_RIGHT,
        |pc, top, oparg| jumps::holds(*top, core::false_()) => pc.add(2 + oparg);
    INSTRUMENTED_POP_JUMP_IF_TRUE => jumps::POP_JUMP_IF_TRUE, BRANCH_RIGHT,
        |pc, top, oparg| jumps::holds(*top, core::true_()) => pc.add(2 + oparg);
    INSTRUMENTED_POP_JUMP_IF_NONE => jumps::POP_JUMP_IF_NONE, BRANCH_RIGHT,
        |pc, top, oparg| jumps::holds(*top, core::none()) => pc.add(2 + oparg);
    INSTRUMENTED_POP_JUMP_IF_NOT_NONE => jumps::POP_JUMP_IF_NOT_NONE, BRANCH_RIGHT,
        |pc, top, oparg| !jumps::holds(*top, core::none()) => pc.add(2 + oparg);
    INSTRUMENTED_NOT_TAKEN => stack::NOT_TAKEN, BRANCH_LEFT, |pc, top, oparg| true => pc.add(1);
    INSTRUMENTED_POP_ITER => stack::POP_ITER, BRANCH_RIGHT, |pc, top, oparg| true => pc.add(1);
}

handler! {
    fn INSTRUMENTED_END_ASYNC_FOR(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if ends_async_for(&*frame) && !jump(&*frame, &*thread, Event::BRANCH_RIGHT, pc.add(1)) {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        if (*frame).pc.get() != pc {
            dispatch!((*frame).pc.get(), (*frame).sp.get(), frame, thread, table)
        }
        return super::exceptions::END_ASYNC_FOR(pc, sp, frame, thread, table, oparg);
    }
}

#[inline(never)]
fn ends_async_for(frame: &Frame) -> bool {
    frame.peek(1).class().is_subtype(&object::exc::StopAsyncIteration)
}

#[inline(never)]
fn stop_iteration(frame: &Frame, thread: &ThreadState) -> bool {
    if !fire::is_generator(frame.peek(2)) {
        return true;
    }
    let value = frame.peek(1).to_ref();
    fire::stop_iteration(thread, frame, value.b()).is_ok()
}

handler! {
    fn INSTRUMENTED_END_FOR(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if !stop_iteration(&*frame, &*thread) {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        return stack::END_FOR(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn INSTRUMENTED_END_SEND(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if !stop_iteration(&*frame, &*thread) {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        return stack::END_SEND(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn INSTRUMENTED_FOR_ITER(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let outcome = iteration::next(&*frame);
        if outcome == iteration::ITEM {
            if !jump(&*frame, &*thread, Event::BRANCH_LEFT, pc.add(2)) {
                return unwind::error(pc, sp.add(1), frame, thread, table, 0);
            }
            if (*frame).pc.get() != pc {
                dispatch!((*frame).pc.get(), (*frame).sp.get(), frame, thread, table)
            }
            dispatch!(pc.add(2), sp.add(1), frame, thread, table)
        }
        if outcome == iteration::END {
            dispatch!(pc.add(2 + oparg as usize + 1), sp, frame, thread, table)
        }
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

/// Writes the handlers of LINE and INSTRUCTION, which go on with the instruction below theirs.
macro_rules! layers {
    ($($name:ident => |$frame:ident, $thread:ident, $pc:ident, $previous:ident| $report:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let $previous = (*frame).pc.get();
                (*frame).pc.set(pc);
                (*frame).sp.set(sp);
                let ($frame, $thread, $pc) = (&*frame, &*thread, pc);
                let next: fire::Next = $report;
                if next == RAISED {
                    return unwind::error(pc, sp, frame, thread, table, 0);
                }
                if next == JUMPED {
                    dispatch!((*frame).pc.get(), (*frame).sp.get(), frame, thread, table)
                }
                // The instruction must not specialise itself here.
                if (*pc).counter() <= 1 {
                    (*pc).set_counter(u16::MAX);
                }
                let handler = *table.add(next as usize);
                return (handler.0)(pc, sp, frame, thread, table, oparg);
            }
        }
    )* };
}

layers! {
    INSTRUMENTED_LINE => |frame, thread, pc, previous| fire::line(thread, frame, pc, previous);
    INSTRUMENTED_INSTRUCTION => |frame, thread, pc, _previous| fire::instruction(thread, frame, pc);
}

macro_rules! calls {
    ($($name:ident => $plain:ident, $body:path;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                (*frame).pc.set(pc);
                (*frame).sp.set(sp);
                let outcome = $body(&*frame, &*thread, oparg as usize);
                if outcome == Outcome::DONE {
                    if (*thread).raw.eval_breaker.get() != 0 {
                        return calls::after_call(pc.add(super::size::$plain), sp, frame, thread, table, 0);
                    }
                    dispatch!(pc.add(super::size::$plain), (*frame).sp.get(), frame, thread, table)
                }
                if outcome == Outcome::RAISED {
                    return unwind::error(pc, sp, frame, thread, table, 0);
                }
                (*frame).return_offset.set(super::size::$plain as u32);
                let callee = outcome.callee();
                frame::set_current(&*thread, callee);
                dispatch!((*callee).pc.get(), (*callee).sp.get(), callee, thread, table)
            }
        }
    )* };
}

calls! {
    INSTRUMENTED_CALL => CALL, call;
    INSTRUMENTED_CALL_KW => CALL_KW, call_kw;
    INSTRUMENTED_CALL_FUNCTION_EX => CALL_FUNCTION_EX, call_function_ex;
}

#[inline(never)]
fn call(frame: &Frame, thread: &ThreadState, oparg: usize) -> Outcome {
    let parts = calls::parts(frame, oparg, 0);
    reported(frame, thread, &parts, || calls::call(frame, thread, oparg))
}

#[inline(never)]
fn call_kw(frame: &Frame, thread: &ThreadState, oparg: usize) -> Outcome {
    let parts = calls::parts(frame, oparg, 1);
    reported(frame, thread, &parts, || calls::call_kw(frame, thread, oparg))
}

/// A call whose callable and arguments are on the stack, between the events that it makes.
fn reported(frame: &Frame, thread: &ThreadState, parts: &calls::Parts, action: impl FnOnce() -> Outcome) -> Outcome {
    let callable = parts.base.up(1).peek_object(1).to_ref();
    let first = if parts.nargs > 0 { Some(parts.args.up(1).peek_object(1).to_ref()) } else { None };
    let python = bind::as_function(callable.b()).is_some();
    between(frame, thread, &callable, first, python, action)
}

fn between(
    frame: &Frame,
    thread: &ThreadState,
    callable: &Ref,
    first: Option<Ref>,
    python: bool,
    action: impl FnOnce() -> Outcome,
) -> Outcome {
    let argument = first.as_ref().map(Ref::b);
    if fire::call(thread, frame, Event::CALL, callable.b(), argument).is_err() {
        return Outcome::RAISED;
    }
    let outcome = action();
    if python {
        return outcome;
    }
    if outcome == Outcome::RAISED {
        fire::call_raised(thread, frame, callable.b(), argument);
        return outcome;
    }
    match fire::call(thread, frame, Event::C_RETURN, callable.b(), argument) {
        Ok(()) => outcome,
        Err(_raised) => Outcome::RAISED,
    }
}

#[inline(never)]
fn call_function_ex(frame: &Frame, thread: &ThreadState, oparg: usize) -> Outcome {
    // (callable, null, args, kwargs or null)
    if own_arguments(frame).is_err() {
        return Outcome::RAISED;
    }
    let callable = frame.peek(4).to_ref();
    let first = tuple::items(frame.peek(2)).and_then(<[_]>::first).map(|first| first.to_ref());
    let python = callable.class().is_type(&core::FUNCTION) || callable.class().is_type(&core::METHOD);
    between(frame, thread, &callable, first, python, || calls::call_function_ex(frame, thread, oparg))
}

/// Replaces the iterable of arguments by a tuple.
fn own_arguments(frame: &Frame) -> PyResult<()> {
    if frame.peek(2).class().is_type(&core::TUPLE) {
        return Ok(());
    }
    let args = calls::argument_tuple(frame.peek(4), frame.peek(2).to_ref())?;
    let old = frame.stack().replace(2, Slot::owned(args));
    // SAFETY: the old word is out of the frame.
    unsafe { old.close() };
    Ok(())
}

handler! {
    fn INSTRUMENTED_LOAD_SUPER_ATTR(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if load_super_attr(&*frame, &*thread, oparg as u32) {
            dispatch!(pc.add(super::size::LOAD_SUPER_ATTR), (*frame).sp.get(), frame, thread, table)
        }
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

/// `super().name` as the call and the attribute that it stands for.
#[inline(never)]
fn load_super_attr(frame: &Frame, thread: &ThreadState, oparg: u32) -> bool {
    let name = frame.code().name_at(oparg as usize >> 2);
    let (callable, class, receiver) = (frame.peek(3).to_ref(), frame.peek(2).to_ref(), frame.peek(1).to_ref());
    let first = if oparg & 2 != 0 { Some(class.clone()) } else { None };
    let args: [Borrowed<'_>; 2] = [class.b(), receiver.b()];
    let outcome = between(frame, thread, &callable, first, false, || {
        let made = if oparg & 2 != 0 { callable.call(&args) } else { callable.call0() };
        frame.drop_top(3);
        match made {
            Ok(made) => {
                frame.push(made);
                Outcome::DONE
            }
            Err(_raised) => Outcome::RAISED,
        }
    });
    if outcome == Outcome::RAISED {
        return false;
    }
    let object = frame.pop_ref();
    let Ok(value) = object.getattr(name) else { return false };
    frame.push(value);
    if oparg & 1 != 0 {
        frame.push_slot(Slot::NULL);
    }
    true
}
