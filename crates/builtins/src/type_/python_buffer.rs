//! Buffers of classes with `__buffer__` and `__release_buffer__` (PEP 688).

use super::special;
use crate::memoryview::{self, MemoryView};
use abi::{Py_buffer, c_int};
use macros::{pyclass, pymethods};
use object::protocol::buffer::Buffer;
use object::value::int;
use object::{Borrowed, OptRef, PyResult, RawField, Status, TypeObject, core, error, id, memory, raise};

/// What keeps the memoryview of `__buffer__` alive while its buffer is in use, and knows whom to tell of the end.
#[pyclass(name = "_buffer_wrapper", gc, flags(DISALLOW_INSTANTIATION))]
pub struct BufferWrapper {
    head: abi::PyObject,
    view: OptRef,
    exporter: OptRef,
}

#[pymethods]
impl BufferWrapper {
    #[slot(bf_getbuffer)]
    fn getbuffer(slf: Borrowed<'_, Self>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
        match slf.view.get() {
            Some(memoryview) => fill(memoryview.b(), view, flags),
            None => Err(raise!(BufferError, "the buffer was released")),
        }
    }

    #[slot(bf_releasebuffer)]
    extern "C-unwind" fn releasebuffer(slf: Borrowed<'_>, view: *mut Py_buffer) {
        let slf = slf.self_as::<BufferWrapper>();
        let (Some(memoryview), Some(exporter)) = (slf.view.get(), slf.exporter.get()) else { return };
        if let Some(release) = memoryview.class().bf_releasebuffer() {
            release(memoryview.b(), view);
        }
        // A view of the exporter itself tells it of its end when it is released.
        let own = memoryview.b().downcast::<MemoryView>().is_some_and(|view| view.exporter() == exporter.ptr());
        if !own && exporter.class().bf_releasebuffer().is_some_and(is_python_release) {
            call_release_method(exporter.b(), memoryview.b());
        }
        slf.view.set(None);
        slf.exporter.set(None);
    }
}

fn is_python_release(function: object::slots::ReleaseBufferFn) -> bool {
    std::ptr::fn_addr_eq(function, super::slot_functions::bf_releasebuffer as object::slots::ReleaseBufferFn)
}

/// Calls `__release_buffer__`; whatever it raises nobody can handle.
fn call_release_method(exporter: Borrowed<'_>, memoryview: Borrowed<'_>) {
    error::preserving(|| {
        if let Err(raised) = special::call_if_any(exporter, id!("__release_buffer__"), &[memoryview]) {
            let message = format!("Exception ignored in __release_buffer__ of {}", exporter.class().tp_name());
            raised.unraisable(Some(&message), None);
        }
    });
}

fn fill(object: Borrowed<'_>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
    match object.class().bf_getbuffer() {
        Some(get) => get(object, view, flags).into(),
        None => Err(raise!(TypeError, "a bytes-like object is required, not '{}'", object.class().tp_name())),
    }
}

/// `bf_getbuffer` of such a class.
pub fn get(slf: Borrowed<'_>, view: *mut Py_buffer, flags: c_int) -> Status {
    let get = || -> PyResult<()> {
        let flags_object = int::new(i64::from(flags))?;
        let memoryview = special::call_method(slf, id!("__buffer__"), &[flags_object.b()])?;
        if !memoryview.class().is_type(&core::MEMORYVIEW) {
            return Err(raise!(TypeError, "__buffer__ returned non-memoryview object"));
        }
        fill(memoryview.b(), view, flags)?;
        let wrapper = memory::new_instance(
            <BufferWrapper as object::StaticType>::type_object(),
            BufferWrapper {
                head: <abi::PyObject as abi::CStruct>::ZERO,
                view: OptRef::new(Some(memoryview)),
                exporter: OptRef::new(Some(slf.to_ref())),
            },
        )?;
        // SAFETY: the caller's view was filled just now; the wrapper takes the exporter's place in it.
        unsafe {
            let old = (*view).obj.replace(wrapper.upcast().into_ptr());
            drop(object::Ref::<object::Object>::from_owned_or_null(old));
        }
        Ok(())
    };
    get().into()
}

/// `bf_releasebuffer` of such a class: `__release_buffer__`, then what a native base has to do for a buffer that it filled.
pub fn release(slf: Borrowed<'_>, view: *mut Py_buffer) {
    error::preserving(|| {
        // SAFETY: the description that the buffer is given back with; it is true until this function returns.
        let made = unsafe { memoryview::restricted(&*view, slf) };
        let memoryview = match made {
            Ok(memoryview) => memoryview,
            Err(raised) => {
                let message = format!("Exception ignored in bf_releasebuffer of {}", slf.class().tp_name());
                return raised.unraisable(Some(&message), None);
            }
        };
        call_release_method(slf, memoryview.b());
        if let Err(raised) = memoryview.call_method(id!("release"), &[]) {
            raised.unraisable(None, Some(memoryview.b()));
        }
    });
    let classes = super::tuple_items(slf.class().raw().tp_mro.load().as_ref());
    let behind = classes.iter().skip_while(|class| !class.is(&slf.class().borrowed().object())).skip(1);
    let base = behind
        .filter_map(|class| class.b().downcast::<TypeObject>())
        .find_map(|class| class.bf_releasebuffer().filter(|release| !is_python_release(*release)));
    if let Some(release) = base {
        release(slf, view);
    }
}

/// A memoryview of what `function` lends of `object` for these flags.
pub fn memoryview_of(object: Borrowed<'_>, function: object::slots::GetBufferFn, flags: c_int) -> PyResult {
    memoryview::from_buffer(Buffer::of(object, function, flags)?)
}

/// Releases a memoryview of `object`.
pub fn release_memoryview_of(object: Borrowed<'_>, view: Borrowed<'_>) -> PyResult<()> {
    let Some(memoryview) = view.downcast::<MemoryView>() else {
        return Err(raise!(TypeError, "expected a memoryview object"));
    };
    if memoryview.exporter().is_null() || memoryview.is_released() {
        return Err(raise!(ValueError, "memoryview's buffer has already been released"));
    }
    if memoryview.exporter() != object.ptr() {
        return Err(raise!(ValueError, "memoryview's buffer is not this object"));
    }
    view.call_method(id!("release"), &[]).map(drop)
}
