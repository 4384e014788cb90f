//! Where in a text a match can begin.

use super::analysis::{First, Reach, few};
use super::engine::State;
use super::machine::{Inst, Machine};
use super::op;
use super::program::Program;
use super::sets::Table;
use memchr::memmem::Finder;
use object::{PyResult, memory};
use unicode::Unit;

/// The most characters that are looked at ahead.
const MOST_AHEAD: usize = 8;

/// How a pattern is searched for.
#[derive(Default)]
pub enum Plan {
    /// At every place.
    #[default]
    Everywhere,
    /// At the beginning of the text only.
    Beginning,
    /// Where these characters are; the pattern may be nothing else.
    Literal(Box<Literal>),
    /// Where the next characters can begin a match.
    Ahead(Box<Ahead>),
}

pub struct Literal {
    codes: Vec<u32>,
    finder: Option<Finder<'static>>,
    whole: bool,
}

/// Which characters can stand at the first places of a match.
pub struct Ahead {
    /// The characters for the first place, if they are one to three.
    few: Option<Vec<u8>>,
    first: Table,
    wide: bool,
    /// For each character the places, as bits, that it can stand at.
    places: [u8; 256],
    wide_places: u8,
    length: usize,
}

impl Machine {
    /// Makes the plan.
    pub fn plan(&mut self, code: &[u32], reach: &mut Reach) {
        self.plan = match literal_prefix(code) {
            Some(literal) => Plan::Literal(Box::new(literal)),
            None if matches!(self.insts.first(), Some(Inst::At(op::AT_BEGINNING | op::AT_BEGINNING_STRING))) => Plan::Beginning,
            None => match self.ahead(reach) {
                Some(ahead) => Plan::Ahead(Box::new(ahead)),
                None => Plan::Everywhere,
            },
        };
    }

    fn ahead(&self, reach: &mut Reach) -> Option<Ahead> {
        let mut ahead = Ahead { few: None, first: [false; 256], wide: false, places: [0; 256], wide_places: 0, length: 0 };
        let mut from = vec![(0, 0)];
        while ahead.length < MOST_AHEAD {
            self.reach(from.drain(..), reach);
            if reach.open || reach.takers.len() > 100 {
                break;
            }
            let mut first = First::default();
            for place in &reach.takers {
                self.take(*place, &mut first);
                self.behind(*place, &mut from);
            }
            let table = first.table();
            if ahead.length == 0 {
                ahead.few = if first.wide { None } else { few(&first.map) };
                (ahead.first, ahead.wide) = (table, first.wide);
            }
            let bit = 1_u8 << ahead.length;
            for (slot, admitted) in ahead.places.iter_mut().zip(table) {
                *slot |= if admitted { bit } else { 0 };
            }
            ahead.wide_places |= if first.wide { bit } else { 0 };
            ahead.length += 1;
        }
        (ahead.length > 0).then_some(ahead)
    }
}

/// The literal prefix that `re._compiler` found.
fn literal_prefix(code: &[u32]) -> Option<Literal> {
    let get = |index: usize| code.get(index).copied().unwrap_or(op::FAILURE);
    if get(0) != op::INFO || get(2) & op::INFO_PREFIX == 0 {
        return None;
    }
    let length = get(5) as usize;
    let codes = code.get(7..7 + length)?.to_vec();
    let bytes: Option<Vec<u8>> = codes.iter().map(|code| u8::try_from(*code).ok()).collect();
    let finder = bytes.map(|bytes| Finder::new(&bytes).into_owned());
    // Only as long as the whole pattern: no groups are to be set.
    let whole = get(2) & op::INFO_LITERAL != 0 && get(6) as usize == length;
    Some(Literal { codes, finder, whole })
}

impl Literal {
    fn find<U: Unit>(&self, text: &[U]) -> Option<usize> {
        match (U::as_bytes(text), &self.finder, self.codes.as_slice()) {
            (Some(text), Some(_), [single]) => memchr::memchr(u8::try_from(*single).ok()?, text),
            (Some(text), Some(finder), _) => finder.find(text),
            // A character wider than the text's occurs nowhere in it.
            (Some(_), None, _) => None,
            (None, _, [single]) => text.iter().position(|unit| (*unit).into() == *single),
            (None, _, codes) => unicode::search::find(text, codes),
        }
    }
}

