//! The stdlib-concurrency crate.
