//! `_thread`: threads, locks, thread-local objects (CPython's `_threadmodule.c`).

mod handle;
mod local;
mod lock;
mod rlock;
mod start;
pub(crate) mod wait;

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

    /// Create a new lock object. See help(type(threading.Lock())) for
    /// information about locks.
    #[pyfunction("($module, /)")]
    fn allocate_lock() -> PyResult<Ref> {
        Lock::create()
    }

    /// An obsolete synonym of allocate_lock().
    #[pyfunction("($module, /)")]
    fn allocate() -> PyResult<Ref> {
        Lock::create()
    }

    /// Start a new thread and return its identifier.
    ///
    /// The thread will call the function with positional arguments from the
    /// tuple args and keyword arguments taken from the optional dictionary
    /// kwargs.  The thread exits when the function returns; the return value
    /// is ignored.  The thread will also exit when the function raises an
    /// unhandled exception; a stack trace will be printed unless the exception
    /// is SystemExit.
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

    /// An obsolete synonym of start_new_thread().
    #[pyfunction("($module, function, args, kwargs={}, /)")]
    fn start_new(function: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<u64> {
        start_new_thread(function, args, kwargs)
    }

    /// *For internal use only*: start a new thread.
    ///
    /// Like start_new_thread(), this starts a new thread calling the given function.
    /// Unlike start_new_thread(), this returns a handle object with methods to join
    /// or detach the given thread.
    /// This function is not for third-party code, please use the
    /// `threading` module instead. During finalization the runtime will not wait for
    /// the thread to exit if daemon is True. If handle is provided it must be a
    /// newly created thread._ThreadHandle instance.
    #[pyfunction("($module, /, function, handle=None, daemon=True)")]
    fn start_joinable_thread(function: Borrowed<'_>, handle: Option<Borrowed<'_>>, daemon: bool) -> PyResult<Ref> {
        if !function.is_callable() {
            return Err(raise!(TypeError, "thread function must be callable"));
        }
        if daemon && !daemon_threads_allowed() {
            return Err(raise!(RuntimeError, "daemon thread is not supported for isolated subinterpreters"));
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

    /// Return True if daemon threads are allowed in the current interpreter,
    /// and False otherwise.
    #[pyfunction("($module, /)")]
    fn daemon_threads_allowed() -> bool {
        thread::current().interpreter().sub.settings.get().allow_daemon_threads
    }

    /// Return a non-zero integer that uniquely identifies the current thread
    /// amongst other threads that exist simultaneously.
    /// This may be used to identify per-thread resources.
    /// Even though on some platforms threads identities may appear to be
    /// allocated consecutive numbers starting at 1, this behavior should not
    /// be relied upon, and the number should be seen purely as a magic cookie.
    /// A thread's identity may be reused for another thread after it exits.
    #[pyfunction("($module, /)")]
    fn get_ident() -> u64 {
        thread::current().raw.thread_id.get()
    }

    /// Return a non-negative integer identifying the thread as reported
    /// by the OS (kernel). This may be used to uniquely identify a
    /// particular thread within a system.
    #[pyfunction("($module, /)")]
    fn get_native_id() -> u64 {
        host::process::thread_id()
    }

    /// Internal only. Return a non-zero integer that uniquely identifies the main thread
    /// of the main interpreter.
    #[pyfunction("($module, /)")]
    fn _get_main_thread_ident() -> u64 {
        start::main_thread_ident()
    }

    /// Return True if the current interpreter is the main Python interpreter.
    #[pyfunction("($module, /)")]
    fn _is_main_interpreter() -> bool {
        thread::current().interpreter().is_main()
    }

    /// Return the number of currently running Python threads, excluding
    /// the main thread. The returned number comprises all threads created
    /// through `start_new_thread()` as well as `threading.Thread`, and not
    /// yet finished.
    ///
    /// This function is meant for internal and specialized purposes only.
    /// In most applications `threading.enumerate()` should be used instead.
    #[pyfunction("($module, /)")]
    fn _count() -> isize {
        start::running()
    }

    /// Return the thread stack size used when creating new threads.  The
    /// optional size argument specifies the stack size (in bytes) to be used
    /// for subsequently created threads, and must be 0 (use platform or
    /// configured default) or a positive integer value of at least 32,768 (32k).
    /// If changing the thread stack size is unsupported, a ThreadError
    /// exception is raised.  If the specified size is invalid, a ValueError
    /// exception is raised, and the stack size is unmodified.  32k bytes
    ///  currently the minimum supported stack size value to guarantee
    /// sufficient stack space for the interpreter itself.
    ///
    /// Note that some platforms may have particular restrictions on values for
    /// the stack size, such as requiring a minimum stack size larger than 32 KiB or
    /// requiring allocation in multiples of the system memory page size
    /// - platform documentation should be referred to for more information
    /// (4 KiB pages are common; using multiples of 4096 for the stack size is
    /// the suggested approach in the absence of more specific information).
    #[pyfunction("($module, size=0, /)")]
    fn stack_size(size: isize) -> PyResult<usize> {
        start::set_stack_size(size)
    }

    /// This is synonymous to ``raise SystemExit''.  It will cause the current
    /// thread to exit silently unless the exception is caught.
    #[pyfunction("($module, /)")]
    fn exit() -> PyResult<()> {
        Err(object::error::raise_none(&exc::SystemExit))
    }

    /// An obsolete synonym of exit().
    #[pyfunction("($module, /)")]
    fn exit_thread() -> PyResult<()> {
        exit()
    }

    /// Simulate the arrival of the given signal in the main thread,
    /// where the corresponding signal handler will be executed.
    /// If *signum* is omitted, SIGINT is assumed.
    /// A subthread can use this function to interrupt the main thread.
    ///
    /// Note: the default signal handler for SIGINT raises ``KeyboardInterrupt``.
    #[pyfunction("($module, signum=signal.SIGINT, /)")]
    fn interrupt_main(signum: Option<i32>) -> PyResult<()> {
        let signum = signum.unwrap_or(libc::SIGINT);
        if !(1..=64).contains(&signum) {
            return Err(raise!(ValueError, "signal number out of range"));
        }
        start::interrupt_main(signum)
    }

    /// Set the name of the current thread.
    #[pyfunction("($module, /, name)")]
    fn set_name(name: String) {
        start::set_name(&name);
    }

    /// Get the name of the current thread.
    #[pyfunction("($module, /)")]
    fn _get_name() -> PyResult<Ref> {
        start::name()
    }

    /// Wait for all non-daemon threads (other than the calling thread) to stop.
    #[pyfunction("($module, /)")]
    fn _shutdown() -> PyResult<()> {
        handle::join_all()
    }

    /// Internal only. Make a thread handle for threads not spawned
    /// by the _thread or threading module.
    #[pyfunction("($module, ident, /)")]
    fn _make_thread_handle(ident: Borrowed<'_>) -> PyResult<Ref> {
        if !object::value::int::check(ident) {
            return Err(raise!(TypeError, "ident must be an integer"));
        }
        let ident = ident.as_i64()?;
        ThreadHandle::of_running(ident.cast_unsigned()).map(Ref::upcast)
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        let _ = module;
        start::note_main_ident();
        Ok(())
    }
}
