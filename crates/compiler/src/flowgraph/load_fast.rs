//! Superinstructions on locals, and loads that borrow from the frame.
//!
//! A load may borrow if the value leaves the stack in the same block, before its local changes, and is not stored in a
//! local.

use super::graph::Blocks;
use super::{BlockId, Graph, Instr};
use crate::codegen::workshop::settle;
use crate::hash::HashSet;
use crate::instructions::{OpKind, family};
use bytecode::Op;

const SUPPORT_KILLED: u8 = 1;
const STORED_AS_LOCAL: u8 = 2;
const UNCONSUMED: u8 = 4;

/// No local, or no instruction.
const NONE: u32 = u32::MAX;

/// A value on the stack: the instruction that loaded it, and from which local.
#[derive(Clone, Copy)]
struct Ref {
    instr: u32,
    local: u32,
}

const DUMMY: Ref = Ref { instr: NONE, local: NONE };

/// Up to here the stack is looked through for a local; what lies above is asked first whether it can hold it.
const SHALLOW: usize = 64;

/// The abstract stack of a block.
#[derive(Default)]
pub(super) struct Stack {
    refs: Vec<Ref>,
    /// The locals that were ever put above [`SHALLOW`] in this block.
    deep: HashSet<u32>,
    /// What became of the value of each instruction.
    flags: Vec<u8>,
}

impl Stack {
    /// Empties the lists, of which the long ones keep their memory.
    pub(super) fn clear(&mut self) {
        settle(&mut self.refs);
        settle(&mut self.flags);
        self.deep = HashSet::default();
    }

    /// Begins with a block of so many instructions.
    fn start(&mut self, depth: usize, instrs: usize) {
        self.refs.clear();
        self.refs.resize(depth, DUMMY);
        if !self.deep.is_empty() {
            self.deep.clear();
        }
        self.flags.clear();
        self.flags.resize(instrs, 0);
    }

    #[inline]
    fn push(&mut self, instr: usize, local: Option<u32>) {
        let instr = u32::try_from(instr).unwrap_or(NONE);
        match local {
            Some(local) => self.put(Ref { instr, local }),
            None => self.refs.push(Ref { instr, local: NONE }),
        }
    }

    #[inline]
    fn put(&mut self, value: Ref) {
        if self.refs.len() >= SHALLOW {
            self.deep.insert(value.local);
        }
        self.refs.push(value);
    }

    fn swap(&mut self, low: usize, top: usize) {
        if top >= SHALLOW
            && let Some(value) = self.refs.get(low)
        {
            self.deep.insert(value.local);
        }
        self.refs.swap(low, top);
    }

    #[inline]
    fn pop(&mut self) -> Ref {
        self.refs.pop().unwrap_or(DUMMY)
    }

    /// Takes so many values away.
    #[inline]
    fn drop_top(&mut self, count: i32) {
        self.refs.truncate(self.refs.len().saturating_sub(usize::try_from(count).unwrap_or(0)));
    }

    fn flag(&mut self, value: Ref, flag: u8) {
        if let Some(slot) = self.flags.get_mut(value.instr as usize) {
            *slot |= flag;
        }
    }

