//! The start and the end of threads.
//!
//! What a new thread is to call waits in a table of the interpreter under a number; the thread takes it when it holds the GIL. So no object
//! crosses the border between threads but under the lock.

use super::handle::{NOT_STARTED, STARTED, STARTING, Shared, ThreadHandle, wait_at_exit};
use object::thread::{self, Interpreter, ThreadState, breaker};
use object::value::str as text;
use object::{Borrowed, PyResult, RawField, Ref, exc, raise};
use std::cell::{Cell, RefCell};
use std::os::unix::thread::JoinHandleExt;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Call {
    number: u64,
    function: Ref,
    args: Ref,
    kwargs: Option<Ref>,
}

/// Threads of an interpreter.
#[derive(Default)]
struct Threads {
    calls: RefCell<Vec<Call>>,
    last: Cell<u64>,
    running: Cell<isize>,
}

fn threads(interpreter: &'static Interpreter) -> &'static Threads {
    interpreter.extensions.get::<Threads>()
}

/// Bytes of a new thread's stack; 0: the system's choice.
static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);
const MIN_STACK: isize = 53_248;
const DEFAULT_STACK: usize = 8 << 20;

/// `stack_size(size)`: sets the size, and returns the one before.
pub fn set_stack_size(size: isize) -> PyResult<usize> {
    if size != 0 && size < MIN_STACK {
        return Err(raise!(ValueError, "size must be at least {MIN_STACK} bytes"));
    }
    Ok(STACK_SIZE.swap(size.unsigned_abs(), Ordering::Relaxed))
}

/// Number of threads that were started and run.
pub fn running() -> isize {
    threads(thread::current().interpreter()).running.get()
}

/// The ident of the thread that started the main interpreter.
pub fn main_thread_ident() -> u64 {
    let current = thread::current();
    let interpreter = thread::main_interpreter().unwrap_or_else(|| current.interpreter());
    if std::ptr::eq(interpreter.main_thread.get(), current) {
        return current.raw.thread_id.get();
    }
    interpreter.extensions.get::<MainIdent>().0.get()
}

#[derive(Default)]
struct MainIdent(Cell<u64>);

/// Notes the ident of the main thread, while it is the current one.
pub fn note_main_ident() {
    let current = thread::current();
    let interpreter = current.interpreter();
    if std::ptr::eq(interpreter.main_thread.get(), current) {
        interpreter.extensions.get::<MainIdent>().0.set(current.raw.thread_id.get());
    }
}

/// In the child of a fork: the other threads are gone.
fn after_fork() {
    let threads = threads(thread::current().interpreter());
    let main = thread::current().raw.thread_id.get();
    let still_runs = super::handle::forget_others(main);
    threads.running.set(isize::from(still_runs));
    std::mem::forget(threads.calls.take());
}

/// Starts a thread that calls `function`.
pub fn start(
    handle: &ThreadHandle,
    function: Borrowed<'_>,
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
    daemon: bool,
) -> PyResult<()> {
    note_main_ident();
    object::fork::on_child(after_fork);
    let shared = handle.shared().clone();
    if shared.stage.compare_exchange(NOT_STARTED, STARTING, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return Err(raise!(RuntimeError, "thread already started"));
    }
    let interpreter = thread::current().interpreter();
    if !interpreter.sub.settings.get().allow_threads {
        shared.stage.store(NOT_STARTED, Ordering::Relaxed);
        return Err(raise!(RuntimeError, "thread is not supported for isolated subinterpreters"));
    }
    if interpreter.finalizing.get() {
        shared.stage.store(NOT_STARTED, Ordering::Relaxed);
        return Err(raise!(PythonFinalizationError, "can't create new thread at interpreter shutdown"));
    }
    let threads = threads(interpreter);
    let number = threads.last.get() + 1;
    threads.last.set(number);
    let call = Call { number, function: function.to_ref(), args: args.to_ref(), kwargs: kwargs.map(Borrowed::to_ref) };
    threads.calls.borrow_mut().push(call);
    let size = match STACK_SIZE.load(Ordering::Relaxed) {
        0 => DEFAULT_STACK,
        size => size,
    };
    let own = shared.clone();
    let spawned = std::thread::Builder::new().stack_size(size).spawn(move || run(interpreter, number, &own));
    match spawned {
        Ok(system) => {
            shared.ident.store(system.as_pthread_t() as u64, Ordering::Relaxed);
            *shared.system.lock().unwrap_or_else(PoisonError::into_inner) = Some(system);
            shared.stage.store(STARTED, Ordering::Relaxed);
            threads.running.set(threads.running.get() + 1);
            super::handle::note_running(&shared);
            if !daemon {
                wait_at_exit(&shared);
            }
            Ok(())
        }
        Err(_) => {
            drop(take_call(interpreter, number));
            shared.stage.store(NOT_STARTED, Ordering::Relaxed);
            Err(raise!(RuntimeError, "can't start new thread"))
        }
    }
}

