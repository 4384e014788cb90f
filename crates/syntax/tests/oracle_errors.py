"""Compares Taipan's syntax errors and warnings with CPython's, run by the reference CPython.

usage: oracle_errors.py record CASES [TEST_MODULE ...]   run CPython's tests, save every source that they compile
       oracle_errors.py fuzz CASES COUNT [SEED]          make sources by damaging pieces of the standard library
       oracle_errors.py lines CASES FILE                 take the Python literals in FILE, one a line, as sources
       oracle_errors.py compare PARSE_CASES CASES [MAX]  compare; PARSE_CASES is the built example `parse_cases`
       oracle_errors.py strict PARSE_CASES CASES [MAX]   compare with all warnings as errors
"""

import ast
import builtins
import os
import pickle
import random
import subprocess
import sys
import tempfile
import warnings
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from oracle_ast import dump, text

MODES = ["exec", "eval", "single", "func_type"]
KEPT_FLAGS = 0x200 | 0x1000 | 0x4000 | 0x400000


def record(path, modules):
    cases = set()
    real_compile, real_exec, real_eval = builtins.compile, builtins.exec, builtins.eval

    def note(source, mode="exec", flags=0, version=-1):
        if isinstance(source, bytes):
            try:
                source = source.decode()
            except UnicodeError:
                return
        if isinstance(source, str) and len(source) < 200_000 and mode in MODES:
            cases.add((source, mode, flags & KEPT_FLAGS, version if version > 0 else 14))

    def compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1):
        note(source, mode, flags, _feature_version)
        return real_compile(source, filename, mode, flags, dont_inherit, optimize, _feature_version=_feature_version)

    def exec(source, globals=None, locals=None, /, **more):
        note(source)
        frame = sys._getframe(1)
        if globals is None:
            globals, locals = frame.f_globals, frame.f_locals if locals is None else locals
        return real_exec(source, globals, locals, **more)

    def eval(source, globals=None, locals=None, /):
        if isinstance(source, str):
            note(source.lstrip(" \t"), "eval")
        frame = sys._getframe(1)
        if globals is None:
            globals, locals = frame.f_globals, frame.f_locals if locals is None else locals
        return real_eval(source, globals, locals)

    import doctest
    import unittest

    builtins.compile, builtins.exec, builtins.eval = compile, exec, eval
    doctest.compile = compile
    for name in modules:
        try:
            suite = unittest.defaultTestLoader.loadTestsFromName("test." + name)
            unittest.TextTestRunner(stream=open(os.devnull, "w")).run(suite)
        except BaseException as error:
            print(name, repr(error)[:200])
        print(name, len(cases), flush=True)
    builtins.compile, builtins.exec, builtins.eval = real_compile, real_exec, real_eval
    with open(path, "wb") as file:
        pickle.dump(sorted(cases), file)


def fuzz(path, count, seed):
    import io
    import tokenize

    rng = random.Random(seed)
    root = os.path.dirname(os.__file__)
    sources = []
    for folder in (root, os.path.join(root, "test"), os.path.join(root, "asyncio")):
        sources += [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".py")]
    noise = (
        "( ) [ ] { } : , ; = == := += -> . ... * ** @ + - not in is if else elif for while def class lambda return yield from "
        "import as try except finally with async await raise pass del global match case type print exec None True 1 1.5 0x 'a' "
        "\"b f'{a}' f'{' t'{b!r}' b'c' x y \\ ! ~ ? $ \n \t \n\t # | & <> < and or assert break _ 0777 1_ '''"
    ).split(" ")
    cases = set()
    while len(cases) < count:
        source = None
        try:
            with open(rng.choice(sources), encoding="utf-8") as file:
                source = file.read()
        except (OSError, UnicodeError):
            continue
        lines = source.splitlines(keepends=True)
        at = rng.randrange(len(lines) or 1)
        piece = "".join(lines[at:at + rng.choice([1, 1, 2, 3, 5, 8])])
        if rng.random() < 0.7:
            import textwrap
            piece = textwrap.dedent(piece)
        try:
            words = [token.string for token in tokenize.generate_tokens(io.StringIO(piece).readline)]
            starts = []
            for token in tokenize.generate_tokens(io.StringIO(piece).readline):
                line, col = token.start
                starts.append(sum(len(l) for l in piece.splitlines(keepends=True)[:line - 1]) + col)
        except (tokenize.TokenError, SyntaxError, IndentationError):
            starts = list(range(0, len(piece), 3))
            words = []
        for _ in range(rng.choice([1, 1, 1, 2])):
            if not starts:
                break
            at = rng.randrange(len(starts))
            start = starts[at]
            end = starts[at + 1] if at + 1 < len(starts) else len(piece)
            match rng.randrange(5):
                case 0:
                    piece = piece[:start] + piece[end:]
                case 1 | 2:
                    piece = piece[:start] + rng.choice(noise) + rng.choice(["", " "]) + piece[start:]
                case 3:
                    piece = piece[:start] + rng.choice(noise) + " " + piece[end:]
                case 4:
                    piece = piece[:start]
        if "\0" in piece:
            continue
        mode = rng.choice(["exec"] * 8 + ["eval", "single"])
        flags = rng.choice([0] * 8 + [0x1000, 0x4200])
        cases.add((piece, mode, flags, rng.choice([14] * 9 + [4, 7])))
    with open(path, "wb") as file:
        pickle.dump(sorted(cases), file)


