//! Ints without objects (`Slot::is_int`): the forms of instructions that make, move and take them.
//!
//! `specialize::ints` decides where they run. Their numbers ([`op`]) are no opcodes of code objects. A form that takes such ints never gives way to one
//! that does not; what it cannot do itself it does the general way, with objects: that of an int that came from a local is made in the local.

use super::arithmetic;
use super::boxes::{any_float_result, boxed_int, close_box, float_value, int_value};
use super::dispatch::Handler;
use super::fast::drop_slot;
use super::{arithmetic_extended, fast, iteration, returns, subscripts, unwind};
use crate::frame::{Frame, Slot};
use builtins::range::RangeIterator;
use object::{StaticType, core};

macro_rules! numbers {
    ($($name:ident = $number:literal, $shown:ident;)*) => {
        /// Numbers of the forms.
        pub(crate) mod op {
            $(pub const $name: u8 = $number;)*
        }

        /// The opcode that a form is shown as.
        pub(crate) fn shown(number: u8) -> Option<bytecode::Op> {
            match number {
                $($number => Some(bytecode::Op::$shown),)*
                _ => None,
            }
        }

        /// Puts the forms into a table of handlers.
        pub(super) const fn fill(mut table: [Handler; 256]) -> [Handler; 256] {
            $(table[$number] = Handler($name);)*
            table
        }
    };
}

numbers! {
    COMPARE_INT = 121, COMPARE_OP_INT;
    ITEM_OF_LIST = 122, BINARY_OP_SUBSCR_LIST_INT;
    STORE_ITEM_OF_LIST = 123, STORE_SUBSCR_LIST_INT;
    TRUTH = 124, TO_BOOL_INT;
    RANGE = 125, FOR_ITER_RANGE;
    COUNT_CALLS = 126, RESUME_CHECK;
    RETURN = 127, RETURN_VALUE;
    LOAD_BORROW = 212, LOAD_FAST_BORROW;
    LOAD_FIRST = 213, LOAD_FAST_BORROW_LOAD_FAST_BORROW;
    LOAD_SECOND = 214, LOAD_FAST_BORROW_LOAD_FAST_BORROW;
    LOAD_BOTH = 215, LOAD_FAST_BORROW_LOAD_FAST_BORROW;
    LOAD = 216, LOAD_FAST;
    LOAD_AS_IS = 217, LOAD_FAST;
    LOAD_TWO = 218, LOAD_FAST_LOAD_FAST;
    LOAD_CHECKED = 219, LOAD_FAST_CHECK;
    LOAD_CLEARING = 220, LOAD_FAST_AND_CLEAR;
    DELETE = 221, DELETE_FAST;
    STORE = 222, STORE_FAST;
    STORE_TWO = 223, STORE_FAST_STORE_FAST;
    STORE_LOAD = 224, STORE_FAST_LOAD_FAST;
    STORE_LOAD_AS_IS = 225, STORE_FAST_LOAD_FAST;
    SMALL = 226, LOAD_SMALL_INT;
    CONSTANT = 227, LOAD_CONST;
    ADD = 228, BINARY_OP_ADD_INT;
    SUBTRACT = 229, BINARY_OP_SUBTRACT_INT;
    MULTIPLY = 230, BINARY_OP_MULTIPLY_INT;
    ADD_TO_OBJECT = 231, BINARY_OP_ADD_INT;
    SUBTRACT_TO_OBJECT = 232, BINARY_OP_SUBTRACT_INT;
    MULTIPLY_TO_OBJECT = 233, BINARY_OP_MULTIPLY_INT;
}

/// Where the object of an int on the stack belongs, as inline caches say it: nowhere, in a local (its index and 1), among the constants.
pub(crate) mod home {
    pub const NONE: u32 = 0;
    pub const CONSTANT: u32 = 1 << 31;
}

/// The value of an int without an object, or of an exact int of at most two digits.
///
/// # Safety
/// The slot is an int or holds an object.
#[inline(always)]
unsafe fn number(slot: Slot) -> Option<i64> {
    // SAFETY: by contract.
    if slot.is_int() { Some(slot.as_int()) } else { unsafe { int_value(slot) } }
}

