//! `mmap` as a file: reading, writing, searching, and what the system may be told.

use super::{Access, Mmap, closed};
use crate::support::OrRaise;
use host::errno::Sys;
use host::mmap::Mapping;
use macros::pymethods;
use object::protocol::buffer::Buffer;
use object::value::{bytes, int};
use object::{Borrowed, PyResult, Ref, core, gil, memory, raise};

/// A size; None is none.
fn optional_size(value: Option<Borrowed<'_>>) -> PyResult<Option<isize>> {
    let Some(value) = value.filter(|value| !value.is(&core::none())) else { return Ok(None) };
    if !int::check(value) && value.class().nb_index().is_none() {
        return Err(raise!(TypeError, "argument should be integer or None, not '{}'", value.class().tp_name()));
    }
    value.as_isize().map(Some)
}

/// An index; None is none.
fn optional_index(value: Option<Borrowed<'_>>) -> PyResult<Option<isize>> {
    let Some(value) = value.filter(|value| !value.is(&core::none())) else { return Ok(None) };
    let number = value.index()?;
    let number = int::to_i64(number.b()).and_then(|number| isize::try_from(number).ok());
    number.map(Some).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C ssize_t"))
}

/// An index into `len` bytes: negative ones count from the end, and all are clipped.
fn clip(index: isize, len: usize) -> usize {
    let index = if index < 0 { index.saturating_add_unsigned(len).max(0) } else { index };
    index.unsigned_abs().min(len)
}

impl Mmap {
    fn search(
        &self,
        view: Borrowed<'_>,
        start: Option<Borrowed<'_>>,
        end: Option<Borrowed<'_>>,
        find: fn(&[u8], &[u8]) -> Option<usize>,
    ) -> PyResult<isize> {
        let view = Buffer::readable(view)?;
        let (start, end) = (optional_index(start)?, optional_index(end)?);
        let position = self.position.get();
        self.with(|mapping| {
            let len = mapping.len();
            let start = start.map_or(position.min(len), |start| clip(start, len));
            let end = end.map_or(len, |end| clip(end, len));
            let found = mapping.bytes().get(start..end).and_then(|part| find(part, view.bytes()));
            found.map_or(-1, |at| (start + at).cast_signed())
        })
    }

    /// The bytes from the position on, at most `count`; the position moves behind them.
    fn take(&self, count: impl FnOnce(&[u8]) -> usize) -> PyResult<Ref> {
        let position = self.position.get();
        let content = self.with(|mapping| {
            let rest = mapping.bytes().get(position..).unwrap_or_default();
            let part = rest.get(..count(rest).min(rest.len())).unwrap_or_default();
            let mut copy: Vec<u8> = memory::vec_with_capacity(part.len())?;
            copy.extend_from_slice(part);
            Ok(copy)
        })??;
        self.position.set(position + content.len());
        bytes::new(&content)
    }

    /// A call of the system on the mapping, without the GIL.
    fn told(&self, call: impl FnOnce(&Mapping) -> Sys<()>) -> PyResult<()> {
        // Lent: nobody closes or moves the mapping meanwhile.
        self.exports.set(self.exports.get() + 1);
        let result = match &*self.mapping.borrow() {
            Some(mapping) => Some(gil::without(|| call(mapping))),
            None => None,
        };
        self.exports.set(self.exports.get().saturating_sub(1));
        result.ok_or_else(closed)?.or_raise()
    }
}

#[pymethods(part = ACCESS)]
impl Mmap {
    #[method("($self, n=None, /)")]
    fn read(&self, n: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let count = optional_size(n)?;
        self.take(|rest| count.and_then(|count| usize::try_from(count).ok()).unwrap_or(rest.len()))
    }

    #[method("($self, /)")]
    fn read_byte(&self) -> PyResult<u8> {
        let position = self.position.get();
        match self.with(|mapping| mapping.bytes().get(position).copied())? {
            Some(byte) => {
                self.position.set(position + 1);
                Ok(byte)
            }
            None => Err(raise!(ValueError, "read byte out of range")),
        }
    }

