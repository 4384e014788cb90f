//! `pybuffer.h, cpython/memoryobject.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `Py_buffer`.
    Py_buffer {
        buf: Cell<*mut c_void>,
        obj: Cell<*mut PyObject>,
        len: Cell<isize>,
        itemsize: Cell<isize>,
        readonly: Cell<i32>,
        ndim: Cell<i32>,
        format: Cell<*mut c_char>,
        shape: Cell<*mut isize>,
        strides: Cell<*mut isize>,
        suboffsets: Cell<*mut isize>,
        internal: Cell<*mut c_void>,
    }
}

c_struct! {
    /// CPython's `PyMemoryViewObject`.
    PyMemoryViewObject {
        ob_base: PyVarObject,
        mbuf: Cell<*mut _PyManagedBufferObject>,
        hash: Cell<isize>,
        flags: Cell<i32>,
        exports: Cell<isize>,
        view: Py_buffer,
        weakreflist: Cell<*mut PyObject>,
        ob_array: [Cell<isize>; 1],
    }
}

c_struct! {
    /// CPython's `_PyManagedBufferObject`.
    _PyManagedBufferObject {
        ob_base: PyObject,
        flags: Cell<i32>,
        exports: Cell<isize>,
        master: Py_buffer,
    }
}
