//! Bytes to instructions: every unit belongs to an instruction that code objects may hold.

use super::{Reason, VerifyError};
use crate::ops::{MIN_INSTRUMENTED_OPCODE, Op, flag};

/// A whole instruction, `EXTENDED_ARG`s folded in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instr {
    pub op: Op,
    pub arg: u32,
    /// Of its first unit, in bytes.
    pub offset: u32,
    /// The instruction that it may jump to.
    pub target: Option<usize>,
}

pub(super) struct Decoded {
    pub instrs: Vec<Instr>,
    /// The instruction that starts at each unit.
    at_unit: Vec<Option<usize>>,
    /// Byte offset behind the last instruction.
    end: u32,
}

impl Decoded {
    /// The instruction that starts at a byte offset.
    pub fn index_at(&self, offset: u32) -> Option<usize> {
        if !offset.is_multiple_of(2) {
            return None;
        }
        self.at_unit.get((offset / 2) as usize).copied().flatten()
    }

    /// The index of the instruction that starts at an offset, or the number of instructions at the end of the code.
    pub fn end_at(&self, offset: u32) -> Option<usize> {
        if offset == self.end { Some(self.instrs.len()) } else { self.index_at(offset) }
    }
}

fn allowed(op: Op) -> bool {
    op.number() < MIN_INSTRUMENTED_OPCODE
        && op.info().family == op
        && !matches!(op, Op::CACHE | Op::RESERVED | Op::INTERPRETER_EXIT | Op::EXIT_INIT_CHECK)
}

/// The unit that a jump leads to, given the unit behind it.
fn jump_target(op: Op, arg: u32, end: usize) -> Option<i64> {
    let end = i64::try_from(end).ok()?;
    match op {
        Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT => Some(end - i64::from(arg)),
        // Its operand only tells tracing where the loop is.
        Op::END_ASYNC_FOR => None,
        _ if op.info().flags & flag::JUMP != 0 => Some(end + i64::from(arg)),
        _ => None,
    }
}

pub(super) fn decode(code: &[u8]) -> Result<Decoded, VerifyError> {
    let error = |unit: usize, reason| VerifyError { offset: u32::try_from(unit * 2).unwrap_or(u32::MAX), reason };
    let (units, rest) = code.as_chunks::<2>();
    let Ok(end) = u32::try_from(code.len()) else { return Err(error(0, Reason::Truncated)) };
    if !rest.is_empty() || units.is_empty() {
        return Err(error(units.len(), Reason::Truncated));
    }
    let mut instrs: Vec<Instr> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    let mut at_unit = vec![None; units.len()];
    let mut unit = 0;
    while unit < units.len() {
        let start = unit;
        let mut arg = 0u32;
        let mut prefixes = 0;
        let op = loop {
            let Some([opcode, low]) = units.get(unit).copied() else { return Err(error(start, Reason::Truncated)) };
            unit += 1;
            arg = (arg << 8) | u32::from(low);
            match Op::from_number(u16::from(opcode)) {
                Some(Op::EXTENDED_ARG) if prefixes < 3 => prefixes += 1,
                Some(op) if allowed(op) && op != Op::EXTENDED_ARG => break op,
                _ => return Err(error(unit - 1, Reason::Opcode)),
            }
        };
        for cache in 0..op.caches() {
            match units.get(unit + cache) {
                None => return Err(error(start, Reason::Truncated)),
                Some([0, _]) => {}
                Some(_) => return Err(error(unit + cache, Reason::Opcode)),
            }
        }
        unit += op.caches();
        if arg > i32::MAX.unsigned_abs() {
            return Err(error(start, Reason::Operand));
        }
        if let Some(slot) = at_unit.get_mut(start) {
            *slot = Some(instrs.len());
        }
        let offset = u32::try_from(start * 2).unwrap_or(u32::MAX);
        instrs.push(Instr { op, arg, offset, target: None });
        ends.push(unit);
    }
    for (instr, end) in instrs.iter_mut().zip(&ends) {
        if let Some(target) = jump_target(instr.op, instr.arg, *end) {
            let index = usize::try_from(target).ok().and_then(|unit| at_unit.get(unit).copied().flatten());
            let Some(index) = index else {
                return Err(VerifyError { offset: instr.offset, reason: Reason::Target });
            };
            instr.target = Some(index);
        }
    }
    for index in 0..instrs.len() {
        let Some(instr) = instrs.get(index).copied() else { continue };
        let at_target = instr.target.and_then(|target| instrs.get(target)).map(|target| target.op);
        if instr.op == Op::FOR_ITER && at_target != Some(Op::END_FOR) {
            return Err(VerifyError { offset: instr.offset, reason: Reason::Target });
        }
    }
    Ok(Decoded { instrs, at_unit, end })
}
