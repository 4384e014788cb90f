//! Specialised attribute access.
//!
//! The cache's first word is the version of the owner's type in its upper half and a place in the lower one: for inline values the basic size of
//! the type's instances (where the values begin) and the index. An index that exists is inside every instance that has inline values: the
//! room that instances of a class are given never grows, and a key is only added where there is room for it.

use super::attributes::{LOAD_ATTR, STORE_ATTR};
use super::calls_fast::{enter, has_room, push_frame};
use super::fast::drop_slot;
use crate::frame::Slot;
use crate::function::Function;
use abi::{Cell, PyHeapTypeObject, PyObject};
use builtins::dict::values::{ITEMS_OFFSET, VALID_OFFSET};
use builtins::dict::{Dict, instance, keys::Keys};

#[inline(always)]
unsafe fn type_version(slot: Slot) -> u32 {
    // SAFETY: by contract the slot holds an object.
    unsafe { (*(*slot.ptr()).ob_type.get()).tp_version_tag.get() }
}

/// Whether the inline values of an instance are valid, which begin `size` bytes behind its start.
#[inline(always)]
unsafe fn has_values(owner: Slot, size: usize) -> bool {
    // SAFETY: the type's version says that its instances have inline values there.
    unsafe { *owner.ptr().cast::<u8>().add(size + VALID_OFFSET) != 0 }
}

/// The cell of an inline value.
#[inline(always)]
unsafe fn value_cell<'a>(owner: Slot, size: usize, index: usize) -> &'a Cell<*mut PyObject> {
    // SAFETY: as above; the index is inside.
    unsafe { &*owner.ptr().cast::<u8>().add(size + ITEMS_OFFSET).cast::<Cell<*mut PyObject>>().add(index) }
}

/// The version of the keys that instances of the owner's class share.
#[inline(always)]
unsafe fn shared_keys_version(owner: Slot) -> u32 {
    // SAFETY: the type's version says that it is a heap type with shared keys.
    unsafe { Keys::from_raw((*(*owner.ptr()).ob_type.get().cast::<PyHeapTypeObject>()).ht_cached_keys.get()).version() }
}

#[inline(always)]
unsafe fn cached_object(word: u64) -> *mut PyObject {
    std::ptr::with_exposed_provenance_mut(word as usize)
}

/// Puts `$value`, borrowed from somewhere, in the place of the owner; a null behind it where the attribute will be called.
macro_rules! finish {
    ($value:expr, $owner:expr, $pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let value: *mut PyObject = $value;
        object::reference::incref(value);
        $sp.sub(1).write(Slot::from_raw(value));
        $sp.write(Slot::NULL);
        let sp = $sp.add(((*$pc).word() >> 32 & 1) as usize);
        let next = $pc.add(super::size::LOAD_ATTR);
        if $owner.is_borrowed() {
            dispatch!(next, sp, $frame, $thread, $table)
        }
        return drop_slot(next, sp, $frame, $thread, $table, $owner.ptr().expose_provenance() as u64);
    }};
}

/// Handlers of LOAD_ATTR's forms that take a value from a place; null says that it is not there.
macro_rules! load_forms {
    ($($name:ident: |$pc:ident, $frame:ident, $owner:ident, $place:ident, $oparg:ident| $value:expr;)*) => { $(
        handler! {
            fn $name($pc, sp, $frame, thread, table, $oparg) {
                let $owner = *sp.sub(1);
                let $place = (*$pc.add(1)).word();
                if type_version($owner) == ($place >> 32) as u32 {
                    let value: *mut PyObject = $value;
                    if !value.is_null() {
                        finish!(value, $owner, $pc, sp, $frame, thread, table)
                    }
                }
                instead!(LOAD_ATTR, $pc, sp, $frame, thread, table)
            }
        }
    )* };
}

