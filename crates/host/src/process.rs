//! The process: its numbers, its children, its limits.

use std::ffi::{CStr, CString};

use crate::errno::{Errno, Sys, check};

macro_rules! numbers {
    ($($(#[$doc:meta])* fn $name:ident() -> $type:ty = $call:ident;)*) => {
        $($(#[$doc])*
        pub fn $name() -> $type {
            // SAFETY: the call only reads and cannot fail.
            unsafe { libc::$call() }
        })*
    };
}

numbers! {
    /// `getpid(2)`
    fn id() -> i32 = getpid;
    /// `getppid(2)`
    fn parent_id() -> i32 = getppid;
    /// `getuid(2)`
    fn user() -> u32 = getuid;
    /// `geteuid(2)`
    fn effective_user() -> u32 = geteuid;
    /// `getgid(2)`
    fn group() -> u32 = getgid;
    /// `getegid(2)`
    fn effective_group() -> u32 = getegid;
    /// `getpgrp(2)`
    fn process_group() -> i32 = getpgrp;
}

/// The number of the current thread, as the system has it.
#[cfg(target_os = "linux")]
pub fn thread_id() -> u64 {
    // SAFETY: the call only reads and cannot fail.
    u64::from(unsafe { libc::gettid() }.unsigned_abs())
}

/// `kill(2)`
pub fn kill(process: i32, signal: i32) -> Sys<()> {
    // SAFETY: a plain system call.
    check(unsafe { libc::kill(process, signal) }).map(|_| ())
}

/// `waitpid(2)`: the child and its raw status.
pub fn wait(process: i32, options: i32) -> Sys<(i32, i32)> {
    let mut status = 0;
    // SAFETY: the status is written to a local.
    let child = check(unsafe { libc::waitpid(process, &mut status, options) })?;
    Ok((child, status))
}

/// `execve(2)`; returns only when it fails.
pub fn execute(path: &CStr, arguments: &[CString], environment: &[CString]) -> Errno {
    let pointers = |texts: &[CString]| texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect::<Vec<_>>();
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: both arrays end with a null and point to texts that outlive the call.
    unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    Errno::last()
}

/// `fexecve(3)`; returns only when it fails.
pub fn execute_open(fd: i32, arguments: &[CString], environment: &[CString]) -> Errno {
    let pointers = |texts: &[CString]| texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect::<Vec<_>>();
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    // SAFETY: as `execute`.
    unsafe { libc::fexecve(fd, arguments.as_ptr(), environment.as_ptr()) };
    Errno::last()
}

/// `fork(2)`: 0 in the child.
///
/// # Safety
/// The child has only the calling thread; whatever locks other threads hold stay locked in it. The caller resets all that it uses.
pub unsafe fn fork() -> Sys<i32> {
    // SAFETY: the caller answers for the child's state.
    let child = check(unsafe { libc::fork() })?;
    if child == 0 {
        crate::stack::forget_stack_limit();
    }
    Ok(child)
}

/// `_exit(2)`
pub fn exit_now(status: i32) -> ! {
    // SAFETY: ends the process without running anything of it.
    unsafe { libc::_exit(status) }
}

/// The parts of `uname(2)`: system, node, release, version, machine.
pub fn system_name() -> Sys<[Vec<u8>; 5]> {
    let mut raw = std::mem::MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the call writes the struct where it succeeds.
    check(unsafe { libc::uname(raw.as_mut_ptr()) })?;
    // SAFETY: it did, and zeroed bytes are valid anyway.
    let raw = unsafe { raw.assume_init() };
    let text = |field: &[libc::c_char]| field.iter().map(|&c| c.cast_unsigned()).take_while(|&byte| byte != 0).collect();
    Ok([text(&raw.sysname), text(&raw.nodename), text(&raw.release), text(&raw.version), text(&raw.machine)])
}

/// Processors that this process may use.
pub fn usable_processors() -> Option<usize> {
    std::thread::available_parallelism().ok().map(std::num::NonZero::get)
}

/// `sysconf(3)`; `None` where the system sets no limit.
pub fn configuration(name: i32) -> Sys<Option<i64>> {
    Errno(0).set();
    // SAFETY: a plain call.
    match unsafe { libc::sysconf(name) } {
        -1 => match Errno::last() {
            Errno(0) => Ok(None),
            error => Err(error),
        },
        value => Ok(Some(value)),
    }
}
