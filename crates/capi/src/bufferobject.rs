//! `pybuffer.h`, `memoryobject.h`, `picklebufobject.h`: buffers.

use crate::form::{Out, capi};
use abi::{Py_buffer, c_char, c_int, c_void, pybuf};
use builtins::memoryview::{
    self,
    walk::{Order, Walk, contiguous_strides},
};
use object::protocol::buffer as protocol;
use object::{Borrowed, PyResult, Ref, error, raise};
use std::ffi::CStr;

/// The description that C passes.
fn view_of<'a>(view: *const Py_buffer) -> PyResult<&'a Py_buffer> {
    // SAFETY: C passes its description.
    unsafe { view.as_ref() }.ok_or_else(error::bad_internal_call)
}

fn order_of(order: i8) -> Order {
    if order.cast_unsigned() == b'F' { Order::Fortran } else { Order::C }
}

/// The order in which the memory is contiguous, if it is contiguous as `order` asks for ('A': in either).
fn contiguous_order(walk: &Walk, order: i8) -> Option<Order> {
    let is = |order: Order| walk.is_contiguous(order).then_some(order);
    match order.cast_unsigned() {
        b'C' => is(Order::C),
        b'F' => is(Order::Fortran),
        b'A' => is(Order::C).or_else(|| is(Order::Fortran)),
        _ => None,
    }
}

fn get_buffer(object: Borrowed<'_>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
    if flags == pybuf::READ || flags == pybuf::WRITE {
        return Err(error::bad_internal_call());
    }
    let Some(function) = object.class().bf_getbuffer() else {
        return Err(raise!(TypeError, "a bytes-like object is required, not '{}'", object.class().tp_name()));
    };
    function(object, view, flags).into()
}

/// The old functions: a pointer that stays valid as long as the object does not move.
fn old_buffer(object: Borrowed<'_>, start: &Out<'_, *mut c_void>, len: &Out<'_, isize>, flags: c_int) -> PyResult<()> {
    let view = <Py_buffer as abi::CStruct>::ZERO;
    get_buffer(object, (&raw const view).cast_mut(), flags)?;
    start.set(view.buf.get());
    len.set(view.len.get());
    protocol::release(&view);
    Ok(())
}

/// `pickle.PickleBuffer`.
fn pickle_buffer() -> PyResult<Ref> {
    vm::import::import_module("pickle")?.getattr(object::value::str::new("PickleBuffer")?.b())
}

