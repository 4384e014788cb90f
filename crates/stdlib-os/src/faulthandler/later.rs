//! `dump_traceback_later`: a thread that waits, without the GIL, and reports.

use super::dump::{self, Scope};
use host::fault;
use object::value::int;
use object::{Borrowed, PyResult, core, raise};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What is reported, and when.
#[derive(Clone, Copy)]
pub struct Plan {
    pub timeout: Duration,
    pub repeat: bool,
    pub fd: i32,
    pub exit: bool,
}

#[derive(Default)]
struct Watch {
    cancelled: Mutex<bool>,
    changed: Condvar,
}

/// The thread that waits, if any.
static CURRENT: Mutex<Option<(Arc<Watch>, std::thread::JoinHandle<()>)>> = Mutex::new(None);

/// Seconds of a number, rounded up to a microsecond.
pub fn duration(value: Borrowed<'_>) -> PyResult<Duration> {
    let seconds = if value.class().is_subtype(&core::FLOAT) {
        value.as_f64()?
    } else if value.class().nb_index().is_some() {
        let number = value.index()?;
        int::to_i64(number.b()).ok_or_else(|| raise!(OverflowError, "timestamp too large to convert to C PyTime_t"))? as f64
    } else {
        let class = value.class().short_name();
        return Err(raise!(TypeError, "'{class}' object cannot be interpreted as an integer or float"));
    };
    if seconds.is_nan() {
        return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
    }
    let micros = (seconds * 1e6).ceil();
    if micros.abs() >= 9.223_372_036_854_775e15 {
        return Err(raise!(OverflowError, "timestamp out of range for C PyTime_t"));
    }
    if micros <= 0.0 {
        return Err(raise!(ValueError, "timeout must be greater than 0"));
    }
    Ok(Duration::from_micros(micros as u64))
}

/// "Timeout (0:00:00.500000)!"
fn header(timeout: Duration) -> String {
    let (seconds, micros) = (timeout.as_secs(), timeout.subsec_micros());
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match micros {
        0 => format!("Timeout ({hours}:{minutes:02}:{rest:02})!\n"),
        micros => format!("Timeout ({hours}:{minutes:02}:{rest:02}.{micros:06})!\n"),
    }
}

/// Starts to wait; a wait before is given up.
pub fn start(plan: Plan) -> PyResult<()> {
    cancel();
    object::fork::on_child(forget);
    let watch = Arc::<Watch>::default();
    let own = watch.clone();
    let header = header(plan.timeout);
    match std::thread::Builder::new().spawn(move || wait(&plan, &header, &own)) {
        Ok(thread) => {
            *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some((watch, thread));
            Ok(())
        }
        Err(_) => Err(raise!(RuntimeError, "unable to start watchdog thread")),
    }
}

fn wait(plan: &Plan, header: &str, watch: &Watch) {
    // Signals are for the threads of Python.
    host::signal::block_all();
    loop {
        let cancelled = watch.cancelled.lock().unwrap_or_else(PoisonError::into_inner);
        let (cancelled, _) = watch
            .changed
            .wait_timeout_while(cancelled, plan.timeout, |cancelled| !*cancelled)
            .unwrap_or_else(PoisonError::into_inner);
        if *cancelled {
            return;
        }
        drop(cancelled);
        fault::write(plan.fd, header.as_bytes());
        dump::write(plan.fd, Scope::All);
        if plan.exit {
            host::process::exit_now(1);
        }
        if !plan.repeat {
            return;
        }
    }
}

/// Gives up the wait.
pub fn cancel() {
    let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((watch, thread)) = current else { return };
    *watch.cancelled.lock().unwrap_or_else(PoisonError::into_inner) = true;
    watch.changed.notify_all();
    // A panic in it would have been reported where it happened.
    object::gil::without(|| drop(thread.join()));
}

/// In the child of a fork there is no such thread.
fn forget() {
    if let Ok(mut current) = CURRENT.try_lock() {
        std::mem::forget(current.take());
    }
}
