//! Guesses at what a misspelt name was meant to be.

/// The candidate that is closest to a name that does not exist, as CPython's suggestions find it.
pub fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const MOVE_COST: usize = 2;
    const MAX_LENGTH: usize = 40;
    let length = name.len();
    if length > MAX_LENGTH {
        return None;
    }
    let mut best = usize::MAX;
    let mut found = None;
    for candidate in candidates.take(750) {
        if candidate == name {
            continue;
        }
        let limit = ((length + candidate.len() + 3) * MOVE_COST / 6).min(best.saturating_sub(1));
        if let Some(distance) = edit_distance(name.as_bytes(), candidate.as_bytes(), limit)
            && (found.is_none() || distance < best)
        {
            best = distance;
            found = Some(candidate);
        }
    }
    found
}

/// Levenshtein's distance with cheaper changes of case, or none where it exceeds `limit`.
fn edit_distance(a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
    const MOVE_COST: usize = 2;
    const CASE_COST: usize = 1;
    if b.len() > 40 {
        return None;
    }
    let substitution = |x: u8, y: u8| {
        if x == y {
            0
        } else if x.eq_ignore_ascii_case(&y) {
            CASE_COST
        } else {
            MOVE_COST
        }
    };
    let mut row: Vec<usize> = (1..=b.len()).map(|index| index * MOVE_COST).collect();
    let mut result = a.len() * MOVE_COST;
    for (index, x) in a.iter().enumerate() {
        let mut diagonal = index * MOVE_COST;
        result = diagonal;
        for (y, cell) in b.iter().zip(row.iter_mut()) {
            let substituted = diagonal + substitution(*x, *y);
            diagonal = *cell;
            result = substituted.min(diagonal.min(result) + MOVE_COST);
            *cell = result;
        }
    }
    (result <= limit).then_some(result)
}
