//! The methods of all ctypes classes: `from_address`, `from_buffer`, `from_buffer_copy`, `in_dll`, `from_param`.

use crate::data;
use crate::info::Holder;
use crate::keep;
use crate::param::Argument;
use crate::values;
use builtins::memoryview::walk::{Order, Walk};
use object::protocol::buffer::Buffer;
use object::value::{int, str as text};
use object::{Borrowed, PyResult, Ref, TypeObject, hooks, id, raise, recursion};
use std::ffi::{CStr, CString};

/// `C.from_address(integer)`.
pub fn from_address(class: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
    if !int::check(value) {
        return Err(raise!(TypeError, "integer expected"));
    }
    data::at_address(class, values::as_void_ptr(value)?).map(Ref::upcast)
}

fn check_room(needed: usize, len: usize, offset: isize) -> PyResult<usize> {
    let Ok(start) = usize::try_from(offset) else { return Err(raise!(ValueError, "offset cannot be negative")) };
    let end = needed.saturating_add(start);
    if end > len {
        return Err(raise!(ValueError, "Buffer size too small ({len} instead of at least {end} bytes)"));
    }
    Ok(start)
}

fn audit_buffer(buffer: &Buffer, offset: isize) -> PyResult<()> {
    let view = buffer.view();
    let arguments = [values::address_object(view.buf.get().cast())?, int::new(view.len.get() as i64)?, int::new(offset as i64)?];
    hooks::audit("ctypes.cdata/buffer", &arguments.each_ref().map(Ref::b))
}

/// `C.from_buffer(object, offset=0)`: an instance over somebody's writable memory.
pub fn from_buffer(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
    let info = Holder::concrete(&class)?;
    let view = builtins::memoryview::from_object(object)?;
    let lent = Buffer::get(view.b(), abi::pybuf::FULL_RO)?;
    if lent.view().readonly.get() != 0 {
        return Err(raise!(TypeError, "underlying buffer is not writable"));
    }
    if !Walk::new(lent.view()).is_contiguous(Order::C) {
        return Err(raise!(TypeError, "underlying buffer is not C contiguous"));
    }
    let start = check_room(info.size.get(), lent.len(), offset)?;
    audit_buffer(&lent, offset)?;
    let address = lent.view().buf.get().cast::<u8>().wrapping_add(start);
    // The view is kept and, through it, the exporter's buffer; what was lent here only looked at it.
    drop(lent);
    let data = data::at_address(class, address)?;
    keep::keep(data.borrow(), -1, Some(view))?;
    Ok(data.upcast())
}

/// `C.from_buffer_copy(object, offset=0)`.
pub fn from_buffer_copy(class: Borrowed<'_, TypeObject>, object: Borrowed<'_>, offset: isize) -> PyResult<Ref> {
    let lent = Buffer::readable(object)?;
    let info = Holder::concrete(&class)?;
    let start = check_room(info.size.get(), lent.len(), offset)?;
    audit_buffer(&lent, offset)?;
    let data = data::new(class)?;
    data.write(lent.bytes().get(start..start.saturating_add(info.size.get())).unwrap_or_default());
    Ok(data.upcast())
}

/// The handle of a library object.
pub fn handle_of(library: Borrowed<'_>) -> PyResult<*mut libc::c_void> {
    let handle = library.getattr(id!("_handle"))?;
    if !int::check(handle.b()) {
        return Err(raise!(TypeError, "the _handle attribute of the second argument must be an integer"));
    }
    values::as_void_ptr(handle.b()).map(<*mut u8>::cast).map_err(|raised| {
        raised.clear();
        raise!(ValueError, "could not convert the _handle attribute to a pointer")
    })
}

/// What `dlerror` says, if it says anything.
pub fn dl_error() -> Option<String> {
    // SAFETY: plain calls; the text stays until the next call of the family on this thread.
    unsafe {
        let text = libc::dlerror();
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

/// The address of a symbol, or what the system says. A symbol may have the address 0: then nothing is said.
pub fn find_symbol(handle: *mut libc::c_void, name: &CStr) -> Result<*mut u8, Option<String>> {
    let _older = dl_error();
    // SAFETY: that the handle is one is the program's word.
    let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
    if address.is_null() { Err(dl_error()) } else { Ok(address.cast()) }
}

/// The text of a symbol's name.
pub fn symbol_name(name: &[u8]) -> PyResult<CString> {
    CString::new(name).map_err(|_| raise!(ValueError, "embedded null character"))
}

/// `C.in_dll(dll, name)`: the variable of a library.
pub fn in_dll(class: Borrowed<'_, TypeObject>, library: Borrowed<'_>, name: &str) -> PyResult<Ref> {
    let symbol = symbol_name(name.as_bytes())?;
    hooks::audit("ctypes.dlsym", &[library, text::new(name)?.b()])?;
    match find_symbol(handle_of(library)?, &symbol) {
        Ok(address) => data::at_address(class, address).map(Ref::upcast),
        Err(Some(message)) => Err(raise!(ValueError, "{message}")),
        Err(None) => Err(raise!(ValueError, "symbol '{name}' not found")),
    }
}

/// `from_param` of most classes: an instance, or `byref` of one.
pub fn from_param(class: Borrowed<'_, TypeObject>, value: Borrowed<'_>) -> PyResult<Ref> {
    if value.isinstance(class.object())? {
        return Ok(value.to_ref());
    }
    if let Some(argument) = value.downcast_exact::<Argument>() {
        let object = argument.obj.get();
        let proto = Holder::of_type(&class).and_then(|info| info.proto.get());
        if let (Some(object), Some(proto)) = (&object, proto)
            && proto.b().downcast::<TypeObject>().is_some()
            && object.isinstance(proto.b())?
        {
            return Ok(value.to_ref());
        }
        let found = object.as_ref().map_or("???", |object| object.class().tp_name());
        return Err(raise!(TypeError, "expected {} instance instead of pointer to {found}", class.tp_name()));
    }
    match as_parameter(value)? {
        Some(parameter) => {
            recursion::check(" while processing _as_parameter_")?;
            from_param(class, parameter.b())
        }
        None => Err(raise!(TypeError, "expected {} instance instead of {}", class.tp_name(), value.class().tp_name())),
    }
}

/// `value._as_parameter_`, if there is one.
pub fn as_parameter(value: Borrowed<'_>) -> PyResult<Option<Ref>> {
    value.getattr_opt(id!("_as_parameter_"))
}
