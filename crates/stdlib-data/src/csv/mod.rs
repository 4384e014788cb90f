//! `_csv`: comma-separated values (PEP 305).

mod dialect;
mod reader;
mod state;
mod writer;

/// CSV parsing and writing.
///
#[macros::pymodule(name = "_csv")]
pub mod module {
    use super::dialect::Dialect;
    use super::reader::Reader;
    use super::state::{csv_error, dialect_from, dialects, error_class, limit, registered, split, state};
    use super::writer::Writer;
    use object::spec::TypeEntry;
    use object::value::str as text;
    use object::{Borrowed, KwArgs, PyResult, Ref, StaticType, raise};

    #[pytype]
    type ExposedDialect = Dialect;

    #[pyattr]
    const QUOTE_MINIMAL: i32 = 0;
    #[pyattr]
    const QUOTE_ALL: i32 = 1;
    #[pyattr]
    const QUOTE_NONNUMERIC: i32 = 2;
    #[pyattr]
    const QUOTE_NONE: i32 = 3;
    #[pyattr]
    const QUOTE_STRINGS: i32 = 4;
    #[pyattr]
    const QUOTE_NOTNULL: i32 = 5;

    #[pyattr(name = "Error")]
    fn error() -> PyResult<Ref> {
        error_class()
    }

    #[pyattr(name = "_dialects")]
    fn registered_dialects() -> PyResult<Ref> {
        dialects().map(Ref::upcast)
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        builtins::type_::ready::ready_static(&TypeEntry::of::<Reader>())?;
        builtins::type_::ready::ready_static(&TypeEntry::of::<Writer>())?;
        module.setattr(text::new("Reader")?.b(), Reader::type_object().borrowed())?;
        module.setattr(text::new("Writer")?.b(), Writer::type_object().borrowed())
    }

    /// Return a reader object that will process lines from the given iterable.
    ///
    /// The "iterable" argument can be any object that returns a line
    /// of input for each iteration, such as a file object or a list.  The
    /// optional "dialect" argument defines a CSV dialect.  The function
    /// also accepts optional keyword arguments which override settings
    /// provided by the dialect.
    ///
    /// The returned object is an iterator.  Each iteration returns a row
    /// of the CSV file (which can span multiple input lines).
    ///
    #[pyfunction(text = None, "(*args, **fmtparams)")]
    fn reader(args: &[Borrowed<'_>], fmtparams: KwArgs<'_>) -> PyResult<Ref> {
        let (iterable, dialect) = split(args, "reader")?;
        Reader::create(iterable, dialect_from(dialect, fmtparams)?)
    }

    /// Return a writer object that will write user data on the given file object.
    ///
    /// The "fileobj" argument can be any object that supports the file API.
    /// The optional "dialect" argument defines a CSV dialect.  The function
    /// also accepts optional keyword arguments which override settings
    /// provided by the dialect.
    ///
    #[pyfunction(text = None, "(*args, **fmtparams)")]
    fn writer(args: &[Borrowed<'_>], fmtparams: KwArgs<'_>) -> PyResult<Ref> {
        let (file, dialect) = split(args, "writer")?;
        Writer::create(file, dialect_from(dialect, fmtparams)?)
    }

    /// Create a mapping from a string name to a CVS dialect.
    ///
    /// The optional "dialect" argument specifies the base dialect instance
    /// or the name of the registered dialect.  The function also accepts
    /// optional keyword arguments which override settings provided by the
    /// dialect.
    ///
    #[pyfunction(text = None, "(*args, **fmtparams)")]
    fn register_dialect(args: &[Borrowed<'_>], fmtparams: KwArgs<'_>) -> PyResult<()> {
        let (name, dialect) = split(args, "register_dialect")?;
        if !text::check(name) {
            return Err(raise!(TypeError, "dialect name must be a string"));
        }
        let dialect = dialect_from(dialect, fmtparams)?;
        dialects()?.set(name, dialect.b())
    }

    /// Return a list of all known dialect names.
    #[pyfunction("($module, /)")]
    fn list_dialects() -> PyResult<Ref> {
        builtins::list::from_iterable(dialects()?.b()).map(Ref::upcast)
    }

    /// Delete the name/dialect mapping associated with a string name.
    #[pyfunction("($module, /, name)")]
    fn unregister_dialect(name: Borrowed<'_>) -> PyResult<()> {
        if dialects()?.del(name)? { Ok(()) } else { Err(csv_error("unknown dialect")) }
    }

    /// Return the dialect instance associated with name.
    #[pyfunction("($module, /, name)")]
    fn get_dialect(name: Borrowed<'_>) -> PyResult<Ref> {
        registered(name)
    }

    /// Sets an upper limit on parsed fields.
    ///
    /// Returns old limit. If limit is not given, no new limit is set and
    /// the old limit is returned
    #[pyfunction("($module, /, new_limit=<unrepresentable>)")]
    fn field_size_limit(new_limit: Option<Borrowed<'_>>) -> PyResult<isize> {
        let place = &state().field_limit;
        let old = place.get();
        if let Some(new_limit) = new_limit {
            place.set(limit(new_limit)?);
        }
        Ok(old)
    }
}
