//! The builtins crate.
