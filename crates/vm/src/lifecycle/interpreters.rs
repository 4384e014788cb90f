//! Sub-interpreters: their beginning, their end, and how a thread enters one.
//!
//! A thread has one state for each interpreter that it is in; [`enter`] puts another state in the place of the current one without letting go of
//! the GIL. An interpreter that ended leaves nothing behind but what others still hold.

use super::{clear_module, collect_garbage, support};
use object::interpreters::{self, Settings};
use object::thread::{self, Interpreter, ThreadState};
use object::{PyResult, Raised, RawField, Ref, error, raise};
use std::sync::{Mutex, PoisonError};

/// States that no thread uses, for the next thread that enters an interpreter.
static IDLE: Mutex<Vec<&'static Idle>> = Mutex::new(Vec::new());

/// A state that no thread uses.
#[repr(transparent)]
struct Idle(ThreadState);
// SAFETY: a state in the list is used by nobody; whoever takes it out holds the GIL.
unsafe impl Sync for Idle {}

/// A state for the calling thread in `interpreter`, not current yet.
pub fn new_state(interpreter: &'static Interpreter) -> &'static ThreadState {
    let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    match idle {
        Some(idle) => idle.0.reuse(interpreter),
        None => ThreadState::create(interpreter),
    }
}

/// A visit of the calling thread to an interpreter. Its end brings the thread back to where it was.
pub struct Visit {
    state: &'static ThreadState,
    before: Option<&'static ThreadState>,
}

impl Visit {
    /// The state in the interpreter.
    pub fn state(&self) -> &'static ThreadState {
        self.state
    }
}

/// Enters an interpreter: the calling thread goes on in it, under a state of its own.
pub fn enter(interpreter: &'static Interpreter) -> Visit {
    let state = new_state(interpreter);
    state.mark_thread();
    let before = state.switch();
    crate::pending_calls::remind(state);
    Visit { state, before }
}

impl Drop for Visit {
    fn drop(&mut self) {
        forget(self.state);
        leave(self.state, self.before);
    }
}

/// Drops what a state holds, which is current.
fn forget(state: &'static ThreadState) {
    if let Some(hooks) = object::hooks::vm() {
        (hooks.thread_ends)();
    }
    drop(error::take());
    state.raw.dict.store(None);
    state.raw.async_exc.store(None);
    state.raw.context.store(None);
    for _ in 0..ROUNDS {
        if state.extensions.is_empty() {
            break;
        }
        // SAFETY: the thread is on its way out of the interpreter: nobody up the stack uses the state.
        unsafe { state.extensions.clear() };
    }
    drop(error::take());
}

/// How often what destructors make anew is dropped.
const ROUNDS: usize = 4;

/// Goes back to the state before; the other one is free for the next visit.
fn leave(state: &'static ThreadState, before: Option<&'static ThreadState>) {
    state.unlist();
    match before {
        Some(before) => {
            before.switch();
        }
        None => {
            thread::unbind();
            state.interpreter().gil.release(state);
        }
    }
    // SAFETY: a transparent wrapper.
    let idle = unsafe { &*std::ptr::from_ref(state).cast::<Idle>() };
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
}

/// Makes an interpreter, complete. The calling thread goes on in it under the state that is returned; the error, if there is one, is told in
/// the words of the traceback's last line, and the thread is where it was.
pub fn create(settings: Settings, whence: i32) -> Result<&'static ThreadState, String> {
    let Some(config) = super::config() else { return Err("there is no main interpreter".to_owned()) };
    let Some(interpreter) = interpreters::create(settings, whence) else {
        return Err("there is no main interpreter".to_owned());
    };
    let state = new_state(interpreter);
    state.mark_thread();
    let before = state.switch();
    // Nothing of what follows is garbage.
    interpreter.gc.enabled.set(false);
    builtins::int::set_max_str_digits(config.int_max_str_digits);
    let Err(raised) = super::fill(config) else { return Ok(state) };
    let text = describe(raised);
    end(state);
    leave(state, before);
    Err(text)
}

/// The exception in one line.
fn describe(raised: Raised) -> String {
    let exception = raised.take();
    let message = support::quietly(|| exception.str_text()).unwrap_or_default();
    format!("{}: {message}", exception.class().short_name())
}

