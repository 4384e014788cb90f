//! The type `_socket.socket`: making, closing, attributes, time limits.

use super::state;
use crate::args::as_int;
use crate::errors::{OrRaise, os_error};
use crate::header;
use crate::time::{limit, seconds};
use host::errno::Errno;
use host::{fd, socket};
use macros::{pyclass, pymethods};
use object::value::{float, int, tuple};
use object::{Borrowed, IntoPy, PyResult, Ref, StaticType, TypeObject, core, error, exc, gil, hooks, memory, raise};
use std::cell::Cell;

/// socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object
/// socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object
///
/// Open a socket of the given type.  The family argument specifies the
/// address family; it defaults to AF_INET.  The type argument specifies
/// whether this is a stream (SOCK_STREAM, this is the default)
/// or datagram (SOCK_DGRAM) socket.  The protocol argument defaults to 0,
/// specifying the default protocol.  Keyword arguments are accepted.
/// The socket is created as non-inheritable.
///
/// When a fileno is passed in, family, type and proto are auto-detected,
/// unless they are explicitly set.
///
/// A socket object represents one endpoint of a network connection.
///
/// Methods of socket objects (keyword arguments not allowed):
///
/// _accept() -- accept connection, returning new socket fd and client address
/// bind(addr) -- bind the socket to a local address
/// close() -- close the socket
/// connect(addr) -- connect the socket to a remote address
/// connect_ex(addr) -- connect, return an error code instead of an exception
/// dup() -- return a new socket fd duplicated from fileno()
/// fileno() -- return underlying file descriptor
/// getpeername() -- return remote address [*]
/// getsockname() -- return local address
/// getsockopt(level, optname[, buflen]) -- get socket options
/// gettimeout() -- return timeout or None
/// listen([n]) -- start listening for incoming connections
/// recv(buflen[, flags]) -- receive data
/// recv_into(buffer[, nbytes[, flags]]) -- receive data (into a buffer)
/// recvfrom(buflen[, flags]) -- receive data and sender's address
/// recvfrom_into(buffer[, nbytes, [, flags]])
///   -- receive data and sender's address (into a buffer)
/// sendall(data[, flags]) -- send all data
/// send(data[, flags]) -- send data, may not send all of it
/// sendto(data[, flags], addr) -- send data to a given address
/// setblocking(bool) -- set or clear the blocking I/O flag
/// getblocking() -- return True if socket is blocking, False if non-blocking
/// setsockopt(level, optname, value[, optlen]) -- set socket options
/// settimeout(None | float) -- set or clear the timeout
/// shutdown(how) -- shut down traffic in one or both directions
///
///  [*] not available on all platforms!
#[pyclass(name = "socket", module = "_socket", flags(BASETYPE), parts(MAIN, CONNECT, TRANSFER, MESSAGE, OPTION))]
pub struct Socket {
    head: abi::PyObject,
    /// The descriptor; -1 when closed.
    pub fd: Cell<i32>,
    #[member(T_INT, readonly, doc = "the socket family")]
    pub family: Cell<i32>,
    #[member(T_INT, name = "type", readonly, doc = "the socket type")]
    pub kind: Cell<i32>,
    #[member(T_INT, name = "proto", readonly, doc = "the socket protocol")]
    pub protocol: Cell<i32>,
    /// The time limit in nanoseconds: negative for none, 0 for calls that do not block.
    pub timeout: Cell<i64>,
}

impl Socket {
    fn create(cls: &TypeObject) -> PyResult<Ref<Socket>> {
        let value = Socket {
            head: header(),
            fd: Cell::new(-1),
            family: Cell::new(0),
            kind: Cell::new(0),
            protocol: Cell::new(0),
            timeout: Cell::new(state().default_timeout.get()),
        };
        memory::new_instance(cls, value)
    }

    /// A socket object that owns this descriptor.
    pub fn of(fd: i32, family: i32, kind: i32, protocol: i32) -> PyResult<Ref> {
        let socket = match Self::create(Self::type_object()) {
            Ok(socket) => socket,
            Err(raised) => {
                // The descriptor has no owner: nothing can be done about an error here.
                let _closed = fd::close(fd);
                return Err(raised);
            }
        };
        socket.adopt(fd, family, kind, protocol)?;
        Ok(socket.upcast())
    }

