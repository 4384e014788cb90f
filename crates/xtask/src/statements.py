"""Runs under callgrind for `cargo xtask instructions`: every statement in functions that hold it COPIES and twice COPIES times.

`os.getpid()` marks the borders: callgrind writes a profile whenever libc's function of that name is entered. The first two profiles after the marks of
a statement are thrown away by the reader: they warm the function up.
"""

import os
import sys

COPIES = 100
RUNS = 10


class Plain:
    shared = 5

    def __init__(self):
        self.value = 1

    def method(self):
        return None


class Slots:
    __slots__ = ("value",)

    def __init__(self):
        self.value = 1


class Derived(Plain):
    def method(self):
        return super().method()


def function(first, second):
    return first


def default(first, second=2):
    return first


def generator():
    while True:
        yield None


class Virtual:
    def __getattr__(self, name):
        return None


def delegating():
    yield from generator()


NAMES = {
    "plain": Plain(),
    "slots": Slots(),
    "derived": Derived(),
    "bound": Plain().method,
    "numbers": list(range(1000, 1010)),
    "triple": (1, 2, 3),
    "pair": (1, 2),
    "table": {"key": 1, "other": 2},
    "by_int": {1: 1, 2: 2},
    "i": 1000,
    "j": 2000,
    "x": 1.5,
    "y": 2.5,
    "text": "hello",
    "other": "world",
    "nothing": None,
    "truth": True,
    "stepper": generator(),
    "index": 3,
    "empty": [],
    "few": {"key", "other"},
    "virtual": Virtual(),
    "outer": delegating(),
}

