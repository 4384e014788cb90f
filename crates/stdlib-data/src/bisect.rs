//! `_bisect`: places in sorted sequences (CPython's `_bisectmodule.c`).

use builtins::list::List;
use object::{Borrowed, CompareOp, PyResult, Ref, core, id, raise};

/// The arguments of a search.
struct Search<'a> {
    sequence: Borrowed<'a>,
    value: Borrowed<'a>,
    key: Option<Borrowed<'a>>,
    /// Behind equal items.
    right: bool,
}

impl Search<'_> {
    fn run(&self, low: isize, high: Option<Borrowed<'_>>) -> PyResult<isize> {
        if low < 0 {
            return Err(raise!(ValueError, "lo must be non-negative"));
        }
        let mut high = match high.filter(|high| !high.is(&core::none())) {
            Some(high) => high.as_isize()?,
            None => self.sequence.len()?.cast_signed(),
        };
        let mut low = low;
        while low < high {
            let middle = low + (high - low) / 2;
            let mut item = self.sequence.seq_getitem(middle)?;
            if let Some(key) = self.key {
                item = key.call1(item.b())?;
            }
            let up = if self.right {
                !self.value.richcompare(item.b(), CompareOp::Lt)?.is_true()?
            } else {
                item.richcompare(self.value, CompareOp::Lt)?.is_true()?
            };
            if up {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

fn given(key: Option<Borrowed<'_>>) -> Option<Borrowed<'_>> {
    key.filter(|key| !key.is(&core::none()))
}

/// `insort`: searches and inserts.
fn insert(
    sequence: Borrowed<'_>,
    value: Borrowed<'_>,
    low: isize,
    high: Option<Borrowed<'_>>,
    key: Option<Borrowed<'_>>,
    right: bool,
) -> PyResult<()> {
    let key = given(key);
    let transformed: Ref = match key {
        Some(key) => key.call1(value)?,
        None => value.to_ref(),
    };
    let index = Search { sequence, value: transformed.b(), key, right }.run(low, high)?;
    match sequence.downcast_exact::<List>() {
        Some(list) => list.insert(index, value.to_ref()),
        None => {
            let index = object::IntoPy::into_py(index)?;
            sequence.call_method(id!("insert"), &[index.b(), value]).map(drop)
        }
    }
}

/// Bisection algorithms.
///
/// This module provides support for maintaining a list in sorted order without
/// having to sort the list after each insertion. For long lists of items with
/// expensive comparison operations, this can be an improvement over the more
/// common approach.
#[macros::pymodule(name = "_bisect")]
pub mod module {
    use super::{Search, given, insert};
    use object::{Borrowed, PyResult};

    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e <= x, and all e in
    /// a[i:] have e > x.  So if x already appears in the list, a.insert(i, x)
    /// will insert just after the rightmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction("($module, /, a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_right(
        a: Borrowed<'_>,
        x: Borrowed<'_>,
        lo: isize,
        hi: Option<Borrowed<'_>>,
        key: Option<Borrowed<'_>>,
    ) -> PyResult<isize> {
        Search { sequence: a, value: x, key: given(key), right: true }.run(lo, hi)
    }

    /// Return the index where to insert item x in list a, assuming a is sorted.
    ///
    /// The return value i is such that all e in a[:i] have e < x, and all e in
    /// a[i:] have e >= x.  So if x already appears in the list, a.insert(i, x)
    /// will insert just before the leftmost x already there.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction("($module, /, a, x, lo=0, hi=None, *, key=None)")]
    fn bisect_left(
        a: Borrowed<'_>,
        x: Borrowed<'_>,
        lo: isize,
        hi: Option<Borrowed<'_>>,
        key: Option<Borrowed<'_>>,
    ) -> PyResult<isize> {
        Search { sequence: a, value: x, key: given(key), right: false }.run(lo, hi)
    }

    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the right of the rightmost x.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction("($module, /, a, x, lo=0, hi=None, *, key=None)")]
    fn insort_right(
        a: Borrowed<'_>,
        x: Borrowed<'_>,
        lo: isize,
        hi: Option<Borrowed<'_>>,
        key: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        insert(a, x, lo, hi, key, true)
    }

    /// Insert item x in list a, and keep it sorted assuming a is sorted.
    ///
    /// If x is already in a, insert it to the left of the leftmost x.
    ///
    /// Optional args lo (default 0) and hi (default len(a)) bound the
    /// slice of a to be searched.
    ///
    /// A custom key function can be supplied to customize the sort order.
    #[pyfunction("($module, /, a, x, lo=0, hi=None, *, key=None)")]
    fn insort_left(
        a: Borrowed<'_>,
        x: Borrowed<'_>,
        lo: isize,
        hi: Option<Borrowed<'_>>,
        key: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        insert(a, x, lo, hi, key, false)
    }
}
