//! Adaptive specialisation (PEP 659): instructions rewrite themselves, in the interpreter's own copy, to what they see.
//!
//! Each adaptive instruction counts down in its own word. At 0 its generic form asks a decision here, which looks at the operands on the
//! stack and either changes the opcode (and fills the inline cache) or sets the counter for a later try. A specialised form that meets
//! something else tail-calls the generic one, which counts the miss.

mod arithmetic;
mod attributes;
mod calls;
mod containers;
mod iteration;
mod known;
mod names;

pub use arithmetic::{binary_op, compare_op, to_bool};
pub use attributes::{load_attr, load_super_attr, recall_load_attr, recall_store_attr, store_attr};
pub use calls::{call, call_kw};
pub use containers::{contains_op, store_subscr, unpack_sequence};
pub use iteration::{for_iter, send};
pub use names::load_global;

use crate::code::units::Unit;
use bytecode::Op;

/// What an adaptive counter begins at: the generic runs before the first decision, as in CPython.
pub const WARMUP: u16 = 1;
/// Misses before a specialised form is looked at again.
pub const COOLDOWN: u16 = 52;
/// Generic runs before a second try; each further try waits twice as long.
const BACKOFF: u16 = 16;
/// How often that doubles.
const MOST_DOUBLINGS: u8 = 7;

/// Rewrites the instruction.
fn become_op(unit: &Unit, op: Op) {
    unit.set_op(op);
    unit.set_counter(COOLDOWN);
}

/// Nothing fits: the generic form stays, or comes back.
fn stay(unit: &Unit, generic: Op) {
    unit.set_op(generic);
    unit.set_counter(BACKOFF << unit.failures().min(MOST_DOUBLINGS));
    unit.add_failure();
}
