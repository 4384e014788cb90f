//! `memoryview`: a typed, sliceable look at another object's memory (CPython's `memoryobject.c`).
//!
//! All views made of one buffer share a [`Managed`], which gives the buffer back when the last of them is released. A view's own shape,
//! strides and suboffsets stand behind its struct and never change; its format is a C string of the exporter, or a static one.

mod compare;
mod element;
mod iter;
mod make;
mod methods;
mod sequence;
pub mod walk;

use abi::{Cell, Py_buffer, c_int, pybuf};
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::{Borrowed, OptRef, PyResult, Raised, Ref, raise};
use std::cell::RefCell;
use std::ffi::{CStr, CString};

pub use iter::MemoryIterator;
pub(crate) use make::restricted;
pub use make::{contiguous_copy, flatten, from_buffer, from_flags, from_memory, from_object, from_view};

/// The buffer that views share.
#[pyclass(name = "managedbuffer", flags(DISALLOW_INSTANTIATION), gc = manual)]
pub struct Managed {
    head: abi::PyObject,
    buffer: RefCell<Option<Buffer>>,
    /// The format of the views, where no exporter keeps it.
    format: Option<CString>,
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

/// What a view knows of itself (`_Py_MEMORYVIEW_*`).
mod flag {
    pub const C: i32 = 2;
    pub const FORTRAN: i32 = 4;
    pub const SCALAR: i32 = 8;
    /// It has suboffsets.
    pub const PIL: i32 = 0x10;
    /// No view may be made of it: its memory goes away when the call that it was made for ends.
    pub const RESTRICTED: i32 = 0x20;
}

/// Create a new memoryview object which references the given object.
#[pyclass(
    name = "memoryview",
    cell = object::core::MEMORYVIEW,
    sig = "(object)",
    flags(SEQUENCE),
    weaklist = weakrefs,
    parts(MAIN, SEQUENCE, COMPARE, METHODS),
    itemsize = isize,
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
}

#[cold]
fn released() -> Raised {
    raise!(ValueError, "operation forbidden on released memoryview object")
}

impl MemoryView {
    /// ValueError once the view is released.
    fn check_released(&self) -> PyResult<()> {
        if self.managed.is_none() { Err(released()) } else { Ok(()) }
    }

    /// ValueError where no other view may be made of this one.
    fn check_derivable(&self) -> PyResult<()> {
        self.check_released()?;
        if self.flags.get() & flag::RESTRICTED != 0 {
            return Err(raise!(ValueError, "cannot create new view on restricted memoryview"));
        }
        Ok(())
    }

    fn start(&self) -> *mut u8 {
        self.view.buf.get().cast()
    }

    fn is_readonly(&self) -> bool {
        self.view.readonly.get() != 0
    }

    fn is_c_contiguous(&self) -> bool {
        self.flags.get() & (flag::C | flag::SCALAR) != 0
    }

    fn is_f_contiguous(&self) -> bool {
        self.flags.get() & (flag::FORTRAN | flag::SCALAR) != 0
    }

    fn dimensions(&self) -> usize {
        usize::try_from(self.view.ndim.get()).unwrap_or(0)
    }

    /// The numbers of one of the view's arrays; none where it has no such array.
    fn numbers(&self, array: *mut isize) -> &[isize] {
        if array.is_null() {
            return &[];
        }
        // SAFETY: the view's own arrays have `ndim` numbers, which never change.
        unsafe { std::slice::from_raw_parts(array, self.dimensions()) }
    }

    fn lengths(&self) -> &[isize] {
        self.numbers(self.view.shape.get())
    }

    fn steps(&self) -> &[isize] {
        self.numbers(self.view.strides.get())
    }

    fn indirections(&self) -> &[isize] {
        self.numbers(self.view.suboffsets.get())
    }

    /// The format. Only for a view that is not released.
    fn format_text(&self) -> &CStr {
        // SAFETY: a view has a format that the exporter, or the program, keeps.
        unsafe { CStr::from_ptr(self.view.format.get()) }
    }

    /// All bytes in C order.
    fn gathered(&self) -> PyResult<Vec<u8>> {
        walk::Walk::new(&self.view).gather(walk::Order::C)
    }

    /// Gives the buffer back; BufferError while views of this view are lent.
    fn release_view(&self) -> PyResult<()> {
        if self.managed.is_none() {
            return Ok(());
        }
        let count = self.exports.get();
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            return Err(raise!(BufferError, "memoryview has {count} exported buffer{plural}"));
        }
        self.view.obj.set(std::ptr::null_mut());
        self.managed.set(None);
        Ok(())
    }

    /// Asks whoever looks after the exporter for the object; null where there is none.
    pub(crate) fn exporter(&self) -> *mut abi::PyObject {
        self.view.obj.get()
    }

    /// Whether the view is released.
    pub(crate) fn is_released(&self) -> bool {
        self.managed.is_none()
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
            self.view.obj.set(std::ptr::null_mut());
            self.managed.set(None);
        }
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(slf: Borrowed<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        slf.check_derivable()?;
        slf.check_request(flags)?;
        let asks = |flag: i32| flags & flag == flag;
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
        target.suboffsets.set(own.suboffsets.get());
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

/// Keeps a view from being released while code of Python runs that could do it.
struct Held<'a>(&'a MemoryView);

impl MemoryView {
    fn hold(&self) -> Held<'_> {
        self.exports.set(self.exports.get() + 1);
        Held(self)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.exports.set(self.0.exports.get() - 1);
    }
}

impl MemoryView {
    /// BufferError where the memory does not lie as the flags ask for.
    fn check_request(&self, flags: c_int) -> PyResult<()> {
        let asks = |flag: i32| flags & flag == flag;
        if asks(pybuf::WRITABLE) && self.is_readonly() {
            return Err(raise!(BufferError, "memoryview: underlying buffer is not writable"));
        }
        let (c, fortran) = (self.is_c_contiguous(), self.is_f_contiguous());
        if asks(pybuf::C_CONTIGUOUS) && !c {
            return Err(raise!(BufferError, "memoryview: underlying buffer is not C-contiguous"));
        }
        if asks(pybuf::F_CONTIGUOUS) && !fortran {
            return Err(raise!(BufferError, "memoryview: underlying buffer is not Fortran contiguous"));
        }
        if asks(pybuf::ANY_CONTIGUOUS) && !c && !fortran {
            return Err(raise!(BufferError, "memoryview: underlying buffer is not contiguous"));
        }
        if !asks(pybuf::INDIRECT) && self.flags.get() & flag::PIL != 0 {
            return Err(raise!(BufferError, "memoryview: underlying buffer requires suboffsets"));
        }
        if !asks(pybuf::STRIDES) && !c {
            return Err(raise!(BufferError, "memoryview: underlying buffer is not C-contiguous"));
        }
        if !asks(pybuf::ND) && asks(pybuf::FORMAT) {
            return Err(raise!(BufferError, "memoryview: cannot cast to unsigned bytes if the format flag is present"));
        }
        Ok(())
    }
}

/// The bytes of a buffer in C order, gathered along its strides where it is not contiguous.
pub fn contiguous_bytes(buffer: &Buffer) -> PyResult<Vec<u8>> {
    walk::Walk::new(buffer.view()).gather(walk::Order::C)
}
