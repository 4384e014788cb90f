//! Superinstructions on locals, and loads that borrow from the frame.
//!
//! A load may borrow if the value leaves the stack in the same block, before its local changes, and is not stored in a
//! local.

use super::{BlockId, Graph};
use crate::instructions::OpKind;
use bytecode::Op;

const SUPPORT_KILLED: u8 = 1;
const STORED_AS_LOCAL: u8 = 2;
const UNCONSUMED: u8 = 4;

/// A value on the stack: the instruction that loaded it, and from which local.
#[derive(Clone, Copy)]
struct Ref {
    instr: Option<usize>,
    local: Option<u32>,
}

const DUMMY: Ref = Ref { instr: None, local: None };

/// The abstract stack of a block.
struct Stack {
    refs: Vec<Ref>,
    flags: Vec<u8>,
}

impl Stack {
    fn push(&mut self, instr: usize, local: Option<u32>) {
        self.refs.push(Ref { instr: Some(instr), local });
    }

    fn pop(&mut self) -> Ref {
        self.refs.pop().unwrap_or(DUMMY)
    }

    fn flag(&mut self, value: Ref, flag: u8) {
        if let Some(slot) = value.instr.and_then(|instr| self.flags.get_mut(instr)) {
            *slot |= flag;
        }
    }

    fn kill(&mut self, local: u32) {
        for value in self.refs.clone() {
            if value.local == Some(local) {
                self.flag(value, SUPPORT_KILLED);
            }
        }
    }

    fn store(&mut self, local: u32) {
        let value = self.pop();
        self.kill(local);
        self.flag(value, STORED_AS_LOCAL);
    }

    fn depth(&self) -> usize {
        self.refs.len()
    }
}

impl Graph {
    pub(super) fn insert_superinstructions(&mut self) {
        for id in self.order() {
            let instrs = &mut self.blocks[id].instrs;
            for index in 1..instrs.len() {
                let (first, second) = (instrs[index - 1], instrs[index]);
                let combined = match (first.op, second.op) {
                    (Op::LOAD_FAST, Op::LOAD_FAST) => Op::LOAD_FAST_LOAD_FAST,
                    (Op::STORE_FAST, Op::LOAD_FAST) => Op::STORE_FAST_LOAD_FAST,
                    (Op::STORE_FAST, Op::STORE_FAST) => Op::STORE_FAST_STORE_FAST,
                    _ => continue,
                };
                let (line1, line2) = (first.loc.lineno, second.loc.lineno);
                if (line1 >= 0 && line2 >= 0 && line1 != line2) || first.arg >= 16 || second.arg >= 16 {
                    continue;
                }
                instrs[index - 1].set(combined, (first.arg << 4) | second.arg);
                instrs[index].nop();
            }
        }
        self.remove_redundant_nops();
    }

    pub(super) fn borrow_locals(&mut self) {
        self.clear_visited();
        self.blocks[0].visited = true;
        self.blocks[0].start_depth = Some(0);
        let mut todo = vec![0];
        while let Some(id) = todo.pop() {
            let depth = self.blocks[id].start_depth.unwrap_or(0) as usize;
            let mut stack = Stack { refs: vec![DUMMY; depth], flags: vec![0; self.blocks[id].instrs.len()] };
            for index in 0..self.blocks[id].instrs.len() {
                if let Some(target) = self.simulate(id, index, &mut stack) {
                    self.visit(target, &mut todo);
                }
            }
            let block = &self.blocks[id];
            if !block.instrs.is_empty()
                && block.falls_through()
                && let Some(next) = block.next
            {
                self.visit(next, &mut todo);
            }
            for value in stack.refs.clone() {
                stack.flag(value, UNCONSUMED);
            }
            for (instr, flags) in self.blocks[id].instrs.iter_mut().zip(stack.flags) {
                match instr.op {
                    Op::LOAD_FAST if flags == 0 => instr.op = Op::LOAD_FAST_BORROW,
                    Op::LOAD_FAST_LOAD_FAST if flags == 0 => instr.op = Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW,
                    _ => {}
                }
            }
        }
    }

