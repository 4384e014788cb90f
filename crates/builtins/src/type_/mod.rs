//! `type`: completing types, classes made by programs, slots, the method cache.
//!
//! A type is completed once ([`ready`]); from then on **its slots agree with its dict**: whoever changes an attribute of a class goes through
//! `type.__setattr__`, which calls [`update::attribute_changed`]. Whoever changes what a look-up could see calls
//! [`lookup::modified`] first.

pub mod annotations;
pub mod attributes;
pub mod call;
pub mod class_assign;
pub mod dicts;
pub mod doc;
pub mod from_spec;
pub mod getattr;
pub mod inherit;
pub mod instance;
pub mod layout;
pub mod lookup;
pub mod methods;
pub mod mro;
pub mod new;
pub mod operators;
pub mod python_buffer;
pub mod ready;
pub mod slot_functions;
pub mod slots_attr;
pub mod special;
pub mod storage;
pub mod subclasses;
pub mod update;
pub mod wrap;

pub use lookup::lookup;
pub use new::is_python_new;

use abi::{PyHeapTypeObject, tpflags};
use macros::{pyclass, pymethods};
use object::gc;
use object::memory;
use object::value::{str as text, tuple};
use object::{Borrowed, Hash, Object, PyResult, RawField, Ref, TypeObject, Visit, core, id, raise};
use std::ffi::CStr;
use std::sync::OnceLock;

/// `tp_dictoffset` of types with a managed dict.
pub const MANAGED_DICT_OFFSET: isize = -1;
/// `tp_weaklistoffset` of types with a managed list of weak references.
pub const MANAGED_WEAKREF_OFFSET: isize = -4 * size_of::<usize>().cast_signed();

/// type(object) -> the object's type
/// type(name, bases, dict, **kwds) -> a new type
#[pyclass(
    name = "type",
    cell = ::object::core::TYPE,
    flags(BASETYPE, HAVE_VECTORCALL, ITEMS_AT_END, TYPE_SUBCLASS),
    gc = manual,
    itemsize = abi::PyMemberDef,
    parts(MAIN, ATTRIBUTES, ANNOTATIONS, METHODS)
)]
pub struct Type {
    head: PyHeapTypeObject,
}

#[pymethods]
impl Type {
    #[slot(tp_new)]
    fn new(metatype: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        new::new(metatype, args, kwargs)
    }

    #[slot(tp_init)]
    fn init(_slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        new::init(args, kwargs)
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        call::call(&slf, args, kwargs)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        attributes::repr(&slf)
    }

    #[slot(tp_getattro)]
    fn getattr(slf: Borrowed<'_, TypeObject>, name: Borrowed<'_>) -> PyResult<Ref> {
        getattr::get(slf, name)
    }

    #[slot(tp_setattro)]
    fn setattr(slf: Borrowed<'_, TypeObject>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        getattr::set(slf, name, value)
    }

    #[slot(nb_or)]
    fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Ref> {
        crate::union_::or(left, right)
    }

    /// What a metaclass of ours ends its own `tp_traverse` with.
    #[slot(tp_traverse)]
    pub fn traverse(slf: Borrowed<'_, TypeObject>, visit: &mut Visit<'_>) {
        let raw = slf.raw();
        let Some(heap) = new::heap(&slf) else { return };
        for field in [&raw.tp_dict, &raw.tp_cache, &raw.tp_mro, &raw.tp_bases, &heap.ht_module] {
            visit.raw(field.get());
        }
        visit.raw(raw.tp_base.get().cast());
        if slf.class().has(tpflags::HEAPTYPE)
            && slf.class().slot_ptr(abi::typeslot::tp_traverse) == core::TYPE.slot_ptr(abi::typeslot::tp_traverse)
        {
            visit.raw(slf.class().as_object_ptr());
        }
    }

    /// What a metaclass of ours ends its own `tp_clear` with.
    #[slot(tp_clear)]
    pub fn clear(slf: Borrowed<'_, TypeObject>) {
        let raw = slf.raw();
        let Some(heap) = new::heap(&slf) else { return };
        lookup::modified(&slf);
        for base in tuple_items(raw.tp_bases.load().as_ref()) {
            if let Some(base) = base.b().downcast::<TypeObject>() {
                subclasses::remove(&base, &slf);
            }
        }
        if let Some(dict) = raw.tp_dict.load() {
            if let Some(dict) = dict.b().downcast::<crate::dict::Dict>() {
                dict.clear();
            }
        }
        heap.ht_module.store(None);
        raw.tp_mro.store(None);
    }

