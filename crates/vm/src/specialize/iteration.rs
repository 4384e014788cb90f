//! What FOR_ITER and SEND specialise to.

use super::{become_op, stay};
use crate::code::units::Unit;
use crate::frame::Slot;
use builtins::list::ListIterator;
use builtins::range::RangeIterator;
use builtins::tuple::TupleIterator;
use bytecode::Op;
use object::{StaticType, core};

/// FOR_ITER. It has no inline cache.
#[cold]
#[inline(never)]
pub fn for_iter(iterator: Slot, unit: &Unit) {
    // SAFETY: verified code has an iterator there.
    let class = unsafe { iterator.object() }.get().class();
    let op = if class.is_type(ListIterator::type_object()) {
        Op::FOR_ITER_LIST
    } else if class.is_type(TupleIterator::type_object()) {
        Op::FOR_ITER_TUPLE
    } else if class.is_type(RangeIterator::type_object()) {
        Op::FOR_ITER_RANGE
    } else if class.is_type(&core::GENERATOR) {
        Op::FOR_ITER_GEN
    } else {
        return stay(unit, Op::FOR_ITER);
    };
    become_op(unit, op);
}

/// SEND. It has no inline cache.
#[cold]
#[inline(never)]
pub fn send(receiver: Slot, unit: &Unit) {
    // SAFETY: verified code has a receiver there.
    let class = unsafe { receiver.object() }.get().class();
    if class.is_type(&core::GENERATOR) || class.is_type(&core::COROUTINE) {
        become_op(unit, Op::SEND_GEN);
    } else {
        stay(unit, Op::SEND);
    }
}
