//! The graph's data: blocks as ranges of one vector of instructions, which keeps its memory from one unit to the next.
//!
//! A block has room behind its instructions. As in CPython an instruction that is added there has the handler of the one
//! that stood in its place before.

use crate::codegen::workshop::settle;
use crate::error::{CompileError, Result};
use crate::hash::HashMap;
use crate::instructions::{Instruction, OpKind, Sequence, family};
use bytecode::{Const, Location, Op, Unique};
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut, Range};

/// Places that a new block has for more instructions.
const ROOM: usize = 2;

/// Index of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BlockId(NonZeroU32);

impl BlockId {
    pub const ENTRY: BlockId = BlockId(NonZeroU32::MIN);

    fn new(index: usize) -> BlockId {
        let number = u32::try_from(index).ok().and_then(|index| NonZeroU32::MIN.checked_add(index));
        BlockId(number.unwrap_or(NonZeroU32::MAX))
    }

    #[inline]
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// An instruction in a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instr {
    pub op: Op,
    pub arg: u32,
    /// Where a jump or the set-up of a handler leads.
    pub target: Option<BlockId>,
    /// The handler in force.
    pub except: Option<BlockId>,
    pub loc: Location,
}

impl Instr {
    #[inline]
    pub fn new(op: Op, arg: u32, loc: Location) -> Instr {
        Instr { op, arg, loc, target: None, except: None }
    }

    /// Changes the instruction; location and handler stay.
    #[inline]
    pub fn set(&mut self, op: Op, arg: u32) {
        self.op = op;
        self.arg = arg;
    }

    #[inline]
    pub fn nop(&mut self) {
        self.set(Op::NOP, 0);
    }
}

const BLANK: Instr = Instr { op: Op::NOP, arg: 0, target: None, except: None, loc: Location::NONE };

/// A basic block.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Block {
    /// Its place among all instructions, how many it has, and how many it has room for.
    start: usize,
    len: usize,
    room: usize,
    pub next: Option<BlockId>,
    /// Depth of the stack at the start.
    pub start_depth: Option<u32>,
    pub predecessors: u32,
    /// Whether jumps lead here, as the code was written.
    pub labelled: bool,
    pub is_handler: bool,
    pub preserve_lasti: bool,
    pub visited: bool,
    /// Whether there may be `NOP`s in it.
    pub nops: bool,
    /// The [`family`]s of the instructions that may be in it. Without set-ups of handlers the last instruction alone can have a target.
    pub has: u32,
    pub cold: bool,
    pub warm: bool,
    pub unsafe_locals: u64,
}

impl Block {
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

/// All blocks, by number.
#[derive(Default)]
pub(crate) struct Blocks(Vec<Block>);

impl Blocks {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Block> {
        self.0.iter_mut()
    }

    fn add(&mut self, block: Block) -> BlockId {
        let id = BlockId::new(self.0.len());
        self.0.push(block);
        id
    }
}

impl Index<BlockId> for Blocks {
    type Output = Block;

    #[inline]
    fn index(&self, id: BlockId) -> &Block {
        &self.0[id.index()]
    }
}

impl IndexMut<BlockId> for Blocks {
    #[inline]
    fn index_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.0[id.index()]
    }
}

/// The graph of one unit after the other.
#[derive(Default)]
pub(crate) struct Graph {
    pub blocks: Blocks,
    /// The instructions of all blocks, in no order; between them is room, and what was moved away or removed.
    pub code: Vec<Instr>,
    pub consts: Vec<Const>,
    /// Made when a constant is added.
    const_index: Option<HashMap<Unique, usize>>,
    /// The [`family`]s of all instructions, as they were written.
    pub has: u32,
    /// Whether an instruction without a line is left once lines were given.
    pub unlined: bool,
    /// Whether an instruction may be in the place of the one behind it.
    pub has_next: bool,
    /// The abstract stack of `borrow_locals`.
    pub(super) values: super::load_fast::Stack,
    /// While blocks are made: the places that jumps lead to, in order, and the blocks that start there, so far.
    targets: Vec<usize>,
    starts: Vec<BlockId>,
    /// While blocks are made: the instructions that have a target.
    jumps: Vec<usize>,
    todo: Vec<BlockId>,
}

