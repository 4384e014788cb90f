//! `memoryview`: a typed, sliceable look at another object's memory (CPython's `memoryobject.c`).
//!
//! All views made of one buffer share a [`Managed`], which gives the buffer back when the last of them is released. A view's own shape and
//! strides never change.

mod element;
mod methods;
mod sequence;

use abi::{CStruct, Cell, Py_buffer, pybuf};
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, core, memory, raise};
use std::cell::RefCell;

/// The buffer that views share.
#[pyclass(name = "managedbuffer", flags(DISALLOW_INSTANTIATION), gc = manual)]
pub struct Managed {
    head: abi::PyObject,
    buffer: RefCell<Option<Buffer>>,
}

#[pymethods]
impl Managed {
    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut object::Visit<'_>) {
        if let Ok(buffer) = self.buffer.try_borrow()
            && let Some(buffer) = &*buffer
        {
            visit.raw(buffer.view().obj.get());
        }
    }

    #[slot(tp_clear)]
    fn clear(&self) {
        let buffer = self.buffer.try_borrow_mut().ok().and_then(|mut buffer| buffer.take());
        drop(buffer);
    }
}

/// How a view walks the memory.
#[derive(Clone)]
pub(super) struct Layout {
    /// The format of an item, as module struct has it, with a NUL at the end.
    format: Vec<u8>,
    itemsize: isize,
    shape: Vec<isize>,
    strides: Vec<isize>,
}

impl Layout {
    fn ndim(&self) -> usize {
        self.shape.len()
    }

    fn count(&self) -> usize {
        self.shape.iter().product::<isize>().max(0).cast_unsigned()
    }

    /// The format without its NUL and without the mark of native order.
    fn code(&self) -> &[u8] {
        let format = self.format.strip_suffix(&[0]).unwrap_or(&self.format);
        format.strip_prefix(b"@").unwrap_or(format)
    }

    fn is_c_contiguous(&self) -> bool {
        let mut expected = self.itemsize;
        for (length, stride) in self.shape.iter().zip(&self.strides).rev() {
            if *length > 1 && *stride != expected {
                return false;
            }
            expected *= *length;
        }
        true
    }

    fn is_f_contiguous(&self) -> bool {
        let mut expected = self.itemsize;
        for (length, stride) in self.shape.iter().zip(&self.strides) {
            if *length > 1 && *stride != expected {
                return false;
            }
            expected *= *length;
        }
        true
    }

    /// Offsets of all items, in C order.
    fn offsets(&self) -> Vec<isize> {
        let mut offsets = vec![0];
        for (length, stride) in self.shape.iter().zip(&self.strides) {
            offsets = offsets.iter().flat_map(|start| (0..*length).map(move |index| start + index * stride)).collect();
        }
        offsets
    }
}

/// Create a new memoryview object which references the given object.
#[pyclass(
    name = "memoryview",
    cell = object::core::MEMORYVIEW,
    sig = "(object)",
    flags(SEQUENCE),
    weaklist = weakrefs,
    parts(MAIN, SEQUENCE, METHODS),
    gc = manual
)]
pub struct MemoryView {
    head: abi::PyVarObject,
    managed: OptRef<Managed>,
    hash: Cell<isize>,
    flags: Cell<i32>,
    exports: Cell<isize>,
    view: Py_buffer,
    weakrefs: OptRef,
    array: [Cell<isize>; 1],
    layout: Layout,
}

/// A view of the whole memory of `object`.
pub fn from_object(object: Borrowed<'_>) -> PyResult<Ref> {
    if let Some(view) = object.downcast::<MemoryView>() {
        view.check_released()?;
        return view.derived(view.start(), view.layout.clone(), view.view.readonly.get() != 0);
    }
    if !object.has_buffer() {
        let name = object.class().short_name();
        return Err(raise!(TypeError, "memoryview: a bytes-like object is required, not '{name}'"));
    }
    let buffer = Buffer::get(object, pybuf::FULL_RO)?;
    let lent = buffer.view();
    let (start, readonly) = (lent.buf.get().cast::<u8>(), lent.readonly.get() != 0);
    let layout = layout_of(lent)?;
    let managed = memory::new_instance(
        Managed::type_object(),
        Managed { head: <abi::PyObject as CStruct>::ZERO, buffer: RefCell::new(Some(buffer)) },
    )?;
    make(managed, start, layout, readonly)
}

/// The memory of a contiguous view, in either order of its dimensions, as a view of flat bytes.
pub fn flatten(view: Borrowed<'_>) -> PyResult<Ref> {
    let Some(view) = view.downcast::<MemoryView>() else { return Err(object::error::bad_internal_call()) };
    view.check_released()?;
    let layout = Layout { format: b"B\0".to_vec(), itemsize: 1, shape: vec![view.view.len.get()], strides: vec![1] };
    if !view.layout.is_c_contiguous() && !view.layout.is_f_contiguous() {
        return Err(raise!(BufferError, "memoryview: underlying buffer is not contiguous"));
    }
    view.derived(view.start(), layout, view.is_readonly())
}

