//! `pystate.h`, `ceval.h`, `pythread.h`: thread states, the GIL, locks, running code.

use crate::form::{FromC, Lent, Out, capi, capi_free};
use crate::support::intern;
use abi::{PyObject, PyThreadState, c_char, c_int, c_void};
use object::thread::{self, Interpreter, ThreadState};
use object::value::{int, str as text};
use object::{Borrowed, PyResult, RawField, Ref, core, error, raise, recursion};
use std::cell::RefCell;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use vm::pending_calls;

/// C's pointer to one of our thread states.
pub(crate) fn raw(state: &ThreadState) -> *mut PyThreadState {
    std::ptr::from_ref(&state.raw).cast_mut()
}

/// The thread state behind C's pointer.
pub(crate) fn state_of(state: *mut PyThreadState) -> Option<&'static ThreadState> {
    // SAFETY: every thread state is one of ours, and lives to the end of the process.
    unsafe { state.cast::<ThreadState>().as_ref() }
}

/// The interpreter behind C's pointer.
pub(crate) fn interpreter_of(interpreter: *mut c_void) -> Option<&'static Interpreter> {
    // SAFETY: an interpreter lives to the end of the process.
    unsafe { interpreter.cast::<Interpreter>().as_ref() }
}

pub(crate) fn pointer(interpreter: &'static Interpreter) -> *mut c_void {
    std::ptr::from_ref(interpreter).cast_mut().cast()
}

/// Lets go of the GIL; the state that held it.
fn save() -> *mut PyThreadState {
    let Some(state) = thread::try_current() else { return std::ptr::null_mut() };
    state.interpreter().gil.release(state);
    raw(state)
}

/// Takes the GIL for a state. C's errno stays.
fn restore(state: *mut PyThreadState) {
    if let Some(state) = state_of(state) {
        // SAFETY: plain access to the thread's errno.
        let errno = unsafe { *libc::__errno_location() };
        state.interpreter().gil.take(state);
        // SAFETY: as above.
        unsafe { *libc::__errno_location() = errno };
    }
}

/// Thread-local values of the old `PyThread_*_key` functions and of `PyThread_tss_*`: the system's keys.
fn create_key() -> Option<u32> {
    let mut key = 0;
    // SAFETY: a plain call.
    (unsafe { libc::pthread_key_create(&raw mut key, None) } == 0).then_some(key)
}

/// A lock of `PyThread_allocate_lock`.
pub struct Lock {
    held: Mutex<bool>,
    freed: Condvar,
}

