//! `_IOBase`: what all streams share.

use crate::support::{Size, chain, clear, retrying, unsupported};
use builtins::dict::instance;
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::{bytes, int, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, core, error, exc, hooks, id, raise};

/// The abstract base class for all I/O classes.
///
/// This class provides dummy implementations for many methods that
/// derived classes can override selectively; the default implementations
/// represent a file that cannot be read, written or seeked.
///
/// Even though IOBase does not declare read, readinto, or write because
/// their signatures will vary, implementations and clients should
/// consider those methods part of the interface. Also, implementations
/// may raise UnsupportedOperation when operations they do not support are
/// called.
///
/// The basic type used for binary data read from or written to a file is
/// bytes. Other bytes-like objects are accepted as method arguments too.
/// In some cases (such as readinto), a writable object is required. Text
/// I/O classes work with str data.
///
/// Note that calling any method (except additional calls to close(),
/// which are ignored) on a closed stream should raise a ValueError.
///
/// IOBase (and its subclasses) support the iterator protocol, meaning
/// that an IOBase object can be iterated over yielding the lines in a
/// stream.
///
/// IOBase also supports the :keyword:`with` statement. In this example,
/// fp is closed after the suite of the with statement is complete:
///
/// with open('spam.txt', 'r') as fp:
///     fp.write('Spam and eggs!')
#[pyclass(name = "_IOBase", module = "_io", flags(BASETYPE), gc, weaklist = weak, dict = dict)]
pub struct IoBase {
    header: abi::PyObject,
    dict: OptRef,
    weak: OptRef,
}

impl IoBase {
    /// The fields of a new stream.
    pub const fn new() -> Self {
        IoBase { header: <abi::PyObject as abi::CStruct>::ZERO, dict: OptRef::none(), weak: OptRef::none() }
    }
}

/// ValueError where the attribute `closed` is true.
pub fn check_closed(stream: Borrowed<'_>) -> PyResult<()> {
    match stream.getattr_opt(id!("closed"))? {
        Some(closed) if closed.is_true()? => Err(raise!(ValueError, "I/O operation on closed file.")),
        _ => Ok(()),
    }
}

fn is_closed(stream: Borrowed<'_>) -> PyResult<bool> {
    Ok(stream.getattr_opt(id!("__IOBase_closed"))?.is_some())
}

/// UnsupportedOperation unless the method gives True.
fn check_able(stream: Borrowed<'_>, method: Borrowed<'_>, message: &str) -> PyResult<Ref> {
    let answer = stream.call_method(method, &[])?;
    if answer.is(&core::true_()) { Ok(answer) } else { Err(unsupported(message)) }
}

/// UnsupportedOperation unless `seekable()` gives True.
pub fn check_seekable(stream: Borrowed<'_>) -> PyResult<Ref> {
    check_able(stream, id!("seekable"), "File or stream is not seekable.")
}

/// UnsupportedOperation unless `readable()` gives True.
pub fn check_readable(stream: Borrowed<'_>) -> PyResult<Ref> {
    check_able(stream, id!("readable"), "File or stream is not readable.")
}

/// UnsupportedOperation unless `writable()` gives True.
pub fn check_writable(stream: Borrowed<'_>) -> PyResult<Ref> {
    check_able(stream, id!("writable"), "File or stream is not writable.")
}

/// A list of the items.
pub fn list(items: Vec<Ref>) -> PyResult<Ref> {
    (hooks::get().list_new)(items)
}

/// How far a line reaches in what `peek` shows: behind its newline, at most `limit`.
fn ahead(shown: &[u8], limit: Option<usize>) -> usize {
    let shown = limit.map_or(shown, |limit| shown.get(..limit).unwrap_or(shown));
    shown.iter().position(|byte| *byte == b'\n').map_or(shown.len(), |at| at + 1)
}

#[pymethods]
impl IoBase {
    /// Change the stream position to the given byte offset.
    ///
    ///   offset
    ///     The stream position, relative to 'whence'.
    ///   whence
    ///     The relative position to seek from.
    ///
    /// The offset is interpreted relative to the position indicated by whence.
    /// Values for whence are:
    ///
    /// * os.SEEK_SET or 0 -- start of stream (the default); offset should be zero or positive
    /// * os.SEEK_CUR or 1 -- current stream position; offset may be negative
    /// * os.SEEK_END or 2 -- end of stream; offset is usually negative
    ///
    /// Return the new absolute position.
    #[method("($self, offset, whence=0, /)")]
    fn seek(&self, offset: Borrowed<'_>, whence: Option<Borrowed<'_>>) -> PyResult<()> {
        let _ = (offset, whence);
        Err(unsupported("seek"))
    }

