//! `_fields_`: places the fields of a structure or union, by `ctypes._layout`, and tells libffi of them.

use crate::field::CField;
use crate::format;
use crate::info::{Dummy, Holder, flag};
use crate::metatypes::ArrayType;
use libffi_sys as ffi;
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, core, id, raise};

/// Structures that are not larger go in registers: libffi must see what is in them.
const MAX_STRUCT_SIZE: usize = if cfg!(any(target_arch = "aarch64", target_arch = "arm")) { 32 } else { 16 };

/// What `ctypes._layout.get_layout` says of a class.
struct Layout {
    size: usize,
    align: usize,
    format: std::ffi::CString,
    fields: Ref,
}

fn size_attribute(layout: &Ref, name: &str) -> PyResult<usize> {
    let value = layout.getattr(text::new(name)?.b())?;
    if !int::check(value.b()) {
        return Err(raise!(TypeError, "an integer is required"));
    }
    let Some(number) = int::to_i64(value.b()) else {
        return Err(raise!(OverflowError, "Python int too large to convert to C ssize_t"));
    };
    usize::try_from(number).map_err(|_| raise!(ValueError, "{name} must be a non-negative integer"))
}

impl Layout {
    fn of(class: Borrowed<'_, TypeObject>, fields: Borrowed<'_>, is_struct: bool, base: Option<&Holder>) -> PyResult<Layout> {
        let function = vm::import::import_module("ctypes._layout")?.getattr(id!("get_layout"))?;
        let names = tuple::from_array([text::new("is_struct")?, text::new("base")?])?;
        let base = base.map_or_else(core::none_ref, |base| base.0.to_ref().upcast());
        let layout = function.vectorcall(&[class.object(), fields, core::boolean(is_struct), base.b()], 2, Some(names.b()))?;
        let align = size_attribute(&layout, "align")?;
        let size = size_attribute(&layout, "size")?;
        let format = layout.getattr(id!("format_spec"))?;
        let Some(format) = text::to_string(format.b()) else {
            return Err(raise!(TypeError, "format_spec must be a str"));
        };
        let fields = layout.getattr(id!("fields"))?.to_tuple()?;
        Ok(Layout { size, align, format: format::text(format)?, fields })
    }
}

/// A field and the class of its values.
fn checked<'a>(field: Borrowed<'a>, index: usize) -> PyResult<(Borrowed<'a, CField>, Holder)> {
    let Some(field) = field.downcast::<CField>() else {
        return Err(raise!(TypeError, "fields must be of type CField, got {}", crate::values::full_name(field)));
    };
    if field.index.get() != index.cast_signed() {
        let name = field.name.get().map_or(Ok(String::new()), |name| name.repr_text())?;
        return Err(raise!(ValueError, "field {name} index mismatch (expected {index}, got {})", field.index.get()));
    }
    let class = field.proto.get().and_then(|class| Holder::of(class.b()));
    let class = class.ok_or_else(|| raise!(TypeError, "has no _stginfo_"))?;
    Ok((field, class))
}

fn is_array(class: &Holder) -> bool {
    class.0.class().is_subtype(ArrayType::type_object())
}

/// Assigns `_fields_` of a class: makes the fields attributes and says its size.
pub fn set_fields(class: Borrowed<'_, TypeObject>, fields: Borrowed<'_>, is_struct: bool) -> PyResult<()> {
    let Some(info) = Holder::of_type(&class) else {
        return Err(raise!(TypeError, "ctypes state is not initialized"));
    };
    let base = class.base().and_then(Holder::of_type);
    if info.is_final.get() {
        return Err(raise!(AttributeError, "_fields_ is final"));
    }
    let layout = Layout::of(class, fields, is_struct, base.as_ref())?;
    info.set_format(layout.format);
    let fields = tuple::items(layout.fields.b()).unwrap_or_default();

    let inherited = base.as_ref().map_or_else(Vec::new, |base| base.element_list());
    let inherited_count = base.as_ref().map_or(0, |base| base.length.get());
    let mut elements: Vec<*mut ffi::ffi_type> = object::memory::vec_with_capacity(inherited.len() + fields.len())?;
    elements.extend(inherited);
    let mut owners: Vec<Ref> = object::memory::vec_with_capacity(fields.len() + 1)?;
    owners.extend(base.iter().map(|base| base.0.to_ref().upcast()));
    let mut dummies: Vec<Box<Dummy>> = Vec::new();
    let small = layout.size <= MAX_STRUCT_SIZE;

    for (index, field) in fields.iter().enumerate() {
        let (field, value) = checked(*field, index)?;
        if is_array(&value) && small {
            // An array in a structure is its items, not a pointer.
            let dummy = Dummy::new(value.item()?.ffi(), value.length.get())?;
            elements.push(dummy.ffi.get());
            dummies.push(dummy);
        } else {
            elements.push(value.ffi());
        }
        if value.flags.get() & (flag::IS_POINTER | flag::HAS_POINTER) != 0 {
            info.flags.set(info.flags.get() | flag::HAS_POINTER);
        }
        value.is_final.set(true);
        if let Some(name) = field.name.get() {
            class.setattr(name.b(), field.object())?;
        }
        owners.push(value.0.to_ref().upcast());
    }

    info.size.set(layout.size);
    info.align.set(layout.align);
    info.length.set(inherited_count + fields.len());
    info.set_structure(&elements, owners, dummies)?;
    if info.is_final.get() {
        return Err(raise!(AttributeError, "Structure or union cannot contain itself"));
    }
    info.is_final.set(true);
    make_anonymous(class)
}

/// Makes the fields of the fields that `_anonymous_` names attributes of the class.
fn make_anonymous(class: Borrowed<'_, TypeObject>) -> PyResult<()> {
    let Some(names) = class.getattr_opt(id!("_anonymous_"))? else { return Ok(()) };
    let names = names.to_vec().map_err(|raised| sequence_error(raised, "_anonymous_ must be a sequence"))?;
    for name in names {
        let field = class.getattr(name.b())?;
        let Some(field) = field.b().downcast_exact::<CField>() else {
            let name = name.str_text()?;
            return Err(raise!(AttributeError, "'{name}' is specified in _anonymous_ but not in _fields_"));
        };
        field.is_anonymous.set(true);
        lift_fields(class, field, field.index.get(), field.byte_offset.get())?;
    }
    Ok(())
}

fn sequence_error(raised: object::Raised, message: &str) -> object::Raised {
    if raised.is_a(&object::exc::TypeError) {
        raised.clear();
        return raise!(TypeError, "{message}");
    }
    raised
}

/// Makes the fields inside of an anonymous one attributes of the class.
fn lift_fields(class: Borrowed<'_, TypeObject>, outer: Borrowed<'_, CField>, index: isize, offset: isize) -> PyResult<()> {
    object::recursion::check(" in anonymous fields")?;
    let Some(proto) = outer.proto.get() else { return Ok(()) };
    let pairs = proto.getattr(id!("_fields_"))?;
    let pairs = pairs.to_vec().map_err(|raised| sequence_error(raised, "_fields_ must be a sequence"))?;
    for pair in pairs {
        let name = pair.getitem(int::new(0)?.b())?;
        let inner = proto.getattr(name.b())?;
        let Some(field) = inner.b().downcast_exact::<CField>() else {
            return Err(raise!(TypeError, "unexpected type"));
        };
        if field.is_anonymous.get() {
            lift_fields(class, field, index + field.index.get(), offset + field.byte_offset.get())?;
            continue;
        }
        class.setattr(name.b(), field.moved(index, offset)?.b())?;
    }
    Ok(())
}
