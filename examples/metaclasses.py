"""How a class comes to be: namespaces, metaclasses, hooks, and the order of ancestors."""


class Meta(type):
    @classmethod
    def __prepare__(mcls, name, bases, **options):
        print(f"1. __prepare__  {name} {bases} {options}")
        return {"injected": "before the body ran"}

    def __new__(mcls, name, bases, namespace, **options):
        print(f"2. __new__      {[key for key in namespace if not key.startswith('__')]}")
        return super().__new__(mcls, name, bases, namespace)

    def __init__(cls, name, bases, namespace, **options):
        print(f"3. __init__     {cls.__name__}")
        super().__init__(name, bases, namespace)

    def __call__(cls, *args, **kwargs):
        print(f"4. __call__     {args}")
        return super().__call__(*args, **kwargs)

    def __contains__(cls, item):
        return item in vars(cls)

    def __iter__(cls):
        return (name for name in vars(cls) if not name.startswith("_"))


print("A class statement, step by step:")


class Example(metaclass=Meta, flavour="sweet"):
    print("   the body runs, and sees", injected)  # noqa: F821
    attribute = 1

    def __init__(self, value):
        self.value = value


print(Example("x").value, type(Example), "attribute" in Example, list(Example))

print("\ntype() makes a class from its parts:")
Point = type("Point", (), {"x": 0, "move": lambda self, dx: setattr(self, "x", self.x + dx)})
point = Point()
point.move(3)
print("  ", Point, point.x, Point.__mro__)

print("\nMost needs are met by hooks:")


class Plugin:
    registry = {}

    def __init_subclass__(cls, /, name=None, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.registry[name or cls.__name__.lower()] = cls


class Csv(Plugin): ...


class Json(Plugin, name="javascript"): ...


print("  ", Plugin.registry)


class Named:
    def __set_name__(self, owner, name):
        print(f"   __set_name__({owner.__name__}, {name})")


class Owner:
    first = Named()
    second = Named()


class Generic:
    def __class_getitem__(cls, item):
        return f"{cls.__name__}[{item.__name__}]"


print("  ", Generic[int])

print("\nThe order of ancestors (C3):")


class A:
    def who(self):
        return ["A"]


class B(A):
    def who(self):
        return ["B", *super().who()]


class C(A):
    def who(self):
        return ["C", *super().who()]


class D(B, C):
    def who(self):
        return ["D", *super().who()]


print("  ", D().who(), [cls.__name__ for cls in D.mro()])
try:
    type("X", (A, B), {})
except TypeError as error:
    print("  ", str(error).replace("\n", " "))

print("\nA singleton, and an interface that is checked:")


class Singleton(type):
    instances = {}

    def __call__(cls, *args):
        if cls not in cls.instances:
            cls.instances[cls] = super().__call__(*args)
        return cls.instances[cls]


class Settings(metaclass=Singleton):
    def __init__(self, value):
        self.value = value


print("  ", Settings(1) is Settings(2), Settings(3).value)

from abc import ABC, abstractmethod  # noqa: E402


class Shape(ABC):
    @abstractmethod
    def area(self): ...

    @property
    @abstractmethod
    def name(self): ...

    @classmethod
    def __subclasshook__(cls, other):
        return hasattr(other, "area") or NotImplemented


class Duck:
    def area(self):
        return 1


try:
    Shape()
except TypeError as error:
    print("  ", error)
print("  ", issubclass(Duck, Shape), isinstance(Duck(), Shape), issubclass(int, Shape))

print("\nConflicts and limits:")


class OtherMeta(type): ...


class WithOther(metaclass=OtherMeta): ...


for make in (
    lambda: type("X", (Settings, WithOther), {}),
    lambda: type("X", (bool,), {}),
    lambda: type("X", (int, str), {}),
    lambda: type("X", (Plugin,), {}, colour="red"),
):
    try:
        make()
    except TypeError as error:
        print("  ", str(error).partition(":")[0])

print("\nA class can be changed while it is used:")
d = D()
D.shout = lambda self: "".join(self.who()).lower()
print("  ", d.shout())
D.__bases__ = (C,)
print("  ", d.who())
d.__class__ = C
print("  ", d.who(), type(d).__name__)
