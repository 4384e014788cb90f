//! Equality and hash of code objects.