impl Lock {
    fn acquire(&self, timeout: Option<Duration>) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        while *held {
            match deadline {
                None => held = self.freed.wait(held).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    held = self.freed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        *held = true;
        true
    }

    fn release(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.freed.notify_one();
    }
}

fn lock_of<'a>(lock: *mut c_void) -> Option<&'a Lock> {
    // SAFETY: a lock of `PyThread_allocate_lock` that was not freed.
    unsafe { lock.cast::<Lock>().as_ref() }
}

/// Ends a thread state of `PyGILState_Ensure` or `PyThreadState_New`.
fn clear(state: &ThreadState) {
    state.raw.dict.store(None);
    state.raw.async_exc.store(None);
    state.raw.context.store(None);
    drop(state.raw.current_exception.swap_ref(None));
}

capi_free! {
    fn PyThreadState_Get() -> *mut PyThreadState {
        match thread::try_current() {
            Some(thread) => raw(thread),
            None => vm::lifecycle::fatal::die(
                "PyThreadState_Get",
                "the function must be called with the GIL held, after Python initialization and before Python finalization, but the GIL is released (the current Python thread state is NULL)",
            ),
        }
    }
    fn PyGILState_Ensure() -> c_int {
        let Some(state) = thread::bound() else {
            let Some(interpreter) = thread::main_interpreter() else { std::process::abort() };
            let state = ThreadState::create(interpreter);
            state.bind();
            thread::swap_current(std::ptr::null());
            state.raw.gilstate_counter.set(1);
            interpreter.gil.take(state);
            return UNLOCKED;
        };
        let holds = thread::try_current().is_some_and(|current| std::ptr::eq(current, state));
        if !holds {
            restore(raw(state));
        }
        state.raw.gilstate_counter.set(state.raw.gilstate_counter.get() + 1);
        if holds { LOCKED } else { UNLOCKED }
    }

    fn PyGILState_Release(before: c_int) {
        let Some(state) = thread::bound() else { return };
        let count = state.raw.gilstate_counter.get() - 1;
        state.raw.gilstate_counter.set(count);
        if count == 0 {
            clear(state);
            state.unlist();
            thread::unbind();
            state.interpreter().gil.release(state);
        } else if before == UNLOCKED {
            save();
        }
    }

    fn PyGILState_Check() -> c_int {
        c_int::from(thread::try_current().is_some())
    }

    fn PyGILState_GetThisThreadState() -> *mut PyThreadState {
        thread::bound().map_or(std::ptr::null_mut(), raw)
    }

    fn PyEval_SaveThread() -> *mut PyThreadState {
        save()
    }

    fn PyEval_RestoreThread(state: *mut PyThreadState) {
        restore(state);
    }

    fn PyEval_AcquireThread(state: *mut PyThreadState) {
        restore(state);
    }

    fn PyEval_ReleaseThread(state: *mut PyThreadState) {
        let _ = state;
        save();
    }

    fn PyEval_InitThreads() {}

    fn PyEval_ThreadsInitialized() -> c_int {
        1
    }

    fn PyThreadState_GetUnchecked() -> *mut PyThreadState {
        thread::try_current().map_or(std::ptr::null_mut(), raw)
    }

    fn _PyThreadState_UncheckedGet() -> *mut PyThreadState {
        thread::try_current().map_or(std::ptr::null_mut(), raw)
    }

    fn PyThreadState_Swap(state: *mut PyThreadState) -> *mut PyThreadState {
        let Some(next) = state_of(state) else { return save() };
        if next.raw.thread_id.get() == 0 {
            next.mark_thread();
        }
        next.switch().map_or(std::ptr::null_mut(), raw)
    }

    fn PyThreadState_New(interpreter: *mut c_void) -> *mut PyThreadState {
        interpreter_of(interpreter).map_or(std::ptr::null_mut(), |interpreter| raw(ThreadState::create(interpreter)))
    }

    fn PyThreadState_Delete(state: *mut PyThreadState) {
        if let Some(state) = state_of(state) {
            state.unlist();
            if thread::bound().is_some_and(|bound| std::ptr::eq(bound, state)) {
                thread::unbind();
            }
        }
    }

    fn PyThreadState_DeleteCurrent() {
        if let Some(state) = thread::try_current() {
            state.unlist();
            if thread::bound().is_some_and(|bound| std::ptr::eq(bound, state)) {
                thread::unbind();
            }
            state.interpreter().gil.release(state);
        }
    }

    fn PyInterpreterState_Main() -> *mut c_void {
        thread::main_interpreter().map_or(std::ptr::null_mut(), pointer)
    }

    fn Py_IsInitialized() -> c_int {
        c_int::from(thread::main_interpreter().is_some())
    }

    fn Py_IsFinalizing() -> c_int {
        c_int::from(thread::main_interpreter().is_some_and(|interpreter| interpreter.finalizing.get()))
    }

    fn PyThread_init_thread() {}

    fn PyThread_get_thread_ident() -> u64 {
        // SAFETY: a plain query.
        unsafe { libc::pthread_self() }
    }

    fn PyThread_get_thread_ident_ex() -> u64 {
        // SAFETY: a plain query.
        unsafe { libc::pthread_self() }
    }

    fn PyThread_get_thread_native_id() -> u64 {
        // SAFETY: a plain query.
        u64::from(unsafe { libc::gettid() }.unsigned_abs())
    }

    fn PyThread_allocate_lock() -> *mut c_void {
        Box::into_raw(Box::new(Lock { held: Mutex::new(false), freed: Condvar::new() })).cast()
    }

    fn PyThread_free_lock(lock: *mut c_void) {
        if !lock.is_null() {
            // SAFETY: C gives the lock away.
            drop(unsafe { Box::from_raw(lock.cast::<Lock>()) });
        }
    }

    fn PyThread_acquire_lock(lock: *mut c_void, wait: c_int) -> c_int {
        let timeout = if wait != 0 { None } else { Some(Duration::ZERO) };
        c_int::from(lock_of(lock).is_some_and(|lock| lock.acquire(timeout)))
    }

    fn PyThread_acquire_lock_timed(lock: *mut c_void, microseconds: i64, _interruptible: c_int) -> c_int {
        let timeout = u64::try_from(microseconds).ok().map(Duration::from_micros);
        c_int::from(lock_of(lock).is_some_and(|lock| lock.acquire(timeout)))
    }

    fn PyThread_release_lock(lock: *mut c_void) {
        if let Some(lock) = lock_of(lock) {
            lock.release();
        }
    }

    fn PyThread_start_new_thread(function: *const c_void, arg: *mut c_void) -> u64 {
        type Start = unsafe extern "C-unwind" fn(*mut c_void);
        struct Call(Start, usize);
        // SAFETY: C passes a function of this signature.
        let call = Call(unsafe { std::mem::transmute::<*const c_void, Start>(function) }, arg.expose_provenance());
        let started = std::thread::Builder::new().stack_size(8 << 20).spawn(move || {
            let call = call;
            // SAFETY: C's function with C's argument.
            unsafe { (call.0)(std::ptr::with_exposed_provenance_mut(call.1)) }
        });
        match started {
            Ok(handle) => std::os::unix::thread::JoinHandleExt::as_pthread_t(&handle),
            Err(_) => u64::MAX,
        }
    }

    fn PyThread_exit_thread() {
        // SAFETY: the thread ends here, as C asks.
        unsafe { libc::pthread_exit(std::ptr::null_mut()) }
    }

    fn PyThread_get_stacksize() -> usize {
        0
    }

    fn PyThread_create_key() -> c_int {
        create_key().and_then(|key| c_int::try_from(key).ok()).unwrap_or(-1)
    }

    fn PyThread_delete_key(key: c_int) {
        // SAFETY: a plain call.
        unsafe { libc::pthread_key_delete(key.unsigned_abs()) };
    }

    fn PyThread_set_key_value(key: c_int, value: *mut c_void) -> c_int {
        // SAFETY: a plain call.
        if unsafe { libc::pthread_setspecific(key.unsigned_abs(), value) } == 0 { 0 } else { -1 }
    }

    fn PyThread_get_key_value(key: c_int) -> *mut c_void {
        // SAFETY: a plain call.
        unsafe { libc::pthread_getspecific(key.unsigned_abs()) }
    }

    fn PyThread_delete_key_value(key: c_int) {
        // SAFETY: a plain call.
        unsafe { libc::pthread_setspecific(key.unsigned_abs(), std::ptr::null()) };
    }

    fn PyThread_ReInitTLS() {}

    fn PyThread_tss_alloc() -> *mut abi::Py_tss_t {
        object::memory::try_alloc_zeroed_raw(size_of::<abi::Py_tss_t>()).map_or(std::ptr::null_mut(), |block| block.as_ptr().cast())
    }

    fn PyThread_tss_free(key: *mut abi::Py_tss_t) {
        // SAFETY: C gives away what `PyThread_tss_alloc` gave.
        unsafe {
            if let Some(tss) = key.as_ref() {
                if tss._is_initialized.replace(0) != 0 {
                    libc::pthread_key_delete(tss._key.get());
                }
                object::memory::free_raw(key.cast());
            }
        }
    }

    fn PyThread_tss_is_created(key: *mut abi::Py_tss_t) -> c_int {
        // SAFETY: C passes its key.
        unsafe { (*key)._is_initialized.get() }
    }

    fn PyThread_tss_create(key: *mut abi::Py_tss_t) -> c_int {
        // SAFETY: C passes its key.
        let key = unsafe { &*key };
        if key._is_initialized.get() != 0 {
            return 0;
        }
        match create_key() {
            Some(number) => {
                key._key.set(number);
                key._is_initialized.set(1);
                0
            }
            None => -1,
        }
    }

    fn PyThread_tss_delete(key: *mut abi::Py_tss_t) {
        // SAFETY: C passes its key.
        unsafe {
            if (*key)._is_initialized.replace(0) != 0 {
                libc::pthread_key_delete((*key)._key.get());
            }
        }
    }

    fn PyThread_tss_set(key: *mut abi::Py_tss_t, value: *mut c_void) -> c_int {
        // SAFETY: C passes its key.
        if unsafe { libc::pthread_setspecific((*key)._key.get(), value) } == 0 { 0 } else { -1 }
    }

    fn PyThread_tss_get(key: *mut abi::Py_tss_t) -> *mut c_void {
        // SAFETY: C passes its key.
        unsafe { libc::pthread_getspecific((*key)._key.get()) }
    }

    fn PyMutex_Lock(mutex: *mut u8) {
        lock_byte(mutex);
    }

    fn PyMutex_Unlock(mutex: *mut u8) {
        byte(mutex).store(0, std::sync::atomic::Ordering::Release);
    }

    fn PyMutex_IsLocked(mutex: *mut u8) -> c_int {
        c_int::from(byte(mutex).load(std::sync::atomic::Ordering::Relaxed) & 1)
    }

    fn _PyOnceFlag_CallOnceSlow(flag: *mut u8, function: *const c_void, arg: *mut c_void) -> c_int {
        // SAFETY: C passes a function of this signature.
        let function = unsafe { std::mem::transmute::<*const c_void, extern "C-unwind" fn(*mut c_void) -> c_int>(function) };
        // The flag is a lock that stays locked by another bit when the call is done.
        loop {
            match byte(flag).compare_exchange(0, ONCE_RUNS, std::sync::atomic::Ordering::Acquire, std::sync::atomic::Ordering::Acquire) {
                Ok(_) => {
                    let status = function(arg);
                    byte(flag).store(if status == 0 { ONCE_DONE } else { 0 }, std::sync::atomic::Ordering::Release);
                    return status;
                }
                Err(ONCE_DONE) => return 0,
                Err(_) => {
                    let state = save();
                    std::thread::sleep(Duration::from_micros(50));
                    restore(state);
                }
            }
        }
    }

    fn PyCriticalSection_Begin(section: *mut c_void, object: *mut PyObject) {
        let _ = (section, object);
    }
    fn PyCriticalSection_BeginMutex(section: *mut c_void, mutex: *mut c_void) {
        let _ = (section, mutex);
    }
    fn PyCriticalSection_End(section: *mut c_void) {
        let _ = section;
    }
    fn PyCriticalSection2_Begin(section: *mut c_void, a: *mut PyObject, b: *mut PyObject) {
        let _ = (section, a, b);
    }
    fn PyCriticalSection2_BeginMutex(section: *mut c_void, a: *mut c_void, b: *mut c_void) {
        let _ = (section, a, b);
    }
    fn PyCriticalSection2_End(section: *mut c_void) {
        let _ = section;
    }

    fn Py_AddPendingCall(function: *const c_void, arg: *mut c_void) -> c_int {
        // SAFETY: C passes a function of this signature.
        let function = unsafe { std::mem::transmute::<*const c_void, pending_calls::Function>(function) };
        if pending_calls::add(pending_calls::Who::Main, function, arg) { 0 } else { -1 }
    }

    fn Py_AtExit(function: *const c_void) -> c_int {
        // SAFETY: C passes a function of this signature.
        let function = unsafe { std::mem::transmute::<*const c_void, extern "C" fn()>(function) };
        // SAFETY: a plain call.
        unsafe { libc::atexit(function) }
    }

    fn PyOS_getsig(signal: c_int) -> *mut c_void {
        // SAFETY: a query of the handler.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &raw mut action) == -1 {
                return std::ptr::with_exposed_provenance_mut(usize::MAX);
            }
            std::ptr::with_exposed_provenance_mut(action.sa_sigaction)
        }
    }
}

