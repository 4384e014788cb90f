//! `_signal`: handlers, masks, timers. A signal is noted when it arrives; its handler runs in the main thread, between instructions.

use crate::support::{OrRaise, add_constants, blocking, run_pending};
use builtins::{struct_sequence, structseq};
use host::errno::Errno;
use host::signal::{self, Action};
use macros::pymodule;
use object::thread::breaker;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, core, exc, hooks, id, raise, thread};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

struct_sequence!(
    /// `signal.struct_siginfo`
    SignalInfo, c"signal.struct_siginfo",
    c"struct_siginfo: Result from sigwaitinfo or sigtimedwait.\n\nThis object may be accessed either as a tuple of\n(si_signo, si_code, si_errno, si_pid, si_uid, si_status, si_band),\nor via the attributes si_signo, si_code, and so on.",
    7, [
        c"si_signo" = c"signal number", c"si_code" = c"signal code", c"si_errno" = c"errno associated with this signal",
        c"si_pid" = c"sending process ID", c"si_uid" = c"real user ID of sending process",
        c"si_status" = c"exit value or signal", c"si_band" = c"band event for SIGPOLL",
    ]
);

fn info_object(info: &signal::Info) -> PyResult<Ref> {
    let values = info.fields().into_iter().map(int::new).collect::<PyResult<Vec<Ref>>>()?;
    structseq::new::<SignalInfo>(values)
}

/// The handlers: a callable, or the numbers SIG_DFL and SIG_IGN, or None for one that is not ours.
#[derive(Default)]
struct Handlers(RefCell<Vec<Option<Ref>>>);

/// `signal.itimer_error`, and whether a full wakeup pipe is worth a warning.
#[derive(Default)]
struct Settings {
    timer_error: object::OptRef,
    silent_when_full: Cell<bool>,
}

fn settings() -> &'static Settings {
    thread::current().interpreter().extensions.get::<Settings>()
}

/// The result of a timer's call, or `signal.itimer_error`.
fn timer_result(result: host::errno::Sys<signal::Timer>) -> PyResult<(f64, f64)> {
    result.map_err(|errno| {
        let class = settings().timer_error.get();
        let raised = (|| {
            let class = class.ok_or_else(|| crate::support::os_error(errno))?;
            let error = class.call(&[int::new(i64::from(errno.0))?.b(), text::new(&errno.message())?.b()])?;
            Ok(object::error::restore(error))
        })();
        match raised {
            Ok(raised) | Err(raised) => raised,
        }
    })
}

/// Tells of a wakeup descriptor that could not be written to.
fn report_wakeup_error() {
    if let Some(errno) = signal::take_wakeup_error() {
        if errno.0 == libc::EAGAIN && settings().silent_when_full.get() {
            return;
        }
        let message = "Exception ignored when trying to write to the signal wakeup fd";
        crate::support::os_error(errno).unraisable(Some(message), None);
    }
}

fn handlers() -> &'static Handlers {
    thread::current().interpreter().extensions.get::<Handlers>()
}

fn handler(number: usize) -> Option<Ref> {
    handlers().0.borrow().get(number).cloned().flatten()
}

fn set_handler(number: usize, value: Option<Ref>) -> Option<Ref> {
    let mut table = handlers().0.borrow_mut();
    if table.len() < signal::COUNT {
        table.resize(signal::COUNT, None);
    }
    table.get_mut(number).and_then(|place| std::mem::replace(place, value))
}

fn is_main_thread() -> bool {
    let current = thread::current();
    current.interpreter().is_main() && std::ptr::eq(current.interpreter().main_thread.get(), current)
}

/// A signal number, or ValueError.
fn checked(number: i32) -> PyResult<usize> {
    match usize::try_from(number) {
        Ok(number) if (1..signal::COUNT).contains(&number) => Ok(number),
        _ => Err(raise!(ValueError, "signal number out of range")),
    }
}

