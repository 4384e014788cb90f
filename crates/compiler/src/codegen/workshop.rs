//! The lists of a compilation, whose memory one module leaves to the next: a list that grows again from nothing is copied at each
//! step, into memory that was not touched before.

use crate::assemble::Scratch;
use crate::flowgraph::Graph;
use crate::instructions::Sequence;
use std::cell::Cell;

/// What is kept.
#[derive(Default)]
pub(super) struct Workshop {
    pub graph: Graph,
    pub scratch: Scratch,
    /// Sequences of finished units.
    pub spare: Vec<Sequence>,
}

/// Lists that had to hold more instructions than this are given up.
const LARGEST: usize = 1 << 14;
/// Sequences of this many nested units are kept.
const DEEPEST: usize = 8;
/// Shorter lists, in bytes, are not worth keeping: they lie among what does not last.
const SMALLEST: usize = 1 << 10;

thread_local! {
    static KEPT: Cell<Option<Workshop>> = const { Cell::new(None) };
}

/// What the compilation before left, or new lists.
pub(super) fn take() -> Workshop {
    KEPT.try_with(Cell::take).ok().flatten().unwrap_or_default()
}

/// Keeps lists for the next compilation.
pub(super) fn keep(mut workshop: Workshop) {
    if workshop.graph.code.capacity() > LARGEST {
        return;
    }
    workshop.graph.clear();
    workshop.scratch.clear();
    workshop.spare.retain(|sequence| sequence.instructions.capacity() < LARGEST);
    workshop.spare.truncate(DEEPEST);
    workshop.spare.iter_mut().for_each(|sequence| {
        settle(&mut sequence.instructions);
        settle(&mut sequence.labels);
    });
    if workshop.spare.capacity() * size_of::<Sequence>() <= SMALLEST {
        let spare = std::mem::take(&mut workshop.spare);
        workshop.spare = Vec::with_capacity(SMALLEST / size_of::<Sequence>() + 1);
        workshop.spare.extend(spare);
    }
    // A thread that ends has no use for them.
    let _ = KEPT.try_with(|kept| kept.set(Some(workshop)));
}

/// Empties a list that is to be kept, and gives it up if it is short.
pub(crate) fn settle<T>(list: &mut Vec<T>) {
    list.clear();
    if list.capacity() * size_of::<T>() <= SMALLEST {
        *list = Vec::new();
    }
}
