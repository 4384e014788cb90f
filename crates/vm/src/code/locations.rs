//! `co_lines`, `co_positions`, `co_branches`.

use super::Code;
use bytecode::{Location, Op, linetable};
use macros::{pyclass, pymethods};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, core};
use std::cell::RefCell;

/// The iterator of `code.co_lines()`.
#[pyclass(name = "line_iterator", flags(DISALLOW_INSTANTIATION))]
pub struct LineIterator {
    header: abi::PyObject,
    ranges: RefCell<std::vec::IntoIter<(u32, u32, Option<i32>)>>,
}

/// The iterator of `code.co_positions()`.
#[pyclass(name = "positions_iterator", flags(DISALLOW_INSTANTIATION))]
pub struct PositionsIterator {
    header: abi::PyObject,
    positions: RefCell<std::vec::IntoIter<Location>>,
}

/// `co_lines()`.
pub fn lines(code: &Code) -> PyResult<Ref> {
    let ranges: Vec<_> = linetable::lines(code.linetable_bytes(), code.firstlineno.get()).collect();
    let header = <abi::PyObject as abi::CStruct>::ZERO;
    object::memory::new_instance(LineIterator::type_object(), LineIterator { header, ranges: RefCell::new(ranges.into_iter()) })
        .map(Ref::upcast)
}

/// `co_positions()`.
pub fn positions(code: &Code) -> PyResult<Ref> {
    let count = code.code_bytes().len() / 2;
    let positions: Vec<_> = linetable::positions(code.linetable_bytes(), code.firstlineno.get()).take(count).collect();
    let header = <abi::PyObject as abi::CStruct>::ZERO;
    let iterator = PositionsIterator { header, positions: RefCell::new(positions.into_iter()) };
    object::memory::new_instance(PositionsIterator::type_object(), iterator).map(Ref::upcast)
}

fn number_or_none(value: i32) -> PyResult<Ref> {
    if value < 0 { Ok(core::none_ref()) } else { int::new(i64::from(value)) }
}

#[pymethods]
impl LineIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Ok(slf.object().to_ref())
    }
    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let next = self.ranges.borrow_mut().next();
        let Some((start, end, line)) = next else { return Ok(None) };
        let line = number_or_none(line.unwrap_or(-1))?;
        tuple::from_array([int::new(i64::from(start))?, int::new(i64::from(end))?, line]).map(Some)
    }
}

#[pymethods]
impl PositionsIterator {
    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Ok(slf.object().to_ref())
    }
    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Ref>> {
        let next = self.positions.borrow_mut().next();
        let Some(at) = next else { return Ok(None) };
        if crate::lifecycle::config().is_some_and(|config| !config.code_debug_ranges) {
            let line = number_or_none(at.lineno)?;
            return tuple::from_array([line.clone(), line, core::none_ref(), core::none_ref()]).map(Some);
        }
        tuple::from_array([
            number_or_none(at.lineno)?,
            number_or_none(at.end_lineno)?,
            number_or_none(at.col_offset)?,
            number_or_none(at.end_col_offset)?,
        ])
        .map(Some)
    }
}

/// `co_branches()`: for each branch, the offsets of the instruction, of where it goes on, and of where it jumps to.
pub fn branches(code: &Code) -> PyResult<Ref> {
    let bytes = code.code_bytes();
    let mut found = Vec::new();
    let (mut at, mut prefix) = (0usize, 0u32);
    while let Some(&[number, low]) = bytes.get(at * 2..at * 2 + 2) {
        let start = at;
        let arg = prefix << 8 | u32::from(low);
        let Some(op) = Op::from_number(u16::from(number)) else { break };
        at += 1;
        if op == Op::EXTENDED_ARG {
            prefix = arg;
            continue;
        }
        prefix = 0;
        at += op.caches();
        let next_op = |at: usize| bytes.get(at * 2).and_then(|number| Op::from_number(u16::from(*number)));
        let mut item = |left: usize, right: usize| -> PyResult<()> {
            let number = |unit: usize| int::new((unit * 2) as i64);
            found.push(tuple::from_array([number(start)?, number(left)?, number(right)?])?);
            Ok(())
        };
        match op {
            Op::POP_JUMP_IF_FALSE | Op::POP_JUMP_IF_TRUE | Op::POP_JUMP_IF_NONE | Op::POP_JUMP_IF_NOT_NONE => {
                // Past the NOT_TAKEN that follows.
                let left = if next_op(at) == Some(Op::NOT_TAKEN) { at + 1 } else { at };
                item(left, at + arg as usize)?;
            }
            Op::FOR_ITER => {
                let left = if next_op(at) == Some(Op::NOT_TAKEN) { at + 1 } else { at };
                // Past END_FOR and POP_ITER.
                item(left, at + arg as usize + 2)?;
            }
            Op::END_ASYNC_FOR => {
                let source = at.saturating_sub(arg as usize);
                let number = |unit: usize| int::new((unit * 2) as i64);
                // Past END_SEND and NOT_TAKEN.
                let left = source + if next_op(source + 1) == Some(Op::NOT_TAKEN) { 2 } else { 1 };
                found.push(tuple::from_array([number(source)?, number(left)?, number(at)?])?);
            }
            _ => {}
        }
    }
    crate::support::list_new(found)?.iter()
}
