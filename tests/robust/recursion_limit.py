import sys

sys.setrecursionlimit(10**9)


class Attribute:
    def __getattr__(self, name):
        return getattr(self, name + "x")


class Equal:
    def __eq__(self, other):
        return [self] == [other]


class Shown:
    def __repr__(self):
        return repr([Shown()])


class Iterated:
    def __iter__(self):
        return iter(list(Iterated()))


def key(x):
    return sorted([1, 2], key=key)


def delegate():
    yield from delegate()


for action in (
    lambda: Attribute().x,
    lambda: Equal() == Equal(),
    lambda: repr(Shown()),
    lambda: list(Iterated()),
    lambda: key(1),
    lambda: list(delegate()),
):
    try:
        action()
    except (RecursionError, MemoryError) as error:
        print(type(error).__name__)
