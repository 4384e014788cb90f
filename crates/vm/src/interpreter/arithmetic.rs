//! Operators, comparisons, truth.

use super::containers_fast::{close_alive, outlives};
use super::unwind;
use crate::frame::{Frame, Slot};
use crate::specialize;
use object::protocol::number::{self, BinaryOp};
use object::value::{float, int, str as text};
use object::{Borrowed, CompareOp, PyResult, core, raise};

general! {
    UNARY_NEGATIVE => unary_negative;
    UNARY_INVERT => unary_invert;
}

adaptive! {
    COMPARE_OP => compare_op, specialize::compare_op;
    TO_BOOL => to_bool, specialize::to_bool;
    CONTAINS_OP => contains_op, specialize::contains_op;
}

fn unary_negative(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let value = frame.pop();
    let result = number::negative(value.b())?;
    frame.push(result);
    Ok(())
}

fn unary_invert(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let value = frame.pop();
    let result = number::invert(value.b())?;
    frame.push(result);
    Ok(())
}

handler! {
    fn UNARY_NOT(pc, sp, frame, thread, table, oparg) {
        // The operand is an exact bool.
        let truth = super::jumps::holds(*sp.sub(1), core::true_());
        sp.sub(1).write(Slot::borrowed(core::boolean(!truth)));
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

/// The operators of BINARY_OP, by its operand; the second half are the in-place ones, the last one is the subscript.
const OPERATORS: [Option<BinaryOp>; 13] = [
    Some(BinaryOp::Add),
    Some(BinaryOp::And),
    Some(BinaryOp::FloorDivide),
    Some(BinaryOp::Lshift),
    Some(BinaryOp::MatrixMultiply),
    Some(BinaryOp::Multiply),
    Some(BinaryOp::Remainder),
    Some(BinaryOp::Or),
    None,
    Some(BinaryOp::Rshift),
    Some(BinaryOp::Subtract),
    Some(BinaryOp::TrueDivide),
    Some(BinaryOp::Xor),
];
const POWER: u32 = 8;
const INPLACE: u32 = 13;
pub(crate) const SUBSCRIPT: u32 = 26;

handler! {
    /// The operands stay on the stack, which owns them, while the operator runs.
    #[inline(never)]
    fn BINARY_OP(pc, sp, frame, thread, table, oparg) {
        #[cold]
        #[inline(never)]
        fn decide(frame: &Frame, unit: &crate::code::units::Unit, oparg: u32) {
            specialize::binary_op(frame, unit, oparg);
        }
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let counter = (*pc).counter();
        if counter == 0 {
            decide(&*frame, &*pc, oparg as u32);
            dispatch!(pc, sp, frame, thread, table)
        }
        (*pc).set_counter(counter - 1);
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        let result = operate(left.ptr(), right.ptr(), oparg as u32);
        if result.is_null() {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        (*frame).sp.set(sp.sub(2));
        if !left.is_borrowed() {
            object::reference::decref(left.ptr());
        }
        if !right.is_borrowed() {
            object::reference::decref(right.ptr());
        }
        sp.sub(2).write(Slot::from_raw(result));
        dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
    }
}

/// An operator of BINARY_OP on two objects of the stack; null with an exception.
#[inline(never)]
unsafe fn operate(left: *mut abi::PyObject, right: *mut abi::PyObject, oparg: u32) -> *mut abi::PyObject {
    // SAFETY: the stack holds both.
    let (a, b) = unsafe { ((*left.cast::<object::Object>()).borrowed(), (*right.cast::<object::Object>()).borrowed()) };
    binary_op(a, b, oparg).map_or(std::ptr::null_mut(), object::Ref::into_ptr)
}

#[inline(always)]
fn binary_op(a: Borrowed<'_>, b: Borrowed<'_>, oparg: u32) -> PyResult<object::Ref> {
    if oparg == SUBSCRIPT {
        return a.getitem(b);
    }
    let inplace = oparg >= INPLACE;
    let index = if inplace { oparg - INPLACE } else { oparg };
    match (OPERATORS.get(index as usize).copied().flatten(), inplace) {
        (Some(op), false) => number::binary_op(op, a, b),
        (Some(op), true) => number::inplace_op(op, a, b),
        (None, false) if index == POWER => number::power(a, b, core::none()),
        (None, true) if index == POWER => number::inplace_power(a, b),
        _ => Err(raise!(SystemError, "bad operand of BINARY_OP")),
    }
}

fn compare_op(frame: &Frame, oparg: u32) -> PyResult<()> {
    let right = frame.pop();
    let left = frame.pop();
    let op = CompareOp::from_c((oparg >> 5) as i32);
    if let Some(answer) = mixed_numbers(left.b(), right.b(), op) {
        frame.push_slot(Slot::borrowed(core::boolean(answer)));
        return Ok(());
    }
    if matches!(op, CompareOp::Eq | CompareOp::Ne) && left.compares_as_tuple(right.b()) {
        let answer = left.compare_bool(right.b(), op)?;
        drop(left);
        drop(right);
        frame.push_slot(Slot::borrowed(core::boolean(answer)));
        return Ok(());
    }
    let result = left.richcompare(right.b(), op)?;
    drop(left);
    drop(right);
    if oparg & 16 != 0 {
        let truth = result.is(&core::true_()) || (!result.is(&core::false_()) && result.is_true()?);
        frame.push_slot(Slot::borrowed(core::boolean(truth)));
    } else {
        frame.push(result);
    }
    Ok(())
}

/// The comparison of an exact int of one digit with an exact float, whichever comes first.
#[inline(always)]
fn mixed_numbers(left: Borrowed<'_>, right: Borrowed<'_>, op: CompareOp) -> Option<bool> {
    let (own, other) = (left.class(), right.class());
    // SAFETY: each type is checked first.
    let (a, b) = unsafe {
        if own.is_type(&core::FLOAT) && other.is_type(&core::INT) {
            (float::value_unchecked(left), int::compact_unchecked(right)? as f64)
        } else if own.is_type(&core::INT) && other.is_type(&core::FLOAT) {
            (int::compact_unchecked(left)? as f64, float::value_unchecked(right))
        } else {
            return None;
        }
    };
    Some(match op {
        CompareOp::Lt => a < b,
        CompareOp::Le => a <= b,
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        CompareOp::Gt => a > b,
        CompareOp::Ge => a >= b,
    })
}

fn contains_op(frame: &Frame, oparg: u32) -> PyResult<()> {
    let container = frame.pop();
    let value = frame.pop();
    if text::check_exact(&container) && text::check_exact(&value) {
        let found = builtins::str_::contains(container.b(), value.b());
        frame.push_slot(Slot::borrowed(core::boolean(found ^ (oparg & 1 != 0))));
        return Ok(());
    }
    let found = container.contains(value.b())?;
    frame.push_slot(Slot::borrowed(core::boolean(found ^ (oparg & 1 != 0))));
    Ok(())
}

handler! {
    fn IS_OP(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        // Somebody else has the left one, so the right one is another object if this is its last reference.
        if left.is_borrowed() && outlives(right) {
            close_alive(right);
            let same = std::ptr::eq(left.ptr(), right.ptr());
            super::jumps::finish_truth!(same ^ (oparg & 1 != 0), pc.add(1), sp.sub(2), frame, thread, table)
        }
        instead!(is_both, pc, sp, frame, thread, table)
    }
}

handler! {
    /// `is` of operands that both are owned.
    #[inline(never)]
    fn is_both(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        let same = std::ptr::eq(left.ptr(), right.ptr());
        // Of one object twice, a borrowed slot says that somebody else has it, and so does a third count.
        let shared = || left.is_borrowed() || right.is_borrowed() || *left.ptr().cast::<i32>() != 2;
        if (outlives(left) && outlives(right) && !same) || (same && shared()) {
            close_alive(left);
            close_alive(right);
            super::jumps::finish_truth!(same ^ (oparg & 1 != 0), pc.add(1), sp.sub(2), frame, thread, table)
        }
        return is_any(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    /// `is` of operands that may die.
    #[inline(never)]
    fn is_any(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        is_op(&*frame, oparg as u32);
        dispatch!(pc.add(1), sp.sub(1), frame, thread, table)
    }
}

#[inline(never)]
fn is_op(frame: &Frame, oparg: u32) {
    let right = frame.pop();
    let left = frame.pop();
    let same = left.is(&right);
    drop(left);
    drop(right);
    frame.push_slot(Slot::borrowed(core::boolean(same ^ (oparg & 1 != 0))));
}

fn to_bool(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let value = frame.pop();
    let truth = value.is_true()?;
    drop(value);
    frame.push_slot(Slot::borrowed(core::boolean(truth)));
    Ok(())
}

handler! {
    /// An opcode that no verified code holds.
    #[cold]
    #[inline(never)]
    fn RESERVED(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        unknown_opcode((*pc).op());
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

#[inline(never)]
fn unknown_opcode(number: u8) {
    let _raised = raise!(SystemError, "unknown opcode {number}");
}
