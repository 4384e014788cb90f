# Attributes of super() in functions whose first argument is a class, native methods on instances of subclasses, methods that are only loaded: many times each.


class Base:
    @staticmethod
    def make(kind):
        return "first", kind.__name__

    constant = 1


class Derived(Base):
    @classmethod
    def ask(cls):
        return super().constant

    def __new__(cls, *args):
        return super().__new__(cls)

    @staticmethod
    def make(kind):
        return super(Derived, kind).make(kind)


class Last(Derived):
    pass


for turn in range(60):
    answers = Derived.make(Derived), Derived.make(Last), type(Last(1)).__name__
print(answers)
# expect: (('first', 'Derived'), ('first', 'Last'), 'Last')

# What a static method wraps may change without its class hearing of it.
Base.__dict__["make"].__init__(lambda kind: ("second", kind.__name__))
print(Derived.make(Derived))
# expect: ('second', 'Derived')
Base.make = classmethod(lambda cls, kind: ("third", cls.__name__, kind.__name__))
for turn in range(60):
    answer = Derived.make(Last)
print(answer)
# expect: ('third', 'Last', 'Last')


def asked(kind):
    return kind.ask()


for turn in range(60):
    asked(Last)
Base.constant = 2
print(asked(Last), asked(Derived))
# expect: 2 2


class Words(dict):
    pass


class Loud(Words):
    def get(self, key, default=None):
        return "loud"


def get(words):
    return words.get("key"), words.keys().__len__(), words.copy


for turn in range(60):
    found = get(Words(key=turn))
print(found[:2], type(found[2]).__name__)
# expect: (59, 1) builtin_function_or_method
print(get(Loud(key=1))[:2], found[2]())
# expect: ('loud', 1) {'key': 59}
shadow = Words()
shadow.copy = "own"
print(get(shadow)[2])
# expect: own
try:
    for words in [Words()] * 60 + [5]:
        dict.keys(words)
except TypeError as error:
    print(error)
# expect: descriptor 'keys' for 'dict' objects doesn't apply to a 'int' object


def defaults(first, second="b", third="c"):
    return first, second, third


class Caller:
    def __new__(cls, first, second=2, third=3):
        return first, second, third


print([*map(defaults, "xy")], [*map(defaults, "xy", "zw")], [*map(Caller, "x")])
# expect: [('x', 'b', 'c'), ('y', 'b', 'c')] [('x', 'z', 'c'), ('y', 'w', 'c')] [('x', 2, 3)]
defaults.__defaults__ = ("w", "x", "y", "z")
print([*map(defaults, "a")])
# expect: [('a', 'y', 'z')]
defaults.__defaults__ = ("z",)
try:
    list(map(defaults, "a"))
except TypeError as error:
    print(error)
# expect: defaults() missing 1 required positional argument: 'second'


class Number:
    def __add__(self, other):
        if other is None:
            raise ValueError("nothing to add")
        return NotImplemented if other == 1 else "sum"

    def __radd__(self, other):
        return "from the right"


def add(left, right):
    return left + right


for turn in range(60):
    sums = add(Number(), 2), add(1, Number())
print(sums)
# expect: ('sum', 'from the right')
for right in 1, None:
    try:
        add(Number(), right)
    except (TypeError, ValueError) as error:
        print(error)
# expect: unsupported operand type(s) for +: 'Number' and 'int'
# expect: nothing to add


class Posing:
    __class__ = int


print(isinstance(Posing(), int), isinstance(Number(), int), isinstance(Number(), Number))
# expect: True False True
