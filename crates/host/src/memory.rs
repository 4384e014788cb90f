//! Whether the system has memory for what is very large.

/// From this size on the system is asked.
pub const LARGE: usize = 256 << 20;

/// Whether the system would back an allocation of this size. Allocators reserve address space without asking; a program that then
/// fills it is killed. The system's own judgement of a plain mapping (its overcommit heuristic, the limits of the process) comes first.
#[cold]
pub fn is_available(size: usize) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a mapping of our own, never touched, and given back at once.
    unsafe {
        let probe = libc::mmap(std::ptr::null_mut(), size, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
        if probe == libc::MAP_FAILED {
            return false;
        }
        libc::munmap(probe, size);
    }
    true
}

/// Whether an allocation of this size may be tried.
#[inline]
pub fn allows(size: usize) -> bool {
    size < LARGE || is_available(size)
}

/// The limit of the process's address space in bytes (`RLIMIT_AS`), if there is one.
pub fn address_space() -> Option<usize> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the structure is ours.
    let status = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    (status == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then(|| usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
}
