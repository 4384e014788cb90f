//! Completing a type (`PyType_Ready`): fields from its description, bases, MRO, dict, inherited slots.

use super::{dicts, inherit, lookup, mro, operators, subclasses};
use crate::descr;
use abi::tpflags;
use object::spec::{PartSpec, TypeEntry, TypeSpec};
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, core, id, raise};
use std::collections::HashMap;
use std::sync::Mutex;

/// Writes the fields of a static type's description into the type object. Nothing runs; done for all types before the first is completed.
pub fn fill(entry: &TypeEntry) {
    let class = (entry.type_object)();
    let Some(spec) = (entry.spec)() else { return };
    if !class.raw().tp_name.get().is_null() {
        return;
    }
    fill_fields(class, spec);
    for part in spec.parts {
        for slot in part().slots {
            // SAFETY: the macros give each slot a function of its C signature.
            unsafe { class.set_slot(slot.id, slot.func) };
        }
    }
    fill_defaults(class, spec);
    class.add_flags(own_kind_flag(class));
    let mut specs = SPECS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    specs.get_or_insert_default().insert(class.as_type_ptr().addr(), Native { spec, more: None });
}

/// What is known of a static type.
#[derive(Clone, Copy)]
struct Native {
    spec: &'static TypeSpec,
    /// Puts more into its dict when that is made.
    more: Option<fn(&TypeObject) -> PyResult<()>>,
}

/// The descriptions of the static types whose fields are filled, by address: a base is completed from its own.
static SPECS: Mutex<Option<HashMap<usize, Native, foldhash::fast::FixedState>>> = Mutex::new(None);

fn native(class: &TypeObject) -> Option<Native> {
    if !class.has(tpflags::STATIC_BUILTIN) {
        return None;
    }
    let specs = SPECS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    specs.as_ref().and_then(|specs| specs.get(&class.as_type_ptr().addr())).copied()
}

fn spec_of(class: &TypeObject) -> Option<&'static TypeSpec> {
    native(class).map(|native| native.spec)
}

/// Has `more` put attributes into the dict of a native type: now, or when a look-up has the dict made.
pub fn when_dict_is_made(class: &TypeObject, more: fn(&TypeObject) -> PyResult<()>) -> PyResult<()> {
    if class.raw().tp_dict.get().is_null() {
        let mut specs = SPECS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(native) = specs.as_mut().and_then(|specs| specs.get_mut(&class.as_type_ptr().addr())) {
            native.more = Some(more);
            return Ok(());
        }
    }
    more(class)
}

/// Above the highest number in `abi::typeslot`.
const SLOT_NUMBERS: usize = 128;

/// The dict of a native type that has none yet, filled from its description.
#[cold]
pub fn make_dict(class: &TypeObject) -> PyResult<Option<Ref>> {
    let Some(Native { spec, more }) = native(class).filter(|_| class.has(tpflags::READY)) else { return Ok(None) };
    let raw = class.raw();
    let dict = dicts::new()?;
    if let Some(dict) = dict.b().downcast_exact::<crate::dict::Dict>() {
        let entries = |part: &PartSpec| part.slots.len() + part.methods.len() + part.members.len() + part.getset.len();
        dict.reserve_strs(spec.parts.iter().map(|part| entries(part())).sum::<usize>() + 1)?;
    }
    raw.tp_dict.store(Some(dict));
    // What the type inherited gets no wrapper of its own.
    let mut functions = [std::ptr::null::<()>(); SLOT_NUMBERS];
    for slot in spec.parts.iter().flat_map(|part| part().slots) {
        if let Some(place) = functions.get_mut(usize::from(slot.id)) {
            *place = slot.func;
        }
    }
    let declared = |id: u16| functions.get(usize::from(id)).copied().filter(|function| !function.is_null());
    let hash = class.slot_ptr(abi::typeslot::tp_hash);
    let unhashable = std::ptr::eq(hash, super::hash_not_implemented as *const ());
    let function = |id: u16| match declared(id) {
        Some(function) => function,
        // It compares without having said how it hashes.
        None if id == abi::typeslot::tp_hash && unhashable && declared(abi::typeslot::tp_richcompare).is_some() => hash,
        None => std::ptr::null(),
    };
    let declares_new = !function(abi::typeslot::tp_new).is_null();
    let filled = (|| {
        if (declares_new || class.is_type(&core::OBJECT)) && raw.tp_new.get().is_some() {
            operators::add_new_wrapper(class)?;
        }
        operators::add_operators(class, function)?;
        fill_dict(class, spec.parts)?;
        more.map_or(Ok(()), |more| more(class))
    })();
    if let Err(raised) = filled {
        raw.tp_dict.store(None);
        return Err(raised);
    }
    let dict = raw.tp_dict.load();
    dict.as_ref().into_iter().for_each(|dict| dicts::mark(dict.b()));
    Ok(dict)
}

