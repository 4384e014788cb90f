//! The metaclasses: what the definition of a class of each kind means.

use crate::access::{self, Access, Extent};
use crate::array::strings;
use crate::ctype::CType;
use crate::info::{Holder, Info, Passing, flag};
use crate::param::Argument;
use crate::{format, layout, param, types};
use abi::PyGetSetDef;
use builtins::type_;
use macros::{pyclass, pymethods};
use object::value::{int, str as text, tuple};
use object::{Borrowed, PyResult, RawField, Ref, StaticType, TypeObject, Visit, core, id, raise, recursion};

// rustfmt moves the attribute in here further to the right each time.
#[rustfmt::skip]
macro_rules! metatype {
    ($name:ident, $python:literal, $doc:literal, $from_param:path) => {
        #[doc = $doc]
        #[pyclass(
                    name = $python,
                    module = "_ctypes",
                    base = CType,
                    flags(BASETYPE),
                    gc = manual,
                    itemsize = abi::PyMemberDef,
                    parts(MAIN, DATA)
                )]
        pub struct $name {
            head: CType,
        }

        #[pymethods(part = DATA)]
        impl $name {
            #[slot(tp_traverse)]
            fn traverse(slf: Borrowed<'_, TypeObject>, visit: &mut Visit<'_>) {
                CType::traverse(slf, visit);
            }

            #[slot(tp_clear)]
            fn clear(slf: Borrowed<'_, TypeObject>) {
                CType::clear(slf);
            }

            #[slot(tp_dealloc)]
            unsafe fn dealloc(slf: Borrowed<'_, TypeObject>) {
                // SAFETY: the slot's contract.
                unsafe { CType::dealloc(slf) }
            }

            /// Convert a Python object into a function call parameter.
            #[method("($self, value, /)")]
            fn from_param(slf: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
                $from_param(slf, value)
            }

            /// C.from_address(integer) -> C instance
            ///
            /// Access a C instance at the specified address.
            #[method("($self, value, /)")]
            fn from_address(slf: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
                types::from_address(slf, value)
            }

            /// C.from_buffer(object, offset=0) -> C instance
            ///
            /// Create a C instance from a writeable buffer.
            #[method("($self, obj, offset=0, /)")]
            fn from_buffer(slf: Borrowed<'_, TypeObject>, obj: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
                types::from_buffer(slf, obj, offset)
            }

            /// C.from_buffer_copy(object, offset=0) -> C instance
            ///
            /// Create a C instance from a readable buffer.
            #[method("($self, buffer, offset=0, /)")]
            fn from_buffer_copy(slf: Borrowed<'_, TypeObject>, buffer: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
                types::from_buffer_copy(slf, buffer, offset)
            }

            /// C.in_dll(dll, name) -> C instance
            ///
            /// Access a C instance in a dll.
            #[method("($self, dll, name, /)")]
            fn in_dll(slf: Borrowed<'_, TypeObject>, dll: Borrowed<'_>, name: String) -> PyResult<Ref> {
                types::in_dll(slf, dll, &name)
            }
        }
    };
}

metatype!(StructType, "PyCStructType", "metatype for the CData Objects", types::from_param);
metatype!(UnionType, "UnionType", "metatype for the Union Objects", types::from_param);
metatype!(ArrayType, "PyCArrayType", "metatype for the Array Objects", types::from_param);
metatype!(PointerType, "PyCPointerType", "metatype for the Pointer Objects", pointer_from_param);
metatype!(SimpleType, "PyCSimpleType", "metatype for the PyCSimpleType Objects", simple_from_param);
metatype!(FuncPtrType, "PyCFuncPtrType", "metatype for C function pointers", types::from_param);

/// An attribute of the class itself.
fn own(class: &TypeObject, name: Borrowed<'_>) -> PyResult<Option<Ref>> {
    match class.raw().tp_dict.load() {
        Some(dict) => type_::dicts::get(dict.b(), name),
        None => Ok(None),
    }
}

/// A new structure or union: its fields, or those of its base.
fn init_structure(class: Borrowed<'_, TypeObject>) -> PyResult<()> {
    if own(&class, id!("_abstract_"))?.is_some() {
        return Ok(());
    }
    let info = Info::init(class)?;
    info.set_format(format::text("B".to_owned())?);
    info.passing.set(Passing::Structure);
    if let Some(fields) = own(&class, id!("_fields_"))? {
        return class.setattr(id!("_fields_"), fields.b());
    }
    let Some(base) = class.base().and_then(Holder::of_type) else { return Ok(()) };
    info.copy_from(&base);
    base.is_final.set(true);
    Ok(())
}