impl Ahead {
    /// The next place whose character can begin a match.
    #[inline]
    fn find<U: Unit>(&self, text: &[U]) -> Option<usize> {
        if let (Some(text), Some(few)) = (U::as_bytes(text), &self.few) {
            return match few.as_slice() {
                [] => None,
                [a] => memchr::memchr(*a, text),
                [a, b] => memchr::memchr2(*a, *b, text),
                [a, b, c, ..] => memchr::memchr3(*a, *b, *c, text),
            };
        }
        text.iter().position(|unit| match u8::try_from((*unit).into()) {
            Ok(byte) => self.first[usize::from(byte)],
            Err(_) => self.wide,
        })
    }

    /// The next place whose first few characters can all begin a match ("shift-and", Baeza-Yates and Gonnet, 1992).
    #[inline]
    fn find_several<U: Unit>(&self, text: &[U]) -> Option<usize> {
        let last = 1_u8 << (self.length - 1);
        let mut state = 0_u8;
        let end = text.iter().position(|unit| {
            let places = match u8::try_from((*unit).into()) {
                Ok(byte) => self.places[usize::from(byte)],
                Err(_) => self.wide_places,
            };
            state = (state << 1 | 1) & places;
            state & last != 0
        })?;
        Some(end + 1 - self.length)
    }
}

impl State {
    /// Matches at `start`.
    pub fn match_at<U: Unit>(&mut self, program: &Program, text: &[U]) -> PyResult<bool> {
        let machine = program.machine()?;
        self.prepare(machine)?;
        if text.len().saturating_sub(self.start) < machine.least {
            return Ok(false);
        }
        self.run(machine, program.code(), text)
    }

    /// Searches from `start` on.
    pub fn search<U: Unit>(&mut self, program: &Program, text: &[U]) -> PyResult<bool> {
        let machine = program.machine()?;
        let (mut ptr, end) = (self.start, text.len());
        if ptr > end || end - ptr < machine.least {
            return Ok(false);
        }
        self.prepare(machine)?;
        let code = program.code();
        let last = end - machine.least;
        match &machine.plan {
            Plan::Literal(literal) => {
                self.must_advance = false;
                while let Some(at) = literal.find(text.get(ptr..).unwrap_or_default()) {
                    ptr += at;
                    self.start = ptr;
                    if literal.whole {
                        self.ptr = ptr + literal.codes.len();
                        return Ok(true);
                    }
                    if self.run(machine, code, text)? {
                        return Ok(true);
                    }
                    ptr += 1;
                }
                Ok(false)
            }
            Plan::Ahead(ahead) => {
                self.must_advance = false;
                let (from, mut tries) = (ptr, 0_usize);
                loop {
                    let rest = text.get(ptr..).unwrap_or_default();
                    // Looking further ahead pays where the first character alone says little.
                    let several = ahead.length > 1 && tries > 8 && tries * 12 > ptr - from;
                    let found = if several { ahead.find_several(rest) } else { ahead.find(rest) };
                    let Some(at) = found else { return Ok(false) };
                    ptr += at;
                    if ptr > last {
                        return Ok(false);
                    }
                    self.start = ptr;
                    if self.run(machine, code, text)? {
                        return Ok(true);
                    }
                    ptr += 1;
                    tries += 1;
                }
            }
            Plan::Beginning => {
                if self.run(machine, code, text)? {
                    return Ok(true);
                }
                self.start = end;
                self.ptr = end;
                Ok(false)
            }
            Plan::Everywhere => loop {
                if self.run(machine, code, text)? {
                    return Ok(true);
                }
                self.must_advance = false;
                if ptr >= last {
                    return Ok(false);
                }
                ptr += 1;
                self.start = ptr;
            },
        }
    }
}

/// Room for `count` places of marks or registers.
pub fn resize(places: &mut Vec<usize>, count: usize, value: usize) -> PyResult<()> {
    if places.len() < count {
        memory::reserve(places, count - places.len())?;
        places.resize(count, value);
    }
    Ok(())
}
