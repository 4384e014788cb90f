//! `select.epoll`.

use super::{left_milliseconds, milliseconds, nanoseconds, repeat};
use crate::support::{OrRaise, descriptor, os_error};
use host::epoll::{self, Event};
use host::errno::Sys;
use host::{fd, poll::SET_SIZE};
use macros::{pyclass, pymethods};
use object::value::{int, tuple};
use object::{Borrowed, PyResult, Raised, Ref, TypeObject, gil, hooks, memory, raise};
use std::cell::Cell;

/// The descriptor of the epoll object itself, closed with it; -1 when closed.
struct Handle(Cell<i32>);

impl Handle {
    fn close(&self) -> Sys<()> {
        match self.0.replace(-1) {
            -1 => Ok(()),
            fd => gil::without(|| fd::close(fd)),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Nobody is left to tell of an error.
        let _closed = self.close();
    }
}

/// select.epoll(sizehint=-1, flags=0)
///
/// Returns an epolling object
///
/// sizehint must be a positive integer or -1 for the default size. The
/// sizehint is used to optimize internal data structures. It doesn't limit
/// the maximum number of monitored events.
#[pyclass(name = "epoll", module = "select")]
pub struct Epoll {
    header: abi::PyObject,
    handle: Handle,
}

#[cold]
fn closed() -> Raised {
    raise!(ValueError, "I/O operation on closed epoll object")
}

/// A C int, in the words of `PyLong_AsInt`.
fn c_int(value: Borrowed<'_>) -> PyResult<i32> {
    let number = value.index()?;
    let number = int::to_i64(number.b()).and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C int"))
}

/// The low 32 bits of an event mask.
fn bits(value: Option<Borrowed<'_>>) -> PyResult<u32> {
    let Some(value) = value else { return Ok((libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT).cast_unsigned()) };
    let number = value.index()?;
    let (negative, digits) = int::digits(number.b()).unwrap_or_default();
    let magnitude = digits.iter().take(2).rev().fold(0u64, |sum, digit| sum << int::SHIFT | u64::from(*digit)) as u32;
    Ok(if negative { magnitude.wrapping_neg() } else { magnitude })
}

impl Epoll {
    fn of(cls: &TypeObject, fd: i32) -> PyResult<Ref> {
        let handle = Handle(Cell::new(fd));
        memory::new_instance(cls, Epoll { header: <abi::PyObject as abi::CStruct>::ZERO, handle }).map(Ref::upcast)
    }

    fn open(&self) -> PyResult<i32> {
        match self.handle.0.get() {
            -1 => Err(closed()),
            fd => Ok(fd),
        }
    }

    fn control(&self, operation: i32, fd: Borrowed<'_>, bits: u32) -> PyResult<()> {
        let epoll = self.open()?;
        let fd = descriptor(fd)?;
        gil::without(|| epoll::control(epoll, operation, fd, bits)).or_raise()
    }
}

#[pymethods]
impl Epoll {
    #[slot(tp_new, "(sizehint=-1, flags=0)")]
    fn new(cls: Borrowed<'_, TypeObject>, sizehint: Option<Borrowed<'_>>, flags: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let sizehint = sizehint.map_or(Ok(-1), c_int)?;
        let flags = flags.map_or(Ok(0), c_int)?;
        if sizehint != -1 && sizehint <= 0 {
            return Err(raise!(ValueError, "negative sizehint"));
        }
        if flags & !libc::EPOLL_CLOEXEC != 0 {
            return Err(raise!(OSError, "invalid flags"));
        }
        let fd = gil::without(epoll::create).or_raise()?;
        Self::of(&cls, fd)
    }

    /// Create an epoll object from a given control fd.
    #[classmethod("($type, fd, /)")]
    fn fromfd(cls: Borrowed<'_, TypeObject>, fd: Borrowed<'_>) -> PyResult<Ref> {
        match c_int(fd)? {
            // CPython makes one of its own for this number.
            -1 => Self::of(&cls, gil::without(epoll::create).or_raise()?),
            fd => Self::of(&cls, fd),
        }
    }

    /// Close the epoll control file descriptor.
    ///
    /// Further operations on the epoll object will raise an exception.
    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.handle.close().map_err(os_error)
    }

    /// Return the epoll control file descriptor.
    #[method("($self, /)")]
    fn fileno(&self) -> PyResult<i32> {
        self.open()
    }

    /// Modify event mask for a registered file descriptor.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    ///   eventmask
    ///     a bit set composed of the various EPOLL constants
    #[method("($self, /, fd, eventmask)")]
    fn modify(&self, fd: Borrowed<'_>, eventmask: Borrowed<'_>) -> PyResult<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, bits(Some(eventmask))?)
    }

    /// Registers a new fd or raises an OSError if the fd is already registered.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    ///   eventmask
    ///     a bit set composed of the various EPOLL constants
    ///
    /// The epoll interface supports all file descriptors that support poll.
    #[method("($self, /, fd,\n         eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)")]
    fn register(&self, fd: Borrowed<'_>, eventmask: Option<Borrowed<'_>>) -> PyResult<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, bits(eventmask)?)
    }

    /// Remove a registered file descriptor from the epoll object.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    #[method("($self, /, fd)")]
    fn unregister(&self, fd: Borrowed<'_>) -> PyResult<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0)
    }

    /// Wait for events on the epoll file descriptor.
    ///
    ///   timeout
    ///     the maximum time to wait in seconds (as float);
    ///     a timeout of None or -1 makes poll wait indefinitely
    ///   maxevents
    ///     the maximum number of events returned; -1 means no limit
    ///
    /// Returns a list containing any descriptors that have events to
    /// report, as a list of (fd, events) 2-tuples.
    #[method("($self, /, timeout=None, maxevents=-1)")]
    fn poll(&self, timeout: Option<Borrowed<'_>>, maxevents: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let most = maxevents.map_or(Ok(-1), c_int)?;
        let epoll = self.open()?;
        let limit = milliseconds(nanoseconds(timeout, 1_000_000_000, "an integer")?)?;
        let most = match most {
            -1 => SET_SIZE - 1,
            most if most < 1 => return Err(raise!(ValueError, "maxevents must be greater than 0, got {most}")),
            most => most,
        };
        let events = repeat(limit, |left| epoll::wait(epoll, most, left_milliseconds(left)))?;
        let mut list = memory::vec_with_capacity(events.len())?;
        for Event { bits, fd } in events {
            list.push(tuple::from_array([int::new(i64::from(fd))?, int::new(i64::from(bits))?])?);
        }
        (hooks::get().list_new)(list)
    }

    #[method("($self, /)")]
    fn __enter__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.open()?;
        Ok(slf.object().to_ref())
    }

    #[method("($self, exc_type=None, exc_value=None, exc_tb=None, /)")]
    fn __exit__(
        slf: Borrowed<'_, Self>,
        _exc_type: Option<Borrowed<'_>>,
        _exc_value: Option<Borrowed<'_>>,
        _exc_tb: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        slf.object().call_method(object::id!("close"), &[])
    }

    /// True if the epoll handler is closed
    #[getter]
    fn closed(&self) -> bool {
        self.handle.0.get() < 0
    }
}
