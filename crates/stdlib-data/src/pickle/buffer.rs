//! `PickleBuffer`: a buffer that may travel outside of the pickle (PEP 574).

use crate::header;
use abi::pybuf;
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::{Borrowed, PyResult, Ref, TypeObject, Visit, memory, raise};
use std::cell::{Cell, RefCell};

/// Wrapper for potentially out-of-band buffers
#[pyclass(name = "PickleBuffer", module = "pickle", flags(BASETYPE), gc = manual, weaklist = weakrefs)]
pub struct PickleBuffer {
    head: abi::PyObject,
    /// Held as long as the buffer is not released.
    buffer: RefCell<Option<Buffer>>,
    weakrefs: Cell<*mut abi::PyObject>,
}

impl PickleBuffer {
    /// The object whose buffer this is.
    fn exporter(&self) -> PyResult<Ref> {
        match self.buffer.borrow().as_ref().and_then(Buffer::exporter) {
            Some(exporter) => Ok(exporter),
            None => Err(raise!(ValueError, "operation forbidden on released PickleBuffer object")),
        }
    }

    /// The memory as flat bytes.
    pub fn raw_view(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        slf.exporter()?;
        let view = builtins::memoryview::from_object(slf.object())?;
        builtins::memoryview::flatten(view.b())
    }

    /// Whether the memory is one block, in either order of its dimensions.
    pub fn is_contiguous(slf: Borrowed<'_, Self>) -> PyResult<bool> {
        slf.exporter()?;
        let view = builtins::memoryview::from_object(slf.object())?;
        view.getattr(object::id!("contiguous"))?.is_true()
    }
}

#[pymethods]
impl PickleBuffer {
    #[slot(tp_new)]
    fn new(cls: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? > 0 {
            return Err(raise!(TypeError, "PickleBuffer() takes no keyword arguments"));
        }
        let source = match object::value::tuple::items(args).unwrap_or_default() {
            [source] => *source,
            other => {
                let count = other.len();
                return Err(raise!(TypeError, "PickleBuffer() takes exactly 1 positional argument ({count} given)"));
            }
        };
        let buffer = Buffer::get(source, pybuf::FULL_RO)?;
        let value =
            PickleBuffer { head: header(), buffer: RefCell::new(Some(buffer)), weakrefs: Cell::new(std::ptr::null_mut()) };
        memory::new_instance(&cls, value).map(Ref::upcast)
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut Visit<'_>) {
        if let Ok(buffer) = self.buffer.try_borrow()
            && let Some(buffer) = buffer.as_ref()
        {
            visit.raw(buffer.view().obj.get());
        }
    }

    #[slot(tp_clear)]
    fn clear(&self) {
        let held = self.buffer.take();
        drop(held);
    }

    /// What is lent is the exporter's own buffer: it goes back to the exporter.
    #[slot(bf_getbuffer)]
    fn get_buffer(slf: Borrowed<'_, Self>, view: *mut abi::Py_buffer, flags: abi::c_int) -> PyResult<()> {
        let exporter = slf.exporter()?;
        match exporter.class().bf_getbuffer() {
            Some(function) => function(exporter.b(), view, flags).into(),
            None => Err(object::error::bad_internal_call()),
        }
    }

    #[slot(bf_releasebuffer)]
    extern "C-unwind" fn release_buffer(_slf: Borrowed<'_>, _view: *mut abi::Py_buffer) {}

    /// Return a memoryview of the raw memory underlying this buffer.
    /// Will raise BufferError is the buffer isn't contiguous.
    #[method("($self, /)")]
    fn raw(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        if !Self::is_contiguous(slf)? {
            return Err(raise!(BufferError, "cannot extract raw buffer from non-contiguous buffer"));
        }
        Self::raw_view(slf)
    }

    /// Release the underlying buffer exposed by the PickleBuffer object.
    #[method("($self, /)")]
    fn release(&self) {
        self.clear();
    }
}
