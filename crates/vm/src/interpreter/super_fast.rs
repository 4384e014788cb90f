//! LOAD_SUPER_ATTR where the attribute is a method: what was found for the class and the receiver's type is kept, since one word of cache has no room for it.

use super::attributes::LOAD_SUPER_ATTR;
use crate::frame::Slot;
use abi::PyObject;
use object::core;
use std::cell::Cell;

/// The method that `super(class, receiver)` has for receivers of one version of a type. That type keeps class and method alive while its version holds.
pub(crate) struct Found {
    pub class: Cell<*mut PyObject>,
    pub version: Cell<u32>,
    /// Whether the version is that of the receiver, a class, and not of its type: then what was found is the value as it is.
    pub of_class: Cell<bool>,
    pub method: Cell<*mut PyObject>,
}

handler! {
    fn LOAD_SUPER_ATTR_METHOD(pc, sp, frame, thread, table, oparg) {
        // (super, class, receiver -- method, receiver)
        let base = sp.sub(3);
        let (class, receiver) = (*base.add(1), *base.add(2));
        let found = &*std::ptr::with_exposed_provenance::<Found>((*pc.add(1)).word() as usize);
        if std::ptr::eq((*base).ptr(), core::SUPER.as_object_ptr())
            && std::ptr::eq(class.ptr(), found.class.get())
        {
            if found.of_class.get() {
                instead!(super_of_class, pc, sp, frame, thread, table)
            }
            if (*(*receiver.ptr()).ob_type.get()).tp_version_tag.get() != found.version.get() {
                instead!(LOAD_SUPER_ATTR, pc, sp, frame, thread, table)
            }
            if !class.is_borrowed() {
                // The receiver's type has it, too.
                object::reference::decref_alive(class.ptr());
            }
            let method = found.method.get();
            object::reference::incref(method);
            base.write(Slot::from_raw(method));
            base.add(1).write(receiver);
            dispatch!(pc.add(super::size::LOAD_SUPER_ATTR), base.add(2), frame, thread, table)
        }
        instead!(LOAD_SUPER_ATTR, pc, sp, frame, thread, table)
    }
}

handler! {
    /// [`LOAD_SUPER_ATTR_METHOD`] where the receiver is a class (`super().__new__`): super and class were looked at.
    #[inline(never)]
    fn super_of_class(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(3);
        let (class, receiver) = (*base.add(1), *base.add(2));
        let found = &*std::ptr::with_exposed_provenance::<Found>((*pc.add(1)).word() as usize);
        let is_class = (*(*receiver.ptr()).ob_type.get()).tp_flags.get() & abi::tpflags::TYPE_SUBCLASS != 0;
        if is_class && (*receiver.ptr().cast::<abi::PyTypeObject>()).tp_version_tag.get() == found.version.get() {
            let method = builtins::method::unwrapped(found.method.get());
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
            let next = pc.add(super::size::LOAD_SUPER_ATTR);
            if receiver.is_borrowed() {
                dispatch!(next, base.add(2), frame, thread, table)
            }
            return super::fast::drop_slot(next, base.add(2), frame, thread, table, receiver.ptr().expose_provenance() as u64);
        }
        instead!(LOAD_SUPER_ATTR, pc, sp, frame, thread, table)
    }
}
