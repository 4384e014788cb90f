//! `fcntl`.

use crate::support::{FileDescriptor, OrRaise, add_constants, blocking};
use host::control::{self, Range};
use macros::pymodule;
use object::args::ArgInfo;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text};
use object::{Borrowed, FromArg, FromOptArg, PyResult, Ref, hooks, raise};

/// The most that a buffer which is copied may have.
const MOST: usize = 1024;
/// A copy has this much room behind the program's bytes, should the kernel write more.
const GUARD: usize = 1024;

const CONSTANTS: &[(&str, i64)] = &[
    ("DN_ACCESS", 1),
    ("DN_ATTRIB", 32),
    ("DN_CREATE", 4),
    ("DN_DELETE", 8),
    ("DN_MODIFY", 2),
    ("DN_MULTISHOT", 2147483648),
    ("DN_RENAME", 16),
    ("FASYNC", 8192),
    ("FD_CLOEXEC", 1),
    ("FICLONE", 1074041865),
    ("FICLONERANGE", 1075876877),
    ("F_ADD_SEALS", 1033),
    ("F_DUPFD", 0),
    ("F_DUPFD_CLOEXEC", 1030),
    ("F_DUPFD_QUERY", 1027),
    ("F_EXLCK", 4),
    ("F_GETFD", 1),
    ("F_GETFL", 3),
    ("F_GETLEASE", 1025),
    ("F_GETLK", 5),
    ("F_GETLK64", 5),
    ("F_GETOWN", 9),
    ("F_GETOWN_EX", 16),
    ("F_GETPIPE_SZ", 1032),
    ("F_GETSIG", 11),
    ("F_GET_FILE_RW_HINT", 1037),
    ("F_GET_RW_HINT", 1035),
    ("F_GET_SEALS", 1034),
    ("F_NOTIFY", 1026),
    ("F_OFD_GETLK", 36),
    ("F_OFD_SETLK", 37),
    ("F_OFD_SETLKW", 38),
    ("F_OWNER_PGRP", 2),
    ("F_OWNER_PID", 1),
    ("F_OWNER_TID", 0),
    ("F_RDLCK", 0),
    ("F_SEAL_FUTURE_WRITE", 16),
    ("F_SEAL_GROW", 4),
    ("F_SEAL_SEAL", 1),
    ("F_SEAL_SHRINK", 2),
    ("F_SEAL_WRITE", 8),
    ("F_SETFD", 2),
    ("F_SETFL", 4),
    ("F_SETLEASE", 1024),
    ("F_SETLK", 6),
    ("F_SETLK64", 6),
    ("F_SETLKW", 7),
    ("F_SETLKW64", 7),
    ("F_SETOWN", 8),
    ("F_SETOWN_EX", 15),
    ("F_SETPIPE_SZ", 1031),
    ("F_SETSIG", 10),
    ("F_SET_FILE_RW_HINT", 1038),
    ("F_SET_RW_HINT", 1036),
    ("F_SHLCK", 8),
    ("F_UNLCK", 2),
    ("F_WRLCK", 1),
    ("LOCK_EX", 2),
    ("LOCK_MAND", 32),
    ("LOCK_NB", 4),
    ("LOCK_READ", 64),
    ("LOCK_RW", 192),
    ("LOCK_SH", 1),
    ("LOCK_UN", 8),
    ("LOCK_WRITE", 128),
    ("RWH_WRITE_LIFE_EXTREME", 5),
    ("RWH_WRITE_LIFE_LONG", 4),
    ("RWH_WRITE_LIFE_MEDIUM", 3),
    ("RWH_WRITE_LIFE_NONE", 1),
    ("RWH_WRITE_LIFE_NOT_SET", 0),
    ("RWH_WRITE_LIFE_SHORT", 2),
];

/// The low 64 bits of an int.
fn low_bits(number: Borrowed<'_>) -> u64 {
    let (negative, digits) = int::digits(number).unwrap_or((false, &[]));
    let bits = digits.iter().enumerate().take(3).fold(0u64, |bits, (at, digit)| bits | u64::from(*digit) << (30 * at));
    if negative { bits.wrapping_neg() } else { bits }
}

/// What stands behind the command: a number, or bytes.
enum Argument {
    Number(i64),
    Bytes(Vec<u8>),
}

/// A start or a length of a lock: an int that fits a long; 0 where it is absent.
struct Offset(i64);

impl<'a> FromArg<'a> for Offset {
    fn from_arg(value: Borrowed<'a>, _info: &'static ArgInfo) -> PyResult<Self> {
        let number = value.index()?;
        int::to_i64(number.b()).map(Offset).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))
    }
}

impl<'a> FromOptArg<'a> for Offset {
    fn from_opt(value: Option<Borrowed<'a>>, info: &'static ArgInfo) -> PyResult<Self> {
        value.map_or(Ok(Offset(0)), |value| Offset::from_arg(value, info))
    }
}

