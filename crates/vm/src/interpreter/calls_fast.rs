//! Specialised calls.

use super::calls::CALL;
use crate::frame::{self, Frame, HEADER_WORDS, Owner, Slot};
use crate::function::Function;
use std::cell::Cell;
use std::ptr::null_mut;

handler! {
    fn CALL_PY_EXACT_ARGS(pc, sp, frame, thread, table, oparg) {
        let oparg_words = oparg as usize;
        let base = sp.sub(oparg_words + 2);
        let callable = *base;
        let receiver = *base.add(1);
        let function = callable.ptr().cast::<Function>();
        let plain = std::ptr::eq((*callable.ptr()).ob_type.get(), object::core::FUNCTION.as_type_ptr());
        let remaining = (*thread).raw.py_recursion_remaining.get();
        if !plain || u64::from((*function).version.get()) != (*pc.add(1)).word() || remaining <= 0 {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        let code = (*function).code();
        let with_self = !receiver.is_null();
        let nargs = oparg_words + with_self as usize;
        let words = code.frame_words();
        let top = (*thread).raw.datastack_top.get().cast::<Slot>();
        let limit = (*thread).raw.datastack_limit.get().addr();
        // The version says which code it is, so the argument count fits if self is there or not as before.
        if nargs != code.arg_count() || top.addr() + words * size_of::<Slot>() >= limit {
            return CALL(pc, sp, frame, thread, table, oparg);
        }
        (*thread).raw.py_recursion_remaining.set(remaining - 1);
        (*thread).raw.datastack_top.set(top.add(words).cast());
        (*frame).pc.set(pc);
        (*frame).sp.set(base);
        (*frame).return_offset.set(super::size::CALL as u32);
        let start = code.start_unchecked();
        let locals = top.add(HEADER_WORDS);
        let count = code.local_count();
        let source = if with_self { base.add(1) } else { base.add(2) };
        let mut index = 0;
        while index < nargs {
            locals.add(index).write((*source.add(index)).into_owned());
            index += 1;
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        while index < count {
            locals.add(index).write(Slot::NULL);
            index += 1;
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        let stack = locals.add(count);
        let callee = top.cast::<Frame>();
        callee.write(Frame {
            code: Cell::new(code),
            previous: Cell::new(frame),
            function: Cell::new(callable.into_owned()),
            globals: Cell::new((*function).globals_ptr()),
            builtins: Cell::new((*function).builtins_ptr()),
            locals: Cell::new(null_mut()),
            object: Cell::new(null_mut()),
            pc: Cell::new(start),
            sp: Cell::new(stack),
            return_offset: Cell::new(0),
            owner: Cell::new(Owner::Thread),
            entry: Cell::new(false),
            init: Cell::new(false),
        });
        frame::set_current(&*thread, callee);
        dispatch!(start, stack, callee, thread, table)
    }
}
