//! The native stack that is left to the current thread, by address.
//!
//! Every native recursion asks `stack_remaining` instead of counting its depth. The bounds are asked of the system once per
//! thread; the check itself is a thread-local load and a subtraction.

use std::cell::Cell;
use std::hint::black_box;

/// Assumed size where the system does not tell the bounds of a thread's stack.
const ASSUMED_SIZE: usize = 512 * 1024;

thread_local! {
    static LIMIT: Cell<usize> = const { Cell::new(0) };
}

/// An address within the caller's frame.
#[inline(always)]
fn current_address() -> usize {
    let marker = 0u8;
    std::ptr::from_ref(black_box(&marker)).addr()
}

/// The lowest address that the current thread's stack may reach (the guard area lies below it).
#[inline]
pub fn stack_limit() -> usize {
    let limit = LIMIT.get();
    if limit == 0 { compute_limit() } else { limit }
}

/// Bytes of native stack left to the current thread; 0 when the stack is outside its known bounds.
#[inline]
pub fn stack_remaining() -> usize {
    current_address().saturating_sub(stack_limit())
}

/// Forgets the cached bounds of this thread; for use after a change of `RLIMIT_STACK` or in a child after `fork`.
pub fn forget_stack_limit() {
    LIMIT.set(0);
}

/// The most of the main thread's stack that is claimed at the start.
const CLAIM: usize = 8 << 20;

/// Claims the address space of the main thread's stack, which the system otherwise gives page by page: later there may be none left,
/// and a page that is missing then is a fault, not an error. Costs one page of memory.
///
/// `PYTHONMALLOC=malloc` asks for a process that valgrind can watch, whose stack it lays out itself; a library that it loads tells of it, too.
pub fn extend_now() {
    let watched = std::env::var_os("LD_PRELOAD").is_some_and(|list| list.to_string_lossy().contains("vgpreload"));
    if watched || std::env::var_os("PYTHONMALLOC").is_some_and(|kind| kind == "malloc") {
        return;
    }
    let here = current_address();
    let lowest = stack_limit().max(here.saturating_sub(CLAIM)) + 4096;
    let wanted = here.saturating_sub(lowest);
    if wanted < 64 * 1024 {
        return;
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a mapping of our own, given back at once: it tells whether there is that much left.
    unsafe {
        let probe = libc::mmap(std::ptr::null_mut(), wanted + (1 << 20), libc::PROT_NONE, flags, -1, 0);
        if probe == libc::MAP_FAILED {
            return;
        }
        libc::munmap(probe, wanted + (1 << 20));
        // SAFETY: the address lies within the stack's bounds, below everything that is in use.
        let _byte = std::ptr::read_volatile(std::ptr::with_exposed_provenance::<u8>(lowest));
    }
}

#[cold]
fn compute_limit() -> usize {
    let here = current_address();
    let limit = match system_limit() {
        Some(limit) if limit < here => limit,
        _ => here.saturating_sub(ASSUMED_SIZE),
    };
    LIMIT.set(limit.max(1));
    limit.max(1)
}

/// The largest limit of a main thread's stack below which the kernel keeps addresses free from the start, whatever is mapped.
#[cfg(target_os = "linux")]
const KEPT_FREE: u64 = 64 << 20;

/// The lowest address of the main thread's stack, if this is the main thread: the kernel puts the program's name at the very top of the stack, and lets it
/// grow to the limit of the process. (The C library reads `/proc/self/maps` for the same answer, line by line.)
#[cfg(target_os = "linux")]
fn main_limit() -> Option<usize> {
    // SAFETY: plain calls; the auxiliary vector gives the address of a C string, which lives as long as the process.
    let (top, limit) = unsafe {
        if libc::gettid() != libc::getpid() {
            return None;
        }
        let name = std::ptr::with_exposed_provenance::<std::ffi::c_char>(usize::try_from(libc::getauxval(libc::AT_EXECFN)).ok()?);
        let mut limit: libc::rlimit = std::mem::zeroed();
        if name.is_null() || libc::getrlimit(libc::RLIMIT_STACK, &mut limit) != 0 {
            return None;
        }
        // Behind the string there is one word.
        (name.addr() + std::ffi::CStr::from_ptr(name).count_bytes() + 1 + size_of::<usize>(), limit.rlim_cur)
    };
    let limit = usize::try_from(limit).ok().filter(|_| limit <= KEPT_FREE)?;
    let top = top.next_multiple_of(PAGE);
    let here = current_address();
    // A tool that runs the program on a stack of its own has not written this.
    (here < top && top - here < limit).then(|| top - limit)
}

#[cfg(target_os = "linux")]
const PAGE: usize = 4096;

#[cfg(target_os = "linux")]
fn system_limit() -> Option<usize> {
    if let Some(limit) = main_limit() {
        return Some(limit);
    }
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: `attributes` is writable storage for the call to initialise; the thread is the current one.
    let status = unsafe { libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) };
    if status != 0 {
        return None;
    }
    let mut base = std::ptr::null_mut();
    let mut size = 0usize;
    let mut guard = 0usize;
    // SAFETY: the call above initialised `attributes`; the out pointers are to locals; it is destroyed once, after its last use.
    let found = unsafe {
        let found = libc::pthread_attr_getstack(attributes.as_ptr(), &mut base, &mut size) == 0
            && libc::pthread_attr_getguardsize(attributes.as_ptr(), &mut guard) == 0;
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        found
    };
    // Some C libraries count the guard into the stack: leave it out twice rather than run into it.
    found.then(|| base.addr().saturating_add(guard))
}

#[cfg(target_os = "macos")]
fn system_limit() -> Option<usize> {
    // SAFETY: both calls only read the current thread's own description.
    let (top, size) = unsafe {
        let this = libc::pthread_self();
        (libc::pthread_get_stackaddr_np(this), libc::pthread_get_stacksize_np(this))
    };
    top.addr().checked_sub(size)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn system_limit() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn descend(floor: usize) -> usize {
        let pad = black_box([0u8; 512]);
        if stack_remaining() < floor {
            return 1;
        }
        let depth = descend(floor) + 1;
        black_box(pad);
        depth
    }

    #[test]
    fn recursion_ends_before_the_stack_does() {
        for size in [256 * 1024, 1 << 20, 8 << 20] {
            let thread = std::thread::Builder::new().stack_size(size).spawn(move || {
                // The C library may hand out a larger stack that it kept.
                let left = stack_remaining();
                (left, descend(32 * 1024))
            });
            let (left, depth) = thread.expect("spawn").join().expect("no overflow");
            assert!(left > size / 2, "{left} of {size}");
            assert!(depth > (left - 128 * 1024) / 8192, "{depth} frames in {left}");
        }
    }
}
