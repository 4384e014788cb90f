//! `_multiprocessing`: semaphores that processes share (CPython's `_multiprocessing/semaphore.c`).

use crate::header;
use crate::thread::wait::nanoseconds;
use host::clock::Clock;
use host::errno::{Errno, Sys};
use host::semaphore::{self, Semaphore};
use macros::{pyclass, pymethods};
use object::value::{float, int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, TypeObject, core, error, exc, gil, hooks, memory, raise, thread};
use std::cell::Cell;
use std::ffi::CString;
use std::rc::Rc;

/// A lock that its owner may take again.
const RECURSIVE_MUTEX: i32 = 0;
const SEMAPHORE: i32 = 1;

#[cold]
fn os_error(errno: Errno) -> Raised {
    let arguments = (|| tuple::from_array([int::new(i64::from(errno.0))?, text::new(&errno.message())?]))();
    match arguments {
        Ok(arguments) => error::raise_value(&exc::OSError, Some(arguments.b())),
        Err(raised) => raised,
    }
}

fn c_string(name: &str) -> PyResult<CString> {
    CString::new(name).map_err(|_| raise!(ValueError, "embedded null character"))
}

/// Semaphore/Mutex type
#[pyclass(name = "SemLock", module = "_multiprocessing", flags(BASETYPE))]
pub struct SemLock {
    head: abi::PyObject,
    #[member(T_LONG, name = "handle", readonly, doc = "")]
    number: Cell<isize>,
    #[member(T_INT, readonly, doc = "")]
    kind: Cell<i32>,
    #[member(T_INT, readonly, doc = "")]
    maxvalue: Cell<i32>,
    #[member(T_OBJECT, readonly, doc = "")]
    name: OptRef,
    /// Closed with its last user.
    semaphore: Rc<Semaphore>,
    /// How often this process has acquired it and not released.
    count: Cell<i32>,
    /// The thread that acquired it last.
    owner: Cell<u64>,
}

/// A name, or None.
fn name_or_none(value: Borrowed<'_>) -> PyResult<Option<String>> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    if !text::check(value) {
        let found = value.class();
        return Err(raise!(TypeError, "_rebuild() argument 4 must be str or None, not {}", found.tp_name()));
    }
    text::to_string(value).map(Some).ok_or_else(|| object::convert::surrogates_not_allowed(value))
}

/// The calling thread.
fn this_thread() -> u64 {
    thread::current().raw.thread_id.get()
}

impl SemLock {
    fn of(cls: &TypeObject, semaphore: Semaphore, kind: i32, maxvalue: i32, name: Option<Ref>) -> PyResult<Ref> {
        let value = SemLock {
            head: header(),
            number: Cell::new(semaphore.handle().cast_signed()),
            kind: Cell::new(kind),
            maxvalue: Cell::new(maxvalue),
            name: OptRef::new(name),
            semaphore: Rc::new(semaphore),
            count: Cell::new(0),
            owner: Cell::new(0),
        };
        memory::new_instance(cls, value).map(Ref::upcast)
    }

    fn semaphore(&self) -> Rc<Semaphore> {
        self.semaphore.clone()
    }

    fn mine(&self) -> bool {
        self.count.get() > 0 && self.owner.get() == this_thread()
    }

    fn value(&self) -> PyResult<i32> {
        // A system may tell how many wait, as a negative number.
        self.semaphore().value().map(|value| value.max(0)).map_err(os_error)
    }

    fn taken(&self) -> bool {
        self.count.set(self.count.get().saturating_add(1));
        self.owner.set(this_thread());
        true
    }

    fn obtain(&self, block: bool, timeout: Option<Borrowed<'_>>) -> PyResult<bool> {
        if self.kind.get() == RECURSIVE_MUTEX && self.mine() {
            self.count.set(self.count.get().saturating_add(1));
            return Ok(true);
        }
        let until = match timeout.filter(|timeout| block && !timeout.is(&core::none())) {
            Some(timeout) => Some(deadline(timeout)?),
            None => None,
        };
        let semaphore = self.semaphore();
        let mut result = retry(|| semaphore.try_wait())?;
        if block && result == Err(Errno(libc::EAGAIN)) {
            result = retry(|| gil::without(|| semaphore.wait(until)))?;
        }
        match result {
            Ok(()) => Ok(self.taken()),
            Err(Errno(libc::EAGAIN | libc::ETIMEDOUT)) => Ok(false),
            Err(errno) => Err(os_error(errno)),
        }
    }

    fn give_back(&self) -> PyResult<()> {
        let semaphore = self.semaphore();
        if self.kind.get() == RECURSIVE_MUTEX {
            if !self.mine() {
                return Err(raise!(AssertionError, "attempt to release recursive lock not owned by thread"));
            }
            if self.count.get() > 1 {
                self.count.set(self.count.get() - 1);
                return Ok(());
            }
        } else if semaphore.value().map_err(os_error)? >= self.maxvalue.get() {
            return Err(raise!(ValueError, "semaphore or lock released too many times"));
        }
        semaphore.post().map_err(os_error)?;
        self.count.set(self.count.get().saturating_sub(1));
        Ok(())
    }
}

