"""Nothing ends the process: deep recursion, deep structures, huge requests all become exceptions."""


def attempt(name, action):
    try:
        result = action()
    except (RecursionError, MemoryError, OverflowError, ValueError, SyntaxError, TypeError) as error:
        print(name, "->", type(error).__name__)
    else:
        print(name, "is fine" if result is None else result)


def survive(name, action):
    """For recursion that is native: how deep it may go depends on the size of the machine's stack."""
    try:
        action()
    except RecursionError:
        pass
    print(name, "survived")


def endless(n):
    return endless(n + 1)


class Loop:
    def __repr__(self):
        return repr(self)

    def __eq__(self, other):
        return self == other

    def __getattr__(self, name):
        return getattr(self, name + "x")

    def __call__(self):
        return self()

    def __hash__(self):
        return hash(self)

    def __len__(self):
        return len(self)

    def __bool__(self):
        return bool(self)

    def __iter__(self):
        return iter(self)

    def __add__(self, other):
        return self + other

    def __lt__(self, other):
        return self < other


def nest(kind, depth=100_000):
    value = kind()
    for _ in range(depth):
        value = [value] if kind is list else (value,) if kind is tuple else {"k": value}
    return value


def self_call():
    return (lambda f: f(f))(lambda f: f(f))


def generators():
    def inner():
        yield from inner()

    return next(inner())


loop = Loop()
attempt("function", lambda: endless(0))  # expect: function -> RecursionError
attempt("lambda", self_call)  # expect: lambda -> RecursionError
attempt("yield from", generators)  # expect: yield from -> RecursionError
attempt("__repr__", lambda: repr(loop))  # expect: __repr__ -> RecursionError
attempt("__eq__", lambda: loop == 1)  # expect: __eq__ -> RecursionError
attempt("__getattr__", lambda: loop.a)  # expect: __getattr__ -> RecursionError
attempt("__call__", lambda: loop())  # expect: __call__ -> RecursionError
attempt("__hash__", lambda: hash(loop))  # expect: __hash__ -> RecursionError
attempt("__len__", lambda: len(loop))  # expect: __len__ -> RecursionError
attempt("__bool__", lambda: bool(loop))  # expect: __bool__ -> RecursionError
attempt("__iter__", lambda: iter(loop))  # expect: __iter__ -> RecursionError
attempt("__add__", lambda: loop + 1)  # expect: __add__ -> RecursionError
attempt("__lt__", lambda: loop < 1)  # expect: __lt__ -> RecursionError
survive("nested list repr", lambda: repr(nest(list)))  # expect: nested list repr survived
survive("nested tuple repr", lambda: repr(nest(tuple)))  # expect: nested tuple repr survived
survive("nested dict repr", lambda: repr(nest(dict)))  # expect: nested dict repr survived
survive("nested list ==", lambda: nest(list) == nest(list))  # expect: nested list == survived
survive("nested tuple <", lambda: nest(tuple) < nest(tuple))  # expect: nested tuple < survived
survive("nested tuple hash", lambda: hash(nest(tuple)))  # expect: nested tuple hash survived
attempt("nested list dies", lambda: nest(list, 1_000_000) and None)  # expect: nested list dies is fine
attempt("nested tuple dies", lambda: nest(tuple, 1_000_000) and None)  # expect: nested tuple dies is fine
attempt("parentheses", lambda: eval("(" * 1000 + "1" + ")" * 1000))  # expect: parentheses -> SyntaxError
attempt("brackets", lambda: eval("[" * 100_000))  # expect: brackets -> SyntaxError
attempt("minus signs", lambda: eval("-" * 1_000_000 + "1"))  # expect: minus signs -> MemoryError
survive("isinstance", lambda: isinstance(1, nest(tuple, 100_000)))  # expect: isinstance survived
attempt("huge list", lambda: [0] * (10**18))  # expect: huge list -> MemoryError
attempt("huge bytes", lambda: bytes(10**18))  # expect: huge bytes -> MemoryError
attempt("huge text", lambda: "x" * (10**18))  # expect: huge text -> MemoryError
attempt("huge tuple", lambda: (1,) * (10**19))  # expect: huge tuple -> OverflowError
attempt("huge shift", lambda: 1 << (1 << 80))  # expect: huge shift -> OverflowError
attempt("huge range", lambda: len(range(10**30)))  # expect: huge range -> OverflowError
attempt("huge padding", lambda: f"{1:{10**30}}")  # expect: huge padding -> ValueError
attempt("huge number as text", lambda: str(10**5000))  # expect: huge number as text -> ValueError
attempt("huge text as number", lambda: int("1" * 5000))  # expect: huge text as number -> ValueError
attempt("huge bytearray", lambda: bytearray(10**18))  # expect: huge bytearray -> MemoryError
attempt("huge repeat", lambda: list(range(10**18)))  # expect: huge repeat -> MemoryError
attempt("recursion is over", lambda: sum(range(1000)))  # expect: recursion is over 499500
