//! The instruction table: the one place where an instruction is described.
//!
//! Everything that needs to know an instruction takes it from [`for_each_op!`]: the opcode numbers, `dis`, the stack depth,
//! the verifier, the interpreter's dispatch table and the compiler behind it. A row reads
//!
//! ```text
//! NAME = number, (popped) -> (pushed), cache words, flags { … }, family NAME;
//! ```
//!
//! - *popped* and *pushed* are expressions in `oparg` (slots of the value stack); the first line names that operand;
//! - *cache* is the number of 16-bit inline cache entries that follow the instruction in a code object;
//! - *flags* say what the operand means and what the instruction may do ([`Flags`]);
//! - *family* names the generic instruction that a specialised form stands for; a generic instruction names itself.
//!
//! Numbers, stack effects, cache widths and flags are CPython 3.14's (`opcode_ids.h`, `pycore_opcode_metadata.h`).

/// The instructions of a code string with their whole operands, without `EXTENDED_ARG`s and caches, up to the first unknown opcode.
pub fn instructions(code: &[u8]) -> impl Iterator<Item = (Op, u32)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut prefix = 0u32;
        loop {
            let (number, low) = (*code.get(at)?, *code.get(at + 1)?);
            let op = Op::from_number(u16::from(number))?;
            let arg = prefix << 8 | u32::from(low);
            at += 2 * (1 + op.caches());
            if op != Op::EXTENDED_ARG {
                return Some((op, arg));
            }
            prefix = arg;
        }
    })
}

