//! Weak references to garbage: cleared before anything of the garbage runs, their callbacks called if they themselves survive.

use super::ring::{Node, Ring};
use crate::core;
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

/// Clears the weak references to all objects of the ring. Those with callbacks that are not garbage themselves go to the ring `to_call`,
/// each with a reference of that ring's.
pub(super) fn clear(unreachable: Ring, to_call: Ring) {
    unreachable.each(|node| {
        let object = node.object();
        // SAFETY: the object is alive.
        let class = unsafe { &*(*object).ob_type.get().cast::<TypeObject>() };
        if class.is_subtype(&core::WEAKREF) {
            kill(object);
        }
        clear_one(object, Some(to_call));
    });
}

/// Makes a weak reference that is garbage itself forget its object: if that object is reached in ways that the collector does not see, the
/// callback would otherwise run among things that were taken apart.
fn kill(reference: *mut PyObject) {
    // SAFETY: a live weak reference.
    let fields = unsafe { &*reference.cast::<PyWeakReference>() };
    let referent = fields.wr_object.get();
    // SAFETY: a weak reference that was not cleared refers to a live object, or to None.
    if !referent.is_null()
        && let Some(head) = list_head(referent)
    {
        detach(fields, head);
    }
}

/// Clears the weak references to all objects of the ring; no callback will be called.
pub(super) fn clear_silently(garbage: Ring) {
    garbage.each(|node| clear_one(node.object(), None));
}

fn clear_one(object: *mut PyObject, to_call: Option<Ring>) {
    let Some(head) = list_head(object) else { return };
    while let Some(reference) = std::ptr::NonNull::new(head.get()) {
        // SAFETY: the list holds live weak references; nothing runs in this loop.
        let fields = unsafe { reference.cast::<PyWeakReference>().as_ref() };
        detach(fields, head);
        let Some(to_call) = to_call else { continue };
        // SAFETY: a weak reference has the collector's header.
        let node = unsafe { Node::of(reference.as_ptr()) };
        if fields.wr_callback.get().is_null() || node.is_collecting() {
            continue;
        }
        // SAFETY: the weak reference is alive: somebody outside the garbage owns it. `call` takes this reference over.
        let _owned_by_ring = unsafe { (*reference.as_ptr().cast::<Object>()).to_ref() }.into_ptr();
        if node.is_linked() {
            to_call.move_here(node);
        } else {
            to_call.push(node);
        }
    }
}

/// Calls the callbacks of cleared weak references, which then belong to the generation `old`.
pub(super) fn call(to_call: Ring, old: Ring) {
    while !to_call.is_empty() {
        let node = to_call.0.next();
        old.move_here(node);
        // SAFETY: `clear` left a reference for each node of the ring.
        let Some(reference) = (unsafe { Ref::<Object>::from_owned_or_null(node.object()) }) else { return };
        // SAFETY: these are weak references.
        let fields = unsafe { &*reference.ptr().cast::<PyWeakReference>() };
        let Some(callback) = fields.wr_callback.swap_ref(None) else { continue };
        if let Err(raised) = callback.call1(reference.b()) {
            raised.unraisable_of("Exception ignored while calling weakref callback", callback.b());
        }
    }
}
