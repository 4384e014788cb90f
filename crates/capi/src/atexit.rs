//! `PyUnstable_AtExit`: functions of C that run when an interpreter ends, after those of the module `atexit`.

use crate::form::capi;
use abi::c_void;
use object::{PyResult, raise, thread};
use vm::lifecycle::exit_functions::{Callback, register};

capi! {
    fn PyUnstable_AtExit(interpreter: *const c_void, function: *const c_void, argument: *mut c_void) -> PyResult<()> {
        if !std::ptr::eq(interpreter, crate::pystate::pointer(thread::current().interpreter())) {
            return Err(raise!(RuntimeError, "PyUnstable_AtExit: not the interpreter that runs"));
        }
        if function.is_null() {
            return Err(object::error::bad_internal_call());
        }
        // SAFETY: C passes a function of this type, and what it wants to be passed.
        unsafe { register(std::mem::transmute::<*const c_void, Callback>(function), argument) }
    }
}
