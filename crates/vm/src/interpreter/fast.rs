//! Locals, constants, and the instructions that only move words.

use super::unwind;
use crate::frame::{Frame, Slot};
use object::value::str as text;
use object::{Borrowed, OptRef, PyResult, core, raise, thread};

handler! {
    fn LOAD_FAST(pc, sp, frame, thread, table, oparg) {
        let slot = (*frame).local(oparg as usize);
        object::reference::incref(slot.ptr());
        sp.write(slot);
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn LOAD_FAST_BORROW(pc, sp, frame, thread, table, oparg) {
        sp.write((*frame).local(oparg as usize).as_borrowed());
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn LOAD_FAST_BORROW_LOAD_FAST_BORROW(pc, sp, frame, thread, table, oparg) {
        sp.write((*frame).local((oparg >> 4) as usize).as_borrowed());
        sp.add(1).write((*frame).local((oparg & 15) as usize).as_borrowed());
        dispatch!(pc.add(1), sp.add(2), frame, thread, table)
    }
}

handler! {
    fn LOAD_FAST_LOAD_FAST(pc, sp, frame, thread, table, oparg) {
        let (first, second) = ((*frame).local((oparg >> 4) as usize), (*frame).local((oparg & 15) as usize));
        object::reference::incref(first.ptr());
        object::reference::incref(second.ptr());
        sp.write(first);
        sp.add(1).write(second);
        dispatch!(pc.add(1), sp.add(2), frame, thread, table)
    }
}

handler! {
    fn LOAD_FAST_CHECK(pc, sp, frame, thread, table, oparg) {
        let slot = (*frame).local(oparg as usize);
        if slot.is_null() {
            return unbound(pc, sp, frame, thread, table, oparg);
        }
        object::reference::incref(slot.ptr());
        sp.write(slot);
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn LOAD_FAST_AND_CLEAR(pc, sp, frame, thread, table, oparg) {
        sp.write((*frame).replace_local(oparg as usize, Slot::NULL));
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn STORE_FAST(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let value = (*sp).into_owned();
        let old = (*frame).replace_local(oparg as usize, value).ptr();
        if !old.is_null() {
            let count = *old.cast::<u32>();
            if count == 1 {
                return drop_slot(pc.add(1), sp, frame, thread, table, old.expose_provenance() as u64);
            }
            if count.cast_signed() >= 0 {
                *old.cast::<u32>() = count - 1;
            }
        }
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

/// Whether an object that was in a local can be given up without a call: it is missing, outlives that, or is a box.
#[inline(always)]
unsafe fn is_light(object: *mut abi::PyObject) -> bool {
    // SAFETY: by contract null or a live object.
    unsafe { object.is_null() || *object.cast::<u32>() != 1 || super::boxes::is_box(object) }
}

/// Gives up an object that [`is_light`].
#[inline(always)]
unsafe fn drop_light(thread: *const object::thread::ThreadState, object: *mut abi::PyObject) {
    // SAFETY: by contract null or a live object, of which the caller owns a count.
    unsafe {
        if object.is_null() {
            return;
        }
        let count = *object.cast::<u32>();
        if count.cast_signed() >= 0 {
            if count == 1 {
                super::boxes::recycle(thread, object);
            } else {
                *object.cast::<u32>() = count - 1;
            }
        }
    }
}

/// Takes a count of what was in a local, if it is there and has more than this one; false, and nothing is done, if it has just this one.
#[inline(always)]
unsafe fn give_up_alive(object: *mut abi::PyObject) -> bool {
    // SAFETY: by contract null or a live object, of which the caller owns a count.
    unsafe {
        if object.is_null() {
            return true;
        }
        let count = *object.cast::<u32>();
        if count.cast_signed() > 1 {
            *object.cast::<u32>() = count - 1;
        }
        count != 1
    }
}

handler! {
    fn STORE_FAST_STORE_FAST(pc, sp, frame, thread, table, oparg) {
        // One after the other, with few registers: values that are owned, over objects that others hold.
        let value = *sp.sub(1);
        if !value.is_borrowed() && !(*sp.sub(2)).is_borrowed() && give_up_alive((*frame).local((oparg >> 4) as usize).ptr()) {
            (*frame).replace_local((oparg >> 4) as usize, value);
            let old = (*frame).replace_local((oparg & 15) as usize, *sp.sub(2)).ptr();
            if give_up_alive(old) {
                dispatch!(pc.add(1), sp.sub(2), frame, thread, table)
            }
            return drop_slot(pc.add(1), sp.sub(2), frame, thread, table, old.expose_provenance() as u64);
        }
        instead!(store_two_light, pc, sp, frame, thread, table)
    }
}

handler! {
    /// Stores two locals, of which the first may hold a box.
    #[inline(never)]
    fn store_two_light(pc, sp, frame, thread, table, oparg) {
        let (first, second) = ((oparg >> 4) as usize, (oparg & 15) as usize);
        let (old, other) = ((*frame).local(first).ptr(), (*frame).local(second).ptr());
        // The same object twice could die at the second drop.
        if !is_light(old) || !is_light(other) || (old == other && !old.is_null()) {
            return store_two(pc, sp, frame, thread, table, oparg);
        }
        (*frame).replace_local(first, (*sp.sub(1)).into_owned());
        (*frame).replace_local(second, (*sp.sub(2)).into_owned());
        drop_light(thread, old);
        drop_light(thread, other);
        dispatch!(pc.add(1), sp.sub(2), frame, thread, table)
    }
}

handler! {
    /// Stores two locals whose old values may die.
    #[cold]
    #[inline(never)]
    fn store_two(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp.sub(1));
        let first = (*sp.sub(1)).into_owned();
        let old = (*frame).replace_local((oparg >> 4) as usize, first);
        old.close();
        (*frame).sp.set(sp.sub(2));
        let second = (*sp.sub(2)).into_owned();
        let old = (*frame).replace_local((oparg & 15) as usize, second);
        if !old.is_null() {
            return drop_slot(pc.add(1), sp.sub(2), frame, thread, table, old.ptr().expose_provenance() as u64);
        }
        dispatch!(pc.add(1), sp.sub(2), frame, thread, table)
    }
}

handler! {
    fn STORE_FAST_LOAD_FAST(pc, sp, frame, thread, table, oparg) {
        let value = *sp.sub(1);
        if !value.is_borrowed() && give_up_alive((*frame).local((oparg >> 4) as usize).ptr()) {
            (*frame).replace_local((oparg >> 4) as usize, value);
            let slot = (*frame).local((oparg & 15) as usize);
            object::reference::incref(slot.ptr());
            sp.sub(1).write(slot);
            dispatch!(pc.add(1), sp, frame, thread, table)
        }
        instead!(store_light_and_load, pc, sp, frame, thread, table)
    }
}

handler! {
    /// Stores a local that may hold a box, and loads another.
    #[inline(never)]
    fn store_light_and_load(pc, sp, frame, thread, table, oparg) {
        let index = (oparg >> 4) as usize;
        let old = (*frame).local(index).ptr();
        if !is_light(old) {
            return store_and_load(pc, sp, frame, thread, table, oparg);
        }
        (*frame).replace_local(index, (*sp.sub(1)).into_owned());
        drop_light(thread, old);
        let slot = (*frame).local((oparg & 15) as usize);
        object::reference::incref(slot.ptr());
        sp.sub(1).write(slot);
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

handler! {
    /// Stores a local whose old value dies, and loads another.
    #[cold]
    #[inline(never)]
    fn store_and_load(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp.sub(1));
        let value = (*sp.sub(1)).into_owned();
        let old = (*frame).replace_local((oparg >> 4) as usize, value);
        old.close();
        let slot = (*frame).local((oparg & 15) as usize);
        object::reference::incref(slot.ptr());
        sp.sub(1).write(slot);
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

handler! {
    /// Drops the object whose address the operand is, then goes to `pc`: the tail of instructions that overwrite something.
    #[inline(never)]
    fn drop_slot(pc, sp, frame, thread, table, oparg) {
        let object = std::ptr::with_exposed_provenance_mut::<abi::PyObject>(oparg as usize);
        let count = object.cast::<u32>();
        let current = *count;
        if current.cast_signed() >= 0 {
            *count = current - 1;
            if current == 1 && !super::boxes::recycle(thread, object) {
                return destroy(pc, sp, frame, thread, table, oparg);
            }
        }
        dispatch!(pc, sp, frame, thread, table)
    }
}

handler! {
    /// Destroys the object whose address the operand is, then goes to `pc`.
    #[cold]
    #[inline(never)]
    fn destroy(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc.sub(1));
        (*frame).sp.set(sp);
        object::memory::dealloc(std::ptr::with_exposed_provenance_mut::<abi::PyObject>(oparg as usize));
        dispatch!(pc, sp, frame, thread, table)
    }
}

handler! {
    fn DELETE_FAST(pc, sp, frame, thread, table, oparg) {
        if (*frame).local(oparg as usize).is_null() {
            return unbound(pc, sp, frame, thread, table, oparg);
        }
        let old = (*frame).replace_local(oparg as usize, Slot::NULL);
        return drop_slot(pc.add(1), sp, frame, thread, table, old.ptr().expose_provenance() as u64);
    }
}

handler! {
    #[cold]
    #[inline(never)]
    fn unbound(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let _raised = unbound_local(&*frame, oparg as usize);
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

#[inline(never)]
fn unbound_local(frame: &Frame, index: usize) -> object::Raised {
    let name = frame.code().localsplusnames().get(index).map_or_else(String::new, |name| text::to_string_lossy(*name));
    raise!(UnboundLocalError, "cannot access local variable '{name}' where it is not associated with a value")
}

handler! {
    fn LOAD_CONST(pc, sp, frame, thread, table, oparg) {
        sp.write(Slot::borrowed((*frame).code().const_at(oparg as usize)));
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn LOAD_SMALL_INT(pc, sp, frame, thread, table, oparg) {
        sp.write(small_int(oparg));
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

#[inline(always)]
fn small_int(value: u64) -> Slot {
    object::value::int::small_int((value & 0xff) as i64).map_or(Slot::borrowed(core::none()), Slot::borrowed)
}

general! {
    LOAD_COMMON_CONSTANT => load_common_constant;
}

/// The functions that LOAD_COMMON_CONSTANT names, whatever a program puts into `builtins` later.
#[derive(Default)]
pub struct CommonConstants {
    all: OptRef,
    any: OptRef,
}

impl CommonConstants {
    /// Keeps what the fresh module `builtins` holds.
    pub fn keep(builtins: Borrowed<'_>) -> PyResult<()> {
        let common = thread::current().interpreter().extensions.get::<CommonConstants>();
        common.all.set(Some(builtins.getattr(object::id!("all"))?));
        common.any.set(Some(builtins.getattr(object::id!("any"))?));
        Ok(())
    }
}

fn load_common_constant(frame: &Frame, oparg: u32) -> PyResult<()> {
    let common = || thread::current().interpreter().extensions.get::<CommonConstants>();
    let missing = || raise!(SystemError, "a builtin function is missing");
    let value = match oparg {
        0 => object::exc::AssertionError.to_ref(),
        1 => object::exc::NotImplementedError.to_ref(),
        2 => core::TUPLE.to_ref(),
        3 => common().all.get().ok_or_else(missing)?,
        4 => common().any.get().ok_or_else(missing)?,
        _ => return Err(raise!(SystemError, "bad operand of LOAD_COMMON_CONSTANT")),
    };
    frame.push(value);
    Ok(())
}
