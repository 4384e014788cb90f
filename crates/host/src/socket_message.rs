//! Messages with control data: `sendmsg(2)`, `recvmsg(2)`, and the layout of control data.

use std::io::IoSlice;
use std::os::fd::RawFd;

use crate::errno::{Sys, check};
use crate::socket_address::RawAddress;

/// Bytes of the header of a control message.
const HEADER: usize = size_of::<libc::cmsghdr>();

/// The next multiple of a word's size.
const fn aligned(len: usize) -> Option<usize> {
    match len.checked_add(size_of::<usize>() - 1) {
        Some(len) => Some(len & !(size_of::<usize>() - 1)),
        None => None,
    }
}

/// `CMSG_LEN`; none where the system's types cannot hold it.
pub fn control_len(data: usize) -> Option<usize> {
    HEADER.checked_add(data).filter(|len| *len <= i32::MAX as usize)
}

/// `CMSG_SPACE`; none where the system's types cannot hold it with the longest padding.
pub fn control_space(data: usize) -> Option<usize> {
    let longest = i32::MAX as usize - HEADER - size_of::<usize>();
    aligned(data).filter(|_| data <= longest)?.checked_add(HEADER)
}

/// A control message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    pub level: i32,
    pub kind: i32,
    pub data: Vec<u8>,
}

/// Control messages as the system wants them; none if they are too large.
pub fn pack(messages: &[Control]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for message in messages {
        let len = control_len(message.data.len())?;
        let end = bytes.len().checked_add(control_space(message.data.len())?)?;
        bytes.try_reserve(end - bytes.len()).ok()?;
        bytes.extend_from_slice(&len.to_ne_bytes());
        bytes.extend_from_slice(&message.level.to_ne_bytes());
        bytes.extend_from_slice(&message.kind.to_ne_bytes());
        bytes.extend_from_slice(&message.data);
        bytes.resize(end, 0);
    }
    Some(bytes)
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// The control messages in what the system wrote, and whether all were whole: one that says that it is longer than what is there is
/// shortened and ends the list, as one that is too short for its own header does.
pub fn unpack(mut bytes: &[u8]) -> (Vec<Control>, bool) {
    let mut messages = Vec::new();
    while let (Some(len), Some(level), Some(kind)) = (word(bytes, 0), word(bytes, 8), word(bytes, 12)) {
        let len = usize::from_ne_bytes(len);
        if len < HEADER {
            return (messages, false);
        }
        let data = bytes.get(HEADER..len.min(bytes.len())).unwrap_or_default().to_vec();
        messages.push(Control { level: i32::from_ne_bytes(level), kind: i32::from_ne_bytes(kind), data });
        if len > bytes.len() {
            return (messages, false);
        }
        bytes = aligned(len).and_then(|next| bytes.get(next..)).unwrap_or_default();
    }
    (messages, true)
}

fn header() -> libc::msghdr {
    // SAFETY: integers and pointers only; null is a value of them.
    unsafe { std::mem::zeroed() }
}

/// `sendmsg(2)`: how many bytes were sent. `control` is what [`pack`] made.
pub fn send(fd: RawFd, parts: &[IoSlice<'_>], control: &[u8], flags: i32, address: Option<&RawAddress>) -> Sys<usize> {
    let mut message = header();
    if let Some(address) = address {
        message.msg_name = address.as_ptr().cast_mut().cast();
        message.msg_namelen = address.len();
    }
    message.msg_iov = parts.as_ptr().cast_mut().cast();
    message.msg_iovlen = parts.len() as _;
    if !control.is_empty() {
        message.msg_control = control.as_ptr().cast_mut().cast();
        message.msg_controllen = control.len() as _;
    }
    // SAFETY: `IoSlice` is the system's iovec; everything is readable for its length, and the call only reads.
    Ok(check(unsafe { libc::sendmsg(fd, &message, flags) })?.unsigned_abs())
}

/// What a message brought beside its bytes.
pub struct Received {
    /// How many bytes.
    pub count: usize,
    /// How many bytes of control data.
    pub control: usize,
    /// `msg_flags`
    pub flags: i32,
    pub address: RawAddress,
}

/// `recvmsg(2)` into the spare room of a vector (at most `most` bytes) and a block for control data.
pub fn receive(fd: RawFd, vec: &mut Vec<u8>, most: usize, control: &mut [u8], flags: i32) -> Sys<Received> {
    let mut address = RawAddress::EMPTY;
    let room = vec.spare_capacity_mut();
    let mut part = libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len().min(most) };
    let mut message = header();
    message.msg_name = address.as_mut_ptr().cast();
    message.msg_namelen = RawAddress::CAPACITY;
    message.msg_iov = &mut part;
    message.msg_iovlen = 1;
    if !control.is_empty() {
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = control.len() as _;
    }
    // SAFETY: everything is writable for the lengths that are given.
    let count = check(unsafe { libc::recvmsg(fd, &mut message, flags) })?.unsigned_abs();
    // SAFETY: the system has written the bytes. With MSG_TRUNC the count may be larger than the room.
    unsafe { vec.set_len(vec.len() + count.min(part.iov_len)) };
    address.set_len(message.msg_namelen);
    Ok(Received { count, control: (message.msg_controllen as usize).min(control.len()), flags: message.msg_flags, address })
}

/// The descriptors that control messages brought (`SCM_RIGHTS`).
pub fn descriptors(messages: &[Control]) -> impl Iterator<Item = RawFd> {
    let rights = messages.iter().filter(|message| message.level == libc::SOL_SOCKET && message.kind == libc::SCM_RIGHTS);
    rights.flat_map(|message| message.data.chunks_exact(4).filter_map(|fd| word(fd, 0).map(RawFd::from_ne_bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_data_there_and_back() {
        let messages = [
            Control { level: 1, kind: 1, data: 7i32.to_ne_bytes().to_vec() },
            Control { level: 41, kind: 50, data: b"abcdefghi".to_vec() },
        ];
        let bytes = pack(&messages).expect("small");
        assert_eq!(bytes.len(), 24 + 32);
        assert_eq!(unpack(&bytes), (messages.to_vec(), true));
        assert_eq!(descriptors(&messages).collect::<Vec<_>>(), [7]);
        let (cut, whole) = unpack(&bytes[..bytes.len() - 10]);
        assert_eq!((cut[1].data.as_slice(), whole), (b"abcdef".as_slice(), false));
        assert_eq!((control_len(1), control_space(1), control_len(usize::MAX)), (Some(17), Some(24), None));
    }
}
