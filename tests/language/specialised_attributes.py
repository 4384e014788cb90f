# Attributes in one place of the program, whose owners have several classes that take turns.


class Plain:
    shown = 5

    def __init__(self):
        self.value = 1

    def method(self):
        return "plain"


class Slotted:
    __slots__ = ("value",)
    shown = property(lambda self: 7)

    def __init__(self):
        self.value = 2

    def method(self):
        return "slotted"


class Derived(Plain):
    def method(self):
        return "derived"


class Shadowing:
    shown = 8

    def __init__(self):
        self.__dict__["value"] = 4
        self.method = lambda: "shadowing"


def look(owner):
    owner.value = owner.value
    return owner.value, owner.method(), owner.shown


classes = Plain, Slotted, Derived, Shadowing
seen = {cls: set() for cls in classes}
for turn in range(400):
    for cls in classes:
        seen[cls].add(look(cls()))
for cls in classes:
    print(cls.__name__, seen[cls])
# expect: Plain {(1, 'plain', 5)}
# expect: Slotted {(2, 'slotted', 7)}
# expect: Derived {(1, 'derived', 5)}
# expect: Shadowing {(4, 'shadowing', 8)}

# What was found out about a class holds until the class changes.
Plain.method = lambda self: "changed"
Plain.shown = property(lambda self: "computed")
del Shadowing.shown
for cls in classes:
    try:
        print(look(cls()))
    except AttributeError as error:
        print(error)
# expect: (1, 'changed', 'computed')
# expect: (2, 'slotted', 7)
# expect: (1, 'derived', 'computed')
# expect: 'Shadowing' object has no attribute 'shown'

# An instance that has its own method now, and one whose attributes are in a dict.
for turn in range(100):
    one, other = Derived(), Plain()
    look(one), look(other)
    one.method = lambda: "own"
    other.__dict__ = {"value": 9, "method": lambda: "dict"}
    assert look(one) == (1, "own", "computed") and look(other) == (9, "dict", "computed")
