//! The instruction sequence: what code generation writes and the flow graph reads.

use bytecode::ops::flag;
use bytecode::{Location, Op};

/// A place in the code that jumps refer to, before it is known where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Label(pub(crate) u32);

/// One instruction; the operand of a jump is a label's number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    pub op: Op,
    pub arg: u32,
    pub loc: Location,
}

/// Instructions in order, with labels.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequence {
    pub instructions: Vec<Instruction>,
    /// The index of the instruction at each label.
    pub labels: Vec<Option<usize>>,
    /// Code that builds the module's `__annotate__`, to be spliced in at the placeholder.
    pub annotations: Option<Vec<Instruction>>,
    /// Sequences of units inside, where they are asked for.
    pub nested: Vec<Sequence>,
}

impl Sequence {
    pub fn new_label(&mut self) -> Label {
        let label = Label(u32::try_from(self.labels.len()).unwrap_or(u32::MAX));
        self.labels.push(None);
        label
    }

    /// Puts a label here.
    pub fn place(&mut self, label: Label) {
        let here = self.instructions.len();
        if let Some(slot) = usize::try_from(label.0).ok().and_then(|at| self.labels.get_mut(at)) {
            *slot = Some(here);
        }
    }

    pub fn push(&mut self, op: Op, arg: u32, loc: Location) {
        self.instructions.push(Instruction { op, arg, loc });
    }

    /// Inserts an instruction; labels behind it move.
    pub fn insert(&mut self, at: usize, instruction: Instruction) {
        self.instructions.insert(at, instruction);
        for position in self.labels.iter_mut().flatten() {
            if *position >= at {
                *position += 1;
            }
        }
    }
}

/// Families of instructions that the compiler asks about.
#[allow(clippy::wrong_self_convention, reason = "an opcode is a number")]
pub(crate) trait OpKind {
    fn is_block_push(self) -> bool;
    fn is_jump(self) -> bool;
    fn has_target(self) -> bool;
    fn is_scope_exit(self) -> bool;
    fn is_terminator(self) -> bool;
    fn is_unconditional_jump(self) -> bool;
    fn is_conditional_jump(self) -> bool;
    fn has_const(self) -> bool;
    fn has_eval_break(self) -> bool;
}

impl OpKind for Op {
    fn is_block_push(self) -> bool {
        matches!(self, Op::SETUP_FINALLY | Op::SETUP_WITH | Op::SETUP_CLEANUP)
    }

    fn is_jump(self) -> bool {
        self.info().flags & flag::JUMP != 0
            || matches!(self, Op::JUMP | Op::JUMP_NO_INTERRUPT | Op::JUMP_IF_FALSE | Op::JUMP_IF_TRUE)
    }

    fn has_target(self) -> bool {
        self.is_jump() || self.is_block_push()
    }

    fn is_scope_exit(self) -> bool {
        matches!(self, Op::RETURN_VALUE | Op::RAISE_VARARGS | Op::RERAISE)
    }

    fn is_terminator(self) -> bool {
        self.is_jump() || self.is_scope_exit()
    }

    fn is_unconditional_jump(self) -> bool {
        matches!(self, Op::JUMP | Op::JUMP_NO_INTERRUPT | Op::JUMP_FORWARD | Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT)
    }

    fn is_conditional_jump(self) -> bool {
        matches!(self, Op::POP_JUMP_IF_FALSE | Op::POP_JUMP_IF_TRUE | Op::POP_JUMP_IF_NONE | Op::POP_JUMP_IF_NOT_NONE)
    }

    fn has_const(self) -> bool {
        self.info().flags & flag::CONST != 0
    }

    fn has_eval_break(self) -> bool {
        self.info().flags & flag::EVAL_BREAK != 0 || self == Op::JUMP
    }
}
