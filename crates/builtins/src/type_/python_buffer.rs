//! Buffers of classes with `__buffer__` and `__release_buffer__` (PEP 688).

use super::special;
use abi::{Py_buffer, c_int};
use macros::{pyclass, pymethods};
use object::value::int;
use object::{Borrowed, OptRef, PyResult, Status, core, error, id, memory, raise};

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
        let Some(memoryview) = slf.view.get() else { return };
        if let Some(release) = memoryview.class().bf_releasebuffer() {
            release(memoryview.b(), view);
        }
        error::preserving(|| {
            if let Some(exporter) = slf.exporter.get()
                && let Err(raised) = special::call_if_any(exporter.b(), id!("__release_buffer__"), &[memoryview.b()])
            {
                raised.unraisable(None, Some(exporter.b()));
            }
            if let Err(raised) = memoryview.call_method(id!("release"), &[]) {
                raised.unraisable(None, Some(memoryview.b()));
            }
        });
        slf.exporter.set(None);
        slf.view.set(None);
    }
}

fn fill(object: Borrowed<'_>, view: *mut Py_buffer, flags: c_int) -> PyResult<()> {
    match object.class().bf_getbuffer() {
        Some(get) => get(object, view, flags).into(),
        None => Err(raise!(TypeError, "a bytes-like object is required, not '{}'", object.class().short_name())),
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
        let has_release = super::lookup(slf.class(), id!("__release_buffer__")).is_some();
        let wrapper = memory::new_instance(
            <BufferWrapper as object::StaticType>::type_object(),
            BufferWrapper {
                head: <abi::PyObject as abi::CStruct>::ZERO,
                view: OptRef::new(Some(memoryview)),
                exporter: OptRef::new(has_release.then(|| slf.to_ref())),
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

/// `bf_releasebuffer` of such a class: for buffers that a native base filled.
pub fn release(slf: Borrowed<'_>, view: *mut Py_buffer) {
    let base = std::iter::successors(slf.class().base(), |class| class.base()).find_map(|class| {
        class.bf_releasebuffer().filter(|release| {
            !std::ptr::fn_addr_eq(*release, super::slot_functions::bf_releasebuffer as object::slots::ReleaseBufferFn)
        })
    });
    error::preserving(|| {
        if let Ok(memoryview) = memoryview_of(slf, abi::pybuf::FULL_RO).map_err(|raised| raised.clear()) {
            if let Err(raised) = special::call_if_any(slf, id!("__release_buffer__"), &[memoryview.b()]) {
                raised.unraisable(None, Some(slf));
            }
            if let Err(raised) = memoryview.call_method(id!("release"), &[]) {
                raised.unraisable(None, Some(memoryview.b()));
            }
        }
    });
    if let Some(release) = base {
        release(slf, view);
    }
}

/// `memoryview._from_flags(object, flags)`.
pub fn memoryview_of(object: Borrowed<'_>, flags: c_int) -> PyResult {
    let flags = int::new(i64::from(flags))?;
    core::MEMORYVIEW.borrowed().call_method(id!("_from_flags"), &[object, flags.b()])
}

/// Releases a memoryview of `object`.
pub fn release_memoryview_of(_object: Borrowed<'_>, view: Borrowed<'_>) -> PyResult<()> {
    if !view.class().is_type(&core::MEMORYVIEW) {
        return Err(raise!(TypeError, "expected a memoryview object"));
    }
    view.call_method(id!("release"), &[]).map(drop)
}
