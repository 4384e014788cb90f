//! What LOAD_ATTR and STORE_ATTR specialise to.

use super::{become_op, stay};
use crate::code::units::Unit;
use crate::frame::Frame;
use abi::tpflags;
use builtins::dict::instance;
use bytecode::Op;
use object::{TypeObject, core};

/// The version of a type that is valid now; 0 if it has none.
fn version(class: &TypeObject) -> u32 {
    class.raw().tp_version_tag.get()
}

fn has_generic_getattr(class: &TypeObject) -> bool {
    class.raw().tp_getattro.get().map(|function| function as usize)
        == core::OBJECT.raw().tp_getattro.get().map(|function| function as usize)
}

fn has_generic_setattr(class: &TypeObject) -> bool {
    class.raw().tp_setattro.get().map(|function| function as usize)
        == core::OBJECT.raw().tp_setattro.get().map(|function| function as usize)
}

fn cache(unit: &Unit, index: usize) -> &Unit {
    // SAFETY: LOAD_ATTR has nine words of cache, STORE_ATTR four; the callers ask for no more.
    unsafe { &*std::ptr::from_ref(unit).add(1 + index) }
}

/// LOAD_ATTR. Cache: word 0 type version and index; word 1 the method (the type keeps it alive while its version holds); word 2 the version
/// of the instances' keys.
#[cold]
pub fn load_attr(frame: &Frame, unit: &Unit, oparg: u32) {
    let name = frame.code().name_at(oparg as usize >> 1);
    let owner = frame.peek(1);
    let class = owner.class();
    // The look-up gives the type a version, if it can have one.
    let found = class.type_lookup(name);
    let version = version(class);
    if version == 0 || !has_generic_getattr(class) {
        return stay(unit, Op::LOAD_ATTR);
    }
    match found {
        None => {
            if let Some(index) = instance::inline_index(class, name).and_then(|index| u32::try_from(index).ok())
                && instance::has_valid_inline_values(owner)
            {
                cache(unit, 0).set_word(u64::from(version) << 32 | u64::from(index));
                return become_op(unit, Op::LOAD_ATTR_INSTANCE_VALUE);
            }
        }
        Some(found) if oparg & 1 != 0 && found.class().has(tpflags::METHOD_DESCRIPTOR) => {
            cache(unit, 1).set_word(found.ptr().expose_provenance() as u64);
            if !instance::has_dict(class) {
                cache(unit, 0).set_word(u64::from(version) << 32);
                return become_op(unit, Op::LOAD_ATTR_METHOD_NO_DICT);
            }
            let keys = instance::class_keys_version(class);
            if keys != 0 && instance::has_valid_inline_values(owner) && instance::inline_index(class, name).is_none() {
                cache(unit, 0).set_word(u64::from(version) << 32);
                cache(unit, 2).set_word(u64::from(keys));
                return become_op(unit, Op::LOAD_ATTR_METHOD_WITH_VALUES);
            }
        }
        Some(_) => {}
    }
    stay(unit, Op::LOAD_ATTR);
}

/// STORE_ATTR. Cache: word 0 type version and index.
#[cold]
pub fn store_attr(frame: &Frame, unit: &Unit, oparg: u32) {
    let name = frame.code().name_at(oparg as usize);
    let owner = frame.peek(1);
    let class = owner.class();
    let found = class.type_lookup(name);
    let version = version(class);
    if version == 0 || found.is_some() || !has_generic_setattr(class) {
        return stay(unit, Op::STORE_ATTR);
    }
    if let Some(index) = instance::inline_index(class, name).and_then(|index| u32::try_from(index).ok())
        && instance::has_valid_inline_values(owner)
    {
        cache(unit, 0).set_word(u64::from(version) << 32 | u64::from(index));
        return become_op(unit, Op::STORE_ATTR_INSTANCE_VALUE);
    }
    stay(unit, Op::STORE_ATTR);
}
