//! `_heapq`: heaps in lists (CPython's `_heapqmodule.c`).
//!
//! A comparison may change the list: items are owned before one, and the length is compared after.

use builtins::list::List;
use object::{Borrowed, CompareOp, PyResult, Raised, Ref, raise};

/// Which end of the order comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Min,
    Max,
}

#[cold]
fn out_of_range() -> Raised {
    raise!(IndexError, "index out of range")
}

/// Whether `a` stands above `b`.
fn before(a: &Ref, b: &Ref, kind: Kind) -> PyResult<bool> {
    let (a, b) = if kind == Kind::Min { (a, b) } else { (b, a) };
    a.richcompare(b.b(), CompareOp::Lt)?.is_true()
}

fn item(heap: &List, index: usize) -> PyResult<Ref> {
    heap.at(index).ok_or_else(out_of_range)
}

fn unchanged(heap: &List, len: usize) -> PyResult<()> {
    if heap.len() == len { Ok(()) } else { Err(raise!(RuntimeError, "list changed size during iteration")) }
}

fn swap(heap: &List, a: usize, b: usize) -> PyResult<()> {
    let (x, y) = (item(heap, a)?, item(heap, b)?);
    let old = (heap.set(a, y), heap.set(b, x));
    drop(old);
    Ok(())
}

/// Moves the item at `at` up to its place, not above `top`.
fn sift_down(heap: &List, top: usize, at: usize, kind: Kind) -> PyResult<()> {
    let len = heap.len();
    let mut at = at;
    if at >= len {
        return Err(out_of_range());
    }
    while at > top {
        let parent = (at - 1) / 2;
        let is_before = before(&item(heap, at)?, &item(heap, parent)?, kind)?;
        unchanged(heap, len)?;
        if !is_before {
            break;
        }
        swap(heap, at, parent)?;
        at = parent;
    }
    Ok(())
}

/// Moves the item at `at` down to a leaf, then up to its place.
fn sift_up(heap: &List, at: usize, kind: Kind) -> PyResult<()> {
    let len = heap.len();
    let top = at;
    let mut at = at;
    if at >= len {
        return Err(out_of_range());
    }
    let limit = len / 2;
    while at < limit {
        let mut child = 2 * at + 1;
        if child + 1 < len {
            let left_first = before(&item(heap, child)?, &item(heap, child + 1)?, kind)?;
            unchanged(heap, len)?;
            child += usize::from(!left_first);
        }
        swap(heap, child, at)?;
        at = child;
    }
    sift_down(heap, top, at, kind)
}

fn push(heap: &List, value: Borrowed<'_>, kind: Kind) -> PyResult<()> {
    heap.append(value.to_ref())?;
    sift_down(heap, 0, heap.len() - 1, kind)
}

fn pop(heap: &List, kind: Kind) -> PyResult<Ref> {
    let Some(last_index) = heap.len().checked_sub(1) else { return Err(out_of_range()) };
    let Some(last) = heap.remove_at(last_index)? else { return Err(out_of_range()) };
    if heap.is_empty() {
        return Ok(last);
    }
    let first = heap.set(0, last).ok_or_else(out_of_range)?;
    sift_up(heap, 0, kind)?;
    Ok(first)
}

fn replace(heap: &List, value: Borrowed<'_>, kind: Kind) -> PyResult<Ref> {
    if heap.is_empty() {
        return Err(out_of_range());
    }
    let first = heap.set(0, value.to_ref()).ok_or_else(out_of_range)?;
    sift_up(heap, 0, kind)?;
    Ok(first)
}

fn push_pop(heap: &List, value: Borrowed<'_>, kind: Kind) -> PyResult<Ref> {
    let value = value.to_ref();
    let Some(top) = heap.at(0) else { return Ok(value) };
    if !before(&top, &value, kind)? {
        return Ok(value);
    }
    replace(heap, value.b(), kind)
}

