//! How views are made: of exporters, of memory that C lends, of other views.

use super::walk::{Order, Walk};
use super::{Managed, MemoryView, flag};
use abi::{CStruct, Py_buffer, PyVarObject, c_int, pybuf};
use object::protocol::buffer::Buffer;
use object::{Borrowed, PyResult, Ref, StaticType, core, gc, memory, raise};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::ffi::{CStr, CString};

/// The most dimensions that a view may have (`PyBUF_MAX_NDIM`).
pub(super) const MAX_NDIM: usize = 64;

/// What a new view says of the memory; arrays of one length.
pub(super) struct Shape {
    pub start: *mut u8,
    pub len: isize,
    pub itemsize: isize,
    pub readonly: bool,
    /// A C string that outlives the view: of the exporter, or static.
    pub format: *const abi::c_char,
    pub shape: SmallVec<[isize; 3]>,
    pub strides: SmallVec<[isize; 3]>,
    pub suboffsets: Option<SmallVec<[isize; 3]>>,
}

impl Shape {
    /// What a description says. A missing format is that of unsigned bytes.
    pub(super) fn of(lent: &Py_buffer) -> PyResult<Shape> {
        let ndim = usize::try_from(lent.ndim.get()).unwrap_or(0);
        if ndim > MAX_NDIM {
            return Err(raise!(ValueError, "memoryview: number of dimensions must not exceed {MAX_NDIM}"));
        }
        // SAFETY: a description has an array of `ndim` numbers where its pointer is not NULL.
        let read = |array: *mut isize| {
            (ndim > 0 && !array.is_null()).then(|| SmallVec::from_slice(unsafe { std::slice::from_raw_parts(array, ndim) }))
        };
        let itemsize = lent.itemsize.get();
        let flat = || SmallVec::from_elem(lent.len.get().checked_div(itemsize).unwrap_or(0), ndim);
        let shape: SmallVec<[isize; 3]> = read(lent.shape.get()).unwrap_or_else(flat);
        let strides = read(lent.strides.get()).unwrap_or_else(|| super::walk::contiguous_strides(&shape, itemsize, Order::C));
        let format = lent.format.get().cast_const();
        Ok(Shape {
            start: lent.buf.get().cast(),
            len: lent.len.get(),
            itemsize,
            readonly: lent.readonly.get() != 0,
            format: if format.is_null() { c"B".as_ptr() } else { format },
            shape,
            strides,
            suboffsets: read(lent.suboffsets.get()),
        })
    }

    /// Flat, contiguous items.
    pub(super) fn flat(start: *mut u8, len: isize, format: &'static CStr, itemsize: isize, readonly: bool) -> Shape {
        Shape {
            start,
            len,
            itemsize,
            readonly,
            format: format.as_ptr(),
            shape: SmallVec::from_elem(len.checked_div(itemsize).unwrap_or(0), 1),
            strides: SmallVec::from_elem(itemsize, 1),
            suboffsets: None,
        }
    }
}

fn managed(buffer: Option<Buffer>, format: Option<CString>) -> PyResult<Ref<Managed>> {
    let head = <abi::PyObject as CStruct>::ZERO;
    memory::new_instance(Managed::type_object(), Managed { head, buffer: RefCell::new(buffer), format })
}

/// A view of the whole memory of `object`.
pub fn from_object(object: Borrowed<'_>) -> PyResult<Ref> {
    from_flags(object, pybuf::FULL_RO)
}

/// A view of what `object` lends for these flags; of a view, another one just like it.
pub fn from_flags(object: Borrowed<'_>, flags: c_int) -> PyResult<Ref> {
    if let Some(view) = object.downcast::<MemoryView>() {
        view.check_derivable()?;
        return view.derived(Shape::of(&view.view)?).map(Ref::upcast);
    }
    if !object.has_buffer() {
        let name = object.class().tp_name();
        return Err(raise!(TypeError, "memoryview: a bytes-like object is required, not '{name}'"));
    }
    from_buffer(Buffer::get(object, flags)?)
}

/// A view of a buffer, which it gives back with its last relative.
pub fn from_buffer(buffer: Buffer) -> PyResult<Ref> {
    let shape = Shape::of(buffer.view())?;
    let exporter = buffer.view().obj.get();
    let managed = managed(Some(buffer), None)?;
    let view = make(managed, shape)?;
    view.view.obj.set(exporter);
    Ok(view.upcast())
}

/// The memory of a contiguous view, in either order of its dimensions, as a view of flat bytes.
pub fn flatten(view: Borrowed<'_>) -> PyResult<Ref> {
    let Some(view) = view.downcast::<MemoryView>() else { return Err(object::error::bad_internal_call()) };
    view.check_derivable()?;
    if !view.is_c_contiguous() && !view.is_f_contiguous() {
        return Err(raise!(BufferError, "memoryview: underlying buffer is not contiguous"));
    }
    view.derived(Shape::flat(view.start(), view.view.len.get(), c"B", 1, view.is_readonly())).map(Ref::upcast)
}

