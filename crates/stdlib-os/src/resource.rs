//! `resource`.

use crate::support::os_error;
use builtins::struct_sequence;
use builtins::structseq;
use host::resource as system;
use macros::pymodule;
use object::value::{float, int, tuple};
use object::{Borrowed, PyResult, Ref, raise};

struct_sequence!(
    /// `resource.struct_rusage`
    ResourceUsage, c"resource.struct_rusage",
    c"struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.", 16,
    [
        c"ru_utime" = c"user time used",
        c"ru_stime" = c"system time used",
        c"ru_maxrss" = c"max. resident set size",
        c"ru_ixrss" = c"shared memory size",
        c"ru_idrss" = c"unshared data size",
        c"ru_isrss" = c"unshared stack size",
        c"ru_minflt" = c"page faults not requiring I/O",
        c"ru_majflt" = c"page faults requiring I/O",
        c"ru_nswap" = c"number of swap outs",
        c"ru_inblock" = c"block input operations",
        c"ru_oublock" = c"block output operations",
        c"ru_msgsnd" = c"IPC messages sent",
        c"ru_msgrcv" = c"IPC messages received",
        c"ru_nsignals" = c"signals received",
        c"ru_nvcsw" = c"voluntary context switches",
        c"ru_nivcsw" = c"involuntary context switches"
    ]
);

/// A limit as Python has it: -1 is none.
fn limit_object(limit: u64) -> PyResult<Ref> {
    if limit == u64::MAX { int::new(-1) } else { int::from_u64(limit) }
}

/// A limit of a program; -1 is none.
fn limit_of(value: Borrowed<'_>) -> PyResult<u64> {
    let number = value.index()?;
    match int::to_i128(number.b()) {
        Some(-1) => Ok(u64::MAX),
        _ if int::digits(number.b()).is_some_and(|(negative, _)| negative) => {
            Err(raise!(ValueError, "Cannot convert negative int"))
        }
        found => found
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C rlim_t")),
    }
}

/// Soft and hard limit of a sequence of two.
fn limits_of(limits: Borrowed<'_>) -> PyResult<(u64, u64)> {
    let limits = limits.to_tuple()?;
    match tuple::items(limits.b()) {
        Some(&[soft, hard]) => Ok((limit_of(soft)?, limit_of(hard)?)),
        _ => Err(raise!(ValueError, "expected a tuple of 2 integers")),
    }
}

fn limit_error(errno: host::errno::Errno) -> object::Raised {
    match errno.0 {
        libc::EINVAL => raise!(ValueError, "current limit exceeds maximum limit"),
        libc::EPERM => raise!(ValueError, "not allowed to raise maximum limit"),
        _ => os_error(errno),
    }
}

fn check_resource(resource: i32) -> PyResult<()> {
    if (0..16).contains(&resource) { Ok(()) } else { Err(raise!(ValueError, "invalid resource specified")) }
}

fn pair((soft, hard): (u64, u64)) -> PyResult<Ref> {
    tuple::from_array([limit_object(soft)?, limit_object(hard)?])
}

#[pymodule(name = "resource")]
pub mod module {
    use super::*;

    #[pytype]
    type Usage = super::ResourceUsage;

    #[pyfunction("(who, /)")]
    fn getrusage(who: i32) -> PyResult<Ref> {
        let usage = match system::usage(who) {
            Ok(usage) => usage,
            Err(host::errno::Errno(libc::EINVAL)) => return Err(raise!(ValueError, "invalid who parameter")),
            Err(errno) => return Err(os_error(errno)),
        };
        let mut fields = vec![float::new(usage.user)?, float::new(usage.system)?];
        for counter in usage.counters {
            fields.push(int::new(counter)?);
        }
        structseq::new::<ResourceUsage>(fields)
    }

    #[pyfunction("(resource, /)")]
    fn getrlimit(resource: i32) -> PyResult<Ref> {
        check_resource(resource)?;
        pair(system::limits(resource).map_err(os_error)?)
    }

    #[pyfunction("(resource, limits, /)")]
    fn setrlimit(resource: i32, limits: Borrowed<'_>) -> PyResult<()> {
        check_resource(resource)?;
        let (soft, hard) = limits_of(limits)?;
        let event = [int::new(i64::from(resource))?, pair((soft, hard))?];
        let [number, both] = &event;
        object::hooks::audit("resource.setrlimit", &[number.b(), both.b()])?;
        system::set_limits(resource, soft, hard).map_err(limit_error)
    }

    #[pyfunction("($module, pid, resource, limits=None, /)")]
    fn prlimit(_module: Borrowed<'_>, pid: i32, resource: i32, limits: Option<Borrowed<'_>>) -> PyResult<Ref> {
        check_resource(resource)?;
        let new = match limits.filter(|limits| !limits.is(&object::core::none())) {
            Some(limits) => Some(limits_of(limits)?),
            None => None,
        };
        let shown = new.map_or_else(|| Ok(object::core::none_ref()), pair)?;
        let event = [int::new(i64::from(pid))?, int::new(i64::from(resource))?, shown];
        let [process, number, both] = &event;
        object::hooks::audit("resource.prlimit", &[process.b(), number.b(), both.b()])?;
        let old = system::process_limits(pid, resource, new);
        pair(old.map_err(|errno| if errno.0 == libc::EINVAL { limit_error(errno) } else { os_error(errno) })?)
    }

    #[pyfunction("()")]
    fn getpagesize() -> i32 {
        4096
    }

    #[pyattr]
    const RLIM_INFINITY: i64 = -1;
    #[pyattr]
    const RLIMIT_CPU: i32 = 0;
    #[pyattr]
    const RLIMIT_FSIZE: i32 = 1;
    #[pyattr]
    const RLIMIT_DATA: i32 = 2;
    #[pyattr]
    const RLIMIT_STACK: i32 = 3;
    #[pyattr]
    const RLIMIT_CORE: i32 = 4;
    #[pyattr]
    const RLIMIT_RSS: i32 = 5;
    #[pyattr]
    const RLIMIT_NPROC: i32 = 6;
    #[pyattr]
    const RLIMIT_NOFILE: i32 = 7;
    #[pyattr]
    const RLIMIT_OFILE: i32 = 7;
    #[pyattr]
    const RLIMIT_MEMLOCK: i32 = 8;
    #[pyattr]
    const RLIMIT_AS: i32 = 9;
    #[pyattr]
    const RLIMIT_MSGQUEUE: i32 = 12;
    #[pyattr]
    const RLIMIT_NICE: i32 = 13;
    #[pyattr]
    const RLIMIT_RTPRIO: i32 = 14;
    #[pyattr]
    const RLIMIT_RTTIME: i32 = 15;
    #[pyattr]
    const RLIMIT_SIGPENDING: i32 = 11;
    #[pyattr]
    const RUSAGE_SELF: i32 = 0;
    #[pyattr]
    const RUSAGE_CHILDREN: i32 = -1;
    #[pyattr]
    const RUSAGE_THREAD: i32 = 1;

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        module.setattr(object::id!("error"), object::exc::OSError.borrowed())?;
        structseq::finish::<ResourceUsage>()
    }
}
