//! What a type takes over from its bases: flags, sizes, slots.

use super::dicts;
use super::ready::KINDS;
use abi::tpflags;
use abi::typeslot as slot;
use object::slots::ALL_SLOTS;
use object::value::tuple;
use object::{RawField, TypeObject, id};

/// Inherits flags and sizes from `tp_base`, then slots along the MRO.
pub fn inherit(class: &TypeObject) {
    if let Some(base) = class.base() {
        inherit_special(class, base);
    }
    let order = class.raw().tp_mro.load();
    let bases = order.as_ref().and_then(|order| tuple::items(order.b())).unwrap_or_default();
    if super::mro::is_chain(class) {
        // The base has all that the types behind it define.
        if let Some(base) = class.base() {
            inherit_slots(class, base, true);
        }
    } else {
        for base in bases.iter().skip(1) {
            if let Some(base) = base.downcast::<TypeObject>() {
                inherit_slots(class, &base, false);
            }
        }
        if let Some(base) = class.base() {
            share_suites(class, base);
        }
    }
    for base in bases.iter().skip(1) {
        if let Some(base) = base.downcast::<TypeObject>()
            && !class.has(tpflags::SEQUENCE)
            && !class.has(tpflags::MAPPING)
        {
            class.add_flags(base.flags() & (tpflags::SEQUENCE | tpflags::MAPPING));
        }
    }
}

fn inherit_special(class: &TypeObject, base: &TypeObject) {
    let (raw, from) = (class.raw(), base.raw());
    if !class.has(tpflags::HAVE_GC)
        && base.has(tpflags::HAVE_GC)
        && raw.tp_traverse.get().is_none()
        && raw.tp_clear.get().is_none()
    {
        class.add_flags(tpflags::HAVE_GC);
        raw.tp_traverse.set(from.tp_traverse.get());
        raw.tp_clear.set(from.tp_clear.get());
    }
    class.add_flags(base.flags() & (tpflags::PREHEADER | tpflags::MATCH_SELF | tpflags::ITEMS_AT_END));
    let copy = |to: &abi::Cell<isize>, from: &abi::Cell<isize>| {
        if to.get() == 0 {
            to.set(from.get());
        }
    };
    copy(&raw.tp_basicsize, &from.tp_basicsize);
    copy(&raw.tp_itemsize, &from.tp_itemsize);
    copy(&raw.tp_weaklistoffset, &from.tp_weaklistoffset);
    copy(&raw.tp_dictoffset, &from.tp_dictoffset);
    // The base is complete, so it has the flag of its kind.
    class.add_flags(KINDS.iter().fold(0, |flags, (_, flag)| flags | flag) & base.flags());
}

/// Slots that are inherited by rules of their own, or not at all.
const SPECIAL: &[u16] = &[
    slot::tp_getattr,
    slot::tp_getattro,
    slot::tp_setattr,
    slot::tp_setattro,
    slot::tp_richcompare,
    slot::tp_hash,
    slot::tp_call,
    slot::tp_traverse,
    slot::tp_clear,
    slot::tp_new,
    slot::tp_del,
    slot::tp_vectorcall,
    slot::tp_is_gc,
    slot::tp_free,
    slot::tp_descr_get,
];

/// The slots outside of suites that are not [`SPECIAL`].
const OUTSIDE_SUITES: &[u16] = &[
    slot::tp_alloc,
    slot::tp_dealloc,
    slot::tp_descr_set,
    slot::tp_init,
    slot::tp_iter,
    slot::tp_iternext,
    slot::tp_repr,
    slot::tp_str,
    slot::tp_finalize,
];

/// Copies the functions that the suites of `class` lack; a type without a suite shares that of its base.
fn inherit_suites(class: &TypeObject, base: &TypeObject) {
    share_suites(class, base);
    let (to, from) = (class.raw(), base.raw());
    // SAFETY: the suites are live and hold functions only.
    unsafe {
        inherit_suite(&to.tp_as_async, &from.tp_as_async);
        inherit_suite(&to.tp_as_number, &from.tp_as_number);
        inherit_suite(&to.tp_as_sequence, &from.tp_as_sequence);
        inherit_suite(&to.tp_as_mapping, &from.tp_as_mapping);
        inherit_suite(&to.tp_as_buffer, &from.tp_as_buffer);
    }
}

/// A type without a suite has that of its base. Its flags do not matter: Cython sets HEAPTYPE on its static types while they are completed.
fn share_suites(class: &TypeObject, base: &TypeObject) {
    fn share<T>(to: &abi::Cell<*mut T>, from: &abi::Cell<*mut T>) {
        if to.get().is_null() {
            to.set(from.get());
        }
    }
    let (to, from) = (class.raw(), base.raw());
    share(&to.tp_as_async, &from.tp_as_async);
    share(&to.tp_as_number, &from.tp_as_number);
    share(&to.tp_as_sequence, &from.tp_as_sequence);
    share(&to.tp_as_mapping, &from.tp_as_mapping);
    share(&to.tp_as_buffer, &from.tp_as_buffer);
}

