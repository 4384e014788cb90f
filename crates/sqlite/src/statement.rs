//! A compiled statement.

use crate::Value;
use crate::database::{Database, Error};
use libsqlite3_sys as sq;
use std::ffi::{CStr, c_char, c_int};
use std::ptr::NonNull;
use std::rc::Rc;

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Row,
    Done,
}

/// A statement, which keeps its database open.
pub struct Statement {
    raw: NonNull<sq::sqlite3_stmt>,
    database: Rc<Database>,
}

fn index(position: usize) -> c_int {
    c_int::try_from(position).unwrap_or(c_int::MAX)
}

impl Statement {
    pub(crate) fn new(raw: NonNull<sq::sqlite3_stmt>, database: Rc<Database>) -> Statement {
        Statement { raw, database }
    }

    fn raw(&self) -> *mut sq::sqlite3_stmt {
        self.raw.as_ptr()
    }

    pub fn database(&self) -> &Rc<Database> {
        &self.database
    }

    /// Runs to the next row or to the end.
    pub fn step(&self) -> Result<Step, Error> {
        // SAFETY: a live statement.
        match unsafe { sq::sqlite3_step(self.raw()) } {
            sq::SQLITE_ROW => Ok(Step::Row),
            sq::SQLITE_DONE => Ok(Step::Done),
            _ => Err(self.database.error()),
        }
    }

    /// Goes back to the beginning.
    pub fn reset(&self) {
        // SAFETY: a live statement.
        unsafe { sq::sqlite3_reset(self.raw()) };
    }

    /// Forgets the parameters' values.
    pub fn clear_bindings(&self) {
        // SAFETY: a live statement.
        unsafe { sq::sqlite3_clear_bindings(self.raw()) };
    }

    /// Whether it only reads.
    pub fn is_readonly(&self) -> bool {
        // SAFETY: a live statement.
        unsafe { sq::sqlite3_stmt_readonly(self.raw()) != 0 }
    }

    /// How many parameters it has.
    pub fn parameter_count(&self) -> usize {
        // SAFETY: a live statement.
        usize::try_from(unsafe { sq::sqlite3_bind_parameter_count(self.raw()) }).unwrap_or_default()
    }

    /// The name of a parameter with its prefix; parameters count from 1.
    pub fn parameter_name(&self, position: usize) -> Option<&str> {
        // SAFETY: a live statement, whose names live as long as it does.
        unsafe { text(sq::sqlite3_bind_parameter_name(self.raw(), index(position))) }.and_then(|name| name.to_str().ok())
    }

    /// Gives a parameter its value.
    pub fn bind(&self, position: usize, value: Value<'_>) -> Result<(), Error> {
        let (raw, at) = (self.raw(), index(position));
        // SAFETY: a live statement; SQLite copies texts and blobs.
        let code = unsafe {
            match value {
                Value::Null => sq::sqlite3_bind_null(raw, at),
                Value::Integer(number) => sq::sqlite3_bind_int64(raw, at, number),
                Value::Real(number) => sq::sqlite3_bind_double(raw, at, number),
                Value::Text(bytes) => sq::sqlite3_bind_text64(
                    raw,
                    at,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    sq::SQLITE_TRANSIENT(),
                    sq::SQLITE_UTF8 as u8,
                ),
                Value::Blob(bytes) => {
                    sq::sqlite3_bind_blob64(raw, at, bytes.as_ptr().cast(), bytes.len() as u64, sq::SQLITE_TRANSIENT())
                }
            }
        };
        if code == sq::SQLITE_OK { Ok(()) } else { Err(self.database.error()) }
    }

    /// How many columns its rows have.
    pub fn column_count(&self) -> usize {
        // SAFETY: a live statement.
        usize::try_from(unsafe { sq::sqlite3_column_count(self.raw()) }).unwrap_or_default()
    }

    /// How many columns the current row has; 0 without one.
    pub fn data_count(&self) -> usize {
        // SAFETY: a live statement.
        usize::try_from(unsafe { sq::sqlite3_data_count(self.raw()) }).unwrap_or_default()
    }

    pub fn column_name(&self, position: usize) -> Option<Vec<u8>> {
        // SAFETY: a live statement; the name is copied at once.
        unsafe { text(sq::sqlite3_column_name(self.raw(), index(position))) }.map(|name| name.to_bytes().to_vec())
    }

    /// The type that the table declares for a column.
    pub fn column_type_name(&self, position: usize) -> Option<Vec<u8>> {
        // SAFETY: a live statement; the name is copied at once.
        unsafe { text(sq::sqlite3_column_decltype(self.raw(), index(position))) }.map(|name| name.to_bytes().to_vec())
    }

    /// A value of the current row. It lives until the next step, or use of the column in another type.
    pub fn column(&self, position: usize) -> Value<'_> {
        if position >= self.data_count() {
            return Value::Null;
        }
        let (raw, at) = (self.raw(), index(position));
        // SAFETY: a live statement with a row; pointer first, then length, as SQLite asks.
        unsafe {
            match sq::sqlite3_column_type(raw, at) {
                sq::SQLITE_INTEGER => Value::Integer(sq::sqlite3_column_int64(raw, at)),
                sq::SQLITE_FLOAT => Value::Real(sq::sqlite3_column_double(raw, at)),
                sq::SQLITE_TEXT => {
                    let start = sq::sqlite3_column_text(raw, at);
                    Value::Text(slice(start, sq::sqlite3_column_bytes(raw, at)))
                }
                sq::SQLITE_BLOB => {
                    let start = sq::sqlite3_column_blob(raw, at).cast();
                    Value::Blob(slice(start, sq::sqlite3_column_bytes(raw, at)))
                }
                _ => Value::Null,
            }
        }
    }

    /// A value of the current row as bytes, whatever its type; none for NULL.
    pub fn column_bytes(&self, position: usize) -> Option<&[u8]> {
        if position >= self.data_count() {
            return None;
        }
        let (raw, at) = (self.raw(), index(position));
        // SAFETY: as above.
        unsafe {
            if sq::sqlite3_column_type(raw, at) == sq::SQLITE_NULL {
                return None;
            }
            let start = sq::sqlite3_column_blob(raw, at).cast();
            Some(slice(start, sq::sqlite3_column_bytes(raw, at)))
        }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: a live statement, ended once.
        unsafe { sq::sqlite3_finalize(self.raw()) };
    }
}

/// # Safety
/// Null, or a C string that lives for `'a`.
unsafe fn text<'a>(start: *const c_char) -> Option<&'a CStr> {
    // SAFETY: by contract.
    (!start.is_null()).then(|| unsafe { CStr::from_ptr(start) })
}

/// # Safety
/// Null, or `len` bytes that live for `'a`.
pub(crate) unsafe fn slice<'a>(start: *const u8, len: c_int) -> &'a [u8] {
    match usize::try_from(len) {
        // SAFETY: by contract.
        Ok(len) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, len) },
        _ => &[],
    }
}
