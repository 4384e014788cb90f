//! Native modules of threads, exits, contexts, futures and tasks.

pub mod asyncio;
pub mod atexit;
pub mod contextvars;
pub mod lsprof;
pub mod multiprocessing;
pub mod queue;
pub mod thread;
pub mod weakref;

use object::spec::ModuleSpec;

/// The modules of this crate.
pub static MODULES: &[&ModuleSpec] = &[
    &asyncio::module::SPEC,
    &atexit::module::SPEC,
    &contextvars::module::SPEC,
    &multiprocessing::module::SPEC,
    &lsprof::module::SPEC,
    &queue::module::SPEC,
    &thread::module::SPEC,
    &weakref::module::SPEC,
];

/// The header of a native instance that is about to be made.
pub(crate) const fn header() -> abi::PyObject {
    <abi::PyObject as abi::CStruct>::ZERO
}
