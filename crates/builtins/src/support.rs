//! Small things that several built-in types need.

use object::{Borrowed, PyResult, Ref, raise, thread};
use std::sync::atomic::{AtomicI32, Ordering};

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

/// Sets how often `-b` was given: at start-up.
pub fn set_bytes_warning(level: i32) {
    BYTES_WARNING.store(level, Ordering::Relaxed);
}
