# memory
# Fills the memory, then does a little of everything, again and again, with whatever is left.
import array, ast, collections, contextlib, copy, functools, heapq, io, itertools, json, operator, pickle, random, re, struct, sys, traceback


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __repr__(self):
        return f"Point({self.x!r}, {self.y!r})"

    @property
    def norm(self):
        return (self.x**2 + self.y**2) ** 0.5


def count(limit):
    for number in range(limit):
        yield number


async def wait(value):
    return [item async for item in wait_items(value)]


async def wait_items(value):
    for number in range(value):
        yield number


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def fail(depth):
    if depth:
        fail(depth - 1)
    raise ExceptionGroup("many", [ValueError(depth), KeyError(depth)])


def caught():
    with contextlib.suppress(ExceptionGroup):
        fail(20)
    try:
        fail(10)
    except* ValueError as group:
        text = traceback.format_exception(group.exceptions[0])
    except* KeyError:
        pass
    return text


ACTIONS = [
    lambda: "é".join(map(str, range(1000))).encode().decode().upper().split("É"),
    lambda: json.loads(json.dumps([{"key": [1.5, None, "text"] * 10}] * 20)),
    lambda: re.sub(r"(\w+) (\w+)", r"\2 \1", "one two three four " * 200),
    lambda: re.compile("|".join(random.sample("abcdefghij", 5)) + "+(x|y)*").findall("abcdefxyy" * 50),
    lambda: sorted([random.random() for _ in range(2000)], key=lambda value: -value),
    lambda: {number: str(number) for number in range(3000)},
    lambda: {*range(3000)} | {*range(1000, 5000)},
    lambda: [Point(number, number).norm for number in count(500)],
    lambda: copy.deepcopy({"points": [Point(1, 2)] * 30, "nested": [[[]]] * 10}),
    lambda: pickle.loads(pickle.dumps([list(range(100))] * 30)),
    lambda: compile("def f(a, *b, c=1, **d):\n    return [x for x in b if x]\n" * 40, "source", "exec"),
    lambda: ast.unparse(ast.parse("x = [1, 2, f'{a!r:>{b}}']\n" * 50)),
    lambda: 3**20000 * 7**9000 // 5**4000,
    lambda: str(2**3000),
    lambda: caught(),
    lambda: run(wait(200)),
    lambda: type("New", (Point,), {"__slots__": ("a", "b"), "f": functools.lru_cache(lambda self: 1)}),
    lambda: list(itertools.permutations(range(5))),
    lambda: collections.Counter("some text" * 300).most_common(3),
    lambda: collections.OrderedDict.fromkeys(range(500)),
    lambda: heapq.nlargest(5, range(2000), key=operator.neg),
    lambda: io.TextIOWrapper(io.BytesIO(b"line\n" * 2000)).readlines(),
    lambda: array.array("d", range(3000)).tobytes(),
    lambda: struct.pack("3000i", *range(3000)),
    lambda: "{:>{}}".format("x", 20000) + "%50s" % "y" + "z".center(10000),
    lambda: bytearray(50000).translate(bytes(256)).replace(b"\0", b"ab"),
    lambda: memoryview(bytes(10000))[::2].tolist(),
    lambda: exec("class A:\n    x: int = 1\n    def f(self): return super().__repr__()\nA().f()", {}),
    lambda: sys.intern("name" + str(random.random())),
]

random.seed(4)
kept, block = [], 1 << 20
while block >= 64:
    try:
        while len(kept) < 400:
            kept.append(bytearray(block))
        break
    except MemoryError:
        block //= 2
lost = 0
for turn in range(600):
    try:
        random.choice(ACTIONS)()
    except MemoryError:
        lost += 1
        if kept and lost % 8 == 0:
            kept.pop()
print("done")
