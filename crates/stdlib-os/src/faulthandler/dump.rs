//! The text of reports. It may be written in a signal handler: no allocation, no lock that is waited for.

use host::fault;
use object::hooks;
use object::thread::{Interpreter, ThreadState, try_current};
use std::sync::OnceLock;

/// Which threads a report shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The thread that crashed or that was asked.
    Current,
    All,
}

/// The most threads that are shown.
const MOST_THREADS: usize = 100;

static INTERPRETER: OnceLock<&'static Interpreter> = OnceLock::new();

/// Notes whose threads reports show.
pub fn remember(interpreter: &'static Interpreter) {
    let _first = INTERPRETER.set(interpreter);
}

/// Writes the threads' frames.
pub fn write(fd: i32, scope: Scope) {
    let Some(interpreter) = INTERPRETER.get() else { return };
    let own = fault::this_thread();
    match scope {
        Scope::Current => {
            fault::write(fd, b"Stack (most recent call first):\n");
            match try_current() {
                Some(state) => frames(fd, state),
                // The thread has let go of the GIL: its state is in the list.
                None => {
                    interpreter.peek_threads(|state| {
                        if state.raw.thread_id.get() == own {
                            frames(fd, state);
                        }
                    });
                }
            }
        }
        Scope::All => {
            let mut count = 0;
            interpreter.peek_threads(|state| {
                match count {
                    MOST_THREADS => fault::write(fd, b"...\n"),
                    count if count < MOST_THREADS => {
                        if count > 0 {
                            fault::write(fd, b"\n");
                        }
                        thread(fd, state, state.raw.thread_id.get() == own);
                    }
                    _ => {}
                }
                count += 1;
            });
        }
    }
}

fn thread(fd: i32, state: &ThreadState, current: bool) {
    fault::write(fd, if current { b"Current thread 0x" } else { b"Thread 0x" });
    fault::write(fd, fault::hexadecimal(state.raw.thread_id.get(), 16, &mut [0; 16]));
    let (name, len) = fault::thread_name(state.raw.native_thread_id.get());
    if len > 0 {
        fault::write(fd, b" [");
        fault::write(fd, name.get(..len).unwrap_or_default());
        fault::write(fd, b"]");
    }
    fault::write(fd, b" (most recent call first):\n");
    if current && state.interpreter().gc.collecting.get() {
        fault::write(fd, b"  Garbage-collecting\n");
    }
    frames(fd, state);
}

fn frames(fd: i32, state: &ThreadState) {
    hooks::dump_frames(state, &mut |bytes| fault::write(fd, bytes));
}

/// Writes the calling thread's native stack.
pub fn write_native(fd: i32) {
    fault::write(fd, b"Current thread's C stack trace (most recent call first):\n");
    fault::write_native_stack(fd);
}
