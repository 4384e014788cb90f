//! The matcher: a backtracking machine with a stack of its own, so that no pattern can overflow the native one.
//!
//! It runs forwards only. Where there is a choice, an entry on the stack says how to go on after a failure; between these entries
//! stand the old values of marks and registers that were changed since. A failure pops the stack down to the last choice.

use super::chars::{self, lower_ascii, lower_unicode};
use super::machine::{Inst, Machine, NO_LIMIT, Next, One, Repeat, Single};
use super::op;
use super::search::resize;
use object::{PyResult, hooks, memory};
use unicode::Unit;

/// No place in the text.
const UNSET: usize = usize::MAX;
/// How many entries of the stack are kept for the next match.
const KEPT_ENTRIES: usize = 4096;

/// What stands on the stack.
#[derive(Clone, Copy)]
enum Entry {
    /// A mark's old value, and that of `lastindex`.
    Mark {
        slot: u32,
        old: usize,
        lastindex: usize,
    },
    /// A register's old value.
    Register {
        slot: u32,
        old: usize,
    },
    /// Goes on at `pc`.
    Go {
        pc: u32,
        ptr: usize,
    },
    /// Other arms of a branch, as bits.
    Branch {
        branch: u32,
        ptr: usize,
        arms: u64,
    },
    /// A greedy repeat of one character that may give some back: the instruction, the place, the first possible place.
    One {
        pc: u32,
        ptr: usize,
        low: usize,
    },
    /// A lazy one that may take more, up to `high`.
    LazyOne {
        pc: u32,
        ptr: usize,
        high: usize,
    },
    /// A lazy repeat may go through its body once more.
    Lazy {
        repeat: u32,
        ptr: usize,
        reached: usize,
    },
    /// An assertion began here.
    Assert {
        ptr: usize,
    },
    /// A negated one; where the code goes on.
    AssertNot {
        pc: u32,
        ptr: usize,
    },
    Atomic,
    /// An iteration that a possessive repeat must make.
    Forced,
    /// An iteration that it may make.
    Possessive {
        pc: u32,
        ptr: usize,
    },
}

/// One matching: where it stands, and its stacks.
#[derive(Default)]
pub struct State {
    /// Start of the match, or of the search.
    pub start: usize,
    /// End of the match.
    pub ptr: usize,
    /// The match must reach the end of the text.
    pub match_all: bool,
    /// The match must not be empty at `start`.
    pub must_advance: bool,
    /// The number of the group that was closed last, or 0.
    pub lastindex: usize,
    marks: Vec<usize>,
    registers: Vec<usize>,
    stack: Vec<Entry>,
    /// Marks were set.
    marked: bool,
    ticks: u32,
}

impl State {
    /// Ready for a pattern with this many groups.
    pub fn new(groups: usize) -> PyResult<State> {
        let mut state = State::default();
        resize(&mut state.marks, groups * 2 + 2, UNSET)?;
        Ok(state)
    }

    /// Room for what the repeats of the pattern keep.
    pub fn prepare(&mut self, machine: &Machine) -> PyResult<()> {
        resize(&mut self.registers, machine.registers, 0)
    }

    /// Ready for another text.
    pub fn renew(&mut self) {
        self.reset();
        self.match_all = false;
        self.must_advance = false;
        if self.stack.capacity() > KEPT_ENTRIES {
            self.stack = Vec::new();
        }
    }

    /// Forgets the last match.
    pub fn reset(&mut self) {
        self.stack.clear();
        if self.marked {
            self.marks.fill(UNSET);
            self.marked = false;
            self.lastindex = 0;
        }
    }

