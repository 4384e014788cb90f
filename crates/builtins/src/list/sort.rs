//! `list.sort`: timsort with powersort's merge order, as CPython's `listsort.txt` describes it.
//!
//! The items are out of the list while they are sorted; here they are raw pointers that somebody else owns, and every path, also one on
//! which a comparison raised, leaves a permutation of them behind.

use abi::PyObject;
use object::slots::RichCompareFn;
use object::value::{float, int, str as text, tuple};
use object::{Borrowed, CompareOp, Object, PyResult, core, memory};

/// Below this, galloping does not pay.
const MIN_GALLOP: usize = 7;

/// What is sorted: a key, and perhaps the value that moves with it.
pub trait Element: Copy {
    /// What is compared.
    fn key(self) -> *mut PyObject;
}

impl Element for *mut PyObject {
    #[inline(always)]
    fn key(self) -> *mut PyObject {
        self
    }
}

/// A key with its value.
#[derive(Clone, Copy)]
pub struct Keyed {
    pub key: *mut PyObject,
    pub value: *mut PyObject,
}

impl Element for Keyed {
    #[inline(always)]
    fn key(self) -> *mut PyObject {
        self.key
    }
}

/// How two keys are compared.
#[derive(Clone, Copy)]
enum Compare {
    /// Exact strs of one byte a character.
    Latin,
    /// Exact ints of at most one digit.
    SmallInt,
    /// Exact floats.
    Float,
    /// One type, by its own comparison.
    SameType(RichCompareFn),
    /// Anything.
    General,
}

#[inline(always)]
fn borrow<'a>(ptr: *mut PyObject) -> Borrowed<'a> {
    // SAFETY: the caller of `sort` owns the keys while it runs.
    unsafe { (*ptr.cast::<Object>()).borrowed().extend() }
}

impl Compare {
    /// The comparison for keys of one kind, all of which `keys` gives.
    fn choose(mut keys: impl Iterator<Item = *mut PyObject>) -> Compare {
        let Some(first) = keys.next() else { return Compare::General };
        let class = borrow(first).get().class();
        let latin = |key: *mut PyObject| matches!(text::data(borrow(key)), Some(text::Data::Latin1(_)));
        // SAFETY: asked for exact ints alone.
        let compact = |key: *mut PyObject| unsafe { int::compact_unchecked(borrow(key)) }.is_some();
        let (is_str, is_int) = (class.is_type(&core::STR), class.is_type(&core::INT));
        let (mut all_latin, mut all_compact) = (is_str && latin(first), is_int && compact(first));
        for key in keys {
            if !borrow(key).class().is_type(class) {
                return Compare::General;
            }
            all_latin = all_latin && latin(key);
            all_compact = all_compact && compact(key);
        }
        if all_latin {
            Compare::Latin
        } else if all_compact {
            Compare::SmallInt
        } else if class.is_type(&core::FLOAT) {
            Compare::Float
        } else {
            class.tp_richcompare().map_or(Compare::General, Compare::SameType)
        }
    }

    /// Whether `a < b`, where that is told without a call and the two are not equal.
    #[inline(always)]
    fn decides(self, a: Borrowed<'_>, b: Borrowed<'_>) -> Option<bool> {
        // SAFETY: the keys were checked when the comparison was chosen, and never change.
        unsafe {
            match self {
                Compare::SmallInt => {
                    let (a, b) = (int::compact_unchecked(a)?, int::compact_unchecked(b)?);
                    (a != b).then_some(a < b)
                }
                Compare::Float => {
                    let (a, b) = (float::value_unchecked(a), float::value_unchecked(b));
                    // What is not a number is left to the general way, by which it equals itself.
                    (a < b || a > b).then_some(a < b)
                }
                Compare::Latin => match (text::data_unchecked(a), text::data_unchecked(b)) {
                    (text::Data::Latin1(a), text::Data::Latin1(b)) => {
                        Some(a.cmp(b)).filter(|order| order.is_ne()).map(|order| order.is_lt())
                    }
                    _ => None,
                },
                Compare::SameType(_) | Compare::General => None,
            }
        }
    }

