"""Damages code objects and runs them: `mutate.py SEED FIRST END`.

Each number from FIRST to END stands for one mutant, whatever ran before it. The number is written before the mutant runs, so that the
caller knows which one killed the process, and behind it what became of the mutant. All exceptions are good answers; a mutant that
runs for ever is interrupted.
"""
import collections
import functools
import importlib
import io
import marshal
import os
import random
import signal
import sys
import types


def arithmetic(a, b=3, *rest, c=4, **more):
    total = a + b * c - 1
    for item in rest:
        total += item if item > 2 else -item
    while total < 100:
        total = total * 2 + 1
        if total % 7 == 0:
            continue
    return total, more, [total][0], total == a, a < b <= c


def closures(x, y=2):
    def inner(z):
        nonlocal y
        y += z
        return x + y + z
    adders = [lambda v, k=k: v + k + x for k in range(3)]
    del x
    try:
        inner(1)
    except NameError as error:
        y = str(error)
    return inner, adders, y


def containers(seq, key='a'):
    pairs = {k: v for k, v in zip(seq, range(9)) if v}
    names = {*seq, *pairs}
    first, *middle, last = seq
    nested = [[i * j for j in range(2)] for i in range(2)]
    copy = {**pairs, key: names}
    text = f'{first!r:>5} {last} {nested}'
    copy[key] = text[1:3]
    del copy[key]
    return middle, copy, (1, 2, 3)[::2], [*seq][1:], key in copy, key is not None


def handlers(value):
    log = []
    for attempt in range(3):
        try:
            try:
                if attempt == 1:
                    raise ValueError(value)
                if attempt == 2:
                    return log
                log.append(1 / (attempt - 0))
            except ZeroDivisionError as error:
                log.append(error)
                raise KeyError(attempt) from error
            else:
                log.append('else')
            finally:
                log.append('finally')
        except* (KeyError, ValueError) as group:
            log.append(group)
    return log


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        return kind is not None and issubclass(kind, ValueError)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        return False


def managers(flag):
    with Manager() as outer, Manager():
        if flag:
            raise ValueError(outer)
        return outer
    return 'swallowed'


def matching(subject):
    match subject:
        case [a, b, *rest] if a:
            return a, b, rest
        case {'x': x, **others}:
            return x, others
        case complex(real=r, imag=i) | Manager(r=r, i=i):
            return r, i
        case 'text' | 3 | None:
            return subject
        case _:
            return NotImplemented


def generator(n):
    received = []
    try:
        for i in range(n):
            received.append((yield i))
            yield from (i, i * 2)
    except GeneratorExit:
        return received
    finally:
        received.clear()
    return n


async def coroutine(n):
    async def ticks():
        for i in range(n):
            yield i
    total = [i async for i in ticks()]
    async with Manager() as manager:
        await types_sleep()
    async for i in ticks():
        total.append(i)
    return total, manager


@types.coroutine
def types_sleep():
    return (yield 'sleeping')


def classes(base=object):
    class Local[T](base):
        count: int = 0
        type Alias = list[T]

        def __init__(self, *args):
            super().__init__()
            self.args = args
            self.count += 1

        @property
        def size(self):
            return len(self.args)

        def method[S](self, other: S) -> T:
            return __class__, self.size, other
    made = Local(1, 2)
    made.count -= 1
    del made.count
    return made.method(made), Local.count, Local.__type_params__


def globals_and_imports(name):
    global LAST
    import math
    from os import path as p, sep
    LAST = math.pi, p, sep
    assert name, 'a name'
    return LAST, print is not None, t'{name} {sep}'


CORPUS = [arithmetic, closures, containers, handlers, managers, matching, generator, coroutine, classes, globals_and_imports]
ARGUMENTS = [(), (1,), ([1, 2, 3],), ('text',), ({'x': 1},), (5, 'b'), (None,), ([3, 1], 'q', 4)]

VALUES = [
    lambda: 1, lambda: -3, lambda: 2.5, lambda: 'a b', lambda: b'xy', lambda: None, lambda: [1, 2, 3], lambda: {'x': 1}, lambda: (1, 'b'),
    lambda: iter([1, 2]), lambda: Manager(), lambda: Manager, lambda: arithmetic, lambda: {1, 2}, lambda: types.SimpleNamespace(x=1, args=()),
    lambda: generator(2), lambda: object(), lambda: 10**30, lambda: [[1, 'a'], ['b', 2]], lambda: collections.deque('abc')]


