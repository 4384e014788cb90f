//! `cpython/longintrepr.h, floatobject.h, complexobject.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyLongObject`.
    PyLongObject {
        ob_base: PyObject,
        long_value: _PyLongValue,
    }
}

c_struct! {
    /// CPython's `_PyLongValue`.
    _PyLongValue {
        lv_tag: Cell<usize>,
        ob_digit: [Cell<u32>; 1],
    }
}

c_struct! {
    /// CPython's `PyFloatObject`.
    PyFloatObject {
        ob_base: PyObject,
        ob_fval: Cell<f64>,
    }
}

c_struct! {
    /// CPython's `PyComplexObject`.
    PyComplexObject {
        ob_base: PyObject,
        cval: Py_complex,
    }
}

c_struct! {
    /// CPython's `Py_complex`.
    Py_complex {
        real: Cell<f64>,
        imag: Cell<f64>,
    }
}

c_struct! {
    /// CPython's `PyLongLayout`.
    PyLongLayout {
        bits_per_digit: Cell<u8>,
        digit_size: Cell<u8>,
        digits_order: Cell<i8>,
        digit_endianness: Cell<i8>,
    }
}

c_struct! {
    /// CPython's `PyLongExport`.
    PyLongExport {
        value: Cell<i64>,
        negative: Cell<u8>,
        ndigits: Cell<isize>,
        digits: Cell<*const c_void>,
        _reserved: Cell<usize>,
    }
}
