//! What can be known of a pattern without a text: which characters a part of it can begin with.
//!
//! Places of the program are followed as the states of an automaton that forgets counts, groups and assertions: what comes out
//! is never less than what can match. What follows an atomic part says nothing about the choices inside of it: a way that begins
//! inside ends at its end.

use super::machine::{Inst, Machine, Next, Repeat, Single};
use super::sets::{self, Guard, Map, Table, Wide, contains, insert};

/// How many places are followed before everything is thought possible.
const MOST_PLACES: usize = 400;

/// The characters that a part of the pattern, with all that follows it, can begin with.
#[derive(Clone, Copy, Default)]
pub struct First {
    pub map: Map,
    /// There may be characters from 256 on.
    pub wide: bool,
    /// It can match at the end of the text. Then nothing is known of the characters.
    pub end: bool,
}

impl First {
    pub fn everything() -> First {
        First { map: [u64::MAX; 4], wide: true, end: true }
    }

    pub fn table(&self) -> Table {
        sets::table(&self.map)
    }

    fn add(&mut self, map: &Map, wide: bool) {
        self.map.iter_mut().zip(map).for_each(|(word, more)| *word |= more);
        self.wide |= wide;
    }

    fn guard(&self) -> Option<Box<Guard>> {
        (!self.end).then(|| Box::new(Guard { table: self.table(), wide: self.wide, end: false }))
    }
}

/// A place, and how many characters of its instruction were taken.
pub type Place = (u32, u32);

/// The places that take a character and can be reached without one.
#[derive(Default)]
pub struct Reach {
    pub takers: Vec<Place>,
    /// The end, or something that says nothing of its characters, can be reached.
    pub open: bool,
    work: Vec<Place>,
    /// The round in which each instruction was last seen untouched.
    rounds: Vec<u32>,
    round: u32,
    /// Places in the middle of an instruction that were seen.
    seen: Vec<Place>,
    count: usize,
}

impl Reach {
    /// Whether the place is new in this round.
    fn visit(&mut self, place: Place) -> bool {
        self.count += 1;
        if place.1 == 0
            && let Some(round) = self.rounds.get_mut(place.0 as usize)
        {
            return std::mem::replace(round, self.round) != self.round;
        }
        let new = !self.seen.contains(&place);
        if new {
            self.seen.push(place);
        }
        new
    }

    fn was_visited(&self, pc: u32) -> bool {
        self.rounds.get(pc as usize) == Some(&self.round)
    }
}

