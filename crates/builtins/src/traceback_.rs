//! Traceback objects: the entries of an exception's way up.

use macros::{pyclass, pymethods};
use object::value::{str as text, tuple};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, hooks, id, memory, raise};
use std::cell::Cell;

/// Create a new traceback object.
#[pyclass(
    name = "traceback",
    module = "types",
    cell = ::object::core::TRACEBACK,
    sig = "(tb_next, tb_frame, tb_lasti, tb_lineno)",
    gc
)]
pub struct Traceback {
    header: abi::PyObject,
    next: OptRef,
    #[member(name = "tb_frame", readonly)]
    frame: OptRef,
    #[member(T_INT, name = "tb_lasti", readonly)]
    lasti: Cell<i32>,
    /// -1: to be computed from the frame's code.
    lineno: Cell<i32>,
}

const _: () = assert!(size_of::<Traceback>() == size_of::<abi::PyTracebackObject>());

/// A traceback argument: None for the end.
fn next_argument(value: Borrowed<'_>, what: &str) -> PyResult<Option<Ref>> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    if value.class().is_type(&core::TRACEBACK) {
        return Ok(Some(value.to_ref()));
    }
    Err(raise!(TypeError, "expected traceback object{what}, got '{}'", value.class().short_name()))
}

#[pymethods]
impl Traceback {
    #[slot(tp_new, "(tb_next, tb_frame, tb_lasti, tb_lineno)")]
    fn new(
        class: Borrowed<'_, TypeObject>,
        tb_next: Borrowed<'_>,
        tb_frame: Borrowed<'_>,
        tb_lasti: i32,
        tb_lineno: i32,
    ) -> PyResult<Ref> {
        let _ = class;
        let next = next_argument(tb_next, " or None")?;
        if !tb_frame.class().is_type(&core::FRAME) {
            let found = tb_frame.class().short_name();
            return Err(raise!(TypeError, "traceback() argument 'tb_frame' must be frame, not {found}"));
        }
        let value = Traceback {
            header: <abi::PyObject as abi::CStruct>::ZERO,
            next: OptRef::new(next),
            frame: OptRef::new(Some(tb_frame.to_ref())),
            lasti: Cell::new(tb_lasti),
            lineno: Cell::new(tb_lineno),
        };
        Ok(memory::new_instance(Self::type_object(), value)?.upcast())
    }

    #[method(name = "__dir__", text = None, "($self, /)")]
    fn dir(&self) -> PyResult<Ref> {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
        (hooks::get().list_new)(names.iter().map(|name| text::new(name)).collect::<PyResult<Vec<_>>>()?)
    }

    #[getter(name = "tb_next")]
    fn get_next(&self) -> Option<Ref> {
        self.next.get()
    }

    #[setter(name = "tb_next")]
    fn set_next(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(TypeError, "can't delete tb_next attribute")) };
        let next = next_argument(value, "")?;
        let mut current = next.clone();
        while let Some(entry) = current {
            if entry.is(&slf.object()) {
                return Err(raise!(ValueError, "traceback loop detected"));
            }
            current = entry.b().self_as::<Traceback>().next.get();
        }
        slf.next.set(next);
        Ok(())
    }

    #[getter(name = "tb_lineno")]
    fn get_lineno(&self) -> PyResult<Option<i32>> {
        match self.lineno.get() {
            -1 => self.line_from_code(),
            line => Ok(Some(line)),
        }
    }
}

impl Traceback {
    /// The line of the instruction, from the code's own table.
    fn line_from_code(&self) -> PyResult<Option<i32>> {
        let Some(frame) = self.frame.get() else { return Ok(None) };
        let index = usize::try_from(self.lasti.get() / 2).unwrap_or(0);
        let positions = frame.getattr(id!("f_code"))?.call_method(id!("co_positions"), &[])?;
        let mut at = 0;
        while let Some(position) = positions.next()? {
            if at == index {
                let first = tuple::items(position.b()).and_then(<[_]>::first).map(|line| line.to_ref());
                return match first.filter(|line| !line.is(&core::none())) {
                    Some(line) => Ok(Some(i32::try_from(line.as_i64()?).unwrap_or(-1))),
                    None => Ok(None),
                };
            }
            at += 1;
        }
        Ok(None)
    }
}