fn set_structure_attribute(
    class: Borrowed<'_, TypeObject>,
    name: Borrowed<'_>,
    value: Option<Borrowed<'_>>,
    is_struct: bool,
) -> PyResult<()> {
    if let Some(fields) = value
        && text::eq_str(name, "_fields_")
    {
        layout::set_fields(class, fields, is_struct)?;
    }
    type_::getattr::set(class, name, value)
}

#[pymethods]
impl StructType {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init_structure(slf)
    }

    #[slot(tp_setattro)]
    fn setattr(slf: Borrowed<'_, TypeObject>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        set_structure_attribute(slf, name, value, true)
    }
}

#[pymethods]
impl UnionType {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        init_structure(slf)
    }

    #[slot(tp_setattro)]
    fn setattr(slf: Borrowed<'_, TypeObject>, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        set_structure_attribute(slf, name, value, false)
    }
}

/// Says what a pointer class points to; it becomes the pointer class of a target that has none.
fn set_target(info: &Holder, target: Borrowed<'_>) -> PyResult<Holder> {
    if target.downcast::<TypeObject>().is_none() {
        return Err(raise!(TypeError, "_type_ must be a type"));
    }
    let Some(item) = Holder::of(target) else {
        return Err(raise!(TypeError, "{} must have storage info", target.repr_text()?));
    };
    info.proto.set(Some(target.to_ref()));
    if item.pointer_type.is_none() {
        item.pointer_type.set(Some(info.0.clone().upcast()));
    }
    Ok(item)
}

