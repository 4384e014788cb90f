//! Methods of sockets: names, binding, connecting, accepting.

use super::address;
use super::kind::{Socket, pair};
use super::wait::Side;
use crate::args::{c_int, c_int_or, count};
use crate::errors::{OrRaise, os_error, run_pending, timed_out};
use host::errno::{Errno, Sys};
use host::fd;
use host::socket;
use host::socket_address::RawAddress;
use macros::pymethods;
use object::{Borrowed, PyResult, Ref, gil, hooks};

impl Socket {
    /// A short call on the descriptor.
    pub fn quick<T>(&self, call: impl FnOnce(i32) -> Sys<T>) -> PyResult<T> {
        let fd = self.fd.get();
        gil::without(|| call(fd)).or_raise()
    }

    /// Connects, within the time limit. A limit that is over is `EAGAIN`.
    fn connect_within(&self, to: &RawAddress) -> PyResult<Result<(), Errno>> {
        let fd = self.fd.get();
        let waits = match gil::without(|| socket::connect(fd, to)) {
            Ok(()) => return Ok(Ok(())),
            Err(Errno::EINTR) => {
                // The connection goes on without us.
                run_pending()?;
                self.timeout.get() != 0
            }
            Err(errno) if errno.0 == libc::EINPROGRESS && self.timeout.get() > 0 => true,
            Err(errno) => return Ok(Err(errno)),
        };
        if !waits {
            return Ok(Err(Errno::EINTR));
        }
        match self.wait(Side::Connect, self.deadline()?)? {
            Ok(true) => {}
            Ok(false) => return Ok(Err(Errno(libc::EAGAIN))),
            Err(errno) => return Ok(Err(errno)),
        }
        let fd = self.fd.get();
        Ok(match gil::without(|| socket::int_option(fd, libc::SOL_SOCKET, libc::SO_ERROR)) {
            Ok(0) => Ok(()),
            Ok(libc::EISCONN) => Ok(()),
            Ok(number) => Err(Errno(number)),
            Err(errno) => Err(errno),
        })
    }

    fn begin_connect(slf: Borrowed<'_, Self>, to: Borrowed<'_>, method: &str) -> PyResult<Result<(), Errno>> {
        let raw = address::parse(slf.get(), to, method)?;
        hooks::audit("socket.connect", &[slf.object(), to])?;
        slf.connect_within(&raw)
    }
}

#[pymethods(part = CONNECT)]
impl Socket {
    /// _accept() -> (integer, address info)
    ///
    /// Wait for an incoming connection.  Return a new socket file descriptor
    /// representing the connection, and the address of the client.
    /// For IP sockets, the address info is a pair (hostaddr, port).
    #[method(text = None, "($self, /)")]
    fn _accept(&self) -> PyResult<Ref> {
        address::check_family(self)?;
        let (fd, from) = self.call(Side::Read, socket::accept)?;
        address::object(&from, self.protocol.get()).and_then(|from| pair(fd, from)).inspect_err(|_| {
            // The descriptor has no owner: nothing can be done about an error here.
            let _closed = fd::close(fd);
        })
    }

    /// bind(address)
    ///
    /// Bind the socket to a local address.  For IP sockets, the address is a
    /// pair (host, port); the host must refer to the local host. For raw packet
    /// sockets the address is a tuple (ifname, proto [,pkttype [,hatype [,addr]]])
    #[method(text = None, "($self, address, /)")]
    fn bind(slf: Borrowed<'_, Self>, address: Borrowed<'_>) -> PyResult<()> {
        let raw = address::parse(slf.get(), address, "bind")?;
        hooks::audit("socket.bind", &[slf.object(), address])?;
        slf.quick(|fd| socket::bind(fd, &raw))
    }

    /// connect(address)
    ///
    /// Connect the socket to a remote address.  For IP sockets, the address
    /// is a pair (host, port).
    #[method(text = None, "($self, address, /)")]
    fn connect(slf: Borrowed<'_, Self>, address: Borrowed<'_>) -> PyResult<()> {
        match Self::begin_connect(slf, address, "connect")? {
            Ok(()) => Ok(()),
            Err(Errno(libc::EAGAIN)) if slf.timeout.get() > 0 => Err(timed_out()),
            Err(errno) => Err(os_error(errno)),
        }
    }

    /// connect_ex(address) -> errno
    ///
    /// This is like connect(address), but returns an error code (the errno value)
    /// instead of raising an exception when an error occurs.
    #[method(text = None, "($self, address, /)")]
    fn connect_ex(slf: Borrowed<'_, Self>, address: Borrowed<'_>) -> PyResult<i32> {
        Ok(Self::begin_connect(slf, address, "connect_ex")?.map_or_else(|errno| errno.0, |()| 0))
    }

    /// getpeername() -> address info
    ///
    /// Return the address of the remote endpoint.  For IP sockets, the address
    /// info is a pair (hostaddr, port).
    #[method(text = None, "($self, /)")]
    fn getpeername(&self) -> PyResult<Ref> {
        address::check_family(self)?;
        address::object(&self.quick(socket::peer)?, self.protocol.get())
    }

    /// getsockname() -> address info
    ///
    /// Return the address of the local endpoint. The format depends on the
    /// address family. For IPv4 sockets, the address info is a pair
    /// (hostaddr, port). For IPv6 sockets, the address info is a 4-tuple
    /// (hostaddr, port, flowinfo, scope_id).
    #[method(text = None, "($self, /)")]
    fn getsockname(&self) -> PyResult<Ref> {
        address::check_family(self)?;
        address::object(&self.quick(socket::name)?, self.protocol.get())
    }

    /// listen([backlog])
    ///
    /// Enable a server to accept connections.  If backlog is specified, it must be
    /// at least 0 (if it is lower, it is set to 0); it specifies the number of
    /// unaccepted connections that the system will allow before refusing new
    /// connections. If not specified, a default reasonable value is chosen.
    #[method(text = None, "($self, *args)")]
    fn listen(&self, args: &[Borrowed<'_>]) -> PyResult<()> {
        count("listen", args, 0, 1)?;
        // As much as a system takes by itself, and no more than 128: its own limit may be much higher.
        let backlog = c_int_or(args.first(), 128)?.max(0);
        self.quick(|fd| socket::listen(fd, backlog))
    }

    /// shutdown(flag)
    ///
    /// Shut down the reading side of the socket (flag == SHUT_RD), the writing side
    /// of the socket (flag == SHUT_WR), or both ends (flag == SHUT_RDWR).
    #[method(text = None, "($self, flag, /)")]
    fn shutdown(&self, flag: Borrowed<'_>) -> PyResult<()> {
        let how = c_int(flag)?;
        self.quick(|fd| socket::shutdown(fd, how))
    }
}
