//! Attributes and methods of code objects.

use super::Code;
use bytecode::flags::{CO_FAST_CELL, CO_FAST_FREE, CO_FAST_LOCAL};
use macros::pymethods;
use object::{OptRef, PyResult, Ref};

fn field(field: &OptRef) -> Option<Ref> {
    field.get()
}

#[pymethods]
impl Code {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let line = if self.firstlineno.get() != 0 { self.firstlineno.get() } else { -1 };
        let text = object::value::str::to_string_lossy;
        Ok(format!(
            "<code object {} at {:#x}, file \"{}\", line {line}>",
            text(self.name_object()),
            std::ptr::from_ref(self).addr(),
            text(self.filename_object())
        ))
    }

    #[getter]
    fn co_argcount(&self) -> i32 {
        self.argcount.get()
    }
    #[getter]
    fn co_posonlyargcount(&self) -> i32 {
        self.posonlyargcount.get()
    }
    #[getter]
    fn co_kwonlyargcount(&self) -> i32 {
        self.kwonlyargcount.get()
    }
    #[getter]
    fn co_stacksize(&self) -> i32 {
        self.stacksize.get()
    }
    #[getter]
    fn co_flags(&self) -> i32 {
        self.flags.get()
    }
    #[getter]
    fn co_names(&self) -> Option<Ref> {
        field(&self.names)
    }
    #[getter]
    fn co_filename(&self) -> Option<Ref> {
        field(&self.filename)
    }
    #[getter]
    fn co_name(&self) -> Option<Ref> {
        field(&self.name)
    }
    #[getter]
    fn co_qualname(&self) -> Option<Ref> {
        field(&self.qualname)
    }
    #[getter]
    fn co_firstlineno(&self) -> i32 {
        self.firstlineno.get()
    }
    #[getter]
    fn co_linetable(&self) -> Option<Ref> {
        field(&self.linetable)
    }
    #[getter]
    fn co_exceptiontable(&self) -> Option<Ref> {
        field(&self.exceptiontable)
    }
    #[getter]
    fn co_consts(&self) -> Option<Ref> {
        field(&self.consts)
    }
    #[getter]
    fn co_code(&self) -> Option<Ref> {
        field(&self.code)
    }
    #[getter]
    fn co_nlocals(&self) -> i32 {
        self.nlocals.get()
    }
    #[getter]
    fn co_varnames(&self) -> PyResult<Ref> {
        self.names_of_kind(CO_FAST_LOCAL)
    }
    #[getter]
    fn co_cellvars(&self) -> PyResult<Ref> {
        self.names_of_kind(CO_FAST_CELL)
    }
    #[getter]
    fn co_freevars(&self) -> PyResult<Ref> {
        self.names_of_kind(CO_FAST_FREE)
    }
}
