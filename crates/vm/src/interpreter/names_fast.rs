//! Specialised globals and builtins.

use super::names::LOAD_GLOBAL;
use crate::frame::Slot;
use abi::PyObject;
use builtins::dict::Dict;

#[inline(always)]
unsafe fn dict<'a>(ptr: *mut PyObject) -> &'a Dict {
    // SAFETY: globals are of a dict type; builtins are looked at by code that was specialised for these, where they were a dict.
    unsafe { &*ptr.cast::<Dict>() }
}

macro_rules! finish {
    ($value:expr, $pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let value: *mut PyObject = $value;
        object::reference::incref(value);
        $sp.write(Slot::from_raw(value));
        $sp.add(1).write(Slot::NULL);
        dispatch!($pc.add(super::size::LOAD_GLOBAL), $sp.add(1 + ((*$pc).word() >> 32 & 1) as usize), $frame, $thread, $table)
    }};
}

handler! {
    fn LOAD_GLOBAL_MODULE(pc, sp, frame, thread, table, oparg) {
        let cache = (*pc.add(1)).word();
        let globals = (*frame).globals.get();
        if dict(globals).current_keys_version() == (cache >> 32) as u32 {
            let value = dict(globals).value_at_offset_unchecked(cache as u32 as usize);
            if !value.is_null() {
                finish!(value, pc, sp, frame, thread, table)
            }
        }
        instead!(LOAD_GLOBAL, pc, sp, frame, thread, table)
    }
}

handler! {
    fn LOAD_GLOBAL_BUILTIN(pc, sp, frame, thread, table, oparg) {
        let (cache, second) = ((*pc.add(1)).word(), (*pc.add(2)).word());
        let (globals, builtins) = ((*frame).globals.get(), (*frame).builtins.get());
        if dict(globals).current_keys_version() == (cache >> 32) as u32
            && std::ptr::eq((*builtins).ob_type.get(), object::core::DICT.as_type_ptr())
            && dict(builtins).current_keys_version() == (second >> 32) as u32
        {
            let value = dict(builtins).value_at_offset_unchecked(second as u32 as usize);
            if !value.is_null() {
                finish!(value, pc, sp, frame, thread, table)
            }
        }
        instead!(LOAD_GLOBAL, pc, sp, frame, thread, table)
    }
}
