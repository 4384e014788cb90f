//! `zip`, `map` and `filter`.

use crate::enumerate::allocate;
use crate::iter::inherits_init;
use crate::tuple::PairSlot;
use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{ArgPtr, Borrowed, IntoPy, OptRef, PyResult, Raised, Ref, StaticType, TypeObject, args, core, memory, raise};

/// The items of the tuple that a field holds; the tuple is owned meanwhile.
fn with_items<R>(field: &OptRef, action: impl FnOnce(&[Borrowed<'_>]) -> R) -> R {
    let held = field.get();
    action(held.as_ref().and_then(|held| tuple::items(held.b())).unwrap_or_default())
}

/// An iterator over each of some iterables.
fn iterators(iterables: &[Borrowed<'_>]) -> PyResult<Ref> {
    let mut made = memory::vec_with_capacity(iterables.len())?;
    for iterable in iterables {
        made.push(iterable.iter()?);
    }
    tuple::from_vec(made)
}

/// The message of a strict `zip` or `map` whose argument `index` ended, or did not, while those before did not, or did.
#[cold]
fn uneven(function: &str, index: usize, word: &str) -> Raised {
    let plural = if index == 1 { " " } else { "s 1-" };
    raise!(ValueError, "{function}() argument {} is {word} than argument{plural}{index}", index + 1)
}

/// After the first iterator ended in strict mode: all others must have ended, too.
fn check_all_ended(function: &str, iterators: &[Borrowed<'_>]) -> PyResult<()> {
    for (index, iterator) in iterators.iter().enumerate().skip(1) {
        if iterator.next()?.is_some() {
            return Err(uneven(function, index, "longer"));
        }
    }
    Ok(())
}

/// The next item of each iterator; none where one ended. In strict mode all must end together.
fn next_of_each(function: &str, iterators: &[Borrowed<'_>], strict: bool) -> PyResult<Option<Vec<Ref>>> {
    let mut items = memory::vec_with_capacity(iterators.len())?;
    for (index, iterator) in iterators.iter().enumerate() {
        match iterator.next()? {
            Some(item) => items.push(item),
            None if !strict => return Ok(None),
            None if index > 0 => return Err(uneven(function, index, "shorter")),
            None => return check_all_ended(function, iterators).map(|()| None),
        }
    }
    Ok(Some(items))
}

/// The keyword `strict` of a call of `zip` or `map`, the only one there is.
fn strict_keyword(function: &str, names: &[Borrowed<'_>], values: &[Borrowed<'_>]) -> PyResult<bool> {
    match (names, values) {
        ([], _) => Ok(false),
        ([name], [value]) if text::eq_str(*name, "strict") => value.is_true(),
        ([name], _) => {
            Err(raise!(TypeError, "{function}() got an unexpected keyword argument '{}'", text::to_string_lossy(*name)))
        }
        _ => Err(raise!(TypeError, "{function}() takes at most 1 keyword argument ({} given)", names.len())),
    }
}

/// TypeError where there are keyword arguments.
fn no_keywords(function: &str, kwnames: Option<Borrowed<'_>>) -> PyResult<()> {
    match kwnames.and_then(tuple::items) {
        Some(names) if !names.is_empty() => Err(raise!(TypeError, "{function}() takes no keyword arguments")),
        _ => Ok(()),
    }
}

/// The zip object yields n-length tuples, where n is the number of
/// iterables passed as positional arguments to zip().  The i-th element
/// in every tuple comes from the i-th iterable argument to zip().  This
/// continues until the shortest argument is exhausted.
///
/// If strict is true and one of the arguments is exhausted before the
/// others, raise a ValueError.
///
///    >>> list(zip('abcdefg', range(3), range(4)))
///    [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]
#[pyclass(name = "zip", export = "PyZip_Type", sig = "(*iterables, strict=False)", flags(BASETYPE), gc)]
pub struct Zip {
    header: PyObject,
    iterators: OptRef,
    result: PairSlot,
    strict: Cell<bool>,
}

impl Zip {
    fn create(class: &TypeObject, iterables: &[Borrowed<'_>], strict: bool) -> PyResult<Ref> {
        let iterators = iterators(iterables)?;
        let made = allocate(class)?;
        let object = made.b().self_as::<Zip>();
        object.iterators.set(Some(iterators));
        object.strict.set(strict);
        Ok(made)
    }
}

#[pymethods]
impl Zip {
    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        args::with_call_args(args, kwargs, |args, nargs, names| {
            let (iterables, values) = args.split_at_checked(nargs).unwrap_or((args, &[]));
            let strict = strict_keyword("zip", names.and_then(tuple::items).unwrap_or_default(), values)?;
            Self::create(&class, iterables, strict)
        })
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(slf: Borrowed<'_, Zip>) -> PyResult<Option<Ref>> {
        with_items(&slf.iterators, |iterators| {
            if let [first, second] = iterators
                && !slf.strict.get()
            {
                let Some(first) = first.next()? else { return Ok(None) };
                let Some(second) = second.next()? else { return Ok(None) };
                return slf.result.pair(first, second).map(Some);
            }
            if iterators.is_empty() {
                return Ok(None);
            }
            if slf.strict.get() {
                return next_of_each("zip", iterators, true)?.map(tuple::from_vec).transpose();
            }
            let mut builder = tuple::Builder::new(iterators.len())?;
            for iterator in iterators {
                match iterator.next()? {
                    Some(item) => builder.push(item),
                    None => return Ok(None),
                }
            }
            Ok(Some(builder.finish()))
        })
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Zip>) -> PyResult<Ref> {
        let class = slf.object().class().to_ref();
        let iterators = slf.iterators.get().unwrap_or_else(tuple::empty);
        if slf.strict.get() { (class, iterators, true).into_py() } else { (class, iterators).into_py() }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(slf: Borrowed<'_, Zip>, object: Borrowed<'_>) -> PyResult<()> {
        slf.strict.set(object.is_true()?);
        Ok(())
    }
}

/// Make an iterator that computes the function using arguments from
/// each of the iterables.  Stops when the shortest iterable is exhausted.
///
/// If strict is true and one of the arguments is exhausted before the
/// others, raise a ValueError.
#[pyclass(name = "map", export = "PyMap_Type", sig = "(function, iterable, /, *iterables, strict=False)", flags(BASETYPE), gc)]
pub struct Map {
    header: PyObject,
    iterators: OptRef,
    function: OptRef,
    strict: Cell<bool>,
}

impl Map {
    fn create(class: &TypeObject, args: &[Borrowed<'_>], strict: bool) -> PyResult<Ref> {
        let ([function, iterables @ ..], 2..) = (args, args.len()) else {
            return Err(raise!(TypeError, "map() must have at least two arguments."));
        };
        let iterators = iterators(iterables)?;
        let made = allocate(class)?;
        let object = made.b().self_as::<Map>();
        object.iterators.set(Some(iterators));
        object.function.set(Some(function.to_ref()));
        object.strict.set(strict);
        Ok(made)
    }
}

#[pymethods]
impl Map {
    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        args::with_call_args(args, kwargs, |args, nargs, names| {
            let (positional, values) = args.split_at_checked(nargs).unwrap_or((args, &[]));
            let strict = strict_keyword("map", names.and_then(tuple::items).unwrap_or_default(), values)?;
            Self::create(&class, positional, strict)
        })
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        let nargs = nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET;
        let all = args.with_kw(nargs.cast_signed(), kwnames);
        let (positional, values) = all.split_at_checked(nargs).unwrap_or((all, &[]));
        let strict = strict_keyword("map", kwnames.and_then(tuple::items).unwrap_or_default(), values)?;
        Self::create(&class.self_as::<TypeObject>(), positional, strict)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(slf: Borrowed<'_, Map>) -> PyResult<Option<Ref>> {
        let Some(function) = slf.function.get() else { return Ok(None) };
        with_items(&slf.iterators, |iterators| {
            if let [iterator] = iterators {
                return match iterator.next()? {
                    Some(item) => function.call1(item.b()).map(Some),
                    None => Ok(None),
                };
            }
            let Some(items) = next_of_each("map", iterators, slf.strict.get())? else { return Ok(None) };
            let mut arguments = memory::vec_with_capacity(items.len())?;
            arguments.extend(items.iter().map(Ref::b));
            function.call(&arguments).map(Some)
        })
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Map>) -> PyResult<Ref> {
        let function = slf.function.get().unwrap_or_else(core::none_ref);
        let mut parts = vec![function];
        with_items(&slf.iterators, |iterators| {
            memory::reserve(&mut parts, iterators.len())?;
            parts.extend(iterators.iter().map(|iterator| iterator.to_ref()));
            Ok(())
        })?;
        let (class, parts) = (slf.object().class().to_ref(), tuple::from_vec(parts)?);
        if slf.strict.get() { (class, parts, true).into_py() } else { (class, parts).into_py() }
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(slf: Borrowed<'_, Map>, object: Borrowed<'_>) -> PyResult<()> {
        slf.strict.set(object.is_true()?);
        Ok(())
    }
}

/// Return an iterator yielding those items of iterable for which
/// function(item) is true.  If function is None, return the items that
/// are true.
#[pyclass(name = "filter", export = "PyFilter_Type", sig = "(function, iterable, /)", flags(BASETYPE), gc)]
pub struct Filter {
    header: PyObject,
    function: OptRef,
    iterator: OptRef,
}

impl Filter {
    fn create(class: &TypeObject, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let [function, iterable] = args else {
            return Err(raise!(TypeError, "filter expected 2 arguments, got {}", args.len()));
        };
        let iterator = iterable.iter()?;
        let made = allocate(class)?;
        let object = made.b().self_as::<Filter>();
        object.function.set(Some(function.to_ref()));
        object.iterator.set(Some(iterator));
        Ok(made)
    }
}

#[pymethods]
impl Filter {
    #[slot(tp_new)]
    fn new_slot(class: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if let Some(kwargs) = kwargs
            && inherits_init(&class, Filter::type_object())
            && kwargs.len()? != 0
        {
            return Err(raise!(TypeError, "filter() takes no keyword arguments"));
        }
        Self::create(&class, tuple::items(args).unwrap_or_default())
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall<'a>(
        class: Borrowed<'a>,
        args: ArgPtr<'a>,
        nargsf: usize,
        kwnames: Option<Borrowed<'a>>,
    ) -> PyResult<Ref> {
        no_keywords("filter", kwnames)?;
        let args = args.with_len((nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET).cast_signed());
        Self::create(&class.self_as::<TypeObject>(), args)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(slf: Borrowed<'_, Filter>) -> PyResult<Option<Ref>> {
        let (Some(iterator), Some(function)) = (slf.iterator.get(), slf.function.get()) else { return Ok(None) };
        let plain = function.is(&core::none()) || function.is(&core::BOOL);
        while let Some(item) = iterator.next()? {
            let keep = if plain { item.is_true()? } else { function.call1(item.b())?.is_true()? };
            if keep {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Return state information for pickling.
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Filter>) -> PyResult<Ref> {
        let part = |field: &OptRef| field.get().unwrap_or_else(core::none_ref);
        let parts = tuple::from_array([part(&slf.function), part(&slf.iterator)])?;
        (slf.object().class().to_ref(), parts).into_py()
    }
}
