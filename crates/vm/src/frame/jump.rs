//! `frame.f_lineno = …`: a trace function moves a frame to another line.
//!
//! The value stack at the target must fit what the frame has: the kinds of values that can stand on the stack are computed for each instruction, by following
//! the code from its start. Values too many are dropped; none can be made.

use super::{Frame, FrameObject, Slot};
use crate::code::Code;
use crate::monitoring::Event;
use bytecode::{Op, linetable};
use object::thread::{self, ThreadState};
use object::{PyResult, RawField, core, hooks, raise};

/// What a word on the value stack is good for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Iterator = 1,
    Except = 2,
    Object = 3,
    Null = 4,
    Lasti = 5,
}

/// The most values that are followed.
const DEEPEST: usize = 21;

/// The value stack before an instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Stack {
    /// No way leads here.
    Unreachable,
    TooDeep,
    Known(Vec<Kind>),
}

impl Stack {
    fn push(&mut self, kind: Kind) {
        if let Stack::Known(kinds) = self {
            if kinds.len() >= DEEPEST {
                *self = Stack::TooDeep;
            } else {
                kinds.push(kind);
            }
        }
    }

    fn pop(&mut self) -> Option<Kind> {
        match self {
            Stack::Known(kinds) => kinds.pop(),
            _ => None,
        }
    }

    fn drop_top(&mut self, count: usize) {
        for _ in 0..count {
            self.pop();
        }
    }

    fn peek(&self, depth: usize) -> Kind {
        match self {
            Stack::Known(kinds) => {
                kinds.len().checked_sub(depth).and_then(|index| kinds.get(index)).copied().unwrap_or(Kind::Object)
            }
            _ => Kind::Object,
        }
    }

    fn swap(&mut self, depth: usize) {
        if let Stack::Known(kinds) = self
            && let (Some(top), Some(other)) = (kinds.len().checked_sub(1), kinds.len().checked_sub(depth))
        {
            kinds.swap(top, other);
        }
    }

    /// What has to be dropped for this stack to become `target`; none if nothing helps.
    fn fits(&self, target: &Stack) -> bool {
        let (Stack::Known(have), Stack::Known(want)) = (self, target) else { return false };
        let Some(kept) = have.get(..want.len()) else { return false };
        kept.iter().zip(want).all(|(have, want)| match want {
            Kind::Object => *have != Kind::Null,
            Kind::Null => true,
            want => have == want,
        })
    }

    fn depth(&self) -> Option<usize> {
        match self {
            Stack::Known(kinds) => Some(kinds.len()),
            _ => None,
        }
    }

    /// Why this stack cannot be jumped to.
    fn objection(&self) -> &'static str {
        match self {
            Stack::TooDeep => "stack is too deep to analyze",
            Stack::Unreachable => "can't jump into an exception handler, or code may be unreachable",
            Stack::Known(kinds) => match kinds.last() {
                Some(Kind::Except) => "can't jump into an 'except' block as there's no exception",
                Some(Kind::Lasti) => "can't jump into a re-raising block as there's no location",
                Some(Kind::Iterator) => "can't jump into the body of a for loop",
                _ => "incompatible stacks",
            },
        }
    }
}

/// One instruction: where it begins, what it is, where the next one begins.
#[derive(Clone, Copy)]
struct Step {
    at: usize,
    op: Op,
    arg: usize,
    next: usize,
}

fn steps(code: &Code) -> Vec<Step> {
    let bytes = code.code_bytes();
    let mut found = Vec::new();
    let (mut at, mut prefix) = (0usize, 0u32);
    while let Some(&[number, low]) = bytes.get(at * 2..at * 2 + 2) {
        let arg = prefix << 8 | u32::from(low);
        let op = Op::from_number(u16::from(number)).unwrap_or(Op::NOP);
        prefix = if op == Op::EXTENDED_ARG { arg } else { 0 };
        let next = at + 1 + op.caches();
        found.push(Step { at, op, arg: arg as usize, next });
        at = next;
    }
    found
}

/// The stacks before all instructions.
fn stacks(code: &Code) -> Vec<Stack> {
    let steps = steps(code);
    let mut stacks = vec![Stack::Unreachable; code.code_bytes().len() / 2 + 1];
    if let Some(first) = stacks.first_mut() {
        *first = Stack::Known(Vec::new());
    }
    // Code goes backwards only in loops, whose stack does not change, and to handlers.
    let mut changed = true;
    while changed {
        changed = false;
        for step in &steps {
            let before = match stacks.get(step.at) {
                Some(Stack::Unreachable) | None => continue,
                Some(before) => before.clone(),
            };
            changed |= follow(&mut stacks, step, before);
        }
        changed |= handlers(code, &mut stacks);
    }
    stacks
}

