"""What a call into a compiled wheel costs: prints a name and nanoseconds for each kind of call, one a line.

Batches are short and the fastest one counts, so that other programs on the machine disturb little.
"""

import time

import kiwisolver
import lz4.block
import lz4.frame
import markupsafe._speedups
import orjson
import zope.interface

ROUNDS = 300
BATCH = 100


def fastest(function):
    best = None
    clock = time.perf_counter_ns
    for _ in range(ROUNDS):
        start = clock()
        function()
        taken = clock() - start
        if best is None or taken < best:
            best = taken
    return best / BATCH


def empty():
    for _ in range(BATCH):
        pass


def escape_plain(escape=markupsafe._speedups._escape_inner):
    for _ in range(BATCH):
        escape("Hello World!")


def escape_markup(escape=markupsafe.escape):
    for _ in range(BATCH):
        escape("<b>Hello</b> & World!")


def dumps_small(dumps=orjson.dumps, value={"a": 1, "b": [1, 2, 3], "c": "text"}):
    for _ in range(BATCH):
        dumps(value)


def dumps_int(dumps=orjson.dumps):
    for _ in range(BATCH):
        dumps(12345)


def loads_small(loads=orjson.loads, text=b'{"a":1,"b":[1,2,3],"c":"text"}'):
    for _ in range(BATCH):
        loads(text)


def compress(compress=lz4.block.compress, data=b"0123456789abcdef" * 4):
    for _ in range(BATCH):
        compress(data)


def decompress(decompress=lz4.block.decompress, data=lz4.block.compress(b"0123456789abcdef" * 4)):
    for _ in range(BATCH):
        decompress(data)


def frame_info(compress=lz4.frame.compress, data=b"0123456789abcdef" * 4):
    for _ in range(BATCH):
        compress(data)


VARIABLE = kiwisolver.Variable("x")


def method_no_arguments(variable=VARIABLE):
    for _ in range(BATCH):
        variable.value()


def method_one_argument(variable=VARIABLE):
    for _ in range(BATCH):
        variable.setName("x")


def operator(variable=VARIABLE):
    for _ in range(BATCH):
        variable * 2.0


def make_object(kind=kiwisolver.Term, variable=VARIABLE):
    for _ in range(BATCH):
        kind(variable, 2.0)


class Wanted(zope.interface.Interface):
    pass


@zope.interface.implementer(Wanted)
class Given:
    pass


SPEC = zope.interface.providedBy(Given())


def attribute(spec=SPEC):
    for _ in range(BATCH):
        spec._implied


def attribute_slot(term=kiwisolver.Term(VARIABLE, 2.0)):
    for _ in range(BATCH):
        term.variable


def provided(wanted=Wanted, given=Given()):
    for _ in range(BATCH):
        wanted.providedBy(given)


KINDS = [
    ("markupsafe.escape inner", escape_plain),
    ("markupsafe.escape", escape_markup),
    ("orjson.dumps dict", dumps_small),
    ("orjson.dumps int", dumps_int),
    ("orjson.loads dict", loads_small),
    ("lz4.block.compress 64", compress),
    ("lz4.block.decompress 64", decompress),
    ("lz4.frame.compress 64", frame_info),
    ("method without arguments", method_no_arguments),
    ("method with one argument", method_one_argument),
    ("operator of a foreign type", operator),
    ("making a foreign object", make_object),
    ("attribute of a foreign type", attribute),
    ("method as attribute", attribute_slot),
    ("Interface.providedBy", provided),
]

if __name__ == "__main__":
    base = fastest(empty)
    for name, function in KINDS:
        print(f"{name}\t{max(fastest(function) - base, 0.1):.1f}")