/// Calls the macro `$then` with every row of the instruction table.
#[macro_export]
macro_rules! for_each_op {
    ($then:path) => {
        $then! {
            operand oparg;
            // Instructions that code objects hold.
            CACHE = 0, (0) -> (0), cache 0, flags { 0 }, family CACHE;
            BINARY_SLICE = 1, (3) -> (1), cache 0, flags { ERROR | ESCAPES }, family BINARY_SLICE;
            BUILD_TEMPLATE = 2, (2) -> (1), cache 0, flags { ERROR | ESCAPES }, family BUILD_TEMPLATE;
            CALL_FUNCTION_EX = 4, (4) -> (1), cache 0, flags { EVAL_BREAK | ERROR | ESCAPES }, family CALL_FUNCTION_EX;
            CHECK_EG_MATCH = 5, (2) -> (2), cache 0, flags { ERROR | ESCAPES }, family CHECK_EG_MATCH;
            CHECK_EXC_MATCH = 6, (2) -> (2), cache 0, flags { ERROR | ESCAPES }, family CHECK_EXC_MATCH;
            CLEANUP_THROW = 7, (3) -> (2), cache 0, flags { ERROR | ESCAPES }, family CLEANUP_THROW;
            DELETE_SUBSCR = 8, (2) -> (0), cache 0, flags { ERROR | ESCAPES }, family DELETE_SUBSCR;
            END_FOR = 9, (1) -> (0), cache 0, flags { ESCAPES }, family END_FOR;
            END_SEND = 10, (2) -> (1), cache 0, flags { ESCAPES | PURE }, family END_SEND;
            EXIT_INIT_CHECK = 11, (1) -> (0), cache 0, flags { ERROR | ESCAPES }, family EXIT_INIT_CHECK;
            FORMAT_SIMPLE = 12, (1) -> (1), cache 0, flags { ERROR | ESCAPES }, family FORMAT_SIMPLE;
            FORMAT_WITH_SPEC = 13, (2) -> (1), cache 0, flags { ERROR | ESCAPES }, family FORMAT_WITH_SPEC;
            GET_AITER = 14, (1) -> (1), cache 0, flags { ERROR | ESCAPES }, family GET_AITER;
            GET_ANEXT = 15, (1) -> (2), cache 0, flags { ERROR | ESCAPES }, family GET_ANEXT;
            GET_ITER = 16, (1) -> (1), cache 0, flags { ERROR | ESCAPES }, family GET_ITER;
            RESERVED = 17, (0) -> (0), cache 0, flags { 0 }, family RESERVED;
            GET_LEN = 18, (1) -> (2), cache 0, flags { ERROR | ESCAPES }, family GET_LEN;
            GET_YIELD_FROM_ITER = 19, (1) -> (1), cache 0, flags { ERROR | ESCAPES }, family GET_YIELD_FROM_ITER;
            INTERPRETER_EXIT = 20, (1) -> (0), cache 0, flags { ESCAPES }, family INTERPRETER_EXIT;
            LOAD_BUILD_CLASS = 21, (0) -> (1), cache 0, flags { ERROR | ESCAPES }, family LOAD_BUILD_CLASS;
            LOAD_LOCALS = 22, (0) -> (1), cache 0, flags { ERROR | ESCAPES }, family LOAD_LOCALS;
            MAKE_FUNCTION = 23, (1) -> (1), cache 0, flags { ERROR | ESCAPES }, family MAKE_FUNCTION;
            MATCH_KEYS = 24, (2) -> (3), cache 0, flags { ERROR | ESCAPES }, family MATCH_KEYS;
            MATCH_MAPPING = 25, (1) -> (2), cache 0, flags { 0 }, family MATCH_MAPPING;
            MATCH_SEQUENCE = 26, (1) -> (2), cache 0, flags { 0 }, family MATCH_SEQUENCE;
            NOP = 27, (0) -> (0), cache 0, flags { PURE }, family NOP;
            NOT_TAKEN = 28, (0) -> (0), cache 0, flags { PURE }, family NOT_TAKEN;
            POP_EXCEPT = 29, (1) -> (0), cache 0, flags { ESCAPES }, family POP_EXCEPT;
            POP_ITER = 30, (1) -> (0), cache 0, flags { ESCAPES | PURE }, family POP_ITER;
            POP_TOP = 31, (1) -> (0), cache 0, flags { ESCAPES | PURE }, family POP_TOP;
            PUSH_EXC_INFO = 32, (1) -> (2), cache 0, flags { 0 }, family PUSH_EXC_INFO;
            PUSH_NULL = 33, (0) -> (1), cache 0, flags { PURE }, family PUSH_NULL;
            RETURN_GENERATOR = 34, (0) -> (1), cache 0, flags { ERROR | ESCAPES }, family RETURN_GENERATOR;
            RETURN_VALUE = 35, (1) -> (1), cache 0, flags { ESCAPES }, family RETURN_VALUE;
            SETUP_ANNOTATIONS = 36, (0) -> (0), cache 0, flags { ERROR | ESCAPES }, family SETUP_ANNOTATIONS;
            STORE_SLICE = 37, (4) -> (0), cache 0, flags { ERROR | ESCAPES }, family STORE_SLICE;
            STORE_SUBSCR = 38, (3) -> (0), cache 1, flags { ERROR | ESCAPES }, family STORE_SUBSCR;
            TO_BOOL = 39, (1) -> (1), cache 3, flags { ERROR | ESCAPES }, family TO_BOOL;
            UNARY_INVERT = 40, (1) -> (1), cache 0, flags { ERROR | ESCAPES }, family UNARY_INVERT;
            UNARY_NEGATIVE = 41, (1) -> (1), cache 0, flags { ERROR | ESCAPES }, family UNARY_NEGATIVE;
            UNARY_NOT = 42, (1) -> (1), cache 0, flags { PURE }, family UNARY_NOT;
            WITH_EXCEPT_START = 43, (5) -> (6), cache 0, flags { ERROR | ESCAPES }, family WITH_EXCEPT_START;
            BINARY_OP = 44, (2) -> (1), cache 5, flags { ARG | ERROR | ESCAPES }, family BINARY_OP;
            BUILD_INTERPOLATION = 45, (2 + (oparg & 1)) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family BUILD_INTERPOLATION;
            BUILD_LIST = 46, (oparg) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family BUILD_LIST;
            BUILD_MAP = 47, (oparg * 2) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family BUILD_MAP;
            BUILD_SET = 48, (oparg) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family BUILD_SET;
            BUILD_SLICE = 49, (oparg) -> (1), cache 0, flags { ARG | ERROR }, family BUILD_SLICE;
            BUILD_STRING = 50, (oparg) -> (1), cache 0, flags { ARG | ERROR }, family BUILD_STRING;
            BUILD_TUPLE = 51, (oparg) -> (1), cache 0, flags { ARG | ERROR }, family BUILD_TUPLE;
            CALL = 52, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | ERROR | ESCAPES }, family CALL;
            CALL_INTRINSIC_1 = 53, (1) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family CALL_INTRINSIC_1;
            CALL_INTRINSIC_2 = 54, (2) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family CALL_INTRINSIC_2;
            CALL_KW = 55, (3 + oparg) -> (1), cache 3, flags { ARG | ERROR | ESCAPES }, family CALL_KW;
            COMPARE_OP = 56, (2) -> (1), cache 1, flags { ARG | ERROR | ESCAPES }, family COMPARE_OP;
            CONTAINS_OP = 57, (2) -> (1), cache 1, flags { ARG | ERROR | ESCAPES }, family CONTAINS_OP;
            CONVERT_VALUE = 58, (1) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family CONVERT_VALUE;
            COPY = 59, (1 + (oparg - 1)) -> (2 + (oparg - 1)), cache 0, flags { ARG | PURE }, family COPY;
            COPY_FREE_VARS = 60, (0) -> (0), cache 0, flags { ARG }, family COPY_FREE_VARS;
            DELETE_ATTR = 61, (1) -> (0), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family DELETE_ATTR;
            DELETE_DEREF = 62, (0) -> (0), cache 0, flags { ARG | FREE | ERROR | ESCAPES }, family DELETE_DEREF;
            DELETE_FAST = 63, (0) -> (0), cache 0, flags { ARG | LOCAL | ERROR | ESCAPES }, family DELETE_FAST;
            DELETE_GLOBAL = 64, (0) -> (0), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family DELETE_GLOBAL;
            DELETE_NAME = 65, (0) -> (0), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family DELETE_NAME;
            DICT_MERGE = 66, (5 + (oparg - 1)) -> (4 + (oparg - 1)), cache 0, flags { ARG | ERROR | ESCAPES }, family DICT_MERGE;
            DICT_UPDATE = 67, (2 + (oparg - 1)) -> (1 + (oparg - 1)), cache 0, flags { ARG | ERROR | ESCAPES }, family DICT_UPDATE;
            END_ASYNC_FOR = 68, (2) -> (0), cache 0, flags { ARG | JUMP | ERROR | ESCAPES }, family END_ASYNC_FOR;
            EXTENDED_ARG = 69, (0) -> (0), cache 0, flags { ARG }, family EXTENDED_ARG;
            FOR_ITER = 70, (1) -> (2), cache 1, flags { ARG | JUMP | ERROR | ESCAPES }, family FOR_ITER;
            GET_AWAITABLE = 71, (1) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family GET_AWAITABLE;
            IMPORT_FROM = 72, (1) -> (2), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family IMPORT_FROM;
            IMPORT_NAME = 73, (2) -> (1), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family IMPORT_NAME;
            IS_OP = 74, (2) -> (1), cache 0, flags { ARG }, family IS_OP;
            JUMP_BACKWARD = 75, (0) -> (0), cache 1, flags { ARG | JUMP | EVAL_BREAK | ERROR | ESCAPES }, family JUMP_BACKWARD;
            JUMP_BACKWARD_NO_INTERRUPT = 76, (0) -> (0), cache 0, flags { ARG | JUMP }, family JUMP_BACKWARD_NO_INTERRUPT;
            JUMP_FORWARD = 77, (0) -> (0), cache 0, flags { ARG | JUMP }, family JUMP_FORWARD;
            LIST_APPEND = 78, (2 + (oparg - 1)) -> (1 + (oparg - 1)), cache 0, flags { ARG | ERROR }, family LIST_APPEND;
            LIST_EXTEND = 79, (2 + (oparg - 1)) -> (1 + (oparg - 1)), cache 0, flags { ARG | ERROR | ESCAPES }, family LIST_EXTEND;
            LOAD_ATTR = 80, (1) -> (1 + (oparg & 1)), cache 9, flags { ARG | NAME | ERROR | ESCAPES }, family LOAD_ATTR;
            LOAD_COMMON_CONSTANT = 81, (0) -> (1), cache 0, flags { ARG }, family LOAD_COMMON_CONSTANT;
            LOAD_CONST = 82, (0) -> (1), cache 0, flags { ARG | CONST }, family LOAD_CONST;
            LOAD_DEREF = 83, (0) -> (1), cache 0, flags { ARG | LOCAL | ERROR | ESCAPES }, family LOAD_DEREF;
            LOAD_FAST = 84, (0) -> (1), cache 0, flags { ARG | LOCAL | PURE }, family LOAD_FAST;
            LOAD_FAST_AND_CLEAR = 85, (0) -> (1), cache 0, flags { ARG | LOCAL }, family LOAD_FAST_AND_CLEAR;
            LOAD_FAST_BORROW = 86, (0) -> (1), cache 0, flags { ARG | LOCAL | PURE }, family LOAD_FAST_BORROW;
            LOAD_FAST_BORROW_LOAD_FAST_BORROW = 87, (0) -> (2), cache 0, flags { ARG | LOCAL }, family LOAD_FAST_BORROW_LOAD_FAST_BORROW;
            LOAD_FAST_CHECK = 88, (0) -> (1), cache 0, flags { ARG | LOCAL | ERROR | ESCAPES }, family LOAD_FAST_CHECK;
            LOAD_FAST_LOAD_FAST = 89, (0) -> (2), cache 0, flags { ARG | LOCAL }, family LOAD_FAST_LOAD_FAST;
            LOAD_FROM_DICT_OR_DEREF = 90, (1) -> (1), cache 0, flags { ARG | FREE | ERROR | ESCAPES }, family LOAD_FROM_DICT_OR_DEREF;
            LOAD_FROM_DICT_OR_GLOBALS = 91, (1) -> (1), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family LOAD_FROM_DICT_OR_GLOBALS;
            LOAD_GLOBAL = 92, (0) -> (1 + (oparg & 1)), cache 4, flags { ARG | NAME | ERROR | ESCAPES }, family LOAD_GLOBAL;
            LOAD_NAME = 93, (0) -> (1), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family LOAD_NAME;
            LOAD_SMALL_INT = 94, (0) -> (1), cache 0, flags { ARG }, family LOAD_SMALL_INT;
            LOAD_SPECIAL = 95, (1) -> (2), cache 0, flags { ARG | ERROR | ESCAPES }, family LOAD_SPECIAL;
            LOAD_SUPER_ATTR = 96, (3) -> (1 + (oparg & 1)), cache 1, flags { ARG | NAME | ERROR | ESCAPES }, family LOAD_SUPER_ATTR;
            MAKE_CELL = 97, (0) -> (0), cache 0, flags { ARG | FREE | ERROR | ESCAPES }, family MAKE_CELL;
            MAP_ADD = 98, (3 + (oparg - 1)) -> (1 + (oparg - 1)), cache 0, flags { ARG | ERROR | ESCAPES }, family MAP_ADD;
            MATCH_CLASS = 99, (3) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family MATCH_CLASS;
            POP_JUMP_IF_FALSE = 100, (1) -> (0), cache 1, flags { ARG | JUMP }, family POP_JUMP_IF_FALSE;
            POP_JUMP_IF_NONE = 101, (1) -> (0), cache 1, flags { ARG | JUMP }, family POP_JUMP_IF_NONE;
            POP_JUMP_IF_NOT_NONE = 102, (1) -> (0), cache 1, flags { ARG | JUMP }, family POP_JUMP_IF_NOT_NONE;
            POP_JUMP_IF_TRUE = 103, (1) -> (0), cache 1, flags { ARG | JUMP }, family POP_JUMP_IF_TRUE;
            RAISE_VARARGS = 104, (oparg) -> (0), cache 0, flags { ARG | ERROR | ESCAPES }, family RAISE_VARARGS;
            RERAISE = 105, (1 + oparg) -> (oparg), cache 0, flags { ARG | ERROR | ESCAPES }, family RERAISE;
            SEND = 106, (2) -> (2), cache 1, flags { ARG | JUMP | ERROR | ESCAPES }, family SEND;
            SET_ADD = 107, (2 + (oparg - 1)) -> (1 + (oparg - 1)), cache 0, flags { ARG | ERROR | ESCAPES }, family SET_ADD;
            SET_FUNCTION_ATTRIBUTE = 108, (2) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family SET_FUNCTION_ATTRIBUTE;
            SET_UPDATE = 109, (2 + (oparg - 1)) -> (1 + (oparg - 1)), cache 0, flags { ARG | ERROR | ESCAPES }, family SET_UPDATE;
            STORE_ATTR = 110, (2) -> (0), cache 4, flags { ARG | NAME | ERROR | ESCAPES }, family STORE_ATTR;
            STORE_DEREF = 111, (1) -> (0), cache 0, flags { ARG | FREE | ESCAPES }, family STORE_DEREF;
            STORE_FAST = 112, (1) -> (0), cache 0, flags { ARG | LOCAL | ESCAPES }, family STORE_FAST;
            STORE_FAST_LOAD_FAST = 113, (1) -> (1), cache 0, flags { ARG | LOCAL | ESCAPES }, family STORE_FAST_LOAD_FAST;
            STORE_FAST_STORE_FAST = 114, (2) -> (0), cache 0, flags { ARG | LOCAL | ESCAPES }, family STORE_FAST_STORE_FAST;
            STORE_GLOBAL = 115, (1) -> (0), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family STORE_GLOBAL;
            STORE_NAME = 116, (1) -> (0), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family STORE_NAME;
            SWAP = 117, (2 + (oparg - 2)) -> (2 + (oparg - 2)), cache 0, flags { ARG | PURE }, family SWAP;
            UNPACK_EX = 118, (1) -> (1 + (oparg & 0xFF) + (oparg >> 8)), cache 0, flags { ARG | ERROR | ESCAPES }, family UNPACK_EX;
            UNPACK_SEQUENCE = 119, (1) -> (oparg), cache 1, flags { ARG | ERROR | ESCAPES }, family UNPACK_SEQUENCE;
            YIELD_VALUE = 120, (1) -> (1), cache 0, flags { ARG | ESCAPES }, family YIELD_VALUE;
            RESUME = 128, (0) -> (0), cache 0, flags { ARG | EVAL_BREAK | ERROR | ESCAPES }, family RESUME;

            // Specialised forms: they stand only in an interpreter's own copy of the code.
            BINARY_OP_INPLACE_ADD_UNICODE = 3, (2) -> (0), cache 5, flags { LOCAL | DEOPT | EXIT | ERROR | ESCAPES }, family BINARY_OP;
            BINARY_OP_ADD_FLOAT = 129, (2) -> (1), cache 5, flags { EXIT | ERROR }, family BINARY_OP;
            BINARY_OP_ADD_INT = 130, (2) -> (1), cache 5, flags { EXIT | ERROR | ESCAPES }, family BINARY_OP;
            BINARY_OP_ADD_UNICODE = 131, (2) -> (1), cache 5, flags { EXIT | ERROR }, family BINARY_OP;
            BINARY_OP_EXTEND = 132, (2) -> (1), cache 5, flags { DEOPT | ERROR | ESCAPES }, family BINARY_OP;
            BINARY_OP_MULTIPLY_FLOAT = 133, (2) -> (1), cache 5, flags { EXIT | ERROR }, family BINARY_OP;
            BINARY_OP_MULTIPLY_INT = 134, (2) -> (1), cache 5, flags { EXIT | ERROR | ESCAPES }, family BINARY_OP;
            BINARY_OP_SUBSCR_DICT = 135, (2) -> (1), cache 5, flags { EXIT | ERROR | ESCAPES }, family BINARY_OP;
            BINARY_OP_SUBSCR_GETITEM = 136, (2) -> (0), cache 5, flags { DEOPT }, family BINARY_OP;
            BINARY_OP_SUBSCR_LIST_INT = 137, (2) -> (1), cache 5, flags { DEOPT | EXIT | ESCAPES }, family BINARY_OP;
            BINARY_OP_SUBSCR_LIST_SLICE = 138, (2) -> (1), cache 5, flags { EXIT | ERROR | ESCAPES }, family BINARY_OP;
            BINARY_OP_SUBSCR_STR_INT = 139, (2) -> (1), cache 5, flags { DEOPT | EXIT | ESCAPES }, family BINARY_OP;
            BINARY_OP_SUBSCR_TUPLE_INT = 140, (2) -> (1), cache 5, flags { DEOPT | EXIT }, family BINARY_OP;
            BINARY_OP_SUBTRACT_FLOAT = 141, (2) -> (1), cache 5, flags { EXIT | ERROR }, family BINARY_OP;
            BINARY_OP_SUBTRACT_INT = 142, (2) -> (1), cache 5, flags { EXIT | ERROR | ESCAPES }, family BINARY_OP;
            CALL_ALLOC_AND_ENTER_INIT = 143, (2 + oparg) -> (0), cache 3, flags { ARG | DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_BOUND_METHOD_EXACT_ARGS = 144, (2 + oparg) -> (0), cache 3, flags { ARG | DEOPT | EXIT | ESCAPES }, family CALL;
            CALL_BOUND_METHOD_GENERAL = 145, (2 + oparg) -> (0), cache 3, flags { ARG | DEOPT | EXIT | ERROR | ESCAPES }, family CALL;
            CALL_BUILTIN_CLASS = 146, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_BUILTIN_FAST = 147, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_BUILTIN_FAST_WITH_KEYWORDS = 148, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_BUILTIN_O = 149, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | EXIT | ERROR | ESCAPES }, family CALL;
            CALL_ISINSTANCE = 150, (2 + oparg) -> (1), cache 3, flags { ARG | DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_KW_BOUND_METHOD = 151, (3 + oparg) -> (0), cache 3, flags { ARG | DEOPT | EXIT | ERROR | ESCAPES }, family CALL_KW;
            CALL_KW_NON_PY = 152, (3 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | EXIT | ERROR | ESCAPES }, family CALL_KW;
            CALL_KW_PY = 153, (3 + oparg) -> (0), cache 3, flags { ARG | DEOPT | EXIT | ERROR | ESCAPES }, family CALL_KW;
            CALL_LEN = 154, (3) -> (1), cache 3, flags { DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_LIST_APPEND = 155, (3) -> (0), cache 3, flags { ARG | DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_METHOD_DESCRIPTOR_FAST = 156, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | EXIT | ERROR | ESCAPES }, family CALL;
            CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS = 157, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | EXIT | ERROR | ESCAPES }, family CALL;
            CALL_METHOD_DESCRIPTOR_NOARGS = 158, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | EXIT | ERROR | ESCAPES }, family CALL;
            CALL_METHOD_DESCRIPTOR_O = 159, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | EXIT | ERROR | ESCAPES }, family CALL;
            CALL_NON_PY_GENERAL = 160, (2 + oparg) -> (1), cache 3, flags { ARG | EVAL_BREAK | EXIT | ERROR | ESCAPES }, family CALL;
            CALL_PY_EXACT_ARGS = 161, (2 + oparg) -> (0), cache 3, flags { ARG | DEOPT | EXIT }, family CALL;
            CALL_PY_GENERAL = 162, (2 + oparg) -> (0), cache 3, flags { ARG | DEOPT | EXIT | ERROR | ESCAPES }, family CALL;
            CALL_STR_1 = 163, (3) -> (1), cache 3, flags { ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_TUPLE_1 = 164, (3) -> (1), cache 3, flags { ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES }, family CALL;
            CALL_TYPE_1 = 165, (3) -> (1), cache 3, flags { ARG | DEOPT | ESCAPES }, family CALL;
            COMPARE_OP_FLOAT = 166, (2) -> (1), cache 1, flags { ARG | EXIT }, family COMPARE_OP;
            COMPARE_OP_INT = 167, (2) -> (1), cache 1, flags { ARG | DEOPT | EXIT }, family COMPARE_OP;
            COMPARE_OP_STR = 168, (2) -> (1), cache 1, flags { ARG | EXIT }, family COMPARE_OP;
            CONTAINS_OP_DICT = 169, (2) -> (1), cache 1, flags { ARG | EXIT | ERROR | ESCAPES }, family CONTAINS_OP;
            CONTAINS_OP_SET = 170, (2) -> (1), cache 1, flags { ARG | DEOPT | ERROR | ESCAPES }, family CONTAINS_OP;
            FOR_ITER_GEN = 171, (1) -> (1), cache 1, flags { ARG | DEOPT }, family FOR_ITER;
            FOR_ITER_LIST = 172, (1) -> (2), cache 1, flags { ARG | JUMP | DEOPT | EXIT | ESCAPES }, family FOR_ITER;
            FOR_ITER_RANGE = 173, (1) -> (2), cache 1, flags { ARG | JUMP | EXIT | ERROR }, family FOR_ITER;
            FOR_ITER_TUPLE = 174, (1) -> (2), cache 1, flags { ARG | JUMP | EXIT | ESCAPES }, family FOR_ITER;
            JUMP_BACKWARD_JIT = 175, (0) -> (0), cache 1, flags { ARG | JUMP | EVAL_BREAK | ERROR | ESCAPES }, family JUMP_BACKWARD;
            JUMP_BACKWARD_NO_JIT = 176, (0) -> (0), cache 1, flags { ARG | JUMP | EVAL_BREAK | ERROR | ESCAPES }, family JUMP_BACKWARD;
            LOAD_ATTR_CLASS = 177, (1) -> (1 + (oparg & 1)), cache 9, flags { ARG | EXIT }, family LOAD_ATTR;
            LOAD_ATTR_CLASS_WITH_METACLASS_CHECK = 178, (1) -> (1 + (oparg & 1)), cache 9, flags { ARG | EXIT }, family LOAD_ATTR;
            LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN = 179, (1) -> (1), cache 9, flags { ARG | NAME | DEOPT }, family LOAD_ATTR;
            LOAD_ATTR_INSTANCE_VALUE = 180, (1) -> (1 + (oparg & 1)), cache 9, flags { ARG | DEOPT | EXIT | ESCAPES }, family LOAD_ATTR;
            LOAD_ATTR_METHOD_LAZY_DICT = 181, (1) -> (2), cache 9, flags { ARG | DEOPT | EXIT }, family LOAD_ATTR;
            LOAD_ATTR_METHOD_NO_DICT = 182, (1) -> (2), cache 9, flags { ARG | EXIT }, family LOAD_ATTR;
            LOAD_ATTR_METHOD_WITH_VALUES = 183, (1) -> (2), cache 9, flags { ARG | DEOPT | EXIT }, family LOAD_ATTR;
            LOAD_ATTR_MODULE = 184, (1) -> (1 + (oparg & 1)), cache 9, flags { ARG | DEOPT | ESCAPES }, family LOAD_ATTR;
            LOAD_ATTR_NONDESCRIPTOR_NO_DICT = 185, (1) -> (1), cache 9, flags { ARG | EXIT | ESCAPES }, family LOAD_ATTR;
            LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES = 186, (1) -> (1), cache 9, flags { ARG | DEOPT | EXIT | ESCAPES }, family LOAD_ATTR;
            LOAD_ATTR_PROPERTY = 187, (1) -> (0), cache 9, flags { ARG | DEOPT | EXIT }, family LOAD_ATTR;
            LOAD_ATTR_SLOT = 188, (1) -> (1 + (oparg & 1)), cache 9, flags { ARG | DEOPT | EXIT }, family LOAD_ATTR;
            LOAD_ATTR_WITH_HINT = 189, (1) -> (1 + (oparg & 1)), cache 9, flags { ARG | NAME | DEOPT | EXIT | ESCAPES }, family LOAD_ATTR;
            LOAD_CONST_IMMORTAL = 190, (0) -> (1), cache 0, flags { ARG | CONST }, family LOAD_CONST;
            LOAD_CONST_MORTAL = 191, (0) -> (1), cache 0, flags { ARG | CONST }, family LOAD_CONST;
            LOAD_GLOBAL_BUILTIN = 192, (0) -> (1 + (oparg & 1)), cache 4, flags { ARG | DEOPT }, family LOAD_GLOBAL;
            LOAD_GLOBAL_MODULE = 193, (0) -> (1 + (oparg & 1)), cache 4, flags { ARG | DEOPT }, family LOAD_GLOBAL;
            LOAD_SUPER_ATTR_ATTR = 194, (3) -> (1), cache 1, flags { ARG | NAME | DEOPT | ERROR | ESCAPES }, family LOAD_SUPER_ATTR;
            LOAD_SUPER_ATTR_METHOD = 195, (3) -> (2), cache 1, flags { ARG | NAME | DEOPT | ERROR | ESCAPES }, family LOAD_SUPER_ATTR;
            RESUME_CHECK = 196, (0) -> (0), cache 0, flags { DEOPT }, family RESUME;
            SEND_GEN = 197, (2) -> (1), cache 1, flags { ARG | DEOPT }, family SEND;
            STORE_ATTR_INSTANCE_VALUE = 198, (2) -> (0), cache 4, flags { EXIT | ESCAPES }, family STORE_ATTR;
            STORE_ATTR_SLOT = 199, (2) -> (0), cache 4, flags { DEOPT | EXIT | ESCAPES }, family STORE_ATTR;
            STORE_ATTR_WITH_HINT = 200, (2) -> (0), cache 4, flags { ARG | NAME | DEOPT | EXIT | ESCAPES }, family STORE_ATTR;
            STORE_SUBSCR_DICT = 201, (3) -> (0), cache 1, flags { EXIT | ERROR | ESCAPES }, family STORE_SUBSCR;
            STORE_SUBSCR_LIST_INT = 202, (3) -> (0), cache 1, flags { DEOPT | EXIT | ESCAPES }, family STORE_SUBSCR;
            TO_BOOL_ALWAYS_TRUE = 203, (1) -> (1), cache 3, flags { EXIT | ESCAPES }, family TO_BOOL;
            TO_BOOL_BOOL = 204, (1) -> (1), cache 3, flags { EXIT }, family TO_BOOL;
            TO_BOOL_INT = 205, (1) -> (1), cache 3, flags { EXIT | ESCAPES }, family TO_BOOL;
            TO_BOOL_LIST = 206, (1) -> (1), cache 3, flags { EXIT }, family TO_BOOL;
            TO_BOOL_NONE = 207, (1) -> (1), cache 3, flags { EXIT }, family TO_BOOL;
            TO_BOOL_STR = 208, (1) -> (1), cache 3, flags { EXIT | ESCAPES }, family TO_BOOL;
            UNPACK_SEQUENCE_LIST = 209, (1) -> (oparg), cache 1, flags { ARG | DEOPT | EXIT }, family UNPACK_SEQUENCE;
            UNPACK_SEQUENCE_TUPLE = 210, (1) -> (oparg), cache 1, flags { ARG | DEOPT | EXIT }, family UNPACK_SEQUENCE;
            UNPACK_SEQUENCE_TWO_TUPLE = 211, (1) -> (2), cache 1, flags { ARG | DEOPT | EXIT | ESCAPES }, family UNPACK_SEQUENCE;

            // Instrumented forms: tracing and monitoring put them into the interpreter's copy.
            INSTRUMENTED_END_FOR = 234, (2) -> (1), cache 0, flags { ERROR | ESCAPES }, family INSTRUMENTED_END_FOR;
            INSTRUMENTED_POP_ITER = 235, (1) -> (0), cache 0, flags { ESCAPES }, family INSTRUMENTED_POP_ITER;
            INSTRUMENTED_END_SEND = 236, (2) -> (1), cache 0, flags { ERROR | ESCAPES }, family INSTRUMENTED_END_SEND;
            INSTRUMENTED_FOR_ITER = 237, (1) -> (2), cache 0, flags { ARG | JUMP | ERROR | ESCAPES }, family INSTRUMENTED_FOR_ITER;
            INSTRUMENTED_INSTRUCTION = 238, (0) -> (0), cache 0, flags { ERROR | ESCAPES }, family INSTRUMENTED_INSTRUCTION;
            INSTRUMENTED_JUMP_FORWARD = 239, (0) -> (0), cache 0, flags { ARG }, family INSTRUMENTED_JUMP_FORWARD;
            INSTRUMENTED_NOT_TAKEN = 240, (0) -> (0), cache 0, flags { 0 }, family INSTRUMENTED_NOT_TAKEN;
            INSTRUMENTED_POP_JUMP_IF_TRUE = 241, (1) -> (0), cache 0, flags { ARG }, family INSTRUMENTED_POP_JUMP_IF_TRUE;
            INSTRUMENTED_POP_JUMP_IF_FALSE = 242, (1) -> (0), cache 0, flags { ARG }, family INSTRUMENTED_POP_JUMP_IF_FALSE;
            INSTRUMENTED_POP_JUMP_IF_NONE = 243, (1) -> (0), cache 0, flags { ARG | ESCAPES }, family INSTRUMENTED_POP_JUMP_IF_NONE;
            INSTRUMENTED_POP_JUMP_IF_NOT_NONE = 244, (1) -> (0), cache 0, flags { ARG | ESCAPES }, family INSTRUMENTED_POP_JUMP_IF_NOT_NONE;
            INSTRUMENTED_RESUME = 245, (0) -> (0), cache 0, flags { ARG | EVAL_BREAK | ERROR | ESCAPES }, family INSTRUMENTED_RESUME;
            INSTRUMENTED_RETURN_VALUE = 246, (1) -> (1), cache 0, flags { ERROR | ESCAPES }, family INSTRUMENTED_RETURN_VALUE;
            INSTRUMENTED_YIELD_VALUE = 247, (1) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family INSTRUMENTED_YIELD_VALUE;
            INSTRUMENTED_END_ASYNC_FOR = 248, (2) -> (0), cache 0, flags { ARG | JUMP | ERROR | ESCAPES }, family INSTRUMENTED_END_ASYNC_FOR;
            INSTRUMENTED_LOAD_SUPER_ATTR = 249, (3) -> (1 + (oparg & 1)), cache 0, flags { ARG | NAME | ERROR | ESCAPES }, family INSTRUMENTED_LOAD_SUPER_ATTR;
            INSTRUMENTED_CALL = 250, (2 + oparg) -> (1), cache 0, flags { ARG | EVAL_BREAK | ERROR | ESCAPES }, family INSTRUMENTED_CALL;
            INSTRUMENTED_CALL_KW = 251, (3 + oparg) -> (1), cache 0, flags { ARG | ERROR | ESCAPES }, family INSTRUMENTED_CALL_KW;
            INSTRUMENTED_CALL_FUNCTION_EX = 252, (4) -> (1), cache 0, flags { EVAL_BREAK | ERROR | ESCAPES }, family INSTRUMENTED_CALL_FUNCTION_EX;
            INSTRUMENTED_JUMP_BACKWARD = 253, (0) -> (0), cache 0, flags { ARG | EVAL_BREAK | ERROR | ESCAPES }, family INSTRUMENTED_JUMP_BACKWARD;
            INSTRUMENTED_LINE = 254, (0) -> (0), cache 0, flags { ESCAPES }, family INSTRUMENTED_LINE;
            ENTER_EXECUTOR = 255, (0) -> (0), cache 0, flags { ARG }, family ENTER_EXECUTOR;

            // Pseudo-instructions: they live inside the compiler only.
            ANNOTATIONS_PLACEHOLDER = 256, (0) -> (0), cache 0, flags { 0 }, family ANNOTATIONS_PLACEHOLDER;
            JUMP = 257, (0) -> (0), cache 0, flags { ARG | JUMP }, family JUMP;
            JUMP_IF_FALSE = 258, (1) -> (1), cache 0, flags { ARG | JUMP }, family JUMP_IF_FALSE;
            JUMP_IF_TRUE = 259, (1) -> (1), cache 0, flags { ARG | JUMP }, family JUMP_IF_TRUE;
            JUMP_NO_INTERRUPT = 260, (0) -> (0), cache 0, flags { ARG | JUMP }, family JUMP_NO_INTERRUPT;
            LOAD_CLOSURE = 261, (0) -> (1), cache 0, flags { ARG | LOCAL }, family LOAD_CLOSURE;
            POP_BLOCK = 262, (0) -> (0), cache 0, flags { 0 }, family POP_BLOCK;
            SETUP_CLEANUP = 263, (0) -> (2), cache 0, flags { ARG }, family SETUP_CLEANUP;
            SETUP_FINALLY = 264, (0) -> (1), cache 0, flags { ARG }, family SETUP_FINALLY;
            SETUP_WITH = 265, (0) -> (1), cache 0, flags { ARG }, family SETUP_WITH;
            STORE_FAST_MAYBE_NULL = 266, (1) -> (0), cache 0, flags { ARG | LOCAL }, family STORE_FAST_MAYBE_NULL;
        }
    };
}

