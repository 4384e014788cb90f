//! Scheduling: priorities, policies, processors; the times that a process used; namespaces.

use crate::errno::{Errno, Sys, check};

/// `nice(2)`: the new value.
pub fn nice(increment: i32) -> Sys<i32> {
    Errno(0).set();
    // SAFETY: a plain call.
    let value = unsafe { libc::nice(increment) };
    told_apart(value)
}

/// -1 is a value too: errno tells.
fn told_apart(value: i32) -> Sys<i32> {
    match Errno::last() {
        error if value == -1 && error.0 != 0 => Err(error),
        _ => Ok(value),
    }
}

/// `getpriority(2)`
pub fn priority(which: i32, who: u32) -> Sys<i32> {
    Errno(0).set();
    // SAFETY: a plain call.
    let value = unsafe { libc::getpriority(which as _, who) };
    told_apart(value)
}

/// `setpriority(2)`
pub fn set_priority(which: i32, who: u32, priority: i32) -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::setpriority(which as _, who, priority) }).map(|_| ())
}

/// `sched_get_priority_min(2)`
pub fn least_priority(policy: i32) -> Sys<i32> {
    // SAFETY: a plain call.
    check(unsafe { libc::sched_get_priority_min(policy) })
}

/// `sched_get_priority_max(2)`
pub fn greatest_priority(policy: i32) -> Sys<i32> {
    // SAFETY: a plain call.
    check(unsafe { libc::sched_get_priority_max(policy) })
}

/// `sched_getscheduler(2)`
pub fn policy(process: i32) -> Sys<i32> {
    // SAFETY: a plain call.
    check(unsafe { libc::sched_getscheduler(process) })
}

fn param(priority: i32) -> libc::sched_param {
    // SAFETY: a struct of numbers, for which zero is valid; not all C libraries have the same fields.
    let mut param: libc::sched_param = unsafe { std::mem::zeroed() };
    param.sched_priority = priority;
    param
}

/// `sched_setscheduler(2)`
pub fn set_policy(process: i32, policy: i32, priority: i32) -> Sys<()> {
    // SAFETY: the struct is a local.
    check(unsafe { libc::sched_setscheduler(process, policy, &param(priority)) }).map(|_| ())
}

/// `sched_getparam(2)`: the priority.
pub fn parameter(process: i32) -> Sys<i32> {
    let mut found = param(0);
    // SAFETY: the struct is a local.
    check(unsafe { libc::sched_getparam(process, &mut found) })?;
    Ok(found.sched_priority)
}

/// `sched_setparam(2)`
pub fn set_parameter(process: i32, priority: i32) -> Sys<()> {
    // SAFETY: the struct is a local.
    check(unsafe { libc::sched_setparam(process, &param(priority)) }).map(|_| ())
}

/// `sched_rr_get_interval(2)`, in seconds.
pub fn interval(process: i32) -> Sys<f64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the struct is a local.
    check(unsafe { libc::sched_rr_get_interval(process, &mut time) })?;
    Ok(time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9)
}

/// `sched_yield(2)`
pub fn give_way() -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::sched_yield() }).map(|_| ())
}

/// `sched_getaffinity(2)`: the numbers of the processors.
pub fn affinity(process: i32) -> Sys<Vec<usize>> {
    let mut words = 16;
    loop {
        let mut mask = vec![0u64; words];
        // SAFETY: the mask is writable for its length in bytes.
        match check(unsafe { libc::sched_getaffinity(process, words * 8, mask.as_mut_ptr().cast()) }) {
            Err(Errno(libc::EINVAL)) if words < 1 << 14 => words *= 2,
            Err(error) => return Err(error),
            Ok(_) => {
                let bits =
                    mask.iter().enumerate().flat_map(|(at, word)| (0..64).map(move |bit| (at * 64 + bit, word >> bit & 1)));
                return Ok(bits.filter(|(_, set)| *set == 1).map(|(number, _)| number).collect());
            }
        }
    }
}

/// `sched_setaffinity(2)`
pub fn set_affinity(process: i32, processors: &[usize]) -> Sys<()> {
    let words = processors.iter().max().map_or(0, |most| most / 64) + 1;
    let mut mask: Vec<u64> = Vec::new();
    mask.try_reserve_exact(words).map_err(|_| Errno(libc::ENOMEM))?;
    mask.resize(words, 0);
    for processor in processors {
        if let Some(word) = mask.get_mut(processor / 64) {
            *word |= 1 << (processor % 64);
        }
    }
    // SAFETY: the mask is readable for its length in bytes.
    check(unsafe { libc::sched_setaffinity(process, words * 8, mask.as_ptr().cast()) }).map(|_| ())
}

/// `getloadavg(3)`
pub fn load_average() -> Option<[f64; 3]> {
    let mut loads = [0.0; 3];
    // SAFETY: the array has room for three numbers.
    (unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) } == 3).then_some(loads)
}

/// `times(2)`, in seconds: user, system, the children's user and system, elapsed.
pub fn times() -> Sys<[f64; 5]> {
    let mut raw = libc::tms { tms_utime: 0, tms_stime: 0, tms_cutime: 0, tms_cstime: 0 };
    // SAFETY: the struct is a local.
    let elapsed = check(unsafe { libc::times(&mut raw) })?;
    let ticks = crate::process::configuration(libc::_SC_CLK_TCK)?.unwrap_or(100) as f64;
    Ok([raw.tms_utime, raw.tms_stime, raw.tms_cutime, raw.tms_cstime, elapsed].map(|count| count as f64 / ticks))
}

/// `setns(2)`
pub fn enter_namespace(fd: i32, kind: i32) -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::setns(fd, kind) }).map(|_| ())
}

/// `unshare(2)`
pub fn unshare(flags: i32) -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::unshare(flags) }).map(|_| ())
}

/// `getpgid(2)`
pub fn group_of(process: i32) -> Sys<i32> {
    // SAFETY: a plain call.
    check(unsafe { libc::getpgid(process) })
}

/// `setpgid(2)`
pub fn set_group_of(process: i32, group: i32) -> Sys<()> {
    // SAFETY: a plain call.
    check(unsafe { libc::setpgid(process, group) }).map(|_| ())
}

/// `getsid(2)`
pub fn session_of(process: i32) -> Sys<i32> {
    // SAFETY: a plain call.
    check(unsafe { libc::getsid(process) })
}

/// `setsid(2)`
pub fn new_session() -> Sys<i32> {
    // SAFETY: a plain call.
    check(unsafe { libc::setsid() })
}
