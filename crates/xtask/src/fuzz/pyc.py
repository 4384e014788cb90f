"""Damages `.pyc` files and imports them: `pyc.py SEED FIRST END`, beside `mutate.py`, whose answers these are too.

A file is imported by the finder of `sys.path`, from `__pycache__` beside its source or alone, with any of the three kinds of header;
the payload is damaged as bytes or is the whole code of a module of which one code object was changed. Then each function that the
module has is called, and so is each code object that the loader gives.
"""
import _imp
import builtins
import importlib
import importlib.util
import marshal
import os
import shutil
import sys
import types

import mutate

FOLDER = os.path.join(os.getcwd(), f'pycs-{os.getpid()}')
MODULES = [name for name in mutate.MODULES if '.' not in name]
IMPORT_SECONDS = 10 * mutate.SECONDS


def own_code():
    """The functions of `mutate.py` as a module."""
    with open(mutate.__file__) as file:
        source = file.read()
    return compile(source[:source.index('\n\nCORPUS = ')], 'corpus', 'exec')


OWN = own_code()


def change_one(rng, code):
    """The code with one of the code objects in it changed."""
    inner = [at for at, const in enumerate(code.co_consts) if isinstance(const, types.CodeType)]
    if not inner or rng.randrange(4) == 0:
        return code.replace(**mutate.change(rng, code))
    consts = list(code.co_consts)
    at = rng.choice(inner)
    consts[at] = change_one(rng, consts[at])
    return code.replace(co_consts=tuple(consts))


def damage(rng, data):
    """The bytes with some of them changed, taken out or put in, or cut off."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        at = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(12)
        if kind < 7 and data:
            data[at] = rng.randrange(256)
        elif kind == 7 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 8:
            del data[at:at + rng.choice((1, 1, 2, 4, 40))]
        elif kind == 9:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice((1, 1, 4))))
        elif kind == 10:
            start = rng.randrange(len(data)) if data else 0
            data[at:at] = data[start:start + rng.randrange(60)]
        elif rng.randrange(4) == 0:
            del data[at:]
    return bytes(data)


def payload(rng):
    if rng.randrange(3) == 0:
        code = OWN
    else:
        codes, _ = mutate.module(rng.choice(MODULES))
        code = codes[0]
    if rng.randrange(2):
        return marshal.dumps(change_one(rng, code))
    return damage(rng, marshal.dumps(code))


def write(rng, name):
    """Puts a module of this name on the path."""
    data = payload(rng)
    source = os.path.join(FOLDER, name + '.py')
    alone = rng.randrange(3) == 0
    kind = rng.randrange(3)
    text = b'pass\n'
    if not alone:
        with open_file(source, 'wb') as file:
            file.write(text)
    if kind == 0 and not alone:
        status = os.stat(source)
        header = (0).to_bytes(4, 'little') + int(status.st_mtime).to_bytes(4, 'little') + len(text).to_bytes(4, 'little')
    elif kind == 1 and not alone:
        header = (3).to_bytes(4, 'little') + _imp.source_hash(importlib.util._RAW_MAGIC_NUMBER, text)
    else:
        header = (1).to_bytes(4, 'little') + rng.randbytes(8)
    data = importlib.util.MAGIC_NUMBER + header + data
    if rng.randrange(50) == 0:
        data = damage(rng, data[:20]) + data[20:]
    target = source + 'c' if alone else importlib.util.cache_from_source(source)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open_file(target, 'wb') as file:
        file.write(data)


def functions_of(scope):
    """The functions of a namespace and of the classes in it."""
    for value in list(scope.values()):
        if isinstance(value, type):
            value = list(vars(value).values())
        for function in value if isinstance(value, list) else [value]:
            function = getattr(function, '__func__', function)
            if isinstance(function, property):
                function = function.fget
            if isinstance(function, types.FunctionType):
                yield function


def one(rng):
    name = f'mutant{rng.getrandbits(64)}'
    try:
        write(rng, name)
    except Exception:
        return 'unbuildable'
    importlib.invalidate_caches()
    found = {mutate.attempt(lambda: importlib.import_module(name), IMPORT_SECONDS)}
    loaded = sys.modules.pop(name, None)
    scope = vars(loaded) if loaded else {'__name__': name}
    codes = []

    def again():
        codes.extend(mutate.codes_in(importlib.util.find_spec(name).loader.get_code(name)))
    found.add(mutate.attempt(again, IMPORT_SECONDS))
    for function in list(functions_of(scope)):
        for arguments in rng.sample(mutate.ARGUMENTS, 3):
            found.add(mutate.attempt(lambda: mutate.exhaust(function(*arguments))))
    found |= mutate.outcome(codes, scope, rng)
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER, exist_ok=True)
    if 'panic' in found or codes:
        return next(kind for kind in ('panic', 'refused', 'ran') if kind in found)
    return 'not code'


open_file = open
os.makedirs(FOLDER)
sys.path.insert(0, FOLDER)
sys.dont_write_bytecode = True
importlib.invalidate_caches()
for name in MODULES:
    importlib.import_module(name)
# The modules have the built-ins of the interpreter; what goes out of the process is taken out of them.
for name in ('open', 'input', 'breakpoint', 'exit', 'quit'):
    vars(builtins).pop(name, None)
mutate.main(one)
