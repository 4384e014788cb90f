//! `cpython/tupleobject.h, listobject.h, bytesobject.h, bytearrayobject.h, sliceobject.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyTupleObject`.
    PyTupleObject {
        ob_base: PyVarObject,
        ob_hash: Cell<isize>,
        ob_item: [Cell<*mut PyObject>; 1],
    }
}

c_struct! {
    /// CPython's `PyListObject`.
    PyListObject {
        ob_base: PyVarObject,
        ob_item: Cell<*mut *mut PyObject>,
        allocated: Cell<isize>,
    }
}

c_struct! {
    /// CPython's `PyBytesObject`.
    PyBytesObject {
        ob_base: PyVarObject,
        ob_shash: Cell<isize>,
        ob_sval: [Cell<i8>; 1],
    }
}

c_struct! {
    /// CPython's `PyByteArrayObject`.
    PyByteArrayObject {
        ob_base: PyVarObject,
        ob_alloc: Cell<isize>,
        ob_bytes: Cell<*mut c_char>,
        ob_start: Cell<*mut c_char>,
        ob_exports: Cell<isize>,
    }
}

c_struct! {
    /// CPython's `PySliceObject`.
    PySliceObject {
        ob_base: PyObject,
        start: Cell<*mut PyObject>,
        stop: Cell<*mut PyObject>,
        step: Cell<*mut PyObject>,
    }
}