/// What an instruction's operand means and what the instruction may do: a set of the constants in [`flag`].
pub type Flags = u16;

/// The members of [`Flags`].
pub mod flag {
    /// The instruction uses its operand.
    pub const ARG: u16 = 1;
    /// The operand is an index into `co_consts`.
    pub const CONST: u16 = 1 << 1;
    /// The operand (or its upper bits) is an index into `co_names`.
    pub const NAME: u16 = 1 << 2;
    /// The operand is a jump distance in code units.
    pub const JUMP: u16 = 1 << 3;
    /// The operand is an index of a cell or free variable among the fast locals.
    pub const FREE: u16 = 1 << 4;
    /// The operand is an index of a fast local.
    pub const LOCAL: u16 = 1 << 5;
    /// The instruction polls the eval breaker.
    pub const EVAL_BREAK: u16 = 1 << 6;
    /// A specialised form that may give up and become its family's generic instruction.
    pub const DEOPT: u16 = 1 << 7;
    /// The instruction may raise.
    pub const ERROR: u16 = 1 << 8;
    /// The instruction may run any code.
    pub const ESCAPES: u16 = 1 << 9;
    /// The instruction may leave compiled code.
    pub const EXIT: u16 = 1 << 10;
    /// The instruction only moves values on the stack.
    pub const PURE: u16 = 1 << 11;
}