/// Runs the instruction again, whose operands have changed their form: without another event if it is instrumented.
macro_rules! again {
    ($pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let word = (*$pc).word();
        if u16::from(word as u8) >= bytecode::ops::MIN_INSTRUMENTED_OPCODE {
            return again_instrumented($pc, $sp, $frame, $thread, $table, word >> 32);
        }
        let handler = *$table.add((word as u8) as usize);
        return (handler.0)($pc, $sp, $frame, $thread, $table, word >> 32);
    }};
}

handler! {
    #[cold]
    #[inline(never)]
    fn again_instrumented(pc, sp, frame, thread, table, oparg) {
        let handler = *table.add(form_at(&*frame, pc) as usize);
        return (handler.0)(pc, sp, frame, thread, table, oparg);
    }
}

/// The form that stands below an instrumented instruction.
#[inline(never)]
fn form_at(frame: &Frame, pc: super::Pc) -> u8 {
    let code = frame.code();
    let index = frame.index_of(pc);
    code.ints.form(index).unwrap_or_else(|| code.code_bytes().get(index * 2).copied().unwrap_or(0))
}

// Making objects.

/// An object for the int `depth` below the top of the stack, which takes its place. False with an exception.
#[inline(never)]
fn make_object(frame: &Frame, depth: usize, home: u32) -> bool {
    let sp = frame.stack();
    let slot = sp.peek(depth);
    if !slot.is_int() {
        return true;
    }
    if home & home::CONSTANT != 0 {
        sp.replace(depth, Slot::borrowed(frame.code().const_at((home & !home::CONSTANT) as usize)));
        return true;
    }
    if home != home::NONE {
        let local = (home - 1) as usize;
        if frame.local(local) == slot && frame.make_local_object(local).is_err() {
            return false;
        }
        let found = frame.local(local);
        // SAFETY: the local holds an object, or nothing; it keeps it alive for the look.
        if !found.is_int() && !found.is_null() && unsafe { int_value_of_any_size(found) } == Some(slot.as_int()) {
            // SAFETY: as above.
            sp.replace(depth, unsafe { found.as_borrowed().into_owned() });
            return true;
        }
    }
    match object::value::int::new(slot.as_int()) {
        Ok(object) => {
            sp.replace(depth, Slot::owned(object));
            true
        }
        Err(_raised) => false,
    }
}

unsafe fn int_value_of_any_size(slot: Slot) -> Option<i64> {
    // SAFETY: by contract the slot holds an object.
    let object = unsafe { slot.object() };
    if object.class().is_type(&core::INT) { object::value::int::to_i64(object) } else { None }
}

handler! {
    /// Makes the int in the local that the instruction names an object, and runs the instruction again.
    #[inline(never)]
    fn make_local(pc, sp, frame, thread, table, oparg) {
        let object = boxed_int(thread, (*frame).local(oparg as usize).as_int());
        if object.is_null() {
            return make_locals(pc, sp, frame, thread, table, oparg << 4 | oparg << 32);
        }
        (*frame).replace_local(oparg as usize, object);
        again!(pc, sp, frame, thread, table)
    }
}

/// Makes the ints in two locals objects.
#[inline(never)]
fn both_to_objects(frame: &Frame, first: usize, second: usize) -> bool {
    frame.make_local_object(first).is_ok() && frame.make_local_object(second).is_ok()
}

