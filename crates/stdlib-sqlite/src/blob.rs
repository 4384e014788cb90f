//! `sqlite3.Blob`: a value of a table as a file and as a row of bytes.

use crate::connection::Connection;
use crate::errors::{failure, programming};
use crate::header;
use builtins::slice::Slice;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, memory, raise};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A blob that its connection may close.
pub type Handle = Rc<RefCell<Option<sqlite::Blob>>>;

#[macros::pyclass(name = "Blob", module = "sqlite3", flags(DISALLOW_INSTANTIATION), gc, weaklist = weakrefs)]
pub struct Blob {
    head: abi::PyObject,
    connection: OptRef,
    #[trace(skip)]
    handle: Handle,
    #[trace(skip)]
    offset: Cell<usize>,
    weakrefs: Cell<*mut abi::PyObject>,
}

pub fn create(connection: Borrowed<'_>, handle: Handle) -> PyResult<Ref> {
    builtins::type_::ready::ready_static(&object::spec::TypeEntry::of::<Blob>())?;
    let value = Blob {
        head: header(),
        connection: OptRef::default(),
        handle,
        offset: Cell::new(0),
        weakrefs: Cell::new(std::ptr::null_mut()),
    };
    value.connection.set(Some(connection.to_ref()));
    memory::new_instance(Blob::type_object(), value).map(Ref::upcast)
}

impl Blob {
    fn check(&self) -> PyResult<()> {
        if let Some(connection) = self.connection.get().and_then(|connection| connection.downcast::<Connection>().ok()) {
            connection.borrow().check_thread()?;
            connection.borrow().database()?;
        }
        if self.handle.borrow().is_none() {
            return Err(programming("Cannot operate on a closed blob."));
        }
        Ok(())
    }

    /// Runs `action`, which touches no object, on the open blob.
    fn with<R>(&self, action: impl FnOnce(&sqlite::Blob) -> R) -> PyResult<R> {
        self.check()?;
        match &*self.handle.borrow() {
            Some(blob) => Ok(action(blob)),
            None => Err(programming("Cannot operate on a closed blob.")),
        }
    }

    fn size(&self) -> PyResult<usize> {
        self.with(sqlite::Blob::len)
    }

    fn read_at(&self, len: usize, offset: usize) -> PyResult<Vec<u8>> {
        let mut buffer = memory::vec_with_capacity(len)?;
        buffer.resize(len, 0);
        if len > 0 {
            self.with(|blob| blob.read(&mut buffer, offset))?.map_err(failure)?;
        }
        Ok(buffer)
    }

    fn write_at(&self, content: &[u8], offset: usize) -> PyResult<()> {
        let fits = offset.checked_add(content.len()).is_some_and(|end| self.size().is_ok_and(|size| end <= size));
        self.check()?;
        if !fits {
            return Err(raise!(ValueError, "data longer than blob length"));
        }
        self.with(|blob| blob.write(content, offset))?.map_err(failure)
    }

    /// The place of an index.
    fn place(&self, key: Borrowed<'_>) -> PyResult<usize> {
        let number = key.index()?;
        let Some(index) = int::to_i64(number.b()) else {
            return Err(raise!(IndexError, "cannot fit 'int' into an index-sized integer"));
        };
        let size = self.size()?;
        let index = if index < 0 { index + size as i64 } else { index };
        match usize::try_from(index) {
            Ok(index) if index < size => Ok(index),
            _ => Err(raise!(IndexError, "Blob index out of range")),
        }
    }

    fn slice(&self, slice: Borrowed<'_, Slice>) -> PyResult<(usize, usize, usize)> {
        let size = self.size()?;
        let range = slice.indices(|| size)?;
        let Ok(step) = usize::try_from(range.step) else {
            if range.count == 0 {
                return Ok((0, 0, 1));
            }
            return Err(raise!(ValueError, "Blob doesn't support slices with a negative step"));
        };
        Ok((usize::try_from(range.start).unwrap_or_default(), range.count, step.max(1)))
    }
}

/// The bytes from the first to the last of a slice.
fn span(count: usize, step: usize) -> usize {
    count.checked_sub(1).map_or(0, |last| last.saturating_mul(step).saturating_add(1))
}