#[pymethods]
impl PointerType {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, TypeObject>, args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        let Some(namespace) = tuple::items(args).and_then(|args| args.get(2)) else {
            return Err(raise!(IndexError, "tuple index out of range"));
        };
        let info = Info::init(slf)?;
        info.set_simple_layout(b'P');
        info.length.set(1);
        info.passing.set(Passing::Pointer);
        info.flags.set(flag::IS_POINTER);
        if !namespace.class().has(abi::tpflags::DICT_SUBCLASS) {
            return Err(object::error::bad_internal_call());
        }
        let Some(target) = type_::dicts::get(*namespace, id!("_type_"))? else { return Ok(()) };
        let item = set_target(&info, target.b())?;
        let item_format = item.format_text().unwrap_or_else(|| "B".to_owned());
        info.set_format(format::of_pointer(&item_format, &item.shape_list())?);
        Ok(())
    }

    #[method("($self, type, /)")]
    fn set_type(slf: Borrowed<'_, TypeObject>, r#type: Borrowed<'_>) -> PyResult<()> {
        let info = Holder::concrete(&slf)?;
        set_target(&info, r#type)?;
        type_::getattr::set(slf, id!("_type_"), Some(r#type))
    }
}

fn pointer_from_param(class: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
    if value.is(&core::none()) {
        return Ok(value.to_ref());
    }
    let info = Holder::concrete(&class)?;
    let Some(target) = info.proto.get() else { return types::from_param(class, value) };
    // An instance of the target is passed by reference.
    if value.isinstance(target.b())? {
        return param::by_reference(value, 0);
    }
    let is_array = value.downcast::<crate::array::Array>().is_some();
    if is_array || value.downcast::<crate::pointer::Pointer>().is_some() {
        let item = Holder::of_instance(value).and_then(|info| info.proto.get());
        if let Some(item) = item
            && item.issubclass(target.b())?
        {
            return Ok(value.to_ref());
        }
    }
    types::from_param(class, value)
}

/// `_length_` of an array class.
fn array_length(class: Borrowed<'_, TypeObject>) -> PyResult<usize> {
    let Some(length) = class.getattr_opt(id!("_length_"))? else {
        return Err(raise!(AttributeError, "class must define a '_length_' attribute"));
    };
    let Some((negative, _)) = int::digits(length.b()) else {
        return Err(raise!(TypeError, "The '_length_' attribute must be an integer"));
    };
    if negative {
        return Err(raise!(ValueError, "The '_length_' attribute must not be negative"));
    }
    let length = int::to_i64(length.b()).and_then(|length| usize::try_from(length).ok());
    length.ok_or_else(|| raise!(OverflowError, "The '_length_' attribute is too large"))
}

/// Adds descriptors to a class that exists already.
fn add_getsets(class: Borrowed<'_, TypeObject>, table: &'static [PyGetSetDef]) -> PyResult<()> {
    for definition in table.iter().filter(|definition| !definition.name.get().is_null()) {
        // SAFETY: the names are literals.
        let name = unsafe { std::ffi::CStr::from_ptr(definition.name.get()) };
        let name = text::new(name.to_str().unwrap_or_default())?;
        let descriptor = builtins::descr::getset::new(&class, std::ptr::from_ref(definition).cast_mut(), name.clone())?;
        type_::getattr::set(class, name.b(), Some(descriptor.b()))?;
    }
    Ok(())
}

#[pymethods]
impl ArrayType {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        let length = array_length(slf)?;
        let Some(item_type) = slf.getattr_opt(id!("_type_"))? else {
            return Err(raise!(AttributeError, "class must define a '_type_' attribute"));
        };
        let Some(item) = Holder::of(item_type.b()) else {
            return Err(raise!(TypeError, "_type_ must have storage info"));
        };
        let size = item.size.get().checked_mul(length).filter(|size| isize::try_from(*size).is_ok());
        let Some(size) = size else { return Err(raise!(OverflowError, "array too large")) };
        let info = Info::init(slf)?;
        info.set_format(format::text(item.format_text().unwrap_or_else(|| "B".to_owned()))?);
        let mut shape = vec![length.cast_signed()];
        shape.extend(item.shape_list());
        info.set_shape(shape);
        if item.flags.get() & (flag::IS_POINTER | flag::HAS_POINTER) != 0 {
            info.flags.set(flag::HAS_POINTER);
        }
        // Arrays are passed as pointers.
        info.set_simple_layout(b'P');
        info.size.set(size);
        info.align.set(item.align.get());
        info.length.set(length);
        info.proto.set(Some(item_type));
        info.passing.set(Passing::Array);
        match item.access.get() {
            Some(access) if access.is(b'c') => add_getsets(slf, &strings::CHARS),
            Some(access) if access.is(b'u') => add_getsets(slf, &strings::WIDE),
            _ => Ok(()),
        }
    }
}

/// `_type_` of a simple class.
fn simple_letter(class: Borrowed<'_, TypeObject>) -> PyResult<(Ref, u8)> {
    let Some(proto) = class.getattr_opt(id!("_type_"))? else {
        return Err(raise!(AttributeError, "class must define a '_type_' attribute"));
    };
    let Some(data) = text::data(proto.b()) else {
        return Err(raise!(TypeError, "class must define a '_type_' string attribute"));
    };
    let code = data.get(0).filter(|_| data.len() == 1);
    let Some(code) = code.filter(|code| *code < 0x80) else {
        return Err(raise!(ValueError, "class must define a '_type_' attribute which must be a string of length 1"));
    };
    match access::LETTERS.bytes().find(|letter| u32::from(*letter) == code) {
        Some(letter) => Ok((proto, letter)),
        None => Err(raise!(
            AttributeError,
            "class must define a '_type_' attribute which must be\na single character string containing one of the\nsupported \
             types: '{}'.",
            access::LETTERS
        )),
    }
}

fn fill_simple(info: &Info, proto: &Ref, access: Access) -> PyResult<()> {
    info.set_simple_layout(access.letter);
    info.access.set(Some(access));
    info.passing.set(Passing::Simple);
    info.proto.set(Some(proto.clone()));
    info.set_format(format::of_letter(access.letter, access.swapped)?);
    Ok(())
}

/// The class of the same type with the other byte order.
fn make_swapped(
    metatype: Borrowed<'_, TypeObject>,
    args: Borrowed<'_>,
    kwargs: Option<Borrowed<'_>>,
    proto: &Ref,
    letter: u8,
) -> PyResult<Ref> {
    let suffix = if cfg!(target_endian = "little") { "_be" } else { "_le" };
    let mut items: Vec<Ref> = tuple::items(args).unwrap_or_default().iter().map(|item| item.to_ref()).collect();
    if let Some(name) = items.first_mut() {
        *name = text::concat(&[name.b(), text::new(suffix)?.b()])?;
    }
    let class = type_::new::new(metatype, tuple::from_vec(items)?.b(), kwargs)?;
    let Some(made) = class.b().downcast::<TypeObject>() else { return Err(object::error::bad_internal_call()) };
    let info = Info::init(made)?;
    fill_simple(&info, proto, Access { letter, swapped: true })?;
    if letter == b'?' {
        // As in CPython, where the swapped type reads and writes an unsigned byte.
        info.access.set(Some(Access { letter: b'B', swapped: true }));
    }
    Ok(class)
}

#[pymethods]
impl SimpleType {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, TypeObject>, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        type_::new::init(args, kwargs)?;
        let (proto, letter) = simple_letter(slf)?;
        let info = Info::init(slf)?;
        fill_simple(&info, &proto, Access::native(letter))?;
        if slf.base().is_some_and(|base| base.is_type(crate::simple::Simple::type_object())) {
            if matches!(letter, b'z' | b'Z' | b'P' | b's' | b'X' | b'O') {
                info.flags.set(flag::IS_POINTER);
            }
            param::add_from_param(slf, letter)?;
        }
        let metatype = slf.class();
        if !metatype.is_type(SimpleType::type_object()) || !access::can_swap(letter) {
            return Ok(());
        }
        let swapped = make_swapped(metatype.borrowed_type(), args, kwargs, &proto, letter)?;
        let (own, other) = if cfg!(target_endian = "little") {
            (id!("__ctype_le__"), id!("__ctype_be__"))
        } else {
            (id!("__ctype_be__"), id!("__ctype_le__"))
        };
        slf.setattr(other, swapped.b())?;
        slf.setattr(own, slf.object())?;
        swapped.setattr(own, slf.object())?;
        swapped.setattr(other, swapped.b())
    }
}

