//! Threads at the edges of the interpreter's life, and what the eval breaker asks for.

use object::PyResult;
use object::thread::{self, breaker};
use std::sync::atomic::Ordering;

/// Lets other threads run, where there are any.
pub fn yield_gil() {
    object::gil::without(std::thread::yield_now);
}

/// The hook `run_pending`: hands the GIL over where another thread asked for it, and runs the handlers of signals
/// and the calls that were asked for.
pub(super) fn run_pending() -> PyResult<()> {
    let current = thread::current();
    if current.eval_breaker().load(Ordering::Relaxed) & breaker::GIL_DROP_REQUEST != 0 {
        current.interpreter().gil.hand_over(current);
    }
    if current.eval_breaker().load(Ordering::Relaxed) & breaker::SIGNALS != 0 {
        current.clear_eval_breaker(breaker::SIGNALS);
        object::hooks::run_signals()?;
    }
    if current.eval_breaker().load(Ordering::Relaxed) & breaker::CALLS != 0 {
        crate::pending_calls::run()?;
    }
    Ok(())
}
