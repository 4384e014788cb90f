//! The events of PEP 669: numbers, names, sets.

use bytecode::Op;

/// An event, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Event(pub u8);

macro_rules! events {
    ($($name:ident = $number:literal),* $(,)?) => {
        #[allow(missing_docs, reason = "the names are those of the documentation of sys.monitoring")]
        impl Event {
            $(pub const $name: Event = Event($number);)*
            /// The names, in the order of the numbers.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}

events! {
    PY_START = 0, PY_RESUME = 1, PY_RETURN = 2, PY_YIELD = 3, CALL = 4, LINE = 5, INSTRUCTION = 6, JUMP = 7, BRANCH_LEFT = 8,
    BRANCH_RIGHT = 9, STOP_ITERATION = 10, RAISE = 11, EXCEPTION_HANDLED = 12, PY_UNWIND = 13, PY_THROW = 14, RERAISE = 15,
    C_RETURN = 16, C_RAISE = 17, BRANCH = 18,
}

/// How many events belong to instructions: they can be asked for code by code, and disabled at an instruction.
pub const LOCAL: usize = 11;
/// How many events can be asked for by themselves: all but those that come along with CALL, and the old BRANCH.
pub const UNGROUPED: usize = 16;
/// How many events have callbacks.
pub const ALL: usize = 19;

impl Event {
    /// The event as a set.
    pub const fn bit(self) -> u32 {
        1 << self.0
    }

    /// The event as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether the event belongs to instructions.
    pub const fn is_local(self) -> bool {
        self.index() < LOCAL
    }

    /// The name.
    pub fn name(self) -> &'static str {
        Event::NAMES.get(self.index()).copied().unwrap_or_default()
    }

    /// The event of an instruction, besides LINE and INSTRUCTION.
    pub fn of(op: Op, arg: u32) -> Option<Event> {
        Some(match op {
            Op::RESUME if arg & 3 == 0 => Event::PY_START,
            Op::RESUME => Event::PY_RESUME,
            Op::RETURN_VALUE => Event::PY_RETURN,
            Op::YIELD_VALUE => Event::PY_YIELD,
            Op::CALL | Op::CALL_KW | Op::CALL_FUNCTION_EX | Op::LOAD_SUPER_ATTR => Event::CALL,
            Op::JUMP_FORWARD | Op::JUMP_BACKWARD => Event::JUMP,
            Op::FOR_ITER | Op::NOT_TAKEN => Event::BRANCH_LEFT,
            Op::POP_JUMP_IF_FALSE
            | Op::POP_JUMP_IF_TRUE
            | Op::POP_JUMP_IF_NONE
            | Op::POP_JUMP_IF_NOT_NONE
            | Op::POP_ITER
            | Op::END_ASYNC_FOR => Event::BRANCH_RIGHT,
            Op::END_FOR | Op::END_SEND => Event::STOP_ITERATION,
            _ => return None,
        })
    }
}

/// The instrumented form of an instruction.
pub fn instrumented(op: Op) -> Op {
    match op {
        Op::RESUME => Op::INSTRUMENTED_RESUME,
        Op::RETURN_VALUE => Op::INSTRUMENTED_RETURN_VALUE,
        Op::YIELD_VALUE => Op::INSTRUMENTED_YIELD_VALUE,
        Op::CALL => Op::INSTRUMENTED_CALL,
        Op::CALL_KW => Op::INSTRUMENTED_CALL_KW,
        Op::CALL_FUNCTION_EX => Op::INSTRUMENTED_CALL_FUNCTION_EX,
        Op::LOAD_SUPER_ATTR => Op::INSTRUMENTED_LOAD_SUPER_ATTR,
        Op::JUMP_FORWARD => Op::INSTRUMENTED_JUMP_FORWARD,
        Op::JUMP_BACKWARD => Op::INSTRUMENTED_JUMP_BACKWARD,
        Op::FOR_ITER => Op::INSTRUMENTED_FOR_ITER,
        Op::NOT_TAKEN => Op::INSTRUMENTED_NOT_TAKEN,
        Op::POP_JUMP_IF_FALSE => Op::INSTRUMENTED_POP_JUMP_IF_FALSE,
        Op::POP_JUMP_IF_TRUE => Op::INSTRUMENTED_POP_JUMP_IF_TRUE,
        Op::POP_JUMP_IF_NONE => Op::INSTRUMENTED_POP_JUMP_IF_NONE,
        Op::POP_JUMP_IF_NOT_NONE => Op::INSTRUMENTED_POP_JUMP_IF_NOT_NONE,
        Op::POP_ITER => Op::INSTRUMENTED_POP_ITER,
        Op::END_ASYNC_FOR => Op::INSTRUMENTED_END_ASYNC_FOR,
        Op::END_FOR => Op::INSTRUMENTED_END_FOR,
        Op::END_SEND => Op::INSTRUMENTED_END_SEND,
        other => other,
    }
}
