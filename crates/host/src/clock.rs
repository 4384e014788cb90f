//! Clocks and sleeping.

use crate::errno::{Errno, Sys, check};

/// A clock of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(pub libc::clockid_t);

impl Clock {
    /// `time.time`: the wall clock, since 1970.
    pub const REALTIME: Clock = Clock(libc::CLOCK_REALTIME);
    /// `time.monotonic` and `time.perf_counter`.
    pub const MONOTONIC: Clock = Clock(libc::CLOCK_MONOTONIC);
    /// `time.process_time`
    pub const PROCESS: Clock = Clock(libc::CLOCK_PROCESS_CPUTIME_ID);
    /// `time.thread_time`
    pub const THREAD: Clock = Clock(libc::CLOCK_THREAD_CPUTIME_ID);

    /// Nanoseconds on the clock.
    pub fn now(self) -> Sys<i64> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is writable.
        check(unsafe { libc::clock_gettime(self.0, &mut time) })?;
        nanoseconds(time)
    }

    /// Nanoseconds between two ticks.
    pub fn resolution(self) -> Sys<i64> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is writable.
        check(unsafe { libc::clock_getres(self.0, &mut time) })?;
        nanoseconds(time)
    }

    /// Sets the clock.
    pub fn set(self, nanoseconds: i64) -> Sys<()> {
        // SAFETY: the time is read from a local.
        check(unsafe { libc::clock_settime(self.0, &timespec(nanoseconds)) })?;
        Ok(())
    }
}

fn nanoseconds(time: libc::timespec) -> Sys<i64> {
    let seconds = time.tv_sec.checked_mul(1_000_000_000).and_then(|seconds| seconds.checked_add(time.tv_nsec));
    seconds.ok_or(Errno(libc::EOVERFLOW))
}

/// Nanoseconds as the system's seconds and nanoseconds.
pub fn timespec(nanoseconds: i64) -> libc::timespec {
    libc::timespec { tv_sec: nanoseconds.div_euclid(1_000_000_000), tv_nsec: nanoseconds.rem_euclid(1_000_000_000) }
}

/// Sleeps until the monotonic clock shows `deadline`; `EINTR` when a signal came, then call again with the same deadline.
#[cfg(target_os = "linux")]
pub fn sleep_until(deadline: i64) -> Sys<()> {
    let time = timespec(deadline);
    // SAFETY: the time is read from a local; no remainder is written for an absolute time.
    let error = unsafe { libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &time, std::ptr::null_mut()) };
    if error == 0 { Ok(()) } else { Err(Errno(error)) }
}

/// Sleeps until the monotonic clock shows `deadline`; `EINTR` when a signal came, then call again with the same deadline.
#[cfg(not(target_os = "linux"))]
pub fn sleep_until(deadline: i64) -> Sys<()> {
    let left = deadline - Clock::MONOTONIC.now()?;
    if left <= 0 {
        return Ok(());
    }
    // SAFETY: the time is read from a local; the remainder may be null.
    check(unsafe { libc::nanosleep(&timespec(left), std::ptr::null_mut()) })?;
    Ok(())
}
