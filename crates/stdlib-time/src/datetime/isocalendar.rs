//! What `isocalendar()` gives: a tuple whose items have names.

use builtins::tuple::Tuple;
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, Visit, core, error};

/// The result of date.isocalendar() or datetime.isocalendar()
///
/// This object may be accessed either as a tuple of
///   ((year, week, weekday))
/// or via the object attributes as named in the above tuple.
#[pyclass(
    name = "IsoCalendarDate",
    module = "datetime",
    base = Tuple,
    gc = manual,
    basicsize = std::mem::offset_of!(abi::PyTupleObject, ob_item),
    itemsize = 8
)]
pub struct IsoCalendarDate {
    tuple: Tuple,
}

impl IsoCalendarDate {
    /// The result for a day.
    pub fn of(year: i32, week: i32, weekday: i32) -> PyResult<Ref> {
        let items = [super::args::number(year)?, super::args::number(week)?, super::args::number(weekday)?];
        Self::make(Self::type_object(), tuple::from_array(items)?.b())
    }

    fn make(class: &TypeObject, items: Borrowed<'_>) -> PyResult<Ref> {
        let Some(new) = core::TUPLE.tp_new() else { return Err(error::bad_internal_call()) };
        new(class.borrowed_type(), tuple::from_slice(&[items])?.b(), None)
    }

    fn item(slf: Borrowed<'_>, index: usize) -> PyResult<Ref> {
        let item = tuple::items(slf).and_then(|items| items.get(index));
        item.map(|item| item.to_ref()).ok_or_else(error::bad_internal_call)
    }
}

#[pymethods]
impl IsoCalendarDate {
    #[slot(tp_new, "(year, week, weekday)")]
    fn new(class: Borrowed<'_, TypeObject>, year: i32, week: i32, weekday: i32) -> PyResult<Ref> {
        let items = [super::args::number(year)?, super::args::number(week)?, super::args::number(weekday)?];
        Self::make(&class, tuple::from_array(items)?.b())
    }

    #[slot(tp_traverse)]
    fn traverse(slf: Borrowed<'_>, visit: &mut Visit<'_>) {
        tuple::items(slf).unwrap_or_default().iter().for_each(|item| visit.object(*item));
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_>) -> PyResult<String> {
        let part = |index| Self::item(slf, index).and_then(|item| item.str_text());
        Ok(format!("{}(year={}, week={}, weekday={})", slf.class().tp_name(), part(0)?, part(1)?, part(2)?))
    }

    #[getter]
    fn year(slf: Borrowed<'_>) -> PyResult<Ref> {
        Self::item(slf, 0)
    }

    #[getter]
    fn week(slf: Borrowed<'_>) -> PyResult<Ref> {
        Self::item(slf, 1)
    }

    #[getter]
    fn weekday(slf: Borrowed<'_>) -> PyResult<Ref> {
        Self::item(slf, 2)
    }

    #[method("($self, /)")]
    fn __reduce__(slf: Borrowed<'_>) -> PyResult<Ref> {
        let plain = tuple::from_slice(tuple::items(slf).unwrap_or_default())?;
        tuple::from_array([core::TUPLE.to_ref(), tuple::from_array([plain])?])
    }
}