/// Runs the handlers of the signals that arrived.
fn run() -> PyResult<()> {
    if !is_main_thread() || !signal::take_any() {
        return Ok(());
    }
    report_wakeup_error();
    for number in 1..signal::COUNT {
        if !signal::take(number) {
            continue;
        }
        let handler = match handler(number) {
            Some(handler) if !int::check(handler.b()) && !handler.is(&core::none()) => handler,
            _ => {
                // Another thread set it to SIG_IGN or SIG_DFL in between.
                raise!(OSError, "Signal {number} ignored due to race condition").unraisable(None, None);
                continue;
            }
        };
        let frame = current_frame();
        let called = handler.call(&[int::from_u64(number as u64)?.b(), frame.b()]);
        if let Err(raised) = called {
            signal::note_again();
            return Err(raised);
        }
    }
    Ok(())
}

fn current_frame() -> Ref {
    let frame = (|| {
        let sys = thread::current().interpreter().sys_dict.get();
        match sys.map(|sys| sys.getitem_opt(id!("_getframe"))).transpose()?.flatten() {
            Some(getframe) => getframe.call0(),
            None => Ok(core::none_ref()),
        }
    })();
    frame.unwrap_or_else(|raised: object::Raised| {
        raised.clear();
        core::none_ref()
    })
}

/// The numbers of an iterable.
pub(crate) fn numbers(signals: Borrowed<'_>) -> PyResult<Vec<i32>> {
    let mut all = Vec::new();
    signals.for_each_item(|item| {
        let number = item.index()?;
        match int::to_i64(number.b()).and_then(|number| i32::try_from(number).ok()) {
            Some(number) if (1..65).contains(&number) => all.push(number),
            _ => return Err(raise!(ValueError, "signal number {} out of range [1; 64]", number.repr_text()?)),
        }
        Ok(())
    })?;
    Ok(all)
}

fn set_object(signals: &[i32]) -> PyResult<Ref> {
    let items = signals.iter().map(|signal| int::new(i64::from(*signal))).collect::<PyResult<Vec<Ref>>>()?;
    core::SET.call1(tuple::from_vec(items)?.b())
}

const CONSTANTS: &[(&str, i64)] = &[
    ("ITIMER_PROF", 2),
    ("ITIMER_REAL", 0),
    ("ITIMER_VIRTUAL", 1),
    ("NSIG", 65),
    ("SIGABRT", 6),
    ("SIGALRM", 14),
    ("SIGBUS", 7),
    ("SIGCHLD", 17),
    ("SIGCLD", 17),
    ("SIGCONT", 18),
    ("SIGFPE", 8),
    ("SIGHUP", 1),
    ("SIGILL", 4),
    ("SIGINT", 2),
    ("SIGIO", 29),
    ("SIGIOT", 6),
    ("SIGKILL", 9),
    ("SIGPIPE", 13),
    ("SIGPOLL", 29),
    ("SIGPROF", 27),
    ("SIGPWR", 30),
    ("SIGQUIT", 3),
    ("SIGRTMAX", 64),
    ("SIGRTMIN", 34),
    ("SIGSEGV", 11),
    ("SIGSTKFLT", 16),
    ("SIGSTOP", 19),
    ("SIGSYS", 31),
    ("SIGTERM", 15),
    ("SIGTRAP", 5),
    ("SIGTSTP", 20),
    ("SIGTTIN", 21),
    ("SIGTTOU", 22),
    ("SIGURG", 23),
    ("SIGUSR1", 10),
    ("SIGUSR2", 12),
    ("SIGVTALRM", 26),
    ("SIGWINCH", 28),
    ("SIGXCPU", 24),
    ("SIGXFSZ", 25),
    ("SIG_BLOCK", 0),
    ("SIG_DFL", 0),
    ("SIG_IGN", 1),
    ("SIG_SETMASK", 2),
    ("SIG_UNBLOCK", 1),
];

