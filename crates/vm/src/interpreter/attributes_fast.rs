//! Specialised attribute access and globals.

use super::attributes::{LOAD_ATTR, STORE_ATTR};
use super::fast::drop_slot;
use super::names::LOAD_GLOBAL;
use crate::frame::Slot;
use abi::PyObject;
use builtins::dict::{Dict, instance};
use object::{Borrowed, TypeObject};

#[inline(always)]
unsafe fn type_version(slot: Slot) -> u32 {
    // SAFETY: by contract the slot holds an object.
    unsafe { (*(*slot.ptr()).ob_type.get()).tp_version_tag.get() }
}

handler! {
    fn LOAD_ATTR_INSTANCE_VALUE(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        let cache = (*pc.add(1)).word();
        if type_version(owner) == (cache >> 32) as u32 {
            let value = instance::inline_value(owner.object(), cache as u32 as usize);
            if !value.is_null() {
                object::reference::incref(value);
                sp.sub(1).write(Slot::from_raw(value));
                let next = pc.add(super::size::LOAD_ATTR);
                let mut sp = sp;
                if oparg & 1 != 0 {
                    sp.write(Slot::NULL);
                    sp = sp.add(1);
                }
                if owner.is_borrowed() {
                    dispatch!(next, sp, frame, thread, table)
                }
                return drop_slot(next, sp, frame, thread, table, owner.ptr().expose_provenance() as u64);
            }
        }
        return LOAD_ATTR(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn LOAD_ATTR_METHOD_NO_DICT(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        if type_version(owner) == ((*pc.add(1)).word() >> 32) as u32 {
            let method = std::ptr::with_exposed_provenance_mut::<PyObject>((*pc.add(2)).word() as usize);
            object::reference::incref(method);
            sp.sub(1).write(Slot::from_raw(method));
            sp.write(owner);
            dispatch!(pc.add(super::size::LOAD_ATTR), sp.add(1), frame, thread, table)
        }
        return LOAD_ATTR(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn LOAD_ATTR_METHOD_WITH_VALUES(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        if type_version(owner) == ((*pc.add(1)).word() >> 32) as u32 && values_lack(owner.object(), (*pc.add(3)).word() as u32) {
            let method = std::ptr::with_exposed_provenance_mut::<PyObject>((*pc.add(2)).word() as usize);
            object::reference::incref(method);
            sp.sub(1).write(Slot::from_raw(method));
            sp.write(owner);
            dispatch!(pc.add(super::size::LOAD_ATTR), sp.add(1), frame, thread, table)
        }
        return LOAD_ATTR(pc, sp, frame, thread, table, oparg);
    }
}

/// Whether the attributes are inline under keys of this version, among which the name was not.
#[inline(always)]
fn values_lack(owner: Borrowed<'_>, keys: u32) -> bool {
    let class: &TypeObject = owner.class();
    instance::has_valid_inline_values(owner) && instance::current_class_keys_version(class) == keys
}

handler! {
    fn STORE_ATTR_INSTANCE_VALUE(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        let cache = (*pc.add(1)).word();
        if type_version(owner) == (cache >> 32) as u32 && !instance::inline_value(owner.object(), cache as u32 as usize).is_null() {
            (*frame).pc.set(pc);
            // The old value dies in here: the frame owns nothing of the operands but what lies below them.
            (*frame).sp.set(sp.sub(2));
            let value = *sp.sub(2);
            instance::store_inline(owner.object(), cache as u32 as usize, value.object());
            value.close();
            owner.close();
            dispatch!(pc.add(super::size::STORE_ATTR), sp.sub(2), frame, thread, table)
        }
        return STORE_ATTR(pc, sp, frame, thread, table, oparg);
    }
}

#[inline(always)]
unsafe fn dict<'a>(ptr: *mut PyObject) -> &'a Dict {
    // SAFETY: the decision checked that it is an exact dict, and a frame's globals and builtins do not change.
    unsafe { &*ptr.cast::<Dict>() }
}

handler! {
    fn LOAD_GLOBAL_MODULE(pc, sp, frame, thread, table, oparg) {
        let cache = (*pc.add(1)).word();
        let globals = (*frame).globals.get();
        if std::ptr::eq((*globals).ob_type.get(), object::core::DICT.as_type_ptr())
            && dict(globals).current_keys_version() == (cache >> 32) as u32
        {
            let value = dict(globals).value_at_index(cache as u32 as usize);
            if !value.is_null() {
                object::reference::incref(value);
                sp.write(Slot::from_raw(value));
                let mut sp = sp.add(1);
                if oparg & 1 != 0 {
                    sp.write(Slot::NULL);
                    sp = sp.add(1);
                }
                dispatch!(pc.add(super::size::LOAD_GLOBAL), sp, frame, thread, table)
            }
        }
        return LOAD_GLOBAL(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn LOAD_GLOBAL_BUILTIN(pc, sp, frame, thread, table, oparg) {
        let (cache, second) = ((*pc.add(1)).word(), (*pc.add(2)).word());
        let (globals, builtins) = ((*frame).globals.get(), (*frame).builtins.get());
        let dict_type = object::core::DICT.as_type_ptr();
        if std::ptr::eq((*globals).ob_type.get(), dict_type)
            && std::ptr::eq((*builtins).ob_type.get(), dict_type)
            && dict(globals).current_keys_version() == (cache >> 32) as u32
            && dict(builtins).current_keys_version() == (second >> 32) as u32
        {
            let value = dict(builtins).value_at_index(second as u32 as usize);
            if !value.is_null() {
                object::reference::incref(value);
                sp.write(Slot::from_raw(value));
                let mut sp = sp.add(1);
                if oparg & 1 != 0 {
                    sp.write(Slot::NULL);
                    sp = sp.add(1);
                }
                dispatch!(pc.add(super::size::LOAD_GLOBAL), sp, frame, thread, table)
            }
        }
        return LOAD_GLOBAL(pc, sp, frame, thread, table, oparg);
    }
}
