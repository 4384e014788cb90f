//! The instructions of a code object, as instrumentation sees them.

use super::events::Event;
use super::plan::Point;
use crate::code::Code;
use bytecode::{Op, linetable};
use std::cell::Cell;

/// Makes a point for each code unit. Room was reserved.
pub fn fill(code: &Code, points: &mut Vec<Point>) {
    let bytes = code.code_bytes();
    let mut lines = linetable::positions(code.linetable_bytes(), code.firstlineno.get()).map(|at| at.lineno);
    let mut prefix = 0u32;
    let mut branch = 0u32;
    // Where loops end, and their FOR_ITER.
    let mut ends: Vec<(usize, u32)> = Vec::new();
    let mut pairs = bytes.chunks_exact(2);
    while let Some(&[number, low]) = pairs.next() {
        let op = Op::from_number(u16::from(number)).unwrap_or(Op::CACHE);
        let arg = prefix << 8 | u32::from(low);
        prefix = if op == Op::EXTENDED_ARG { arg } else { 0 };
        let index = u32::try_from(points.len()).unwrap_or(u32::MAX);
        let source = match op {
            Op::NOT_TAKEN => branch,
            Op::END_ASYNC_FOR => (index + 1).saturating_sub(arg),
            _ => index,
        };
        points.push(point(op, Event::of(op, arg), lines.next(), source));
        for _ in 0..op.caches() {
            let _cache = pairs.next();
            points.push(point(Op::CACHE, None, lines.next(), 0));
        }
        branch = index;
        if op == Op::FOR_ITER {
            ends.push((points.len().saturating_add(arg as usize), index));
        }
    }
    // A loop ends at END_FOR, which only generators reach, and POP_ITER.
    for (end, source) in ends {
        for index in [end, end.saturating_add(1)] {
            if let Some(point) = points.get_mut(index).filter(|point| point.op == Op::POP_ITER) {
                point.source = source;
            }
        }
    }
}

fn point(op: Op, event: Option<Event>, line: Option<i32>, source: u32) -> Point {
    Point {
        op,
        event,
        tools: Cell::new(0),
        line_tools: Cell::new(0),
        instruction_tools: Cell::new(0),
        starts_line: false,
        line: line.unwrap_or(-1).max(-1),
        source,
    }
}
