//! Resource limits and usage of processes (`getrlimit`, `getrusage`).

use crate::errno::{Errno, Sys};

fn check(result: libc::c_int) -> Sys<()> {
    if result == 0 { Ok(()) } else { Err(Errno::last()) }
}

/// Soft and hard limit of a resource; `u64::MAX` is none.
pub fn limits(resource: i32) -> Sys<(u64, u64)> {
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel fills the struct; an unknown resource is an error.
    check(unsafe { libc::getrlimit(resource.cast_unsigned(), &raw mut limits) })?;
    Ok((limits.rlim_cur, limits.rlim_max))
}

/// Sets soft and hard limit of a resource.
pub fn set_limits(resource: i32, soft: u64, hard: u64) -> Sys<()> {
    let limits = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: the kernel reads the struct.
    check(unsafe { libc::setrlimit(resource.cast_unsigned(), &raw const limits) })
}

/// What a process, its children or a thread used: user and system time in seconds, then the counters of `struct rusage` in order.
pub struct Usage {
    pub user: f64,
    pub system: f64,
    pub counters: [i64; 14],
}

/// The usage of `who` (`RUSAGE_SELF` …).
pub fn usage(who: i32) -> Sys<Usage> {
    // SAFETY: a struct of integers, for which zero is valid.
    let mut raw: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel fills the struct.
    check(unsafe { libc::getrusage(who, &raw mut raw) })?;
    Ok(usage_of(&raw))
}

pub(crate) fn usage_of(raw: &libc::rusage) -> Usage {
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    Usage {
        user: seconds(raw.ru_utime),
        system: seconds(raw.ru_stime),
        counters: [
            raw.ru_maxrss,
            raw.ru_ixrss,
            raw.ru_idrss,
            raw.ru_isrss,
            raw.ru_minflt,
            raw.ru_majflt,
            raw.ru_nswap,
            raw.ru_inblock,
            raw.ru_oublock,
            raw.ru_msgsnd,
            raw.ru_msgrcv,
            raw.ru_nsignals,
            raw.ru_nvcsw,
            raw.ru_nivcsw,
        ],
    }
}

/// `prlimit(2)`: the limits before.
pub fn process_limits(process: i32, resource: i32, new: Option<(u64, u64)>) -> Sys<(u64, u64)> {
    let new = new.map(|(soft, hard)| libc::rlimit { rlim_cur: soft, rlim_max: hard });
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let pointer = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: both structs are locals, or null.
    check(unsafe { libc::prlimit(process, resource.cast_unsigned(), pointer, &raw mut old) })?;
    Ok((old.rlim_cur, old.rlim_max))
}
