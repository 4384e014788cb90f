//! Instances of heap types: destruction, traversal, `__dict__` and `__weakref__` (`subtype_*`).

use super::storage;
use abi::{Cell, PyMemberDef, PyObject, c_int, c_void, member, tpflags, typeslot, visitproc};
use object::gc;
use object::memory;
use object::spec;
use object::{Borrowed, Object, PyResult, RawField, Status, TypeObject, Visit, core, raise};

/// The members that a class's `__slots__` made: they stand behind its type object.
pub fn slot_members(class: &TypeObject) -> &[PyMemberDef] {
    if !class.has(tpflags::HEAPTYPE) {
        return &[];
    }
    // SAFETY: a heap type is a variable object of member definitions behind its metaclass's struct.
    unsafe {
        let count = class.raw().ob_base.ob_size.get().max(0).cast_unsigned();
        std::slice::from_raw_parts(slot_members_start(class), count)
    }
}

/// Where the members of a class's `__slots__` stand.
pub fn slot_members_start(class: &TypeObject) -> *mut PyMemberDef {
    let size = class.class().raw().tp_basicsize.get();
    class.as_type_ptr().cast::<u8>().wrapping_offset(size).cast()
}

/// The objects in the slots that `class` itself added.
fn slot_fields<'a>(object: Borrowed<'a>, class: &'a TypeObject) -> impl Iterator<Item = &'a Cell<*mut PyObject>> {
    slot_members(class)
        .iter()
        .filter(|definition| definition.r#type.get() == member::T_OBJECT_EX && definition.flags.get() & member::READONLY == 0)
        .map(move |definition| {
            // SAFETY: the offset names a field of the object.
            unsafe { &*object.ptr().byte_offset(definition.offset.get()).cast::<Cell<*mut PyObject>>() }
        })
}

/// The nearest base whose function in a slot is not `own`.
fn native_base(class: &TypeObject, slot: u16, own: *const ()) -> &TypeObject {
    let mut base = class;
    while base.slot_ptr(slot) == own {
        match base.base() {
            Some(next) => base = next,
            None => return &core::OBJECT,
        }
    }
    base
}

/// The classes from `class` up to the native base of `slot`, which is not one of them.
fn own_classes<'a>(class: &'a TypeObject, slot: u16, own: *const ()) -> impl Iterator<Item = &'a TypeObject> {
    std::iter::successors(Some(class), |class| class.base()).take_while(move |class| class.slot_ptr(slot) == own)
}

/// Whether instances are what most classes' are: inline values right above `object`, without slots and finalisers.
#[inline]
fn is_simple(class: &TypeObject) -> bool {
    let raw = class.raw();
    class.has(tpflags::INLINE_VALUES | tpflags::HEAPTYPE)
        && std::ptr::eq(raw.tp_base.get(), core::OBJECT.as_type_ptr())
        && raw.ob_base.ob_size.get() == 0
        && raw.tp_finalize.get().is_none()
        && raw.tp_del.get().is_none()
}

/// The end of an instance of such a class.
#[inline]
unsafe fn dealloc_simple(ptr: *mut PyObject, class: &TypeObject) {
    // SAFETY: the object's count is 0 and it is whole; its type lives until its reference is dropped at the end.
    unsafe {
        gc::untrack_if_tracked(ptr);
        let pre = memory::pre_header(ptr);
        if class.has(tpflags::MANAGED_WEAKREF) && !pre.weakrefs.get().is_null() {
            memory::clear_weakrefs_if_any(ptr);
        }
        if pre.dict.get().is_null() {
            crate::dict::instance::clear_values(ptr);
        } else {
            storage::clear((*ptr.cast::<Object>()).borrowed().extend());
        }
        memory::finish_dealloc(ptr);
        object::reference::decref(class.as_object_ptr());
    }
}