fn read_only_argument(function: &str, argument: Borrowed<'_>) -> PyResult<Argument> {
    if argument.class().nb_index().is_some() {
        // C's int: the low bits count.
        let bits = low_bits(argument.index()?.b());
        return Ok(Argument::Number(i64::from(bits as u32 as i32)));
    }
    let content = if text::check(argument) {
        text::to_string(argument).ok_or_else(|| object::convert::surrogates_not_allowed(argument))?.into_bytes()
    } else if argument.has_buffer() {
        Buffer::readable(argument)?.bytes().to_vec()
    } else {
        let found = argument.class().tp_name();
        return Err(raise!(
            TypeError,
            "{function}() argument 3 must be an integer, a bytes-like object, or a string, not {found}"
        ));
    };
    if content.len() > MOST {
        return Err(raise!(ValueError, "{function} argument 3 is too long"));
    }
    Ok(Argument::Bytes(content))
}

/// Calls with a copy of the bytes; what the kernel made of them.
fn with_copy(content: &[u8], mut call: impl FnMut(&mut [u8]) -> host::errno::Sys<i32>) -> PyResult<Ref> {
    let mut copy = [0u8; MOST + GUARD];
    let len = content.len().min(MOST);
    let result = blocking(|| {
        copy.iter_mut().zip(content).for_each(|(place, byte)| *place = *byte);
        call(&mut copy)
    })?;
    result.or_raise()?;
    bytes::new(copy.get(..len).unwrap_or_default())
}

fn audit(event: &str, fd: FileDescriptor, second: Borrowed<'_>, third: Borrowed<'_>) -> PyResult<()> {
    hooks::audit(event, &[int::new(i64::from(fd.0))?.b(), second, third])
}

/// This module performs file control and I/O control on file
/// descriptors.  It is an interface to the fcntl() and ioctl() Unix
/// routines.  File descriptors can be obtained with the fileno() method of
/// a file or socket object.
#[pymodule(name = "fcntl")]
pub mod module {
    use super::*;

    /// Perform the operation cmd on file descriptor fd.
    ///
    /// The values used for cmd are operating system dependent, and are
    /// available as constants in the fcntl module, using the same names as used
    /// in the relevant C header files.  The argument arg is optional, and
    /// defaults to 0; it may be an integer, a bytes-like object or a string.
    /// If arg is given as a string, it will be encoded to binary using the
    /// UTF-8 encoding.
    ///
    /// If the arg given is an integer or if none is specified, the result value
    /// is an integer corresponding to the return value of the fcntl() call in
    /// the C code.
    ///
    /// If arg is given as a bytes-like object, the return value of fcntl() is a
    /// bytes object of that length, containing the resulting value put in the
    /// arg buffer by the operating system.  The length of the arg buffer is not
    /// allowed to exceed 1024 bytes.
    #[pyfunction("($module, fd, cmd, arg=None, /)")]
    fn fcntl(_module: Borrowed<'_>, fd: FileDescriptor, cmd: i32, arg: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let zero = int::new(0)?;
        let arg = arg.unwrap_or(zero.b());
        audit("fcntl.fcntl", fd, int::new(i64::from(cmd))?.b(), arg)?;
        match read_only_argument("fcntl", arg)? {
            Argument::Number(number) => int::new(i64::from(blocking(|| control::fcntl(fd.0, cmd, number))?.or_raise()?)),
            Argument::Bytes(content) => with_copy(&content, |copy| control::fcntl_with(fd.0, cmd, copy)),
        }
    }

    /// Perform the operation request on file descriptor fd.
    ///
    /// The values used for request are operating system dependent, and are
    /// available as constants in the fcntl or termios library modules, using
    /// the same names as used in the relevant C header files.
    ///
    /// The argument arg is optional, and defaults to 0; it may be an integer, a
    /// bytes-like object or a string.  If arg is given as a string, it will be
    /// encoded to binary using the UTF-8 encoding.
    ///
    /// If the arg given is an integer or if none is specified, the result value
    /// is an integer corresponding to the return value of the ioctl() call in
    /// the C code.
    ///
    /// If the argument is a mutable buffer (such as a bytearray) and the
    /// mutate_flag argument is true (default) then the buffer is (in effect)
    /// passed to the operating system and changes made by the OS will be
    /// reflected in the contents of the buffer after the call has returned.
    /// The return value is the integer returned by the ioctl() system call.
    ///
    /// If the argument is a mutable buffer and the mutable_flag argument is
    /// false, the behavior is as if an immutable buffer had been passed.
    ///
    /// If the argument is an immutable buffer then a copy of the buffer is
    /// passed to the operating system and the return value is a bytes object of
    /// the same length containing whatever the operating system put in the
    /// buffer.  The length of the arg buffer in this case is not allowed to
    /// exceed 1024 bytes.
    #[pyfunction("($module, fd, request, arg=None, mutate_flag=True, /)")]
    fn ioctl(
        _module: Borrowed<'_>,
        fd: FileDescriptor,
        request: Borrowed<'_>,
        arg: Option<Borrowed<'_>>,
        mutate_flag: bool,
    ) -> PyResult<Ref> {
        let zero = int::new(0)?;
        let arg = arg.unwrap_or(zero.b());
        if request.class().nb_index().is_none() {
            return Err(raise!(TypeError, "ioctl() argument 2 must be int, not {}", request.class().tp_name()));
        }
        let code = low_bits(request.index()?.b());
        audit("fcntl.ioctl", fd, int::from_u64(code)?.b(), arg)?;
        if mutate_flag && arg.class().nb_index().is_none() && !text::check(arg) && arg.has_buffer() {
            match Buffer::writable(arg) {
                Ok(buffer) => return ioctl_in_place(fd, code, &buffer),
                // Not a buffer that can be written to: a copy of it.
                Err(raised) => raised.clear(),
            }
        }
        match read_only_argument("ioctl", arg)? {
            Argument::Number(number) => int::new(i64::from(blocking(|| control::ioctl(fd.0, code, number))?.or_raise()?)),
            Argument::Bytes(content) => with_copy(&content, |copy| control::ioctl_with(fd.0, code, copy)),
        }
    }

