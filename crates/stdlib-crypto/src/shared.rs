//! A state that several threads may use: a long update runs without the GIL.

use crate::GIL_MINSIZE;
use object::gil;
use std::sync::{Mutex, PoisonError, TryLockError};

/// A state under a lock. The lock is never held while a thread waits for the GIL.
pub struct Shared<S>(Mutex<S>);

impl<S: Clone> Shared<S> {
    pub const fn new(state: S) -> Self {
        Shared(Mutex::new(state))
    }

    /// Runs `action`, which touches no object, on the state; without the GIL when there are `len` bytes to work on and that takes time,
    /// or when another thread is at work.
    pub fn with<R>(&self, len: usize, action: impl FnOnce(&mut S) -> R) -> R {
        if len < GIL_MINSIZE {
            match self.0.try_lock() {
                Ok(mut state) => return action(&mut state),
                Err(TryLockError::Poisoned(state)) => return action(&mut state.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        gil::without(|| action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// A copy of the state.
    pub fn snapshot(&self) -> S {
        self.with(0, |state| state.clone())
    }
}