impl Machine {
    /// Follows all ways from `from` on to the next character.
    pub fn reach(&self, from: impl IntoIterator<Item = Place>, reach: &mut Reach) {
        reach.rounds.resize(self.insts.len(), 0);
        reach.round += 1;
        reach.count = 0;
        reach.takers.clear();
        reach.seen.clear();
        reach.work.clear();
        reach.work.extend(from);
        reach.open = false;
        while let Some(place) = reach.work.pop() {
            if !reach.visit(place) {
                continue;
            }
            reach.open |= reach.count > MOST_PLACES;
            if reach.open {
                return;
            }
            let Reach { takers, open, work, rounds, round, .. } = reach;
            let (pc, taken) = place;
            let mut go = |to: u32| work.push((to, 0));
            match self.insts.get(pc as usize).copied().unwrap_or(Inst::Fail) {
                Inst::Char(_) | Inst::NotChar(_) | Inst::Any | Inst::AnyAll | Inst::Set(_) | Inst::Literal(..) => {
                    takers.push(place)
                }
                Inst::One(one) | Inst::LazyOne(one) | Inst::PossessiveOne(one) => {
                    let Some(one) = self.ones.get(one as usize) else { continue };
                    if one.most > 0 {
                        takers.push(place);
                    }
                    if taken as usize >= one.least {
                        go(pc + 1);
                    }
                }
                Inst::Mark(_) | Inst::At(_) | Inst::Atomic => go(pc + 1),
                Inst::Jump(to) | Inst::AssertNot(_, to) => go(to),
                Inst::AtomicEnd(to, begin) => {
                    if rounds.get(begin as usize) == Some(round) {
                        go(to);
                    } else {
                        *open = true;
                    }
                }
                Inst::Branch(branch) => {
                    if let Some(branch) = self.branches.get(branch as usize) {
                        branch.arms.iter().rev().for_each(|arm| go(*arm));
                    }
                }
                Inst::Repeat(repeat) | Inst::Possessive(repeat) => {
                    let Some(repeat) = self.repeats.get(repeat as usize) else { continue };
                    go(repeat.body);
                    if repeat.least == 0 {
                        go(repeat.tail);
                    }
                }
                Inst::PossessiveEnd(repeat) => {
                    let Some(repeat) = self.repeats.get(repeat as usize) else { continue };
                    if rounds.get((repeat.body as usize).wrapping_sub(1)) == Some(round) {
                        go(repeat.body);
                        go(repeat.tail);
                    } else {
                        *open = true;
                    }
                }
                Inst::MaxUntil(repeat) | Inst::MinUntil(repeat) => {
                    let Some(repeat) = self.repeats.get(repeat as usize) else { continue };
                    go(repeat.body);
                    go(repeat.tail);
                }
                Inst::GroupExists(_, to) => {
                    go(pc + 1);
                    go(to);
                }
                Inst::Assert(_) => match self.assertion_end(pc) {
                    Some(to) => go(to),
                    None => *open = true,
                },
                Inst::GroupRef(..) | Inst::AssertEnd(_) | Inst::AssertNotEnd | Inst::Accept => *open = true,
                Inst::Fail => {}
            }
        }
    }