impl Graph {
    /// Empties the lists, of which the long ones keep their memory.
    pub fn clear(&mut self) {
        settle(&mut self.blocks.0);
        settle(&mut self.code);
        self.consts = Vec::new();
        self.const_index = None;
        self.values.clear();
        settle(&mut self.targets);
        settle(&mut self.starts);
        settle(&mut self.jumps);
        settle(&mut self.todo);
    }

    /// Begins with a new unit.
    pub(super) fn load(&mut self, sequence: &Sequence, consts: Vec<Const>) -> Result<()> {
        let Sequence { instructions, labels, annotations, nested: _ } = sequence;
        self.blocks.0.clear();
        self.code.clear();
        self.consts = consts;
        self.const_index = None;
        self.jumps.clear();
        self.targets.clear();
        (self.has, self.unlined, self.has_next) = (0, false, false);
        for instruction in instructions.iter().filter(|i| i.op.has_target()) {
            let target = usize::try_from(instruction.arg).ok().and_then(|at| labels.get(at).copied().flatten());
            self.targets.push(target.ok_or_else(|| CompileError::system("jump to a label that is nowhere"))?);
        }
        self.targets.sort_unstable();
        self.targets.dedup();
        self.starts.clear();
        self.code.reserve(instructions.len() + instructions.len() / 2);
        let mut block = Block::default();
        let mut ended = false;
        let mut at = 0;
        while let Some(rest) = instructions.get(at..).filter(|rest| !rest.is_empty()) {
            if self.targets.get(self.starts.len()) == Some(&at) {
                if self.code.len() > block.start || block.labelled {
                    block = self.close(block);
                }
                block.labelled = true;
                self.starts.push(BlockId::new(self.blocks.len()));
            } else if ended {
                block = self.close(block);
            }
            let room = self.targets.get(self.starts.len()).map_or(rest.len(), |target| (target - at).min(rest.len()));
            let Run { length, families, end } = run(rest.get(..room).unwrap_or_default(), self.code.len(), &mut self.jumps);
            let written = rest.get(..length).unwrap_or_default();
            self.code.extend(written.iter().map(|i| Instr::new(i.op, i.arg, i.loc)));
            if families & family::UNLINED != 0 {
                self.has_next |= written.iter().any(|i| i.loc.lineno == Location::NEXT.lineno);
            }
            block.has |= families;
            at += length;
            ended = end == RunEnd::Terminator;
            if end == RunEnd::Placeholder {
                at += 1;
                for extra in annotations.iter().flatten() {
                    block.has |= extra.op.families() | unlined(extra.loc);
                    self.has_next |= extra.loc.lineno == Location::NEXT.lineno;
                    self.code.push(Instr::new(extra.op, extra.arg, extra.loc));
                }
                ended = self.code.len() > block.start && self.code.last().is_some_and(|last| last.op.is_terminator());
            }
        }
        self.close(block);
        if let Some(last) = self.blocks.0.last_mut() {
            last.next = None;
        }
        for at in &self.jumps {
            let instr = &mut self.code[*at];
            let place = usize::try_from(instr.arg).ok().and_then(|at| labels.get(at).copied().flatten());
            let number = place.and_then(|place| self.targets.binary_search(&place).ok());
            let target = number.and_then(|number| self.starts.get(number).copied());
            let target = target.ok_or_else(|| CompileError::system("jump out of the code"))?;
            instr.target = Some(target);
            if instr.op.is_block_push() {
                self.blocks[target].is_handler = true;
            }
        }
        Ok(())
    }

    /// Ends a block with what was written since it began; returns the one behind it.
    fn close(&mut self, block: Block) -> Block {
        self.has |= block.has;
        let len = self.code.len() - block.start;
        self.code.extend([BLANK; ROOM]);
        let next = Some(BlockId::new(self.blocks.len() + 1));
        let nops = block.has & (family::NOP | family::BLOCK_POP) != 0;
        self.blocks.add(Block { len, room: len + ROOM, next, nops, ..block });
        Block { start: self.code.len(), ..Block::default() }
    }

