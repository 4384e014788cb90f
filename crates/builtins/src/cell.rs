//! Cells: what closures share variables through.

use abi::PyObject;
use macros::{pyclass, pymethods};
use object::value::str as text;
use object::{Borrowed, CompareOp, OptRef, PyResult, Ref, StaticType, core, memory, raise};

/// cell([contents])
/// --
///
/// Create a new cell object.
///
///   contents
///     the contents of the cell. If not specified, the cell will be empty,
///     and further attempts to access its cell_contents attribute will
///     raise a ValueError.
#[pyclass(name = "cell", cell = ::object::core::CELL, gc)]
pub struct Cell {
    head: PyObject,
    /// What the cell holds: read and written by the interpreter.
    pub contents: OptRef,
}

/// A cell that holds `contents`.
pub fn new(contents: Option<Ref>) -> PyResult<Ref> {
    let cell = Cell { head: <PyObject as abi::CStruct>::ZERO, contents: OptRef::new(contents) };
    memory::new_instance(Cell::type_object(), cell).map(Ref::upcast)
}

/// What a cell holds.
pub fn get(cell: Borrowed<'_>) -> Option<Ref> {
    cell.downcast_exact::<Cell>()?.contents.get()
}

/// Puts `value` into a cell; nothing happens to other objects.
pub fn set(cell: Borrowed<'_>, value: Option<Ref>) {
    if let Some(cell) = cell.downcast_exact::<Cell>() {
        cell.contents.set(value);
    }
}

#[pymethods]
impl Cell {
    #[slot(tp_new)]
    fn make(_class: Borrowed<'_, object::TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if kwargs.map_or(Ok(0), |kwargs| kwargs.len())? != 0 {
            return Err(raise!(TypeError, "cell() takes no keyword arguments"));
        }
        let items = object::value::tuple::items(args).unwrap_or_default();
        object::args::check_positional("cell", items.len(), 0, 1)?;
        new(items.first().map(|item| item.to_ref()))
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<Ref> {
        let at = slf.object().ptr();
        match slf.contents.get() {
            None => text::new(&format!("<cell at {at:p}: empty>")),
            Some(contents) => {
                text::new(&format!("<cell at {at:p}: {} object at {:p}>", contents.class().short_name(), contents.ptr()))
            }
        }
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: Borrowed<'_>, op: CompareOp) -> PyResult<Ref> {
        let Some(other) = other.downcast_exact::<Cell>() else { return Ok(core::not_implemented().to_ref()) };
        match (self.contents.get(), other.contents.get()) {
            (Some(a), Some(b)) => a.richcompare(b.b(), op),
            (a, b) => Ok(core::boolean(op.holds(a.is_some().cmp(&b.is_some()))).to_ref()),
        }
    }

    #[getter(name = "cell_contents")]
    fn get_contents(&self) -> PyResult<Ref> {
        self.contents.get().ok_or_else(|| raise!(ValueError, "cell is empty"))
    }

    #[setter(name = "cell_contents")]
    fn set_contents(&self, value: Option<Borrowed<'_>>) -> PyResult<()> {
        self.contents.set(value.map(Borrowed::to_ref));
        Ok(())
    }
}
