//! Children of the process: shells.

use crate::errno::{Sys, check};
use std::ffi::CStr;

/// `system(3)`: the raw status.
pub fn system(command: &CStr) -> Sys<i32> {
    // SAFETY: the command ends with a NUL.
    check(unsafe { libc::system(command.as_ptr()) })
}

/// How a child of `subprocess` is started.
pub struct Plan<'a> {
    /// The programs to try, in order.
    pub programs: &'a [std::ffi::CString],
    pub arguments: &'a [std::ffi::CString],
    /// None: the parent's.
    pub environment: Option<&'a [std::ffi::CString]>,
    pub dir: Option<&'a CStr>,
    /// What becomes of descriptors 0, 1 and 2; -1 leaves one as it is.
    pub standard: [i32; 3],
    /// The pipe on which a failure is told.
    pub error_pipe: i32,
    /// Close all descriptors but these, from 3 on.
    pub close_but: Option<&'a [i32]>,
    /// Descriptors that the program inherits.
    pub keep: &'a [i32],
    pub restore_signals: bool,
    pub new_session: bool,
    pub process_group: Option<i32>,
    pub group: Option<u32>,
    pub groups: Option<&'a [u32]>,
    pub user: Option<u32>,
    pub mask: Option<u32>,
}

/// The texts as C has them: pointers that end with a null.
fn pointers(texts: &[std::ffi::CString]) -> Vec<*const libc::c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
}

/// Forks and executes. Between the two, the child makes system calls only.
pub fn start(plan: &Plan<'_>) -> Sys<i32> {
    let arguments = pointers(plan.arguments);
    let environment = plan.environment.map(pointers);
    // SAFETY: the child calls only functions that are safe after a fork, on memory that was prepared before it, and never returns.
    unsafe {
        let child = check(libc::fork())?;
        if child == 0 {
            let stage = run(plan, &arguments, environment.as_deref(), None);
            tell(plan.error_pipe, stage);
            libc::_exit(255);
        }
        Ok(child)
    }
}

/// What the child of a fork does that was made already. `last` runs just before the program; false where it failed.
pub fn become_program(plan: &Plan<'_>, last: &mut dyn FnMut() -> bool) -> ! {
    let arguments = pointers(plan.arguments);
    let environment = plan.environment.map(pointers);
    // SAFETY: this thread is the only one; the texts live until the program takes over or the process ends.
    unsafe {
        let stage = run(plan, &arguments, environment.as_deref(), Some(last));
        tell(plan.error_pipe, stage);
        libc::_exit(255)
    }
}

/// Writes "OSError:<errno in hexadecimal>:<where>" to the pipe, as `subprocess` reads it.
unsafe fn tell(pipe: i32, failed: (i32, &'static [u8])) {
    let mut number = [0u8; 8];
    let mut at = number.len();
    let mut rest = failed.0.unsigned_abs();
    while rest > 0 && at > 0 {
        at -= 1;
        if let Some(digit) = number.get_mut(at) {
            *digit = b"0123456789ABCDEF"[(rest & 15) as usize];
        }
        rest >>= 4;
    }
    let digits = number.get(at..).unwrap_or_default();
    let parts = if failed.0 == 0 {
        [b"SubprocessError:0:".as_slice(), b"", b"", failed.1]
    } else {
        [b"OSError:".as_slice(), digits, b":", failed.1]
    };
    for part in parts {
        // SAFETY: the bytes are readable.
        let _count = unsafe { libc::write(pipe, part.as_ptr().cast(), part.len()) };
    }
}

/// What the child does; it comes back only with an error and where it arose.
unsafe fn run(
    plan: &Plan<'_>,
    arguments: &[*const libc::c_char],
    environment: Option<&[*const libc::c_char]>,
    last: Option<&mut dyn FnMut() -> bool>,
) -> (i32, &'static [u8]) {
    let failed = |stage: &'static [u8]| (crate::errno::Errno::last().0, stage);
    // SAFETY: plain system calls, all allowed after a fork.
    unsafe {
        let mut ends = plan.standard;
        // A descriptor below 3 that another one will take is moved out of the way.
        for index in 0..3 {
            if (0..3).contains(&ends[index]) && ends[index] as usize != index {
                ends[index] = libc::fcntl(ends[index], libc::F_DUPFD_CLOEXEC, 3);
                if ends[index] < 0 {
                    return failed(b"");
                }
            }
        }
        for (target, end) in ends.iter().enumerate() {
            let target = target as i32;
            let done = if *end == target {
                libc::fcntl(*end, libc::F_SETFD, 0)
            } else if *end >= 0 {
                libc::dup2(*end, target)
            } else {
                0
            };
            if done < 0 {
                return failed(b"");
            }
        }
        for fd in plan.keep {
            libc::fcntl(*fd, libc::F_SETFD, 0);
        }
        if let Some(dir) = plan.dir
            && libc::chdir(dir.as_ptr()) < 0
        {
            return failed(b"noexec:chdir");
        }
        if let Some(mask) = plan.mask {
            libc::umask(mask);
        }
        if plan.restore_signals {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
        }
        if plan.new_session {
            libc::setsid();
        }
        if plan.process_group.is_some_and(|group| libc::setpgid(0, group) < 0)
            || plan.groups.is_some_and(|groups| libc::setgroups(groups.len(), groups.as_ptr()) < 0)
            || plan.group.is_some_and(|group| libc::setregid(group, group) < 0)
            || plan.user.is_some_and(|user| libc::setreuid(user, user) < 0)
        {
            return failed(b"noexec");
        }
        if last.is_some_and(|last| !last()) {
            return (0, b"Exception occurred in preexec_fn.");
        }
        if let Some(open) = plan.close_but {
            close_others(plan.error_pipe, open);
        }
        let mut error = libc::ENOENT;
        for program in plan.programs {
            match environment {
                Some(environment) => libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()),
                None => libc::execv(program.as_ptr(), arguments.as_ptr()),
            };
            let found = crate::errno::Errno::last().0;
            if found != libc::ENOENT && found != libc::ENOTDIR && error == libc::ENOENT {
                error = found;
            }
        }
        (error, b"")
    }
}

/// Closes descriptors from 3 on but the ones in the sorted list and the pipe.
unsafe fn close_others(pipe: i32, open: &[i32]) {
    let mut from = 3;
    loop {
        let next = open.iter().copied().chain([pipe]).filter(|fd| *fd >= from).min();
        let to = next.map_or(u32::MAX, |next| (next - 1).cast_unsigned());
        if next.is_none_or(|next| next > from) {
            // SAFETY: a plain system call; where the kernel lacks it, descriptors that are close-on-exec close themselves.
            unsafe { libc::syscall(libc::SYS_close_range, from, to, 0) };
        }
        match next {
            Some(next) => from = next + 1,
            None => return,
        }
    }
}
