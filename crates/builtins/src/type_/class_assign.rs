//! Assignment to `__bases__` of a class and to `__class__` of an instance.

use super::{layout, lookup, mro, subclasses, tuple_items, update};
use abi::tpflags;
use object::value::tuple;
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, raise};

/// `class.__bases__ = value`.
pub fn set_bases(class: &TypeObject, value: Borrowed<'_>) -> PyResult<()> {
    let name = class.short_name();
    let Some(items) = tuple::items(value) else {
        return Err(raise!(TypeError, "can only assign tuple to {name}.__bases__, not {}", value.class().tp_name()));
    };
    if items.is_empty() {
        return Err(raise!(TypeError, "can only assign non-empty tuple to {name}.__bases__, not ()"));
    }
    for base in items {
        let Some(base) = base.downcast::<TypeObject>() else {
            return Err(raise!(TypeError, "{name}.__bases__ must be tuple of classes, not '{}'", base.class().tp_name()));
        };
        if base.is_subtype(class) || derives_from(&base, class) {
            return Err(raise!(TypeError, "a __bases__ item causes an inheritance cycle"));
        }
    }
    let bases = tuple_items(Some(&value.to_ref()));
    let best = layout::best_base(&bases)?;
    let Some(old_base) = class.base() else { return Err(raise!(TypeError, "a type has no base to replace")) };
    compatible(old_base, &best, "__bases__")?;
    let raw = class.raw();
    let old_bases = raw.tp_bases.swap_ref(Some(value.to_ref()));
    let old_base = raw.tp_base.replace(best.clone().into_ptr().cast());
    // SAFETY: the field owned its base.
    let old_base: Option<Ref> = unsafe { Ref::from_owned_or_null(old_base.cast()) };
    let mut undo = Vec::new();
    if let Err(raised) = recompute_orders(class, &mut undo) {
        for (subclass, order) in undo.into_iter().rev() {
            mro::set(&subclass, order);
        }
        // What was assigned meanwhile (by a metaclass's mro) wins over the undoing.
        if raw.tp_base.get() == best.as_type_ptr() {
            let new_bases = raw.tp_bases.swap_ref(old_bases);
            let new_base = raw.tp_base.replace(old_base.map_or(std::ptr::null_mut(), Ref::into_ptr).cast());
            // SAFETY: the field owned its base.
            drop((new_bases, unsafe { Ref::<object::Object>::from_owned_or_null(new_base.cast()) }));
        }
        return Err(raised);
    }
    for base in tuple_items(old_bases.as_ref()) {
        if let Some(base) = base.b().downcast::<TypeObject>() {
            subclasses::remove(&base, class);
        }
    }
    for base in tuple_items(raw.tp_bases.load().as_ref()) {
        if let Some(base) = base.b().downcast::<TypeObject>() {
            subclasses::add(&base, class);
        }
    }
    update_subtree(class)?;
    drop((old_bases, old_base));
    Ok(())
}

fn derives_from(class: &TypeObject, ancestor: &TypeObject) -> bool {
    let mut current = class.base();
    while let Some(base) = current {
        if base.is_type(ancestor) {
            return true;
        }
        current = base.base();
    }
    false
}

/// Computes the orders of a class and of its subclasses anew; `undo` gets the old ones.
fn recompute_orders(class: &TypeObject, undo: &mut Vec<(Ref<TypeObject>, Ref)>) -> PyResult<()> {
    object::recursion::check("")?;
    let order = mro::compute(class)?;
    if let Some(old) = class.raw().tp_mro.load() {
        undo.push((class.to_type_ref(), old));
    }
    mro::set(class, order);
    for subclass in subclasses::of(class) {
        recompute_orders(&subclass, undo)?;
    }
    Ok(())
}

fn update_subtree(class: &TypeObject) -> PyResult<()> {
    lookup::modified(class);
    update::fix_all(class)?;
    for subclass in subclasses::of(class) {
        update_subtree(&subclass)?;
    }
    Ok(())
}

