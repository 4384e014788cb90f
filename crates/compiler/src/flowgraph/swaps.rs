//! Fewest possible `SWAP`s, and swaps of instructions in place of values.

use super::{BlockId, Graph};
use bytecode::Op;

/// Instructions that take the top of the stack and can't fail or jump: they may change places.
fn is_swappable(op: Op) -> bool {
    matches!(op, Op::STORE_FAST | Op::STORE_FAST_MAYBE_NULL | Op::POP_TOP)
}

impl Graph {
    pub(super) fn optimize_swaps(&mut self, id: BlockId) {
        let Some(mut index) = self.instrs(id).iter().position(|instr| instr.op == Op::SWAP) else { return };
        while index < self.blocks[id].len() {
            if self.instrs(id)[index].op == Op::SWAP {
                index = self.shorten_swaps(id, index);
                self.apply_static_swaps(id, index);
            }
            index += 1;
        }
    }

    /// Replaces a run of swaps by the shortest one with the same effect; returns the index of the run's end.
    fn shorten_swaps(&mut self, id: BlockId, start: usize) -> usize {
        let instrs = self.instrs_mut(id);
        let run = instrs.iter().skip(start).take_while(|i| matches!(i.op, Op::SWAP | Op::NOP)).count();
        let Some(run) = instrs.get_mut(start..start + run) else { return start };
        let swaps: Vec<usize> = run.iter().filter(|i| i.op == Op::SWAP).map(|i| i.arg as usize).collect();
        if swaps.len() < 2 {
            return start;
        }
        let depth = swaps.iter().copied().max().unwrap_or(0);
        let mut stack: Vec<Option<usize>> = (0..depth).map(Some).collect();
        for swap in swaps {
            if let Some(other) = swap.checked_sub(1) {
                stack.swap(0, other);
            }
        }
        // Each cycle of the permutation is undone from the end of the run, through the top of the stack.
        let mut free = run.len();
        for item in 0..depth {
            if stack[item].is_none() || stack[item] == Some(item) {
                continue;
            }
            let mut at = item;
            loop {
                if at > 0 {
                    let Some(slot) = free.checked_sub(1) else { break };
                    free = slot;
                    run[slot].set(Op::SWAP, u32::try_from(at + 1).unwrap_or(u32::MAX));
                }
                match stack[at].take() {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
        let end = start + run.len() - 1;
        run.iter_mut().take(free).for_each(super::Instr::nop);
        end
    }

    fn next_swappable(&self, id: BlockId, from: usize, line: i32) -> Option<usize> {
        for (index, instr) in self.instrs(id).iter().enumerate().skip(from + 1) {
            if line >= 0 && instr.loc.lineno != line {
                return None;
            }
            if instr.op == Op::NOP {
                continue;
            }
            return is_swappable(instr.op).then_some(index);
        }
        None
    }

    /// Swaps instructions instead of the values that they take.
    fn apply_static_swaps(&mut self, id: BlockId, from: usize) {
        for index in (0..=from).rev() {
            let swap = self.instrs(id)[index];
            if swap.op != Op::SWAP {
                if swap.op == Op::NOP || is_swappable(swap.op) {
                    continue;
                }
                return;
            }
            let Some(first) = self.next_swappable(id, index, -1) else { return };
            let line = self.instrs(id)[first].loc.lineno;
            let mut second = first;
            for _ in 1..swap.arg {
                let Some(next) = self.next_swappable(id, second, line) else { return };
                second = next;
            }
            let store = |at: usize| {
                let instr = &self.instrs(id)[at];
                matches!(instr.op, Op::STORE_FAST | Op::STORE_FAST_MAYBE_NULL).then_some(instr.arg)
            };
            let (store1, store2) = (store(first), store(second));
            if store1.is_some() || store2.is_some() {
                if store1 == store2 {
                    return;
                }
                let between = (first + 1..second).filter_map(store);
                if between.into_iter().any(|local| Some(local) == store1 || Some(local) == store2) {
                    return;
                }
            }
            let instrs = self.instrs_mut(id);
            instrs[index].nop();
            instrs.swap(first, second);
        }
    }
}
