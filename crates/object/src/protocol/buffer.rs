//! The buffer protocol.

use crate::raise;
use crate::reference::{Borrowed, Object, Ref};
use crate::result::PyResult;
use crate::slots::GetBufferFn;
use abi::{CStruct, Py_buffer, c_int, pybuf};

/// A buffer that an object lends; given back when this is dropped. The description does not move while it is lent.
pub struct Buffer(Box<Py_buffer>);

impl Buffer {
    /// Asks `object` for a buffer with these `abi::pybuf` flags.
    pub fn get(object: Borrowed<'_>, flags: c_int) -> PyResult<Buffer> {
        let Some(function) = object.class().bf_getbuffer() else {
            return Err(raise!(TypeError, "a bytes-like object is required, not '{}'", object.class().tp_name()));
        };
        Self::of(object, function, flags)
    }

    /// What `function`, a `bf_getbuffer` that fits the object, lends of it.
    pub fn of(object: Borrowed<'_>, function: GetBufferFn, flags: c_int) -> PyResult<Buffer> {
        let view = Box::new(Py_buffer::ZERO);
        PyResult::<()>::from(function(object, std::ptr::from_ref(&*view).cast_mut(), flags))?;
        Ok(Buffer(view))
    }

    /// Asks for plain readable bytes.
    pub fn readable(object: Borrowed<'_>) -> PyResult<Buffer> {
        Self::get(object, pybuf::SIMPLE)
    }

    /// Asks for plain writable bytes. `object` without them is a TypeError in the words of argument parsing.
    pub fn writable(object: Borrowed<'_>) -> PyResult<Buffer> {
        match Self::get(object, pybuf::WRITABLE) {
            Err(raised) => {
                raised.clear();
                Err(raise!(TypeError, "a read-write bytes-like object is required, not '{}'", object.class().tp_name()))
            }
            good => good,
        }
    }

    /// The description.
    pub fn view(&self) -> &Py_buffer {
        &self.0
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.0.len.get().max(0).cast_unsigned()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a contiguous buffer. Other code may change them while Python code runs: copy out before that.
    pub fn bytes(&self) -> &[u8] {
        let start = self.0.buf.get().cast::<u8>();
        if start.is_null() || self.is_empty() {
            return &[];
        }
        // SAFETY: the lender keeps `len` bytes in place until the buffer is given back.
        unsafe { std::slice::from_raw_parts(start, self.len()) }
    }

    /// Copies `bytes` into the buffer from `offset` on, as far as there is room. Returns how many were copied; 0 for a read-only buffer.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> usize {
        let start = self.0.buf.get().cast::<u8>();
        let count = bytes.len().min(self.len().saturating_sub(offset));
        if start.is_null() || self.0.readonly.get() != 0 || count == 0 {
            return 0;
        }
        // SAFETY: `count` bytes from `offset` on are inside the writable buffer; `copy` allows an overlap.
        unsafe { std::ptr::copy(bytes.as_ptr(), start.add(offset), count) };
        count
    }

    /// Runs `action` on the writable bytes of the buffer; none for a read-only one. No Python code may run inside.
    pub fn with_bytes_mut<R>(&self, action: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
        let start = self.0.buf.get().cast::<u8>();
        if self.0.readonly.get() != 0 {
            return None;
        }
        if start.is_null() || self.is_empty() {
            return Some(action(&mut []));
        }
        // SAFETY: the lender keeps `len` writable bytes in place; nothing else runs while `action` does.
        Some(action(unsafe { std::slice::from_raw_parts_mut(start, self.len()) }))
    }

    /// The object that lends.
    pub fn exporter(&self) -> Option<Ref> {
        crate::RawField::load(&self.0.obj)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        release(&self.0);
    }
}

/// Gives a buffer back: C's `PyBuffer_Release`.
pub fn release(view: &Py_buffer) {
    // SAFETY: the description owns its object.
    let Some(exporter) = (unsafe { Borrowed::<Object>::from_ptr_or_null(view.obj.get()) }) else { return };
    if let Some(function) = exporter.class().bf_releasebuffer() {
        // Functions of C look at the view's object.
        let exporter = exporter.to_ref();
        function(exporter.b(), std::ptr::from_ref(view).cast_mut());
    }
    drop(crate::RawField::swap_ref(&view.obj, None));
}

/// Fills a description of plain bytes: C's `PyBuffer_FillInfo`.
///
/// # Safety
/// `view` points to a description; `start` to `len` bytes that `exporter` keeps in place until the buffer is given back.
pub unsafe fn fill_info(
    view: *mut Py_buffer,
    exporter: Option<Borrowed<'_>>,
    start: *mut u8,
    len: usize,
    readonly: bool,
    flags: c_int,
) -> PyResult<()> {
    if view.is_null() {
        return Err(raise!(BufferError, "PyBuffer_FillInfo: view==NULL argument is obsolete"));
    }
    if flags == pybuf::READ || flags == pybuf::WRITE {
        return Err(crate::error::bad_internal_call());
    }
    if flags & pybuf::WRITABLE == pybuf::WRITABLE && readonly {
        return Err(raise!(BufferError, "Object is not writable."));
    }
    // SAFETY: by contract.
    let view = unsafe { &*view };
    view.obj.set(exporter.map_or(std::ptr::null_mut(), |exporter| exporter.to_ref().into_ptr()));
    view.buf.set(start.cast());
    view.len.set(len.cast_signed());
    view.readonly.set(c_int::from(readonly));
    view.itemsize.set(1);
    view.format.set(if flags & pybuf::FORMAT == pybuf::FORMAT { c"B".as_ptr().cast_mut() } else { std::ptr::null_mut() });
    view.ndim.set(1);
    view.shape.set(if flags & pybuf::ND == pybuf::ND { view.len.as_ptr() } else { std::ptr::null_mut() });
    view.strides.set(if flags & pybuf::STRIDES == pybuf::STRIDES { view.itemsize.as_ptr() } else { std::ptr::null_mut() });
    view.suboffsets.set(std::ptr::null_mut());
    view.internal.set(std::ptr::null_mut());
    Ok(())
}

impl Object {
    /// Whether the object lends buffers.
    pub fn has_buffer(&self) -> bool {
        self.class().bf_getbuffer().is_some()
    }
}
