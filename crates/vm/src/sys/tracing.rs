//! Trace and profile functions of all threads at once.

use crate::monitoring::trace;
use object::thread::{self, ThreadState};
use object::{Borrowed, PyResult};

/// Sets the trace function of every thread of the interpreter.
pub(super) fn set_trace_everywhere(function: Option<Borrowed<'_>>) -> PyResult<()> {
    everywhere(|thread| trace::set_trace(thread, function))
}

/// Sets the profile function of every thread of the interpreter.
pub(super) fn set_profile_everywhere(function: Option<Borrowed<'_>>) -> PyResult<()> {
    everywhere(|thread| trace::set_profile(thread, function))
}

fn everywhere(action: impl Fn(&ThreadState) -> PyResult<()>) -> PyResult<()> {
    let threads = thread::current().interpreter().with_threads(|threads| threads.clone());
    // SAFETY: thread states live to the end of the process; the GIL is held.
    threads.iter().try_for_each(|thread| action(unsafe { &*thread.0 }))
}
