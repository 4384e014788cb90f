"""How arguments find their parameters, and how values are unpacked into names."""

import inspect


def show(function, *args, **kwargs):
    """Calls a function and prints what came of it, be it an error."""
    try:
        print("  ", function(*args, **kwargs))
    except TypeError as error:
        print("  ", "TypeError:", error)


def everything(a, b=2, /, c=3, *rest, d, e=5, **more):
    return f"{a=} {b=} {c=} {rest=} {d=} {e=} {more=}"


print("a, b only by position; c either way; d, e only by name:")
show(everything, 1, d=4)
show(everything, 1, 20, 30, 40, 50, d=4, f=6, g=7)
show(everything, 1, c=33, d=44)
show(everything, 1, d=4, b="goes into more, because b is positional-only")
show(everything)
show(everything, 1)
show(everything, d=1)

print("Every mistake has a message of its own:")


def two(first, second, *, key=None):
    return first, second, key


show(two)
show(two, 1)
show(two, 1, 2, 3)
show(two, 1, 2, first=3)
show(two, 1, 2, kye=3)
show(two, *[1, 2], **{"key": 3})
show(two, *"ab", *(), **{}, **{"key": "c"})

print("Defaults are evaluated once, when the function is defined:")


def collect(item, into=[]):
    into.append(item)
    return into


print("  ", collect(1), collect(2), collect.__defaults__)


def collect_afresh(item, into=None):
    into = [] if into is None else into
    into.append(item)
    return into


print("  ", collect_afresh(1), collect_afresh(2))

print("Arguments are evaluated from left to right:")


def trace(name):
    print("   evaluating", name)
    return name


two(trace("first"), *[trace("second")], key=trace("key"))

print("Unpacking works wherever values are bound:")
a, (b, *c), d = 1, [2, 3, 4], 5
print("  ", a, b, c, d)
*start, end = range(4)
print("  ", start, end)
for index, (letter, *others) in enumerate(["abc", "de", "f"]):
    print("  ", index, letter, others)
head, *_ = {"x": 1, "y": 2}
print("  ", head)
x, y = y, x = 1, 2
print("  ", x, y)
print("  ", [*"ab", *range(2)], {*"aab"} == {"a", "b"}, {**{"k": 1}, "k": 2}, (*[], 1))

for source in ("a, b = 1", "a, b = 1, 2, 3", "a, b, *c = [1]", "a, b = {}"):
    try:
        exec(source)
    except (TypeError, ValueError) as error:
        print(f"   {source:<16} {type(error).__name__}: {error}")

print("A signature can be looked at, and bound without a call:")
signature = inspect.signature(everything)
print("  ", signature)
for name, parameter in signature.parameters.items():
    default = "" if parameter.default is parameter.empty else f" = {parameter.default}"
    print(f"   {name + default:<8} {parameter.kind.description}")
bound = signature.bind(1, 2, d=3)
bound.apply_defaults()
print("  ", dict(bound.arguments))
