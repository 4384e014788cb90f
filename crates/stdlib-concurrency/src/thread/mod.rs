//! `_thread`: threads, locks, thread-local objects (CPython's `_threadmodule.c`).

mod handle;
mod local;
mod lock;
mod rlock;
mod start;
mod wait;

/// This module provides primitive operations to write multi-threaded programs.
/// The 'threading' module provides a more convenient interface.
#[macros::pymodule(name = "_thread")]
pub mod module {
    use super::{handle, start};
    use builtins::dict::Dict;
    use object::value::tuple;
    use object::{Borrowed, PyResult, Ref, StaticType, core, exc, raise, thread};

    #[pytype]
    use super::handle::ThreadHandle;
    #[pytype]
    use super::local::Local;
    #[pytype]
    use super::lock::Lock;
    #[pytype]
    use super::rlock::RLock;

    #[pyattr(name = "LockType")]
    fn lock_type() -> PyResult<Ref> {
        Ok(Lock::type_object().to_ref())
    }

    #[pyattr]
    fn error() -> PyResult<Ref> {
        Ok(exc::RuntimeError.to_ref())
    }

    #[pyattr]
    const TIMEOUT_MAX: f64 = 9_223_372_036.0;

    #[pyattr]
    const _NAME_MAXLEN: isize = 15;

    #[pyfunction("($module, /)")]
    fn allocate_lock() -> PyResult<Ref> {
        Lock::create()
    }

    #[pyfunction("($module, /)")]
    fn allocate() -> PyResult<Ref> {
        Lock::create()
    }

    #[pyfunction("($module, function, args, kwargs={}, /)")]
    fn start_new_thread(function: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<u64> {
        if !function.is_callable() {
            return Err(raise!(TypeError, "first arg must be callable"));
        }
        if tuple::items(args).is_none() {
            return Err(raise!(TypeError, "2nd arg must be a tuple"));
        }
        if kwargs.is_some_and(|kwargs| kwargs.downcast::<Dict>().is_none()) {
            return Err(raise!(TypeError, "optional 3rd arg must be a dictionary"));
        }
        let none = core::none_ref();
        object::hooks::audit("_thread.start_new_thread", &[function, args, kwargs.unwrap_or(none.b())])?;
        let handle = ThreadHandle::create()?;
        start::start(&handle, function, args, kwargs, true)?;
        Ok(handle.ident())
    }

    #[pyfunction("($module, function, args, kwargs={}, /)")]
    fn start_new(function: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<u64> {
        start_new_thread(function, args, kwargs)
    }

    #[pyfunction("($module, /, function, handle=None, daemon=True)")]
    fn start_joinable_thread(function: Borrowed<'_>, handle: Option<Borrowed<'_>>, daemon: bool) -> PyResult<Ref> {
        if !function.is_callable() {
            return Err(raise!(TypeError, "thread function must be callable"));
        }
        let handle = match handle.filter(|handle| !handle.is(&core::none())) {
            None => ThreadHandle::create()?,
            Some(handle) => match handle.downcast_exact::<ThreadHandle>() {
                Some(handle) => handle.to_ref(),
                None => return Err(raise!(TypeError, "'handle' must be a _ThreadHandle")),
            },
        };
        let daemon_flag = core::boolean(daemon);
        object::hooks::audit("_thread.start_joinable_thread", &[function, daemon_flag, handle.b()])?;
        start::start(&handle, function, tuple::empty().b(), None, daemon)?;
        Ok(handle.upcast())
    }

    #[pyfunction("($module, /)")]
    fn daemon_threads_allowed() -> bool {
        true
    }

    #[pyfunction("($module, /)")]
    fn get_ident() -> u64 {
        thread::current().raw.thread_id.get()
    }

    #[pyfunction("($module, /)")]
    fn get_native_id() -> u64 {
        host::process::thread_id()
    }

    #[pyfunction("($module, /)")]
    fn _get_main_thread_ident() -> u64 {
        start::main_thread_ident()
    }

    #[pyfunction("($module, /)")]
    fn _is_main_interpreter() -> bool {
        true
    }

    #[pyfunction("($module, /)")]
    fn _count() -> isize {
        start::running()
    }

    #[pyfunction("($module, size=0, /)")]
    fn stack_size(size: isize) -> PyResult<usize> {
        start::set_stack_size(size)
    }

    #[pyfunction("($module, /)")]
    fn exit() -> PyResult<()> {
        Err(object::error::raise_none(&exc::SystemExit))
    }

    #[pyfunction("($module, /)")]
    fn exit_thread() -> PyResult<()> {
        exit()
    }

    #[pyfunction("($module, signum=signal.SIGINT, /)")]
    fn interrupt_main(signum: Option<i32>) -> PyResult<()> {
        let signum = signum.unwrap_or(libc::SIGINT);
        if !(1..=64).contains(&signum) {
            return Err(raise!(ValueError, "signal number out of range"));
        }
        start::interrupt_main(signum)
    }

    #[pyfunction("($module, /, name)")]
    fn set_name(name: String) {
        start::set_name(&name);
    }

    #[pyfunction("($module, /)")]
    fn _get_name() -> PyResult<Ref> {
        start::name()
    }

    #[pyfunction("($module, /)")]
    fn _shutdown() -> PyResult<()> {
        handle::join_all()
    }

    #[pyfunction("($module, ident, /)")]
    fn _make_thread_handle(ident: Borrowed<'_>) -> PyResult<Ref> {
        if !object::value::int::check(ident) {
            return Err(raise!(TypeError, "ident must be an integer"));
        }
        let ident = ident.as_i64()?;
        ThreadHandle::of_running(ident.cast_unsigned()).map(Ref::upcast)
    }
}
