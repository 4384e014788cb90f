"""Exceptions: the order of clauses, chains, notes, groups, tracebacks."""

import sys
import traceback


def show(error):
    """Prints the traceback as it would appear, with the folder left out."""
    print("".join(traceback.format_exception(error)).replace(__file__, "exceptions.py"), end="")


def attempt(number):
    try:
        print("   try", end=" ")
        result = 10 / number
    except ZeroDivisionError:
        print("except", end=" ")
        return "infinite"
    except (TypeError, ValueError) as error:
        print("except", type(error).__name__, end=" ")
        return "nonsense"
    else:
        print("else", end=" ")
        return result
    finally:
        print("finally", end=" ")


print("Which parts run:")
for argument in (4, 0, "x"):
    print(attempt(argument))

print("A chain of causes:")


class ConfigError(Exception):
    def __init__(self, key, *, hint=None):
        super().__init__(f"bad value for {key}")
        self.key, self.hint = key, hint


def parse(text):
    try:
        return int(text)
    except ValueError as error:
        raise ConfigError("port", hint="a number") from error


def load():
    try:
        parse("eighty")
    except ConfigError as error:
        error.add_note(f"hint: {error.hint}")
        error.add_note("see the manual")
        raise


try:
    load()
except ConfigError as error:
    print("  ", error, error.key, repr(error.__cause__), error.__notes__)
    show(error)

print("Raised while another was handled:")
try:
    try:
        {}["key"]
    except KeyError:
        undefined
except NameError as error:
    print("  ", repr(error), "during", repr(error.__context__), error.__suppress_context__)
    error.__context__ = None
    show(error)

print("The caret shows where:")


def faulty(data):
    return data["a"]["b"] + data["c"][1 + 2] * 10


try:
    faulty({"a": {"b": 1}, "c": [1]})
except IndexError as error:
    show(error)

print("A group holds several, except* takes its share:")


def several():
    errors = []
    for action in (lambda: 1 / 0, lambda: int("x"), lambda: [][1], lambda: {}["k"]):
        try:
            action()
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("all of these", errors)


try:
    try:
        several()
    except* LookupError as group:
        print("   lookups:", [repr(error) for error in group.exceptions])
    except* ValueError as group:
        print("   values:", group.exceptions[0])
except* ArithmeticError as group:
    print("   the rest:", repr(group))

nested = ExceptionGroup("outer", [OSError(2, "gone"), ExceptionGroup("inner", [ValueError("deep"), TypeError("also")])])
matching, rest = nested.split(ValueError)
print("  ", matching, "|", rest, "|", nested.subgroup(lambda e: "also" in str(e)))
show(nested)

print("Clean-up always runs, and can take over:")


def overruled():
    try:
        raise ValueError("lost")
    finally:
        print("   finally")


try:
    overruled()
except ValueError as error:
    print("   still", repr(error), "in frames", [frame.name for frame in traceback.extract_tb(error.__traceback__)])

print("The name after as is gone with the clause:")
try:
    raise KeyError("x")
except KeyError as gone:
    pass
print("  ", "gone" in globals(), sys.exception())

print("What the built-in ones carry:")
for source in ("open('/no/such/file')", "''.nope", "nope", "import nope", "x = = 1", "int('z', 7)", "b'\\xff'.decode()", "'é'.encode('ascii')"):
    try:
        exec(source)
    except Exception as error:
        print(f"   {type(error).__name__}: {error}")

print("Suggestions:")
for source in ("printt", "[].apend", "import maths", "from math import squrt"):
    try:
        exec(source)
    except Exception as error:
        print("  ", "".join(traceback.format_exception_only(error)).strip())

print("assert, and the base of everything:")
try:
    assert 1 + 1 == 3, "arithmetic is broken"
except AssertionError as error:
    print("  ", error)
print("  ", [cls.__name__ for cls in ZeroDivisionError.__mro__], issubclass(KeyboardInterrupt, Exception))
for bad in (lambda: (_ for _ in ()).throw(5), lambda: exec("raise 'text'"), lambda: exec("raise")):
    try:
        bad()
    except (TypeError, RuntimeError) as error:
        print("  ", error)
