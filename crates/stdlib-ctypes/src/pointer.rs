//! `_Pointer`: an address of a value of a known type.

use crate::access::Extent;
use crate::array::{characters, is_index, none_is_absent};
use crate::data::{self, CData};
use crate::info::Holder;
use crate::keep;
use builtins::slice::{Indices, Slice};
use macros::{pyclass, pymethods};
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, TypeObject, exc, raise};

#[pyclass(name = "_Pointer", module = "_ctypes", base = CData, flags(BASETYPE), gc)]
/// XXX to be provided
pub struct Pointer {
    #[trace]
    data: CData,
}

fn target(slf: Borrowed<'_, CData>) -> PyResult<*mut u8> {
    let address = slf.pointer();
    if address.is_null() { Err(raise!(ValueError, "NULL pointer access")) } else { Ok(address) }
}

/// The type that the pointer leads to.
fn item_of(slf: Borrowed<'_, CData>) -> PyResult<Holder> {
    match Holder::of_instance(slf.object()) {
        Some(info) => info.item(),
        None => Err(raise!(TypeError, "abstract class")),
    }
}

fn place(start: *mut u8, item: &Holder, index: isize) -> *mut u8 {
    start.wrapping_offset(index.wrapping_mul(item.size.get().cast_signed()))
}

fn item(slf: Borrowed<'_, CData>, index: isize) -> PyResult<Ref> {
    let start = target(slf)?;
    let item = item_of(slf)?;
    // SAFETY: that a value stands there is the program's word.
    unsafe { data::get(&item.0, None, slf, index, Extent::Bytes(item.size.get()), place(start, &item, index)) }
}

fn set_item(slf: Borrowed<'_, CData>, index: isize, value: Borrowed<'_>) -> PyResult<()> {
    let start = target(slf)?;
    let item = item_of(slf)?;
    // SAFETY: that there is room for a value is the program's word.
    unsafe { data::set(&item.0, None, slf, value, index, Extent::Bytes(item.size.get()), place(start, &item, index)) }
}

fn set_contents(slf: Borrowed<'_, CData>, value: Borrowed<'_>) -> PyResult<()> {
    let item = item_of(slf)?;
    let Some(source) = data::of(value).filter(|source| !source.ptr.get().is_null() || source.size.get() == 0) else {
        return Err(raise!(TypeError, "expected {} instead of {}", item.0.tp_name(), value.class().tp_name()));
    };
    slf.set_pointer(source.ptr.get());
    keep::keep(slf, 1, Some(value.to_ref()))?;
    keep::keep(slf, 0, Some(keep::kept(source)?))
}

/// The indices of a slice. A pointer has no length: negative indices are what they are.
fn indices(slice: &Slice) -> PyResult<Indices> {
    let [start, stop, step] = slice.parts();
    let step = match none_is_absent(step.b()) {
        None => 1,
        Some(step) => step.as_isize_or(&exc::ValueError)?,
    };
    if step == 0 {
        return Err(raise!(ValueError, "slice step cannot be zero"));
    }
    let start = match none_is_absent(start.b()) {
        None if step < 0 => return Err(raise!(ValueError, "slice start is required for step < 0")),
        None => 0,
        Some(start) => start.as_isize_or(&exc::ValueError)?,
    };
    let Some(stop) = none_is_absent(stop.b()) else { return Err(raise!(ValueError, "slice stop is required")) };
    let stop = stop.as_isize_or(&exc::ValueError)?;
    let distance = if step > 0 { stop.saturating_sub(start) } else { start.saturating_sub(stop) };
    let count = if distance <= 0 { 0 } else { (distance - 1).unsigned_abs() / step.unsigned_abs() + 1 };
    Ok(Indices { start, stop, step, count })
}

#[pymethods]
impl Pointer {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        if Holder::of_type(&class).is_none_or(|info| info.proto.is_none()) {
            return Err(raise!(TypeError, "Cannot create instance: has no _type_"));
        }
        data::new(class).map(Ref::upcast)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, CData>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        match tuple::items(args).unwrap_or_default() {
            [] => Ok(()),
            [value] => set_contents(slf, *value),
            many => Err(raise!(TypeError, "POINTER expected at most 1 argument, got {}", many.len())),
        }
    }

    /// the object this pointer points to (read-write)
    #[getter]
    fn contents(slf: Borrowed<'_, CData>) -> PyResult<Ref> {
        let address = target(slf)?;
        data::part(item_of(slf)?.0.borrow(), slf, 0, address).map(Ref::upcast)
    }

    #[setter]
    fn set_contents(slf: Borrowed<'_, CData>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => set_contents(slf, value),
            None => Err(raise!(TypeError, "Pointer does not support item deletion")),
        }
    }

    #[slot(nb_bool)]
    fn bool(slf: Borrowed<'_, CData>) -> PyResult<bool> {
        Ok(!slf.pointer().is_null())
    }

    #[slot(sq_item)]
    fn item(slf: Borrowed<'_, CData>, index: isize) -> PyResult<Ref> {
        item(slf, index)
    }

    #[slot(sq_ass_item)]
    fn set_item(slf: Borrowed<'_, CData>, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => set_item(slf, index, value),
            None => Err(raise!(TypeError, "Pointer does not support item deletion")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_, CData>, key: Borrowed<'_>) -> PyResult<Ref> {
        if is_index(key) {
            return item(slf, key.as_isize_or(&exc::IndexError)?);
        }
        let Some(slice) = key.downcast::<Slice>() else { return Err(raise!(TypeError, "Pointer indices must be integer")) };
        let indices = indices(&slice)?;
        // SAFETY: that characters stand there is the program's word; none is read from a null pointer.
        if indices.count == 0 || !slf.pointer().is_null() {
            if let Some(text) = unsafe { characters(&item_of(slf)?, slf.pointer(), indices)? } {
                return Ok(text);
            }
        }
        let list = builtins::list::List::with_capacity(indices.count)?;
        for at in 0..indices.count.cast_signed() {
            list.append(item(slf, indices.start.wrapping_add(at.wrapping_mul(indices.step)))?)?;
        }
        Ok(list.upcast())
    }
}
