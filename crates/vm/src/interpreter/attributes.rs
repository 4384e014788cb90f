//! Attributes.

use crate::frame::{Frame, Slot};
use crate::specialize;
use abi::tpflags;
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, raise};

general! {
    DELETE_ATTR => delete_attr;
    LOAD_SPECIAL => load_special;
}

adaptive! {
    LOAD_ATTR => load_attr, specialize::load_attr, specialize::recall_load_attr;
    STORE_ATTR => store_attr, specialize::store_attr, specialize::recall_store_attr;
    LOAD_SUPER_ATTR => load_super_attr, specialize::load_super_attr;
}

fn load_attr(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize >> 1);
    let owner = frame.pop();
    if oparg & 1 == 0 {
        let value = owner.getattr(name)?;
        frame.push(value);
        return Ok(());
    }
    match method(owner.b(), name)? {
        (function, true) => {
            frame.push(function);
            frame.push_slot(owner.into_slot());
        }
        (value, false) => {
            drop(owner);
            frame.push(value);
            frame.push_slot(Slot::NULL);
        }
    }
    Ok(())
}

/// An attribute that will be called: a function to be called with the owner first (true), or any other value.
fn method(owner: Borrowed<'_>, name: Borrowed<'_>) -> PyResult<(Ref, bool)> {
    let class = owner.class();
    let generic = core::OBJECT.raw().tp_getattro.get().map(|function| function as usize);
    if class.raw().tp_getattro.get().map(|function| function as usize) == generic
        && let Some(found) = class.type_lookup(name)
        && found.class().has(tpflags::METHOD_DESCRIPTOR)
    {
        // What the instance has itself comes before a method.
        return match builtins::dict::instance::get_attr(owner, name)? {
            Some(own) => Ok((own, false)),
            None => Ok((found, true)),
        };
    }
    owner.getattr(name).map(|value| (value, false))
}

fn store_attr(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let owner = frame.pop();
    let value = frame.pop();
    owner.setattr(name, value.b())
}

fn delete_attr(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let owner = frame.pop();
    owner.delattr(name)
}

fn load_super_attr(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize >> 2);
    let receiver = frame.pop();
    let class = frame.pop();
    let global_super = frame.pop();
    if global_super.is(&core::SUPER)
        && let Some(class) = class.b().downcast::<TypeObject>()
    {
        // The compiler has put `__class__` and the first argument there for both forms of `super`.
        if oparg & 1 == 0 {
            let value = builtins::super_::lookup(class, receiver.b(), name)?;
            frame.push(value);
            return Ok(());
        }
        let (function, wants_self) = builtins::super_::lookup_method(class, receiver.b(), name)?;
        frame.push(function);
        frame.push_slot(if wants_self { receiver.into_slot() } else { Slot::NULL });
        return Ok(());
    }
    let object = if oparg & 2 != 0 { global_super.call(&[class.b(), receiver.b()])? } else { global_super.call0()? };
    let value = object.getattr(name)?;
    frame.push(value);
    if oparg & 1 != 0 {
        frame.push_slot(Slot::NULL);
    }
    Ok(())
}

fn load_special(frame: &Frame, oparg: u32) -> PyResult<()> {
    let owner = frame.pop();
    let name = match oparg {
        0 => id!("__enter__"),
        1 => id!("__exit__"),
        2 => id!("__aenter__"),
        3 => id!("__aexit__"),
        _ => return Err(raise!(SystemError, "bad operand of LOAD_SPECIAL")),
    };
    let found = owner.class().type_lookup(name);
    let Some(found) = found else { return Err(missing_special(owner.b(), oparg)) };
    if found.class().has(tpflags::METHOD_DESCRIPTOR) {
        frame.push(found);
        frame.push_slot(owner.into_slot());
        return Ok(());
    }
    let bound = match found.class().tp_descr_get() {
        Some(get) => get(found.b(), Some(owner.b()), Some(owner.class().borrowed()))?,
        None => found,
    };
    drop(owner);
    frame.push(bound);
    frame.push_slot(Slot::NULL);
    Ok(())
}

#[cold]
fn missing_special(owner: Borrowed<'_>, kind: u32) -> object::Raised {
    let class = owner.class();
    let has = |name: Borrowed<'_>| class.type_lookup(name).is_some();
    let name = crate::support::qualified_name(class);
    let (asynchronous, method) = match kind {
        0 => (false, "__enter__"),
        1 => (false, "__exit__"),
        2 => (true, "__aenter__"),
        _ => (true, "__aexit__"),
    };
    let other = if asynchronous {
        has(id!("__enter__")) && has(id!("__exit__"))
    } else {
        has(id!("__aenter__")) && has(id!("__aexit__"))
    };
    match (asynchronous, other) {
        (false, false) => {
            raise!(TypeError, "'{name}' object does not support the context manager protocol (missed {method} method)")
        }
        (false, true) => raise!(
            TypeError,
            "'{name}' object does not support the context manager protocol (missed {method} method) but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
        ),
        (true, false) => raise!(
            TypeError,
            "'{name}' object does not support the asynchronous context manager protocol (missed {method} method)"
        ),
        (true, true) => raise!(
            TypeError,
            "'{name}' object does not support the asynchronous context manager protocol (missed {method} method) but it supports the context manager protocol. Did you mean to use 'with'?"
        ),
    }
}
