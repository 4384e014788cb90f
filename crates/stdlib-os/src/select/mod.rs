//! `select`: waiting for many descriptors, through `select(2)`, `poll(2)` and `epoll(7)`.

mod epoll;
mod poll;

use crate::support::{OrRaise, add_constants, descriptor, run_pending};
use host::clock::Clock;
use host::errno::{Errno, Sys};
use macros::pymodule;
use object::value::{float, int, tuple};
use object::{Borrowed, PyResult, Ref, core, exc, gil, hooks, raise};

/// A number as nanoseconds, rounded away from zero; `unit` is how many nanoseconds one is. None stays none; `words` say what it may be.
fn nanoseconds(value: Option<Borrowed<'_>>, unit: i64, words: &str) -> PyResult<Option<i64>> {
    let Some(value) = value.filter(|value| !value.is(&core::none())) else { return Ok(None) };
    let too_large = || raise!(OverflowError, "timestamp out of range for C PyTime_t");
    if let Some(number) = float::value(value) {
        if number.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        let scaled = number * unit as f64;
        let scaled = if scaled < 0.0 { scaled.floor() } else { scaled.ceil() };
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&scaled) {
            return Err(too_large());
        }
        return Ok(Some(scaled as i64));
    }
    if !int::check(value) && value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "timeout must be {words} or None"));
    }
    let number = value.index()?;
    int::to_i64(number.b()).and_then(|number| number.checked_mul(unit)).ok_or_else(too_large).map(Some)
}

/// A limit in nanoseconds as milliseconds, rounded up; negative ones are none.
fn milliseconds(limit: Option<i64>) -> PyResult<Option<i64>> {
    let Some(limit) = limit.filter(|limit| *limit >= 0) else { return Ok(None) };
    let milliseconds = limit.saturating_add(999_999) / 1_000_000;
    if milliseconds > i64::from(i32::MAX) {
        return Err(raise!(OverflowError, "timeout is too large"));
    }
    Ok(Some(limit))
}

/// Repeats a call while signals interrupt it and their handlers are content. It gets what is left of the limit, in nanoseconds.
fn repeat<T>(limit: Option<i64>, mut call: impl FnMut(Option<i64>) -> Sys<T>) -> PyResult<T> {
    let now = || Clock::MONOTONIC.now().or_raise();
    let deadline = match limit {
        Some(limit) => Some(now()?.saturating_add(limit)),
        None => None,
    };
    let mut left = limit;
    loop {
        match gil::without(|| call(left)) {
            Err(Errno::EINTR) => run_pending()?,
            result => return result.or_raise(),
        }
        if let Some(deadline) = deadline {
            left = Some(deadline.saturating_sub(now()?).max(0));
        }
    }
}

/// What is left, as milliseconds rounded up, for a call that takes -1 for "no limit".
fn left_milliseconds(left: Option<i64>) -> i32 {
    left.map_or(-1, |left| i32::try_from(left.saturating_add(999_999) / 1_000_000).unwrap_or(i32::MAX))
}

/// The items of an argument one after the other: those of a list as long as it has some, since `fileno` may change it.
fn each_item(list: Borrowed<'_>, mut action: impl FnMut(Ref) -> PyResult<()>) -> PyResult<()> {
    if let Some(list) = list.downcast::<builtins::list::List>() {
        let mut at = 0;
        while let Some(item) = list.get().at(at) {
            action(item)?;
            at += 1;
        }
        return Ok(());
    }
    let items = list.to_vec().map_err(|raised| {
        if raised.is_a(&exc::TypeError) {
            raised.clear();
            return raise!(TypeError, "arguments 1-3 must be sequences");
        }
        raised
    })?;
    items.into_iter().try_for_each(action)
}

/// The objects of a list, and their descriptors.
fn descriptors(list: Borrowed<'_>) -> PyResult<(Vec<Ref>, Vec<i32>)> {
    let (mut objects, mut fds) = (Vec::new(), Vec::new());
    each_item(list, |item| {
        let fd = descriptor(item.b())?;
        if fd >= host::poll::SET_SIZE {
            return Err(raise!(ValueError, "filedescriptor out of range in select()"));
        }
        if fds.len() >= host::poll::SET_SIZE as usize {
            return Err(raise!(ValueError, "too many file descriptors in select()"));
        }
        objects.push(item);
        fds.push(fd);
        Ok(())
    })?;
    Ok((objects, fds))
}

