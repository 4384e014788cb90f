//! Substring search over units of mixed widths, linear in the worst case: SIMD for bytes, else a direct scan that turns to the
//! two-way algorithm (Crochemore and Perrin, 1991) when it has done too much.

use crate::unit::Unit;

/// How the needle falls apart for the two-way algorithm.
#[derive(Clone, Copy)]
struct Factorisation {
    critical: usize,
    period: usize,
    /// Whether the whole needle has this period; else `period` is a lower bound.
    periodic: bool,
}

/// The index of the first place of `needle`.
pub fn find<H: Unit, N: Unit>(haystack: &[H], needle: &[N]) -> Option<usize> {
    if let (Some(haystack), Some(needle)) = (H::as_bytes(haystack), N::as_bytes(needle)) {
        return match *needle {
            [] => Some(0),
            [single] => memchr::memchr(single, haystack),
            _ => match by_first(haystack, needle, &mut 0) {
                Ok(found) => found,
                Err(at) => memchr::memmem::find(haystack.get(at..)?, needle).map(|place| at + place),
            },
        };
    }
    search(haystack.len(), |i| unit(haystack, i), needle.len(), |i| unit(needle, i), &mut None)
}

/// How many places of the first byte are looked at before a searcher is made, which costs as much as a few dozen of them.
const MOST_MISSES: u32 = 24;

/// Looks where the first byte is; after too many of them in vain, the place from which on a better way has to be gone.
#[inline]
fn by_first(haystack: &[u8], needle: &[u8], misses: &mut u32) -> Result<Option<usize>, usize> {
    let Some((first, rest)) = needle.split_first() else { return Ok(Some(0)) };
    let last = rest.last().unwrap_or(first);
    let mut at = 0;
    while let Some(here) = haystack.get(at..).filter(|here| here.len() >= needle.len()) {
        if *misses >= MOST_MISSES {
            return Err(at);
        }
        let last_start = here.len() - rest.len();
        let Some(place) = here.get(..last_start).and_then(|starts| memchr::memchr(*first, starts)) else { return Ok(None) };
        at += place + 1;
        // The last byte is looked at before the rest is compared by a call.
        if haystack.get(at + needle.len() - 2) == Some(last) && haystack.get(at..).is_some_and(|behind| behind.starts_with(rest))
        {
            return Ok(Some(at - 1));
        }
        *misses += 1;
    }
    Ok(None)
}

/// The index of the last place of `needle`.
pub fn rfind<H: Unit, N: Unit>(haystack: &[H], needle: &[N]) -> Option<usize> {
    if let (Some(haystack), Some(needle)) = (H::as_bytes(haystack), N::as_bytes(needle)) {
        return match *needle {
            [single] => memchr::memrchr(single, haystack),
            _ => memchr::memmem::rfind(haystack, needle),
        };
    }
    let (n, m) = (haystack.len(), needle.len());
    // Both read backwards.
    let place = search(n, |i| unit(haystack, n - 1 - i), m, |i| unit(needle, m - 1 - i), &mut None)?;
    Some(n - m - place)
}

/// Whether `needle` is somewhere in the haystack.
pub fn contains<H: Unit, N: Unit>(haystack: &[H], needle: &[N]) -> bool {
    find(haystack, needle).is_some()
}

/// How often `needle` is in the haystack without overlaps, up to `limit`; an empty needle is between all units and at both ends.
pub fn count<H: Unit, N: Unit>(haystack: &[H], needle: &[N], limit: usize) -> usize {
    if needle.is_empty() {
        return haystack.len().saturating_add(1).min(limit);
    }
    if let (Some(haystack), [single]) = (H::as_bytes(haystack), needle) {
        let Some(single) = u8::from_code((*single).into()) else { return 0 };
        if haystack.len() <= limit {
            // Counting needs no places: the compiler takes many bytes at a time.
            return haystack.iter().filter(|byte| **byte == single).count();
        }
        return memchr::memchr_iter(single, haystack).take(limit).count();
    }
    places(haystack, needle).take(limit).count()
}

/// The places of `needle` without overlaps, from the left. An empty needle is at every index.
pub fn places<'a, H: Unit, N: Unit>(haystack: &'a [H], needle: &'a [N]) -> Places<'a, H, N> {
    Places { haystack, needle, finder: None, misses: 0, factorisation: None, at: 0 }
}

/// The iterator of `places`.
pub struct Places<'a, H, N> {
    haystack: &'a [H],
    needle: &'a [N],
    finder: Option<memchr::memmem::Finder<'a>>,
    misses: u32,
    factorisation: Option<Factorisation>,
    at: usize,
}

impl<H: Unit, N: Unit> Iterator for Places<'_, H, N> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let rest = self.haystack.get(self.at..)?;
        let (m, needle) = (self.needle.len(), self.needle);
        let place = match (N::as_bytes(needle), H::as_bytes(rest)) {
            (Some(bytes), Some(rest)) => match &self.finder {
                Some(finder) => finder.find(rest)?,
                None => match by_first(rest, bytes, &mut self.misses) {
                    Ok(found) => found?,
                    Err(at) => {
                        let finder = self.finder.insert(memchr::memmem::Finder::new(bytes));
                        at + finder.find(rest.get(at..)?)?
                    }
                },
            },
            _ => search(rest.len(), |i| unit(rest, i), m, |i| unit(needle, i), &mut self.factorisation)?,
        };
        let found = self.at + place;
        self.at = found + m.max(1);
        Some(found)
    }
}

#[inline(always)]
fn unit<U: Unit>(text: &[U], at: usize) -> u32 {
    // Beyond the end nothing is equal to anything.
    text.get(at).map_or(u32::MAX, |&unit| unit.into())
}

