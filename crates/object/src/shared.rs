//! A native state that threads share: its long work runs without the GIL.

use crate::gil;
use std::sync::{Mutex, PoisonError, TryLockError};

/// A state under a lock. The lock is never held while a thread waits for the GIL.
pub struct Shared<S>(Mutex<S>);

impl<S> Shared<S> {
    /// The state at its beginning.
    pub const fn new(state: S) -> Self {
        Shared(Mutex::new(state))
    }

    /// Runs `action`, which touches no object, on the state: without the GIL when that takes time (`long`) or another thread is at work.
    pub fn with<R>(&self, long: bool, action: impl FnOnce(&mut S) -> R) -> R {
        if !long {
            match self.0.try_lock() {
                Ok(mut state) => return action(&mut state),
                Err(TryLockError::Poisoned(state)) => return action(&mut state.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        gil::without(|| action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}
