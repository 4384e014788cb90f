//! `BytesIO`: a binary stream in memory.

use crate::iobase::{list, readable_arg};
use crate::rawbase::BufferedIoBase;
use crate::support::{Size, offset, writable};
use builtins::dict::instance;
use macros::{pyclass, pymethods};
use object::value::{bytes, int, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, id, memory, raise};
use std::cell::{Cell, RefCell};

/// Buffered I/O implementation using an in-memory bytes buffer.
#[pyclass(
    name = "BytesIO",
    module = "_io",
    base = BufferedIoBase,
    sig = "(initial_bytes=b'')",
    flags(BASETYPE),
    gc
)]
pub struct BytesIo {
    #[trace]
    base: BufferedIoBase,
    #[trace(skip)]
    content: RefCell<Vec<u8>>,
    pos: Cell<usize>,
    closed: Cell<bool>,
    /// Views that `getbuffer` gave: the memory stays where it is while there is one.
    exports: Cell<usize>,
}

impl BytesIo {
    fn check_open(&self) -> PyResult<()> {
        if self.closed.get() { Err(raise!(ValueError, "I/O operation on closed file.")) } else { Ok(()) }
    }

    fn check_exports(&self) -> PyResult<()> {
        if self.exports.get() > 0 {
            Err(raise!(BufferError, "Existing exports of data: object cannot be re-sized"))
        } else {
            Ok(())
        }
    }

    fn write_object(&self, source: Borrowed<'_>) -> PyResult<usize> {
        self.check_open()?;
        self.check_exports()?;
        let source = readable_arg(source)?;
        self.check_open()?;
        self.check_exports()?;
        self.write_bytes(source.bytes())
    }

    fn write_bytes(&self, source: &[u8]) -> PyResult<usize> {
        if source.is_empty() {
            return Ok(0);
        }
        let pos = self.pos.get();
        let Some(end) = pos.checked_add(source.len()).filter(|end| isize::try_from(*end).is_ok()) else {
            return Err(raise!(OverflowError, "new buffer size too large"));
        };
        let mut content = self.content.borrow_mut();
        if end > content.len() {
            let more = end - content.len();
            memory::reserve(&mut content, more)?;
            content.resize(end, 0);
        }
        if let Some(target) = content.get_mut(pos..end) {
            target.copy_from_slice(source);
        }
        self.pos.set(end);
        Ok(source.len())
    }

    /// Takes the next bytes, at most `count`.
    fn take(&self, count: Option<usize>) -> PyResult<Ref> {
        let content = self.content.borrow();
        let rest = content.get(self.pos.get()..).unwrap_or_default();
        let part = count.and_then(|count| rest.get(..count)).unwrap_or(rest);
        self.pos.set(self.pos.get() + part.len());
        bytes::new(part)
    }

    /// The length of the next line, at most `limit`.
    fn line_length(&self, limit: Option<usize>) -> usize {
        let content = self.content.borrow();
        let rest = content.get(self.pos.get()..).unwrap_or_default();
        let rest = limit.and_then(|limit| rest.get(..limit)).unwrap_or(rest);
        rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1)
    }

    fn value(&self) -> PyResult<Ref> {
        self.check_open()?;
        bytes::new(&self.content.borrow())
    }
}

