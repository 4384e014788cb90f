//! Terminals and pseudo-terminals.

use crate::support::{FileDescriptor, OrRaise, decode};
use host::terminal;
use macros::pymodule;
use object::{Borrowed, PyResult, Ref};

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    /// Open and return a file descriptor for a master pseudo-terminal device.
    ///
    /// Performs a posix_openpt() C function call. The oflag argument is used to
    /// set file status flags and file access modes as specified in the manual
    /// page of posix_openpt() of your system.
    #[pyfunction("($module, oflag, /)")]
    fn posix_openpt(_module: Borrowed<'_>, oflag: i32) -> PyResult<i32> {
        terminal::open_master(oflag).or_raise()
    }
    /// Grant access to the slave pseudo-terminal device.
    ///
    ///   fd
    ///     File descriptor of a master pseudo-terminal device.
    ///
    /// Performs a grantpt() C function call.
    #[pyfunction("($module, fd, /)")]
    fn grantpt(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<()> {
        terminal::grant(fd.0).or_raise()
    }
    /// Unlock a pseudo-terminal master/slave pair.
    ///
    ///   fd
    ///     File descriptor of a master pseudo-terminal device.
    ///
    /// Performs an unlockpt() C function call.
    #[pyfunction("($module, fd, /)")]
    fn unlockpt(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<()> {
        terminal::unlock(fd.0).or_raise()
    }
    /// Return the name of the slave pseudo-terminal device.
    ///
    ///   fd
    ///     File descriptor of a master pseudo-terminal device.
    ///
    /// If the ptsname_r() C function is available, it is called;
    /// otherwise, performs a ptsname() C function call.
    #[pyfunction("($module, fd, /)")]
    fn ptsname(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<Ref> {
        decode(&terminal::slave_name(fd.0).or_raise()?)
    }
    /// Prepare the tty of which fd is a file descriptor for a new login session.
    ///
    /// Make the calling process a session leader; make the tty the
    /// controlling tty, the stdin, the stdout, and the stderr of the
    /// calling process; close fd.
    #[pyfunction("($module, fd, /)")]
    fn login_tty(_module: Borrowed<'_>, fd: FileDescriptor) -> PyResult<()> {
        terminal::log_in(fd.0).or_raise()
    }
    /// Return the process group associated with the terminal specified by fd.
    #[pyfunction("($module, fd, /)")]
    fn tcgetpgrp(_module: Borrowed<'_>, fd: i32) -> PyResult<i32> {
        terminal::foreground(fd).or_raise()
    }
    /// Set the process group associated with the terminal specified by fd.
    #[pyfunction("($module, fd, pgid, /)")]
    fn tcsetpgrp(_module: Borrowed<'_>, fd: i32, pgid: i32) -> PyResult<()> {
        terminal::set_foreground(fd, pgid).or_raise()
    }
    /// Return the name of the controlling terminal for this process.
    #[pyfunction("()")]
    fn ctermid() -> PyResult<Ref> {
        decode(&terminal::controlling_name())
    }
}