fn heapify_all(heap: &List, kind: Kind) -> PyResult<()> {
    (0..heap.len() / 2).rev().try_for_each(|index| sift_up(heap, index, kind))
}

/// Heap queue algorithm (a.k.a. priority queue).
///
/// Heaps are arrays for which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for
/// all k, counting elements from 0.  For the sake of comparison,
/// non-existing elements are considered to be infinite.  The interesting
/// property of a heap is that a[0] is always its smallest element.
#[macros::pymodule(name = "_heapq")]
pub mod module {
    use super::{Kind, List, heapify_all, pop, push, push_pop, replace};
    use object::{Borrowed, PyResult, Ref};

    /// Push item onto heap, maintaining the heap invariant.
    #[pyfunction("($module, heap, item, /)")]
    fn heappush(heap: Borrowed<'_, List>, item: Borrowed<'_>) -> PyResult<()> {
        push(&heap, item, Kind::Min)
    }

    /// Pop the smallest item off the heap, maintaining the heap invariant.
    #[pyfunction("($module, heap, /)")]
    fn heappop(heap: Borrowed<'_, List>) -> PyResult<Ref> {
        pop(&heap, Kind::Min)
    }

    /// Pop and return the current smallest value, and add the new item.
    ///
    /// This is more efficient than heappop() followed by heappush(), and can be
    /// more appropriate when using a fixed-size heap.  Note that the value
    /// returned may be larger than item!  That constrains reasonable uses of
    /// this routine unless written as part of a conditional replacement:
    ///
    ///     if item > heap[0]:
    ///         item = heapreplace(heap, item)
    #[pyfunction("($module, heap, item, /)")]
    fn heapreplace(heap: Borrowed<'_, List>, item: Borrowed<'_>) -> PyResult<Ref> {
        replace(&heap, item, Kind::Min)
    }

    /// Push item on the heap, then pop and return the smallest item from the heap.
    ///
    /// The combined action runs more efficiently than heappush() followed by
    /// a separate call to heappop().
    #[pyfunction("($module, heap, item, /)")]
    fn heappushpop(heap: Borrowed<'_, List>, item: Borrowed<'_>) -> PyResult<Ref> {
        push_pop(&heap, item, Kind::Min)
    }

    /// Transform list into a heap, in-place, in O(len(heap)) time.
    #[pyfunction("($module, heap, /)")]
    fn heapify(heap: Borrowed<'_, List>) -> PyResult<()> {
        heapify_all(&heap, Kind::Min)
    }

    /// Push item onto max heap, maintaining the heap invariant.
    #[pyfunction("($module, heap, item, /)")]
    fn heappush_max(heap: Borrowed<'_, List>, item: Borrowed<'_>) -> PyResult<()> {
        push(&heap, item, Kind::Max)
    }

    /// Maxheap variant of heappop.
    #[pyfunction("($module, heap, /)")]
    fn heappop_max(heap: Borrowed<'_, List>) -> PyResult<Ref> {
        pop(&heap, Kind::Max)
    }

    /// Maxheap variant of heapreplace.
    #[pyfunction("($module, heap, item, /)")]
    fn heapreplace_max(heap: Borrowed<'_, List>, item: Borrowed<'_>) -> PyResult<Ref> {
        replace(&heap, item, Kind::Max)
    }

    /// Maxheap variant of heappushpop.
    ///
    /// The combined action runs more efficiently than heappush_max()
    /// followed by a separate call to heappop_max().
    #[pyfunction("($module, heap, item, /)")]
    fn heappushpop_max(heap: Borrowed<'_, List>, item: Borrowed<'_>) -> PyResult<Ref> {
        push_pop(&heap, item, Kind::Max)
    }

    /// Maxheap variant of heapify.
    #[pyfunction("($module, heap, /)")]
    fn heapify_max(heap: Borrowed<'_, List>) -> PyResult<()> {
        heapify_all(&heap, Kind::Max)
    }
}
