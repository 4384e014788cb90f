"""Compiles sources and says what became of each: `sources.py CASES FIRST`.

CASES holds for each source its length (four bytes, little-endian) and its bytes; FIRST is the number of the first one, which
decides how it is compiled. Each answer is a line: the number, then the digest of what was made of it, or the error with its
place and text, then the warnings.
"""

import ast
import sys
import warnings

from frontend import describe_code

ONLY_AST, TYPE_COMMENTS, ALLOW_INCOMPLETE, DONT_IMPLY_DEDENT = 0x400, 0x1000, 0x4000, 0x200


def outcome(source, number):
    kind = number % 10
    try:
        if kind == 9:
            version = 4 + number // 10 % 11
            tree = compile(source, "<file>", "exec", ONLY_AST | TYPE_COMMENTS, True, _feature_version=version)
            return f"tree {hash(ast.dump(tree, include_attributes=True))}"
        mode = {7: "eval", 8: "single"}.get(kind, "exec")
        flags = ALLOW_INCOMPLETE | DONT_IMPLY_DEDENT if number % 20 == 8 else 0
        return f"code {hash(chr(10).join(describe_code(source, number % 3, True, mode, flags)))}"
    except SyntaxError as error:
        place = error.lineno, error.offset, error.end_lineno, error.end_offset
        return f"{type(error).__name__} {error.msg!a} {place} {error.text!a}"
    except Exception as error:
        return f"{type(error).__name__} {ascii(str(error))}"


def main(path, number):
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    number = int(number)
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        source = data[at + 4 : at + 4 + size]
        at += 4 + size
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = outcome(source, number)
        shown = [(w.category.__name__, str(w.message), w.lineno) for w in caught]
        print(number, f"{result} {shown!a}" if shown else result, sep="\t", flush=True)
        number += 1


main(*sys.argv[1:])
