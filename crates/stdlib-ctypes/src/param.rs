//! Arguments of C functions: `CArgObject`, and what a Python object becomes as one.

use crate::access::{self, Access, Extent};
use crate::data::{self, CData};
use crate::info::{Holder, Passing};
use crate::values;
use crate::{types, wide};
use abi::{Cell, PyMethodDef, mlflags};
use libffi_sys as ffi;
use macros::{pyclass, pymethods};
use object::spec::{method_end, method_o};
use object::value::{bytes, int, str as text};
use object::{Borrowed, OptRef, PyResult, Ref, StaticType, TypeObject, core, memory, raise, recursion};
use std::cell::{RefCell, UnsafeCell};

/// Room for any value that is passed as such.
pub type Value = [u64; 4];

#[pyclass(name = "CArgObject", module = "_ctypes", flags(DISALLOW_INSTANTIATION), gc)]
pub struct Argument {
    head: abi::PyObject,
    #[trace(skip)]
    ffi: Cell<*mut ffi::ffi_type>,
    letter: Cell<u8>,
    /// What the value needs to stay valid.
    #[member(T_OBJECT, name = "_obj", readonly, doc = "the wrapped object")]
    pub obj: OptRef,
    #[trace(skip)]
    value: UnsafeCell<Value>,
    /// A copy of a structure.
    #[trace(skip)]
    copy: RefCell<Vec<u64>>,
}

impl Argument {
    /// An argument of a simple type, its value zero.
    pub fn new(letter: u8) -> PyResult<Ref<Argument>> {
        Argument::of_type(letter, access::ffi_type(letter))
    }

    fn of_type(letter: u8, ffi: *mut ffi::ffi_type) -> PyResult<Ref<Argument>> {
        let argument = Argument {
            head: crate::header(),
            ffi: Cell::new(ffi),
            letter: Cell::new(letter),
            obj: OptRef::none(),
            value: UnsafeCell::default(),
            copy: RefCell::default(),
        };
        memory::new_instance(Argument::type_object(), argument)
    }

    /// A pointer, and the object that it needs.
    fn pointer(letter: u8, address: *mut u8, object: Borrowed<'_>) -> PyResult<Ref<Argument>> {
        let argument = Argument::of_type(letter, access::ffi_type(b'P'))?;
        argument.set_pointer(address);
        argument.obj.set(Some(object.to_ref()));
        Ok(argument)
    }

    /// Where the value stands.
    pub fn place(&self) -> *mut u8 {
        self.value.get().cast()
    }

    fn set_pointer(&self, address: *mut u8) {
        // SAFETY: there is room for a pointer.
        unsafe { values::write_pointer(self.place(), address) };
    }

    /// Whether it was made by `byref` or of a pointer.
    pub fn is_pointer(&self) -> bool {
        self.letter.get() == b'P'
    }
}

#[pymethods]
impl Argument {
    #[slot(tp_repr)]
    fn repr(slf: Borrowed<'_, Self>) -> PyResult<String> {
        let letter = slf.letter.get();
        let place = slf.place();
        // SAFETY: there is room for a value of any simple type.
        let signed = |width: usize| unsafe {
            let unused = 64 - 8 * width as u32;
            (values::read_int(place, width, false) << unused).cast_signed() >> unused
        };
        let shown = match letter {
            b'b' | b'B' => signed(1).to_string(),
            b'h' | b'H' => signed(2).to_string(),
            b'i' | b'I' => signed(4).to_string(),
            b'l' | b'L' | b'q' | b'Q' => signed(8).to_string(),
            // SAFETY: as above.
            b'd' | b'f' => {
                object::value::float::new(unsafe { values::read_float(place, Access::native(letter)) })?.repr_text()?
            }
            // SAFETY: as above.
            b'c' => match unsafe { place.read() } {
                byte if is_plain(byte) => format!("'{}'", char::from(byte)),
                byte => format!("'\\x{byte:02x}'"),
            },
            // SAFETY: as above.
            b'z' | b'Z' | b'P' => match unsafe { values::read_pointer(place) } {
                null if null.is_null() => "(nil)".to_owned(),
                address => format!("{address:p}"),
            },
            _ if is_plain(letter) => return Ok(format!("<cparam '{}' at {:p}>", char::from(letter), slf.object().ptr())),
            _ => return Ok(format!("<cparam 0x{letter:02x} at {:p}>", slf.object().ptr())),
        };
        Ok(format!("<cparam '{}' ({shown})>", char::from(letter)))
    }
}

fn is_plain(byte: u8) -> bool {
    (0x20..0x7F).contains(&byte) && byte != b'\\' && byte != b'\''
}

/// `byref(obj, offset)`.
pub fn by_reference(object: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
    let Some(data) = data::of(object) else { return Err(raise!(TypeError, "expected CData instance")) };
    Argument::pointer(b'P', data.ptr.get().wrapping_offset(offset), object).map(Ref::upcast)
}

