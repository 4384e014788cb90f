//! How native types and modules are described: the tables that the macros of crate `macros` write.

use crate::gc::{self, Trace};
use crate::memory;
use crate::reference::{Borrowed, Layout, Ref};
use crate::result::{PyResult, Status};
use crate::types::TypeObject;
use abi::{Cell, PyGetSetDef, PyMemberDef, PyMethodDef, c_void, mlflags};
use std::ffi::CStr;
use std::mem::transmute;

/// A type that is a static of this program.
pub trait StaticType: Layout {
    /// The type object.
    fn type_object() -> &'static TypeObject;
    /// Its description; none for the cells of `core` whose type does not say.
    fn spec() -> Option<&'static TypeSpec>;
}

/// One filled slot: its number in `abi::typeslot` and a function of the slot's C signature.
#[derive(Clone, Copy)]
pub struct SlotDef {
    pub id: u16,
    pub func: *const (),
}
// SAFETY: the address of a function.
unsafe impl Sync for SlotDef {}

impl SlotDef {
    /// The slot `id` holds `func`.
    pub const fn new(id: u16, func: *const ()) -> Self {
        SlotDef { id, func }
    }
}

/// What one `#[pymethods]` block contributes to a type.
pub struct PartSpec {
    pub slots: &'static [SlotDef],
    pub methods: &'static [PyMethodDef],
    pub getset: &'static [PyGetSetDef],
    pub members: &'static [PyMemberDef],
}

/// Slots for types whose parts do not give them.
#[derive(Clone, Copy)]
pub struct Defaults {
    pub dealloc: crate::slots::DestructorFn,
    pub traverse: Option<crate::slots::TraverseFn>,
    pub clear: Option<crate::slots::ClearFn>,
}

/// The description of a static type.
pub struct TypeSpec {
    /// `tp_name`: the bare name for types of `builtins`, else `module.qualname`.
    pub name: &'static CStr,
    pub basicsize: usize,
    pub itemsize: usize,
    pub flags: u64,
    /// `tp_base`; none is `object`.
    pub base: Option<fn() -> &'static TypeObject>,
    pub doc: Option<&'static CStr>,
    pub parts: &'static [fn() -> &'static PartSpec],
    pub weaklist_offset: isize,
    pub dict_offset: isize,
    pub vectorcall_offset: isize,
    pub defaults: Defaults,
}

/// Defaults for a type that the collector does not know.
pub const fn defaults<T: Layout>() -> Defaults {
    Defaults { dealloc: memory::dealloc_fields::<T>, traverse: None, clear: None }
}

/// Defaults for a type that the collector knows.
pub const fn defaults_gc<T: Layout + Trace>() -> Defaults {
    Defaults {
        dealloc: memory::dealloc_fields::<T>,
        traverse: Some(gc::traverse_fields::<T>),
        clear: Some(gc::clear_fields::<T>),
    }
}

/// A type with its description, for lists.
#[derive(Clone, Copy)]
pub struct TypeEntry {
    pub type_object: fn() -> &'static TypeObject,
    pub spec: fn() -> Option<&'static TypeSpec>,
}

impl TypeEntry {
    /// The entry of `T`.
    pub const fn of<T: StaticType>() -> Self {
        TypeEntry { type_object: T::type_object, spec: T::spec }
    }
}

/// The description of a native module.
pub struct ModuleSpec {
    pub name: &'static CStr,
    pub doc: Option<&'static CStr>,
    pub methods: &'static [PyMethodDef],
    pub types: &'static [TypeEntry],
    pub attrs: &'static [(&'static str, fn() -> PyResult<Ref>)],
    pub exec: Option<fn(Borrowed<'_>) -> PyResult<()>>,
}

/// The arguments of a fast call: a pointer whose length comes beside it. Only callers of such functions make one.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct ArgPtr<'a>(*const Borrowed<'a>);

impl<'a> ArgPtr<'a> {
    /// The arguments at `ptr`.
    ///
    /// # Safety
    /// As many live objects as the count beside this pointer says stand there for `'a`.
    pub const unsafe fn new(ptr: *const Borrowed<'a>) -> Self {
        ArgPtr(ptr)
    }