fn init_handlers(module: Borrowed<'_>) -> PyResult<()> {
    for number in 1..65 {
        let value = match signal::get(number) {
            Ok(Action::Default) => Some(int::new(0)?),
            Ok(Action::Ignore) => Some(int::new(1)?),
            _ => None,
        };
        set_handler(checked(number)?, value);
    }
    if !is_main_thread() {
        return Ok(());
    }
    hooks::install_signal_runner(run);
    // The main thread's state lives to the end of the process.
    signal::set_breaker(thread::current().eval_breaker(), breaker::SIGNALS);
    let interrupt = handler(2).and_then(|handler| int::to_i64(handler.b()));
    if interrupt == Some(0) {
        set_handler(2, Some(module.getattr(id!("default_int_handler"))?));
        signal::set(libc::SIGINT, Action::Note).or_raise()?;
    }
    Ok(())
}

/// This module provides mechanisms to use signal handlers in Python.
///
/// Functions:
///
/// alarm() -- cause SIGALRM after a specified time [Unix only]
/// setitimer() -- cause a signal (described below) after a specified
///                float time and the timer may restart then [Unix only]
/// getitimer() -- get current value of timer [Unix only]
/// signal() -- set the action for a given signal
/// getsignal() -- get the signal action for a given signal
/// pause() -- wait until a signal arrives [Unix only]
/// default_int_handler() -- default SIGINT handler
#[pymodule(name = "_signal")]
pub mod module {
    use super::*;

    /// The default handler for SIGINT installed by Python.
    ///
    /// It raises KeyboardInterrupt.
    #[pyfunction("($module, signalnum, frame, /)")]
    fn default_int_handler(_module: Borrowed<'_>, signalnum: i32, frame: Borrowed<'_>) -> PyResult<()> {
        let _ = (signalnum, frame);
        Err(object::error::raise_none(&exc::KeyboardInterrupt))
    }

    /// Set the action for the given signal.
    ///
    /// The action can be SIG_DFL, SIG_IGN, or a callable Python object.
    /// The previous action is returned.  See getsignal() for possible return values.
    ///
    /// *** IMPORTANT NOTICE ***
    /// A signal handler function is called with two arguments:
    /// the first is the signal number, the second is the interrupted stack frame.
    #[pyfunction(name = "signal", "($module, signalnum, handler, /)")]
    fn set_signal(_module: Borrowed<'_>, signalnum: i32, handler: Borrowed<'_>) -> PyResult<Option<Ref>> {
        if !is_main_thread() {
            return Err(raise!(ValueError, "signal only works in main thread of the main interpreter"));
        }
        let number = checked(signalnum)?;
        let action = if handler.is_callable() {
            Action::Note
        } else if handler.eq(int::new(1)?.b())? {
            Action::Ignore
        } else if handler.eq(int::new(0)?.b())? {
            Action::Default
        } else {
            let message = "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object";
            return Err(raise!(TypeError, "{message}"));
        };
        run_pending()?;
        signal::set(signalnum, action).or_raise()?;
        let new = match action {
            Action::Default => int::new(0)?,
            Action::Ignore => int::new(1)?,
            _ => handler.to_ref(),
        };
        Ok(set_handler(number, Some(new)))
    }

    /// Return the current action for the given signal.
    ///
    /// The return value can be:
    ///   SIG_IGN -- if the signal is being ignored
    ///   SIG_DFL -- if the default action for the signal is in effect
    ///   None    -- if an unknown handler is in effect
    ///   anything else -- the callable Python object used as a handler
    #[pyfunction("($module, signalnum, /)")]
    fn getsignal(_module: Borrowed<'_>, signalnum: i32) -> PyResult<Option<Ref>> {
        Ok(super::handler(checked(signalnum)?))
    }

    /// Arrange for SIGALRM to arrive after the given number of seconds.
    #[pyfunction("($module, seconds, /)")]
    fn alarm(_module: Borrowed<'_>, seconds: i32) -> u32 {
        signal::alarm(seconds.cast_unsigned())
    }

