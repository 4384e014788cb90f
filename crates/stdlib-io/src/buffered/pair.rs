//! `BufferedRWPair`: a reader and a writer as one stream.

use super::{BufferedReader, BufferedWriter};
use crate::iobase::{check_readable, check_writable};
use crate::rawbase::BufferedIoBase;
use crate::support::chain;
use macros::{pyclass, pymethods};
use object::value::int;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, id, memory, raise};

/// A buffered reader and writer object together.
///
/// A buffered reader object and buffered writer object put together to
/// form a sequential IO object that can read and write. This is typically
/// used with a socket or two-way pipe.
///
/// reader and writer are RawIOBase objects that are readable and
/// writeable respectively. If the buffer_size is omitted it defaults to
/// DEFAULT_BUFFER_SIZE.
#[pyclass(
    name = "BufferedRWPair",
    module = "_io",
    base = BufferedIoBase,
    sig = "(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)",
    flags(BASETYPE),
    gc
)]
pub struct BufferedRwPair {
    #[trace]
    base: BufferedIoBase,
    reader: OptRef,
    writer: OptRef,
}

impl BufferedRwPair {
    fn forward(end: &OptRef, name: Borrowed<'_>, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        match end.get() {
            Some(stream) => stream.call_method(name, args),
            None => Err(raise!(ValueError, "I/O operation on uninitialized object")),
        }
    }
}

#[pymethods]
impl BufferedRwPair {
    #[slot(tp_new)]
    fn tp_new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let _ = (args, kwargs);
        let fields = BufferedRwPair { base: BufferedIoBase::new(), reader: OptRef::none(), writer: OptRef::none() };
        memory::new_instance(&cls, fields).map(Ref::upcast)
    }

    #[slot(tp_init, "(reader, writer, buffer_size=131072, /)")]
    fn init(&self, reader: Borrowed<'_>, writer: Borrowed<'_>, buffer_size: isize) -> PyResult<()> {
        check_readable(reader)?;
        check_writable(writer)?;
        let size = int::new(buffer_size as i64)?;
        let reader = BufferedReader::type_object().call(&[reader, size.b()])?;
        let writer = BufferedWriter::type_object().call(&[writer, size.b()])?;
        self.reader.set(Some(reader));
        self.writer.set(Some(writer));
        Ok(())
    }

    #[method(text = None, "($self, *args)")]
    fn read(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        Self::forward(&self.reader, id!("read"), args)
    }

    #[method(text = None, "($self, *args)")]
    fn peek(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        Self::forward(&self.reader, id!("peek"), args)
    }

    #[method(text = None, "($self, *args)")]
    fn read1(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        Self::forward(&self.reader, id!("read1"), args)
    }

    #[method(text = None, "($self, *args)")]
    fn readinto(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        Self::forward(&self.reader, id!("readinto"), args)
    }

    #[method(text = None, "($self, *args)")]
    fn readinto1(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        Self::forward(&self.reader, id!("readinto1"), args)
    }

    #[method(text = None, "($self, *args)")]
    fn write(&self, args: &[Borrowed<'_>]) -> PyResult<Ref> {
        Self::forward(&self.writer, id!("write"), args)
    }

    #[method(text = None, "($self, /)")]
    fn flush(&self) -> PyResult<Ref> {
        Self::forward(&self.writer, id!("flush"), &[])
    }

    #[method(text = None, "($self, /)")]
    fn readable(&self) -> PyResult<Ref> {
        Self::forward(&self.reader, id!("readable"), &[])
    }

    #[method(text = None, "($self, /)")]
    fn writable(&self) -> PyResult<Ref> {
        Self::forward(&self.writer, id!("writable"), &[])
    }

    #[method(text = None, "($self, /)")]
    fn close(&self) -> PyResult<Ref> {
        let closed = Self::forward(&self.writer, id!("close"), &[]).map(drop);
        chain(closed, || Self::forward(&self.reader, id!("close"), &[]))
    }

    #[method(text = None, "($self, /)")]
    fn isatty(&self) -> PyResult<Ref> {
        let writer = Self::forward(&self.writer, id!("isatty"), &[])?;
        if writer.is(&object::core::false_()) { Self::forward(&self.reader, id!("isatty"), &[]) } else { Ok(writer) }
    }

    #[getter]
    fn closed(&self) -> PyResult<Ref> {
        match self.writer.get() {
            Some(writer) => writer.getattr(id!("closed")),
            None => Err(raise!(RuntimeError, "the BufferedRWPair object is being garbage-collected")),
        }
    }
}
