//! `cpython/pystate.h`: the structs, field for field.

use crate::*;

c_struct! {
    /// CPython's `PyThreadState`.
    PyThreadState {
        prev: Cell<*mut PyThreadState>,
        next: Cell<*mut PyThreadState>,
        interp: Cell<*mut PyInterpreterState>,
        eval_breaker: Cell<usize>,
        _status: Cell<u32>,
        holds_gil: Cell<i32>,
        _whence: Cell<i32>,
        state: Cell<i32>,
        py_recursion_remaining: Cell<i32>,
        py_recursion_limit: Cell<i32>,
        recursion_headroom: Cell<i32>,
        tracing: Cell<i32>,
        what_event: Cell<i32>,
        current_frame: Cell<*mut _PyInterpreterFrame>,
        c_profilefunc: Cell<Option<Py_tracefunc>>,
        c_tracefunc: Cell<Option<Py_tracefunc>>,
        c_profileobj: Cell<*mut PyObject>,
        c_traceobj: Cell<*mut PyObject>,
        current_exception: Cell<*mut PyObject>,
        exc_info: Cell<*mut _PyErr_StackItem>,
        dict: Cell<*mut PyObject>,
        gilstate_counter: Cell<i32>,
        async_exc: Cell<*mut PyObject>,
        thread_id: Cell<u64>,
        native_thread_id: Cell<u64>,
        delete_later: Cell<*mut PyObject>,
        critical_section: Cell<usize>,
        coroutine_origin_tracking_depth: Cell<i32>,
        async_gen_firstiter: Cell<*mut PyObject>,
        async_gen_finalizer: Cell<*mut PyObject>,
        context: Cell<*mut PyObject>,
        context_ver: Cell<u64>,
        id: Cell<u64>,
        datastack_chunk: Cell<*mut _PyStackChunk>,
        datastack_top: Cell<*mut *mut PyObject>,
        datastack_limit: Cell<*mut *mut PyObject>,
        exc_state: _PyErr_StackItem,
        current_executor: Cell<*mut PyObject>,
        dict_global_version: Cell<u64>,
        threading_local_key: Cell<*mut PyObject>,
        threading_local_sentinel: Cell<*mut PyObject>,
        remote_debugger_support: _PyRemoteDebuggerSupport,
        datastack_cached_chunk: Cell<*mut _PyStackChunk>,
    }
}

c_struct! {
    /// CPython's `_PyErr_StackItem`.
    _PyErr_StackItem {
        exc_value: Cell<*mut PyObject>,
        previous_item: Cell<*mut _PyErr_StackItem>,
    }
}

c_struct! {
    /// CPython's `_PyRemoteDebuggerSupport`.
    _PyRemoteDebuggerSupport {
        debugger_pending_call: Cell<i32>,
        debugger_script_path: [Cell<i8>; 512],
    }
}

c_struct! {
    /// CPython's `PyMutex`.
    PyMutex {
        _bits: Cell<u8>,
    }
}

c_struct! {
    /// CPython's `Py_tss_t`.
    Py_tss_t {
        _is_initialized: Cell<i32>,
        _key: Cell<u32>,
    }
}

c_struct! {
    /// CPython's `PyMemAllocatorEx`.
    PyMemAllocatorEx {
        ctx: Cell<*mut c_void>,
        malloc: Cell<*mut c_void>,
        calloc: Cell<*mut c_void>,
        realloc: Cell<*mut c_void>,
        free: Cell<*mut c_void>,
    }
}
