//! `object.__reduce__`, `__reduce_ex__`, `__getstate__`: how instances are copied and pickled.

use super::BaseObject;
use crate::dict::instance;
use crate::type_::{dicts, lookup, storage, tuple_items};
use abi::tpflags;
use macros::pymethods;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, raise, thread};

/// The object `name` of module `builtins`.
pub fn builtin(name: Borrowed<'_>) -> PyResult<Ref> {
    let builtins = thread::current().interpreter().builtins.get();
    match builtins {
        Some(dict) => dicts::get(dict.b(), name)?
            .ok_or_else(|| raise!(AttributeError, "module 'builtins' has no attribute '{}'", text::to_string_lossy(name))),
        None => Err(raise!(RuntimeError, "lost builtins module")),
    }
}

/// `import name`, the plain module.
pub fn import(name: Borrowed<'_>) -> PyResult<Ref> {
    if let Some(modules) = thread::current().interpreter().modules.get()
        && let Some(module) = modules.getitem_opt(name)?
    {
        return Ok(module);
    }
    let import = builtin(id!("__import__"))?;
    import.call1(name)?;
    match thread::current().interpreter().modules.get() {
        Some(modules) => modules.getitem(name),
        None => Err(raise!(RuntimeError, "lost sys.modules")),
    }
}

fn copyreg() -> PyResult<Ref> {
    import(id!("copyreg"))
}

/// The names of the slots of a class and its bases, as copyreg finds and caches them.
fn slot_names(class: &TypeObject) -> PyResult<Option<Ref>> {
    let none_or_list = |names: Ref| -> PyResult<Option<Ref>> {
        if names.is(&core::none()) {
            return Ok(None);
        }
        if names.class().is_subtype(&core::LIST) {
            return Ok(Some(names));
        }
        Err(raise!(TypeError, "{}.__slotnames__ should be a list or None, not {}", class.tp_name(), names.class().tp_name()))
    };
    if let Some(dict) = crate::type_::lookup::own_dict(class)?
        && let Some(cached) = dicts::get(dict.b(), id!("__slotnames__"))?
    {
        return none_or_list(cached);
    }
    let names = copyreg()?.call_method(id!("_slotnames"), &[class.borrowed()])?;
    if !names.is(&core::none()) && !names.class().is_subtype(&core::LIST) {
        return Err(raise!(TypeError, "copyreg._slotnames didn't return a list or None"));
    }
    none_or_list(names)
}

/// The default `__getstate__`: the instance's dict, or that with a dict of its slots.
fn default_state(object: Borrowed<'_>, required: bool) -> PyResult<Ref> {
    let class = object.class();
    if required && class.raw().tp_itemsize.get() != 0 {
        return Err(raise!(TypeError, "cannot pickle '{}' object", class.tp_name()));
    }
    let state = if storage::has_storage(class) {
        match crate::dict::instance::is_empty(object) {
            true => core::none_ref(),
            false => object.getattr_opt(id!("__dict__"))?.unwrap_or_else(core::none_ref),
        }
    } else {
        core::none_ref()
    };
    let names = slot_names(class)?;
    let names = match &names {
        Some(names) => names.to_vec()?,
        None => Vec::new(),
    };
    if required {
        let word = size_of::<usize>().cast_signed();
        let mut size = core::OBJECT.raw().tp_basicsize.get();
        if class.raw().tp_dictoffset.get() > 0 {
            size += word;
        }
        if class.raw().tp_weaklistoffset.get() > 0 {
            size += word;
        }
        size += word * names.len().cast_signed();
        if class.raw().tp_basicsize.get() > size {
            return Err(raise!(TypeError, "cannot pickle '{}' object", class.tp_name()));
        }
    }
    if names.is_empty() {
        return Ok(state);
    }
    let slots = dicts::new()?;
    for name in &names {
        if let Some(value) = object.getattr_opt(name.b())? {
            dicts::set(slots.b(), name.b(), value.b())?;
        }
    }
    if slots.len()? == 0 { Ok(state) } else { tuple::from_array([state, slots]) }
}

