"""Decorators in all their forms: a function that takes a function, and whatever that leads to."""

import functools
import inspect


def announce(function):
    """The plain form: takes a function, returns another in its place."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print(f"   calling {function.__name__}{args}")
        return function(*args, **kwargs)

    return wrapper


@announce
def add(a, b):
    """Adds two numbers."""
    return a + b


print("Plain:")
print("  ", add(1, 2), add.__name__, repr(add.__doc__), add.__wrapped__(3, 4))


def repeat(times):
    """With arguments: a function that makes the decorator."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            return [function(*args) for _ in range(times)]

        return wrapper

    return decorate


@repeat(times=3)
def hello(name):
    return f"hello {name}"


print("With arguments:")
print("  ", hello("you"))


def flexible(function=None, *, prefix=">"):
    """With or without arguments."""
    if function is None:
        return functools.partial(flexible, prefix=prefix)
    return lambda *args: f"{prefix} {function(*args)}"


@flexible
def plain():
    return "without parentheses"


@flexible(prefix="#")
def configured():
    return "with parentheses"


print("  ", plain(), configured())

print("Stacked, the nearest one first:")


def tag(name):
    print("   evaluating", name)

    def decorate(function):
        print("   applying", name)
        return lambda: f"<{name}>{function()}</{name}>"

    return decorate


@tag("b")
@tag("i")
def text():
    return "text"


print("  ", text())

print("A class as a decorator keeps state:")


class CountCalls:
    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function
        self.calls = 0

    def __call__(self, *args):
        self.calls += 1
        return self.function(*args)

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)


class Greeter:
    def __init__(self, name):
        self.name = name

    @CountCalls
    def greet(self, other):
        return f"{self.name} greets {other}"


print("  ", Greeter("Ann").greet("Bob"), "|", Greeter("Cid").greet("Dot"), "|", Greeter.greet.calls, "calls")

print("Decorating a class:")
REGISTRY = {}


def register(cls):
    REGISTRY[cls.__name__.lower()] = cls
    return cls


@register
class Circle: ...


@register
class Square: ...


print("  ", sorted(REGISTRY), REGISTRY["circle"] is Circle)

print("The built-in ones:")


class Temperature:
    def __init__(self, celsius):
        self.celsius = celsius

    @property
    def fahrenheit(self):
        return self.celsius * 9 / 5 + 32

    @fahrenheit.setter
    def fahrenheit(self, value):
        self.celsius = (value - 32) * 5 / 9

    @classmethod
    def boiling(cls):
        return cls(100)

    @staticmethod
    def is_sensible(value):
        return value >= -273.15

    @functools.cached_property
    def description(self):
        print("   computed once")
        return f"{self.celsius} °C"


t = Temperature.boiling()
print("  ", t.fahrenheit, t.is_sensible(-300), t.description, t.description)
t.fahrenheit = 32
print("  ", t.celsius, t.description, "(stale, as it was cached)")
try:
    del t.fahrenheit
except AttributeError as error:
    print("  ", error)


@functools.singledispatch
def describe(value):
    return f"something: {value!r}"


@describe.register
def _(value: int | float):
    return f"a number: {value}"


@describe.register(list)
def _(value):
    return f"{len(value)} items"


print("  ", describe(1), "|", describe([1, 2]), "|", describe(None), "|", describe(True))


@functools.lru_cache(maxsize=2)
def square(n):
    return n * n


print("  ", [square(n) for n in (1, 2, 1, 3, 2)], square.cache_info())

print("Any expression can decorate:")
buttons = [lambda f: f"button 0 {f.__name__}", lambda f: f"button 1 {f.__name__}"]


@buttons[1]
def pressed(): ...


print("  ", pressed, inspect.signature(add))
