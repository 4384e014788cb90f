//! `sqlite3.Cursor`.

use crate::connection::{Connection, LEGACY, PARSE_COLNAMES, PARSE_DECLTYPES};
use crate::errors::{failure, programming};
use crate::statement::{self, Compiled};
use crate::{adapt, header};
use object::convert::Str;
use object::value::{int, str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, TypeObject, core, memory, raise};
use sqlite::Step;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Converters of the current statement's columns.
#[derive(Default)]
pub struct Converters(Vec<Option<Ref>>);

impl object::Trace for Converters {
    fn trace(&self, visit: &mut object::Visit<'_>) {
        self.0.iter().flatten().for_each(|converter| visit.object(converter.b()));
    }
}

/// SQLite database cursor class.
#[macros::pyclass(name = "Cursor", module = "sqlite3", flags(BASETYPE), gc, weaklist = weakrefs)]
pub struct Cursor {
    head: abi::PyObject,
    #[member(T_OBJECT_EX, readonly)]
    connection: OptRef,
    #[member(T_OBJECT, readonly)]
    pub description: OptRef,
    #[member(T_OBJECT, readonly)]
    lastrowid: OptRef,
    row_factory: OptRef,
    converters: RefCell<Converters>,
    #[member(T_LONG, readonly)]
    #[trace(skip)]
    rowcount: Cell<i64>,
    #[trace(skip)]
    arraysize: Cell<u32>,
    #[trace(skip)]
    current: RefCell<Option<Rc<Compiled>>>,
    #[trace(skip)]
    initialized: Cell<bool>,
    #[trace(skip)]
    closed: Cell<bool>,
    #[trace(skip)]
    locked: Cell<bool>,
    weakrefs: Cell<*mut abi::PyObject>,
}

/// Marks a cursor as running for as long as it lives.
struct Running<'a>(&'a Cursor);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.locked.set(false);
    }
}

impl Cursor {
    /// The connection, if both are fit for use.
    fn check(&self) -> PyResult<Ref<Connection>> {
        if !self.initialized.get() {
            return Err(programming("Base Cursor.__init__ not called."));
        }
        if self.closed.get() {
            return Err(programming("Cannot operate on a closed cursor."));
        }
        if self.locked.get() {
            return Err(programming("Recursive use of cursors not allowed."));
        }
        let connection = self.connection()?;
        connection.borrow().check_thread()?;
        connection.borrow().database()?;
        Ok(connection)
    }

    fn connection(&self) -> PyResult<Ref<Connection>> {
        let connection = self.connection.get().and_then(|connection| connection.downcast::<Connection>().ok());
        connection.ok_or_else(|| programming("Base Cursor.__init__ not called."))
    }

