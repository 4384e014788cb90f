//! Rewrites within a block: constants in conditions, folded operators, threaded jumps.

use super::graph::unlined;
use super::{BlockId, Graph, Instr};
use crate::codegen::intrinsic;
use crate::fold;
use crate::instructions::{OpKind, family};
use bytecode::{Const, Int, Op};

/// In the operand of `COMPARE_OP`: the result is a `bool`.
const COMPARE_TO_BOOL: u32 = 16;

/// The value of a constant that `LOAD_SMALL_INT` can load.
fn small_int(value: &Const) -> Option<u32> {
    match value {
        Const::Int(Int::Small(value)) => u32::try_from(*value).ok().filter(|value| *value < 256),
        _ => None,
    }
}

fn loads_const(op: Op) -> bool {
    matches!(op, Op::LOAD_CONST | Op::LOAD_SMALL_INT)
}

impl Graph {
    /// Turns an instruction into the load of a constant.
    pub(super) fn make_load(&mut self, id: BlockId, index: usize, value: Const) {
        let (op, arg) = match small_int(&value) {
            Some(small) => (Op::LOAD_SMALL_INT, small),
            None => (Op::LOAD_CONST, self.add_const(value)),
        };
        let instr = &mut self.split(id).0[index];
        instr.set(op, arg);
        let unlined = unlined(instr.loc);
        self.note(id, family::CONST | unlined);
        self.unlined |= unlined != 0;
    }

