//! Specialised arithmetic, comparison, subscripts and truth: guards first, then no call-out; what does not fit goes to the generic form.

use super::arithmetic::{BINARY_OP, COMPARE_OP, TO_BOOL};
use super::boxes::{close_box, digit_value, float_result, float_value, int_result, int_value, light_float, light_int};
use super::containers_fast::{close_alive, outlives};
use crate::frame::Slot;
use object::core;

/// Both operands are borrowed: nothing has to be given up.
#[inline(always)]
fn both_borrowed(left: Slot, right: Slot) -> bool {
    left.is_borrowed() && right.is_borrowed()
}

macro_rules! int_operators {
    ($($name:ident $whole:ident: |$a:ident, $b:ident| $light:expr, $value:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if both_borrowed(left, right)
                    && let Some($a) = digit_value(left)
                    && let Some($b) = digit_value(right)
                {
                    let result = light_int(thread, $light);
                    if !result.is_null() {
                        sp.sub(2).write(result);
                        dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                    }
                }
                instead!($whole, pc, sp, frame, thread, table)
            }
        }

        handler! {
            /// The same for operands that own their objects, and for larger ints.
            #[inline(never)]
            fn $whole(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if let Some($a) = int_value(left)
                    && let Some($b) = int_value(right)
                    && let Some(value) = $value
                {
                    let result = int_result(thread, value, left, right);
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

// Operands are below 2**60 (2**30 in the light forms), so sums (and light products) do not overflow.
int_operators! {
    BINARY_OP_ADD_INT add_ints: |a, b| a + b, Some(a + b);
    BINARY_OP_SUBTRACT_INT subtract_ints: |a, b| a - b, Some(a - b);
    BINARY_OP_MULTIPLY_INT multiply_ints: |a, b| a * b, a.checked_mul(b);
}

macro_rules! float_operators {
    ($($name:ident $whole:ident: |$a:ident, $b:ident| $value:expr;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if let Some($a) = float_value(left)
                    && let Some($b) = float_value(right) {
                    let block = light_float(thread, left, right);
                    if !block.is_null() {
                        (*block.cast::<abi::PyFloatObject>()).ob_fval.set($value);
                        sp.sub(2).write(Slot::from_raw(block));
                        dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                    }
                }
                instead!($whole, pc, sp, frame, thread, table)
            }
        }

        handler! {
            /// The same where both operands own their objects, or others do too.
            #[inline(never)]
            fn $whole(pc, sp, frame, thread, table, oparg) {
                let (left, right) = (*sp.sub(2), *sp.sub(1));
                if let Some($a) = float_value(left)
                    && let Some($b) = float_value(right) {
                    let result = float_result(thread, $value, left, right);
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

float_operators! {
    BINARY_OP_ADD_FLOAT add_floats: |a, b| a + b;
    BINARY_OP_SUBTRACT_FLOAT subtract_floats: |a, b| a - b;
    BINARY_OP_MULTIPLY_FLOAT multiply_floats: |a, b| a * b;
}

/// Whether an ordering (-1, 0, 1; 2 for unordered) satisfies the operator in COMPARE_OP's operand, whose low four bits are a mask of the
/// outcomes that are true: unordered 1, less 2, greater 4, equal 8.
#[inline(always)]
fn holds(oparg: u64, less: bool, equal: bool, greater: bool) -> bool {
    let outcome = if less {
        2
    } else if equal {
        8
    } else if greater {
        4
    } else {
        1
    };
    oparg & outcome != 0
}

/// Ends a comparison, whose operands are given up.
macro_rules! finish_comparison {
    ($truth:expr, $pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {
        super::jumps::finish_truth!($truth, $pc.add(super::size::COMPARE_OP), $sp.sub(2), $frame, $thread, $table)
    };
}

/// The outcome of a comparison of ints, as a bit of COMPARE_OP's mask.
#[inline(always)]
fn order(a: i64, b: i64) -> u64 {
    let unequal = if a < b { 2 } else { 4 };
    if a == b { 8 } else { unequal }
}

handler! {
    fn COMPARE_OP_INT(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        if both_borrowed(left, right)
            && let Some(a) = digit_value(left)
                    && let Some(b) = digit_value(right)
        {
            finish_comparison!(oparg & order(a, b) != 0, pc, sp, frame, thread, table)
        }
        instead!(compare_ints, pc, sp, frame, thread, table)
    }
}

handler! {
    /// The same for operands that own their objects, and for larger ints.
    #[inline(never)]
    fn compare_ints(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        if let Some(a) = int_value(left)
                    && let Some(b) = int_value(right) {
            close_box(thread, left);
            close_box(thread, right);
            finish_comparison!(holds(oparg, a < b, a == b, a > b), pc, sp, frame, thread, table)
        }
        instead!(COMPARE_OP, pc, sp, frame, thread, table)
    }
}

handler! {
    fn COMPARE_OP_FLOAT(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        if let Some(a) = float_value(left)
                    && let Some(b) = float_value(right) {
            close_box(thread, left);
            close_box(thread, right);
            finish_comparison!(holds(oparg, a < b, a == b, a > b), pc, sp, frame, thread, table)
        }
        instead!(COMPARE_OP, pc, sp, frame, thread, table)
    }
}

/// Pops two strs and compares them.
#[inline(never)]
fn compare_texts(frame: &crate::frame::Frame) -> bool {
    let right = frame.pop();
    let left = frame.pop();
    builtins::str_::equal(left.b(), right.b())
}

handler! {
    fn COMPARE_OP_STR(pc, sp, frame, thread, table, oparg) {
        let (left, right) = (*sp.sub(2), *sp.sub(1));
        let strings = std::ptr::eq(class(left), &core::STR) && std::ptr::eq(class(right), &core::STR);
        if strings && outlives(left) && outlives(right) {
            let equal = std::ptr::eq(left.ptr(), right.ptr()) || same_text(left.ptr(), right.ptr());
            close_alive(left);
            close_alive(right);
            finish_comparison!(if equal { oparg & 8 != 0 } else { oparg & 8 == 0 }, pc, sp, frame, thread, table)
        }
        if strings {
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            let equal = compare_texts(&*frame);
            sp.sub(2).write(Slot::borrowed(core::boolean(if equal { oparg & 8 != 0 } else { oparg & 8 == 0 })));
            dispatch!(pc.add(super::size::COMPARE_OP), sp.sub(1), frame, thread, table)
        }
        instead!(COMPARE_OP, pc, sp, frame, thread, table)
    }
}

/// Whether two exact strs, which are not the same, have the same text.
#[inline(never)]
unsafe fn same_text(left: *mut abi::PyObject, right: *mut abi::PyObject) -> bool {
    // SAFETY: by contract.
    unsafe {
        object::value::str::equal_unchecked(
            (*left.cast::<object::Object>()).borrowed(),
            (*right.cast::<object::Object>()).borrowed(),
        )
    }
}

#[inline(always)]
unsafe fn class<'a>(slot: Slot) -> &'a object::TypeObject {
    // SAFETY: by contract the slot holds an object; its class outlives the look.
    unsafe { &*(*slot.ptr()).ob_type.get().cast::<object::TypeObject>() }
}

/// Ends TO_BOOL, whose operand is given up.
macro_rules! finish_to_bool {
    ($truth:expr, $pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {
        super::jumps::finish_truth!($truth, $pc.add(super::size::TO_BOOL), $sp.sub(1), $frame, $thread, $table)
    };
}

handler! {
    fn TO_BOOL_BOOL(pc, sp, frame, thread, table, oparg) {
        let value = *sp.sub(1);
        if std::ptr::eq(class(value), &core::BOOL) {
            finish_to_bool!(super::jumps::holds(value, core::true_()), pc, sp, frame, thread, table)
        }
        instead!(TO_BOOL, pc, sp, frame, thread, table)
    }
}

handler! {
    fn TO_BOOL_NONE(pc, sp, frame, thread, table, oparg) {
        if super::jumps::holds(*sp.sub(1), core::none()) {
            finish_to_bool!(false, pc, sp, frame, thread, table)
        }
        instead!(TO_BOOL, pc, sp, frame, thread, table)
    }
}

handler! {
    fn TO_BOOL_INT(pc, sp, frame, thread, table, oparg) {
        let value = *sp.sub(1);
        if let Some(number) = int_value(value) {
            close_box(thread, value);
            finish_to_bool!(number != 0, pc, sp, frame, thread, table)
        }
        instead!(TO_BOOL, pc, sp, frame, thread, table)
    }
}

handler! {
    fn TO_BOOL_LIST(pc, sp, frame, thread, table, oparg) {
        let value = *sp.sub(1);
        if std::ptr::eq(class(value), &core::LIST) && value.is_borrowed() {
            let count = (*value.ptr().cast::<abi::PyVarObject>()).ob_size.get();
            finish_to_bool!(count != 0, pc, sp, frame, thread, table)
        }
        instead!(TO_BOOL, pc, sp, frame, thread, table)
    }
}

handler! {
    fn TO_BOOL_STR(pc, sp, frame, thread, table, oparg) {
        let value = *sp.sub(1);
        if std::ptr::eq(class(value), &core::STR) && value.is_borrowed() {
            let count = (*value.ptr().cast::<abi::PyASCIIObject>()).length.get();
            finish_to_bool!(count != 0, pc, sp, frame, thread, table)
        }
        instead!(TO_BOOL, pc, sp, frame, thread, table)
    }
}

handler! {
    fn TO_BOOL_ALWAYS_TRUE(pc, sp, frame, thread, table, oparg) {
        let value = *sp.sub(1);
        if u64::from(class(value).raw().tp_version_tag.get()) == (*pc.add(1)).word() {
            sp.sub(1).write(Slot::borrowed(core::true_()));
            let next = pc.add(super::size::TO_BOOL);
            if value.is_borrowed() {
                dispatch!(next, sp, frame, thread, table)
            }
            return super::fast::drop_slot(next, sp, frame, thread, table, value.ptr().expose_provenance() as u64);
        }
        instead!(TO_BOOL, pc, sp, frame, thread, table)
    }
}

/// Puts an item of a container in the place of container and index, and gives those up.
macro_rules! finish_subscript {
    ($item:expr, $container:expr, $index:expr, $pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let item: *mut abi::PyObject = $item;
        object::reference::incref(item);
        $sp.sub(2).write(Slot::from_raw(item));
        close_box($thread, $index);
        let next = $pc.add(super::size::BINARY_OP);
        let container: Slot = $container;
        if container.is_borrowed() {
            dispatch!(next, $sp.sub(1), $frame, $thread, $table)
        }
        return super::fast::drop_slot(next, $sp.sub(1), $frame, $thread, $table, container.ptr().expose_provenance() as u64);
    }};
}

handler! {
    fn BINARY_OP_SUBSCR_LIST_INT(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if both_borrowed(container, index)
            && std::ptr::eq(class(container), &core::LIST)
            && let Some(at) = digit_value(index)
        {
            let list = &*container.ptr().cast::<abi::PyListObject>();
            let count = list.ob_base.ob_size.get() as u64;
            let items = list.ob_item.get();
            // A negative index is too large here.
            if (at as u64) < count {
                let item = *items.add(at as usize);
                object::reference::incref(item);
                sp.sub(2).write(Slot::from_raw(item));
                dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
            }
        }
        instead!(list_item, pc, sp, frame, thread, table)
    }
}

handler! {
    /// The same for operands that own their objects, and for indices from the end.
    #[inline(never)]
    fn list_item(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if std::ptr::eq(class(container), &core::LIST)
            && let Some(at) = digit_value(index)
        {
            let list = &*container.ptr().cast::<abi::PyListObject>();
            let count = list.ob_base.ob_size.get() as i64;
            let at = if at < 0 { at + count } else { at };
            if at >= 0 && at < count {
                let item = *list.ob_item.get().add(at as usize);
                finish_subscript!(item, container, index, pc, sp, frame, thread, table)
            }
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

handler! {
    fn BINARY_OP_SUBSCR_TUPLE_INT(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if both_borrowed(container, index)
            && std::ptr::eq(class(container), &core::TUPLE)
            && let Some(at) = digit_value(index)
        {
            let count = (*container.ptr().cast::<abi::PyVarObject>()).ob_size.get() as u64;
            let items = container.ptr().byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut abi::PyObject>();
            // A negative index is too large here.
            if (at as u64) < count {
                let item = *items.add(at as usize);
                object::reference::incref(item);
                sp.sub(2).write(Slot::from_raw(item));
                dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
            }
        }
        instead!(tuple_item, pc, sp, frame, thread, table)
    }
}

handler! {
    /// The same for operands that own their objects, and for indices from the end.
    #[inline(never)]
    fn tuple_item(pc, sp, frame, thread, table, oparg) {
        let (container, index) = (*sp.sub(2), *sp.sub(1));
        if std::ptr::eq(class(container), &core::TUPLE)
            && let Some(at) = digit_value(index)
        {
            let count = (*container.ptr().cast::<abi::PyVarObject>()).ob_size.get() as i64;
            let at = if at < 0 { at + count } else { at };
            if at >= 0 && at < count {
                let items = container.ptr().byte_add(std::mem::offset_of!(abi::PyTupleObject, ob_item)).cast::<*mut abi::PyObject>();
                let item = *items.add(at as usize);
                finish_subscript!(item, container, index, pc, sp, frame, thread, table)
            }
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

handler! {
    fn BINARY_OP_SUBSCR_DICT(pc, sp, frame, thread, table, oparg) {
        let (dict, key) = (*sp.sub(2), *sp.sub(1));
        if std::ptr::eq(class(dict), &core::DICT) {
            if outlives(dict) && outlives(key) {
                let value = present_value(dict.ptr(), key.ptr());
                if !value.is_null() {
                    object::reference::incref(value);
                    close_alive(dict);
                    close_alive(key);
                    sp.sub(2).write(Slot::from_raw(value));
                    dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
                }
            }
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            if subscript_dict(&*frame) {
                dispatch!(pc.add(super::size::BINARY_OP), sp.sub(1), frame, thread, table)
            }
            return super::unwind::error(pc, sp, frame, thread, table, 0);
        }
        instead!(BINARY_OP, pc, sp, frame, thread, table)
    }
}

/// The value of a key that can be found without running code; null for the general way.
#[inline(never)]
unsafe fn present_value(dict: *mut abi::PyObject, key: *mut abi::PyObject) -> *mut abi::PyObject {
    // SAFETY: the stack holds both, and the type was checked.
    unsafe {
        let key = (*key.cast::<object::Object>()).borrowed();
        let cell = (*dict.cast::<builtins::dict::Dict>()).existing_cell(key);
        cell.as_ref().map_or(std::ptr::null_mut(), abi::Cell::get)
    }
}

#[inline(never)]
fn subscript_dict(frame: &crate::frame::Frame) -> bool {
    let key = frame.pop();
    let dict = frame.pop();
    match dict.b().self_as::<builtins::dict::Dict>().get_item(key.b()) {
        Ok(Some(value)) => {
            frame.push(value);
            true
        }
        Ok(None) => {
            let _raised = builtins::dict::key_error(key.b());
            false
        }
        Err(_raised) => false,
    }
}
