//! `fork`: what of the runtime has to be made whole again in the child, which has only the thread that forked.

use crate::thread::{self, Interpreter, ThreadState};
use host::errno::Sys;
use std::sync::{Mutex, PoisonError};

static RESETS: Mutex<Vec<fn()>> = Mutex::new(Vec::new());

/// Lets `reset` run in every child, before any Python code does. The same function counts once.
pub fn on_child(reset: fn()) {
    let mut resets = RESETS.lock().unwrap_or_else(PoisonError::into_inner);
    if !resets.iter().any(|known| std::ptr::fn_addr_eq(*known, reset)) {
        resets.push(reset);
    }
}

/// `fork(2)`: 0 in the child.
pub fn process() -> Sys<i32> {
    // SAFETY: `forked` makes the runtime whole in the child.
    forked(|| unsafe { host::process::fork() }, |child| *child)
}

/// `forkpty(3)`: 0 in the child; and the terminal's master.
pub fn terminal() -> Sys<(i32, i32)> {
    // SAFETY: as above.
    forked(|| unsafe { host::terminal::fork() }, |(child, _)| *child)
}

fn forked<T>(call: impl FnOnce() -> Sys<T>, child: impl FnOnce(&T) -> i32) -> Sys<T> {
    let current = thread::current();
    let resets = RESETS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // While the lists are locked no other thread can be in the middle of changing them.
    let result = with_all_threads(&crate::interpreters::all(), Box::new(call))?;
    if child(&result) == 0 {
        reset(current);
        resets.iter().for_each(|reset| reset());
    }
    Ok(result)
}

/// Makes the runtime whole in the child of a fork that C code made.
pub fn after_in_child() {
    reset(thread::current());
    let resets = RESETS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    resets.iter().for_each(|reset| reset());
}

/// Runs `action` while the lists of threads of these interpreters are locked.
fn with_all_threads<'a, T>(interpreters: &[&'static Interpreter], action: Box<dyn FnOnce() -> T + 'a>) -> T {
    match interpreters.split_first() {
        Some((first, rest)) => first.with_threads(|_| with_all_threads(rest, action)),
        None => action(),
    }
}

fn reset(current: &'static ThreadState) {
    let interpreter = current.interpreter();
    // SAFETY: the child has one thread, this one, which held the GIL.
    unsafe { interpreter.gil.reset_after_fork(current) };
    for interpreter in crate::interpreters::all() {
        // States of this very thread in other interpreters wait for their turn.
        interpreter.with_threads(|threads| {
            // SAFETY: thread states live to the end of the process.
            threads.retain(|thread| unsafe { &*thread.0 }.raw.thread_id.get() == current.raw.thread_id.get());
        });
    }
    interpreter.main_thread.set(current);
    current.bind();
}