    /// The span of a group, counted from 0, if it took part.
    #[inline]
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        match self.marks.get(group.checked_mul(2)?..)? {
            [start, end, ..] if *start != UNSET && *end != UNSET => Some((*start, *end)),
            _ => None,
        }
    }

    /// The span of a group for a backreference.
    fn reference(&self, group: u32) -> Option<(usize, usize)> {
        self.span(group as usize).filter(|(start, end)| start <= end)
    }

    #[inline(always)]
    fn push(&mut self, entry: Entry) -> PyResult<()> {
        if self.stack.len() == self.stack.capacity() {
            self.grow()?;
        }
        self.stack.push(entry);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> PyResult<()> {
        memory::reserve(&mut self.stack, 16)
    }

    #[inline(always)]
    fn set_mark(&mut self, slot: u32, ptr: usize) -> PyResult<()> {
        let old = self.marks.get(slot as usize).copied().unwrap_or(UNSET);
        if !self.stack.is_empty() {
            self.push(Entry::Mark { slot, old, lastindex: self.lastindex })?;
        }
        if slot & 1 == 1 {
            self.lastindex = slot as usize / 2 + 1;
        }
        if let Some(mark) = self.marks.get_mut(slot as usize) {
            *mark = ptr;
        }
        self.marked = true;
        Ok(())
    }

    #[inline(always)]
    fn register(&self, slot: usize) -> usize {
        self.registers.get(slot).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn set_register(&mut self, slot: usize, value: usize) -> PyResult<()> {
        let old = self.register(slot);
        if old == value {
            return Ok(());
        }
        if !self.stack.is_empty()
            && let Ok(slot) = u32::try_from(slot)
        {
            self.push(Entry::Register { slot, old })?;
        }
        if let Some(register) = self.registers.get_mut(slot) {
            *register = value;
        }
        Ok(())
    }

    /// Undoes a change of a mark or a register.
    #[inline(always)]
    fn undo(&mut self, entry: Entry) {
        match entry {
            Entry::Mark { slot, old, lastindex } => {
                if let Some(mark) = self.marks.get_mut(slot as usize) {
                    *mark = old;
                }
                self.lastindex = lastindex;
            }
            Entry::Register { slot, old } => {
                if let Some(register) = self.registers.get_mut(slot as usize) {
                    *register = old;
                }
            }
            _ => {}
        }
    }

    /// Drops the choices that were left open since the innermost assertion, atomic group or possessive iteration began; what it was.
    fn cut(&mut self) -> Option<Entry> {
        let is_bottom = |entry: &Entry| {
            matches!(
                entry,
                Entry::Assert { .. } | Entry::AssertNot { .. } | Entry::Atomic | Entry::Forced | Entry::Possessive { .. }
            )
        };
        if let Some(entry) = self.stack.last().copied()
            && is_bottom(&entry)
        {
            self.stack.pop();
            return Some(entry);
        }
        let bottom = self.stack.iter().rposition(is_bottom)?;
        let entry = self.stack.get(bottom).copied()?;
        let mut to = bottom;
        // With no choice below nothing will be undone.
        let needed = bottom > 0;
        for from in bottom + 1..self.stack.len() {
            let Some(moved) = self.stack.get(from).copied() else { break };
            if needed && matches!(moved, Entry::Mark { .. } | Entry::Register { .. }) {
                if let Some(slot) = self.stack.get_mut(to) {
                    *slot = moved;
                }
                to += 1;
            }
        }
        self.stack.truncate(to);
        Some(entry)
    }

    #[cold]
    #[inline(never)]
    fn poll(&mut self) -> PyResult<()> {
        self.ticks = 0;
        hooks::run_signals()
    }

    /// Whether the end of the pattern counts here: what `fullmatch` and searches behind an empty match demand.
    #[inline(always)]
    fn accepts(&self, ptr: usize, end: usize) -> bool {
        !(self.match_all && ptr != end || self.must_advance && ptr == self.start)
    }

    /// Runs the pattern at `self.start`.
    pub fn run<U: Unit>(&mut self, machine: &Machine, code: &[u32], text: &[U]) -> PyResult<bool> {
        self.reset();
        let end = text.len();
        let (mut pc, mut ptr) = (0_u32, self.start);
        let wide_text = usize::from(U::MAX > 0xFF);
        loop {
            // Runs until it fails.
            'run: loop {
                let Some(inst) = machine.insts.get(pc as usize) else { break 'run };
                macro_rules! one {
                    ($unit:ident, $test:expr) => {{
                        match text.get(ptr) {
                            Some($unit) if $test => {
                                ptr += 1;
                                pc += 1;
                            }
                            _ => break 'run,
                        }
                    }};
                }
                macro_rules! part {
                    ($table:ident, $number:expr) => {
                        match machine.$table.get($number as usize) {
                            Some(part) => part,
                            None => break 'run,
                        }
                    };
                }
                match *inst {
                    Inst::Char(wanted) => one!(unit, (*unit).into() == wanted),
                    Inst::NotChar(unwanted) => one!(unit, (*unit).into() != unwanted),
                    Inst::Any => one!(unit, (*unit).into() != 10),
                    Inst::AnyAll => one!(_unit, true),
                    Inst::Set(set) => {
                        let set = part!(sets, set);
                        one!(unit, set.has(code, *unit));
                    }
                    Inst::Literal(from, length) => {
                        let (from, length) = (from as usize, length as usize);
                        let (Some(wanted), Some(here)) =
                            (machine.literals.get(from..from + length), text.get(ptr..).and_then(|rest| rest.get(..length)))
                        else {
                            break 'run;
                        };
                        if !wanted.iter().zip(here).all(|(wanted, unit)| *wanted == (*unit).into()) {
                            break 'run;
                        }
                        ptr += length;
                        pc += 1;
                    }
                    Inst::Mark(slot) => {
                        self.set_mark(slot, ptr)?;
                        pc += 1;
                    }
                    Inst::At(kind) => {
                        if !position(text, ptr, kind) {
                            break 'run;
                        }
                        pc += 1;
                    }
                    Inst::Jump(to) => pc = to,
                    Inst::Branch(number) => {
                        let branch = part!(branches, number);
                        let arms = branch.possible(text.get(ptr));
                        let rest = arms & arms.wrapping_sub(1);
                        if rest != 0 {
                            self.push(Entry::Branch { branch: number, ptr, arms: rest })?;
                        }
                        match branch.arms.get(arms.trailing_zeros() as usize) {
                            Some(arm) if arms != 0 => pc = *arm,
                            _ => break 'run,
                        }
                    }
                    Inst::One(one) => {
                        let one = part!(ones, one);
                        let count = count(machine, code, text, ptr, one);
                        if count < one.least {
                            break 'run;
                        }
                        if count == one.least || one.exclusive[wide_text] {
                            ptr += count;
                            pc += 1;
                            continue 'run;
                        }
                        let low = ptr + one.least;
                        match shorter(text, one, low, ptr + count) {
                            Some(place) => ptr = place,
                            None => break 'run,
                        }
                        if ptr > low {
                            self.push(Entry::One { pc, ptr, low })?;
                        }
                        pc += 1;
                    }
                    Inst::LazyOne(number) => {
                        let one = part!(ones, number);
                        if end.saturating_sub(ptr) < one.least {
                            break 'run;
                        }
                        if one.least > 0 {
                            let forced = text.get(ptr..ptr + one.least).unwrap_or_default();
                            if scan(machine, code, forced, one.single) < one.least {
                                break 'run;
                            }
                        }
                        let high = end.min(ptr.saturating_add(one.most));
                        match longer(machine, code, text, one, ptr + one.least, high) {
                            Some(place) => ptr = place,
                            None => break 'run,
                        }
                        if ptr < high {
                            self.push(Entry::LazyOne { pc, ptr, high })?;
                        }
                        pc += 1;
                    }
                    Inst::PossessiveOne(one) => {
                        let one = part!(ones, one);
                        let count = count(machine, code, text, ptr, one);
                        if count < one.least {
                            break 'run;
                        }
                        ptr += count;
                        pc += 1;
                    }
                    Inst::Repeat(repeat) => {
                        let repeat = part!(repeats, repeat);
                        self.set_register(repeat.register, UNSET)?;
                        if repeat.hollow {
                            self.set_register(repeat.register + 1, UNSET)?;
                        }
                        // Before the first iteration the count is one less than none.
                        pc = repeat.tail.wrapping_sub(1);
                    }
                    Inst::MaxUntil(number) => {
                        let repeat = part!(repeats, number);
                        let reached = self.register(repeat.register).wrapping_add(1);
                        if reached < repeat.least {
                            self.set_register(repeat.register, reached)?;
                            pc = repeat.body;
                            self.ticks += 1;
                            if self.ticks >= 4096 {
                                self.poll()?;
                            }
                            continue 'run;
                        }
                        let here = text.get(ptr);
                        let body = reached < repeat.most
                            && repeat.body_guard.as_ref().is_none_or(|guard| guard.admits(here))
                            && !(repeat.hollow && ptr == self.register(repeat.register + 1));
                        if !body {
                            pc = repeat.tail;
                            continue 'run;
                        }
                        if repeat.tail_guard.as_ref().is_none_or(|guard| guard.admits(here)) {
                            self.push(Entry::Go { pc: repeat.tail, ptr })?;
                        }
                        self.iterate(repeat, reached, ptr)?;
                        pc = repeat.body;
                    }
                    Inst::MinUntil(number) => {
                        let repeat = part!(repeats, number);
                        let reached = self.register(repeat.register).wrapping_add(1);
                        if reached < repeat.least {
                            self.set_register(repeat.register, reached)?;
                            pc = repeat.body;
                        } else if repeat.tail_guard.as_ref().is_none_or(|guard| guard.admits(text.get(ptr))) {
                            self.push(Entry::Lazy { repeat: number, ptr, reached })?;
                            pc = repeat.tail;
                        } else if self.may_iterate(repeat, reached, ptr) {
                            self.iterate(repeat, reached, ptr)?;
                            pc = repeat.body;
                        } else {
                            break 'run;
                        }
                        self.ticks += 1;
                        if self.ticks >= 4096 {
                            self.poll()?;
                        }
                    }
                    Inst::Possessive(number) => {
                        let repeat = part!(repeats, number);
                        self.set_register(repeat.register, 0)?;
                        pc = self.possessive(repeat, 0, ptr)?;
                    }
                    Inst::PossessiveEnd(number) => {
                        let repeat = part!(repeats, number);
                        let began = self.cut();
                        // An empty iteration would be followed by as many more as one likes.
                        if matches!(began, Some(Entry::Possessive { ptr: from, .. }) if from == ptr) {
                            pc = repeat.tail;
                            continue 'run;
                        }
                        let reached = self.register(repeat.register).wrapping_add(1);
                        self.set_register(repeat.register, reached)?;
                        pc = self.possessive(repeat, reached, ptr)?;
                        self.ticks += 1;
                        if self.ticks >= 4096 {
                            self.poll()?;
                        }
                    }
                    Inst::Atomic => {
                        self.push(Entry::Atomic)?;
                        pc += 1;
                    }
                    Inst::AtomicEnd(to, _) => {
                        self.cut();
                        pc = to;
                    }
                    Inst::Assert(back) => {
                        let Some(behind) = ptr.checked_sub(back as usize) else { break 'run };
                        self.push(Entry::Assert { ptr })?;
                        ptr = behind;
                        pc += 1;
                    }
                    Inst::AssertEnd(to) => {
                        if let Some(Entry::Assert { ptr: from }) = self.cut() {
                            ptr = from;
                        }
                        pc = to;
                    }
                    Inst::AssertNot(back, to) => match ptr.checked_sub(back as usize) {
                        Some(behind) => {
                            self.push(Entry::AssertNot { pc: to, ptr })?;
                            ptr = behind;
                            pc += 1;
                        }
                        None => pc = to,
                    },
                    Inst::AssertNotEnd => {
                        while let Some(entry) = self.stack.pop() {
                            if matches!(entry, Entry::AssertNot { .. }) {
                                break;
                            }
                            self.undo(entry);
                        }
                        break 'run;
                    }
                    Inst::GroupRef(group, operator) => {
                        let Some((from, to)) = self.reference(group) else { break 'run };
                        let length = to - from;
                        let (Some(group), Some(here)) = (text.get(from..to), text.get(ptr..).and_then(|rest| rest.get(..length)))
                        else {
                            break 'run;
                        };
                        let fold = match operator {
                            op::GROUPREF => |code| code,
                            op::GROUPREF_UNI_IGNORE => lower_unicode,
                            _ => lower_ascii,
                        };
                        if !group.iter().zip(here).all(|(a, b)| fold((*a).into()) == fold((*b).into())) {
                            break 'run;
                        }
                        ptr += length;
                        pc += 1;
                    }
                    Inst::GroupExists(group, to) => pc = if self.reference(group).is_some() { pc + 1 } else { to },
                    Inst::Fail => break 'run,
                    Inst::Accept => {
                        if !self.accepts(ptr, end) {
                            break 'run;
                        }
                        self.ptr = ptr;
                        return Ok(true);
                    }
                }
            }
            // Goes back to the last choice.
            self.ticks += 1;
            if self.ticks >= 4096 {
                self.poll()?;
            }
            loop {
                let Some(entry) = self.stack.pop() else { return Ok(false) };
                match entry {
                    Entry::Mark { .. } | Entry::Register { .. } => self.undo(entry),
                    Entry::Go { pc: to, ptr: from }
                    | Entry::AssertNot { pc: to, ptr: from }
                    | Entry::Possessive { pc: to, ptr: from } => {
                        (pc, ptr) = (to, from);
                        break;
                    }
                    Entry::Branch { branch: number, ptr: from, arms } => {
                        let rest = arms & arms.wrapping_sub(1);
                        if rest != 0 {
                            self.push(Entry::Branch { branch: number, ptr: from, arms: rest })?;
                        }
                        let arm = machine
                            .branches
                            .get(number as usize)
                            .and_then(|branch| branch.arms.get(arms.trailing_zeros() as usize));
                        if let Some(arm) = arm {
                            (pc, ptr) = (*arm, from);
                            break;
                        }
                    }
                    Entry::One { pc: at, ptr: from, low } => {
                        let Some(Inst::One(one)) = machine.insts.get(at as usize) else { continue };
                        let Some(one) = machine.ones.get(*one as usize) else { continue };
                        if let Some(place) = shorter(text, one, low, from - 1) {
                            if place > low {
                                self.push(Entry::One { pc: at, ptr: place, low })?;
                            }
                            (pc, ptr) = (at + 1, place);
                            break;
                        }
                    }
                    Entry::LazyOne { pc: at, ptr: from, high } => {
                        let Some(Inst::LazyOne(one)) = machine.insts.get(at as usize) else { continue };
                        let Some(one) = machine.ones.get(*one as usize) else { continue };
                        if scan(machine, code, text.get(from..=from).unwrap_or_default(), one.single) == 0 {
                            continue;
                        }
                        if let Some(place) = longer(machine, code, text, one, from + 1, high) {
                            if place < high {
                                self.push(Entry::LazyOne { pc: at, ptr: place, high })?;
                            }
                            (pc, ptr) = (at + 1, place);
                            break;
                        }
                    }
                    Entry::Lazy { repeat, ptr: from, reached } => {
                        let Some(repeat) = machine.repeats.get(repeat as usize) else { continue };
                        if self.may_iterate(repeat, reached, from) {
                            self.iterate(repeat, reached, from)?;
                            (pc, ptr) = (repeat.body, from);
                            break;
                        }
                    }
                    Entry::Assert { .. } | Entry::Atomic | Entry::Forced => {}
                }
            }
        }
    }

    /// Whether a lazy repeat may go through its body from `ptr` on.
    fn may_iterate(&self, repeat: &Repeat, reached: usize, ptr: usize) -> bool {
        reached < repeat.most && !(repeat.hollow && ptr == self.register(repeat.register + 1))
    }

    /// Notes that an iteration beyond the minimum begins at `ptr`.
    #[inline(always)]
    fn iterate(&mut self, repeat: &Repeat, reached: usize, ptr: usize) -> PyResult<()> {
        // Without a maximum it is enough to know that the minimum was reached.
        let counted = if repeat.most == NO_LIMIT { repeat.least } else { reached };
        self.set_register(repeat.register, counted)?;
        if repeat.hollow { self.set_register(repeat.register + 1, ptr) } else { Ok(()) }
    }

    /// The next iteration of a possessive repeat after `reached` ones: where to go.
    fn possessive(&mut self, repeat: &Repeat, reached: usize, ptr: usize) -> PyResult<u32> {
        if reached < repeat.least {
            self.push(Entry::Forced)?;
        } else if reached < repeat.most {
            self.push(Entry::Possessive { pc: repeat.tail, ptr })?;
        } else {
            return Ok(repeat.tail);
        }
        Ok(repeat.body)
    }
}

/// The last place from `low` to `high` where the tail of a greedy repeat can begin.
#[inline(always)]
fn shorter<U: Unit>(text: &[U], one: &One, low: usize, high: usize) -> Option<usize> {
    let window = || text.get(low..text.len().min(high + 1)).unwrap_or_default();
    match &one.next {
        Next::Unknown => Some(high),
        Next::Char(wanted) => window().iter().rposition(|unit| (*unit).into() == *wanted).map(|offset| low + offset),
        Next::Guard(guard) => window().iter().rposition(|unit| guard.admits_unit(*unit)).map(|offset| low + offset),
    }
}

/// The first place from `ptr` to `high` where the tail of a lazy repeat can begin, if all characters before it may be repeated.
#[inline(always)]
fn longer<U: Unit>(machine: &Machine, code: &[u32], text: &[U], one: &One, ptr: usize, high: usize) -> Option<usize> {
    let window = text.get(ptr..text.len().min(high + 1)).unwrap_or_default();
    let takes = |unit: U| match one.single {
        Single::AnyAll => true,
        Single::Any => unit.into() != 10,
        Single::Char(wanted) => unit.into() == wanted,
        Single::NotChar(unwanted) => unit.into() != unwanted,
        Single::Set(set) => machine.sets.get(set as usize).is_some_and(|set| set.has(code, unit)),
    };
    // The first character that begins the tail or cannot be repeated; it must do the former.
    let (offset, begins) = match &one.next {
        Next::Unknown => return Some(ptr),
        Next::Char(wanted) => {
            let offset = match (U::as_bytes(window), u8::try_from(*wanted), one.single) {
                (Some(window), Ok(wanted), Single::AnyAll) => memchr::memchr(wanted, window),
                (Some(window), Ok(wanted), Single::Any) => memchr::memchr2(wanted, 10, window),
                _ => window.iter().position(|unit| (*unit).into() == *wanted || !takes(*unit)),
            }?;
            (offset, window.get(offset).is_some_and(|unit| (*unit).into() == *wanted))
        }
        Next::Guard(guard) => {
            let offset = window.iter().position(|unit| guard.admits_unit(*unit) || !takes(*unit))?;
            (offset, window.get(offset).is_some_and(|unit| guard.admits_unit(*unit)))
        }
    };
    begins.then_some(ptr + offset)
}

/// How many characters from `ptr` on a repeat takes.
#[inline(always)]
fn count<U: Unit>(machine: &Machine, code: &[u32], text: &[U], ptr: usize, one: &One) -> usize {
    let rest = text.get(ptr..).unwrap_or_default();
    scan(machine, code, rest.get(..one.most).unwrap_or(rest), one.single)
}

/// How many characters at the beginning of a text are taken.
#[inline(always)]
fn scan<U: Unit>(machine: &Machine, code: &[u32], text: &[U], single: Single) -> usize {
    let found = match single {
        Single::AnyAll => None,
        Single::Any => find(text, 10),
        Single::NotChar(unwanted) => find(text, unwanted),
        Single::Char(wanted) => text.iter().position(|unit| (*unit).into() != wanted),
        Single::Set(set) => match machine.sets.get(set as usize) {
            Some(set) => text.iter().position(|unit| !set.has(code, *unit)),
            None => Some(0),
        },
    };
    found.unwrap_or(text.len())
}

/// The first place of a character: most are near, the others are found sixteen at a time.
#[inline(always)]
fn find<U: Unit>(text: &[U], wanted: u32) -> Option<usize> {
    let near = text.len().min(16);
    let found = text.iter().take(near).position(|unit| (*unit).into() == wanted);
    if found.is_some() || near == text.len() {
        return found;
    }
    let rest = text.get(near..).unwrap_or_default();
    match (U::as_bytes(rest), u8::try_from(wanted)) {
        (Some(rest), Ok(wanted)) => memchr::memchr(wanted, rest),
        _ => rest.iter().position(|unit| (*unit).into() == wanted),
    }
    .map(|place| near + place)
}

/// Whether `ptr` is such a position.
#[inline]
fn position<U: Unit>(text: &[U], ptr: usize, kind: u32) -> bool {
    let before: Option<u32> = ptr.checked_sub(1).and_then(|index| text.get(index)).map(|unit| (*unit).into());
    let after: Option<u32> = text.get(ptr).map(|unit| (*unit).into());
    match kind {
        op::AT_BEGINNING | op::AT_BEGINNING_STRING => ptr == 0,
        op::AT_BEGINNING_LINE => before.is_none_or(|code| code == 10),
        op::AT_END => ptr == text.len() || after == Some(10) && ptr + 1 == text.len(),
        op::AT_END_LINE => ptr == text.len() || after == Some(10),
        op::AT_END_STRING => ptr == text.len(),
        op::AT_BOUNDARY | op::AT_LOC_BOUNDARY => {
            before.is_some_and(chars::is_word_ascii) != after.is_some_and(chars::is_word_ascii)
        }
        op::AT_NON_BOUNDARY | op::AT_LOC_NON_BOUNDARY => {
            before.is_some_and(chars::is_word_ascii) == after.is_some_and(chars::is_word_ascii)
        }
        op::AT_UNI_BOUNDARY => before.is_some_and(chars::is_word_unicode) != after.is_some_and(chars::is_word_unicode),
        op::AT_UNI_NON_BOUNDARY => before.is_some_and(chars::is_word_unicode) == after.is_some_and(chars::is_word_unicode),
        _ => false,
    }
}
