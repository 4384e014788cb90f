"""Context managers: what with calls, when exceptions are swallowed, and how to write one in three ways."""

import contextlib
import io
import os
import tempfile


class Trace:
    def __init__(self, name, swallow=()):
        self.name, self.swallow = name, swallow

    def __enter__(self):
        print("   enter", self.name)
        return self

    def __exit__(self, kind, error, traceback):
        print("   exit ", self.name, "with", repr(error))
        return isinstance(error, self.swallow)


print("In and out, in reverse order:")
with Trace("a") as a, Trace("b"):
    print("   body of", a.name)

print("The exit sees the exception, and a true value swallows it:")
with Trace("outer", ZeroDivisionError), Trace("inner"):
    1 / 0
print("   after")

print("Leaving by return, break and continue counts as leaving:")


def early():
    for n in range(3):
        with Trace(f"round {n}"):
            if n == 0:
                continue
            return n


print("  ", early())

print("If entering fails, only what was entered is left:")


class Fails:
    def __enter__(self):
        raise RuntimeError("no entry")

    def __exit__(self, *exc_info):
        print("   never called")


try:
    with Trace("first"), Fails():
        print("   not reached")
except RuntimeError as error:
    print("  ", error)

print("A generator is a context manager with one yield:")


@contextlib.contextmanager
def section(name):
    print(f"   <{name}>")
    try:
        yield name.upper()
    except KeyError as error:
        print("   missing key", error)
    finally:
        print(f"   </{name}>")


with section("p") as tag:
    print("  ", tag)
    {}["x"]


@section("decorated")
def decorated():
    print("   inside the function")


decorated()

print("What contextlib has ready:")
with contextlib.suppress(FileNotFoundError, ZeroDivisionError):
    os.remove("a file that does not exist")
captured = io.StringIO()
with contextlib.redirect_stdout(captured):
    print("not on the screen")
print("  ", repr(captured.getvalue()))
with contextlib.closing(io.StringIO("text")) as stream:
    print("  ", stream.read(), stream.closed)
print("  ", stream.closed)
with contextlib.nullcontext("nothing special") as value:
    print("  ", value)

print("An ExitStack holds as many as come along:")
with contextlib.ExitStack() as stack:
    for name in "xyz":
        stack.enter_context(Trace(name))
    stack.callback(print, "   a callback, run first")
    kept = stack.pop_all()
print("   nothing was closed, it moved to another stack")
kept.close()

print("Files, which is what it is mostly for:")
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "note.txt")
    with open(path, "w") as out:
        print("one\ntwo", file=out)
    with (
        open(path) as source,
        open(path + ".copy", "w") as target,
    ):
        for number, line in enumerate(source, 1):
            target.write(f"{number} {line}")
    with open(path + ".copy") as copy:
        print("  ", copy.read().split("\n"), sorted(os.listdir(folder)))
print("  ", os.path.exists(path), copy.closed)

print("An exception in __exit__ replaces the first, which stays its context:")


class Careless:
    def __enter__(self): ...

    def __exit__(self, *exc_info):
        raise ValueError("in exit")


try:
    with Careless():
        raise KeyError("in body")
except ValueError as error:
    print("  ", repr(error), "after", repr(error.__context__))

print("What is not one:")
try:
    with 5:
        pass
except TypeError as error:
    print("  ", error)
