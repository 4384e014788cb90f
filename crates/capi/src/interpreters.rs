//! `pylifecycle.h` and `pystate.h`: sub-interpreters (`Py_NewInterpreter` and its kin), `PyStatus`.

use crate::form::{ToC, capi_free};
use crate::pystate::{interpreter_of, pointer, raw, state_of};
use abi::{PyThreadState, c_char, c_int, c_void};
use object::interpreters::{self, GilKind, Settings, whence};
use object::{Raised, thread};
use std::ptr::null;
use vm::lifecycle;

/// C's `PyStatus`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyStatus {
    kind: c_int,
    func: *const c_char,
    err_msg: *const c_char,
    exitcode: c_int,
}

const ERROR: c_int = 1;
const EXIT: c_int = 2;

impl PyStatus {
    const OK: PyStatus = PyStatus { kind: 0, func: null(), err_msg: null(), exitcode: 0 };

    const fn error(err_msg: *const c_char) -> PyStatus {
        PyStatus { kind: ERROR, func: null(), err_msg, exitcode: 0 }
    }
}

impl ToC for PyStatus {
    type C = PyStatus;
    fn to_c(self) -> PyStatus {
        self
    }
    fn failed(raised: Raised) -> PyStatus {
        raised.clear();
        PyStatus::error(c"unexpected error".as_ptr())
    }
}

/// C's `PyInterpreterConfig`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyInterpreterConfig {
    use_main_obmalloc: c_int,
    allow_fork: c_int,
    allow_exec: c_int,
    allow_threads: c_int,
    allow_daemon_threads: c_int,
    check_multi_interp_extensions: c_int,
    gil: c_int,
}

impl PyInterpreterConfig {
    fn settings(self) -> Option<Settings> {
        Some(Settings {
            use_main_obmalloc: self.use_main_obmalloc != 0,
            allow_fork: self.allow_fork != 0,
            allow_exec: self.allow_exec != 0,
            allow_threads: self.allow_threads != 0,
            allow_daemon_threads: self.allow_daemon_threads != 0,
            check_multi_interp_extensions: self.check_multi_interp_extensions != 0,
            gil: match self.gil {
                0 => GilKind::Default,
                1 => GilKind::Shared,
                2 => GilKind::Own,
                _ => return None,
            },
        })
    }
}

/// Makes an interpreter; the calling thread goes on in it.
fn create(settings: Settings, origin: i32) -> Result<*mut PyThreadState, PyStatus> {
    let checked = lifecycle::interpreters::check(settings).map_err(|raised| {
        raised.clear();
        PyStatus::error(c"per-interpreter obmalloc does not support single-phase init extension modules".as_ptr())
    })?;
    match lifecycle::interpreters::create(checked, origin) {
        Ok(state) => Ok(raw(state)),
        Err(_) => Err(PyStatus::error(c"sub-interpreter creation failed".as_ptr())),
    }
}

capi_free! {
    fn PyStatus_Ok() -> PyStatus {
        PyStatus::OK
    }

    fn PyStatus_Error(message: *const c_char) -> PyStatus {
        PyStatus::error(message)
    }

    fn PyStatus_NoMemory() -> PyStatus {
        PyStatus::error(c"memory allocation failed".as_ptr())
    }

    fn PyStatus_Exit(code: c_int) -> PyStatus {
        PyStatus { kind: EXIT, exitcode: code, ..PyStatus::OK }
    }

    fn PyStatus_IsError(status: PyStatus) -> c_int {
        c_int::from(status.kind == ERROR)
    }

    fn PyStatus_IsExit(status: PyStatus) -> c_int {
        c_int::from(status.kind == EXIT)
    }

    fn PyStatus_Exception(status: PyStatus) -> c_int {
        c_int::from(status.kind != 0)
    }

    fn Py_NewInterpreter() -> *mut PyThreadState {
        create(Settings::LEGACY, whence::LEGACY_CAPI).unwrap_or(std::ptr::null_mut())
    }

    fn Py_NewInterpreterFromConfig(state: *mut *mut PyThreadState, config: *const PyInterpreterConfig) -> PyStatus {
        // SAFETY: C passes a configuration and a place for the state.
        let (config, place) = unsafe { (*config, &mut *state) };
        *place = std::ptr::null_mut();
        let Some(settings) = config.settings() else {
            return PyStatus::error(c"invalid interpreter config 'gil' value".as_ptr());
        };
        match create(settings, whence::CAPI) {
            Ok(made) => {
                *place = made;
                PyStatus::OK
            }
            Err(status) => status,
        }
    }

    fn Py_EndInterpreter(state: *mut PyThreadState) {
        let current = thread::try_current();
        if let Some(state) = state_of(state)
            && current.is_some_and(|current| std::ptr::eq(current, state))
            && !state.interpreter().is_main()
        {
            lifecycle::interpreters::end_current();
        }
    }

    fn PyInterpreterState_Head() -> *mut c_void {
        // The newest stands first in CPython's list.
        interpreters::all().last().map_or(std::ptr::null_mut(), |interpreter| pointer(interpreter))
    }

    fn PyInterpreterState_Next(interpreter: *mut c_void) -> *mut c_void {
        let all = interpreters::all();
        let place = interpreter_of(interpreter).and_then(|own| all.iter().position(|other| other.id == own.id));
        let next = place.and_then(|place| place.checked_sub(1)).and_then(|place| all.get(place));
        next.map_or(std::ptr::null_mut(), |interpreter| pointer(interpreter))
    }

    fn PyInterpreterState_Clear(interpreter: *mut c_void) {
        // `Py_EndInterpreter` does it.
        let _ = interpreter;
    }

    fn PyInterpreterState_Delete(interpreter: *mut c_void) {
        let _ = interpreter;
    }
}
