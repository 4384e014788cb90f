//! The stdlib-time crate.