load_forms! {
    LOAD_ATTR_INSTANCE_VALUE: |pc, frame, owner, place, oparg| {
        let size = (place & 0xffff) as usize;
        if has_values(owner, size) { value_cell(owner, size, (place >> 16 & 0xffff) as usize).get() } else { std::ptr::null_mut() }
    };
    LOAD_ATTR_SLOT: |pc, frame, owner, place, oparg|
        (*owner.ptr().cast::<u8>().add(place as u32 as usize).cast::<Cell<*mut PyObject>>()).get();
    LOAD_ATTR_WITH_HINT: |pc, frame, owner, place, oparg|
        hinted(owner, place as u32 as usize, (*frame).code().name_at((oparg >> 1) as usize).ptr());
    LOAD_ATTR_MODULE: |pc, frame, owner, place, oparg| {
        let dict = builtins::module::dict_unchecked(owner.ptr());
        if !dict.is_null() && (*dict.cast::<Dict>()).current_keys_version() == (*pc.add(2)).word() as u32 {
            (*dict.cast::<Dict>()).value_at_offset_unchecked(place as u32 as usize)
        } else {
            std::ptr::null_mut()
        }
    };
}

/// The value in the entry `index` of the instance's own dict, if the entry's key is `name`.
#[inline(always)]
unsafe fn hinted(owner: Slot, index: usize, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: the type's version says that instances have a managed dict.
    unsafe {
        let dict = object::memory::pre_header(owner.ptr()).dict.get();
        if dict.is_null() { dict } else { (*dict.cast::<Dict>()).value_of_entry(index, name) }
    }
}

/// Marks, in the cache's third word, a function or a method descriptor that is to be bound to the owner.
pub(crate) const BINDS: u64 = 1 << 32;

/// Handlers for attributes of the owner's class that the instance does not shadow: plain values, and functions that become bound methods.
macro_rules! class_value_forms {
    ($($name:ident: |$pc:ident, $owner:ident, $place:ident| $guard:expr;)*) => { $(
        handler! {
            fn $name($pc, sp, frame, thread, table, oparg) {
                let $owner = *sp.sub(1);
                let $place = (*$pc.add(1)).word();
                if type_version($owner) == ($place >> 32) as u32 && $guard {
                    if (*$pc.add(3)).word() & BINDS != 0 {
                        instead!(load_bound, $pc, sp, frame, thread, table)
                    }
                    finish!(cached_object((*$pc.add(2)).word()), $owner, $pc, sp, frame, thread, table)
                }
                instead!(LOAD_ATTR, $pc, sp, frame, thread, table)
            }
        }
    )* };
}

class_value_forms! {
    LOAD_ATTR_NONDESCRIPTOR_NO_DICT: |pc, owner, place| true;
    LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES: |pc, owner, place|
        has_values(owner, (place & 0xffff) as usize) && shared_keys_version(owner) == (*pc.add(3)).word() as u32;
}

handler! {
    /// Puts the cached function, bound to the owner, in the owner's place; the guards have been asked.
    #[inline(never)]
    fn load_bound(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let method = bind(cached_object((*pc.add(2)).word()), owner.ptr());
        if method.is_null() {
            return super::unwind::error(pc, sp, frame, thread, table, 0);
        }
        if !owner.is_borrowed() {
            // The method has the owner too.
            object::reference::decref_alive(owner.ptr());
        }
        sp.sub(1).write(Slot::from_raw(method));
        sp.write(Slot::NULL);
        dispatch!(pc.add(super::size::LOAD_ATTR), sp.add((oparg & 1) as usize), frame, thread, table)
    }
}

/// A new bound method; null with an exception.
#[inline(never)]
unsafe fn bind(function: *mut PyObject, owner: *mut PyObject) -> *mut PyObject {
    // SAFETY: by contract both are alive.
    let (function, owner) = unsafe { (&*function.cast::<object::Object>(), &*owner.cast::<object::Object>()) };
    let bound = if function.class().is_type(&object::core::FUNCTION) {
        builtins::method::new(function.borrowed(), owner.borrowed())
    } else {
        // SAFETY: the other kind that is marked is method descriptors whose type the owner's class has among its bases.
        unsafe { builtins::descr::method::bind_unchecked(function.borrowed(), owner.borrowed()) }
    };
    bound.map_or(std::ptr::null_mut(), object::Ref::into_ptr)
}

