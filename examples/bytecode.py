"""From source to bytecode: code objects, dis, and the tables that a traceback is made from."""

import dis


def greet(name, punctuation="!"):
    """Says hello."""
    message = f"hello {name}"
    return message + punctuation


print("A function's code object:")
code = greet.__code__
for attribute in ("co_name", "co_argcount", "co_varnames", "co_names", "co_consts", "co_stacksize", "co_nlocals", "co_flags"):
    print(f"   {attribute:<13} {getattr(code, attribute)!r}")

print("\nIts instructions:")
dis.dis(greet)

print("\nConstants are folded, dead branches leave nothing:")


def folded():
    if 0:
        print("never")
    return 24 * 60 * 60, "a" + "b", (1, 2)[0], -1


dis.dis(folded)

print("\nA loop jumps backward:")


def loop(n):
    total = 0
    while n > 0:
        total += n
        n -= 1
    return total


dis.dis(loop)

print("\nLocals, globals, cells each have instructions of their own:")


def scopes(a):
    def inner():
        return a + len(__name__)

    return inner


for instruction in dis.get_instructions(scopes(1)):
    print(f"   {instruction.offset:>3} {instruction.opname:<28} {instruction.argrepr}".rstrip())
print("   and the function around it makes the cell:", scopes.__code__.co_cellvars)

print("\ntry costs nothing until something happens: a table says who handles what:")


def careful(text):
    try:
        return int(text)
    except ValueError:
        return None


dis.dis(careful)
entries = dis.Bytecode(careful).exception_entries
print("  ", len(entries), "entries in the exception table")

print("\nEvery instruction knows its place in the source:")


def place(a, b):
    return a[0] * (b + 1)


for instruction in dis.get_instructions(place):
    position = instruction.positions
    start, end = position.col_offset, position.end_col_offset
    where = "return a[0] * (b + 1)"[start - 4 : end - 4] if position.lineno == place.__code__.co_firstlineno + 1 else ""
    print(f"   {instruction.opname:<26} {instruction.argrepr:<24} {where}".rstrip())

print("\nThe same from other sources:")
dis.dis("x, y = y, x")
print()
dis.dis("[n for n in data if n]")
print("\nStack effects:", {name: dis.stack_effect(dis.opmap[name], 0) for name in ("POP_TOP", "BUILD_LIST", "STORE_SUBSCR")})
print("Code objects can be changed and run:")
changed = code.replace(co_consts=tuple("goodbye " if c == "hello " else c for c in code.co_consts), co_name="part")
greet.__code__ = changed
print("  ", greet("world"), greet.__code__.co_name)
print("  ", eval(compile("6 * 7", "<answer>", "eval")), compile("6 * 7", "<answer>", "eval").co_consts)
