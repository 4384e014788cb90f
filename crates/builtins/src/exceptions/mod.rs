//! The built-in exceptions.
