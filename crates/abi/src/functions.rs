//! The function pointer types of CPython's headers (`object.h`, `methodobject.h`, `pystate.h`).
//!
//! They are `C-unwind`: a panic of ours passes through to the guard at the interpreter's edge, where it becomes SystemError.

use crate::*;

macro_rules! function_types {
    ($($name:ident = ($($arg:ty),*) $(-> $ret:ty)?;)*) => { $(
        #[doc = concat!("CPython's `", stringify!($name), "`.")]
        pub type $name = unsafe extern "C-unwind" fn($($arg),*) $(-> $ret)?;
    )* };
}

type O = *mut PyObject;

function_types! {
    unaryfunc = (O) -> O;
    binaryfunc = (O, O) -> O;
    ternaryfunc = (O, O, O) -> O;
    inquiry = (O) -> c_int;
    lenfunc = (O) -> isize;
    ssizeargfunc = (O, isize) -> O;
    ssizeobjargproc = (O, isize, O) -> c_int;
    objobjargproc = (O, O, O) -> c_int;
    objobjproc = (O, O) -> c_int;
    visitproc = (O, *mut c_void) -> c_int;
    traverseproc = (O, visitproc, *mut c_void) -> c_int;
    freefunc = (*mut c_void);
    destructor = (O);
    getattrfunc = (O, *mut c_char) -> O;
    getattrofunc = (O, O) -> O;
    setattrfunc = (O, *mut c_char, O) -> c_int;
    setattrofunc = (O, O, O) -> c_int;
    reprfunc = (O) -> O;
    hashfunc = (O) -> isize;
    richcmpfunc = (O, O, c_int) -> O;
    getiterfunc = (O) -> O;
    iternextfunc = (O) -> O;
    descrgetfunc = (O, O, O) -> O;
    descrsetfunc = (O, O, O) -> c_int;
    initproc = (O, O, O) -> c_int;
    newfunc = (*mut PyTypeObject, O, O) -> O;
    allocfunc = (*mut PyTypeObject, isize) -> O;
    vectorcallfunc = (O, *const O, usize, O) -> O;
    sendfunc = (O, O, *mut O) -> c_int;
    getbufferproc = (O, *mut Py_buffer, c_int) -> c_int;
    releasebufferproc = (O, *mut Py_buffer);
    getter = (O, *mut c_void) -> O;
    setter = (O, O, *mut c_void) -> c_int;
    PyCFunction = (O, O) -> O;
    PyCFunctionWithKeywords = (O, O, O) -> O;
    PyCFunctionFast = (O, *const O, isize) -> O;
    PyCFunctionFastWithKeywords = (O, *const O, isize, O) -> O;
    PyCMethod = (O, *mut PyTypeObject, *const O, isize, O) -> O;
    Py_tracefunc = (O, *mut PyFrameObject, c_int, O) -> c_int;
}