def codes_in(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from codes_in(const)


CODES = [code for function in CORPUS for code in codes_in(function.__code__)]
# Modules of the library that touch nothing outside the process, for code of every shape.
MODULES = (
    '_collections_abc', '_pydatetime', '_pydecimal', '_weakrefset', 'abc', 'argparse', 'ast', 'base64', 'bisect', 'calendar', 'collections',
    'colorsys', 'configparser', 'contextlib', 'copy', 'csv', 'dataclasses', 'difflib', 'dis', 'enum', 'fractions', 'functools', 'graphlib',
    'heapq', 'html', 'html.parser', 'inspect', 'json.decoder', 'json.encoder', 'keyword', 'numbers', 'opcode', 'operator', 'pprint', 'queue',
    'random', 're._compiler', 're._parser', 'reprlib', 'sched', 'selectors', 'shlex', 'statistics', 'string', 'textwrap', 'token', 'tokenize',
    'traceback', 'types', 'typing', 'unittest.mock', 'urllib.parse', 'weakref', 'xml.etree.ElementPath')


@functools.cache
def module(name):
    """A module of the library: its code objects and its namespace, which is a copy."""
    try:
        scope = dict(vars(importlib.import_module(name)))
        code = scope['__spec__'].loader.get_code(name)
    except Exception:
        return CODES, globals()
    return tuple(codes_in(code)), scope


PLAIN_BYTES = list({byte for code in CODES for byte in code.co_code[::2]})


def mutate_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        kind = rng.randrange(7)
        at = rng.randrange(len(data)) if data else 0
        if kind == 0 and data:
            data[at] = rng.randrange(256)
        elif kind == 1 and data:
            data[at] = (data[at] + rng.choice((-2, -1, 1, 2))) % 256
        elif kind == 2 and data:
            data[at & ~1] = rng.choice(PLAIN_BYTES)
        elif kind == 3:
            data[at & ~1:at & ~1] = bytes((rng.choice(PLAIN_BYTES), rng.choice((0, 1, 2, rng.randrange(256)))))
        elif kind == 4:
            del data[at & ~1:(at & ~1) + 2]
        elif kind == 5 and data:
            other = rng.randrange(len(data)) & ~1
            at &= ~1
            data[at:at + 2], data[other:other + 2] = data[other:other + 2], data[at:at + 2]
        elif data:
            data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def mutate_tuple(rng, items, fresh):
    items = list(items)
    kind = rng.randrange(4)
    if kind == 0 and items:
        items[rng.randrange(len(items))] = fresh(rng)
    elif kind == 1 and items:
        del items[rng.randrange(len(items))]
    elif kind == 2:
        items.insert(rng.randrange(len(items) + 1), fresh(rng))
    else:
        rng.shuffle(items)
    return tuple(items)


def fresh_constant(rng):
    return rng.choice((None, 0, 'x', ('a', 'b'), (1, 'c'), rng.choice(CODES), b'bytes', 1.5, frozenset((1,)), slice(1, 2), ()))


def fresh_name(rng):
    return rng.choice(('x', 'y', 'z', 'append', '__class__', '__init__', 'range', 'len'))


def change(rng, code):
    """One changed field of a code object, as a keyword."""
    field = rng.choice((
        'co_code', 'co_code', 'co_code', 'co_code', 'co_code', 'co_code', 'co_code', 'co_exceptiontable', 'co_exceptiontable',
        'co_linetable', 'co_consts', 'co_names', 'co_varnames', 'co_cellvars', 'co_freevars', 'co_stacksize', 'co_flags',
        'co_argcount', 'co_kwonlyargcount', 'co_posonlyargcount', 'co_nlocals', 'co_firstlineno'))
    value = getattr(code, field)
    if isinstance(value, bytes):
        return {field: mutate_bytes(rng, value)}
    if field == 'co_consts':
        return {field: mutate_tuple(rng, value, fresh_constant)}
    if isinstance(value, tuple):
        value = mutate_tuple(rng, value, fresh_name)
        return {field: value, 'co_nlocals': len(value)} if field == 'co_varnames' else {field: value}
    if field == 'co_flags':
        return {field: value ^ 1 << rng.randrange(28)}
    return {field: max(0, value + rng.choice((-3, -2, -1, 1, 2, 5, 1000)))}


def mutant(rng):
    """A list of damaged code objects, with the globals that they are to have."""
    codes, scope = (CODES, globals()) if rng.randrange(3) == 0 else module(rng.choice(MODULES))
    code = rng.choice(codes)
    if rng.randrange(4) == 0:
        data = bytearray(marshal.dumps(code))
        for _ in range(rng.choice((1, 1, 2, 4))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        loaded = marshal.loads(bytes(data))
        return list(codes_in(loaded)) if isinstance(loaded, types.CodeType) else [], scope
    changes = {}
    for _ in range(rng.choice((1, 1, 2, 3))):
        changes.update(change(rng, code))
    return list(codes_in(code.replace(**changes))), scope


# More under valgrind.
SECONDS = float(os.environ.get('MUTANT_SECONDS', '0.1'))


# Seconds of the processor after which the system ends a mutant that catches even `Enough`, as in CPython a handler that guards itself does: such code never
# ends, and that is no harm. The timer's signal is left to end the process; `xtask` counts it and goes on with the next mutant.
ENDLESS = 100 * SECONDS


class Enough(BaseException):
    """The mutant has had its time."""


def alarm(_signal, _frame):
    raise Enough


def exhaust(result):
    """Drives generators and coroutines, and calls what was returned."""
    if isinstance(result, (types.GeneratorType, types.CoroutineType)):
        for step in range(6):
            result.throw(ValueError('thrown')) if step == 4 else result.send(None)
    elif isinstance(result, types.AsyncGeneratorType):
        exhaust(result.asend(None).__await__())
    elif isinstance(result, types.FunctionType):
        result(1)


def attempt(action, seconds=SECONDS):
    """What became of a run: 'ran', 'refused' by the verifier, or 'panic'."""
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        action()
    except SystemError as error:
        message = str(error)
        return 'panic' if message.startswith('internal error') else 'refused' if message.startswith('bad code') else 'ran'
    except BaseException:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return 'ran'


def run(code, scope, rng):
    cells = tuple(types.CellType(value) for value in (1, [2], 'three', None, 5, Manager, 7, 8)[:len(code.co_freevars)])
    scope = {**scope, '__builtins__': SAFE}
    found = set()
    fitting = [tuple(rng.choice(VALUES)() for _ in range(min(code.co_argcount, 50))) for _ in range(4)]
    for arguments in [*fitting, *rng.sample(ARGUMENTS, 4)]:
        function = types.FunctionType(code, scope, None, (1,) * (code.co_argcount // 2), cells)
        found.add(attempt(lambda: exhaust(function(*arguments))))
    if not cells and not code.co_argcount:
        found.add(attempt(lambda: exec(code, scope)))
    return found


SAFE = {name: value for name, value in vars(__import__('builtins')).items() if name not in ('open', 'input', 'breakpoint', 'exit', 'quit')}


def outcome(codes, scope, rng):
    """What became of code objects that were run."""
    found = set()
    for code in codes:
        try:
            found |= run(code, scope, rng)
        except (Enough, Exception):
            found.add('ran')
    return found


def worst(found):
    """What became of a mutant whose parts fared like this."""
    return next((kind for kind in ('panic', 'ran', 'refused') if kind in found), 'refused')


def one(rng):
    """Makes a mutant and says what became of it."""
    try:
        codes, scope = mutant(rng)
    except Exception:
        return 'unbuildable'
    return worst(outcome(codes, scope, rng))


def main(one):
    seed, first, end = map(int, sys.argv[1:4])
    # What the mutants get hold of is not what the answers are written to.
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.argv[1:] = []
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), io.StringIO(), io.StringIO()
    signal.signal(signal.SIGALRM, alarm)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    sys.setrecursionlimit(200)
    for number in range(first, end):
        os.write(answers, b'%d ' % number)
        signal.setitimer(signal.ITIMER_PROF, ENDLESS)
        try:
            kind = one(random.Random(seed * 1_000_003 + number))
        except Enough:
            kind = 'ran'
        os.write(answers, kind.encode() + b'\n')


if __name__ == '__main__':
    main(one)
