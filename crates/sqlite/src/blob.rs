//! Values of tables as files, and copies of whole databases.

use crate::database::{Database, Error};
use libsqlite3_sys as sq;
use std::ffi::{CStr, c_int};
use std::ptr::{NonNull, null_mut};
use std::rc::Rc;

/// An open value, which keeps its database open.
pub struct Blob {
    raw: NonNull<sq::sqlite3_blob>,
    database: Rc<Database>,
}

impl Database {
    /// Opens the value of a table's row and column.
    pub fn open_blob(self: &Rc<Self>, name: &CStr, table: &CStr, column: &CStr, row: i64, writable: bool) -> Result<Blob, Error> {
        let mut raw = null_mut();
        // SAFETY: an open handle, C strings, a place for the result.
        let code = unsafe {
            sq::sqlite3_blob_open(
                self.raw(),
                name.as_ptr(),
                table.as_ptr(),
                column.as_ptr(),
                row,
                c_int::from(writable),
                &mut raw,
            )
        };
        match NonNull::new(raw) {
            Some(raw) if code == sq::SQLITE_OK => Ok(Blob { raw, database: self.clone() }),
            _ => Err(self.error()),
        }
    }
}

impl Blob {
    /// How many bytes it has, which never changes.
    pub fn len(&self) -> usize {
        // SAFETY: an open blob.
        usize::try_from(unsafe { sq::sqlite3_blob_bytes(self.raw.as_ptr()) }).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn place(&self, len: usize, offset: usize) -> Result<(c_int, c_int), Error> {
        match (c_int::try_from(len), c_int::try_from(offset)) {
            (Ok(len), Ok(offset)) => Ok((len, offset)),
            _ => Err(Error { code: sq::SQLITE_TOOBIG, message: crate::error_string(sq::SQLITE_TOOBIG) }),
        }
    }

    /// Fills a buffer from this offset on.
    pub fn read(&self, buffer: &mut [u8], offset: usize) -> Result<(), Error> {
        let (len, offset) = self.place(buffer.len(), offset)?;
        // SAFETY: an open blob; pointer and length of a slice.
        let code = unsafe { sq::sqlite3_blob_read(self.raw.as_ptr(), buffer.as_mut_ptr().cast(), len, offset) };
        if code == sq::SQLITE_OK { Ok(()) } else { Err(self.database.error()) }
    }

    /// Overwrites bytes from this offset on.
    pub fn write(&self, bytes: &[u8], offset: usize) -> Result<(), Error> {
        let (len, offset) = self.place(bytes.len(), offset)?;
        // SAFETY: an open blob; pointer and length of a slice.
        let code = unsafe { sq::sqlite3_blob_write(self.raw.as_ptr(), bytes.as_ptr().cast(), len, offset) };
        if code == sq::SQLITE_OK { Ok(()) } else { Err(self.database.error()) }
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        // SAFETY: an open blob, closed once.
        unsafe { sq::sqlite3_blob_close(self.raw.as_ptr()) };
    }
}

/// A copy in progress, which keeps both databases open.
pub struct Backup {
    raw: NonNull<sq::sqlite3_backup>,
    target: Rc<Database>,
    _source: Rc<Database>,
}

impl Backup {
    /// Begins to copy the database `name` of `source` over `target`.
    pub fn start(source: &Rc<Database>, name: &CStr, target: &Rc<Database>) -> Result<Backup, Error> {
        // SAFETY: open handles and C strings.
        let raw = unsafe { sq::sqlite3_backup_init(target.raw(), c"main".as_ptr(), source.raw(), name.as_ptr()) };
        match NonNull::new(raw) {
            Some(raw) => Ok(Backup { raw, target: target.clone(), _source: source.clone() }),
            None => Err(target.error()),
        }
    }

    /// Copies pages, all for a negative number. Returns the code, which also says that it goes on or has to wait.
    pub fn step(&self, pages: i32) -> i32 {
        // SAFETY: a live backup.
        unsafe { sq::sqlite3_backup_step(self.raw.as_ptr(), pages) }
    }

    /// Pages that remain, and pages in all.
    pub fn progress(&self) -> (i32, i32) {
        let raw = self.raw.as_ptr();
        // SAFETY: a live backup.
        unsafe { (sq::sqlite3_backup_remaining(raw), sq::sqlite3_backup_pagecount(raw)) }
    }

    /// Ends the copy and says how it went.
    pub fn finish(self) -> Result<(), Error> {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: a live backup, ended once: it is not dropped. Each of the databases is taken out once.
        unsafe {
            let code = sq::sqlite3_backup_finish(this.raw.as_ptr());
            let target = std::ptr::read(&this.target);
            let source = std::ptr::read(&this._source);
            drop(source);
            if code == sq::SQLITE_OK { Ok(()) } else { Err(target.error()) }
        }
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        // SAFETY: a live backup, ended once.
        unsafe { sq::sqlite3_backup_finish(self.raw.as_ptr()) };
    }
}