/// A view of `len` bytes that somebody else keeps in place: for native code that lends memory for the time of a call.
///
/// # Safety
/// The bytes stay in place until the view is released.
pub unsafe fn from_memory(start: *mut u8, len: usize, readonly: bool) -> PyResult<Ref> {
    let managed = memory::new_instance(
        Managed::type_object(),
        Managed { head: <abi::PyObject as CStruct>::ZERO, buffer: RefCell::new(None) },
    )?;
    let layout = Layout { format: b"B\0".to_vec(), itemsize: 1, shape: vec![len.cast_signed()], strides: vec![1] };
    make(managed, start, layout, readonly)
}

/// A view of memory that a description tells of, and that somebody else keeps in place.
///
/// # Safety
/// What the description says is true until the view is released.
pub unsafe fn from_view(lent: &Py_buffer) -> PyResult<Ref> {
    let managed = memory::new_instance(
        Managed::type_object(),
        Managed { head: <abi::PyObject as CStruct>::ZERO, buffer: RefCell::new(None) },
    )?;
    make(managed, lent.buf.get().cast(), layout_of(lent)?, lent.readonly.get() != 0)
}

fn layout_of(lent: &Py_buffer) -> PyResult<Layout> {
    let ndim = usize::try_from(lent.ndim.get()).unwrap_or(0);
    if ndim > 64 {
        return Err(raise!(ValueError, "memoryview: number of dimensions must not exceed 64"));
    }
    if !lent.suboffsets.get().is_null() {
        return Err(raise!(NotImplementedError, "memoryview: suboffsets are not supported"));
    }
    let itemsize = lent.itemsize.get();
    let format = if lent.format.get().is_null() {
        b"B\0".to_vec()
    } else {
        // SAFETY: a format is a C string that the lender keeps.
        unsafe { std::ffi::CStr::from_ptr(lent.format.get()) }.to_bytes_with_nul().to_vec()
    };
    // SAFETY: arrays of `ndim` numbers where they are given.
    let read = |ptr: *mut isize| (!ptr.is_null()).then(|| unsafe { std::slice::from_raw_parts(ptr, ndim) }.to_vec());
    let shape = match read(lent.shape.get()) {
        Some(shape) => shape,
        None if ndim == 1 => vec![if itemsize > 0 { lent.len.get() / itemsize } else { 0 }],
        None => Vec::new(),
    };
    let strides = read(lent.strides.get()).unwrap_or_else(|| contiguous_strides(&shape, itemsize));
    Ok(Layout { format, itemsize, shape, strides })
}

fn contiguous_strides(shape: &[isize], itemsize: isize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize;
    for (stride, length) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step = step.saturating_mul(*length);
    }
    strides
}

fn make(managed: Ref<Managed>, start: *mut u8, layout: Layout, readonly: bool) -> PyResult<Ref> {
    let len = layout.count().cast_signed().saturating_mul(layout.itemsize);
    let view = MemoryView {
        head: <abi::PyVarObject as CStruct>::ZERO,
        managed: OptRef::new(Some(managed)),
        hash: Cell::new(-1),
        flags: Cell::new(0),
        exports: Cell::new(0),
        view: <Py_buffer as CStruct>::ZERO,
        weakrefs: OptRef::none(),
        array: [Cell::new(0)],
        layout,
    };
    let object = memory::new_instance(&core::MEMORYVIEW, view)?;
    let fields = &object.view;
    fields.buf.set(start.cast());
    fields.len.set(len);
    fields.itemsize.set(object.layout.itemsize);
    fields.readonly.set(i32::from(readonly));
    fields.ndim.set(i32::try_from(object.layout.ndim()).unwrap_or(0));
    fields.format.set(object.layout.format.as_ptr().cast_mut().cast());
    fields.shape.set(object.layout.shape.as_ptr().cast_mut());
    fields.strides.set(object.layout.strides.as_ptr().cast_mut());
    Ok(object.upcast())
}

impl MemoryView {
    /// ValueError once the view is released.
    fn check_released(&self) -> PyResult<()> {
        if self.managed.is_none() {
            return Err(raise!(ValueError, "operation forbidden on released memoryview object"));
        }
        Ok(())
    }

    fn start(&self) -> *mut u8 {
        self.view.buf.get().cast()
    }

    fn is_readonly(&self) -> bool {
        self.view.readonly.get() != 0
    }

