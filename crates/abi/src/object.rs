//! `object.h, cpython/object.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyObject`.
    PyObject {
        ob_refcnt_full: Cell<i64>,
        ob_type: Cell<*mut PyTypeObject>,
    }
}

c_struct! {
    /// CPython's `PyVarObject`.
    PyVarObject {
        ob_base: PyObject,
        ob_size: Cell<isize>,
    }
}

c_struct! {
    /// CPython's `PyTypeObject`.
    PyTypeObject {
        ob_base: PyVarObject,
        tp_name: Cell<*const c_char>,
        tp_basicsize: Cell<isize>,
        tp_itemsize: Cell<isize>,
        tp_dealloc: Cell<Option<destructor>>,
        tp_vectorcall_offset: Cell<isize>,
        tp_getattr: Cell<Option<getattrfunc>>,
        tp_setattr: Cell<Option<setattrfunc>>,
        tp_as_async: Cell<*mut PyAsyncMethods>,
        tp_repr: Cell<Option<reprfunc>>,
        tp_as_number: Cell<*mut PyNumberMethods>,
        tp_as_sequence: Cell<*mut PySequenceMethods>,
        tp_as_mapping: Cell<*mut PyMappingMethods>,
        tp_hash: Cell<Option<hashfunc>>,
        tp_call: Cell<Option<ternaryfunc>>,
        tp_str: Cell<Option<reprfunc>>,
        tp_getattro: Cell<Option<getattrofunc>>,
        tp_setattro: Cell<Option<setattrofunc>>,
        tp_as_buffer: Cell<*mut PyBufferProcs>,
        tp_flags: Cell<u64>,
        tp_doc: Cell<*const c_char>,
        tp_traverse: Cell<Option<traverseproc>>,
        tp_clear: Cell<Option<inquiry>>,
        tp_richcompare: Cell<Option<richcmpfunc>>,
        tp_weaklistoffset: Cell<isize>,
        tp_iter: Cell<Option<getiterfunc>>,
        tp_iternext: Cell<Option<iternextfunc>>,
        tp_methods: Cell<*mut PyMethodDef>,
        tp_members: Cell<*mut PyMemberDef>,
        tp_getset: Cell<*mut PyGetSetDef>,
        tp_base: Cell<*mut PyTypeObject>,
        tp_dict: Cell<*mut PyObject>,
        tp_descr_get: Cell<Option<descrgetfunc>>,
        tp_descr_set: Cell<Option<descrsetfunc>>,
        tp_dictoffset: Cell<isize>,
        tp_init: Cell<Option<initproc>>,
        tp_alloc: Cell<Option<allocfunc>>,
        tp_new: Cell<Option<newfunc>>,
        tp_free: Cell<Option<freefunc>>,
        tp_is_gc: Cell<Option<inquiry>>,
        tp_bases: Cell<*mut PyObject>,
        tp_mro: Cell<*mut PyObject>,
        tp_cache: Cell<*mut PyObject>,
        tp_subclasses: Cell<*mut c_void>,
        tp_weaklist: Cell<*mut PyObject>,
        tp_del: Cell<Option<destructor>>,
        tp_version_tag: Cell<u32>,
        tp_finalize: Cell<Option<destructor>>,
        tp_vectorcall: Cell<Option<vectorcallfunc>>,
        tp_watched: Cell<u8>,
        tp_versions_used: Cell<u16>,
    }
}

c_struct! {
    /// CPython's `PyHeapTypeObject`.
    PyHeapTypeObject {
        ht_type: PyTypeObject,
        as_async: PyAsyncMethods,
        as_number: PyNumberMethods,
        as_mapping: PyMappingMethods,
        as_sequence: PySequenceMethods,
        as_buffer: PyBufferProcs,
        ht_name: Cell<*mut PyObject>,
        ht_slots: Cell<*mut PyObject>,
        ht_qualname: Cell<*mut PyObject>,
        ht_cached_keys: Cell<*mut PyDictKeysObject>,
        ht_module: Cell<*mut PyObject>,
        _ht_tpname: Cell<*mut c_char>,
        ht_token: Cell<*mut c_void>,
        _spec_cache: _specialization_cache,
    }
}

