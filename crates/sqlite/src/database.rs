//! A connection to a database.

use crate::callback::{self, Aggregate, Arguments, Hook, Reply};
use crate::statement::Statement;
use libsqlite3_sys as sq;
use std::cell::RefCell;
#[cfg(test)]
use std::ffi::CString;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::{NonNull, null_mut};
use std::rc::Rc;
use std::sync::Once;

/// What went wrong: SQLite's extended code and its message.
#[derive(Clone, Debug)]
pub struct Error {
    pub code: i32,
    pub message: String,
}

impl Error {
    /// The code without its extension.
    pub fn primary(&self) -> i32 {
        self.code & 0xFF
    }
}

/// The version of the library.
pub fn version() -> String {
    // SAFETY: a static C string.
    unsafe { CStr::from_ptr(sq::sqlite3_libversion()) }.to_string_lossy().into_owned()
}

/// The text of a code.
pub fn error_string(code: i32) -> String {
    // SAFETY: a static C string for any number.
    unsafe { CStr::from_ptr(sq::sqlite3_errstr(code)) }.to_string_lossy().into_owned()
}

/// Whether a text ends in a complete statement.
pub fn complete(sql: &CStr) -> bool {
    initialize();
    // SAFETY: a C string.
    unsafe { sq::sqlite3_complete(sql.as_ptr()) != 0 }
}

/// The bundled library reads every name as a URI; here only `SQLITE_OPEN_URI` does that.
fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: before the library's first use; the option takes one int.
        unsafe { sq::sqlite3_config(sq::SQLITE_CONFIG_URI, 0 as c_int) };
    });
}

/// A connection. It stays open as long as statements of it live.
pub struct Database {
    raw: NonNull<sq::sqlite3>,
    authorizer: Hook<dyn Fn(i32, [Option<&[u8]>; 4]) -> i32>,
    progress: Hook<dyn Fn() -> bool>,
    trace: Hook<dyn Fn(&[u8])>,
    retired: RefCell<Vec<Box<dyn std::any::Any>>>,
}

impl Database {
    /// Opens a database with these `SQLITE_OPEN_` flags.
    pub fn open(name: &CStr, flags: i32) -> Result<Rc<Database>, Error> {
        initialize();
        let mut raw = null_mut();
        // SAFETY: a C string, and a place for the handle.
        let code = unsafe { sq::sqlite3_open_v2(name.as_ptr(), &mut raw, flags, std::ptr::null()) };
        let Some(raw) = NonNull::new(raw) else {
            return Err(Error { code: sq::SQLITE_NOMEM, message: error_string(sq::SQLITE_NOMEM) });
        };
        let database = Database {
            raw,
            authorizer: Hook::default(),
            progress: Hook::default(),
            trace: Hook::default(),
            retired: RefCell::default(),
        };
        if code != sq::SQLITE_OK {
            return Err(database.error());
        }
        // The bundled library enforces foreign keys from the start; CPython's does not.
        // SAFETY: an open handle; the option takes an int and a pointer that may be null.
        unsafe { sq::sqlite3_db_config(raw.as_ptr(), sq::SQLITE_DBCONFIG_ENABLE_FKEY, 0 as c_int, null_mut::<c_int>()) };
        Ok(Rc::new(database))
    }

    pub(crate) fn raw(&self) -> *mut sq::sqlite3 {
        self.raw.as_ptr()
    }

    /// The last error.
    pub fn error(&self) -> Error {
        // SAFETY: an open handle; the message is copied at once.
        unsafe {
            let message = CStr::from_ptr(sq::sqlite3_errmsg(self.raw())).to_string_lossy().into_owned();
            Error { code: sq::sqlite3_extended_errcode(self.raw()), message }
        }
    }

    fn check(&self, code: c_int) -> Result<(), Error> {
        if code == sq::SQLITE_OK { Ok(()) } else { Err(self.error()) }
    }

    /// How long to wait for locks, in milliseconds.
    pub fn busy_timeout(&self, milliseconds: i32) {
        // SAFETY: an open handle.
        unsafe { sq::sqlite3_busy_timeout(self.raw(), milliseconds) };
    }

