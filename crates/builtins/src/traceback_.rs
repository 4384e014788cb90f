//! Traceback objects: where an exception passed through, innermost last.

use abi::{Cell, PyObject};
use macros::{pyclass, pymethods};
use object::{Borrowed, IntoPy, OptRef, PyResult, Ref, StaticType, TypeObject, core, memory, raise};

/// Create a new traceback object.
#[pyclass(name = "traceback", cell = ::object::core::TRACEBACK, sig = "(tb_next, tb_frame, tb_lasti, tb_lineno)", gc)]
pub struct Traceback {
    head: PyObject,
    pub next: OptRef<Traceback>,
    #[member(name = "tb_frame", readonly)]
    pub frame: OptRef,
    #[member(T_INT, name = "tb_lasti", readonly)]
    pub lasti: Cell<i32>,
    /// [`LINE_LATER`]: to be found when somebody asks ([`Traceback::line`]).
    pub lineno: Cell<i32>,
}

const _: () = assert!(size_of::<Traceback>() == size_of::<abi::PyTracebackObject>());

/// The line is found in the code when it is asked for.
pub const LINE_LATER: i32 = -1;

impl Traceback {
    /// The line; -1 where there is none.
    pub fn line(&self) -> i32 {
        if self.lineno.get() != LINE_LATER {
            return self.lineno.get();
        }
        let frame = self.frame.get();
        let line =
            frame.and_then(|frame| object::hooks::vm().and_then(|hooks| (hooks.line_of_frame)(frame.b(), self.lasti.get())));
        self.lineno.set(line.unwrap_or(-1));
        self.lineno.get()
    }
}

/// An entry in front of `next`.
pub fn new(next: Option<Ref<Traceback>>, frame: Borrowed<'_>, lasti: i32, lineno: i32) -> PyResult<Ref<Traceback>> {
    let traceback = Traceback {
        head: <PyObject as abi::CStruct>::ZERO,
        next: OptRef::new(next),
        frame: OptRef::new(Some(frame.to_ref())),
        lasti: Cell::new(lasti),
        lineno: Cell::new(lineno),
    };
    memory::new_instance(Traceback::type_object(), traceback)
}

#[pymethods]
impl Traceback {
    #[slot(tp_new, "(tb_next, tb_frame, tb_lasti, tb_lineno)")]
    fn make(
        _class: Borrowed<'_, TypeObject>,
        tb_next: Borrowed<'_>,
        tb_frame: Borrowed<'_>,
        tb_lasti: i32,
        tb_lineno: i32,
    ) -> PyResult<Ref> {
        if !tb_frame.class().is_type(&core::FRAME) {
            return Err(raise!(TypeError, "traceback() argument 'tb_frame' must be frame, not {}", tb_frame.class().tp_name()));
        }
        new(next_of(tb_next)?, tb_frame, tb_lasti, tb_lineno).map(Ref::upcast)
    }

    #[getter(name = "tb_next")]
    fn get_next(&self) -> Ref {
        self.next.get().map_or_else(core::none_ref, Ref::upcast)
    }

    #[setter(name = "tb_next")]
    fn set_next(slf: Borrowed<'_, Self>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(TypeError, "can't delete tb_next attribute")) };
        let next = next_of(value)?;
        let mut current = next.clone();
        while let Some(entry) = current {
            if entry.ptr() == slf.object().ptr() {
                return Err(raise!(ValueError, "traceback loop detected"));
            }
            current = entry.next.get();
        }
        slf.next.set(next);
        Ok(())
    }

    #[getter(name = "tb_lineno")]
    fn get_lineno(&self) -> PyResult<Ref> {
        match self.line() {
            -1 => Ok(core::none_ref()),
            lineno => lineno.into_py(),
        }
    }

    #[method(name = "__dir__", text = None, "($self, /)")]
    fn dir(&self) -> PyResult<Ref> {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
        let names = names.into_iter().map(object::value::str::new).collect::<PyResult<Vec<Ref>>>()?;
        (object::hooks::get().list_new)(names)
    }
}

fn next_of(value: Borrowed<'_>) -> PyResult<Option<Ref<Traceback>>> {
    if value.is(&core::none()) {
        return Ok(None);
    }
    match value.downcast::<Traceback>() {
        Some(next) => Ok(Some(next.to_ref())),
        None => Err(raise!(TypeError, "expected traceback object, got '{}'", value.class().tp_name())),
    }
}
