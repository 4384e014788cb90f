//! `cpython/unicodeobject.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyASCIIObject`.
    PyASCIIObject {
        ob_base: PyObject,
        length: Cell<isize>,
        hash: Cell<isize>,
        state: Cell<u32>,
    }
}

c_struct! {
    /// CPython's `PyCompactUnicodeObject`.
    PyCompactUnicodeObject {
        _base: PyASCIIObject,
        utf8_length: Cell<isize>,
        utf8: Cell<*mut c_char>,
    }
}

c_struct! {
    /// CPython's `PyUnicodeObject`.
    PyUnicodeObject {
        _base: PyCompactUnicodeObject,
        data: Cell<*mut c_void>,
    }
}

c_struct! {
    /// CPython's `_PyUnicodeWriter`.
    _PyUnicodeWriter {
        buffer: Cell<*mut PyObject>,
        data: Cell<*mut c_void>,
        kind: Cell<i32>,
        maxchar: Cell<u32>,
        size: Cell<isize>,
        pos: Cell<isize>,
        min_length: Cell<isize>,
        min_char: Cell<u32>,
        overallocate: Cell<u8>,
        readonly: Cell<u8>,
    }
}
