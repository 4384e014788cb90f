//! What arithmetic, comparison and truth specialise to.

use super::{become_op, stay};
use crate::code::units::Unit;
use crate::frame::Frame;
use bytecode::Op;
use object::value::{int, str as text};
use object::{Borrowed, TypeObject, core};

fn is_small_int(object: Borrowed<'_>) -> bool {
    // SAFETY: an exact int.
    object.class().is_type(&core::INT) && unsafe { int::compact_unchecked(object) }.is_some()
}

fn is_float(object: Borrowed<'_>) -> bool {
    object.class().is_type(&core::FLOAT)
}

/// Whether the object is an exact int of at most two digits.
fn is_int(object: Borrowed<'_>) -> bool {
    // SAFETY: an exact int.
    object.class().is_type(&core::INT) && unsafe { int::digits_unchecked(object) }.1.len() <= 2
}

/// BINARY_OP.
#[cold]
pub fn binary_op(frame: &Frame, unit: &Unit, oparg: u32) {
    const ADD: u32 = 0;
    const MULTIPLY: u32 = 5;
    const SUBTRACT: u32 = 10;
    const INPLACE: u32 = 13;
    let (left, right) = (frame.peek(2), frame.peek(1));
    if oparg == crate::interpreter::SUBSCRIPT {
        let op = if is_small_int(right) && left.class().is_type(&core::LIST) {
            Some(Op::BINARY_OP_SUBSCR_LIST_INT)
        } else if left.class().is_type(&core::LIST) && right.class().is_type(&core::SLICE) {
            Some(Op::BINARY_OP_SUBSCR_LIST_SLICE)
        } else if is_small_int(right) && left.class().is_type(&core::TUPLE) {
            Some(Op::BINARY_OP_SUBSCR_TUPLE_INT)
        } else if left.class().is_type(&core::DICT) {
            Some(Op::BINARY_OP_SUBSCR_DICT)
        } else if is_small_int(right) && text::check_exact(&left) {
            Some(Op::BINARY_OP_SUBSCR_STR_INT)
        } else {
            super::containers::getitem(unit, left)
        };
        return op.map_or_else(|| stay(unit, Op::BINARY_OP), |op| become_op(unit, op));
    }
    let operator = if oparg >= INPLACE { oparg - INPLACE } else { oparg };
    let op = if is_int(left) && is_int(right) {
        match operator {
            ADD => Some(Op::BINARY_OP_ADD_INT),
            SUBTRACT => Some(Op::BINARY_OP_SUBTRACT_INT),
            MULTIPLY => Some(Op::BINARY_OP_MULTIPLY_INT),
            _ => extend(unit, operator, left, right),
        }
    } else if is_float(left) && is_float(right) {
        match operator {
            ADD => Some(Op::BINARY_OP_ADD_FLOAT),
            SUBTRACT => Some(Op::BINARY_OP_SUBTRACT_FLOAT),
            MULTIPLY => Some(Op::BINARY_OP_MULTIPLY_FLOAT),
            _ => extend(unit, operator, left, right),
        }
    } else if operator == ADD && text::check_exact(&left) && text::check_exact(&right) {
        let grows = goes_back(frame, unit, left);
        Some(if grows { Op::BINARY_OP_INPLACE_ADD_UNICODE } else { Op::BINARY_OP_ADD_UNICODE })
    } else {
        extend(unit, operator, left, right)
    };
    op.map_or_else(|| stay(unit, Op::BINARY_OP), |op| become_op(unit, op));
}

/// Whether the instruction behind this BINARY_OP stores the result in the local that holds the left operand.
fn goes_back(frame: &Frame, unit: &Unit, left: Borrowed<'_>) -> bool {
    // SAFETY: BINARY_OP has five words of cache, and never ends the code.
    let store = unsafe { &*std::ptr::from_ref(unit).add(1 + Op::BINARY_OP.caches()) };
    u16::from(store.op()) == Op::STORE_FAST.number() && std::ptr::eq(frame.local(store.arg() as usize).ptr(), left.ptr())
}

/// An operator with a handler of its own, whose address goes into the cache.
fn extend(unit: &Unit, operator: u32, left: Borrowed<'_>, right: Borrowed<'_>) -> Option<Op> {
    let handler = crate::interpreter::extended(operator, left, right)?;
    // SAFETY: BINARY_OP has five words of cache.
    unsafe { (*std::ptr::from_ref(unit).add(1)).set_word((handler.0 as *const ()).expose_provenance() as u64) };
    Some(Op::BINARY_OP_EXTEND)
}

/// COMPARE_OP.
#[cold]
pub fn compare_op(frame: &Frame, unit: &Unit, oparg: u32) {
    let (left, right) = (frame.peek(2), frame.peek(1));
    let op = if is_int(left) && is_int(right) {
        Some(Op::COMPARE_OP_INT)
    } else if is_float(left) && is_float(right) {
        Some(Op::COMPARE_OP_FLOAT)
    } else if text::check_exact(&left) && text::check_exact(&right) && matches!(oparg >> 5, 2 | 3) {
        Some(Op::COMPARE_OP_STR)
    } else {
        None
    };
    op.map_or_else(|| stay(unit, Op::COMPARE_OP), |op| become_op(unit, op));
}

/// Instances of a class that defines neither `__bool__` nor `__len__` are true. The cache has the class's version.
fn always_true(unit: &Unit, class: &TypeObject) -> Option<Op> {
    // A look-up gives the type a version, if it can have one.
    let _found = class.type_lookup(object::id!("__bool__"));
    let version = class.raw().tp_version_tag.get();
    let plain = class.nb_bool().is_none() && class.mp_length().is_none() && class.sq_length().is_none();
    if version == 0 || !plain {
        return None;
    }
    // SAFETY: TO_BOOL has three words of cache.
    unsafe { (*std::ptr::from_ref(unit).add(1)).set_word(u64::from(version)) };
    Some(Op::TO_BOOL_ALWAYS_TRUE)
}

/// TO_BOOL.
#[cold]
pub fn to_bool(frame: &Frame, unit: &Unit, _oparg: u32) {
    let value = frame.peek(1);
    let class = value.class();
    let op = if class.is_type(&core::BOOL) {
        Some(Op::TO_BOOL_BOOL)
    } else if value.is(&core::none()) {
        Some(Op::TO_BOOL_NONE)
    } else if is_int(value) {
        Some(Op::TO_BOOL_INT)
    } else if class.is_type(&core::LIST) {
        Some(Op::TO_BOOL_LIST)
    } else if class.is_type(&core::STR) {
        Some(Op::TO_BOOL_STR)
    } else {
        always_true(unit, class)
    };
    op.map_or_else(|| stay(unit, Op::TO_BOOL), |op| become_op(unit, op));
}
