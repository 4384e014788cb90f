//! `_suggestions`: the name that was probably meant, by the weighted edit distance that CPython's tracebacks use.

/// What it costs to insert, delete or replace a character.
const MOVE_COST: usize = 2;
/// What it costs to change the case of a letter.
const CASE_COST: usize = 1;
/// Longer names are compared with nothing.
const MAX_STRING_SIZE: usize = 40;
/// Of more candidates none is suggested.
const MAX_CANDIDATE_ITEMS: usize = 750;

fn substitution_cost(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

/// The cost of turning one name into the other, or anything above `max_cost` if it is more than that (Wagner and Fischer's algorithm
/// with one row).
fn distance(a: &[u8], b: &[u8], max_cost: usize) -> usize {
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(prefix..).unwrap_or_default(), b.get(prefix..).unwrap_or_default());
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let a = a.get(..a.len() - suffix).unwrap_or_default();
    let b = b.get(..b.len() - suffix).unwrap_or_default();
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE_COST;
    }
    if a.len() > MAX_STRING_SIZE || b.len() > MAX_STRING_SIZE {
        return max_cost.saturating_add(1);
    }
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    if (b.len() - a.len()) * MOVE_COST > max_cost {
        return max_cost.saturating_add(1);
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|count| count * MOVE_COST).collect();
    let mut result = 0;
    for (index, b_byte) in b.iter().enumerate() {
        let mut diagonal = index * MOVE_COST;
        result = diagonal + MOVE_COST;
        let mut least = usize::MAX;
        for (a_byte, cell) in a.iter().zip(&mut row) {
            let replaced = diagonal + substitution_cost(*b_byte, *a_byte);
            diagonal = *cell;
            result = replaced.min(result.min(diagonal) + MOVE_COST);
            *cell = result;
            least = least.min(result);
        }
        if least > max_cost {
            return max_cost.saturating_add(1);
        }
    }
    result
}

/// The index of the candidate that is nearest to `name`, if any is near enough: at most a third of the characters differ.
fn nearest(candidates: &[Vec<u8>], name: &[u8]) -> Option<usize> {
    if candidates.len() >= MAX_CANDIDATE_ITEMS {
        return None;
    }
    let mut best: Option<(usize, usize)> = None;
    for (index, candidate) in candidates.iter().enumerate() {
        if candidate == name {
            continue;
        }
        let allowed = (name.len() + candidate.len() + 3) * MOVE_COST / 6;
        let allowed = match best {
            Some((_, 0)) => break,
            Some((_, beaten)) => allowed.min(beaten - 1),
            None => allowed,
        };
        let found = distance(name, candidate, allowed);
        if found <= allowed {
            best = Some((index, found));
        }
    }
    best.map(|(index, _)| index)
}

#[macros::pymodule(name = "_suggestions")]
pub mod module {
    use super::nearest;
    use object::value::str as text;
    use object::{Borrowed, PyResult, Ref, core, raise};

    /// Returns the candidate in candidates that's most similar to item
    #[pyfunction("($module, candidates, item, /)")]
    fn _generate_suggestions(candidates: Borrowed<'_>, item: object::convert::Str<'_>) -> PyResult<Ref> {
        if !candidates.class().is_type(&core::LIST) {
            return Err(raise!(TypeError, "candidates must be a list"));
        }
        let items = candidates.to_vec()?;
        if !items.iter().all(|item| text::check(item.b())) {
            return Err(raise!(TypeError, "all elements in 'candidates' must be strings"));
        }
        let names: Vec<Vec<u8>> = items.iter().map(|item| text::to_wtf8(item.b()).to_vec()).collect();
        let found = nearest(&names, &text::to_wtf8(item.0)).and_then(|index| items.get(index));
        Ok(found.cloned().unwrap_or_else(core::none_ref))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name() {
        let names = |all: &str| all.split(' ').map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(nearest(&names("and if or"), b"of"), Some(1));
        assert_eq!(nearest(&names("while with"), b"whille"), Some(0));
        assert_eq!(nearest(&names("while with"), b"xyz"), None);
        assert_eq!(distance(b"Name", b"name", 10), CASE_COST);
    }
}
