//! Limits that `sys` sets: recursion, digits of ints as text, the switch interval.

use object::thread;
use std::cell::Cell;

/// The limits of one interpreter.
pub(crate) struct Limits {
    pub(crate) int_max_str_digits: Cell<usize>,
    /// Seconds.
    pub(crate) switch_interval: Cell<f64>,
    pub(crate) dlopen_flags: Cell<i32>,
}

impl Default for Limits {
    fn default() -> Self {
        let digits = crate::lifecycle::config().map_or(4300, |config| config.int_max_str_digits);
        // RTLD_NOW is CPython's default.
        Limits { int_max_str_digits: Cell::new(digits), switch_interval: Cell::new(0.005), dlopen_flags: Cell::new(2) }
    }
}

pub(crate) fn limits() -> &'static Limits {
    thread::current().interpreter().extensions.get::<Limits>()
}

/// `sys.get_int_max_str_digits()`, 0 for none.
pub fn int_max_str_digits() -> usize {
    limits().int_max_str_digits.get()
}
