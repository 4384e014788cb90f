//! The table of handlers, made from the instruction table: a missing body does not compile.

use super::dispatch::Handler;

/// One handler for each opcode of a code object or of the interpreter's copy.
#[repr(transparent)]
pub(crate) struct Table(pub [Handler; 256]);

/// Every handler under the name of its instruction.
#[allow(unused_imports, reason = "the modules hold helpers too")]
mod ops {
    pub(crate) use super::super::arithmetic::*;
    pub(crate) use super::super::arithmetic_fast::*;
    pub(crate) use super::super::asynchronous::*;
    pub(crate) use super::super::attributes::*;
    pub(crate) use super::super::attributes_fast::*;
    pub(crate) use super::super::build::*;
    pub(crate) use super::super::calls::*;
    pub(crate) use super::super::calls_fast::*;
    pub(crate) use super::super::cells::*;
    pub(crate) use super::super::exceptions::*;
    pub(crate) use super::super::fast::*;
    pub(crate) use super::super::imports::*;
    pub(crate) use super::super::instrumented::*;
    pub(crate) use super::super::intrinsics::*;
    pub(crate) use super::super::iteration::*;
    pub(crate) use super::super::jumps::*;
    pub(crate) use super::super::matching::*;
    pub(crate) use super::super::names::*;
    pub(crate) use super::super::returns::*;
    pub(crate) use super::super::stack::*;
    pub(crate) use super::super::subscripts::*;
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
        BINARY_OP_INPLACE_ADD_UNICODE BINARY_OP_ADD_UNICODE BINARY_OP_EXTEND
        BINARY_OP_SUBSCR_GETITEM
        BINARY_OP_SUBSCR_LIST_SLICE BINARY_OP_SUBSCR_STR_INT         CALL_ALLOC_AND_ENTER_INIT CALL_BOUND_METHOD_EXACT_ARGS
        CALL_BOUND_METHOD_GENERAL CALL_BUILTIN_CLASS CALL_BUILTIN_FAST CALL_BUILTIN_FAST_WITH_KEYWORDS CALL_BUILTIN_O
        CALL_ISINSTANCE CALL_KW_BOUND_METHOD CALL_KW_NON_PY CALL_KW_PY CALL_LEN CALL_LIST_APPEND
        CALL_METHOD_DESCRIPTOR_FAST CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS CALL_METHOD_DESCRIPTOR_NOARGS
        CALL_METHOD_DESCRIPTOR_O CALL_NON_PY_GENERAL CALL_PY_GENERAL CALL_STR_1 CALL_TUPLE_1
        CALL_TYPE_1 CONTAINS_OP_DICT CONTAINS_OP_SET FOR_ITER_GEN
        FOR_ITER_LIST FOR_ITER_RANGE FOR_ITER_TUPLE JUMP_BACKWARD_JIT JUMP_BACKWARD_NO_JIT LOAD_ATTR_CLASS
        LOAD_ATTR_CLASS_WITH_METACLASS_CHECK LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN         LOAD_ATTR_METHOD_LAZY_DICT LOAD_ATTR_MODULE
        LOAD_ATTR_NONDESCRIPTOR_NO_DICT LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES LOAD_ATTR_PROPERTY LOAD_ATTR_SLOT
        LOAD_ATTR_WITH_HINT LOAD_CONST_IMMORTAL LOAD_CONST_MORTAL         LOAD_SUPER_ATTR_ATTR LOAD_SUPER_ATTR_METHOD SEND_GEN STORE_ATTR_SLOT
        STORE_ATTR_WITH_HINT STORE_SUBSCR_DICT STORE_SUBSCR_LIST_INT TO_BOOL_ALWAYS_TRUE         UNPACK_SEQUENCE_LIST UNPACK_SEQUENCE_TUPLE UNPACK_SEQUENCE_TWO_TUPLE
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
