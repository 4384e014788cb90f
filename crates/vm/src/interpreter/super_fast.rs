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
            && (*(*receiver.ptr()).ob_type.get()).tp_version_tag.get() == found.version.get()
        {
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
