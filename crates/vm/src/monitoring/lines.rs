//! Where lines begin: the instructions that LINE is reported at, if the instruction that ran before has another line.
//!
//! Marked is every instruction that a different line may come before: where the line changes in the order of the code, targets of jumps, and
//! handlers. Between two marks the line stays the same, so the frame's last stored instruction tells which line ran before a mark. Instructions without a
//! line are marked, too, but report nothing.

use super::events::Event;
use super::plan::Point;
use crate::code::Code;
use bytecode::Op;
use bytecode::exceptiontable;
use bytecode::ops::flag;

/// Sets `starts_line`.
pub fn mark(code: &Code, points: &mut [Point]) {
    let first = code.first_traceable();
    // No line is the same as what comes before the first instruction.
    let mut last = None;
    for point in points.iter_mut().skip(first).filter(|point| point.op != Op::CACHE) {
        if can_start(point.op) {
            point.starts_line = last != Some(point.line);
        }
        last = if point.event == Some(Event::PY_START) { None } else { Some(point.line) };
    }
    for target in targets(code) {
        start_at(points, target, first);
    }
    for entry in exceptiontable::entries(code.exceptiontable_bytes()) {
        start_at(points, entry.target as usize / 2, first);
    }
}

/// Instructions that jumps skip, or that instrumentation itself rests on, do not begin lines.
fn can_start(op: Op) -> bool {
    !matches!(op, Op::RESUME | Op::END_FOR | Op::END_SEND | Op::POP_ITER | Op::END_ASYNC_FOR)
}

fn start_at(points: &mut [Point], index: usize, first: usize) {
    if index >= first
        && let Some(point) = points.get_mut(index)
        && can_start(point.op)
    {
        point.starts_line = true;
    }
}

/// The targets of all jumps, as indices.
fn targets(code: &Code) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut index, mut prefix) = (0usize, 0u32);
    let bytes = code.code_bytes();
    while let Some(&[number, low]) = bytes.get(index * 2..index * 2 + 2) {
        let arg = prefix << 8 | u32::from(low);
        let Some(op) = Op::from_number(u16::from(number)) else { break };
        prefix = if op == Op::EXTENDED_ARG { arg } else { 0 };
        index += 1 + op.caches();
        if op.info().flags & flag::JUMP == 0 || op == Op::END_ASYNC_FOR {
            continue;
        }
        match op {
            Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT => found.extend(index.checked_sub(arg as usize)),
            // END_SEND is passed over.
            Op::SEND => found.extend(index.checked_add(arg as usize + 1)),
            _ => found.extend(index.checked_add(arg as usize)),
        }
    }
    found
}
