//! What CALL specialises to.

use super::{become_op, stay};
use crate::code::shape;
use crate::code::units::Unit;
use crate::frame::Frame;
use crate::function::bind;
use bytecode::Op;

/// CALL. The first word of the cache is the function's version.
#[cold]
pub fn call(frame: &Frame, unit: &Unit, oparg: u32) {
    let callable = frame.peek(oparg as usize + 2);
    let has_self = !frame.stack().peek(oparg as usize + 1).is_null();
    let nargs = oparg as usize + usize::from(has_self);
    if let Some(function) = bind::as_function(callable) {
        let code = function.get().code();
        let version = function.version.get();
        if version != 0 && code.shape.get() & shape::SIMPLE != 0 && code.arg_count() == nargs && code.start().is_some() {
            // SAFETY: CALL has three words of cache.
            unsafe { (*std::ptr::from_ref(unit).add(1)).set_word(u64::from(version)) };
            become_op(unit, Op::CALL_PY_EXACT_ARGS);
            return;
        }
    }
    stay(unit, Op::CALL);
}
