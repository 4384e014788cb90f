"""The data model: every operator, and much of the syntax, is a method that a class may define."""

import operator


class Money:
    """Arithmetic, comparison, hashing, formatting."""

    def __init__(self, amount, currency="EUR"):
        self.amount, self.currency = amount, currency

    def __repr__(self):
        return f"Money({self.amount!r}, {self.currency!r})"

    def __str__(self):
        return f"{self.amount:.2f} {self.currency}"

    def __format__(self, spec):
        return format(self.amount, spec) if spec else str(self)

    def __bool__(self):
        return self.amount != 0

    def __eq__(self, other):
        if not isinstance(other, Money):
            return NotImplemented
        return (self.amount, self.currency) == (other.amount, other.currency)

    def __lt__(self, other):
        if not isinstance(other, Money) or self.currency != other.currency:
            return NotImplemented
        return self.amount < other.amount

    def __hash__(self):
        return hash((self.amount, self.currency))

    def __add__(self, other):
        if isinstance(other, Money) and other.currency == self.currency:
            return Money(self.amount + other.amount, self.currency)
        return NotImplemented

    def __radd__(self, other):
        return self if other == 0 else NotImplemented

    def __mul__(self, factor):
        return Money(self.amount * factor, self.currency)

    __rmul__ = __mul__

    def __neg__(self):
        return Money(-self.amount, self.currency)

    def __round__(self, digits=0):
        return Money(round(self.amount, digits), self.currency)

    def __int__(self):
        return int(self.amount)


a, b = Money(10.5), Money(2)
print("Arithmetic:", a + b, 3 * b, -a, sum([a, b]), round(a * 1.234, 1), int(a))
print("Comparison:", a > b, sorted([a, b]), a == Money(10.5), a != b, a == 10.5, len({a, Money(10.5)}))
print(f"Formatting: {a} | {a!r} | {a:>10.1f} | {bool(Money(0))}")
for operation in (lambda: a + 1, lambda: a < Money(1, "USD"), lambda: a @ b, lambda: a >= b):
    try:
        operation()
    except TypeError as error:
        print("  ", error)


class Deck:
    """A container: length, items, slices, membership, iteration both ways."""

    def __init__(self, cards):
        self.cards = list(cards)

    def __len__(self):
        return len(self.cards)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Deck(self.cards[index])
        return self.cards[index]

    def __setitem__(self, index, card):
        self.cards[index] = card

    def __delitem__(self, index):
        del self.cards[index]

    def __contains__(self, card):
        return card.upper() in self.cards

    def __repr__(self):
        return f"Deck({''.join(self.cards)!r})"


deck = Deck("AKQJT")
print("Container:", len(deck), deck[0], deck[-1], deck[1:4], deck[::-1], "k" in deck, list(reversed(deck)))
deck[0] = "2"
del deck[1]
print("  ", deck, [*deck], bool(Deck("")))


class Spy:
    """Attribute access: __getattr__ is asked last, __getattribute__ first."""

    def __init__(self):
        object.__setattr__(self, "log", [])
        self.real = 1

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(f"no {name}")
        return f"made up {name}"

    def __setattr__(self, name, value):
        self.log.append(f"set {name}")
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        self.log.append(f"del {name}")
        object.__delattr__(self, name)

    def __dir__(self):
        return ["real", "imaginary"]


spy = Spy()
spy.other = 2
del spy.other
print("Attributes:", spy.real, spy.fictional, spy.log, dir(spy), hasattr(spy, "__nope__"), getattr(spy, "__nope__", "default"))


class Callable:
    """An instance can be called, used as an index, measured, entered, awaited."""

    def __call__(self, *args, **kwargs):
        return args, kwargs

    def __index__(self):
        return 2

    def __enter__(self):
        return "entered"

    def __exit__(self, *exc_info):
        return exc_info[0] is KeyError

    def __length_hint__(self):
        return 7

    def __iter__(self):
        return iter("xyz")


thing = Callable()
print("Called:", thing(1, k=2), "abc"[thing], hex(thing), operator.length_hint(thing), dict(zip("ab", thing)))
with thing as value:
    print("  ", value)
    {}["missing"]
print("   and the KeyError was swallowed")

print("Special methods are looked up on the type:")
thing.__call__ = lambda: "from the instance"
print("  ", thing(), thing.__call__())


class Evaluated:
    """Rich reflection: the subclass's reflected method goes first."""

    def __add__(self, other):
        return "base add"

    def __radd__(self, other):
        return "base radd"


class Special(Evaluated):
    def __radd__(self, other):
        return "special radd"


print("Reflected:", Evaluated() + Special(), "|", Special() + Evaluated(), "|", 1 + Special())


class Slotted:
    __slots__ = ("x",)


slotted = Slotted()
slotted.x = 1
for access in (lambda: setattr(slotted, "y", 2), lambda: slotted.__dict__):
    try:
        access()
    except AttributeError as error:
        print("  ", error)


class Chain:
    def __getattr__(self, name):
        print("   .", name, sep="")
        return self

    def __getitem__(self, key):
        print("  ", [key])
        return self

    def __iadd__(self, other):
        print("   +=", other)
        return self


print("What the syntax calls:")
c = Chain()
c.first["second", 3:4].third += 5
