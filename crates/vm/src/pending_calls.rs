//! Calls that C code or another thread asked for, to be made between two instructions: `Py_AddPendingCall` and its kin.
//!
//! There are two queues: one for the main thread alone, and one that any thread serves. A thread learns of them by a bit of its eval breaker.

use object::thread::{self, breaker};
use object::{PyResult, error, raise};
use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is to be called; -1 with an exception set is an error.
pub type Function = unsafe extern "C-unwind" fn(*mut c_void) -> c_int;

/// A function and its argument (an address).
type Call = (Function, usize);

/// As many calls may wait in CPython: for the main thread, and for any thread.
const MAX_MAIN: usize = 32;
const MAX_ANY: usize = 300;

struct Queues {
    main: VecDeque<Call>,
    any: VecDeque<Call>,
}

static QUEUES: Mutex<Queues> = Mutex::new(Queues { main: VecDeque::new(), any: VecDeque::new() });

thread_local! {
    /// Whether this thread is making pending calls: they do not nest.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Which thread is to make a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Main,
    Any,
}

fn queues() -> MutexGuard<'static, Queues> {
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ask() {
    if let Some(interpreter) = thread::main_interpreter() {
        interpreter.set_eval_breakers(breaker::CALLS);
    }
}

/// Adds a call; false where too many wait. May be called by any thread, without the GIL.
pub fn add(who: Who, function: Function, arg: *mut c_void) -> bool {
    let mut queues = queues();
    let (queue, max) = match who {
        Who::Main => (&mut queues.main, MAX_MAIN),
        Who::Any => (&mut queues.any, MAX_ANY),
    };
    if queue.len() >= max {
        return false;
    }
    queue.push_back((function, arg.expose_provenance()));
    drop(queues);
    ask();
    true
}

/// Makes the calls that wait for this thread; those that are added meanwhile wait for the next time. The first error ends it.
pub fn run() -> PyResult<()> {
    if BUSY.replace(true) {
        return Ok(());
    }
    let current = thread::current();
    current.clear_eval_breaker(breaker::CALLS);
    let mut result = Ok(());
    if current.interpreter().is_main() && std::ptr::eq(current.interpreter().main_thread.get(), current) {
        result = serve(|queues| &mut queues.main);
    }
    if result.is_ok() {
        result = serve(|queues| &mut queues.any);
    }
    BUSY.set(false);
    result
}

fn serve(pick: fn(&mut Queues) -> &mut VecDeque<Call>) -> PyResult<()> {
    let mut count = pick(&mut queues()).len();
    while count > 0 {
        let Some((function, arg)) = pick(&mut queues()).pop_front() else { break };
        count -= 1;
        // SAFETY: C's function with C's argument, under the GIL.
        if unsafe { function(std::ptr::with_exposed_provenance_mut(arg)) } != 0 {
            if count > 0 {
                ask();
            }
            return match error::check() {
                Err(raised) => Err(raised),
                Ok(()) => Err(raise!(SystemError, "pending call failed without setting an exception")),
            };
        }
    }
    Ok(())
}
