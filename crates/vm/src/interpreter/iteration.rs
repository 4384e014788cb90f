//! `for` loops and iterators.

use super::unwind;
use crate::frame::{self, Frame, Slot};
use crate::generator;
use crate::monitoring::Event;
use builtins::list::ListIterator;
use builtins::tuple::TupleIterator;
use bytecode::flags::{CO_COROUTINE, CO_ITERABLE_COROUTINE};
use object::slots::IterNextFn;
use object::{Borrowed, PyResult, Ref, core, error, exc, raise};

general! {
    get_iter_any => get_iter;
    GET_YIELD_FROM_ITER => get_yield_from_iter;
    GET_LEN => get_len;
}

handler! {
    fn GET_ITER(pc, sp, frame, thread, table, oparg) {
        let iterable = *sp.sub(1);
        let class = &*(*iterable.ptr()).ob_type.get().cast::<object::TypeObject>();
        if class.is_type(&core::LIST) || class.is_type(&core::TUPLE) {
            (*frame).pc.set(pc);
            (*frame).sp.set(sp);
            let iterator = iterator_over(iterable.object());
            if iterator.is_null() {
                return unwind::error(pc, sp, frame, thread, table, 0);
            }
            if !iterable.is_borrowed() {
                // The iterator has it, too.
                object::reference::decref_alive(iterable.ptr());
            }
            sp.sub(1).write(Slot::from_raw(iterator));
            dispatch!(pc.add(super::size::GET_ITER), sp, frame, thread, table)
        }
        return get_iter_any(pc, sp, frame, thread, table, oparg);
    }
}

/// An iterator over an exact list or tuple; null with an exception.
#[inline(never)]
fn iterator_over(iterable: Borrowed<'_>) -> *mut abi::PyObject {
    let made = if iterable.class().is_type(&core::LIST) {
        ListIterator::create(iterable.self_as()).map(Ref::upcast)
    } else {
        TupleIterator::create(iterable.self_as()).map(Ref::upcast)
    };
    made.map_or(std::ptr::null_mut(), Ref::into_ptr)
}

fn get_iter(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let iterable = frame.pop();
    let iterator = iterable.iter()?;
    drop(iterable);
    frame.push(iterator);
    Ok(())
}

fn get_yield_from_iter(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let iterable = frame.pop();
    let class = iterable.class();
    if class.is_type(&core::COROUTINE) || generator::is_iterable_coroutine(iterable.b()) {
        if class.is_type(&core::COROUTINE) && !frame.code().has_flag(CO_COROUTINE | CO_ITERABLE_COROUTINE) {
            return Err(raise!(TypeError, "cannot 'yield from' a coroutine object in a non-coroutine generator"));
        }
        frame.push_slot(iterable.into_slot());
        return Ok(());
    }
    if class.is_type(&core::GENERATOR) {
        frame.push_slot(iterable.into_slot());
        return Ok(());
    }
    let iterator = iterable.iter()?;
    drop(iterable);
    frame.push(iterator);
    Ok(())
}

fn get_len(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let length = frame.peek(1).len()?;
    frame.push(object::value::int::from_u64(length as u64)?);
    Ok(())
}

/// What [`next`] found; the numbers pass in a register.
pub(super) const END: u64 = 0;
pub(super) const ITEM: u64 = 1;
const RAISED: u64 = 2;

handler! {
    #[inline(never)]
    fn FOR_ITER(pc, sp, frame, thread, table, oparg) {
        let counter = (*pc).counter();
        if counter == 0 {
            crate::specialize::for_iter(*sp.sub(1), &*pc);
            dispatch!(pc, sp, frame, thread, table)
        }
        (*pc).set_counter(counter - 1);
        return for_iter_any(pc, sp, frame, thread, table, oparg);
    }
}

