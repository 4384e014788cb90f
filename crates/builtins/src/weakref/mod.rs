//! Weak references.
