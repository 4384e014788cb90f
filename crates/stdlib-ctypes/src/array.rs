//! `Array`: items of one type in a row; arrays of characters are strings too.

use crate::access::Extent;
use crate::data::{self, CData};
use crate::info::Holder;
use crate::{metatypes, wide};
use builtins::slice::{Indices, Slice};
use macros::{pyclass, pymethods};
use object::value::{bytes, int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, core, exc, raise};

#[pyclass(name = "Array", module = "_ctypes", base = CData, flags(BASETYPE), gc)]
/// Abstract base class for arrays.
///
/// The recommended way to create concrete array types is by multiplying any
/// ctypes data type with a non-negative integer. Alternatively, you can subclass
/// this type and define _length_ and _type_ class variables. Array elements can
/// be read and written using standard subscript and slice accesses for slice
/// reads, the resulting object is not itself an Array.
pub struct Array {
    #[trace]
    data: CData,
}

/// The array type of `length` items of a type: the one that exists, or a new one.
pub fn type_of(item: Borrowed<'_>, length: usize) -> PyResult<Ref> {
    let Some(info) = Holder::of(item) else {
        return Err(raise!(TypeError, "_type_ must have storage info"));
    };
    let known = info.arrays.borrow().iter().find(|(len, _)| *len == length).map(|(_, class)| class.clone());
    if let Some(class) = known.and_then(|reference| builtins::weakref::referent(reference.b())) {
        return Ok(class);
    }
    let name = format!("{:.200}_Array_{length}", info.0.tp_name());
    let namespace = builtins::dict::Dict::new()?;
    namespace.set_text("_length_", int::from_u64(length as u64)?.b())?;
    namespace.set_text("_type_", item)?;
    let bases = tuple::from_slice(&[Array::type_object().borrowed()])?;
    let class = metatypes::ArrayType::type_object().borrowed().call(&[text::new(&name)?.b(), bases.b(), namespace.b()])?;
    let reference = builtins::weakref::new(class.b(), None)?;
    let mut arrays = info.arrays.take();
    let (alive, dead): (Vec<_>, Vec<_>) =
        arrays.drain(..).partition(|(len, class)| *len != length && builtins::weakref::referent(class.b()).is_some());
    arrays = alive;
    arrays.push((length, reference));
    let _made_meanwhile = info.arrays.replace(arrays);
    drop(dead);
    Ok(class)
}

/// The class's info, and that of its items with their size.
fn infos(slf: Borrowed<'_, CData>) -> PyResult<(Holder, Ref<TypeObject>, usize)> {
    let Some(info) = Holder::of_instance(slf.object()) else { return Err(raise!(TypeError, "abstract class")) };
    slf.check_fits(&info)?;
    let item = info.item_type()?;
    let size = info.size.get().checked_div(info.length.get()).unwrap_or(0);
    Ok((info, item, size))
}

fn item(slf: Borrowed<'_, CData>, index: isize) -> PyResult<Ref> {
    let (info, class, size) = infos(slf)?;
    let Some(place) = usize::try_from(index).ok().filter(|index| *index < info.length.get()) else {
        return Err(raise!(IndexError, "invalid index"));
    };
    // SAFETY: the item lies inside of the content.
    unsafe { data::get(&class, None, slf, index, Extent::Bytes(size), slf.ptr.get().wrapping_add(place * size)) }
}

fn set_item(slf: Borrowed<'_, CData>, index: isize, value: Borrowed<'_>) -> PyResult<()> {
    let (info, class, size) = infos(slf)?;
    let Some(place) = usize::try_from(index).ok().filter(|index| *index < info.length.get()) else {
        return Err(raise!(IndexError, "invalid index"));
    };
    // SAFETY: the item lies inside of the content; a block that is replaced meanwhile stays.
    unsafe { data::set(&class, None, slf, value, index, Extent::Bytes(size), slf.ptr.get().wrapping_add(place * size)) }
}

/// The index that an object stands for; negative ones count from the end.
fn index_of(slf: Borrowed<'_, CData>, key: Borrowed<'_>) -> PyResult<isize> {
    let index = key.as_isize_or(&exc::IndexError)?;
    Ok(if index < 0 { index.wrapping_add(slf.length.get().cast_signed()) } else { index })
}

