"""A tour of Python in one sitting: run it, read it, change it.

    cargo run --release -- examples/tour.py
"""

import contextlib
import dataclasses
import enum
import functools
import heapq
import itertools
import math
import re
import sys
import textwrap
from collections import Counter, defaultdict, deque


def section(title):
    print(f"\n── {title} {'─' * (60 - len(title))}")


# Numbers do not overflow, and strings know every script.
section("Numbers and text")
print("2**200      =", 2**200)
print("30! mod 31  =", math.factorial(30) % 31, "(Wilson's theorem: 31 is prime)")
print("0.1 + 0.2   =", 0.1 + 0.2)
print("hex float   =", (0.1).hex())
print("complex     =", (3 + 4j) * (1 - 2j), abs(3 + 4j))
word = "Ταϊπάν"
print(f"{word!r} upper {word.upper()!r} reversed {word[::-1]!r}, {len(word.encode())} bytes of UTF-8")
print(f"{'left':<8}|{'mid':^8}|{'right':>8}|{1234567.891:,.2f}|{255:#06x}|{0.25:.0%}")

# Unpacking, comprehensions, generators: the everyday tools.
section("Shapes of data")
first, *middle, last = "PYTHON"
print(first, middle, last)
table = {name: len(name) for name in ("ada", "grace", "barbara", "margaret")}
print(table | {"hedy": 4}, {size for size in table.values() if size > 3})
print([(x, y) for x in range(3) for y in range(x)])


def primes():
    """The sieve of Eratosthenes without an end."""
    composites = defaultdict(list)
    for number in itertools.count(2):
        if number in composites:
            for prime in composites.pop(number):
                composites[number + prime].append(prime)
        else:
            composites[number * number].append(number)
            yield number


print(*itertools.islice(primes(), 15))

# A class says what it is; a decorator writes the tedious part.
section("Classes")


class Suit(enum.Enum):
    CLUBS = "♣"
    DIAMONDS = "♦"
    HEARTS = "♥"
    SPADES = "♠"


@dataclasses.dataclass(frozen=True, order=True)
class Card:
    rank: int
    suit: Suit = dataclasses.field(compare=False)

    def __str__(self):
        return f"{'  23456789TJQKA'[self.rank]}{self.suit.value}"


hand = [Card(14, Suit.SPADES), Card(2, Suit.HEARTS), Card(11, Suit.CLUBS)]
print(*sorted(hand), "highest:", max(hand))
print(repr(hand[0]))
try:
    hand[0].rank = 3
except dataclasses.FrozenInstanceError as error:
    print("frozen:", error)


class Vector(tuple):
    """A tuple that does arithmetic: operators are methods."""

    def __new__(cls, *items):
        return super().__new__(cls, items)

    def __add__(self, other):
        return Vector(*map(sum, zip(self, other, strict=True)))

    def __rmul__(self, factor):
        return Vector(*(factor * item for item in self))

    def __repr__(self):
        return f"Vector{super().__repr__()}"


print(Vector(1, 2) + 3 * Vector(10, 20))

# Structural pattern matching: a tiny calculator over nested tuples.
section("Pattern matching")


def evaluate(expression):
    match expression:
        case int() | float():
            return expression
        case ("+" | "*" as operator, *operands):
            fold = {"+": sum, "*": math.prod}[operator]
            return fold(evaluate(operand) for operand in operands)
        case ("-", operand):
            return -evaluate(operand)
        case {"if": condition, "then": yes, "else": no}:
            return evaluate(yes if evaluate(condition) else no)
        case _:
            raise ValueError(f"cannot evaluate {expression!r}")


print(evaluate(("+", 1, ("*", 2, 3, 4), ("-", 5))))
print(evaluate({"if": ("+", 1, -1), "then": 10, "else": ("*", 2, 21)}))

# Functions are values: closures, caches, partial application.
section("Functions")


@functools.cache
def ways(amount, coins=(50, 20, 10, 5, 2, 1)):
    """In how many ways can coins make up an amount?"""
    if amount == 0:
        return 1
    if amount < 0 or not coins:
        return 0
    return ways(amount - coins[0], coins) + ways(amount, coins[1:])


print("ways to change 100:", ways(100), "after", ways.cache_info().misses, "distinct questions")


def counter():
    total = 0

    def add(n=1):
        nonlocal total
        total += n
        return total

    return add


count = counter()
print(count(), count(10), count(), count.__closure__[0].cell_contents)

# Errors carry their story; context managers clean up whatever happens.
section("Errors")


@contextlib.contextmanager
def guarded(label):
    print("enter", label)
    try:
        yield
    except ZeroDivisionError as error:
        error.add_note(f"while in {label}")
        print("caught:", error, error.__notes__)
    finally:
        print("leave", label)


with guarded("division"):
    1 / 0

try:
    raise ExceptionGroup("several things", [ValueError("one"), TypeError("two"), ValueError("three")])
except* ValueError as group:
    print("values:", [str(error) for error in group.exceptions])
except* TypeError as group:
    print("types:", [str(error) for error in group.exceptions])

# Algorithms read like their description.
section("Algorithms")
GRID = """
S.#.....
..#.###.
.##.#...
....#.#.
.####.#G
"""


def shortest_path(grid):
    cells = {(r, c): ch for r, row in enumerate(grid.split()) for c, ch in enumerate(row)}
    start = next(place for place, ch in cells.items() if ch == "S")
    queue, parent = deque([start]), {start: None}
    while queue:
        r, c = place = queue.popleft()
        if cells[place] == "G":
            path = []
            while place:
                path.append(place)
                place = parent[place]
            return path[::-1]
        for step in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if cells.get(step, "#") != "#" and step not in parent:
                parent[step] = place
                queue.append(step)


path = shortest_path(GRID)
print(f"{len(path) - 1} steps")
for r, row in enumerate(GRID.split()):
    print("  " + "".join("·" if (r, c) in path and ch == "." else ch for c, ch in enumerate(row)))

poem = "the sea is calm to night the tide is full the moon lies fair"
print(Counter(poem.split()).most_common(2), heapq.nlargest(2, poem.split(), key=len))
print(re.sub(r"\b(\w)(\w*)", lambda m: m[1].upper() + m[2], poem)[:28])
print(textwrap.fill(poem, 32, initial_indent="  | ", subsequent_indent="  | "))

# Many things at once, in one thread.
section("Concurrency")


class Pause:
    """Something to await: gives the turn away so many times."""

    def __init__(self, turns):
        self.turns = turns

    def __await__(self):
        for _ in range(self.turns):
            yield


async def worker(name, turns, log):
    await Pause(turns)
    log.append(name)
    return name.upper()


def run(*coroutines):
    """The smallest event loop: every coroutine gets its turn until all have returned."""
    waiting, results = deque(enumerate(coroutines)), {}
    while waiting:
        index, coroutine = waiting.popleft()
        try:
            coroutine.send(None)
        except StopIteration as stop:
            results[index] = stop.value
        else:
            waiting.append((index, coroutine))
    return [results[index] for index in sorted(results)]


log = []
answers = run(*(worker(name, turns, log) for name, turns in (("slow", 5), ("fast", 0), ("middle", 2))))
print(log, answers)
print("\nPython", ".".join(map(str, sys.version_info[:2])), "says goodbye.")
