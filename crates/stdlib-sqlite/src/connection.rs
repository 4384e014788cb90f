//! `sqlite3.Connection`: opening, transactions, statements; its callbacks are in `callbacks`.

use crate::callbacks;
use crate::cursor::Cursor;
use crate::errors::{self, failure, programming, raise_named};
use crate::header;
use crate::statement::{self, Compiled, utf8};
use object::convert::Str;
use object::protocol::buffer::Buffer;
use object::value::{int, str as text};
use object::{Borrowed, OptRef, PyResult, Raised, Ref, StaticType, TypeObject, core, exc, gil, hooks, memory, raise};
use sqlite::{Database, Error, Step};
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::rc::Rc;
use std::thread::ThreadId;

/// `autocommit=LEGACY_TRANSACTION_CONTROL`.
pub const LEGACY: i32 = -1;
const DISABLED: i32 = 0;
const ENABLED: i32 = 1;

pub const PARSE_DECLTYPES: i32 = 1;
pub const PARSE_COLNAMES: i32 = 2;

/// The kinds of transactions that `isolation_level` names.
const LEVELS: [&str; 4] = ["", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"];

/// SQLite database connection object.
#[macros::pyclass(name = "Connection", module = "sqlite3", flags(BASETYPE), gc)]
pub struct Connection {
    head: abi::PyObject,
    row_factory: OptRef,
    pub text_factory: OptRef,
    #[trace(skip)]
    database: RefCell<Option<Rc<Database>>>,
    /// Statements, the last used first.
    #[trace(skip)]
    cache: RefCell<Vec<(String, Rc<Compiled>)>>,
    #[trace(skip)]
    cache_size: Cell<usize>,
    #[trace(skip)]
    initialized: Cell<bool>,
    #[trace(skip)]
    isolation: Cell<Option<&'static str>>,
    #[trace(skip)]
    pub mode: Cell<i32>,
    #[trace(skip)]
    pub detect_types: Cell<i32>,
    /// The only thread that may use it, if there is such a rule.
    #[trace(skip)]
    thread: Cell<Option<(ThreadId, u64)>>,
    /// Blobs, which end with the connection.
    #[trace(skip)]
    blobs: RefCell<Vec<std::rc::Weak<RefCell<Option<sqlite::Blob>>>>>,
    /// Python functions are registered: statements keep the GIL.
    #[trace(skip)]
    hooked: Cell<bool>,
}

/// A text for SQLite.
fn c_string(content: &str) -> PyResult<CString> {
    CString::new(content).map_err(|_| raise!(ValueError, "embedded null character"))
}

fn c_text(string: Borrowed<'_>) -> PyResult<CString> {
    c_string(&utf8(string)?)
}

fn level(value: Borrowed<'_>) -> PyResult<Option<&'static str>> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    if !text::check(value) {
        return Err(raise!(TypeError, "isolation_level must be str or None"));
    }
    let name = utf8(value)?;
    match LEVELS.iter().find(|level| level.eq_ignore_ascii_case(&name)) {
        Some(level) => Ok(Some(level)),
        None => Err(raise!(ValueError, "isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'")),
    }
}

fn thread_number() -> u64 {
    object::thread::current().raw.thread_id.get() as u64
}

impl Connection {
    pub fn check_thread(&self) -> PyResult<()> {
        if !self.initialized.get() {
            return Err(programming("Base Connection.__init__ not called."));
        }
        match self.thread.get() {
            Some((thread, number)) if thread != std::thread::current().id() => Err(programming(&format!(
                "SQLite objects created in a thread can only be used in that same thread. The object was created in thread id {number} and \
                 this is thread id {}.",
                thread_number()
            ))),
            _ => Ok(()),
        }
    }

    /// The open database.
    pub fn database(&self) -> PyResult<Rc<Database>> {
        if !self.initialized.get() {
            return Err(programming("Base Connection.__init__ not called."));
        }
        self.database.borrow().clone().ok_or_else(|| programming("Cannot operate on a closed database."))
    }

    /// The open database, in the thread that may use it.
    fn check(&self) -> PyResult<Rc<Database>> {
        self.check_thread()?;
        self.database()
    }

    /// Runs `action`, which waits for SQLite, without the GIL where no Python function can be called back.
    fn free<R>(&self, action: impl FnOnce() -> R) -> R {
        if self.hooked.get() { action() } else { gil::without(action) }
    }

    /// One step of a statement.
    pub fn step(&self, compiled: &Compiled) -> Result<Step, Error> {
        let step = self.free(|| compiled.statement.step());
        if step.is_err() {
            compiled.statement.reset();
        }
        step
    }

    /// The statement of a text, from the cache if it is there and no cursor has it; none for a text without a statement.
    pub fn compile(&self, sql: Borrowed<'_>) -> PyResult<Option<Rc<Compiled>>> {
        let sql = utf8(sql)?;
        let cached = {
            let mut cache = self.cache.borrow_mut();
            let at = cache.iter().position(|(known, compiled)| *known == sql && !compiled.in_use.get());
            at.map(|at| {
                let entry = cache.remove(at);
                let compiled = entry.1.clone();
                cache.insert(0, entry);
                compiled
            })
        };
        if cached.is_some() {
            return Ok(cached);
        }
        let Some(compiled) = self.compile_new(&sql)? else { return Ok(None) };
        let old = {
            let mut cache = self.cache.borrow_mut();
            cache.insert(0, (sql, compiled.clone()));
            let size = self.cache_size.get().min(cache.len());
            cache.split_off(size)
        };
        drop(old);
        Ok(Some(compiled))
    }

    fn compile_new(&self, sql: &str) -> PyResult<Option<Rc<Compiled>>> {
        let database = self.database()?;
        let limit = usize::try_from(database.limit(1, -1)).unwrap_or(usize::MAX);
        if sql.len() > limit {
            return Err(raise_named("DataError", "query string is too large"));
        }
        let Ok(text) = CString::new(sql) else { return Err(programming("the query contains a null character")) };
        let (statement, left) = self.free(|| database.prepare(&text)).map_err(failure)?;
        let tail = sql.as_bytes().get(sql.len() - left.min(sql.len())..).unwrap_or_default();
        if !statement::without_leading(tail).is_empty() {
            return Err(programming("You can only execute one statement at a time."));
        }
        let is_dml = statement::is_dml(sql.as_bytes());
        Ok(statement.map(|statement| Rc::new(Compiled { statement, is_dml, in_use: Cell::new(false) })))
    }

    /// Executes a statement without rows.
    fn execute_plain(&self, sql: &CStr) -> PyResult<()> {
        let database = self.database()?;
        let run = || {
            let (statement, _) = database.prepare(sql)?;
            statement.map_or(Ok(()), |statement| statement.step().map(drop))
        };
        self.free(run).map_err(failure)
    }

    /// Opens a transaction as `isolation_level` says.
    pub fn begin(&self) -> PyResult<()> {
        match self.isolation.get() {
            None => Ok(()),
            Some("DEFERRED") => self.execute_plain(c"BEGIN DEFERRED"),
            Some("IMMEDIATE") => self.execute_plain(c"BEGIN IMMEDIATE"),
            Some("EXCLUSIVE") => self.execute_plain(c"BEGIN EXCLUSIVE"),
            Some(_) => self.execute_plain(c"BEGIN "),
        }
    }

    /// Ends a transaction by this statement; without `autocommit` the next one begins.
    fn end(&self, sql: &CStr) -> PyResult<()> {
        let database = self.check()?;
        match self.mode.get() {
            LEGACY if !database.autocommit() => self.execute_plain(sql),
            DISABLED => {
                self.execute_plain(sql)?;
                self.execute_plain(c"BEGIN")
            }
            _ => Ok(()),
        }
    }

    /// Executes all statements of a text.
    pub fn run_script(&self, script: Borrowed<'_>) -> PyResult<()> {
        let database = self.check()?;
        let script = utf8(script)?;
        let limit = usize::try_from(database.limit(1, -1)).unwrap_or(usize::MAX);
        if script.len() > limit {
            return Err(raise_named("DataError", "query string is too large"));
        }
        let Ok(script) = CString::new(script) else { return Err(raise!(ValueError, "embedded null character")) };
        if self.mode.get() == LEGACY && !database.autocommit() {
            self.execute_plain(c"COMMIT")?;
        }
        let mut rest: &CStr = &script;
        loop {
            let (statement, left) = self.free(|| database.prepare(rest)).map_err(failure)?;
            if let Some(statement) = statement {
                while self.free(|| statement.step()).map_err(failure)? == Step::Row {}
            }
            let bytes = rest.to_bytes_with_nul();
            let tail = bytes.get(bytes.len().saturating_sub(left + 1)..).unwrap_or_default();
            match CStr::from_bytes_with_nul(tail) {
                Ok(tail) if !tail.is_empty() => rest = tail,
                _ => return Ok(()),
            }
        }
    }

    fn close_database(&self) -> PyResult<()> {
        let Some(database) = self.database.borrow().clone() else { return Ok(()) };
        if self.mode.get() == DISABLED && !database.autocommit() {
            self.execute_plain(c"ROLLBACK")?;
        }
        let cache = self.cache.take();
        drop(cache);
        let blobs = self.blobs.take();
        blobs.iter().filter_map(std::rc::Weak::upgrade).for_each(|blob| drop(blob.take()));
        let old = self.database.take();
        drop((old, database));
        Ok(())
    }

    /// A function of the program that SQLite may call from now on; None stands for none.
    fn hook(&self, callable: Borrowed<'_>) -> Option<Ref> {
        if callable.is(&core::none()) {
            return None;
        }
        self.hooked.set(true);
        Some(callable.to_ref())
    }

    /// A new cursor on which `method` is called: the short cuts of connections.
    fn on_cursor(slf: Borrowed<'_, Self>, method: &str, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let cursor = slf.object().getattr(text::new("cursor")?.b())?.call0()?;
        cursor.getattr(text::new(method)?.b())?.call(args)
    }
}

#[cold]
fn cannot_delete(name: &str) -> Raised {
    raise!(AttributeError, "cannot delete {name}attribute")
}

/// The number of a function's arguments must be one that SQLite takes.
fn check_count(database: &Database, what: &str, count: i32) -> PyResult<()> {
    const FUNCTION_ARG: i32 = 6;
    let most = database.limit(FUNCTION_ARG, -1);
    if (-1..=most).contains(&count) {
        return Ok(());
    }
    Err(programming(&format!("'{what}' must be between -1 and {most}, not {count}")))
}

#[macros::pymethods]
impl Connection {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _for_init = (args, kwargs);
        let value = Connection {
            head: header(),
            row_factory: OptRef::default(),
            text_factory: OptRef::default(),
            database: RefCell::default(),
            cache: RefCell::default(),
            cache_size: Cell::new(0),
            initialized: Cell::new(false),
            isolation: Cell::new(None),
            mode: Cell::new(LEGACY),
            detect_types: Cell::new(0),
            thread: Cell::new(None),
            blobs: RefCell::default(),
            hooked: Cell::new(false),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(
        tp_init,
        "(database, timeout=5.0, detect_types=0, isolation_level=None, check_same_thread=True, factory=None, cached_statements=128, uri=False, *, autocommit=None)"
    )]
    fn init(
        slf: Borrowed<'_, Self>,
        database: Borrowed<'_>,
        timeout: f64,
        detect_types: i32,
        isolation_level: Option<Borrowed<'_>>,
        check_same_thread: bool,
        factory: Option<Borrowed<'_>>,
        cached_statements: i32,
        uri: bool,
        autocommit: Option<Borrowed<'_>>,
    ) -> PyResult<()> {
        let _only_for_connect = factory;
        hooks::audit("sqlite3.connect", &[database])?;
        let name = path(database)?;
        let isolation = isolation_level.map_or(Ok(Some("")), level)?;
        let mode = autocommit.map_or(Ok(LEGACY), transaction_mode)?;
        if slf.initialized.get() {
            slf.close_database()?;
            slf.initialized.set(false);
        }
        let flags = 2 | 4 | if uri { 0x40 } else { 0 };
        let opened = gil::without(|| {
            let opened = Database::open(&name, flags)?;
            opened.busy_timeout((timeout * 1000.0) as i32);
            Ok(opened)
        });
        *slf.database.borrow_mut() = Some(opened.map_err(failure)?);
        slf.isolation.set(isolation);
        slf.mode.set(mode);
        slf.detect_types.set(detect_types);
        slf.cache_size.set(usize::try_from(cached_statements).unwrap_or(0));
        slf.thread.set(check_same_thread.then(|| (std::thread::current().id(), thread_number())));
        slf.hooked.set(false);
        slf.row_factory.set(Some(core::none_ref()));
        slf.text_factory.set(Some(core::STR.to_ref()));
        slf.initialized.set(true);
        hooks::audit("sqlite3.connect/handle", &[slf.object()])?;
        if mode == DISABLED {
            slf.execute_plain(c"BEGIN")?;
        }
        Ok(())
    }

    #[slot(tp_call)]
    fn call(slf: Borrowed<'_, Self>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if kwargs.is_some_and(|kwargs| kwargs.len().is_ok_and(|len| len > 0)) {
            return Err(raise!(TypeError, "{}() takes no keyword arguments", slf.object().class().tp_name()));
        }
        slf.check()?;
        match object::value::tuple::items(args).unwrap_or_default() {
            [sql] if text::check(*sql) => statement::object_of(slf.compile(*sql)?),
            [other] => Err(raise!(TypeError, "argument 1 must be str, not {}", other.class().tp_name())),
            args => Err(raise!(TypeError, "function takes exactly 1 argument ({} given)", args.len())),
        }
    }

    /// Return a cursor for the connection.
    #[method("($self, /, factory=<unrepresentable>)")]
    fn cursor(slf: Borrowed<'_, Self>, factory: Option<Borrowed<'_>>) -> PyResult<Ref> {
        slf.check()?;
        let cursor = factory.unwrap_or(Cursor::type_object().borrowed()).call1(slf.object())?;
        if cursor.b().downcast::<Cursor>().is_none() {
            return Err(raise!(TypeError, "factory must return a cursor, not {}", cursor.class().tp_name()));
        }
        if let Some(factory) = slf.row_factory.get().filter(|factory| !factory.is(&core::none())) {
            cursor.setattr(text::new("row_factory")?.b(), factory.b())?;
        }
        Ok(cursor)
    }

    /// Close the database connection.
    ///
    /// Any pending transaction is not committed implicitly.
    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.check_thread()?;
        self.close_database()
    }

    /// Commit any pending transaction to the database.
    ///
    /// If there is no open transaction, this method is a no-op.
    #[method("($self, /)")]
    fn commit(&self) -> PyResult<()> {
        self.end(c"COMMIT")
    }

    /// Roll back to the start of any pending transaction.
    ///
    /// If there is no open transaction, this method is a no-op.
    #[method("($self, /)")]
    fn rollback(&self) -> PyResult<()> {
        self.end(c"ROLLBACK")
    }

    /// Executes an SQL statement.
    #[method("($self, sql, parameters=(), /)")]
    fn execute(slf: Borrowed<'_, Self>, sql: Str<'_>, parameters: Option<Borrowed<'_>>) -> PyResult<Ref> {
        match parameters {
            Some(parameters) => Self::on_cursor(slf, "execute", &[sql.0, parameters]),
            None => Self::on_cursor(slf, "execute", &[sql.0]),
        }
    }

    /// Repeatedly executes an SQL statement.
    #[method("($self, sql, parameters, /)")]
    fn executemany(slf: Borrowed<'_, Self>, sql: Str<'_>, parameters: Borrowed<'_>) -> PyResult<Ref> {
        Self::on_cursor(slf, "executemany", &[sql.0, parameters])
    }

    /// Executes multiple SQL statements at once.
    #[method("($self, sql_script, /)")]
    fn executescript(slf: Borrowed<'_, Self>, sql_script: Borrowed<'_>) -> PyResult<Ref> {
        Self::on_cursor(slf, "executescript", &[sql_script])
    }

    /// Creates a new function.
    #[method("($self, /, name, narg, func, *, deterministic=False)")]
    fn create_function(&self, name: String, narg: i32, func: Borrowed<'_>, deterministic: bool) -> PyResult<()> {
        let database = self.check()?;
        check_count(&database, "narg", narg)?;
        let function = self.hook(func).map(callbacks::function);
        database
            .create_function(&*c_string(&name)?, narg, deterministic, function)
            .map_err(|_| raise_named("OperationalError", "Error creating function"))
    }

    /// Creates a new aggregate.
    #[method("($self, /, name, n_arg, aggregate_class)")]
    fn create_aggregate(&self, name: String, n_arg: i32, aggregate_class: Borrowed<'_>) -> PyResult<()> {
        let database = self.check()?;
        check_count(&database, "n_arg", n_arg)?;
        let start = self.hook(aggregate_class).map(callbacks::aggregate);
        database
            .create_aggregate(&*c_string(&name)?, n_arg, false, start)
            .map_err(|_| raise_named("OperationalError", "Error creating aggregate"))
    }

    /// Creates or redefines an aggregate window function. Non-standard.
    ///
    ///   name
    ///     The name of the SQL aggregate window function to be created or
    ///     redefined.
    ///   num_params
    ///     The number of arguments the step and inverse methods takes.
    ///   aggregate_class
    ///     A class with step(), finalize(), value(), and inverse() methods.
    ///     Set to None to clear the window function.
    #[method("($self, name, num_params, aggregate_class, /)")]
    fn create_window_function(&self, name: String, num_params: i32, aggregate_class: Borrowed<'_>) -> PyResult<()> {
        let database = self.check()?;
        check_count(&database, "num_params", num_params)?;
        let start = self.hook(aggregate_class).map(callbacks::aggregate);
        database.create_aggregate(&*c_string(&name)?, num_params, true, start).map_err(|problem| programming(&problem.message))
    }

    /// Creates a collation function.
    #[method("($self, name, callback, /)")]
    fn create_collation(&self, name: String, callback: Borrowed<'_>) -> PyResult<()> {
        let database = self.check()?;
        if !callback.is(&core::none()) && !callback.is_callable() {
            return Err(raise!(TypeError, "parameter must be callable"));
        }
        let compare = self.hook(callback).map(callbacks::collation);
        database.create_collation(&*c_string(&name)?, compare).map_err(failure)
    }

    /// Set authorizer callback.
    #[method("($self, /, authorizer_callback)")]
    fn set_authorizer(&self, authorizer_callback: Borrowed<'_>) -> PyResult<()> {
        let database = self.check()?;
        let hook = self.hook(authorizer_callback).map(callbacks::authorizer);
        database.set_authorizer(hook).map_err(|_| raise_named("OperationalError", "Error setting authorizer callback"))
    }

    /// Set progress handler callback.
    ///
    ///   progress_handler
    ///     A callable that takes no arguments.
    ///     If the callable returns non-zero, the current query is terminated,
    ///     and an exception is raised.
    ///   n
    ///     The number of SQLite virtual machine instructions that are
    ///     executed between invocations of 'progress_handler'.
    ///
    /// If 'progress_handler' is None or 'n' is 0, the progress handler is
    /// disabled.
    #[method("($self, /, progress_handler, n)")]
    fn set_progress_handler(&self, progress_handler: Borrowed<'_>, n: i32) -> PyResult<()> {
        let database = self.check()?;
        database.set_progress(n, self.hook(progress_handler).map(callbacks::progress));
        Ok(())
    }

    /// Set a trace callback called for each SQL statement (passed as unicode).
    #[method("($self, /, trace_callback)")]
    fn set_trace_callback(&self, trace_callback: Borrowed<'_>) -> PyResult<()> {
        let database = self.check()?;
        database.set_trace(self.hook(trace_callback).map(callbacks::trace));
        Ok(())
    }

    /// Enable dynamic loading of SQLite extension modules.
    #[method("($self, enable, /)")]
    fn enable_load_extension(slf: Borrowed<'_, Self>, enable: bool) -> PyResult<()> {
        hooks::audit("sqlite3.enable_load_extension", &[slf.object(), core::boolean(enable)])?;
        if slf.check()?.allow_extensions(enable) {
            Ok(())
        } else {
            Err(raise_named("OperationalError", "Error enabling load extension"))
        }
    }

    /// Load SQLite extension module.
    #[method("($self, name, /, *, entrypoint=None)")]
    fn load_extension(slf: Borrowed<'_, Self>, name: Str<'_>, entrypoint: Option<String>) -> PyResult<()> {
        hooks::audit("sqlite3.load_extension", &[slf.object(), name.0])?;
        let database = slf.check()?;
        let entry = entrypoint.map(|entry| c_string(&entry)).transpose()?;
        let name = c_text(name.0)?;
        let loaded = database.load_extension(&name, entry.as_deref());
        loaded.map_err(|message| raise_named("OperationalError", &message))
    }

    /// Abort any pending database operation.
    #[method("($self, /)")]
    fn interrupt(&self) -> PyResult<()> {
        self.database()?.interrupt();
        Ok(())
    }

    /// Returns iterator to the dump of the database in an SQL text format.
    ///
    ///   filter
    ///     An optional LIKE pattern for database objects to dump
    #[method("($self, /, *, filter=None)")]
    fn iterdump(slf: Borrowed<'_, Self>, filter: Option<Borrowed<'_>>) -> PyResult<Ref> {
        slf.database()?;
        let dump = imported("sqlite3.dump", "_iterdump")?;
        let none = core::none();
        let names = object::value::tuple::from_array([text::new("filter")?])?;
        dump.vectorcall(&[slf.object(), filter.unwrap_or(none)], 1, Some(names.b()))
    }

    /// Set connection run-time limits.
    ///
    ///   category
    ///     The limit category to be set.
    ///   limit
    ///     The new limit. If the new limit is a negative number, the limit is
    ///     unchanged.
    ///
    /// Attempts to increase a limit above its hard upper bound are silently truncated
    /// to the hard upper bound. Regardless of whether or not the limit was changed,
    /// the prior value of the limit is returned.
    #[method("($self, category, limit, /)")]
    fn setlimit(&self, category: i32, limit: i32) -> PyResult<i32> {
        match self.check()?.limit(category, limit) {
            old if old < 0 => Err(programming("'category' is out of bounds")),
            old => Ok(old),
        }
    }

    /// Get connection run-time limits.
    ///
    ///   category
    ///     The limit category to be queried.
    #[method("($self, category, /)")]
    fn getlimit(&self, category: i32) -> PyResult<i32> {
        self.setlimit(category, -1)
    }

    /// Set a boolean connection configuration option.
    ///
    ///   op
    ///     The configuration verb; one of the sqlite3.SQLITE_DBCONFIG codes.
    #[method("($self, op, enable=True, /)")]
    fn setconfig(&self, op: i32, enable: bool) -> PyResult<()> {
        let database = self.check()?;
        known_option(op)?;
        if database.option(op, Some(enable)).map_err(failure)? != enable {
            return Err(raise_named("OperationalError", "Unable to set config"));
        }
        Ok(())
    }

    /// Query a boolean connection configuration option.
    ///
    ///   op
    ///     The configuration verb; one of the sqlite3.SQLITE_DBCONFIG codes.
    #[method("($self, op, /)")]
    fn getconfig(&self, op: i32) -> PyResult<bool> {
        let database = self.check()?;
        known_option(op)?;
        database.option(op, None).map_err(failure)
    }

    /// Serialize a database into a byte string.
    ///
    ///   name
    ///     Which database to serialize.
    ///
    /// For an ordinary on-disk database file, the serialization is just a copy of the
    /// disk file. For an in-memory database or a "temp" database, the serialization is
    /// the same sequence of bytes which would be written to disk if that database
    /// were backed up to disk.
    #[method("($self, /, *, name='main')")]
    fn serialize(&self, name: Option<String>) -> PyResult<Vec<u8>> {
        let database = self.check()?;
        let name = name.unwrap_or_else(|| "main".to_owned());
        let content = database.serialize(&*c_string(&name)?);
        content.ok_or_else(|| raise_named("OperationalError", &format!("unable to serialize '{name}'")))
    }

    /// Load a serialized database.
    ///
    ///   data
    ///     The serialized database content.
    ///   name
    ///     Which database to reopen with the deserialization.
    ///
    /// The deserialize interface causes the database connection to disconnect from the
    /// target database, and then reopen it as an in-memory database based on the given
    /// serialized data.
    ///
    /// The deserialize interface will fail with SQLITE_BUSY if the database is
    /// currently in a read transaction or is involved in a backup operation.
    #[method("($self, data, /, *, name='main')")]
    fn deserialize(&self, data: Borrowed<'_>, name: Option<String>) -> PyResult<()> {
        let database = self.check()?;
        let content = if text::check(data) { utf8(data)?.into_bytes() } else { Buffer::readable(data)?.bytes().to_vec() };
        let name = c_string(name.as_deref().unwrap_or("main"))?;
        database.deserialize(&name, &content).map_err(failure)
    }

    /// Open and return a BLOB object.
    ///
    ///   table
    ///     Table name.
    ///   column
    ///     Column name.
    ///   rowid
    ///     Row index.
    ///   readonly
    ///     Open the BLOB without write permissions.
    ///   name
    ///     Database name.
    #[method("($self, table, column, rowid, /, *, readonly=False, name='main')")]
    fn blobopen(
        slf: Borrowed<'_, Self>,
        table: String,
        column: String,
        rowid: Borrowed<'_>,
        readonly: bool,
        name: Option<String>,
    ) -> PyResult<Ref> {
        let row = crate::blob::row_id(rowid)?;
        let database = slf.check()?;
        let (table, column) = (c_string(&table)?, c_string(&column)?);
        let name = c_string(name.as_deref().unwrap_or("main"))?;
        let opened = slf.free(|| database.open_blob(&name, &table, &column, row, !readonly)).map_err(failure)?;
        let handle = Rc::new(RefCell::new(Some(opened)));
        {
            let mut blobs = slf.blobs.borrow_mut();
            blobs.retain(|blob| blob.strong_count() > 0);
            blobs.push(Rc::downgrade(&handle));
        }
        crate::blob::create(slf.object(), handle)
    }

    /// Makes a backup of the database.
    #[method("($self, /, target, *, pages=-1, progress=None, name='main', sleep=0.25)")]
    fn backup(
        &self,
        target: Borrowed<'_, Connection>,
        pages: i32,
        progress: Option<Borrowed<'_>>,
        name: Option<String>,
        sleep: f64,
    ) -> PyResult<()> {
        const OK: i32 = 0;
        const BUSY: i32 = 5;
        const LOCKED: i32 = 6;
        let source = self.check()?;
        let into = target.check()?;
        if Rc::ptr_eq(&source, &into) {
            return Err(raise!(ValueError, "target cannot be the same connection instance"));
        }
        let progress = crate::blob::given(progress);
        if progress.is_some_and(|progress| !progress.is_callable()) {
            return Err(raise!(TypeError, "progress argument must be a callable"));
        }
        let name = c_string(name.as_deref().unwrap_or("main"))?;
        let pages = if pages == 0 { -1 } else { pages };
        let pause = std::time::Duration::try_from_secs_f64(sleep).unwrap_or_default();
        let copy = self.free(|| sqlite::Backup::start(&source, &name, &into)).map_err(failure)?;
        loop {
            let code = self.free(|| copy.step(pages));
            if let Some(progress) = progress {
                let (remaining, total) = copy.progress();
                let (code, remaining, total) = (int::new(code.into())?, int::new(remaining.into())?, int::new(total.into())?);
                progress.call(&[code.b(), remaining.b(), total.b()])?;
            }
            match code {
                BUSY | LOCKED => {
                    gil::without(|| std::thread::sleep(pause));
                    if let Some(vm) = hooks::vm() {
                        (vm.run_pending)()?;
                    }
                }
                OK => {}
                _ => break,
            }
        }
        self.free(|| copy.finish()).map_err(failure)
    }

    /// Called when the connection is used as a context manager.
    ///
    /// Returns itself as a convenience to the caller.
    #[method("($self, /)")]
    fn __enter__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.check()?;
        Ok(slf.object().to_ref())
    }

    /// Called when the connection is used as a context manager.
    ///
    /// If there was any exception, a rollback takes place; otherwise we commit.
    #[method("($self, type, value, traceback, /)")]
    fn __exit__(slf: Borrowed<'_, Self>, class: Borrowed<'_>, value: Borrowed<'_>, traceback: Borrowed<'_>) -> PyResult<bool> {
        let none = core::none();
        let good = class.is(&none) && value.is(&none) && traceback.is(&none);
        if slf.mode.get() == ENABLED {
            return Ok(false);
        }
        if !good {
            slf.end(c"ROLLBACK")?;
            return Ok(false);
        }
        match slf.end(c"COMMIT") {
            Ok(()) => Ok(false),
            Err(raised) => {
                // The rollback comes first; the commit's error is what the program sees.
                let exception = raised.take();
                if let Err(second) = slf.end(c"ROLLBACK") {
                    second.clear();
                }
                Err(object::error::raise_exception(exception))
            }
        }
    }

    #[slot(tp_finalize)]
    fn finalize(slf: Borrowed<'_, Self>) {
        if slf.database.borrow().is_none() {
            return;
        }
        let warned = slf.object().repr().and_then(|repr| {
            let message = format!("unclosed database in {}", text::to_string_lossy(repr.b()));
            hooks::warn(&exc::ResourceWarning, &message, 1)
        });
        if let Err(raised) = warned {
            raised.unraisable(None, Some(slf.object()));
        }
    }

    #[getter]
    fn isolation_level(&self) -> PyResult<Option<&'static str>> {
        self.database()?;
        Ok(self.isolation.get())
    }

    #[setter(name = "isolation_level")]
    fn set_isolation_level(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let value = value.ok_or_else(|| cannot_delete(""))?;
        let wanted = level(value)?;
        if wanted.is_none() {
            let database = self.database()?;
            if self.mode.get() == LEGACY && !database.autocommit() {
                self.execute_plain(c"COMMIT")?;
            }
        }
        self.isolation.set(wanted);
        Ok(())
    }

    #[getter]
    fn autocommit(&self) -> PyResult<Ref> {
        self.check()?;
        match self.mode.get() {
            LEGACY => int::new(i64::from(LEGACY)),
            mode => Ok(core::boolean(mode == ENABLED).to_ref()),
        }
    }

    #[setter(name = "autocommit")]
    fn set_autocommit(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let database = self.check()?;
        let wanted = transaction_mode(value.ok_or_else(|| cannot_delete("autocommit "))?)?;
        if wanted == ENABLED && !database.autocommit() {
            self.execute_plain(c"COMMIT")?;
        } else if wanted == DISABLED && database.autocommit() {
            self.execute_plain(c"BEGIN")?;
        }
        self.mode.set(wanted);
        Ok(())
    }

    #[getter]
    fn in_transaction(&self) -> PyResult<bool> {
        Ok(!self.database()?.autocommit())
    }

    #[getter]
    fn total_changes(&self) -> PyResult<i64> {
        Ok(self.database()?.total_changes())
    }

    #[getter]
    fn row_factory(&self) -> Option<Ref> {
        self.row_factory.get()
    }

    #[setter(name = "row_factory")]
    fn set_row_factory(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.row_factory.set(Some(value.ok_or_else(|| cannot_delete("row_factory "))?.to_ref()));
        Ok(())
    }

    #[getter]
    fn text_factory(&self) -> Option<Ref> {
        self.text_factory.get()
    }

    #[setter(name = "text_factory")]
    fn set_text_factory(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.text_factory.set(Some(value.ok_or_else(|| cannot_delete("text_factory "))?.to_ref()));
        Ok(())
    }

    #[getter(name = "Warning")]
    fn warning(&self) -> PyResult<Ref> {
        errors::class("Warning")
    }
    #[getter(name = "Error")]
    fn error(&self) -> PyResult<Ref> {
        errors::class("Error")
    }
    #[getter(name = "InterfaceError")]
    fn interface_error(&self) -> PyResult<Ref> {
        errors::class("InterfaceError")
    }
    #[getter(name = "DatabaseError")]
    fn database_error(&self) -> PyResult<Ref> {
        errors::class("DatabaseError")
    }
    #[getter(name = "DataError")]
    fn data_error(&self) -> PyResult<Ref> {
        errors::class("DataError")
    }
    #[getter(name = "OperationalError")]
    fn operational_error(&self) -> PyResult<Ref> {
        errors::class("OperationalError")
    }
    #[getter(name = "IntegrityError")]
    fn integrity_error(&self) -> PyResult<Ref> {
        errors::class("IntegrityError")
    }
    #[getter(name = "InternalError")]
    fn internal_error(&self) -> PyResult<Ref> {
        errors::class("InternalError")
    }
    #[getter(name = "ProgrammingError")]
    fn programming_error(&self) -> PyResult<Ref> {
        errors::class("ProgrammingError")
    }
    #[getter(name = "NotSupportedError")]
    fn not_supported_error(&self) -> PyResult<Ref> {
        errors::class("NotSupportedError")
    }
}

