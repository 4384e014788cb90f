"""Classes: attributes, inheritance, special methods, properties, slots, metaclasses."""


class Animal:
    kind = "animal"
    count = 0

    def __init__(self, name):
        self.name = name
        Animal.count += 1

    def speak(self):
        return f"{self.name} makes a sound"

    def __repr__(self):
        return f"{type(self).__name__}({self.name!r})"

    @classmethod
    def create(cls, name):
        return cls(name)

    @staticmethod
    def add(a, b):
        return a + b

    @property
    def loud(self):
        return self.name.upper()

    @loud.setter
    def loud(self, value):
        self.name = value.lower()


class Dog(Animal):
    def speak(self):
        return super().speak() + ": woof"


rex = Dog.create("Rex")
print(rex, rex.speak(), rex.kind, Dog.kind, Animal.count, rex.add(1, 2), Dog.add(3, 4))
# expect: Dog('Rex') Rex makes a sound: woof animal animal 1 3 7
rex.loud = "FIDO"
print(rex.loud, rex.name, rex.__dict__, isinstance(rex, Animal), issubclass(Dog, Animal), type(rex).__mro__)
# expect: FIDO fido {'name': 'fido'} True True (<class '__main__.Dog'>, <class '__main__.Animal'>, <class 'object'>)
rex.kind = "pet"
print(rex.kind, Dog.kind, vars(rex))  # expect: pet animal {'name': 'fido', 'kind': 'pet'}
del rex.kind
print(rex.kind, hasattr(rex, "x"), getattr(rex, "x", "default"))  # expect: animal False default
method = rex.speak
print(method(), method.__self__ is rex, method.__func__ is Dog.speak, Dog.speak(rex))
# expect: fido makes a sound: woof True True fido makes a sound: woof
for action in ("rex.nope", "rex()", "Dog()", "rex.loud()", "Animal.missing", "rex[0]", "rex + 1", "len(rex)", "iter(rex)", "del rex.loud", "rex < rex"):
    try:
        exec(action)
    except (AttributeError, TypeError) as error:
        print(action, "->", type(error).__name__ + ":", error)
# expect: rex.nope -> AttributeError: 'Dog' object has no attribute 'nope'
# expect: rex() -> TypeError: 'Dog' object is not callable
# expect: Dog() -> TypeError: Animal.__init__() missing 1 required positional argument: 'name'
# expect: rex.loud() -> TypeError: 'str' object is not callable
# expect: Animal.missing -> AttributeError: type object 'Animal' has no attribute 'missing'
# expect: rex[0] -> TypeError: 'Dog' object is not subscriptable
# expect: rex + 1 -> TypeError: unsupported operand type(s) for +: 'Dog' and 'int'
# expect: len(rex) -> TypeError: object of type 'Dog' has no len()
# expect: iter(rex) -> TypeError: 'Dog' object is not iterable
# expect: del rex.loud -> AttributeError: property 'loud' of 'Dog' object has no deleter
# expect: rex < rex -> TypeError: '<' not supported between instances of 'Dog' and 'Dog'


class A:
    def who(self):
        return "A"


class B(A):
    def who(self):
        return "B" + super().who()


class C(A):
    def who(self):
        return "C" + super().who()


class D(B, C):
    pass


print(D().who(), [c.__name__ for c in D.mro()])  # expect: BCA ['D', 'B', 'C', 'A', 'object']


class Number:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return Number(self.value + getattr(other, "value", other))

    def __radd__(self, other):
        return Number(other + self.value)

    def __iadd__(self, other):
        self.value += other
        return self

    def __eq__(self, other):
        return isinstance(other, Number) and self.value == other.value

    def __hash__(self):
        return hash(self.value)

    def __lt__(self, other):
        return self.value < other.value

    def __neg__(self):
        return Number(-self.value)

    def __bool__(self):
        return self.value != 0

    def __len__(self):
        return self.value

    def __getitem__(self, key):
        return key

    def __contains__(self, item):
        return item == self.value

    def __call__(self, *args):
        return args

    def __str__(self):
        return f"#{self.value}"

    def __format__(self, spec):
        return f"{spec}{self.value}"

    def __index__(self):
        return self.value

    def __iter__(self):
        yield from range(self.value)


a = Number(3)
print(str(a + 1), str(1 + a), str(-a), a == Number(3), a != Number(3), len({a, Number(3)}), bool(Number(0)))
# expect: #4 #4 #-3 True False 1 False
a += 2
print(str(a), len(a), a[1:2], a["k", 1], 5 in a, a(1, 2), f"{a:<<}", [0, 1, 2, 3, 4, 5, 6][a], list(a), max(a, Number(9)).value)
# expect: #5 5 slice(1, 2, None) ('k', 1) True (1, 2) <<5 5 [0, 1, 2, 3, 4] 9


class Slots:
    __slots__ = ("x", "__weakref__")


s = Slots()
s.x = 1
try:
    s.y = 2
except AttributeError as error:
    print(s.x, error)
# expect: 1 'Slots' object has no attribute 'y' and no __dict__ for setting new attributes


class Meta(type):
    def __new__(mcls, name, bases, ns, **kw):
        ns["made_by"] = mcls.__name__
        return super().__new__(mcls, name, bases, ns)

    def __call__(cls, *args):
        return "called", super().__call__(*args).made_by


class Made(metaclass=Meta, option=1):
    pass


print(Made(), type(Made).__name__)  # expect: ('called', 'Meta') Meta


class Base:
    subs = []

    def __init_subclass__(cls, tag=None, **kw):
        super().__init_subclass__(**kw)
        Base.subs.append((cls.__name__, tag))


class Sub1(Base): ...


class Sub2(Base, tag="t"): ...


print(Base.subs)  # expect: [('Sub1', None), ('Sub2', 't')]


class Descriptor:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        return f"get {self.name} {instance is None}"

    def __set__(self, instance, value):
        instance.__dict__["stored"] = (self.name, value)


class Uses:
    d = Descriptor()


u = Uses()
u.d = 5
print(u.d, Uses.d, u.stored)  # expect: get d False get d True ('d', 5)


class Dynamic:
    def __getattr__(self, name):
        if name.startswith("x"):
            return name * 2
        raise AttributeError(name)

    def __setattr__(self, name, value):
        super().__setattr__(name, value + 1)


dynamic = Dynamic()
dynamic.y = 1
print(dynamic.y, dynamic.xa, hasattr(dynamic, "zz"))  # expect: 2 xaxa False
E2 = type("E2", (Exception,), {"__str__": lambda self: "custom"})
try:
    raise E2(1)
except Exception as error:
    print(error, repr(error), type(error).__name__)
# expect: custom E2(1) E2


class Private:
    def __init__(self):
        self.__secret = 1


print(Private().__dict__)  # expect: {'_Private__secret': 1}


class Stack(list):
    def push(self, x):
        self.append(x)
        return self


print(Stack([1]).push(2), type(Stack()[:]).__name__, isinstance(Stack(), list))  # expect: [1, 2] list True


class Cell[T]:
    def get(self) -> T: ...


print(Cell.__type_params__, Cell[int])  # expect: (T,) __main__.Cell[int]


class New:
    def __new__(cls, *args):
        self = super().__new__(cls)
        self.args = args
        return self if args else "not an instance"


print(New(1).args, New())  # expect: (1,) not an instance
print(type("Quick", (), {"x": 1})().x, type(None), type(type), type(...), type(lambda: 0), type(len), type(NotImplemented))
# expect: 1 <class 'NoneType'> <class 'type'> <class 'ellipsis'> <class 'function'> <class 'builtin_function_or_method'> <class 'NotImplementedType'>
