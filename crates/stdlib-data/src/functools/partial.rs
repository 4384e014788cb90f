//! `partial` objects and the `Placeholder` in their arguments.

use crate::header;
use builtins::dict::{Dict, Override, instance};
use macros::{pyclass, pymethods};
use object::protocol::represent::ReprGuard;
use object::value::{str as text, tuple};
use object::{Borrowed, IntoPy, KwArgs, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory, raise, thread};
use smallvec::SmallVec;
use std::cell::Cell;

/// The type of the Placeholder singleton.
///
/// Used as a placeholder for partial arguments.
#[pyclass(name = "_PlaceholderType", module = "functools")]
pub struct PlaceholderType {
    head: abi::PyObject,
}

#[derive(Default)]
struct Singleton(OptRef);

/// The singleton `Placeholder`.
pub fn placeholder() -> PyResult<Ref> {
    let place = &thread::current().interpreter().extensions.get::<Singleton>().0;
    if let Some(found) = place.get() {
        return Ok(found);
    }
    let made = memory::new_instance(PlaceholderType::type_object(), PlaceholderType { head: header() })?.upcast();
    place.set(Some(made.clone()));
    Ok(made)
}

fn is_placeholder(object: Borrowed<'_>) -> bool {
    object.class().is_type(PlaceholderType::type_object())
}

#[pymethods]
impl PlaceholderType {
    #[slot(tp_new)]
    fn new(_cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let keywords = kwargs.map_or(Ok(0), |kwargs| kwargs.len())?;
        if tuple::items(args).is_some_and(|items| !items.is_empty()) || keywords > 0 {
            return Err(raise!(TypeError, "_PlaceholderType takes no arguments"));
        }
        placeholder()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> &'static str {
        "Placeholder"
    }

    #[method("($self, /)")]
    fn __reduce__(&self) -> &'static str {
        "Placeholder"
    }
}

/// Create a new function with partial application of the given arguments
/// and keywords.
#[pyclass(name = "partial", module = "functools", sig = "(func, /, *args, **keywords)", flags(BASETYPE), gc, dict = dict, weaklist = weakrefs)]
pub struct Partial {
    head: abi::PyObject,
    /// function object to use in future partial calls
    #[member(readonly, name = "func")]
    function: OptRef,
    /// tuple of arguments to future partial calls
    #[member(readonly)]
    args: OptRef,
    /// dictionary of keyword arguments to future partial calls
    #[member(readonly)]
    keywords: OptRef<Dict>,
    dict: OptRef,
    weakrefs: Cell<*mut abi::PyObject>,
    placeholders: Cell<usize>,
}

fn check_trailing(args: &[Borrowed<'_>]) -> PyResult<()> {
    match args.last() {
        Some(last) if is_placeholder(*last) => Err(raise!(TypeError, "trailing Placeholders are not allowed")),
        _ => Ok(()),
    }
}

/// Arguments of a call; few need no memory of their own.
type Arguments<'a> = SmallVec<[Borrowed<'a>; 12]>;