/// Whether an object can be an index.
pub fn is_index(key: Borrowed<'_>) -> bool {
    int::check(key) || key.class().nb_index().is_some()
}

/// The characters at these indices of memory as a bytes or a str; none for other items.
///
/// # Safety
/// Items of the class can be read at all of them.
pub unsafe fn characters(item: &Holder, start: *const u8, indices: Indices) -> PyResult<Option<Ref>> {
    let Some(access) = item.access.get() else { return Ok(None) };
    let places = (0..indices.count.cast_signed()).map(|at| indices.start + at * indices.step);
    if access.is(b'c') {
        let mut content = object::memory::vec_with_capacity(indices.count)?;
        // SAFETY: by contract.
        places.for_each(|place| content.push(unsafe { start.wrapping_offset(place).read() }));
        return bytes::new(&content).map(Some);
    }
    if access.is(b'u') {
        let mut codes: Vec<u32> = object::memory::vec_with_capacity(indices.count)?;
        let width = wide::WIDTH.cast_signed();
        // SAFETY: by contract.
        places.for_each(|place| codes.push(unsafe { start.wrapping_offset(place * width).cast::<u32>().read_unaligned() }));
        return wide::from_codes(&codes).map(Some);
    }
    Ok(None)
}

#[pymethods]
impl Array {
    #[slot(tp_new)]
    fn new(class: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
        data::new(class).map(Ref::upcast)
    }

