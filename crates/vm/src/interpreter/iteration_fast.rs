//! Specialised loops: over lists, tuples and ranges without a call, into generators by pushing their frame.

use super::boxes::light_int;
use super::iteration::{FOR_ITER, SEND, for_iter_any};
use crate::frame::{self, Slot};
use crate::generator;
use builtins::list::ListIterator;
use builtins::range::RangeIterator;
use builtins::tuple::TupleIterator;
use object::StaticType;

#[inline(always)]
unsafe fn has_class(slot: Slot, class: &'static object::TypeObject) -> bool {
    // SAFETY: by contract the slot holds an object.
    unsafe { std::ptr::eq((*slot.ptr()).ob_type.get(), class.as_type_ptr()) }
}

macro_rules! sequence_loops {
    ($($name:ident $iterator:ident;)*) => { $(
        handler! {
            fn $name(pc, sp, frame, thread, table, oparg) {
                let iterator = *sp.sub(1);
                if !has_class(iterator, $iterator::type_object()) {
                    instead!(FOR_ITER, pc, sp, frame, thread, table)
                }
                let item = (*iterator.ptr().cast::<$iterator>()).step();
                if item.is_null() {
                    instead!(for_iter_any, pc, sp, frame, thread, table)
                }
                object::reference::incref(item);
                sp.write(Slot::from_raw(item));
                dispatch!(pc.add(super::size::FOR_ITER), sp.add(1), frame, thread, table)
            }
        }
    )* };
}

sequence_loops! {
    FOR_ITER_LIST ListIterator;
    FOR_ITER_TUPLE TupleIterator;
}

handler! {
    fn FOR_ITER_RANGE(pc, sp, frame, thread, table, oparg) {
        let iterator = *sp.sub(1);
        if !has_class(iterator, RangeIterator::type_object()) {
            instead!(FOR_ITER, pc, sp, frame, thread, table)
        }
        let range = &*iterator.ptr().cast::<RangeIterator>();
        let Some(value) = range.upcoming() else {
            instead!(for_iter_any, pc, sp, frame, thread, table)
        };
        let item = light_int(thread, value);
        if item.is_null() {
            instead!(for_iter_any, pc, sp, frame, thread, table)
        }
        range.advance();
        sp.write(item);
        dispatch!(pc.add(super::size::FOR_ITER), sp.add(1), frame, thread, table)
    }
}

handler! {
    fn FOR_ITER_GEN(pc, sp, frame, thread, table, oparg) {
        let Some(callee) = generator::enter_from_loop(&*thread, (*sp.sub(1)).object(), &*frame) else {
            instead!(FOR_ITER, pc, sp, frame, thread, table)
        };
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        (*frame).return_offset.set(2 + oparg as u32);
        frame::set_current(&*thread, callee);
        dispatch!((*callee).pc.get(), (*callee).sp.get(), callee, thread, table)
    }
}

handler! {
    fn SEND_GEN(pc, sp, frame, thread, table, oparg) {
        let Some(callee) = generator::enter_with_value(&*thread, sp, &*frame) else {
            instead!(SEND, pc, sp, frame, thread, table)
        };
        (*frame).pc.set(pc);
        (*frame).sp.set(sp.sub(1));
        (*frame).return_offset.set(2 + oparg as u32);
        frame::set_current(&*thread, callee);
        dispatch!((*callee).pc.get(), (*callee).sp.get(), callee, thread, table)
    }
}
