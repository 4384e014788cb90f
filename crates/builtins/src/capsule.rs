//! `PyCapsule`: a C pointer in an object.

use abi::{Cell, PyObject, c_char, c_void};
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, StaticType, memory};
use std::ffi::CStr;

/// What C runs when a capsule dies.
pub type Destructor = unsafe extern "C-unwind" fn(*mut PyObject);

/// Capsule objects let you wrap a C "void *" pointer in a Python
/// object.  They're a way of passing data through the Python interpreter
/// without creating your own custom type.
///
/// Capsules are used for communication between extension modules.
/// They provide a way for an extension module to export a C interface
/// to other extension modules, so that extension modules can use the
/// Python import mechanism to link to one another.
#[pyclass(name = "PyCapsule", cell = ::object::core::CAPSULE)]
pub struct Capsule {
    head: PyObject,
    pub pointer: Cell<*mut c_void>,
    /// A C string that outlives the capsule, or null.
    pub name: Cell<*const c_char>,
    pub context: Cell<*mut c_void>,
    pub destructor: Cell<Option<Destructor>>,
}

/// A capsule of this pointer.
pub fn new(pointer: *mut c_void, name: *const c_char, destructor: Option<Destructor>) -> PyResult<Ref> {
    let capsule = Capsule {
        head: <PyObject as abi::CStruct>::ZERO,
        pointer: Cell::new(pointer),
        name: Cell::new(name),
        context: Cell::new(std::ptr::null_mut()),
        destructor: Cell::new(destructor),
    };
    memory::new_instance(Capsule::type_object(), capsule).map(Ref::upcast)
}

#[pymethods]
impl Capsule {
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let name = slf.name.get();
        let shown = if name.is_null() {
            "NULL".to_owned()
        } else {
            // SAFETY: the name is a C string that outlives the capsule.
            format!("\"{}\"", unsafe { CStr::from_ptr(name) }.to_string_lossy())
        };
        text::new(&format!("<capsule object {shown} at {:p}>", slf.object().ptr()))
    }

    #[slot(tp_dealloc)]
    unsafe fn dealloc(slf: Borrowed<'_, Self>) {
        let ptr = slf.object().ptr();
        // SAFETY: the slot's contract; the destructor was given for this capsule.
        unsafe {
            if let Some(destructor) = slf.destructor.get() {
                destructor(ptr);
            }
            memory::finish_dealloc(ptr);
        }
    }
}
