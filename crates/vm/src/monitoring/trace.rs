//! `sys.settrace` and `sys.setprofile`: two more tools, whose callbacks are functions of the C API's kind, one a thread.

use super::events::Event;
use super::fire::guarded;
use super::tools::{self, PROFILE, TRACE};
use crate::frame::{Frame, FrameObject, object_};
use abi::{Py_tracefunc, PyFrameObject, PyObject};
use object::thread::ThreadState;
use object::value::{int, tuple};
use object::{Borrowed, PyResult, RawField, Ref, core, error, id, thread};
use std::ptr::null_mut;

/// What a trace or profile function is told: the C API's `PyTrace_*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum What {
    Call = 0,
    Exception = 1,
    Line = 2,
    Return = 3,
    CCall = 4,
    CException = 5,
    CReturn = 6,
    Opcode = 7,
}

const TRACE_EVENTS: u32 = Event::PY_START.bit()
    | Event::PY_RESUME.bit()
    | Event::PY_RETURN.bit()
    | Event::PY_YIELD.bit()
    | Event::RAISE.bit()
    | Event::LINE.bit()
    | Event::JUMP.bit()
    | Event::PY_UNWIND.bit()
    | Event::PY_THROW.bit()
    | Event::STOP_ITERATION.bit();
const PROFILE_EVENTS: u32 = Event::PY_START.bit()
    | Event::PY_RESUME.bit()
    | Event::PY_RETURN.bit()
    | Event::PY_YIELD.bit()
    | Event::CALL.bit()
    | Event::PY_UNWIND.bit()
    | Event::PY_THROW.bit();

