//! `select`: waiting for many descriptors, through `poll(2)`.

use crate::support::{OrRaise, add_constants, descriptor, run_pending};
use host::clock::Clock;
use host::errno::Errno;
use host::poll::{self, Watch};
use macros::{pyclass, pymethods, pymodule};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, core, exc, hooks, memory, raise};
use std::cell::{Cell, RefCell};

const READ: i16 = libc::POLLIN | libc::POLLHUP | libc::POLLERR;
const WRITE: i16 = libc::POLLOUT | libc::POLLERR;

/// Waits until there are events or `nanoseconds` are over; signal handlers run in between.
fn wait(watches: &mut [Watch], nanoseconds: Option<i64>) -> PyResult<usize> {
    let now = || Clock::MONOTONIC.now().or_raise();
    let deadline = match nanoseconds {
        Some(nanoseconds) => Some(now()?.saturating_add(nanoseconds)),
        None => None,
    };
    loop {
        let left = match deadline {
            None => -1,
            Some(deadline) => {
                let left = deadline.saturating_sub(now()?).max(0);
                i32::try_from(left.saturating_add(999_999) / 1_000_000).unwrap_or(i32::MAX)
            }
        };
        match object::gil::without(|| poll::poll(watches, left)) {
            Err(Errno::EINTR) => run_pending()?,
            Ok(0) if deadline.is_some() && left == i32::MAX => {}
            result => return result.or_raise(),
        }
    }
}

/// A number of seconds as nanoseconds; none for None.
fn timeout(value: Option<Borrowed<'_>>, scale: f64) -> PyResult<Option<i64>> {
    let Some(value) = value.filter(|value| !value.is(&core::none())) else { return Ok(None) };
    if !value.class().is_subtype(&core::FLOAT) && value.class().nb_index().is_none() && value.class().nb_float().is_none() {
        return Err(raise!(TypeError, "timeout must be a float or None"));
    }
    let nanoseconds = (value.as_f64()? * scale).ceil();
    if nanoseconds.is_nan() {
        return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
    }
    if nanoseconds.abs() > 9.2e18 {
        return Err(raise!(OverflowError, "timestamp too large to convert to C PyTime_t"));
    }
    Ok(Some(nanoseconds as i64))
}

/// The objects of a list with their descriptors.
fn descriptors(list: Borrowed<'_>) -> PyResult<Vec<(Ref, i32)>> {
    let items = match list.to_vec() {
        Ok(items) => items,
        Err(raised) if raised.is_a(&exc::TypeError) => {
            raised.clear();
            return Err(raise!(TypeError, "arguments 1-3 must be sequences"));
        }
        Err(raised) => return Err(raised),
    };
    items.into_iter().map(|item| descriptor(item.b()).map(|fd| (item, fd))).collect()
}

/// The object that `poll()` gives.
#[pyclass(name = "poll", module = "select", flags(DISALLOW_INSTANTIATION))]
pub struct Poll {
    header: abi::PyObject,
    watches: RefCell<Vec<Watch>>,
    running: Cell<bool>,
}

fn mask(value: Option<Borrowed<'_>>) -> PyResult<i16> {
    let Some(value) = value else { return Ok(libc::POLLIN | libc::POLLPRI | libc::POLLOUT) };
    let number = value.index()?;
    match int::to_i64(number.b()) {
        Some(number) if number < 0 => Err(raise!(ValueError, "value must be positive")),
        Some(number) => u16::try_from(number)
            .map(u16::cast_signed)
            .map_err(|_| raise!(OverflowError, "Python int too large for C unsigned short")),
        None => Err(raise!(OverflowError, "Python int too large for C unsigned short")),
    }
}

#[pymethods]
impl Poll {
    /// Register a file descriptor with the polling object.
    #[method("($self, fd, eventmask=<unrepresentable>, /)")]
    fn register(&self, fd: Borrowed<'_>, eventmask: Option<Borrowed<'_>>) -> PyResult<()> {
        let (fd, asked) = (descriptor(fd)?, mask(eventmask)?);
        let mut watches = self.watches.borrow_mut();
        match watches.iter_mut().find(|watch| watch.fd == fd) {
            Some(watch) => watch.asked = asked,
            None => watches.push(Watch { fd, asked, found: 0 }),
        }
        Ok(())
    }

    /// Modify an already registered file descriptor.
    #[method("($self, fd, eventmask, /)")]
    fn modify(&self, fd: Borrowed<'_>, eventmask: Borrowed<'_>) -> PyResult<()> {
        let (fd, asked) = (descriptor(fd)?, mask(Some(eventmask))?);
        match self.watches.borrow_mut().iter_mut().find(|watch| watch.fd == fd) {
            Some(watch) => {
                watch.asked = asked;
                Ok(())
            }
            None => Err(crate::support::os_error(Errno(libc::ENOENT))),
        }
    }

