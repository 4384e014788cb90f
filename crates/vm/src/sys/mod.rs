//! The native module `sys`.