/// Looks for the needle directly while that is cheap.
#[inline]
fn search(
    n: usize,
    hay: impl Fn(usize) -> u32 + Copy,
    m: usize,
    needle: impl Fn(usize) -> u32 + Copy,
    factorisation: &mut Option<Factorisation>,
) -> Option<usize> {
    let last_start = n.checked_sub(m)?;
    let Some(last) = m.checked_sub(1) else { return Some(0) };
    if factorisation.is_some() {
        return two_way(n, hay, m, needle, 0, factorisation);
    }
    let (first_unit, last_unit) = (needle(0), needle(last));
    let mut budget = 4 * n + 64;
    for start in 0..=last_start {
        if hay(start + last) != last_unit || hay(start) != first_unit {
            continue;
        }
        let equal = (1..last).take_while(|&i| hay(start + i) == needle(i)).count();
        if equal + 2 >= m {
            return Some(start);
        }
        match budget.checked_sub(equal) {
            Some(left) => budget = left,
            None => return two_way(n, hay, m, needle, start, factorisation),
        }
    }
    None
}

/// The start of the lexicographically largest suffix (by one of two orders), and its period.
fn maximal_suffix(m: usize, needle: impl Fn(usize) -> u32, reversed: bool) -> (usize, usize) {
    let (mut left, mut right, mut offset, mut period) = (0, 1, 0, 1);
    while right + offset < m {
        let (a, b) = (needle(right + offset), needle(left + offset));
        if a == b {
            if offset + 1 == period {
                right += offset + 1;
                offset = 0;
            } else {
                offset += 1;
            }
        } else if (a < b) != reversed {
            right += offset + 1;
            offset = 0;
            period = right - left;
        } else {
            left = right;
            right += 1;
            offset = 0;
            period = 1;
        }
    }
    (left, period)
}

fn factorise(m: usize, needle: impl Fn(usize) -> u32 + Copy) -> Factorisation {
    let (forward, backward) = (maximal_suffix(m, needle, false), maximal_suffix(m, needle, true));
    let (critical, period) = if forward.0 > backward.0 { forward } else { backward };
    let periodic = critical + period <= m && (0..critical).all(|i| needle(i) == needle(i + period));
    let period = if periodic { period } else { critical.max(m - critical) + 1 };
    Factorisation { critical, period, periodic }
}

#[cold]
fn two_way(
    n: usize,
    hay: impl Fn(usize) -> u32 + Copy,
    m: usize,
    needle: impl Fn(usize) -> u32 + Copy,
    start: usize,
    factorisation: &mut Option<Factorisation>,
) -> Option<usize> {
    let Factorisation { critical, period, periodic } = *factorisation.get_or_insert_with(|| factorise(m, needle));
    let (mut at, mut known) = (start, 0);
    while at + m <= n {
        let right = (critical.max(known)..m).find(|&i| needle(i) != hay(at + i));
        if let Some(i) = right {
            at += i - critical + 1;
            known = 0;
            continue;
        }
        if (known..critical).rev().all(|i| needle(i) == hay(at + i)) {
            return Some(at);
        }
        at += period;
        known = if periodic { m - period } else { 0 };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive<H: Unit, N: Unit>(haystack: &[H], needle: &[N]) -> Vec<usize> {
        let equal = |start: usize| {
            needle.iter().enumerate().all(|(i, &n)| haystack.get(start + i).is_some_and(|&h| h.into() == n.into()))
        };
        (0..=haystack.len()).filter(|&start| start + needle.len() <= haystack.len() && equal(start)).collect()
    }

    fn check<H: Unit, N: Unit>(haystack: &[H], needle: &[N]) {
        let all = naive(haystack, needle);
        assert_eq!(find(haystack, needle), all.first().copied());
        assert_eq!(rfind(haystack, needle), all.last().copied());
        let mut next = 0;
        let apart: Vec<usize> = all
            .iter()
            .copied()
            .filter(|&at| {
                at >= next && {
                    next = at + needle.len().max(1);
                    true
                }
            })
            .collect();
        assert_eq!(places(haystack, needle).collect::<Vec<_>>(), apart);
        assert_eq!(count(haystack, needle, usize::MAX), apart.len());
        if !needle.is_empty() {
            let codes = |i: usize| unit(needle, i);
            let found = two_way(haystack.len(), |i| unit(haystack, i), needle.len(), codes, 0, &mut None);
            assert_eq!(found, all.first().copied());
        }
    }

    #[test]
    fn equals_the_naive_search() {
        let mut state = 12345u64;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        for _ in 0..20_000 {
            let letters = random(3) + 1;
            let haystack: Vec<u32> = (0..random(40)).map(|_| 0x61 + random(letters) as u32).collect();
            let needle: Vec<u32> = (0..random(9)).map(|_| 0x61 + random(letters) as u32).collect();
            let bytes = |text: &[u32]| text.iter().map(|&c| c as u8).collect::<Vec<u8>>();
            let words = |text: &[u32]| text.iter().map(|&c| c as u16).collect::<Vec<u16>>();
            check(&haystack, &needle);
            check(&bytes(&haystack), &bytes(&needle));
            check(&words(&haystack), &bytes(&needle));
            check(&bytes(&haystack), &words(&needle));
        }
    }

    #[test]
    fn stays_linear() {
        let haystack = vec![0x61u16; 2_000_000];
        let mut needle = vec![0x61u16; 200_000];
        needle[100_000] = 0x62;
        assert_eq!(find(&haystack, &needle), None);
        assert_eq!(rfind(&haystack, &needle), None);
    }
}