/// # Safety
/// A suite is null or live, and consists of functions.
unsafe fn inherit_suite<T>(to: &abi::Cell<*mut T>, from: &abi::Cell<*mut T>) {
    let (target, source) = (to.get(), from.get());
    if source.is_null() || target == source {
        return;
    }
    let (target, source) = (target.cast::<abi::Cell<*const ()>>(), source.cast::<abi::Cell<*const ()>>());
    for index in 0..size_of::<T>() / size_of::<*const ()>() {
        // SAFETY: the index is within both suites.
        unsafe {
            let place = &*target.add(index);
            if place.get().is_null() {
                place.set((*source.add(index)).get());
            }
        }
    }
}

/// Copies the slots that `class` lacks and that `base` has: all of them, or those that it defines itself.
fn inherit_slots(class: &TypeObject, base: &TypeObject, all: bool) {
    let defined = |id: u16| {
        let function = base.slot_ptr(id);
        !function.is_null() && (all || base.base().is_none_or(|parent| parent.slot_ptr(id) != function))
    };
    let copy = |id: u16| {
        if class.slot_ptr(id).is_null() && defined(id) {
            // SAFETY: the function stands in the same slot of the base.
            unsafe { class.set_slot(id, base.slot_ptr(id)) };
        }
    };
    if all {
        inherit_suites(class, base);
        OUTSIDE_SUITES.iter().copied().for_each(copy);
    } else {
        ALL_SLOTS.iter().copied().filter(|id| !SPECIAL.contains(id)).for_each(copy);
    }
    inherit_pair(class, base, slot::tp_getattr, slot::tp_getattro);
    inherit_pair(class, base, slot::tp_setattr, slot::tp_setattro);
    inherit_call(class, base);
    if defined(slot::tp_call) || class.slot_ptr(slot::tp_call).is_null() {
        copy(slot::tp_call);
    }
    inherit_comparison(class, base);
    copy(slot::tp_descr_get);
    if !base.slot_ptr(slot::tp_descr_get).is_null()
        && class.slot_ptr(slot::tp_descr_get) == base.slot_ptr(slot::tp_descr_get)
        && class.has(tpflags::IMMUTABLETYPE)
    {
        class.add_flags(base.flags() & tpflags::METHOD_DESCRIPTOR);
    }
    if class.has(tpflags::HAVE_GC) == base.has(tpflags::HAVE_GC) {
        copy(slot::tp_free);
    }
    if class.has(tpflags::HAVE_GC) && base.has(tpflags::HAVE_GC) {
        copy(slot::tp_is_gc);
    }
    if class.slot_ptr(slot::tp_free).is_null() {
        // SAFETY: a function of the slot's signature.
        unsafe { class.set_slot(slot::tp_free, object::memory::generic_free as *const ()) };
    }
}

/// The old and the new form of attribute access belong together.
fn inherit_pair(class: &TypeObject, base: &TypeObject, old: u16, new: u16) {
    if class.slot_ptr(old).is_null() && class.slot_ptr(new).is_null() {
        // SAFETY: the functions stand in the same slots of the base.
        unsafe {
            class.set_slot(old, base.slot_ptr(old));
            class.set_slot(new, base.slot_ptr(new));
        }
    }
}

fn inherit_call(class: &TypeObject, base: &TypeObject) {
    let (raw, from) = (class.raw(), base.raw());
    if raw.tp_vectorcall_offset.get() == 0 && from.tp_vectorcall_offset.get() != 0 {
        raw.tp_vectorcall_offset.set(from.tp_vectorcall_offset.get());
    }
    if class.slot_ptr(slot::tp_call).is_null() {
        class.add_flags(base.flags() & tpflags::HAVE_VECTORCALL);
    }
}

/// Comparison and hash go together, unless the class's own dict overrides one of them.
fn inherit_comparison(class: &TypeObject, base: &TypeObject) {
    if !class.slot_ptr(slot::tp_richcompare).is_null() || !class.slot_ptr(slot::tp_hash).is_null() || overrides_hash(class) {
        return;
    }
    // SAFETY: the functions stand in the same slots of the base.
    unsafe {
        class.set_slot(slot::tp_richcompare, base.slot_ptr(slot::tp_richcompare));
        class.set_slot(slot::tp_hash, base.slot_ptr(slot::tp_hash));
    }
}

fn overrides_hash(class: &TypeObject) -> bool {
    let Some(dict) = class.raw().tp_dict.load() else { return false };
    [id!("__eq__"), id!("__hash__")].into_iter().any(|name| match dicts::get(dict.b(), name) {
        Ok(found) => found.is_some(),
        Err(raised) => {
            raised.clear();
            false
        }
    })
}
