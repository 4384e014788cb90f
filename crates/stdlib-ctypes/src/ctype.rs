//! `CType_Type`: the metaclass of all ctypes classes.

use crate::info::{Holder, Info, place_of};
use abi::Cell;
use builtins::type_::Type;
use macros::{pyclass, pymethods};
use object::value::int;
use object::{Borrowed, PyResult, Ref, Trace, TypeObject, Visit, gc, raise};

#[pyclass(name = "CType_Type", module = "_ctypes", base = Type, flags(BASETYPE), gc = manual, itemsize = abi::PyMemberDef)]
pub struct CType {
    head: Type,
    /// Null for abstract classes. Static classes of this metaclass do not have the field.
    pub info: Cell<*mut Info>,
}

fn info_of(class: &TypeObject) -> Option<&Info> {
    // SAFETY: the pointer is null or owned by the class.
    place_of(class).and_then(|place| unsafe { place.get().as_ref() })
}

#[pymethods]
impl CType {
    /// Return memory consumption of the type object.
    #[method("($self, /)", name = "__sizeof__")]
    fn sizeof(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        let raw = slf.class().raw();
        let members = raw.tp_itemsize.get() * slf.raw().ob_base.ob_size.get();
        let mut size = raw.tp_basicsize.get() + members;
        if let Some(info) = Holder::of_type(&slf) {
            let format = info.format_text().map_or(0, |format| format.len() + 1);
            let elements = if info.element_list().is_empty() { 0 } else { info.length.get() + 1 };
            size += (format + (elements + info.shape().0) * size_of::<usize>()).cast_signed();
        }
        int::new(size as i64)
    }

    /// pointer type
    #[getter(name = "__pointer_type__")]
    fn pointer_type(slf: Borrowed<'_, TypeObject>) -> PyResult<Ref> {
        match Holder::of_type(&slf) {
            None => Err(raise!(TypeError, "{} must have storage info", slf.repr_text()?)),
            Some(info) => match info.pointer_type.get() {
                Some(class) => Ok(class),
                None => Err(raise!(AttributeError, "{} has no attribute '__pointer_type__'", slf.repr_text()?)),
            },
        }
    }

    #[setter(name = "__pointer_type__")]
    fn set_pointer_type(slf: Borrowed<'_, TypeObject>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match Holder::of_type(&slf) {
            None => Err(raise!(TypeError, "{} must have storage info", slf.repr_text()?)),
            Some(info) => {
                info.pointer_type.set(value.map(Borrowed::to_ref));
                Ok(())
            }
        }
    }

    #[slot(sq_repeat)]
    fn repeat(slf: Borrowed<'_>, length: isize) -> PyResult<Ref> {
        match usize::try_from(length) {
            Ok(length) => crate::array::type_of(slf, length),
            Err(_) => Err(raise!(ValueError, "Array length must be >= 0, not {length}")),
        }
    }

    #[slot(tp_traverse)]
    pub fn traverse(slf: Borrowed<'_, TypeObject>, visit: &mut Visit<'_>) {
        if let Some(info) = info_of(&slf) {
            info.trace(visit);
        }
        Type::traverse(slf, visit);
    }

    #[slot(tp_clear)]
    pub fn clear(slf: Borrowed<'_, TypeObject>) {
        if let Some(info) = info_of(&slf) {
            info.clear();
        }
        Type::clear(slf);
    }

    /// # Safety
    /// The count of the class is 0.
    #[slot(tp_dealloc)]
    pub unsafe fn dealloc(slf: Borrowed<'_, TypeObject>) {
        // SAFETY: the slot's contract: the count is 0, so that nobody reaches the info any more.
        unsafe {
            gc::untrack_if_tracked(slf.object().ptr());
            let info = place_of(&slf).map_or(std::ptr::null_mut(), |place| place.replace(std::ptr::null_mut()));
            if !info.is_null() {
                drop(Box::from_raw(info));
            }
            Type::dealloc(slf);
        }
    }
}