/// What the table says of one instruction.
#[derive(Debug, Clone, Copy)]
pub struct OpInfo {
    /// The name, as `dis` prints it.
    pub name: &'static str,
    /// How many slots the instruction takes from the stack, by operand.
    pub popped: fn(i32) -> i32,
    /// How many slots the instruction leaves on the stack, by operand.
    pub pushed: fn(i32) -> i32,
    /// Both numbers, where they do not depend on the operand.
    pub fixed: Option<(u8, u8)>,
    /// Inline cache entries (16 bits each) that follow the instruction.
    pub caches: u8,
    /// The members of [`flag`].
    pub flags: Flags,
    /// The generic instruction of this one's family.
    pub family: Op,
}

macro_rules! define_ops {
    (operand $oparg:ident; $($name:ident = $num:literal, ($pop:expr) -> ($push:expr), cache $cache:literal, flags { $($flag:tt)|* }, family $family:ident;)*) => {
        /// An opcode. The numbers below 256 are those of code objects; the others live inside the compiler only.
        #[allow(non_camel_case_types, reason = "the names are CPython's and dis prints them")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Op {
            $(#[doc = concat!("Opcode ", $num, ".")] $name = $num,)*
        }

        impl Op {
            /// All opcodes, in the order of their numbers.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            /// The opcode with this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Op> {
                match number {
                    $($num => Some(Op::$name),)*
                    _ => None,
                }
            }

            /// The row of this opcode.
            const fn describe(self) -> &'static OpInfo {
                match self {
                    $(Op::$name => {
                        #[allow(unused_variables, clippy::identity_op, reason = "not every expression uses the operand")]
                        const INFO: OpInfo = {
                            const fn popped($oparg: i32) -> i32 { $pop }
                            const fn pushed($oparg: i32) -> i32 { $push }
                            OpInfo {
                                name: stringify!($name),
                                popped,
                                pushed,
                                fixed: fixed([popped(0), popped(1), popped(2), popped(256)], [pushed(0), pushed(1), pushed(2), pushed(256)]),
                                caches: $cache,
                                flags: 0 $(| define_ops!(@flag $flag))*,
                                family: Op::$family,
                            }
                        };
                        &INFO
                    })*
                }
            }

            /// The opcode with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Op> {
                match name {
                    $(stringify!($name) => Some(Op::$name),)*
                    _ => None,
                }
            }
        }
    };
    (@flag 0) => { 0 };
    (@flag $flag:ident) => { flag::$flag };
}
for_each_op!(define_ops);