    /// Notes that a block may now hold instructions of more families.
    #[inline]
    pub(super) fn note(&mut self, id: BlockId, families: u32) {
        self.blocks[id].has |= families;
    }

    #[inline]
    pub fn instrs(&self, id: BlockId) -> &[Instr] {
        &self.code[self.blocks[id].range()]
    }

    /// The instructions of a block, of which some may become `NOP`s.
    #[inline]
    pub fn instrs_mut(&mut self, id: BlockId) -> &mut [Instr] {
        let block = &mut self.blocks[id];
        block.nops = true;
        &mut self.code[block.range()]
    }

    /// The instructions of a block, none of which becomes a `NOP`, together with all blocks.
    #[inline]
    pub(super) fn split(&mut self, id: BlockId) -> (&mut [Instr], &mut Blocks) {
        (&mut self.code[self.blocks[id].range()], &mut self.blocks)
    }

    #[inline]
    pub fn last(&self, id: BlockId) -> Option<&Instr> {
        self.instrs(id).last()
    }

    pub(super) fn last_mut(&mut self, id: BlockId) -> Option<&mut Instr> {
        self.instrs_mut(id).last_mut()
    }

    /// Keeps the first `len` instructions.
    pub(super) fn truncate(&mut self, id: BlockId, len: usize) {
        let block = &mut self.blocks[id];
        block.len = block.len.min(len);
    }

    /// Adds an instruction at the end, under the handler of the one that was there before.
    pub(super) fn push(&mut self, id: BlockId, instr: Instr) {
        self.make_room(id, 1);
        let block = &mut self.blocks[id];
        let slot = &mut self.code[block.start + block.len];
        *slot = Instr { except: slot.except, ..instr };
        block.len += 1;
    }

    /// Adds an instruction with its handler at the end.
    pub(super) fn push_whole(&mut self, id: BlockId, instr: Instr) {
        self.make_room(id, 1);
        let block = &mut self.blocks[id];
        self.code[block.start + block.len] = instr;
        block.len += 1;
    }

    /// Adds copies of all instructions of another block.
    pub(super) fn push_copies(&mut self, id: BlockId, from: BlockId) {
        let count = self.blocks[from].len;
        self.make_room(id, count);
        let source = self.blocks[from].range();
        let has = self.blocks[from].has;
        let block = &mut self.blocks[id];
        self.code.copy_within(source, block.start + block.len);
        block.len += count;
        block.nops = true;
        block.has |= has;
    }

    /// Puts instructions before all others.
    pub(super) fn prepend(&mut self, id: BlockId, prefix: &[Instr]) {
        self.make_room(id, prefix.len());
        let block = &mut self.blocks[id];
        self.code.copy_within(block.range(), block.start + prefix.len());
        self.code[block.start..block.start + prefix.len()].copy_from_slice(prefix);
        block.len += prefix.len();
    }

    /// Makes room for `count` more instructions.
    fn make_room(&mut self, id: BlockId, count: usize) {
        let block = &mut self.blocks[id];
        if block.len + count <= block.room {
            return;
        }
        let moved = self.code.len();
        let room = block.len + count + ROOM;
        self.code.extend_from_within(block.start..block.start + block.room);
        self.code.resize(moved + room.max(block.room), BLANK);
        block.start = moved;
        block.room = room.max(block.room);
    }

    /// A new block in the chain behind `after`.
    pub(super) fn append_block(&mut self, after: BlockId) -> BlockId {
        let next = self.blocks[after].next;
        let id = self.blocks.add(Block { next, start: self.code.len(), ..Block::default() });
        self.blocks[after].next = Some(id);
        id
    }

    /// The blocks in the order of the code.
    pub fn order(&self) -> impl Iterator<Item = BlockId> {
        std::iter::successors(Some(BlockId::ENTRY), |id| self.blocks[*id].next)
    }

