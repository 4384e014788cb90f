//! `itemgetter`, `attrgetter`, `methodcaller`.

use crate::header;
use builtins::dict::Dict;
use macros::{pyclass, pymethods};
use object::protocol::represent::ReprGuard;
use object::value::{str as text, tuple};
use object::{Borrowed, IntoPy, KwArgs, OptRef, PyResult, Ref, TypeObject, core, id, memory, raise};

/// `function(*args, **kwargs)`.
pub(super) fn invoke(function: Borrowed<'_>, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
    if kwargs.is_empty() {
        return function.call(args);
    }
    function.call_tuple(tuple::from_slice(args)?.b(), Some(kwargs.to_dict()?.b()))
}

/// The one argument of a getter's call.
fn only<'a>(function: &str, args: &'a [Borrowed<'a>], kwargs: KwArgs<'_>) -> PyResult<Borrowed<'a>> {
    if !kwargs.is_empty() {
        return Err(raise!(TypeError, "{function}() takes no keyword arguments"));
    }
    match args {
        [object] => Ok(*object),
        _ => Err(raise!(TypeError, "{function} expected 1 argument, got {}", args.len())),
    }
}

fn items(field: &OptRef) -> Vec<Ref> {
    let Some(items) = field.get() else { return Vec::new() };
    tuple::items(items.b()).unwrap_or_default().iter().map(|item| item.to_ref()).collect()
}

/// `operator.name(a, b)`.
fn shown(object: Borrowed<'_>, parts: Vec<Ref>) -> PyResult<Ref> {
    let class = object.class();
    let mut builder = text::Builder::new();
    builder.push_str(class.tp_name())?;
    builder.push_str("(")?;
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            builder.push_str(", ")?;
        }
        builder.push_object(part.repr()?.b())?;
    }
    builder.push_str(")")?;
    builder.finish()
}

/// Return a callable object that fetches the given item(s) from its operand.
/// After f = itemgetter(2), the call f(r) returns r[2].
/// After g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])
#[pyclass(name = "itemgetter", module = "operator", sig = "(item, /, *items)", gc)]
pub struct ItemGetter {
    head: abi::PyObject,
    /// One key, or a tuple of several.
    keys: OptRef,
    count: usize,
}

#[pymethods]
impl ItemGetter {
    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }

    #[slot(tp_new, "(*items, **kwargs)")]
    fn new(cls: Borrowed<'_, TypeObject>, keys: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        if !kwargs.is_empty() {
            return Err(raise!(TypeError, "itemgetter() takes no keyword arguments"));
        }
        if keys.is_empty() {
            return Err(raise!(TypeError, "itemgetter expected 1 argument, got 0"));
        }
        let keys_tuple = tuple::from_slice(keys)?;
        memory::new_instance(&cls, ItemGetter { head: header(), keys: OptRef::new(Some(keys_tuple)), count: keys.len() })
            .map(Ref::upcast)
    }

    #[slot(tp_call, "(*args, **kwargs)")]
    fn call(&self, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let object = only("itemgetter", args, kwargs)?;
        let Some(keys) = self.keys.get() else { return Err(object::error::bad_internal_call()) };
        let keys = tuple::items(keys.b()).unwrap_or_default();
        if let [key] = keys {
            return object.getitem(*key);
        }
        let mut found = memory::vec_with_capacity(self.count)?;
        for key in keys {
            found.push(object.getitem(*key)?);
        }
        tuple::from_vec(found)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        match ReprGuard::enter(&object) {
            Some(_guard) => shown(object, items(&slf.keys)),
            None => text::new(&format!("{}(...)", object.class().tp_name())),
        }
    }

    /// Return state information for pickling
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        (slf.object().class(), slf.keys.get()).into_py()
    }
}

/// Return a callable object that fetches the given attribute(s) from its operand.
/// After f = attrgetter('name'), the call f(r) returns r.name.
/// After g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).
/// After h = attrgetter('name.first', 'name.last'), the call h(r) returns
/// (r.name.first, r.name.last).
#[pyclass(name = "attrgetter", module = "operator", sig = "(attr, /, *attrs)", gc)]
pub struct AttrGetter {
    head: abi::PyObject,
    /// The names as they were given.
    names: OptRef,
    /// For each name the names between its dots.
    paths: Vec<Vec<Ref>>,
}

/// The parts of a dotted name.
fn path_of(name: Borrowed<'_>) -> PyResult<Vec<Ref>> {
    let codes: Vec<u32> = text::data(name).map(|data| data.iter().collect()).unwrap_or_default();
    if !codes.contains(&u32::from('.')) {
        return Ok(vec![name.to_ref()]);
    }
    codes.split(|code| *code == u32::from('.')).map(text::from_ucs4).collect()
}

