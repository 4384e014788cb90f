//! `pybuffer.h`, `memoryobject.h`, `picklebufobject.h`: buffers.

use crate::form::{Out, capi};
use abi::{Py_buffer, c_char, c_int, c_void, pybuf};
use builtins::memoryview;
use object::protocol::buffer as protocol;
use object::{Borrowed, PyResult, Ref, error, raise};
use std::ffi::CStr;

/// The description that C passes.
fn view_of<'a>(view: *const Py_buffer) -> PyResult<&'a Py_buffer> {
    // SAFETY: C passes its description.
    unsafe { view.as_ref() }.ok_or_else(error::bad_internal_call)
}

/// Shape, strides and suboffsets as slices; those that are missing are contiguous.
struct Walk {
    start: *mut u8,
    itemsize: usize,
    shape: Vec<isize>,
    strides: Vec<isize>,
    suboffsets: Option<Vec<isize>>,
}

impl Walk {
    fn new(view: &Py_buffer) -> Walk {
        let ndim = usize::try_from(view.ndim.get()).unwrap_or(0);
        // SAFETY: arrays of `ndim` numbers where they are given.
        let read = |array: *mut isize| (!array.is_null()).then(|| unsafe { std::slice::from_raw_parts(array, ndim) }.to_vec());
        let itemsize = view.itemsize.get().max(1);
        let shape =
            read(view.shape.get()).unwrap_or_else(|| if ndim == 0 { Vec::new() } else { vec![view.len.get() / itemsize] });
        let strides = read(view.strides.get()).unwrap_or_else(|| contiguous(&shape, view.itemsize.get(), b'C'));
        Walk {
            start: view.buf.get().cast(),
            itemsize: view.itemsize.get().max(0).unsigned_abs(),
            shape,
            strides,
            suboffsets: read(view.suboffsets.get()),
        }
    }

    /// The address of an item.
    fn item(&self, indices: &[isize]) -> *mut u8 {
        let mut at = self.start;
        for (dimension, index) in indices.iter().enumerate() {
            at = at.wrapping_offset(self.strides.get(dimension).copied().unwrap_or(0) * index);
            if let Some(offset) =
                self.suboffsets.as_ref().and_then(|offsets| offsets.get(dimension)).filter(|offset| **offset >= 0)
            {
                // SAFETY: a suboffset says that a pointer stands here.
                at = unsafe { at.cast::<*mut u8>().read() }.wrapping_offset(*offset);
            }
        }
        at
    }

    /// Calls `action` with the address of every item, the last index fastest, or the first in Fortran's order.
    fn each(&self, fortran: bool, mut action: impl FnMut(*mut u8)) {
        if self.shape.contains(&0) {
            return;
        }
        let mut indices = vec![0isize; self.shape.len()];
        loop {
            action(self.item(&indices));
            let mut dimensions: Vec<usize> = (0..indices.len()).collect();
            if !fortran {
                dimensions.reverse();
            }
            let mut done = true;
            for dimension in dimensions {
                let (Some(index), Some(length)) = (indices.get_mut(dimension), self.shape.get(dimension)) else { continue };
                *index += 1;
                if *index < *length {
                    done = false;
                    break;
                }
                *index = 0;
            }
            if done {
                return;
            }
        }
    }
}

fn contiguous(shape: &[isize], itemsize: isize, order: u8) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize;
    let mut dimensions: Vec<usize> = (0..shape.len()).collect();
    if order != b'F' {
        dimensions.reverse();
    }
    for dimension in dimensions {
        if let (Some(stride), Some(length)) = (strides.get_mut(dimension), shape.get(dimension)) {
            *stride = step;
            step *= length;
        }
    }
    strides
}

fn is_contiguous(view: &Py_buffer, order: u8) -> bool {
    if !view.suboffsets.get().is_null() {
        return false;
    }
    let matches = |order: u8| {
        if view.len.get() == 0 || view.strides.get().is_null() && (order == b'C' || view.ndim.get() <= 1) {
            return true;
        }
        let walk = Walk::new(view);
        let expected = contiguous(&walk.shape, view.itemsize.get(), order);
        walk.shape.iter().zip(walk.strides.iter().zip(&expected)).all(|(length, (own, expected))| *length <= 1 || own == expected)
    };
    match order {
        b'C' => matches(b'C'),
        b'F' => matches(b'F'),
        b'A' => matches(b'C') || matches(b'F'),
        _ => false,
    }
}

