//! `_functools`: `partial`, `reduce`, `cmp_to_key`, the wrapper of `lru_cache` (CPython's `_functoolsmodule.c`).

mod cache;
mod compare;
mod partial;

/// Tools that operate on functions.
#[macros::pymodule(name = "_functools")]
pub mod module {
    use object::spec::TypeEntry;
    use object::{Borrowed, PyResult, Ref, exc, raise};

    #[pytype]
    use super::cache::LruCache;
    #[pytype]
    use super::partial::{Partial, PlaceholderType};

    #[pyattr(name = "Placeholder")]
    fn the_placeholder() -> PyResult<Ref> {
        super::partial::placeholder()
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        builtins::type_::ready::ready_static(&TypeEntry::of::<super::compare::Key>())
    }

    /// Convert a cmp= function into a key= function.
    ///
    /// mycmp
    ///   Function that compares two objects.
    #[pyfunction("($module, /, mycmp)")]
    fn cmp_to_key(mycmp: Borrowed<'_>) -> PyResult<Ref> {
        super::compare::Key::create(mycmp, None)
    }

    /// Apply a function of two arguments cumulatively to the items of an iterable, from left to right.
    ///
    /// This effectively reduces the iterable to a single value.  If initial is
    /// present, it is placed before the items of the iterable in the
    /// calculation, and serves as a default when the iterable is empty.
    ///
    /// For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5])
    /// calculates ((((1 + 2) + 3) + 4) + 5).
    #[pyfunction("($module, function, iterable, /, initial=<unrepresentable>)")]
    fn reduce(function: Borrowed<'_>, iterable: Borrowed<'_>, initial: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let iterator = match iterable.iter() {
            Ok(iterator) => iterator,
            Err(raised) if raised.is_a(&exc::TypeError) => {
                raised.clear();
                return Err(raise!(TypeError, "reduce() arg 2 must support iteration"));
            }
            Err(raised) => return Err(raised),
        };
        let mut result = match initial {
            Some(initial) => initial.to_ref(),
            None => match iterator.next()? {
                Some(first) => first,
                None => return Err(raise!(TypeError, "reduce() of empty iterable with no initial value")),
            },
        };
        while let Some(item) = iterator.next()? {
            result = function.call(&[result.b(), item.b()])?;
        }
        Ok(result)
    }
}

/// The function bound to `object`: what `__get__` of functions gives.
fn bind(function: object::Borrowed<'_>, object: Option<object::Borrowed<'_>>) -> object::PyResult<object::Ref> {
    match object {
        Some(object) if !object.is(&object::core::none()) => object::core::METHOD.borrowed().call(&[function, object]),
        _ => Ok(function.to_ref()),
    }
}
