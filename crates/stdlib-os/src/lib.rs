//! The stdlib-os crate.
