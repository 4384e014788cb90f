//! Displays of constants: tuples become constants, lists and sets are extended by one.

use super::{BlockId, Graph};
use crate::codegen::STACK_USE_GUIDELINE;
use crate::hash::HashSet;
use crate::instructions::family;
use bytecode::{Const, Op};

/// Lists and sets shorter than this are built item by item.
const MIN_CONST_SEQUENCE_SIZE: usize = 3;

impl Graph {
    pub(super) fn fold_tuple(&mut self, id: BlockId, index: usize) {
        let size = self.instrs(id)[index].arg as usize;
        if size > STACK_USE_GUIDELINE {
            return;
        }
        let Some(loads) = self.const_loads(id, index, size) else { return };
        let Some(values) = self.const_values(id, &loads) else { return };
        self.nop_out(id, &loads);
        self.make_load(id, index, Const::tuple(values));
    }

    /// The constants that are appended one by one to a new list or set, up to `end` (exclusive): the first instruction and
    /// the values.
    fn appended_consts(&self, id: BlockId, end: usize, build: Op, append: Op) -> Option<(usize, Vec<Const>)> {
        let mut expect_append = true;
        let mut loads = Vec::new();
        for at in (0..end).rev() {
            let instr = self.instrs(id)[at];
            match instr.op {
                Op::NOP => continue,
                op if op == build && instr.arg == 0 && expect_append => {
                    loads.reverse();
                    return Some((at, self.const_values(id, &loads)?));
                }
                op if op == append && expect_append && instr.arg == 1 => {}
                Op::LOAD_CONST | Op::LOAD_SMALL_INT if !expect_append => loads.push(at),
                _ => return None,
            }
            expect_append = !expect_append;
        }
        None
    }

    fn nop_out_range(&mut self, id: BlockId, range: std::ops::Range<usize>) {
        let dead: Vec<usize> = range.filter(|at| self.instrs(id)[*at].op != Op::NOP).collect();
        self.nop_out(id, &dead);
    }

    /// `BUILD_LIST 0`, loads and `LIST_APPEND`s in turn, then `LIST_TO_TUPLE`: a long tuple of constants.
    pub(super) fn fold_list_to_tuple(&mut self, id: BlockId, index: usize) -> bool {
        let Some((start, values)) = self.appended_consts(id, index, Op::BUILD_LIST, Op::LIST_APPEND) else {
            return false;
        };
        self.nop_out_range(id, start..index);
        self.make_load(id, index, Const::tuple(values));
        true
    }

    /// A long list or set of constants that is only iterated or searched.
    pub(super) fn fold_appended(&mut self, id: BlockId, index: usize) {
        let append = self.instrs(id)[index].op;
        let build = if append == Op::LIST_APPEND { Op::BUILD_LIST } else { Op::BUILD_SET };
        let Some((start, values)) = self.appended_consts(id, index + 1, build, append) else { return };
        self.nop_out_range(id, start..index + 1);
        let folded = if append == Op::LIST_APPEND { Const::tuple(values) } else { frozenset(values) };
        self.make_load(id, index, folded);
    }

    pub(super) fn optimize_list_or_set(&mut self, id: BlockId, index: usize, next_op: Op) {
        let instr = self.instrs(id)[index];
        let size = instr.arg as usize;
        let only_read = matches!(next_op, Op::GET_ITER | Op::CONTAINS_OP);
        if size > STACK_USE_GUIDELINE || (size < MIN_CONST_SEQUENCE_SIZE && !only_read) {
            return;
        }
        let loads = self.const_loads(id, index, size);
        let Some((loads, values)) = loads.and_then(|loads| self.const_values(id, &loads).map(|v| (loads, v))) else {
            if only_read && instr.op == Op::BUILD_LIST {
                self.instrs_mut(id)[index].op = Op::BUILD_TUPLE;
            }
            return;
        };
        let collection = if instr.op == Op::BUILD_SET { frozenset(values) } else { Const::tuple(values) };
        let constant = self.add_const(collection);
        self.nop_out(id, &loads);
        self.note(id, family::CONST);
        let instrs = self.instrs_mut(id);
        if only_read {
            instrs[index].set(Op::LOAD_CONST, constant);
            return;
        }
        // The load stands where a location was removed.
        self.unlined = true;
        self.note(id, family::UNLINED);
        let instrs = self.instrs_mut(id);
        let extend = if instr.op == Op::BUILD_LIST { Op::LIST_EXTEND } else { Op::SET_UPDATE };
        if let Some([build, load, last]) = instrs.get_mut(index.saturating_sub(2)..=index) {
            build.loc = instr.loc;
            build.set(instr.op, 0);
            load.set(Op::LOAD_CONST, constant);
            last.set(extend, 1);
        }
    }
}

/// A frozen set of constants, where equal ones are one; no number equals a NaN.
fn frozenset(values: Vec<Const>) -> Const {
    let mut seen = HashSet::default();
    let unique: Vec<Const> =
        values.into_iter().filter(|value| super::holds_nan(value) || seen.insert(crate::fold::equality_key(value))).collect();
    Const::FrozenSet(unique.into())
}