/// The settings, if an interpreter can be like that.
pub fn check(settings: Settings) -> PyResult<Settings> {
    if !settings.use_main_obmalloc && !settings.check_multi_interp_extensions {
        return Err(raise!(RuntimeError, "per-interpreter obmalloc does not support single-phase init extension modules"));
    }
    Ok(settings)
}

/// Makes an interpreter as [`create`] does, and comes back from it.
pub fn create_idle(settings: Settings, whence: i32) -> Result<&'static Interpreter, String> {
    let before = thread::try_current();
    let state = create(settings, whence)?;
    let interpreter = state.interpreter();
    forget(state);
    leave(state, before);
    Ok(interpreter)
}

/// Ends an interpreter in which no thread runs: the calling thread, which is in another one, goes there and comes back.
pub fn destroy(interpreter: &'static Interpreter) {
    let visit = enter(interpreter);
    end(visit.state);
}

/// Ends the current interpreter, whose only running thread this is, as `Py_EndInterpreter`; then the thread is in none.
pub fn end_current() {
    let state = thread::current();
    end(state);
    forget(state);
    leave(state, None);
}

/// Ends all sub-interpreters, at the end of the process.
pub fn end_all() {
    let mut left: Vec<_> = interpreters::all().into_iter().filter(|interpreter| !interpreter.is_main()).collect();
    if left.is_empty() {
        return;
    }
    support::quietly(|| {
        let message = "remaining subinterpreters; close them with Interpreter.close()";
        crate::warnings::warn(&object::exc::RuntimeWarning, message, 0)
    });
    while let Some(interpreter) = left.pop() {
        // One that runs in a thread that will never end is left alone.
        let here = std::ptr::eq(interpreter, thread::current().interpreter());
        let idle = !interpreter.sub.is_closed() && interpreter.sub.running_main.get().is_null();
        if !here && idle && interpreter.sub.ready.get() {
            destroy(interpreter);
        }
    }
}

/// Runs what the end of an interpreter runs, and drops all that it holds. `state` is current and stays so.
fn end(state: &'static ThreadState) {
    let interpreter = state.interpreter();
    super::wait_for_threads();
    super::run_atexit();
    super::stdio::flush_at_exit();
    interpreter.finalizing.set(true);
    interpreter.sub.close_for_others(state);
    interpreter.sub.ready.set(false);
    super::clear_modules();
    super::stdio::flush_at_exit();
    object::hooks::interpreter_ends(interpreter.id);
    drop_roots(interpreter);
    builtins::type_::lookup::clear_cache();
    super::exit_functions::run();
    for _ in 0..ROUNDS {
        collect_garbage();
        if interpreter.extensions.is_empty() {
            break;
        }
        // SAFETY: no code of the interpreter is under way, in this thread or in another.
        unsafe { interpreter.extensions.clear() };
    }
    collect_garbage();
    interpreter.gc.callbacks.set(None);
    interpreter.gc.garbage.set(None);
    interpreters::unlist(interpreter);
    if let Some(main) = thread::main_interpreter() {
        // What others still hold goes on under the main interpreter's collector.
        interpreter.gc.hand_over(&main.gc);
    }
}

/// `sys`, `builtins`, importlib and what else the interpreter itself holds.
fn drop_roots(interpreter: &Interpreter) {
    let modules = ["sys", "builtins"].map(|name| support::quietly(|| support::loaded_module(name)).flatten());
    let importlib = crate::import::state();
    importlib.importlib.set(None);
    importlib.import_func.set(None);
    if let Some(dict) = interpreter.modules.get() {
        clear_dict(&dict);
    }
    interpreter.modules.set(None);
    let [sys, builtins] = modules;
    if let Some(sys) = sys {
        clear_module(&sys);
        if let Some(dict) = interpreter.sys_dict.get() {
            clear_dict(&dict);
        }
    }
    collect_garbage();
    if let Some(builtins) = builtins {
        clear_module(&builtins);
    }
    if let Some(dict) = interpreter.builtins.get() {
        clear_dict(&dict);
    }
    interpreter.sys_dict.set(None);
    interpreter.builtins.set(None);
}

fn clear_dict(dict: &Ref) {
    if support::is_dict(dict.b()) {
        support::quietly(|| dict.call_method(object::id!("clear"), &[]));
    }
}