    /// `ioctl` on a program's own bytes; small ones pass through a copy with room behind them.
    fn ioctl_in_place(fd: FileDescriptor, code: u64, buffer: &Buffer) -> PyResult<Ref> {
        if buffer.len() > MOST {
            let result = buffer.with_bytes_mut(|content| blocking(|| control::ioctl_with(fd.0, code, content)));
            return int::new(i64::from(result.unwrap_or(Ok(Ok(0)))?.or_raise()?));
        }
        let content = buffer.bytes().to_vec();
        let mut copy = [0u8; MOST + GUARD];
        copy.iter_mut().zip(&content).for_each(|(place, byte)| *place = *byte);
        let result = blocking(|| control::ioctl_with(fd.0, code, &mut copy))?;
        buffer.write_at(0, copy.get(..content.len()).unwrap_or_default());
        int::new(i64::from(result.or_raise()?))
    }

    /// Perform the lock operation on file descriptor fd.
    ///
    /// See the Unix manual page for flock(2) for details (On some systems, this
    /// function is emulated using fcntl()).
    #[pyfunction("($module, fd, operation, /)")]
    fn flock(_module: Borrowed<'_>, fd: FileDescriptor, operation: i32) -> PyResult<()> {
        hooks::audit("fcntl.flock", &[int::new(i64::from(fd.0))?.b(), int::new(i64::from(operation))?.b()])?;
        blocking(|| control::flock(fd.0, operation))?.or_raise()
    }

    /// A wrapper around the fcntl() locking calls.
    ///
    /// fd is the file descriptor of the file to lock or unlock, and operation
    /// is one of the following values:
    ///
    ///     LOCK_UN - unlock
    ///     LOCK_SH - acquire a shared lock
    ///     LOCK_EX - acquire an exclusive lock
    ///
    /// When operation is LOCK_SH or LOCK_EX, it can also be bitwise ORed with
    /// LOCK_NB to avoid blocking on lock acquisition.  If LOCK_NB is used and
    /// the lock cannot be acquired, an OSError will be raised and the exception
    /// will have an errno attribute set to EACCES or EAGAIN (depending on the
    /// operating system -- for portability, check for either value).
    ///
    /// len is the number of bytes to lock, with the default meaning to lock to
    /// EOF.  start is the byte offset, relative to whence, to that the lock
    /// starts.  whence is as with fileobj.seek(), specifically:
    ///
    ///     0 - relative to the start of the file (SEEK_SET)
    ///     1 - relative to the current buffer position (SEEK_CUR)
    ///     2 - relative to the end of the file (SEEK_END)
    #[pyfunction("($module, fd, cmd, len=None, start=None, whence=0, /)")]
    fn lockf(_module: Borrowed<'_>, fd: FileDescriptor, cmd: i32, len: Offset, start: Offset, whence: i32) -> PyResult<()> {
        let objects = [
            int::new(i64::from(fd.0))?,
            int::new(i64::from(cmd))?,
            int::new(len.0)?,
            int::new(start.0)?,
            int::new(i64::from(whence))?,
        ];
        hooks::audit("fcntl.lockf", &objects.each_ref().map(Ref::b))?;
        let kind = match cmd {
            libc::LOCK_UN => libc::F_UNLCK,
            cmd if cmd & libc::LOCK_SH != 0 => libc::F_RDLCK,
            cmd if cmd & libc::LOCK_EX != 0 => libc::F_WRLCK,
            _ => return Err(raise!(ValueError, "unrecognized lockf argument")),
        };
        // C's short takes the low bits.
        let range = Range { kind, whence: whence as i16, start: start.0, len: len.0 };
        blocking(|| control::lock(fd.0, &range, cmd & libc::LOCK_NB == 0))?.or_raise()
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        add_constants(module, CONSTANTS)
    }
}
