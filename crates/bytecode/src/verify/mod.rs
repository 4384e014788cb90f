//! The verifier: bytecode that passes it keeps the promises that the interpreter relies on.
//!
//! It runs over a function's code once, block by block, with an abstract stack and abstract locals. Checked are: that every
//! instruction is whole and known, operands lie in range, jumps lead to instructions, the stack never underflows nor
//! outgrows `co_stacksize`, no null is used as an object, borrowed values die before their local changes, and the types
//! that instructions take for granted (a list under `LIST_APPEND`, a cell under `LOAD_DEREF`, an exception under `RERAISE`).
//! Whatever it refuses, CPython's compiler does not produce.

mod decode;
mod effects;
mod state;

use crate::code::{Code, Const};
use crate::exceptiontable;
use crate::flags;
use crate::ops::Op;
use decode::{Decoded, decode};
use state::{Kind, Local, State};

/// What the verifier has to know of a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConstKind {
    Str,
    /// A tuple of strings, with its length.
    Names(u32),
    Tuple,
    /// A code object, with its number of free variables.
    Code {
        free: u32,
    },
    Other,
}

impl ConstKind {
    /// The kind of a constant.
    pub fn of(value: &Const) -> ConstKind {
        match value {
            Const::Str(_) => ConstKind::Str,
            Const::Tuple(items) if items.iter().all(|item| matches!(item, Const::Str(_))) => {
                ConstKind::Names(u32::try_from(items.len()).unwrap_or(u32::MAX))
            }
            Const::Tuple(_) => ConstKind::Tuple,
            Const::Code(code) => ConstKind::Code { free: u32::try_from(code.freevars().count()).unwrap_or(u32::MAX) },
            _ => ConstKind::Other,
        }
    }
}

/// The parts of a code object that the verifier reads.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    pub code: &'a [u8],
    pub consts: Vec<ConstKind>,
    pub names: usize,
    /// `co_localspluskinds`.
    pub kinds: &'a [u8],
    pub stacksize: u32,
    pub flags: u32,
    /// Parameters of all kinds, `*args` and `**kwargs` included.
    pub parameters: usize,
    pub exceptiontable: &'a [u8],
}

impl<'a> Subject<'a> {
    /// The subject of a code object as data.
    pub fn of(code: &'a Code) -> Subject<'a> {
        let variadic = u32::from(code.flags & flags::CO_VARARGS != 0) + u32::from(code.flags & flags::CO_VARKEYWORDS != 0);
        Subject {
            code: &code.code,
            consts: code.consts.iter().map(ConstKind::of).collect(),
            names: code.names.len(),
            kinds: &code.localspluskinds,
            stacksize: code.stacksize,
            flags: code.flags,
            parameters: (code.argcount + code.kwonlyargcount + variadic) as usize,
            exceptiontable: &code.exceptiontable,
        }
    }

    fn is_generator(&self) -> bool {
        self.flags & (flags::CO_GENERATOR | flags::CO_COROUTINE | flags::CO_ASYNC_GENERATOR) != 0
    }

    fn free_slots(&self) -> usize {
        self.kinds.iter().filter(|kind| **kind & flags::CO_FAST_FREE != 0).count()
    }
}

/// Why code is refused, and at which byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerifyError {
    pub offset: u32,
    pub reason: Reason,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// An odd length, an end in the middle of an instruction, caches that are none.
    Truncated,
    /// An opcode that code objects do not hold.
    Opcode,
    /// An operand out of range.
    Operand,
    /// A jump to a place that is no instruction, or not the one that it has to be.
    Target,
    Underflow,
    /// More values than `co_stacksize`.
    Overflow,
    /// A null, or a value of another type, where the instruction takes something for granted.
    Type,
    /// A local that may have no value.
    Unbound,
    /// A borrowed value that outlives its local.
    Borrow,
    /// Paths that meet with different stacks.
    Join,
    /// The code runs off its end.
    End,
    /// A table of exceptions, or of locals, that does not fit the code.
    Table,
    /// Nothing bad was found within the work that code of this length may take.
    TooComplex,
}

type Checked<T> = Result<T, Reason>;

/// Verifies a function.
pub fn verify(subject: &Subject<'_>) -> Result<(), VerifyError> {
    let decoded = decode(subject.code)?;
    let table_error = VerifyError { offset: 0, reason: Reason::Table };
    let own = subject.kinds.len().saturating_sub(subject.free_slots());
    let free_last = subject.kinds.iter().skip(own).all(|kind| kind & flags::CO_FAST_FREE != 0);
    if subject.parameters > own || !free_last {
        return Err(table_error);
    }
    let mut handlers = vec![None; decoded.instrs.len()];
    let mut previous_end = 0;
    let mut entries = Vec::new();
    for entry in exceptiontable::entries(subject.exceptiontable) {
        let Some(target) = decoded.index_at(entry.target) else { return Err(table_error) };
        if entry.start < previous_end || entry.end <= entry.start {
            return Err(table_error);
        }
        previous_end = entry.end;
        let (Some(first), Some(end)) = (decoded.index_at(entry.start), decoded.end_at(entry.end)) else {
            return Err(table_error);
        };
        let id = entries.len();
        entries.push((target, entry.depth as usize, entry.lasti));
        if let Some(slots) = handlers.get_mut(first..end) {
            slots.fill(Some(id));
        }
    }
    Verifier { subject, decoded, handlers, entries, states: Vec::new(), work: Vec::new() }.run()
}