    /// `a < b`.
    #[inline(always)]
    fn less(self, a: *mut PyObject, b: *mut PyObject) -> PyResult<bool> {
        let (a, b) = (borrow(a), borrow(b));
        match self {
            // SAFETY: the keys were checked when the comparison was chosen, and never change.
            Compare::Latin => unsafe {
                match (text::data_unchecked(a), text::data_unchecked(b)) {
                    (text::Data::Latin1(a), text::Data::Latin1(b)) => Ok(a < b),
                    _ => a.compare_bool(b, CompareOp::Lt),
                }
            },
            // SAFETY: as above.
            Compare::SmallInt => unsafe { Ok(int::compact_unchecked(a) < int::compact_unchecked(b)) },
            // SAFETY: as above.
            Compare::Float => unsafe { Ok(float::value_unchecked(a) < float::value_unchecked(b)) },
            Compare::SameType(function) => {
                let result = function(a, b, CompareOp::Lt as i32)?;
                if result.is(&core::not_implemented()) {
                    return a.compare_bool(b, CompareOp::Lt);
                }
                result.is_true()
            }
            Compare::General => a.compare_bool(b, CompareOp::Lt),
        }
    }
}

/// How whole keys are compared: directly, or as tuples whose first items decide mostly.
#[derive(Clone, Copy)]
enum Order {
    Plain(Compare),
    /// Tuples of at least one item; the comparison is that of the first items.
    Tuples(Compare),
}

impl Order {
    fn choose<E: Element>(items: &[E]) -> Order {
        let all_tuples = items.iter().all(|item| {
            let key = borrow(item.key());
            key.class().is_type(&core::TUPLE) && tuple::items(key).is_some_and(|items| !items.is_empty())
        });
        if all_tuples {
            let firsts = items
                .iter()
                .filter_map(|item| tuple::items(borrow(item.key())).and_then(|items| items.first()).map(|item| item.ptr()));
            return match Compare::choose(firsts) {
                // Tuples of tuples: no order of their own kind.
                Compare::SameType(_) | Compare::General => Order::Tuples(Compare::General),
                compare => Order::Tuples(compare),
            };
        }
        Order::Plain(Compare::choose(items.iter().map(|item| item.key())))
    }

    #[inline(always)]
    fn less(self, a: *mut PyObject, b: *mut PyObject) -> PyResult<bool> {
        match self {
            Order::Plain(compare) => compare.less(a, b),
            Order::Tuples(compare) => tuples_less(compare, a, b),
        }
    }
}

fn tuples_less(compare: Compare, a: *mut PyObject, b: *mut PyObject) -> PyResult<bool> {
    // SAFETY: the keys were checked when the order was chosen; tuples keep their items.
    let (a, b) = unsafe { (tuple::items_of(a), tuple::items_of(b)) };
    if let ([own, ..], [theirs, ..]) = (a, b)
        && let Some(decided) = compare.decides(*own, *theirs)
    {
        return Ok(decided);
    }
    for (index, (own, theirs)) in a.iter().zip(b).enumerate() {
        if own.eq(*theirs)? {
            continue;
        }
        return if index == 0 { compare.less(own.ptr(), theirs.ptr()) } else { own.compare_bool(*theirs, CompareOp::Lt) };
    }
    Ok(a.len() < b.len())
}

/// Sorts in ascending order, stable. When a comparison raises, the items stand in some order.
pub fn sort<E: Element>(items: &mut [E]) -> PyResult<()> {
    let len = items.len();
    if len < 2 {
        return Ok(());
    }
    let mut state = State { order: Order::choose(items), min_gallop: MIN_GALLOP, pending: Vec::new(), len };
    let min_run = min_run(len);
    let mut start = 0;
    while start < len {
        let rest = items.get_mut(start..).unwrap_or_default();
        let mut run = state.count_run(rest)?;
        if run < min_run {
            let forced = rest.len().min(min_run);
            state.binary_sort(rest.get_mut(..forced).unwrap_or_default(), run)?;
            run = forced;
        }
        state.found_run(items, run)?;
        memory::reserve(&mut state.pending, 1)?;
        state.pending.push(Run { start, len: run, power: 0 });
        start += run;
    }
    state.collapse(items)
}

