//! Limits that `sys` sets and that no other room keeps.

use object::thread;
use std::cell::Cell;

/// The settings of one interpreter.
pub(crate) struct Limits {
    /// The flags of `dlopen`.
    pub(crate) dlopen_flags: Cell<i32>,
}

impl Default for Limits {
    fn default() -> Self {
        // RTLD_NOW is CPython's default.
        Limits { dlopen_flags: Cell::new(2) }
    }
}

pub(crate) fn limits() -> &'static Limits {
    thread::current().interpreter().extensions.get::<Limits>()
}

/// `sys.get_int_max_str_digits()`, 0 for none.
pub fn int_max_str_digits() -> usize {
    builtins::int::max_str_digits()
}

/// `sys.getdlopenflags()`.
pub fn dlopen_flags() -> i32 {
    limits().dlopen_flags.get()
}
