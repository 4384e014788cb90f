//! Sockets: opening, connecting, sending and receiving. Addresses are in [`crate::socket_address`], messages with control data in
//! [`crate::socket_message`], names in [`crate::socket_lookup`].
//!
//! Every descriptor made here is not inheritable (PEP 446). Calls that a signal interrupts fail with `EINTR`.

use std::os::fd::RawFd;

use crate::errno::{Sys, check};
use crate::socket_address::RawAddress;

/// What `SOCK_CLOEXEC` and `SOCK_NONBLOCK` add to a type.
pub const TYPE_FLAGS: i32 = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;

/// `socket(2)`
pub fn open(family: i32, kind: i32, protocol: i32) -> Sys<RawFd> {
    // SAFETY: a plain system call.
    check(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })
}

/// `socketpair(2)`
pub fn pair(family: i32, kind: i32, protocol: i32) -> Sys<(RawFd, RawFd)> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for two descriptors.
    check(unsafe { libc::socketpair(family, kind | libc::SOCK_CLOEXEC, protocol, ends.as_mut_ptr()) })?;
    let [first, second] = ends;
    Ok((first, second))
}

/// `bind(2)`
pub fn bind(fd: RawFd, address: &RawAddress) -> Sys<()> {
    // SAFETY: the address is readable for its length.
    check(unsafe { libc::bind(fd, address.as_ptr(), address.len()) }).map(|_| ())
}

/// `connect(2)`
pub fn connect(fd: RawFd, address: &RawAddress) -> Sys<()> {
    // SAFETY: the address is readable for its length.
    check(unsafe { libc::connect(fd, address.as_ptr(), address.len()) }).map(|_| ())
}

/// `listen(2)`
pub fn listen(fd: RawFd, backlog: i32) -> Sys<()> {
    // SAFETY: a plain system call.
    check(unsafe { libc::listen(fd, backlog) }).map(|_| ())
}

/// `accept4(2)`: the new descriptor and who is behind it.
pub fn accept(fd: RawFd) -> Sys<(RawFd, RawAddress)> {
    // SAFETY: the address is writable for the length that is given.
    RawAddress::filled(|address, len| check(unsafe { libc::accept4(fd, address, len, libc::SOCK_CLOEXEC) }))
}

/// `getsockname(2)`
pub fn name(fd: RawFd) -> Sys<RawAddress> {
    // SAFETY: the address is writable for the length that is given.
    RawAddress::filled(|address, len| check(unsafe { libc::getsockname(fd, address, len) })).map(|(_, address)| address)
}

/// `getpeername(2)`
pub fn peer(fd: RawFd) -> Sys<RawAddress> {
    // SAFETY: the address is writable for the length that is given.
    RawAddress::filled(|address, len| check(unsafe { libc::getpeername(fd, address, len) })).map(|(_, address)| address)
}

/// `shutdown(2)`
pub fn shutdown(fd: RawFd, how: i32) -> Sys<()> {
    // SAFETY: a plain system call.
    check(unsafe { libc::shutdown(fd, how) }).map(|_| ())
}

/// `setsockopt(2)` with these bytes.
pub fn set_option(fd: RawFd, level: i32, option: i32, value: &[u8]) -> Sys<()> {
    let len = value.len().min(u32::MAX as usize) as libc::socklen_t;
    // SAFETY: the value is readable for its length.
    check(unsafe { libc::setsockopt(fd, level, option, value.as_ptr().cast(), len) }).map(|_| ())
}

/// `setsockopt(2)` with a length and no bytes.
pub fn set_option_without_value(fd: RawFd, level: i32, option: i32, len: u32) -> Sys<()> {
    // SAFETY: the system reads no bytes at a null address: it reports EFAULT or EINVAL.
    check(unsafe { libc::setsockopt(fd, level, option, std::ptr::null(), len) }).map(|_| ())
}

/// `getsockopt(2)`: how many bytes of `value` were written.
pub fn option(fd: RawFd, level: i32, option: i32, value: &mut [u8]) -> Sys<usize> {
    let mut len = value.len().min(u32::MAX as usize) as libc::socklen_t;
    // SAFETY: the value is writable for the length that is given.
    check(unsafe { libc::getsockopt(fd, level, option, value.as_mut_ptr().cast(), &mut len) })?;
    Ok((len as usize).min(value.len()))
}

/// An option that is an int.
pub fn int_option(fd: RawFd, level: i32, name: i32) -> Sys<i32> {
    let mut value = [0; 4];
    option(fd, level, name, &mut value)?;
    Ok(i32::from_ne_bytes(value))
}

/// `recv(2)` into the spare room of a vector: at most `most` bytes are added to it.
pub fn receive_more(fd: RawFd, vec: &mut Vec<u8>, most: usize, flags: i32) -> Sys<usize> {
    let room = vec.spare_capacity_mut();
    let most = room.len().min(most);
    // SAFETY: the spare room is writable for at least `most` bytes.
    let count = check(unsafe { libc::recv(fd, room.as_mut_ptr().cast(), most, flags) })?.unsigned_abs();
    // SAFETY: the system has written the bytes. With MSG_TRUNC the count may be larger than the room.
    unsafe { vec.set_len(vec.len() + count.min(most)) };
    Ok(count)
}

/// `recv(2)`: how many bytes were received.
pub fn receive(fd: RawFd, buffer: &mut [u8], flags: i32) -> Sys<usize> {
    // SAFETY: the buffer is writable for its length.
    Ok(check(unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags) })?.unsigned_abs())
}

/// `recvfrom(2)`: how many bytes were received, and the sender.
pub fn receive_from(fd: RawFd, buffer: &mut [u8], flags: i32) -> Sys<(usize, RawAddress)> {
    let (count, address) = RawAddress::filled(|address, len| {
        // SAFETY: buffer and address are writable for the lengths that are given.
        check(unsafe { libc::recvfrom(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags, address, len) })
    })?;
    Ok((count.unsigned_abs(), address))
}

/// `send(2)`: how many bytes were sent.
pub fn send(fd: RawFd, bytes: &[u8], flags: i32) -> Sys<usize> {
    // SAFETY: the bytes are readable for their length.
    Ok(check(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })?.unsigned_abs())
}

/// `sendto(2)`: how many bytes were sent.
pub fn send_to(fd: RawFd, bytes: &[u8], flags: i32, address: &RawAddress) -> Sys<usize> {
    // SAFETY: bytes and address are readable for their lengths.
    let count = unsafe { libc::sendto(fd, bytes.as_ptr().cast(), bytes.len(), flags, address.as_ptr(), address.len()) };
    Ok(check(count)?.unsigned_abs())
}

/// Sets whether calls wait, as `FIONBIO`.
pub fn set_blocking(fd: RawFd, blocking: bool) -> Sys<()> {
    let mut on = libc::c_int::from(!blocking);
    // SAFETY: the request reads an int, which `on` is.
    check(unsafe { libc::ioctl(fd, libc::FIONBIO, &mut on) }).map(|_| ())
}