    #[slot(tp_init)]
    fn init(slf: Borrowed<'_>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        for (index, value) in tuple::items(args).unwrap_or_default().iter().enumerate() {
            slf.seq_assign(index.cast_signed(), Some(*value))?;
        }
        Ok(())
    }

    #[slot(sq_length, mp_length)]
    fn len(slf: Borrowed<'_, CData>) -> PyResult<usize> {
        Ok(slf.length.get())
    }

    #[slot(sq_item)]
    fn item(slf: Borrowed<'_, CData>, index: isize) -> PyResult<Ref> {
        item(slf, index)
    }

    #[slot(sq_ass_item)]
    fn set_item(slf: Borrowed<'_, CData>, index: isize, value: Option<Borrowed<'_>>) -> PyResult<()> {
        match value {
            Some(value) => set_item(slf, index, value),
            None => Err(raise!(TypeError, "Array does not support item deletion")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(slf: Borrowed<'_, CData>, key: Borrowed<'_>) -> PyResult<Ref> {
        if is_index(key) {
            return item(slf, index_of(slf, key)?);
        }
        let Some(slice) = key.downcast::<Slice>() else { return Err(raise!(TypeError, "indices must be integers")) };
        let (info, ..) = infos(slf)?;
        let indices = slice.indices(|| info.length.get())?;
        // SAFETY: the indices lie inside of the content, and nothing has run since they were made.
        if let Some(text) = unsafe { characters(&info.item()?, slf.ptr.get(), indices)? } {
            return Ok(text);
        }
        let list = builtins::list::List::with_capacity(indices.count)?;
        for at in 0..indices.count.cast_signed() {
            list.append(item(slf, indices.start + at * indices.step)?)?;
        }
        Ok(list.upcast())
    }

    #[slot(mp_ass_subscript)]
    fn set_subscript(slf: Borrowed<'_, CData>, key: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(value) = value else { return Err(raise!(TypeError, "Array does not support item deletion")) };
        if is_index(key) {
            return set_item(slf, index_of(slf, key)?, value);
        }
        let Some(slice) = key.downcast::<Slice>() else { return Err(raise!(TypeError, "indices must be integer")) };
        let indices = slice.indices(|| slf.length.get())?;
        if value.len()? != indices.count {
            return Err(raise!(ValueError, "Can only assign sequence of same size"));
        }
        for at in 0..indices.count.cast_signed() {
            set_item(slf, indices.start + at * indices.step, value.seq_getitem(at)?.b())?;
        }
        Ok(())
    }

    /// Arrays are generic over the type of their elements
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>) -> PyResult<Ref> {
        (object::hooks::get().generic_alias)(class.object(), object)
    }
}

/// `value` and `raw` of arrays of `char`, `value` of arrays of `wchar_t`: attributes that the metaclass adds.
pub mod strings {
    use super::*;
    use abi::{PyGetSetDef, c_void};
    use object::Status;
    use object::spec::{getset, getset_end};

    /// Of arrays of `char`.
    pub static CHARS: [PyGetSetDef; 3] = [
        getset(c"raw", Some(get_raw), Some(set_raw), Some(c"value")),
        getset(c"value", Some(get_chars), Some(set_chars), Some(c"string value")),
        getset_end(),
    ];

    /// Of arrays of `wchar_t`.
    pub static WIDE: [PyGetSetDef; 2] = [getset(c"value", Some(get_wide), Some(set_wide), Some(c"string value")), getset_end()];

    fn cannot_delete() -> object::Raised {
        raise!(TypeError, "can't delete attribute")
    }

    extern "C-unwind" fn get_raw(slf: Borrowed<'_>, _closure: *mut c_void) -> PyResult<Ref> {
        data::expect(slf)?.to_bytes()
    }

    extern "C-unwind" fn set_raw(slf: Borrowed<'_>, value: Option<Borrowed<'_>>, _closure: *mut c_void) -> Status {
        let set = || {
            let Some(value) = value else { return Err(raise!(AttributeError, "cannot delete attribute")) };
            let slf = data::expect(slf)?;
            let content = object::protocol::buffer::Buffer::readable(value)?;
            if content.len() > slf.size.get() {
                return Err(raise!(ValueError, "byte string too long"));
            }
            slf.write(content.bytes());
            Ok(())
        };
        set().into()
    }

    extern "C-unwind" fn get_chars(slf: Borrowed<'_>, _closure: *mut c_void) -> PyResult<Ref> {
        let slf = data::expect(slf)?;
        // SAFETY: the content has that many bytes.
        let content = unsafe { slf.slice(0, slf.size.get()) };
        bytes::new(content.split(|byte| *byte == 0).next().unwrap_or_default())
    }

    extern "C-unwind" fn set_chars(slf: Borrowed<'_>, value: Option<Borrowed<'_>>, _closure: *mut c_void) -> Status {
        let set = || {
            let value = value.ok_or_else(cannot_delete)?;
            let slf = data::expect(slf)?;
            let Some(content) = bytes::value(value) else {
                return Err(raise!(TypeError, "bytes expected instead of {} instance", value.class().tp_name()));
            };
            if content.len() > slf.size.get() {
                return Err(raise!(ValueError, "byte string too long"));
            }
            slf.write(content);
            if content.len() < slf.size.get() {
                // SAFETY: the byte lies inside of the content.
                unsafe { slf.ptr.get().add(content.len()).write(0) };
            }
            Ok(())
        };
        set().into()
    }

    extern "C-unwind" fn get_wide(slf: Borrowed<'_>, _closure: *mut c_void) -> PyResult<Ref> {
        let slf = data::expect(slf)?;
        let start = slf.ptr.get();
        // SAFETY: the content has that many characters.
        unsafe { wide::read(start, wide::len(start, slf.size.get() / wide::WIDTH)) }
    }

    extern "C-unwind" fn set_wide(slf: Borrowed<'_>, value: Option<Borrowed<'_>>, _closure: *mut c_void) -> Status {
        let set = || {
            let value = value.ok_or_else(cannot_delete)?;
            let slf = data::expect(slf)?;
            let Some(len) = text::data(value).map(|data| data.len()) else {
                return Err(raise!(TypeError, "unicode string expected instead of {} instance", value.class().tp_name()));
            };
            let room = slf.size.get() / wide::WIDTH;
            if len > room {
                return Err(raise!(ValueError, "string too long"));
            }
            // SAFETY: the content has room for so many characters.
            unsafe { wide::write(slf.ptr.get(), room, value) };
            Ok(())
        };
        set().into()
    }
}

/// None, where an object is None.
pub fn none_is_absent(object: Borrowed<'_>) -> Option<Borrowed<'_>> {
    (!object.is(&core::none())).then_some(object)
}