/// `_Py_ONCE_INITIALIZED`, and a bit for a call that is under way.
const ONCE_DONE: u8 = 4;
const ONCE_RUNS: u8 = 1;
const LOCKED: c_int = 0;
const UNLOCKED: c_int = 1;
fn byte<'a>(mutex: *mut u8) -> &'a std::sync::atomic::AtomicU8 {
    // SAFETY: C passes its mutex, one byte that only these functions touch.
    unsafe { std::sync::atomic::AtomicU8::from_ptr(mutex) }
}

/// Waits for a one-byte lock, without the GIL where the thread holds it.
fn lock_byte(mutex: *mut u8) {
    use std::sync::atomic::Ordering;
    let lock = byte(mutex);
    let try_lock = || lock.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok();
    if try_lock() {
        return;
    }
    let state = save();
    while !try_lock() {
        std::thread::sleep(Duration::from_micros(50));
    }
    restore(state);
}

capi! {
    fn PyThreadState_GetInterpreter(state: *mut PyThreadState) -> *mut c_void {
        state_of(state).map_or(std::ptr::null_mut(), |state| pointer(state.interpreter()))
    }
    fn PyThreadState_GetID(state: *mut PyThreadState) -> u64 {
        state_of(state).map_or(0, |state| state.raw.id.get())
    }
    fn PyThreadState_GetDict() -> PyResult<Lent> {
        let field = &thread::current().raw.dict;
        if field.get().is_null() {
            field.store(Some(builtins::type_::dicts::new()?));
        }
        Ok(Lent(field.get()))
    }
    fn _PyThreadState_GetDict(state: *mut PyThreadState) -> PyResult<Lent> {
        let Some(state) = state_of(state) else { return Ok(Lent(std::ptr::null_mut())) };
        if state.raw.dict.get().is_null() {
            state.raw.dict.store(Some(builtins::type_::dicts::new()?));
        }
        Ok(Lent(state.raw.dict.get()))
    }
    fn PyThreadState_GetFrame(state: *mut PyThreadState) -> PyResult<Option<Ref>> {
        let Some(state) = state_of(state) else { return Ok(None) };
        vm::frame::visible(state).map(vm::frame::object_::get).transpose()
    }
    fn PyThreadState_Clear(state: *mut PyThreadState) -> () {
        if let Some(state) = state_of(state) {
            clear(state);
        }
    }
    fn PyThreadState_SetAsyncExc(ident: u64, exception: Option<Borrowed<'_>>) -> i32 {
        let interpreter = thread::current().interpreter();
        let found = interpreter.with_threads(|threads| {
            // SAFETY: thread states live to the end of the process.
            threads.iter().map(|thread| unsafe { &*thread.0 }).find(|state| state.raw.thread_id.get() == ident)
        });
        let Some(state) = found else { return 0 };
        state.raw.async_exc.store(exception.map(Borrowed::to_ref));
        state.set_eval_breaker(thread::breaker::ASYNC_EXCEPTION);
        1
    }
    fn PyInterpreterState_Get() -> *mut c_void {
        pointer(thread::current().interpreter())
    }
    fn PyInterpreterState_GetID(interpreter: *mut c_void) -> PyResult<i64> {
        match interpreter_of(interpreter) {
            Some(interpreter) => Ok(interpreter.id),
            None => Err(raise!(RuntimeError, "no interpreter provided")),
        }
    }
    fn PyInterpreterState_GetDict(interpreter: *mut c_void) -> PyResult<Lent> {
        let Some(interpreter) = interpreter_of(interpreter) else { return Ok(Lent(std::ptr::null_mut())) };
        let dict = &interpreter.extensions.get::<InterpreterDict>().0;
        if dict.borrow().is_none() {
            let made = builtins::type_::dicts::new()?;
            *dict.borrow_mut() = Some(made);
        }
        Ok(Lent(dict.borrow().as_ref().map_or(std::ptr::null_mut(), Ref::ptr)))
    }
    fn PyInterpreterState_ThreadHead(interpreter: *mut c_void) -> *mut PyThreadState {
        interpreter_of(interpreter).and_then(|interpreter| interpreter.with_threads(|threads| threads.last().copied())).map_or(std::ptr::null_mut(), |state| {
            // SAFETY: thread states live to the end of the process.
            raw(unsafe { &*state.0 })
        })
    }
    fn PyThreadState_Next(state: *mut PyThreadState) -> *mut PyThreadState {
        let Some(state) = state_of(state) else { return std::ptr::null_mut() };
        let before = state.interpreter().with_threads(|threads| {
            let at = threads.iter().position(|thread| std::ptr::eq(thread.0, state))?;
            at.checked_sub(1).and_then(|at| threads.get(at).copied())
        });
        // SAFETY: as above.
        before.map_or(std::ptr::null_mut(), |state| raw(unsafe { &*state.0 }))
    }
    fn Py_EnterRecursiveCall(place: *const c_char) -> PyResult<()> {
        // The message is needed where there is no stack left only.
        if recursion::stack_pointer() > thread::current().stack_limit.get() {
            return Ok(());
        }
        // SAFETY: C passes a string, or NULL.
        let place = unsafe { <Option<&std::ffi::CStr>>::from_c(place) }?;
        recursion::check(&place.map_or_else(String::new, crate::support::lossy))
    }
    fn Py_LeaveRecursiveCall() -> () {}
    fn Py_GetRecursionLimit() -> i32 {
        thread::current().interpreter().recursion_limit.get()
    }
    fn Py_SetRecursionLimit(limit: i32) -> PyResult<()> {
        vm::import::import_module("sys")?.call_method(intern("setrecursionlimit").b(), &[int::new(i64::from(limit))?.b()]).map(drop)
    }
    fn Py_MakePendingCalls() -> PyResult<()> {
        object::hooks::vm().map_or(Ok(()), |hooks| (hooks.run_pending)())
    }
    fn PyEval_GetBuiltins() -> Lent {
        Lent::of(vm::lifecycle::frame_access::builtins())
    }
    fn PyEval_GetGlobals() -> Lent {
        Lent::opt(vm::lifecycle::frame_access::globals())
    }
    fn PyEval_GetLocals() -> PyResult<Lent> {
        // C borrows what the frame keeps; the snapshot is kept by the thread.
        let locals = vm::lifecycle::frame_access::locals()?;
        let kept = thread::current().extensions.get::<KeptLocals>();
        let ptr = locals.ptr();
        let old = kept.0.replace(Some(locals));
        drop(old);
        Ok(Lent(ptr))
    }
    fn PyEval_GetFrameBuiltins() -> PyResult<Option<Ref>> {
        Ok(Some(vm::lifecycle::frame_access::builtins()))
    }
    fn PyEval_GetFrameGlobals() -> PyResult<Option<Ref>> {
        Ok(vm::lifecycle::frame_access::globals())
    }
    fn PyEval_GetFrameLocals() -> PyResult<Ref> {
        vm::lifecycle::frame_access::locals()
    }
    fn PyEval_GetFrame() -> PyResult<Lent> {
        vm::frame::visible(thread::current()).map(vm::frame::object_::get).transpose().map(Lent::opt)
    }
    fn PyEval_GetFuncName(function: Borrowed<'_>) -> PyResult<*const c_char> {
        if function.class().is_subtype(&core::CFUNCTION) {
            // SAFETY: a built-in function has its entry, whose name lives as long as the function.
            return Ok(unsafe { (*(*function.ptr().cast::<abi::PyCFunctionObject>()).m_ml.get()).ml_name.get() });
        }
        if function.class().is_subtype(&core::METHOD) {
            // SAFETY: a bound method holds its function.
            let inner = unsafe { (*function.ptr().cast::<abi::PyMethodObject>()).im_func.load() };
            let inner = inner.ok_or_else(error::bad_internal_call)?;
            // SAFETY: the method keeps its function alive.
            return match unsafe { PyEval_GetFuncName(inner.ptr()) } {
                name if name.is_null() => Err(error::bad_internal_call()),
                name => Ok(name),
            };
        }
        let name = match function.getattr_opt(object::id!("__name__"))? {
            Some(name) if text::check(name.b()) && (function.class().is_subtype(&core::FUNCTION) || function.class().is_subtype(&core::CFUNCTION) || function.class().is_subtype(&core::METHOD)) => name,
            _ => return Ok(function.class().raw().tp_name.get()),
        };
        crate::unicodeobject::utf8_of(name.b()).map(|(start, _)| start)
    }
    fn PyEval_GetFuncDesc(function: Borrowed<'_>) -> *const c_char {
        let class = function.class();
        if class.is_subtype(&core::METHOD) || class.is_subtype(&core::FUNCTION) || class.is_subtype(&core::CFUNCTION) { c"()".as_ptr() } else { c" object".as_ptr() }
    }
    fn PyEval_EvalCode(code: Borrowed<'_>, globals: Borrowed<'_>, locals: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if !code.class().is_type(&core::CODE) || !globals.class().is_subtype(&core::DICT) {
            return Err(error::bad_internal_call());
        }
        add_builtins(globals)?;
        vm::lifecycle::frame_access::run_code(code, globals, locals.unwrap_or(globals))
    }
    fn PyEval_MergeCompilerFlags(flags: Out<'_, c_int>) -> bool {
        let merged = flags.get() | vm::lifecycle::frame_access::future_flags().cast_signed();
        flags.set(merged);
        merged != 0
    }
    fn PyErr_SetInterrupt() -> () {
        interrupt(libc::SIGINT);
    }
    fn PyErr_SetInterruptEx(signal: i32) -> i32 {
        interrupt(signal)
    }
    fn PyThread_GetInfo() -> PyResult<Ref> {
        vm::import::import_module("sys")?.getattr(object::id!("thread_info"))
    }
}

/// `globals["__builtins__"]`, where it is missing.
pub(crate) fn add_builtins(globals: Borrowed<'_>) -> PyResult<()> {
    use builtins::type_::dicts;
    if dicts::get(globals, object::id!("__builtins__"))?.is_none() {
        dicts::set(globals, object::id!("__builtins__"), vm::lifecycle::frame_access::builtins().b())?;
    }
    Ok(())
}

/// A signal is noted as if it had arrived, where a handler in Python waits for it; -1 for what is no signal.
fn interrupt(signal: i32) -> i32 {
    use host::signal::{self, Action};
    if !(1..=signal::valid().into_iter().max().unwrap_or(0)).contains(&signal) {
        return -1;
    }
    match signal::get(signal) {
        Ok(Action::Note) => signal::raise(signal).map_or(-1, |()| 0),
        _ => 0,
    }
}

/// `PyInterpreterState_GetDict`'s dict.
#[derive(Default)]
struct InterpreterDict(RefCell<Option<Ref>>);

/// What `PyEval_GetLocals` lent last.
#[derive(Default)]
struct KeptLocals(RefCell<Option<Ref>>);
