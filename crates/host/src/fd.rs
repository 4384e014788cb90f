//! File descriptors. Calls that a signal interrupts fail with `EINTR`, except `close`.

use std::ffi::CStr;
use std::os::fd::RawFd;

use crate::errno::{Errno, Sys, check};

/// No system reads or writes more at once.
const MOST: usize = isize::MAX as usize;

/// `open(2)`, relative to the folder `dir` where one is given. The descriptor is not inheritable (PEP 446).
pub fn open(dir: Option<RawFd>, path: &CStr, flags: i32, mode: u32) -> Sys<RawFd> {
    let dir = dir.unwrap_or(libc::AT_FDCWD);
    // SAFETY: the path ends with a NUL; mode is passed as C's variadic int.
    check(unsafe { libc::openat(dir, path.as_ptr(), flags | libc::O_CLOEXEC, mode) })
}

/// `close(2)`. The descriptor is gone, also when an error is given; `EINTR` is none.
pub fn close(fd: RawFd) -> Sys<()> {
    // SAFETY: a plain system call; who owns the descriptor is the caller's business.
    match check(unsafe { libc::close(fd) }) {
        Err(Errno::EINTR) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// `read(2)`: how many bytes were read; 0 at the end.
pub fn read(fd: RawFd, buffer: &mut [u8]) -> Sys<usize> {
    // SAFETY: the buffer is writable for the length that is given.
    let count = check(unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len().min(MOST)) })?;
    Ok(count.unsigned_abs())
}

/// `write(2)`: how many bytes were written.
pub fn write(fd: RawFd, bytes: &[u8]) -> Sys<usize> {
    // SAFETY: the bytes are readable for the length that is given.
    let count = check(unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len().min(MOST)) })?;
    Ok(count.unsigned_abs())
}

/// `pread(2)`
pub fn pread(fd: RawFd, buffer: &mut [u8], offset: i64) -> Sys<usize> {
    // SAFETY: the buffer is writable for the length that is given.
    let count = check(unsafe { libc::pread(fd, buffer.as_mut_ptr().cast(), buffer.len().min(MOST), offset) })?;
    Ok(count.unsigned_abs())
}

/// `pwrite(2)`
pub fn pwrite(fd: RawFd, bytes: &[u8], offset: i64) -> Sys<usize> {
    // SAFETY: the bytes are readable for the length that is given.
    let count = check(unsafe { libc::pwrite(fd, bytes.as_ptr().cast(), bytes.len().min(MOST), offset) })?;
    Ok(count.unsigned_abs())
}

/// `lseek(2)`: the new position. `whence` is 0, 1, 2 or a constant of the system.
pub fn seek(fd: RawFd, offset: i64, whence: i32) -> Sys<i64> {
    // SAFETY: a plain system call.
    check(unsafe { libc::lseek(fd, offset, whence) })
}

/// `ftruncate(2)`
pub fn truncate(fd: RawFd, len: i64) -> Sys<()> {
    // SAFETY: a plain system call.
    check(unsafe { libc::ftruncate(fd, len) }).map(|_| ())
}

/// `fsync(2)`
pub fn sync(fd: RawFd) -> Sys<()> {
    // SAFETY: a plain system call.
    check(unsafe { libc::fsync(fd) }).map(|_| ())
}

/// `isatty(3)`
pub fn is_terminal(fd: RawFd) -> bool {
    // SAFETY: a plain system call.
    unsafe { libc::isatty(fd) == 1 }
}

/// Columns and lines of the terminal.
pub fn terminal_size(fd: RawFd) -> Sys<(u16, u16)> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the request writes a `winsize`, which `size` is.
    check(unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut size) })?;
    Ok((size.ws_col, size.ws_row))
}

/// The device name of the terminal.
pub fn terminal_name(fd: RawFd) -> Sys<Vec<u8>> {
    let mut name = [0u8; 1024];
    // SAFETY: the buffer is writable for its length; the call ends the name with a NUL.
    let error = unsafe { libc::ttyname_r(fd, name.as_mut_ptr().cast(), name.len()) };
    match CStr::from_bytes_until_nul(&name) {
        Ok(name) if error == 0 => Ok(crate::path::from_c(name)),
        _ => Err(Errno(if error == 0 { libc::ERANGE } else { error })),
    }
}

/// A copy of the descriptor, not inheritable.
pub fn duplicate(fd: RawFd) -> Sys<RawFd> {
    // SAFETY: a plain system call.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
}

/// `dup2(2)`; the copy is inheritable if asked for.
pub fn duplicate_to(fd: RawFd, target: RawFd, inheritable: bool) -> Sys<RawFd> {
    // SAFETY: a plain system call.
    let copy = check(unsafe { libc::dup2(fd, target) })?;
    if !inheritable {
        set_inheritable(copy, false)?;
    }
    Ok(copy)
}

/// A pipe: the end to read from and the end to write to, not inheritable, with these other flags.
#[cfg(target_os = "linux")]
pub fn pipe(flags: i32) -> Sys<(RawFd, RawFd)> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for two descriptors.
    check(unsafe { libc::pipe2(ends.as_mut_ptr(), flags | libc::O_CLOEXEC) })?;
    let [reader, writer] = ends;
    Ok((reader, writer))
}

/// Whether children inherit the descriptor.
pub fn is_inheritable(fd: RawFd) -> Sys<bool> {
    // SAFETY: a plain system call.
    Ok(check(unsafe { libc::fcntl(fd, libc::F_GETFD) })? & libc::FD_CLOEXEC == 0)
}

/// Sets whether children inherit the descriptor.
pub fn set_inheritable(fd: RawFd, inheritable: bool) -> Sys<()> {
    // SAFETY: a plain system call.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFD) })?;
    let wanted = if inheritable { flags & !libc::FD_CLOEXEC } else { flags | libc::FD_CLOEXEC };
    if wanted != flags {
        // SAFETY: a plain system call.
        check(unsafe { libc::fcntl(fd, libc::F_SETFD, wanted) })?;
    }
    Ok(())
}

/// Whether calls wait for data.
pub fn is_blocking(fd: RawFd) -> Sys<bool> {
    // SAFETY: a plain system call.
    Ok(check(unsafe { libc::fcntl(fd, libc::F_GETFL) })? & libc::O_NONBLOCK == 0)
}

/// Sets whether calls wait for data.
pub fn set_blocking(fd: RawFd, blocking: bool) -> Sys<()> {
    // SAFETY: a plain system call.
    let flags = check(unsafe { libc::fcntl(fd, libc::F_GETFL) })?;
    let wanted = if blocking { flags & !libc::O_NONBLOCK } else { flags | libc::O_NONBLOCK };
    if wanted != flags {
        // SAFETY: a plain system call.
        check(unsafe { libc::fcntl(fd, libc::F_SETFL, wanted) })?;
    }
    Ok(())
}

/// The status flags (`F_GETFL`).
pub fn status_flags(fd: RawFd) -> Sys<i32> {
    // SAFETY: a plain system call.
    check(unsafe { libc::fcntl(fd, libc::F_GETFL) })
}

/// Whether this is an open descriptor.
pub fn is_open(fd: RawFd) -> bool {
    // SAFETY: a plain system call.
    unsafe { libc::fcntl(fd, libc::F_GETFD) != -1 }
}
