//! The interpreter loop: one handler for each opcode, each of which tail-calls the next.
//!
//! A handler has six scalar arguments, which stay in registers: instruction, stack pointer, frame, thread, table of handlers and the
//! operand, which the one before has loaded. Handlers keep no value with a destructor and no local whose address escapes, or LLVM makes a call of the jump.
//! Hot instructions have a fast half that gives up before any side effect and a cold half that is tail-called. The others ([`general!`]) store pc and sp in
//! the frame and call a body `fn(&Frame, u32) -> PyResult<()>` that works on the frame's stack.
//!
//! No call between Python functions, and no resumption of a generator by a `for` loop or `yield from`, recurses in Rust.

#[macro_use]
mod dispatch;

mod arithmetic;
mod arithmetic_extended;
mod arithmetic_fast;
mod asynchronous;
mod attributes;
mod attributes_fast;
mod boxes;
pub mod breaker;
mod build;
mod calls;
mod calls_fast;
mod calls_keyword;
mod calls_native;
mod cells;
mod containers_fast;
mod exceptions;
mod fast;
mod imports;
mod instrumented;
mod intrinsics;
mod iteration;
mod iteration_fast;
mod jumps;
mod matching;
mod names;
mod names_fast;
mod returns;
mod stack;
mod subscripts;
mod super_fast;
mod table;
mod text;
mod unpack;
pub mod unwind;

pub(crate) use arithmetic::SUBSCRIPT;
pub(crate) use arithmetic_extended::extended;
pub(crate) use attributes_fast::BINDS;
pub(crate) use calls_keyword::{MOST_KEYWORDS, Plan};
pub(crate) use dispatch::{Handler, Pc, size};
pub(crate) use fast::CommonConstants;
pub(crate) use super_fast::Found;
pub use table::op_count;

use crate::frame::Frame;
use object::thread::ThreadState;
use object::{PyResult, Raised, Ref};
use std::ptr::NonNull;

/// Runs a frame that was entered from native code, to its end or its next yield.
///
/// # Safety
/// The frame is complete, current, and marked as entry; its recursion was counted.
pub(crate) unsafe fn run(thread: &ThreadState, frame: &Frame, throwing: bool) -> PyResult<Ref> {
    let table = table::HANDLERS.0.as_ptr();
    let (pc, sp) = (frame.pc.get(), frame.sp.get());
    // SAFETY: by contract; handlers and stack belong to this frame.
    let result = unsafe {
        if throwing {
            unwind::thrown(thread, frame);
            // The frame says where it would resume; what guards is what guards the `yield` before.
            let guarded = if frame.instruction_index() > 0 { pc.sub(1) } else { pc };
            unwind::error(guarded, sp, frame, thread, table, 0)
        } else {
            let word = (*pc).word();
            ((*table.add(usize::from(word as u8))).0)(pc, sp, frame, thread, table, word >> 32)
        }
    };
    let address = std::ptr::with_exposed_provenance_mut::<abi::PyObject>(result as usize);
    match NonNull::new(address) {
        // SAFETY: the handler that left the loop gave up a reference.
        Some(object) => Ok(unsafe { Ref::from_owned_ptr(object) }),
        // SAFETY: null says that an exception is set.
        None => Err(unsafe { Raised::assume() }),
    }
}
