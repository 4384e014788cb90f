//! `_RawIOBase`, `_BufferedIOBase`, `_TextIOBase`: the abstract kinds of streams.

use crate::iobase::IoBase;
use crate::support::{DEFAULT_BUFFER_SIZE, byte_array, retrying, unsupported, writable};
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::{bytes, int};
use object::{Borrowed, PyResult, Ref, core, exc, id, raise};

/// Base class for raw binary I/O.
#[pyclass(name = "_RawIOBase", module = "_io", base = IoBase, flags(BASETYPE), gc)]
pub struct RawIoBase {
    #[trace]
    base: IoBase,
}

impl RawIoBase {
    pub const fn new() -> Self {
        RawIoBase { base: IoBase::new() }
    }
}

#[pymethods]
impl RawIoBase {
    #[method("($self, size=-1, /)")]
    fn read(slf: Borrowed<'_>, size: isize) -> PyResult<Ref> {
        let Ok(size) = usize::try_from(size) else { return slf.call_method(id!("readall"), &[]) };
        let buffer = byte_array(size)?;
        let count = slf.call_method(id!("readinto"), &[buffer.b()])?;
        if count.is(&core::none()) {
            return Ok(count);
        }
        let filled = count.as_isize_or(&exc::ValueError)?;
        let content = Buffer::readable(buffer.b())?;
        match usize::try_from(filled).ok().and_then(|filled| content.bytes().get(..filled)) {
            Some(part) => bytes::new(part),
            None => Err(raise!(ValueError, "readinto returned {filled} outside buffer size {}", content.len())),
        }
    }

    /// Read until EOF, using multiple read() call.
    #[method("($self, /)")]
    fn readall(slf: Borrowed<'_>) -> PyResult<Ref> {
        let mut all: Vec<u8> = Vec::new();
        loop {
            let part = retrying(|| slf.call_method(id!("read"), &[int::from_u64(DEFAULT_BUFFER_SIZE as u64)?.b()]))?;
            if part.is(&core::none()) {
                return if all.is_empty() { Ok(part) } else { bytes::new(&all) };
            }
            let Some(content) = bytes::value(part.b()) else {
                return Err(raise!(TypeError, "read() should return bytes"));
            };
            if content.is_empty() {
                return bytes::new(&all);
            }
            object::memory::reserve(&mut all, content.len())?;
            all.extend_from_slice(content);
        }
    }

