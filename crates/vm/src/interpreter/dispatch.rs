//! The shape of handlers, and the macros that write them.

use crate::code::units::Unit;
use crate::frame::{Frame, Slot};
use object::thread::ThreadState;

/// The instruction that runs.
pub(crate) type Pc = *const Unit;

/// A handler. It returns only to leave the interpreter: a reference, or 0 with an exception.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Handler(pub unsafe fn(Pc, *mut Slot, *const Frame, *const ThreadState, *const Handler, u64) -> u64);

/// Units of each instruction with its inline caches, under the instruction's name.
pub(crate) mod size {
    macro_rules! sizes {
        (operand $oparg:ident; $($name:ident = $num:literal, ($pop:expr) -> ($push:expr), cache $cache:literal, flags { $($flag:tt)|* }, family $family:ident;)*) => {
            $(#[allow(dead_code, reason = "not every instruction's width is asked for")] pub const $name: usize = 1 + $cache;)*
            /// LIST_APPEND's slow form.
            #[allow(non_upper_case_globals)]
            pub const append_slow: usize = LIST_APPEND;
            /// CALL_KW without the search for another form.
            #[allow(non_upper_case_globals)]
            pub const keywords_slow: usize = CALL_KW;
            /// GET_ITER of any object.
            #[allow(non_upper_case_globals)]
            pub const get_iter_any: usize = GET_ITER;
            /// LOAD_DEREF's slow form.
            #[allow(non_upper_case_globals)]
            pub const deref_slow: usize = LOAD_DEREF;
        };
    }
    bytecode::for_each_op!(sizes);
}

/// Goes to the instruction at `$pc`. Must be in tail position.
macro_rules! dispatch {
    ($pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let pc: $crate::interpreter::Pc = $pc;
        let word = (*pc).word();
        let handler = *$table.add((word as u8) as usize);
        return (handler.0)(pc, $sp, $frame, $thread, $table, word >> 32);
    }};
}

/// Writes a handler: `handler! { fn NAME(pc, sp, frame, thread, table, oparg) { … } }`.
macro_rules! handler {
    ($(#[$meta:meta])* fn $name:ident($pc:ident, $sp:ident, $frame:ident, $thread:ident, $table:ident, $oparg:ident) $body:block) => {
        $(#[$meta])*
        #[allow(non_snake_case, unused_variables, reason = "handlers are named after their instructions and share one signature")]
        #[allow(clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]
        pub(crate) unsafe fn $name(
            $pc: $crate::interpreter::Pc,
            $sp: *mut $crate::frame::Slot,
            $frame: *const $crate::frame::Frame,
            $thread: *const object::thread::ThreadState,
            $table: *const $crate::interpreter::Handler,
            $oparg: u64,
        ) -> u64 {
            // SAFETY: handlers are entered with the instruction, stack pointer and frame that belong together, all alive.
            unsafe { $body }
        }
    };
}

/// Leaves the instruction to another handler of it, whose operand is read again: the register is free until then.
macro_rules! instead {
    ($handler:path, $pc:expr, $sp:expr, $frame:expr, $thread:expr, $table:expr) => {{
        let pc: $crate::interpreter::Pc = $pc;
        return $handler(pc, $sp, $frame, $thread, $table, (*pc).word() >> 32);
    }};
}

/// Writes handlers that call a body: `general! { NAME => path::to::body; }`.
macro_rules! general {
    ($($name:ident => $body:path;)*) => { $(
        handler! {
            #[inline(never)]
            fn $name(pc, sp, frame, thread, table, oparg) {
                // Outlined: a body's locals may escape, and then the handler could not jump.
                #[inline(never)]
                fn body(frame: &$crate::frame::Frame, oparg: u32) -> bool {
                    $body(frame, oparg).is_ok()
                }
                (*frame).pc.set(pc);
                (*frame).sp.set(sp);
                if body(&*frame, oparg as u32) {
                    dispatch!(pc.add($crate::interpreter::size::$name), (*frame).sp.get(), frame, thread, table)
                }
                return $crate::interpreter::unwind::error(pc, sp, frame, thread, table, 0);
            }
        }
    )* };
}

/// Writes generic handlers that specialise themselves: `adaptive! { NAME => body, decision; }`. The decision sees the operands on the frame's
/// stack, and sets the instruction's opcode and counter; the counter is not 0 afterwards. `NAME => body, decision, recall;` asks first whether an
/// earlier decision fits (`specialize::known`).
macro_rules! adaptive {
    ($($name:ident => $body:path, $decide:path $(, $recall:path)?;)*) => { $(
        handler! {
            #[inline(never)]
            fn $name(pc, sp, frame, thread, table, oparg) {
                #[inline(never)]
                fn body(frame: &$crate::frame::Frame, oparg: u32) -> bool {
                    $body(frame, oparg).is_ok()
                }
                #[cold]
                #[inline(never)]
                fn decide(frame: &$crate::frame::Frame, unit: &$crate::code::units::Unit, oparg: u32) {
                    $decide(frame, unit, oparg);
                }
                (*frame).pc.set(pc);
                (*frame).sp.set(sp);
                let counter = (*pc).counter();
                if counter == 0 {
                    decide(&*frame, &*pc, oparg as u32);
                    dispatch!(pc, sp, frame, thread, table)
                }
                $(if $recall(&*frame, &*pc, oparg as u32) {
                    dispatch!(pc, sp, frame, thread, table)
                })?
                (*pc).set_counter(counter - 1);
                if body(&*frame, oparg as u32) {
                    dispatch!(pc.add($crate::interpreter::size::$name), (*frame).sp.get(), frame, thread, table)
                }
                return $crate::interpreter::unwind::error(pc, sp, frame, thread, table, 0);
            }
        }
    )* };
}