fn set(stacks: &mut [Stack], at: Option<usize>, stack: Stack) -> bool {
    match at.and_then(|at| stacks.get_mut(at)) {
        Some(place) if *place == Stack::Unreachable => {
            *place = stack;
            true
        }
        _ => false,
    }
}

/// Notes the stacks behind one instruction.
fn follow(stacks: &mut [Stack], step: &Step, before: Stack) -> bool {
    let Step { op, arg, next, .. } = *step;
    let (ahead, back) = (next.checked_add(arg), next.checked_sub(arg));
    let mut after = before;
    match op {
        Op::POP_JUMP_IF_FALSE | Op::POP_JUMP_IF_TRUE | Op::POP_JUMP_IF_NONE | Op::POP_JUMP_IF_NOT_NONE => {
            after.pop();
            return set(stacks, ahead, after.clone()) | set(stacks, Some(next), after);
        }
        Op::SEND => return set(stacks, ahead, after.clone()) | set(stacks, Some(next), after),
        Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT => return set(stacks, back, after),
        Op::JUMP_FORWARD => return set(stacks, ahead, after),
        Op::RETURN_VALUE | Op::RAISE_VARARGS | Op::RERAISE => return false,
        Op::GET_ITER | Op::GET_AITER => {
            after.pop();
            after.push(Kind::Iterator);
        }
        Op::FOR_ITER => {
            after.push(Kind::Object);
            return set(stacks, ahead, after.clone()) | set(stacks, Some(next), after);
        }
        Op::END_ASYNC_FOR => after.drop_top(2),
        Op::PUSH_EXC_INFO => after.push(Kind::Except),
        Op::POP_EXCEPT => {
            after.pop();
        }
        Op::PUSH_NULL => after.push(Kind::Null),
        Op::LOAD_GLOBAL => {
            after.push(Kind::Object);
            if arg & 1 != 0 {
                after.push(Kind::Null);
            }
        }
        Op::LOAD_ATTR => {
            if arg & 1 != 0 {
                after.pop();
                after.push(Kind::Object);
                after.push(Kind::Null);
            }
        }
        Op::SWAP => after.swap(arg),
        Op::COPY => {
            let kind = after.peek(arg);
            after.push(kind);
        }
        Op::CACHE | Op::RESERVED => return false,
        _ => {
            let effect = op.stack_effect(i32::try_from(arg).unwrap_or(i32::MAX));
            after.drop_top(usize::try_from(-effect).unwrap_or(0));
            for _ in 0..effect {
                after.push(Kind::Object);
            }
        }
    }
    set(stacks, Some(next), after)
}

/// Notes the stacks at the handlers of what was reached.
fn handlers(code: &Code, stacks: &mut [Stack]) -> bool {
    let mut changed = false;
    for entry in bytecode::exceptiontable::entries(code.exceptiontable_bytes()) {
        let mut stack = match stacks.get(entry.start as usize / 2) {
            Some(Stack::Unreachable) | None => continue,
            Some(stack) => stack.clone(),
        };
        while stack.depth().is_some_and(|depth| depth > entry.depth as usize) {
            stack.pop();
        }
        if entry.lasti {
            stack.push(Kind::Lasti);
        }
        stack.push(Kind::Except);
        changed |= set(stacks, Some(entry.target as usize / 2), stack);
    }
    changed
}

/// The instructions at which a line begins, with the lines.
fn line_starts(code: &Code) -> Vec<(usize, i32)> {
    linetable::lines(code.linetable_bytes(), code.firstlineno.get())
        .filter_map(|(start, _, line)| Some((start as usize / 2, line?)))
        .collect()
}

