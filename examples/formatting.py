"""Text out of values: format strings, the format language, %, templates, representations."""

from datetime import date
from decimal import Decimal
from string import Template
from string.templatelib import Interpolation

name, pi, big = "Ada", 3.14159265, 1234567890

print("f-strings hold any expression:")
print(f"  {name} {name!r} {name.upper():>8} {pi:.3f} {pi:10.2e}| {big:,} {big:_} {1 + 1 = }")
print(f"  {name=} {pi=:.2f} {'nested ' + f'{name}'} {{braces}} {name!a:*^12}")
width, precision = 12, 4
print(f"  [{pi:{width}.{precision}}] [{pi:<{width}.1f}] [{'x':-^{width}}]")
print(f"  {'quotes may be "reused"'} {", ".join(c for c in name)} {(lambda n: n * 2)(21)}")
print(f"""  several
  lines: {
        big  # with a comment
        // 1000
    }""")

print("Alignment, sign, base, grouping:")
for spec in ("d", "+d", " d", "08d", "<8", "^8", ">8", "*^9", "x", "#x", "#010b", "o", ",", "e", ".1f", "%", "c"):
    print(f"   {spec:>6} [{format(65, spec)}]")

print("Floating point:")
for value in (0.1, 1 / 3, 1e16, 1e-5, 123456789.0, float("inf"), -0.0, 2.5):
    print(f"   {value!r:<20} {value:g} | {value:.3} | {value:.0f} | {value:8.2f} | {value:e} | {value:#.3g} | {value:z.1f}")
print("  ", round(2.5), round(3.5), round(2.675, 2), round(1234.5678, -2), f"{2.675:.2f}", f"{1e100:,.0f}"[:20])

print("Other types bring their own language:")
print(f"   {date(2026, 2, 28):%d %B %Y, %A} | {Decimal('1234.5'):,.2f} | {True:d} {True!s:>5} | {3 + 4j:.1f} | {None!s:>6}")


class Angle:
    def __init__(self, degrees):
        self.degrees = degrees

    def __format__(self, spec):
        if spec.endswith("rad"):
            return format(self.degrees * 3.141592653589793 / 180, spec[:-3]) + " rad"
        return format(self.degrees, spec) + "°"


print(f"   {Angle(90):.1f} {Angle(90):.3frad}")

print("str.format and its cousins:")
print("  ", "{} {} {!r}".format(1, 2, "x"), "{1} {0}".format("a", "b"), "{n:>{w}}".format(n=7, w=4))
print("  ", "{0.real} {1[key]} {2[0]}".format(1 + 2j, {"key": "value"}, "list"), "{k}".format_map({"k": "mapped"}))
print("  ", "%s is %d years and %.1f%% sure %r %05d %-5s| %x %+d" % (name, 36, 99.5, "q", 42, "ab", 255, 3))
print("  ", "%(who)s and %(who)r" % {"who": name}, b"%d bytes %a" % (3, "é"))
print("  ", Template("$who likes ${what}s, costs $$5").substitute(who="tim", what="kung-fu"), Template("$x $y").safe_substitute(x=1))

print("Template strings keep their parts:")
template = t"hello {name!r:>10}, {pi:.2f}"
print("  ", template.strings, template.values)
print("  ", [(part.expression, part.conversion, part.format_spec) if isinstance(part, Interpolation) else part for part in template])


def html(template):
    """The point of it: the parts can be treated differently."""
    escape = lambda value: str(value).replace("&", "&amp;").replace("<", "&lt;")  # noqa: E731
    return "".join(escape(part.value) if isinstance(part, Interpolation) else part for part in template)


evil = "<script>"
print("  ", html(t"<p>{evil} & {1 < 2}</p>"))

print("repr shows how to write it:")
for value in ("it's", 'say "hi"', "both ' and \"", "tab\t nul\0 é \u200b \U0001f40d \ud800", b"\x00\xffab'", 1e22, (1,), {1: {2}}, [[]], range(3), slice(1), ..., NotImplemented, int, len):
    print("  ", ascii(value) if isinstance(value, str) else repr(value))
recursive = [1]
recursive.append(recursive)
print("  ", recursive)

print("Numbers back and forth:")
print("  ", int("ff", 16), int("0b101", 0), int(" -1_000 "), float("1e3"), float(" inf "), complex("1+2j"), bin(10), oct(8), hex(255), chr(0x1F40D), ord("é"))

print("Mistakes:")
for action in (
    lambda: f"{'x':d}",
    lambda: f"{1:s}",
    lambda: "{}".format(),
    lambda: "{a}".format(b=1),
    lambda: "%d" % "x",
    lambda: "%s %s" % (1,),
    lambda: "%s" % (1, 2),
    lambda: f"{[]:>10}",
    lambda: format(1.5, ".1000000000000f"),
    lambda: int("12x"),
):
    try:
        action()
    except (TypeError, ValueError, IndexError, KeyError) as error:
        print(f"   {type(error).__name__}: {error}")
