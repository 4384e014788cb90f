//! Guards of native recursion: every recursive native function asks here how much stack is left.

use crate::error;
use crate::result::PyResult;
use crate::thread;

/// Bytes of native stack that are kept for what runs after a recursion was refused (raising, destructors, signal frames).
const RESERVE: usize = 256 * 1024;

/// The lowest address that recursion on this thread may reach.
pub fn limit_of_this_thread() -> usize {
    let here = stack_pointer();
    let remaining = host::stack_remaining();
    here.saturating_sub(remaining.saturating_sub(RESERVE))
}

/// An address close to the top of the native stack.
#[inline(always)]
pub fn stack_pointer() -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let address: usize;
        // SAFETY: copies a register. (A local's address would have to escape, and then no handler of the interpreter could jump.)
        unsafe { std::arch::asm!("mov {}, rsp", out(reg) address, options(nomem, nostack, preserves_flags)) };
        address
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        #[inline(never)]
        fn here() -> usize {
            let marker = 0u8;
            std::hint::black_box(&raw const marker).addr()
        }
        here()
    }
}

/// RecursionError where the native stack runs out. `place` completes the message: " while calling a Python object".
#[inline]
pub fn check(place: &str) -> PyResult<()> {
    if stack_pointer() > thread::current().stack_limit.get() { Ok(()) } else { Err(overflow(place)) }
}

/// Bytes of the reserve that making the exception may use: its constructor is a call, which asks for stack itself.
const FOR_RAISING: usize = RESERVE - 32 * 1024;

#[cold]
fn overflow(place: &str) -> crate::Raised {
    let limit = &thread::current().stack_limit;
    let usual = limit.get();
    limit.set(usual.saturating_sub(FOR_RAISING));
    let raised = error::raise(&crate::exc::RecursionError, format_args!("maximum recursion depth exceeded{place}"));
    limit.set(usual);
    raised
}
