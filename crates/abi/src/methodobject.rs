//! `methodobject.h, cpython/methodobject.h, descrobject.h, classobject.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyCFunctionObject`.
    PyCFunctionObject {
        ob_base: PyObject,
        m_ml: Cell<*mut PyMethodDef>,
        m_self: Cell<*mut PyObject>,
        m_module: Cell<*mut PyObject>,
        m_weakreflist: Cell<*mut PyObject>,
        vectorcall: Cell<Option<vectorcallfunc>>,
    }
}

c_struct! {
    /// CPython's `PyCMethodObject`.
    PyCMethodObject {
        func: PyCFunctionObject,
        mm_class: Cell<*mut PyTypeObject>,
    }
}

c_struct! {
    /// CPython's `PyMethodDef`.
    PyMethodDef {
        ml_name: Cell<*const c_char>,
        ml_meth: Cell<Option<PyCFunction>>,
        ml_flags: Cell<i32>,
        ml_doc: Cell<*const c_char>,
    }
}

c_struct! {
    /// CPython's `PyGetSetDef`.
    PyGetSetDef {
        name: Cell<*const c_char>,
        get: Cell<Option<getter>>,
        set: Cell<Option<setter>>,
        doc: Cell<*const c_char>,
        closure: Cell<*mut c_void>,
    }
}

c_struct! {
    /// CPython's `PyMemberDef`.
    PyMemberDef {
        name: Cell<*const c_char>,
        r#type: Cell<i32>,
        offset: Cell<isize>,
        flags: Cell<i32>,
        doc: Cell<*const c_char>,
    }
}

c_struct! {
    /// CPython's `PyMethodObject`.
    PyMethodObject {
        ob_base: PyObject,
        im_func: Cell<*mut PyObject>,
        im_self: Cell<*mut PyObject>,
        im_weakreflist: Cell<*mut PyObject>,
        vectorcall: Cell<Option<vectorcallfunc>>,
    }
}

c_struct! {
    /// CPython's `PyInstanceMethodObject`.
    PyInstanceMethodObject {
        ob_base: PyObject,
        func: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyDescrObject`.
    PyDescrObject {
        ob_base: PyObject,
        d_type: Cell<*mut PyTypeObject>,
        d_name: Cell<*mut PyObject>,
        d_qualname: Cell<*mut PyObject>,
    }
}

c_struct! {
    /// CPython's `PyMethodDescrObject`.
    PyMethodDescrObject {
        d_common: PyDescrObject,
        d_method: Cell<*mut PyMethodDef>,
        vectorcall: Cell<Option<vectorcallfunc>>,
    }
}

c_struct! {
    /// CPython's `PyMemberDescrObject`.
    PyMemberDescrObject {
        d_common: PyDescrObject,
        d_member: Cell<*mut PyMemberDef>,
    }
}

c_struct! {
    /// CPython's `PyGetSetDescrObject`.
    PyGetSetDescrObject {
        d_common: PyDescrObject,
        d_getset: Cell<*mut PyGetSetDef>,
    }
}

c_struct! {
    /// CPython's `PyWrapperDescrObject`.
    PyWrapperDescrObject {
        d_common: PyDescrObject,
        d_base: Cell<*mut wrapperbase>,
        d_wrapped: Cell<*mut c_void>,
    }
}
