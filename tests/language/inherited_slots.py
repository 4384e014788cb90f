# A new class inherits most slots as they are; those that a name decides must follow that name wherever it stands.


class First(list):
    pass


class Second(list):
    def __getitem__(self, index):
        return 'own'

    def __len__(self):
        return 7


class Third(Second):
    __getitem__ = list.__getitem__


class Fourth(First):
    def __contains__(self, item):
        return True


print(First([1])[0], Second([1])[0], Third([1])[0], len(Third()), 5 in Fourth(), 5 in First())
# expect: 1 own 1 7 True False


class Mixin:
    def __str__(self):
        return 'mixed'

    def __add__(self, other):
        return 'sum'


class Broken(Mixin, ValueError):
    pass


class Other(ValueError, Mixin):
    pass


class Plain(LookupError):
    pass


class Counted(Plain):
    def __len__(self):
        return 0

    def __eq__(self, other):
        return True


print(str(Broken('x')), str(Other('x')), Broken() + 1, Other() + 1, str(Plain('y')), bool(Counted()), Counted() == 3)
# expect: mixed x sum sum y False True
for kind in (Plain, Counted):
    try:
        print(hash(kind()) is not None)
    except TypeError as error:
        print(error)
# expect: True
# expect: unhashable type: 'Counted'


class Key:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


class Lost(Key):
    def __eq__(self, other):
        return False


class Found(Lost, Key):
    __hash__ = Key.__hash__


class Both(First, Key):
    pass


print(hash(Key()), hash(Found()), Found() == 1, Both() == 1)
# expect: 1 1 False False
for kind in (Lost, Both):
    try:
        hash(kind())
    except TypeError as error:
        print(error)
# expect: unhashable type: 'Lost'
# expect: unhashable type: 'Both'


class Iterated(tuple):
    def __iter__(self):
        return iter('ab')


class Numbered(int):
    def __radd__(self, other):
        return 'right'

    def __index__(self):
        return 3


class Below(Numbered):
    def __bool__(self):
        return False


print(list(Iterated()), 1 + Numbered(2), 1 + Below(2), 'abcd'[Below(1)], bool(Below(1)), Numbered(1) + 1)
# expect: ['a', 'b'] right right b False 2


class Told:
    told = []

    def __init_subclass__(cls, **options):
        cls.told.append((cls.__name__, options))


class Named:
    def __set_name__(self, owner, name):
        print(owner.__name__, name)


class Teller(Told, mark=1):
    attribute = Named()
    text = 'text'
    number = 1


# expect: Teller attribute
print(Told.told)
# expect: [('Teller', {'mark': 1})]
try:
    class Refused(First, mark=1):
        pass
except TypeError as error:
    print(error)
# expect: Refused.__init_subclass__() takes no keyword arguments


class Later(First):
    pass


First.__len__ = lambda self: 42
print(len(Later()), len(First()))
# expect: 42 42
del First.__len__
print(len(Later()), len(First([1])))
# expect: 0 1
