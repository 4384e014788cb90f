//! Interpreter start and end.
