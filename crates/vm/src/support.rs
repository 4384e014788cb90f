//! What the interpreter needs of the built-in types, in one place: thin doors to their Rust APIs.

use builtins::dict::Dict;
use builtins::list::List;
use builtins::set::Set;
use builtins::slice::Slice;
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, hooks, id};

/// `dict[key]`, or none; for dicts and their subtypes without asking `__missing__`.
#[inline]
pub fn dict_get(dict: Borrowed<'_>, key: Borrowed<'_>) -> PyResult<Option<Ref>> {
    match dict.downcast_exact::<builtins::dict::Dict>() {
        Some(dict) => dict.get_item(key),
        None => (hooks::get().dict_get)(dict, key),
    }
}

/// `dict[key] = value`.
#[inline]
pub fn dict_set(dict: Borrowed<'_>, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
    match dict.downcast_exact::<builtins::dict::Dict>() {
        Some(dict) => dict.set(key, value),
        None => (hooks::get().dict_set)(dict, key, value),
    }
}

/// A new empty dict.
#[inline]
pub fn dict_new() -> PyResult<Ref> {
    (hooks::get().dict_new)()
}

/// A new list of these items.
#[inline]
pub fn list_new(items: Vec<Ref>) -> PyResult<Ref> {
    (hooks::get().list_new)(items)
}

/// A bound method.
#[inline]
pub fn method_new(function: Borrowed<'_>, instance: Borrowed<'_>) -> PyResult<Ref> {
    builtins::method::new(function, instance)
}

/// A cell with this content.
pub fn cell_new(content: Option<Ref>) -> PyResult<Ref> {
    builtins::cell::new(content)
}

/// The content field of a cell.
///
/// # Safety
/// The object is a cell.
#[inline(always)]
pub unsafe fn cell_field<'a>(cell: Borrowed<'a>) -> &'a abi::Cell<*mut abi::PyObject> {
    // SAFETY: by contract.
    unsafe { &(*cell.ptr().cast::<abi::PyCellObject>()).ob_ref }
}

/// A slice.
pub fn slice_new(start: Borrowed<'_>, stop: Borrowed<'_>, step: Borrowed<'_>) -> PyResult<Ref> {
    Slice::new(Some(start), Some(stop), Some(step)).map(Ref::upcast)
}

/// `set(items)`.
pub fn set_from(items: &[Borrowed<'_>]) -> PyResult<Ref> {
    let set = Set::new()?;
    items.iter().try_for_each(|item| set.add(*item))?;
    Ok(set.upcast())
}

/// `set.add(item)`.
pub fn set_add(set: Borrowed<'_>, item: Borrowed<'_>) -> PyResult<()> {
    match builtins::set::exact_set(set) {
        Some(set) => set.add(item),
        None => Err(object::error::bad_internal_call()),
    }
}

/// `set.update(iterable)`.
pub fn set_update(set: Borrowed<'_>, items: Borrowed<'_>) -> PyResult<()> {
    match builtins::set::exact_set(set) {
        Some(set) => set.update(items),
        None => Err(object::error::bad_internal_call()),
    }
}

/// `list.append(item)`.
#[inline]
pub fn list_append(list: Borrowed<'_>, item: Ref) -> PyResult<()> {
    match list.downcast_exact::<List>() {
        Some(list) => list.append(item),
        None => Err(object::error::bad_internal_call()),
    }
}

/// `list.extend(iterable)`.
pub fn list_extend(list: Borrowed<'_>, items: Borrowed<'_>) -> PyResult<()> {
    match list.downcast_exact::<List>() {
        Some(list) => list.extend_from(items),
        None => Err(object::error::bad_internal_call()),
    }
}

/// `dict.update(mapping)`, for `{**mapping}`.
pub fn dict_update(dict: Borrowed<'_>, mapping: Borrowed<'_>) -> PyResult<()> {
    match dict.downcast::<Dict>() {
        Some(dict) => dict.update(mapping),
        None => Err(object::error::bad_internal_call()),
    }
}

/// `module.qualname` of a type, or its bare name for builtins: `%T` of CPython's formats.
pub fn qualified_name(class: &object::TypeObject) -> String {
    let qualname = class.getattr_opt(id!("__qualname__")).ok().flatten();
    let module = class.getattr_opt(id!("__module__")).ok().flatten();
    object::error::take().map(drop).unwrap_or_default();
    let text = |object: Option<Ref>| {
        object
            .filter(|object| object::value::str::check(object.b()))
            .map(|object| object::value::str::to_string_lossy(object.b()))
    };
    match (text(module), text(qualname)) {
        (Some(module), Some(name)) if module != "builtins" && module != "__main__" => format!("{module}.{name}"),
        (_, Some(name)) => name,
        _ => class.short_name().to_owned(),
    }
}

/// A collection of the generations whose thresholds were passed.
pub fn collect_garbage(_thread: &object::thread::ThreadState) {
    object::gc::collect::run_due();
}

/// `importlib.import_module(name)` for the interpreter's own needs.
pub fn import_module(name: &str) -> PyResult<Ref> {
    let key = object::value::str::new(name)?;
    let interpreter = object::thread::current().interpreter();
    if let Some(modules) = interpreter.modules.get()
        && let Some(found) = modules.getitem_opt(key.b())?
    {
        return Ok(found);
    }
    let builtins = interpreter.builtins.get().ok_or_else(|| object::raise!(ImportError, "no builtins"))?;
    let import = builtins.getitem(id!("__import__"))?;
    let from_list = tuple::from_slice(&[id!("__name__")])?;
    import.call(&[key.b(), builtins.b(), builtins.b(), from_list.b(), object::value::int::new(0)?.b()])
}
