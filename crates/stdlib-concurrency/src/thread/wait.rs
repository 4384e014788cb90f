//! What locks and handles wait on: a flag under a mutex; waiting lets go of the GIL.

use object::thread::{self, breaker};
use object::value::{float, int};
use object::{Borrowed, PyResult, core, gil, hooks, raise};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A flag that threads wait for.
#[derive(Default)]
pub struct Flag {
    set: Mutex<bool>,
    changed: Condvar,
    /// Threads that sleep until `changed`; read and written under `set`.
    sleepers: AtomicUsize,
}

/// How long to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Patience {
    /// Not at all.
    None,
    /// Until this instant.
    Until(Instant),
    /// For ever.
    Forever,
}

/// How often the main thread, which runs the signal handlers, looks for signals while it waits.
const SIGNAL_POLL: Duration = Duration::from_millis(20);

impl Flag {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flag's value.
    pub fn get(&self) -> bool {
        *self.lock()
    }

    /// Sets the flag to `value`, and wakes those who wait: all of them, or one.
    pub fn set(&self, value: bool, all: bool) {
        let mut set = self.lock();
        *set = value;
        self.wake(set, all);
    }

    /// Sets the flag to `value` if it was not. Returns whether it was not.
    pub fn replace(&self, value: bool) -> bool {
        let mut set = self.lock();
        let changed = *set != value;
        *set = value;
        if changed {
            self.wake(set, false);
        }
        changed
    }

    /// Wakes sleepers, if there are any: it is a system call also where nobody sleeps.
    fn wake(&self, set: MutexGuard<'_, bool>, all: bool) {
        let sleepers = self.sleepers.load(Ordering::Relaxed);
        drop(set);
        if sleepers > 0 {
            if all { self.changed.notify_all() } else { self.changed.notify_one() }
        }
    }

    /// Waits until the flag is `value`, then runs `done` on it, all in one step. Returns false where time ran out.
    /// Signal handlers run meanwhile; what they raise ends the wait.
    pub fn wait(&self, value: bool, patience: Patience, done: impl Fn(&mut bool)) -> PyResult<bool> {
        {
            let mut set = self.lock();
            if *set == value {
                done(&mut set);
                return Ok(true);
            }
        }
        if patience == Patience::None {
            return Ok(false);
        }
        let state = thread::current();
        let polls = std::ptr::eq(state.interpreter().main_thread.get(), state);
        loop {
            let outcome = gil::without(|| {
                let mut set = self.lock();
                loop {
                    if *set == value {
                        done(&mut set);
                        return Some(true);
                    }
                    let left = match patience {
                        Patience::Until(end) => match end.checked_duration_since(Instant::now()) {
                            Some(left) if !left.is_zero() => Some(left),
                            _ => return Some(false),
                        },
                        Patience::None => return Some(false),
                        Patience::Forever => None,
                    };
                    if polls && state.eval_breaker().load(Ordering::Relaxed) & (breaker::SIGNALS | breaker::ASYNC_EXCEPTION) != 0
                    {
                        return None;
                    }
                    let slice = if polls { Some(left.map_or(SIGNAL_POLL, |left| left.min(SIGNAL_POLL))) } else { left };
                    self.sleepers.fetch_add(1, Ordering::Relaxed);
                    set = match slice {
                        Some(slice) => self.changed.wait_timeout(set, slice).unwrap_or_else(PoisonError::into_inner).0,
                        None => self.changed.wait(set).unwrap_or_else(PoisonError::into_inner),
                    };
                    self.sleepers.fetch_sub(1, Ordering::Relaxed);
                }
            });
            match outcome {
                Some(outcome) => return Ok(outcome),
                None => {
                    if let Some(vm) = hooks::vm() {
                        (vm.run_pending)()?;
                    }
                }
            }
        }
    }
}

/// Seconds, a float or an int, as nanoseconds (rounded up): `_PyTime_FromSecondsObject`.
pub fn nanoseconds(value: Borrowed<'_>) -> PyResult<i64> {
    let too_large = || raise!(OverflowError, "timestamp out of range for C PyTime_t");
    if let Some(seconds) = float::value(value) {
        if seconds.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        let scaled = (seconds * 1e9).round_ties_even();
        let scaled = if scaled < seconds * 1e9 { scaled + 1.0 } else { scaled };
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&scaled) {
            return Err(too_large());
        }
        return Ok(scaled as i64);
    }
    if !int::check(value) && value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "'{}' object cannot be interpreted as an integer or float", value.class().tp_name()));
    }
    let seconds = value.index()?;
    int::to_i64(seconds.b()).and_then(|seconds| seconds.checked_mul(1_000_000_000)).ok_or_else(too_large)
}

/// The `blocking` and `timeout` of an `acquire`.
pub fn acquire_patience(blocking: bool, timeout: Option<Borrowed<'_>>) -> PyResult<Patience> {
    let timeout = timeout.map_or(Ok(-1_000_000_000), nanoseconds)?;
    let unlimited = timeout == -1_000_000_000;
    if !blocking {
        if !unlimited {
            return Err(raise!(ValueError, "can't specify a timeout for a non-blocking call"));
        }
        return Ok(Patience::None);
    }
    if unlimited {
        return Ok(Patience::Forever);
    }
    let Ok(timeout) = u64::try_from(timeout) else {
        return Err(raise!(ValueError, "timeout value must be a non-negative number"));
    };
    until(timeout)
}

/// The instant in that many nanoseconds.
pub fn until(nanoseconds: u64) -> PyResult<Patience> {
    match (nanoseconds, Instant::now().checked_add(Duration::from_nanos(nanoseconds))) {
        (0, _) => Ok(Patience::None),
        (_, Some(end)) => Ok(Patience::Until(end)),
        (_, None) => Err(raise!(OverflowError, "timeout value is too large")),
    }
}

/// The time limit of a `join`: none or negative is for ever.
pub fn join_patience(timeout: Option<Borrowed<'_>>) -> PyResult<Patience> {
    match timeout.filter(|timeout| !timeout.is(&core::none())) {
        None => Ok(Patience::Forever),
        Some(timeout) => match u64::try_from(nanoseconds(timeout)?) {
            Ok(timeout) => until(timeout),
            Err(_) => Ok(Patience::Forever),
        },
    }
}
