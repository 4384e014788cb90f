//! `CField`: the descriptor of a structure's or union's field.

use crate::access::{Access, Extent};
use crate::data;
use crate::info::Holder;
use crate::metatypes::ArrayType;
use abi::Cell;
use libffi_sys as ffi;
use macros::{pyclass, pymethods};
use object::value::{int, str as text};
use object::{Borrowed, FromArg, OptRef, PyResult, Ref, StaticType, TypeObject, core, memory, raise};

/// Structure/Union member
#[pyclass(name = "CField", module = "ctypes", gc)]
pub struct CField {
    head: abi::PyObject,
    #[member(T_OBJECT_EX, readonly, doc = "name of this field")]
    pub name: OptRef,
    #[member(T_OBJECT_EX, name = "type", readonly, doc = "type of this field")]
    pub proto: OptRef,
    #[member(T_PYSSIZET, name = "offset", readonly, doc = "offset in bytes of this field (same as byte_offset)")]
    #[member(T_PYSSIZET, readonly, doc = "offset in bytes of this field. For bitfields: excludes bit_offset.")]
    pub byte_offset: Cell<isize>,
    #[member(T_PYSSIZET, readonly, doc = "size of this field in bytes")]
    pub byte_size: Cell<isize>,
    #[member(T_UBYTE, readonly, doc = "additional offset in bits (relative to byte_offset); zero for non-bitfields")]
    pub bit_offset: Cell<u8>,
    /// 0 for a field that is no bit field.
    pub bits: Cell<u8>,
    pub is_anonymous: Cell<bool>,
    pub index: Cell<isize>,
    /// Arrays of characters are read and written as strings.
    #[trace(skip)]
    pub access: Cell<Option<Access>>,
}

/// A size in the words of `PyLong_AsSsize_t`.
fn size_of(value: Borrowed<'_>) -> PyResult<isize> {
    match int::check(value) {
        true => int::to_i64(value)
            .and_then(|value| isize::try_from(value).ok())
            .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C ssize_t")),
        false => Err(raise!(TypeError, "an integer is required")),
    }
}

/// Where a bit field lies.
fn bits_of(info: &Holder, name: &str, byte_size: isize, bit_size: Borrowed<'_>, bit_offset: Borrowed<'_>) -> PyResult<(u8, u8)> {
    // SAFETY: libffi's type of a class that exists.
    let kind = unsafe { (*info.ffi()).type_ };
    let is_char = info.access.get().is_some_and(|access| access.is(b'c') || access.is(b'u'));
    let is_integer = matches!(
        kind,
        ffi::FFI_TYPE_UINT8
            | ffi::FFI_TYPE_UINT16
            | ffi::FFI_TYPE_UINT32
            | ffi::FFI_TYPE_UINT64
            | ffi::FFI_TYPE_SINT8
            | ffi::FFI_TYPE_SINT16
            | ffi::FFI_TYPE_SINT32
            | ffi::FFI_TYPE_SINT64
    );
    if !is_integer || is_char {
        return Err(raise!(TypeError, "bit fields not allowed for type {}", info.0.tp_name()));
    }
    if byte_size > 100 {
        return Err(raise!(ValueError, "bit field {name} size too large, got {byte_size}"));
    }
    let size = size_of(bit_size)?;
    let Some(bits) = u8::try_from(size).ok().filter(|bits| *bits > 0) else {
        return Err(raise!(ValueError, "bit size of field {name} out of range, got {size}"));
    };
    let offset = size_of(bit_offset)?;
    let Ok(start) = u8::try_from(offset) else {
        return Err(raise!(ValueError, "bit offset of field {name} out of range, got {offset}"));
    };
    if size + offset > byte_size * 8 {
        return Err(raise!(ValueError, "bit field {name} overflows its type ({offset} + {size} > {})", byte_size * 8));
    }
    Ok((bits, start))
}

/// How a field of this type is read and written, where not as the type itself says.
fn string_access(info: &Holder) -> PyResult<Option<Access>> {
    if !info.0.class().is_subtype(ArrayType::type_object()) {
        return Ok(None);
    }
    Ok(match info.item()?.access.get() {
        Some(access) if access.is(b'c') => Some(Access::native(b's')),
        Some(access) if access.is(b'u') => Some(Access::native(b'U')),
        _ => None,
    })
}

impl CField {
    /// A field like this one in another place of another structure.
    pub fn moved(&self, index: isize, offset: isize) -> PyResult<Ref<CField>> {
        let field = CField {
            head: crate::header(),
            name: OptRef::new(self.name.get()),
            proto: OptRef::new(self.proto.get()),
            byte_offset: Cell::new(self.byte_offset.get() + offset),
            byte_size: Cell::new(self.byte_size.get()),
            bit_offset: Cell::new(self.bit_offset.get()),
            bits: Cell::new(self.bits.get()),
            is_anonymous: Cell::new(self.is_anonymous.get()),
            index: Cell::new(self.index.get() + index),
            access: Cell::new(self.access.get()),
        };
        memory::new_instance(CField::type_object(), field)
    }

    fn class(&self) -> PyResult<Ref<TypeObject>> {
        let class = self.proto.get().and_then(|proto| proto.downcast::<TypeObject>().ok());
        class.ok_or_else(|| raise!(TypeError, "has no _stginfo_"))
    }

    fn extent(&self) -> Extent {
        match self.bits.get() {
            0 => Extent::Bytes(self.byte_size.get().max(0).unsigned_abs()),
            count => Extent::Bits { count, offset: self.bit_offset.get() },
        }
    }

