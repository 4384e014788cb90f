//! Iterators over the sequence protocol and over callables.