    fn run(&self) -> Running<'_> {
        self.locked.set(true);
        Running(self)
    }

    /// Gives the statement back to the cache.
    fn release(&self) {
        if let Some(compiled) = self.current.take() {
            compiled.statement.reset();
            compiled.statement.clear_bindings();
            compiled.in_use.set(false);
        }
    }

    /// Which converters the columns of a statement have.
    fn find_converters(&self, connection: &Connection, compiled: &Compiled) -> PyResult<()> {
        let kinds = connection.detect_types.get();
        let mut found = Vec::new();
        if kinds != 0 {
            for column in 0..compiled.statement.column_count() {
                let mut converter = None;
                if kinds & PARSE_COLNAMES != 0
                    && let Some(name) = compiled.statement.column_name(column)
                    && let Some(open) = name.iter().position(|byte| *byte == b'[')
                    && let Some(len) = name.iter().skip(open).position(|byte| *byte == b']')
                {
                    converter = adapt::converter(name.get(open + 1..open + len).unwrap_or_default())?;
                }
                if converter.is_none()
                    && kinds & PARSE_DECLTYPES != 0
                    && let Some(name) = compiled.statement.column_type_name(column)
                {
                    let end = name.iter().position(|byte| matches!(byte, b' ' | b'(')).unwrap_or(name.len());
                    converter = adapt::converter(name.get(..end).unwrap_or_default())?;
                }
                found.push(converter);
            }
        }
        let old = std::mem::replace(&mut *self.converters.borrow_mut(), Converters(found));
        drop(old);
        Ok(())
    }

    /// The description of a statement's columns; None for one without.
    fn describe(&self, connection: &Connection, compiled: &Compiled) -> PyResult<()> {
        let count = compiled.statement.column_count();
        if count == 0 {
            self.description.set(Some(core::none_ref()));
            return Ok(());
        }
        let mut columns = memory::vec_with_capacity(count)?;
        for column in 0..count {
            let mut name = compiled.statement.column_name(column).unwrap_or_default();
            if connection.detect_types.get() & PARSE_COLNAMES != 0
                && let Some(open) = name.iter().position(|byte| *byte == b'[')
            {
                let end = if open > 0 && name.get(open - 1) == Some(&b' ') { open - 1 } else { open };
                name.truncate(end);
            }
            let mut fields = vec![text::new(&String::from_utf8_lossy(&name))?];
            fields.resize_with(7, core::none_ref);
            columns.push(tuple::from_vec(fields)?);
        }
        self.description.set(Some(tuple::from_vec(columns)?));
        Ok(())
    }

    fn execute_all(&self, sql: Borrowed<'_>, many: bool, parameters: Borrowed<'_>) -> PyResult<()> {
        let connection = self.check()?;
        let connection = connection.borrow();
        let _running = self.run();
        let result = self.execute_locked(&connection, sql, many, parameters);
        if result.is_err() {
            self.release();
            self.rowcount.set(-1);
        }
        result
    }

    fn execute_locked(&self, connection: &Connection, sql: Borrowed<'_>, many: bool, parameters: Borrowed<'_>) -> PyResult<()> {
        let sets = if many { Some(parameters.iter()?) } else { None };
        self.release();
        let compiled = connection.compile(sql)?;
        let Some(compiled) = compiled else {
            self.description.set(Some(core::none_ref()));
            self.rowcount.set(-1);
            return Ok(());
        };
        compiled.in_use.set(true);
        *self.current.borrow_mut() = Some(compiled.clone());
        if many && compiled.statement.is_readonly() {
            return Err(programming("executemany() can only execute DML statements."));
        }
        compiled.statement.reset();
        self.rowcount.set(if compiled.is_dml { 0 } else { -1 });
        let database = connection.database()?;
        if connection.mode.get() == LEGACY && compiled.is_dml && database.autocommit() {
            connection.begin()?;
        }
        let mut step = Step::Done;
        loop {
            let set = match &sets {
                Some(sets) => match sets.next()? {
                    Some(set) => set,
                    None => break,
                },
                None => parameters.to_ref(),
            };
            statement::bind_all(&compiled.statement, set.b())?;
            step = connection.step(&compiled).map_err(failure)?;
            self.find_converters(connection, &compiled)?;
            self.describe(connection, &compiled)?;
            if step == Step::Done || many {
                if compiled.is_dml {
                    self.rowcount.set(self.rowcount.get() + database.changes());
                }
                compiled.statement.reset();
            }
            if !many {
                break;
            }
        }
        if !many {
            self.lastrowid.set(Some(int::new(database.last_row_id())?));
        }
        if step == Step::Done || many {
            self.release();
        }
        Ok(())
    }

    fn fetch_next(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        let connection = slf.check()?;
        let connection = connection.borrow();
        let Some(compiled) = slf.current.borrow().clone() else { return Ok(None) };
        let row = {
            let _running = slf.run();
            let converters: Vec<Option<Ref>> = slf.converters.borrow().0.clone();
            let factory = connection.text_factory.get();
            let row = statement::fetch(&compiled.statement, &converters, factory.as_ref().map(Ref::b))?;
            match connection.step(&compiled) {
                Ok(Step::Row) => {}
                Ok(Step::Done) => {
                    if compiled.is_dml {
                        slf.rowcount.set(connection.database()?.changes());
                    }
                    slf.release();
                }
                Err(problem) => {
                    slf.release();
                    return Err(failure(problem));
                }
            }
            row
        };
        match slf.row_factory.get().filter(|factory| !factory.is(&core::none())) {
            Some(factory) => factory.call(&[slf.object(), row.b()]).map(Some),
            None => Ok(Some(row)),
        }
    }

    fn fetch_some(slf: Borrowed<'_, Self>, most: usize) -> PyResult<Ref> {
        let mut rows = Vec::new();
        while rows.len() < most {
            let Some(row) = Self::fetch_next(slf)? else { break };
            memory::reserve(&mut rows, 1)?;
            rows.push(row);
        }
        (object::hooks::get().list_new)(rows)
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.release();
    }
}

/// A `uint32_t` in the words of Argument Clinic.
#[derive(Clone, Copy)]
struct Count(u32);

impl<'a> object::FromArg<'a> for Count {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, _info: &'static object::args::ArgInfo) -> PyResult<Self> {
        let number = value.index()?;
        if int::digits(number.b()).is_some_and(|(negative, _)| negative) {
            return Err(raise!(ValueError, "Cannot convert negative int"));
        }
        match int::to_i64(number.b()).and_then(|size| u32::try_from(size).ok()) {
            Some(size) => Ok(Count(size)),
            None => Err(raise!(OverflowError, "Python int too large for C uint32_t")),
        }
    }
}

