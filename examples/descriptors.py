"""Descriptors: attributes that compute, check or bind; methods and properties are made of them."""


class Typed:
    """A data descriptor that checks a type."""

    def __init__(self, kind):
        self.kind = kind

    def __set_name__(self, owner, name):
        self.name = name
        self.slot = "_" + name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        try:
            return getattr(instance, self.slot)
        except AttributeError:
            raise AttributeError(f"{self.name} is not set") from None

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(f"{self.name} must be {self.kind.__name__}, not {type(value).__name__}")
        setattr(instance, self.slot, value)

    def __delete__(self, instance):
        delattr(instance, self.slot)


class Person:
    name = Typed(str)
    age = Typed(int)

    def __init__(self, name, age):
        self.name, self.age = name, age


print("A field that checks:")
ada = Person("Ada", 36)
print("  ", ada.name, ada.age, vars(ada), Person.age.kind)
for action in (lambda: setattr(ada, "age", "old"), lambda: delattr(ada, "name"), lambda: ada.name):
    try:
        action()
    except (AttributeError, TypeError) as error:
        print("  ", type(error).__name__, error)

print("Who wins: data descriptor, instance, other descriptor, class:")


class Data:
    def __get__(self, instance, owner=None):
        return "data descriptor"

    def __set__(self, instance, value):
        print("   set", value)


class NonData:
    def __get__(self, instance, owner=None):
        return "non-data descriptor"


class Order:
    data = Data()
    nondata = NonData()
    plain = "class attribute"


order = Order()
order.__dict__.update(data="instance", nondata="instance", plain="instance")
print("  ", order.data, "|", order.nondata, "|", order.plain, "|", Order.nondata)
order.data = 1

print("Functions are descriptors; that is what a method is:")


def describe(self):
    return f"described {self}"


bound = describe.__get__("me")
print("  ", bound(), bound.__self__, bound.__func__ is describe)


class Method:
    def plain(self):
        return type(self).__name__

    @classmethod
    def of_class(cls):
        return cls.__name__

    @staticmethod
    def of_nobody():
        return "static"


class Sub(Method): ...


print("  ", Sub().plain(), Sub.of_class(), Sub().of_class(), Sub.of_nobody(), Sub.plain(Method()))
print("  ", type(vars(Method)["of_class"]).__name__, Method().plain == Method().plain, Method.plain is Method.plain)

print("property and friends, written in Python:")


class Property:
    def __init__(self, fget=None, fset=None):
        self.fget, self.fset = fget, fset
        self.__doc__ = fget.__doc__

    def __get__(self, instance, owner=None):
        return self if instance is None else self.fget(instance)

    def __set__(self, instance, value):
        if self.fset is None:
            raise AttributeError("read-only")
        self.fset(instance, value)

    def setter(self, fset):
        return type(self)(self.fget, fset)


class Lazy:
    """Computed at the first access, then found in the instance."""

    def __init__(self, function):
        self.function = function

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        value = instance.__dict__[self.name] = self.function(instance)
        return value


class ClassMethod:
    def __init__(self, function):
        self.function = function

    def __get__(self, instance, owner=None):
        return lambda *args: self.function(owner or type(instance), *args)


class Circle:
    def __init__(self, radius):
        self.radius = radius

    @Property
    def diameter(self):
        """Twice the radius."""
        return self.radius * 2

    @diameter.setter
    def diameter(self, value):
        self.radius = value / 2

    @Lazy
    def area(self):
        print("   computing the area")
        return round(3.14159 * self.radius**2, 2)

    @ClassMethod
    def unit(cls):
        return cls(1)


circle = Circle.unit()
circle.diameter = 10
print("  ", circle.radius, circle.diameter, circle.area, circle.area, Circle.diameter.__doc__)

print("Slots are descriptors that the class makes:")


class Slots:
    __slots__ = {"x": "the x coordinate", "y": "the y coordinate"}


s = Slots()
s.x = 1
print("  ", type(Slots.x).__name__, Slots.x.__get__(s), Slots.x.__doc__)
try:
    s.y
except AttributeError as error:
    print("  ", error)

print("super() binds along the order of ancestors:")


class Loud(Person):
    def __setattr__(self, name, value):
        print("   setting", name)
        super().__setattr__(name, value)

    @property
    def name(self):
        return super().name.upper()

    @name.setter
    def name(self, value):
        Person.name.__set__(self, value)


print("  ", Loud("Grace", 85).name)