    /// Takes over a descriptor.
    fn adopt(&self, fd: i32, family: i32, kind: i32, protocol: i32) -> PyResult<()> {
        self.fd.set(fd);
        self.family.set(family);
        self.kind.set(kind & !socket::TYPE_FLAGS);
        self.protocol.set(protocol);
        let default = state().default_timeout.get();
        if kind & libc::SOCK_NONBLOCK != 0 {
            self.timeout.set(0);
        } else {
            self.timeout.set(default);
            if default >= 0 {
                self.block(false)?;
            }
        }
        Ok(())
    }

    /// Sets whether the system's calls wait.
    fn block(&self, blocking: bool) -> PyResult<()> {
        let fd = self.fd.get();
        gil::without(|| socket::set_blocking(fd, blocking)).or_raise()
    }

    fn limit_object(&self) -> PyResult<Ref> {
        match self.timeout.get() {
            limit if limit < 0 => Ok(core::none_ref()),
            limit => float::new(seconds(limit)),
        }
    }

    /// Closes the descriptor, if there is one. A connection that the other side ended is not an error.
    fn shut(&self) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        match gil::without(|| fd::close(fd)) {
            Err(errno) if errno.0 != libc::ECONNRESET => Err(os_error(errno)),
            _ => Ok(()),
        }
    }

    /// Family, type and protocol of an open descriptor where they are not given (negative).
    fn detect(fd: i32, mut family: i32, mut kind: i32, mut protocol: i32) -> PyResult<(i32, i32, i32)> {
        match socket::name(fd) {
            Ok(address) if family == -1 => family = address.family(),
            Err(errno) if family == -1 || errno.0 == libc::EBADF || errno.0 == libc::ENOTSOCK => return Err(os_error(errno)),
            _ => {}
        }
        if kind == -1 {
            kind = socket::int_option(fd, libc::SOL_SOCKET, libc::SO_TYPE).or_raise()?;
        }
        if protocol == -1 {
            protocol = socket::int_option(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL).or_raise()?;
        }
        Ok((family, kind, protocol))
    }
}

/// A descriptor that was given: an int that is not negative.
fn given_descriptor(value: Borrowed<'_>) -> PyResult<i32> {
    if float::check(value) {
        return Err(raise!(TypeError, "'{}' object cannot be interpreted as an integer", value.class().tp_name()));
    }
    let number = value.index()?;
    match int::to_i64(number.b()) {
        Some(number) if number < 0 => Err(raise!(ValueError, "negative file descriptor")),
        Some(number) => i32::try_from(number).map_err(|_| os_error(Errno(libc::EBADF))),
        None => Err(raise!(OverflowError, "Python int too large to convert to C long")),
    }
}