/// This module supports asynchronous I/O on multiple file descriptors.
///
/// *** IMPORTANT NOTICE ***
/// On Windows, only sockets are supported; on Unix, all file descriptors.
#[pymodule(name = "select")]
pub mod module {
    use super::*;

    #[pytype]
    type ExposedEpoll = super::epoll::Epoll;

    /// Wait until one or more file descriptors are ready for some kind of I/O.
    ///
    /// The first three arguments are iterables of file descriptors to be waited
    /// for:
    /// rlist -- wait until ready for reading
    /// wlist -- wait until ready for writing
    /// xlist -- wait for an "exceptional condition"
    /// If only one kind of condition is required, pass [] for the other lists.
    ///
    /// A file descriptor is either a socket or file object, or a small integer
    /// gotten from a fileno() method call on one of those.
    ///
    /// The optional 4th argument specifies a timeout in seconds; it may be
    /// a floating-point number to specify fractions of seconds.  If it is absent
    /// or None, the call will never time out.
    ///
    /// The return value is a tuple of three lists corresponding to the first
    /// three arguments; each contains the subset of the corresponding file
    /// descriptors that are ready.
    ///
    /// *** IMPORTANT NOTICE ***
    /// On Windows, only sockets are supported; on Unix, all file
    /// descriptors can be used.
    #[pyfunction("($module, rlist, wlist, xlist, timeout=None, /)")]
    fn select(
        _module: Borrowed<'_>,
        rlist: Borrowed<'_>,
        wlist: Borrowed<'_>,
        xlist: Borrowed<'_>,
        timeout: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let limit = nanoseconds(timeout, 1_000_000_000, "a float")?;
        if limit.is_some_and(|limit| limit < 0) {
            return Err(raise!(ValueError, "timeout must be non-negative"));
        }
        let (read, write, except) = (descriptors(rlist)?, descriptors(wlist)?, descriptors(xlist)?);
        let found = repeat(limit, |left| {
            let left = left.map(|left| left.saturating_add(999) / 1000);
            host::poll::select([&read.1, &write.1, &except.1], left)
        })?;
        let mut results = Vec::new();
        for ((objects, _), ready) in [read, write, except].into_iter().zip(found) {
            let chosen = objects.into_iter().zip(ready).filter(|(_, ready)| *ready).map(|(object, _)| object);
            results.push((hooks::get().list_new)(chosen.collect())?);
        }
        tuple::from_vec(results)
    }

    /// Returns a polling object.
    ///
    /// This object supports registering and unregistering file descriptors, and then
    /// polling them for I/O events.
    #[pyfunction("($module, /)")]
    fn poll(_module: Borrowed<'_>) -> PyResult<Ref> {
        super::poll::Poll::create()
    }

    #[pyattr]
    fn error() -> Ref {
        exc::OSError.to_ref()
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        const EVENTS: [(&str, i64); 11] = [
            ("IN", 1),
            ("PRI", 2),
            ("OUT", 4),
            ("ERR", 8),
            ("HUP", 16),
            ("RDNORM", 64),
            ("RDBAND", 128),
            ("WRNORM", 256),
            ("WRBAND", 512),
            ("MSG", 1024),
            ("RDHUP", 8192),
        ];
        for (name, bit) in EVENTS {
            add_constants(module, &[(&format!("POLL{name}"), bit), (&format!("EPOLL{name}"), bit)])?;
        }
        add_constants(
            module,
            &[
                ("PIPE_BUF", 4096),
                ("POLLNVAL", 32),
                ("EPOLLEXCLUSIVE", 1 << 28),
                ("EPOLLWAKEUP", 1 << 29),
                ("EPOLLONESHOT", 1 << 30),
                ("EPOLLET", 1 << 31),
                ("EPOLL_CLOEXEC", 0o2000000),
            ],
        )
    }
}
