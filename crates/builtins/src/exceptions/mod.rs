//! The built-in exceptions: one struct for each layout, one declaration for each type (`exceptions.c`).

pub mod attributes;
pub mod base;
pub mod group;
pub mod oserror;
mod simple;
pub mod syntax;
pub mod unicode;

pub use attributes::{AttributeError, ImportError, NameError, StopIteration, SystemExit};
pub use base::{BaseException, add_note};
pub use group::BaseExceptionGroup;
pub use oserror::OSError;
pub use simple::TYPES;
pub use syntax::SyntaxError;

use object::value::tuple;
use object::{Borrowed, PyResult, error, thread};

/// The items of a tuple of arguments.
pub(crate) fn items<'a>(args: Borrowed<'a>) -> &'a [Borrowed<'a>] {
    tuple::items(args).unwrap_or_default()
}

/// Makes the MemoryErrors that are kept ready for when there is no memory to make one.
pub fn prepare_memory_errors() -> PyResult<()> {
    thread::current().interpreter().shared.get::<error::SpareMemoryErrors>().fill()
}
