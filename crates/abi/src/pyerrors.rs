//! `cpython/pyerrors.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyBaseExceptionObject`.
    PyBaseExceptionObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
    }
}

c_struct! {
    /// CPython's `PyBaseExceptionGroupObject`.
    PyBaseExceptionGroupObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        msg: Cell<*mut PyObject>,
        excs: Cell<*mut PyObject>,
        excs_str: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PySyntaxErrorObject`.
    PySyntaxErrorObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        msg: Cell<*mut PyObject>,
        filename: Cell<*mut PyObject>,
        lineno: Cell<*mut PyObject>,
        offset: Cell<*mut PyObject>,
        end_lineno: Cell<*mut PyObject>,
        end_offset: Cell<*mut PyObject>,
        text: Cell<*mut PyObject>,
        print_file_and_line: Cell<*mut PyObject>,
        metadata: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyUnicodeErrorObject`.
    PyUnicodeErrorObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        encoding: Cell<*mut PyObject>,
        object: Cell<*mut PyObject>,
        start: Cell<isize>,
        end: Cell<isize>,
        reason: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyImportErrorObject`.
    PyImportErrorObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        msg: Cell<*mut PyObject>,
        name: Cell<*mut PyObject>,
        path: Cell<*mut PyObject>,
        name_from: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PySystemExitObject`.
    PySystemExitObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        code: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyOSErrorObject`.
    PyOSErrorObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        myerrno: Cell<*mut PyObject>,
        strerror: Cell<*mut PyObject>,
        filename: Cell<*mut PyObject>,
        filename2: Cell<*mut PyObject>,
        written: Cell<isize>,
    }
}

c_struct! {
    /// CPython's `PyStopIterationObject`.
    PyStopIterationObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        value: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyNameErrorObject`.
    PyNameErrorObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        name: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyAttributeErrorObject`.
    PyAttributeErrorObject {
        ob_base: PyObject,
        dict: Cell<*mut PyObject>,
        args: Cell<*mut PyObject>,
        notes: Cell<*mut PyObject>,
        traceback: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        cause: Cell<*mut PyObject>,
        suppress_context: Cell<i8>,
        obj: Cell<*mut PyObject>,
        name: Cell<*mut PyObject>,
    }
}
