//! Small things that several built-in types need.

use object::{Borrowed, PyResult, Ref, raise, thread};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// An object of module `builtins`, for `__reduce__` of iterators.
pub fn builtin(name: Borrowed<'_>) -> PyResult<Ref> {
    match thread::current().interpreter().builtins.get() {
        Some(builtins) => builtins.getitem(name),
        None => Err(raise!(SystemError, "the module builtins is gone")),
    }
}

static BYTES_WARNING: AtomicI32 = AtomicI32::new(0);

/// How often `-b` was given.
pub fn bytes_warning() -> i32 {
    BYTES_WARNING.load(Ordering::Relaxed)
}

static DEV_MODE: AtomicBool = AtomicBool::new(false);

/// Whether `-X dev` was given.
pub fn dev_mode() -> bool {
    DEV_MODE.load(Ordering::Relaxed)
}

/// Sets whether `-X dev` was given: at start-up.
pub fn set_dev_mode(on: bool) {
    DEV_MODE.store(on, Ordering::Relaxed);
}

/// Sets how often `-b` was given: at start-up.
pub fn set_bytes_warning(level: i32) {
    BYTES_WARNING.store(level, Ordering::Relaxed);
}
