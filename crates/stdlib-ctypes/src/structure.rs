//! `Structure` and `Union`: instances with fields.

use crate::data::{self, CData};
use crate::info::Holder;
use builtins::dict::Dict;
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, PyResult, RawField, Ref, TypeObject, id, raise, recursion};

#[pyclass(name = "Structure", module = "_ctypes", base = CData, flags(BASETYPE), gc)]
/// Structure base class
pub struct Structure {
    #[trace]
    data: CData,
}

#[pyclass(name = "Union", module = "_ctypes", base = CData, flags(BASETYPE), gc)]
/// Union base class
pub struct Union {
    #[trace]
    data: CData,
}

/// Sets the fields of the bases and then of the class from positional arguments. Returns how many were used.
fn set_positional(
    object: Borrowed<'_>,
    class: &TypeObject,
    args: &[Borrowed<'_>],
    kwargs: Option<Borrowed<'_>>,
    start: usize,
) -> PyResult<usize> {
    recursion::check(" while initialising a structure")?;
    let mut start = start;
    if let Some(base) = class.base().filter(|base| Holder::of_type(base).is_some()) {
        start = set_positional(object, base, args, kwargs, start)?;
    }
    let Some(info) = Holder::of_type(class) else { return Ok(start) };
    let dict = class.raw().tp_dict.load();
    let fields = match dict.as_ref().and_then(|dict| dict.b().downcast::<Dict>()) {
        Some(dict) => dict.get().get(id!("_fields_"))?,
        None => None,
    };
    let Some(fields) = fields else { return Ok(start) };
    let end = info.length.get();
    for (index, value) in args.iter().enumerate().take(end).skip(start) {
        let pair = fields.seq_getitem((index - start).cast_signed())?;
        let name = pair.seq_getitem(0)?;
        if let Some(kwargs) = kwargs
            && kwargs.contains(name.b())?
        {
            return Err(raise!(TypeError, "duplicate values for field {}", name.repr_text()?));
        }
        object.setattr(name.b(), *value)?;
    }
    Ok(end)
}

fn init(object: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
    let given = tuple::items(args).unwrap_or_default();
    if !given.is_empty() {
        let class = object.class().to_type_ref();
        if set_positional(object, &class, given, kwargs, 0)? < given.len() {
            return Err(raise!(TypeError, "too many initializers"));
        }
    }
    let Some(kwargs) = kwargs else { return Ok(()) };
    for (name, value) in (object::hooks::get().dict_items)(kwargs)? {
        object.setattr(name.b(), value.b())?;
    }
    Ok(())
}

#[pymethods]
impl Structure {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        data::new(class).map(Ref::upcast)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init(slf, args, kwargs)
    }
}

#[pymethods]
impl Union {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        data::new(class).map(Ref::upcast)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init(slf, args, kwargs)
    }
}
