//! `monitoring.h`, and the trace and profile functions of `ceval.h`.

use crate::form::{FromC, Out, capi};
use abi::{Py_tracefunc, c_int};
use object::thread;
use object::value::int;
use object::{Borrowed, PyResult};
use vm::monitoring::{Event, native, tools, trace};

/// C's `PyMonitoringState`: the tools that want an event.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMonitoringState {
    active: u8,
    opaque: u8,
}

impl FromC for Option<Py_tracefunc> {
    type C = Option<Py_tracefunc>;
    #[inline(always)]
    unsafe fn from_c(value: Self::C) -> PyResult<Self> {
        Ok(value)
    }
}

type State<'a> = Out<'a, PyMonitoringState>;

/// Reports an event of code that is not Python's to the tools of a state.
fn fire(state: &State<'_>, event: Event, code: Borrowed<'_>, offset: i32, rest: &[Borrowed<'_>]) -> PyResult<()> {
    let before = state.get();
    let active = native::fire(thread::current(), before.active, event, code, offset, rest)?;
    state.set(PyMonitoringState { active, ..before });
    Ok(())
}

fn fire_exception(state: &State<'_>, event: Event, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
    let before = state.get();
    let active = native::fire_exception(thread::current(), before.active, event, code, offset)?;
    state.set(PyMonitoringState { active, ..before });
    Ok(())
}

fn set(tool: usize, function: Option<Py_tracefunc>, owner: Option<Borrowed<'_>>) -> PyResult<()> {
    let owner = owner.unwrap_or(object::core::none());
    trace::set(thread::current(), tool, function.map(|function| (function, owner)))
}

fn set_everywhere(tool: usize, function: Option<Py_tracefunc>, owner: Option<Borrowed<'_>>) -> PyResult<()> {
    let owner = owner.unwrap_or(object::core::none());
    let threads = thread::current().interpreter().with_threads(|threads| threads.clone());
    threads.iter().try_for_each(|thread| {
        // SAFETY: thread states live to the end of the process; the GIL is held.
        trace::set(unsafe { &*thread.0 }, tool, function.map(|function| (function, owner)))
    })
}

capi! {
    fn PyMonitoring_EnterScope(states: *mut PyMonitoringState, version: Out<'_, u64>, events: *const u8, length: isize) -> PyResult<c_int> {
        let thread = thread::current();
        let now = native::version(thread);
        if version.get() != now || now == 0 {
            for index in 0..usize::try_from(length).unwrap_or(0) {
                // SAFETY: both arrays have that many items, by the caller's word.
                unsafe { (*states.add(index)).active = native::tools_for(thread, *events.add(index)) };
            }
            version.set(now);
        }
        Ok(0)
    }
    fn PyMonitoring_ExitScope() -> PyResult<c_int> {
        Ok(0)
    }
    fn _PyMonitoring_FirePyStartEvent(state: State<'_>, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
        fire(&state, Event::PY_START, code, offset, &[])
    }
    fn _PyMonitoring_FirePyResumeEvent(state: State<'_>, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
        fire(&state, Event::PY_RESUME, code, offset, &[])
    }
    fn _PyMonitoring_FirePyReturnEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, value: Borrowed<'_>) -> PyResult<()> {
        fire(&state, Event::PY_RETURN, code, offset, &[value])
    }
    fn _PyMonitoring_FirePyYieldEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, value: Borrowed<'_>) -> PyResult<()> {
        fire(&state, Event::PY_YIELD, code, offset, &[value])
    }
    fn _PyMonitoring_FireCallEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, callable: Borrowed<'_>, first: Borrowed<'_>) -> PyResult<()> {
        fire(&state, Event::CALL, code, offset, &[callable, first])
    }
    fn _PyMonitoring_FireLineEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, line: c_int) -> PyResult<()> {
        let line = int::new(i64::from(line))?;
        fire(&state, Event::LINE, code, offset, &[line.b()])
    }
    fn _PyMonitoring_FireJumpEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, target: Borrowed<'_>) -> PyResult<()> {
        fire(&state, Event::JUMP, code, offset, &[target])
    }
    fn _PyMonitoring_FireBranchEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, target: Borrowed<'_>) -> PyResult<()> {
        fire(&state, Event::BRANCH_RIGHT, code, offset, &[target])
    }
    fn _PyMonitoring_FireBranchRightEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, target: Borrowed<'_>) -> PyResult<()> {
        fire(&state, Event::BRANCH_RIGHT, code, offset, &[target])
    }
    fn _PyMonitoring_FireBranchLeftEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, target: Borrowed<'_>) -> PyResult<()> {
        fire(&state, Event::BRANCH_LEFT, code, offset, &[target])
    }
    fn _PyMonitoring_FireCReturnEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, value: Borrowed<'_>) -> PyResult<()> {
        fire(&state, Event::C_RETURN, code, offset, &[value])
    }
    fn _PyMonitoring_FirePyThrowEvent(state: State<'_>, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
        fire_exception(&state, Event::PY_THROW, code, offset)
    }
    fn _PyMonitoring_FireRaiseEvent(state: State<'_>, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
        fire_exception(&state, Event::RAISE, code, offset)
    }
    fn _PyMonitoring_FireReraiseEvent(state: State<'_>, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
        fire_exception(&state, Event::RERAISE, code, offset)
    }
    fn _PyMonitoring_FireExceptionHandledEvent(state: State<'_>, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
        fire_exception(&state, Event::EXCEPTION_HANDLED, code, offset)
    }
    fn _PyMonitoring_FireCRaiseEvent(state: State<'_>, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
        fire_exception(&state, Event::C_RAISE, code, offset)
    }
    fn _PyMonitoring_FirePyUnwindEvent(state: State<'_>, code: Borrowed<'_>, offset: i32) -> PyResult<()> {
        fire_exception(&state, Event::PY_UNWIND, code, offset)
    }
    fn _PyMonitoring_FireStopIterationEvent(state: State<'_>, code: Borrowed<'_>, offset: i32, value: Borrowed<'_>) -> PyResult<()> {
        let before = state.get();
        let active = native::fire_stop_iteration(thread::current(), before.active, code, offset, value)?;
        state.set(PyMonitoringState { active, ..before });
        Ok(())
    }

    fn PyEval_SetTrace(function: Option<Py_tracefunc>, owner: Option<Borrowed<'_>>) -> () {
        if let Err(raised) = set(tools::TRACE, function, owner) {
            raised.unraisable(Some("Exception ignored in PyEval_SetTrace"), None);
        }
    }
    fn PyEval_SetProfile(function: Option<Py_tracefunc>, owner: Option<Borrowed<'_>>) -> () {
        if let Err(raised) = set(tools::PROFILE, function, owner) {
            raised.unraisable(Some("Exception ignored in PyEval_SetProfile"), None);
        }
    }
    fn PyEval_SetTraceAllThreads(function: Option<Py_tracefunc>, owner: Option<Borrowed<'_>>) -> () {
        if let Err(raised) = set_everywhere(tools::TRACE, function, owner) {
            raised.unraisable(Some("Exception ignored in PyEval_SetTraceAllThreads"), None);
        }
    }
    fn PyEval_SetProfileAllThreads(function: Option<Py_tracefunc>, owner: Option<Borrowed<'_>>) -> () {
        if let Err(raised) = set_everywhere(tools::PROFILE, function, owner) {
            raised.unraisable(Some("Exception ignored in PyEval_SetProfileAllThreads"), None);
        }
    }
}
