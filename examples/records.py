"""Records and enumerations: dataclasses, named tuples, enum in its varieties."""

import dataclasses
import enum
from collections import namedtuple
from dataclasses import KW_ONLY, InitVar, asdict, astuple, dataclass, field, replace
from typing import ClassVar, NamedTuple


@dataclass
class Item:
    name: str
    price: float
    quantity: int = 1
    tags: list[str] = field(default_factory=list)
    secret: str = field(default="hidden", repr=False, compare=False)
    count: ClassVar[int] = 0

    def __post_init__(self):
        Item.count += 1
        if self.price < 0:
            raise ValueError("price must not be negative")

    @property
    def total(self):
        return self.price * self.quantity


print("A dataclass writes __init__, __repr__ and __eq__:")
pen = Item("pen", 1.5, 4)
print("  ", pen, pen.total, pen == Item("pen", 1.5, 4, secret="other"))
pen.tags.append("blue")
print("  ", Item("ink", 3).tags, asdict(pen), astuple(replace(pen, name="pencil", tags=[])), Item.count)
for make in (lambda: Item("x"), lambda: Item("x", -1), lambda: Item("x", 1, colour="red")):
    try:
        make()
    except (TypeError, ValueError) as error:
        print("  ", error)
print("  ", [(f.name, f.type.__name__ if isinstance(f.type, type) else str(f.type)) for f in dataclasses.fields(Item)])


@dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int = 0
    _: KW_ONLY
    label: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text):
        return cls(*map(int, text.split(".")))


print("Frozen, ordered, with slots:")
versions = [Version.parse(text) for text in ("3.14", "3.9", "2.7")]
print("  ", max(versions), sorted(versions)[0], hash(Version(1)) == hash(Version(1)), Version(1, label="x") == Version(1))
for action in (lambda: setattr(versions[0], "major", 4), lambda: Version(1, 2, "x")):
    try:
        action()
    except (AttributeError, TypeError) as error:
        print("  ", type(error).__name__, error)


@dataclass
class Base:
    x: int = 1


@dataclass
class Derived(Base):
    y: int = 2
    start: InitVar[int] = 0

    def __post_init__(self, start):
        self.y += start


print("  ", Derived(), Derived(5, 6, start=10), Derived.__match_args__)
print("  ", dataclasses.make_dataclass("Made", [("a", int), ("b", str, "default")])(1))

print("Named tuples are tuples first:")
Point = namedtuple("Point", "x y", defaults=[0])


class Employee(NamedTuple):
    name: str
    id: int = 3

    def greet(self):
        return f"{self.name} #{self.id}"


p = Point(1)
x, y = p
print("  ", p, p.x + p[1], p == (1, 0), p._replace(y=5), p._asdict(), Point._fields, x, y)
print("  ", Employee("Guido"), Employee("Guido").greet(), isinstance(p, tuple))


class Colour(enum.Enum):
    RED = 1
    GREEN = 2
    BLUE = 3
    CRIMSON = 1

    @property
    def hex(self):
        return f"#{0xFF << 8 * (3 - self.value):06x}"


print("Enumerations:")
print("  ", Colour.RED, repr(Colour.GREEN), Colour(3), Colour["BLUE"].name, Colour.RED.hex, Colour.CRIMSON is Colour.RED)
print("  ", list(Colour), len(Colour), Colour.RED in Colour, 2 in Colour, list(Colour.__members__))
for action in (lambda: Colour(9), lambda: Colour["PINK"], lambda: setattr(Colour, "RED", 5), lambda: Colour.RED < Colour.BLUE):
    try:
        action()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        print("  ", type(error).__name__, error)


class Permission(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
    RUN = enum.auto()
    ALL = READ | WRITE | RUN


both = Permission.READ | Permission.WRITE
print("  ", both, repr(both), Permission.RUN in both, ~both, Permission(5), list(Permission.ALL), Permission.ALL ^ Permission.RUN)


class Status(enum.IntEnum):
    OK = 200
    MISSING = 404


class Direction(enum.StrEnum):
    NORTH = enum.auto()
    SOUTH = enum.auto()


class Planet(enum.Enum):
    EARTH = (5.976e24, 6.378e6)
    MARS = (6.421e23, 3.397e6)

    def __init__(self, mass, radius):
        self.mass, self.radius = mass, radius

    @property
    def gravity(self):
        return 6.67430e-11 * self.mass / self.radius**2


print("  ", Status.OK + 1, Status.MISSING > 300, f"{Status.OK}", Direction.NORTH, "south" == Direction.SOUTH)
print("  ", [f"{planet.name} {planet.gravity:.2f}" for planet in Planet])


@enum.unique
class Unique(enum.Enum):
    A = enum.auto()
    B = enum.nonmember("not a member")

    @classmethod
    def _missing_(cls, value):
        return cls.A


print("  ", Unique("anything"), Unique.B, list(Unique))