capi! {
    fn PyPickleBuffer_FromObject(object: Borrowed<'_>) -> PyResult<Ref> {
        pickle_buffer()?.call1(object)
    }
    fn PyPickleBuffer_Release(object: Borrowed<'_>) -> PyResult<()> {
        if !object.isinstance(pickle_buffer()?.b())? {
            return Err(raise!(TypeError, "expected PickleBuffer, {} found", object.class().tp_name()));
        }
        object.call_method(object::id!("release"), &[]).map(drop)
    }
    fn PyObject_CheckBuffer(object: Borrowed<'_>) -> bool {
        object.has_buffer()
    }
    fn PyObject_GetBuffer(object: Borrowed<'_>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        get_buffer(object, view, flags)
    }
    fn PyBuffer_Release(view: *mut Py_buffer) -> () {
        // SAFETY: C passes its description.
        if let Some(view) = unsafe { view.as_ref() } {
            protocol::release(view);
        }
    }
    fn PyBuffer_FillInfo(view: *mut Py_buffer, exporter: Option<Borrowed<'_>>, start: *mut c_void, len: isize, readonly: c_int, flags: c_int) -> PyResult<()> {
        // SAFETY: C lends these bytes.
        unsafe { protocol::fill_info(view, exporter, start.cast(), len.max(0).unsigned_abs(), readonly != 0, flags) }
    }
    fn PyBuffer_IsContiguous(view: *const Py_buffer, order: i8) -> PyResult<bool> {
        Ok(contiguous_order(&Walk::new(view_of(view)?), order).is_some())
    }
    fn PyBuffer_GetPointer(view: *const Py_buffer, indices: *const isize) -> PyResult<*mut c_void> {
        let walk = Walk::new(view_of(view)?);
        // SAFETY: C passes an index for each dimension.
        let indices = unsafe { std::slice::from_raw_parts(indices, walk.ndim()) };
        Ok(walk.item(indices).cast())
    }
    fn PyBuffer_SizeFromFormat(format: Option<&CStr>) -> PyResult<isize> {
        let Some(format) = format else { return Ok(1) };
        let format = crate::unicodeobject::from_c(format)?;
        vm::import::import_module("struct")?.call_method(object::id!("calcsize"), &[format.b()])?.as_isize()
    }
    fn PyBuffer_FillContiguousStrides(ndim: c_int, shape: *const isize, strides: *mut isize, itemsize: c_int, order: i8) -> () {
        let count = usize::try_from(ndim).unwrap_or(0);
        // SAFETY: C passes arrays of that length.
        let shape = unsafe { std::slice::from_raw_parts(shape, count) };
        for (index, stride) in contiguous_strides(shape, itemsize as isize, order_of(order)).into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { strides.add(index).write(stride) };
        }
    }
    fn PyBuffer_ToContiguous(target: *mut u8, view: *const Py_buffer, len: isize, order: i8) -> PyResult<()> {
        let view = view_of(view)?;
        if len != view.len.get() {
            return Err(raise!(ValueError, "PyBuffer_ToContiguous: len != view->len"));
        }
        let walk = Walk::new(view);
        let bytes = walk.gather(contiguous_order(&walk, order).unwrap_or_else(|| order_of(order)))?;
        // SAFETY: C passes room for `len` bytes.
        unsafe { target.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(())
    }
    fn PyBuffer_FromContiguous(view: *const Py_buffer, source: *const u8, len: isize, order: i8) -> PyResult<()> {
        let view = view_of(view)?;
        let len = len.min(view.len.get());
        // SAFETY: C passes that many bytes.
        let bytes = unsafe { crate::support::raw_bytes(source, len) };
        let walk = Walk::new(view);
        walk.scatter(contiguous_order(&walk, order).unwrap_or_else(|| order_of(order)), bytes);
        Ok(())
    }
    fn PyObject_CopyData(target: Borrowed<'_>, source: Borrowed<'_>) -> PyResult<()> {
        if !target.has_buffer() || !source.has_buffer() {
            return Err(raise!(TypeError, "both destination and source must be bytes-like objects"));
        }
        let to = protocol::Buffer::get(target, pybuf::FULL)?;
        let from = protocol::Buffer::get(source, pybuf::FULL_RO)?;
        if to.view().len.get() < from.view().len.get() {
            return Err(raise!(BufferError, "destination is too small to receive data from source"));
        }
        let bytes = Walk::new(from.view()).gather(Order::C)?;
        Walk::new(to.view()).scatter(Order::C, &bytes);
        Ok(())
    }
    fn PyObject_CheckReadBuffer(object: Borrowed<'_>) -> bool {
        match protocol::Buffer::get(object, pybuf::SIMPLE) {
            Ok(_) => true,
            Err(raised) => {
                raised.clear();
                false
            }
        }
    }
    fn PyObject_AsCharBuffer(object: Borrowed<'_>, start: Out<'_, *mut c_void>, len: Out<'_, isize>) -> PyResult<()> {
        old_buffer(object, &start, &len, pybuf::SIMPLE)
    }
    fn PyObject_AsReadBuffer(object: Borrowed<'_>, start: Out<'_, *mut c_void>, len: Out<'_, isize>) -> PyResult<()> {
        old_buffer(object, &start, &len, pybuf::SIMPLE)
    }
    fn PyObject_AsWriteBuffer(object: Borrowed<'_>, start: Out<'_, *mut c_void>, len: Out<'_, isize>) -> PyResult<()> {
        old_buffer(object, &start, &len, pybuf::WRITABLE).map_err(|raised| {
            raised.clear();
            raise!(TypeError, "expected a writable bytes-like object")
        })
    }

    fn PyMemoryView_FromObject(object: Borrowed<'_>) -> PyResult<Ref> {
        memoryview::from_object(object)
    }
    fn PyMemoryView_FromMemory(start: *mut c_char, len: isize, flags: c_int) -> PyResult<Ref> {
        // SAFETY: C lends these bytes.
        unsafe { memoryview::from_memory(start.cast(), len.max(0).unsigned_abs(), flags == 0x100) }
    }
    fn PyMemoryView_FromBuffer(view: *const Py_buffer) -> PyResult<Ref> {
        let view = view_of(view)?;
        if view.buf.get().is_null() {
            return Err(raise!(ValueError, "PyMemoryView_FromBuffer(): info->buf must not be NULL"));
        }
        // SAFETY: C lends these bytes, described by the view.
        unsafe { memoryview::from_view(view) }
    }
    fn PyMemoryView_GetContiguous(object: Borrowed<'_>, mode: c_int, order: i8) -> PyResult<Ref> {
        let whole = memoryview::from_object(object)?;
        let buffer = protocol::Buffer::get(whole.b(), pybuf::FULL_RO)?;
        if mode == pybuf::WRITE && buffer.view().readonly.get() != 0 {
            return Err(raise!(BufferError, "underlying buffer is not writable"));
        }
        if contiguous_order(&Walk::new(buffer.view()), order).is_some() {
            drop(buffer);
            return Ok(whole);
        }
        if mode == pybuf::WRITE {
            return Err(raise!(BufferError, "writable contiguous buffer requested for a non-contiguous object."));
        }
        drop(buffer);
        memoryview::contiguous_copy(whole.b(), order_of(order))
    }
}
