//! The doors into the interpreter: run a code object, evaluate a frame.
