//! Named semaphores, which processes share.
//!
//! A handle is the address that `sem_open(3)` gave, as a number: it keeps its meaning in a forked child. Only numbers that are known here
//! are used as addresses.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::{Mutex, PoisonError};

use crate::clock::timespec;
use crate::errno::{Errno, Sys, check};

/// The handles that are open, and how often.
static OPEN: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// An open semaphore, closed when dropped.
pub struct Semaphore(usize);

/// The largest value.
pub const VALUE_MAX: i32 = i32::MAX;

impl Semaphore {
    fn opened(semaphore: *mut libc::sem_t) -> Sys<Semaphore> {
        if semaphore == libc::SEM_FAILED {
            return Err(Errno::last());
        }
        let handle = semaphore.expose_provenance();
        *OPEN.lock().unwrap_or_else(PoisonError::into_inner).entry(handle).or_insert(0) += 1;
        Ok(Semaphore(handle))
    }

    /// Makes a semaphore, for this user only; one with this name must not exist.
    pub fn create(name: &CStr, value: u32) -> Sys<Semaphore> {
        // SAFETY: a C string; mode and value are passed as C's variadic ints.
        Self::opened(unsafe { libc::sem_open(name.as_ptr(), libc::O_CREAT | libc::O_EXCL, 0o600, value) })
    }

    /// Opens a semaphore that exists.
    pub fn open(name: &CStr) -> Sys<Semaphore> {
        // SAFETY: a C string.
        Self::opened(unsafe { libc::sem_open(name.as_ptr(), 0) })
    }

    /// Another owner of a handle that is open in this process; none for any other number.
    pub fn of_handle(handle: usize) -> Option<Semaphore> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        *open.get_mut(&handle)? += 1;
        Some(Semaphore(handle))
    }

    /// The number.
    pub fn handle(&self) -> usize {
        self.0
    }

    fn pointer(&self) -> *mut libc::sem_t {
        std::ptr::with_exposed_provenance_mut(self.0)
    }

    /// `sem_trywait(3)`: `EAGAIN` if it is zero.
    pub fn try_wait(&self) -> Sys<()> {
        // SAFETY: the semaphore is open.
        check(unsafe { libc::sem_trywait(self.pointer()) }).map(|_| ())
    }

    /// `sem_wait(3)`, or `sem_timedwait(3)` until the wall clock shows so many nanoseconds.
    pub fn wait(&self, until: Option<i64>) -> Sys<()> {
        // SAFETY: the semaphore is open; the time is a local.
        let status = unsafe {
            match until {
                None => libc::sem_wait(self.pointer()),
                Some(until) => libc::sem_timedwait(self.pointer(), &timespec(until)),
            }
        };
        check(status).map(|_| ())
    }

    /// `sem_post(3)`
    pub fn post(&self) -> Sys<()> {
        // SAFETY: the semaphore is open.
        check(unsafe { libc::sem_post(self.pointer()) }).map(|_| ())
    }

    /// `sem_getvalue(3)`
    pub fn value(&self) -> Sys<i32> {
        let mut value = 0;
        // SAFETY: the semaphore is open; the value is a local.
        check(unsafe { libc::sem_getvalue(self.pointer(), &mut value) })?;
        Ok(value)
    }
}

impl Drop for Semaphore {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let last = match open.get_mut(&self.0) {
            Some(count) if *count > 1 => {
                *count -= 1;
                false
            }
            _ => open.remove(&self.0).is_some(),
        };
        if last {
            // SAFETY: nobody uses the semaphore any more.
            unsafe { libc::sem_close(self.pointer()) };
        }
    }
}

/// `sem_unlink(3)`
pub fn unlink(name: &CStr) -> Sys<()> {
    // SAFETY: a C string.
    check(unsafe { libc::sem_unlink(name.as_ptr()) }).map(|_| ())
}