/// Whether the dict of a native type, which is not made yet, would have a name: false only where that is certain.
pub fn may_declare(class: &TypeObject, name: Borrowed<'_>) -> bool {
    let interned = crate::str_::intern::is_interned(name);
    let Some(wanted) = text::as_ascii(name).filter(|_| interned).map(str::as_bytes) else { return true };
    let raw = class.raw();
    let has_tables = !raw.tp_methods.get().is_null() || !raw.tp_members.get().is_null() || !raw.tp_getset.get().is_null();
    if has_tables || class.is_type(&core::OBJECT) || matches!(wanted, b"__doc__" | b"__new__" | b"__hash__") {
        return true;
    }
    let Some(Native { spec, more: None }) = native(class) else { return true };
    let declares = |id: u16| spec.parts.iter().any(|part| part().slots.iter().any(|slot| slot.id == id));
    if operators::groups_of(name).filter_map(<[_]>::first).any(|head| declares(head.slot)) {
        return true;
    }
    // SAFETY: the names in the tables of a description are C strings.
    let is_it = |name: *const std::ffi::c_char| unsafe { !name.is_null() && std::ffi::CStr::from_ptr(name).to_bytes() == wanted };
    spec.parts.iter().any(|part| {
        let part = part();
        part.methods.iter().any(|entry| is_it(entry.ml_name.get()))
            || part.members.iter().any(|entry| is_it(entry.name.get()))
            || part.getset.iter().any(|entry| is_it(entry.name.get()))
    })
}

fn fill_fields(class: &TypeObject, spec: &TypeSpec) {
    let raw = class.raw();
    raw.ob_base.ob_base.ob_type.set(core::TYPE.as_type_ptr());
    raw.tp_name.set(spec.name.as_ptr());
    raw.tp_basicsize.set(spec.basicsize.cast_signed());
    raw.tp_itemsize.set(spec.itemsize.cast_signed());
    raw.tp_flags.set(spec.flags | tpflags::STATIC_BUILTIN);
    raw.tp_doc.set(spec.doc.map_or(std::ptr::null(), std::ffi::CStr::as_ptr));
    raw.tp_weaklistoffset.set(spec.weaklist_offset);
    raw.tp_dictoffset.set(spec.dict_offset);
    raw.tp_vectorcall_offset.set(spec.vectorcall_offset);
    if class.is_type(&core::TYPE) {
        // A call of a class goes to the class's own vectorcall function, where it has one.
        raw.tp_vectorcall_offset.set(std::mem::offset_of!(abi::PyTypeObject, tp_vectorcall).cast_signed());
        raw.tp_dictoffset.set(std::mem::offset_of!(abi::PyTypeObject, tp_dict).cast_signed());
    }
    if let Some(base) = spec.base {
        raw.tp_base.set(base().as_type_ptr());
    } else if !class.is_type(&core::OBJECT) {
        raw.tp_base.set(core::OBJECT.as_type_ptr());
    }
}

fn fill_defaults(class: &TypeObject, spec: &TypeSpec) {
    let unset = |id: u16| class.slot_ptr(id).is_null();
    let set = |id: u16, function: *const ()| {
        // SAFETY: the description gives functions of the slot's signature.
        unsafe { class.set_slot(id, function) };
    };
    if unset(abi::typeslot::tp_dealloc) {
        set(abi::typeslot::tp_dealloc, spec.defaults.dealloc as *const ());
    }
    if class.is_type(&core::OBJECT) {
        set(abi::typeslot::tp_alloc, object::memory::generic_alloc as *const ());
        set(abi::typeslot::tp_free, object::memory::generic_free as *const ());
    }
    if class.has(tpflags::HAVE_GC) && unset(abi::typeslot::tp_traverse) {
        if let Some(traverse) = spec.defaults.traverse {
            set(abi::typeslot::tp_traverse, traverse as *const ());
        }
        if let Some(clear) = spec.defaults.clear
            && unset(abi::typeslot::tp_clear)
        {
            set(abi::typeslot::tp_clear, clear as *const ());
        }
    }
}

/// The `*_SUBCLASS` flag of the types that have one of their own.
fn own_kind_flag(class: &TypeObject) -> u64 {
    KINDS.iter().filter(|(kind, _)| class.is_type(kind)).fold(0, |flags, (_, flag)| flags | flag)
}

