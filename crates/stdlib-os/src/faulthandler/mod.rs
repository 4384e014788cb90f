//! `faulthandler`: tracebacks of crashes, of threads that hang, and on a signal.

mod dump;
mod later;

use crate::support::OrRaise;
use dump::Scope;
use host::fault;
use macros::pymodule;
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, core, exc, hooks, id, raise, thread};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Where crashes are reported, and how.
static CRASH_FD: AtomicI32 = AtomicI32::new(2);
static CRASH_ALL: AtomicBool = AtomicBool::new(true);
static CRASH_NATIVE: AtomicBool = AtomicBool::new(true);
/// Where registered signals are reported; the descriptor and whether all threads are.
static USER_FD: [AtomicI32; host::signal::COUNT] = [const { AtomicI32::new(-1) }; host::signal::COUNT];
static USER_ALL: [AtomicBool; host::signal::COUNT] = [const { AtomicBool::new(true) }; host::signal::COUNT];
static IN_REPORT: AtomicBool = AtomicBool::new(false);

/// What keeps files open that reports go to.
#[derive(Default)]
struct Files {
    enabled: Cell<bool>,
    crash: RefCell<Option<Ref>>,
    later: RefCell<Option<Ref>>,
    users: RefCell<Vec<(usize, Ref)>>,
}

fn files() -> &'static Files {
    thread::current().interpreter().extensions.get::<Files>()
}

/// In the handler of a crash.
fn report_crash(words: &'static str) {
    let fd = CRASH_FD.load(Ordering::SeqCst);
    fault::write(fd, b"Fatal Python error: ");
    fault::write(fd, words.as_bytes());
    fault::write(fd, b"\n\n");
    let scope = if CRASH_ALL.load(Ordering::SeqCst) { Scope::All } else { Scope::Current };
    dump::write(fd, scope);
    if CRASH_NATIVE.load(Ordering::SeqCst) {
        fault::write(fd, b"\n");
        dump::write_native(fd);
    }
}

/// In the handler of a registered signal.
fn report_signal(signal: i32) {
    // A signal that comes during a report is not reported.
    if IN_REPORT.swap(true, Ordering::SeqCst) {
        return;
    }
    if let Ok(at) = usize::try_from(signal)
        && let (Some(fd), Some(all)) = (USER_FD.get(at), USER_ALL.get(at))
    {
        let scope = if all.load(Ordering::SeqCst) { Scope::All } else { Scope::Current };
        dump::write(fd.load(Ordering::SeqCst), scope);
    }
    IN_REPORT.store(false, Ordering::SeqCst);
}

/// The descriptor of a file argument, and the file to be kept; `sys.stderr` where there is none.
fn file_of(file: Option<Borrowed<'_>>) -> PyResult<(i32, Option<Ref>)> {
    let file = match file.filter(|file| !file.is(&core::none())) {
        Some(file) => file.to_ref(),
        None => {
            let sys = thread::current().interpreter().sys_dict.get();
            match sys.map(|sys| sys.getitem_opt(text::new("stderr")?.b())).transpose()?.flatten() {
                None => return Err(raise!(RuntimeError, "unable to get sys.stderr")),
                Some(file) if file.is(&core::none()) => return Err(raise!(RuntimeError, "sys.stderr is None")),
                Some(file) => file,
            }
        }
    };
    if int::check(file.b()) {
        if file.class().is_type(&core::BOOL) {
            hooks::warn(&exc::RuntimeWarning, "bool is used as a file descriptor", 1)?;
        }
        let fd = int::to_i64(file.b())
            .and_then(|fd| i32::try_from(fd).ok())
            .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C int"))?;
        if fd < 0 {
            return Err(raise!(ValueError, "file is not a valid file descriptor"));
        }
        return Ok((fd, None));
    }
    let number = file.call_method(id!("fileno"), &[])?;
    let fd = int::to_i64(number.b()).and_then(|fd| i32::try_from(fd).ok()).filter(|fd| *fd >= 0);
    let Some(fd) = fd else {
        return Err(raise!(RuntimeError, "file.fileno() is not a valid file descriptor"));
    };
    if let Err(raised) = file.call_method(id!("flush"), &[]) {
        raised.clear();
    }
    Ok((fd, Some(file)))
}

fn scope(all_threads: bool) -> Scope {
    dump::remember(thread::current().interpreter());
    if all_threads { Scope::All } else { Scope::Current }
}

/// A signal's number that may be registered.
fn checked(signal: i32) -> PyResult<usize> {
    if fault::FATAL.iter().any(|(fatal, _)| *fatal == signal) {
        return Err(raise!(RuntimeError, "signal {signal} cannot be registered, use enable() instead"));
    }
    match usize::try_from(signal) {
        Ok(number) if (1..host::signal::COUNT).contains(&number) => Ok(number),
        _ => Err(raise!(ValueError, "signal number out of range")),
    }
}

/// faulthandler module.
#[pymodule(name = "faulthandler")]
pub mod module {
    use super::*;

    /// Enable the fault handler.
    #[pyfunction("($module, /, file=None, all_threads=True, c_stack=True)")]
    fn enable(_module: Borrowed<'_>, file: Option<Borrowed<'_>>, all_threads: bool, c_stack: bool) -> PyResult<()> {
        let (fd, file) = file_of(file)?;
        scope(all_threads);
        let old = files().crash.replace(file);
        CRASH_FD.store(fd, Ordering::SeqCst);
        CRASH_ALL.store(all_threads, Ordering::SeqCst);
        CRASH_NATIVE.store(c_stack, Ordering::SeqCst);
        drop(old);
        fault::enable(report_crash).or_raise()?;
        files().enabled.set(true);
        Ok(())
    }