    /// Return current stream position.
    #[method("($self, /)")]
    fn tell(slf: Borrowed<'_>) -> PyResult<Ref> {
        slf.call_method(id!("seek"), &[int::new(0)?.b(), int::new(1)?.b()])
    }

    /// Truncate file to size bytes.
    ///
    /// File pointer is left unchanged. Size defaults to the current IO position
    /// as reported by tell(). Return the new size.
    #[method("($self, size=None, /)")]
    fn truncate(&self, size: Option<Borrowed<'_>>) -> PyResult<()> {
        let _ = size;
        Err(unsupported("truncate"))
    }

    /// Flush write buffers, if applicable.
    ///
    /// This is not implemented for read-only and non-blocking streams.
    #[method("($self, /)")]
    fn flush(slf: Borrowed<'_>) -> PyResult<()> {
        if is_closed(slf)? { Err(raise!(ValueError, "I/O operation on closed file.")) } else { Ok(()) }
    }

    /// Flush and close the IO object.
    ///
    /// This method has no effect if the file is already closed.
    #[method("($self, /)")]
    fn close(slf: Borrowed<'_>) -> PyResult<()> {
        if is_closed(slf)? {
            return Ok(());
        }
        let flushed = slf.call_method(id!("flush"), &[]).map(drop);
        chain(flushed, || slf.setattr(id!("__IOBase_closed"), core::true_()))
    }

    /// Return whether object supports random access.
    ///
    /// If False, seek(), tell() and truncate() will raise OSError.
    /// This method may need to do a test seek().
    #[method("($self, /)")]
    fn seekable(&self) -> bool {
        false
    }

    /// Return whether object was opened for reading.
    ///
    /// If False, read() will raise OSError.
    #[method("($self, /)")]
    fn readable(&self) -> bool {
        false
    }

    /// Return whether object was opened for writing.
    ///
    /// If False, write() will raise OSError.
    #[method("($self, /)")]
    fn writable(&self) -> bool {
        false
    }