/// A view of `len` bytes that somebody else keeps in place: for native code that lends memory for the time of a call.
///
/// # Safety
/// The bytes stay in place until the view is released.
pub unsafe fn from_memory(start: *mut u8, len: usize, readonly: bool) -> PyResult<Ref> {
    make(managed(None, None)?, Shape::flat(start, len.cast_signed(), c"B", 1, readonly)).map(Ref::upcast)
}

/// A view of memory that a description tells of, and that somebody else keeps in place.
///
/// # Safety
/// What the description says is true until the view is released.
pub unsafe fn from_view(lent: &Py_buffer) -> PyResult<Ref> {
    make(managed(None, None)?, Shape::of(lent)?).map(Ref::upcast)
}

/// As [`from_view`], for the time of a call of `__release_buffer__`: no further view can be made of it.
///
/// # Safety
/// As [`from_view`].
pub(crate) unsafe fn restricted(lent: &Py_buffer, exporter: Borrowed<'_>) -> PyResult<Ref> {
    let view = make(managed(None, None)?, Shape::of(lent)?)?;
    view.view.obj.set(exporter.ptr());
    view.flags.set(view.flags.get() | flag::RESTRICTED);
    Ok(view.upcast())
}

/// A view of a contiguous copy of `view`'s items, with its format and shape (`memory_from_contiguous_copy`).
pub fn contiguous_copy(view: Borrowed<'_>, order: Order) -> PyResult<Ref> {
    let Some(view) = view.downcast::<MemoryView>() else { return Err(object::error::bad_internal_call()) };
    view.check_released()?;
    let copy = object::value::bytes::new(&Walk::new(&view.view).gather(order)?)?;
    let buffer = Buffer::get(copy.b(), pybuf::FULL_RO)?;
    let mut shape = Shape::of(&view.view)?;
    shape.start = buffer.view().buf.get().cast();
    shape.readonly = true;
    shape.strides = super::walk::contiguous_strides(&shape.shape, shape.itemsize, order);
    shape.suboffsets = None;
    let managed = managed(Some(buffer), Some(view.format_text().to_owned()))?;
    if let Some(format) = &managed.format {
        shape.format = format.as_ptr();
    }
    let made = make(managed, shape)?;
    made.view.obj.set(copy.ptr());
    Ok(made.upcast())
}

fn make(managed: Ref<Managed>, shape: Shape) -> PyResult<Ref<MemoryView>> {
    let ndim = shape.shape.len();
    let object = memory::alloc_instance(&core::MEMORYVIEW, 3 * ndim)?;
    // SAFETY: a fresh object, zeroed, with room for three arrays of `ndim` numbers behind its struct, all of whose fields may be zero. It is
    // tracked when it is complete.
    unsafe {
        let arrays = object.as_ptr().cast::<u8>().add(size_of::<MemoryView>()).cast::<isize>();
        let fill = |at: usize, numbers: &[isize]| {
            let array = arrays.add(at * ndim);
            array.copy_from_nonoverlapping(numbers.as_ptr(), numbers.len().min(ndim));
            if ndim == 0 { std::ptr::null_mut() } else { array }
        };
        (*object.as_ptr().cast::<PyVarObject>()).ob_size.set((3 * ndim).cast_signed());
        let this = &*object.as_ptr().cast::<MemoryView>();
        this.hash.set(-1);
        let view = &this.view;
        view.buf.set(shape.start.cast());
        view.len.set(shape.len);
        view.itemsize.set(shape.itemsize);
        view.readonly.set(c_int::from(shape.readonly));
        view.ndim.set(c_int::try_from(ndim).unwrap_or(0));
        view.format.set(shape.format.cast_mut());
        view.shape.set(fill(0, &shape.shape));
        view.strides.set(fill(1, &shape.strides));
        if let Some(suboffsets) = &shape.suboffsets {
            view.suboffsets.set(fill(2, suboffsets));
        }
        this.set_flags();
        this.managed.set(Some(managed));
        gc::track(object.as_ptr());
        Ok(Ref::from_owned_ptr(object))
    }
}

impl MemoryView {
    /// Another view of the same buffer.
    pub(super) fn derived(&self, shape: Shape) -> PyResult<Ref<MemoryView>> {
        self.derived_of(self.managed.get(), self.view.obj.get(), shape)
    }

    /// As [`MemoryView::derived`], with what this view knew of its buffer before it was released.
    pub(super) fn derived_of(
        &self,
        managed: Option<Ref<Managed>>,
        exporter: *mut abi::PyObject,
        shape: Shape,
    ) -> PyResult<Ref<MemoryView>> {
        let Some(managed) = managed else { return Err(super::released()) };
        let made = make(managed, shape)?;
        made.view.obj.set(exporter);
        Ok(made)
    }

    /// Notes what the shape says of contiguity.
    fn set_flags(&self) {
        let walk = Walk::new(&self.view);
        let mut flags = 0;
        if self.view.suboffsets.get().is_null() {
            flags |= if walk.is_contiguous(Order::C) { flag::C } else { 0 };
            flags |= if walk.is_contiguous(Order::Fortran) { flag::FORTRAN } else { 0 };
        } else {
            flags |= flag::PIL;
        }
        self.flags.set(if walk.ndim() == 0 { flags | flag::SCALAR } else { flags });
    }
}