/// `tp_dealloc` of heap types.
pub extern "C-unwind" fn dealloc(ptr: *mut PyObject) {
    // SAFETY: the object's count is 0 and it is whole; its type lives until its reference is dropped at the end.
    unsafe {
        let object = (*ptr.cast::<Object>()).borrowed().extend();
        let class: &TypeObject = &*(*ptr).ob_type.get().cast::<TypeObject>();
        if is_simple(class) {
            dealloc_simple(ptr, class);
            return;
        }
        let has_gc = class.has(tpflags::HAVE_GC);
        let own = dealloc as *const ();
        let base = native_base(class, typeslot::tp_dealloc, own);
        if class.tp_finalize().is_some() && memory::finalize_resurrects(ptr) {
            return;
        }
        if class.tp_del().is_some() && call_del(ptr, class) {
            return;
        }
        if has_gc {
            gc::untrack_if_tracked(ptr);
        }
        if class.raw().tp_weaklistoffset.get() != 0 && base.raw().tp_weaklistoffset.get() == 0 {
            memory::clear_weakrefs_if_any(ptr);
        }
        for class in own_classes(class, typeslot::tp_dealloc, own) {
            for field in slot_fields(object, class) {
                field.store(None);
            }
        }
        if class.has(tpflags::MANAGED_DICT) {
            storage::clear(object);
        } else if class.raw().tp_dictoffset.get() != 0 && base.raw().tp_dictoffset.get() == 0 {
            storage::clear(object);
        }
        if has_gc && base.has(tpflags::HAVE_GC) {
            gc::track(ptr);
        }
        // The destructor of a heap type gives the reference to the class back itself, whichever class that is.
        let drop_class = class.has(tpflags::HEAPTYPE) && !base.has(tpflags::HEAPTYPE);
        if let Some(base_dealloc) = base.tp_dealloc() {
            base_dealloc(ptr);
        }
        if drop_class {
            object::reference::decref(class.as_object_ptr());
        }
    }
}

/// Runs the old `tp_del`. Returns whether the object came back to life.
unsafe fn call_del(ptr: *mut PyObject, class: &TypeObject) -> bool {
    // SAFETY: by contract the object is whole. Its count is 0, as C's functions expect: they bring it to life for the call themselves.
    unsafe {
        if let Some(del) = class.tp_del() {
            del((*ptr.cast::<Object>()).borrowed());
        }
        (*ptr.cast::<Cell<u32>>()).get() != 0
    }
}

/// `tp_traverse` of heap types.
pub extern "C-unwind" fn traverse(object: Borrowed<'_>, visitproc: visitproc, arg: *mut c_void) -> c_int {
    let class = object.class();
    let own = traverse as *const ();
    let base = native_base(class, typeslot::tp_traverse, own);
    let mut visit = Visit::new(visitproc, arg);
    for class in own_classes(class, typeslot::tp_traverse, own) {
        for field in slot_fields(object, class) {
            visit.raw(field.get());
        }
    }
    if class.has(tpflags::MANAGED_DICT) {
        storage::visit(object, &mut visit);
    } else if class.raw().tp_dictoffset.get() != 0 && base.raw().tp_dictoffset.get() == 0 {
        storage::visit(object, &mut visit);
    }
    let base_traverse = base.tp_traverse();
    if class.has(tpflags::HEAPTYPE) && (base_traverse.is_none() || !base.has(tpflags::HEAPTYPE)) {
        visit.raw(class.as_object_ptr());
    }
    if visit.result() != 0 {
        return visit.result();
    }
    base_traverse.map_or(0, |traverse| traverse(object, visitproc, arg))
}

/// `tp_clear` of heap types.
pub extern "C-unwind" fn clear(object: Borrowed<'_>) -> c_int {
    let class = object.class();
    let own = clear as *const ();
    let base = native_base(class, typeslot::tp_clear, own);
    for class in own_classes(class, typeslot::tp_clear, own) {
        for field in slot_fields(object, class) {
            field.store(None);
        }
    }
    if class.has(tpflags::MANAGED_DICT) {
        storage::clear(object);
    } else if class.raw().tp_dictoffset.get() != 0 && base.raw().tp_dictoffset.get() == 0 {
        storage::clear(object);
    }
    base.tp_clear().map_or(0, |clear| clear(object))
}