fn follow(object: Borrowed<'_>, path: &[Ref]) -> PyResult<Ref> {
    let mut current = object.to_ref();
    for name in path {
        current = current.getattr(name.b())?;
    }
    Ok(current)
}

#[pymethods]
impl AttrGetter {
    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }

    #[slot(tp_new, "(*attrs, **kwargs)")]
    fn new(cls: Borrowed<'_, TypeObject>, names: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        if !kwargs.is_empty() {
            return Err(raise!(TypeError, "attrgetter() takes no keyword arguments"));
        }
        if names.is_empty() {
            return Err(raise!(TypeError, "attrgetter expected 1 argument, got 0"));
        }
        if names.iter().any(|name| !text::check(*name)) {
            return Err(raise!(TypeError, "attribute name must be a string"));
        }
        let paths = names.iter().map(|name| path_of(*name)).collect::<PyResult<Vec<_>>>()?;
        let names = OptRef::new(Some(tuple::from_slice(names)?));
        memory::new_instance(&cls, AttrGetter { head: header(), names, paths }).map(Ref::upcast)
    }

    #[slot(tp_call, "(*args, **kwargs)")]
    fn call(&self, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let object = only("attrgetter", args, kwargs)?;
        if let [path] = self.paths.as_slice() {
            return follow(object, path);
        }
        let found = self.paths.iter().map(|path| follow(object, path)).collect::<PyResult<Vec<_>>>()?;
        tuple::from_vec(found)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        shown(slf.object(), items(&slf.names))
    }

    /// Return state information for pickling
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        (slf.object().class(), slf.names.get()).into_py()
    }
}

/// Return a callable object that calls the given method on its operand.
/// After f = methodcaller('name'), the call f(r) returns r.name().
/// After g = methodcaller('name', 'date', foo=1), the call g(r) returns
/// r.name('date', foo=1).
#[pyclass(name = "methodcaller", module = "operator", sig = "(name, /, *args, **kwargs)", gc)]
pub struct MethodCaller {
    head: abi::PyObject,
    name: OptRef,
    args: OptRef,
    kwargs: OptRef<Dict>,
}

#[pymethods]
impl MethodCaller {
    #[getter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }

    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some((name, rest)) = tuple::items(args).unwrap_or_default().split_first() else {
            return Err(raise!(TypeError, "methodcaller needs at least one argument, the method name"));
        };
        if !text::check(*name) {
            return Err(raise!(TypeError, "method name must be a string"));
        }
        let kwargs = match kwargs.and_then(|kwargs| kwargs.downcast::<Dict>()).filter(|kwargs| !kwargs.is_empty()) {
            Some(kwargs) => Some(kwargs.copy()?),
            None => None,
        };
        let value = MethodCaller {
            head: header(),
            name: OptRef::new(Some(name.to_ref())),
            args: OptRef::new(Some(tuple::from_slice(rest)?)),
            kwargs: OptRef::new(kwargs),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_call, "(*args, **kwargs)")]
    fn call(&self, args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        let object = only("methodcaller", args, kwargs)?;
        let (Some(name), Some(own)) = (self.name.get(), self.args.get()) else {
            return Err(object::error::bad_internal_call());
        };
        let method = object.getattr(name.b())?;
        match self.kwargs.get() {
            None => method.call(tuple::items(own.b()).unwrap_or_default()),
            Some(kwargs) => method.call_tuple(own.b(), Some(kwargs.b())),
        }
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        let Some(_guard) = ReprGuard::enter(&object) else {
            return text::new(&format!("{}(...)", object.class().tp_name()));
        };
        let mut builder = text::Builder::new();
        builder.push_str(object.class().tp_name())?;
        builder.push_str("(")?;
        builder.push_object(slf.name.get().unwrap_or_else(core::none_ref).repr()?.b())?;
        for item in items(&slf.args) {
            builder.push_str(", ")?;
            builder.push_object(item.repr()?.b())?;
        }
        if let Some(kwargs) = slf.kwargs.get() {
            for (name, value) in kwargs.iter() {
                builder.push_str(", ")?;
                builder.push_object(name.str()?.b())?;
                builder.push_str("=")?;
                builder.push_object(value.repr()?.b())?;
            }
        }
        builder.push_str(")")?;
        builder.finish()
    }

    /// Return state information for pickling
    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let object = slf.object();
        let class = object.class();
        let name = slf.name.get().into_py()?;
        let args = slf.args.get().unwrap_or_else(tuple::empty);
        match slf.kwargs.get() {
            None => {
                let mut all = vec![name];
                all.extend(items(&slf.args));
                (class, tuple::from_vec(all)?).into_py()
            }
            Some(kwargs) => {
                let partial = builtins::object_::reduce::import(id!("functools"))?.getattr(id!("partial"))?;
                let made = partial.call_tuple(tuple::from_array([class.to_ref(), name])?.b(), Some(kwargs.b()))?;
                (made, args).into_py()
            }
        }
    }
}
