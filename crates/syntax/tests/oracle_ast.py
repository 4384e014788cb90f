"""Compares Taipan's AST with CPython's, run by the reference CPython.

usage: oracle_ast.py DUMP_AST [--full FILE] [ROOT]

DUMP_AST is the built example `dump_ast`. Every statement of every .py file under ROOT (default: the standard library) must have
the same dump, positions included.
"""

import ast
import os
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib

warnings.simplefilter("ignore")
sys.setrecursionlimit(20000)


def text(value):
    data = value.encode("utf-8", "surrogatepass")
    if all(0x20 <= b < 0x7F and b not in b"'\\" for b in data):
        return f"'{data.decode()}'"
    return f"u<{data.hex()}>"


def bits(value):
    return struct.pack(">d", value).hex()


def constant(value):
    match value:
        case None | True | False:
            return str(value)
        case int():
            return hex(value)
        case float():
            return "f" + bits(value)
        case complex():
            return "c" + bits(value.real) + bits(value.imag)
        case str():
            return text(value)
        case bytes():
            if all(0x20 <= b < 0x7F and b not in b"'\\" for b in value):
                return f"b'{value.decode()}'"
            return f"b<{value.hex()}>"
    return "Ellipsis"


def dump(node):
    if isinstance(node, ast.AST):
        cls = type(node)
        parts = []
        for name in cls._fields:
            value = getattr(node, name)
            if value is None and not (cls in (ast.Constant, ast.MatchSingleton) and name == "value"):
                continue
            is_constant = name == "value" and cls in (ast.Constant, ast.MatchSingleton) or name == "str"
            parts.append(f"{name}={constant(value) if is_constant else dump(value)}")
        for name in cls._attributes:
            parts.append(f"{name}={getattr(node, name)}")
        return f"{cls.__name__}({', '.join(parts)})"
    if isinstance(node, list):
        return f"[{', '.join(map(dump, node))}]"
    if isinstance(node, str):
        return text(node)
    return str(node)


def files(root):
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                try:
                    with open(path, encoding="utf-8", newline="") as file:
                        source = file.read()
                    tree = ast.parse(source)
                except (OSError, SyntaxError, UnicodeError, ValueError):
                    continue
                yield path, tree


def digests(tree):
    return [f"{zlib.crc32(dump(stmt).encode()):08x}" for stmt in tree.body]


def main():
    program = sys.argv[1]
    if sys.argv[2:3] == ["--full"]:
        path = sys.argv[3]
        with open(path, encoding="utf-8", newline="") as file:
            tree = ast.parse(file.read())
        ours = subprocess.run([program, "full", path], capture_output=True, text=True).stdout.splitlines()
        for mine, stmt in zip(ours, tree.body):
            theirs = dump(stmt)
            if mine != theirs:
                at = next((i for i, (a, b) in enumerate(zip(mine, theirs)) if a != b), 0)
                print(f"line {stmt.lineno}, at {at}\n  ours   {mine[max(0, at - 150):at + 200]}")
                print(f"  theirs {theirs[max(0, at - 150):at + 200]}")
        if len(ours) != len(tree.body):
            print(ours[-1][:500])
        return
    root = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.__file__)
    expected = {}
    cache = os.environ.get("ORACLE_CACHE")
    if cache and os.path.exists(cache):
        with open(cache) as file:
            for line in file:
                path, *rest = line.rstrip("\n").split(" ")
                expected[path] = rest
    else:
        for path, tree in files(root):
            expected[path] = digests(tree)
        if cache:
            with open(cache, "w") as file:
                file.writelines(f"{' '.join([path, *rest])}\n" for path, rest in expected.items())
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing:
        listing.write("\n".join(expected))
        listing.flush()
        output = subprocess.run([program, "digest", listing.name], capture_output=True, text=True).stdout
    same = 0
    for line in output.splitlines():
        path, *ours = line.split(" ")
        if ours == expected[path]:
            same += 1
        else:
            print("differs:", path, " ".join(ours[:12]) if ours[:1] == ["error"] else "")
    print(f"{same} of {len(expected)} files are the same")


if __name__ == "__main__":
    main()
