//! Functions of C that run at the very end of an interpreter, after its modules are gone: `PyUnstable_AtExit`.

use abi::c_void;
use object::{PyResult, memory, thread};
use std::cell::RefCell;

/// What C registers.
pub type Callback = unsafe extern "C-unwind" fn(*mut c_void);

/// The functions with their arguments, in the order of their registration.
#[derive(Default)]
struct Callbacks(RefCell<Vec<(Callback, *mut c_void)>>);

fn callbacks() -> &'static Callbacks {
    thread::current().interpreter().extensions.get::<Callbacks>()
}

/// Registers a function for the end of the interpreter that runs.
///
/// # Safety
/// The function may be called with the argument once, at any later time.
pub unsafe fn register(function: Callback, argument: *mut c_void) -> PyResult<()> {
    let mut list = callbacks().0.borrow_mut();
    memory::reserve(&mut list, 1)?;
    list.push((function, argument));
    Ok(())
}

/// Runs them, the last one first.
pub(super) fn run() {
    let list = callbacks().0.take();
    for (function, argument) in list.into_iter().rev() {
        // SAFETY: by the contract of `register`.
        unsafe { function(argument) };
    }
}