/// The types whose subtypes are known by a flag.
pub(super) static KINDS: [(&TypeObject, u64); 8] = [
    (&core::INT, tpflags::LONG_SUBCLASS),
    (&core::LIST, tpflags::LIST_SUBCLASS),
    (&core::TUPLE, tpflags::TUPLE_SUBCLASS),
    (&core::BYTES, tpflags::BYTES_SUBCLASS),
    (&core::STR, tpflags::UNICODE_SUBCLASS),
    (&core::DICT, tpflags::DICT_SUBCLASS),
    (&object::exc::BaseException, tpflags::BASE_EXC_SUBCLASS),
    (&core::TYPE, tpflags::TYPE_SUBCLASS),
];

/// Completes a static type, its bases first. Nothing happens where it is complete.
pub fn ready_static(entry: &TypeEntry) -> PyResult<()> {
    fill(entry);
    ready((entry.type_object)())
}

/// Completes a type: `PyType_Ready`.
pub fn ready(class: &TypeObject) -> PyResult<()> {
    if class.has(tpflags::READY) || class.has(tpflags::READYING) {
        return Ok(());
    }
    class.add_flags(tpflags::READYING);
    let result = complete(class, spec_of(class).map_or(&[], |spec| spec.parts), true);
    class.remove_flags(tpflags::READYING);
    result
}

/// As [`ready`], for a class of a program: its slots are empty yet, so that none of them gets a method.
pub fn ready_python(class: &TypeObject) -> PyResult<()> {
    class.add_flags(tpflags::READYING);
    let result = complete(class, &[], false);
    class.remove_flags(tpflags::READYING);
    result
}

