"""Functions: parameters, defaults, closures, recursion, lambdas, attributes, annotations."""


def f(a, b=2, *args, c, d=4, **kwargs):
    return a, b, args, c, d, kwargs


print(f(1, c=3))  # expect: (1, 2, (), 3, 4, {})
print(f(1, 5, 6, 7, c=3, d=9, e=10))  # expect: (1, 5, (6, 7), 3, 9, {'e': 10})
print(f(*[1, 2], **{"c": 3, "z": 0}))  # expect: (1, 2, (), 3, 4, {'z': 0})


def g(x, /, y, *, z=0):
    return x, y, z


print(g(1, 2), g(1, y=2, z=3))  # expect: (1, 2, 0) (1, 2, 3)
for call in ("g()", "g(1)", "g(x=1, y=2)", "g(1, 2, 3)", "g(1, 2, w=3)", "f(1)", "f(1, 2, b=3, c=1)", "(lambda: 0)(1)", "g(1, *[2], y=3)", "f(**{1: 2})", "len()", "len([], [])", "int('1', bas=2)", "print(nope=1)"):
    try:
        print(call, eval(call))
    except TypeError as error:
        print(call, "->", error)
# expect: g() -> g() missing 2 required positional arguments: 'x' and 'y'
# expect: g(1) -> g() missing 1 required positional argument: 'y'
# expect: g(x=1, y=2) -> g() got some positional-only arguments passed as keyword arguments: 'x'
# expect: g(1, 2, 3) -> g() takes 2 positional arguments but 3 were given
# expect: g(1, 2, w=3) -> g() got an unexpected keyword argument 'w'
# expect: f(1) -> f() missing 1 required keyword-only argument: 'c'
# expect: f(1, 2, b=3, c=1) -> f() got multiple values for argument 'b'
# expect: (lambda: 0)(1) -> <lambda>() takes 0 positional arguments but 1 was given
# expect: g(1, *[2], y=3) -> g() got multiple values for argument 'y'
# expect: f(**{1: 2}) -> keywords must be strings
# expect: len() -> len() takes exactly one argument (0 given)
# expect: len([], []) -> len() takes exactly one argument (2 given)
# expect: int('1', bas=2) -> int() got an unexpected keyword argument 'bas'. Did you mean 'base'?
# expect: print(nope=1) -> print() got an unexpected keyword argument 'nope'


def counter():
    n = 0

    def up(by=1):
        nonlocal n
        n += by
        return n

    return up


one, two = counter(), counter()
print(one(), one(), two(10), one(5))  # expect: 1 2 10 7


def fact(n):
    return 1 if n < 2 else n * fact(n - 1)


print(fact(30))  # expect: 265252859812191058636308480000000


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


print(deep(900))  # expect: 900
try:
    deep(10**6)
except RecursionError as error:
    print(type(error).__name__, error)
# expect: RecursionError maximum recursion depth exceeded
print((lambda *a, **k: (a, k))(1, 2, x=3))  # expect: ((1, 2), {'x': 3})
print([h(3) for h in [lambda v, p=p: v**p for p in range(4)]])  # expect: [1, 3, 9, 27]


def documented(a: int, b: "str" = "x") -> list[int]:
    """One line."""
    return [a]


print(documented.__doc__, documented.__name__, documented.__defaults__, documented.__annotations__)
# expect: One line. documented ('x',) {'a': <class 'int'>, 'b': 'str', 'return': list[int]}
documented.custom = 1
print(documented.custom, documented.__dict__, documented.__qualname__, documented.__module__)
# expect: 1 {'custom': 1} documented __main__


def generic[T: int, *Ts, **P](x: T) -> T:
    return x


print(generic.__type_params__, generic(5))  # expect: (T, Ts, P) 5
type Alias[K] = dict[K, int]
print(Alias, Alias.__value__, Alias[str])  # expect: Alias dict[K, int] Alias[str]


def mutable(item, bucket=[]):
    bucket.append(item)
    return bucket


print(mutable(1), mutable(2))  # expect: [1, 2] [1, 2]


def outer():
    x = "outer"

    class C:
        y = x

        def method(self):
            return x

    return C.y, C().method()


print(outer())  # expect: ('outer', 'outer')
x = "global"


def reads_global():
    return x


def assigns():
    global x
    x = "assigned"


assigns()
print(reads_global())  # expect: assigned


def unbound():
    print(later)
    later = 1


try:
    unbound()
except UnboundLocalError as error:
    print(error)
# expect: cannot access local variable 'later' where it is not associated with a value


def decorate(tag):
    def wrap(func):
        return lambda *a: f"<{tag}>{func(*a)}</{tag}>"

    return wrap


@decorate("b")
@decorate("i")
def text(value):
    return value


print(text("x"))  # expect: <b><i>x</i></b>
print(list(map(lambda a, b: a * b, [1, 2, 3], [4, 5, 6])), sorted("bca", key=lambda ch: -ord(ch)))
# expect: [4, 10, 18] ['c', 'b', 'a']
(lambda: print("called"))()  # expect: called
a, *b = c = [1, 2, 3]
print(a, b, c)  # expect: 1 [2, 3] [1, 2, 3]
(a, [b, *c], d), e = (1, "xyz", 2), 3
print(a, b, c, d, e)  # expect: 1 x ['y', 'z'] 2 3
print((y := 5) + y, [z := 1, z + 1], [last := i for i in range(3)], last)  # expect: 10 [1, 2] [0, 1, 2] 2


def walk(tree):
    if tree:
        left, value, right = tree
        yield from walk(left)
        yield value
        yield from walk(right)


print(list(walk(((None, 1, None), 2, ((None, 3, None), 4, None)))))  # expect: [1, 2, 3, 4]