    /// Wait until a signal arrives.
    #[pyfunction("()")]
    fn pause() -> PyResult<()> {
        object::gil::without(signal::pause);
        run_pending()
    }

    /// Send a signal to the executing process.
    #[pyfunction("($module, signalnum, /)")]
    fn raise_signal(_module: Borrowed<'_>, signalnum: i32) -> PyResult<()> {
        object::gil::without(|| signal::raise(signalnum)).or_raise()?;
        run_pending()
    }

    /// Return the system description of the given signal.
    ///
    /// Returns the description of signal *signalnum*, such as "Interrupt"
    /// for :const:`SIGINT`. Returns :const:`None` if *signalnum` has no
    /// description. Raises :exc:`ValueError` if *signalnum* is invalid.
    #[pyfunction("($module, signalnum, /)")]
    fn strsignal(_module: Borrowed<'_>, signalnum: i32) -> PyResult<Option<String>> {
        checked(signalnum)?;
        Ok(signal::describe(signalnum))
    }

    /// Change system call restart behaviour.
    ///
    /// If flag is False, system calls will be restarted when interrupted by
    /// signal sig, else system calls will be interrupted.
    #[pyfunction("($module, signalnum, flag, /)")]
    fn siginterrupt(_module: Borrowed<'_>, signalnum: i32, flag: i32) -> PyResult<()> {
        checked(signalnum)?;
        signal::interrupt(signalnum, flag != 0).or_raise()
    }

    /// Sets the fd to be written to (with the signal number) when a signal comes in.
    ///
    /// A library can use this to wakeup select or poll.
    /// The previous fd or -1 is returned.
    ///
    /// The fd must be non-blocking.
    #[pyfunction("($module, fd, /, *, warn_on_full_buffer=True)")]
    fn set_wakeup_fd(_module: Borrowed<'_>, fd: i32, warn_on_full_buffer: bool) -> PyResult<i32> {
        if !is_main_thread() {
            return Err(raise!(ValueError, "set_wakeup_fd only works in main thread of the main interpreter"));
        }
        if fd != -1 {
            host::file::status_of(fd).or_raise()?;
            if host::fd::is_blocking(fd).or_raise()? {
                return Err(raise!(ValueError, "the fd {fd} must be in non-blocking mode"));
            }
        }
        settings().silent_when_full.set(!warn_on_full_buffer);
        Ok(signal::set_wakeup(fd))
    }

    /// Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
    ///
    /// The timer will fire after value seconds and after that every interval seconds.
    /// The itimer can be cleared by setting seconds to zero.
    ///
    /// Returns old values as a tuple: (delay, interval).
    #[pyfunction("($module, which, seconds, interval=0.0, /)")]
    fn setitimer(_module: Borrowed<'_>, which: i32, seconds: f64, interval: f64) -> PyResult<(f64, f64)> {
        timer_result(signal::set_timer(which, (seconds, interval)))
    }

    /// Returns current value of given itimer.
    #[pyfunction("($module, which, /)")]
    fn getitimer(_module: Borrowed<'_>, which: i32) -> PyResult<(f64, f64)> {
        timer_result(signal::timer(which))
    }

    /// Fetch and/or change the signal mask of the calling thread.
    #[pyfunction("($module, how, mask, /)")]
    fn pthread_sigmask(_module: Borrowed<'_>, how: i32, mask: Borrowed<'_>) -> PyResult<Ref> {
        let signals = numbers(mask)?;
        let old = signal::mask(how, &signals).or_raise()?;
        run_pending()?;
        set_object(&old)
    }

    /// Examine pending signals.
    ///
    /// Returns a set of signal numbers that are pending for delivery to
    /// the calling thread.
    #[pyfunction("()")]
    fn sigpending() -> PyResult<Ref> {
        set_object(&signal::pending().or_raise()?)
    }