#[pymethods]
impl Socket {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        Self::create(&cls).map(Ref::upcast)
    }

    #[slot(tp_init, "(family=-1, type=-1, proto=-1, fileno=None)")]
    fn init(
        slf: Borrowed<'_, Self>,
        family: Option<Borrowed<'_>>,
        kind: Option<Borrowed<'_>>,
        protocol: Option<Borrowed<'_>>,
        fileno: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let number = |value: Option<Borrowed<'_>>| value.map_or(Ok(-1), as_int);
        let (family, kind, protocol) = (number(family)?, number(kind)?, number(protocol)?);
        let shown = [int::new(i64::from(family))?, int::new(i64::from(kind))?, int::new(i64::from(protocol))?];
        let [first, second, third] = &shown;
        hooks::audit("socket.__new__", &[slf.object(), first.b(), second.b(), third.b()])?;
        if let Some(fileno) = fileno.filter(|fileno| !fileno.is(&core::none())) {
            let fd = given_descriptor(fileno)?;
            let (family, kind, protocol) = Self::detect(fd, family, kind, protocol)?;
            return slf.adopt(fd, family, kind, protocol);
        }
        let family = if family == -1 { libc::AF_INET } else { family };
        let kind = if kind == -1 { libc::SOCK_STREAM } else { kind };
        let protocol = if protocol == -1 { 0 } else { protocol };
        let fd = gil::without(|| socket::open(family, kind, protocol)).or_raise()?;
        slf.adopt(fd, family, kind, protocol)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> String {
        let (fd, family, kind, protocol) = (self.fd.get(), self.family.get(), self.kind.get(), self.protocol.get());
        format!("<socket object, fd={fd}, family={family}, type={kind}, proto={protocol}>")
    }

    #[slot(tp_finalize)]
    fn finalize(slf: Borrowed<'_, Self>) {
        if slf.fd.get() < 0 {
            return;
        }
        error::preserving(|| {
            let shown = slf.object().repr_text();
            let warned = match &shown {
                Ok(shown) => hooks::warn(&exc::ResourceWarning, &format!("unclosed {shown}"), 1),
                Err(_) => Ok(()),
            };
            match (shown, warned) {
                (Ok(shown), Err(raised)) if raised.is_a(&exc::Warning) => {
                    raised.unraisable(Some(&format!("Exception ignored while finalizing socket {shown}")), None);
                }
                (Err(raised), _) | (_, Err(raised)) => raised.clear(),
                (Ok(_), Ok(())) => {}
            }
            let fd = slf.fd.replace(-1);
            if fd >= 0 {
                // Nobody is left to tell of an error.
                let _closed = gil::without(|| fd::close(fd));
            }
        });
    }

    /// close()
    ///
    /// Close the socket.  It cannot be used after this call.
    #[method(text = None, "($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.shut()
    }

    /// detach()
    ///
    /// Close the socket object without closing the underlying file descriptor.
    /// The object cannot be used after this call, but the file descriptor
    /// can be reused for other purposes.  The file descriptor is returned.
    #[method(text = None, "($self, /)")]
    fn detach(&self) -> i32 {
        self.fd.replace(-1)
    }

    /// fileno() -> integer
    ///
    /// Return the integer file descriptor of the socket.
    #[method(text = None, "($self, /)")]
    fn fileno(&self) -> i32 {
        self.fd.get()
    }

    /// setblocking(flag)
    ///
    /// Set the socket to blocking (flag is true) or non-blocking (false).
    /// setblocking(True) is equivalent to settimeout(None);
    /// setblocking(False) is equivalent to settimeout(0.0).
    #[method(text = None, "($self, flag, /)")]
    fn setblocking(&self, flag: bool) -> PyResult<()> {
        self.timeout.set(if flag { -1 } else { 0 });
        self.block(flag)
    }

    /// getblocking()
    ///
    /// Returns True if socket is in blocking mode, or False if it
    /// is in non-blocking mode.
    #[method(text = None, "($self, /)")]
    fn getblocking(&self) -> bool {
        self.timeout.get() != 0
    }

    /// settimeout(timeout)
    ///
    /// Set a timeout on socket operations.  'timeout' can be a float,
    /// giving in seconds, or None.  Setting a timeout of None disables
    /// the timeout feature and is equivalent to setblocking(1).
    /// Setting a timeout of zero is the same as setblocking(0).
    #[method(text = None, "($self, timeout, /)")]
    fn settimeout(&self, timeout: Borrowed<'_>) -> PyResult<()> {
        let limit = limit(timeout)?;
        self.timeout.set(limit.unwrap_or(-1));
        self.block(limit.is_none())
    }

    /// gettimeout() -> timeout
    ///
    /// Returns the timeout in seconds (float) associated with socket
    /// operations. A timeout of None indicates that timeouts on socket
    /// operations are disabled.
    #[method(text = None, "($self, /)")]
    fn gettimeout(&self) -> PyResult<Ref> {
        self.limit_object()
    }

    /// the socket timeout
    #[getter(name = "timeout")]
    fn timeout_attribute(&self) -> PyResult<Ref> {
        self.limit_object()
    }
}

/// Two objects as a pair.
pub fn pair(first: impl IntoPy, second: impl IntoPy) -> PyResult<Ref> {
    tuple::from_array([first.into_py()?, second.into_py()?])
}