/// Handlers for attributes of classes: the cache has the class's version and, for those with another metaclass than `type`, its version.
macro_rules! class_forms {
    ($($name:ident: |$owner:ident, $second:ident| $guard:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let $owner = *sp.sub(1);
                let versions = (*pc.add(1)).word();
                let $second = versions as u32;
                let class = $owner.ptr().cast::<abi::PyTypeObject>();
                if $guard && (*class).tp_version_tag.get() == (versions >> 32) as u32 {
                    finish!(cached_object((*pc.add(2)).word()), $owner, pc, sp, frame, thread, table)
                }
                instead!(LOAD_ATTR, pc, sp, frame, thread, table)
            }
        }
    )* };
}

class_forms! {
    LOAD_ATTR_CLASS: |owner, second| std::ptr::eq((*owner.ptr()).ob_type.get(), object::core::TYPE.as_type_ptr());
    LOAD_ATTR_CLASS_WITH_METACLASS_CHECK: |owner, second| type_version(owner) == second;
}

/// Handlers that push a method and its instance.
macro_rules! method_forms {
    ($($name:ident: |$pc:ident, $owner:ident, $place:ident| $guard:expr;)*) => { $(
        handler! {
            fn $name($pc, sp, frame, thread, table, oparg) {
                let $owner = *sp.sub(1);
                let $place = (*$pc.add(1)).word();
                if type_version($owner) == ($place >> 32) as u32 && $guard {
                    let method = cached_object((*$pc.add(2)).word());
                    object::reference::incref(method);
                    sp.sub(1).write(Slot::from_raw(method));
                    sp.write($owner);
                    dispatch!($pc.add(super::size::LOAD_ATTR), sp.add(1), frame, thread, table)
                }
                instead!(LOAD_ATTR, $pc, sp, frame, thread, table)
            }
        }
    )* };
}

method_forms! {
    LOAD_ATTR_METHOD_NO_DICT: |pc, owner, place| true;
    LOAD_ATTR_METHOD_WITH_VALUES: |pc, owner, place|
        has_values(owner, (place & 0xffff) as usize) && shared_keys_version(owner) == (*pc.add(3)).word() as u32;
    LOAD_ATTR_METHOD_LAZY_DICT: |pc, owner, place|
        (*owner.ptr().byte_offset(i64::from(place as u32 as i32) as isize).cast::<Cell<*mut PyObject>>()).get().is_null();
}

handler! {
    fn LOAD_ATTR_PROPERTY(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        if type_version(owner) == ((*pc.add(1)).word() >> 32) as u32 {
            // The type keeps the property, which may have another getter by now.
            let getter = builtins::property::getter_unchecked(cached_object((*pc.add(2)).word()));
            let function = getter.cast::<Function>();
            if !getter.is_null()
                && std::ptr::eq((*getter).ob_type.get(), object::core::FUNCTION.as_type_ptr())
                && u64::from((*function).version.get()) == (*pc.add(3)).word()
                && has_room(thread, (*function).code())
            {
                object::reference::incref(function.cast());
                let keep = Slot::from_raw(function.cast());
                let base = sp.sub(1);
                let callee = push_frame(thread, frame, function, keep, owner.into_owned(), base, 0);
                enter!(callee, super::size::LOAD_ATTR, pc, base, frame, thread, table)
            }
        }
        instead!(LOAD_ATTR, pc, sp, frame, thread, table)
    }
}

handler! {
    /// Calls the class's own `__getattribute__` with owner and name.
    fn LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        let function = cached_object((*pc.add(2)).word()).cast::<Function>();
        if type_version(owner) == ((*pc.add(1)).word() >> 32) as u32
            && u64::from((*function).version.get()) == (*pc.add(3)).word()
            && has_room(thread, (*function).code())
        {
            object::reference::incref(function.cast());
            let keep = Slot::from_raw(function.cast());
            let base = sp.sub(1);
            // The name takes the owner's place on the stack, from where it moves into the frame.
            base.write(Slot::from_raw((*frame).code().name_at((oparg >> 1) as usize).ptr()).as_borrowed());
            let callee = push_frame(thread, frame, function, keep, owner.into_owned(), base, 1);
            enter!(callee, super::size::LOAD_ATTR, pc, base, frame, thread, table)
        }
        instead!(LOAD_ATTR, pc, sp, frame, thread, table)
    }
}

