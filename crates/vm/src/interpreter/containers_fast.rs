//! Specialised access to containers: subscripts, assignment to them, membership, unpacking.

use super::arithmetic::{BINARY_OP, CONTAINS_OP};
use super::boxes::{close_box, digit_value};
use super::calls_fast::{enter, has_room, push_frame};
use super::fast::drop_slot;
use super::subscripts::STORE_SUBSCR;
use super::unpack::UNPACK_SEQUENCE;
use super::unwind;
use crate::frame::{Frame, Slot};
use crate::function::Function;
use abi::PyObject;
use builtins::dict::Dict;
use builtins::set::Set;
use bytecode::Op;
use object::{core, value::str as text};

#[inline(always)]
unsafe fn has_class(slot: Slot, class: &object::TypeObject) -> bool {
    // SAFETY: by contract the slot holds an object.
    unsafe { std::ptr::eq((*slot.ptr()).ob_type.get(), class.as_type_ptr()) }
}

/// Whether dropping what the slot claims leaves the object alive.
#[inline(always)]
pub(super) unsafe fn outlives(slot: Slot) -> bool {
    // SAFETY: by contract the slot holds an object.
    slot.is_borrowed() || unsafe { *slot.ptr().cast::<i32>() } != 1
}

/// Gives up a slot whose object stays alive.
#[inline(always)]
pub(super) unsafe fn close_alive(slot: Slot) {
    if !slot.is_borrowed() {
        // SAFETY: by contract.
        unsafe { object::reference::decref_alive(slot.ptr()) };
    }
}