    #[method(text = None, "($self, *args)")]
    fn readinto(&self, args: &[Borrowed<'_>]) -> PyResult<()> {
        let _ = args;
        Err(object::error::raise_none(&exc::NotImplementedError))
    }

    #[method(text = None, "($self, *args)")]
    fn write(&self, args: &[Borrowed<'_>]) -> PyResult<()> {
        let _ = args;
        Err(object::error::raise_none(&exc::NotImplementedError))
    }
}

/// Base class for buffered IO objects.
///
/// The main difference with RawIOBase is that the read() method
/// supports omitting the size argument, and does not have a default
/// implementation that defers to readinto().
///
/// In addition, read(), readinto() and write() may raise
/// BlockingIOError if the underlying raw stream is in non-blocking
/// mode and not ready; unlike their raw counterparts, they will never
/// return None.
///
/// A typical implementation should not inherit from a RawIOBase
/// implementation, but wrap one.
#[pyclass(name = "_BufferedIOBase", module = "_io", base = IoBase, flags(BASETYPE), gc)]
pub struct BufferedIoBase {
    #[trace]
    base: IoBase,
}

impl BufferedIoBase {
    pub const fn new() -> Self {
        BufferedIoBase { base: IoBase::new() }
    }
}

fn read_into(slf: Borrowed<'_>, function: &str, method: Borrowed<'_>, target: Borrowed<'_>) -> PyResult<usize> {
    let buffer = writable(function, target)?;
    let data = slf.call_method(method, &[int::from_u64(buffer.len() as u64)?.b()])?;
    let Some(content) = bytes::value(data.b()) else { return Err(raise!(TypeError, "read() should return bytes")) };
    if content.len() > buffer.len() {
        let (wanted, found) = (buffer.len(), content.len());
        return Err(raise!(ValueError, "read() returned too much data: {wanted} bytes requested, {found} returned"));
    }
    Ok(buffer.write_at(0, content))
}

#[pymethods]
impl BufferedIoBase {
    /// Disconnect this buffer from its underlying raw stream and return it.
    ///
    /// After the raw stream has been detached, the buffer is in an unusable
    /// state.
    #[method("($self, /)")]
    fn detach(&self) -> PyResult<()> {
        Err(unsupported("detach"))
    }

    /// Read and return up to n bytes.
    ///
    /// If the size argument is omitted, None, or negative, read and
    /// return all data until EOF.
    ///
    /// If the size argument is positive, and the underlying raw stream is
    /// not 'interactive', multiple raw reads may be issued to satisfy
    /// the byte count (unless EOF is reached first).
    /// However, for interactive raw streams (as well as sockets and pipes),
    /// at most one raw read will be issued, and a short result does not
    /// imply that EOF is imminent.
    ///
    /// Return an empty bytes object on EOF.
    ///
    /// Return None if the underlying raw stream was open in non-blocking
    /// mode and no data is available at the moment.
    #[method("($self, size=-1, /)")]
    fn read(&self, size: Option<Borrowed<'_>>) -> PyResult<()> {
        let _ = size;
        Err(unsupported("read"))
    }

    /// Read and return up to size bytes, with at most one read() call to the underlying raw stream.
    ///
    /// Return an empty bytes object on EOF.
    /// A short result does not imply that EOF is imminent.
    #[method("($self, size=-1, /)")]
    fn read1(&self, size: Option<Borrowed<'_>>) -> PyResult<()> {
        let _ = size;
        Err(unsupported("read1"))
    }

    #[method("($self, buffer, /)")]
    fn readinto(slf: Borrowed<'_>, buffer: Borrowed<'_>) -> PyResult<usize> {
        read_into(slf, "readinto", id!("read"), buffer)
    }

    #[method("($self, buffer, /)")]
    fn readinto1(slf: Borrowed<'_>, buffer: Borrowed<'_>) -> PyResult<usize> {
        read_into(slf, "readinto1", id!("read1"), buffer)
    }

    /// Write buffer b to the IO stream.
    ///
    /// Return the number of bytes written, which is always
    /// the length of b in bytes.
    ///
    /// Raise BlockingIOError if the buffer is full and the
    /// underlying raw stream cannot accept more data at the moment.
    #[method("($self, b, /)")]
    fn write(&self, b: Borrowed<'_>) -> PyResult<()> {
        let _ = b;
        Err(unsupported("write"))
    }
}

/// Base class for text I/O.
///
/// This class provides a character and line based interface to stream
/// I/O. There is no readinto method because Python's character strings
/// are immutable.
#[pyclass(name = "_TextIOBase", module = "_io", base = IoBase, flags(BASETYPE), gc)]
pub struct TextIoBase {
    #[trace]
    base: IoBase,
}

impl TextIoBase {
    pub const fn new() -> Self {
        TextIoBase { base: IoBase::new() }
    }
}

#[pymethods]
impl TextIoBase {
    /// Separate the underlying buffer from the TextIOBase and return it.
    ///
    /// After the underlying buffer has been detached, the TextIO is in an unusable state.
    #[method("($self, /)")]
    fn detach(&self) -> PyResult<()> {
        Err(unsupported("detach"))
    }

    /// Read at most size characters from stream.
    ///
    /// Read from underlying buffer until we have size characters or we hit EOF.
    /// If size is negative or omitted, read until EOF.
    #[method("($self, size=-1, /)")]
    fn read(&self, size: Option<Borrowed<'_>>) -> PyResult<()> {
        let _ = size;
        Err(unsupported("read"))
    }

    /// Read until newline or EOF.
    ///
    /// Return an empty string if EOF is hit immediately.
    /// If size is specified, at most size characters will be read.
    #[method("($self, size=-1, /)")]
    fn readline(&self, size: Option<Borrowed<'_>>) -> PyResult<()> {
        let _ = size;
        Err(unsupported("readline"))
    }

    /// Write string s to stream.
    ///
    /// Return the number of characters written
    /// (which is always equal to the length of the string).
    #[method("($self, s, /)")]
    fn write(&self, s: Borrowed<'_>) -> PyResult<()> {
        let _ = s;
        Err(unsupported("write"))
    }

    /// Encoding of the text stream.
    ///
    /// Subclasses should override.
    #[getter]
    fn encoding(&self) {}

    /// Line endings translated so far.
    ///
    /// Only line endings translated during reading are considered.
    ///
    /// Subclasses should override.
    #[getter]
    fn newlines(&self) {}

    /// The error setting of the decoder or encoder.
    ///
    /// Subclasses should override.
    #[getter]
    fn errors(&self) {}
}
