"""Describes what the front end makes of source files, for comparison between two implementations.

    frontend.py digest LIST      for each file that LIST names: path, number of code objects, digest of its tree, digests of its
                                 code plain, with -O and -OO
    frontend.py show PATH KIND   the whole description, KIND being tree, code, code1 (-O) or code2 (-OO)

Run with PYTHONHASHSEED=0: the digests are hash() of the text, which both implementations compute alike. It uses no
more of the library than it must, so that it runs on an interpreter that cannot do much yet.
"""

import sys

FIELDS = (
    "co_name", "co_qualname", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_nlocals", "co_stacksize",
    "co_flags", "co_firstlineno", "co_names", "co_varnames", "co_cellvars", "co_freevars",
)  # fmt: skip


def read(path):
    with open(path, "rb") as file:
        return file.read()


def describe_code(source, optimize=0, brief=False, mode="exec", flags=0):
    lines = []
    pending = [compile(source, "<file>", mode, flags, True, optimize)]
    while pending:
        code = pending.pop()
        lines.append("code " + code.co_qualname)
        for field in FIELDS:
            lines.append(f"  {field} {getattr(code, field)!r}")
        for constant in code.co_consts:
            if isinstance(constant, type(code)):
                pending.append(constant)
                lines.append("  const code " + constant.co_qualname)
            else:
                lines.append("  const " + describe_constant(constant))
        content = code.co_code
        if brief:
            lines.append("  " + content.hex())
        else:
            lines += [f"  {start} {content[start]} {content[start + 1]}" for start in range(0, len(content), 2)]
        lines.append("  lines " + code.co_linetable.hex())
        lines.append("  exceptions " + code.co_exceptiontable.hex())
    return lines


def describe_constant(constant):
    """repr, made to tell what repr does not: the order of a frozenset is no difference."""
    if isinstance(constant, frozenset):
        return "frozenset " + " ".join(sorted(describe_constant(item) for item in constant))
    if isinstance(constant, tuple):
        return "(" + ", ".join(describe_constant(item) for item in constant) + ")"
    return type(constant).__name__ + " " + ascii(constant)


def describe_tree(source):
    import ast

    lines = []

    def visit(name, value, depth):
        if isinstance(value, ast.AST):
            position = [getattr(value, field, None) for field in value._attributes]
            lines.append(f"{' ' * depth}{name} {type(value).__name__} {position}")
            for field in value._fields:
                visit(field, getattr(value, field, "missing"), depth + 1)
        elif isinstance(value, list):
            lines.append(f"{' ' * depth}{name} list {len(value)}")
            for item in value:
                visit("-", item, depth + 1)
        else:
            lines.append(f"{' ' * depth}{name} {type(value).__name__} {ascii(value)}")

    visit("module", compile(source, "<file>", "exec", 0x400, True), 0)
    return lines


def attempt(describe, path, *options):
    try:
        return describe(read(path), *options)
    except SyntaxError as error:
        return [f"{type(error).__name__} {error.lineno}:{error.offset}-{error.end_lineno}:{error.end_offset} {error.msg}"]
    except (ValueError, RecursionError, MemoryError) as error:
        return [f"{type(error).__name__} {error}"]


def main(command, argument, kind="code"):
    if command == "show":
        if kind == "tree":
            lines = attempt(describe_tree, argument)
        else:
            lines = attempt(describe_code, argument, int(kind.removeprefix("code") or 0))
        print("\n".join(lines))
        return
    for path in read(argument).decode().splitlines():
        found = [attempt(describe_tree, path)]
        found += [attempt(describe_code, path, optimize, True) for optimize in range(3)]
        codes = sum(line.startswith("code ") for line in found[1])
        print(path, codes, *[hash("\n".join(lines)) for lines in found], sep="\t", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
