//! The module's functions and constants.

use object::value::str as text;
use object::{Borrowed, PyResult, Ref, hooks};

/// Positional arguments of `connect` beyond the database are going away.
pub fn warn_positional(given: usize) -> PyResult<()> {
    if given <= 1 {
        return Ok(());
    }
    hooks::warn(
        &object::exc::DeprecationWarning,
        "Passing more than 1 positional argument to sqlite3.connect() is deprecated. Parameters 'timeout', 'detect_types', \
         'isolation_level', 'check_same_thread', 'factory', 'cached_statements' and 'uri' will become keyword-only parameters in Python 3.15.",
        1,
    )
}

#[macros::pymodule(name = "_sqlite3")]
pub mod module {
    use super::{Borrowed, PyResult, Ref, text, warn_positional};
    use crate::adapt::{self, PrepareProtocol, state};
    use crate::connection::Connection;
    use crate::constants::CONSTANTS;
    use crate::{errors, statement};
    use object::convert::Str;
    use object::value::{int, tuple};
    use object::{KwArgs, StaticType, TypeObject, raise};

    #[pytype]
    type A = super::super::connection::Connection;
    #[pytype]
    type B = super::super::cursor::Cursor;
    #[pytype]
    type C = super::super::row::Row;
    #[pytype]
    type D = super::super::adapt::PrepareProtocol;

    #[pytype]
    type E = super::super::blob::Blob;

    #[pyattr(name = "adapters")]
    fn adapters() -> PyResult<Ref> {
        adapt::adapters()
    }

    #[pyattr(name = "converters")]
    fn converters() -> PyResult<Ref> {
        adapt::converters()
    }

    #[pyattr(name = "sqlite_version")]
    fn version() -> PyResult<Ref> {
        text::new(&sqlite::version())
    }

    #[pyexec]
    fn exec(module: Borrowed<'_>) -> PyResult<()> {
        for (name, value) in CONSTANTS {
            module.setattr(text::new(name)?.b(), int::new(*value)?.b())?;
        }
        for name in errors::names() {
            module.setattr(text::new(name)?.b(), errors::class(name)?.b())?;
        }
        Ok(())
    }

    /// Open a connection to the SQLite database file 'database'.
    ///
    /// You can use ":memory:" to open a database connection to a database that
    /// resides in RAM instead of on disk.
    #[pyfunction("($module, /, *args, **kwargs)", text = None)]
    fn connect(args: &[Borrowed<'_>], kwargs: KwArgs<'_>) -> PyResult<Ref> {
        warn_positional(args.len())?;
        let factory = args.get(5).copied().or_else(|| kwargs.get("factory"));
        let factory = factory.unwrap_or(Connection::type_object().borrowed());
        let args = tuple::from_slice(args)?;
        let kwargs = kwargs.to_dict()?;
        factory.call_tuple(args.b(), Some(kwargs.b()))
    }

    /// Checks if a string contains a complete SQL statement.
    #[pyfunction("($module, /, statement)")]
    fn complete_statement(statement: Str<'_>) -> PyResult<bool> {
        let sql = statement::utf8(statement.0)?;
        match std::ffi::CString::new(sql) {
            Ok(sql) => Ok(sqlite::complete(&sql)),
            Err(_) => Err(raise!(ValueError, "embedded null character")),
        }
    }

    /// Register a function to adapt Python objects to SQLite values.
    #[pyfunction("($module, type, adapter, /)")]
    fn register_adapter(class: Borrowed<'_, TypeObject>, adapter: Borrowed<'_>) -> PyResult<()> {
        if statement::is_plain_class(&class) {
            state().base_adapted.set(true);
        }
        let key = tuple::from_array([class.object().to_ref(), PrepareProtocol::type_object().to_ref()])?;
        (object::hooks::get().dict_set)(adapt::adapters()?.b(), key.b(), adapter)
    }

    /// Register a function to convert SQLite values to Python objects.
    #[pyfunction("($module, typename, converter, /)")]
    fn register_converter(typename: Str<'_>, converter: Borrowed<'_>) -> PyResult<()> {
        let name = typename.0.getattr(text::new("upper")?.b())?.call0()?;
        (object::hooks::get().dict_set)(adapt::converters()?.b(), name.b(), converter)
    }

    /// Enable or disable callback functions throwing errors to stderr.
    #[pyfunction("($module, enable, /)")]
    fn enable_callback_tracebacks(enable: bool) {
        state().tracebacks.set(enable);
    }

    /// Adapt given object to given protocol.
    #[pyfunction("($module, obj, proto=PrepareProtocolType, alt=<unrepresentable>, /)")]
    fn adapt(obj: Borrowed<'_>, proto: Option<Borrowed<'_>>, alt: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let proto = proto.unwrap_or(PrepareProtocol::type_object().borrowed());
        crate::adapt::adapt(obj, proto, alt)
    }
}
