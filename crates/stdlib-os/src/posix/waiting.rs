//! Waiting for children with what they used; descriptors of processes.

use crate::support::{OrRaise, blocking};
use builtins::{struct_sequence, structseq};
use host::waiting;
use macros::pymodule;
use object::value::{float, int, tuple};
use object::{Borrowed, PyResult, Ref, id};

struct_sequence!(
    /// `posix.waitid_result`
    WaitidResult, c"posix.waitid_result",
    c"waitid_result: Result from waitid.\n\nThis object may be accessed either as a tuple of\n  (si_pid, si_uid, si_signo, si_status, si_code),\nor via the attributes si_pid, si_uid, and so on.\n\nSee os.waitid for more information.",
    5, [c"si_pid" = c"", c"si_uid" = c"", c"si_signo" = c"", c"si_status" = c"", c"si_code" = c""]
);

/// `(pid, status, resource.struct_rusage)`
fn with_usage(process: i32, options: i32) -> PyResult<Ref> {
    let (child, status, usage) = blocking(|| waiting::wait4(process, options))?.or_raise()?;
    let resource = crate::support::import("resource")?;
    let mut values = vec![float::new(usage.user)?, float::new(usage.system)?];
    for counter in usage.counters {
        values.push(int::new(counter)?);
    }
    let usage = resource.getattr(id!("struct_rusage"))?.call1(tuple::from_vec(values)?.b())?;
    tuple::from_array([int::new(i64::from(child))?, int::new(i64::from(status))?, usage])
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    #[pytype]
    type WaitResult = super::WaitidResult;

    /// Wait for completion of a child process.
    ///
    /// Returns a tuple of information about the child process:
    ///   (pid, status, rusage)
    #[pyfunction("($module, /, options)")]
    fn wait3(_module: Borrowed<'_>, options: i32) -> PyResult<Ref> {
        with_usage(-1, options)
    }

    /// Wait for completion of a specific child process.
    ///
    /// Returns a tuple of information about the child process:
    ///   (pid, status, rusage)
    #[pyfunction("($module, /, pid, options)")]
    fn wait4(_module: Borrowed<'_>, pid: i32, options: i32) -> PyResult<Ref> {
        with_usage(pid, options)
    }

    /// Returns the result of waiting for a process or processes.
    ///
    ///   idtype
    ///     Must be one of be P_PID, P_PGID or P_ALL.
    ///   id
    ///     The id to wait on.
    ///   options
    ///     Constructed from the ORing of one or more of WEXITED, WSTOPPED
    ///     or WCONTINUED and additionally may be ORed with WNOHANG or WNOWAIT.
    ///
    /// Returns either waitid_result or None if WNOHANG is specified and there
    /// are no children in a waitable state.
    #[pyfunction("($module, idtype, id, options, /)")]
    fn waitid(_module: Borrowed<'_>, idtype: i32, id: i32, options: i32) -> PyResult<Option<Ref>> {
        let Some(change) = blocking(|| waiting::waitid(idtype, id.cast_unsigned(), options))?.or_raise()? else {
            return Ok(None);
        };
        let numbers = [
            i64::from(change.process),
            i64::from(change.user),
            i64::from(change.signal),
            i64::from(change.status),
            i64::from(change.code),
        ];
        let values = numbers.into_iter().map(int::new).collect::<PyResult<Vec<Ref>>>()?;
        structseq::new::<WaitidResult>(values).map(Some)
    }

    /// Return a file descriptor referring to the process *pid*.
    ///
    /// The descriptor can be used to perform process management without races
    /// and signals.
    #[pyfunction("($module, /, pid, flags=0)")]
    fn pidfd_open(_module: Borrowed<'_>, pid: i32, flags: u32) -> PyResult<i32> {
        waiting::open_process(pid, flags).or_raise()
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        structseq::finish::<WaitidResult>()
    }
}
