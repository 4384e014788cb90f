"""Scopes, closures and cells: where a name lives, and for how long."""

x = "global"


def enclosing():
    x = "enclosing"

    def inner():
        x = "local"
        return x

    def reader():
        return x

    return inner(), reader(), globals()["x"]


print("Local, enclosing, global:", enclosing())


def accumulator(total=0):
    def add(amount):
        nonlocal total
        total += amount
        return total

    def reset():
        nonlocal total
        total = 0

    return add, reset


add, reset = accumulator(100)
print("Shared state:", add(1), add(2), reset(), add(5))
print("The cell:", add.__code__.co_freevars, add.__closure__[0].cell_contents, add.__closure__[0] is reset.__closure__[0])

print("A closure sees the variable, not the value it had:")
late = [lambda: i for i in range(3)]
early = [lambda i=i: i for i in range(3)]
print("  ", [f() for f in late], [f() for f in early])


def make_adders():
    return [(lambda n: lambda y: y + n)(n) for n in range(3)]


print("  ", [f(10) for f in make_adders()])

print("An assignment anywhere makes a name local everywhere in the function:")


def too_early():
    print(x)
    x = 1


try:
    too_early()
except UnboundLocalError as error:
    print("  ", error)


def deleted():
    value = 1
    del value
    return lambda: value


try:
    deleted()()
except NameError as error:
    print("  ", error)

try:
    undefined_name
except NameError as error:
    print("  ", error)

print("global reaches past the enclosing scopes:")


def outer():
    x = "outer"

    def inner():
        global x
        x = "changed"
        return x

    return inner(), x


print("  ", outer(), x)

print("A class body is a scope that its methods do not see:")
name = "module"


class Scope:
    name = "class"
    names = [name for _ in range(1)]

    def method(self):
        return name

    listed = [(lambda: name)() for _ in range(1)]


print("  ", Scope.names, Scope().method(), Scope.listed)

print("__class__ is a cell too, made for super():")


class Base:
    def who(self):
        return "base"


class Derived(Base):
    def who(self):
        return "derived of " + super().who()

    def cell(self):
        return __class__.__name__


print("  ", Derived().who(), Derived().cell(), Derived.cell.__code__.co_freevars)

print("Comprehensions have a scope; := writes into the function's:")
i = "kept"
squares = [i * i for i in range(4)]
print("  ", i, squares, any((witness := n) > 2 for n in squares), witness)

print("locals() is a snapshot in a function, exec works on what it is given:")


def snapshot():
    value = 1
    before = locals()
    value = 2
    return before, locals()


print("  ", *snapshot())
space = {"n": 20}
exec("doubled = [n * 2 for _ in 'ab']; n += 1", space)
print("  ", space["doubled"], space["n"], eval("n + 1", {}, {"n": 1}))


def compose(*functions):
    def composed(value):
        for function in functions:
            value = function(value)
        return value

    return composed


print("Composition:", compose(str.strip, str.title, lambda s: s + "!")("  hello world "))