    /// Wait for a signal.
    ///
    /// Suspend execution of the calling thread until the delivery of one of the
    /// signals specified in the signal set sigset.
    /// The function accepts the signal and returns the signal number.
    #[pyfunction("($module, sigset, /)")]
    fn sigwait(_module: Borrowed<'_>, sigset: Borrowed<'_>) -> PyResult<i32> {
        let signals = numbers(sigset)?;
        blocking(|| signal::wait(&signals))?.or_raise()
    }

    /// Wait synchronously until one of the signals in *sigset* is delivered.
    ///
    /// Returns a struct_siginfo containing information about the signal.
    #[pyfunction("($module, sigset, /)")]
    fn sigwaitinfo(_module: Borrowed<'_>, sigset: Borrowed<'_>) -> PyResult<Ref> {
        let signals = numbers(sigset)?;
        info_object(&blocking(|| signal::wait_info(&signals, None))?.or_raise()?)
    }

    /// Like sigwaitinfo(), but with a timeout.
    ///
    /// The timeout is specified in seconds, with floating-point numbers allowed.
    #[pyfunction("($module, sigset, timeout, /)")]
    fn sigtimedwait(_module: Borrowed<'_>, sigset: Borrowed<'_>, timeout: f64) -> PyResult<Option<Ref>> {
        if timeout.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        if timeout < 0.0 {
            return Err(raise!(ValueError, "timeout must be non-negative"));
        }
        let signals = numbers(sigset)?;
        let Ok(wait) = Duration::try_from_secs_f64(timeout) else {
            return Err(raise!(OverflowError, "timestamp out of range for platform time_t"));
        };
        let end = Instant::now().checked_add(wait);
        let left = || end.map_or(wait, |end| end.saturating_duration_since(Instant::now()));
        match blocking(|| signal::wait_info(&signals, Some(left())))? {
            Err(Errno::EAGAIN) => Ok(None),
            found => info_object(&found.or_raise()?).map(Some),
        }
    }

    /// Send a signal to a process referred to by a pid file descriptor.
    #[pyfunction("($module, pidfd, signalnum, siginfo=None, flags=0, /)")]
    fn pidfd_send_signal(
        _module: Borrowed<'_>,
        pidfd: i32,
        signalnum: i32,
        siginfo: Option<Borrowed<'_>>,
        flags: i32,
    ) -> PyResult<()> {
        if siginfo.is_some_and(|info| !info.is(&core::none())) {
            return Err(raise!(TypeError, "siginfo must be None"));
        }
        host::waiting::signal_process(pidfd, signalnum, flags.cast_unsigned()).or_raise()
    }

    /// Return a set of valid signal numbers on this platform.
    ///
    /// The signal numbers returned by this function can be safely passed to
    /// functions like `pthread_kill`.
    #[pyfunction("()")]
    fn valid_signals() -> PyResult<Ref> {
        set_object(&signal::valid())
    }

    /// Send a signal to a thread.
    #[pyfunction("($module, thread_id, signalnum, /)")]
    fn pthread_kill(_module: Borrowed<'_>, thread_id: u64, signalnum: i32) -> PyResult<()> {
        hooks::audit("signal.pthread_kill", &[int::from_u64(thread_id)?.b(), int::new(i64::from(signalnum))?.b()])?;
        signal::kill_thread(thread_id, signalnum).or_raise()?;
        run_pending()
    }

    #[pytype]
    type Info = super::SignalInfo;

    #[pyattr(name = "ItimerError")]
    fn itimer_error() -> PyResult<Ref> {
        let class = crate::support::exception_class("signal", "itimer_error", &exc::OSError)?;
        settings().timer_error.set(Some(class.clone()));
        Ok(class)
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        structseq::finish::<SignalInfo>()?;
        add_constants(module, CONSTANTS)?;
        init_handlers(module)
    }
}

/// In the child of a fork: signals that arrived in the parent are the parent's, and this thread is the main one.
pub(crate) fn after_fork() {
    signal::forget();
    signal::set_breaker(thread::current().eval_breaker(), breaker::SIGNALS);
}
