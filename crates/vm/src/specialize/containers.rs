//! What STORE_SUBSCR, CONTAINS_OP and UNPACK_SEQUENCE specialise to, and subscripts through `__getitem__`.

use super::{become_op, stay};
use crate::code::shape;
use crate::code::units::Unit;
use crate::frame::Frame;
use crate::function::bind;
use bytecode::Op;
use object::value::{int, tuple};
use object::{Borrowed, core, id};

fn is_small_int(object: Borrowed<'_>) -> bool {
    // SAFETY: an exact int.
    object.class().is_type(&core::INT) && unsafe { int::compact_unchecked(object) }.is_some()
}

/// STORE_SUBSCR.
#[cold]
pub fn store_subscr(frame: &Frame, unit: &Unit, _oparg: u32) {
    let (container, key) = (frame.peek(2), frame.peek(1));
    if container.class().is_type(&core::LIST) && is_small_int(key) {
        become_op(unit, Op::STORE_SUBSCR_LIST_INT);
    } else if container.class().is_type(&core::DICT) {
        become_op(unit, Op::STORE_SUBSCR_DICT);
    } else {
        stay(unit, Op::STORE_SUBSCR);
    }
}

/// CONTAINS_OP.
#[cold]
pub fn contains_op(frame: &Frame, unit: &Unit, _oparg: u32) {
    let container = frame.peek(1);
    let class = container.class();
    if class.is_type(&core::DICT) {
        become_op(unit, Op::CONTAINS_OP_DICT);
    } else if class.is_type(&core::SET) || class.is_type(&core::FROZENSET) {
        become_op(unit, Op::CONTAINS_OP_SET);
    } else {
        stay(unit, Op::CONTAINS_OP);
    }
}

/// UNPACK_SEQUENCE.
#[cold]
pub fn unpack_sequence(frame: &Frame, unit: &Unit, oparg: u32) {
    let sequence = frame.peek(1);
    let class = sequence.class();
    if class.is_type(&core::TUPLE) {
        let two = oparg == 2 && tuple::items(sequence).is_some_and(|items| items.len() == 2);
        become_op(unit, if two { Op::UNPACK_SEQUENCE_TWO_TUPLE } else { Op::UNPACK_SEQUENCE_TUPLE });
    } else if class.is_type(&core::LIST) {
        become_op(unit, Op::UNPACK_SEQUENCE_LIST);
    } else {
        stay(unit, Op::UNPACK_SEQUENCE);
    }
}

/// A subscript through a plain `__getitem__`; the cache has the class's version, the function and its version.
pub(super) fn getitem(unit: &Unit, container: Borrowed<'_>) -> Option<Op> {
    let class = container.class();
    if !class.has(abi::tpflags::HEAPTYPE) {
        return None;
    }
    let found = class.type_lookup(id!("__getitem__"))?;
    let function = bind::as_function(found.b())?.get();
    let code = function.code();
    let (version, own) = (class.raw().tp_version_tag.get(), function.version.get());
    if version == 0 || own == 0 || code.shape.get() & shape::SIMPLE == 0 || code.arg_count() != 2 || code.start().is_none() {
        return None;
    }
    // SAFETY: BINARY_OP has five words of cache.
    unsafe {
        let cache = std::ptr::from_ref(unit).add(1);
        (*cache).set_word(u64::from(version));
        (*cache.add(1)).set_word(std::ptr::from_ref(function).expose_provenance() as u64);
        (*cache.add(2)).set_word(u64::from(own));
    }
    Some(Op::BINARY_OP_SUBSCR_GETITEM)
}
