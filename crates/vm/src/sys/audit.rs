//! Audit hooks: `sys.audit`, `sys.addaudithook`, and the events that native code raises.

use abi::{PyObject, c_char, c_int, c_void};
use object::value::{str as text, tuple};
use object::{Borrowed, PyResult, Ref, error, exc, raise, thread};
use std::cell::RefCell;
use std::ffi::CString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The hooks of one interpreter, in the order in which they were added.
#[derive(Default)]
pub(super) struct Hooks(RefCell<Vec<Ref>>);

fn hooks() -> &'static Hooks {
    thread::current().interpreter().extensions.get::<Hooks>()
}

/// Whether any interpreter has had a hook: until then nobody needs to ask.
static EVER: AtomicBool = AtomicBool::new(false);

/// A hook of C: it gets the event, the arguments and what it was registered with; an exception is set where it does not return 0.
pub type NativeHook = unsafe extern "C-unwind" fn(*const c_char, *mut PyObject, *mut c_void) -> c_int;

/// A hook of C with its data.
#[derive(Clone, Copy)]
struct Native(NativeHook, *mut c_void);
// SAFETY: the data is C's, which says by registering it that any thread with the GIL may be passed it.
unsafe impl Send for Native {}

/// The hooks of C, which are the process's, in the order in which they were added.
static NATIVE: Mutex<Vec<Native>> = Mutex::new(Vec::new());

fn native() -> Vec<Native> {
    NATIVE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Whether any hook is there.
#[inline]
pub fn active() -> bool {
    EVER.load(Ordering::Relaxed) && !(hooks().0.borrow().is_empty() && native().is_empty())
}

/// Raises an event; the arguments are made only if somebody listens.
#[inline]
pub fn audit(event: &str, arguments: impl FnOnce() -> PyResult<Vec<Ref>>) -> PyResult<()> {
    if !active() {
        return Ok(());
    }
    let event = text::new(event)?;
    run(event.b(), tuple::from_vec(arguments()?)?.b())
}

/// Calls the hooks with an event and its tuple of arguments, those of C first.
pub fn run(event: Borrowed<'_>, arguments: Borrowed<'_>) -> PyResult<()> {
    let natives = native();
    if !natives.is_empty() {
        let name = CString::new(text::to_string_lossy(event)).map_err(|_| raise!(ValueError, "embedded null character"))?;
        for Native(hook, data) in natives {
            // SAFETY: C registered the function and its data for this.
            if unsafe { hook(name.as_ptr(), arguments.ptr(), data) } != 0 {
                error::check()?;
            }
        }
    }
    let current = hooks().0.borrow().clone();
    for hook in current {
        hook.call(&[event, arguments])?;
    }
    Ok(())
}

/// `PySys_AddAuditHook`: an earlier hook may refuse it, silently if with an exception of class RuntimeError.
///
/// # Safety
/// The function may be called with the data at any time from now on, by any thread that holds the GIL.
pub unsafe fn add_native(hook: NativeHook, data: *mut c_void) -> PyResult<()> {
    if let Err(raised) = audit("sys.addaudithook", || Ok(vec![])) {
        return raised.clear_if(&exc::RuntimeError);
    }
    EVER.store(true, Ordering::Relaxed);
    NATIVE.lock().unwrap_or_else(PoisonError::into_inner).push(Native(hook, data));
    Ok(())
}

/// `sys.addaudithook`: an earlier hook may refuse it with an exception of class Exception (RuntimeError by custom), silently.
pub(super) fn add(hook: Borrowed<'_>) -> PyResult<()> {
    if let Err(raised) = audit("sys.addaudithook", || Ok(vec![])) {
        return raised.clear_if(&exc::Exception);
    }
    EVER.store(true, Ordering::Relaxed);
    hooks().0.borrow_mut().push(hook.to_ref());
    Ok(())
}