    /// What a metaclass of ours ends its own `tp_dealloc` with.
    ///
    /// # Safety
    /// The type's count is 0.
    #[slot(tp_dealloc)]
    pub unsafe fn dealloc(slf: Borrowed<'_, TypeObject>) {
        let ptr = slf.ptr();
        // SAFETY: the count is 0; each field is given up once, and nobody can reach the type any more.
        unsafe {
            let class: &TypeObject = &*ptr.cast::<TypeObject>();
            gc::untrack_if_tracked(ptr);
            memory::clear_weakrefs_if_any(ptr);
            lookup::modified(class);
            let raw = class.raw();
            for base in tuple_items(raw.tp_bases.load().as_ref()) {
                if let Some(base) = base.b().downcast::<TypeObject>() {
                    subclasses::remove(&base, class);
                }
            }
            for field in [&raw.tp_dict, &raw.tp_bases, &raw.tp_mro, &raw.tp_cache] {
                field.store(None);
            }
            subclasses::free(class);
            if let Some(heap) = new::heap(class) {
                for field in [&heap.ht_name, &heap.ht_qualname, &heap.ht_slots, &heap.ht_module] {
                    field.store(None);
                }
                crate::dict::instance::release_class_keys(class);
                memory::free(raw.tp_doc.replace(std::ptr::null()).cast_mut().cast());
                drop(Ref::<Object>::from_owned_or_null(heap._ht_tpname.replace(std::ptr::null_mut()).cast()));
            }
            drop(Ref::<Object>::from_owned_or_null(raw.tp_base.replace(std::ptr::null_mut()).cast()));
            memory::finish_dealloc(ptr);
        }
    }

    #[slot(tp_is_gc)]
    extern "C-unwind" fn is_gc(slf: Borrowed<'_>) -> object::Truth {
        Ok(slf.self_as::<TypeObject>().has(tpflags::HEAPTYPE)).into()
    }

    #[slot(tp_vectorcall)]
    extern "C-unwind" fn vectorcall(
        slf: Borrowed<'_>,
        args: *const Borrowed<'_>,
        nargsf: usize,
        kwnames: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let count = nargsf & !abi::VECTORCALL_ARGUMENTS_OFFSET;
        let keywords = kwnames.and_then(tuple::items).map_or(0, <[_]>::len);
        // SAFETY: the caller of a vectorcall passes that many arguments.
        let all: &[Borrowed<'_>] =
            if count + keywords == 0 { &[] } else { unsafe { std::slice::from_raw_parts(args, count + keywords) } };
        let class = slf.self_as::<TypeObject>();
        if class.is_type(&core::TYPE)
            && let ([object], 0) = (all, keywords)
        {
            return Ok(object.class().to_ref());
        }
        if let Some(made) = call::make_simple(&class, all, count, kwnames) {
            return made;
        }
        call::by_vector(class, all, count, kwnames)
    }
}

/// `tp_hash` of objects that cannot be hashed.
pub extern "C-unwind" fn hash_not_implemented(slf: Borrowed<'_>) -> Hash {
    Err(raise!(TypeError, "unhashable type: '{}'", slf.class().tp_name())).into()
}

/// The items of a tuple (none: no items), owned.
pub fn tuple_items(tuple: Option<&Ref>) -> Vec<Ref> {
    let items = tuple.and_then(|tuple| tuple::items(tuple.b())).unwrap_or_default();
    items.iter().map(|item| item.to_ref()).collect()
}

/// `tp_doc`, signature included.
pub fn internal_doc(class: &TypeObject) -> Option<&str> {
    let doc = class.raw().tp_doc.get();
    if doc.is_null() {
        return None;
    }
    // SAFETY: `tp_doc` is a C string that lives as long as the type.
    unsafe { CStr::from_ptr(doc) }.to_str().ok()
}

/// The interned object with the text of `name`.
pub fn intern(name: Ref) -> Ref {
    crate::str_::intern::intern(name)
}

static CURRENT_GLOBALS: OnceLock<fn() -> Option<Ref>> = OnceLock::new();

/// Installs what gives the globals of the innermost Python frame: for the `__module__` of classes that `type()` makes.
pub fn install_current_globals(hook: fn() -> Option<Ref>) {
    let _first = CURRENT_GLOBALS.set(hook);
}

/// `__name__` in the globals of the innermost Python frame.
pub fn current_module_name() -> PyResult<Option<Ref>> {
    match CURRENT_GLOBALS.get().and_then(|globals| globals()) {
        Some(globals) => dicts::get(globals.b(), id!("__name__")),
        None => Ok(None),
    }
}

/// The text of a str, for messages.
pub fn lossy(name: Borrowed<'_>) -> String {
    text::to_string_lossy(name)
}
