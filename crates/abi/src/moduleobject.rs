//! `moduleobject.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyModuleDef`.
    PyModuleDef {
        m_base: PyModuleDef_Base,
        m_name: Cell<*const c_char>,
        m_doc: Cell<*const c_char>,
        m_size: Cell<isize>,
        m_methods: Cell<*mut PyMethodDef>,
        m_slots: Cell<*mut PyModuleDef_Slot>,
        m_traverse: Cell<Option<traverseproc>>,
        m_clear: Cell<Option<inquiry>>,
        m_free: Cell<Option<freefunc>>,
    }
}

c_struct! {
    /// CPython's `PyModuleDef_Base`.
    PyModuleDef_Base {
        ob_base: PyObject,
        m_init: Cell<*mut c_void>,
        m_index: Cell<isize>,
        m_copy: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyModuleDef_Slot`.
    PyModuleDef_Slot {
        slot: Cell<i32>,
        value: Cell<*mut c_void>,
    }
}