/// Whether `name` of the object can be nothing but what `object` has: looking it up would run no code.
fn is_inherited(object: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<bool> {
    let class = object.class();
    let getattro = abi::typeslot::tp_getattro;
    if class.slot_ptr(getattro) != core::OBJECT.slot_ptr(getattro) {
        return Ok(false);
    }
    let same = match (lookup(class, name), lookup(&core::OBJECT, name)) {
        (Some(found), Some(base)) => base.is(&found),
        _ => false,
    };
    Ok(same && !(instance::has_dict(class) && instance::get_attr(object, name)?.is_some()))
}

/// `object.__getstate__()`, or the class's own.
fn get_state(object: Borrowed<'_>, required: bool) -> PyResult<Ref> {
    if is_inherited(object, id!("__getstate__"))? {
        return default_state(object, required);
    }
    let method = object.getattr(id!("__getstate__"))?;
    let is_default = crate::cfunction::self_of(method.b()).is_some_and(|own| own.is(&object))
        && crate::cfunction::method_of(method.b()).is_some()
        && lookup(object.class(), id!("__getstate__"))
            .is_some_and(|found| lookup(&core::OBJECT, id!("__getstate__")).is_some_and(|base| base.is(&found)));
    if is_default { default_state(object, required) } else { method.call0() }
}

/// The arguments that `__new__` needs: `__getnewargs_ex__`, `__getnewargs__`.
fn new_arguments(object: Borrowed<'_>) -> PyResult<(Option<Ref>, Option<Ref>)> {
    if let Some(method) = object.lookup_special(id!("__getnewargs_ex__"))? {
        let pair = method.call0()?;
        let Some(items) = tuple::items(pair.b()) else {
            return Err(raise!(TypeError, "__getnewargs_ex__ should return a tuple, not '{}'", pair.class().tp_name()));
        };
        let [args, kwargs] = items else {
            return Err(raise!(ValueError, "__getnewargs_ex__ should return a tuple of length 2, not {}", items.len()));
        };
        if tuple::items(*args).is_none() {
            return Err(raise!(
                TypeError,
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                args.class().tp_name()
            ));
        }
        if !kwargs.class().is_subtype(&core::DICT) {
            return Err(raise!(
                TypeError,
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                kwargs.class().tp_name()
            ));
        }
        return Ok((Some(args.to_ref()), Some(kwargs.to_ref())));
    }
    match object.lookup_special(id!("__getnewargs__"))? {
        Some(method) => {
            let args = method.call0()?;
            if tuple::items(args.b()).is_none() {
                return Err(raise!(TypeError, "__getnewargs__ should return a tuple, not '{}'", args.class().tp_name()));
            }
            Ok((Some(args), None))
        }
        None => Ok((None, None)),
    }
}

/// Iterators over the items of list and dict subclasses.
fn items_iterators(object: Borrowed<'_>) -> PyResult<(Ref, Ref)> {
    let class = object.class();
    let list = if class.has(tpflags::LIST_SUBCLASS) { object.iter()? } else { core::none_ref() };
    let dict = if class.has(tpflags::DICT_SUBCLASS) { object.call_method(id!("items"), &[])?.iter()? } else { core::none_ref() };
    Ok((list, dict))
}

/// Protocol 2 and above: `copyreg.__newobj__`.
fn reduce_newobj(object: Borrowed<'_>) -> PyResult<Ref> {
    let class = object.class();
    if class.tp_new().is_none() {
        return Err(raise!(TypeError, "cannot pickle '{}' object", class.tp_name()));
    }
    let (args, kwargs) = new_arguments(object)?;
    let copyreg = copyreg()?;
    let has_args = args.is_some();
    let class_object = object.class().to_ref();
    let (function, arguments) = match (args, kwargs) {
        (args, kwargs) if kwargs.as_ref().map_or(Ok(0), |kwargs| kwargs.len())? == 0 => {
            let arguments = match args {
                None => tuple::from_array([class_object])?,
                args => tuple::from_vec(std::iter::once(class_object).chain(tuple_items(args.as_ref())).collect())?,
            };
            (copyreg.getattr(id!("__newobj__"))?, arguments)
        }
        (Some(args), Some(kwargs)) => (copyreg.getattr(id!("__newobj_ex__"))?, tuple::from_array([class_object, args, kwargs])?),
        _ => return Err(object::error::bad_internal_call()),
    };
    let class = object.class();
    let required = !has_args && !class.has(tpflags::LIST_SUBCLASS) && !class.has(tpflags::DICT_SUBCLASS);
    let state = get_state(object, required)?;
    let (list, dict) = items_iterators(object)?;
    tuple::from_array([function, arguments, state, list, dict])
}

#[pymethods(part = REDUCE)]
impl BaseObject {
    /// Helper for pickle.
    #[method(name = "__reduce_ex__", "($self, protocol, /)")]
    fn reduce_ex(slf: Borrowed<'_>, protocol: i32) -> PyResult<Ref> {
        if slf.class().borrowed().class().is_type(&core::TYPE) && is_inherited(slf, id!("__reduce__"))? {
            return common_reduce(slf, protocol);
        }
        let reduce = slf.getattr(id!("__reduce__"))?;
        let own = slf.class().borrowed().getattr(id!("__reduce__"))?;
        let base = lookup(&core::OBJECT, id!("__reduce__"));
        if base.is_some_and(|base| base.is(&own)) { common_reduce(slf, protocol) } else { reduce.call0() }
    }

    /// Helper for pickle.
    #[method(name = "__reduce__", "($self, /)")]
    fn reduce(slf: Borrowed<'_>) -> PyResult<Ref> {
        common_reduce(slf, 0)
    }

    /// Helper for pickle.
    #[method(name = "__getstate__", "($self, /)")]
    fn getstate(slf: Borrowed<'_>) -> PyResult<Ref> {
        default_state(slf, false)
    }
}

fn common_reduce(object: Borrowed<'_>, protocol: i32) -> PyResult<Ref> {
    if protocol >= 2 {
        return reduce_newobj(object);
    }
    let protocol = int::new(i64::from(protocol))?;
    copyreg()?.call_method(id!("_reduce_ex"), &[object, protocol.b()])
}