/// An instance as an argument.
fn of_instance(data: Borrowed<'_, CData>, info: &Holder) -> PyResult<Ref<Argument>> {
    let object = data.object();
    match info.passing.get() {
        Passing::Pointer => Argument::pointer(b'P', data.pointer(), object),
        Passing::Array => Argument::pointer(b'P', data.ptr.get(), object),
        Passing::Simple => {
            let letter = info.letter().unwrap_or(b'P');
            let argument = Argument::new(letter)?;
            argument.obj.set(Some(object.to_ref()));
            let len = data.size.get().min(size_of::<Value>());
            // SAFETY: both have that many bytes.
            unsafe { argument.place().copy_from_nonoverlapping(data.ptr.get(), len) };
            Ok(argument)
        }
        Passing::Structure => {
            let argument = Argument::of_type(b'V', info.ffi())?;
            argument.obj.set(Some(object.to_ref()));
            let words = data.size.get().max(info.size.get()).div_ceil(8).max(1);
            let mut copy = memory::vec_with_capacity::<u64>(words)?;
            copy.resize(words, 0);
            // SAFETY: both have that many bytes.
            unsafe { copy.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(data.ptr.get(), data.size.get()) };
            argument.set_pointer(copy.as_mut_ptr().cast());
            argument.copy.replace(copy);
            Ok(argument)
        }
    }
}

/// An argument that is ready for a call.
pub struct Ready {
    pub ffi: *mut ffi::ffi_type,
    value: Value,
    _keep: Option<Ref>,
}

impl Ready {
    fn of_argument(argument: Borrowed<'_, Argument>) -> Ready {
        // SAFETY: no reference to the value is held.
        let value = unsafe { *argument.value.get() };
        Ready { ffi: argument.ffi.get(), value, _keep: Some(argument.object().to_ref()) }
    }

    fn of_pointer(address: *mut u8, keep: Option<Ref>) -> Ready {
        Ready { ffi: access::ffi_type(b'P'), value: [address.expose_provenance() as u64, 0, 0, 0], _keep: keep }
    }

    /// Where libffi finds the value.
    pub fn place(&mut self) -> *mut libc::c_void {
        // SAFETY: a type of libffi or of a class that the argument keeps alive.
        if unsafe { (*self.ffi).type_ } == ffi::FFI_TYPE_STRUCT {
            values::pointer(self.value[0]).cast()
        } else {
            self.value.as_mut_ptr().cast()
        }
    }

    /// Makes an object the argument number `position`, counted from 1.
    pub fn new(object: Borrowed<'_>, position: usize) -> PyResult<Ready> {
        if let Some(data) = data::of(object)
            && let Some(info) = Holder::of_instance(object)
        {
            return of_instance(data, &info).map(|argument| Ready::of_argument(argument.borrow()));
        }
        if let Some(argument) = object.downcast_exact::<Argument>() {
            return Ok(Ready::of_argument(argument));
        }
        if object.is(&core::none()) {
            return Ok(Ready::of_pointer(std::ptr::null_mut(), None));
        }
        if int::check(object) {
            let number = int::to_i128(object).filter(|number| *number >= i64::MIN.into() && *number <= u64::MAX.into());
            let Some(number) = number else { return Err(raise!(OverflowError, "int too long to convert")) };
            // Only an int's worth of it is passed.
            let value = u64::from(number as u32);
            return Ok(Ready { ffi: access::ffi_type(b'i'), value: [value, 0, 0, 0], _keep: None });
        }
        if let Some(content) = bytes::value(object) {
            return Ok(Ready::of_pointer(content.as_ptr().cast_mut(), Some(object.to_ref())));
        }
        if let Some(data) = text::data(object) {
            if data.iter().any(|code| code == 0) {
                return Err(raise!(ValueError, "embedded null character"));
            }
            let (block, owner) = wide::owned(object)?;
            return Ok(Ready::of_pointer(block, Some(owner)));
        }
        match types::as_parameter(object)? {
            Some(parameter) => {
                recursion::check(" while processing _as_parameter_")?;
                Ready::new(parameter.b(), position)
            }
            None => Err(raise!(TypeError, "Don't know how to convert parameter {position}")),
        }
    }
}

/// The `from_param` that the classes of the pointer types `z`, `Z`, `P` have.
pub fn add_from_param(class: Borrowed<'_, TypeObject>, letter: u8) -> PyResult<()> {
    static CHARS: [PyMethodDef; 2] =
        [method_o(c"from_param", char_from_param, mlflags::CLASS, c"from_param($type, value, /)\n--\n\n"), method_end()];
    static WIDE: [PyMethodDef; 2] =
        [method_o(c"from_param", wide_from_param, mlflags::CLASS, c"from_param($type, value, /)\n--\n\n"), method_end()];
    static VOID: [PyMethodDef; 2] =
        [method_o(c"from_param", void_from_param, mlflags::CLASS, c"from_param($type, value, /)\n--\n\n"), method_end()];
    let table: &'static [PyMethodDef] = match letter {
        b'z' => &CHARS,
        b'Z' => &WIDE,
        b'P' => &VOID,
        _ => return Ok(()),
    };
    let name = text::new("from_param")?;
    let method = builtins::descr::method::new_classmethod(&class, table.as_ptr().cast_mut(), name.clone())?;
    builtins::type_::getattr::set(class, name.b(), Some(method.b()))
}