/// Whether the event that is being traced lets a frame be moved.
fn allowed(thread: &ThreadState) -> PyResult<()> {
    let Ok(event) = u8::try_from(thread.raw.what_event.get()) else {
        return Err(raise!(ValueError, "f_lineno can only be set in a trace function"));
    };
    match Event(event) {
        Event::PY_RESUME | Event::JUMP | Event::PY_YIELD | Event::LINE | Event::BRANCH_LEFT | Event::BRANCH_RIGHT => Ok(()),
        Event::PY_START => Err(raise!(ValueError, "can't jump from the 'call' trace event of a new frame")),
        Event::CALL | Event::C_RETURN => Err(raise!(ValueError, "can't jump during a call")),
        Event::PY_RETURN
        | Event::PY_THROW
        | Event::PY_UNWIND
        | Event::INSTRUCTION
        | Event::EXCEPTION_HANDLED
        | Event::RAISE
        | Event::C_RAISE => Err(raise!(ValueError, "can only jump from a 'line' trace event")),
        _ => Err(raise!(SystemError, "unexpected event type")),
    }
}

/// Moves the frame to a line.
pub fn to_line(object: &FrameObject, frame: &Frame, line: Option<i64>) -> PyResult<()> {
    let thread = thread::current();
    allowed(thread)?;
    let Some(line) = line.and_then(|line| i32::try_from(line).ok()) else {
        return Err(raise!(ValueError, "lineno out of range"));
    };
    let code = frame.code();
    if line < code.firstlineno.get() {
        return Err(raise!(ValueError, "line {line} comes before the current code block"));
    }
    let starts = line_starts(code);
    let Some(found) = starts.iter().map(|(_, at)| *at).filter(|at| *at >= line).min() else {
        return Err(raise!(ValueError, "line {line} comes after the current code block"));
    };
    let stacks = stacks(code);
    let mut have = stacks.get(frame.instruction_index()).cloned().unwrap_or(Stack::Unreachable);
    if suspended(frame) {
        // The value that the `yield` gave away.
        have.pop();
    }
    let (target, depth) = choose(&stacks, &starts, found, &have)?;
    fill_unbound(frame)?;
    cut(frame, thread, &mut have, depth);
    object.lineno.set(0);
    if let Some(start) = code.start() {
        // SAFETY: the index is that of an instruction of the code.
        frame.pc.set(unsafe { start.add(target) });
    }
    Ok(())
}

fn suspended(frame: &Frame) -> bool {
    use crate::generator::{Generator, State, owner_of};
    owner_of(frame)
        .is_some_and(|owner| matches!(owner.b().self_as::<Generator>().state.get(), State::Suspended | State::SuspendedYieldFrom))
}

/// The instruction of the line that keeps most of the stack.
fn choose(stacks: &[Stack], starts: &[(usize, i32)], line: i32, have: &Stack) -> PyResult<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    let mut objection = None;
    for (at, _) in starts.iter().filter(|(_, starting)| *starting == line) {
        let Some(target) = stacks.get(*at) else { continue };
        if have.fits(target) {
            let depth = target.depth().unwrap_or(0);
            if best.is_none_or(|(_, deepest)| depth > deepest) {
                best = Some((*at, depth));
            }
        } else if objection.is_none() {
            objection = Some(match have {
                Stack::TooDeep => "stack to deep to analyze",
                Stack::Unreachable => "can't jump from unreachable code",
                Stack::Known(_) => target.objection(),
            });
        }
    }
    best.ok_or_else(|| raise!(ValueError, "{}", objection.unwrap_or("cannot find bytecode for specified line")))
}

/// Locals that the jump may have passed by become None.
fn fill_unbound(frame: &Frame) -> PyResult<()> {
    let count = frame.code().local_count();
    let unbound = (0..count).filter(|index| frame.local(*index).is_null()).count();
    if unbound == 0 {
        return Ok(());
    }
    let plural = if unbound == 1 { "" } else { "s" };
    hooks::warn(&object::exc::RuntimeWarning, &format!("assigning None to {unbound} unbound local{plural}"), 0)?;
    for index in 0..count {
        if frame.local(index).is_null() {
            frame.replace_local(index, Slot::owned(core::none_ref()));
        }
    }
    Ok(())
}

/// Drops values until the stack has this depth; an exception that was handled is handled no longer.
fn cut(frame: &Frame, thread: &ThreadState, have: &mut Stack, depth: usize) {
    while have.depth().is_some_and(|left| left > depth) {
        let value = frame.pop_or_null();
        if have.pop() == Some(Kind::Except) {
            // SAFETY: the chain's innermost item is alive.
            let item = unsafe { &*thread.raw.exc_info.get() };
            item.exc_value.store(value.filter(|value| !value.is(&core::none())));
        }
    }
}
