//! `TypeObject`: a `PyTypeObject` with what Rust asks of it.

use crate::reference::{Borrowed, Layout, Object, Ref};
use abi::{CStruct, PyTypeObject, tpflags};
use std::ffi::CStr;
use std::ops::Deref;

/// A type: CPython's `PyTypeObject`, our statics and heap types alike.
#[repr(transparent)]
pub struct TypeObject(PyTypeObject);

// SAFETY: it begins with the header of a `PyVarObject`.
unsafe impl Layout for TypeObject {}

impl Deref for TypeObject {
    type Target = Object;
    #[inline(always)]
    fn deref(&self) -> &Object {
        as_object(self)
    }
}

impl crate::StaticType for TypeObject {
    fn type_object() -> &'static TypeObject {
        &crate::core::TYPE
    }
    fn spec() -> Option<&'static crate::spec::TypeSpec> {
        None
    }
}

/// The object that a struct with a header is.
#[inline(always)]
pub fn as_object<T: Layout>(value: &T) -> &Object {
    // SAFETY: a `Layout` begins with the header; `Object` has no size.
    unsafe { &*std::ptr::from_ref(value).cast::<Object>() }
}

impl TypeObject {
    /// A type object whose bytes are all zero but for its immortal count: what a static begins as.
    pub const NEW: TypeObject = {
        let zero = PyTypeObject::ZERO;
        TypeObject(PyTypeObject {
            ob_base: abi::PyVarObject {
                ob_base: abi::PyObject {
                    ob_refcnt_full: abi::Cell::new(abi::IMMORTAL_REFCNT),
                    ob_type: abi::Cell::new(std::ptr::null_mut()),
                },
                ob_size: abi::Cell::new(0),
            },
            ..zero
        })
    };

    /// The C struct.
    #[inline(always)]
    pub fn raw(&self) -> &PyTypeObject {
        &self.0
    }

    /// The address, as C's `PyTypeObject *`.
    #[inline(always)]
    pub fn as_type_ptr(&self) -> *mut PyTypeObject {
        std::ptr::from_ref(&self.0).cast_mut()
    }

    /// This type as an object.
    #[inline(always)]
    pub fn borrowed_type(&self) -> Borrowed<'_, TypeObject> {
        // SAFETY: a reference proves that the type lives.
        unsafe { Borrowed::from_ptr(std::ptr::NonNull::from(&self.0).cast()) }
    }

    /// `tp_flags`.
    #[inline(always)]
    pub fn flags(&self) -> u64 {
        self.0.tp_flags.get()
    }

    /// Whether all bits of `flag` are set in `tp_flags`.
    #[inline(always)]
    pub fn has(&self, flag: u64) -> bool {
        self.0.tp_flags.get() & flag == flag
    }

    /// Whether the type has the table of sequence slots: heap types always have it, others where one of the slots is there.
    pub fn has_sequence_slots(&self) -> bool {
        self.has(abi::tpflags::HEAPTYPE)
            || self.sq_length().is_some()
            || self.sq_item().is_some()
            || self.sq_contains().is_some()
            || self.sq_concat().is_some()
    }

    /// Sets bits of `tp_flags`.
    pub fn add_flags(&self, flags: u64) {
        self.0.tp_flags.set(self.0.tp_flags.get() | flags);
    }

    /// Clears bits of `tp_flags`.
    pub fn remove_flags(&self, flags: u64) {
        self.0.tp_flags.set(self.0.tp_flags.get() & !flags);
    }

    /// `tp_name`: "list", or "module.name" for static types; the bare name for heap types.
    pub fn tp_name(&self) -> &str {
        let name = self.0.tp_name.get();
        if name.is_null() {
            return "?";
        }
        // SAFETY: `tp_name` is a C string that lives as long as the type.
        unsafe { CStr::from_ptr(name) }.to_str().unwrap_or("?")
    }

    /// The name behind the last dot of `tp_name`: `__name__`, as messages show it.
    pub fn short_name(&self) -> &str {
        let name = self.tp_name();
        if self.has(tpflags::HEAPTYPE) { name } else { name.rsplit_once('.').map_or(name, |(_, name)| name) }
    }

    /// Whether this is `base` or a subtype of it, by the MRO (or by `tp_base` before there is one).
    #[inline]
    pub fn is_subtype(&self, base: &TypeObject) -> bool {
        std::ptr::eq(self, base) || self.is_subtype_slow(base)
    }

    #[inline(never)]
    fn is_subtype_slow(&self, base: &TypeObject) -> bool {
        self.has_base(base)
    }

    /// As [`TypeObject::is_subtype`] for a type that was compared already: in place, for those who ask often.
    #[inline(always)]
    pub fn has_base(&self, base: &TypeObject) -> bool {
        let mro = self.0.tp_mro.get();
        if mro.is_null() {
            return self.has_base_by_bases(base);
        }
        // SAFETY: `tp_mro` is a tuple of types; nothing runs while it is read. The first is mostly the type itself, which comes last here.
        unsafe {
            let order = crate::value::tuple::items_of(mro).as_ptr_range();
            let mut at = order.end;
            while at != order.start {
                at = at.sub(1);
                if std::ptr::eq((*at).ptr(), base.as_object_ptr()) {
                    return true;
                }
            }
        }
        false
    }

    #[cold]
    fn has_base_by_bases(&self, base: &TypeObject) -> bool {
        let mut current = self.0.tp_base.get();
        while !current.is_null() {
            if std::ptr::eq(current, base.as_type_ptr()) {
                return true;
            }
            // SAFETY: a type keeps its base alive.
            current = unsafe { (*current).tp_base.get() };
        }
        std::ptr::eq(base, &crate::core::OBJECT)
    }

    /// The address as an object.
    #[inline(always)]
    pub fn as_object_ptr(&self) -> *mut abi::PyObject {
        self.as_type_ptr().cast()
    }

    /// Whether the types are the same.
    #[inline(always)]
    pub fn is_type(&self, other: &TypeObject) -> bool {
        std::ptr::eq(self, other)
    }

    /// `tp_base`.
    pub fn base(&self) -> Option<&TypeObject> {
        // SAFETY: a type keeps its base alive.
        unsafe { self.0.tp_base.get().cast::<TypeObject>().as_ref() }
    }

    /// A new owned reference to this type.
    pub fn to_type_ref(&self) -> Ref<TypeObject> {
        self.borrowed_type().to_ref()
    }
}