    /// Whether no transaction is open.
    pub fn autocommit(&self) -> bool {
        // SAFETY: an open handle.
        unsafe { sq::sqlite3_get_autocommit(self.raw()) != 0 }
    }

    pub fn changes(&self) -> i64 {
        // SAFETY: an open handle.
        unsafe { sq::sqlite3_changes64(self.raw()) }
    }

    pub fn total_changes(&self) -> i64 {
        // SAFETY: an open handle.
        unsafe { sq::sqlite3_total_changes64(self.raw()) }
    }

    pub fn last_row_id(&self) -> i64 {
        // SAFETY: an open handle.
        unsafe { sq::sqlite3_last_insert_rowid(self.raw()) }
    }

    /// Makes running statements stop.
    pub fn interrupt(&self) {
        // SAFETY: an open handle.
        unsafe { sq::sqlite3_interrupt(self.raw()) };
    }

    /// Sets a limit and returns the old one; a negative value only asks.
    pub fn limit(&self, category: i32, value: i32) -> i32 {
        // SAFETY: an open handle; any numbers are allowed.
        unsafe { sq::sqlite3_limit(self.raw(), category, value) }
    }

    /// Sets an option that is on or off, or with `None` only asks.
    pub fn option(&self, option: i32, value: Option<bool>) -> Result<bool, Error> {
        let mut now: c_int = 0;
        let wanted: c_int = value.map_or(-1, c_int::from);
        // SAFETY: an open handle; options that take an int and a place for one.
        self.check(unsafe { sq::sqlite3_db_config(self.raw(), option, wanted, &raw mut now) })?;
        Ok(now != 0)
    }

    /// Allows or forbids the loading of extensions.
    pub fn allow_extensions(&self, allow: bool) -> bool {
        // SAFETY: an open handle.
        unsafe { sq::sqlite3_enable_load_extension(self.raw(), c_int::from(allow)) == sq::SQLITE_OK }
    }

    /// Loads an extension.
    pub fn load_extension(&self, file: &CStr, entry: Option<&CStr>) -> Result<(), String> {
        let mut message = null_mut();
        let entry = entry.map_or(std::ptr::null(), CStr::as_ptr);
        // SAFETY: an open handle, C strings, a place for a message that is freed below.
        unsafe {
            if sq::sqlite3_load_extension(self.raw(), file.as_ptr(), entry, &mut message) == sq::SQLITE_OK {
                return Ok(());
            }
            if message.is_null() {
                return Err(self.error().message);
            }
            let text = CStr::from_ptr(message).to_string_lossy().into_owned();
            sq::sqlite3_free(message.cast());
            Err(text)
        }
    }

    /// Compiles the first statement of a text. Returns it, none for a text without one, and how much of the text was left.
    pub fn prepare(self: &Rc<Self>, sql: &CStr) -> Result<(Option<Statement>, usize), Error> {
        let mut raw = null_mut();
        let mut tail = std::ptr::null();
        let Ok(len) = c_int::try_from(sql.count_bytes() + 1) else {
            return Err(Error { code: sq::SQLITE_TOOBIG, message: error_string(sq::SQLITE_TOOBIG) });
        };
        // SAFETY: an open handle, a C string with its length, places for the results.
        self.check(unsafe { sq::sqlite3_prepare_v2(self.raw(), sql.as_ptr(), len, &mut raw, &mut tail) })?;
        // SAFETY: the tail points into the text.
        let left = if tail.is_null() { 0 } else { unsafe { CStr::from_ptr(tail) }.count_bytes() };
        Ok((NonNull::new(raw).map(|raw| Statement::new(raw, self.clone())), left))
    }