/// As [`ready`], for a type made at run time from the parts of a native one.
pub fn ready_dynamic(class: &TypeObject, parts: &[fn() -> &'static PartSpec]) -> PyResult<()> {
    class.add_flags(tpflags::READYING);
    let result = complete(class, parts, true);
    class.remove_flags(tpflags::READYING);
    result
}

fn complete(class: &TypeObject, parts: &[fn() -> &'static PartSpec], has_slots: bool) -> PyResult<()> {
    let raw = class.raw();
    if raw.tp_name.get().is_null() {
        return Err(raise!(SystemError, "Type does not define the tp_name field."));
    }
    // The dict of a native type is made when a look-up comes to it.
    let later = raw.tp_dict.get().is_null() && spec_of(class).is_some();
    if raw.tp_dict.get().is_null() && !later {
        raw.tp_dict.store(Some(dicts::new()?));
    }
    set_base(class)?;
    if raw.tp_bases.get().is_null() {
        let bases = match class.base() {
            Some(base) => tuple::from_slice(&[base.borrowed()])?,
            None => tuple::empty(),
        };
        raw.tp_bases.store(Some(bases));
    }
    let bases = raw.tp_bases.load();
    let bases = bases.as_ref().and_then(|bases| tuple::items(bases.b())).unwrap_or_default();
    for base in bases {
        if let Some(base) = base.downcast::<TypeObject>() {
            ready(&base)?;
        }
    }
    mro::compute_and_set(class)?;
    set_new(class)?;
    if !later {
        if has_slots {
            operators::add_operators(class, |slot| class.slot_ptr(slot))?;
        }
        fill_dict(class, parts)?;
    }
    inherit::inherit(class);
    set_preheader(class);
    set_hash(class)?;
    for base in bases {
        if let Some(base) = base.downcast::<TypeObject>() {
            subclasses::add_new(&base, class);
        }
    }
    check_completed(class)?;
    raw.tp_dict.load().iter().for_each(|dict| dicts::mark(dict.b()));
    class.add_flags(tpflags::READY);
    Ok(())
}

fn set_base(class: &TypeObject) -> PyResult<()> {
    let raw = class.raw();
    if raw.tp_base.get().is_null() && !class.is_type(&core::OBJECT) {
        raw.tp_base.set(core::OBJECT.as_type_ptr());
    }
    if let Some(base) = class.base() {
        ready(base)?;
        if raw.ob_base.ob_base.ob_type.get().is_null() {
            raw.ob_base.ob_base.ob_type.set(base.class().as_type_ptr());
        }
    } else if raw.ob_base.ob_base.ob_type.get().is_null() {
        raw.ob_base.ob_base.ob_type.set(core::TYPE.as_type_ptr());
    }
    Ok(())
}

fn set_new(class: &TypeObject) -> PyResult<()> {
    let raw = class.raw();
    let base = class.base();
    // A static type that derives straight from object and has no constructor cannot be instantiated; those of ours that may be derived
    // from are heap types in CPython (`_io._IOBase`), which have object's.
    let own_base = class.has(tpflags::STATIC_BUILTIN) && class.has(tpflags::BASETYPE);
    let like_heap = class.has(tpflags::HEAPTYPE) || own_base;
    if raw.tp_new.get().is_none() && base.is_some_and(|base| base.is_type(&core::OBJECT)) && !like_heap {
        class.add_flags(tpflags::DISALLOW_INSTANTIATION);
    }
    if class.has(tpflags::DISALLOW_INSTANTIATION) {
        raw.tp_new.set(None);
        return Ok(());
    }
    if raw.tp_new.get().is_some() {
        if !raw.tp_dict.get().is_null() && (!class.has(tpflags::HEAPTYPE) || !super::is_python_new(class)) {
            operators::add_new_wrapper(class)?;
        }
    } else {
        raw.tp_new.set(base.and_then(|base| base.raw().tp_new.get()));
    }
    Ok(())
}

fn fill_dict(class: &TypeObject, parts: &[fn() -> &'static PartSpec]) -> PyResult<()> {
    let raw = class.raw();
    // SAFETY: the tables of a C type end with an entry without a name and live as long as the type.
    unsafe {
        descr::add_methods(class, raw.tp_methods.get())?;
        descr::add_members(class, raw.tp_members.get())?;
        descr::add_getset(class, raw.tp_getset.get())?;
    }
    for part in parts {
        let part = part();
        // SAFETY: the tables of a description are static; those that are not empty end with an entry without a name.
        unsafe {
            descr::add_methods(class, start(part.methods))?;
            descr::add_members(class, start(part.members))?;
            descr::add_getset(class, start(part.getset))?;
        }
    }
    let Some(dict) = raw.tp_dict.load() else { return Ok(()) };
    if dicts::get(dict.b(), id!("__doc__"))?.is_none() {
        let doc = match super::internal_doc(class) {
            Some(doc) => text::new(super::doc::without_signature(class.short_name(), doc))?,
            None => core::none_ref(),
        };
        dicts::set(dict.b(), id!("__doc__"), doc.b())?;
    }
    Ok(())
}

fn start<T>(table: &'static [T]) -> *mut T {
    if table.is_empty() { std::ptr::null_mut() } else { table.as_ptr().cast_mut() }
}

/// A subtype of a type with the managed words has them too; the offsets of C say so.
fn set_preheader(class: &TypeObject) {
    if class.has(tpflags::MANAGED_WEAKREF) {
        class.raw().tp_weaklistoffset.set(super::MANAGED_WEAKREF_OFFSET);
    }
    if class.has(tpflags::MANAGED_DICT) {
        class.raw().tp_dictoffset.set(super::MANAGED_DICT_OFFSET);
    }
}

/// A type that defines `__eq__` but no `__hash__` is not hashable.
fn set_hash(class: &TypeObject) -> PyResult<()> {
    let raw = class.raw();
    if raw.tp_hash.get().is_some() {
        return Ok(());
    }
    if let Some(dict) = raw.tp_dict.load() {
        if dicts::get(dict.b(), id!("__hash__"))?.is_some() {
            return Ok(());
        }
        dicts::set(dict.b(), id!("__hash__"), core::none())?;
    }
    // SAFETY: a function of the slot's signature.
    unsafe { class.set_slot(abi::typeslot::tp_hash, super::hash_not_implemented as *const ()) };
    Ok(())
}

fn check_completed(class: &TypeObject) -> PyResult<()> {
    let raw = class.raw();
    if class.has(tpflags::HAVE_GC) && raw.tp_traverse.get().is_none() {
        return Err(raise!(SystemError, "type {} has the Py_TPFLAGS_HAVE_GC flag but has no traverse function", class.tp_name()));
    }
    Ok(())
}

/// The name of a type's module, as `tp_name` of a static type gives it.
pub fn static_module_name(class: &TypeObject) -> &str {
    class.tp_name().rsplit_once('.').map_or("builtins", |(module, _)| module)
}

/// Whether `type_lookup` may be used for this type: it is complete.
pub fn is_ready(class: &TypeObject) -> bool {
    class.has(tpflags::READY)
}

/// The dict of a type. A complete type has one.
pub fn dict_of(class: &TypeObject) -> PyResult<Ref> {
    match class.raw().tp_dict.load() {
        Some(dict) => Ok(dict),
        None => {
            ready(class)?;
            if class.raw().tp_dict.get().is_null() {
                make_dict(class)?;
            }
            class.raw().tp_dict.load().ok_or_else(|| raise!(SystemError, "type '{}' has no dict", class.tp_name()))
        }
    }
}

/// Puts an attribute into the dict of a type that is not complete or whose slots it does not concern.
pub fn set_in_dict(class: &TypeObject, name: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
    let dict = dict_of(class)?;
    dicts::set(dict.b(), name, value)?;
    lookup::modified(class);
    Ok(())
}
