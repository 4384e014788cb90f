//! Processes: signals, waiting, starting.

use crate::path::{Path, PathOrFd};
use crate::support::{OrRaise, blocking, encode, free};
use macros::pymodule;
use object::value::{bytes, int, tuple};
use object::{Borrowed, PyResult, Ref, hooks, id, raise};
use std::ffi::CString;

/// Program arguments as the system takes them.
fn texts(items: &[Ref]) -> PyResult<Vec<CString>> {
    items.iter().map(|item| text_of(item.b())).collect()
}

/// The bytes of a str, bytes or path: C's `PyUnicode_FSConverter`.
pub(crate) fn content(item: Borrowed<'_>) -> PyResult<Vec<u8>> {
    let item = crate::path::fspath(item)?;
    match bytes::value(item.b()) {
        Some(content) => Ok(content.to_vec()),
        None => encode(item.b()),
    }
}

fn text_of(item: Borrowed<'_>) -> PyResult<CString> {
    CString::new(content(item)?).map_err(|_| raise!(ValueError, "embedded null byte"))
}

/// `argv` of the exec functions.
pub(super) fn arguments(argv: Borrowed<'_>, function: &str) -> PyResult<Vec<CString>> {
    if !argv.class().has(abi::tpflags::LIST_SUBCLASS) && tuple::items(argv).is_none() {
        return Err(raise!(TypeError, "{function} must be a tuple or list"));
    }
    let items = argv.to_vec()?;
    let texts = texts(&items)?;
    match texts.first() {
        None => Err(raise!(ValueError, "{function} must not be empty")),
        Some(first) if first.is_empty() => Err(raise!(ValueError, "{function} first element cannot be empty")),
        Some(_) => Ok(texts),
    }
}

/// The environment of a mapping, as the system takes it.
pub(super) fn environment(env: Borrowed<'_>) -> PyResult<Vec<CString>> {
    let keys = env.call_method(id!("keys"), &[])?.to_vec()?;
    let mut all = Vec::new();
    for key in keys {
        let (name, value) = (text_of(key.b())?, text_of(env.getitem(key.b())?.b())?);
        let rest = name.to_bytes().get(1..).unwrap_or_default();
        if name.is_empty() || rest.contains(&b'=') {
            return Err(raise!(ValueError, "illegal environment variable name"));
        }
        let joined = [name.to_bytes(), b"=", value.to_bytes()].concat();
        all.push(CString::new(joined).map_err(|_| raise!(ValueError, "embedded null byte"))?);
    }
    Ok(all)
}

fn current_environment() -> Vec<CString> {
    let joined = host::environment::variables().into_iter().map(|(name, value)| [name, b"=".to_vec(), value].concat());
    joined.filter_map(|text| CString::new(text).ok()).collect()
}

/// Refuses to replace the process from an interpreter that may not.
fn check_exec() -> PyResult<()> {
    if object::thread::current().interpreter().sub.settings.get().allow_exec {
        return Ok(());
    }
    Err(raise!(RuntimeError, "exec not supported for isolated subinterpreters"))
}

#[pymodule(part)]
#[allow(non_snake_case, reason = "some names are those of C macros")]
pub(crate) mod part {
    use super::*;

    /// Exit to the system with specified status, without normal exit processing.
    #[pyfunction("($module, /, status)")]
    fn _exit(_module: Borrowed<'_>, status: i32) -> PyResult<()> {
        host::process::exit_now(status)
    }

    /// Abort the interpreter immediately.
    ///
    /// This function 'dumps core' or otherwise fails in the hardest way possible
    /// on the hosting operating system.  This function never returns.
    #[pyfunction("()")]
    fn abort() -> PyResult<()> {
        std::process::abort()
    }

    /// Kill a process with a signal.
    #[pyfunction("($module, pid, signal, /)")]
    fn kill(_module: Borrowed<'_>, pid: i32, signal: i32) -> PyResult<()> {
        hooks::audit("os.kill", &[int::new(i64::from(pid))?.b(), int::new(i64::from(signal))?.b()])?;
        host::process::kill(pid, signal).or_raise()?;
        crate::support::run_pending()
    }

    /// Kill a process group with a signal.
    #[pyfunction("($module, pgid, signal, /)")]
    fn killpg(_module: Borrowed<'_>, pgid: i32, signal: i32) -> PyResult<()> {
        hooks::audit("os.killpg", &[int::new(i64::from(pgid))?.b(), int::new(i64::from(signal))?.b()])?;
        host::process::kill(-pgid, signal).or_raise()
    }

    /// Wait for completion of a given child process.
    ///
    /// Returns a tuple of information regarding the child process:
    ///     (pid, status)
    ///
    /// The options argument is ignored on Windows.
    #[pyfunction("($module, pid, options, /)")]
    fn waitpid(_module: Borrowed<'_>, pid: i32, options: i32) -> PyResult<(i32, i32)> {
        blocking(|| host::process::wait(pid, options))?.or_raise()
    }

    /// Wait for completion of a child process.
    ///
    /// Returns a tuple of information about the child process:
    ///     (pid, status)
    #[pyfunction("()")]
    fn wait() -> PyResult<(i32, i32)> {
        blocking(|| host::process::wait(-1, 0))?.or_raise()
    }

