//! `cpython/code.h, funcobject.h, frameobject.h, traceback.h, compile.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyCodeObject`.
    PyCodeObject {
        ob_base: PyVarObject,
        co_consts: Cell<*mut PyObject>,
        co_names: Cell<*mut PyObject>,
        co_exceptiontable: Cell<*mut PyObject>,
        co_flags: Cell<i32>,
        co_argcount: Cell<i32>,
        co_posonlyargcount: Cell<i32>,
        co_kwonlyargcount: Cell<i32>,
        co_stacksize: Cell<i32>,
        co_firstlineno: Cell<i32>,
        co_nlocalsplus: Cell<i32>,
        co_framesize: Cell<i32>,
        co_nlocals: Cell<i32>,
        co_ncellvars: Cell<i32>,
        co_nfreevars: Cell<i32>,
        co_version: Cell<u32>,
        co_localsplusnames: Cell<*mut PyObject>,
        co_localspluskinds: Cell<*mut PyObject>,
        co_filename: Cell<*mut PyObject>,
        co_name: Cell<*mut PyObject>,
        co_qualname: Cell<*mut PyObject>,
        co_linetable: Cell<*mut PyObject>,
        co_weakreflist: Cell<*mut PyObject>,
        co_executors: Cell<*mut _PyExecutorArray>,
        _co_cached: Cell<*mut _PyCoCached>,
        _co_instrumentation_version: Cell<usize>,
        _co_monitoring: Cell<*mut _PyCoMonitoringData>,
        _co_unique_id: Cell<isize>,
        _co_firsttraceable: Cell<i32>,
        co_extra: Cell<*mut c_void>,
        co_code_adaptive: [Cell<i8>; 1],
    }
}

c_struct! {
    /// CPython's `PyFunctionObject`.
    PyFunctionObject {
        ob_base: PyObject,
        func_globals: Cell<*mut PyObject>,
        func_builtins: Cell<*mut PyObject>,
        func_name: Cell<*mut PyObject>,
        func_qualname: Cell<*mut PyObject>,
        func_code: Cell<*mut PyObject>,
        func_defaults: Cell<*mut PyObject>,
        func_kwdefaults: Cell<*mut PyObject>,
        func_closure: Cell<*mut PyObject>,
        func_doc: Cell<*mut PyObject>,
        func_dict: Cell<*mut PyObject>,
        func_weakreflist: Cell<*mut PyObject>,
        func_module: Cell<*mut PyObject>,
        func_annotations: Cell<*mut PyObject>,
        func_annotate: Cell<*mut PyObject>,
        func_typeparams: Cell<*mut PyObject>,
        vectorcall: Cell<Option<vectorcallfunc>>,
        func_version: Cell<u32>,
    }
}

c_struct! {
    /// CPython's `PyFrameObject`.
    PyFrameObject {
        ob_base: PyObject,
        f_back: Cell<*mut PyFrameObject>,
        f_frame: Cell<*mut c_void>,
        f_trace: Cell<*mut PyObject>,
        f_lineno: Cell<i32>,
    }
}

c_struct! {
    /// CPython's `PyTracebackObject`.
    PyTracebackObject {
        ob_base: PyObject,
        tb_next: Cell<*mut PyTracebackObject>,
        tb_frame: Cell<*mut PyFrameObject>,
        tb_lasti: Cell<i32>,
        tb_lineno: Cell<i32>,
    }
}

c_struct! {
    /// CPython's `PyCompilerFlags`.
    PyCompilerFlags {
        cf_flags: Cell<i32>,
        cf_feature_version: Cell<i32>,
    }
}