/// The length below which runs are extended by insertion: from 32 to 64, so that the list is about a power of two of them.
fn min_run(mut len: usize) -> usize {
    let mut odd = 0;
    while len >= 64 {
        odd |= len & 1;
        len >>= 1;
    }
    len + odd
}

/// A sorted stretch that waits to be merged.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    len: usize,
    power: u32,
}

/// The power of the boundary between two adjacent runs: the depth of their node in a nearly optimal merge tree.
fn power(start: usize, len1: usize, len2: usize, total: usize) -> u32 {
    let mut result = 0;
    let mut a = 2 * start + len1;
    let mut b = a + len1 + len2;
    loop {
        result += 1;
        if a >= total {
            a -= total;
            b -= total;
        } else if b >= total {
            return result;
        }
        a <<= 1;
        b <<= 1;
    }
}

/// How a merge ended.
enum End {
    /// What is left of the temporary copy fills the gap.
    Rest,
    /// One item of the temporary copy is left, and it belongs at the far end.
    Last,
}

struct State {
    order: Order,
    min_gallop: usize,
    pending: Vec<Run>,
    len: usize,
}

impl State {
    #[inline(always)]
    fn less<E: Element>(&self, a: E, b: E) -> PyResult<bool> {
        self.order.less(a.key(), b.key())
    }

    /// The length of the run at the start; a descending one is reversed, equal items keeping their order.
    fn count_run<E: Element>(&self, items: &mut [E]) -> PyResult<usize> {
        let len = items.len();
        let mut n = 1;
        while n < len && !self.less(items[n], items[n - 1])? {
            n += 1;
        }
        if n == len {
            return Ok(n);
        }
        if n > 1 {
            if self.less(items[0], items[n - 1])? {
                return Ok(n);
            }
            // All equal so far: turned around now, so that the final reversal restores them.
            items[..n].reverse();
        }
        n += 1;
        let mut equal = 0;
        while n < len {
            if self.less(items[n], items[n - 1])? {
                reverse_equal(items, n, &mut equal);
            } else if self.less(items[n - 1], items[n])? {
                break;
            } else {
                equal += 1;
            }
            n += 1;
        }
        reverse_equal(items, n, &mut equal);
        items[..n].reverse();
        while n < len && !self.less(items[n], items[n - 1])? {
            n += 1;
        }
        Ok(n)
    }

    /// Insertion sort by binary search; the first `sorted` items are in order already.
    fn binary_sort<E: Element>(&self, items: &mut [E], sorted: usize) -> PyResult<()> {
        for next in sorted.max(1)..items.len() {
            let pivot = items[next];
            let (mut left, mut right) = (0, next);
            while left < right {
                let middle = left + ((right - left) >> 1);
                if self.less(pivot, items[middle])? {
                    right = middle;
                } else {
                    left = middle + 1;
                }
            }
            items.copy_within(left..next, left + 1);
            items[left] = pivot;
        }
        Ok(())
    }

    /// Merges what the next run (of this length) makes due.
    fn found_run<E: Element>(&mut self, items: &mut [E], len: usize) -> PyResult<()> {
        let Some(last) = self.pending.last().copied() else { return Ok(()) };
        let power = power(last.start, last.len, len, self.len);
        while self.pending.len() > 1 && self.pending[self.pending.len() - 2].power > power {
            self.merge_at(items, self.pending.len() - 2)?;
        }
        if let Some(last) = self.pending.last_mut() {
            last.power = power;
        }
        Ok(())
    }

    /// Merges all runs.
    fn collapse<E: Element>(&mut self, items: &mut [E]) -> PyResult<()> {
        while self.pending.len() > 1 {
            let mut at = self.pending.len() - 2;
            if at > 0 && self.pending[at - 1].len < self.pending[at + 1].len {
                at -= 1;
            }
            self.merge_at(items, at)?;
        }
        Ok(())
    }

