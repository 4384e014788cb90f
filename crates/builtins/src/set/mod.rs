//! `set` and `frozenset`.
