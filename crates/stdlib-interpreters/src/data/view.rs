//! Memoryviews between interpreters: the memory itself is shared. It is given back in the interpreter that lent it.
#![allow(unsafe_code, reason = "the buffer protocol lends memory by its address")]

use abi::pybuf;
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::{Borrowed, PyResult, RawField, Ref, StaticType, core, memory, raise, thread};
use std::cell::RefCell;

/// A buffer that an object of another interpreter lends.
pub struct Lent {
    buffer: Option<Buffer>,
    owner: i64,
}

impl Lent {
    /// Asks an object of the current interpreter for its buffer.
    pub fn of(object: Borrowed<'_>) -> PyResult<Lent> {
        let buffer = Buffer::get(object, pybuf::FULL_RO)?;
        Ok(Lent { buffer: Some(buffer), owner: thread::current().interpreter().id })
    }

    /// A memoryview of the memory, in the current interpreter.
    pub fn into_object(self) -> PyResult<Ref> {
        let view = BufferView { head: <abi::PyObject as abi::CStruct>::ZERO, lent: RefCell::new(Some(self)) };
        let view = memory::new_instance(BufferView::type_object(), view)?;
        core::MEMORYVIEW.borrowed().call1(view.upcast().b())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            super::in_interpreter(self.owner, || drop(buffer));
        }
    }
}

/// What a memoryview from another interpreter looks at.
#[pyclass(name = "CrossInterpreterBufferView", module = "_interpreters", flags(DISALLOW_INSTANTIATION))]
pub struct BufferView {
    head: abi::PyObject,
    lent: RefCell<Option<Lent>>,
}

#[pymethods]
impl BufferView {
    #[slot(bf_getbuffer)]
    fn getbuffer(slf: Borrowed<'_, Self>, view: *mut abi::Py_buffer, _flags: abi::c_int) -> PyResult<()> {
        let lent = slf.lent.borrow();
        let Some(buffer) = lent.as_ref().and_then(|lent| lent.buffer.as_ref()) else {
            return Err(raise!(BufferError, "the buffer was given back"));
        };
        // SAFETY: `view` is the protocol's.
        let view = unsafe { &*view };
        let own = buffer.view();
        view.buf.set(own.buf.get());
        view.len.set(own.len.get());
        view.itemsize.set(own.itemsize.get());
        view.readonly.set(own.readonly.get());
        view.ndim.set(own.ndim.get());
        view.format.set(own.format.get());
        view.shape.set(own.shape.get());
        view.strides.set(own.strides.get());
        view.suboffsets.set(own.suboffsets.get());
        view.internal.set(own.internal.get());
        view.obj.store(Some(slf.object().to_ref()));
        Ok(())
    }
}
