//! `itertools`: building blocks for iterators (CPython's `itertoolsmodule.c`).

mod combinatoric;
mod endless;
mod grouping;
mod selecting;
mod tee;
mod zipping;

use object::value::tuple;
use object::{OptRef, PyResult, Ref};

/// A tuple of the chosen items of a pool.
fn pick(pool: &[Ref], indices: &[usize]) -> PyResult<Ref> {
    if indices.is_empty() {
        return Ok(tuple::empty());
    }
    let mut builder = tuple::Builder::new(indices.len())?;
    for index in indices {
        if let Some(item) = pool.get(*index) {
            builder.push(item.clone());
        }
    }
    Ok(builder.finish())
}

/// A field that holds `object`.
fn field(object: Ref) -> OptRef {
    OptRef::new(Some(object))
}

#[macros::pymodule(name = "itertools")]
pub mod module {
    use object::{Borrowed, PyResult, Ref};

    #[pytype]
    use super::combinatoric::{Combinations, CombinationsWithReplacement, Permutations, Product};
    #[pytype]
    use super::endless::{Count, Cycle, Repeat};
    #[pytype]
    use super::grouping::{Batched, GroupBy, Grouper, Pairwise};
    #[pytype]
    use super::selecting::{Compress, DropWhile, FilterFalse, Islice, TakeWhile};
    #[pytype]
    use super::tee::{Tee, TeeData};
    #[pytype]
    use super::zipping::{Accumulate, Chain, StarMap, ZipLongest};

    /// Returns a tuple of n independent iterators.
    #[pyfunction("($module, iterable, n=2, /)")]
    fn tee(iterable: Borrowed<'_>, n: isize) -> PyResult<Ref> {
        super::tee::tee(iterable, n)
    }
}
