//! `fork`, `forkpty`, and the functions that programs let run around them.

use crate::support::os_error;
use macros::pymodule;
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, exc, fork, hooks, id, raise, thread};
use std::cell::RefCell;

/// What `os.register_at_fork` was given, in order.
#[derive(Default)]
struct AtFork {
    before: RefCell<Vec<Ref>>,
    in_child: RefCell<Vec<Ref>>,
    in_parent: RefCell<Vec<Ref>>,
}

fn at_fork() -> &'static AtFork {
    thread::current().interpreter().extensions.get::<AtFork>()
}

fn run(functions: Vec<Ref>) {
    for function in functions {
        if let Err(raised) = function.call0() {
            raised.unraisable(Some("Exception ignored in fork callback"), None);
        }
    }
}

/// What comes before a fork: the functions of programs, then the import lock, so that no thread is within an import.
pub(crate) fn before() {
    let mut functions = at_fork().before.borrow().clone();
    functions.reverse();
    run(functions);
    let _held =
        crate::support::import("_imp").and_then(|imp| imp.call_method(id!("acquire_lock"), &[])).map_err(object::Raised::clear);
}

fn release_import_lock() {
    let _released =
        crate::support::import("_imp").and_then(|imp| imp.call_method(id!("release_lock"), &[])).map_err(object::Raised::clear);
}

/// What comes after it in the parent, also when it failed.
pub(crate) fn after_in_parent() {
    release_import_lock();
    let functions = at_fork().in_parent.borrow().clone();
    run(functions);
}

/// What comes after it in the child.
pub(crate) fn after_in_child() {
    release_import_lock();
    crate::signal::after_fork();
    let functions = at_fork().in_child.borrow().clone();
    run(functions);
}

/// How many threads the process has, as the system counts; 0 where it does not tell.
fn system_threads() -> u64 {
    let Ok(stat) = std::fs::read("/proc/self/stat") else { return 0 };
    let Some(end) = stat.iter().rposition(|byte| *byte == b')') else { return 0 };
    let rest = String::from_utf8_lossy(stat.get(end + 1..).unwrap_or_default()).into_owned();
    // The state is field 3, the number of threads field 20.
    rest.split_whitespace().nth(17).and_then(|field| field.parse().ok()).unwrap_or(0)
}

/// Warns of a fork with other threads about.
pub(crate) fn warn_of_threads(name: &str, threads: u64) -> PyResult<()> {
    if threads <= 1 {
        return Ok(());
    }
    let process = host::process::id();
    let message = format!("This process (pid={process}) is multi-threaded, use of {name}() may lead to deadlocks in the child.");
    hooks::warn(&exc::DeprecationWarning, &message, 1)
}

/// Refuses a fork while the interpreter ends, and in one that may not.
pub(crate) fn check_finalizing() -> PyResult<()> {
    let interpreter = thread::current().interpreter();
    if !interpreter.sub.settings.get().allow_fork {
        return Err(raise!(RuntimeError, "fork not supported for isolated subinterpreters"));
    }
    if interpreter.finalizing.get() {
        return Err(raise!(PythonFinalizationError, "can't fork at interpreter shutdown"));
    }
    Ok(())
}

/// Forks with all that goes with it. The number is 0 in the child.
fn fork_with<T>(name: &str, child: fn(&T) -> i32, call: fn() -> host::errno::Sys<T>) -> PyResult<T> {
    before();
    let threads = system_threads();
    let result = call();
    match &result {
        Ok(done) if child(done) == 0 => after_in_child(),
        Ok(_) => {
            after_in_parent();
            if let Err(raised) = warn_of_threads(name, threads) {
                // A warning that is an exception cannot undo the fork.
                raised.unraisable(None, None);
            }
        }
        Err(_) => after_in_parent(),
    }
    result.map_err(os_error)
}

fn callable(function: Option<Borrowed<'_>>, name: &str) -> PyResult<Option<Ref>> {
    match function {
        Some(function) if !function.is_callable() => {
            Err(raise!(TypeError, "'{name}' must be callable, not {}", function.class().tp_name()))
        }
        function => Ok(function.map(Borrowed::to_ref)),
    }
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// Fork a child process.
    ///
    /// Return 0 to child process and PID of child to parent process.
    #[pyfunction("()")]
    fn fork() -> PyResult<i32> {
        check_finalizing()?;
        hooks::audit("os.fork", &[])?;
        fork_with("fork", |child| *child, super::fork::process)
    }

    /// Fork a new process with a new pseudo-terminal as controlling tty.
    ///
    /// Returns a tuple of (pid, master_fd).
    /// Like fork(), return pid of 0 to the child process,
    /// and pid of child to the parent process.
    /// To both, return fd of newly opened pseudo-terminal.
    #[pyfunction("()")]
    fn forkpty() -> PyResult<Ref> {
        check_finalizing()?;
        hooks::audit("os.forkpty", &[])?;
        let (child, master) = fork_with("forkpty", |(child, _)| *child, super::fork::terminal)?;
        tuple::from_array([int::new(i64::from(child))?, int::new(i64::from(master))?])
    }

    /// Register callables to be called when forking a new process.
    ///
    ///   before
    ///     A callable to be called in the parent before the fork() syscall.
    ///   after_in_child
    ///     A callable to be called in the child after fork().
    ///   after_in_parent
    ///     A callable to be called in the parent after fork().
    ///
    /// 'before' callbacks are called in reverse order.
    /// 'after_in_child' and 'after_in_parent' callbacks are called in order.
    #[pyfunction(
        "($module, /, *, before=<unrepresentable>, after_in_child=<unrepresentable>, after_in_parent=<unrepresentable>)"
    )]
    fn register_at_fork(
        _module: Borrowed<'_>,
        before: Option<Borrowed<'_>>,
        after_in_child: Option<Borrowed<'_>>,
        after_in_parent: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        if before.is_none() && after_in_child.is_none() && after_in_parent.is_none() {
            return Err(raise!(TypeError, "At least one argument is required."));
        }
        let before = callable(before, "before")?;
        let in_child = callable(after_in_child, "after_in_child")?;
        let in_parent = callable(after_in_parent, "after_in_parent")?;
        let lists = at_fork();
        for (list, function) in [(&lists.before, before), (&lists.in_child, in_child), (&lists.in_parent, in_parent)] {
            list.borrow_mut().extend(function);
        }
        Ok(())
    }
}
