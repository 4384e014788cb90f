//! Interpreter frames, frame objects, tracebacks.
