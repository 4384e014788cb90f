//! Cells and free variables.

use super::names;
use crate::frame::{Frame, Slot};
use crate::support;
use object::value::{str as text, tuple};
use object::{PyResult, Raised, RawField, raise};

general! {
    MAKE_CELL => make_cell;
    COPY_FREE_VARS => copy_free_vars;
    deref_slow => load_deref;
    STORE_DEREF => store_deref;
    DELETE_DEREF => delete_deref;
    LOAD_FROM_DICT_OR_DEREF => load_from_dict_or_deref;
}

handler! {
    fn LOAD_DEREF(pc, sp, frame, thread, table, oparg) {
        let cell = (*frame).local(oparg as usize).ptr();
        if !cell.is_null() && std::ptr::eq((*cell).ob_type.get(), object::core::CELL.as_type_ptr()) {
            let value = (*cell.cast::<abi::PyCellObject>()).ob_ref.get();
            if !value.is_null() {
                object::reference::incref(value);
                sp.write(Slot::from_raw(value));
                dispatch!(pc.add(1), sp.add(1), frame, thread, table)
            }
        }
        return deref_slow(pc, sp, frame, thread, table, oparg);
    }
}

fn make_cell(frame: &Frame, oparg: u32) -> PyResult<()> {
    let index = oparg as usize;
    let initial = frame.replace_local(index, Slot::NULL);
    // SAFETY: the value moves out of the local.
    let initial = if initial.is_null() { None } else { Some(unsafe { initial.into_ref() }) };
    let cell = support::cell_new(initial)?;
    frame.set_local(index, Some(cell));
    Ok(())
}

fn copy_free_vars(frame: &Frame, oparg: u32) -> PyResult<()> {
    // SAFETY: nothing runs that could change the closure, which cannot be assigned.
    let closure = unsafe { frame.function().closure.peek() };
    let cells = closure.and_then(tuple::items).unwrap_or_default();
    let count = oparg as usize;
    if cells.len() != count {
        return Err(raise!(SystemError, "the closure does not fit the code"));
    }
    let first = frame.code().local_count() - count;
    for (index, cell) in cells.iter().enumerate() {
        // The local has nothing yet, or (in damaged code) something that is dropped.
        frame.set_local(first + index, Some(cell.to_ref()));
    }
    Ok(())
}

/// The field of the cell in a local; damaged code that has no cell there is an error.
fn cell_field(frame: &Frame, index: usize) -> PyResult<&abi::Cell<*mut abi::PyObject>> {
    let slot = frame.local(index);
    // SAFETY: the local keeps its object alive.
    match unsafe { slot.object_or_null() } {
        // SAFETY: it is a cell.
        Some(cell) if cell.class().is_type(&object::core::CELL) => Ok(unsafe { support::cell_field(cell) }),
        _ => Err(raise!(SystemError, "a cell is missing")),
    }
}

/// The NameError of an empty cell.
#[cold]
pub(super) fn unbound(frame: &Frame, index: usize) -> Raised {
    let code = frame.code();
    let found = code.localsplusnames().get(index);
    let name = found.map_or_else(String::new, |name| text::to_string_lossy(*name));
    let kind = code.localspluskinds().get(index).copied().unwrap_or(0);
    if kind & bytecode::flags::CO_FAST_FREE == 0 {
        return raise!(UnboundLocalError, "cannot access local variable '{name}' where it is not associated with a value");
    }
    let raised =
        raise!(NameError, "cannot access free variable '{name}' where it is not associated with a value in enclosing scope");
    match found {
        Some(name) => names::named(raised, *name),
        None => raised,
    }
}

fn load_deref(frame: &Frame, oparg: u32) -> PyResult<()> {
    let index = oparg as usize;
    match cell_field(frame, index)?.load() {
        Some(value) => {
            frame.push(value);
            Ok(())
        }
        None => Err(unbound(frame, index)),
    }
}

fn store_deref(frame: &Frame, oparg: u32) -> PyResult<()> {
    let field = cell_field(frame, oparg as usize)?;
    let value = frame.pop_ref();
    let old = field.swap_ref(Some(value));
    drop(old);
    Ok(())
}

fn delete_deref(frame: &Frame, oparg: u32) -> PyResult<()> {
    let index = oparg as usize;
    match cell_field(frame, index)?.swap_ref(None) {
        Some(old) => {
            drop(old);
            Ok(())
        }
        None => Err(unbound(frame, index)),
    }
}

fn load_from_dict_or_deref(frame: &Frame, oparg: u32) -> PyResult<()> {
    let index = oparg as usize;
    let mapping = frame.pop();
    let name = frame.code().localsplusnames().get(index).copied().ok_or_else(|| raise!(SystemError, "a cell is missing"))?;
    let found = match mapping.getitem_opt(name)? {
        Some(found) => Some(found),
        None => cell_field(frame, index)?.load(),
    };
    match found {
        Some(value) => {
            frame.push(value);
            Ok(())
        }
        None => Err(unbound(frame, index)),
    }
}
