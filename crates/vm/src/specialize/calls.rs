//! What CALL specialises to.

use super::{become_op, stay};
use crate::code::shape;
use crate::code::units::Unit;
use crate::frame::Frame;
use crate::function::{Function, bind};
use crate::interpreter::{MOST_KEYWORDS, Plan};
use abi::{mlflags, tpflags, typeslot};
use builtins::cfunction;
use builtins::cfunction::invoke::KIND;
use bytecode::Op;
use bytecode::flags::{CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR};
use object::{Borrowed, TypeObject, core, id};

fn cache(unit: &Unit, index: usize) -> &Unit {
    // SAFETY: CALL and CALL_KW have three words of cache.
    unsafe { &*std::ptr::from_ref(unit).add(1 + index.min(2)) }
}

/// CALL. The first word of the cache is the version of the function or class, or the callable itself.
#[cold]
#[inline(never)]
pub fn call(frame: &Frame, unit: &Unit, oparg: u32) {
    let callable = frame.peek(oparg as usize + 2);
    let has_self = !frame.stack().peek(oparg as usize + 1).is_null();
    let nargs = oparg as usize + usize::from(has_self);
    let class = callable.class();
    let op = if let Some(function) = bind::as_function(callable) {
        python(unit, function.get(), nargs).map(|exact| if exact { Op::CALL_PY_EXACT_ARGS } else { Op::CALL_PY_GENERAL })
    } else if class.is_type(&core::METHOD) {
        if has_self { None } else { method(unit, callable, nargs) }
    } else if class.is_type(&core::TYPE) && !has_self {
        // SAFETY: an instance of `type` is a type.
        let class = unsafe { callable.get().cast_unchecked::<TypeObject>() };
        of_class(unit, class.get(), nargs).or(Some(Op::CALL_NON_PY_GENERAL))
    } else if class.is_type(&core::CFUNCTION) {
        builtin(frame, unit, callable, nargs, has_self).or(Some(Op::CALL_NON_PY_GENERAL))
    } else if class.is_type(&core::METHOD_DESCR) && nargs >= 1 {
        let first = if has_self { oparg as usize + 1 } else { oparg as usize };
        descriptor(unit, callable, frame.peek(first), nargs, has_self).or(Some(Op::CALL_NON_PY_GENERAL))
    } else {
        Some(Op::CALL_NON_PY_GENERAL)
    };
    op.map_or_else(|| stay(unit, Op::CALL), |op| become_op(unit, op));
}

/// CALL_KW.
#[cold]
#[inline(never)]
pub fn call_kw(frame: &Frame, unit: &Unit, oparg: u32) {
    let callable = frame.peek(oparg as usize + 3);
    let has_self = !frame.stack().peek(oparg as usize + 2).is_null();
    let names = frame.peek(1);
    let op = if let Some(function) = bind::as_function(callable) {
        keywords(frame, unit, function.get(), names, oparg as usize + usize::from(has_self)).then_some(Op::CALL_KW_PY)
    } else if callable.class().is_type(&core::METHOD) && !has_self {
        let function = builtins::method::parts(callable).map(|(function, _instance)| function);
        let plain = function.as_ref().and_then(|function| bind::as_function(function.b()));
        plain
            .is_some_and(|function| keywords(frame, unit, function.get(), names, oparg as usize + 1))
            .then_some(Op::CALL_KW_BOUND_METHOD)
    } else {
        Some(Op::CALL_KW_NON_PY)
    };
    op.map_or_else(|| stay(unit, Op::CALL_KW), |op| become_op(unit, op));
}

/// Fills the cache for a call of the function with so many arguments, of which the last have these names: false if they do not all go straight into
/// parameters.
fn keywords(frame: &Frame, unit: &Unit, function: &Function, names: Borrowed<'_>, total: usize) -> bool {
    let code = function.code();
    let version = function.version.get();
    // The cache knows the names by their address: they must be a constant of the code.
    let constant = frame.code().consts().iter().any(|constant| constant.is(&names));
    let items = object::value::tuple::items(names).unwrap_or_default();
    let parameters = code.arg_count();
    if version == 0
        || !constant
        || code.shape.get() & shape::SIMPLE == 0
        || code.start().is_none()
        || items.len() > MOST_KEYWORDS
        || total < items.len()
        || parameters > usize::from(u8::MAX)
    {
        return false;
    }
    let positional = total - items.len();
    if positional > parameters {
        return false;
    }
    let first_named = code.posonlyargcount.get().cast_unsigned() as usize;
    let mut given: Vec<bool> = (0..parameters).map(|index| index < positional).collect();
    let mut places = 0u64;
    for (at, name) in items.iter().enumerate() {
        let same = |index: &usize| code.localsplusnames().get(*index).is_some_and(|parameter| parameter.is(name));
        // Names that are equal but not the same object, and errors, are left to the generic form.
        let Some(index) = (first_named..parameters).find(same) else { return false };
        match given.get_mut(index) {
            Some(given) if !*given => *given = true,
            _ => return false,
        }
        places |= (index as u64) << (8 * at);
    }
    let first_default = given.iter().position(|given| !given).unwrap_or(parameters);
    let (Ok(positional), Ok(first_default)) = (u16::try_from(positional), u16::try_from(first_default)) else { return false };
    cache(unit, 0).set_word(Plan { version, positional, first_default }.word());
    cache(unit, 1).set_word(names.ptr().expose_provenance() as u64);
    cache(unit, 2).set_word(places);
    true
}

/// Whether a call of the function with so many arguments is exact (true), or is helped by defaults (false).
fn python(unit: &Unit, function: &Function, nargs: usize) -> Option<bool> {
    let code = function.code();
    let version = function.version.get();
    if version == 0 || code.shape.get() & shape::SIMPLE == 0 || code.start().is_none() || nargs > code.arg_count() {
        return None;
    }
    cache(unit, 0).set_word(u64::from(version));
    Some(nargs == code.arg_count())
}