#[pymethods]
impl BytesIo {
    #[slot(tp_new)]
    fn tp_new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _ = (args, kwargs);
        let fields = BytesIo {
            base: BufferedIoBase::new(),
            content: RefCell::default(),
            pos: Cell::new(0),
            closed: Cell::new(false),
            exports: Cell::new(0),
        };
        memory::new_instance(&cls, fields).map(Ref::upcast)
    }

    #[slot(tp_init, "(initial_bytes=b'')")]
    fn init(&self, initial_bytes: Option<Borrowed<'_>>) -> PyResult<()> {
        self.check_exports()?;
        self.content.borrow_mut().clear();
        self.pos.set(0);
        self.closed.set(false);
        if let Some(initial) = initial_bytes.filter(|initial| !initial.is(&core::none())) {
            self.write_object(initial)?;
            self.pos.set(0);
        }
        Ok(())
    }

    /// Returns True if the IO object can be read.
    #[method("($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.check_open().map(|()| true)
    }

    /// Returns True if the IO object can be written.
    #[method("($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.check_open().map(|()| true)
    }

    /// Returns True if the IO object can be seeked.
    #[method("($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.check_open().map(|()| true)
    }

    /// Does nothing.
    #[method("($self, /)")]
    fn flush(&self) -> PyResult<()> {
        self.check_open()
    }

    /// Get a read-write view over the contents of the BytesIO object.
    #[method("($self, /)")]
    fn getbuffer(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.get().check_open()?;
        let header = <abi::PyObject as abi::CStruct>::ZERO;
        let buffer = BytesIoBuffer { header, source: OptRef::new(Some(slf.object().to_ref())) };
        let buffer = memory::new_instance(BytesIoBuffer::type_object(), buffer)?;
        crate::support::memory_view(buffer.b())
    }

    /// Retrieve the entire contents of the BytesIO object.
    #[method("($self, /)")]
    fn getvalue(&self) -> PyResult<Ref> {
        self.value()
    }

    /// Always returns False.
    ///
    /// BytesIO objects are not connected to a TTY-like device.
    #[method("($self, /)")]
    fn isatty(&self) -> PyResult<bool> {
        self.check_open().map(|()| false)
    }

    /// Current file position, an integer.
    #[method("($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.check_open().map(|()| self.pos.get())
    }

    /// Read at most size bytes, returned as a bytes object.
    ///
    /// If the size argument is negative, read until EOF is reached.
    /// Return an empty bytes object at EOF.
    #[method("($self, size=-1, /)")]
    fn read(&self, size: Option<Size>) -> PyResult<Ref> {
        self.check_open()?;
        self.take(size.and_then(Size::get))
    }

    /// Read at most size bytes, returned as a bytes object.
    ///
    /// If the size argument is negative or omitted, read until EOF is reached.
    /// Return an empty bytes object at EOF.
    #[method("($self, size=-1, /)")]
    fn read1(&self, size: Option<Size>) -> PyResult<Ref> {
        self.check_open()?;
        self.take(size.and_then(Size::get))
    }

    /// Next line from the file, as a bytes object.
    ///
    /// Retain newline.  A non-negative size argument limits the maximum
    /// number of bytes to return (an incomplete line may be returned then).
    /// Return an empty bytes object at EOF.
    #[method("($self, size=-1, /)")]
    fn readline(&self, size: Option<Size>) -> PyResult<Ref> {
        self.check_open()?;
        self.take(Some(self.line_length(size.and_then(Size::get))))
    }

    /// List of bytes objects, each a line from the file.
    ///
    /// Call readline() repeatedly and return a list of the lines so read.
    /// The optional size argument, if given, is an approximate bound on the
    /// total number of bytes in the lines returned.
    #[method("($self, size=None, /)")]
    fn readlines(&self, size: Option<Size>) -> PyResult<Ref> {
        self.check_open()?;
        let most = size.map_or(0, |size| size.0);
        let (mut lines, mut total) = (Vec::new(), 0usize);
        loop {
            let length = self.line_length(None);
            if length == 0 {
                return list(lines);
            }
            memory::reserve(&mut lines, 1)?;
            lines.push(self.take(Some(length))?);
            total += length;
            if most > 0 && total >= most.unsigned_abs() {
                return list(lines);
            }
        }
    }

    /// Read bytes into buffer.
    ///
    /// Returns number of bytes read (0 for EOF), or None if the object
    /// is set not to block and has no data to read.
    #[method("($self, buffer, /)")]
    fn readinto(&self, buffer: Borrowed<'_>) -> PyResult<usize> {
        let target = writable("readinto", buffer)?;
        self.check_open()?;
        let content = self.content.borrow();
        let rest = content.get(self.pos.get()..).unwrap_or_default();
        let count = target.write_at(0, rest);
        self.pos.set(self.pos.get() + count);
        Ok(count)
    }

    /// Truncate the file to at most size bytes.
    ///
    /// Size defaults to the current file position, as returned by tell().
    /// The current file position is unchanged.  Returns the new size.
    #[method("($self, size=None, /)")]
    fn truncate(&self, size: Option<Borrowed<'_>>) -> PyResult<usize> {
        self.check_open()?;
        self.check_exports()?;
        let size = match size.filter(|size| !size.is(&core::none())) {
            None => self.pos.get(),
            Some(size) => {
                let wanted = size.as_isize()?;
                self.check_open()?;
                self.check_exports()?;
                usize::try_from(wanted).map_err(|_| raise!(ValueError, "negative size value {wanted}"))?
            }
        };
        self.content.borrow_mut().truncate(size);
        Ok(size)
    }

    /// Change stream position.
    ///
    /// Seek to byte offset pos relative to position indicated by whence:
    ///      0  Start of stream (the default).  pos should be >= 0;
    ///      1  Current position - pos may be negative;
    ///      2  End of stream - pos usually negative.
    /// Returns the new absolute position.
    #[method("($self, pos, whence=0, /)")]
    fn seek(&self, pos: Borrowed<'_>, whence: i32) -> PyResult<usize> {
        self.check_open()?;
        let pos = pos.as_isize()?;
        self.check_open()?;
        let base = match whence {
            0 if pos < 0 => return Err(raise!(ValueError, "negative seek value {pos}")),
            0 => 0,
            1 => self.pos.get(),
            2 => self.content.borrow().len(),
            _ => return Err(raise!(ValueError, "invalid whence ({whence}, should be 0, 1 or 2)")),
        };
        match base.cast_signed().checked_add(pos) {
            Some(position) => {
                self.pos.set(position.max(0).unsigned_abs());
                Ok(self.pos.get())
            }
            None => Err(raise!(OverflowError, "new position too large")),
        }
    }

    /// Write bytes to file.
    ///
    /// Return the number of bytes written.
    #[method("($self, b, /)")]
    fn write(&self, b: Borrowed<'_>) -> PyResult<usize> {
        self.write_object(b)
    }

    /// Write lines to the file.
    ///
    /// Note that newlines are not added.  lines can be any iterable object
    /// producing bytes-like objects. This is equivalent to calling write() for
    /// each element.
    #[method("($self, lines, /)")]
    fn writelines(&self, lines: Borrowed<'_>) -> PyResult<()> {
        self.check_open()?;
        lines.for_each_item(|line| self.write_object(line.b()).map(drop))
    }

    /// Disable all I/O operations.
    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        self.check_exports()?;
        self.closed.set(true);
        drop(self.content.take());
        Ok(())
    }

    #[method(name = "__getstate__", text = None, "($self, /)")]
    fn getstate(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let value = slf.get().value()?;
        let dict = copied_dict(slf.object())?;
        tuple::from_array([value, int::from_u64(slf.get().pos.get() as u64)?, dict])
    }

    #[method(name = "__setstate__", text = None, "($self, state, /)")]
    fn setstate(slf: Borrowed<'_, Self>, state: Borrowed<'_>) -> PyResult<()> {
        let stream = slf.get();
        let Some(&[value, position, dict]) = tuple::items(state) else {
            let this = slf.object();
            let (class, found) = (this.class().tp_name(), state.class().tp_name());
            return Err(raise!(TypeError, "{class}.__setstate__ argument should be 3-tuple, got {found}"));
        };
        stream.check_exports()?;
        stream.content.borrow_mut().clear();
        stream.pos.set(0);
        stream.write_object(value)?;
        if !int::check(position) {
            let found = position.class().tp_name();
            return Err(raise!(TypeError, "second item of state must be an integer, got {found}"));
        }
        let position = offset(position)?;
        let position = usize::try_from(position).map_err(|_| raise!(ValueError, "position value cannot be negative"))?;
        stream.pos.set(position);
        update_dict(slf.object(), dict, "third")
    }

    #[method(name = "__sizeof__", "($self, /)")]
    fn sizeof(slf: Borrowed<'_, Self>) -> usize {
        let basic = slf.object().class().raw().tp_basicsize.get().max(0).unsigned_abs();
        basic + slf.get().content.borrow().capacity()
    }

    /// True if the file is closed.
    #[getter]
    fn closed(&self) -> bool {
        self.closed.get()
    }

    #[slot(tp_iter)]
    fn iter(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.get().check_open()?;
        Ok(slf.object().to_ref())
    }

    #[slot(tp_iternext)]
    fn iternext(&self) -> PyResult<Option<Ref>> {
        self.check_open()?;
        match self.line_length(None) {
            0 => Ok(None),
            length => self.take(Some(length)).map(Some),
        }
    }
}

