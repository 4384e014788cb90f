//! Methods of sockets: receiving and sending bytes.

use super::address;
use super::kind::{Socket, pair};
use super::wait::Side;
use crate::args::{c_int, c_int_or, count, shown, ssize};
use crate::errors::run_pending;
use host::errno::Errno;
use host::socket;
use host::socket_address::RawAddress;
use macros::pymethods;
use object::protocol::buffer::Buffer;
use object::value::bytes;
use object::{Borrowed, PyResult, Ref, hooks, memory, raise};

/// The writable bytes of an argument (format `w*`).
pub fn writable(function: &str, value: Borrowed<'_>) -> PyResult<Buffer> {
    Buffer::get(value, abi::pybuf::WRITABLE).map_err(|raised| {
        raised.clear();
        raise!(TypeError, "{function}() argument 1 must be read-write bytes-like object, not {}", shown(value))
    })
}

/// The first `count` bytes of what was lent, for a call.
fn lent<T>(buffer: &Buffer, count: usize, call: impl FnOnce(&mut [u8]) -> Result<T, Errno>) -> Result<T, Errno> {
    let result = buffer.with_bytes_mut(|bytes| call(bytes.get_mut(..count).unwrap_or_default()));
    result.unwrap_or(Err(Errno(libc::EFAULT)))
}

impl Socket {
    fn receive(&self, size: usize, flags: i32) -> PyResult<Ref> {
        let mut content: Vec<u8> = memory::vec_with_capacity(size)?;
        let count = self.call(Side::Read, |fd| socket::receive_more(fd, &mut content, size, flags))?;
        // With MSG_TRUNC the system counts more than it writes; CPython shows the rest of the buffer then.
        content.resize(count.min(size), 0);
        bytes::new(&content)
    }

    fn receive_from(&self, buffer: &mut [u8], flags: i32) -> PyResult<(usize, Ref)> {
        let (count, from) = self.call(Side::Read, |fd| socket::receive_from(fd, buffer, flags))?;
        Ok((count, address::object(&from, self.protocol.get())?))
    }
}

#[pymethods(part = TRANSFER)]
impl Socket {
    /// recv(buffersize[, flags]) -> data
    ///
    /// Receive up to buffersize bytes from the socket.  For the optional flags
    /// argument, see the Unix manual.  When no data is available, block until
    /// at least one byte is available or until the remote end is closed.  When
    /// the remote end is closed and all data is read, return the empty string.
    #[method(text = None, "($self, *args)")]
    fn recv(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("recv", args, 1, 2)?;
        let (first, rest) = args.split_first().ok_or_else(object::error::bad_internal_call)?;
        let wanted = ssize(*first)?;
        let flags = c_int_or(rest.first(), 0)?;
        let wanted = usize::try_from(wanted).map_err(|_| raise!(ValueError, "negative buffersize in recv"))?;
        self.receive(wanted, flags)
    }

    /// recv_into(buffer, [nbytes[, flags]]) -> nbytes_read
    ///
    /// A version of recv() that stores its data into a buffer rather than creating
    /// a new string.  Receive up to buffersize bytes from the socket.  If buffersize
    /// is not specified (or 0), receive up to the size available in the given buffer.
    ///
    /// See recv() for documentation about the flags.
    #[method(text = None, "($self, /, buffer, nbytes=0, flags=0)")]
    fn recv_into(&self, buffer: Borrowed<'_>, nbytes: Option<Borrowed<'_>>, flags: Option<Borrowed<'_>>) -> PyResult<usize> {
        let buffer = writable("recv_into", buffer)?;
        let wanted = nbytes.map_or(Ok(0), ssize)?;
        let flags = flags.map_or(Ok(0), c_int)?;
        let wanted = match usize::try_from(wanted) {
            Ok(0) => buffer.len(),
            Ok(wanted) if wanted > buffer.len() => return Err(raise!(ValueError, "buffer too small for requested bytes")),
            Ok(wanted) => wanted,
            Err(_) => return Err(raise!(ValueError, "negative buffersize in recv_into")),
        };
        self.call(Side::Read, |fd| lent(&buffer, wanted, |bytes| socket::receive(fd, bytes, flags)))
    }

