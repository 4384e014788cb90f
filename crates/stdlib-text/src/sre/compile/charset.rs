//! Character sets: the shortest form of one, and its code.

use super::node::Item;
use super::{Case, UNICODE, op};
use object::PyResult;

/// A set that has all characters.
pub fn is_all(set: &[Item]) -> bool {
    set == [Item::Negate]
}

/// A map of the characters of a set: 256 of them, or the basic plane when one is beyond.
struct Map(Vec<bool>);

const LATIN: usize = 256;
const PLANE: usize = 0x1_0000;

impl Map {
    /// Marks a character; false if it is beyond the map even when that is grown.
    fn mark(&mut self, code: u32) -> bool {
        if code as usize >= self.0.len() {
            self.0.resize(PLANE, false);
        }
        let slot = self.0.get_mut(code as usize);
        slot.map(|slot| *slot = true).is_some()
    }

    fn mark_folded(&mut self, code: u32, case: Case<'_>) -> PyResult<bool> {
        let low = case.lower(code);
        if !self.mark(low) {
            return Ok(false);
        }
        if let Some(extra) = case.extra {
            for other in extra.get(low)? {
                self.mark(other);
            }
        }
        Ok(true)
    }

    fn mark_range(&mut self, low: u32, high: u32) -> bool {
        if high as usize >= self.0.len() {
            self.0.resize(PLANE, false);
        }
        let end = (high as usize + 1).min(self.0.len());
        if let Some(part) = self.0.get_mut(low as usize..end) {
            part.fill(true);
        }
        (high as usize) < PLANE
    }

    /// The runs of marked characters, if there are at most two.
    fn runs(&self) -> Option<Vec<(usize, usize)>> {
        let mut runs = Vec::new();
        let mut from = 0;
        while let Some(start) = self.0.get(from..).and_then(|rest| rest.iter().position(|marked| *marked)).map(|at| from + at) {
            if runs.len() >= 2 {
                return None;
            }
            let length = self.0.get(start..).and_then(|rest| rest.iter().position(|marked| !*marked));
            from = length.map_or(self.0.len(), |length| start + length);
            runs.push((start, from));
        }
        Some(runs)
    }
}

/// Words of 32 characters, the lowest bit first.
fn bitmap(marks: &[bool]) -> Vec<u32> {
    let word = |chunk: &[bool]| chunk.iter().rev().fold(0u32, |word, marked| word << 1 | u32::from(*marked));
    marks.chunks(32).map(word).collect()
}

/// The set in its shortest form, and whether the characters it is compared with have to be folded.
pub fn optimize(set: &[Item], case: Option<Case<'_>>) -> PyResult<(Vec<Item>, bool)> {
    let (mut out, mut tail) = (Vec::new(), Vec::new());
    let mut map = Map(vec![false; LATIN]);
    let mut cased = false;
    for item in set {
        match (item, case) {
            (Item::Literal(code), None) => {
                if !map.mark(*code) {
                    tail.push(item.clone());
                }
            }
            (Item::Literal(code), Some(case)) => {
                let low = case.lower(*code);
                if !map.mark_folded(low, case)? {
                    tail.push(Item::Literal(case.lower(low)));
                }
                cased = cased || case.is_cased(low);
            }
            (Item::Range(low, high), None) => {
                if !map.mark_range(*low, *high) {
                    tail.push(item.clone());
                }
            }
            (Item::Range(low, high), Some(case)) => {
                let mut whole = true;
                for code in *low..=*high {
                    if !map.mark_folded(code, case)? {
                        whole = false;
                        break;
                    }
                }
                if whole {
                    cased = cased || (*low..=*high).any(|code| case.is_cased(code));
                } else {
                    cased = true;
                    tail.push(if case.extra.is_some() { Item::RangeIgnore(*low, *high) } else { item.clone() });
                }
            }
            (Item::Negate, _) => out.push(Item::Negate),
            // A category and its opposite.
            (Item::Category(category), _) if tail.contains(&Item::Category(category ^ 1)) => {
                return Ok((if out.is_empty() { vec![Item::Negate] } else { Vec::new() }, false));
            }
            _ => tail.push(item.clone()),
        }
    }
    if let Some(runs) = map.runs() {
        for (start, end) in runs {
            let code = |index: usize| u32::try_from(index).unwrap_or(0);
            out.push(if end - start == 1 { Item::Literal(code(start)) } else { Item::Range(code(start), code(end - 1)) });
        }
        out.append(&mut tail);
        return Ok(if cased || out.len() < set.len() { (out, cased) } else { (set.to_vec(), cased) });
    }
    out.push(if map.0.len() == LATIN { Item::Charset(bitmap(&map.0)) } else { Item::BigCharset(big(&map.0)) });
    out.append(&mut tail);
    Ok((out, cased))
}

/// The basic plane in pieces of 256: how many different ones there are, the number of each, the pieces.
fn big(marks: &[bool]) -> Vec<u32> {
    let mut pieces: Vec<&[bool]> = Vec::new();
    let mut numbers = Vec::new();
    for piece in marks.chunks(LATIN) {
        let number = pieces.iter().position(|known| *known == piece).unwrap_or_else(|| {
            pieces.push(piece);
            pieces.len() - 1
        });
        numbers.push(u8::try_from(number).unwrap_or(0));
    }
    let mut words = vec![u32::try_from(pieces.len()).unwrap_or(0)];
    words.extend(numbers.chunks_exact(4).filter_map(|four| four.first_chunk().map(|four| u32::from_ne_bytes(*four))));
    words.extend(pieces.into_iter().flat_map(bitmap));
    words
}

/// Writes the set, and its end.
pub fn emit(set: &[Item], flags: u32, code: &mut Vec<u32>) {
    for item in set {
        match item {
            Item::Negate => code.push(op::NEGATE),
            Item::Literal(literal) => code.extend([op::LITERAL, *literal]),
            Item::Range(low, high) => code.extend([op::RANGE, *low, *high]),
            Item::RangeIgnore(low, high) => code.extend([op::RANGE_UNI_IGNORE, *low, *high]),
            Item::Category(category) => code.extend([op::CATEGORY, category_with(*category, flags)]),
            Item::Charset(words) => {
                code.push(op::CHARSET);
                code.extend_from_slice(words);
            }
            Item::BigCharset(words) => {
                code.push(op::BIGCHARSET);
                code.extend_from_slice(words);
            }
        }
    }
    code.push(op::FAILURE);
}

/// The category as the flags want it.
fn category_with(category: u32, flags: u32) -> u32 {
    if flags & UNICODE != 0 { category + op::CATEGORY_UNI_DIGIT } else { category }
}
