//! Functions of `sys` about frames, tracing and running threads.

use macros::pymodule;

#[pymodule(part)]
pub(crate) mod part {
    use crate::frame;
    use crate::lifecycle::support;
    use crate::monitoring::trace;
    use crate::sys::tracing;
    use crate::sys::{audit::audit, info};
    use object::value::{int, tuple};
    use object::{Borrowed, PyResult, RawField, Ref, core, id, raise, thread};

    /// Return a frame object from the call stack.
    ///
    /// If optional integer depth is given, return the frame object that many
    /// calls below the top of the stack.  If that is deeper than the call
    /// stack, ValueError is raised.  The default for depth is zero, returning
    /// the frame at the top of the call stack.
    ///
    /// This function should be used for internal and specialized purposes
    /// only.
    #[pyfunction("($module, depth=0, /)")]
    fn _getframe(depth: i32) -> PyResult<Ref> {
        let mut current = frame::visible(thread::current());
        for _ in 0..depth.max(0) {
            current = current.and_then(frame::Frame::back);
        }
        let Some(found) = current else { return Err(raise!(ValueError, "call stack is not deep enough")) };
        let found = frame::object_::get(found)?;
        audit("sys._getframe", || Ok(vec![found.clone()]))?;
        Ok(found)
    }

    /// Return the name of the module for a calling frame.
    ///
    /// The default depth returns the module containing the call to this API.
    /// A more typical use in a library will pass a depth of 1 to get the user's
    /// module rather than the library module.
    ///
    /// If no frame, module, or name can be found, returns None.
    #[pyfunction("($module, /, depth=0)")]
    fn _getframemodulename(depth: i32) -> PyResult<Ref> {
        audit("sys._getframemodulename", || Ok(vec![int::new(i64::from(depth))?]))?;
        let mut current = frame::visible(thread::current());
        for _ in 0..depth.max(0) {
            current = current.and_then(frame::Frame::back);
        }
        let Some(found) = current else { return Ok(core::none_ref()) };
        // The function's own `__module__`, as set when it was made from its globals.
        let module = support::dict_get(found.globals(), id!("__name__"))?;
        Ok(module.unwrap_or_else(core::none_ref))
    }

    /// Return a dict mapping each thread's thread id to its current stack frame.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfunction("($module, /)")]
    fn _current_frames() -> PyResult<Ref> {
        audit("sys._current_frames", || Ok(vec![]))?;
        let dict = support::dict_new()?;
        for thread in thread::current().interpreter().with_threads(|threads| threads.clone()) {
            // SAFETY: thread states live to the end of the process; the GIL is held.
            let thread = unsafe { &*thread.0 };
            if let Some(found) = frame::visible(thread) {
                let key = int::from_u64(thread.raw.thread_id.get())?;
                support::dict_set(dict.b(), key.b(), frame::object_::get(found)?.b())?;
            }
        }
        Ok(dict)
    }

    /// Return a dict mapping each thread's identifier to its current raised exception.
    ///
    /// This function should be used for specialized purposes only.
    #[pyfunction("($module, /)")]
    fn _current_exceptions() -> PyResult<Ref> {
        audit("sys._current_exceptions", || Ok(vec![]))?;
        let dict = support::dict_new()?;
        for thread in thread::current().interpreter().with_threads(|threads| threads.clone()) {
            // SAFETY: as above.
            let thread = unsafe { &*thread.0 };
            let key = int::from_u64(thread.raw.thread_id.get())?;
            let value = thread.handled_exception().unwrap_or_else(core::none_ref);
            support::dict_set(dict.b(), key.b(), value.b())?;
        }
        Ok(dict)
    }

    /// Set the global debug tracing function.
    ///
    /// It will be called on each function call.  See the debugger chapter
    /// in the library manual.
    #[pyfunction("($module, function, /)")]
    fn settrace(function: Borrowed<'_>) -> PyResult<()> {
        audit("sys.settrace", || Ok(vec![]))?;
        trace::set_trace(thread::current(), Some(function).filter(|function| !function.is(&core::none())))
    }

    /// Return the global debug tracing function set with sys.settrace.
    ///
    /// See the debugger chapter in the library manual.
    #[pyfunction("($module, /)")]
    fn gettrace() -> Option<Ref> {
        thread::current().raw.c_traceobj.load()
    }

    /// Set the profiling function.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    #[pyfunction("($module, function, /)")]
    fn setprofile(function: Borrowed<'_>) -> PyResult<()> {
        audit("sys.setprofile", || Ok(vec![]))?;
        trace::set_profile(thread::current(), Some(function).filter(|function| !function.is(&core::none())))
    }