fn method(unit: &Unit, callable: Borrowed<'_>, nargs: usize) -> Option<Op> {
    let (function, _instance) = builtins::method::parts(callable)?;
    let function = bind::as_function(function.b())?;
    let exact = python(unit, function.get(), nargs + 1)?;
    Some(if exact { Op::CALL_BOUND_METHOD_EXACT_ARGS } else { Op::CALL_BOUND_METHOD_GENERAL })
}

fn of_class(unit: &Unit, class: &TypeObject, nargs: usize) -> Option<Op> {
    let known = |op: Op| {
        cache(unit, 0).set_word(class.as_object_ptr().expose_provenance() as u64);
        Some(op)
    };
    if !class.has(tpflags::HEAPTYPE) {
        return match nargs {
            1 if class.is_type(&core::TYPE) => known(Op::CALL_TYPE_1),
            1 if class.is_type(&core::STR) => known(Op::CALL_STR_1),
            1 if class.is_type(&core::TUPLE) => known(Op::CALL_TUPLE_1),
            _ => class.raw().tp_vectorcall.get().map(|_| Op::CALL_BUILTIN_CLASS),
        };
    }
    let found = class.type_lookup(id!("__init__"))?;
    let function = bind::as_function(found.b())?.get();
    let code = function.code();
    let version = class.raw().tp_version_tag.get();
    let same = |slot| class.slot_ptr(slot) == core::OBJECT.slot_ptr(slot);
    let alloc = class.raw().tp_alloc.get().map(|function| function as usize);
    let plain = same(typeslot::tp_new)
        && alloc == core::OBJECT.raw().tp_alloc.get().map(|function| function as usize)
        && class.raw().tp_itemsize.get() == 0;
    let runs = code.flag_bits() & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR) == 0
        && code.shape.get() & shape::SIMPLE != 0
        && code.arg_count() == nargs + 1
        && code.start().is_some();
    if version == 0 || function.version.get() == 0 || !plain || !runs {
        return None;
    }
    cache(unit, 0).set_word(u64::from(version));
    cache(unit, 1).set_word(std::ptr::from_ref(function).expose_provenance() as u64);
    cache(unit, 2).set_word(u64::from(function.version.get()));
    Some(Op::CALL_ALLOC_AND_ENTER_INIT)
}

/// The functions of module `builtins` that have forms of their own. They are held for ever, so that an address names one of them.
fn known_builtin(frame: &Frame, callable: Borrowed<'_>, nargs: usize) -> Option<Op> {
    let (name, op) = match nargs {
        1 => (id!("len"), Op::CALL_LEN),
        2 => (id!("isinstance"), Op::CALL_ISINSTANCE),
        _ => return None,
    };
    let interpreter = object::thread::current().interpreter();
    let builtins = interpreter.builtins.get()?;
    if !frame.builtins().is(&builtins) {
        return None;
    }
    let definition = cfunction::method_of(callable)?;
    // SAFETY: the entry of a live function has a name.
    let called = unsafe { std::ffi::CStr::from_ptr((*definition).ml_name.get()) };
    let wanted = object::value::str::to_string_lossy(name);
    let of_module = cfunction::self_of(callable)?;
    if called.to_bytes() != wanted.as_bytes() || !of_module.class().is_type(&core::MODULE) {
        return None;
    }
    let namespace = of_module.getattr_opt(id!("__dict__")).ok().flatten()?;
    if !namespace.is(&builtins) {
        return None;
    }
    std::mem::forget(callable.to_ref());
    Some(op)
}

fn builtin(frame: &Frame, unit: &Unit, callable: Borrowed<'_>, nargs: usize, has_self: bool) -> Option<Op> {
    if !has_self && let Some(op) = known_builtin(frame, callable, nargs) {
        cache(unit, 0).set_word(callable.ptr().expose_provenance() as u64);
        return Some(op);
    }
    let definition = cfunction::method_of(callable)?;
    // SAFETY: the entry of a live function.
    match unsafe { (*definition).ml_flags.get() } & KIND {
        mlflags::O if nargs == 1 => Some(Op::CALL_BUILTIN_O),
        mlflags::FASTCALL => Some(Op::CALL_BUILTIN_FAST),
        kind if kind == mlflags::FASTCALL | mlflags::KEYWORDS => Some(Op::CALL_BUILTIN_FAST_WITH_KEYWORDS),
        _ => None,
    }
}

fn descriptor(unit: &Unit, callable: Borrowed<'_>, slf: Borrowed<'_>, nargs: usize, has_self: bool) -> Option<Op> {
    let (definition, owner) = builtins::descr::method::definition_of(callable)?;
    if !slf.class().is_subtype(owner) {
        return None;
    }
    if has_self && slf.class().is_type(owner) && nargs == 2 && owner.is_type(&core::LIST) {
        let append = core::LIST.type_lookup(id!("append"));
        if append.is_some_and(|append| append.is(&callable)) {
            cache(unit, 0).set_word(callable.ptr().expose_provenance() as u64);
            return Some(Op::CALL_LIST_APPEND);
        }
    }
    match definition.ml_flags.get() & KIND {
        mlflags::NOARGS if nargs == 1 => Some(Op::CALL_METHOD_DESCRIPTOR_NOARGS),
        mlflags::O if nargs == 2 => Some(Op::CALL_METHOD_DESCRIPTOR_O),
        mlflags::FASTCALL => Some(Op::CALL_METHOD_DESCRIPTOR_FAST),
        kind if kind == mlflags::FASTCALL | mlflags::KEYWORDS => Some(Op::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS),
        _ => None,
    }
}