    #[method("($self, /)")]
    fn readline(&self) -> PyResult<Ref> {
        self.take(|rest| rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1))
    }

    #[method("($self, view, start=None, end=None, /)")]
    fn find(&self, view: Borrowed<'_>, start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>) -> PyResult<isize> {
        self.search(view, start, end, unicode::search::find)
    }

    #[method("($self, view, start=None, end=None, /)")]
    fn rfind(&self, view: Borrowed<'_>, start: Option<Borrowed<'_>>, end: Option<Borrowed<'_>>) -> PyResult<isize> {
        self.search(view, start, end, unicode::search::rfind)
    }

    #[method("($self, bytes, /)")]
    fn write(&self, bytes: Borrowed<'_>) -> PyResult<usize> {
        self.len()?;
        let data = Buffer::readable(bytes)?;
        self.check_writable()?;
        let position = self.position.get();
        if !self.with(|mapping| mapping.write(position, data.bytes()))? {
            return Err(raise!(ValueError, "data out of range"));
        }
        self.position.set(position + data.len());
        Ok(data.len())
    }

    #[method("($self, byte, /)")]
    fn write_byte(&self, byte: Borrowed<'_>) -> PyResult<()> {
        let number = byte.index()?;
        let byte = match int::to_i64(number.b()) {
            Some(number) => u8::try_from(number).map_err(|_| {
                let (kind, bound) = if number < 0 { ("less", "minimum") } else { ("greater", "maximum") };
                raise!(OverflowError, "unsigned byte integer is {kind} than {bound}")
            })?,
            None => return Err(raise!(OverflowError, "Python int too large to convert to C long")),
        };
        self.len()?;
        self.check_writable()?;
        let position = self.position.get();
        let fits = self.with(|mapping| position < mapping.len() && mapping.write(position, &[byte]))?;
        if !fits {
            return Err(raise!(ValueError, "write byte out of range"));
        }
        self.position.set(position + 1);
        Ok(())
    }

    #[method("($self, dest, src, count, /)")]
    fn r#move(&self, dest: isize, src: isize, count: isize) -> PyResult<()> {
        self.len()?;
        self.check_writable()?;
        let ranges = (usize::try_from(dest), usize::try_from(src), usize::try_from(count));
        let moved = match ranges {
            (Ok(dest), Ok(src), Ok(count)) => self.with(|mapping| mapping.move_within(dest, src, count))?,
            _ => false,
        };
        if moved { Ok(()) } else { Err(raise!(ValueError, "source, destination, or count out of range")) }
    }

    #[method("($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.len()?;
        Ok(self.position.get())
    }

    #[method("($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32) -> PyResult<usize> {
        let len = self.len()?;
        let base = match whence {
            0 => 0,
            1 => self.position.get(),
            2 => len,
            _ => return Err(raise!(ValueError, "unknown seek type")),
        };
        let place = base.cast_signed().checked_add(pos).and_then(|place| usize::try_from(place).ok());
        match place.filter(|place| *place <= len) {
            Some(place) => {
                self.position.set(place);
                Ok(place)
            }
            None => Err(raise!(ValueError, "seek out of range")),
        }
    }

    #[method("($self, /)")]
    fn seekable(&self) -> bool {
        true
    }

    #[method("($self, offset=0, size=None, /)")]
    fn flush(&self, offset: isize, size: Option<Borrowed<'_>>) -> PyResult<()> {
        let len = self.len()?;
        let size = optional_index(size)?.unwrap_or(len.cast_signed());
        let out_of_range = || raise!(ValueError, "flush values out of range");
        let (Ok(start), Ok(size)) = (usize::try_from(offset), usize::try_from(size)) else { return Err(out_of_range()) };
        let end = start.checked_add(size).filter(|end| *end <= len).ok_or_else(out_of_range)?;
        if matches!(self.access, Access::Read | Access::Copy) {
            return Ok(());
        }
        self.told(|mapping| mapping.sync(start..end))
    }

    #[method("($self, option, start=0, length=None, /)")]
    fn madvise(&self, option: i32, start: isize, length: Option<Borrowed<'_>>) -> PyResult<()> {
        let length = optional_index(length)?;
        let len = self.len()?;
        let start = usize::try_from(start).ok().filter(|start| *start < len);
        let start = start.ok_or_else(|| raise!(ValueError, "madvise start out of bounds"))?;
        let length = match length.map(usize::try_from) {
            None => len,
            Some(Ok(length)) => length,
            Some(Err(_)) => return Err(raise!(ValueError, "madvise length invalid")),
        };
        if isize::MAX.unsigned_abs() - start < length {
            return Err(raise!(OverflowError, "madvise length too large"));
        }
        let end = (start + length).min(len);
        self.told(|mapping| mapping.advise(start..end, option))
    }
}