    /// The `count` positional arguments that the call's second part names.
    #[inline(always)]
    pub fn with_len(self, count: isize) -> &'a [Borrowed<'a>] {
        if count <= 0 {
            return &[];
        }
        // SAFETY: whoever made the pointer promised that many objects.
        unsafe { std::slice::from_raw_parts(self.0, count.cast_unsigned()) }
    }

    /// The positional arguments and, behind them, the values of the keywords in `names`.
    #[inline(always)]
    pub fn with_kw(self, count: isize, names: Option<Borrowed<'a>>) -> &'a [Borrowed<'a>] {
        let keywords = names.and_then(crate::value::tuple::items).map_or(0, <[_]>::len);
        self.with_len(count.max(0) + keywords.cast_signed())
    }
}

/// A method without arguments.
pub type NoArgs = for<'a> extern "C-unwind" fn(Option<Borrowed<'a>>, Option<Borrowed<'a>>) -> PyResult<Ref>;
/// A method of one positional argument.
pub type OneArg = for<'a> extern "C-unwind" fn(Option<Borrowed<'a>>, Borrowed<'a>) -> PyResult<Ref>;
/// A method of positional arguments.
pub type Fast = for<'a> extern "C-unwind" fn(Option<Borrowed<'a>>, ArgPtr<'a>, isize) -> PyResult<Ref>;
/// A method with keywords.
pub type FastKw = for<'a> extern "C-unwind" fn(Option<Borrowed<'a>>, ArgPtr<'a>, isize, Option<Borrowed<'a>>) -> PyResult<Ref>;
/// A getter.
pub type Getter = for<'a> extern "C-unwind" fn(Borrowed<'a>, *mut c_void) -> PyResult<Ref>;
/// A setter; no value deletes.
pub type Setter = for<'a> extern "C-unwind" fn(Borrowed<'a>, Option<Borrowed<'a>>, *mut c_void) -> Status;

macro_rules! method_constructors {
    ($($name:ident $ty:ident $flags:expr;)*) => { $(
        /// An entry of a method table.
        pub const fn $name(name: &'static CStr, function: $ty, extra_flags: i32, doc: &'static CStr) -> PyMethodDef {
            PyMethodDef {
                ml_name: Cell::new(name.as_ptr()),
                // SAFETY: the flags tell the caller which signature the function has.
                ml_meth: Cell::new(Some(unsafe { transmute::<$ty, abi::PyCFunction>(function) })),
                ml_flags: Cell::new($flags | extra_flags),
                ml_doc: Cell::new(doc.as_ptr()),
            }
        }
    )* };
}

method_constructors! {
    method_noargs NoArgs mlflags::NOARGS;
    method_o OneArg mlflags::O;
    method_fast Fast mlflags::FASTCALL;
    method_fastkw FastKw mlflags::FASTCALL | mlflags::KEYWORDS;
}

/// The end of a method table.
pub const fn method_end() -> PyMethodDef {
    <PyMethodDef as abi::CStruct>::ZERO
}

/// An entry of a getset table.
pub const fn getset(name: &'static CStr, get: Option<Getter>, set: Option<Setter>, doc: Option<&'static CStr>) -> PyGetSetDef {
    PyGetSetDef {
        name: Cell::new(name.as_ptr()),
        // SAFETY: the signatures are those of C's getter and setter.
        get: Cell::new(unsafe { transmute::<Option<Getter>, Option<abi::getter>>(get) }),
        // SAFETY: as above.
        set: Cell::new(unsafe { transmute::<Option<Setter>, Option<abi::setter>>(set) }),
        doc: Cell::new(match doc {
            Some(doc) => doc.as_ptr(),
            None => std::ptr::null(),
        }),
        closure: Cell::new(std::ptr::null_mut()),
    }
}

/// The end of a getset table.
pub const fn getset_end() -> PyGetSetDef {
    <PyGetSetDef as abi::CStruct>::ZERO
}

/// An entry of a member table.
pub const fn member(name: &'static CStr, kind: i32, offset: usize, flags: i32, doc: Option<&'static CStr>) -> PyMemberDef {
    PyMemberDef {
        name: Cell::new(name.as_ptr()),
        r#type: Cell::new(kind),
        offset: Cell::new(offset.cast_signed()),
        flags: Cell::new(flags),
        doc: Cell::new(match doc {
            Some(doc) => doc.as_ptr(),
            None => std::ptr::null(),
        }),
    }
}

/// The end of a member table.
pub const fn member_end() -> PyMemberDef {
    <PyMemberDef as abi::CStruct>::ZERO
}
