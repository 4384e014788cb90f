# Calls with keywords, methods through super and bound methods, often enough to be specialised, then with something else in the same place.


def plain(a, b, c=3, d=4):
    return a, b, c, d


def only(a, /, b, *, c=3):
    return a, b, c


def keywords(function):
    return function(1, b=2)


results = {keywords(plain) for _ in range(50)}
print(results)  # expect: {(1, 2, 3, 4)}
print(keywords(only))  # expect: (1, 2, 3)
print(keywords(lambda *args, **kwargs: (args, kwargs)))  # expect: ((1,), {'b': 2})
print(keywords(plain))  # expect: (1, 2, 3, 4)

plain.__defaults__ = (30, 40)
print(keywords(plain))  # expect: (1, 2, 30, 40)
plain.__defaults__ = None
try:
    keywords(plain)
except TypeError as error:
    print(error)  # expect: plain() missing 2 required positional arguments: 'c' and 'd'
plain.__defaults__ = (3, 4)


def last(function):
    return function(1, d=9, b=8)


print({last(plain) for _ in range(50)})  # expect: {(1, 8, 3, 9)}


def twice(function):
    return function(1, 2, b=3)


for _ in range(50):
    try:
        twice(plain)
    except TypeError as error:
        message = str(error)
print(message)  # expect: plain() got multiple values for argument 'b'


class Maker:
    def __init__(self, first, second=2):
        self.pair = first, second

    def method(self, first, second=2):
        return self.pair, first, second

    def name(self):
        return "Maker"


def make(kind):
    return kind(second=5, first=4)


print({make(Maker).pair for _ in range(50)})  # expect: {(4, 5)}
print(make(dict))  # expect: {'second': 5, 'first': 4}
made = Maker(1)


def call_method(instance):
    return instance.method(second=7, first=6)


print({call_method(made) for _ in range(50)})  # expect: {((1, 2), 6, 7)}
bound = made.method


def call_bound():
    return bound(second=7, first=6)


print({call_bound() for _ in range(50)})  # expect: {((1, 2), 6, 7)}


class Wrong:
    def __init__(self, *, value):
        return value


try:
    Wrong(value=1)
except TypeError as error:
    print(error)  # expect: __init__() should return None, not 'int'


def load(instance):
    return instance.name


loaded = [load(made) for _ in range(50)]
print(all(item == made.name and item.__self__ is made for item in loaded))  # expect: True
made.name = "own"
print(load(made))  # expect: own
del made.name
Maker.name = 5
print(load(made))  # expect: 5


class Base:
    def who(self):
        return "base"


class Middle(Base):
    pass


class Derived(Middle):
    def who(self):
        return super().who() + "+"


derived = Derived()
print({derived.who() for _ in range(50)})  # expect: {'base+'}
Middle.who = lambda self: "middle"
print(derived.who())  # expect: middle+
del Middle.who
Base.who = staticmethod(lambda: "static")
print(derived.who())  # expect: static+


class Other(Derived):
    pass


print(Other().who())  # expect: static+
