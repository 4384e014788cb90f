//! The native module `builtins`.
