//! Priorities, policies and processors; times; process groups and sessions; namespaces.

use crate::support::{FileDescriptor, OrRaise};
use builtins::{struct_sequence, structseq};
use host::scheduling;
use macros::pymodule;
use object::value::{float, int, tuple};
use object::{Borrowed, PyResult, Ref, core, raise};

struct_sequence!(
    /// `posix.sched_param`
    SchedParam, c"posix.sched_param", c"Currently has only one field: sched_priority\n\n  sched_priority\n    A scheduling parameter.", 1,
    [c"sched_priority" = c"the scheduling priority"], BY_VALUE
);

struct_sequence!(
    /// `posix.times_result`
    TimesResult, c"posix.times_result",
    c"times_result: Result from os.times().\n\nThis object may be accessed either as a tuple of\n  (user, system, children_user, children_system, elapsed),\nor via the attributes user, system, children_user, children_system,\nand elapsed.\n\nSee os.times for more information.",
    5, [
        c"user" = c"user time", c"system" = c"system time", c"children_user" = c"user time of children",
        c"children_system" = c"system time of children", c"elapsed" = c"elapsed time since an arbitrary point in the past",
    ]
);

/// The priority in an `os.sched_param`.
pub(super) fn priority(param: Borrowed<'_>) -> PyResult<i32> {
    if param.class().is_type(<SchedParam as object::StaticType>::type_object()) {
        let value = structseq::get::<SchedParam>(param, 0);
        let number = value.index()?;
        return int::to_i64(number.b())
            .and_then(|number| i32::try_from(number).ok())
            .ok_or_else(|| raise!(OverflowError, "sched_priority out of range"));
    }
    Err(raise!(TypeError, "must have a sched_param object"))
}

/// The numbers of processors of an iterable.
fn processors(mask: Borrowed<'_>) -> PyResult<Vec<usize>> {
    let mut all = Vec::new();
    mask.for_each_item(|item| {
        let item = item.b();
        if !int::check(item) {
            return Err(raise!(TypeError, "expected an iterator of ints, but iterator yielded {}", class_name(item)));
        }
        match int::to_i64(item) {
            Some(number) if number < 0 => Err(raise!(ValueError, "negative CPU number")),
            Some(number) => match i32::try_from(number) {
                Ok(i32::MAX) => Err(raise!(OverflowError, "CPU number too large")),
                Ok(number) => {
                    all.push(number.unsigned_abs() as usize);
                    Ok(())
                }
                Err(_) => Err(raise!(OverflowError, "CPU number too large")),
            },
            None => Err(raise!(OverflowError, "CPU number too large")),
        }
    })?;
    Ok(all)
}

fn class_name(item: Borrowed<'_>) -> String {
    format!("<class '{}'>", item.class().tp_name())
}

#[pymodule(part)]
pub(crate) mod part {
    use super::*;

    #[pytype]
    type Param = super::SchedParam;
    #[pytype]
    type Times = super::TimesResult;

    /// Add increment to the priority of process and return the new priority.
    #[pyfunction("($module, increment, /)")]
    fn nice(_module: Borrowed<'_>, increment: i32) -> PyResult<i32> {
        scheduling::nice(increment).or_raise()
    }
    /// Return program scheduling priority.
    #[pyfunction("($module, /, which, who)")]
    fn getpriority(_module: Borrowed<'_>, which: i32, who: i32) -> PyResult<i32> {
        scheduling::priority(which, who.cast_unsigned()).or_raise()
    }
    /// Set program scheduling priority.
    #[pyfunction("($module, /, which, who, priority)")]
    fn setpriority(_module: Borrowed<'_>, which: i32, who: i32, priority: i32) -> PyResult<()> {
        scheduling::set_priority(which, who.cast_unsigned(), priority).or_raise()
    }
    /// Get the maximum scheduling priority for policy.
    #[pyfunction("($module, /, policy)")]
    fn sched_get_priority_max(_module: Borrowed<'_>, policy: i32) -> PyResult<i32> {
        scheduling::greatest_priority(policy).or_raise()
    }
    /// Get the minimum scheduling priority for policy.
    #[pyfunction("($module, /, policy)")]
    fn sched_get_priority_min(_module: Borrowed<'_>, policy: i32) -> PyResult<i32> {
        scheduling::least_priority(policy).or_raise()
    }
    /// Get the scheduling policy for the process identified by pid.
    ///
    /// Passing 0 for pid returns the scheduling policy for the calling process.
    #[pyfunction("($module, pid, /)")]
    fn sched_getscheduler(_module: Borrowed<'_>, pid: i32) -> PyResult<i32> {
        scheduling::policy(pid).or_raise()
    }
    /// Set the scheduling policy for the process identified by pid.
    ///
    /// If pid is 0, the calling process is changed.
    /// param is an instance of sched_param.
    #[pyfunction("($module, pid, policy, param, /)")]
    fn sched_setscheduler(_module: Borrowed<'_>, pid: i32, policy: i32, param: Borrowed<'_>) -> PyResult<()> {
        scheduling::set_policy(pid, policy, super::priority(param)?).or_raise()
    }
    /// Returns scheduling parameters for the process identified by pid.
    ///
    /// If pid is 0, returns parameters for the calling process.
    /// Return value is an instance of sched_param.
    #[pyfunction("($module, pid, /)")]
    fn sched_getparam(_module: Borrowed<'_>, pid: i32) -> PyResult<Ref> {
        structseq::new::<SchedParam>(vec![int::new(i64::from(scheduling::parameter(pid).or_raise()?))?])
    }
    /// Set scheduling parameters for the process identified by pid.
    ///
    /// If pid is 0, sets parameters for the calling process.
    /// param should be an instance of sched_param.
    #[pyfunction("($module, pid, param, /)")]
    fn sched_setparam(_module: Borrowed<'_>, pid: i32, param: Borrowed<'_>) -> PyResult<()> {
        scheduling::set_parameter(pid, super::priority(param)?).or_raise()
    }
    /// Return the round-robin quantum for the process identified by pid, in seconds.
    ///
    /// Value returned is a float.
    #[pyfunction("($module, pid, /)")]
    fn sched_rr_get_interval(_module: Borrowed<'_>, pid: i32) -> PyResult<f64> {
        scheduling::interval(pid).or_raise()
    }
    /// Voluntarily relinquish the CPU.
    #[pyfunction("()")]
    fn sched_yield() -> PyResult<()> {
        crate::support::free(scheduling::give_way).or_raise()
    }
    /// Return the affinity of the process identified by pid (or the current process if zero).
    ///
    /// The affinity is returned as a set of CPU identifiers.
    #[pyfunction("($module, pid, /)")]
    fn sched_getaffinity(_module: Borrowed<'_>, pid: i32) -> PyResult<Ref> {
        let numbers = scheduling::affinity(pid).or_raise()?;
        let numbers = numbers.into_iter().map(|number| int::from_u64(number as u64)).collect::<PyResult<Vec<Ref>>>()?;
        core::SET.call1(tuple::from_vec(numbers)?.b())
    }
    /// Set the CPU affinity of the process identified by pid to mask.
    ///
    /// mask should be an iterable of integers identifying CPUs.
    #[pyfunction("($module, pid, mask, /)")]
    fn sched_setaffinity(_module: Borrowed<'_>, pid: i32, mask: Borrowed<'_>) -> PyResult<()> {
        scheduling::set_affinity(pid, &processors(mask)?).or_raise()
    }