    #[method(name = "_checkClosed", text = None, "($self, *args)")]
    fn check_closed_method(slf: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<bool> {
        let _ = args;
        check_closed(slf).map(|()| true)
    }

    #[method(name = "_checkSeekable", text = None, "($self, *args)")]
    fn check_seekable_method(slf: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let _ = args;
        check_seekable(slf)
    }

    #[method(name = "_checkReadable", text = None, "($self, *args)")]
    fn check_readable_method(slf: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let _ = args;
        check_readable(slf)
    }

    #[method(name = "_checkWritable", text = None, "($self, *args)")]
    fn check_writable_method(slf: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let _ = args;
        check_writable(slf)
    }

    /// Return underlying file descriptor if one exists.
    ///
    /// Raise OSError if the IO object does not use a file descriptor.
    #[method("($self, /)")]
    fn fileno(&self) -> PyResult<()> {
        Err(unsupported("fileno"))
    }

    /// Return whether this is an 'interactive' stream.
    ///
    /// Return False if it can't be determined.
    #[method("($self, /)")]
    fn isatty(slf: Borrowed<'_>) -> PyResult<bool> {
        check_closed(slf).map(|()| false)
    }

    #[method(name = "__enter__", text = None, "($self, /)")]
    fn enter(slf: Borrowed<'_>) -> PyResult<Ref> {
        check_closed(slf)?;
        Ok(slf.to_ref())
    }

    #[method(name = "__exit__", text = None, "($self, *args)")]
    fn exit(slf: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        let _ = args;
        slf.call_method(id!("close"), &[])
    }

    /// Read and return a line from the stream.
    ///
    /// If size is specified, at most size bytes will be read.
    ///
    /// The line terminator is always b'\n' for binary files; for text
    /// files, the newlines argument to open can be used to select the line
    /// terminator(s) recognized.
    #[method("($self, size=-1, /)")]
    fn readline(slf: Borrowed<'_>, size: Option<Size>) -> PyResult<Ref> {
        let limit = size.and_then(Size::get);
        let peek = slf.getattr_opt(id!("peek"))?;
        let mut line: Vec<u8> = Vec::new();
        while limit.is_none_or(|limit| line.len() < limit) {
            let mut count = 1;
            if let Some(peek) = &peek {
                let shown = retrying(|| peek.call1(int::new(1)?.b()))?;
                let Some(content) = bytes::value(shown.b()) else {
                    let class = shown.class().short_name();
                    return Err(raise!(OSError, "peek() should have returned a bytes object, not '{class}'"));
                };
                if !content.is_empty() {
                    count = ahead(content, limit);
                }
            }
            let part = retrying(|| slf.call_method(id!("read"), &[int::from_u64(count as u64)?.b()]))?;
            let Some(content) = bytes::value(part.b()) else {
                let class = part.class().short_name();
                return Err(raise!(OSError, "read() should have returned a bytes object, not '{class}'"));
            };
            if content.is_empty() {
                break;
            }
            object::memory::reserve(&mut line, content.len())?;
            line.extend_from_slice(content);
            if content.last() == Some(&b'\n') {
                break;
            }
        }
        bytes::new(&line)
    }

    /// Return a list of lines from the stream.
    ///
    /// hint can be specified to control the number of lines read: no more
    /// lines will be read if the total size (in bytes/characters) of all
    /// lines so far exceeds hint.
    #[method("($self, hint=-1, /)")]
    fn readlines(slf: Borrowed<'_>, hint: Option<Size>) -> PyResult<Ref> {
        let hint = hint.map_or(-1, |hint| hint.0);
        let lines = slf.iter()?;
        let mut all = Vec::new();
        let mut length = 0usize;
        while let Some(line) = lines.next()? {
            let size = if hint > 0 { line.len()? } else { 0 };
            object::memory::reserve(&mut all, 1)?;
            all.push(line);
            if hint > 0 {
                if size > hint.unsigned_abs().saturating_sub(length) {
                    break;
                }
                length += size;
            }
        }
        list(all)
    }

    /// Write a list of lines to stream.
    ///
    /// Line separators are not added, so it is usual for each of the
    /// lines provided to have a line separator at the end.
    #[method("($self, lines, /)")]
    fn writelines(slf: Borrowed<'_>, lines: Borrowed<'_>) -> PyResult<()> {
        check_closed(slf)?;
        let lines = lines.iter()?;
        while let Some(line) = lines.next()? {
            retrying(|| slf.call_method(id!("write"), &[line.b()]))?;
        }
        Ok(())
    }

    #[getter]
    fn closed(slf: Borrowed<'_>) -> PyResult<bool> {
        is_closed(slf)
    }

    #[getter(name = "__dict__")]
    fn dict(slf: Borrowed<'_>) -> PyResult<Ref> {
        instance::dict_getter(slf)
    }

    #[setter(name = "__dict__")]
    fn set_dict(slf: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        instance::dict_setter(slf, value)
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_>) -> PyResult<Ref> {
        check_closed(slf)?;
        Ok(slf.to_ref())
    }

    #[slot(tp_iternext)]
    fn iternext(slf: Borrowed<'_>) -> PyResult<Option<Ref>> {
        let line = slf.call_method(id!("readline"), &[])?;
        Ok(if line.len()? == 0 { None } else { Some(line) })
    }

    #[slot(tp_finalize)]
    fn finalize(slf: Borrowed<'_>) {
        error::preserving(|| {
            let closed = clear((|| match slf.getattr_opt(id!("closed"))? {
                Some(closed) => closed.is_true().map(Some),
                None => Ok(None),
            })());
            if closed.flatten() != Some(false) {
                return;
            }
            clear(slf.setattr(id!("_finalizing"), core::true_()));
            if let Err(raised) = slf.call_method(id!("close"), &[]) {
                let exception = raised.take();
                let name = clear(slf.repr_text()).unwrap_or_default();
                let message = format!("Exception ignored while finalizing file {name}");
                error::restore(exception).unraisable(Some(&message), None);
            }
        });
    }
}

/// ResourceWarning about a stream that nobody closed.
pub fn warn_unclosed(source: Borrowed<'_>) {
    error::preserving(|| {
        let warned = source.repr_text().and_then(|name| hooks::warn(&exc::ResourceWarning, &format!("unclosed file {name}"), 1));
        if let Err(raised) = warned {
            if raised.is_a(&exc::Warning) {
                raised.unraisable(None, Some(source));
            } else {
                raised.clear();
            }
        }
    });
}

/// A mode or name as text for `repr`.
pub fn name_of(stream: Borrowed<'_>) -> PyResult<Option<Ref>> {
    match stream.getattr_opt(id!("name")) {
        Err(raised) => raised.clear_if(&exc::ValueError).map(|()| None),
        name => name,
    }
}

/// The bytes of an argument, or TypeError.
pub fn readable_arg(value: Borrowed<'_>) -> PyResult<Buffer> {
    if text::check(value) {
        return Err(raise!(TypeError, "a bytes-like object is required, not 'str'"));
    }
    Buffer::readable(value)
}