    /// Remove a file descriptor being tracked by the polling object.
    #[method("($self, fd, /)")]
    fn unregister(&self, fd: Borrowed<'_>) -> PyResult<()> {
        let fd = descriptor(fd)?;
        let mut watches = self.watches.borrow_mut();
        let before = watches.len();
        watches.retain(|watch| watch.fd != fd);
        if watches.len() < before {
            return Ok(());
        }
        drop(watches);
        let key = int::new(i64::from(fd))?;
        Err(object::error::raise_value(&exc::KeyError, Some(key.b())))
    }

    /// Polls the set of registered file descriptors.
    ///
    /// Returns a list containing any descriptors that have events or errors to
    /// report, as a list of (fd, event) 2-tuples.
    #[method("($self, timeout=None, /)")]
    fn poll(&self, timeout: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let limit = crate::select::timeout(timeout, 1e6)?.filter(|limit| *limit >= 0);
        if self.running.replace(true) {
            return Err(raise!(RuntimeError, "concurrent poll() invocation"));
        }
        let mut watches = self.watches.borrow().clone();
        let waited = wait(&mut watches, limit);
        self.running.set(false);
        waited?;
        let mut found = Vec::new();
        for watch in watches.iter().filter(|watch| watch.found != 0) {
            let events = int::new(i64::from(watch.found.cast_unsigned()))?;
            found.push(tuple::from_array([int::new(i64::from(watch.fd))?, events])?);
        }
        (hooks::get().list_new)(found)
    }
}

/// This module supports asynchronous I/O on multiple file descriptors.
///
/// *** IMPORTANT NOTICE ***
/// On Windows, only sockets are supported; on Unix, all file descriptors.
#[pymodule(name = "select")]
pub mod module {
    use super::*;

    /// Wait until one or more file descriptors are ready for some kind of I/O.
    #[pyfunction("($module, rlist, wlist, xlist, timeout=None, /)")]
    fn select(
        _module: Borrowed<'_>,
        rlist: Borrowed<'_>,
        wlist: Borrowed<'_>,
        xlist: Borrowed<'_>,
        timeout: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        let limit = super::timeout(timeout, 1e9)?;
        if limit.is_some_and(|limit| limit < 0) {
            return Err(raise!(ValueError, "timeout must be non-negative"));
        }
        let lists = [descriptors(rlist)?, descriptors(wlist)?, descriptors(xlist)?];
        let mut watches = Vec::new();
        for (list, asked) in lists.iter().zip([libc::POLLIN, libc::POLLOUT, libc::POLLPRI]) {
            watches.extend(list.iter().map(|(_, fd)| Watch { fd: *fd, asked, found: 0 }));
        }
        wait(&mut watches, limit)?;
        if watches.iter().any(|watch| watch.found & libc::POLLNVAL != 0) {
            return Err(crate::support::os_error(Errno(libc::EBADF)));
        }
        let mut found = watches.iter();
        let mut results = Vec::new();
        for (list, events) in lists.iter().zip([READ, WRITE, libc::POLLPRI]) {
            let ready = list.iter().zip(found.by_ref().take(list.len())).filter(|(_, watch)| watch.found & events != 0);
            results.push((hooks::get().list_new)(ready.map(|((item, _), _)| item.clone()).collect())?);
        }
        tuple::from_vec(results)
    }

    /// Returns a polling object.
    ///
    /// This object supports registering and unregistering file descriptors, and then
    /// polling them for I/O events.
    #[pyfunction("()")]
    fn poll() -> PyResult<Ref> {
        builtins::type_::ready::ready_static(&object::spec::TypeEntry::of::<Poll>())?;
        let header = <abi::PyObject as abi::CStruct>::ZERO;
        let fields = Poll { header, watches: RefCell::default(), running: Cell::new(false) };
        memory::new_instance(Poll::type_object(), fields).map(Ref::upcast)
    }

    #[pyattr]
    fn error() -> Ref {
        exc::OSError.to_ref()
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        add_constants(
            module,
            &[
                ("PIPE_BUF", 4096),
                ("POLLERR", 8),
                ("POLLHUP", 16),
                ("POLLIN", 1),
                ("POLLMSG", 1024),
                ("POLLNVAL", 32),
                ("POLLOUT", 4),
                ("POLLPRI", 2),
                ("POLLRDBAND", 128),
                ("POLLRDHUP", 8192),
                ("POLLRDNORM", 64),
                ("POLLWRBAND", 512),
                ("POLLWRNORM", 256),
            ],
        )
    }
}
