//! Functions of `sys` that read and change settings of the interpreter, or look at objects.

use macros::pymodule;

#[pymodule(part)]
pub(crate) mod part {
    use crate::sys::limits::limits;
    use object::value::str as text;
    use object::{Borrowed, PyResult, Raised, Ref, error, exc, hooks, id, memory, raise, thread};

    /// Exit the interpreter by raising SystemExit(status).
    ///
    /// If the status is omitted or None, it defaults to zero (i.e., success).
    /// If the status is an integer, it will be used as the system exit status.
    /// If it is another kind of object, it will be printed and the system
    /// exit status will be one (i.e., failure).
    #[pyfunction("($module, status=None, /)")]
    fn exit(status: Option<Borrowed<'_>>) -> PyResult<()> {
        let raised: Raised = error::raise_value(&exc::SystemExit, status);
        Err(raised)
    }

    /// Return the current default encoding used by the Unicode implementation.
    #[pyfunction("($module, /)")]
    fn getdefaultencoding() -> &'static str {
        "utf-8"
    }

    /// Return the encoding used to convert Unicode filenames to OS filenames.
    #[pyfunction("($module, /)")]
    fn getfilesystemencoding() -> &'static str {
        "utf-8"
    }

    /// Return the error mode used for Unicode to OS filename conversion.
    #[pyfunction("($module, /)")]
    fn getfilesystemencodeerrors() -> &'static str {
        "surrogateescape"
    }

    /// ``Intern'' the given string.
    ///
    /// This enters the string in the (global) table of interned strings whose
    /// purpose is to speed up dictionary lookups. Return the string itself or
    /// the previously interned string object with the same value.
    #[pyfunction("($module, string, /)")]
    fn intern(string: object::convert::Str<'_>) -> PyResult<Ref> {
        if !text::check_exact(&string.0) {
            return Err(raise!(TypeError, "can't intern {}", string.0.class().tp_name()));
        }
        Ok(builtins::str_::intern::intern(string.0.to_ref()))
    }

    /// Return True if the given string is "interned".
    #[pyfunction("($module, string, /)")]
    fn _is_interned(string: object::convert::Str<'_>) -> bool {
        builtins::str_::intern::is_interned(string.0)
    }

    /// Return True if the given object is "immortal" per PEP 683.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfunction("($module, op, /)")]
    fn _is_immortal(op: Borrowed<'_>) -> bool {
        op.is_immortal()
    }

    /// Return the current value of the recursion limit.
    ///
    /// The recursion limit is the maximum depth of the Python interpreter
    /// stack.  This limit prevents infinite recursion from causing an overflow
    /// of the C stack and crashing Python.
    #[pyfunction("($module, /)")]
    fn getrecursionlimit() -> i32 {
        thread::current().interpreter().recursion_limit.get()
    }

    /// Set the maximum depth of the Python interpreter stack to n.
    ///
    /// This limit prevents infinite recursion from causing an overflow of the C
    /// stack and crashing Python.  The highest possible limit is platform-
    /// dependent.
    #[pyfunction("($module, limit, /)")]
    fn setrecursionlimit(limit: i32) -> PyResult<()> {
        if limit < 1 {
            return Err(raise!(ValueError, "recursion limit must be greater or equal than 1"));
        }
        let current = thread::current();
        let depth = current.raw.py_recursion_limit.get() - current.raw.py_recursion_remaining.get();
        if depth >= limit {
            return Err(raise!(
                RecursionError,
                "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
            ));
        }
        current.interpreter().recursion_limit.set(limit);
        current.raw.py_recursion_limit.set(limit);
        current.raw.py_recursion_remaining.set(limit - depth);
        Ok(())
    }

    /// Set the ideal thread switching delay inside the Python interpreter.
    ///
    /// The actual frequency of switching threads can be lower if the
    /// interpreter executes long sequences of uninterruptible code
    /// (this is implementation-specific and workload-dependent).
    ///
    /// The parameter must represent the desired switching delay in seconds
    /// A typical value is 0.005 (5 milliseconds).
    #[pyfunction("($module, interval, /)")]
    fn setswitchinterval(interval: f64) -> PyResult<()> {
        if interval <= 0.0 || interval.is_nan() {
            return Err(raise!(ValueError, "switch interval must be strictly positive"));
        }
        // Microseconds; more than fits counts as for ever.
        thread::current().interpreter().gil.set_interval((interval * 1e6) as u64);
        Ok(())
    }

    /// Return the current thread switch interval; see sys.setswitchinterval().
    #[pyfunction("($module, /)")]
    fn getswitchinterval() -> f64 {
        thread::current().interpreter().gil.interval() as f64 / 1e6
    }

    /// Return the maximum string digits limit for non-binary int<->str conversions.
    #[pyfunction("($module, /)")]
    fn get_int_max_str_digits() -> usize {
        crate::sys::limits::int_max_str_digits()
    }

    /// Set the maximum string digits limit for non-binary int<->str conversions.
    #[pyfunction("($module, /, maxdigits)")]
    fn set_int_max_str_digits(maxdigits: i32) -> PyResult<()> {
        match usize::try_from(maxdigits) {
            Ok(digits) if digits == 0 || digits >= 640 => {
                builtins::int::set_max_str_digits(digits);
                Ok(())
            }
            _ => Err(raise!(ValueError, "maxdigits must be 0 or larger than 640")),
        }
    }

    /// Return the reference count of object.
    ///
    /// The count returned is generally one higher than you might expect,
    /// because it includes the (temporary) reference as an argument to
    /// getrefcount().
    #[pyfunction("($module, object, /)")]
    fn getrefcount(object: Borrowed<'_>) -> u32 {
        object.refcount()
    }

    /// getsizeof(object [, default]) -> int
    ///
    /// Return the size of object in bytes.
    #[pyfunction(text = None, "(object, default=None)")]
    fn getsizeof(object: Borrowed<'_>, default: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match size_of_object(object) {
            Ok(size) => object::IntoPy::into_py(size),
            Err(raised) => match default {
                Some(default) if raised.is_a(&exc::TypeError) => {
                    raised.clear();
                    Ok(default.to_ref())
                }
                _ => Err(raised),
            },
        }
    }

    fn size_of_object(object: Borrowed<'_>) -> PyResult<usize> {
        let class = object.class();
        if !class.has(abi::tpflags::READY) {
            (hooks::get().type_ready)(class)?;
        }
        let Some(method) = object.lookup_special(id!("__sizeof__"))? else {
            return Err(raise!(TypeError, "Type {} doesn't define __sizeof__", class.tp_name()));
        };
        let size = method.call0()?.as_isize()?;
        match usize::try_from(size) {
            Ok(size) => Ok(size + memory::presize(class.flags())),
            Err(_) => Err(raise!(ValueError, "__sizeof__() should return >= 0")),
        }
    }

    /// Return the number of memory blocks currently allocated.
    #[pyfunction("($module, /)")]
    fn getallocatedblocks() -> isize {
        memory::allocated_blocks()
    }

    /// Return True if Python is exiting.
    #[pyfunction("($module, /)")]
    fn is_finalizing() -> bool {
        thread::current().interpreter().finalizing.get()
    }

    /// Private function for getting the base REPL
    #[pyfunction("($module, /)")]
    fn _baserepl() -> PyResult<()> {
        crate::lifecycle::repl::run()
    }

    /// Return the current value of the flags that are used for dlopen calls.
    ///
    /// The flag constants are defined in the os module.
    #[pyfunction("($module, /)")]
    fn getdlopenflags() -> i32 {
        limits().dlopen_flags.get()
    }

    /// Set the flags used by the interpreter for dlopen calls.
    ///
    /// This is used, for example, when the interpreter loads extension
    /// modules. Among other things, this will enable a lazy resolving of
    /// symbols when importing a module, if called as sys.setdlopenflags(0).
    /// To share symbols across extension modules, call as
    /// sys.setdlopenflags(os.RTLD_GLOBAL).  Symbolic names for the flag
    /// modules can be found in the os module (RTLD_xxx constants, e.g.
    /// os.RTLD_LAZY).
    #[pyfunction("($module, flags, /)")]
    fn setdlopenflags(flags: i32) {
        limits().dlopen_flags.set(flags);
    }

    /// Clear the internal type lookup cache.
    #[pyfunction("($module, /)")]
    fn _clear_type_cache() {}

    /// Clear all internal performance-related caches.
    #[pyfunction("($module, /)")]
    fn _clear_internal_caches() {}

    /// Private function for clearing certain descriptors from a type's dictionary.
    #[pyfunction("($module, type, /)")]
    fn _clear_type_descriptors(type_: Borrowed<'_>) -> PyResult<()> {
        let Some(class) = crate::lifecycle::support::as_type(type_) else {
            let given = type_.class().tp_name();
            return Err(raise!(TypeError, "_clear_type_descriptors() argument must be type, not {given}"));
        };
        if class.has(abi::tpflags::IMMUTABLETYPE) {
            return Err(raise!(TypeError, "argument is immutable"));
        }
        builtins::type_::attributes::remove(&class, id!("__dict__"))?;
        builtins::type_::attributes::remove(&class, id!("__weakref__"))
    }

    /// Print debug info to stderr about the state of pymalloc and structmalloc.
    #[pyfunction("($module, /)")]
    fn _debugmallocstats() {
        host::tell!("{} blocks in use\n", memory::allocated_blocks());
    }

    /// Return True if the GIL is currently enabled and False if the GIL is disabled.
    #[pyfunction("($module, /)")]
    fn _is_gil_enabled() -> bool {
        true
    }

    /// Private function for getting PyConfig.cpu_count
    #[pyfunction("($module, /)")]
    fn _get_cpu_count_config() -> i64 {
        crate::lifecycle::cpu_count()
    }

    /// Activate stack profiler trampoline *backend*.
    #[pyfunction("($module, backend, /)")]
    fn activate_stack_trampoline(backend: object::convert::Str<'_>) -> PyResult<()> {
        let _ = backend;
        Err(raise!(ValueError, "perf trampoline not available"))
    }

    /// Deactivate the current stack profiler trampoline backend.
    ///
    /// If no stack profiler is activated, this function has no effect.
    #[pyfunction("($module, /)")]
    fn deactivate_stack_trampoline() {}

    /// Return *True* if a stack profiler trampoline is active.
    #[pyfunction("($module, /)")]
    fn is_stack_trampoline_active() -> bool {
        false
    }

    /// Return True if remote debugging is enabled, False otherwise.
    #[pyfunction("($module, /)")]
    fn is_remote_debug_enabled() -> bool {
        false
    }

    /// Executes a file containing Python code in a given remote Python process.
    #[pyfunction("($module, /, pid, script)")]
    fn remote_exec(pid: i32, script: Borrowed<'_>) -> PyResult<()> {
        let _ = (pid, script);
        Err(raise!(RuntimeError, "Remote debugging is not enabled"))
    }

    /// Dump the graph of tracelets in graphviz format
    #[pyfunction("($module, outpath, /)")]
    fn _dump_tracelets(outpath: Borrowed<'_>) -> PyResult<()> {
        let _ = outpath;
        Err(raise!(NotImplementedError, "No JIT available"))
    }
}
