//! The interpreter's copy of a function's instructions.
//!
//! Unit `i` of the copy is code unit `i` of `co_code`, eight bytes wide: opcode, failed decisions, adaptive counter, operand with its EXTENDED_ARG prefixes
//! folded in. Units of inline caches hold whatever the specialised form wants, eight bytes each. Distances and indices are therefore
//! those of CPython.

use super::Code;
use bytecode::Op;
use bytecode::ops::flag;
use object::memory;
use object::{PyResult, raise};
use std::cell::Cell;

/// One instruction, or eight bytes of its inline cache.
#[repr(transparent)]
pub struct Unit(Cell<u64>);

const FAILURES_SHIFT: u32 = 8;
const COUNTER_SHIFT: u32 = 16;
const ARG_SHIFT: u32 = 32;

impl Unit {
    /// An instruction.
    pub const fn new(op: u8, arg: u32, counter: u16) -> Unit {
        Unit(Cell::new(op as u64 | (counter as u64) << COUNTER_SHIFT | (arg as u64) << ARG_SHIFT))
    }

    /// The whole word.
    #[inline(always)]
    pub fn word(&self) -> u64 {
        self.0.get()
    }

    /// Overwrites a word of inline cache.
    #[inline(always)]
    pub fn set_word(&self, word: u64) {
        self.0.set(word);
    }

    /// The opcode.
    #[inline(always)]
    pub fn op(&self) -> u8 {
        (self.0.get() & 0xff) as u8
    }

    /// The operand.
    #[inline(always)]
    pub fn arg(&self) -> u32 {
        (self.0.get() >> ARG_SHIFT) as u32
    }

    /// Changes the opcode, for specialisation: an instrumented instruction stays what it is.
    #[inline(always)]
    pub fn set_op(&self, op: Op) {
        if !self.is_instrumented() {
            self.replace_op((op.number() & 0xff) as u8);
        }
    }

    /// Puts an opcode here, whatever there was.
    #[inline(always)]
    pub fn replace_op(&self, op: u8) {
        self.0.set(self.0.get() & !0xff | u64::from(op));
    }

    /// Whether the instruction is an instrumented form.
    #[inline(always)]
    pub fn is_instrumented(&self) -> bool {
        u16::from(self.op()) >= bytecode::ops::MIN_INSTRUMENTED_OPCODE
    }

    /// Puts an instruction here, whatever there was: for instrumentation.
    pub fn place(&self, op: Op) {
        self.replace_op((op.number() & 0xff) as u8);
        self.set_counter(crate::specialize::WARMUP);
    }

    /// The adaptive counter.
    #[inline(always)]
    pub fn counter(&self) -> u16 {
        (self.0.get() >> COUNTER_SHIFT & 0xffff) as u16
    }

    /// How often a decision found no specialised form, up to 255.
    #[inline(always)]
    pub fn failures(&self) -> u8 {
        (self.0.get() >> FAILURES_SHIFT & 0xff) as u8
    }

    /// Notes that a decision found no specialised form.
    pub fn add_failure(&self) {
        let more = u64::from(self.failures().saturating_add(1));
        self.0.set(self.0.get() & !(0xff << FAILURES_SHIFT) | more << FAILURES_SHIFT);
    }

    /// Sets the adaptive counter.
    #[inline(always)]
    pub fn set_counter(&self, counter: u16) {
        self.0.set(self.0.get() & !(0xffff << COUNTER_SHIFT) | u64::from(counter) << COUNTER_SHIFT);
    }
}

/// The instructions of one code object.
pub struct Units(Box<[Unit]>);

impl Units {
    /// The first instruction.
    #[inline(always)]
    pub fn start(&self) -> *const Unit {
        self.0.as_ptr()
    }

    /// Number of code units.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All units.
    pub fn all(&self) -> &[Unit] {
        &self.0
    }
}

/// Makes the copy.
pub fn copy(code: &Code) -> PyResult<Units> {
    if code.is_foreign() { copy_checked(code) } else { copy_trusted(code) }
}

/// The copy of instructions that our own compiler made, now or when the library was built.
fn copy_trusted(code: &Code) -> PyResult<Units> {
    let (pairs, _) = code.code_bytes().as_chunks::<2>();
    if pairs.is_empty() {
        return Err(no_instructions());
    }
    let mut words: Vec<u64> = memory::vec_with_capacity(pairs.len())?;
    // Inline caches are empty at first.
    words.resize(pairs.len(), 0);
    let mut prefix = 0u32;
    let mut first = None;
    let mut index = 0;
    while let (Some([number, low]), Some(word)) = (pairs.get(index), words.get_mut(index)) {
        let arg = prefix << 8 | u32::from(*low);
        if *number == EXTENDED_ARG {
            prefix = arg;
            *word = Unit::new(*number, 0, 0).word();
            index += 1;
            continue;
        }
        prefix = 0;
        if *number == RESUME && first.is_none() {
            first = Some(index);
        }
        *word = Unit::new(*number, arg, crate::specialize::WARMUP).word();
        index += 1 + usize::from(CACHES[usize::from(*number)]);
    }
    code.set_first_traceable(first.unwrap_or(0));
    Ok(Units(words.into_iter().map(|word| Unit(Cell::new(word))).collect()))
}