    /// Return average recent system load information.
    ///
    /// Return the number of processes in the system run queue averaged over
    /// the last 1, 5, and 15 minutes as a tuple of three floats.
    /// Raises OSError if the load average was unobtainable.
    #[pyfunction("()")]
    fn getloadavg() -> PyResult<(f64, f64, f64)> {
        match scheduling::load_average() {
            Some([one, five, fifteen]) => Ok((one, five, fifteen)),
            None => Err(raise!(OSError, "Load averages are unobtainable")),
        }
    }

    /// Return a collection containing process timing information.
    ///
    /// The object returned behaves like a named tuple with these fields:
    ///   (utime, stime, cutime, cstime, elapsed_time)
    /// All fields are floating-point numbers.
    #[pyfunction("()")]
    fn times() -> PyResult<Ref> {
        let values = scheduling::times().or_raise()?;
        structseq::new::<TimesResult>(values.into_iter().map(float::new).collect::<PyResult<Vec<Ref>>>()?)
    }

    /// Call the system call getpgid(), and return the result.
    #[pyfunction("($module, /, pid)")]
    fn getpgid(_module: Borrowed<'_>, pid: i32) -> PyResult<i32> {
        scheduling::group_of(pid).or_raise()
    }
    /// Call the system call setpgid(pid, pgrp).
    #[pyfunction("($module, pid, pgrp, /)")]
    fn setpgid(_module: Borrowed<'_>, pid: i32, pgrp: i32) -> PyResult<()> {
        scheduling::set_group_of(pid, pgrp).or_raise()
    }
    /// Make the current process the leader of its process group.
    #[pyfunction("()")]
    fn setpgrp() -> PyResult<()> {
        scheduling::set_group_of(0, 0).or_raise()
    }
    /// Call the system call getsid(pid) and return the result.
    #[pyfunction("($module, pid, /)")]
    fn getsid(_module: Borrowed<'_>, pid: i32) -> PyResult<i32> {
        scheduling::session_of(pid).or_raise()
    }
    /// Call the system call setsid().
    #[pyfunction("()")]
    fn setsid() -> PyResult<()> {
        scheduling::new_session().or_raise().map(drop)
    }

    /// Move the calling thread into different namespaces.
    ///
    ///   fd
    ///     A file descriptor to a namespace.
    ///   nstype
    ///     Type of namespace.
    #[pyfunction("($module, /, fd, nstype=0)")]
    fn setns(_module: Borrowed<'_>, fd: FileDescriptor, nstype: i32) -> PyResult<()> {
        crate::support::free(|| scheduling::enter_namespace(fd.0, nstype)).or_raise()
    }
    /// Disassociate parts of a process (or thread) execution context.
    ///
    ///   flags
    ///     Namespaces to be unshared.
    #[pyfunction("($module, /, flags)")]
    fn unshare(_module: Borrowed<'_>, flags: i32) -> PyResult<()> {
        crate::support::free(|| scheduling::unshare(flags)).or_raise()
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        structseq::finish::<SchedParam>()?;
        structseq::finish::<TimesResult>()
    }
}
