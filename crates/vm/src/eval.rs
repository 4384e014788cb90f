//! The doors into the interpreter: run a code object, run a frame.

use crate::code::Code;
use crate::frame::{self, Frame};
use crate::function::Function;
use crate::interpreter;
use object::thread::{self, ThreadState};
use object::{Borrowed, Object, PyResult, Ref, raise};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What runs frames: the interpreter, or a compiler that plugs in later and falls back on it.
pub trait Interp: Sync {
    /// Runs a frame that was entered from native code, to its end or to its next yield.
    ///
    /// # Safety
    /// The frame is complete and is the thread's current one; its `entry` is set.
    unsafe fn run(&self, thread: &ThreadState, frame: &Frame, throwing: bool) -> PyResult<Ref>;
}

/// Takes one from the recursion that is left, or raises RecursionError.
#[inline(always)]
pub fn enter_recursion(thread: &ThreadState) -> PyResult<()> {
    let remaining = thread.raw.py_recursion_remaining.get();
    if remaining <= 0 {
        return Err(too_deep(thread));
    }
    thread.raw.py_recursion_remaining.set(remaining - 1);
    Ok(())
}

/// Gives back what [`enter_recursion`] took.
#[inline(always)]
pub fn leave_recursion(thread: &ThreadState) {
    thread.raw.py_recursion_remaining.set(thread.raw.py_recursion_remaining.get() + 1);
}

#[cold]
fn too_deep(thread: &ThreadState) -> object::Raised {
    // The handler of the error needs a little room itself.
    thread.raw.py_recursion_remaining.set(thread.raw.py_recursion_remaining.get() + 50);
    let raised = raise!(RecursionError, "maximum recursion depth exceeded");
    thread.raw.py_recursion_remaining.set(thread.raw.py_recursion_remaining.get() - 50);
    raised
}

/// Runs a frame on the data stack to its end.
///
/// # Safety
/// The frame is complete and the topmost of this thread's data stack.
pub unsafe fn run_frame(thread: &ThreadState, frame: *const Frame) -> PyResult<Ref> {
    if let Err(raised) = object::recursion::check("").and_then(|()| enter_recursion(thread)) {
        // SAFETY: by contract.
        unsafe { frame::pop(thread, frame) };
        return Err(raised);
    }
    // SAFETY: by contract.
    unsafe { enter(thread, &*frame, false) }
}

/// Enters the interpreter with a frame whose recursion was counted.
///
/// # Safety
/// The frame is complete; its memory stays valid until it is left.
pub(crate) unsafe fn enter(thread: &ThreadState, frame: &Frame, throwing: bool) -> PyResult<Ref> {
    frame.entry.set(true);
    let outer = thread.raw.current_frame.get();
    frame.previous.set(outer.cast());
    frame::set_current(thread, frame);
    // SAFETY: by contract.
    match catch_unwind(AssertUnwindSafe(|| unsafe { interpreter::run(thread, frame, throwing) })) {
        Ok(result) => result,
        Err(panic) => {
            let _raised = raise!(SystemError, "internal error: {}", panic_text(&*panic));
            interpreter::unwind::abandon(thread, frame);
            // SAFETY: an exception was just set.
            Err(unsafe { object::Raised::assume() })
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic")
}

/// Runs a code object in these globals and locals: `exec`, `eval`, module bodies.
pub fn run_code(code: Borrowed<'_, Code>, globals: Borrowed<'_>, locals: Borrowed<'_>) -> PyResult<Ref> {
    let function = Function::new(code, globals)?;
    // What runs without a function of its own is called by its plain name.
    function.qualname.set(function.name.get());
    run_function(function.borrow(), Some(locals))
}

/// Runs a code object with a closure, as `exec(code, closure=…)` does.
pub fn run_code_with_closure(
    code: Borrowed<'_, Code>,
    globals: Borrowed<'_>,
    locals: Borrowed<'_>,
    closure: Borrowed<'_>,
) -> PyResult<Ref> {
    let function = Function::new(code, globals)?;
    function.closure.set(Some(closure.to_ref()));
    run_function(function.borrow(), Some(locals))
}

/// Runs a function without arguments over a mapping of locals: class bodies too.
pub fn run_function(function: Borrowed<'_, Function>, locals: Option<Borrowed<'_, Object>>) -> PyResult<Ref> {
    let thread = thread::current();
    let frame = crate::function::push_call(thread, function, &[], 0, None)?;
    // SAFETY: the frame was just made.
    unsafe {
        if let Some(locals) = locals {
            (*frame).set_locals(locals.to_ref());
        }
        run_frame(thread, frame)
    }
}
