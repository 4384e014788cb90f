//! The exception types. THE LEAD WRITES THIS FOLDER (since 10:30); helper `types` goes on with genericalias, union, structseq, weakref, module.
pub fn add_note(_l: object::Borrowed<'_>, _n: &str) -> object::PyResult<()> { Ok(()) }
