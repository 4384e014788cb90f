//! Weak references to garbage: cleared before anything of the garbage runs, their callbacks called if they themselves survive.

use super::ring::{Node, Ring};
use crate::memory;
use crate::reference::{Object, RawField, Ref};
use crate::types::TypeObject;
use abi::{Cell, PyObject, PyWeakReference, tpflags};

/// The field that heads the list of weak references to an object, where its type has one.
fn list_head<'a>(object: *mut PyObject) -> Option<&'a Cell<*mut PyObject>> {
    // SAFETY: the object is alive; the flag or the offset tells where the field is.
    unsafe {
        let class = &*(*object).ob_type.get().cast::<TypeObject>();
        if class.has(tpflags::MANAGED_WEAKREF) {
            return Some(&memory::pre_header(object).weakrefs);
        }
        let offset = class.raw().tp_weaklistoffset.get();
        (offset > 0).then(|| &*object.byte_offset(offset).cast::<Cell<*mut PyObject>>())
    }
}

/// Takes a weak reference out of its object's list: it is dead from now on, its callback stays.
fn detach(reference: &PyWeakReference, head: &Cell<*mut PyObject>) {
    let (prev, next) = (reference.wr_prev.get(), reference.wr_next.get());
    // SAFETY: neighbours in the list are live weak references.
    unsafe {
        if std::ptr::eq(head.get().cast(), reference) {
            head.set(next.cast());
        }
        if let Some(prev) = prev.as_ref() {
            prev.wr_next.set(next);
        }
        if let Some(next) = next.as_ref() {
            next.wr_prev.set(prev);
        }
    }
    reference.wr_prev.set(std::ptr::null_mut());
    reference.wr_next.set(std::ptr::null_mut());
    reference.wr_object.set(std::ptr::null_mut());
}

/// Clears the weak references to all objects of the ring, and returns those with callbacks that are not garbage themselves.
pub(super) fn clear(unreachable: Ring) -> Vec<Ref> {
    let mut to_call = Vec::new();
    let mut node = unreachable.0.next();
    while node != unreachable.0 {
        let object = node.object();
        node = node.next();
        let Some(head) = list_head(object) else { continue };
        while let Some(reference) = std::ptr::NonNull::new(head.get()) {
            // SAFETY: the list holds live weak references; nothing runs in this loop.
            let fields = unsafe { reference.cast::<PyWeakReference>().as_ref() };
            detach(fields, head);
            if fields.wr_callback.get().is_null() {
                continue;
            }
            // SAFETY: a weak reference has the collector's header.
            let is_garbage = unsafe { Node::of(reference.as_ptr()) }.is_collecting();
            if !is_garbage {
                // SAFETY: the weak reference is alive: somebody outside the garbage owns it.
                to_call.push(unsafe { (*reference.as_ptr().cast::<Object>()).to_ref() });
            }
        }
    }
    to_call
}

/// Calls the callbacks of cleared weak references.
pub(super) fn call(references: Vec<Ref>) {
    for reference in references {
        // SAFETY: these are weak references.
        let fields = unsafe { &*reference.ptr().cast::<PyWeakReference>() };
        let Some(callback) = fields.wr_callback.swap_ref(None) else { continue };
        if let Err(raised) = callback.call1(reference.b()) {
            raised.unraisable_of("Exception ignored while calling weakref callback", callback.b());
        }
    }
}
