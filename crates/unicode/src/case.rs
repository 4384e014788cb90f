//! Case mappings and case tests of whole strings.

use crate::NoMemory;
use crate::ctype::{fold_full, is_case_ignorable, is_cased, is_lower, is_title, is_upper, lower_full, title_full, upper_full};
use crate::unit::Unit;

/// Greek capital sigma, whose lower case depends on its place in the word.
const CAPITAL_SIGMA: u32 = 0x3A3;
const SIGMA: u32 = 0x3C3;
const FINAL_SIGMA: u32 = 0x3C2;

fn room(len: usize) -> Result<Vec<u32>, NoMemory> {
    let mut text = Vec::new();
    text.try_reserve(len).map_err(|_| NoMemory)?;
    Ok(text)
}

#[inline]
fn push(text: &mut Vec<u32>, codes: &[u32]) -> Result<(), NoMemory> {
    if text.capacity() - text.len() < codes.len() {
        text.try_reserve(codes.len()).map_err(|_| NoMemory)?;
    }
    match *codes {
        [single] => text.push(single),
        _ => text.extend_from_slice(codes),
    }
    Ok(())
}

/// Sigma, or final sigma after a letter that no letter follows.
fn lower_sigma<U: Unit>(text: &[U], at: usize) -> u32 {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, &[]));
    let first_that_counts = |code: &u32| !is_case_ignorable(*code);
    let cased_before = before.iter().rev().map(|&unit| unit.into()).find(first_that_counts).is_some_and(is_cased);
    let cased_after = || after.iter().skip(1).map(|&unit| unit.into()).find(first_that_counts).is_some_and(is_cased);
    if cased_before && !cased_after() { FINAL_SIGMA } else { SIGMA }
}

#[inline]
fn push_lower<U: Unit>(out: &mut Vec<u32>, text: &[U], at: usize, code: u32) -> Result<(), NoMemory> {
    if code < 0x80 {
        let lower = if (0x41..0x5B).contains(&code) { code + 0x20 } else { code };
        return push(out, &[lower]);
    }
    if code == CAPITAL_SIGMA { push(out, &[lower_sigma(text, at)]) } else { push(out, lower_full(code).as_slice()) }
}

/// `str.lower`
pub fn lower<U: Unit>(text: &[U]) -> Result<Vec<u32>, NoMemory> {
    let mut out = room(text.len())?;
    for (at, &unit) in text.iter().enumerate() {
        push_lower(&mut out, text, at, unit.into())?;
    }
    Ok(out)
}

/// `str.upper`
pub fn upper<U: Unit>(text: &[U]) -> Result<Vec<u32>, NoMemory> {
    let mut out = room(text.len())?;
    for &unit in text {
        push(&mut out, upper_full(unit.into()).as_slice())?;
    }
    Ok(out)
}

/// `str.casefold`
pub fn casefold<U: Unit>(text: &[U]) -> Result<Vec<u32>, NoMemory> {
    let mut out = room(text.len())?;
    for &unit in text {
        push(&mut out, fold_full(unit.into()).as_slice())?;
    }
    Ok(out)
}

/// `str.title`
pub fn title<U: Unit>(text: &[U]) -> Result<Vec<u32>, NoMemory> {
    let mut out = room(text.len())?;
    let mut in_word = false;
    for (at, &unit) in text.iter().enumerate() {
        let code = unit.into();
        if in_word {
            push_lower(&mut out, text, at, code)?;
        } else {
            push(&mut out, title_full(code).as_slice())?;
        }
        in_word = is_cased(code);
    }
    Ok(out)
}

/// `str.capitalize`
pub fn capitalize<U: Unit>(text: &[U]) -> Result<Vec<u32>, NoMemory> {
    let mut out = room(text.len())?;
    for (at, &unit) in text.iter().enumerate() {
        if at == 0 {
            push(&mut out, title_full(unit.into()).as_slice())?;
        } else {
            push_lower(&mut out, text, at, unit.into())?;
        }
    }
    Ok(out)
}

/// `str.swapcase`
pub fn swapcase<U: Unit>(text: &[U]) -> Result<Vec<u32>, NoMemory> {
    let mut out = room(text.len())?;
    for (at, &unit) in text.iter().enumerate() {
        let code = unit.into();
        if is_upper(code) {
            push_lower(&mut out, text, at, code)?;
        } else if is_lower(code) {
            push(&mut out, upper_full(code).as_slice())?;
        } else {
            push(&mut out, &[code])?;
        }
    }
    Ok(out)
}

/// `str.islower`: cased characters, and none of them in upper or title case.
pub fn all_lower<U: Unit>(text: &[U]) -> bool {
    let mut cased = false;
    for code in text.iter().map(|&unit| unit.into()) {
        if is_upper(code) || is_title(code) {
            return false;
        }
        cased |= is_lower(code);
    }
    cased
}

/// `str.isupper`: cased characters, and none of them in lower or title case.
pub fn all_upper<U: Unit>(text: &[U]) -> bool {
    let mut cased = false;
    for code in text.iter().map(|&unit| unit.into()) {
        if is_lower(code) || is_title(code) {
            return false;
        }
        cased |= is_upper(code);
    }
    cased
}

/// `str.istitle`: upper case only after what is not cased, lower case only after what is.
pub fn all_title<U: Unit>(text: &[U]) -> bool {
    let (mut cased, mut previous) = (false, false);
    for code in text.iter().map(|&unit| unit.into()) {
        if is_upper(code) || is_title(code) {
            if previous {
                return false;
            }
            (previous, cased) = (true, true);
        } else if is_lower(code) {
            if !previous {
                return false;
            }
        } else {
            previous = false;
        }
    }
    cased
}

/// `str.isidentifier`
pub fn is_identifier<U: Unit>(text: &[U]) -> bool {
    let Some((&first, rest)) = text.split_first() else { return false };
    let first = first.into();
    (first == u32::from('_') || crate::ctype::is_xid_start(first))
        && rest.iter().all(|&unit| crate::ctype::is_xid_continue(unit.into()))
}