/// The nearest native base that has a dict of its own, whose `__dict__` decides (`get_builtin_base_with_dict`).
fn native_base_with_dict(class: &TypeObject) -> Option<&TypeObject> {
    let mut current = class;
    while let Some(base) = current.base() {
        if current.raw().tp_dictoffset.get() != 0 && !current.has(tpflags::HEAPTYPE) {
            return Some(current);
        }
        current = base;
    }
    None
}

extern "C-unwind" fn get_dict(object: Borrowed<'_>, _closure: *mut c_void) -> PyResult {
    if let Some(base) = native_base_with_dict(object.class())
        && let Some(descriptor) = super::lookup::lookup(base, object::id!("__dict__"))
        && let Some(get) = descriptor.class().tp_descr_get()
    {
        return get(descriptor.b(), Some(object), Some(object.class().borrowed()));
    }
    match storage::dict(object)? {
        Some(dict) => Ok(dict),
        None => Err(raise!(AttributeError, "This object has no __dict__")),
    }
}

extern "C-unwind" fn set_dict(object: Borrowed<'_>, value: Option<Borrowed<'_>>, _closure: *mut c_void) -> Status {
    if let Some(base) = native_base_with_dict(object.class()) {
        let descriptor = super::lookup::lookup(base, object::id!("__dict__"));
        return match descriptor.as_ref().and_then(|descriptor| Some((descriptor, descriptor.class().tp_descr_set()?))) {
            Some((descriptor, set)) => set(descriptor.b(), object, value),
            None => {
                Err(raise!(TypeError, "this __dict__ descriptor does not support '{}' objects", object.class().tp_name())).into()
            }
        };
    }
    storage::set_dict(object, value).into()
}

extern "C-unwind" fn get_weakref(object: Borrowed<'_>, _closure: *mut c_void) -> PyResult {
    let class = object.class();
    if class.raw().tp_weaklistoffset.get() == 0 {
        return Err(raise!(AttributeError, "This object has no __weakref__"));
    }
    Ok(crate::weakref::first(object).unwrap_or_else(core::none_ref))
}

struct Table<const N: usize>([abi::PyGetSetDef; N]);
// SAFETY: never written.
unsafe impl<const N: usize> Sync for Table<N> {}

const DICT_DOC: &std::ffi::CStr = c"dictionary for instance variables";
const WEAKREF_DOC: &std::ffi::CStr = c"list of weak references to the object";
static BOTH: Table<3> = Table([
    spec::getset(c"__dict__", Some(get_dict), Some(set_dict), Some(DICT_DOC)),
    spec::getset(c"__weakref__", Some(get_weakref), None, Some(WEAKREF_DOC)),
    spec::getset_end(),
]);
static DICT_ONLY: Table<2> =
    Table([spec::getset(c"__dict__", Some(get_dict), Some(set_dict), Some(DICT_DOC)), spec::getset_end()]);
static WEAKREF_ONLY: Table<2> =
    Table([spec::getset(c"__weakref__", Some(get_weakref), None, Some(WEAKREF_DOC)), spec::getset_end()]);

/// The attributes `__dict__` and `__weakref__` of a class that adds them.
pub fn getsets(dict: bool, weakref: bool) -> *mut abi::PyGetSetDef {
    let table = match (dict, weakref) {
        (true, true) => BOTH.0.as_ptr(),
        (true, false) => DICT_ONLY.0.as_ptr(),
        (false, true) => WEAKREF_ONLY.0.as_ptr(),
        (false, false) => return std::ptr::null_mut(),
    };
    table.cast_mut()
}
