//! The table of handlers, made from the instruction table: a missing body does not compile.

use super::dispatch::Handler;

/// One handler for each opcode of a code object or of the interpreter's copy.
#[repr(transparent)]
pub(crate) struct Table(pub [Handler; 256]);

/// Every handler under the name of its instruction.
#[allow(unused_imports, reason = "the modules hold helpers too")]
mod ops {
    pub(crate) use super::super::arithmetic::*;
    pub(crate) use super::super::arithmetic_extended::*;
    pub(crate) use super::super::arithmetic_fast::*;
    pub(crate) use super::super::asynchronous::*;
    pub(crate) use super::super::attributes::*;
    pub(crate) use super::super::attributes_fast::*;
    pub(crate) use super::super::build::*;
    pub(crate) use super::super::calls::*;
    pub(crate) use super::super::calls_fast::*;
    pub(crate) use super::super::calls_keyword::*;
    pub(crate) use super::super::calls_native::*;
    pub(crate) use super::super::cells::*;
    pub(crate) use super::super::containers_fast::*;
    pub(crate) use super::super::exceptions::*;
    pub(crate) use super::super::fast::*;
    pub(crate) use super::super::imports::*;
    pub(crate) use super::super::instrumented::*;
    pub(crate) use super::super::intrinsics::*;
    pub(crate) use super::super::iteration::*;
    pub(crate) use super::super::iteration_fast::*;
    pub(crate) use super::super::jumps::*;
    pub(crate) use super::super::matching::*;
    pub(crate) use super::super::names::*;
    pub(crate) use super::super::names_fast::*;
    pub(crate) use super::super::returns::*;
    pub(crate) use super::super::stack::*;
    pub(crate) use super::super::subscripts::*;
    pub(crate) use super::super::super_fast::*;
    pub(crate) use super::super::text::*;
    pub(crate) use super::super::unpack::*;

    macro_rules! unused {
        ($($name:ident)*) => { $(pub(crate) use super::super::arithmetic::RESERVED as $name;)* };
    }
    // Words that are never executed, pseudo-instructions, and forms that the interpreter's copy does not use (yet).
    unused! {
        CACHE INTERPRETER_EXIT ENTER_EXECUTOR
        ANNOTATIONS_PLACEHOLDER JUMP JUMP_IF_FALSE JUMP_IF_TRUE JUMP_NO_INTERRUPT LOAD_CLOSURE POP_BLOCK SETUP_CLEANUP SETUP_FINALLY
        SETUP_WITH STORE_FAST_MAYBE_NULL

        JUMP_BACKWARD_JIT JUMP_BACKWARD_NO_JIT LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
        LOAD_CONST_IMMORTAL LOAD_CONST_MORTAL LOAD_SUPER_ATTR_ATTR
    }
}

macro_rules! make_table {
    (operand $oparg:ident; $($name:ident = $num:literal, ($pop:expr) -> ($push:expr), cache $cache:literal, flags { $($flag:tt)|* }, family $family:ident;)*) => {
        /// The handlers of the interpreter without tracing.
        pub(crate) static HANDLERS: Table = Table({
            let mut table = [Handler(ops::RESERVED); 256];
            $(if $num < 256 { table[$num & 255] = Handler(ops::$name); })*
            table
        });

        /// How many instructions have a handler.
        pub fn op_count() -> usize {
            [$($num),*].iter().filter(|number| **number < 256).count()
        }
    };
}
bytecode::for_each_op!(make_table);
