//! The GIL: one for all interpreters of the process, handed over, not dropped and retaken.
//!
//! A thread that waits longer than the switch interval sets GIL_DROP_REQUEST in the holder's eval breaker; the holder lets go where it
//! polls, and waits until another thread has taken the GIL (CPython's forced switching, `ceval_gil.c`).

use crate::thread::{self, ThreadState, breaker};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The lock.
pub struct Gil {
    state: Mutex<State>,
    /// Signalled when the GIL is free.
    freed: Condvar,
    /// Signalled when another thread has taken it.
    switched: Condvar,
    /// The switch interval in microseconds.
    interval: AtomicU64,
}

struct State {
    /// The address of the holder's thread state; 0 for none.
    holder: usize,
    /// How often the GIL went to another thread.
    switches: u64,
    /// The last holder.
    last: usize,
    /// Threads that wait for `freed`, and for `switched`.
    waiting: usize,
    switching: usize,
    /// The interpreter has ended: only this thread may take the GIL; the others sleep for good.
    only: usize,
}

impl Gil {
    /// A free GIL with a switch interval of 5 ms.
    pub const fn new() -> Self {
        Gil {
            state: Mutex::new(State { holder: 0, switches: 0, last: 0, waiting: 0, switching: 0, only: 0 }),
            freed: Condvar::new(),
            switched: Condvar::new(),
            interval: AtomicU64::new(5000),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `sys.getswitchinterval()`, in microseconds.
    pub fn interval(&self) -> u64 {
        self.interval.load(Ordering::Relaxed)
    }

    /// `sys.setswitchinterval()`, in microseconds.
    pub fn set_interval(&self, microseconds: u64) {
        self.interval.store(microseconds.max(1), Ordering::Relaxed);
    }

    /// Takes the GIL for `thread`, which becomes the calling thread's current state. After the interpreter's end, other threads than the one
    /// that ended it never return.
    pub fn take(&self, thread: &ThreadState) {
        let me = std::ptr::from_ref(thread).addr();
        let mut state = self.lock();
        loop {
            if state.only != 0 && state.only != me {
                drop(state);
                sleep_forever();
            }
            if state.holder == 0 {
                if thread.interpreter().sub.is_closed_for(thread) {
                    drop(state);
                    sleep_forever();
                }
                break;
            }
            let before = state.switches;
            let wait = Duration::from_micros(self.interval());
            state.waiting += 1;
            let (next, outcome) = self.freed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
            state = next;
            state.waiting = state.waiting.saturating_sub(1);
            if outcome.timed_out() && state.holder != 0 && state.switches == before {
                // SAFETY: the holder's state lives while it holds the GIL, which cannot change while the state is locked.
                unsafe {
                    (*std::ptr::with_exposed_provenance::<ThreadState>(state.holder)).set_eval_breaker(breaker::GIL_DROP_REQUEST)
                };
            }
        }
        state.holder = std::ptr::from_ref(thread).expose_provenance();
        if state.last != me {
            state.last = me;
            state.switches += 1;
        }
        if state.switching > 0 {
            self.switched.notify_one();
        }
        drop(state);
        thread.raw.holds_gil.set(1);
        thread::swap_current(thread);
    }

    /// The calling thread goes on as `next`, which holds the GIL from now on in the place of `thread`.
    pub fn pass(&self, thread: &ThreadState, next: &ThreadState) {
        let mut state = self.lock();
        state.holder = std::ptr::from_ref(next).expose_provenance();
        if state.last == std::ptr::from_ref(thread).addr() {
            state.last = state.holder;
        }
        drop(state);
        thread.raw.holds_gil.set(0);
        next.raw.holds_gil.set(1);
        thread::swap_current(next);
        // Who waits for the GIL has asked the state that held it.
        if thread.eval_breaker().load(Ordering::Relaxed) & breaker::GIL_DROP_REQUEST != 0 {
            thread.clear_eval_breaker(breaker::GIL_DROP_REQUEST);
            next.set_eval_breaker(breaker::GIL_DROP_REQUEST);
        }
    }

    /// Lets go of the GIL. The calling thread has no current state afterwards.
    pub fn release(&self, thread: &ThreadState) {
        let forced = thread.eval_breaker().load(Ordering::Relaxed) & breaker::GIL_DROP_REQUEST != 0;
        thread.raw.holds_gil.set(0);
        thread::swap_current(std::ptr::null());
        let me = std::ptr::from_ref(thread).addr();
        let mut state = self.lock();
        state.holder = 0;
        // Waking is a system call, also where nobody sleeps.
        if state.waiting > 0 {
            self.freed.notify_one();
        }
        if forced {
            thread.clear_eval_breaker(breaker::GIL_DROP_REQUEST);
            // Wait for the one who asked: it is being woken. A limit keeps a lost wake-up from hanging us.
            while state.last == me && state.holder == 0 {
                state.switching += 1;
                let (next, outcome) =
                    self.switched.wait_timeout(state, Duration::from_millis(10)).unwrap_or_else(PoisonError::into_inner);
                state = next;
                state.switching = state.switching.saturating_sub(1);
                if outcome.timed_out() {
                    break;
                }
            }
        }
    }

    /// Hands the GIL to a waiting thread and takes it again: what the eval breaker's request asks for.
    pub fn hand_over(&self, thread: &ThreadState) {
        self.release(thread);
        self.take(thread);
    }

    /// From now on only `thread` may take the GIL.
    pub fn close_for_others(&self, thread: &ThreadState) {
        self.lock().only = std::ptr::from_ref(thread).addr();
    }

    /// In a child after `fork`: the only thread holds the GIL, whatever the others held in the parent.
    ///
    /// # Safety
    /// The process has one thread, `thread`'s, which held the GIL during `fork`; nobody uses this GIL during the call.
    pub unsafe fn reset_after_fork(&self, thread: &ThreadState) {
        let me = std::ptr::from_ref(thread).expose_provenance();
        // SAFETY: no other thread exists; the old locks, perhaps held by threads that are gone, are overwritten without being dropped.
        unsafe {
            let this = std::ptr::from_ref(self).cast_mut();
            std::ptr::write(
                &raw mut (*this).state,
                Mutex::new(State { holder: me, switches: 0, last: me, waiting: 0, switching: 0, only: 0 }),
            );
            std::ptr::write(&raw mut (*this).freed, Condvar::new());
            std::ptr::write(&raw mut (*this).switched, Condvar::new());
        }
        thread.clear_eval_breaker(breaker::GIL_DROP_REQUEST);
    }
}

impl Default for Gil {
    fn default() -> Self {
        Self::new()
    }
}

fn sleep_forever() -> ! {
    loop {
        std::thread::park();
    }
}

/// Runs `action`, which touches no object, without the GIL: around every call that may block.
pub fn without<R>(action: impl FnOnce() -> R) -> R {
    let thread = thread::current();
    let gil = &thread.interpreter().gil;
    let retake = Retake { thread };
    gil.release(thread);
    let result = action();
    drop(retake);
    result
}

/// Takes the GIL again when dropped, also when a panic unwinds.
struct Retake<'a> {
    thread: &'a ThreadState,
}

impl Drop for Retake<'_> {
    fn drop(&mut self) {
        // SAFETY: plain access to the thread's errno, which the wait for the GIL must not change.
        let errno = unsafe { *libc::__errno_location() };
        self.thread.interpreter().gil.take(self.thread);
        // SAFETY: as above.
        unsafe { *libc::__errno_location() = errno };
    }
}
