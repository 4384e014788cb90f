//! The C functions whose addresses the module gives away: `ctypes` makes `cast`, `string_at` and their kin of them.

use crate::data::{self, CData};
use crate::info::Holder;
use crate::metatypes::{FuncPtrType, PointerType};
use crate::{keep, values, wide};
use abi::c_int;
use builtins::dict::Dict;
use object::value::{bytes, int};
use object::{Borrowed, PyResult, Ref, StaticType, TypeObject, core, hooks, raise};

/// The address of a function as an int.
pub fn address_of(function: *const ()) -> PyResult<Ref> {
    values::address_object(function.cast())
}

/// `string_at(address, size)`: bytes up to a NUL, or so many.
pub extern "C-unwind" fn string_at(start: *const u8, size: c_int) -> PyResult<Ref> {
    hooks::audit("ctypes.string_at", &[values::address_object(start)?.b(), int::new(size.into())?.b()])?;
    if size < -1 {
        return Err(raise!(SystemError, "Negative size passed to PyBytes_FromStringAndSize"));
    }
    // SAFETY: that so many bytes, or a NUL, stand there is the program's word.
    unsafe {
        let len = if size == -1 { libc::strlen(start.cast()) } else { size.unsigned_abs() as usize };
        if len == 0 {
            return bytes::new(&[]);
        }
        bytes::new(std::slice::from_raw_parts(start, len))
    }
}

/// `wstring_at(address, size)`.
pub extern "C-unwind" fn wstring_at(start: *const u8, size: c_int) -> PyResult<Ref> {
    hooks::audit("ctypes.wstring_at", &[values::address_object(start)?.b(), int::new(size.into())?.b()])?;
    if size < -1 {
        return Err(object::error::bad_internal_call());
    }
    // SAFETY: that so many characters, or a NUL, stand there is the program's word.
    unsafe {
        let len = if size == -1 { wide::len(start, usize::MAX) } else { size.unsigned_abs() as usize };
        wide::read(start, len)
    }
}

/// `memoryview_at(address, size, readonly)`.
pub extern "C-unwind" fn memoryview_at(start: *mut u8, size: isize, readonly: c_int) -> PyResult<Ref> {
    let arguments = [values::address_object(start)?, int::new(size as i64)?, int::new(readonly.into())?];
    hooks::audit("ctypes.memoryview_at", &arguments.each_ref().map(Ref::b))?;
    let Ok(len) = usize::try_from(size) else {
        return Err(raise!(ValueError, "memoryview_at: size is negative (or overflowed): {size}"));
    };
    // SAFETY: that the memory is there as long as the view is the program's word.
    unsafe { builtins::memoryview::from_memory(start, len, readonly != 0) }
}

/// Whether a class is one of pointers.
fn check_pointer_type(class: Borrowed<'_>) -> PyResult<()> {
    let metatype = class.class();
    if metatype.is_subtype(PointerType::type_object()) || metatype.is_subtype(FuncPtrType::type_object()) {
        return Ok(());
    }
    let letter = Holder::of(class).and_then(|info| info.letter());
    if letter.is_some_and(|letter| b"sPzUZXO".contains(&letter)) {
        return Ok(());
    }
    if !metatype.is_subtype(crate::ctype::CType::type_object()) {
        return Err(raise!(TypeError, "cast() argument 2 must be a pointer type"));
    }
    let shown = class.downcast::<TypeObject>().map_or(class.class().tp_name(), |class| class.get().tp_name());
    Err(raise!(TypeError, "cast() argument 2 must be a pointer type, not {shown}"))
}

/// `cast(address, source, class)`: a pointer of another type, which keeps alive what the source does.
pub extern "C-unwind" fn cast(address: *mut u8, source: Borrowed<'_>, class: Borrowed<'_>) -> PyResult<Ref> {
    check_pointer_type(class)?;
    let result = class.call0()?;
    let made = data::expect(result.b())?;
    if let Some(source) = data::of(source) {
        share_objects(source, made)?;
    }
    made.set_pointer(address);
    Ok(result)
}

fn share_objects(source: Borrowed<'_, CData>, made: Borrowed<'_, CData>) -> PyResult<()> {
    keep::container(source)?;
    // A dict is needed, for the source itself.
    if source.objects.get().is_some_and(|objects| objects.is(&core::none())) {
        source.objects.set(Some(Dict::new()?.upcast()));
    }
    let objects = source.objects.get();
    made.objects.set(objects.clone());
    if let Some(objects) = objects.as_ref().and_then(|objects| objects.b().downcast_exact::<Dict>()) {
        let address = values::address_object(source.object().ptr().cast())?;
        objects.set(address.b(), source.object())?;
    }
    Ok(())
}