    /// Registers a function; none removes it.
    pub fn create_function(
        &self,
        name: &CStr,
        count: i32,
        deterministic: bool,
        function: Option<Box<dyn Fn(&Arguments<'_>) -> Reply>>,
    ) -> Result<(), Error> {
        let flags = sq::SQLITE_UTF8 | if deterministic { sq::SQLITE_DETERMINISTIC } else { 0 };
        let code = match function {
            // SAFETY: an open handle and a C string; the function is owned by SQLite, which drops it by the destructor.
            Some(function) => unsafe {
                sq::sqlite3_create_function_v2(
                    self.raw(),
                    name.as_ptr(),
                    count,
                    flags,
                    callback::leak(function),
                    Some(callback::function),
                    None,
                    None,
                    Some(callback::free::<Box<dyn Fn(&Arguments<'_>) -> Reply>>),
                )
            },
            // SAFETY: as above, without functions.
            None => unsafe {
                sq::sqlite3_create_function_v2(self.raw(), name.as_ptr(), count, flags, null_mut(), None, None, None, None)
            },
        };
        self.check(code)
    }

    /// Registers an aggregate, or a window function; none removes it.
    pub fn create_aggregate(
        &self,
        name: &CStr,
        count: i32,
        window: bool,
        start: Option<Box<dyn Fn() -> Box<dyn Aggregate>>>,
    ) -> Result<(), Error> {
        type Start = Box<dyn Fn() -> Box<dyn Aggregate>>;
        let (data, step, finish, destroy) = match start {
            Some(start) => (
                callback::leak(start),
                Some(callback::step as unsafe extern "C" fn(_, _, _)),
                Some(callback::finish as unsafe extern "C" fn(_)),
                Some(callback::free::<Start> as unsafe extern "C" fn(_)),
            ),
            None => (null_mut::<c_void>(), None, None, None),
        };
        let (value, inverse) = match step {
            Some(_) if window => {
                (Some(callback::value as unsafe extern "C" fn(_)), Some(callback::inverse as unsafe extern "C" fn(_, _, _)))
            }
            _ => (None, None),
        };
        // SAFETY: an open handle and a C string; the maker is owned by SQLite, which drops it by the destructor.
        self.check(unsafe {
            if window {
                sq::sqlite3_create_window_function(
                    self.raw(),
                    name.as_ptr(),
                    count,
                    sq::SQLITE_UTF8,
                    data,
                    step,
                    finish,
                    value,
                    inverse,
                    destroy,
                )
            } else {
                sq::sqlite3_create_function_v2(
                    self.raw(),
                    name.as_ptr(),
                    count,
                    sq::SQLITE_UTF8,
                    data,
                    None,
                    step,
                    finish,
                    destroy,
                )
            }
        })
    }

    /// Registers a collation; none removes it.
    pub fn create_collation(&self, name: &CStr, compare: Option<Box<dyn Fn(&[u8], &[u8]) -> i32>>) -> Result<(), Error> {
        type Compare = Box<dyn Fn(&[u8], &[u8]) -> i32>;
        let Some(compare) = compare else {
            // SAFETY: an open handle and a C string.
            return self.check(unsafe {
                sq::sqlite3_create_collation_v2(self.raw(), name.as_ptr(), sq::SQLITE_UTF8, null_mut(), None, None)
            });
        };
        let data = callback::leak(compare);
        // SAFETY: an open handle and a C string; the function is owned by SQLite when this is good.
        let code = unsafe {
            sq::sqlite3_create_collation_v2(
                self.raw(),
                name.as_ptr(),
                sq::SQLITE_UTF8,
                data,
                Some(callback::collation),
                Some(callback::free::<Compare>),
            )
        };
        if code != sq::SQLITE_OK {
            // SAFETY: unlike the other registrations, a failed one leaves the function to the caller.
            unsafe { callback::free::<Compare>(data) };
        }
        self.check(code)
    }

    /// Sets who decides about what statements do; none for nobody.
    pub fn set_authorizer(&self, hook: Option<Box<dyn Fn(i32, [Option<&[u8]>; 4]) -> i32>>) -> Result<(), Error> {
        let (data, old) = self.authorizer.replace(hook);
        self.retire(old);
        let function = (!data.is_null()).then_some(callback::authorizer as unsafe extern "C" fn(_, _, _, _, _, _) -> _);
        // SAFETY: an open handle; the hook is owned by this database.
        self.check(unsafe { sq::sqlite3_set_authorizer(self.raw(), function, data) })
    }

    /// Sets what is asked every `count` instructions whether to stop; none for nothing.
    pub fn set_progress(&self, count: i32, hook: Option<Box<dyn Fn() -> bool>>) {
        let (data, old) = self.progress.replace(hook);
        self.retire(old);
        let function = (!data.is_null()).then_some(callback::progress as unsafe extern "C" fn(_) -> _);
        // SAFETY: an open handle; the hook is owned by this database.
        unsafe { sq::sqlite3_progress_handler(self.raw(), count, function, data) };
    }

    /// Sets what sees the text of each statement; none for nothing.
    pub fn set_trace(&self, hook: Option<Box<dyn Fn(&[u8])>>) {
        let (data, old) = self.trace.replace(hook);
        self.retire(old);
        let function = (!data.is_null()).then_some(callback::trace as unsafe extern "C" fn(_, _, _, _) -> _);
        let mask = if data.is_null() { 0 } else { sq::SQLITE_TRACE_STMT };
        // SAFETY: an open handle; the hook is owned by this database.
        unsafe { sq::sqlite3_trace_v2(self.raw(), mask as u32, function, data) };
    }

    fn retire<T: 'static>(&self, old: Option<T>) {
        if let Some(old) = old {
            self.retired.borrow_mut().push(Box::new(old));
        }
    }

    /// The content of a database as bytes; none when it has none or there is no memory.
    pub fn serialize(&self, name: &CStr) -> Option<Vec<u8>> {
        let mut size = 0;
        // SAFETY: an open handle and a C string; the copy is freed below.
        unsafe {
            let data = sq::sqlite3_serialize(self.raw(), name.as_ptr(), &mut size, 0);
            let len = usize::try_from(size).ok()?;
            let data = NonNull::new(data)?;
            let mut copy = Vec::new();
            let fits = copy.try_reserve_exact(len).is_ok();
            if fits {
                copy.extend_from_slice(std::slice::from_raw_parts(data.as_ptr(), len));
            }
            sq::sqlite3_free(data.as_ptr().cast());
            fits.then_some(copy)
        }
    }

    /// Puts bytes in the place of a database's content.
    pub fn deserialize(&self, name: &CStr, content: &[u8]) -> Result<(), Error> {
        let len = content.len();
        // SAFETY: memory of SQLite's allocator, which the handle takes over.
        unsafe {
            let Some(memory) = NonNull::new(sq::sqlite3_malloc64(len.max(1) as u64).cast::<u8>()) else {
                return Err(Error { code: sq::SQLITE_NOMEM, message: error_string(sq::SQLITE_NOMEM) });
            };
            std::ptr::copy_nonoverlapping(content.as_ptr(), memory.as_ptr(), len);
            let flags = sq::SQLITE_DESERIALIZE_FREEONCLOSE | sq::SQLITE_DESERIALIZE_RESIZEABLE;
            let len = len as i64;
            self.check(sq::sqlite3_deserialize(self.raw(), name.as_ptr(), memory.as_ptr(), len, len, flags as u32))
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: an open handle without statements, closed once. The hooks die after it.
        unsafe { sq::sqlite3_close(self.raw()) };
    }
}

/// A text for C, cut off at its first NUL.
#[cfg(test)]
fn c(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Database, c};
    use crate::{Reply, Step, Value};

    #[test]
    fn a_function_is_called() {
        let Ok(database) = Database::open(c":memory:", 6) else { panic!("no database") };
        let twice = database.create_function(
            c"twice",
            1,
            true,
            Some(Box::new(|arguments| match arguments.get(0) {
                Value::Integer(number) => Reply::Integer(number * 2),
                _ => Reply::Null,
            })),
        );
        assert!(twice.is_ok());
        let Ok((Some(statement), 0)) = database.prepare(&c("select twice(21)")) else { panic!("no statement") };
        assert_eq!(statement.step().ok(), Some(Step::Row));
        assert_eq!(statement.column(0), Value::Integer(42));
        assert_eq!(statement.step().ok(), Some(Step::Done));
    }
}
