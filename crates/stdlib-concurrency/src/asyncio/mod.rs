//! `_asyncio`: futures and tasks, and which of them run (CPython's `_asynciomodule.c`).
//!
//! `Lib/asyncio/futures.py` and `tasks.py` say what these do; here they are types of their own, and the step of a task is native.

mod attributes;
mod awaited;
mod future;
mod iterator;
mod library;
mod registry;
mod step;
mod task;

pub use future::Future;
pub(crate) use registry::forget_thread;
pub use task::Task;

/// Accelerator module for asyncio
#[macros::pymodule(name = "_asyncio", parts(super::registry::part, super::awaited::part))]
pub mod module {
    use object::spec::TypeEntry;
    use object::{Borrowed, PyResult};

    #[pytype]
    use super::{Future, Task};

    #[pyexec]
    fn exec(_module: Borrowed<'_>) -> PyResult<()> {
        let hidden = [
            TypeEntry::of::<super::iterator::FutureIter>(),
            TypeEntry::of::<super::step::TaskStep>(),
            TypeEntry::of::<super::step::TaskWakeup>(),
        ];
        hidden.iter().try_for_each(builtins::type_::ready::ready_static)
    }
}