/// Whether instances of the one type could be instances of the other: TypeError where not (`compatible_for_assignment`).
fn compatible(old: &TypeObject, new: &TypeObject, attribute: &str) -> PyResult<()> {
    let differs =
        |what: &str| raise!(TypeError, "{attribute} assignment: '{}' {what} differs from '{}'", new.tp_name(), old.tp_name());
    // In CPython types with and without the collector's header free their instances by different functions.
    if new.has(tpflags::HAVE_GC) != old.has(tpflags::HAVE_GC)
        || new.slot_ptr(abi::typeslot::tp_free) != old.slot_ptr(abi::typeslot::tp_free)
    {
        return Err(differs("deallocator"));
    }
    let (mut new_base, mut old_base) = (new, old);
    while same_shape_as_base(new_base) {
        match new_base.base() {
            Some(base) => new_base = base,
            None => break,
        }
    }
    while same_shape_as_base(old_base) {
        match old_base.base() {
            Some(base) => old_base = base,
            None => break,
        }
    }
    let same = new_base.is_type(old_base)
        || (new_base.base().is_some_and(|base| old_base.base().is_some_and(|other| base.is_type(other)))
            && same_slots_added(new_base, old_base));
    if same { Ok(()) } else { Err(differs("object layout")) }
}

/// Whether a class adds nothing to its base's instances.
fn same_shape_as_base(class: &TypeObject) -> bool {
    let Some(base) = class.base() else { return false };
    let (raw, from) = (class.raw(), base.raw());
    raw.tp_basicsize.get() == from.tp_basicsize.get()
        && raw.tp_itemsize.get() == from.tp_itemsize.get()
        && raw.tp_dictoffset.get() == from.tp_dictoffset.get()
        && raw.tp_weaklistoffset.get() == from.tp_weaklistoffset.get()
        && (class.flags() & (tpflags::INLINE_VALUES | tpflags::MANAGED_DICT | tpflags::MANAGED_WEAKREF))
            == (base.flags() & (tpflags::INLINE_VALUES | tpflags::MANAGED_DICT | tpflags::MANAGED_WEAKREF))
        && class.has(tpflags::HAVE_GC) == base.has(tpflags::HAVE_GC)
}

/// Whether two classes add the same storage and the same slots to their common base.
fn same_slots_added(a: &TypeObject, b: &TypeObject) -> bool {
    const STORAGE: u64 = tpflags::INLINE_VALUES | tpflags::PREHEADER;
    if a.flags() & STORAGE != b.flags() & STORAGE {
        return false;
    }
    let slots = |class: &TypeObject| super::new::heap(class).and_then(|heap| heap.ht_slots.load());
    let same_names = match (slots(a), slots(b)) {
        (None, None) => true,
        (Some(a), Some(b)) => a.eq(b.b()).unwrap_or_else(|raised| {
            raised.clear();
            false
        }),
        (Some(only), None) | (None, Some(only)) => tuple::items(only.b()).is_some_and(<[_]>::is_empty),
    };
    let (a, b) = (a.raw(), b.raw());
    same_names && a.tp_basicsize.get() == b.tp_basicsize.get() && a.tp_itemsize.get() == b.tp_itemsize.get()
}

/// `object.__class__ = value`.
pub fn set_class(object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
    let Some(value) = value else { return Err(raise!(TypeError, "can't delete __class__ attribute")) };
    let Some(new) = value.downcast::<TypeObject>() else {
        return Err(raise!(TypeError, "__class__ must be set to a class, not '{}' object", value.class().tp_name()));
    };
    object::hooks::audit("object.__setattr__", &[object, object::id!("__class__"), value])?;
    let old = object.class();
    let both_modules = new.is_subtype(&core::MODULE) && old.is_subtype(&core::MODULE);
    if !both_modules && (new.has(tpflags::IMMUTABLETYPE) || old.has(tpflags::IMMUTABLETYPE)) {
        return Err(raise!(TypeError, "__class__ assignment only supported for mutable types or ModuleType subclasses"));
    }
    if both_modules && (!old.has(tpflags::HEAPTYPE) || !new.has(tpflags::HEAPTYPE)) {
        // A module's dict is a field: subclasses with managed words in front have another block.
        let preheader = tpflags::PREHEADER | tpflags::HAVE_GC;
        if old.flags() & preheader != new.flags() & preheader {
            return Err(raise!(
                TypeError,
                "__class__ assignment: '{}' object layout differs from '{}'",
                new.tp_name(),
                old.tp_name()
            ));
        }
    }
    compatible(old, &new, "__class__")?;
    if old.has(tpflags::INLINE_VALUES) {
        // The values inside the instance are laid out for the old class's keys.
        super::storage::detach(object)?;
    }
    let old_class = old.to_type_ref();
    if new.has(tpflags::HEAPTYPE) {
        std::mem::forget(new.to_ref());
    }
    // SAFETY: the layouts are the same; the instance owns a reference to its class.
    unsafe { (*object.ptr()).ob_type.set(new.as_type_ptr()) };
    if old_class.has(tpflags::HEAPTYPE) {
        // SAFETY: the reference that the instance owned.
        unsafe { object::reference::decref(old_class.as_object_ptr()) };
    }
    Ok(())
}
