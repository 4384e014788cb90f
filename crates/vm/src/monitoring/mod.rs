//! Monitoring (PEP 669): events of running code for tools, and `sys.settrace` and `sys.setprofile` as two tools more.
//!
//! Instrumentation rewrites the interpreter's copy of a code object's instructions to INSTRUMENTED_* forms, which report an event and then do
//! what the instruction does. Code that nobody watches runs as if there were no monitoring.

pub mod events;
pub mod fire;
mod lines;
pub mod native;
pub mod plan;
mod points;
pub mod tools;
pub mod trace;

pub use events::Event;
