"""Compares Taipan's tokens with CPython's `_tokenize`, run by the reference CPython.

usage: oracle_tokens.py TOKENS [FILE]

TOKENS is the built example `tokens`. Without FILE the digests of all files of the standard library are compared.
"""

import _tokenize
import io
import os
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from oracle_ast import text


def tokens(path):
    with open(path, encoding="utf-8", newline="") as file:
        source = file.read()

    out = []
    try:
        for kind, string, start, end, line in _tokenize.TokenizerIter(io.StringIO(source, newline="").readline, extra_tokens=True):
            out.append(f"{kind} {start[0]},{start[1]}-{end[0]},{end[1]} {text(string)} {text(line)}\n")
    except SyntaxError as error:
        out.append(f"error {error.msg} {error.lineno} {error.offset}\n")
    return "".join(out)


def main():
    program = sys.argv[1]
    if len(sys.argv) > 2:
        theirs = tokens(sys.argv[2]).splitlines()
        ours = subprocess.run([program, sys.argv[2]], capture_output=True, text=True).stdout.splitlines()
        different = [(a, b) for a, b in zip(ours, theirs) if a != b]
        for a, b in different[:5]:
            print(f"ours   {a[:300]}\ntheirs {b[:300]}")
        print(len(ours), len(theirs), len(different))
        if len(ours) != len(theirs):
            print(ours[-1][:200], "\n", theirs[-1][:200])
        return
    expected = {}
    for folder, _, names in sorted(os.walk(os.path.dirname(os.__file__))):
        for name in sorted(names):
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                try:
                    expected[path] = f"{zlib.crc32(tokens(path).encode()):08x}"
                except (OSError, UnicodeError):
                    continue
    with tempfile.NamedTemporaryFile("w") as listing:
        listing.write("\n".join(expected))
        listing.flush()
        output = subprocess.run([program, listing.name, "digest"], capture_output=True, text=True).stdout
    same = 0
    for line in output.splitlines():
        path, digest = line.rsplit(" ", 1)
        if digest == expected[path]:
            same += 1
        else:
            print("differs:", path)
    print(f"{same} of {len(expected)} files have the same tokens")


if __name__ == "__main__":
    main()