const EXTENDED_ARG: u8 = (Op::EXTENDED_ARG.number() & 0xff) as u8;
const RESUME: u8 = (Op::RESUME.number() & 0xff) as u8;

/// Units of inline cache by opcode.
static CACHES: [u8; 256] = {
    let mut caches = [0; 256];
    let mut number = 0;
    while number < 256 {
        if let Some(op) = Op::from_number(number as u16) {
            caches[number] = op.caches() as u8;
        }
        number += 1;
    }
    caches
};

/// Units of inline cache of an instruction with this number.
#[inline(always)]
pub fn caches_of(number: u8) -> usize {
    usize::from(CACHES[usize::from(number)])
}

/// The copy of any instructions. Checks what the handlers take for granted of operands: indices of constants, names and locals, targets of
/// jumps.
fn copy_checked(code: &Code) -> PyResult<Units> {
    let bytes = code.code_bytes();
    let count = bytes.len() / 2;
    let mut units: Vec<Unit> = memory::vec_with_capacity(count)?;
    let limits = Limits { consts: code.consts().len(), names: code.names().len(), locals: code.local_count(), units: count };
    let mut pairs = bytes.chunks_exact(2);
    let mut prefix = 0u32;
    while let Some(&[number, low]) = pairs.next() {
        let arg = prefix << 8 | u32::from(low);
        let op = Op::from_number(u16::from(number)).filter(|op| op.info().family == *op).ok_or_else(|| unknown(number))?;
        if op == Op::EXTENDED_ARG {
            prefix = arg;
            units.push(Unit::new(number, 0, 0));
            continue;
        }
        prefix = 0;
        if !limits.allow(op, arg, units.len()) {
            return Err(raise!(SystemError, "bad operand {arg} of opcode {number}"));
        }
        units.push(Unit::new(number, arg, crate::specialize::WARMUP));
        for _ in 0..op.caches() {
            if pairs.next().is_none() {
                return Err(raise!(SystemError, "code ends inside an instruction"));
            }
            units.push(Unit::new(0, 0, 0));
        }
    }
    if units.is_empty() {
        return Err(no_instructions());
    }
    let first = units.iter().position(|unit| u16::from(unit.op()) == Op::RESUME.number()).unwrap_or(0);
    code.set_first_traceable(first);
    Ok(Units(units.into_boxed_slice()))
}

#[cold]
fn no_instructions() -> object::Raised {
    raise!(SystemError, "code without instructions")
}

#[cold]
fn unknown(number: u8) -> object::Raised {
    raise!(SystemError, "unknown opcode {number}")
}

struct Limits {
    consts: usize,
    names: usize,
    locals: usize,
    units: usize,
}

impl Limits {
    fn allow(&self, op: Op, arg: u32, at: usize) -> bool {
        let flags = op.info().flags;
        let arg = arg as usize;
        if flags & flag::CONST != 0 && arg >= self.consts {
            return false;
        }
        if flags & flag::NAME != 0 {
            let shift = match op {
                Op::LOAD_ATTR | Op::LOAD_GLOBAL => 1,
                Op::LOAD_SUPER_ATTR => 2,
                _ => 0,
            };
            if arg >> shift >= self.names {
                return false;
            }
        }
        if flags & (flag::LOCAL | flag::FREE) != 0 {
            let double = matches!(
                op,
                Op::LOAD_FAST_LOAD_FAST
                    | Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW
                    | Op::STORE_FAST_LOAD_FAST
                    | Op::STORE_FAST_STORE_FAST
            );
            let fits = if double { arg >> 4 < self.locals && arg & 15 < self.locals } else { arg < self.locals };
            if !fits {
                return false;
            }
        }
        if op == Op::COPY_FREE_VARS && arg > self.locals {
            return false;
        }
        if flags & flag::JUMP != 0 {
            let next = at + 1 + op.caches();
            let target = match op {
                Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT | Op::END_ASYNC_FOR => next.checked_sub(arg),
                _ => next.checked_add(arg),
            };
            if target.is_none_or(|target| target >= self.units) {
                return false;
            }
        }
        true
    }
}