    /// Merges the pending runs `at` and `at + 1`.
    fn merge_at<E: Element>(&mut self, items: &mut [E], at: usize) -> PyResult<()> {
        let (a, b) = (self.pending[at], self.pending[at + 1]);
        self.pending[at].len = a.len + b.len;
        self.pending.remove(at + 1);
        // Items of `a` that are in place already.
        let skip = self.gallop_right(items[b.start], &items[a.start..a.start + a.len], 0)?;
        let (start, a_len) = (a.start + skip, a.len - skip);
        if a_len == 0 {
            return Ok(());
        }
        // Items of `b` that are in place already.
        let b_len = self.gallop_left(items[start + a_len - 1], &items[b.start..b.start + b.len], b.len - 1)?;
        if b_len == 0 {
            return Ok(());
        }
        let stretch = &mut items[start..start + a_len + b_len];
        if a_len <= b_len { self.merge_low(stretch, a_len) } else { self.merge_high(stretch, a_len) }
    }

    /// Where `key` goes in sorted `items`, before equal ones: the search begins at `hint`.
    fn gallop_left<E: Element>(&self, key: E, items: &[E], hint: usize) -> PyResult<usize> {
        let (mut last, mut offset) = (0, 1);
        let (mut low, mut high);
        if self.less(items[hint], key)? {
            let max = items.len() - hint;
            while offset < max && self.less(items[hint + offset], key)? {
                last = offset;
                offset = (offset << 1) + 1;
            }
            (low, high) = (hint + last + 1, hint + offset.min(max));
        } else {
            let max = hint + 1;
            while offset < max && !self.less(items[hint - offset], key)? {
                last = offset;
                offset = (offset << 1) + 1;
            }
            (low, high) = (max - offset.min(max), hint - last);
        }
        while low < high {
            let middle = low + ((high - low) >> 1);
            if self.less(items[middle], key)? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(high)
    }

    /// Where `key` goes in sorted `items`, behind equal ones: the search begins at `hint`.
    fn gallop_right<E: Element>(&self, key: E, items: &[E], hint: usize) -> PyResult<usize> {
        let (mut last, mut offset) = (0, 1);
        let (mut low, mut high);
        if self.less(key, items[hint])? {
            let max = hint + 1;
            while offset < max && self.less(key, items[hint - offset])? {
                last = offset;
                offset = (offset << 1) + 1;
            }
            (low, high) = (max - offset.min(max), hint - last);
        } else {
            let max = items.len() - hint;
            while offset < max && !self.less(key, items[hint + offset])? {
                last = offset;
                offset = (offset << 1) + 1;
            }
            (low, high) = (hint + last + 1, hint + offset.min(max));
        }
        while low < high {
            let middle = low + ((high - low) >> 1);
            if self.less(key, items[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(high)
    }

    /// Merges `items[..a_len]` and the rest, from the start; the first part is the shorter one.
    fn merge_low<E: Element>(&mut self, items: &mut [E], a_len: usize) -> PyResult<()> {
        let mut copy = memory::vec_with_capacity(a_len)?;
        copy.extend_from_slice(&items[..a_len]);
        let mut at = Low { dest: 0, a: 0, b: a_len };
        let end = self.merge_low_steps(items, &copy, &mut at);
        let rest = &copy[at.a..];
        match end {
            Ok(End::Last) => {
                items.copy_within(at.b.., at.dest);
                if let (Some(last), Some(item)) = (items.last_mut(), rest.first()) {
                    *last = *item;
                }
            }
            Ok(End::Rest) | Err(_) => items[at.dest..at.dest + rest.len()].copy_from_slice(rest),
        }
        end.map(drop)
    }

    fn merge_low_steps<E: Element>(&mut self, items: &mut [E], copy: &[E], at: &mut Low) -> PyResult<End> {
        let len = items.len();
        at.take_b(items);
        if at.b == len {
            return Ok(End::Rest);
        }
        if copy.len() == 1 {
            return Ok(End::Last);
        }
        let mut min_gallop = self.min_gallop;
        loop {
            let (mut a_wins, mut b_wins) = (0, 0);
            loop {
                if self.less(items[at.b], copy[at.a])? {
                    at.take_b(items);
                    b_wins += 1;
                    a_wins = 0;
                    if at.b == len {
                        return Ok(End::Rest);
                    }
                    if b_wins >= min_gallop {
                        break;
                    }
                } else {
                    at.take_a(items, copy, 1);
                    a_wins += 1;
                    b_wins = 0;
                    if at.a + 1 == copy.len() {
                        return Ok(End::Last);
                    }
                    if a_wins >= min_gallop {
                        break;
                    }
                }
            }
            min_gallop += 1;
            loop {
                min_gallop -= usize::from(min_gallop > 1);
                self.min_gallop = min_gallop;
                a_wins = self.gallop_right(items[at.b], &copy[at.a..], 0)?;
                at.take_a(items, copy, a_wins);
                if at.a + 1 == copy.len() {
                    return Ok(End::Last);
                }
                if at.a == copy.len() {
                    return Ok(End::Rest);
                }
                at.take_b(items);
                if at.b == len {
                    return Ok(End::Rest);
                }
                b_wins = self.gallop_left(copy[at.a], &items[at.b..], 0)?;
                items.copy_within(at.b..at.b + b_wins, at.dest);
                at.dest += b_wins;
                at.b += b_wins;
                if at.b == len {
                    return Ok(End::Rest);
                }
                at.take_a(items, copy, 1);
                if at.a + 1 == copy.len() {
                    return Ok(End::Last);
                }
                if a_wins < MIN_GALLOP && b_wins < MIN_GALLOP {
                    break;
                }
            }
            min_gallop += 1;
            self.min_gallop = min_gallop;
        }
    }

    /// Merges `items[..a_len]` and the rest, from the end; the second part is the shorter one.
    fn merge_high<E: Element>(&mut self, items: &mut [E], a_len: usize) -> PyResult<()> {
        let mut copy = memory::vec_with_capacity(items.len() - a_len)?;
        copy.extend_from_slice(&items[a_len..]);
        let mut at = High { a: a_len, b: copy.len() };
        let end = self.merge_high_steps(items, &copy, &mut at);
        match end {
            Ok(End::Last) => {
                items.copy_within(..at.a, 1);
                items[0] = copy[0];
            }
            Ok(End::Rest) | Err(_) => items[at.a..at.a + at.b].copy_from_slice(&copy[..at.b]),
        }
        end.map(drop)
    }

    fn merge_high_steps<E: Element>(&mut self, items: &mut [E], copy: &[E], at: &mut High) -> PyResult<End> {
        at.take_a(items, 1);
        if at.a == 0 {
            return Ok(End::Rest);
        }
        if at.b == 1 {
            return Ok(End::Last);
        }
        let mut min_gallop = self.min_gallop;
        loop {
            let (mut a_wins, mut b_wins) = (0, 0);
            loop {
                if self.less(copy[at.b - 1], items[at.a - 1])? {
                    at.take_a(items, 1);
                    a_wins += 1;
                    b_wins = 0;
                    if at.a == 0 {
                        return Ok(End::Rest);
                    }
                    if a_wins >= min_gallop {
                        break;
                    }
                } else {
                    at.take_b(items, copy, 1);
                    b_wins += 1;
                    a_wins = 0;
                    if at.b == 1 {
                        return Ok(End::Last);
                    }
                    if b_wins >= min_gallop {
                        break;
                    }
                }
            }
            min_gallop += 1;
            loop {
                min_gallop -= usize::from(min_gallop > 1);
                self.min_gallop = min_gallop;
                a_wins = at.a - self.gallop_right(copy[at.b - 1], &items[..at.a], at.a - 1)?;
                at.take_a(items, a_wins);
                if at.a == 0 {
                    return Ok(End::Rest);
                }
                at.take_b(items, copy, 1);
                if at.b == 1 {
                    return Ok(End::Last);
                }
                b_wins = at.b - self.gallop_left(items[at.a - 1], &copy[..at.b], at.b - 1)?;
                at.take_b(items, copy, b_wins);
                if at.b == 1 {
                    return Ok(End::Last);
                }
                if at.b == 0 {
                    return Ok(End::Rest);
                }
                at.take_a(items, 1);
                if at.a == 0 {
                    return Ok(End::Rest);
                }
                if a_wins < MIN_GALLOP && b_wins < MIN_GALLOP {
                    break;
                }
            }
            min_gallop += 1;
            self.min_gallop = min_gallop;
        }
    }
}

/// Turns the last `equal + 1` of `n` items around.
fn reverse_equal<E>(items: &mut [E], n: usize, equal: &mut usize) {
    if *equal > 0 {
        items[n - *equal - 1..n].reverse();
        *equal = 0;
    }
}

/// Where a merge from the start stands: next of the result, of the copied first part, of the second part in place.
/// What is left of the copy always fits between `dest` and `b`.
struct Low {
    dest: usize,
    a: usize,
    b: usize,
}

impl Low {
    #[inline(always)]
    fn take_a<E: Copy>(&mut self, items: &mut [E], copy: &[E], count: usize) {
        items[self.dest..self.dest + count].copy_from_slice(&copy[self.a..self.a + count]);
        self.dest += count;
        self.a += count;
    }

    #[inline(always)]
    fn take_b<E: Copy>(&mut self, items: &mut [E]) {
        items[self.dest] = items[self.b];
        self.dest += 1;
        self.b += 1;
    }
}

/// Where a merge from the end stands: items left of the first part in place and of the copied second part. The result
/// begins at `a + b`.
struct High {
    a: usize,
    b: usize,
}

impl High {
    #[inline(always)]
    fn take_a<E: Copy>(&mut self, items: &mut [E], count: usize) {
        items.copy_within(self.a - count..self.a, self.a - count + self.b);
        self.a -= count;
    }

    #[inline(always)]
    fn take_b<E: Copy>(&mut self, items: &mut [E], copy: &[E], count: usize) {
        let end = self.a + self.b;
        items[end - count..end].copy_from_slice(&copy[self.b - count..self.b]);
        self.b -= count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::Ref;

    /// A cheap generator of numbers that look random.
    fn noise(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    fn value(ptr: *mut PyObject) -> Option<i64> {
        int::to_i64(borrow(ptr))
    }

    /// Keys with a pattern: noise, few values, stretches in order and against it.
    fn keys(len: usize, pattern: u64) -> PyResult<Vec<Ref>> {
        let mut state = 88_172_645_463_325_252 + pattern;
        (0..len as i64)
            .map(|index| {
                int::new(match pattern {
                    0 => noise(&mut state) as i64 % 100_000,
                    1 => noise(&mut state) as i64 % 7,
                    2 => index / 50 * 50 - index % 50,
                    3 => index % 1000,
                    4 if noise(&mut state) % 50 == 0 => noise(&mut state) as i64 % 5000,
                    _ => index / 3,
                })
            })
            .collect()
    }

    #[test]
    fn sorted_and_stable() -> Result<(), &'static str> {
        // What completing the type int would do.
        core::INT.add_flags(abi::tpflags::LONG_SUBCLASS);
        for pattern in 0..5 {
            for len in [0, 1, 2, 3, 10, 63, 64, 65, 200, 1000, 5000] {
                let keys = keys(len, pattern).map_err(|_| "memory")?;
                // The value is the place in the input: equal keys must keep it in order.
                let mut items: Vec<Keyed> = (keys.iter().enumerate())
                    .map(|(place, key)| Keyed { key: key.ptr(), value: std::ptr::without_provenance_mut(place) })
                    .collect();
                sort(&mut items).map_err(|_| "raised")?;
                let found: Vec<_> = items.iter().map(|item| (value(item.key), item.value.addr())).collect();
                let mut expected: Vec<_> = keys.iter().enumerate().map(|(place, key)| (value(key.ptr()), place)).collect();
                expected.sort();
                assert_eq!(found, expected, "pattern {pattern}, {len} items");
            }
        }
        Ok(())
    }

    #[test]
    fn powers_of_boundaries() {
        // Two halves meet at the root; quarters one level below.
        assert_eq!(power(0, 8, 8, 16), 1);
        assert_eq!(power(0, 4, 4, 16), 2);
        assert_eq!(power(8, 4, 4, 16), 2);
    }
}