    /// Return the profiling function set with sys.setprofile.
    ///
    /// See the profiler chapter in the library manual.
    #[pyfunction("($module, /)")]
    fn getprofile() -> Option<Ref> {
        thread::current().raw.c_profileobj.load()
    }

    /// Set the global debug tracing function in all running threads belonging to the current interpreter.
    ///
    /// It will be called on each function call. See the debugger chapter
    /// in the library manual.
    #[pyfunction("($module, function, /)")]
    fn _settraceallthreads(function: Borrowed<'_>) -> PyResult<()> {
        tracing::set_trace_everywhere(Some(function).filter(|function| !function.is(&core::none())))
    }

    /// Set the profiling function in all running threads belonging to the current interpreter.
    ///
    /// It will be called on each function call and return.  See the profiler
    /// chapter in the library manual.
    #[pyfunction("($module, function, /)")]
    fn _setprofileallthreads(function: Borrowed<'_>) -> PyResult<()> {
        tracing::set_profile_everywhere(Some(function).filter(|function| !function.is(&core::none())))
    }

    /// Call func(*args), while tracing is enabled.
    ///
    /// The tracing state is saved, and restored afterwards.  This is intended
    /// to be called from a debugger from a checkpoint, to recursively debug
    /// some other code.
    #[pyfunction("($module, func, args, /)")]
    fn call_tracing(func: Borrowed<'_>, args: Borrowed<'_>) -> PyResult<Ref> {
        if tuple::items(args).is_none() {
            let found = args.class().tp_name();
            return Err(raise!(TypeError, "call_tracing() argument 2 must be tuple, not {found}"));
        }
        let raw = &thread::current().raw;
        let saved = raw.tracing.replace(0);
        let result = func.call_tuple(args, None);
        raw.tracing.set(saved);
        result
    }

    /// Check the origin of coroutine objects and set the depth of the traceback that they record.
    ///
    /// Set to 0 to disable.
    #[pyfunction("($module, /, depth)")]
    fn set_coroutine_origin_tracking_depth(depth: i32) -> PyResult<()> {
        if depth < 0 {
            return Err(raise!(ValueError, "depth must be >= 0"));
        }
        thread::current().raw.coroutine_origin_tracking_depth.set(depth);
        Ok(())
    }

    /// Check status of origin tracking for coroutine objects in this thread.
    #[pyfunction("($module, /)")]
    fn get_coroutine_origin_tracking_depth() -> i32 {
        thread::current().raw.coroutine_origin_tracking_depth.get()
    }

    /// set_asyncgen_hooks([firstiter] [, finalizer])
    ///
    /// Set a finalizer for async generators objects.
    #[pyfunction(text = None, "(firstiter=<unrepresentable>, finalizer=<unrepresentable>)")]
    fn set_asyncgen_hooks(firstiter: Option<Borrowed<'_>>, finalizer: Option<Borrowed<'_>>) -> PyResult<()> {
        let none = core::none();
        for (name, hook) in [("finalizer", finalizer), ("firstiter", firstiter)] {
            if let Some(hook) = hook
                && !hook.is(&none)
                && !hook.is_callable()
            {
                let found = hook.class().tp_name();
                return Err(raise!(TypeError, "callable {name} expected, got {found}"));
            }
        }
        let raw = &thread::current().raw;
        let stored = |hook: Borrowed<'_>| (!hook.is(&none)).then(|| hook.to_ref());
        if let Some(hook) = finalizer {
            audit("sys.set_asyncgen_hooks_finalizer", || Ok(vec![]))?;
            raw.async_gen_finalizer.store(stored(hook));
        }
        if let Some(hook) = firstiter {
            audit("sys.set_asyncgen_hooks_firstiter", || Ok(vec![]))?;
            raw.async_gen_firstiter.store(stored(hook));
        }
        Ok(())
    }

    /// Return the installed asynchronous generators hooks.
    ///
    /// This returns a namedtuple of the form (firstiter, finalizer).
    #[pyfunction("($module, /)")]
    fn get_asyncgen_hooks() -> PyResult<Ref> {
        let raw = &thread::current().raw;
        let hook = |field: Option<Ref>| field.unwrap_or_else(core::none_ref);
        info::asyncgen_hooks(hook(raw.async_gen_firstiter.load()), hook(raw.async_gen_finalizer.load()))
    }
}