handler! {
    /// The loop over any iterator; what the specialised forms leave the end of theirs to.
    #[inline(never)]
    fn for_iter_any(pc, sp, frame, thread, table, oparg) {
        let iterator = *sp.sub(1);
        let class = &*(*iterator.ptr()).ob_type.get().cast::<object::TypeObject>();
        if class.is_type(&core::GENERATOR) {
            return for_iter_generator(pc, sp, frame, thread, table, oparg);
        }
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if let Some(function) = class.tp_iternext() {
            let item = function(iterator.object()).0;
            if item.is_null() {
                instead!(for_iter_end, pc, sp, frame, thread, table)
            }
            sp.write(Slot::from_raw(item));
            dispatch!(pc.add(2), sp.add(1), frame, thread, table)
        }
        not_an_iterator(iterator.object());
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

handler! {
    /// The iterator gave nothing: its end, or an error.
    #[inline(never)]
    fn for_iter_end(pc, sp, frame, thread, table, oparg) {
        if !error::is_set() || end_or_error(&*frame) == END {
            // Past the END_FOR, which only generators need.
            dispatch!(pc.add(2 + oparg as usize + 1), sp, frame, thread, table)
        }
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

handler! {
    /// The loop over a generator that no specialised form took: it may run already.
    #[inline(never)]
    fn for_iter_generator(pc, sp, frame, thread, table, oparg) {
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if let Some(callee) = generator::enter_from_loop(&*thread, (*sp.sub(1)).object(), &*frame) {
            // Where the loop goes on when the generator returns: its END_FOR drops the value.
            (*frame).return_offset.set(2 + oparg as u32);
            frame::set_current(&*thread, callee);
            dispatch!((*callee).pc.get(), (*callee).sp.get(), callee, thread, table)
        }
        let outcome = next(&*frame);
        if outcome == ITEM {
            dispatch!(pc.add(2), sp.add(1), frame, thread, table)
        }
        if outcome == END {
            // Past the END_FOR, which only generators need.
            dispatch!(pc.add(2 + oparg as usize + 1), sp, frame, thread, table)
        }
        return unwind::error(pc, sp, frame, thread, table, 0);
    }
}

/// Pushes the next item of the iterator on top of the stack.
#[inline(never)]
pub(super) fn next(frame: &Frame) -> u64 {
    let iterator = frame.peek(1);
    let Some(function) = iterator.class().tp_iternext() else { return not_an_iterator(iterator) };
    let function: IterNextFn = function;
    let item = function(iterator).0;
    if let Some(item) = std::ptr::NonNull::new(item) {
        // SAFETY: the slot gives a new reference.
        frame.push(unsafe { Ref::from_owned_ptr(item) });
        return ITEM;
    }
    if error::is_set() { end_or_error(frame) } else { END }
}

#[cold]
fn not_an_iterator(iterator: Borrowed<'_>) -> u64 {
    let _raised = raise!(TypeError, "'{}' object is not an iterator", iterator.class().tp_name());
    RAISED
}

#[cold]
fn end_or_error(frame: &Frame) -> u64 {
    match error::check() {
        Err(raised) if raised.is_a(&exc::StopIteration) => {
            if !unwind::report(object::thread::current(), frame, Event::RAISE) {
                return RAISED;
            }
            if let Some(ended) = error::take() {
                drop(ended);
            }
            END
        }
        _ => RAISED,
    }
}

handler! {
    #[inline(never)]
    fn SEND(pc, sp, frame, thread, table, oparg) {
        // (receiver, value -- receiver, result)
        let counter = (*pc).counter();
        if counter == 0 {
            crate::specialize::send(*sp.sub(2), &*pc);
            dispatch!(pc, sp, frame, thread, table)
        }
        (*pc).set_counter(counter - 1);
        (*frame).pc.set(pc);
        (*frame).sp.set(sp);
        if let Some(callee) = generator::enter_from_send(&*thread, &*frame) {
            (*frame).return_offset.set(2 + oparg as u32);
            frame::set_current(&*thread, callee);
            dispatch!((*callee).pc.get(), (*callee).sp.get(), callee, thread, table)
        }
        let outcome = send(&*frame);
        if outcome == ITEM {
            dispatch!(pc.add(2), sp, frame, thread, table)
        }
        if outcome == END {
            dispatch!(pc.add(2 + oparg as usize), sp, frame, thread, table)
        }
        return unwind::error(pc, (*frame).sp.get(), frame, thread, table, 0);
    }
}

/// Sends the value on top of the stack to the receiver below it; the answer takes the value's place.
#[inline(never)]
fn send(frame: &Frame) -> u64 {
    let value = frame.pop();
    let receiver = frame.peek(1);
    let outcome = generator::send_value(receiver, value.b());
    drop(value);
    match outcome {
        Ok((item, finished)) => {
            frame.push(item);
            if finished { END } else { ITEM }
        }
        Err(_raised) => RAISED,
    }
}