/// The bytes of all items, in C's or Fortran's order ('A': that of the memory).
fn gather(view: &Py_buffer, order: u8) -> PyResult<Vec<u8>> {
    let len = view.len.get().max(0).unsigned_abs();
    let mut bytes = object::memory::vec_with_capacity(len)?;
    if is_contiguous(view, order) {
        // SAFETY: the view has that many bytes in one piece.
        bytes.extend_from_slice(unsafe { crate::support::raw_bytes(view.buf.get().cast(), view.len.get()) });
        return Ok(bytes);
    }
    let walk = Walk::new(view);
    walk.each(order == b'F', |item| {
        // SAFETY: an item of the view.
        bytes.extend_from_slice(unsafe { crate::support::raw_bytes(item, walk.itemsize.cast_signed()) });
    });
    Ok(bytes)
}

fn get_buffer(object: Borrowed<'_>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
    if flags != pybuf::SIMPLE && (flags == 0x100 || flags == 0x200) {
        return Err(error::bad_internal_call());
    }
    let Some(function) = object.class().bf_getbuffer() else {
        return Err(raise!(TypeError, "a bytes-like object is required, not '{}'", object.class().short_name()));
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

capi! {
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
        if flags == 0x100 || flags == 0x200 {
            return Err(error::bad_internal_call());
        }
        // SAFETY: C lends these bytes.
        unsafe { protocol::fill_info(view, exporter, start.cast(), len.max(0).unsigned_abs(), readonly != 0, flags) }
    }
    fn PyBuffer_IsContiguous(view: *const Py_buffer, order: i8) -> PyResult<bool> {
        Ok(is_contiguous(view_of(view)?, order.cast_unsigned()))
    }
    fn PyBuffer_GetPointer(view: *const Py_buffer, indices: *const isize) -> PyResult<*mut c_void> {
        let walk = Walk::new(view_of(view)?);
        // SAFETY: C passes an index for each dimension.
        let indices = unsafe { std::slice::from_raw_parts(indices, walk.shape.len()) };
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
        for (index, stride) in contiguous(shape, itemsize as isize, order.cast_unsigned()).into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { strides.add(index).write(stride) };
        }
    }
    fn PyBuffer_ToContiguous(target: *mut u8, view: *const Py_buffer, len: isize, order: i8) -> PyResult<()> {
        let view = view_of(view)?;
        if len != view.len.get() {
            return Err(raise!(ValueError, "PyBuffer_ToContiguous: len != view->len"));
        }
        let bytes = gather(view, order.cast_unsigned())?;
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
        let mut chunks = bytes.chunks_exact(walk.itemsize.max(1));
        walk.each(order == b'F'.cast_signed(), |item| {
            if let Some(chunk) = chunks.next() {
                // SAFETY: an item of the view.
                unsafe { item.copy_from_nonoverlapping(chunk.as_ptr(), chunk.len()) };
            }
        });
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
        let bytes = gather(from.view(), b'C')?;
        let walk = Walk::new(to.view());
        let mut chunks = bytes.chunks_exact(walk.itemsize.max(1));
        walk.each(false, |item| {
            if let Some(chunk) = chunks.next() {
                // SAFETY: an item of the view.
                unsafe { item.copy_from_nonoverlapping(chunk.as_ptr(), chunk.len()) };
            }
        });
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
        old_buffer(object, &start, &len, pybuf::WRITABLE)
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
        let buffer = protocol::Buffer::get(object, pybuf::FULL_RO)?;
        if mode == 0x200 && buffer.view().readonly.get() != 0 {
            return Err(raise!(BufferError, "underlying buffer is not writable"));
        }
        if is_contiguous(buffer.view(), order.cast_unsigned()) {
            return Ok(whole);
        }
        if mode == 0x200 {
            return Err(raise!(BufferError, "writable contiguous buffer requested for a non-contiguous object."));
        }
        let bytes = object::value::bytes::new(&gather(buffer.view(), order.cast_unsigned())?)?;
        memoryview::from_object(bytes.b())
    }
}
