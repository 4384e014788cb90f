//! Waiting for children: `wait4`, `waitid`; descriptors of processes.

use crate::errno::{Sys, check};
use crate::resource::Usage;

/// `wait4(2)`: the child, its raw status, what it used.
pub fn wait4(process: i32, options: i32) -> Sys<(i32, i32, Usage)> {
    let mut status = 0;
    // SAFETY: a struct of numbers, for which zero is valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: status and usage are locals.
    let child = check(unsafe { libc::wait4(process, &mut status, options, &mut usage) })?;
    Ok((child, status, crate::resource::usage_of(&usage)))
}

/// What `waitid(2)` tells.
pub struct Change {
    pub process: i32,
    pub user: u32,
    pub signal: i32,
    pub status: i32,
    pub code: i32,
}

/// `waitid(2)`; none where no child changed.
pub fn waitid(kind: i32, id: u32, options: i32) -> Sys<Option<Change>> {
    // SAFETY: a struct of numbers, for which zero is valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is a local.
    check(unsafe { libc::waitid(kind.cast_unsigned(), id, &mut info, options) })?;
    // SAFETY: the call filled the fields for children, or left zeros.
    let (process, user, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
    let change = Change { process, user, signal: info.si_signo, status, code: info.si_code };
    Ok((process != 0).then_some(change))
}

/// `pidfd_open(2)`
pub fn open_process(process: i32, flags: u32) -> Sys<i32> {
    // SAFETY: a plain system call.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, process, flags) })?;
    i32::try_from(fd).map_err(|_| crate::errno::Errno(libc::EMFILE))
}

/// `pidfd_send_signal(2)`
pub fn signal_process(fd: i32, signal: i32, flags: u32) -> Sys<()> {
    let none = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a plain system call; no details are given.
    check(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, signal, none, flags) }).map(|_| ())
}