#[macros::pymethods]
impl Blob {
    /// Close the blob.
    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        if let Some(connection) = self.connection.get().and_then(|connection| connection.downcast::<Connection>().ok()) {
            connection.borrow().check_thread()?;
            connection.borrow().database()?;
        }
        let old = self.handle.take();
        drop(old);
        Ok(())
    }

    /// Read data at the current offset position.
    ///
    ///   length
    ///     Read length in bytes.
    ///
    /// If the end of the blob is reached, the data up to end of file will be returned.
    /// When length is not specified, or is negative, Blob.read() will read until the
    /// end of the blob.
    #[method("($self, length=-1, /)")]
    fn read(&self, length: i32) -> PyResult<Vec<u8>> {
        let left = self.size()?.saturating_sub(self.offset.get());
        let len = usize::try_from(length).map_or(left, |length| length.min(left));
        let content = self.read_at(len, self.offset.get())?;
        self.offset.set(self.offset.get() + len);
        Ok(content)
    }

    /// Write data at the current offset.
    ///
    /// This function cannot change the blob length.  Writing beyond the end of the
    /// blob will result in an exception being raised.
    #[method("($self, data, /)")]
    fn write(&self, data: Borrowed<'_>) -> PyResult<()> {
        let content = Buffer::readable(data)?.bytes().to_vec();
        self.check()?;
        self.write_at(&content, self.offset.get())?;
        self.offset.set(self.offset.get() + content.len());
        Ok(())
    }

    /// Set the current access position to offset.
    ///
    /// The origin argument defaults to os.SEEK_SET or 0 (absolute blob positioning).
    /// Other values for origin are os.SEEK_CUR or 1 (seek relative to the current
    /// position) and os.SEEK_END or 2 (seek relative to the blob's end).
    #[method("($self, offset, origin=0, /)")]
    fn seek(&self, offset: i32, origin: i32) -> PyResult<()> {
        let size = self.size()?;
        let base = match origin {
            0 => 0,
            1 => self.offset.get() as i64,
            2 => size as i64,
            _ => return Err(raise!(ValueError, "'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END")),
        };
        if i32::try_from(base + i64::from(offset)).is_err() && base != 0 {
            return Err(raise!(OverflowError, "seek offset results in offset overflow"));
        }
        match usize::try_from(base + i64::from(offset)) {
            Ok(place) if place <= size => self.offset.set(place),
            _ => return Err(raise!(ValueError, "offset out of blob range")),
        }
        Ok(())
    }

    /// Return the current access position for the blob.
    #[method("($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.check()?;
        Ok(self.offset.get())
    }

    /// Blob context manager enter.
    #[method("($self, /)")]
    fn __enter__(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.check()?;
        Ok(slf.object().to_ref())
    }

    /// Blob context manager exit.
    #[method("($self, type, val, tb, /)")]
    fn __exit__(&self, class: Borrowed<'_>, value: Borrowed<'_>, traceback: Borrowed<'_>) -> PyResult<bool> {
        let _whatever_happened = (class, value, traceback);
        self.check()?;
        let old = self.handle.take();
        drop(old);
        Ok(false)
    }

    #[slot(mp_length)]
    fn length(&self) -> PyResult<usize> {
        self.size()
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: Borrowed<'_>) -> PyResult<Ref> {
        self.check()?;
        if key.class().nb_index().is_some() {
            let content = self.read_at(1, self.place(key)?)?;
            return int::new(content.first().copied().unwrap_or_default().into());
        }
        let Some(slice) = key.downcast::<Slice>() else { return Err(raise!(TypeError, "Blob indices must be integers")) };
        let (start, count, step) = self.slice(slice)?;
        let content = self.read_at(span(count, step), start)?;
        let picked: Vec<u8> = content.iter().step_by(step).copied().collect();
        bytes::new(&picked)
    }

    #[slot(mp_ass_subscript)]
    fn assign(&self, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.check()?;
        if key.class().nb_index().is_some() {
            let Some(value) = value else { return Err(raise!(TypeError, "Blob doesn't support item deletion")) };
            let place = self.place(key)?;
            if !int::check(value) {
                let found = value.class().tp_name();
                return Err(raise!(TypeError, "'{found}' object cannot be interpreted as an integer"));
            }
            let Some(byte) = int::to_i64(value).and_then(|byte| u8::try_from(byte).ok()) else {
                return Err(raise!(ValueError, "byte must be in range(0, 256)"));
            };
            return self.write_at(&[byte], place);
        }
        let Some(slice) = key.downcast::<Slice>() else { return Err(raise!(TypeError, "Blob indices must be integers")) };
        let Some(value) = value else { return Err(raise!(TypeError, "Blob doesn't support slice deletion")) };
        let (start, count, step) = self.slice(slice)?;
        let new = Buffer::readable(value)?.bytes().to_vec();
        if new.len() != count {
            return Err(raise!(IndexError, "Blob slice assignment is wrong size"));
        }
        if step == 1 || count == 0 {
            return if count == 0 { Ok(()) } else { self.write_at(&new, start) };
        }
        let mut content = self.read_at(span(count, step), start)?;
        content.iter_mut().step_by(step).zip(&new).for_each(|(place, byte)| *place = *byte);
        self.write_at(&content, start)
    }
}

/// A `rowid`.
pub fn row_id(value: Borrowed<'_>) -> PyResult<i64> {
    if !int::check(value) {
        return Err(raise!(TypeError, "expected 'int'"));
    }
    int::to_i64(value).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to SQLite INTEGER"))
}

/// Whether an argument is given and not None.
pub fn given<'a>(value: Option<Borrowed<'a>>) -> Option<Borrowed<'a>> {
    value.filter(|value| !value.is(&core::none()))
}
