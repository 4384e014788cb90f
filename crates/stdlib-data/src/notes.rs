//! Notes on exceptions that say which part of a structure was being written (PEP 678), as `_json` and `_pickle` add them.

use object::value::str as text;
use object::{PyResult, Raised, error, id};

/// Adds a note to the exception that is set; a failure to do so is dropped.
#[cold]
pub fn with_note(raised: Raised, note: impl FnOnce() -> PyResult<String>) -> Raised {
    let exception = raised.take();
    let added = note().and_then(|note| exception.call_method(id!("add_note"), &[text::new(&note)?.b()]));
    if let Err(raised) = added {
        raised.clear();
    }
    error::restore(exception)
}