/// Options that are on or off: `SQLITE_DBCONFIG_ENABLE_FKEY` and its like.
fn known_option(op: i32) -> PyResult<()> {
    let known =
        crate::constants::CONSTANTS.iter().any(|(name, value)| name.starts_with("SQLITE_DBCONFIG") && *value == i64::from(op));
    if known { Ok(()) } else { Err(raise!(ValueError, "unknown config 'op': {op}")) }
}

/// The value of `autocommit`.
fn transaction_mode(value: Borrowed<'_>) -> PyResult<i32> {
    if value.is(core::boolean(true).get()) {
        return Ok(ENABLED);
    }
    if value.is(core::boolean(false).get()) {
        return Ok(DISABLED);
    }
    match int::to_i64(value) {
        Some(-1) => Ok(LEGACY),
        _ => Err(raise!(ValueError, "autocommit must be True, False, or sqlite3.LEGACY_TRANSACTION_CONTROL")),
    }
}

/// An attribute of a module of the standard library.
fn imported(module: &str, name: &str) -> PyResult<Ref> {
    builtins::object_::reduce::import(text::new(module)?.b())?.getattr(text::new(name)?.b())
}

/// The name of a database: a str, bytes or path.
fn path(database: Borrowed<'_>) -> PyResult<CString> {
    let name = imported("os", "fsencode")?.call1(database)?;
    let bytes = object::value::bytes::value(name.b()).unwrap_or_default();
    CString::new(bytes).map_err(|_| raise_value_error())
}

#[cold]
fn raise_value_error() -> Raised {
    object::error::raise(&exc::ValueError, format_args!("embedded null byte"))
}