    #[inline]
    pub(super) fn exits_scope(&self, id: BlockId) -> bool {
        self.last(id).is_some_and(|last| last.op.is_scope_exit())
    }

    #[inline]
    pub(super) fn falls_through(&self, id: BlockId) -> bool {
        !self.last(id).is_some_and(|last| last.op.ends_flow())
    }

    /// The block behind this one, if it is reached from it.
    #[inline]
    pub(super) fn successor(&self, id: BlockId) -> Option<BlockId> {
        self.blocks[id].next.filter(|_| self.falls_through(id))
    }

    pub(super) fn has_no_lineno(&self, id: BlockId) -> bool {
        self.instrs(id).iter().all(|instr| instr.loc.lineno < 0)
    }

    pub(super) fn clear_visited(&mut self) {
        self.blocks.iter_mut().for_each(|block| block.visited = false);
    }

    pub(super) fn next_nonempty(&self, from: Option<BlockId>) -> Option<BlockId> {
        let mut at = from;
        while let Some(id) = at {
            if !self.blocks[id].is_empty() {
                return Some(id);
            }
            at = self.blocks[id].next;
        }
        None
    }

    /// Whether an exception may lead anywhere in the unit.
    pub fn has_handlers(&self) -> bool {
        self.blocks.0.iter().any(|block| block.is_handler)
    }

    /// An empty list of blocks, whose memory comes back with [`Graph::put_todo`].
    pub(super) fn take_todo(&mut self) -> Vec<BlockId> {
        let mut todo = std::mem::take(&mut self.todo);
        todo.clear();
        todo
    }

    pub(super) fn put_todo(&mut self, todo: Vec<BlockId>) {
        self.todo = todo;
    }

    /// The index of a constant, which is added if it is new.
    pub(super) fn add_const(&mut self, value: Const) -> u32 {
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        if super::holds_nan(&value) {
            // A NaN equals nothing, itself included.
            self.consts.push(value);
            return number(self.consts.len() - 1);
        }
        let consts = &mut self.consts;
        let index = self
            .const_index
            .get_or_insert_with(|| consts.iter().enumerate().map(|(at, value)| (Unique(value.clone()), at)).collect());
        let index = *index.entry(Unique(value.clone())).or_insert_with(|| {
            consts.push(value);
            consts.len() - 1
        });
        number(index)
    }

    pub(super) fn forget_const_index(&mut self) {
        self.const_index = None;
    }
}

/// How a run of instructions ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RunEnd {
    /// Where it had to.
    Bound,
    Terminator,
    /// Before the place of the module's annotations.
    Placeholder,
}

/// Instructions that stand in one block.
struct Run {
    length: usize,
    families: u32,
    end: RunEnd,
}

/// [`family::UNLINED`], for an instruction that has no line.
#[inline]
pub(super) fn unlined(loc: Location) -> u32 {
    if loc.lineno < 0 { family::UNLINED } else { 0 }
}

/// The first run of `instructions`, which will stand from `start` on; notes those that have a target.
fn run(instructions: &[Instruction], start: usize, jumps: &mut Vec<usize>) -> Run {
    const SPECIAL: u32 = family::JUMP | family::SCOPE_EXIT | family::BLOCK_PUSH | family::PLACEHOLDER;
    let mut all = 0;
    for (length, instruction) in instructions.iter().enumerate() {
        let families = instruction.op.families();
        if families & family::PLACEHOLDER != 0 {
            return Run { length, families: all, end: RunEnd::Placeholder };
        }
        all |= families | unlined(instruction.loc);
        if families & SPECIAL != 0 {
            if families & (family::JUMP | family::BLOCK_PUSH) != 0 {
                jumps.push(start + length);
            }
            if families & (family::JUMP | family::SCOPE_EXIT) != 0 {
                return Run { length: length + 1, families: all, end: RunEnd::Terminator };
            }
        }
    }
    Run { length: instructions.len(), families: all, end: RunEnd::Bound }
}