    /// The instance and the field's place in it.
    fn place<'a>(&self, instance: Borrowed<'a>) -> PyResult<(Borrowed<'a, data::CData>, *mut u8)> {
        let data = data::expect(instance)?;
        let end = self.byte_offset.get().checked_add(self.byte_size.get());
        // The instance may be one of any class.
        match (usize::try_from(self.byte_offset.get()), end.map(usize::try_from)) {
            (Ok(start), Some(Ok(end))) if end <= data.size.get() => Ok((data, data.ptr.get().wrapping_add(start))),
            _ => Err(raise!(TypeError, "the field lies outside of a '{}' instance", instance.class().tp_name())),
        }
    }

    fn packed_size(&self) -> isize {
        match self.bits.get() {
            0 => self.byte_size.get(),
            bits => isize::from(bits) << 16 | isize::from(self.bit_offset.get()),
        }
    }
}

#[pymethods]
impl CField {
    #[slot(tp_new, "(*, name, type, byte_size, byte_offset, index, _internal_use, bit_size=None, bit_offset=None)")]
    fn new(
        _class: Borrowed<'_>,
        name: Name<'_>,
        r#type: Borrowed<'_>,
        byte_size: isize,
        byte_offset: isize,
        index: isize,
        _internal_use: bool,
        bit_size: Option<Borrowed<'_>>,
        bit_offset: Option<Borrowed<'_>>,
    ) -> PyResult<Ref> {
        if !_internal_use {
            return Err(raise!(TypeError, "cannot create type object"));
        }
        let shown = name.0.repr_text()?;
        if byte_size < 0 {
            return Err(raise!(ValueError, "byte size of field {shown} must not be negative, got {byte_size}"));
        }
        let Some(info) = Holder::of(r#type) else {
            return Err(raise!(TypeError, "type of field {shown} must be a C type"));
        };
        let size = info.size.get();
        if byte_size.unsigned_abs() != size {
            return Err(raise!(ValueError, "byte size of field {shown} ({byte_size}) does not match type size ({size})"));
        }
        let none = |value: Option<Borrowed<'_>>| value.is_none_or(|value| value.is(&core::none()));
        let (bits, start) = match (bit_size, bit_offset) {
            (Some(bit_size), offset) if !none(Some(bit_size)) => {
                bits_of(&info, &shown, byte_size, bit_size, offset.unwrap_or(core::none()))?
            }
            (_, offset) if none(offset) => (0, 0),
            _ => return Err(raise!(ValueError, "field {shown}: bit_offset must be specified if bit_size is")),
        };
        let name = match text::data(name.0) {
            Some(data) if !text::check_exact(&name.0) => text::from_data(data)?,
            _ => name.0.to_ref(),
        };
        let field = CField {
            head: crate::header(),
            name: OptRef::new(Some(name)),
            proto: OptRef::new(Some(r#type.to_ref())),
            byte_offset: Cell::new(byte_offset),
            byte_size: Cell::new(byte_size),
            bit_offset: Cell::new(start),
            bits: Cell::new(bits),
            is_anonymous: Cell::new(false),
            index: Cell::new(index),
            access: Cell::new(string_access(&info)?),
        };
        memory::new_instance(CField::type_object(), field).map(Ref::upcast)
    }

    #[slot(tp_descr_get)]
    fn get(slf: Borrowed<'_, Self>, instance: Option<Borrowed<'_>>, _owner: Option<Borrowed<'_>>) -> PyResult<Ref> {
        let Some(instance) = instance else { return Ok(slf.object().to_ref()) };
        let (data, address) = slf.place(instance)?;
        // SAFETY: the field lies inside of the content.
        unsafe { data::get(&slf.class()?, slf.access.get(), data, slf.index.get(), slf.extent(), address) }
    }

    #[slot(tp_descr_set)]
    fn set(slf: Borrowed<'_, Self>, instance: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let (data, address) = slf.place(instance)?;
        let Some(value) = value else { return Err(raise!(TypeError, "can't delete attribute")) };
        // SAFETY: the field lies inside of the content; a block that is replaced meanwhile stays.
        unsafe { data::set(&slf.class()?, slf.access.get(), data, value, slf.index.get(), slf.extent(), address) }
    }

    /// size in bytes of this field. For bitfields, this is a legacy packed value; use byte_size instead
    #[getter]
    fn size(&self) -> isize {
        self.packed_size()
    }

    /// size of this field in bits
    #[getter]
    fn bit_size(&self) -> i128 {
        match self.bits.get() {
            0 => self.byte_size.get() as i128 * 8,
            bits => i128::from(bits),
        }
    }

    /// true if this is a bitfield
    #[getter]
    fn is_bitfield(&self) -> bool {
        self.bits.get() != 0
    }

    /// true if this field is anonymous
    #[getter(name = "is_anonymous")]
    fn anonymous(&self) -> bool {
        self.is_anonymous.get()
    }

    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let class = slf.class()?;
        let own = crate::values::full_name(slf.object());
        let name = match slf.name.get() {
            Some(name) => name.repr_text()?,
            None => String::new(),
        };
        let (class, offset, bits) = (class.tp_name(), slf.byte_offset.get(), slf.bits.get());
        Ok(if bits == 0 {
            format!("<{own} {name} type={class}, ofs={offset}, size={}>", slf.byte_size.get())
        } else {
            format!("<{own} {name} type={class}, ofs={offset}, bit_size={bits}, bit_offset={}>", slf.bit_offset.get())
        })
    }
}

/// A name that may have lone surrogates.
struct Name<'a>(Borrowed<'a>);

impl<'a> FromArg<'a> for Name<'a> {
    const NONE_IS_ABSENT: bool = false;
    fn from_arg(value: Borrowed<'a>, info: &'static object::args::ArgInfo) -> PyResult<Self> {
        if text::check(value) { Ok(Name(value)) } else { Err(info.wrong_type("str", value)) }
    }
}
