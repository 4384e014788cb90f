//! The object that `select.poll()` gives.

use super::{left_milliseconds, milliseconds, nanoseconds, repeat};
use crate::support::{descriptor, os_error};
use host::errno::Errno;
use host::poll::{self, Watch};
use macros::{pyclass, pymethods};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, exc, hooks, memory, raise};
use std::cell::{Cell, RefCell};

#[pyclass(name = "poll", module = "select", flags(DISALLOW_INSTANTIATION))]
pub struct Poll {
    header: abi::PyObject,
    watches: RefCell<Vec<Watch>>,
    running: Cell<bool>,
}

impl Poll {
    /// One that watches nothing.
    pub fn create() -> PyResult<Ref> {
        builtins::type_::ready::ready_static(&object::spec::TypeEntry::of::<Poll>())?;
        let header = <abi::PyObject as abi::CStruct>::ZERO;
        let fields = Poll { header, watches: RefCell::default(), running: Cell::new(false) };
        memory::new_instance(Poll::type_object(), fields).map(Ref::upcast)
    }
}

/// The bits of an event mask.
fn mask(value: Option<Borrowed<'_>>) -> PyResult<i16> {
    let Some(value) = value else { return Ok(libc::POLLIN | libc::POLLPRI | libc::POLLOUT) };
    let number = value.index()?;
    let (negative, _) = int::digits(number.b()).unwrap_or_default();
    if negative {
        return Err(raise!(ValueError, "Cannot convert negative int"));
    }
    match int::to_i64(number.b()).and_then(|number| u16::try_from(number).ok()) {
        Some(number) => Ok(number.cast_signed()),
        None => Err(raise!(OverflowError, "Python int too large for C unsigned short")),
    }
}

#[pymethods]
impl Poll {
    /// Register a file descriptor with the polling object.
    ///
    ///   fd
    ///     either an integer, or an object with a fileno() method returning an int
    ///   eventmask
    ///     an optional bitmask describing the type of events to check for
    #[method("($self, fd,\n         eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)")]
    fn register(&self, fd: Borrowed<'_>, eventmask: Option<Borrowed<'_>>) -> PyResult<()> {
        let (fd, asked) = (descriptor(fd)?, mask(eventmask)?);
        let mut watches = self.watches.borrow_mut();
        match watches.iter_mut().find(|watch| watch.fd == fd) {
            Some(watch) => watch.asked = asked,
            None => {
                memory::reserve(&mut watches, 1)?;
                watches.push(Watch { fd, asked, found: 0 });
            }
        }
        Ok(())
    }

    /// Modify an already registered file descriptor.
    ///
    ///   fd
    ///     either an integer, or an object with a fileno() method returning
    ///     an int
    ///   eventmask
    ///     a bitmask describing the type of events to check for
    #[method("($self, fd, eventmask, /)")]
    fn modify(&self, fd: Borrowed<'_>, eventmask: Borrowed<'_>) -> PyResult<()> {
        let (fd, asked) = (descriptor(fd)?, mask(Some(eventmask))?);
        let known = match self.watches.borrow_mut().iter_mut().find(|watch| watch.fd == fd) {
            Some(watch) => {
                watch.asked = asked;
                true
            }
            None => false,
        };
        if known { Ok(()) } else { Err(os_error(Errno(libc::ENOENT))) }
    }

    /// Remove a file descriptor being tracked by the polling object.
    #[method("($self, fd, /)")]
    fn unregister(&self, fd: Borrowed<'_>) -> PyResult<()> {
        let fd = descriptor(fd)?;
        let removed = {
            let mut watches = self.watches.borrow_mut();
            let before = watches.len();
            watches.retain(|watch| watch.fd != fd);
            watches.len() < before
        };
        if removed {
            return Ok(());
        }
        let key = int::new(i64::from(fd))?;
        Err(object::error::raise_value(&exc::KeyError, Some(key.b())))
    }

    /// Polls the set of registered file descriptors.
    ///
    ///   timeout
    ///     The maximum time to wait in milliseconds, or else None (or a negative
    ///     value) to wait indefinitely.
    ///
    /// Returns a list containing any descriptors that have events or errors
    /// to report, as a list of (fd, event) 2-tuples.
    #[method("($self, timeout=None, /)")]
    fn poll(&self, timeout: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let limit = milliseconds(nanoseconds(timeout, 1_000_000, "an integer")?)?;
        if self.running.replace(true) {
            return Err(raise!(RuntimeError, "concurrent poll() invocation"));
        }
        let mut watches = self.watches.borrow().clone();
        let waited = repeat(limit, |left| poll::poll(&mut watches, left_milliseconds(left)));
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