/// Whether dropping what the slot claims leaves the object alive.
#[inline(always)]
unsafe fn outlives(slot: Slot) -> bool {
    // SAFETY: by contract the slot holds an object.
    slot.is_borrowed() || unsafe { *slot.ptr().cast::<i32>() } != 1
}

/// Ends an assignment: `$old` dies behind it, the owner has lost a reference that was not the last.
macro_rules! finish_store {
    ($old:expr, $owner:expr, $pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let old: *mut PyObject = $old;
        if !$owner.is_borrowed() {
            object::reference::decref_alive($owner.ptr());
        }
        let next = $pc.add(super::size::STORE_ATTR);
        if old.is_null() {
            dispatch!(next, $sp.sub(2), $frame, $thread, $table)
        }
        return drop_slot(next, $sp.sub(2), $frame, $thread, $table, old.expose_provenance() as u64);
    }};
}

handler! {
    fn STORE_ATTR_INSTANCE_VALUE(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        let place = (*pc.add(1)).word();
        let size = (place & 0xffff) as usize;
        if type_version(owner) == (place >> 32) as u32 && has_values(owner, size) && outlives(owner) {
            let index = (place >> 16 & 0xffff) as usize;
            let cell = value_cell(owner, size, index);
            let old = cell.get();
            if old.is_null() {
                return store_new_value(pc, sp, frame, thread, table, oparg);
            }
            cell.set((*sp.sub(2)).into_owned().ptr());
            finish_store!(old, owner, pc, sp, frame, thread, table)
        }
        instead!(STORE_ATTR, pc, sp, frame, thread, table)
    }
}

handler! {
    /// The same for an attribute that is not there yet; the guards have been asked.
    #[inline(never)]
    fn store_new_value(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        let place = (*pc.add(1)).word();
        let (size, index) = ((place & 0xffff) as usize, (place >> 16 & 0xffff) as usize);
        if !instance::note_new_value(owner.ptr(), size, index) {
            instead!(STORE_ATTR, pc, sp, frame, thread, table)
        }
        value_cell(owner, size, index).set((*sp.sub(2)).into_owned().ptr());
        finish_store!(std::ptr::null_mut(), owner, pc, sp, frame, thread, table)
    }
}

handler! {
    fn STORE_ATTR_SLOT(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        let place = (*pc.add(1)).word();
        if type_version(owner) == (place >> 32) as u32 && outlives(owner) {
            let cell = &*owner.ptr().cast::<u8>().add(place as u32 as usize).cast::<Cell<*mut PyObject>>();
            let old = cell.get();
            cell.set((*sp.sub(2)).into_owned().ptr());
            finish_store!(old, owner, pc, sp, frame, thread, table)
        }
        instead!(STORE_ATTR, pc, sp, frame, thread, table)
    }
}

handler! {
    fn STORE_ATTR_WITH_HINT(pc, sp, frame, thread, table, oparg) {
        let owner = *sp.sub(1);
        let place = (*pc.add(1)).word();
        if type_version(owner) == (place >> 32) as u32 && outlives(owner) {
            let name = (*frame).code().name_at(oparg as usize).ptr();
            let old = hinted(owner, place as u32 as usize, name);
            if !old.is_null() {
                let dict = object::memory::pre_header(owner.ptr()).dict.get();
                (*dict.cast::<Dict>()).set_entry(place as u32 as usize, (*sp.sub(2)).into_owned().ptr());
                finish_store!(old, owner, pc, sp, frame, thread, table)
            }
        }
        instead!(STORE_ATTR, pc, sp, frame, thread, table)
    }
}