# What is measured: the statement and the instructions that it is made of, as CPython 3.14 specialises them.
STATEMENTS = [
    ("pass", "NOP"),
    ("i", "LOAD_FAST_BORROW, POP_TOP"),
    ("z = i", "LOAD_FAST, STORE_FAST"),
    ("z = 7", "LOAD_SMALL_INT, STORE_FAST"),
    ("z = 'constant'", "LOAD_CONST, STORE_FAST"),
    ("a = b = i", "LOAD_FAST, COPY, STORE_FAST_STORE_FAST"),
    ("i + j", "two loads, BINARY_OP_ADD_INT, POP_TOP"),
    ("i - j", "two loads, BINARY_OP_SUBTRACT_INT, POP_TOP"),
    ("i * j", "two loads, BINARY_OP_MULTIPLY_INT, POP_TOP"),
    ("x + y", "two loads, BINARY_OP_ADD_FLOAT, POP_TOP"),
    ("x * y", "two loads, BINARY_OP_MULTIPLY_FLOAT, POP_TOP"),
    ("x * y + x", "the same twice, one operand a temporary"),
    ("i % index", "two loads, BINARY_OP_EXTEND, POP_TOP"),
    ("x * index", "the same of a float and an int"),
    ("numbers[index]", "two loads, BINARY_OP_SUBSCR_LIST_INT, POP_TOP"),
    ("triple[1]", "two loads, BINARY_OP_SUBSCR_TUPLE_INT, POP_TOP"),
    ("table['key']", "two loads, BINARY_OP_SUBSCR_DICT, POP_TOP"),
    ("numbers[index] = i", "three loads, STORE_SUBSCR_LIST_INT"),
    ("by_int[1] = i", "three loads, STORE_SUBSCR_DICT"),
    ("i < j", "two loads, COMPARE_OP_INT, POP_TOP"),
    ("x < y", "two loads, COMPARE_OP_FLOAT, POP_TOP"),
    ("text == other", "two loads, COMPARE_OP_STR, POP_TOP"),
    ("i < x", "two loads, COMPARE_OP, POP_TOP"),
    ("triple == pair", "the same of tuples"),
    ("i is nothing", "two loads in one, IS_OP, POP_TOP"),
    ("i is empty", "the same with two loads"),
    ("'key' in table", "two loads, CONTAINS_OP_DICT, POP_TOP"),
    ("'key' in few", "two loads, CONTAINS_OP_SET, POP_TOP"),
    ("if truth: z = i", "TO_BOOL_BOOL, POP_JUMP_IF_FALSE, LOAD_FAST, STORE_FAST"),
    ("if not truth: z = i", "TO_BOOL_BOOL, POP_JUMP_IF_TRUE, taken"),
    ("if i < j: z = i", "COMPARE_OP_INT, POP_JUMP_IF_FALSE, LOAD_FAST, STORE_FAST"),
    ("if nothing is None: z = i", "POP_JUMP_IF_NOT_NONE, LOAD_FAST, STORE_FAST"),
    ("COPIES", "LOAD_GLOBAL_MODULE, POP_TOP"),
    ("len", "LOAD_GLOBAL_BUILTIN, POP_TOP"),
    ("plain.value", "LOAD_ATTR_INSTANCE_VALUE, POP_TOP"),
    ("slots.value", "LOAD_ATTR_SLOT, POP_TOP"),
    ("plain.shared", "LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES, POP_TOP"),
    ("plain.method", "LOAD_ATTR that binds, POP_TOP"),
    ("virtual.missing", "LOAD_ATTR of a class with __getattr__, and the call"),
    ("plain.value = i", "STORE_ATTR_INSTANCE_VALUE"),
    ("slots.value = i", "STORE_ATTR_SLOT"),
    ("function(i, j)", "CALL_PY_EXACT_ARGS, RESUME_CHECK, LOAD_FAST_BORROW, RETURN_VALUE, POP_TOP"),
    ("default(i)", "the same, CALL_PY_GENERAL"),
    ("function(i, second=j)", "the same, CALL_KW_PY"),
    ("plain.method()", "LOAD_ATTR_METHOD_WITH_VALUES, CALL_PY_EXACT_ARGS, …"),
    ("derived.method()", "the same, and LOAD_SUPER_ATTR_METHOD"),
    ("bound()", "PUSH_NULL, CALL_BOUND_METHOD_EXACT_ARGS, …"),
    ("Plain()", "CALL_ALLOC_AND_ENTER_INIT, STORE_ATTR_INSTANCE_VALUE, …"),
    ("len(numbers)", "CALL_LEN"),
    ("isinstance(i, int)", "CALL_ISINSTANCE"),
    ("abs(i)", "CALL_BUILTIN_O"),
    ("table.get('key')", "LOAD_ATTR_METHOD_NO_DICT, CALL_METHOD_DESCRIPTOR_FAST"),
    ("empty.append(i); empty.pop()", "CALL_LIST_APPEND, CALL_METHOD_DESCRIPTOR_FAST"),
    ("(i, j)", "BUILD_TUPLE, POP_TOP"),
    ("[i, j]", "BUILD_LIST, POP_TOP"),
    ("a, b = pair", "UNPACK_SEQUENCE_TWO_TUPLE, STORE_FAST_STORE_FAST"),
    ("a, b, c = triple", "UNPACK_SEQUENCE_TUPLE, STORE_FAST_STORE_FAST, STORE_FAST"),
    ("a, b = i, j", "two loads, SWAP, STORE_FAST_STORE_FAST"),
    ("next(stepper)", "CALL_BUILTIN_FAST, YIELD_VALUE, RESUME_CHECK, POP_TOP, LOAD_CONST, JUMP_BACKWARD"),
    ("next(outer)", "the same through SEND_GEN and JUMP_BACKWARD_NO_INTERRUPT"),
    ("for z in stepper: break", "GET_ITER, FOR_ITER_GEN, YIELD_VALUE, …"),
    ("numbers[2:5]", "BINARY_SLICE, POP_TOP"),
    ("for z in numbers: pass", "GET_ITER, ten times FOR_ITER_LIST, STORE_FAST, JUMP_BACKWARD, END_FOR"),
    ("for z in range(10): pass", "the same with FOR_ITER_RANGE, and the range"),
    ("[z for z in numbers]", "the same with LIST_APPEND"),
]


def made(statement, copies):
    lines = "\n".join("    " + statement for _ in range(copies))
    namespace = dict(globals())
    exec(f"def run({', '.join(NAMES)}):\n{lines}\n    return None\n", namespace)
    return namespace["run"]


def main():
    mark = os.getpid
    arguments = list(NAMES.values())
    for statement, _ in STATEMENTS:
        short, long = made(statement, COPIES), made(statement, 2 * COPIES)
        for run in short, long:
            for _ in range(20):
                run(*arguments)
        mark()
        for _ in range(RUNS):
            short(*arguments)
        mark()
        for _ in range(RUNS):
            long(*arguments)
        mark()


if "--list" in sys.argv:
    for statement, instructions in STATEMENTS:
        print(statement, instructions, sep="\t")
else:
    main()