/// When a time limit in seconds is over, on the wall clock, which is the one that semaphores know. A negative limit is none left.
fn deadline(timeout: Borrowed<'_>) -> PyResult<i64> {
    let limit = if float::check(timeout) || int::check(timeout) {
        nanoseconds(timeout)?
    } else {
        nanoseconds(float::new(timeout.as_f64()?)?.b())?
    };
    let now = Clock::REALTIME.now().map_err(os_error)?;
    Ok(now.saturating_add(limit.max(0)))
}

/// Repeats a call while signals interrupt it and their handlers are content.
fn retry(mut call: impl FnMut() -> Sys<()>) -> PyResult<Sys<()>> {
    loop {
        match call() {
            Err(Errno::EINTR) => hooks::vm().map_or(Ok(()), |vm| (vm.run_pending)())?,
            result => return Ok(result),
        }
    }
}

#[pymethods]
impl SemLock {
    #[slot(tp_new, "(kind, value, maxvalue, name, unlink)")]
    fn new(cls: Borrowed<'_, TypeObject>, kind: i32, value: i32, maxvalue: i32, name: String, unlink: bool) -> PyResult<Ref> {
        if kind != RECURSIVE_MUTEX && kind != SEMAPHORE {
            return Err(raise!(ValueError, "unrecognized kind"));
        }
        let path = c_string(&name)?;
        let value = u32::try_from(value).map_err(|_| os_error(Errno(libc::EINVAL)))?;
        let semaphore = Semaphore::create(&path, value).map_err(os_error)?;
        if unlink {
            // Nobody else can open it any more: it has no name.
            semaphore::unlink(&path).map_err(os_error)?;
            return Self::of(&cls, semaphore, kind, maxvalue, None);
        }
        Self::of(&cls, semaphore, kind, maxvalue, Some(text::new(&name)?))
    }

    /// Acquire the semaphore/lock.
    #[method("($self, /, block=True, timeout=None)")]
    fn acquire(&self, block: bool, timeout: Option<Borrowed<'_>>) -> PyResult<bool> {
        self.obtain(block, timeout)
    }

    /// Release the semaphore/lock.
    #[method("($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.give_back()
    }

    /// Enter the semaphore/lock.
    #[method("($self, /)")]
    fn __enter__(&self) -> PyResult<bool> {
        self.obtain(true, None)
    }

    /// Exit the semaphore/lock.
    #[method("($self, exc_type=None, exc_value=None, exc_tb=None, /)")]
    fn __exit__(
        &self,
        _exc_type: Option<Borrowed<'_>>,
        _exc_value: Option<Borrowed<'_>>,
        _exc_tb: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        self.give_back()
    }

    /// Num of `acquire()`s minus num of `release()`s for this process.
    #[method("($self, /)")]
    fn _count(&self) -> i32 {
        self.count.get()
    }

    /// Whether the lock is owned by this thread.
    #[method("($self, /)")]
    fn _is_mine(&self) -> bool {
        self.mine()
    }

    /// Get the value of the semaphore.
    #[method("($self, /)")]
    fn _get_value(&self) -> PyResult<i32> {
        self.value()
    }

    /// Return whether semaphore has value zero.
    #[method("($self, /)")]
    fn _is_zero(&self) -> PyResult<bool> {
        Ok(self.value()? == 0)
    }

    // A handle is only taken from this process, as a forked child does; elsewhere the name counts.
    #[classmethod("($type, handle, kind, maxvalue, name, /)")]
    fn _rebuild(cls: Borrowed<'_, TypeObject>, handle: isize, kind: i32, maxvalue: i32, name: Borrowed<'_>) -> PyResult<Ref> {
        let name = name_or_none(name)?;
        let semaphore = match &name {
            Some(name) => Semaphore::open(&c_string(name)?).map_err(os_error)?,
            None => Semaphore::of_handle(handle.cast_unsigned()).ok_or_else(|| os_error(Errno(libc::EINVAL)))?,
        };
        let name = name.map(|name| text::new(&name)).transpose()?;
        Self::of(&cls, semaphore, kind, maxvalue, name)
    }

    /// Rezero the net acquisition count after fork().
    #[method("($self, /)")]
    fn _after_fork(&self) {
        self.count.set(0);
    }
}

#[macros::pymodule(name = "_multiprocessing")]
pub mod module {
    use super::*;
    use object::StaticType;

    #[pytype]
    type Exposed = super::SemLock;

    #[pyfunction("($module, name, /)")]
    fn sem_unlink(_module: Borrowed<'_>, name: String) -> PyResult<()> {
        semaphore::unlink(&c_string(&name)?).map_err(os_error)
    }

    #[pyattr]
    fn flags() -> PyResult<Ref> {
        let flags = builtins::dict::Dict::new()?;
        flags.set_text("HAVE_SEM_OPEN", int::new(1)?.b())?;
        flags.set_text("HAVE_SEM_TIMEDWAIT", int::new(1)?.b())?;
        Ok(flags.upcast())
    }

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        match builtins::type_::lookup::own_dict(SemLock::type_object())? {
            Some(dict) => {
                let largest = int::new(i64::from(semaphore::VALUE_MAX))?;
                builtins::type_::dicts::set(dict.b(), object::id!("SEM_VALUE_MAX"), largest.b())
            }
            None => Ok(()),
        }
    }
}