fn simple_from_param(class: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
    if value.isinstance(class.object())? {
        return Ok(value.to_ref());
    }
    let info = Holder::concrete(&class)?;
    let Some(letter) = info.letter() else { return Err(raise!(TypeError, "abstract class")) };
    let argument = Argument::new(letter)?;
    // SAFETY: an argument has room for a value of any simple type.
    match unsafe { Access::native(letter).set(argument.place(), value, Extent::Bytes(info.size.get())) } {
        Ok(kept) => {
            argument.obj.set(Some(kept.unwrap_or_else(core::none_ref)));
            Ok(argument.upcast())
        }
        Err(raised) => {
            let exception = raised.take();
            match types::as_parameter(value)? {
                Some(parameter) => {
                    recursion::check(" while processing _as_parameter_")?;
                    simple_from_param(class, parameter.b())
                }
                None => Err(object::error::restore(exception)),
            }
        }
    }
}

/// `from_param` of all argument types, in the order of the arguments.
pub fn converters(argtypes: Borrowed<'_>) -> PyResult<Ref> {
    let types = argtypes.to_tuple().map_err(|raised| {
        raised.clear();
        raise!(TypeError, "_argtypes_ must be a sequence of types")
    })?;
    let items = tuple::items(types.b()).unwrap_or_default();
    if items.len() > crate::call::MAX_ARGUMENTS {
        return Err(crate::state::raise_argument_error(format_args!(
            "_argtypes_ has too many arguments ({}), maximum is {}",
            items.len(),
            crate::call::MAX_ARGUMENTS
        )));
    }
    let mut converters = object::memory::vec_with_capacity(items.len())?;
    for (index, class) in items.iter().enumerate() {
        match class.getattr_opt(id!("from_param"))? {
            Some(converter) => converters.push(converter),
            None => return Err(raise!(TypeError, "item {} in _argtypes_ has no from_param method", index + 1)),
        }
    }
    tuple::from_vec(converters)
}

/// A result type and its `_check_retval_`; TypeError with this name in the message.
pub fn result_type(restype: Borrowed<'_>, name: &str) -> PyResult<Option<Ref>> {
    if !restype.is(&core::none()) && Holder::of(restype).is_none() && !restype.is_callable() {
        return Err(raise!(TypeError, "{name} must be a type, a callable, or None"));
    }
    restype.getattr_opt(id!("_check_retval_"))
}

#[pymethods]
impl FuncPtrType {
    #[slot(tp_init)]
    fn init(slf: Borrowed<'_, TypeObject>, _args: Borrowed<'_>, _kwargs: Option<Borrowed<'_>>) -> PyResult<()> {
        let info = Info::init(slf)?;
        info.set_format(format::text("X{}".to_owned())?);
        info.set_simple_layout(b'P');
        info.length.set(1);
        info.passing.set(Passing::Pointer);
        let flags = own(&slf, id!("_flags_"))?.filter(|flags| int::check(flags.b()));
        let Some(flags) = flags else {
            return Err(raise!(TypeError, "class must define _flags_ which must be an integer"));
        };
        info.flags.set(crate::values::masked(flags.b())? as u32 | flag::IS_POINTER);
        if let Some(argtypes) = own(&slf, id!("_argtypes_"))? {
            info.converters.set(Some(converters(argtypes.b())?));
            info.argtypes.set(Some(argtypes));
        }
        if let Some(restype) = own(&slf, id!("_restype_"))? {
            info.checker.set(result_type(restype.b(), "_restype_")?);
            info.restype.set(Some(restype));
        }
        Ok(())
    }
}