fn class_of(class: Option<Borrowed<'_>>) -> PyResult<Borrowed<'_, TypeObject>> {
    class.and_then(|class| class.downcast::<TypeObject>()).ok_or_else(object::error::bad_internal_call)
}

extern "C-unwind" fn char_from_param(class: Option<Borrowed<'_>>, value: Borrowed<'_>) -> PyResult<Ref> {
    string_from_param(class_of(class)?, value, b'z')
}

extern "C-unwind" fn wide_from_param(class: Option<Borrowed<'_>>, value: Borrowed<'_>) -> PyResult<Ref> {
    string_from_param(class_of(class)?, value, b'Z')
}

extern "C-unwind" fn void_from_param(class: Option<Borrowed<'_>>, value: Borrowed<'_>) -> PyResult<Ref> {
    pointer_from_param(class_of(class)?, value)
}

/// An argument that a setter fills.
fn filled(shown: u8, letter: u8, value: Borrowed<'_>) -> PyResult<Ref> {
    let argument = Argument::new(shown)?;
    // SAFETY: there is room for a pointer.
    let kept = unsafe { Access::native(letter).set(argument.place(), value, Extent::Bytes(size_of::<*mut u8>()))? };
    argument.obj.set(Some(kept.unwrap_or_else(core::none_ref)));
    Ok(argument.upcast())
}

/// Whether the items of an array or a pointer are of the simple type.
fn has_items(value: Borrowed<'_>, letter: u8) -> bool {
    let is_row = value.downcast::<crate::array::Array>().is_some() || value.downcast::<crate::pointer::Pointer>().is_some();
    let item = Holder::of_instance(value).filter(|_| is_row).and_then(|info| info.proto.get());
    item.and_then(|item| Holder::of(item.b())).is_some_and(|info| info.access.get().is_some_and(|access| access.is(letter)))
}

/// `c_char_p.from_param`, `c_wchar_p.from_param`.
fn string_from_param(class: Borrowed<'_, TypeObject>, value: Borrowed<'_>, letter: u8) -> PyResult<Ref> {
    if value.is(&core::none()) {
        return Ok(value.to_ref());
    }
    let wide = letter == b'Z';
    if if wide { text::check(value) } else { bytes::value(value).is_some() } {
        return filled(letter, letter, value);
    }
    if value.isinstance(class.object())? {
        return Ok(value.to_ref());
    }
    let item = if wide { b'u' } else { b'c' };
    if has_items(value, item) {
        return Ok(value.to_ref());
    }
    if let Some(argument) = value.downcast_exact::<Argument>() {
        let info = argument.obj.get().and_then(|object| Holder::of_instance(object.b()));
        if info.is_some_and(|info| info.access.get().is_some_and(|access| access.is(item))) {
            return Ok(value.to_ref());
        }
    }
    match types::as_parameter(value)? {
        Some(parameter) => {
            recursion::check(" while processing _as_parameter_")?;
            string_from_param(class, parameter.b(), letter)
        }
        None => {
            let name = if wide { "c_wchar_p" } else { "c_char_p" };
            Err(raise!(TypeError, "'{:.200}' object cannot be interpreted as ctypes.{name}", value.class().tp_name()))
        }
    }
}

/// `c_void_p.from_param`.
fn pointer_from_param(class: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
    if value.is(&core::none()) {
        return Ok(value.to_ref());
    }
    if int::check(value) {
        return filled(b'P', b'P', value);
    }
    if bytes::value(value).is_some() {
        return filled(b'z', b'z', value);
    }
    if text::check(value) {
        return filled(b'Z', b'Z', value);
    }
    if value.isinstance(class.object())? {
        return Ok(value.to_ref());
    }
    if value.downcast::<crate::array::Array>().is_some() || value.downcast::<crate::pointer::Pointer>().is_some() {
        return Ok(value.to_ref());
    }
    if value.downcast_exact::<Argument>().is_some_and(|argument| argument.is_pointer()) {
        return Ok(value.to_ref());
    }
    if let Some(data) = data::of(value) {
        if value.downcast::<crate::funcptr::FuncPtr>().is_some() {
            return Argument::pointer(b'P', data.pointer(), value).map(Ref::upcast);
        }
        let letter = Holder::of_instance(value).and_then(|info| info.letter());
        if matches!(letter, Some(b'z' | b'Z')) {
            return Argument::pointer(b'Z', data.pointer(), value).map(Ref::upcast);
        }
    }
    match types::as_parameter(value)? {
        Some(parameter) => {
            recursion::check(" while processing _as_parameter_")?;
            pointer_from_param(class, parameter.b())
        }
        None => Err(raise!(TypeError, "'{:.200}' object cannot be interpreted as ctypes.c_void_p", value.class().tp_name())),
    }
}
