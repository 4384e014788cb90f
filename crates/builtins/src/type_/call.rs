//! Calling a type: `type.__call__`.

use super::lookup::lookup;
use super::slot_functions;
use crate::dict::instance;
use abi::{tpflags, typeslot};
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, raise, recursion};

/// `class(*args, **kwargs)`: `tp_new`, then `tp_init` where that gave an instance of the class.
pub fn call(class: &TypeObject, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
    if class.is_type(&core::TYPE) {
        let items = tuple::items(args).unwrap_or_default();
        let has_keywords = match kwargs {
            Some(kwargs) => kwargs.len()? != 0,
            None => false,
        };
        if let [object] = items
            && !has_keywords
        {
            return Ok(object.class().to_ref());
        }
        if items.len() != 3 {
            return Err(raise!(TypeError, "type() takes 1 or 3 arguments"));
        }
    }
    let Some(new) = class.tp_new() else {
        return Err(raise!(TypeError, "cannot create '{}' instances", class.tp_name()));
    };
    let object = new(class.borrowed_type(), args, kwargs)?;
    let made = object.class();
    if !made.is_subtype(class) {
        return Ok(object);
    }
    if let Some(init) = made.tp_init() {
        // `object.__init__` takes any arguments of classes that have a `__new__` of their own.
        let is_of_object = core::OBJECT.tp_init().is_some_and(|usual| std::ptr::fn_addr_eq(usual, init));
        if !is_of_object || made.slot_ptr(typeslot::tp_new) == core::OBJECT.slot_ptr(typeslot::tp_new) {
            PyResult::<()>::from(init(object.b(), args, kwargs))?;
        }
    }
    Ok(object)
}

/// A call of a type with the arguments of a vectorcall, of which the first `positional` are so: through `tp_call`.
pub fn by_vector(
    class: Borrowed<'_, TypeObject>,
    all: &[Borrowed<'_>],
    positional: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    let Some(call) = class.object().class().tp_call() else {
        return Err(raise!(TypeError, "'{}' object is not callable", class.object().class().tp_name()));
    };
    let (args, values) = all.split_at_checked(positional).unwrap_or((all, &[]));
    let args = tuple::from_slice(args)?;
    let kwargs = match kwnames.and_then(tuple::items) {
        Some(names) if !names.is_empty() => {
            let dict = super::dicts::new()?;
            names.iter().zip(values).try_for_each(|(name, value)| super::dicts::set(dict.b(), *name, *value))?;
            Some(dict)
        }
        _ => None,
    };
    call(class.object(), args.b(), kwargs.as_ref().map(Ref::b))
}

/// The most arguments that [`make_simple`] puts on the stack.
const FEW: usize = 8;

/// An instance of a class that takes `__new__` from `object` and whose `__init__` is a method written in Python: made without a tuple and a dict for the
/// arguments. None for other classes.
pub fn make_simple<'a>(
    class: &TypeObject,
    args: &[Borrowed<'a>],
    positional: usize,
    kwnames: Option<Borrowed<'a>>,
) -> Option<PyResult<Ref>> {
    let same = |slot, other: &TypeObject| class.slot_ptr(slot) == other.slot_ptr(slot);
    let alloc = |class: &TypeObject| class.raw().tp_alloc.get().map(|function| function as usize);
    let init = class.tp_init()?;
    if !class.has(tpflags::HEAPTYPE)
        || class.has(tpflags::IS_ABSTRACT)
        || args.len() > FEW
        || class.class().slot_ptr(typeslot::tp_call) != core::TYPE.slot_ptr(typeslot::tp_call)
        || !same(typeslot::tp_new, &core::OBJECT)
        || !std::ptr::fn_addr_eq(init, slot_functions::tp_init as object::slots::InitFn)
        || alloc(class) != alloc(&core::OBJECT)
        || class.raw().tp_itemsize.get() != 0
    {
        return None;
    }
    let function = lookup(class, id!("__init__")).filter(|found| found.class().has(tpflags::METHOD_DESCRIPTOR))?;
    Some(make(class, &function, args, positional, kwnames))
}

fn make(
    class: &TypeObject,
    init: &Ref,
    args: &[Borrowed<'_>],
    positional: usize,
    kwnames: Option<Borrowed<'_>>,
) -> PyResult<Ref> {
    // SAFETY: the class makes its instances as `object` does; the result is a new instance, or null with an exception.
    let instance = unsafe { Ref::<object::Object>::from_owned_or_null(instance::allocate(class)) };
    // SAFETY: null says that an exception is set.
    let Some(instance) = instance else { return Err(unsafe { object::Raised::assume() }) };
    recursion::check(" while calling a Python object")?;
    let mut all = [instance.b(); FEW + 1];
    let count = args.len() + 1;
    if let Some(room) = all.get_mut(1..count) {
        room.copy_from_slice(args);
    }
    let result = init.vectorcall(all.get(..count).unwrap_or_default(), positional + 1, kwnames)?;
    if result.is(&core::none()) {
        return Ok(instance);
    }
    Err(raise!(TypeError, "__init__() should return None, not '{}'", result.class().tp_name()))
}