handler! {
    /// The same for an instruction that names two locals, or (in the upper half of `oparg`) for one with a large index.
    #[cold]
    #[inline(never)]
    fn make_locals(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let large = (oparg >> 32) as usize;
        let (first, second) = if large != 0 { (large, large) } else { ((oparg >> 4) as usize, (oparg & 15) as usize) };
        if both_to_objects(&*frame, first, second) {
            again!(pc, sp, frame, thread, table)
        }
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

// Loads and stores.

handler! {
    fn LOAD_BORROW(pc, sp, frame, thread, table, oparg) {
        let slot = (*frame).local(oparg as usize);
        if slot.is_int() {
            return make_local(pc, sp, frame, thread, table, oparg);
        }
        sp.write(slot.as_borrowed());
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

macro_rules! pairs {
    ($($name:ident |$first:ident, $second:ident| $int:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let ($first, $second) = ((*frame).local((oparg >> 4) as usize), (*frame).local((oparg & 15) as usize));
                if $int {
                    return make_locals(pc, sp, frame, thread, table, oparg);
                }
                sp.write($first.as_borrowed());
                sp.add(1).write($second.as_borrowed());
                dispatch!(pc.add(1), sp.add(2), frame, thread, table)
            }
        }
    )* };
}

pairs! {
    LOAD_FIRST |first, second| first.is_int();
    LOAD_SECOND |first, second| second.is_int();
    LOAD_BOTH |first, second| first.is_int() || second.is_int();
}

handler! {
    fn LOAD(pc, sp, frame, thread, table, oparg) {
        let slot = (*frame).local(oparg as usize);
        if slot.is_int() {
            return make_local(pc, sp, frame, thread, table, oparg);
        }
        object::reference::incref(slot.ptr());
        sp.write(slot);
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn LOAD_AS_IS(pc, sp, frame, thread, table, oparg) {
        let slot = (*frame).local(oparg as usize);
        if !slot.is_int() {
            object::reference::incref(slot.ptr());
        }
        sp.write(slot);
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn LOAD_TWO(pc, sp, frame, thread, table, oparg) {
        if (*frame).local((oparg >> 4) as usize).is_int() || (*frame).local((oparg & 15) as usize).is_int() {
            return make_locals(pc, sp, frame, thread, table, oparg);
        }
        return fast::LOAD_FAST_LOAD_FAST(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn LOAD_CHECKED(pc, sp, frame, thread, table, oparg) {
        if (*frame).local(oparg as usize).is_int() {
            return make_local(pc, sp, frame, thread, table, oparg);
        }
        return fast::LOAD_FAST_CHECK(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn LOAD_CLEARING(pc, sp, frame, thread, table, oparg) {
        if (*frame).local(oparg as usize).is_int() {
            return make_local(pc, sp, frame, thread, table, oparg);
        }
        return fast::LOAD_FAST_AND_CLEAR(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn DELETE(pc, sp, frame, thread, table, oparg) {
        if (*frame).local(oparg as usize).is_int() {
            return make_local(pc, sp, frame, thread, table, oparg);
        }
        return fast::DELETE_FAST(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    fn STORE(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let mut value = *sp;
        if !value.is_int() {
            value = value.into_owned();
        }
        let old = (*frame).replace_local(oparg as usize, value);
        if !old.is_int() && !old.is_null() {
            return drop_slot(pc.add(1), sp, frame, thread, table, old.ptr().expose_provenance() as u64);
        }
        dispatch!(pc.add(1), sp, frame, thread, table)
    }
}

/// Whether what was in a local can be given up with a count at most.
#[inline(always)]
unsafe fn stays_alive(slot: Slot) -> bool {
    // SAFETY: by contract the slot is an int, or holds an object or nothing.
    slot.is_int() || slot.is_null() || unsafe { *slot.ptr().cast::<u32>() } != 1
}

/// Gives it up.
#[inline(always)]
unsafe fn give_up(slot: Slot) {
    if !slot.is_int() && !slot.is_null() {
        // SAFETY: by contract; others have the object.
        unsafe { object::reference::decref_alive(slot.ptr()) };
    }
}

#[inline(always)]
unsafe fn owned(slot: Slot) -> Slot {
    // SAFETY: by contract the slot is an int or holds an object.
    if slot.is_int() { slot } else { unsafe { slot.into_owned() } }
}

handler! {
    fn STORE_TWO(pc, sp, frame, thread, table, oparg) {
        let (first, second) = ((oparg >> 4) as usize, (oparg & 15) as usize);
        if !stays_alive((*frame).local(first)) {
            instead!(store_two, pc, sp, frame, thread, table)
        }
        give_up((*frame).replace_local(first, owned(*sp.sub(1))));
        let old = (*frame).replace_local(second, owned(*sp.sub(2)));
        if !old.is_int() && !old.is_null() {
            return drop_slot(pc.add(1), sp.sub(2), frame, thread, table, old.ptr().expose_provenance() as u64);
        }
        dispatch!(pc.add(1), sp.sub(2), frame, thread, table)
    }
}

handler! {
    #[cold]
    #[inline(never)]
    fn store_two(pc, sp, frame, thread, table, oparg) {
        let (first, second) = ((oparg >> 4) as usize, (oparg & 15) as usize);
        (*frame).pc.set(pc);
        (*frame).sp.set(sp.sub(1));
        (*frame).replace_local(first, owned(*sp.sub(1))).close();
        (*frame).sp.set(sp.sub(2));
        (*frame).replace_local(second, owned(*sp.sub(2))).close();
        dispatch!(pc.add(1), sp.sub(2), frame, thread, table)
    }
}

handler! {
    fn STORE_LOAD(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let old = (*frame).replace_local((oparg >> 4) as usize, owned(*sp));
        if stays_alive(old) {
            give_up(old);
            let slot = (*frame).local((oparg & 15) as usize);
            if !slot.is_int() {
                object::reference::incref(slot.ptr());
                sp.write(slot);
                dispatch!(pc.add(1), sp.add(1), frame, thread, table)
            }
            return load_second(pc, sp, frame, thread, table, 0);
        }
        return load_second(pc, sp, frame, thread, table, old.ptr().expose_provenance() as u64);
    }
}

handler! {
    /// Drops the object whose address the operand is, if it is not 0, and does the second half of STORE_FAST_LOAD_FAST.
    #[inline(never)]
    fn load_second(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let local = ((*pc).word() >> 32 & 15) as usize;
        if oparg != 0 {
            object::reference::decref(std::ptr::with_exposed_provenance_mut(oparg as usize));
        }
        if (*pc).op() == op::STORE_LOAD && !both_to_objects(&*frame, local, local) {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        let slot = (*frame).local(local);
        if !slot.is_int() {
            object::reference::incref(slot.ptr());
        }
        sp.write(slot);
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn STORE_LOAD_AS_IS(pc, sp, frame, thread, table, oparg) {
        let sp = sp.sub(1);
        let old = (*frame).replace_local((oparg >> 4) as usize, owned(*sp));
        if stays_alive(old) {
            give_up(old);
            let slot = (*frame).local((oparg & 15) as usize);
            if !slot.is_int() {
                object::reference::incref(slot.ptr());
            }
            sp.write(slot);
            dispatch!(pc.add(1), sp.add(1), frame, thread, table)
        }
        return load_second(pc, sp, frame, thread, table, old.ptr().expose_provenance() as u64);
    }
}

handler! {
    fn SMALL(pc, sp, frame, thread, table, oparg) {
        sp.write(Slot::from_word((oparg << 2 | 3).cast_signed()));
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn CONSTANT(pc, sp, frame, thread, table, oparg) {
        let constant = Slot::borrowed((*frame).code().const_at(oparg as usize));
        sp.write(int_value(constant).and_then(Slot::int).unwrap_or(constant));
        dispatch!(pc.add(1), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn RETURN(pc, sp, frame, thread, table, oparg) {
        let mut at = (*frame).locals_start();
        // A frame object would want the ints.
        let count = if (*frame).is_plain() { (*frame).code().local_count() } else { 0 };
        let end = at.add(count);
        while at < end {
            if (*at).is_int() {
                at.write(Slot::NULL);
            }
            at = at.add(1);
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        return returns::RETURN_VALUE(pc, sp, frame, thread, table, oparg);
    }
}

// Operators.

macro_rules! operators {
    ($($name:ident $to_object:ident: |$l:ident, $r:ident| $word:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if left.both_ints(right) {
                    let ($l, $r) = (left.word(), right.word());
                    if let Some(word) = $word {
                        sp.sub(2).write(Slot::from_word(word));
                        dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                    }
                }
                instead!(unify, pc, sp, frame, thread, table)
            }
        }

        handler! {
            fn $to_object(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if left.both_ints(right) {
                    let ($l, $r) = (left.word(), right.word());
                    if let Some(word) = $word {
                        let result = boxed_int(thread, word >> 2);
                        if !result.is_null() {
                            sp.sub(2).write(result);
                            dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                        }
                    }
                }
                instead!(unify, pc, sp, frame, thread, table)
            }
        }
    )* };
}

// Words are `4 * value + 3`.
operators! {
    ADD ADD_TO_OBJECT: |l, r| l.checked_add(r - 3);
    SUBTRACT SUBTRACT_TO_OBJECT: |l, r| l.checked_sub(r - 3);
    MULTIPLY MULTIPLY_TO_OBJECT: |l, r| (l - 3).checked_mul(r >> 2).map(|word| word | 3);
}

/// Operators that BINARY_OP_EXTEND goes to.
macro_rules! extended_operators {
    ($($of:ident => $name:ident $to_object:ident: |$a:ident, $b:ident| $guard:expr, $value:expr;)*) => {
        $(
            handler! {
                fn $name(pc, sp, frame, thread, table, oparg) {
                    let (left, right) = (*sp.sub(2), *sp.sub(1));
                    if left.both_ints(right) {
                        let ($a, $b) = (left.as_int(), right.as_int());
                        if $guard
                            && let Some(result) = Slot::int($value)
                        {
                            sp.sub(2).write(result);
                            dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                        }
                    }
                    instead!(unify, pc, sp, frame, thread, table)
                }
            }

            handler! {
                fn $to_object(pc, sp, frame, thread, table, oparg) {
                    let (left, right) = (*sp.sub(2), *sp.sub(1));
                    if left.both_ints(right) {
                        let ($a, $b) = (left.as_int(), right.as_int());
                        if $guard {
                            let result = boxed_int(thread, $value);
                            if !result.is_null() {
                                sp.sub(2).write(result);
                                dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                            }
                        }
                    }
                    instead!(unify, pc, sp, frame, thread, table)
                }
            }
        )*

        /// The forms, for ints without objects, of a handler that BINARY_OP_EXTEND goes to: with such a result, with an object.
        fn int_form(handler: usize) -> Option<(Handler, Handler)> {
            $(if [arithmetic_extended::$of as *const () as usize, $name as *const () as usize, $to_object as *const () as usize].contains(&handler) {
                return Some((Handler($name), Handler($to_object)));
            })*
            None
        }
    };
}

extended_operators! {
    floor_divide_ints => floor_divide floor_divide_to_object: |a, b| b != 0, arithmetic_extended::floor_divide(a, b);
    remainder_ints => remainder remainder_to_object: |a, b| b != 0, arithmetic_extended::remainder(a, b);
    and_ints => and and_to_object: |a, b| true, a & b;
    or_ints => or or_to_object: |a, b| true, a | b;
    xor_ints => xor xor_to_object: |a, b| true, a ^ b;
    shift_left_ints => shift_left shift_left_to_object: |a, b| (0..60).contains(&b) && a.unsigned_abs() < 1 << (60 - b), a << b;
    shift_right_ints => shift_right shift_right_to_object: |a, b| b >= 0, a >> b.min(63);
    square_int => square square_to_object: |a, b| b == 2 && a.unsigned_abs() < 1 << 30, a * a;
}

/// Puts the value of an exact int of at most two digits, `depth` below the top, in the place of its object. False, and nothing done, for all else.
///
/// # Safety
/// The slot holds an object, which nobody will ask for.
#[inline(always)]
unsafe fn unbox(thread: *const object::thread::ThreadState, sp: *mut Slot, depth: usize) -> bool {
    // SAFETY: by contract.
    unsafe {
        let slot = *sp.sub(depth);
        let Some(value) = int_value(slot) else { return false };
        sp.sub(depth).write(Slot::from_word(value << 2 | 3));
        close_box(thread, slot);
        true
    }
}

macro_rules! unifying {
    ($($name:ident $both:ident $any:ident;)*) => { $(
        handler! {
            /// One operand is an int, the other an object: if that is an int, too, the instruction runs again with its value. Nobody sees operands that
            /// both are ints.
            #[inline(never)]
            fn $name(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if right.is_int() {
                    if !left.is_int() && unbox(thread, sp, 2) {
                        again!(pc, sp, frame, thread, table)
                    }
                    instead!($any, pc, sp, frame, thread, table)
                }
                if left.is_int() {
                    if unbox(thread, sp, 1) {
                        again!(pc, sp, frame, thread, table)
                    }
                    instead!($any, pc, sp, frame, thread, table)
                }
                instead!($both, pc, sp, frame, thread, table)
            }
        }

        handler! {
            /// The same for two objects.
            #[inline(never)]
            fn $both(pc, sp, frame, thread, table, oparg) {
                if int_value(*sp.sub(2)).is_some() && unbox(thread, sp, 1) && unbox(thread, sp, 2) {
                    again!(pc, sp, frame, thread, table)
                }
                instead!($any, pc, sp, frame, thread, table)
            }
        }
    )* };
}

unifying! {
    unify unify_both operate;
    unify_compared unify_both_compared compare_any;
}

/// Two numbers, of which one at least is an exact float.
#[inline(always)]
unsafe fn mixed(left: Slot, right: Slot) -> Option<(f64, f64)> {
    // SAFETY: by contract the slots are ints or hold objects.
    unsafe {
        if left.is_int() {
            return if right.is_int() { None } else { Some((left.as_int() as f64, float_value(right)?)) };
        }
        if right.is_int() {
            return Some((float_value(left)?, right.as_int() as f64));
        }
        match (float_value(left), float_value(right)) {
            (Some(a), Some(b)) => Some((a, b)),
            (Some(a), None) => Some((a, int_value(right)? as f64)),
            (None, Some(b)) => Some((int_value(left)? as f64, b)),
            (None, None) => None,
        }
    }
}

#[inline(always)]
unsafe fn integers(left: Slot, right: Slot) -> Option<(f64, f64)> {
    // SAFETY: by contract the slots are ints or hold objects.
    unsafe { Some((number(left)? as f64, number(right)? as f64)) }
}

macro_rules! float_operators {
    ($($of:ident => $name:ident: $pair:ident, |$a:ident, $b:ident| $guard:expr, $value:expr;)*) => {
        $(
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
                    instead!(operate, pc, sp, frame, thread, table)
                }
            }
        )*

        /// The form of a handler that BINARY_OP_EXTEND goes to whose result is a float.
        fn float_form(handler: usize) -> Option<Handler> {
            $(if [arithmetic_extended::$of as *const () as usize, $name as *const () as usize].contains(&handler) {
                return Some(Handler($name));
            })*
            None
        }
    };
}

/// The largest magnitude of ints that doubles hold exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

float_operators! {
    add_mixed => add_number: mixed, |a, b| true, a + b;
    subtract_mixed => subtract_number: mixed, |a, b| true, a - b;
    multiply_mixed => multiply_number: mixed, |a, b| true, a * b;
    divide_mixed => divide_number: mixed, |a, b| b != 0.0, a / b;
    divide_ints => divide_integers: integers, |a, b| b != 0.0 && a.abs() <= EXACT && b.abs() <= EXACT, a / b;
}

/// What BINARY_OP_EXTEND's handler becomes where ints without objects may come.
#[derive(Clone, Copy)]
pub(crate) enum Extended {
    /// A form with such a result, and one with an object.
    Int(Handler, Handler),
    Float(Handler),
    /// An item of a tuple.
    Item(Handler),
}

/// What takes an index of a tuple.
pub(crate) const ITEM_OF_TUPLE: Handler = Handler(item_of_tuple);

/// The forms of the handler with this address.
pub(crate) fn extended_form(handler: u64) -> Option<Extended> {
    let handler = handler as usize;
    if handler == item_of_tuple as *const () as usize {
        return Some(Extended::Item(ITEM_OF_TUPLE));
    }
    match int_form(handler) {
        Some((int, object)) => Some(Extended::Int(int, object)),
        None => float_form(handler).map(Extended::Float),
    }
}

handler! {
    /// BINARY_OP of anything, which does not specialise itself.
    #[inline(never)]
    fn operate(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if !make_object(&*frame, 2, (*pc.add(2)).word() as u32) || !make_object(&*frame, 1, (*pc.add(3)).word() as u32) {
            return unwind::error(pc, sp, frame, thread, table, 0);
        }
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        let result = arithmetic::operate(left.ptr(), right.ptr(), oparg as u32);
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

// What takes ints.

#[inline(always)]
fn order(a: i64, b: i64) -> u64 {
    let unequal = if a < b { 2 } else { 4 };
    if a == b { 8 } else { unequal }
}

handler! {
    fn COMPARE_INT(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        if left.both_ints(right) {
            super::jumps::finish_truth!(
                oparg & order(left.word(), right.word()) != 0,
                pc.add(super::size::COMPARE_OP), sp.sub(2), frame, thread, table
            )
        }
        instead!(unify_compared, pc, sp, frame, thread, table)
    }
}

handler! {
    #[cold]
    #[inline(never)]
    fn compare_any(pc, sp, frame, thread, table, oparg) {
        #[inline(never)]
        fn body(frame: &Frame, oparg: u32) -> bool {
            arithmetic::compare_op(frame, oparg).is_ok()
        }
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        let homes = (*pc.add(1)).word();
        if make_object(&*frame, 2, homes as u32) && make_object(&*frame, 1, (homes >> 32) as u32) && body(&*frame, oparg as u32) {
            dispatch!(pc.add(super::size::COMPARE_OP), (*frame).sp.get(), frame, thread, table)
        }
        return unwind::error(pc, (*frame).sp.get(), frame, thread, table, 0);
    }
}

handler! {
    fn TRUTH(pc, sp, frame, thread, table, oparg) {
        let slot = *sp.sub(1);
        if slot.is_int() {
            super::jumps::finish_truth!(slot.as_int() != 0, pc.add(super::size::TO_BOOL), sp.sub(1), frame, thread, table)
        }
        instead!(truth_any, pc, sp, frame, thread, table)
    }
}

handler! {
    #[inline(never)]
    fn truth_any(pc, sp, frame, thread, table, oparg) {
        #[inline(never)]
        fn body(frame: &Frame, oparg: u32) -> bool {
            arithmetic::to_bool(frame, oparg).is_ok()
        }
        let value = *sp.sub(1);
        if let Some(number) = int_value(value) {
            close_box(thread, value);
            super::jumps::finish_truth!(number != 0, pc.add(super::size::TO_BOOL), sp.sub(1), frame, thread, table)
        }
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if body(&*frame, oparg as u32) {
            dispatch!(pc.add(super::size::TO_BOOL), (*frame).sp.get(), frame, thread, table)
        }
        return unwind::error(pc, (*frame).sp.get(), frame, thread, table, 0);
    }
}

#[inline(always)]
unsafe fn has_class(slot: Slot, class: &object::TypeObject) -> bool {
    // SAFETY: by contract the slot holds an object.
    unsafe { std::ptr::eq((*slot.ptr()).ob_type.get(), class.as_type_ptr()) }
}

handler! {
    fn ITEM_OF_LIST(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if index.is_int() && container.is_borrowed() && has_class(container, &core::LIST) {
            let list = &*container.ptr().cast::<abi::PyListObject>();
            let at = index.as_int();
            // A negative index is too large here.
            if (at as u64) < list.ob_base.ob_size.get() as u64 {
                let item = *list.ob_item.get().add(at as usize);
                object::reference::incref(item);
                sp.sub(2).write(Slot::from_raw(item));
                dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
            }
        }
        instead!(item_whole, pc, sp, frame, thread, table)
    }
}

handler! {
    #[inline(never)]
    fn item_whole(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if has_class(container, &core::LIST)
            && let Some(at) = number(index)
        {
            let list = &*container.ptr().cast::<abi::PyListObject>();
            let count = list.ob_base.ob_size.get() as i64;
            let at = if at < 0 { at + count } else { at };
            if at >= 0 && at < count {
                let item = *list.ob_item.get().add(at as usize);
                object::reference::incref(item);
                sp.sub(2).write(Slot::from_raw(item));
                close_box(thread, index);
                let next = pc.add(super::size::BINARY_OP);
                if container.is_borrowed() {
                    dispatch!(next, sp.sub(1), frame, thread, table)
                }
                return drop_slot(next, sp.sub(1), frame, thread, table, container.ptr().expose_provenance() as u64);
            }
        }
        instead!(operate, pc, sp, frame, thread, table)
    }
}

handler! {
    /// An item of a tuple; BINARY_OP_EXTEND goes here.
    fn item_of_tuple(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if index.is_int() && has_class(container, &core::TUPLE) {
            let at = index.as_int();
            // A negative index is too large here.
            if (at as u64) < (*container.ptr().cast::<abi::PyVarObject>()).ob_size.get() as u64 {
                let items = container.ptr().byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut abi::PyObject>();
                let item = *items.add(at as usize);
                object::reference::incref(item);
                sp.sub(2).write(Slot::from_raw(item));
                let next = pc.add(super::size::BINARY_OP);
                if container.is_borrowed() {
                    dispatch!(next, sp.sub(1), frame, thread, table)
                }
                return drop_slot(next, sp.sub(1), frame, thread, table, container.ptr().expose_provenance() as u64);
            }
        }
        instead!(operate, pc, sp, frame, thread, table)
    }
}

handler! {
    fn STORE_ITEM_OF_LIST(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if container.is_borrowed() && has_class(container, &core::LIST)
            && let Some(at) = number(index)
        {
            let list = &*container.ptr().cast::<abi::PyListObject>();
            // A negative index is too large here.
            if (at as u64) < list.ob_base.ob_size.get() as u64 {
                let cell = list.ob_item.get().add(at as usize);
                let old = *cell;
                cell.write((*sp.sub(3)).into_owned().ptr());
                close_box(thread, index);
                let next = pc.add(super::size::STORE_SUBSCR);
                if old.is_null() {
                    dispatch!(next, sp.sub(3), frame, thread, table)
                }
                return drop_slot(next, sp.sub(3), frame, thread, table, old.expose_provenance() as u64);
            }
        }
        instead!(store_any, pc, sp, frame, thread, table)
    }
}

handler! {
    #[cold]
    #[inline(never)]
    fn store_any(pc, sp, frame, thread, table, oparg) {
        #[inline(never)]
        fn body(frame: &Frame, oparg: u32) -> bool {
            subscripts::store_subscr(frame, oparg).is_ok()
        }
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if make_object(&*frame, 1, (*pc.add(1)).word() as u32) && body(&*frame, oparg as u32) {
            dispatch!(pc.add(super::size::STORE_SUBSCR), (*frame).sp.get(), frame, thread, table)
        }
        return unwind::error(pc, (*frame).sp.get(), frame, thread, table, 0);
    }
}

handler! {
    /// FOR_ITER over a range, with a store behind it that takes ints.
    fn RANGE(pc, sp, frame, thread, table, oparg) {
        let iterator = *sp.sub(1);
        if !has_class(iterator, RangeIterator::type_object()) {
            instead!(iteration::FOR_ITER, pc, sp, frame, thread, table)
        }
        let range = &*iterator.ptr().cast::<RangeIterator>();
        if let Some(value) = range.upcoming()
            && let Some(item) = Slot::int(value)
        {
            range.advance();
            sp.write(item);
            dispatch!(pc.add(super::size::FOR_ITER), sp.add(1), frame, thread, table)
        }
        instead!(iteration::for_iter_any, pc, sp, frame, thread, table)
    }
}

/// How many calls a function without loops gets before its ints are looked at.
const CALLS: u16 = 100;

handler! {
    /// A RESUME that has run, but not often.
    #[inline(never)]
    fn COUNT_CALLS(pc, sp, frame, thread, table, oparg) {
        let count = (*pc).counter().saturating_add(1);
        (*pc).set_counter(count);
        if count >= CALLS {
            (*pc).set_op(bytecode::Op::RESUME_CHECK);
            crate::specialize::ints(&*frame);
        }
        return returns::RESUME_CHECK(pc, sp, frame, thread, table, oparg);
    }
}