/// Reports an event to the thread's trace or profile function. Whether it is to be disabled at this instruction.
pub(super) fn report(
    thread: &ThreadState,
    frame: &Frame,
    tool: usize,
    event: Event,
    at: usize,
    args: &[Borrowed<'_>],
) -> PyResult<bool> {
    if tool == PROFILE {
        return profile(thread, frame, event, args).map(|()| false);
    }
    if event == Event::JUMP {
        return jump(thread, frame, at, args);
    }
    if thread.raw.c_tracefunc.get().is_none() {
        return Ok(false);
    }
    let argument = args.get(2).copied();
    match event {
        Event::PY_START | Event::PY_RESUME | Event::PY_THROW => trace(thread, frame, event, What::Call, None),
        Event::PY_RETURN | Event::PY_YIELD => trace(thread, frame, event, What::Return, argument),
        Event::PY_UNWIND => trace(thread, frame, event, What::Return, None),
        Event::RAISE | Event::STOP_ITERATION => {
            let exception = argument.unwrap_or(core::none());
            let triple = exception_triple(exception)?;
            trace(thread, frame, event, What::Exception, Some(triple.b()))
        }
        Event::LINE => {
            let line = args.get(1).and_then(|line| int::to_i64(*line)).and_then(|line| i32::try_from(line).ok());
            line_event(thread, frame, event, line.unwrap_or(0))
        }
        Event::INSTRUCTION => {
            let object = object_::get(frame)?;
            if object.b().self_as::<FrameObject>().trace_opcodes.get() {
                trace(thread, frame, event, What::Opcode, None)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
    .map(|()| false)
}

fn exception_triple(exception: Borrowed<'_>) -> PyResult<Ref> {
    let traceback = error::base_of(exception).traceback.load().unwrap_or_else(core::none_ref);
    tuple::from_array([exception.class().to_ref().upcast(), exception.to_ref(), traceback])
}

/// A jump within one line is a new line to a trace function when it goes backwards. Other jumps are reported where they lead.
fn jump(thread: &ThreadState, frame: &Frame, at: usize, args: &[Borrowed<'_>]) -> PyResult<bool> {
    let target = args.get(2).and_then(|to| int::to_i64(*to)).and_then(|to| usize::try_from(to / 2).ok()).unwrap_or(usize::MAX);
    if target > at {
        return Ok(true);
    }
    if thread.raw.c_tracefunc.get().is_none() {
        return Ok(false);
    }
    let code = frame.code();
    match (code.line_of(at), code.line_of(target)) {
        (Some(from), Some(to)) if from == to => line_event(thread, frame, Event::JUMP, to).map(|()| false),
        _ => Ok(true),
    }
}

fn line_event(thread: &ThreadState, frame: &Frame, event: Event, line: i32) -> PyResult<()> {
    let object = object_::get(frame)?;
    let object = object.b().self_as::<FrameObject>();
    if !object.trace_lines.get() {
        return Ok(());
    }
    object.lineno.set(line);
    let result = trace(thread, frame, event, What::Line, None);
    object.lineno.set(0);
    result
}

fn trace(thread: &ThreadState, frame: &Frame, event: Event, what: What, arg: Option<Borrowed<'_>>) -> PyResult<()> {
    let Some(function) = thread.raw.c_tracefunc.get() else { return Ok(()) };
    let owner = thread.raw.c_traceobj.load();
    guarded(thread, event, || invoke(function, owner, frame, what, arg))
}

fn profile(thread: &ThreadState, frame: &Frame, event: Event, args: &[Borrowed<'_>]) -> PyResult<()> {
    let Some(function) = thread.raw.c_profilefunc.get() else { return Ok(()) };
    let argument = args.get(2).copied();
    let (what, callable) = match event {
        Event::PY_START | Event::PY_RESUME | Event::PY_THROW => (What::Call, None),
        Event::PY_RETURN | Event::PY_YIELD => (What::Return, argument.map(|value| value.to_ref())),
        Event::PY_UNWIND => (What::Return, None),
        Event::CALL | Event::C_RETURN | Event::C_RAISE => {
            let what = match event {
                Event::CALL => What::CCall,
                Event::C_RETURN => What::CReturn,
                _ => What::CException,
            };
            match native_function(thread, args)? {
                Some(callable) => (what, Some(callable)),
                None => return Ok(()),
            }
        }
        _ => return Ok(()),
    };
    let owner = thread.raw.c_profileobj.load();
    guarded(thread, event, || invoke(function, owner, frame, what, callable.as_ref().map(Ref::b)))
}

/// The native function that a profile function is told of, if the callable is one; a method of a native type is bound first.
fn native_function(thread: &ThreadState, args: &[Borrowed<'_>]) -> PyResult<Option<Ref>> {
    let [_, _, callable, first] = args else { return Ok(None) };
    let class = callable.class();
    if class.is_subtype(&core::CFUNCTION) {
        return Ok(Some(callable.to_ref()));
    }
    if !class.is_type(&core::METHOD_DESCR) || tools::of(thread).missing().is(first) {
        return Ok(None);
    }
    match class.tp_descr_get() {
        Some(bind) => bind(*callable, Some(*first), Some(first.class().borrowed())).map(Some),
        None => Ok(None),
    }
}

fn invoke(function: Py_tracefunc, owner: Option<Ref>, frame: &Frame, what: What, arg: Option<Borrowed<'_>>) -> PyResult<()> {
    let object = object_::get(frame)?;
    let owner = owner.as_ref().map_or(null_mut(), |owner| owner.ptr());
    let arg = arg.unwrap_or(core::none());
    // SAFETY: the function is one of the C API's kind; all objects are alive during the call.
    let status = unsafe { function(owner, object.ptr().cast::<PyFrameObject>(), what as i32, arg.ptr()) };
    if status == 0 { Ok(()) } else { error::check() }
}

/// The trace function behind `sys.settrace`: calls the Python function `owner` for new frames, and what the frame says for running ones.
unsafe extern "C-unwind" fn trace_python(owner: *mut PyObject, frame: *mut PyFrameObject, what: i32, arg: *mut PyObject) -> i32 {
    // SAFETY: by the convention of trace functions, the frame and the argument are objects.
    let (frame, arg) = unsafe { (object(frame.cast()), object(arg)) };
    let frame = frame.self_as::<FrameObject>();
    let function = if what == What::Call as i32 {
        // SAFETY: the thread keeps the function alive, or null.
        unsafe { Borrowed::from_ptr_or_null(owner) }.map(Borrowed::to_ref)
    } else {
        frame.trace.get()
    };
    let Some(function) = function else { return 0 };
    match call_python(&function, frame, what, arg) {
        Ok(result) => {
            if !result.is(&core::none()) {
                frame.trace.set(Some(result));
            }
            0
        }
        Err(_raised) => {
            let exception = error::take();
            if let Err(raised) = set(thread::current(), TRACE, None) {
                raised.clear();
            }
            frame.trace.set(None);
            if let Some(exception) = exception {
                let _raised = error::restore(exception);
            }
            -1
        }
    }
}

/// The profile function behind `sys.setprofile`.
unsafe extern "C-unwind" fn profile_python(
    owner: *mut PyObject,
    frame: *mut PyFrameObject,
    what: i32,
    arg: *mut PyObject,
) -> i32 {
    // SAFETY: as above; the thread keeps the function alive, or null.
    let (frame, arg, function) = unsafe { (object(frame.cast()), object(arg), Borrowed::from_ptr_or_null(owner)) };
    let Some(function) = function.map(Borrowed::to_ref) else { return 0 };
    match call_python(&function, frame.self_as(), what, arg) {
        Ok(result) => {
            drop(result);
            0
        }
        Err(_raised) => {
            let exception = error::take();
            if let Err(raised) = set(thread::current(), PROFILE, None) {
                raised.clear();
            }
            if let Some(exception) = exception {
                let _raised = error::restore(exception);
            }
            -1
        }
    }
}

/// # Safety
/// An object, alive during the call.
unsafe fn object<'a>(object: *mut PyObject) -> Borrowed<'a> {
    // SAFETY: by contract.
    unsafe { Borrowed::from_ptr_or_null(object) }.unwrap_or(core::none())
}

fn call_python(function: &Ref, frame: Borrowed<'_, FrameObject>, what: i32, arg: Borrowed<'_>) -> PyResult<Ref> {
    let word = match what {
        0 => id!("call"),
        1 => id!("exception"),
        2 => id!("line"),
        3 => id!("return"),
        4 => id!("c_call"),
        5 => id!("c_exception"),
        6 => id!("c_return"),
        _ => id!("opcode"),
    };
    function.call(&[frame.object(), word, arg])
}

/// `sys.settrace` for one thread.
pub fn set_trace(thread: &ThreadState, function: Option<Borrowed<'_>>) -> PyResult<()> {
    set(thread, TRACE, function.map(|function| (trace_python as Py_tracefunc, function)))
}

/// `sys.setprofile` for one thread.
pub fn set_profile(thread: &ThreadState, function: Option<Borrowed<'_>>) -> PyResult<()> {
    set(thread, PROFILE, function.map(|function| (profile_python as Py_tracefunc, function)))
}

/// Sets the trace or profile function of one thread: `PyEval_SetTrace` and `PyEval_SetProfile`.
pub fn set(thread: &ThreadState, tool: usize, function: Option<(Py_tracefunc, Borrowed<'_>)>) -> PyResult<()> {
    let tools = tools::of(thread);
    let raw = &thread.raw;
    let (pointer, owner, events) = match tool {
        TRACE => (&raw.c_tracefunc, &raw.c_traceobj, TRACE_EVENTS),
        _ => (&raw.c_profilefunc, &raw.c_profileobj, PROFILE_EVENTS),
    };
    let had = pointer.replace(function.map(|(function, _)| function)).is_some();
    let has = function.is_some();
    let old = owner.swap_ref(function.map(|(_, owner)| owner.to_ref()));
    let Some(count) = tools.threads.get(tool - PROFILE) else { return Ok(()) };
    count.set((count.get() + usize::from(has)).saturating_sub(usize::from(had)));
    drop(old);
    if tool == TRACE
        && has
        && let Some(frame) = crate::frame::current(thread)
    {
        // SAFETY: the field owns a frame object or is null.
        let object = unsafe { Borrowed::<object::Object>::from_ptr_or_null(frame.object.get()) };
        if object.is_some_and(|object| object.self_as::<FrameObject>().trace_opcodes.get()) {
            trace_opcodes(frame, true)?;
        }
    }
    if tool == TRACE && count.get() == 0 {
        tools.forget_local_events(TRACE);
    }
    tools.set_events(thread, tool, if count.get() != 0 { events } else { 0 })
}

/// Makes a trace function see every instruction of a frame's code, or no longer.
pub fn trace_opcodes(frame: &Frame, enable: bool) -> PyResult<()> {
    let tools = tools::current();
    let events = tools.local_events(TRACE, frame.code());
    let wanted = if enable { events | Event::INSTRUCTION.bit() } else { events & !Event::INSTRUCTION.bit() };
    tools.set_local_events(TRACE, frame.code(), wanted)
}

/// Removes the functions of a thread that ends.
pub fn forget(thread: &ThreadState) -> PyResult<()> {
    for tool in [TRACE, PROFILE] {
        let raw = &thread.raw;
        let has = if tool == TRACE { raw.c_tracefunc.get() } else { raw.c_profilefunc.get() };
        if has.is_some() {
            set(thread, tool, None)?;
        }
    }
    Ok(())
}