    fn kill(&mut self, local: u32) {
        let Stack { refs, deep, flags } = self;
        let reach = if refs.len() > SHALLOW && !deep.contains(&local) { SHALLOW } else { refs.len() };
        for value in refs.iter().take(reach).filter(|value| value.local == local) {
            if let Some(slot) = flags.get_mut(value.instr as usize) {
                *slot |= SUPPORT_KILLED;
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
        let mut at = Some(BlockId::ENTRY);
        while let Some(id) = at {
            at = self.blocks[id].next;
            if self.blocks[id].has & family::LOCAL == 0 {
                continue;
            }
            let mut combined_any = false;
            let (instrs, _) = self.split(id);
            for index in 1..instrs.len() {
                let Some([first, second]) = instrs.get_mut(index - 1..=index) else { break };
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
                first.set(combined, (first.arg << 4) | second.arg);
                second.nop();
                combined_any = true;
            }
            self.blocks[id].nops |= combined_any;
        }
        self.remove_redundant_nops();
    }

    pub(super) fn borrow_locals(&mut self) {
        if self.has & family::FAST_LOAD == 0 {
            return;
        }
        self.clear_visited();
        self.blocks[BlockId::ENTRY].visited = true;
        self.blocks[BlockId::ENTRY].start_depth = Some(0);
        let mut stack = std::mem::take(&mut self.values);
        let mut todo = self.take_todo();
        todo.push(BlockId::ENTRY);
        while let Some(id) = todo.pop() {
            let depth = self.blocks[id].start_depth.unwrap_or(0) as usize;
            let loads = self.blocks[id].has & family::FAST_LOAD != 0;
            let (instrs, blocks) = self.split(id);
            if loads {
                stack.start(depth, instrs.len());
                for (index, instr) in instrs.iter().enumerate() {
                    if let Some(target) = simulate(index, instr, &mut stack) {
                        visit(blocks, target, &mut todo);
                    }
                }
            } else {
                // Behind a jump there is its mark at most.
                let jumps = instrs.iter().rev().take(2).filter(|instr| instr.op.has_target() && instr.op != Op::END_ASYNC_FOR);
                for target in jumps.filter_map(|instr| instr.target) {
                    visit(blocks, target, &mut todo);
                }
            }
            if !self.blocks[id].is_empty()
                && let Some(next) = self.successor(id)
            {
                visit(&mut self.blocks, next, &mut todo);
            }
            if !loads {
                continue;
            }
            let Stack { refs, flags, .. } = &mut stack;
            for value in refs {
                if let Some(slot) = flags.get_mut(value.instr as usize) {
                    *slot |= UNCONSUMED;
                }
            }
            for (instr, flags) in self.split(id).0.iter_mut().zip(flags) {
                if *flags == 0 {
                    match instr.op {
                        Op::LOAD_FAST => instr.op = Op::LOAD_FAST_BORROW,
                        Op::LOAD_FAST_LOAD_FAST => instr.op = Op::LOAD_FAST_BORROW_LOAD_FAST_BORROW,
                        _ => {}
                    }
                }
            }
        }
        self.put_todo(todo);
        self.values = stack;
    }
}

fn visit(blocks: &mut Blocks, id: BlockId, todo: &mut Vec<BlockId>) {
    if !blocks[id].visited {
        blocks[id].visited = true;
        todo.push(id);
    }
}

/// Applies one instruction to the stack; returns a block that it may jump to.
fn simulate(index: usize, instr: &Instr, stack: &mut Stack) -> Option<BlockId> {
    let (op, arg) = (instr.op, instr.arg);
    let stack_use = || {
        let (popped, pushed) = op.stack_use(arg.cast_signed());
        (popped.max(0), pushed.max(0))
    };
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
            stack.put(value);
        }
        Op::SWAP => {
            let depth = stack.depth();
            if let (Some(low), Some(top)) = (depth.checked_sub(arg as usize), depth.checked_sub(1)) {
                stack.swap(low, top);
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
            let (popped, pushed) = stack_use();
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
            let (popped, pushed) = stack_use();
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
            stack.put(function);
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
                stack.put(object);
            }
        }
        Op::LOAD_SPECIAL | Op::PUSH_EXC_INFO => {
            let top = stack.pop();
            stack.push(index, None);
            stack.put(top);
        }
        Op::SEND => {
            stack.pop();
            stack.push(index, None);
            return instr.target;
        }
        _ => {
            let (popped, pushed) = stack_use();
            stack.drop_top(popped);
            for _ in 0..pushed {
                stack.push(index, None);
            }
            return instr.target.filter(|_| op.has_target());
        }
    }
    None
}
