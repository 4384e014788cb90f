//! `fcntl`, `ioctl`, `flock`.

use crate::errno::{Sys, check};
use std::os::fd::RawFd;

/// `fcntl(2)` with a number.
pub fn fcntl(fd: RawFd, command: i32, argument: i64) -> Sys<i32> {
    // SAFETY: what the kernel does with a number that is an address is the program's word, as in C; checked by the kernel.
    check(unsafe { libc::fcntl(fd, command, argument) })
}

/// `fcntl(2)` with a buffer, which the kernel may change.
pub fn fcntl_with(fd: RawFd, command: i32, buffer: &mut [u8]) -> Sys<i32> {
    // SAFETY: the buffer is writable; that it is long enough for the command is the program's word, as in C.
    check(unsafe { libc::fcntl(fd, command, buffer.as_mut_ptr()) })
}

/// `ioctl(2)` with a number.
pub fn ioctl(fd: RawFd, request: u64, argument: i64) -> Sys<i32> {
    // SAFETY: as `fcntl`.
    check(unsafe { libc::ioctl(fd, request, argument) })
}

/// `ioctl(2)` with a buffer, which the kernel may change.
pub fn ioctl_with(fd: RawFd, request: u64, buffer: &mut [u8]) -> Sys<i32> {
    // SAFETY: as `fcntl_with`.
    check(unsafe { libc::ioctl(fd, request, buffer.as_mut_ptr()) })
}

/// `flock(2)`
pub fn flock(fd: RawFd, operation: i32) -> Sys<()> {
    // SAFETY: a plain system call.
    check(unsafe { libc::flock(fd, operation) }).map(|_| ())
}

/// A lock on a part of a file.
pub struct Range {
    /// `F_RDLCK`, `F_WRLCK` or `F_UNLCK`.
    pub kind: i32,
    pub whence: i16,
    pub start: i64,
    pub len: i64,
}

/// Sets a lock; waits for it if asked.
pub fn lock(fd: RawFd, range: &Range, wait: bool) -> Sys<()> {
    // SAFETY: a struct of numbers, for which zero is valid.
    let mut raw: libc::flock = unsafe { std::mem::zeroed() };
    raw.l_type = i16::try_from(range.kind).unwrap_or_default();
    raw.l_whence = range.whence;
    raw.l_start = range.start;
    raw.l_len = range.len;
    // SAFETY: the struct is a local.
    check(unsafe { libc::fcntl(fd, if wait { libc::F_SETLKW } else { libc::F_SETLK }, &raw) }).map(|_| ())
}