    /// Where the code goes on behind the assertion at `pc`.
    fn assertion_end(&self, pc: u32) -> Option<u32> {
        let mut depth = 0_usize;
        for inst in self.insts.get(pc as usize..)? {
            match inst {
                Inst::Assert(_) => depth += 1,
                Inst::AssertEnd(to) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(*to);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// What the character at a place may be.
    pub fn take(&self, (pc, taken): Place, first: &mut First) {
        let single = match self.insts.get(pc as usize) {
            Some(Inst::Char(code)) => Single::Char(*code),
            Some(Inst::NotChar(code)) => Single::NotChar(*code),
            Some(Inst::Any) => Single::Any,
            Some(Inst::AnyAll) => Single::AnyAll,
            Some(Inst::Set(set)) => Single::Set(*set),
            Some(Inst::Literal(from, _)) => {
                Single::Char(self.literals.get((*from + taken) as usize).copied().unwrap_or(u32::MAX))
            }
            Some(Inst::One(one) | Inst::LazyOne(one) | Inst::PossessiveOne(one)) => match self.ones.get(*one as usize) {
                Some(one) => one.single,
                None => return,
            },
            _ => return,
        };
        let (map, wide) = self.characters(single);
        first.add(&map, wide);
    }

    fn characters(&self, single: Single) -> (Map, bool) {
        match single {
            Single::AnyAll => ([u64::MAX; 4], true),
            Single::Any => ([!(1 << 10), u64::MAX, u64::MAX, u64::MAX], true),
            Single::Char(code) => {
                let mut map = Map::default();
                insert(&mut map, code);
                (map, code >= 256)
            }
            Single::NotChar(code) => {
                let mut map = Map::default();
                insert(&mut map, code);
                (map.map(|word| !word), true)
            }
            Single::Set(set) => match self.sets.get(set as usize) {
                Some(set) => (set.map, set.wide != Wide::None),
                None => ([u64::MAX; 4], true),
            },
        }
    }

    /// The places behind one that took a character.
    pub fn behind(&self, (pc, taken): Place, out: &mut Vec<Place>) {
        match self.insts.get(pc as usize) {
            Some(Inst::Literal(_, length)) if taken + 1 < *length => out.push((pc, taken + 1)),
            Some(Inst::One(one) | Inst::LazyOne(one) | Inst::PossessiveOne(one)) => {
                let Some(one) = self.ones.get(*one as usize) else { return };
                let more = taken as usize + 1;
                if more < one.most {
                    // What was taken is counted up to the minimum only.
                    out.push((pc, if more <= one.least { taken + 1 } else { taken }));
                }
                if more >= one.least {
                    out.push((pc + 1, 0));
                }
            }
            _ => out.push((pc + 1, 0)),
        }
    }

    pub fn first(&self, pc: u32, reach: &mut Reach) -> First {
        self.reach([(pc, 0)], reach);
        if reach.open {
            return First::everything();
        }
        let mut first = First::default();
        reach.takers.iter().for_each(|place| self.take(*place, &mut first));
        first
    }

    /// Whether the match ends at `pc` without a further test.
    fn ends(&self, mut pc: u32) -> bool {
        loop {
            match self.insts.get(pc as usize) {
                Some(Inst::Mark(_)) => pc += 1,
                Some(Inst::Jump(to)) if *to > pc => pc = *to,
                Some(Inst::Accept) => return true,
                _ => return false,
            }
        }
    }

    /// Whether the body of a repeat can end without taking a character.
    fn is_hollow(&self, repeat: &Repeat, reach: &mut Reach) -> bool {
        self.reach([(repeat.body, 0)], reach);
        let end = repeat.tail.saturating_sub(1);
        reach.open || reach.was_visited(end)
    }

    /// Fills in what is known of branches, repeats and the beginning.
    pub fn analyse(&mut self, code: &[u32]) {
        let mut reach = Reach::default();
        for number in 0..self.branches.len() {
            let arms = self.branches.get(number).map(|branch| branch.arms.clone()).unwrap_or_default();
            let firsts: Vec<First> = arms.iter().map(|arm| self.first(*arm, &mut reach)).collect();
            if let Some(branch) = self.branches.get_mut(number) {
                branch.choose(&firsts);
            }
        }
        for number in 0..self.repeats.len() {
            let Some(repeat) = self.repeats.get(number) else { continue };
            let hollow = self.is_hollow(repeat, &mut reach);
            let body_guard = if hollow { None } else { self.first(repeat.body, &mut reach).guard() };
            let tail_guard = self.first(repeat.tail, &mut reach).guard();
            if let Some(repeat) = self.repeats.get_mut(number) {
                (repeat.hollow, repeat.body_guard, repeat.tail_guard) = (hollow, body_guard, tail_guard);
            }
        }
        for pc in (0_u32..).take(self.insts.len()) {
            let Some(Inst::One(number) | Inst::LazyOne(number)) = self.insts.get(pc as usize).copied() else { continue };
            let Some(single) = self.ones.get(number as usize).map(|one| one.single) else { continue };
            let tail = self.first(pc + 1, &mut reach);
            let (map, wide) = self.characters(single);
            let disjoint = !tail.end && map.iter().zip(&tail.map).all(|(own, next)| own & next == 0);
            let ends = self.ends(pc + 1);
            let next = match self.insts.get(pc as usize + 1) {
                Some(Inst::Char(code)) => Next::Char(*code),
                Some(Inst::Literal(from, _)) => self.literals.get(*from as usize).map_or(Next::Unknown, |code| Next::Char(*code)),
                _ => tail.guard().map_or(Next::Unknown, Next::Guard),
            };
            if let Some(one) = self.ones.get_mut(number as usize) {
                one.exclusive = [ends || disjoint, ends || disjoint && !(wide && tail.wide)];
                one.next = next;
            }
        }
        self.plan(code, &mut reach);
    }
}

/// The characters of a map, if they are no more than three.
pub fn few(map: &Map) -> Option<Vec<u8>> {
    if map.iter().map(|word| word.count_ones()).sum::<u32>() > 3 {
        return None;
    }
    Some((0..=u8::MAX).filter(|byte| contains(map, u32::from(*byte))).collect())
}