def lines(path, source):
    cases = []
    with open(source) as file:
        for line in file:
            cases.append((ast.literal_eval(line), "exec", 0, 14))
    with open(path, "wb") as file:
        pickle.dump(cases, file)


def expected(source, mode, flags, version, strict):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error" if strict else "always")
        try:
            tree = compile(source, "<case>", mode, flags | ast.PyCF_ONLY_AST, True, _feature_version=version)
            outcome = f"ok {zlib.crc32(dump(tree).encode()):08x}"
        except SyntaxError as error:
            shown = "None" if error.text is None else text(error.text)
            name = type(error).__name__.removeprefix("_")
            outcome = "\t".join([name, text(error.msg), *map(str, (error.lineno, error.offset, error.end_lineno, error.end_offset)), shown])
            line, column, _ = error._metadata or (0, 0, None)
            outcome += f"\t{line}:{column}"
        except MemoryError as error:
            outcome = f"MemoryError\t{text(str(error))}\t0\t0\t0\t0\tNone\t0:0"
        except UnicodeDecodeError as error:
            outcome = "UnicodeDecodeError\t" + text(error.reason)
        except (ValueError, RecursionError) as error:
            return None
    return outcome + " |" + "".join(f" {w.lineno}:{text(str(w.message))}" for w in caught)


def compare(program, path, limit, strict=False):
    with open(path, "rb") as file:
        cases = pickle.load(file)
    wanted = []
    with tempfile.NamedTemporaryFile(suffix=".cases") as file:
        for source, mode, flags, version in cases:
            try:
                data = source.encode()
            except UnicodeError:
                continue
            if "\0" in source:
                continue
            theirs = expected(source, mode, flags, version, strict)
            if theirs is None:
                continue
            wanted.append((source, mode, flags, version, theirs))
            file.write(f"{MODES.index(mode)} {flags} {version} {len(data)}\n".encode() + data)
        file.flush()
        output = subprocess.run([program, file.name] + ["strict"] * strict, capture_output=True, text=True)
    ours = output.stdout.splitlines()
    same = errors = same_errors = 0
    shown = 0
    for (source, mode, flags, version, theirs), mine in zip(wanted, ours):
        is_error = not theirs.startswith("ok")
        errors += is_error
        if theirs.startswith("UnicodeDecodeError"):
            mine = "\t".join(mine.split("\t")[:2]) + " |"
        if mine == theirs:
            same += 1
            same_errors += is_error
        elif shown < limit:
            shown += 1
            print(f"{source[-300:] if len(source) > 300 else source!r} {mode} {flags:#x} {version}\n  ours   {mine[:400]}\n  theirs {theirs[:400]}")
    if len(ours) != len(wanted):
        print("stopped at", len(ours), repr(wanted[len(ours)][0][:300]), output.stderr[-500:])
    print(f"{same} of {len(wanted)} cases are the same, {same_errors} of {errors} errors")


def main():
    match sys.argv[1:]:
        case ["record", path, *modules]:
            record(path, modules)
        case ["fuzz", path, count, *seed]:
            fuzz(path, int(count), int(seed[0]) if seed else 0)
        case ["lines", path, source]:
            lines(path, source)
        case ["compare", program, path, *limit]:
            compare(program, path, int(limit[0]) if limit else 20)
        case ["strict", program, path, *limit]:
            compare(program, path, int(limit[0]) if limit else 20, strict=True)
        case _:
            print(__doc__)


if __name__ == "__main__":
    main()
