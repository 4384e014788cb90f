//! LOAD_SUPER_ATTR's forms: what was found for the class and the receiver's type is kept, since one word of cache has no room for it.

use super::attributes::LOAD_SUPER_ATTR;
use crate::frame::Slot;
use abi::PyObject;
use object::{Object, core};
use std::cell::Cell;

/// What `super(class, receiver)` finds for receivers of one version of a type. That type keeps class and attribute alive while its version holds.
pub(crate) struct Found {
    pub class: Cell<*mut PyObject>,
    pub version: Cell<u32>,
    /// Whether the version is that of the receiver, a class, and not of its type: then what was found is the value as it is.
    pub of_class: Cell<bool>,
    /// The method, or what stands in the class's dict.
    pub attribute: Cell<*mut PyObject>,
}

/// What the instruction has found for the super, class and receiver that begin at `$base`; leaves for the generic form if it is something else, for
/// [`super_of_class`] if the receiver is a class.
macro_rules! found {
    ($base:expr, $pc:ident, $sp:ident, $frame:ident, $thread:ident, $table:ident) => {{
        let (class, receiver) = (*$base.add(1), *$base.add(2));
        let found = &*std::ptr::with_exposed_provenance::<Found>((*$pc.add(1)).word() as usize);
        if !std::ptr::eq((*$base).ptr(), core::SUPER.as_object_ptr()) || !std::ptr::eq(class.ptr(), found.class.get()) {
            instead!(LOAD_SUPER_ATTR, $pc, $sp, $frame, $thread, $table)
        }
        if found.of_class.get() {
            instead!(super_of_class, $pc, $sp, $frame, $thread, $table)
        }
        if (*(*receiver.ptr()).ob_type.get()).tp_version_tag.get() != found.version.get() {
            instead!(LOAD_SUPER_ATTR, $pc, $sp, $frame, $thread, $table)
        }
        found.attribute.get()
    }};
}

handler! {
    fn LOAD_SUPER_ATTR_METHOD(pc, sp, frame, thread, table, oparg) {
        // (super, class, receiver -- method, receiver)
        let base = sp.sub(3);
        let method = found!(base, pc, sp, frame, thread, table);
        let (class, receiver) = (*base.add(1), *base.add(2));
        if !class.is_borrowed() {
            // The receiver's type has it, too.
            object::reference::decref_alive(class.ptr());
        }
        object::reference::incref(method);
        base.write(Slot::from_raw(method));
        base.add(1).write(receiver);
        dispatch!(pc.add(super::size::LOAD_SUPER_ATTR), base.add(2), frame, thread, table)
    }
}

handler! {
    fn LOAD_SUPER_ATTR_ATTR(pc, sp, frame, thread, table, oparg) {
        // (super, class, receiver -- value)
        let base = sp.sub(3);
        let attribute = found!(base, pc, sp, frame, thread, table);
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let value = bound(attribute, (*base.add(2)).ptr());
        if value.is_null() {
            return super::unwind::error(pc, sp, frame, thread, table, 0);
        }
        let (class, receiver) = (*base.add(1), *base.add(2));
        base.write(Slot::from_raw(value));
        if !class.is_borrowed() {
            // The last one, perhaps, if a descriptor's own code has changed the receiver's class.
            (*frame).sp.set(base.add(1));
            object::reference::decref(class.ptr());
        }
        let next = pc.add(super::size::LOAD_SUPER_ATTR);
        if receiver.is_borrowed() {
            dispatch!(next, base.add(1), frame, thread, table)
        }
        return super::fast::drop_slot(next, base.add(1), frame, thread, table, receiver.ptr().expose_provenance() as u64);
    }
}

/// The attribute of the receiver's type, bound to the receiver; null with an exception.
#[inline(never)]
unsafe fn bound(attribute: *mut PyObject, receiver: *mut PyObject) -> *mut PyObject {
    // SAFETY: by contract both are alive. What is found is counted: a descriptor's own code may change the class.
    let bound = unsafe {
        let receiver = (*receiver.cast::<Object>()).borrowed();
        let attribute = (*attribute.cast::<Object>()).borrowed().to_ref();
        let class = receiver.class().to_type_ref();
        builtins::super_::bind(attribute, &class, receiver)
    };
    bound.map_or(std::ptr::null_mut(), object::Ref::into_ptr)
}

handler! {
    /// Both forms where the receiver is a class (`super().__new__`): super and class were looked at.
    #[inline(never)]
    fn super_of_class(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(3);
        let (class, receiver) = (*base.add(1), *base.add(2));
        let found = &*std::ptr::with_exposed_provenance::<Found>((*pc.add(1)).word() as usize);
        let is_class = (*(*receiver.ptr()).ob_type.get()).tp_flags.get() & abi::tpflags::TYPE_SUBCLASS != 0;
        if is_class && (*receiver.ptr().cast::<abi::PyTypeObject>()).tp_version_tag.get() == found.version.get() {
            let method = builtins::method::unwrapped(found.attribute.get());
            if method.is_null() {
                instead!(LOAD_SUPER_ATTR, pc, sp, frame, thread, table)
            }
            object::reference::incref(method);
            if !class.is_borrowed() {
                // The receiver has it in its order.
                object::reference::decref_alive(class.ptr());
            }
            base.write(Slot::from_raw(method));
            base.add(1).write(Slot::NULL);
            let (next, sp) = (pc.add(super::size::LOAD_SUPER_ATTR), base.add(1 + (oparg & 1) as usize));
            if receiver.is_borrowed() {
                dispatch!(next, sp, frame, thread, table)
            }
            return super::fast::drop_slot(next, sp, frame, thread, table, receiver.ptr().expose_provenance() as u64);
        }
        instead!(LOAD_SUPER_ATTR, pc, sp, frame, thread, table)
    }
}
