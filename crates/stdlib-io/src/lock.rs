//! The lock of a stream: held across calls that give up the GIL; a second entry by the same thread is an error, not a deadlock.

use object::{Borrowed, PyResult, gil, raise, thread};
use std::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};

/// The owner is looked at with the GIL held; the mutex only carries the wake-up.
pub struct Lock {
    owner: Cell<usize>,
    waiting: Cell<usize>,
    released: Mutex<u64>,
    wake: Condvar,
}

impl Lock {
    pub const fn new() -> Self {
        Lock { owner: Cell::new(0), waiting: Cell::new(0), released: Mutex::new(0), wake: Condvar::new() }
    }

    fn me() -> usize {
        std::ptr::from_ref(thread::current()).addr()
    }

    /// Takes the lock; RuntimeError where this thread has it already.
    #[inline]
    pub fn enter(&self, stream: Borrowed<'_>) -> PyResult<Held<'_>> {
        if self.owner.get() != 0 {
            self.wait(stream)?;
        }
        self.owner.set(Self::me());
        Ok(Held(self))
    }

    #[cold]
    fn wait(&self, stream: Borrowed<'_>) -> PyResult<()> {
        if self.owner.get() == Self::me() {
            return Err(raise!(RuntimeError, "reentrant call inside {}", stream.repr_text()?));
        }
        while self.owner.get() != 0 {
            let seen = *self.released.lock().unwrap_or_else(PoisonError::into_inner);
            self.waiting.set(self.waiting.get() + 1);
            gil::without(|| {
                let mut count = self.released.lock().unwrap_or_else(PoisonError::into_inner);
                while *count == seen {
                    count = self.wake.wait(count).unwrap_or_else(PoisonError::into_inner);
                }
            });
            self.waiting.set(self.waiting.get() - 1);
        }
        Ok(())
    }
}

/// Proof that this thread has a stream's lock; lets go when dropped.
pub struct Held<'a>(&'a Lock);

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.owner.set(0);
        if self.0.waiting.get() != 0 {
            let mut count = self.0.released.lock().unwrap_or_else(PoisonError::into_inner);
            *count = count.wrapping_add(1);
            self.0.wake.notify_all();
        }
    }
}