#[macros::pymethods]
impl Cursor {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _for_init = (args, kwargs);
        let value = Cursor {
            head: header(),
            connection: OptRef::default(),
            description: OptRef::default(),
            lastrowid: OptRef::default(),
            row_factory: OptRef::default(),
            converters: RefCell::default(),
            rowcount: Cell::new(-1),
            arraysize: Cell::new(1),
            current: RefCell::default(),
            initialized: Cell::new(false),
            closed: Cell::new(false),
            locked: Cell::new(false),
            weakrefs: Cell::new(std::ptr::null_mut()),
        };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_init, "(connection, /)")]
    fn init(&self, connection: Borrowed<'_>) -> PyResult<()> {
        if self.locked.get() {
            return Err(programming("Recursive use of cursors not allowed."));
        }
        if connection.downcast::<Connection>().is_none() {
            let found = connection.class().tp_name();
            return Err(raise!(TypeError, "Cursor() argument 1 must be sqlite3.Connection, not {found}"));
        }
        self.release();
        self.connection.set(Some(connection.to_ref()));
        self.description.set(Some(core::none_ref()));
        self.lastrowid.set(Some(core::none_ref()));
        self.row_factory.set(Some(core::none_ref()));
        self.arraysize.set(1);
        self.closed.set(false);
        self.rowcount.set(-1);
        self.initialized.set(true);
        self.connection()?.borrow().check_thread()
    }

    /// Executes an SQL statement.
    #[method("($self, sql, parameters=(), /)")]
    fn execute(slf: Borrowed<'_, Self>, sql: Str<'_>, parameters: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let none = tuple::from_vec(Vec::new())?;
        slf.execute_all(sql.0, false, parameters.unwrap_or(none.b()))?;
        Ok(slf.object().to_ref())
    }

    /// Repeatedly executes an SQL statement.
    #[method("($self, sql, seq_of_parameters, /)")]
    fn executemany(slf: Borrowed<'_, Self>, sql: Str<'_>, seq_of_parameters: Borrowed<'_>) -> PyResult<Ref> {
        slf.execute_all(sql.0, true, seq_of_parameters)?;
        Ok(slf.object().to_ref())
    }

    /// Executes multiple SQL statements at once.
    #[method("($self, sql_script, /)")]
    fn executescript(slf: Borrowed<'_, Self>, sql_script: Str<'_>) -> PyResult<Ref> {
        slf.check()?.borrow().run_script(sql_script.0)?;
        Ok(slf.object().to_ref())
    }

    /// Fetches one row from the resultset.
    #[method("($self, /)")]
    fn fetchone(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        Self::fetch_next(slf)
    }

    /// Fetches several rows from the resultset.
    ///
    ///   size
    ///     The default value is set by the Cursor.arraysize attribute.
    #[method("($self, /, size=1)")]
    fn fetchmany(slf: Borrowed<'_, Self>, size: Option<Count>) -> PyResult<Ref> {
        Self::fetch_some(slf, size.map_or(slf.arraysize.get(), |size| size.0) as usize)
    }

    /// Fetches all rows from the resultset.
    #[method("($self, /)")]
    fn fetchall(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        Self::fetch_some(slf, usize::MAX)
    }

    /// Required by DB-API. Does nothing in sqlite3.
    #[method("($self, sizes, /)")]
    fn setinputsizes(&self, sizes: Borrowed<'_>) {
        let _nothing_to_do = sizes;
    }

    /// Required by DB-API. Does nothing in sqlite3.
    #[method("($self, size, column=None, /)")]
    fn setoutputsize(&self, size: Borrowed<'_>, column: Option<Borrowed<'_>>) {
        let _nothing_to_do = (size, column);
    }

    /// Closes the cursor.
    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        if self.locked.get() {
            return Err(programming("Recursive use of cursors not allowed."));
        }
        if !self.initialized.get() {
            return Err(programming("Base Cursor.__init__ not called."));
        }
        let connection = self.connection()?;
        connection.borrow().check_thread()?;
        connection.borrow().database()?;
        self.release();
        self.closed.set(true);
        Ok(())
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> Ref {
        slf.to_ref()
    }

    #[slot(tp_iternext)]
    fn next(slf: Borrowed<'_, Self>) -> PyResult<Option<Ref>> {
        Self::fetch_next(slf)
    }

    #[getter]
    fn arraysize(&self) -> u32 {
        self.arraysize.get()
    }

    #[setter(name = "arraysize")]
    fn set_arraysize(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(raise!(AttributeError, "attribute 'arraysize' of 'sqlite3.Cursor' objects cannot be deleted"));
        };
        let number = value.index()?;
        let Some(size) = int::to_i64(number.b()).and_then(|size| u32::try_from(size).ok()) else {
            let negative = int::digits(number.b()).is_some_and(|(negative, _)| negative);
            return Err(if negative {
                raise!(ValueError, "Cannot convert negative int")
            } else {
                raise!(OverflowError, "Python int too large to convert to C uint32_t")
            });
        };
        self.arraysize.set(size);
        Ok(())
    }

    #[getter]
    fn row_factory(&self) -> Option<Ref> {
        self.row_factory.get()
    }

    #[setter(name = "row_factory")]
    fn set_row_factory(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(AttributeError, "cannot delete row_factory attribute")) };
        self.row_factory.set(Some(value.to_ref()));
        Ok(())
    }
}
