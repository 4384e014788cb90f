//! Sets of characters as the matcher tests them: a table for characters below 256, the code of `re._compiler` for all others.

use super::chars::{self, lower_ascii, lower_unicode};
use super::op;
use std::sync::OnceLock;
use unicode::Unit;

/// Which characters below 256 are in a set, as bits.
pub type Map = [u64; 4];

/// A table that says for each character below 256 whether it is in a set.
pub type Table = [bool; 256];

/// A set of characters.
pub struct Set {
    pub table: Table,
    pub map: Map,
    /// What is known of the characters from 256 on.
    pub wide: Wide,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wide {
    None,
    All,
    /// The operator for one character at this place of the code tells.
    Ask(usize),
}

impl Set {
    /// The set of the operator for one character at `at`.
    pub fn new(code: &[u32], at: usize) -> Set {
        let map = map(code, at);
        Set { table: table(&map), map, wide: wide(code, at) }
    }

    #[inline(always)]
    pub fn has<U: Unit>(&self, code: &[u32], unit: U) -> bool {
        let character: u32 = unit.into();
        match u8::try_from(character) {
            Ok(byte) => self.table[usize::from(byte)],
            Err(_) => match self.wide {
                Wide::None => false,
                Wide::All => true,
                Wide::Ask(at) => takes(code, at, character),
            },
        }
    }
}

/// Whether a character below 256 is in the map.
#[inline]
pub fn contains(map: &Map, character: u32) -> bool {
    map.get(character as usize >> 6).is_some_and(|word| word >> (character & 63) & 1 != 0)
}

/// Adds a character, if it is below 256.
#[inline]
pub fn insert(map: &mut Map, character: u32) {
    if let Some(word) = map.get_mut(character as usize >> 6) {
        *word |= 1 << (character & 63);
    }
}

/// The characters below 256 that the operator for one character at `at` takes.
fn map(code: &[u32], at: usize) -> Map {
    let operator = code.get(at).copied().unwrap_or(op::FAILURE);
    let lower = match operator {
        op::IN => return set_map(code, at + 2),
        op::CATEGORY => return category_map(code.get(at + 1).copied().unwrap_or(u32::MAX)),
        op::IN_IGNORE => lower_ascii,
        op::IN_UNI_IGNORE => lower_unicode,
        _ => return tested(|character| takes(code, at, character)),
    };
    let folded = set_map(code, at + 2);
    tested(|character| match lower(character) {
        narrow @ 0..256 => contains(&folded, narrow),
        wide => chars::in_set(code, at + 2, wide),
    })
}

/// The characters below 256 that pass a test.
fn tested(test: impl Fn(u32) -> bool) -> Map {
    let mut map = Map::default();
    (0..256).filter(|character| test(*character)).for_each(|character| insert(&mut map, character));
    map
}

/// The characters below 256 of a category.
fn category_map(category: u32) -> Map {
    static KNOWN: [OnceLock<Map>; 18] = [const { OnceLock::new() }; 18];
    match KNOWN.get(category as usize) {
        Some(known) => *known.get_or_init(|| tested(|character| chars::in_category(category, character))),
        None => Map::default(),
    }
}

/// The characters below 256 of the set that is written at `at`: as [`chars::in_set`] finds them, all at once.
fn set_map(code: &[u32], mut at: usize) -> Map {
    let get = |index: usize| code.get(index).copied().unwrap_or(op::FAILURE);
    let start = at;
    let (mut decided, mut taken, mut good) = (Map::default(), Map::default(), true);
    loop {
        let operator = get(at);
        at += 1;
        let item = match operator {
            op::NEGATE => {
                good = !good;
                continue;
            }
            op::LITERAL => {
                let mut item = Map::default();
                insert(&mut item, get(at));
                at += 1;
                item
            }
            op::CATEGORY => {
                at += 1;
                category_map(get(at - 1))
            }
            op::RANGE => {
                let mut item = Map::default();
                (get(at)..=get(at + 1).min(255)).for_each(|character| insert(&mut item, character));
                at += 2;
                item
            }
            op::CHARSET => {
                let mut item = Map::default();
                for (word, pair) in item.iter_mut().zip((at..).step_by(2)) {
                    *word = u64::from(get(pair)) | u64::from(get(pair + 1)) << 32;
                }
                at += 8;
                item
            }
            op::FAILURE => break,
            // The others are asked for each character.
            _ => return tested(|character| chars::in_set(code, start, character)),
        };
        for ((taken, decided), item) in taken.iter_mut().zip(&mut decided).zip(item) {
            if good {
                *taken |= item & !*decided;
            }
            *decided |= item;
        }
    }
    if !good {
        taken.iter_mut().zip(decided).for_each(|(taken, decided)| *taken |= !decided);
    }
    taken
}

/// What is known of characters from 256 on without asking for each.
fn wide(code: &[u32], at: usize) -> Wide {
    let get = |index: usize| code.get(index).copied().unwrap_or(op::FAILURE);
    match get(at) {
        op::ANY | op::ANY_ALL => Wide::All,
        op::LITERAL if get(at + 1) < 256 => Wide::None,
        op::NOT_LITERAL if get(at + 1) < 256 => Wide::All,
        op::CATEGORY => match get(at + 1) {
            op::CATEGORY_DIGIT | op::CATEGORY_SPACE | op::CATEGORY_WORD | op::CATEGORY_LOC_WORD | op::CATEGORY_LINEBREAK => {
                Wide::None
            }
            op::CATEGORY_NOT_DIGIT
            | op::CATEGORY_NOT_SPACE
            | op::CATEGORY_NOT_WORD
            | op::CATEGORY_LOC_NOT_WORD
            | op::CATEGORY_NOT_LINEBREAK => Wide::All,
            _ => Wide::Ask(at),
        },
        op::IN => {
            let (mut at_item, mut negated) = (at + 2, false);
            loop {
                at_item += match get(at_item) {
                    op::NEGATE => {
                        negated = !negated;
                        1
                    }
                    op::LITERAL if get(at_item + 1) < 256 => 2,
                    op::RANGE if get(at_item + 2) < 256 => 3,
                    op::CHARSET => 9,
                    op::FAILURE if negated => return Wide::All,
                    op::FAILURE => return Wide::None,
                    _ => return Wide::Ask(at),
                };
            }
        }
        _ => Wide::Ask(at),
    }
}

/// Whether the operator for one character at `at` takes this one.
pub fn takes(code: &[u32], at: usize, character: u32) -> bool {
    let get = |index: usize| code.get(index).copied().unwrap_or(op::FAILURE);
    let in_set = |character: u32| chars::in_set(code, at + 2, character);
    let operand = get(at + 1);
    match get(at) {
        op::ANY => character != 10,
        op::ANY_ALL => true,
        op::LITERAL => character == operand,
        op::NOT_LITERAL => character != operand,
        op::IN => in_set(character),
        op::CATEGORY => chars::in_category(operand, character),
        op::LITERAL_IGNORE => lower_ascii(character) == operand,
        op::NOT_LITERAL_IGNORE => lower_ascii(character) != operand,
        op::LITERAL_UNI_IGNORE => lower_unicode(character) == operand,
        op::NOT_LITERAL_UNI_IGNORE => lower_unicode(character) != operand,
        op::LITERAL_LOC_IGNORE => chars::same_in_locale(operand, character),
        op::NOT_LITERAL_LOC_IGNORE => !chars::same_in_locale(operand, character),
        op::IN_IGNORE => in_set(lower_ascii(character)),
        op::IN_UNI_IGNORE => in_set(lower_unicode(character)),
        op::IN_LOC_IGNORE => {
            // A negated set takes what it takes in neither case.
            let negated = get(at + 2) == op::NEGATE;
            let in_set = |character: u32| chars::in_set(code, at + 2 + usize::from(negated), character);
            (in_set(lower_ascii(character)) || in_set(chars::upper_ascii(character))) != negated
        }
        _ => false,
    }
}

/// What the next character must be among for a part of the pattern to match.
pub struct Guard {
    pub table: Table,
    pub wide: bool,
    /// The part may match at the end of the text.
    pub end: bool,
}

impl Guard {
    #[inline(always)]
    pub fn admits<U: Unit>(&self, unit: Option<&U>) -> bool {
        match unit {
            Some(unit) => self.admits_unit(*unit),
            None => self.end,
        }
    }

    #[inline(always)]
    pub fn admits_unit<U: Unit>(&self, unit: U) -> bool {
        match u8::try_from(unit.into()) {
            Ok(byte) => self.table[usize::from(byte)],
            Err(_) => self.wide,
        }
    }
}

/// The table of a map.
pub fn table(map: &Map) -> Table {
    let mut table = [false; 256];
    for (slot, character) in table.iter_mut().zip(0_u32..) {
        *slot = contains(map, character);
    }
    table
}