fn take_call(interpreter: &'static Interpreter, number: u64) -> Option<Call> {
    let mut calls = threads(interpreter).calls.borrow_mut();
    let place = calls.iter().position(|call| call.number == number)?;
    Some(calls.swap_remove(place))
}

/// The life of a thread.
fn run(interpreter: &'static Interpreter, number: u64, shared: &Arc<Shared>) {
    let state = ThreadState::create(interpreter);
    state.bind();
    interpreter.gil.take(state);
    if let Some(call) = take_call(interpreter, number) {
        if let Err(raised) = call.function.call_tuple(call.args.b(), call.kwargs.as_ref().map(Ref::b)) {
            if raised.is_a(&exc::SystemExit) {
                raised.clear();
            } else {
                let name = call.function.repr_text().unwrap_or_else(|raised| {
                    raised.clear();
                    "?".to_owned()
                });
                raised.unraisable(Some(&format!("Exception ignored in thread started by {name}")), None);
            }
        }
    }
    if let Some(hooks) = object::hooks::vm() {
        (hooks.thread_ends)();
    }
    super::local::forget_thread(state);
    state.raw.dict.store(None);
    crate::contextvars::forget_thread();
    crate::asyncio::forget_thread();
    drop(object::error::take());
    let threads = threads(interpreter);
    threads.running.set(threads.running.get() - 1);
    state.unlist();
    shared.done.set(true, true);
    interpreter.gil.release(state);
}

/// `interrupt_main(signum)`: lets the main thread act as if the signal had arrived.
pub fn interrupt_main(signum: i32) -> PyResult<()> {
    let Some(signal) = object::thread::current()
        .interpreter()
        .modules
        .get()
        .map(|modules| modules.getitem_opt(text::new("_signal")?.b()))
        .transpose()?
        .flatten()
    else {
        return Ok(());
    };
    // Without a handler of Python's nothing happens, as with CPython.
    let number = object::value::int::new(i64::from(signum))?;
    let handler = signal.call_method(object::id!("getsignal"), &[number.b()])?;
    if !handler.is_callable() {
        return Ok(());
    }
    signal.call_method(object::id!("raise_signal"), &[number.b()])?;
    let interpreter = thread::current().interpreter();
    interpreter.set_eval_breakers(breaker::SIGNALS);
    Ok(())
}

/// Names the calling thread for the system: at most 15 bytes.
pub fn set_name(name: &str) {
    let mut end = name.len().min(15);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let _outcome = std::fs::write("/proc/thread-self/comm", name.get(..end).unwrap_or_default());
}

/// The system's name of the calling thread.
pub fn name() -> PyResult<Ref> {
    let name = std::fs::read("/proc/thread-self/comm").unwrap_or_default();
    text::from_wtf8(name.strip_suffix(b"\n").unwrap_or(&name))
}