    /// Another view of the same buffer.
    fn derived(&self, start: *mut u8, layout: Layout, readonly: bool) -> PyResult<Ref> {
        match self.managed.get() {
            Some(managed) => make(managed, start, layout, readonly),
            None => Err(raise!(ValueError, "operation forbidden on released memoryview object")),
        }
    }

    /// The bytes of the item at `offset`.
    fn item_bytes(&self, offset: isize) -> &[u8] {
        // SAFETY: offsets come from the layout, whose items lie in the lent memory.
        unsafe { std::slice::from_raw_parts(self.start().offset(offset), self.layout.itemsize.max(0).cast_unsigned()) }
    }

    /// All bytes, in C order.
    fn gathered(&self) -> Vec<u8> {
        if self.layout.is_c_contiguous() {
            let len = self.view.len.get().max(0).cast_unsigned();
            if len == 0 {
                return Vec::new();
            }
            // SAFETY: a contiguous view has `len` bytes.
            return unsafe { std::slice::from_raw_parts(self.start(), len) }.to_vec();
        }
        self.layout.offsets().into_iter().flat_map(|offset| self.item_bytes(offset).to_vec()).collect()
    }

    /// Gives the buffer back; BufferError while views of this view are lent.
    fn release_view(&self) -> PyResult<()> {
        if self.exports.get() > 0 {
            let count = self.exports.get();
            let plural = if count == 1 { "" } else { "s" };
            return Err(raise!(BufferError, "memoryview has {count} exported buffer{plural}"));
        }
        self.managed.set(None);
        Ok(())
    }
}

#[pymethods]
impl MemoryView {
    #[slot(tp_new, "(object)")]
    fn new(_cls: Borrowed<'_, object::TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        from_object(object)
    }

    #[slot(tp_traverse)]
    fn traverse(&self, visit: &mut object::Visit<'_>) {
        object::Trace::trace(&self.managed, visit);
    }

    #[slot(tp_clear)]
    fn clear(&self) {
        if self.exports.get() == 0 {
            self.managed.set(None);
        }
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(slf: Borrowed<'_, Self>, view: *mut Py_buffer, flags: abi::c_int) -> PyResult<()> {
        slf.check_released()?;
        let asks = |flag: i32| flags & flag == flag;
        if asks(pybuf::WRITABLE) && slf.is_readonly() {
            return Err(raise!(BufferError, "memoryview: underlying buffer is not writable"));
        }
        let contiguous = slf.layout.is_c_contiguous();
        if asks(pybuf::C_CONTIGUOUS) && !contiguous || !asks(pybuf::STRIDES) && !contiguous {
            return Err(raise!(BufferError, "memoryview: underlying buffer is not C-contiguous"));
        }
        if asks(pybuf::F_CONTIGUOUS) && !slf.layout.is_f_contiguous() {
            return Err(raise!(BufferError, "memoryview: underlying buffer is not Fortran contiguous"));
        }
        // SAFETY: the caller gives the description to fill.
        let target = unsafe { &*view };
        let own = &slf.view;
        target.buf.set(own.buf.get());
        target.obj.set(slf.object().to_ref().into_ptr());
        target.len.set(own.len.get());
        target.itemsize.set(own.itemsize.get());
        target.readonly.set(own.readonly.get());
        target.ndim.set(if asks(pybuf::ND) { own.ndim.get() } else { 1 });
        target.format.set(if asks(pybuf::FORMAT) { own.format.get() } else { std::ptr::null_mut() });
        target.shape.set(if asks(pybuf::ND) { own.shape.get() } else { std::ptr::null_mut() });
        target.strides.set(if asks(pybuf::STRIDES) { own.strides.get() } else { std::ptr::null_mut() });
        target.suboffsets.set(std::ptr::null_mut());
        target.internal.set(std::ptr::null_mut());
        slf.exports.set(slf.exports.get() + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    extern "C-unwind" fn release_buffer(slf: Borrowed<'_>, _view: *mut Py_buffer) {
        let slf = slf.self_as::<MemoryView>();
        slf.exports.set(slf.exports.get() - 1);
    }
}

/// The bytes of a buffer in C order, gathered along its strides where it is not contiguous.
pub fn contiguous_bytes(buffer: &Buffer) -> PyResult<Vec<u8>> {
    let lent = buffer.view();
    let layout = layout_of(lent)?;
    let mut out = memory::vec_with_capacity(buffer.len())?;
    if layout.is_c_contiguous() {
        out.extend_from_slice(buffer.bytes());
        return Ok(out);
    }
    for offset in layout.offsets() {
        // SAFETY: the layout's items lie in the lent memory.
        let item = unsafe {
            std::slice::from_raw_parts(lent.buf.get().cast::<u8>().offset(offset), layout.itemsize.max(0).cast_unsigned())
        };
        out.extend_from_slice(item);
    }
    Ok(out)
}