/// A copy of the instance's dict, or None where there is none.
pub fn copied_dict(stream: Borrowed<'_>) -> PyResult<Ref> {
    match instance::existing_dict(stream) {
        Some(dict) => dict.b().call_method(id!("copy"), &[]),
        None => Ok(core::none_ref()),
    }
}

/// Puts the items of a pickled dict into the instance's.
pub fn update_dict(stream: Borrowed<'_>, dict: Borrowed<'_>, place: &str) -> PyResult<()> {
    if dict.is(&core::none()) {
        return Ok(());
    }
    if !dict.class().has(abi::tpflags::DICT_SUBCLASS) {
        let found = dict.class().tp_name();
        return Err(raise!(TypeError, "{place} item of state should be a dict, got a {found}"));
    }
    instance::dict_getter(stream)?.call_method(id!("update"), &[dict]).map(drop)
}

/// What `getbuffer` makes a memoryview of.
#[pyclass(name = "_BytesIOBuffer", module = "_io", gc, flags(DISALLOW_INSTANTIATION))]
pub struct BytesIoBuffer {
    header: abi::PyObject,
    source: OptRef,
}

#[pymethods]
impl BytesIoBuffer {
    #[slot(bf_getbuffer)]
    fn getbuffer(slf: Borrowed<'_, Self>, view: *mut abi::Py_buffer, flags: abi::c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(object::raise!(BufferError, "bytesiobuf_getbuffer: view==NULL argument is obsolete"));
        }
        let Some(source) = slf.source.get() else { return Err(object::error::bad_internal_call()) };
        let Some(stream) = source.b().downcast::<BytesIo>() else { return Err(object::error::bad_internal_call()) };
        lend(slf.object(), stream.get(), view, flags)?;
        stream.exports.set(stream.exports.get() + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    extern "C-unwind" fn releasebuffer(slf: Borrowed<'_>, _view: *mut abi::Py_buffer) {
        let Some(source) = slf.self_as::<BytesIoBuffer>().get().source.get() else { return };
        if let Some(stream) = source.b().downcast::<BytesIo>() {
            stream.exports.set(stream.exports.get().saturating_sub(1));
        }
    }
}

#[allow(unsafe_code, reason = "the buffer protocol lends memory by its address")]
fn lend(exporter: Borrowed<'_>, stream: &BytesIo, view: *mut abi::Py_buffer, flags: abi::c_int) -> PyResult<()> {
    let (start, len) = {
        let mut content = stream.content.borrow_mut();
        (content.as_mut_ptr(), content.len())
    };
    // SAFETY: the exporter keeps the stream alive; while it has exports, nothing moves or shortens its memory. `view` is the protocol's.
    unsafe { object::protocol::buffer::fill_info(view, Some(exporter), start, len, false, flags) }
}
