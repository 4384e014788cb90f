//! Descriptors of Linux that are no files (events, timers, memory), and copies between descriptors within the kernel.

use crate::errno::{Errno, Sys, check};
use std::ffi::CStr;
use std::os::fd::RawFd;

/// `eventfd(2)`
pub fn event(initial: u32, flags: i32) -> Sys<RawFd> {
    // SAFETY: a plain system call.
    check(unsafe { libc::eventfd(initial, flags) })
}

/// Reads the counter of an event.
pub fn read_event(fd: RawFd) -> Sys<u64> {
    let mut value = 0u64;
    // SAFETY: eight bytes of a local are writable.
    let count = check(unsafe { libc::read(fd, (&raw mut value).cast(), 8) })?;
    if count == 8 { Ok(value) } else { Err(Errno(libc::EIO)) }
}

/// Adds to the counter of an event.
pub fn write_event(fd: RawFd, value: u64) -> Sys<()> {
    // SAFETY: eight bytes of a local are readable.
    let count = check(unsafe { libc::write(fd, (&raw const value).cast(), 8) })?;
    if count == 8 { Ok(()) } else { Err(Errno(libc::EIO)) }
}

/// `memfd_create(2)`
pub fn memory(name: &CStr, flags: u32) -> Sys<RawFd> {
    // SAFETY: the name ends with a NUL.
    check(unsafe { libc::memfd_create(name.as_ptr(), flags) })
}

/// A timer: when it goes off first, and between further times; each in seconds and nanoseconds.
#[derive(Clone, Copy)]
pub struct TimerSetting {
    pub initial: (i64, i64),
    pub interval: (i64, i64),
}

fn of_raw(raw: &libc::itimerspec) -> TimerSetting {
    TimerSetting {
        initial: (raw.it_value.tv_sec, raw.it_value.tv_nsec),
        interval: (raw.it_interval.tv_sec, raw.it_interval.tv_nsec),
    }
}

fn empty() -> libc::itimerspec {
    let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    libc::itimerspec { it_interval: zero, it_value: zero }
}

/// `timerfd_create(2)`
pub fn timer(clock: i32, flags: i32) -> Sys<RawFd> {
    // SAFETY: a plain system call.
    check(unsafe { libc::timerfd_create(clock, flags) })
}

/// `timerfd_settime(2)`: the setting before.
pub fn set_timer(fd: RawFd, flags: i32, setting: TimerSetting) -> Sys<TimerSetting> {
    let new = libc::itimerspec {
        it_interval: libc::timespec { tv_sec: setting.interval.0, tv_nsec: setting.interval.1 },
        it_value: libc::timespec { tv_sec: setting.initial.0, tv_nsec: setting.initial.1 },
    };
    let mut old = empty();
    // SAFETY: both structs are locals.
    check(unsafe { libc::timerfd_settime(fd, flags, &new, &mut old) })?;
    Ok(of_raw(&old))
}

/// `timerfd_gettime(2)`
pub fn timer_setting(fd: RawFd) -> Sys<TimerSetting> {
    let mut found = empty();
    // SAFETY: the struct is a local.
    check(unsafe { libc::timerfd_gettime(fd, &mut found) })?;
    Ok(of_raw(&found))
}

fn pointer(offset: &mut Option<i64>) -> *mut i64 {
    offset.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut)
}

/// `copy_file_range(2)`: how many bytes were copied.
pub fn copy_range(source: (RawFd, Option<i64>), target: (RawFd, Option<i64>), count: usize) -> Sys<usize> {
    let (mut from, mut to) = (source.1, target.1);
    // SAFETY: the offsets are locals or null.
    check(unsafe { libc::copy_file_range(source.0, pointer(&mut from), target.0, pointer(&mut to), count, 0) })
        .map(|count| count.unsigned_abs())
}

/// `splice(2)`: how many bytes were moved.
pub fn splice(source: (RawFd, Option<i64>), target: (RawFd, Option<i64>), count: usize, flags: u32) -> Sys<usize> {
    let (mut from, mut to) = (source.1, target.1);
    // SAFETY: the offsets are locals or null.
    check(unsafe { libc::splice(source.0, pointer(&mut from), target.0, pointer(&mut to), count, flags) })
        .map(|count| count.unsigned_abs())
}

/// `sendfile(2)`: how many bytes were sent.
pub fn send_file(target: RawFd, source: RawFd, mut offset: Option<i64>, count: usize) -> Sys<usize> {
    // SAFETY: the offset is a local or null.
    check(unsafe { libc::sendfile(target, source, pointer(&mut offset), count) }).map(|count| count.unsigned_abs())
}

/// `posix_fadvise(2)`
pub fn advise(fd: RawFd, offset: i64, len: i64, advice: i32) -> Sys<()> {
    // SAFETY: a plain system call, whose result is the error.
    match unsafe { libc::posix_fadvise(fd, offset, len, advice) } {
        0 => Ok(()),
        error => Err(Errno(error)),
    }
}

/// `posix_fallocate(2)`
pub fn allocate(fd: RawFd, offset: i64, len: i64) -> Sys<()> {
    // SAFETY: a plain system call, whose result is the error.
    match unsafe { libc::posix_fallocate(fd, offset, len) } {
        0 => Ok(()),
        error => Err(Errno(error)),
    }
}

/// `lockf(3)`
pub fn lock(fd: RawFd, command: i32, len: i64) -> Sys<()> {
    // SAFETY: a plain system call.
    check(unsafe { libc::lockf(fd, command, len) }).map(|_| ())
}

/// `sync(2)`
pub fn sync_all() {
    // SAFETY: a plain system call that cannot fail.
    unsafe { libc::sync() }
}

/// `fdatasync(2)`
pub fn sync_data(fd: RawFd) -> Sys<()> {
    // SAFETY: a plain system call.
    check(unsafe { libc::fdatasync(fd) }).map(|_| ())
}

/// `preadv2(2)`: how many bytes were read.
pub fn read_vector(fd: RawFd, buffers: &mut [&mut [u8]], offset: i64, flags: i32) -> Sys<usize> {
    let parts: Vec<libc::iovec> =
        buffers.iter_mut().map(|part| libc::iovec { iov_base: part.as_mut_ptr().cast(), iov_len: part.len() }).collect();
    // SAFETY: each part is writable for its length.
    check(unsafe { libc::preadv2(fd, parts.as_ptr(), count(parts.len())?, offset, flags) }).map(|count| count.unsigned_abs())
}

/// `pwritev2(2)`: how many bytes were written.
pub fn write_vector(fd: RawFd, buffers: &[&[u8]], offset: i64, flags: i32) -> Sys<usize> {
    let parts: Vec<libc::iovec> =
        buffers.iter().map(|part| libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() }).collect();
    // SAFETY: each part is readable for its length; the call does not write to it.
    check(unsafe { libc::pwritev2(fd, parts.as_ptr(), count(parts.len())?, offset, flags) }).map(|count| count.unsigned_abs())
}

fn count(len: usize) -> Sys<i32> {
    i32::try_from(len).map_err(|_| Errno(libc::EINVAL))
}
