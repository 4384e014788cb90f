//! Functions of descriptors, numbers, numeric addresses and interfaces.

use super::kind::{Socket, pair as pair_of};
use super::{address, state};
use crate::args::{c_int, c_int_or, count, ssize, system_name, utf8};
use crate::errors::{OrRaise, decode, os_error};
use crate::time::{limit, seconds};
use host::errno::Errno;
use host::socket_lookup::{self, c_string};
use host::{fd, socket, socket_message};
use macros::pymodule;
use object::protocol::buffer::Buffer;
use object::value::{bytes, float, int, str as text};
use object::{Borrowed, PyResult, Ref, core, error, gil, hooks, memory, raise};

/// An unsigned number of so many bits.
fn unsigned(value: Borrowed<'_>, bits: u32, name: &str) -> PyResult<u32> {
    let number = value.index()?;
    let (negative, _) = int::digits(number.b()).unwrap_or_default();
    if negative {
        return Err(raise!(ValueError, "Cannot convert negative int"));
    }
    let found = int::to_i64(number.b()).and_then(|number| u32::try_from(number).ok());
    match found.filter(|number| bits == 32 || *number < 1 << bits) {
        Some(number) => Ok(number),
        None => Err(raise!(OverflowError, "Python int too large for C {name}")),
    }
}

fn short(value: Borrowed<'_>) -> PyResult<u16> {
    unsigned(value, 16, "uint16_t").map(|number| number as u16)
}

fn long(value: Borrowed<'_>) -> PyResult<u32> {
    unsigned(value, 32, "uint32_t")
}

/// A descriptor as C's long, of which the low half counts.
fn descriptor(value: Borrowed<'_>) -> PyResult<i32> {
    let number = value.index()?;
    match int::to_i64(number.b()) {
        Some(number) => Ok(number as i32),
        None => Err(raise!(OverflowError, "Python int too large to convert to C long")),
    }
}

