//! The native module `_warnings`.
