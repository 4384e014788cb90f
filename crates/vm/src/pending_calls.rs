//! Calls that C code or another thread asked for, to be made between two instructions: `Py_AddPendingCall` and its kin.
//!
//! There are two kinds of queues: one for the main thread alone, and one for each interpreter, which any of its threads serves. A thread learns
//! of them by a bit of its eval breaker.

use object::thread::{self, Interpreter, ThreadState, breaker};
use object::{PyResult, error, raise};
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
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
    /// By the interpreter's number; a queue that was served to its end is not kept.
    any: BTreeMap<i64, VecDeque<Call>>,
}

static QUEUES: Mutex<Queues> = Mutex::new(Queues { main: VecDeque::new(), any: BTreeMap::new() });

thread_local! {
    /// Whether this thread is making pending calls: they do not nest.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Which thread is to make a call.
#[derive(Clone, Copy)]
pub enum Who {
    /// The main thread of the main interpreter.
    Main,
    /// Any thread of an interpreter.
    Any(&'static Interpreter),
}

fn queues() -> MutexGuard<'static, Queues> {
    QUEUES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the threads that may serve a queue that there is something in it.
fn ask(who: Who) {
    let interpreter = match who {
        Who::Main => thread::main_interpreter(),
        Who::Any(interpreter) => Some(interpreter),
    };
    if let Some(interpreter) = interpreter {
        interpreter.set_eval_breakers(breaker::CALLS);
    }
}

/// Adds a call; false where too many wait. May be called by any thread, without the GIL.
pub fn add(who: Who, function: Function, arg: *mut c_void) -> bool {
    let mut queues = queues();
    let (queue, max) = match who {
        Who::Main => (&mut queues.main, MAX_MAIN),
        Who::Any(interpreter) => (queues.any.entry(interpreter.id).or_default(), MAX_ANY),
    };
    if queue.len() >= max {
        return false;
    }
    queue.push_back((function, arg.expose_provenance()));
    drop(queues);
    ask(who);
    true
}

/// Tells a thread that has just entered its interpreter of the calls that wait there.
pub fn remind(state: &ThreadState) {
    if queues().any.contains_key(&state.interpreter().id) {
        state.set_eval_breaker(breaker::CALLS);
    }
}

/// Makes the calls that wait for this thread; those that are added meanwhile wait for the next time. The first error ends it.
pub fn run() -> PyResult<()> {
    if BUSY.replace(true) {
        return Ok(());
    }
    let current = thread::current();
    let interpreter = current.interpreter();
    current.clear_eval_breaker(breaker::CALLS);
    let mut result = Ok(());
    if interpreter.is_main() && std::ptr::eq(interpreter.main_thread.get(), current) {
        result = serve(Who::Main);
    }
    if result.is_ok() {
        result = serve(Who::Any(interpreter));
    }
    BUSY.set(false);
    result
}

fn serve(who: Who) -> PyResult<()> {
    let mut count = waiting(who);
    while count > 0 {
        let Some((function, arg)) = next(who) else { break };
        count -= 1;
        // SAFETY: C's function with C's argument, under the GIL.
        if unsafe { function(std::ptr::with_exposed_provenance_mut(arg)) } != 0 {
            if count > 0 {
                ask(who);
            }
            return match error::check() {
                Err(raised) => Err(raised),
                Ok(()) => Err(raise!(SystemError, "pending call failed without setting an exception")),
            };
        }
    }
    Ok(())
}

fn waiting(who: Who) -> usize {
    let queues = queues();
    match who {
        Who::Main => queues.main.len(),
        Who::Any(interpreter) => queues.any.get(&interpreter.id).map_or(0, VecDeque::len),
    }
}

fn next(who: Who) -> Option<Call> {
    let mut queues = queues();
    let Who::Any(interpreter) = who else { return queues.main.pop_front() };
    let queue = queues.any.get_mut(&interpreter.id)?;
    let call = queue.pop_front();
    if queue.is_empty() {
        queues.any.remove(&interpreter.id);
    }
    call
}