    /// recvfrom(buffersize[, flags]) -> (data, address info)
    ///
    /// Like recv(buffersize, flags) but also return the sender's address info.
    #[method(text = None, "($self, *args)")]
    fn recvfrom(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("recvfrom", args, 1, 2)?;
        let (first, rest) = args.split_first().ok_or_else(object::error::bad_internal_call)?;
        let wanted = ssize(*first)?;
        let flags = c_int_or(rest.first(), 0)?;
        let wanted = usize::try_from(wanted).map_err(|_| raise!(ValueError, "negative buffersize in recvfrom"))?;
        address::check_family(self)?;
        let mut content: Vec<u8> = memory::vec_with_capacity(wanted)?;
        content.resize(wanted, 0);
        let (count, from) = self.receive_from(&mut content, flags)?;
        pair(bytes::new(content.get(..count.min(wanted)).unwrap_or_default()), from)
    }

    /// recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)
    ///
    /// Like recv_into(buffer[, nbytes[, flags]]) but also return the sender's address info.
    #[method(text = None, "($self, /, buffer, nbytes=0, flags=0)")]
    fn recvfrom_into(&self, buffer: Borrowed<'_>, nbytes: Option<Borrowed<'_>>, flags: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let buffer = writable("recvfrom_into", buffer)?;
        let wanted = nbytes.map_or(Ok(0), ssize)?;
        let flags = flags.map_or(Ok(0), c_int)?;
        let wanted = match usize::try_from(wanted) {
            Ok(0) => buffer.len(),
            Ok(wanted) if wanted > buffer.len() => {
                return Err(raise!(ValueError, "nbytes is greater than the length of the buffer"));
            }
            Ok(wanted) => wanted,
            Err(_) => return Err(raise!(ValueError, "negative buffersize in recvfrom_into")),
        };
        address::check_family(self)?;
        let (count, from) = self.call(Side::Read, |fd| lent(&buffer, wanted, |bytes| socket::receive_from(fd, bytes, flags)))?;
        pair(count, address::object(&from, self.protocol.get())?)
    }

    /// send(data[, flags]) -> count
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  Return the number of bytes
    /// sent; this may be less than len(data) if the network is busy.
    #[method(text = None, "($self, *args)")]
    fn send(&self, args: &[Borrowed<'_>]) -> PyResult<usize> {
        count("send", args, 1, 2)?;
        let (first, rest) = args.split_first().ok_or_else(object::error::bad_internal_call)?;
        let data = Buffer::readable(*first)?;
        let flags = c_int_or(rest.first(), 0)?;
        self.call(Side::Write, |fd| socket::send(fd, data.bytes(), flags))
    }

    /// sendall(data[, flags])
    ///
    /// Send a data string to the socket.  For the optional flags
    /// argument, see the Unix manual.  This calls send() repeatedly
    /// until all data is sent.  If an error occurs, it's impossible
    /// to tell how much data has been sent.
    #[method(text = None, "($self, *args)")]
    fn sendall(&self, args: &[Borrowed<'_>]) -> PyResult<()> {
        count("sendall", args, 1, 2)?;
        let (first, rest) = args.split_first().ok_or_else(object::error::bad_internal_call)?;
        let data = Buffer::readable(*first)?;
        let flags = c_int_or(rest.first(), 0)?;
        // The limit is one for all of it.
        let deadline = self.deadline()?;
        let mut sent = 0;
        loop {
            let part = data.bytes().get(sent..).unwrap_or_default();
            sent += self.call_until(Side::Write, deadline, |fd| socket::send(fd, part, flags))?;
            if sent >= data.len() {
                return Ok(());
            }
            run_pending()?;
        }
    }

    /// sendto(data[, flags], address) -> count
    ///
    /// Like send(data, flags) but allows specifying the destination address.
    /// For IP sockets, the address is a pair (hostaddr, port).
    #[method(text = None, "($self, *args)")]
    fn sendto(slf: Borrowed<'_, Self>, args: &[Borrowed<'_>]) -> PyResult<usize> {
        let (data, flags, to) = match args {
            [data, to] => (Buffer::readable(*data)?, 0, *to),
            [data, flags, to] => (Buffer::readable(*data)?, c_int(*flags)?, *to),
            _ => return Err(raise!(TypeError, "sendto() takes 2 or 3 arguments ({} given)", args.len())),
        };
        let raw: RawAddress = address::parse(slf.get(), to, "sendto")?;
        hooks::audit("socket.sendto", &[slf.object(), to])?;
        slf.call(Side::Write, |fd| socket::send_to(fd, data.bytes(), flags, &raw))
    }
}
