//! Normalisation (UAX 15) and decompositions.

use crate::NoMemory;
use crate::database::Database;
use crate::hangul;
use crate::tables::decomposition::{
    COMPOSITIONS, CORRECTIONS_3_2, DECOMPOSITION_BLOCKS, DECOMPOSITION_INDEX, DECOMPOSITION_POOL, DECOMPOSITION_TAGS,
    DECOMPOSITIONS,
};
use crate::tables::look_up;
use crate::unit::Unit;

/// The four normal forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Canonical decomposition, then composition.
    Nfc,
    /// Compatibility decomposition, then composition.
    Nfkc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility decomposition.
    Nfkd,
}

impl Form {
    /// The form of this name, as `unicodedata.normalize` takes it.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "NFC" => Some(Form::Nfc),
            "NFKC" => Some(Form::Nfkc),
            "NFD" => Some(Form::Nfd),
            "NFKD" => Some(Form::Nfkd),
            _ => None,
        }
    }

    fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }

    fn is_compatible(self) -> bool {
        matches!(self, Form::Nfkc | Form::Nfkd)
    }
}

/// The tag (empty for a canonical one) and the characters of a decomposition in the tables; Hangul is not there.
fn table_entry(code: u32) -> Option<(u8, &'static [u32])> {
    let number = look_up(&DECOMPOSITION_INDEX, &DECOMPOSITION_BLOCKS, code.min(0x110000)).checked_sub(1)?;
    let &(tag, start, len) = DECOMPOSITIONS.get(number)?;
    let start = usize::from(start);
    Some((tag, DECOMPOSITION_POOL.get(start..start + usize::from(len))?))
}

/// `unicodedata.decomposition`: an optional tag and hexadecimal code points; empty for none.
pub fn decomposition(database: Database, code: u32) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    if database == Database::Old && !database.is_assigned(code) {
        return text;
    }
    let mut push = |codes: &[u32]| {
        for code in codes {
            let gap = if text.is_empty() { "" } else { " " };
            // Writing to a String does not fail.
            let _ = write!(text, "{gap}{code:04X}");
        }
    };
    if let Some((parts, len)) = hangul::decompose(code) {
        push(parts.get(..len).unwrap_or_default());
        return text;
    }
    let Some((tag, codes)) = table_entry(code) else { return text };
    text.push_str(DECOMPOSITION_TAGS.get(usize::from(tag)).copied().unwrap_or(""));
    for code in codes {
        let gap = if text.is_empty() { "" } else { " " };
        // Writing to a String does not fail.
        let _ = write!(text, "{gap}{code:04X}");
    }
    text
}

/// The composition of two code points.
fn compose(first: u32, second: u32) -> Option<u32> {
    if let Some(composed) = hangul::compose(first, second) {
        return Some(composed);
    }
    if second < 0x300 {
        return None;
    }
    let at = COMPOSITIONS.binary_search_by(|&(a, b, _)| (a, b).cmp(&(first, second))).ok()?;
    COMPOSITIONS.get(at).map(|&(_, _, composed)| composed)
}

fn push(out: &mut Vec<u32>, code: u32) -> Result<(), NoMemory> {
    if out.len() == out.capacity() {
        out.try_reserve(1).map_err(|_| NoMemory)?;
    }
    out.push(code);
    Ok(())
}

/// Appends the full decomposition of a code point; decompositions nest four levels at most, which `depth` makes sure of.
fn decompose(out: &mut Vec<u32>, database: Database, compatible: bool, code: u32, depth: u8) -> Result<(), NoMemory> {
    if code < 0xA0 {
        return push(out, code);
    }
    if let Some((parts, len)) = hangul::decompose(code) {
        for &part in parts.get(..len).unwrap_or_default() {
            push(out, part)?;
        }
        return Ok(());
    }
    if database == Database::Old {
        if let Ok(at) = CORRECTIONS_3_2.binary_search_by_key(&code, |&(code, _)| code) {
            return push(out, CORRECTIONS_3_2.get(at).map_or(code, |&(_, corrected)| corrected));
        }
        if !database.is_assigned(code) {
            return push(out, code);
        }
    }
    match table_entry(code) {
        Some((tag, parts)) if (tag == 0 || compatible) && depth < 8 => {
            parts.iter().try_for_each(|&part| decompose(out, database, compatible, part, depth + 1))
        }
        _ => push(out, code),
    }
}

/// The combining class by which characters are ordered: that of 16.0.0, also where 3.2.0 is asked (as CPython has it).
fn class(code: u32) -> u8 {
    Database::Current.combining(code)
}

/// Sorts runs of combining characters by their class.
fn reorder(text: &mut [u32]) {
    let mut rest = text;
    loop {
        let Some(start) = rest.iter().position(|&code| class(code) != 0) else { return };
        let Some(tail) = rest.get_mut(start..) else { return };
        let len = tail.iter().position(|&code| class(code) == 0).unwrap_or(tail.len());
        let (run, tail) = tail.split_at_mut(len);
        run.sort_by_key(|&code| class(code));
        rest = tail;
    }
}

/// Composes in place; `text` is decomposed and in canonical order.
fn recompose(text: &mut Vec<u32>) {
    let mut written = 0;
    let mut starter: Option<usize> = None;
    let mut last_class = 0;
    for read in 0..text.len() {
        let Some(&code) = text.get(read) else { break };
        let order = class(code);
        if let Some(at) = starter
            && let Some(&first) = text.get(at)
        {
            let adjacent = at + 1 == written;
            // Blocked by a character of the same or a higher class in between, or by a starter.
            if (adjacent || last_class != 0 && last_class < order)
                && let Some(composed) = compose(first, code)
                && let Some(slot) = text.get_mut(at)
            {
                *slot = composed;
                continue;
            }
        }
        if order == 0 {
            starter = Some(written);
        }
        last_class = order;
        if let Some(slot) = text.get_mut(written) {
            *slot = code;
        }
        written += 1;
    }
    text.truncate(written);
}

/// `unicodedata.normalize(form, text)`
pub fn normalize<U: Unit>(database: Database, form: Form, text: &[U]) -> Result<Vec<u32>, NoMemory> {
    let mut out = Vec::new();
    out.try_reserve(text.len()).map_err(|_| NoMemory)?;
    for &unit in text {
        decompose(&mut out, database, form.is_compatible(), unit.into(), 0)?;
    }
    reorder(&mut out);
    if form.composes() {
        recompose(&mut out);
    }
    Ok(out)
}

/// What a quick look says of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quick {
    /// It is normalised.
    Yes,
    /// Only the whole work tells.
    Maybe,
}

/// Whether a text is known to be normalised without doing the work: nothing in it decomposes, combines or is out of order.
pub fn quick_check<U: Unit>(form: Form, text: &[U]) -> Quick {
    let limit = match form {
        Form::Nfc => 0x300,
        Form::Nfd => 0xC0,
        Form::Nfkc | Form::Nfkd => 0xA0,
    };
    if text.iter().all(|&unit| unit.into() < limit) { Quick::Yes } else { Quick::Maybe }
}

/// `unicodedata.is_normalized(form, text)`
pub fn is_normalized<U: Unit>(database: Database, form: Form, text: &[U]) -> Result<bool, NoMemory> {
    if quick_check(form, text) == Quick::Yes {
        return Ok(true);
    }
    Ok(normalize(database, form, text)?.into_iter().eq(text.iter().map(|&unit| unit.into())))
}
