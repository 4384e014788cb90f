//! The stdlib-io crate.
