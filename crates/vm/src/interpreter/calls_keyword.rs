//! Specialised calls with keywords. Which parameter each keyword names was found when the instruction specialised: the names are a constant of the
//! code and stand in the cache, so that they need not be looked at again.

use super::calls::{CALL_KW, keywords_slow};
use super::calls_fast::{enter, has_room, push_frame, versioned};
use super::fast::drop_slot;
use crate::frame::Slot;
use std::mem::offset_of;

/// The first word of the cache: the function's version, how many arguments are positional, and the first parameter that may be left to its default.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub version: u32,
    pub positional: u16,
    /// The number of parameters if all are given.
    pub first_default: u16,
}

impl Plan {
    pub(crate) fn word(self) -> u64 {
        u64::from(self.version) | u64::from(self.positional) << 32 | u64::from(self.first_default) << 48
    }
}

/// How many keywords the third word of the cache has room for: a byte each, the parameter's index.
pub(crate) const MOST_KEYWORDS: usize = 8;

handler! {
    fn CALL_KW_PY(pc, sp, frame, thread, table, oparg) {
        // (callable, self or null, arguments, names)
        let base = sp.sub(oparg as usize + 3);
        let callable = *base;
        let plan = (*pc.add(1)).word();
        let names = *sp.sub(1);
        let function = versioned(callable, plan & 0xffff_ffff);
        if function.is_null() || names.ptr().addr() as u64 != (*pc.add(2)).word() || !names.is_borrowed() {
            instead!(CALL_KW, pc, sp, frame, thread, table)
        }
        let with_self = !(*base.add(1)).is_null();
        let keywords = (*names.ptr().cast::<abi::PyVarObject>()).ob_size.get() as usize;
        let positional = (oparg as usize + with_self as usize).wrapping_sub(keywords);
        let code = (*function).code();
        let parameters = code.arg_count();
        let first_default = (plan >> 48) as usize;
        let defaults = (*function).defaults.as_ptr();
        let given = if defaults.is_null() { 0 } else { (*defaults.cast::<abi::PyVarObject>()).ob_size.get() as usize };
        if positional != (plan >> 32 & 0xffff) as usize || parameters - first_default > given || !has_room(thread, code) {
            instead!(CALL_KW, pc, sp, frame, thread, table)
        }
        let source = base.add(2 - with_self as usize);
        let callee = push_frame(thread, frame, function, callable.into_owned(), Slot::NULL, source, positional);
        let locals = (*callee).locals_start();
        let mut places = (*pc.add(3)).word();
        let mut at = source.add(positional);
        let end = sp.sub(1);
        while at < end {
            locals.add((places & 0xff) as usize).write((*at).into_owned());
            places >>= 8;
            at = at.add(1);
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        let mut index = first_default;
        if index < parameters {
            // The default of parameter `index` stands `parameters - index` before the end.
            let items = defaults.byte_add(offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut abi::PyObject>().add(given).sub(parameters);
            while index < parameters {
                let local = locals.add(index);
                if (*local).is_null() {
                    let item = *items.add(index);
                    object::reference::incref(item);
                    local.write(Slot::from_raw(item));
                }
                index += 1;
                std::arch::asm!("", options(nomem, nostack, preserves_flags));
            }
        }
        enter!(callee, super::size::CALL_KW, pc, base, frame, thread, table)
    }
}

handler! {
    fn CALL_KW_BOUND_METHOD(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(oparg as usize + 3);
        let callable = *base;
        if !std::ptr::eq((*callable.ptr()).ob_type.get(), object::core::METHOD.as_type_ptr()) || !(*base.add(1)).is_null() {
            return CALL_KW_PY(pc, sp, frame, thread, table, oparg);
        }
        let method = &*callable.ptr().cast::<abi::PyMethodObject>();
        let (function, instance) = (method.im_func.get(), method.im_self.get());
        object::reference::incref(function);
        object::reference::incref(instance);
        base.write(Slot::from_raw(function));
        base.add(1).write(Slot::from_raw(instance));
        if callable.is_borrowed() {
            return CALL_KW_PY(pc, sp, frame, thread, table, oparg);
        }
        // The method dies, then the instruction runs again.
        return drop_slot(pc, sp, frame, thread, table, callable.ptr().expose_provenance() as u64);
    }
}

handler! {
    fn CALL_KW_NON_PY(pc, sp, frame, thread, table, oparg) {
        let callable = *sp.sub(oparg as usize + 3);
        if std::ptr::eq((*callable.ptr()).ob_type.get(), object::core::FUNCTION.as_type_ptr()) {
            instead!(CALL_KW, pc, sp, frame, thread, table)
        }
        return keywords_slow(pc, sp, frame, thread, table, oparg);
    }
}