/// One value for all operands, from the values for four operands in which every expression of the table differs if it can.
const fn fixed(popped: [i32; 4], pushed: [i32; 4]) -> Option<(u8, u8)> {
    let mut at = 1;
    while at < 4 {
        if popped[at] != popped[0] || pushed[at] != pushed[0] {
            return None;
        }
        at += 1;
    }
    Some((popped[0].to_le_bytes()[0], pushed[0].to_le_bytes()[0]))
}

/// More than the largest number of an opcode.
const NUMBERS: usize = 512;

/// The table by number. Numbers that are no opcode's have the first row.
static ROWS: [&OpInfo; NUMBERS] = {
    let mut rows = [Op::CACHE.describe(); NUMBERS];
    let mut at = 0;
    while at < Op::ALL.len() {
        rows[Op::ALL[at] as usize] = Op::ALL[at].describe();
        at += 1;
    }
    rows
};

/// Inline cache entries by number.
static CACHES: [u8; NUMBERS] = {
    let mut caches = [0; NUMBERS];
    let mut at = 0;
    while at < NUMBERS {
        caches[at] = ROWS[at].caches;
        at += 1;
    }
    caches
};

/// In [`USES`]: it depends on the operand.
const BY_OPERAND: u8 = u8::MAX;

/// Slots taken from the stack and left there, by number.
static USES: [(u8, u8); NUMBERS] = {
    let mut uses = [(BY_OPERAND, BY_OPERAND); NUMBERS];
    let mut at = 0;
    while at < NUMBERS {
        if let Some(fixed) = ROWS[at].fixed {
            uses[at] = fixed;
        }
        at += 1;
    }
    uses
};

