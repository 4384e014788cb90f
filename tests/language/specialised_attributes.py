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


# A class's own __getattribute__, alone and with a __getattr__ behind it.
class Own:
    def __init__(self):
        object.__setattr__(self, "value", 1)

    def __getattribute__(self, name):
        return name, object.__getattribute__(self, "value")


class Behind:
    value = 2

    def __init__(self):
        self.own = 3

    @property
    def fails(self):
        raise AttributeError("inner")

    def method(self):
        return "method"

    def __getattr__(self, name):
        return "behind " + name


def read(object, times=20):
    return [object.value for _ in range(times)][-1]


def read_own(object):
    return [object.own for _ in range(20)][-1]


def read_fails(object):
    return [object.fails for _ in range(20)][-1]


own, behind = Own(), Behind()
print(read(own), read(behind), read(own, 2))  # expect: ('value', 1) 2 ('value', 1)
print(read_own(behind), read_fails(behind))  # expect: 3 behind fails
print([behind.method() for _ in range(20)][-1])  # expect: method
del behind.own
print(read_own(behind))  # expect: behind own
behind.own = 4
print(read_own(behind))  # expect: 4
del Behind.__getattr__
try:
    read_fails(behind)
except AttributeError as error:
    print(error)  # expect: inner
Own.__getattribute__ = lambda self, name: "changed"
print(read(own))  # expect: changed
Own.__getattr__ = lambda self, name: "behind"
print(read(own))  # expect: changed
del Own.__getattribute__
print(read(own), own.other)  # expect: 1 behind


class Deep:
    def __getattribute__(self, name):
        return self.again


try:
    Deep().value
except RecursionError:
    print("deep")  # expect: deep


# super() where the attribute is not called.
class Base:
    kind = "base"

    @property
    def double(self):
        return self.number * 2

    def method(self):
        return self.number

    @classmethod
    def name(cls):
        return cls.__name__


class Derived(Base):
    kind = "derived"
    number = 5

    def read(self):
        return super().kind, super().double, super().method(), super().name()

    def take(self):
        method = super().method
        return method()

    @property
    def double(self):
        return super().double + 1

    @classmethod
    def made(cls):
        return super().kind


class Other(Derived):
    number = 6


derived, other = Derived(), Other()
for _ in range(20):
    result = derived.read(), other.read(), derived.take(), other.double, Other.made()
print(result)  # expect: (('base', 10, 5, 'Derived'), ('base', 12, 6, 'Other'), 5, 13, 'base')
Base.kind = "changed"
del Base.double
try:
    derived.double
except AttributeError as error:
    print(error)  # expect: 'super' object has no attribute 'double'
print(derived.made(), derived.take())  # expect: changed 5
