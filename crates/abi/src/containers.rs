//! `cpython/dictobject.h, setobject.h, weakrefobject.h, cellobject.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyDictObject`.
    PyDictObject {
        ob_base: PyObject,
        ma_used: Cell<isize>,
        _ma_watcher_tag: Cell<u64>,
        ma_keys: Cell<*mut PyDictKeysObject>,
        ma_values: Cell<*mut PyDictValues>,
    }
}

c_struct! {
    /// CPython's `PySetObject`.
    PySetObject {
        ob_base: PyObject,
        fill: Cell<isize>,
        used: Cell<isize>,
        mask: Cell<isize>,
        table: Cell<*mut setentry>,
        hash: Cell<isize>,
        finger: Cell<isize>,
        smalltable: [setentry; 8],
        weakreflist: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `setentry`.
    setentry {
        key: Cell<*mut PyObject>,
        hash: Cell<isize>,
    }
}

c_struct! {
    /// CPython's `PyWeakReference`.
    PyWeakReference {
        ob_base: PyObject,
        wr_object: Cell<*mut PyObject>,
        wr_callback: Cell<*mut PyObject>,
        hash: Cell<isize>,
        wr_prev: Cell<*mut PyWeakReference>,
        wr_next: Cell<*mut PyWeakReference>,
        vectorcall: Cell<Option<vectorcallfunc>>,
    }
}

c_struct! {
    /// CPython's `PyCellObject`.
    PyCellObject {
        ob_base: PyObject,
        ob_ref: Cell<*mut PyObject>,
    }
}