/// The first opcode number that takes an operand.
pub const HAVE_ARGUMENT: u16 = 43;
/// The first opcode number of the instrumented forms.
pub const MIN_INSTRUMENTED_OPCODE: u16 = 234;

impl Op {
    /// What the table says of this opcode.
    #[must_use]
    #[inline]
    pub const fn info(self) -> &'static OpInfo {
        ROWS[self as usize % NUMBERS]
    }

    /// The number that stands in a code object; for a pseudo-instruction, its number above 255.
    #[must_use]
    #[inline]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether this opcode lives inside the compiler only.
    #[must_use]
    pub const fn is_pseudo(self) -> bool {
        self as u16 >= 256
    }

    /// The name, as `dis` prints it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether the instruction uses its operand.
    #[must_use]
    #[inline]
    pub fn has_arg(self) -> bool {
        self.info().flags & flag::ARG != 0
    }

    /// Inline cache entries that follow the instruction.
    #[must_use]
    #[inline]
    pub const fn caches(self) -> usize {
        CACHES[self as usize % NUMBERS] as usize
    }

    /// The change of the stack depth, when the instruction goes on to the next one (or jumps, where that is the same).
    #[must_use]
    #[inline]
    pub fn stack_effect(self, oparg: i32) -> i32 {
        let (popped, pushed) = self.stack_use(oparg);
        pushed - popped
    }

    /// How many slots the instruction takes from the stack, and how many it leaves there.
    #[must_use]
    #[inline]
    pub fn stack_use(self, oparg: i32) -> (i32, i32) {
        match USES[self as usize % NUMBERS] {
            (BY_OPERAND, _) => {
                let info = self.info();
                ((info.popped)(oparg), (info.pushed)(oparg))
            }
            (popped, pushed) => (i32::from(popped), i32::from(pushed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_to_the_same_opcode() {
        for &op in Op::ALL {
            assert_eq!(Op::from_number(op.number()), Some(op));
            assert_eq!(Op::from_name(op.name()), Some(op));
        }
    }

    #[test]
    fn a_specialised_form_is_as_wide_as_its_family() {
        for &op in Op::ALL.iter().filter(|op| !op.is_pseudo()) {
            assert_eq!(op.caches(), op.info().family.caches(), "{}", op.name());
        }
    }

    #[test]
    fn fixed_stack_effects_are_those_of_all_operands() {
        for &op in Op::ALL {
            let info = op.info();
            assert_eq!(info.name, op.describe().name);
            if let Some((popped, pushed)) = info.fixed {
                for oparg in [3, 5, 17, 255, 257, 0x0203, 0x1_0000] {
                    let both = ((info.popped)(oparg), (info.pushed)(oparg));
                    assert_eq!(both, (i32::from(popped), i32::from(pushed)), "{}", op.name());
                }
            }
        }
        assert_eq!(Op::UNPACK_EX.info().fixed, None);
        assert_eq!(Op::BUILD_SLICE.info().fixed, None);
    }

    #[test]
    fn stack_effects_of_a_few_known_instructions() {
        assert_eq!(Op::CALL.stack_effect(3), -4);
        assert_eq!(Op::BUILD_LIST.stack_effect(0), 1);
        assert_eq!(Op::LOAD_GLOBAL.stack_effect(1), 2);
        assert_eq!(Op::UNPACK_EX.stack_effect(0x0102), 3);
    }
}