    /// Execute an executable path with arguments, replacing current process.
    ///
    ///   path
    ///     Path of executable file.
    ///   argv
    ///     Tuple or list of strings.
    #[pyfunction("($module, path, argv, /)")]
    fn execv(_module: Borrowed<'_>, path: Path, argv: Borrowed<'_>) -> PyResult<()> {
        check_exec()?;
        let arguments = arguments(argv, "execv() arg 2")?;
        hooks::audit("os.exec", &[path.object(), argv, object::core::none()])?;
        let errno = host::process::execute(path.c(), &arguments, &current_environment());
        Err(crate::support::os_error(errno))
    }

    /// Execute an executable path with arguments, replacing current process.
    ///
    ///   path
    ///     Path of executable file.
    ///   argv
    ///     Tuple or list of strings.
    ///   env
    ///     Dictionary of strings mapping to strings.
    #[pyfunction("($module, /, path, argv, env)")]
    fn execve(_module: Borrowed<'_>, path: PathOrFd, argv: Borrowed<'_>, env: Borrowed<'_>) -> PyResult<()> {
        check_exec()?;
        let arguments = arguments(argv, "execve: argv")?;
        if env.class().mp_subscript().is_none() {
            return Err(raise!(TypeError, "execve: environment must be a mapping object"));
        }
        let environment = environment(env)?;
        hooks::audit("os.exec", &[path.object(), argv, env])?;
        let errno = match &path {
            PathOrFd::Path(path) => host::process::execute(path.c(), &arguments, &environment),
            PathOrFd::Fd(fd, _) => host::process::execute_open(*fd, &arguments, &environment),
        };
        Err(crate::support::file_error(errno, path.object()))
    }

    /// Execute the command in a subshell.
    #[pyfunction("($module, /, command)")]
    fn system(_module: Borrowed<'_>, command: Borrowed<'_>) -> PyResult<i32> {
        let command_text = text_of(command)?;
        hooks::audit("os.system", &[command])?;
        free(|| host::child::system(&command_text)).or_raise()
    }

    /// Return True if the process returning status was dumped to a core file.
    #[pyfunction("($module, status, /)")]
    fn WCOREDUMP(_module: Borrowed<'_>, status: i32) -> bool {
        libc::WCOREDUMP(status)
    }
    /// Return True if a particular process was continued from a job control stop.
    ///
    /// Return True if the process returning status was continued from a
    /// job control stop.
    #[pyfunction("($module, /, status)")]
    fn WIFCONTINUED(_module: Borrowed<'_>, status: i32) -> bool {
        libc::WIFCONTINUED(status)
    }
    /// Return True if the process returning status was stopped.
    #[pyfunction("($module, /, status)")]
    fn WIFSTOPPED(_module: Borrowed<'_>, status: i32) -> bool {
        libc::WIFSTOPPED(status)
    }
    /// Return True if the process returning status was terminated by a signal.
    #[pyfunction("($module, /, status)")]
    fn WIFSIGNALED(_module: Borrowed<'_>, status: i32) -> bool {
        libc::WIFSIGNALED(status)
    }
    /// Return True if the process returning status exited via the exit() system call.
    #[pyfunction("($module, /, status)")]
    fn WIFEXITED(_module: Borrowed<'_>, status: i32) -> bool {
        libc::WIFEXITED(status)
    }
    /// Return the process return code from status.
    #[pyfunction("($module, /, status)")]
    fn WEXITSTATUS(_module: Borrowed<'_>, status: i32) -> i32 {
        libc::WEXITSTATUS(status)
    }
    /// Return the signal that terminated the process that provided the status value.
    #[pyfunction("($module, /, status)")]
    fn WTERMSIG(_module: Borrowed<'_>, status: i32) -> i32 {
        libc::WTERMSIG(status)
    }
    /// Return the signal that stopped the process that provided the status value.
    #[pyfunction("($module, /, status)")]
    fn WSTOPSIG(_module: Borrowed<'_>, status: i32) -> i32 {
        libc::WSTOPSIG(status)
    }

    /// Convert a wait status to an exit code.
    ///
    /// On Unix:
    ///
    /// * If WIFEXITED(status) is true, return WEXITSTATUS(status).
    /// * If WIFSIGNALED(status) is true, return -WTERMSIG(status).
    /// * Otherwise, raise a ValueError.
    ///
    /// On Windows, return status shifted right by 8 bits.
    ///
    /// On Unix, if the process is being traced or if waitpid() was called with
    /// WUNTRACED option, the caller must first check if WIFSTOPPED(status) is true.
    /// This function must not be called if WIFSTOPPED(status) is true.
    #[pyfunction("($module, /, status)")]
    fn waitstatus_to_exitcode(_module: Borrowed<'_>, status: i32) -> PyResult<i32> {
        if libc::WIFEXITED(status) {
            Ok(libc::WEXITSTATUS(status))
        } else if libc::WIFSIGNALED(status) {
            Ok(-libc::WTERMSIG(status))
        } else if libc::WIFSTOPPED(status) {
            Err(raise!(ValueError, "process stopped by delivery of signal {}", libc::WSTOPSIG(status)))
        } else {
            Err(raise!(ValueError, "invalid wait status: {status}"))
        }
    }
}