/// The stored arguments with their placeholders filled from `given` as far as that goes, and the rest of `given` behind them.
fn fill<'a>(stored: &[Borrowed<'a>], given: &[Borrowed<'a>]) -> PyResult<Arguments<'a>> {
    let mut all = Arguments::new();
    all.try_reserve(stored.len().saturating_add(given.len())).map_err(|_| memory::no_memory())?;
    let mut rest = given.iter();
    for item in stored {
        let filler = if is_placeholder(*item) { rest.next() } else { None };
        all.push(*filler.unwrap_or(item));
    }
    all.extend(rest.copied());
    Ok(all)
}

#[pymethods]
impl Partial {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some((function, given)) = tuple::items(args).unwrap_or_default().split_first() else {
            return Err(raise!(TypeError, "type 'partial' takes at least one argument"));
        };
        let inner = function.downcast::<Partial>().filter(|inner| inner.dict.is_none());
        let target = match &inner {
            Some(inner) => inner.function.get().unwrap_or_else(core::none_ref),
            None => function.to_ref(),
        };
        if !target.is_callable() {
            return Err(raise!(TypeError, "the first argument must be callable"));
        }
        check_trailing(given)?;
        let keywords = Dict::new()?;
        let stored = inner.as_ref().and_then(|inner| inner.args.get());
        if let Some(own) = inner.as_ref().and_then(|inner| inner.keywords.get()) {
            keywords.merge(own.b(), Override::Replace)?;
        }
        if let Some(kwargs) = kwargs {
            if kwargs.downcast::<Dict>().is_some_and(|kwargs| kwargs.iter().any(|(_, value)| is_placeholder(value.b()))) {
                return Err(raise!(TypeError, "Placeholder cannot be passed as a keyword argument"));
            }
            keywords.merge(kwargs, Override::Replace)?;
        }
        let stored_items = stored.as_ref().and_then(|stored| tuple::items(stored.b())).unwrap_or_default();
        let all = fill(stored_items, given)?;
        let value = Partial {
            head: header(),
            function: OptRef::new(Some(target)),
            args: OptRef::new(Some(tuple::from_slice(&all)?)),
            keywords: OptRef::new(Some(keywords)),
            dict: OptRef::none(),
            weakrefs: Cell::new(std::ptr::null_mut()),
            placeholders: Cell::new(all.iter().filter(|item| is_placeholder(**item)).count()),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_call, "(*args, **kwargs)")]
    fn call(&self, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let (Some(function), Some(stored)) = (self.function.get(), self.args.get()) else {
            return Err(object::error::bad_internal_call());
        };
        let needed = self.placeholders.get();
        if args.len() < needed {
            return Err(raise!(
                TypeError,
                "missing positional arguments in 'partial' call; expected at least {needed}, got {}",
                args.len()
            ));
        }
        let keywords = self.keywords.get();
        let own_count = keywords.as_ref().map_or(0, |keywords| keywords.len());
        let mut own = SmallVec::<[(Ref, Ref); 4]>::new();
        own.try_reserve(own_count).map_err(|_| memory::no_memory())?;
        if let Some(keywords) = &keywords {
            own.extend(keywords.iter());
        }
        let mut all = fill(tuple::items(stored.b()).unwrap_or_default(), args)?;
        if own_count == 0 && kwargs.is_empty() {
            return function.call(&all);
        }
        let count = all.len();
        let mut pairs: SmallVec<[(Borrowed<'_>, Borrowed<'_>); 6]> =
            own.iter().map(|(name, value)| (name.b(), value.b())).collect();
        for (name, value) in kwargs.iter() {
            match pairs.iter_mut().find(|(own, _)| text::check(*own) && builtins::str_::equal(*own, name)) {
                Some(pair) => pair.1 = value,
                None => pairs.push((name, value)),
            }
        }
        if pairs.iter().any(|(name, _)| !text::check(*name)) {
            return Err(raise!(TypeError, "keywords must be strings"));
        }
        let names: Arguments<'_> = pairs.iter().map(|(name, _)| *name).collect();
        let names = tuple::from_slice(&names)?;
        all.try_reserve(pairs.len()).map_err(|_| memory::no_memory())?;
        all.extend(pairs.iter().map(|(_, value)| *value));
        function.vectorcall(&all, count, Some(names.b()))
    }

    #[slot(tp_descr_get)]
    fn descr_get(slf: Borrowed<'_>, object: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        super::bind(slf, object)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        let Some(_guard) = ReprGuard::enter(&object) else { return text::new("...") };
        let class = object.class();
        let module = class.getattr(id!("__module__"))?;
        let name = class.getattr(id!("__qualname__"))?;
        let mut builder = text::Builder::new();
        builder.push_object(module.str()?.b())?;
        builder.push_str(".")?;
        builder.push_object(name.str()?.b())?;
        builder.push_str("(")?;
        // A repr may give the object another state: what is shown is the state of now.
        let (function, args, keywords) = (slf.function.get(), slf.args.get(), slf.keywords.get());
        builder.push_object(function.unwrap_or_else(core::none_ref).repr()?.b())?;
        if let Some(args) = args {
            for item in tuple::items(args.b()).unwrap_or_default() {
                builder.push_str(", ")?;
                builder.push_object(item.repr()?.b())?;
            }
        }
        if let Some(keywords) = keywords {
            for (name, value) in keywords.iter() {
                builder.push_str(", ")?;
                builder.push_object(name.str()?.b())?;
                builder.push_str("=")?;
                builder.push_object(value.repr()?.b())?;
            }
        }
        builder.push_str(")")?;
        builder.finish()
    }

    #[getter(name = "__dict__")]
    fn dict(slf: Borrowed<'_>) -> PyResult<Ref> {
        instance::dict_getter(slf)
    }

    #[setter(name = "__dict__")]
    fn set_dict(slf: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        instance::dict_setter(slf, value)
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let function = slf.function.get();
        let state = tuple::from_array([
            function.clone().into_py()?,
            slf.args.get().into_py()?,
            slf.keywords.get().into_py()?,
            slf.dict.get().into_py()?,
        ])?;
        (slf.object().class(), tuple::from_array([function.into_py()?])?, state).into_py()
    }

    #[method("($self, object, /)")]
    fn __setstate__(&self, object: Borrowed<'_>) -> PyResult<()> {
        let invalid = || raise!(TypeError, "invalid partial state");
        let Some(&[function, args, keywords, dict]) = tuple::items(object) else { return Err(invalid()) };
        let Some(items) = tuple::items(args) else { return Err(invalid()) };
        if !function.is_callable() {
            return Err(invalid());
        }
        let keywords = match keywords.downcast::<Dict>() {
            Some(dict) if dict.object().class().is_type(&core::DICT) => dict.to_ref(),
            Some(dict) => dict.copy()?,
            None if keywords.is(&core::none()) => Dict::new()?,
            None => return Err(invalid()),
        };
        if !dict.is(&core::none()) && dict.downcast::<Dict>().is_none() {
            return Err(invalid());
        }
        check_trailing(items)?;
        let exact = if args.class().is_type(&core::TUPLE) { args.to_ref() } else { tuple::from_slice(items)? };
        self.placeholders.set(items.iter().filter(|item| is_placeholder(**item)).count());
        self.function.set(Some(function.to_ref()));
        self.args.set(Some(exact));
        self.keywords.set(Some(keywords));
        self.dict.set((!dict.is(&core::none())).then(|| dict.to_ref()));
        Ok(())
    }

    /// partial is generic over the wrapped function's return type
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(cls: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        crate::generic_alias(cls, object)
    }
}
