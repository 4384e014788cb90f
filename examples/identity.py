"""Names, objects and values: what assignment binds, what mutation changes, what `is` asks."""

import copy
import sys

print("Assignment binds a name, it copies nothing:")
a = [1, 2, 3]
b = a
b.append(4)
print("  ", a, a is b, a == [1, 2, 3, 4], a is [1, 2, 3, 4])

print("+= mutates a list, but makes a new tuple:")
numbers = alias = [1]
numbers += [2]
print("  ", numbers, alias, numbers is alias)
numbers = numbers + [3]
print("  ", numbers, alias, numbers is alias)
point = other = (1,)
point += (2,)
print("  ", point, other, point is other)

print("A function works on the object it is given:")


def grow(items):
    items.append("grown")
    items = ["rebound"]
    return items


mine = []
print("  ", grow(mine), mine)

print("An immutable tuple may hold something mutable:")
mixed = ([], 1)
mixed[0].append("x")
try:
    mixed[0] += ["y"]
except TypeError as error:
    print("  ", error, "- and yet:", mixed)
try:
    hash(mixed)
except TypeError as error:
    print("  ", error)

print("Repeating a list repeats references:")
wrong = [[0] * 2] * 2
wrong[0][0] = 1
right = [[0] * 2 for _ in range(2)]
right[0][0] = 1
print("  ", wrong, right)

print("Slices are copies, and assign in place:")
letters = list("abcdef")
part = letters[1:3]
part[0] = "!"
letters[1:3] = ["X", "Y", "Z"]
letters[::2] = "1234"
print("  ", part, letters)
del letters[1:-1]
print("  ", letters)

print("Shallow and deep copies:")
nested = {"list": [1, 2], "self": None}
nested["self"] = nested
shallow, deep = copy.copy(nested), copy.deepcopy(nested)
nested["list"].append(3)
print("  ", shallow["list"], deep["list"], shallow["self"] is nested, deep["self"] is deep)
print("  ", nested)

print("== asks the objects, is asks nobody:")


class Agreeable:
    def __eq__(self, other):
        return True


friend = Agreeable()
print("  ", friend == None, friend is None, friend != 1, friend in [1])  # noqa: E711
nan = float("nan")
print("  ", nan == nan, nan in [nan], [nan] == [nan], 1 == 1.0 == True, True is not False)
print("  ", hash(1) == hash(1.0) == hash(True), {1: "one", 1.0: "float", True: "bool"})

print("Some objects exist once:")
print("  ", None is type(None)(), tuple([]) is tuple({}), sys.intern("a b") is sys.intern("a " + "b"))
print("  ", bool("x") is True, type(...)() is ..., int("7") is int("7"), chr(97) is "abc"[0])

print("Identity lasts as long as the object:")
first = object()
print("  ", id(first) == id(first), isinstance(id(first), int), first == first, object() == object())

print("Changing a collection while walking over it:")
items = [1, 2, 3, 4]
for item in items:
    if item % 2:
        items.remove(item)
print("  ", items)
table = {"a": 1}
try:
    for key in table:
        table[key + "x"] = 1
except RuntimeError as error:
    print("  ", error)

print("Chained and swapped:")
x = y = []
x.append(1)
print("  ", y)
i, values = 0, [10, 20]
i, values[i] = 1, 99
print("  ", i, values)
