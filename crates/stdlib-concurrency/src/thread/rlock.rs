//! `RLock`: a lock that its owner may take again.

use super::wait::{Flag, acquire_patience};
use crate::header;
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, IntoPy, PyResult, Ref, TypeObject, memory, raise, thread};
use std::cell::Cell;

#[pyclass(name = "RLock", module = "_thread", flags(BASETYPE), weaklist = weakrefs)]
pub struct RLock {
    head: abi::PyObject,
    locked: Flag,
    /// The ident of the owner; 0: none. Changes under the GIL alone.
    owner: Cell<u64>,
    count: Cell<usize>,
    weakrefs: Cell<*mut abi::PyObject>,
}

fn me() -> u64 {
    thread::current().raw.thread_id.get()
}

impl RLock {
    fn is_mine(&self) -> bool {
        self.count.get() > 0 && self.owner.get() == me()
    }

    fn obtain(&self, blocking: bool, timeout: Option<Borrowed<'_>>) -> PyResult<bool> {
        let patience = acquire_patience(blocking, timeout)?;
        if self.is_mine() {
            match self.count.get().checked_add(1) {
                Some(count) => self.count.set(count),
                None => return Err(raise!(OverflowError, "Internal lock count overflowed")),
            }
            return Ok(true);
        }
        let taken = self.locked.wait(false, patience, |locked| *locked = true)?;
        if taken {
            self.owner.set(me());
            self.count.set(1);
        }
        Ok(taken)
    }

    fn give_back(&self) -> PyResult<()> {
        if !self.is_mine() {
            return Err(raise!(RuntimeError, "cannot release un-acquired lock"));
        }
        let count = self.count.get() - 1;
        self.count.set(count);
        if count == 0 {
            self.owner.set(0);
            self.locked.set(false, false);
        }
        Ok(())
    }
}

#[pymethods]
impl RLock {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let given = tuple::items(args).map_or(0, <[_]>::len) + kwargs.map_or(Ok(0), |kwargs| kwargs.len())?;
        if given > 0 {
            object::hooks::warn(
                &object::exc::DeprecationWarning,
                "Passing arguments to RLock is deprecated and will be removed in 3.15",
                1,
            )?;
        }
        let value = RLock {
            head: header(),
            locked: Flag::default(),
            owner: Cell::new(0),
            count: Cell::new(0),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> String {
        let state = if slf.locked.get() { "locked" } else { "unlocked" };
        format!(
            "<{state} {} object owner={} count={} at {:p}>",
            slf.object().class().tp_name(),
            slf.owner.get(),
            slf.count.get(),
            slf.ptr()
        )
    }

    /// Lock the lock.  `blocking` indicates whether we should wait
    /// for the lock to be available or not.  If `blocking` is False
    /// and another thread holds the lock, the method will return False
    /// immediately.  If `blocking` is True and another thread holds
    /// the lock, the method will wait for the lock to be released,
    /// take it and then return True.
    /// (note: the blocking operation is interruptible.)
    ///
    /// In all other cases, the method will return True immediately.
    /// Precisely, if the current thread already holds the lock, its
    /// internal counter is simply incremented. If nobody holds the lock,
    /// the lock is taken and its internal counter initialized to 1.
    #[method("($self, /, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: bool, timeout: Option<Borrowed<'_>>) -> PyResult<bool> {
        self.obtain(blocking, timeout)
    }

    /// Release the lock, allowing another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// and must be locked by the same thread that unlocks it; otherwise a
    /// `RuntimeError` is raised.
    ///
    /// Do note that if the lock was acquire()d several times in a row by the
    /// current thread, release() needs to be called as many times for the lock
    /// to be available for other threads.
    #[method("($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.give_back()
    }

    /// locked()
    ///
    /// Return a boolean indicating whether this object is locked right now.
    #[method("($self, /)")]
    fn locked(&self) -> bool {
        self.locked.get()
    }

    /// Lock the lock.
    #[method("($self, /)")]
    fn __enter__(&self) -> PyResult<bool> {
        self.obtain(true, None)
    }

    /// Release the lock.
    #[method("($self, /, *exc_info)")]
    fn __exit__(&self, _exc_info: &[Borrowed<'_>]) -> PyResult<()> {
        self.give_back()
    }

    /// For internal use by `threading.Condition`.
    #[method("($self, /)")]
    fn _is_owned(&self) -> bool {
        self.is_mine()
    }

    /// For internal use by reentrancy checks.
    #[method("($self, /)")]
    fn _recursion_count(&self) -> usize {
        if self.is_mine() { self.count.get() } else { 0 }
    }

    /// For internal use by `threading.Condition`.
    #[method("($self, state, /)")]
    fn _acquire_restore(&self, state: Borrowed<'_>) -> PyResult<()> {
        let Some(&[count, owner]) = tuple::items(state) else {
            return Err(raise!(TypeError, "_acquire_restore() argument 1 must be 2-item tuple"));
        };
        let (count, owner) = (count.as_isize()?, owner.as_i64()?);
        self.locked.wait(false, super::wait::Patience::Forever, |locked| *locked = true)?;
        self.owner.set(owner.cast_unsigned());
        self.count.set(usize::try_from(count).unwrap_or(0));
        Ok(())
    }

    /// For internal use by `threading.Condition`.
    #[method("($self, /)")]
    fn _release_save(&self) -> PyResult<Ref> {
        if self.count.get() == 0 {
            return Err(raise!(RuntimeError, "cannot release un-acquired lock"));
        }
        let state = (self.count.get(), self.owner.get()).into_py()?;
        self.count.set(0);
        self.owner.set(0);
        self.locked.set(false, false);
        Ok(state)
    }

    #[method("($self, /)")]
    fn _at_fork_reinit(&self) {
        self.owner.set(0);
        self.count.set(0);
        self.locked.set(false, false);
    }
}
