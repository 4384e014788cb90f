//! Open files by their descriptors.

use crate::path::{DirFd, Path, dir};
use crate::support::{FileDescriptor, OrRaise, blocking, decode, free, os_error};
use builtins::struct_sequence;
use builtins::structseq;
use host::errno::Errno;
use host::fd;
use macros::pymodule;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, hooks, memory, raise};

struct_sequence!(
    /// `os.terminal_size`
    TerminalSize, c"os.terminal_size", c"A tuple of (columns, lines) for holding terminal window size", 2,
    [c"columns" = c"width of the terminal window in characters", c"lines" = c"height of the terminal window in characters"]
);

fn read_with(length: isize, mut call: impl FnMut(&mut [u8]) -> host::errno::Sys<usize>) -> PyResult<Ref> {
    let Ok(length) = usize::try_from(length) else { return Err(os_error(Errno(libc::EINVAL))) };
    let mut target = memory::vec_with_capacity::<u8>(length)?;
    target.resize(length, 0);
    let count = blocking(|| call(&mut target))?.or_raise()?;
    bytes::new(target.get(..count).unwrap_or_default())
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    #[pytype]
    type Size = super::TerminalSize;

    /// Open a file for low level IO.  Returns a file descriptor (integer).
    ///
    /// If dir_fd is not None, it should be a file descriptor open to a directory,
    ///   and path should be relative; path will then be relative to that directory.
    /// dir_fd may not be implemented on your platform.
    ///   If it is unavailable, using it will raise a NotImplementedError.
    #[pyfunction("($module, /, path, flags, mode=511, *, dir_fd=None)")]
    fn open(_module: Borrowed<'_>, path: Path, flags: i32, mode: i32, dir_fd: Option<DirFd>) -> PyResult<i32> {
        hooks::audit("open", &[path.object(), object::core::none(), int::new(i64::from(flags))?.b()])?;
        blocking(|| fd::open(dir(&dir_fd), path.c(), flags, mode.cast_unsigned()))?.or_file(path.object())
    }

    /// Close a file descriptor.
    #[pyfunction("($module, /, fd)")]
    fn close(_module: Borrowed<'_>, fd: i32) -> PyResult<()> {
        free(|| fd::close(fd)).or_raise()
    }

    /// Closes all file descriptors in [fd_low, fd_high), ignoring errors.
    #[pyfunction("($module, fd_low, fd_high, /)")]
    fn closerange(_module: Borrowed<'_>, fd_low: i32, fd_high: i32) {
        object::gil::without(|| {
            for fd in fd_low.max(0)..fd_high {
                let _ignored = fd::close(fd);
            }
        });
    }

    /// Read from a file descriptor.  Returns a bytes object.
    #[pyfunction("($module, fd, length, /)")]
    fn read(_module: Borrowed<'_>, fd: i32, length: isize) -> PyResult<Ref> {
        read_with(length, |target| fd::read(fd, target))
    }

    /// Read into a buffer object from a file descriptor.
    #[pyfunction("($module, fd, buffer, /)")]
    fn readinto(_module: Borrowed<'_>, fd: i32, buffer: Borrowed<'_>) -> PyResult<usize> {
        let buffer = Buffer::writable(buffer)?;
        let count = buffer.with_bytes_mut(|target| blocking(|| fd::read(fd, target)));
        count.unwrap_or(Ok(Ok(0)))?.or_raise()
    }

    /// Write a bytes object to a file descriptor.
    #[pyfunction("($module, fd, data, /)")]
    fn write(_module: Borrowed<'_>, fd: i32, data: Borrowed<'_>) -> PyResult<usize> {
        let data = Buffer::readable(data)?;
        blocking(|| fd::write(fd, data.bytes()))?.or_raise()
    }

    /// Read a number of bytes from a file descriptor starting at a particular offset.
    #[pyfunction("($module, fd, length, offset, /)")]
    fn pread(_module: Borrowed<'_>, fd: i32, length: isize, offset: i64) -> PyResult<Ref> {
        read_with(length, |target| fd::pread(fd, target, offset))
    }

    /// Write bytes to a file descriptor starting at a particular offset.
    #[pyfunction("($module, fd, buffer, offset, /)")]
    fn pwrite(_module: Borrowed<'_>, fd: i32, buffer: Borrowed<'_>, offset: i64) -> PyResult<usize> {
        let data = Buffer::readable(buffer)?;
        blocking(|| fd::pwrite(fd, data.bytes(), offset))?.or_raise()
    }

    /// Set the position of a file descriptor.  Return the new position.
    #[pyfunction("($module, fd, position, whence, /)")]
    fn lseek(_module: Borrowed<'_>, fd: i32, position: i64, whence: i32) -> PyResult<i64> {
        free(|| fd::seek(fd, position, whence)).or_raise()
    }

    /// Return True if the fd is connected to a terminal.
    #[pyfunction("($module, fd, /)")]
    fn isatty(_module: Borrowed<'_>, fd: i32) -> bool {
        object::gil::without(|| fd::is_terminal(fd))
    }

    /// Return a duplicate of a file descriptor.
    #[pyfunction("($module, fd, /)")]
    fn dup(_module: Borrowed<'_>, fd: i32) -> PyResult<i32> {
        fd::duplicate(fd).or_raise()
    }

    /// Duplicate file descriptor.
    #[pyfunction("($module, /, fd, fd2, inheritable=True)")]
    fn dup2(_module: Borrowed<'_>, fd: i32, fd2: i32, inheritable: bool) -> PyResult<i32> {
        free(|| fd::duplicate_to(fd, fd2, inheritable)).or_raise()
    }

    /// Create a pipe.
    ///
    /// Returns a tuple of two file descriptors:
    ///   (read_fd, write_fd)
    #[pyfunction("()")]
    fn pipe() -> PyResult<(i32, i32)> {
        free(|| fd::pipe(libc::O_CLOEXEC)).or_raise()
    }

    /// Create a pipe with flags set atomically.
    #[pyfunction("($module, flags, /)")]
    fn pipe2(_module: Borrowed<'_>, flags: i32) -> PyResult<(i32, i32)> {
        free(|| fd::pipe(flags)).or_raise()
    }

    /// Force write of fd to disk.
    #[pyfunction("($module, /, fd)")]
    fn fsync(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<()> {
        blocking(|| fd::sync(fd.0))?.or_raise()
    }

    /// Force write of fd to disk without forcing update of metadata.
    #[pyfunction("($module, /, fd)")]
    fn fdatasync(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<()> {
        blocking(|| host::special::sync_data(fd.0))?.or_raise()
    }

    /// Get the close-on-exe flag of the specified file descriptor.
    #[pyfunction("($module, fd, /)")]
    fn get_inheritable(_module: Borrowed<'_>, fd: i32) -> PyResult<bool> {
        fd::is_inheritable(fd).or_raise()
    }

    /// Set the inheritable flag of the specified file descriptor.
    #[pyfunction("($module, fd, inheritable, /)")]
    fn set_inheritable(_module: Borrowed<'_>, fd: i32, inheritable: i32) -> PyResult<()> {
        fd::set_inheritable(fd, inheritable != 0).or_raise()
    }

    /// Get the blocking mode of the file descriptor.
    ///
    /// Return False if the O_NONBLOCK flag is set, True if the flag is cleared.
    #[pyfunction("($module, fd, /)")]
    fn get_blocking(_module: Borrowed<'_>, fd: i32) -> PyResult<bool> {
        fd::is_blocking(fd).or_raise()
    }

    /// Set the blocking mode of the specified file descriptor.
    ///
    /// Set the O_NONBLOCK flag if blocking is False,
    /// clear the O_NONBLOCK flag otherwise.
    #[pyfunction("($module, fd, blocking, /)")]
    fn set_blocking(_module: Borrowed<'_>, fd: i32, blocking: bool) -> PyResult<()> {
        fd::set_blocking(fd, blocking).or_raise()
    }

    /// Return the size of the terminal window as (columns, lines).
    ///
    /// The optional argument fd (default standard output) specifies
    /// which file descriptor should be queried.
    ///
    /// If the file descriptor is not connected to a terminal, an OSError
    /// is thrown.
    #[pyfunction("($module, fd=1, /)")]
    fn get_terminal_size(_module: Borrowed<'_>, fd: i32) -> PyResult<Ref> {
        let (columns, lines) = fd::terminal_size(fd).or_raise()?;
        structseq::new::<TerminalSize>(vec![int::new(i64::from(columns))?, int::new(i64::from(lines))?])
    }

    /// Return the name of the terminal device connected to 'fd'.
    ///
    ///   fd
    ///     Integer file descriptor handle.
    #[pyfunction("($module, fd, /)")]
    fn ttyname(_module: Borrowed<'_>, fd: i32) -> PyResult<Ref> {
        decode(&fd::terminal_name(fd).or_raise()?)
    }

    /// Return a string describing the encoding of a terminal's file descriptor.
    ///
    /// The file descriptor must be attached to a terminal.
    /// If the device is not a terminal, return None.
    #[pyfunction("($module, /, fd)")]
    fn device_encoding(_module: Borrowed<'_>, fd: i32) -> PyResult<Option<Ref>> {
        if fd::is_terminal(fd) { text::new("UTF-8").map(Some) } else { Ok(None) }
    }

    /// Read from a file descriptor fd into an iterable of buffers.
    #[pyfunction("($module, fd, buffers, /)")]
    fn readv(_module: Borrowed<'_>, fd: i32, buffers: Borrowed<'_>) -> PyResult<usize> {
        if !buffers.is_sequence() {
            return Err(raise!(TypeError, "readv() arg 2 must be a sequence"));
        }
        let targets = buffers.to_vec()?.iter().map(|item| Buffer::writable(item.b())).collect::<PyResult<Vec<Buffer>>>()?;
        let total = targets.iter().map(Buffer::len).sum();
        let mut content = memory::vec_with_capacity::<u8>(total)?;
        content.resize(total, 0);
        let count = blocking(|| fd::read(fd, &mut content))?.or_raise()?;
        let mut rest = content.get(..count).unwrap_or_default();
        for target in &targets {
            let taken = target.write_at(0, rest);
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(count)
    }

    /// Iterate over buffers, and write the contents of each to a file descriptor.
    ///
    /// Returns the total number of bytes written.
    /// buffers must be a sequence of bytes-like objects.
    #[pyfunction("($module, fd, buffers, /)")]
    fn writev(_module: Borrowed<'_>, fd: i32, buffers: Borrowed<'_>) -> PyResult<usize> {
        if !buffers.is_sequence() {
            return Err(raise!(TypeError, "writev() arg 2 must be a sequence"));
        }
        let mut content: Vec<u8> = Vec::new();
        for item in buffers.to_vec()? {
            let source = Buffer::readable(item.b())?;
            memory::reserve(&mut content, source.len())?;
            content.extend_from_slice(source.bytes());
        }
        blocking(|| fd::write(fd, &content))?.or_raise()
    }

    /// Open a pseudo-terminal.
    ///
    /// Return a tuple of (master_fd, slave_fd) containing open file descriptors
    /// for both the master and slave ends.
    #[pyfunction("()")]
    fn openpty() -> PyResult<Ref> {
        let (master, slave) = host::terminal::open_pair().or_raise()?;
        tuple::from_array([int::new(i64::from(master))?, int::new(i64::from(slave))?])
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        structseq::finish::<TerminalSize>()
    }
}
