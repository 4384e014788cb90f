//! Names: locals of modules and classes, globals, builtins.

use crate::frame::Frame;
use crate::specialize;
use crate::support;
use object::value::str as text;
use object::{Borrowed, PyResult, Raised, RawField, Ref, core, error, exc, id, raise};

general! {
    LOAD_LOCALS => load_locals;
    LOAD_NAME => load_name;
    STORE_NAME => store_name;
    DELETE_NAME => delete_name;
    STORE_GLOBAL => store_global;
    DELETE_GLOBAL => delete_global;
    LOAD_FROM_DICT_OR_GLOBALS => load_from_dict_or_globals;
    LOAD_BUILD_CLASS => load_build_class;
    SETUP_ANNOTATIONS => setup_annotations;
}

fn no_locals(action: &str, name: Borrowed<'_>) -> Raised {
    let name = name.repr_text().unwrap_or_default();
    raise!(SystemError, "no locals {action} {name}")
}

fn locals_mapping<'a>(frame: &'a Frame, action: &str) -> PyResult<Borrowed<'a>> {
    frame.locals().ok_or_else(|| raise!(SystemError, "no locals {action}"))
}

adaptive! {
    LOAD_GLOBAL => load_global, specialize::load_global;
}

/// The NameError of a name that is nowhere, with its `name` attribute.
#[cold]
pub(super) fn undefined(name: Borrowed<'_>) -> Raised {
    named(raise!(NameError, "name '{}' is not defined", text::to_string_lossy(name)), name)
}

/// The NameError `raised` with its `name` attribute.
#[cold]
pub(super) fn named(raised: Raised, name: Borrowed<'_>) -> Raised {
    let exception = raised.take();
    if exception.class().is_type(&exc::NameError) {
        // SAFETY: an exact NameError has this struct.
        unsafe { (*exception.ptr().cast::<abi::PyNameErrorObject>()).name.store(Some(name.to_ref())) };
    }
    error::restore(exception)
}

fn load_locals(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let locals = locals_mapping(frame, "found")?.to_ref();
    frame.push(locals);
    Ok(())
}

/// A global or builtin.
pub(super) fn global(frame: &Frame, name: Borrowed<'_>) -> PyResult<Ref> {
    let (globals, builtins) = (frame.globals(), frame.builtins());
    if globals.class().is_type(&core::DICT) {
        if let Some(value) = support::dict_get(globals, name)? {
            return Ok(value);
        }
    } else if let Some(value) = globals.getitem_opt(name)? {
        return Ok(value);
    }
    let found =
        if builtins.class().is_type(&core::DICT) { support::dict_get(builtins, name)? } else { builtins.getitem_opt(name)? };
    found.ok_or_else(|| undefined(name))
}

fn load_name(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let Some(locals) = frame.locals() else { return Err(no_locals("when loading", name)) };
    let locals = locals.to_ref();
    let local =
        if locals.class().is_type(&core::DICT) { support::dict_get(locals.b(), name)? } else { locals.getitem_opt(name)? };
    let value = match local {
        Some(value) => value,
        None => global(frame, name)?,
    };
    frame.push(value);
    Ok(())
}

fn store_name(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let value = frame.pop();
    let Some(locals) = frame.locals() else { return Err(no_locals("found when storing", name)) };
    let locals = locals.to_ref();
    if locals.class().is_type(&core::DICT) {
        support::dict_set(locals.b(), name, value.b())
    } else {
        locals.setitem(name, value.b())
    }
}

fn delete_name(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let Some(locals) = frame.locals() else { return Err(no_locals("when deleting", name)) };
    let locals = locals.to_ref();
    locals.delitem(name).map_err(|raised| {
        if raised.is_a(&exc::KeyError) {
            raised.clear();
            undefined(name)
        } else {
            raised
        }
    })
}

fn load_global(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize >> 1);
    let value = global(frame, name)?;
    frame.push(value);
    if oparg & 1 != 0 {
        frame.push_slot(crate::frame::Slot::NULL);
    }
    Ok(())
}

fn store_global(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let value = frame.pop();
    support::dict_set(frame.globals(), name, value.b())
}

fn delete_global(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let globals = frame.globals().to_ref();
    globals.delitem(name).map_err(|raised| {
        if raised.is_a(&exc::KeyError) {
            raised.clear();
            undefined(name)
        } else {
            raised
        }
    })
}

fn load_from_dict_or_globals(frame: &Frame, oparg: u32) -> PyResult<()> {
    let name = frame.code().name_at(oparg as usize);
    let mapping = frame.pop();
    let value = match mapping.getitem_opt(name)? {
        Some(value) => value,
        None => global(frame, name)?,
    };
    frame.push(value);
    Ok(())
}

fn load_build_class(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let found = frame.builtins().getitem_opt(id!("__build_class__"))?;
    let function = found.ok_or_else(|| raise!(NameError, "__build_class__ not found"))?;
    frame.push(function);
    Ok(())
}

fn setup_annotations(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let Some(locals) = frame.locals() else {
        return Err(raise!(SystemError, "no locals found when setting up annotations"));
    };
    let locals = locals.to_ref();
    if locals.getitem_opt(id!("__annotations__"))?.is_none() {
        locals.setitem(id!("__annotations__"), support::dict_new()?.b())?;
    }
    Ok(())
}