handler! {
    fn BINARY_OP_SUBSCR_STR_INT(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if has_class(container, &core::STR) && outlives(container)
            && let Some(at) = digit_value(index)
        {
            let item = latin1_item(container.ptr(), at);
            if !item.is_null() {
                sp.sub(2).write(Slot::from_raw(item));
                close_alive(container);
                close_box(thread, index);
                dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
            }
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

/// The character at an index, if it is one of Latin-1 in the str; those are immortal. Else null.
#[inline(never)]
unsafe fn latin1_item(object: *mut PyObject, at: i64) -> *mut PyObject {
    // SAFETY: by contract a str.
    let data = unsafe { text::data_unchecked((*object.cast::<object::Object>()).borrowed()) };
    let at = if at < 0 { at + data.len() as i64 } else { at };
    match usize::try_from(at).ok().and_then(|at| data.get(at)).and_then(|code| u8::try_from(code).ok()) {
        Some(byte) => text::latin1_char(byte).into_ptr(),
        None => std::ptr::null_mut(),
    }
}

handler! {
    fn BINARY_OP_SUBSCR_GETITEM(pc, sp, frame, thread, table, oparg) {
        let base = sp.sub(2);
        let container = *base;
        if u64::from((*(*container.ptr()).ob_type.get()).tp_version_tag.get()) == (*pc.add(1)).word() {
            let function = std::ptr::with_exposed_provenance_mut::<Function>((*pc.add(2)).word() as usize);
            let code = (*function).code();
            if u64::from((*function).version.get()) == (*pc.add(3)).word() && has_room(thread, code) {
                object::reference::incref(function.cast());
                let keep = Slot::from_raw(function.cast());
                let callee = push_frame(thread, frame, function, keep, Slot::NULL, base, 2);
                enter!(callee, super::size::BINARY_OP, pc, base, frame, thread, table)
            }
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

handler! {
    fn BINARY_OP_ADD_UNICODE(pc, sp, frame, thread, table, oparg) {
        if has_class(*sp.sub(2), &core::STR) && has_class(*sp.sub(1), &core::STR) {
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            if concatenate(&*frame) {
                dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
            }
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

handler! {
    /// `local += text`, with the assignment to the local behind it: a str that nobody else has grows in place.
    fn BINARY_OP_INPLACE_ADD_UNICODE(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        let next = pc.add(super::size::BINARY_OP);
        let store = (*next).word();
        let index = (store >> 32) as usize;
        if has_class(left, &core::STR) && has_class(right, &core::STR)
            && store as u8 == Op::STORE_FAST.number() as u8
            && std::ptr::eq((*frame).local(index).ptr(), left.ptr())
        {
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            if append(&*frame, index) {
                dispatch!(next.add(1), sp.sub(2), frame, thread, table)
            }
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

/// Appends the str on top of the stack to the one below it, which is the local's, too; the result is the local's.
#[inline(never)]
fn append(frame: &Frame, index: usize) -> bool {
    let tail = frame.pop();
    // The local keeps it.
    drop(frame.pop());
    let head = frame.local(index).ptr();
    // SAFETY: both are exact strs; the result takes the local's place.
    let grown = unsafe { object::value::append::grow(head, tail.b()) };
    if !grown.is_null() {
        // SAFETY: the local's reference went into the result.
        let _moved = frame.replace_local(index, unsafe { Slot::from_raw(grown) });
        return true;
    }
    // SAFETY: the local keeps it.
    let joined = builtins::str_::concat(unsafe { frame.local(index).object() }, tail.b());
    match joined {
        Ok(text) => {
            frame.set_local(index, Some(text));
            true
        }
        Err(_raised) => false,
    }
}

handler! {
    /// A list's slice.
    fn BINARY_OP_SUBSCR_LIST_SLICE(pc, sp, frame, thread, table, oparg) {
        if has_class(*sp.sub(2), &core::LIST) && has_class(*sp.sub(1), &core::SLICE) {
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            if list_slice(&*frame) {
                dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
            }
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

#[inline(never)]
fn list_slice(frame: &Frame) -> bool {
    let slice = frame.pop();
    let list = frame.pop();
    let part = {
        let list = list.b().self_as::<builtins::list::List>();
        let indices = slice.b().self_as::<builtins::slice::Slice>().indices(|| list.len());
        indices.and_then(|indices| list.slice(indices))
    };
    match part {
        Ok(part) => {
            frame.push(part.upcast());
            true
        }
        Err(_raised) => false,
    }
}

#[inline(never)]
fn concatenate(frame: &Frame) -> bool {
    let right = frame.pop();
    let left = frame.pop();
    match builtins::str_::concat(left.b(), right.b()) {
        Ok(text) => {
            frame.push(text);
            true
        }
        Err(_raised) => false,
    }
}

handler! {
    fn STORE_SUBSCR_LIST_INT(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if container.is_borrowed() && index.is_borrowed() && has_class(container, &core::LIST)
            && let Some(at) = digit_value(index)
        {
            let list = &*container.ptr().cast::<abi::PyListObject>();
            // A negative index is too large here.
            if (at as u64) < list.ob_base.ob_size.get() as u64 {
                let cell = list.ob_item.get().add(at as usize);
                let old = *cell;
                cell.write((*sp.sub(3)).into_owned().ptr());
                let next = pc.add(super::size::STORE_SUBSCR);
                if old.is_null() {
                    dispatch!(next, sp.sub(3), frame, thread, table)
                }
                return drop_slot(next, sp.sub(3), frame, thread, table, old.expose_provenance() as u64);
            }
        }
        instead!(store_list_item, pc, sp, frame, thread, table)
    }
}

handler! {
    /// The same for operands that own their objects, and for indices from the end.
    #[inline(never)]
    fn store_list_item(pc, sp, frame, thread, table, oparg) {
        let (value, container, index) = (*sp.sub(3), *sp.sub(2), *sp.sub(1));
        if has_class(container, &core::LIST) && outlives(container)
            && let Some(at) = digit_value(index)
        {
            let list = &*container.ptr().cast::<abi::PyListObject>();
            let count = list.ob_base.ob_size.get() as i64;
            let at = if at < 0 { at + count } else { at };
            if at >= 0 && at < count {
                let cell = list.ob_item.get().add(at as usize);
                let old = *cell;
                cell.write(value.into_owned().ptr());
                close_alive(container);
                close_box(thread, index);
                let next = pc.add(super::size::STORE_SUBSCR);
                if old.is_null() {
                    dispatch!(next, sp.sub(3), frame, thread, table)
                }
                return drop_slot(next, sp.sub(3), frame, thread, table, old.expose_provenance() as u64);
            }
        }
        instead!(STORE_SUBSCR, pc, sp, frame, thread, table)
    }
}

handler! {
    fn STORE_SUBSCR_DICT(pc, sp, frame, thread, table, oparg) {
        let (dict, key) = (*sp.sub(2), *sp.sub(1));
        if has_class(dict, &core::DICT) {
            if outlives(dict) && outlives(key) {
                let old = replace_present(dict.ptr(), key.ptr(), *sp.sub(3));
                if !old.is_null() {
                    close_alive(dict);
                    close_alive(key);
                    return drop_slot(pc.add(super::size::STORE_SUBSCR), sp.sub(3), frame, thread, table, old.expose_provenance() as u64);
                }
            }
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            if store_dict(&*frame) {
                dispatch!(pc.add(super::size::STORE_SUBSCR), sp.sub(3), frame, thread, table)
            }
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        instead!(STORE_SUBSCR, pc, sp, frame, thread, table)
    }
}

/// Puts a value, which moves, in the place of that of a key which can be found without running code: the old one, the caller's now. Null, and nothing is
/// done, for the general way.
#[inline(never)]
unsafe fn replace_present(dict: *mut PyObject, key: *mut PyObject, value: Slot) -> *mut PyObject {
    // SAFETY: the stack holds all three, and the type was checked.
    unsafe {
        let dict = &*dict.cast::<Dict>();
        if dict.is_observed() {
            return std::ptr::null_mut();
        }
        match dict.existing_cell((*key.cast::<object::Object>()).borrowed()).as_ref() {
            Some(cell) if !cell.get().is_null() => cell.replace(value.into_owned().ptr()),
            _ => std::ptr::null_mut(),
        }
    }
}

#[inline(never)]
fn store_dict(frame: &Frame) -> bool {
    let key = frame.pop_ref();
    let dict = frame.pop();
    let value = frame.pop_ref();
    let dict = dict.b().self_as::<Dict>();
    let stored = builtins::dict::key_hash(key.b()).and_then(|hash| dict.insert(key, hash, value));
    stored.is_ok()
}

macro_rules! membership {
    ($($name:ident $class:ident $body:ident;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let container = *sp.sub(1);
                if $class(container) {
                    (*frame).pc.set(pc);
                    (*frame).sp.set(sp);
                    let found = $body((*sp.sub(2)).ptr(), container.ptr());
                    if found > 1 {
                        return unwind::error(pc, sp, frame, thread, table, 0);
                    }
                    let (key, container) = (*sp.sub(2), *sp.sub(1));
                    let next = pc.add(super::size::CONTAINS_OP);
                    if outlives(container) && outlives(key) && !std::ptr::eq(container.ptr(), key.ptr()) {
                        close_alive(container);
                        close_alive(key);
                        super::jumps::finish_truth!(found != oparg & 1, next, sp.sub(2), frame, thread, table)
                    }
                    sp.sub(2).write(Slot::borrowed(core::boolean(found != oparg & 1)));
                    (*frame).sp.set(sp.sub(1));
                    close_both(key, container);
                    dispatch!(next, sp.sub(1), frame, thread, table)
                }
                instead!(CONTAINS_OP, pc, sp, frame, thread, table)
            }
        }
    )* };
}

/// Gives up two values that are off the stack.
#[inline(never)]
unsafe fn close_both(key: Slot, container: Slot) {
    // SAFETY: by contract the slots own what they hold, and nobody uses them again.
    unsafe {
        container.close();
        key.close();
    }
}

membership! {
    CONTAINS_OP_DICT is_dict in_dict;
    CONTAINS_OP_SET is_set in_set;
}

#[inline(always)]
unsafe fn is_dict(slot: Slot) -> bool {
    // SAFETY: by contract the slot holds an object.
    unsafe { has_class(slot, &core::DICT) }
}

#[inline(always)]
unsafe fn is_set(slot: Slot) -> bool {
    // SAFETY: by contract the slot holds an object.
    unsafe { has_class(slot, &core::SET) || has_class(slot, &core::FROZENSET) }
}

/// 0 or 1; 2 with an exception. The stack holds both.
#[inline(never)]
unsafe fn in_dict(key: *mut PyObject, dict: *mut PyObject) -> u64 {
    // SAFETY: by contract, and the type was checked.
    let (key, dict) = unsafe { ((*key.cast::<object::Object>()).borrowed(), (*dict.cast::<object::Object>()).borrowed()) };
    let dict = dict.self_as::<Dict>();
    match dict.find_plain(key) {
        Some(value) => u64::from(!value.is_null()),
        None => dict.contains(key).map_or(2, u64::from),
    }
}

/// The same for a set.
#[inline(never)]
unsafe fn in_set(key: *mut PyObject, set: *mut PyObject) -> u64 {
    // SAFETY: by contract, and the type was checked.
    let (key, set) = unsafe { ((*key.cast::<object::Object>()).borrowed(), (*set.cast::<object::Object>()).borrowed()) };
    let set = set.self_as::<Set>();
    match set.find_plain(key) {
        Some(found) => u64::from(found),
        None => set.contains(key).map_or(2, u64::from),
    }
}

/// Pushes the items of a tuple or list, the first on top, and drops it.
macro_rules! unpacking {
    ($($name:ident: |$sequence:ident, $count:ident| $guard:expr, $items:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let $sequence = *sp.sub(1);
                let $count = oparg as usize;
                if $guard && (*$sequence.ptr().cast::<abi::PyVarObject>()).ob_size.get() as usize == $count {
                    let items: *mut *mut PyObject = $items;
                    let base = sp.sub(1);
                    let mut index = 0;
                    while index < $count {
                        let item = *items.add($count - 1 - index);
                        object::reference::incref(item);
                        base.add(index).write(Slot::from_raw(item));
                        index += 1;
                        std::arch::asm!("", options(nomem, nostack, preserves_flags));
                    }
                    let (next, sp) = (pc.add(super::size::UNPACK_SEQUENCE), base.add($count));
                    if $sequence.is_borrowed() {
                        dispatch!(next, sp, frame, thread, table)
                    }
                    return drop_slot(next, sp, frame, thread, table, $sequence.ptr().expose_provenance() as u64);
                }
                instead!(UNPACK_SEQUENCE, pc, sp, frame, thread, table)
            }
        }
    )* };
}

unpacking! {
    UNPACK_SEQUENCE_TUPLE: |sequence, count| has_class(sequence, &core::TUPLE),
        sequence.ptr().byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast();
    UNPACK_SEQUENCE_LIST: |sequence, count| has_class(sequence, &core::LIST),
        (*sequence.ptr().cast::<abi::PyListObject>()).ob_item.get();
}

handler! {
    fn UNPACK_SEQUENCE_TWO_TUPLE(pc, sp, frame, thread, table, oparg) {
        let sequence = *sp.sub(1);
        if has_class(sequence, &core::TUPLE) && (*sequence.ptr().cast::<abi::PyVarObject>()).ob_size.get() == 2 && oparg == 2 {
            let items = sequence.ptr().byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut PyObject>();
            let (first, second) = (*items, *items.add(1));
            object::reference::incref(first);
            object::reference::incref(second);
            sp.sub(1).write(Slot::from_raw(second));
            sp.write(Slot::from_raw(first));
            let next = pc.add(super::size::UNPACK_SEQUENCE);
            if sequence.is_borrowed() {
                dispatch!(next, sp.add(1), frame, thread, table)
            }
            return drop_slot(next, sp.add(1), frame, thread, table, sequence.ptr().expose_provenance() as u64);
        }
        instead!(UNPACK_SEQUENCE, pc, sp, frame, thread, table)
    }
}
