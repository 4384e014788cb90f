//! `lock`.

use super::wait::{Flag, acquire_patience};
use crate::header;
use macros::{pyclass, pymethods};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, memory, raise};
use std::cell::Cell;

/// A lock object is a synchronization primitive.  To create a lock,
/// call threading.Lock().  Methods are:
///
/// acquire() -- lock the lock, possibly blocking until it can be obtained
/// release() -- unlock of the lock
/// locked() -- test whether the lock is currently locked
///
/// A lock is not owned by the thread that locked it; another thread may
/// unlock it.  A thread attempting to lock a lock that it has already locked
/// will block until another thread unlocks it.  Deadlocks may ensue.
#[pyclass(name = "lock", module = "_thread", sig = "()", weaklist = weakrefs)]
pub struct Lock {
    head: abi::PyObject,
    locked: Flag,
    weakrefs: Cell<*mut abi::PyObject>,
}

impl Lock {
    /// A new lock, unlocked.
    pub fn create() -> PyResult<Ref> {
        let value = Lock { head: header(), locked: Flag::default(), weakrefs: Cell::new(std::ptr::null_mut()) };
        memory::new_instance(Self::type_object(), value).map(Ref::upcast)
    }

    fn obtain(&self, blocking: bool, timeout: Option<Borrowed<'_>>) -> PyResult<bool> {
        let patience = acquire_patience(blocking, timeout)?;
        self.locked.wait(false, patience, |locked| *locked = true)
    }

    fn give_back(&self) -> PyResult<()> {
        if self.locked.replace(false) { Ok(()) } else { Err(raise!(RuntimeError, "release unlocked lock")) }
    }
}

#[pymethods]
impl Lock {
    #[slot(tp_new, "()")]
    fn new(_cls: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        Self::create()
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> String {
        let state = if slf.locked.get() { "locked" } else { "unlocked" };
        format!("<{state} {} object at {:p}>", slf.object().class().tp_name(), slf.ptr())
    }

    /// Lock the lock.  Without argument, this blocks if the lock is already
    /// locked (even by the same thread), waiting for another thread to release
    /// the lock, and return True once the lock is acquired.
    /// With an argument, this will only block if the argument is true,
    /// and the return value reflects whether the lock is acquired.
    /// The blocking operation is interruptible.
    #[method("($self, /, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: bool, timeout: Option<Borrowed<'_>>) -> PyResult<bool> {
        self.obtain(blocking, timeout)
    }

    /// An obsolete synonym of acquire().
    #[method("($self, /, blocking=True, timeout=-1)")]
    fn acquire_lock(&self, blocking: bool, timeout: Option<Borrowed<'_>>) -> PyResult<bool> {
        self.obtain(blocking, timeout)
    }

    /// Release the lock, allowing another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// but it needn't be locked by the same thread that unlocks it.
    #[method("($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.give_back()
    }

    /// An obsolete synonym of release().
    #[method("($self, /)")]
    fn release_lock(&self) -> PyResult<()> {
        self.give_back()
    }

    /// Return whether the lock is in the locked state.
    #[method("($self, /)")]
    fn locked(&self) -> bool {
        self.locked.get()
    }

    /// An obsolete synonym of locked().
    #[method("($self, /)")]
    fn locked_lock(&self) -> bool {
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

    #[method("($self, /)")]
    fn _at_fork_reinit(&self) {
        self.locked.set(false, false);
    }
}
