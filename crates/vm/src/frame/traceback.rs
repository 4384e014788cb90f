//! Traceback entries.

use super::{Frame, object_};
use abi::PyTracebackObject;
use object::error::{self, base_of};
use object::{Borrowed, PyResult, RawField, Ref, core, gc, memory};

/// Adds an entry for the frame's instruction to the exception that is set.
#[cold]
pub fn here(frame: &Frame) {
    let Some(exception) = error::take() else { return };
    add(exception.b(), frame);
    let _raised = error::restore(exception);
}

/// Adds an entry for the frame's instruction to an exception. Without memory there is none.
pub fn add(exception: Borrowed<'_>, frame: &Frame) {
    let base = base_of(exception);
    match new(base.traceback.load(), frame) {
        Ok(entry) => base.traceback.store(Some(entry)),
        Err(raised) => raised.clear(),
    }
}

fn new(next: Option<Ref>, frame: &Frame) -> PyResult<Ref> {
    let index = frame.instruction_index();
    let line = frame.code().line_of(index).unwrap_or(-1);
    let frame_object = object_::get(frame)?;
    let entry = memory::alloc_instance(&core::TRACEBACK, 0)?;
    // SAFETY: fresh, zeroed memory of a traceback.
    unsafe {
        let raw = &*entry.as_ptr().cast::<PyTracebackObject>();
        raw.tb_next.set(next.map_or(std::ptr::null_mut(), Ref::into_ptr).cast());
        raw.tb_frame.set(frame_object.into_ptr().cast());
        raw.tb_lasti.set(i32::try_from(index * 2).unwrap_or(i32::MAX));
        raw.tb_lineno.set(line);
        gc::track(entry.as_ptr());
        Ok(Ref::from_owned_ptr(entry))
    }
}