    /// Disable the fault handler.
    #[pyfunction("()")]
    fn disable() -> bool {
        fault::disable();
        drop(files().crash.take());
        files().enabled.replace(false)
    }

    /// Check if the handler is enabled.
    #[pyfunction("()")]
    fn is_enabled() -> bool {
        files().enabled.get()
    }

    /// Dump the traceback of the current thread, or of all threads if all_threads is True, into file.
    #[pyfunction("($module, /, file=None, all_threads=True)")]
    fn dump_traceback(_module: Borrowed<'_>, file: Option<Borrowed<'_>>, all_threads: bool) -> PyResult<()> {
        let (fd, _file) = file_of(file)?;
        dump::write(fd, scope(all_threads));
        crate::support::run_pending()
    }

    /// Dump the C stack of the current thread.
    #[pyfunction("($module, /, file=None)")]
    fn dump_c_stack(_module: Borrowed<'_>, file: Option<Borrowed<'_>>) -> PyResult<()> {
        let (fd, _file) = file_of(file)?;
        dump::write_native(fd);
        crate::support::run_pending()
    }

    /// Dump the traceback of all threads in timeout seconds,
    /// or each timeout seconds if repeat is True. If exit is True, call _exit(1) which is not safe.
    #[pyfunction("($module, /, timeout, repeat=False, file=None, exit=False)")]
    fn dump_traceback_later(
        _module: Borrowed<'_>,
        timeout: Borrowed<'_>,
        repeat: bool,
        file: Option<Borrowed<'_>>,
        exit: bool,
    ) -> PyResult<()> {
        let timeout = later::duration(timeout)?;
        let (fd, file) = file_of(file)?;
        scope(true);
        later::start(later::Plan { timeout, repeat, fd, exit })?;
        drop(files().later.replace(file));
        Ok(())
    }

    /// Cancel the previous call to dump_traceback_later().
    #[pyfunction("()")]
    fn cancel_dump_traceback_later() {
        later::cancel();
        drop(files().later.take());
    }

    /// Register a handler for the signal 'signum': dump the traceback of the current thread, or of all threads if all_threads is True, into file.
    #[pyfunction("($module, /, signum, file=None, all_threads=True, chain=False)")]
    fn register(_module: Borrowed<'_>, signum: i32, file: Option<Borrowed<'_>>, all_threads: bool, chain: bool) -> PyResult<()> {
        let signal = checked(signum)?;
        let (fd, file) = file_of(file)?;
        scope(all_threads);
        if let (Some(place), Some(all)) = (USER_FD.get(signal), USER_ALL.get(signal)) {
            place.store(fd, Ordering::SeqCst);
            all.store(all_threads, Ordering::SeqCst);
        }
        fault::register(signal, chain, report_signal).or_raise()?;
        let old = {
            let mut users = files().users.borrow_mut();
            let old: Vec<(usize, Ref)> = users.extract_if(.., |(number, _)| *number == signal).collect();
            users.extend(file.map(|file| (signal, file)));
            old
        };
        drop(old);
        Ok(())
    }

    /// Unregister the handler of the signal 'signum' registered by register().
    #[pyfunction("($module, signum, /)")]
    fn unregister(_module: Borrowed<'_>, signum: i32) -> PyResult<bool> {
        let signal = checked(signum)?;
        let known = fault::unregister(signal);
        let old: Vec<(usize, Ref)> = files().users.borrow_mut().extract_if(.., |(number, _)| *number == signal).collect();
        drop(old);
        Ok(known)
    }

    /// Read from NULL, raise a SIGSEGV or SIGBUS signal depending on the platform.
    #[pyfunction("()")]
    fn _read_null() {
        fault::read_null();
    }

    /// Raise a SIGSEGV signal.
    #[pyfunction("($module, release_gil=False, /)")]
    fn _sigsegv(_module: Borrowed<'_>, release_gil: bool) {
        if release_gil {
            object::gil::without(|| fault::crash(libc::SIGSEGV));
        } else {
            fault::crash(libc::SIGSEGV);
        }
    }

    /// Raise a SIGABRT signal.
    #[pyfunction("()")]
    fn _sigabrt() {
        std::process::abort();
    }

    /// Raise a SIGFPE signal.
    #[pyfunction("()")]
    fn _sigfpe() {
        fault::crash(libc::SIGFPE);
    }

    /// Recursive call to raise a stack overflow.
    #[pyfunction("()")]
    fn _stack_overflow() -> PyResult<()> {
        let depth = fault::overflow_stack();
        Err(raise!(RuntimeError, "unable to raise a stack overflow ({depth})"))
    }

    /// Call Py_FatalError() in a new C thread.
    #[pyfunction("()")]
    fn _fatal_error_c_thread() -> PyResult<()> {
        scope(true);
        let started = std::thread::Builder::new().spawn(|| {
            let text = "Fatal Python error: faulthandler_fatal_error_thread: in new thread\n\
                        Python runtime state: initialized\n\n";
            fault::write(2, text.as_bytes());
            dump::write(2, Scope::All);
            fault::write(2, b"\n");
            dump::write_native(2);
            // The report is made: a second one is not wanted.
            fault::disable();
            std::process::abort()
        });
        match started {
            Ok(thread) => {
                object::gil::without(|| drop(thread.join()));
                Ok(())
            }
            Err(_) => Err(raise!(RuntimeError, "unable to start the thread")),
        }
    }
}
