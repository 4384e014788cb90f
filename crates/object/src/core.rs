//! The statics of the types that `object` itself makes values of or names, and the singletons.
//!
//! Here they are zeroed memory with an address; the types' own files in `builtins` and `vm` fill them (`#[pyclass(cell = …)]`). They
//! are exported under C's names, writable, as wheels expect them.

use crate::types::TypeObject;

macro_rules! type_cells {
    ($($(#[$meta:meta])* $name:ident = $export:literal;)*) => { $(
        #[doc = concat!("C's `", $export, "`.")]
        #[unsafe(export_name = $export)]
        pub static $name: TypeObject = TypeObject::NEW;
    )* };
}

// SAFETY: `TypeObject` is `PyTypeObject`, which is `Sync` under the GIL.
unsafe impl Sync for TypeObject {}

type_cells! {
    OBJECT = "PyBaseObject_Type";
    TYPE = "PyType_Type";
    INT = "PyLong_Type";
    BOOL = "PyBool_Type";
    FLOAT = "PyFloat_Type";
    COMPLEX = "PyComplex_Type";
    STR = "PyUnicode_Type";
    BYTES = "PyBytes_Type";
    BYTEARRAY = "PyByteArray_Type";
    TUPLE = "PyTuple_Type";
    LIST = "PyList_Type";
    DICT = "PyDict_Type";
    SET = "PySet_Type";
    FROZENSET = "PyFrozenSet_Type";
    SLICE = "PySlice_Type";
    NONE_TYPE = "_PyNone_Type";
    NOT_IMPLEMENTED_TYPE = "_PyNotImplemented_Type";
    ELLIPSIS_TYPE = "PyEllipsis_Type";
    MODULE = "PyModule_Type";
    CFUNCTION = "PyCFunction_Type";
    CMETHOD = "PyCMethod_Type";
    FUNCTION = "PyFunction_Type";
    METHOD = "PyMethod_Type";
    METHOD_DESCR = "PyMethodDescr_Type";
    CLASSMETHOD_DESCR = "PyClassMethodDescr_Type";
    WRAPPER_DESCR = "PyWrapperDescr_Type";
    GETSET_DESCR = "PyGetSetDescr_Type";
    MEMBER_DESCR = "PyMemberDescr_Type";
    PROPERTY = "PyProperty_Type";
    SUPER = "PySuper_Type";
    CODE = "PyCode_Type";
    CELL = "PyCell_Type";
    FRAME = "PyFrame_Type";
    TRACEBACK = "PyTraceBack_Type";
    GENERATOR = "PyGen_Type";
    COROUTINE = "PyCoro_Type";
    ASYNC_GENERATOR = "PyAsyncGen_Type";
    WEAKREF = "_PyWeakref_RefType";
    MEMORYVIEW = "PyMemoryView_Type";
    RANGE = "PyRange_Type";
    DICT_KEYS = "PyDictKeys_Type";
    DICT_VALUES = "PyDictValues_Type";
    DICT_ITEMS = "PyDictItems_Type";
    MAPPING_PROXY = "PyDictProxy_Type";
    CAPSULE = "PyCapsule_Type";
}

/// A singleton: a header and nothing more.
#[repr(transparent)]
pub struct Singleton(abi::PyObject);

// SAFETY: it is the header.
unsafe impl crate::Layout for Singleton {}
// SAFETY: an immortal header is never written after start-up.
unsafe impl Sync for Singleton {}

macro_rules! singletons {
    ($($name:ident = $export:literal : $ty:ident, $get:ident;)*) => { $(
        #[doc = concat!("C's `", $export, "`.")]
        #[unsafe(export_name = $export)]
        pub static $name: Singleton = Singleton(abi::PyObject {
            ob_refcnt_full: abi::Cell::new(abi::IMMORTAL_REFCNT),
            ob_type: abi::Cell::new($ty.as_type_ptr_const()),
        });

        #[doc = concat!("The singleton `", stringify!($name), "`.")]
        #[inline(always)]
        pub fn $get() -> crate::Borrowed<'static> {
            crate::types::as_object(&$name).borrowed()
        }
    )* };
}

impl TypeObject {
    /// The address, in a constant.
    const fn as_type_ptr_const(&'static self) -> *mut abi::PyTypeObject {
        std::ptr::from_ref(self).cast_mut().cast()
    }
}

singletons! {
    NONE = "_Py_NoneStruct": NONE_TYPE, none;
    NOT_IMPLEMENTED = "_Py_NotImplementedStruct": NOT_IMPLEMENTED_TYPE, not_implemented;
    ELLIPSIS = "_Py_EllipsisObject": ELLIPSIS_TYPE, ellipsis;
}

/// `True` and `False`: ints with one digit.
#[repr(transparent)]
pub struct BoolObject(abi::PyLongObject);

// SAFETY: it begins with the header.
unsafe impl crate::Layout for BoolObject {}
// SAFETY: immortal and never written after start-up.
unsafe impl Sync for BoolObject {}

const fn bool_object(value: u32) -> BoolObject {
    BoolObject(abi::PyLongObject {
        ob_base: abi::PyObject {
            ob_refcnt_full: abi::Cell::new(abi::IMMORTAL_REFCNT),
            ob_type: abi::Cell::new(BOOL.as_type_ptr_const()),
        },
        long_value: abi::_PyLongValue {
            // One digit and positive, or none and zero; bit 2 is CPython's mark of a small int.
            lv_tag: abi::Cell::new(if value == 1 { 8 | 4 } else { 1 | 4 }),
            ob_digit: [abi::Cell::new(value)],
        },
    })
}

/// C's `_Py_TrueStruct`.
#[unsafe(export_name = "_Py_TrueStruct")]
pub static TRUE: BoolObject = bool_object(1);
/// C's `_Py_FalseStruct`.
#[unsafe(export_name = "_Py_FalseStruct")]
pub static FALSE: BoolObject = bool_object(0);

/// `True` or `False`.
#[inline(always)]
pub fn boolean(value: bool) -> crate::Borrowed<'static> {
    crate::types::as_object(if value { &TRUE } else { &FALSE }).borrowed()
}

/// The singleton `True`.
#[inline(always)]
pub fn true_() -> crate::Borrowed<'static> {
    boolean(true)
}

/// The singleton `False`.
#[inline(always)]
pub fn false_() -> crate::Borrowed<'static> {
    boolean(false)
}

/// A new (uncounted: immortal) reference to `None`.
#[inline(always)]
pub fn none_ref() -> crate::Ref {
    none().to_ref()
}
