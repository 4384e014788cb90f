"""Structural pattern matching, one kind of pattern after the other."""

from dataclasses import dataclass
from enum import Enum


def literal(value):
    match value:
        case 0:
            return "zero"
        case -1 | 1:
            return "plus or minus one"
        case "yes" | "no" as answer:
            return f"the answer {answer}"
        case None | True | False:
            return "a singleton"
        case 2 + 3j:
            return "complex"
        case _:
            return "something else"


print("Literals:", *map(literal, (0, -1, 1.0, "no", None, True, 2 + 3j, [])), sep="\n   ")


def sequence(value):
    match value:
        case []:
            return "empty"
        case [x]:
            return f"one: {x}"
        case [x, y]:
            return f"two: {x}, {y}"
        case ["go", ("north" | "south") as direction, *rest]:
            return f"going {direction}, then {rest}"
        case [first, *_, last] if first == last:
            return f"begins and ends with {first}"
        case (first, *middle, last):
            return f"{first}, {len(middle)} between, {last}"
        case _:
            return "not a sequence"


samples = ([], [1], (1, 2), ["go", "north", "fast", "now"], [1, 2, 3, 1], range(5), "text", {1: 2}, b"bytes")
print("Sequences:", *map(sequence, samples), sep="\n   ")


def mapping(value):
    match value:
        case {"type": "circle", "radius": r}:
            return f"circle of {r}"
        case {"type": "box", "size": [w, h]}:
            return f"box {w} by {h}"
        case {"type": kind, **rest} if rest:
            return f"{kind} with {sorted(rest)}"
        case {}:
            return "a mapping"
        case _:
            return "not a mapping"


samples = ({"type": "circle", "radius": 1, "ignored": 0}, {"type": "box", "size": (2, 3)}, {"type": "x", "b": 1, "a": 2}, {}, [])
print("Mappings:", *map(mapping, samples), sep="\n   ")


@dataclass
class Point:
    x: float
    y: float


@dataclass
class Line:
    start: Point
    end: Point


class Colour(Enum):
    RED = 1
    BLUE = 2


def classes(value):
    match value:
        case Point(0, 0):
            return "the origin"
        case Point(x=0):
            return "on the y axis"
        case Point(x, y) if x == y:
            return f"on the diagonal at {x}"
        case Line(Point(x1, _), Point(x2, _)) if x1 == x2:
            return "a vertical line"
        case Line(start=Point() as start):
            return f"a line from {start}"
        case Colour.RED:
            return "red, a dotted name is compared"
        case bool():
            return "a boolean, asked before int"
        case int(n) | float(n):
            return f"the number {n}"
        case str() as text if text.isidentifier():
            return f"an identifier of {len(text)}"
        case list([Point(), *_]):
            return "a list that begins with a point"
        case _:
            return "no idea"


samples = (
    Point(0, 0),
    Point(0, 5),
    Point(2, 2),
    Line(Point(1, 1), Point(1, 9)),
    Line(Point(3, 4), Point(0, 0)),
    Colour.RED,
    Colour.BLUE,
    True,
    2.5,
    "name",
    "two words",
    [Point(1, 2), 3],
)
print("Classes:", *map(classes, samples), sep="\n   ")


class Email:
    """__match_args__ says what the positions mean; any attribute will do, computed ones too."""

    __match_args__ = ("user", "host")

    def __init__(self, address):
        self.address = address

    @property
    def user(self):
        return self.address.split("@")[0]

    @property
    def host(self):
        return self.address.split("@")[1]


match Email("ada@example.org"):
    case Email("root", _):
        print("the administrator")
    case Email(user, host=host):
        print("Attributes:", user, "at", host)

print("Names stay bound, also where a later part did not match:")
match [1, 2, 3]:
    case [a, 5, _]:
        pass
    case [1, *others]:
        print("  ", others)


def simplify(tree):
    """A little algebra."""
    match tree:
        case ("+", 0, x) | ("+", x, 0) | ("*", 1, x) | ("*", x, 1):
            return simplify(x)
        case ("*", 0, _) | ("*", _, 0):
            return 0
        case ("+" | "*" as op, int(a), int(b)):
            return a + b if op == "+" else a * b
        case (op, a, b):
            new = (op, simplify(a), simplify(b))
            return new if new == tree else simplify(new)
    return tree


print("Algebra:", simplify(("+", ("*", "x", 1), ("*", ("+", 2, 3), 0))), simplify(("*", ("+", 1, 2), ("+", "y", 0))))

print("What the compiler refuses:")
for source in ("match x:\n case a: 1\n case b: 2", "match x:\n case a | 1: 2", "match x:\n case [a, a]: 1", "match x:\n case {**r, 'k': 1}: 2", "match x:\n case C(a=1, a=2): 3"):
    try:
        compile(source, "<match>", "exec")
    except SyntaxError as error:
        print("  ", error.msg)
match, case = "soft", "keywords"
print(match, case)
