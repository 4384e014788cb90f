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
    /// An empty sequence in the memory of this one.
    pub fn cleared(mut self) -> Sequence {
        self.instructions.clear();
        self.labels.clear();
        Sequence { instructions: self.instructions, labels: self.labels, annotations: None, nested: Vec::new() }
    }

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
    /// Code behind it is not reached from it.
    fn ends_flow(self) -> bool;
    /// The optimisation of single instructions may change it.
    fn is_improvable(self) -> bool;
    /// All [`family`]s of the opcode.
    fn families(self) -> u32;
}

/// Families of instructions as bits: what a block, or a unit, may hold tells which passes have nothing to do in it.
pub(crate) mod family {
    pub const BLOCK_PUSH: u32 = 1;
    pub const JUMP: u32 = 1 << 1;
    pub const SCOPE_EXIT: u32 = 1 << 2;
    pub const UNCONDITIONAL: u32 = 1 << 3;
    pub const CONDITIONAL: u32 = 1 << 4;
    /// The operand is the index of a constant.
    pub const CONST: u32 = 1 << 5;
    pub const EVAL_BREAK: u32 = 1 << 6;
    /// The optimisation of single instructions may change it.
    pub const IMPROVABLE: u32 = 1 << 7;
    /// `POP_BLOCK`.
    pub const BLOCK_POP: u32 = 1 << 8;
    pub const NOP: u32 = 1 << 9;
    /// Works on a fast local and matters for whether locals have values.
    pub const LOCAL: u32 = 1 << 10;
    /// May leave a fast local without a value.
    pub const CLEARS: u32 = 1 << 11;
    /// Is, or becomes, a load of a fast local that may borrow.
    pub const FAST_LOAD: u32 = 1 << 12;
    pub const POP_TOP: u32 = 1 << 13;
    pub const SWAP: u32 = 1 << 14;
    /// Loads a constant or copies a value.
    pub const VALUE: u32 = 1 << 15;
    /// Another name of an instruction on a fast local.
    pub const PSEUDO_LOCAL: u32 = 1 << 16;
    /// Stands for the module's annotations.
    pub const PLACEHOLDER: u32 = 1 << 17;
    /// Of an instruction, not of its opcode: it has no line.
    pub const UNLINED: u32 = 1 << 18;
}

use family::{BLOCK_PUSH, CONDITIONAL, CONST, EVAL_BREAK, IMPROVABLE, JUMP, SCOPE_EXIT, UNCONDITIONAL};

const fn families(op: Op) -> u32 {
    let flags = op.info().flags;
    let mut families = match op {
        Op::SETUP_FINALLY | Op::SETUP_WITH | Op::SETUP_CLEANUP => BLOCK_PUSH,
        Op::POP_BLOCK => family::BLOCK_POP,
        Op::NOP => family::NOP,
        Op::ANNOTATIONS_PLACEHOLDER => family::PLACEHOLDER,
        Op::STORE_FAST | Op::LOAD_FAST_CHECK => family::LOCAL,
        Op::DELETE_FAST | Op::LOAD_FAST_AND_CLEAR => family::LOCAL | family::CLEARS,
        Op::STORE_FAST_MAYBE_NULL => family::LOCAL | family::CLEARS | family::PSEUDO_LOCAL,
        Op::LOAD_FAST => family::LOCAL | family::FAST_LOAD,
        Op::LOAD_CLOSURE => family::PSEUDO_LOCAL | family::FAST_LOAD,
        Op::LOAD_FAST_LOAD_FAST => family::FAST_LOAD,
        Op::POP_TOP => family::POP_TOP,
        Op::SWAP => family::SWAP,
        Op::LOAD_CONST | Op::LOAD_SMALL_INT | Op::COPY => family::VALUE,
        Op::RETURN_VALUE | Op::RAISE_VARARGS | Op::RERAISE => SCOPE_EXIT,
        Op::JUMP => UNCONDITIONAL | EVAL_BREAK,
        Op::JUMP_NO_INTERRUPT | Op::JUMP_FORWARD | Op::JUMP_BACKWARD | Op::JUMP_BACKWARD_NO_INTERRUPT => UNCONDITIONAL,
        Op::POP_JUMP_IF_FALSE | Op::POP_JUMP_IF_TRUE | Op::POP_JUMP_IF_NONE | Op::POP_JUMP_IF_NOT_NONE => CONDITIONAL,
        _ => 0,
    };
    if matches!(
        op,
        Op::BUILD_TUPLE
            | Op::BUILD_LIST
            | Op::BUILD_SET
            | Op::POP_JUMP_IF_NOT_NONE
            | Op::POP_JUMP_IF_NONE
            | Op::POP_JUMP_IF_FALSE
            | Op::POP_JUMP_IF_TRUE
            | Op::JUMP_IF_FALSE
            | Op::JUMP_IF_TRUE
            | Op::JUMP
            | Op::JUMP_NO_INTERRUPT
            | Op::STORE_FAST
            | Op::SWAP
            | Op::LOAD_GLOBAL
            | Op::COMPARE_OP
            | Op::CONTAINS_OP
            | Op::IS_OP
            | Op::TO_BOOL
            | Op::UNARY_NOT
            | Op::UNARY_INVERT
            | Op::UNARY_NEGATIVE
            | Op::CALL_INTRINSIC_1
            | Op::LIST_APPEND
            | Op::SET_ADD
            | Op::BINARY_OP
    ) {
        families |= IMPROVABLE;
    }
    if flags & flag::JUMP != 0 {
        families |= JUMP;
    }
    if flags & flag::CONST != 0 {
        families |= CONST;
    }
    if flags & flag::EVAL_BREAK != 0 {
        families |= EVAL_BREAK;
    }
    families
}

/// More than the largest number of an opcode.
const NUMBERS: usize = 512;

/// The families of each opcode, by number.
static FAMILIES: [u32; NUMBERS] = {
    let mut all = [0; NUMBERS];
    let mut at = 0;
    while at < Op::ALL.len() {
        all[Op::ALL[at] as usize] = families(Op::ALL[at]);
        at += 1;
    }
    all
};

#[inline]
fn is_any(op: Op, families: u32) -> bool {
    op.families() & families != 0
}

impl OpKind for Op {
    #[inline]
    fn is_block_push(self) -> bool {
        is_any(self, BLOCK_PUSH)
    }

    #[inline]
    fn is_jump(self) -> bool {
        is_any(self, JUMP)
    }

    #[inline]
    fn has_target(self) -> bool {
        is_any(self, JUMP | BLOCK_PUSH)
    }

    #[inline]
    fn is_scope_exit(self) -> bool {
        is_any(self, SCOPE_EXIT)
    }

    #[inline]
    fn is_terminator(self) -> bool {
        is_any(self, JUMP | SCOPE_EXIT)
    }

    #[inline]
    fn is_unconditional_jump(self) -> bool {
        is_any(self, UNCONDITIONAL)
    }

    #[inline]
    fn is_conditional_jump(self) -> bool {
        is_any(self, CONDITIONAL)
    }

    #[inline]
    fn has_const(self) -> bool {
        is_any(self, CONST)
    }

    #[inline]
    fn has_eval_break(self) -> bool {
        is_any(self, EVAL_BREAK)
    }

    #[inline]
    fn ends_flow(self) -> bool {
        is_any(self, UNCONDITIONAL | SCOPE_EXIT)
    }

    #[inline]
    fn is_improvable(self) -> bool {
        is_any(self, IMPROVABLE)
    }

    #[inline]
    fn families(self) -> u32 {
        FAMILIES[usize::from(self.number()) % NUMBERS]
    }
}