    pub(super) fn optimize_constants(&mut self) {
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            if self.blocks[id].has & family::VALUE != 0 {
                self.optimize_constants_in(id);
            }
            at = self.blocks[id].next;
        }
    }

    fn op_at(&self, id: BlockId, index: usize) -> Op {
        self.instrs(id).get(index).map_or(Op::CACHE, |instr| instr.op)
    }

    /// The constant that an instruction loads.
    fn const_value(&self, instr: &Instr) -> Option<Const> {
        match instr.op {
            Op::LOAD_CONST => usize::try_from(instr.arg).ok().and_then(|at| self.consts.get(at)).cloned(),
            Op::LOAD_SMALL_INT => Some(Const::int(i64::from(instr.arg))),
            _ => None,
        }
    }

    fn optimize_constants_in(&mut self, id: BlockId) {
        let mut loaded: Option<Instr> = None;
        let mut next = 0;
        while let Some(rest) = self.instrs(id).get(next..) {
            // What loads no constant, and copies none, is passed over.
            let Some(ahead) = rest.iter().position(|instr| loads_const(instr.op) || instr.op == Op::COPY) else { break };
            if ahead > 0 {
                loaded = None;
            }
            let index = next + ahead;
            next = index + 1;
            let mut instr = self.instrs(id)[index];
            if instr.op == Op::LOAD_CONST
                && let Some(small) = self.consts.get(instr.arg as usize).and_then(small_int)
            {
                instr.set(Op::LOAD_SMALL_INT, small);
                self.split(id).0[index] = instr;
            }
            let copies_const = instr.op == Op::COPY && instr.arg == 1 && loaded.is_some_and(|l| l.op == Op::LOAD_CONST);
            if !copies_const {
                loaded = Some(instr);
            }
            let Some(load) = loaded.filter(|load| loads_const(load.op)) else { continue };
            let next_op = self.op_at(id, index + 1);
            match next_op {
                Op::POP_JUMP_IF_FALSE | Op::POP_JUMP_IF_TRUE | Op::JUMP_IF_FALSE | Op::JUMP_IF_TRUE => {
                    let Some(value) = self.const_value(&load) else { continue };
                    let Some([instr, jump, ..]) = self.instrs_mut(id).get_mut(index..) else { continue };
                    if matches!(next_op, Op::POP_JUMP_IF_FALSE | Op::POP_JUMP_IF_TRUE) {
                        instr.nop();
                    }
                    let jumps_if = matches!(next_op, Op::POP_JUMP_IF_TRUE | Op::JUMP_IF_TRUE);
                    if value.is_true() == jumps_if {
                        jump.op = Op::JUMP;
                    } else {
                        jump.nop();
                    }
                }
                Op::IS_OP if matches!(self.const_value(&load), Some(Const::None)) => self.fold_is_none(id, index),
                Op::TO_BOOL => {
                    let Some(value) = self.const_value(&load) else { continue };
                    let truth = self.add_const(Const::bool(value.is_true()));
                    self.note(id, family::CONST);
                    let Some([instr, test, ..]) = self.instrs_mut(id).get_mut(index..) else { continue };
                    instr.nop();
                    test.set(Op::LOAD_CONST, truth);
                }
                _ => {}
            }
        }
    }

    /// `x is None` before a jump becomes a jump on `None`.
    fn fold_is_none(&mut self, id: BlockId, index: usize) {
        let instrs = self.instrs_mut(id);
        let mut jump = index + 2;
        if let Some(instr) = instrs.get_mut(jump)
            && instr.op == Op::TO_BOOL
        {
            instr.nop();
            jump += 1;
        }
        let mut invert = instrs[index + 1].arg != 0;
        match instrs.get(jump).map(|instr| instr.op) {
            Some(Op::POP_JUMP_IF_FALSE) => invert = !invert,
            Some(Op::POP_JUMP_IF_TRUE) => {}
            _ => return,
        }
        instrs[index].nop();
        instrs[index + 1].nop();
        instrs[jump].op = if invert { Op::POP_JUMP_IF_NOT_NONE } else { Op::POP_JUMP_IF_NONE };
    }

    pub(super) fn optimize_blocks(&mut self) {
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            let mut index = 0;
            while self.blocks[id].has & family::IMPROVABLE != 0
                && let Some(rest) = self.instrs(id).get(index..)
                && let Some(ahead) = rest.iter().position(|instr| instr.op.is_improvable())
                && let Some(instr) = rest.get(ahead).copied()
            {
                index += ahead;
                if !self.optimize_instruction(id, index, instr) {
                    index += 1;
                }
            }
            if self.blocks[id].has & family::SWAP != 0 {
                self.optimize_swaps(id);
            }
            at = self.blocks[id].next;
        }
    }

    /// Improves one instruction; true if it is to be looked at again.
    fn optimize_instruction(&mut self, id: BlockId, index: usize, instr: Instr) -> bool {
        let next_op = self.op_at(id, index + 1);
        match instr.op {
            Op::BUILD_TUPLE => {
                if next_op == Op::UNPACK_SEQUENCE && self.instrs(id)[index + 1].arg == instr.arg {
                    match instr.arg {
                        1 => {
                            self.instrs_mut(id)[index].nop();
                            self.instrs_mut(id)[index + 1].nop();
                            return false;
                        }
                        2 | 3 => {
                            self.instrs_mut(id)[index].nop();
                            self.instrs_mut(id)[index + 1].op = Op::SWAP;
                            self.note(id, family::SWAP);
                            return false;
                        }
                        _ => {}
                    }
                }
                self.fold_tuple(id, index);
            }
            Op::BUILD_LIST | Op::BUILD_SET => self.optimize_list_or_set(id, index, next_op),
            Op::POP_JUMP_IF_NOT_NONE
            | Op::POP_JUMP_IF_NONE
            | Op::POP_JUMP_IF_FALSE
            | Op::POP_JUMP_IF_TRUE
            | Op::JUMP_IF_FALSE
            | Op::JUMP_IF_TRUE
            | Op::JUMP
            | Op::JUMP_NO_INTERRUPT => return self.thread_jump(id, index),
            Op::STORE_FAST => {
                let instrs = self.split(id).0;
                if let Some(next) = instrs.get(index + 1)
                    && next.op == Op::STORE_FAST
                    && next.arg == instr.arg
                    && next.loc.lineno == instr.loc.lineno
                {
                    instrs[index].set(Op::POP_TOP, 0);
                    self.note(id, family::POP_TOP);
                }
            }
            Op::SWAP if instr.arg == 1 => self.instrs_mut(id)[index].nop(),
            Op::LOAD_GLOBAL if next_op == Op::PUSH_NULL && instr.arg & 1 == 0 => {
                self.instrs_mut(id)[index].arg |= 1;
                self.instrs_mut(id)[index + 1].nop();
            }
            Op::COMPARE_OP if next_op == Op::TO_BOOL => {
                self.replace_pair(id, index, Op::COMPARE_OP, instr.arg | COMPARE_TO_BOOL);
            }
            Op::CONTAINS_OP | Op::IS_OP if next_op == Op::TO_BOOL => {
                self.replace_pair(id, index, instr.op, instr.arg);
            }
            Op::CONTAINS_OP | Op::IS_OP if next_op == Op::UNARY_NOT => {
                self.replace_pair(id, index, instr.op, instr.arg ^ 1);
            }
            Op::TO_BOOL if next_op == Op::TO_BOOL => self.instrs_mut(id)[index].nop(),
            Op::UNARY_NOT if next_op == Op::TO_BOOL => self.replace_pair(id, index, Op::UNARY_NOT, 0),
            Op::UNARY_NOT if next_op == Op::UNARY_NOT => self.replace_pair(id, index, Op::NOP, 0),
            Op::UNARY_NOT | Op::UNARY_INVERT | Op::UNARY_NEGATIVE => self.fold_unary(id, index),
            Op::CALL_INTRINSIC_1 if instr.arg == intrinsic::LIST_TO_TUPLE => {
                if !self.fold_list_to_tuple(id, index) && next_op == Op::GET_ITER {
                    self.instrs_mut(id)[index].nop();
                }
            }
            Op::CALL_INTRINSIC_1 if instr.arg == intrinsic::UNARY_POSITIVE => self.fold_unary(id, index),
            Op::LIST_APPEND | Op::SET_ADD if instr.arg == 1 && matches!(next_op, Op::GET_ITER | Op::CONTAINS_OP) => {
                self.fold_appended(id, index);
            }
            Op::BINARY_OP => self.fold_binary(id, index),
            _ => {}
        }
        false
    }

    /// The first instruction goes, the second one becomes `op`.
    fn replace_pair(&mut self, id: BlockId, index: usize, op: Op, arg: u32) {
        self.instrs_mut(id)[index].nop();
        self.instrs_mut(id)[index + 1].set(op, arg);
    }

    /// A jump to a jump leads to the latter's target; true if the block changed.
    fn thread_jump(&mut self, id: BlockId, index: usize) -> bool {
        let instr = self.instrs(id)[index];
        let Some(target_block) = instr.target else { return false };
        let Some(target) = self.instrs(target_block).first().copied() else { return false };
        let op = match (instr.op, target.op) {
            (Op::JUMP_IF_FALSE, Op::JUMP_IF_TRUE) | (Op::JUMP_IF_TRUE, Op::JUMP_IF_FALSE) => {
                self.instrs_mut(id)[index].target = self.blocks[target_block].next;
                return true;
            }
            (Op::JUMP_IF_FALSE, Op::JUMP_IF_FALSE) | (Op::JUMP_IF_TRUE, Op::JUMP_IF_TRUE) => instr.op,
            (Op::JUMP | Op::JUMP_NO_INTERRUPT, Op::JUMP) => Op::JUMP,
            (Op::JUMP | Op::JUMP_NO_INTERRUPT, Op::JUMP_NO_INTERRUPT) => instr.op,
            (_, Op::JUMP) => instr.op,
            _ => return false,
        };
        if target.target == instr.target {
            return false;
        }
        self.instrs_mut(id)[index].nop();
        self.note(id, unlined(target.loc));
        self.push(id, Instr { target: target.target, ..Instr::new(op, 0, target.loc) });
        true
    }

    /// Looks backwards from `end` (exclusive) for `count` instructions that load constants, skipping `NOP`s.
    pub(super) fn const_loads(&self, id: BlockId, end: usize, count: usize) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        let instrs = self.instrs(id).get(..end)?;
        for (index, instr) in instrs.iter().enumerate().rev() {
            if found.len() == count {
                break;
            }
            if instr.op == Op::NOP {
                continue;
            }
            if !loads_const(instr.op) {
                return None;
            }
            found.push(index);
        }
        found.reverse();
        (found.len() == count).then_some(found)
    }

    pub(super) fn const_values(&self, id: BlockId, loads: &[usize]) -> Option<Vec<Const>> {
        loads.iter().map(|at| self.const_value(&self.instrs(id)[*at])).collect()
    }

    /// Removes instructions together with their locations.
    pub(super) fn nop_out(&mut self, id: BlockId, indices: &[usize]) {
        for index in indices {
            let instr = &mut self.instrs_mut(id)[*index];
            instr.nop();
            instr.loc = bytecode::Location::NONE;
        }
    }

    fn fold_unary(&mut self, id: BlockId, index: usize) {
        let Some(loads) = self.const_loads(id, index, 1) else { return };
        let Some(values) = self.const_values(id, &loads) else { return };
        let op = self.instrs(id)[index].op;
        let Some(result) = values.first().and_then(|value| fold::unary(op, value)) else { return };
        self.nop_out(id, &loads);
        self.make_load(id, index, result);
    }

    fn fold_binary(&mut self, id: BlockId, index: usize) {
        let Some(loads) = self.const_loads(id, index, 2) else { return };
        let Some(values) = self.const_values(id, &loads) else { return };
        let [left, right] = values.as_slice() else { return };
        let op = self.instrs(id)[index].arg;
        let Some(result) = fold::binary(left, op, right) else { return };
        self.nop_out(id, &loads);
        self.make_load(id, index, result);
    }
}
