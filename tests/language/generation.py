"""Generators and coroutines: suspension, send, throw, close, delegation, async protocols by hand."""


def numbers(n):
    try:
        for i in range(n):
            received = yield i
            if received:
                print("received", received)
    finally:
        print("closed at", i)
    return "returned"


g = numbers(3)
print(next(g), g.send("hi"), next(g))
# expect: received hi
# expect: 0 1 2
try:
    next(g)
except StopIteration as stop:
    print(stop.value)
# expect: closed at 2
# expect: returned
g = numbers(3)
next(g)
g.close()  # expect: closed at 0
g.close()
print(next(g, "none left"), list(g))  # expect: none left []


def delegates():
    result = yield from numbers(2)
    print("inner", result)
    yield from [10, 20]


print(list(delegates()))
# expect: closed at 1
# expect: inner returned
# expect: [0, 1, 10, 20]


def catches():
    while True:
        try:
            yield "waiting"
        except ValueError as error:
            yield f"caught {error}"


g = catches()
print(next(g), g.throw(ValueError("v")), next(g))  # expect: waiting caught v waiting
try:
    g.throw(KeyError("k"))
except KeyError as error:
    print("escaped", error, g.gi_frame)
# expect: escaped 'k' None
squares = (x * x for x in range(4))
print(next(squares), sum(squares), list(squares))  # expect: 0 14 []
print([*(c for c in "ab")], tuple(i for i in range(2)), max((len(w) for w in ("a", "bbb")), default=0))
# expect: ['a', 'b'] (0, 1) 3


def infinite():
    n = 0
    while True:
        yield n
        n += 1


print([x for x, _ in zip(infinite(), range(5))])  # expect: [0, 1, 2, 3, 4]


def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


f = fib()
print([next(f) for _ in range(15)])  # expect: [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377]


def permutations(items):
    if not items:
        yield []
    for i, item in enumerate(items):
        for rest in permutations(items[:i] + items[i + 1 :]):
            yield [item, *rest]


print(list(permutations([1, 2, 3])))  # expect: [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]]


class Await:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return got


async def inner(x):
    got = await Await(x)
    return got * 2


async def outer():
    a = await inner(1)
    b = await inner(2)
    return a + b


def drive(coroutine, *replies):
    """The smallest event loop: answers each thing that is awaited."""
    try:
        seen = [coroutine.send(None)]
        for reply in replies:
            seen.append(coroutine.send(reply))
    except StopIteration as stop:
        return seen, stop.value
    coroutine.close()
    return seen, "unfinished"


print(drive(outer(), 10, 20), drive(outer(), 10))  # expect: ([1, 2], 60) ([1, 2], 'unfinished')


class Context:
    async def __aenter__(self):
        print("aenter")
        return self

    async def __aexit__(self, *info):
        print("aexit", info[0])
        return True

    def __aiter__(self):
        self.n = 0
        return self

    async def __anext__(self):
        self.n += 1
        if self.n > 3:
            raise StopAsyncIteration
        return self.n


async def agen():
    for i in range(3):
        await Await(f"a{i}")
        yield i


async def uses():
    async with Context() as c:
        async for n in c:
            print("n", n)
        print([n async for n in c if n % 2], {n: 0 async for n in agen()})
        raise ValueError
    return [await inner(0) for _ in range(2)]


print(drive(uses(), None, None, None, 5, 6))
# expect: aenter
# expect: n 1
# expect: n 2
# expect: n 3
# expect: [1, 3] {0: 0, 1: 0, 2: 0}
# expect: aexit <class 'ValueError'>
# expect: (['a0', 'a1', 'a2', 0, 0], [10, 12])
print(drive(outer().__await__(), 1, 2), type(outer).__name__)  # expect: ([1, 2], 6) function


def lazily(log):
    log.append("started")
    yield


log = []
g = lazily(log)
print(log)  # expect: []
next(g)
print(log, g.gi_running, g.gi_code.co_name)  # expect: ['started'] False lazily


def stops():
    yield 1
    raise StopIteration("wrong")


try:
    list(stops())
except RuntimeError as error:
    print(error, type(error.__cause__).__name__)
# expect: generator raised StopIteration StopIteration
try:
    g = numbers(1)
    g.send(1)
except TypeError as error:
    print(error)
# expect: can't send non-None value to a just-started generator


def with_finally():
    try:
        yield 1
    finally:
        yield 2


g = with_finally()
print(next(g))  # expect: 1
try:
    g.close()
except RuntimeError as error:
    print(error)
# expect: generator ignored GeneratorExit


def recursive_sum():
    total = 0
    while (value := (yield total)) is not None:
        total += value
    return total


def average():
    total = yield from recursive_sum()
    yield f"total {total}"


g = average()
next(g)
print(g.send(1), g.send(2), g.send(None))  # expect: 1 3 total 3