/// The argument of CMSG_LEN and CMSG_SPACE.
fn data_len(function: &str, args: &[Borrowed<'_>], total: fn(usize) -> Option<usize>) -> PyResult<usize> {
    count(function, args, 1, 1)?;
    let [len] = args else { return Err(error::bad_internal_call()) };
    let len = usize::try_from(ssize(*len)?).ok();
    len.and_then(total).ok_or_else(|| raise!(OverflowError, "{function}() argument out of range"))
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// close(integer) -> None
    ///
    /// Close an integer socket file descriptor.  This is like os.close(), but for
    /// sockets; on some platforms os.close() won't work for socket file descriptors.
    #[pyfunction(text = None, "($module, fd, /)")]
    fn close(_module: Borrowed<'_>, fd: Borrowed<'_>) -> PyResult<()> {
        let fd = descriptor(fd)?;
        match gil::without(|| fd::close(fd)) {
            Err(errno) if errno.0 != libc::ECONNRESET => Err(os_error(errno)),
            _ => Ok(()),
        }
    }

    /// dup(integer) -> integer
    ///
    /// Duplicate an integer socket file descriptor.  This is like os.dup(), but for
    /// sockets; on some platforms os.dup() won't work for socket file descriptors.
    #[pyfunction(text = None, "($module, fd, /)")]
    fn dup(_module: Borrowed<'_>, fd: Borrowed<'_>) -> PyResult<i32> {
        let fd = descriptor(fd)?;
        fd::duplicate(fd).or_raise()
    }

    /// socketpair([family[, type [, proto]]]) -> (socket object, socket object)
    ///
    /// Create a pair of socket objects from the sockets returned by the platform
    /// socketpair() function.
    /// The arguments are the same as for socket() except the default family is
    /// AF_UNIX if defined on the platform; otherwise, the default is AF_INET.
    #[pyfunction(text = None, "($module, *args)")]
    fn socketpair(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("socketpair", args, 0, 3)?;
        let family = c_int_or(args.first(), libc::AF_UNIX)?;
        let kind = c_int_or(args.get(1), libc::SOCK_STREAM)?;
        let protocol = c_int_or(args.get(2), 0)?;
        let (first, second) = gil::without(|| socket::pair(family, kind, protocol)).or_raise()?;
        let first = Socket::of(first, family, kind, protocol).inspect_err(|_| {
            // The descriptor has no owner: nothing can be done about an error here.
            let _closed = fd::close(second);
        })?;
        pair_of(first, Socket::of(second, family, kind, protocol)?)
    }

    /// Convert a 16-bit unsigned integer from network to host byte order.
    #[pyfunction("($module, integer, /)")]
    fn ntohs(_module: Borrowed<'_>, integer: Borrowed<'_>) -> PyResult<u16> {
        short(integer).map(u16::from_be)
    }

    /// Convert a 32-bit unsigned integer from network to host byte order.
    #[pyfunction("($module, integer, /)")]
    fn ntohl(_module: Borrowed<'_>, integer: Borrowed<'_>) -> PyResult<u32> {
        long(integer).map(u32::from_be)
    }

    /// Convert a 16-bit unsigned integer from host to network byte order.
    #[pyfunction("($module, integer, /)")]
    fn htons(_module: Borrowed<'_>, integer: Borrowed<'_>) -> PyResult<u16> {
        short(integer).map(u16::to_be)
    }

    /// Convert a 32-bit unsigned integer from host to network byte order.
    #[pyfunction("($module, integer, /)")]
    fn htonl(_module: Borrowed<'_>, integer: Borrowed<'_>) -> PyResult<u32> {
        long(integer).map(u32::to_be)
    }

    /// Convert an IP address in string format (123.45.67.89) to the 32-bit packed binary format used in low-level network functions.
    #[pyfunction("($module, ip_addr, /)")]
    fn inet_aton(_module: Borrowed<'_>, ip_addr: Borrowed<'_>) -> PyResult<Ref> {
        let content = utf8("inet_aton", "argument", ip_addr)?;
        match socket_lookup::loose_ipv4(&content) {
            Some(ip) => bytes::new(&ip),
            None => Err(raise!(OSError, "illegal IP address string passed to inet_aton")),
        }
    }

    /// Convert an IP address from 32-bit packed binary format to string format.
    #[pyfunction("($module, packed_ip, /)")]
    fn inet_ntoa(_module: Borrowed<'_>, packed_ip: Borrowed<'_>) -> PyResult<String> {
        let packed = Buffer::readable(packed_ip)?;
        match <[u8; 4]>::try_from(packed.bytes()) {
            Ok(ip) => Ok(address::ipv4_text(ip)),
            Err(_) => Err(raise!(OSError, "packed IP wrong length for inet_ntoa")),
        }
    }

    /// inet_pton(af, ip) -> packed IP address string
    ///
    /// Convert an IP address from string format to a packed string suitable
    /// for use with low-level network functions.
    #[pyfunction(text = None, "($module, *args)")]
    fn inet_pton(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("inet_pton", args, 2, 2)?;
        let [family, content] = args else { return Err(error::bad_internal_call()) };
        let family = c_int(*family)?;
        let content = utf8("inet_pton", "argument 2", *content)?;
        let packed = match family {
            libc::AF_INET => socket_lookup::ipv4(&content).map(|ip| ip.to_vec()),
            libc::AF_INET6 => socket_lookup::ipv6(&content).map(|ip| ip.to_vec()),
            _ => return Err(os_error(Errno(libc::EAFNOSUPPORT))),
        };
        match packed {
            Some(packed) => bytes::new(&packed),
            None => Err(raise!(OSError, "illegal IP address string passed to inet_pton")),
        }
    }

    /// inet_ntop(af, packed_ip) -> string formatted IP address
    ///
    /// Convert a packed IP address of the given family to string format.
    #[pyfunction(text = None, "($module, *args)")]
    fn inet_ntop(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        count("inet_ntop", args, 2, 2)?;
        let [family, packed] = args else { return Err(error::bad_internal_call()) };
        let family = c_int(*family)?;
        let packed = Buffer::readable(*packed)?;
        let wrong_length = || raise!(ValueError, "invalid length of packed IP address string");
        match family {
            libc::AF_INET => {
                let ip = <[u8; 4]>::try_from(packed.bytes()).map_err(|_| wrong_length())?;
                text::new(&address::ipv4_text(ip))
            }
            libc::AF_INET6 => {
                let ip = <[u8; 16]>::try_from(packed.bytes()).map_err(|_| wrong_length())?;
                text::from_ascii(&socket_lookup::ipv6_text(ip))
            }
            _ => Err(raise!(ValueError, "unknown address family {family}")),
        }
    }

    /// getdefaulttimeout() -> timeout
    ///
    /// Returns the default timeout in seconds (float) for new socket objects.
    /// A value of None indicates that new socket objects have no timeout.
    /// When the socket module is first imported, the default is None.
    #[pyfunction(text = None, "($module, /)")]
    fn getdefaulttimeout(_module: Borrowed<'_>) -> PyResult<Ref> {
        match state().default_timeout.get() {
            limit if limit < 0 => Ok(core::none_ref()),
            limit => float::new(seconds(limit)),
        }
    }

    /// setdefaulttimeout(timeout)
    ///
    /// Set the default timeout in seconds (float) for new socket objects.
    /// A value of None indicates that new socket objects have no timeout.
    /// When the socket module is first imported, the default is None.
    #[pyfunction(text = None, "($module, timeout, /)")]
    fn setdefaulttimeout(_module: Borrowed<'_>, timeout: Borrowed<'_>) -> PyResult<()> {
        state().default_timeout.set(limit(timeout)?.unwrap_or(-1));
        Ok(())
    }

    /// if_nameindex()
    ///
    /// Returns a list of network interface information (index, name) tuples.
    #[pyfunction(text = None, "($module, /)")]
    fn if_nameindex(_module: Borrowed<'_>) -> PyResult<Ref> {
        let found = gil::without(socket_lookup::interfaces).or_raise()?;
        let mut list = memory::vec_with_capacity(found.len())?;
        for (index, name) in &found {
            list.push(pair_of(*index, decode(name)?)?);
        }
        (hooks::get().list_new)(list)
    }

    /// Returns the interface index corresponding to the interface name if_name.
    #[pyfunction("($module, oname, /)")]
    fn if_nametoindex(_module: Borrowed<'_>, oname: Borrowed<'_>) -> PyResult<u32> {
        let name = system_name(oname)?;
        let index = c_string(&name).and_then(|name| socket_lookup::interface_index(&name));
        index.ok_or_else(|| os_error(Errno(libc::ENODEV)))
    }

    /// Returns the interface name corresponding to the interface index if_index.
    #[pyfunction("($module, if_index, /)")]
    fn if_indextoname(_module: Borrowed<'_>, if_index: Borrowed<'_>) -> PyResult<Ref> {
        let index = unsigned(if_index, 32, "unsigned int")?;
        decode(&socket_lookup::interface_name(index).or_raise()?)
    }

    /// CMSG_LEN(length) -> control message length
    ///
    /// Return the total length, without trailing padding, of an ancillary
    /// data item with associated data of the given length.  This value can
    /// often be used as the buffer size for recvmsg() to receive a single
    /// item of ancillary data, but RFC 3542 requires portable applications to
    /// use CMSG_SPACE() and thus include space for padding, even when the
    /// item will be the last in the buffer.  Raises OverflowError if length
    /// is outside the permissible range of values.
    #[pyfunction(text = None, name = "CMSG_LEN", "($module, *args)")]
    fn cmsg_len(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<usize> {
        data_len("CMSG_LEN", args, socket_message::control_len)
    }

    /// CMSG_SPACE(length) -> buffer size
    ///
    /// Return the buffer size needed for recvmsg() to receive an ancillary
    /// data item with associated data of the given length, along with any
    /// trailing padding.  The buffer space needed to receive multiple items
    /// is the sum of the CMSG_SPACE() values for their associated data
    /// lengths.  Raises OverflowError if length is outside the permissible
    /// range of values.
    #[pyfunction(text = None, name = "CMSG_SPACE", "($module, *args)")]
    fn cmsg_space(_module: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<usize> {
        data_len("CMSG_SPACE", args, socket_message::control_space)
    }
}