/// Whether an instruction may raise after it has taken operands off the stack.
fn may_raise(op: Op) -> bool {
    !matches!(
        op,
        Op::POP_TOP
            | Op::POP_ITER
            | Op::END_FOR
            | Op::POP_EXCEPT
            | Op::PUSH_EXC_INFO
            | Op::RETURN_VALUE
            | Op::STORE_FAST
            | Op::YIELD_VALUE
    )
}

struct Verifier<'a> {
    subject: &'a Subject<'a>,
    decoded: Decoded,
    /// The entry of the exception table in force, by instruction.
    handlers: Vec<Option<usize>>,
    /// Handler's instruction, depth, whether `lasti` is pushed.
    entries: Vec<(usize, usize, bool)>,
    /// What is known at the start of each block.
    states: Vec<Option<State>>,
    work: Vec<usize>,
}

impl Verifier<'_> {
    fn error(&self, index: usize, reason: Reason) -> VerifyError {
        let offset = self.decoded.instrs.get(index).map_or(0, |instr| instr.offset);
        VerifyError { offset, reason }
    }

    fn run(mut self) -> Result<(), VerifyError> {
        let count = self.decoded.instrs.len();
        let mut is_start = vec![false; count];
        for target in self.decoded.instrs.iter().filter_map(|instr| instr.target) {
            if let Some(slot) = is_start.get_mut(target) {
                *slot = true;
            }
        }
        for (target, ..) in &self.entries {
            if let Some(slot) = is_start.get_mut(*target) {
                *slot = true;
            }
        }
        self.states = vec![None; count];
        let entry = self.entry_state();
        if let Some(first) = self.states.first_mut() {
            *first = Some(entry);
        }
        self.work.push(0);
        let mut budget = count.saturating_mul(64).saturating_add(1024);
        while let Some(start) = self.work.pop() {
            let Some(mut state) = self.states.get(start).cloned().flatten() else { continue };
            let mut index = start;
            let mut guarded = None;
            loop {
                budget = budget.checked_sub(1).ok_or(self.error(index, Reason::TooComplex))?;
                let Some(instr) = self.decoded.instrs.get(index).copied() else {
                    return Err(self.error(count.saturating_sub(1), Reason::End));
                };
                let handler = self.handlers.get(index).copied().flatten();
                if handler.is_some() && (guarded != handler || state.touched) {
                    self.reach_handler(handler, &state).map_err(|reason| self.error(index, reason))?;
                    state.touched = false;
                }
                guarded = handler;
                state.low = state.stack.len();
                let next = self.step(index, &instr, &mut state).map_err(|reason| self.error(index, reason))?;
                // An exception leaves what lies below the handler's depth as it is: nothing may have touched it.
                if handler.and_then(|id| self.entries.get(id)).is_some_and(|(_, depth, _)| state.low < *depth) {
                    if may_raise(instr.op) {
                        return Err(self.error(index, Reason::Underflow));
                    }
                    state.touched = true;
                    if instr.op == Op::YIELD_VALUE {
                        // What is thrown into the generator finds what was sent in place of what was yielded.
                        self.reach_handler(handler, &state).map_err(|reason| self.error(index, reason))?;
                    }
                }
                if state.stack.len() > self.subject.stacksize as usize {
                    return Err(self.error(index, Reason::Overflow));
                }
                if !next {
                    break;
                }
                index += 1;
                if is_start.get(index).copied().unwrap_or(false) {
                    self.reach(index, &state).map_err(|reason| self.error(index, reason))?;
                    break;
                }
            }
        }
        Ok(())
    }

    fn entry_state(&self) -> State {
        let locals = (0..self.subject.kinds.len())
            .map(|index| if index < self.subject.parameters { Local::Value } else { Local::Unset })
            .collect();
        State { stack: Vec::new(), locals, in_generator: false, touched: true, low: 0, names: None }
    }

    /// Records that a block is reached with a state; queues it if that is news.
    fn reach(&mut self, index: usize, state: &State) -> Checked<()> {
        let Some(slot) = self.states.get_mut(index) else { return Err(Reason::Target) };
        let changed = match slot {
            Some(known) => known.join(state)?,
            None => {
                *slot = Some(state.clone());
                true
            }
        };
        if changed {
            self.work.push(index);
        }
        Ok(())
    }

    fn reach_handler(&mut self, handler: Option<usize>, state: &State) -> Checked<()> {
        let Some((target, depth, lasti)) = handler.and_then(|id| self.entries.get(id)).copied() else { return Ok(()) };
        let mut at_handler = state.clone();
        if depth > at_handler.stack.len() {
            return Err(Reason::Underflow);
        }
        at_handler.stack.truncate(depth);
        if lasti {
            at_handler.push(Kind::Lasti);
        }
        at_handler.push(Kind::Exception);
        at_handler.touched = true;
        self.reach(target, &at_handler)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject<'a>(code: &'a [u8], kinds: &'a [u8], stacksize: u32) -> Subject<'a> {
        Subject {
            code,
            consts: vec![ConstKind::Other, ConstKind::Str],
            names: 1,
            kinds,
            stacksize,
            flags: 3,
            parameters: 0,
            exceptiontable: &[],
        }
    }

    fn bytes(ops: &[(Op, u8)]) -> Vec<u8> {
        let mut code = Vec::new();
        for (op, arg) in ops {
            code.extend([u8::try_from(op.number()).unwrap(), *arg]);
            code.resize(code.len() + 2 * op.caches(), 0);
        }
        code
    }

    fn check(ops: &[(Op, u8)], kinds: &[u8]) -> Result<(), Reason> {
        verify(&subject(&bytes(ops), kinds, 3)).map_err(|error| error.reason)
    }

    const LOCAL: u8 = flags::CO_FAST_LOCAL;

    #[test]
    fn good_code_passes() {
        assert_eq!(check(&[(Op::RESUME, 0), (Op::LOAD_CONST, 0), (Op::RETURN_VALUE, 0)], &[]), Ok(()));
    }

    #[test]
    fn bad_code_is_refused() {
        let load = (Op::LOAD_CONST, 0);
        let end = (Op::RETURN_VALUE, 0);
        assert_eq!(check(&[end], &[]), Err(Reason::Underflow));
        assert_eq!(check(&[load], &[]), Err(Reason::End));
        assert_eq!(check(&[(Op::LOAD_CONST, 9), end], &[]), Err(Reason::Operand));
        assert_eq!(check(&[load, load, load, load, end], &[]), Err(Reason::Overflow));
        assert_eq!(check(&[(Op::PUSH_NULL, 0), end], &[]), Err(Reason::Type));
        assert_eq!(check(&[load, load, (Op::LIST_APPEND, 1), end], &[]), Err(Reason::Type));
        assert_eq!(check(&[(Op::LOAD_FAST, 0), end], &[LOCAL]), Err(Reason::Unbound));
        assert_eq!(check(&[(Op::LOAD_FAST_CHECK, 0), end], &[LOCAL]), Ok(()));
        assert_eq!(check(&[(Op::LOAD_DEREF, 0), end], &[flags::CO_FAST_CELL]), Err(Reason::Type));
        assert_eq!(check(&[(Op::JUMP_FORWARD, 9), load, end], &[]), Err(Reason::Target));
        assert_eq!(check(&[(Op::YIELD_VALUE, 0), end], &[]), Err(Reason::Operand));
        assert_eq!(check(&[load, load, end], &[]), Err(Reason::Join));
        let store = [load, (Op::STORE_FAST, 0), (Op::LOAD_FAST_BORROW, 0), load, (Op::STORE_FAST, 0), end];
        assert_eq!(check(&store, &[LOCAL]), Err(Reason::Borrow));
        assert_eq!(verify(&subject(&[82], &[], 1)).map_err(|e| e.reason), Err(Reason::Truncated));
        assert_eq!(verify(&subject(&[129, 0, 35, 0], &[], 1)).map_err(|e| e.reason), Err(Reason::Opcode));
    }

    #[test]
    fn damaged_code_never_panics() {
        let code = bytes(&[
            (Op::RESUME, 0),
            (Op::BUILD_LIST, 0),
            (Op::LOAD_CONST, 0),
            (Op::GET_ITER, 0),
            (Op::FOR_ITER, 4),
            (Op::STORE_FAST_LOAD_FAST, 0),
            (Op::LIST_APPEND, 2),
            (Op::JUMP_BACKWARD, 6),
            (Op::END_FOR, 0),
            (Op::POP_ITER, 0),
            (Op::RETURN_VALUE, 0),
        ]);
        let kinds = [LOCAL];
        assert_eq!(verify(&subject(&code, &kinds, 3)), Ok(()));
        let mut seed = 0x9e37_79b9_u32;
        let mut random = || {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            seed
        };
        for _ in 0..20_000 {
            let mut code = code.clone();
            for _ in 0..random() % 4 + 1 {
                let at = random() as usize % code.len();
                code[at] = random().to_le_bytes()[0];
            }
            let table: Vec<u8> = (0..random() % 8).map(|_| random().to_le_bytes()[1]).collect();
            let _ = verify(&Subject { exceptiontable: &table, ..subject(&code, &kinds, 4) });
        }
    }
}