c_struct! {
    /// CPython's `PyNumberMethods`.
    PyNumberMethods {
        nb_add: Cell<Option<binaryfunc>>,
        nb_subtract: Cell<Option<binaryfunc>>,
        nb_multiply: Cell<Option<binaryfunc>>,
        nb_remainder: Cell<Option<binaryfunc>>,
        nb_divmod: Cell<Option<binaryfunc>>,
        nb_power: Cell<Option<ternaryfunc>>,
        nb_negative: Cell<Option<unaryfunc>>,
        nb_positive: Cell<Option<unaryfunc>>,
        nb_absolute: Cell<Option<unaryfunc>>,
        nb_bool: Cell<Option<inquiry>>,
        nb_invert: Cell<Option<unaryfunc>>,
        nb_lshift: Cell<Option<binaryfunc>>,
        nb_rshift: Cell<Option<binaryfunc>>,
        nb_and: Cell<Option<binaryfunc>>,
        nb_xor: Cell<Option<binaryfunc>>,
        nb_or: Cell<Option<binaryfunc>>,
        nb_int: Cell<Option<unaryfunc>>,
        nb_reserved: Cell<*mut c_void>,
        nb_float: Cell<Option<unaryfunc>>,
        nb_inplace_add: Cell<Option<binaryfunc>>,
        nb_inplace_subtract: Cell<Option<binaryfunc>>,
        nb_inplace_multiply: Cell<Option<binaryfunc>>,
        nb_inplace_remainder: Cell<Option<binaryfunc>>,
        nb_inplace_power: Cell<Option<ternaryfunc>>,
        nb_inplace_lshift: Cell<Option<binaryfunc>>,
        nb_inplace_rshift: Cell<Option<binaryfunc>>,
        nb_inplace_and: Cell<Option<binaryfunc>>,
        nb_inplace_xor: Cell<Option<binaryfunc>>,
        nb_inplace_or: Cell<Option<binaryfunc>>,
        nb_floor_divide: Cell<Option<binaryfunc>>,
        nb_true_divide: Cell<Option<binaryfunc>>,
        nb_inplace_floor_divide: Cell<Option<binaryfunc>>,
        nb_inplace_true_divide: Cell<Option<binaryfunc>>,
        nb_index: Cell<Option<unaryfunc>>,
        nb_matrix_multiply: Cell<Option<binaryfunc>>,
        nb_inplace_matrix_multiply: Cell<Option<binaryfunc>>,
    }
}

c_struct! {
    /// CPython's `PySequenceMethods`.
    PySequenceMethods {
        sq_length: Cell<Option<lenfunc>>,
        sq_concat: Cell<Option<binaryfunc>>,
        sq_repeat: Cell<Option<ssizeargfunc>>,
        sq_item: Cell<Option<ssizeargfunc>>,
        was_sq_slice: Cell<*mut c_void>,
        sq_ass_item: Cell<Option<ssizeobjargproc>>,
        was_sq_ass_slice: Cell<*mut c_void>,
        sq_contains: Cell<Option<objobjproc>>,
        sq_inplace_concat: Cell<Option<binaryfunc>>,
        sq_inplace_repeat: Cell<Option<ssizeargfunc>>,
    }
}

c_struct! {
    /// CPython's `PyMappingMethods`.
    PyMappingMethods {
        mp_length: Cell<Option<lenfunc>>,
        mp_subscript: Cell<Option<binaryfunc>>,
        mp_ass_subscript: Cell<Option<objobjargproc>>,
    }
}

c_struct! {
    /// CPython's `PyAsyncMethods`.
    PyAsyncMethods {
        am_await: Cell<Option<unaryfunc>>,
        am_aiter: Cell<Option<unaryfunc>>,
        am_anext: Cell<Option<unaryfunc>>,
        am_send: Cell<Option<sendfunc>>,
    }
}

c_struct! {
    /// CPython's `PyBufferProcs`.
    PyBufferProcs {
        bf_getbuffer: Cell<Option<getbufferproc>>,
        bf_releasebuffer: Cell<Option<releasebufferproc>>,
    }
}

c_struct! {
    /// CPython's `PyType_Spec`.
    PyType_Spec {
        name: Cell<*const c_char>,
        basicsize: Cell<i32>,
        itemsize: Cell<i32>,
        flags: Cell<u32>,
        slots: Cell<*mut PyType_Slot>,
    }
}

c_struct! {
    /// CPython's `PyType_Slot`.
    PyType_Slot {
        slot: Cell<i32>,
        pfunc: Cell<*mut c_void>,
    }
}

c_struct! {
    /// CPython's `_specialization_cache`.
    _specialization_cache {
        getitem: Cell<*mut PyObject>,
        getitem_version: Cell<u32>,
        init: Cell<*mut PyObject>,
    }
}
