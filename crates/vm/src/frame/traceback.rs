//! Traceback entries.

use super::{Frame, FrameObject, object_};
use builtins::traceback_::{self, Traceback};
use object::error::{self, base_of};
use object::{Borrowed, PyResult, RawField, Ref};

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
    match of_frame(base.traceback.load(), frame) {
        Ok(entry) => base.traceback.store(Some(entry)),
        Err(raised) => raised.clear(),
    }
}

fn of_frame(next: Option<Ref>, frame: &Frame) -> PyResult<Ref> {
    let index = frame.instruction_index();
    let next = next.and_then(|next| next.downcast::<Traceback>().ok());
    let frame = object_::get(frame)?;
    traceback_::new(next, frame.b(), i32::try_from(index * 2).unwrap_or(i32::MAX), traceback_::LINE_LATER).map(Ref::upcast)
}

/// The line of an instruction of a frame object's code: what a traceback asks for when somebody looks at it.
pub fn line_of_frame(frame: Borrowed<'_>, lasti: i32) -> Option<i32> {
    let frame = frame.downcast_exact::<FrameObject>()?;
    // SAFETY: a frame object points to a frame that is alive, its own in the end.
    let frame = unsafe { frame.frame.get().as_ref() }?;
    frame.code().line_of(usize::try_from(lasti).ok()? / 2)
}