    fn visit(&mut self, id: BlockId, todo: &mut Vec<BlockId>) {
        if !self.blocks[id].visited {
            self.blocks[id].visited = true;
            todo.push(id);
        }
    }

    /// Applies one instruction to the stack; returns a block that it may jump to.
    fn simulate(&self, id: BlockId, index: usize, stack: &mut Stack) -> Option<BlockId> {
        let instr = self.blocks[id].instrs[index];
        let (op, arg) = (instr.op, instr.arg);
        let signed = arg.cast_signed();
        let info = op.info();
        let popped = (info.popped)(signed).max(0);
        let pushed = (info.pushed)(signed).max(0);
        match op {
            Op::LOAD_FAST => stack.push(index, Some(arg)),
            Op::LOAD_FAST_AND_CLEAR => {
                stack.kill(arg);
                stack.push(index, Some(arg));
            }
            Op::LOAD_FAST_LOAD_FAST => {
                stack.push(index, Some(arg >> 4));
                stack.push(index, Some(arg & 15));
            }
            Op::DELETE_FAST => stack.kill(arg),
            Op::STORE_FAST => stack.store(arg),
            Op::STORE_FAST_LOAD_FAST => {
                stack.store(arg >> 4);
                stack.push(index, Some(arg & 15));
            }
            Op::STORE_FAST_STORE_FAST => {
                stack.store(arg >> 4);
                stack.store(arg & 15);
            }
            Op::COPY => {
                let at = stack.depth().checked_sub(arg as usize);
                let value = at.and_then(|at| stack.refs.get(at).copied()).unwrap_or(DUMMY);
                stack.refs.push(value);
            }
            Op::SWAP => {
                let depth = stack.depth();
                if let (Some(low), Some(top)) = (depth.checked_sub(arg as usize), depth.checked_sub(1)) {
                    stack.refs.swap(low, top);
                }
            }
            // These leave their operands on the stack.
            Op::FORMAT_SIMPLE
            | Op::GET_ANEXT
            | Op::GET_LEN
            | Op::GET_YIELD_FROM_ITER
            | Op::IMPORT_FROM
            | Op::MATCH_KEYS
            | Op::MATCH_MAPPING
            | Op::MATCH_SEQUENCE
            | Op::WITH_EXCEPT_START => {
                // CPython counts from 0 here where it means this instruction: the loads that this keeps from borrowing are the
                // same ones.
                for (producer, _) in (popped..pushed).enumerate() {
                    stack.push(producer, None);
                }
            }
            // These take some operands and push nothing.
            Op::DICT_MERGE
            | Op::DICT_UPDATE
            | Op::LIST_APPEND
            | Op::LIST_EXTEND
            | Op::MAP_ADD
            | Op::RERAISE
            | Op::SET_ADD
            | Op::SET_UPDATE => {
                for _ in pushed..popped {
                    stack.pop();
                }
            }
            Op::END_ASYNC_FOR => {
                stack.pop();
                stack.pop();
            }
            // The function stays.
            Op::SET_FUNCTION_ATTRIBUTE => {
                let function = stack.pop();
                stack.pop();
                stack.refs.push(function);
            }
            Op::CHECK_EXC_MATCH => {
                stack.pop();
                stack.push(index, None);
            }
            Op::FOR_ITER => {
                stack.push(index, None);
                return instr.target;
            }
            Op::LOAD_ATTR | Op::LOAD_SUPER_ATTR => {
                let object = stack.pop();
                if op == Op::LOAD_SUPER_ATTR {
                    stack.pop();
                    stack.pop();
                }
                stack.push(index, None);
                if arg & 1 != 0 {
                    // The object may come back as `self`.
                    stack.refs.push(object);
                }
            }
            Op::LOAD_SPECIAL | Op::PUSH_EXC_INFO => {
                let top = stack.pop();
                stack.push(index, None);
                stack.refs.push(top);
            }
            Op::SEND => {
                stack.pop();
                stack.push(index, None);
                return instr.target;
            }
            _ => {
                for _ in 0..popped {
                    stack.pop();
                }
                for _ in 0..pushed {
                    stack.push(index, None);
                }
                return instr.target.filter(|_| op.has_target());
            }
        }
        None
    }
}
