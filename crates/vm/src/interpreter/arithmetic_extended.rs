//! Specialised operators beyond those of CPython's own instructions: BINARY_OP_EXTEND goes to the handler that its inline cache names.

use super::arithmetic::BINARY_OP;
use super::boxes::{any_float_result, float_value, int_result, int_value};
use super::dispatch::Handler;
use crate::frame::Slot;
use object::value::{float, int};
use object::{Borrowed, core};

handler! {
    fn BINARY_OP_EXTEND(pc, sp, frame, thread, table, oparg) {
        let address = std::ptr::with_exposed_provenance::<()>((*pc.add(1)).word() as usize);
        // The cache was filled together with the opcode.
        let handler = std::mem::transmute::<*const (), Handler>(address);
        return (handler.0)(pc, sp, frame, thread, table, oparg);
    }
}

/// Two numbers, of which one at least is an exact float, the other a float or an int of at most two digits.
#[inline(always)]
unsafe fn mixed(left: Slot, right: Slot) -> Option<(f64, f64)> {
    // SAFETY: by contract both slots hold objects.
    unsafe {
        match (float_value(left), float_value(right)) {
            (Some(a), Some(b)) => Some((a, b)),
            (Some(a), None) => Some((a, int_value(right)? as f64)),
            (None, Some(b)) => Some((int_value(left)? as f64, b)),
            (None, None) => None,
        }
    }
}

macro_rules! float_forms {
    ($($name:ident: $pair:ident, |$a:ident, $b:ident| $guard:expr, $value:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if let Some(($a, $b)) = $pair(left, right)
                    && $guard
                {
                    let result = any_float_result(thread, $value, left, right);
                    if !result.is_null() {
                        sp.sub(2).write(result);
                        dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                    }
                }
                instead!(BINARY_OP, pc, sp, frame, thread, table)
            }
        }
    )* };
}

/// The largest magnitude of ints that doubles hold exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Two ints of at most two digits.
#[inline(always)]
unsafe fn ints(left: Slot, right: Slot) -> Option<(f64, f64)> {
    // SAFETY: by contract both slots hold objects.
    unsafe { Some((int_value(left)? as f64, int_value(right)? as f64)) }
}

float_forms! {
    add_mixed: mixed, |a, b| true, a + b;
    subtract_mixed: mixed, |a, b| true, a - b;
    multiply_mixed: mixed, |a, b| true, a * b;
    divide_mixed: mixed, |a, b| b != 0.0, a / b;
    // Up to 2**53 a double holds an int exactly, and the quotient is the correctly rounded one.
    divide_ints: ints, |a, b| b != 0.0 && a.abs() <= EXACT && b.abs() <= EXACT, a / b;
}

handler! {
    fn power_mixed(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        // Positive bases have no special cases but a result that is too large.
        if let Some((a, b)) = mixed(left, right)
            && a > 0.0
        {
            let value = power(a, b);
            if value.is_finite() {
                let result = any_float_result(thread, value, left, right);
                if !result.is_null() {
                    sp.sub(2).write(result);
                    dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                }
            }
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

#[inline(never)]
fn power(a: f64, b: f64) -> f64 {
    a.powf(b)
}

macro_rules! int_forms {
    ($($name:ident: |$a:ident, $b:ident| $guard:expr, $value:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if let Some($a) = int_value(left)
                    && let Some($b) = int_value(right)
                    && $guard
                {
                    let result = int_result(thread, $value, left, right);
                    if !result.is_null() {
                        sp.sub(2).write(result);
                        dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                    }
                }
                instead!(BINARY_OP, pc, sp, frame, thread, table)
            }
        }
    )* };
}

int_forms! {
    floor_divide_ints: |a, b| b != 0, floor_divide(a, b);
    remainder_ints: |a, b| b != 0, remainder(a, b);
    and_ints: |a, b| true, a & b;
    or_ints: |a, b| true, a | b;
    xor_ints: |a, b| true, a ^ b;
    shift_left_ints: |a, b| (0..60).contains(&b) && a.unsigned_abs() < 1 << (60 - b), a << b;
    shift_right_ints: |a, b| b >= 0, a >> b.min(63);
    square_int: |a, b| b == 2 && a.unsigned_abs() < 1 << 30, a * a;
}

/// Quotient and remainder of numbers below 2**60, rounded to zero; the divisor is not 0. Small numbers are divided faster.
#[inline(always)]
fn divide(a: i64, b: i64) -> (i64, i64) {
    if let (Ok(a), Ok(b)) = (i32::try_from(a), i32::try_from(b))
        && b != -1
    {
        return (i64::from(a.wrapping_div(b)), i64::from(a.wrapping_rem(b)));
    }
    (a.wrapping_div(b), a.wrapping_rem(b))
}

#[inline(always)]
fn floor_divide(a: i64, b: i64) -> i64 {
    let (quotient, rest) = divide(a, b);
    if rest != 0 && (rest ^ b) < 0 { quotient - 1 } else { quotient }
}

#[inline(always)]
fn remainder(a: i64, b: i64) -> i64 {
    let (_, rest) = divide(a, b);
    if rest != 0 && (rest ^ b) < 0 { rest + b } else { rest }
}

/// The handler for an operator (as its number without the in-place bit) and these operands.
pub(crate) fn extended(operator: u32, left: Borrowed<'_>, right: Borrowed<'_>) -> Option<Handler> {
    let is_float = |object: Borrowed<'_>| object.class().is_type(&core::FLOAT);
    let is_int =
        // SAFETY: an exact int.
        |object: Borrowed<'_>| object.class().is_type(&core::INT) && unsafe { int::digits_unchecked(object) }.1.len() <= 2;
    if is_int(left) && is_int(right) {
        return Some(Handler(match operator {
            1 => and_ints,
            2 => floor_divide_ints,
            3 => shift_left_ints,
            6 => remainder_ints,
            7 => or_ints,
            8 if int::to_i64(right) == Some(2) => square_int,
            9 => shift_right_ints,
            11 => divide_ints,
            12 => xor_ints,
            _ => return None,
        }));
    }
    let number = |object: Borrowed<'_>| is_float(object) || is_int(object);
    if !(number(left) && number(right)) {
        return None;
    }
    Some(Handler(match operator {
        0 => add_mixed,
        5 => multiply_mixed,
        8 if float::value(left).is_none_or(|value| value > 0.0) => power_mixed,
        10 => subtract_mixed,
        11 => divide_mixed,
        _ => return None,
    }))
}
