//! Threads at the edges of the interpreter's life.

use object::thread;

/// Lets other threads run, where there are any.
pub fn yield_gil() {
    let run_pending = object::hooks::get().run_pending;
    thread::current().set_eval_breaker(thread::breaker::GIL_DROP_REQUEST);
    if let Err(raised) = run_pending() {
        raised.unraisable(None, None);
    }
    std::thread::yield_now();
}
