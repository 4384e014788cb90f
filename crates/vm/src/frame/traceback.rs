//! Traceback objects.

use super::{Frame, FrameObject, object_};
use macros::{pyclass, pymethods};
use object::error::{self, base_of};
use object::{Borrowed, OptRef, PyResult, RawField, Ref, StaticType, TypeObject, core, raise};
use std::cell::Cell;
use std::mem::offset_of;

/// Create a new traceback object.
#[pyclass(name = "traceback", cell = object::core::TRACEBACK, sig = "(tb_next, tb_frame, tb_lasti, tb_lineno)", gc)]
pub struct Traceback {
    header: abi::PyObject,
    next: OptRef,
    frame: OptRef,
    lasti: Cell<i32>,
    lineno: Cell<i32>,
}

const _: () = assert!(offset_of!(Traceback, lineno) == offset_of!(abi::PyTracebackObject, tb_lineno));

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
    let line = frame.code().line_of(index).unwrap_or(-1);
    new(next, object_::get(frame)?, i32::try_from(index * 2).unwrap_or(i32::MAX), line)
}

fn new(next: Option<Ref>, frame: Ref, lasti: i32, lineno: i32) -> PyResult<Ref> {
    let header = <abi::PyObject as abi::CStruct>::ZERO;
    let (next, frame) = (OptRef::new(next), OptRef::new(Some(frame)));
    let entry = Traceback { header, next, frame, lasti: Cell::new(lasti), lineno: Cell::new(lineno) };
    object::memory::new_instance(Traceback::type_object(), entry).map(Ref::upcast)
}

#[pymethods]
impl Traceback {
    #[slot(tp_new, "(tb_next, tb_frame, tb_lasti, tb_lineno)")]
    fn new_traceback(
        _class: Borrowed<'_, TypeObject>,
        tb_next: Borrowed<'_>,
        tb_frame: Borrowed<'_, FrameObject>,
        tb_lasti: i32,
        tb_lineno: i32,
    ) -> PyResult<Ref> {
        let next = match tb_next.downcast::<Traceback>() {
            Some(next) => Some(next.to_ref().upcast()),
            None if tb_next.is(&core::none()) => None,
            None => {
                return Err(raise!(
                    TypeError,
                    "expected traceback object or None, got '{}'",
                    tb_next.class().short_name()
                ));
            }
        };
        new(next, tb_frame.to_ref().upcast(), tb_lasti, tb_lineno)
    }

    #[method("($self, /)", text = None)]
    fn __dir__(&self) -> PyResult<Ref> {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
        crate::support::list_new(names.iter().map(|name| object::value::str::new(name)).collect::<PyResult<Vec<_>>>()?)
    }

    #[getter]
    fn tb_frame(&self) -> Option<Ref> {
        self.frame.get()
    }

    #[getter]
    fn tb_lasti(&self) -> i32 {
        self.lasti.get()
    }

    #[getter]
    fn tb_lineno(&self) -> Option<i32> {
        (self.lineno.get() != -1).then(|| self.lineno.get())
    }

    #[getter]
    fn tb_next(&self) -> Option<Ref> {
        self.next.get()
    }

    #[setter]
    fn set_tb_next(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let next = match value {
            None => return Err(raise!(TypeError, "can't delete tb_next attribute")),
            Some(value) if value.is(&core::none()) => None,
            Some(value) => match value.downcast::<Traceback>() {
                Some(next) => Some(next.to_ref()),
                None => {
                    return Err(raise!(
                        TypeError,
                        "expected traceback object, got '{}'",
                        value.class().short_name()
                    ));
                }
            },
        };
        let mut cursor = next.clone();
        while let Some(entry) = cursor {
            if std::ptr::eq(entry.ptr(), slf.ptr()) {
                return Err(raise!(ValueError, "traceback loop detected"));
            }
            cursor = entry.next.get().and_then(|entry| entry.downcast::<Traceback>().ok());
        }
        slf.next.set(next.map(Ref::upcast));
        Ok(())
    }
}
