"""Writes random programs that every Python runs alike: generate.py FOLDER FIRST_SEED COUNT.

A program is a row of chunks, each under a line `# ---`; any of them can be left out, so that a difference can be narrowed
down. A chunk catches what it raises and prints it, and ends by printing what it made.
"""

import os
import random
import re
import sys

INTS = ["0", "1", "-1", "2", "3", "7", "10", "-13", "255", "256", "257", "2**31", "2**63", "-2**63", "2**64 + 1", "10**25", "True", "0x7fff", "1 << 70"]
FLOATS = ["0.0", "-0.0", "1.0", "0.5", "-2.75", "1e16", "1e-7", "3.141592653589793", "1e300", "float('inf')", "123456.789", "1/3"]
STRINGS = ["''", "'a'", "'abc'", "'Hello World'", "'ß€😀'", "'a,b,,c'", "'  pad  '", "'x' * 20", "'12'", "'-3.5'", "'tab\\tnew\\n'", "'éàü'", "'%s-%s'"]
BYTES = ["b''", "b'abc'", "bytes(range(5))", "b'\\xff\\x00z'", "b'a b c'"]
KINDS = ["int", "float", "str", "bytes", "list", "tuple", "dict", "set", "bool"]

METHODS = {
    "int": ["bit_length()", "bit_count()", "conjugate()", "as_integer_ratio()", "to_bytes(20, 'big', signed=True)", "__index__()", "__round__(-1)"],
    "float": ["is_integer()", "as_integer_ratio()", "hex()", "conjugate()", "__round__(2)", "__floor__()", "__trunc__()"],
    "str": ["upper()", "lower()", "title()", "strip()", "split()", "split(',')", "splitlines()", "swapcase()", "casefold()", "isalpha()", "isdigit()",
            "find('a')", "count('a')", "replace('a', 'ZZ')", "center(11, '*')", "zfill(6)", "partition(' ')", "rpartition('b')", "encode()", "startswith('a')",
            "join(['1', '2'])", "expandtabs()", "removeprefix('a')", "isidentifier()", "format(1, 2)", "index('b')", "rsplit(None, 1)", "ljust(5) + '|'"],
    "bytes": ["hex()", "decode('latin-1')", "decode()", "upper()", "split()", "find(b'b')", "replace(b'a', b'bb')", "isascii()", "rjust(6)", "count(b'a')", "strip()"],
    "list": ["copy()", "count(1)", "index(1)", "pop()", "pop(0)", "reverse()", "sort()", "append(5)", "extend((1, 2))", "insert(1, 'i')", "remove(1)", "clear()", "sort(key=str)", "__len__()"],
    "tuple": ["count(1)", "index(1)", "__len__()", "__hash__()"],
    "dict": ["keys()", "values()", "items()", "get(1)", "get('k', 'd')", "pop(1, None)", "popitem()", "copy()", "setdefault('n', 0)", "update({1: 2})", "pop('zz')", "clear()"],
    "set": ["copy()", "pop() is None", "add(1)", "discard(1)", "remove(99)", "union([1, 2])", "issubset({1, 2, 3})", "symmetric_difference({1, 'x'})"],
    "bool": ["bit_length()", "__invert__()", "real"],
}  # fmt: skip

CALLS = ["len", "repr", "str", "bool", "int", "float", "abs", "list", "tuple", "sorted", "sum", "min", "max", "type", "hash", "any", "all", "set", "dict",
         "bytes", "ascii", "iter", "round", "bin", "hex", "chr", "ord", "range", "frozenset", "enumerate", "complex", "callable", "divmod", "reversed"]  # fmt: skip
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>", "@", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "and", "or"]
SPECS = ["", ">10", "<5", "^9", "05", ".2f", "e", "g", "x", "#b", ",", "+", "%", ".3", "s", "d", "*^12", "_", "z.1f", "c", "!r", "!s:>8", "!a"]
SLICES = ["0", "-1", "1:", ":2", "::-1", "1:3", "::2", "5:1:-1", ":", "-3:-1", "100", "'k'", "1", "True", "2:1", "::0"]


# What gives a value of a kind. <kind> is an expression, <a..b> a number between, C a fresh name.
HOLE = re.compile(r"<([a-z]+|-?\d+\.\.\d+)>")
PLAIN = {"compare", "arith", "bits", "slice", "spec", "change", "sets", "type"}
GROUPS = {
    "number": ["int", "float", "bool"],
    "items": ["list", "tuple", "str", "bytes", "set", "dict"],
    "any": KINDS,
    "type": KINDS,
    "compare": ["==", "!=", "<", "<=", ">", ">="],
    "arith": ["+", "-", "*"],
    "bits": ["&", "|", "^"],
    "sets": ["|", "&", "-", "^"],
    "slice": SLICES,
    "spec": [">12", "+", ".3f", "e", "08", ",", "_", "^15", "g", ".2%"],
    "change": ["upper", "lower", "title", "strip", "swapcase", "casefold", "capitalize"],
}
TEMPLATES = {
    "int": ["<int> <arith> <int>", "<int> <bits> <int>", "<int> // <int>", "<int> % <int>", "len(<items>)", "-<int>", "~<int>", "sum(C * <int> for C in range(<0..9>))",
            "int(<float>)", "<int> if <bool> else <int>", "<str>.count(<str>)", "<int> >> <0..40>", "pow(<int>, <0..30>, 1009)", "<int> << <0..70>", "round(<float>)", "hash(<int>)",
            "<bytes>[0]", "<str>.find(<str>)", "max(<int>, <int>)", "<int>.bit_length()", "ord(<str>[0])", "int(str(<int>), <0..36>)"],
    "float": ["<float> <arith> <number>", "<float> / <number>", "<int> / <int>", "abs(<float>)", "round(<float>, <-2..5>)", "float(<int>)", "<float> // <number>", "<float> % <number>",
              "<float> ** <-3..4>", "max(<float>, <int>)", "sum([<float>, <int>])", "float(str(<float>))", "<float> if <float> > <int> else -<float>"],
    "str": ["<str> + <str>", "<str> * <-1..4>", "str(<any>)", "repr(<any>)", "<str>[<slice>]", "<str>.join([<str>, <str>])", "<str>.replace(<str>, <str>, <-1..3>)", "format(<number>, '<spec>')",
            "'%s|%r' % (<int>, <str>)", "<str>.<change>()", "''.join(sorted(<str>))", "''.join(C for C in <str> if C.isalnum())", "'{:>9}|{!r}'.format(<str>, <any>)", "chr(<int> % 0xd800)", "<str>.zfill(<0..12>)", "ascii(<str>)"],
    "bytes": ["<bytes> + <bytes>", "<str>.encode()", "<bytes>[1:]", "bytes(C % 256 for C in range(<0..9>))", "<bytes> * <-1..3>", "bytes(<bytes>).replace(<bytes>, b'-')", "<int>.to_bytes(30, 'little', signed=True)"],
    "list": ["<list> + <list>", "[C for C in <items>]", "list(<items>)", "<list>[1:]", "<list>[::-1]", "sorted(<str>)", "[*<items>, <number>]", "<str>.split()", "list(map(str, <items>))", "[(C, <int>) for C in <items> if <bool>]",
             "sorted(<items>, key=repr, reverse=<bool> is True)", "list(zip(<items>, <items>))", "list(enumerate(<items>, <int>))", "[[C] * <0..3> for C in <items>]", "<list> * <-1..2>", "list(reversed(<list>))", "list(filter(None, <items>))"],
    "tuple": ["<tuple> + <tuple>", "tuple(<items>)", "(<number>, <str>)", "divmod(<int>, <int>)", "(*<items>, <int>)", "<str>.partition(<str>)", "<float>.as_integer_ratio()", "<tuple>[:<-2..3>]", "(<any>,) * <0..3>"],
    "dict": ["{**<dict>, <int>: <number>}", "<dict> | <dict>", "dict(zip(<str>, <items>))", "{C: <int> for C in <str>}", "dict.fromkeys(<str>, <number>)", "dict(k=<int>, m=<str>)", "{<tuple>: <any>, <str>: <any>}"],
    "set": ["<set> <sets> <set>", "set(<str>)", "{C % 3 for C in range(<0..9>)}", "{*<bytes>, <int>}", "set(map(type, <items>)) and {<int>}", "frozenset(<str>) - <set>"],
    "bool": ["<number> <compare> <number>", "not <items>", "<int> in <list>", "<str> < <str>", "isinstance(<any>, (<type>, <type>))", "<list> == <list>", "<tuple> <= <tuple>", "any(<items>)", "<str> in <str>", "<set> >= <set>",
             "<bool> and <bool>", "<bool> or <any>", "<any> is <any>", "<int> < <float> <= <int>", "<dict> == <dict>", "all(C for C in <items>)", "<str>.startswith(<str>)"],
}  # fmt: skip


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = []
        self.kinds = {}
        self.counter = 0

    def pick(self, options):
        return self.random.choice(options)

    def chance(self, share):
        return self.random.random() < share

    def fresh(self, prefix="v"):
        self.counter += 1
        return f"{prefix}{self.counter}"

    # Expressions

    def expression(self, depth=3):
        if self.chance(0.7):
            return self.typed(self.pick(KINDS), depth)
        if depth <= 0 or self.chance(0.15):
            return self.leaf()
        form = self.pick(
            [self.binary, self.binary, self.unary, self.call, self.method, self.method, self.subscript, self.display,
             self.display, self.conditional, self.comparison, self.comprehension, self.formatted, self.lambda_call, self.walrus]
        )  # fmt: skip
        return form(depth - 1)

    def typed(self, kind, depth):
        """An expression that most likely gives a value of the kind, so that programs get further than their first line."""
        known = [name for name in self.names if self.kinds.get(name) == kind]
        if known and self.chance(0.4):
            return self.pick(known)
        if depth <= 0 or self.chance(0.15):
            return self.literal(kind, 1)
        template = self.pick(TEMPLATES[kind])
        if "C" in template:
            template = template.replace("C", self.fresh("c"))
        return HOLE.sub(lambda hole: self.fill(hole[1], depth - 1), template)

    def fill(self, hole, depth):
        """What stands for <hole> in a template: a kind, a group of kinds, numbers LOW..HIGH, or one of several texts."""
        low, dots, high = hole.partition("..")
        if dots:
            return str(self.random.randint(int(low), int(high)))
        if hole in GROUPS:
            choice = self.pick(GROUPS[hole])
            return choice if hole in PLAIN else f"({self.typed(choice, depth)})"
        return f"({self.typed(hole, depth)})"

    def leaf(self):
        if self.names and self.chance(0.5):
            return self.pick(self.names)
        return self.literal(self.pick(KINDS), 1)

    def literal(self, kind, depth):
        match kind:
            case "int":
                return self.pick(INTS) if self.chance(0.6) else str(self.random.randint(-50, 50))
            case "float":
                return self.pick(FLOATS)
            case "str":
                return self.pick(STRINGS)
            case "bytes":
                return self.pick(BYTES)
            case "bool":
                return self.pick(["True", "False", "None", "..."])
            case "list":
                return "[" + ", ".join(self.items(depth)) + "]"
            case "tuple":
                return "(" + "".join(item + ", " for item in self.items(depth)) + ")"
            case "set":
                return "{" + ", ".join(self.items(depth) or ["1"]) + "}"
            case "dict":
                return "{" + ", ".join(f"{key}: {value}" for key, value in zip(self.items(depth), self.items(depth))) + "}"

    def items(self, depth):
        count = self.random.randint(0, 4)
        if depth <= 0:
            return [self.pick(INTS) for _ in range(count)]
        make = self.pick(KINDS[:4])
        return [self.literal(make, 0) if self.chance(0.8) else self.literal(self.pick(KINDS), depth - 1) for _ in range(count)]

    def display(self, depth):
        kind = self.pick(["list", "tuple", "dict", "set"])
        items = [self.expression(depth) for _ in range(self.random.randint(0, 3))]
        if self.chance(0.2):
            items.append("**" + self.expression(depth) if kind == "dict" else "*" + self.atom(depth))
        if kind == "dict":
            return "{" + ", ".join(item if item.startswith("**") else f"{self.leaf()}: {item}" for item in items) + "}"
        opening, closing = {"list": "[]", "tuple": "()", "set": "{}"}[kind]
        if kind == "set" and not items:
            items = ["0"]
        return opening + ", ".join(items) + (",)" if kind == "tuple" and items else closing)

    def atom(self, depth):
        text = self.expression(depth)
        return text if text.isidentifier() else f"({text})"

    def binary(self, depth):
        operator = self.pick(OPERATORS)
        left, right = self.atom(depth), self.atom(depth)
        if operator in ("**", "<<"):
            right = str(self.random.randint(-3, 40))
        if operator == "*" and self.chance(0.8):
            right = str(self.random.randint(-2, 5))
        return f"{left} {operator} {right}"

    def comparison(self, depth):
        return f"{self.atom(depth)} {self.pick(OPERATORS[13:19])} {self.atom(depth)} {self.pick(OPERATORS[13:19])} {self.leaf()}"

    def unary(self, depth):
        return f"{self.pick(['-', '+', '~', 'not '])}{self.atom(depth)}"

    def call(self, depth):
        extra = f", {self.leaf()}" if self.chance(0.15) else ""
        return f"{self.pick(CALLS)}({self.expression(depth)}{extra})"

    def method(self, depth):
        kind = self.pick(KINDS)
        target = self.literal(kind, 1) if self.chance(0.6) else self.leaf()
        return f"({target}).{self.pick(METHODS[kind])}"

    def subscript(self, depth):
        return f"{self.atom(depth)}[{self.pick(SLICES)}]"

    def conditional(self, depth):
        return f"{self.atom(depth)} if {self.atom(depth)} else {self.atom(depth)}"

    def comprehension(self, depth):
        name = self.fresh("c")
        source = self.pick([f"range({self.random.randint(0, 6)})", self.leaf(), "'abc'", "[1, 2.5, 'x']", "enumerate('ab')"])
        self.names.append(name)
        body, condition = self.expression(depth - 1), f" if {self.expression(depth - 2)}" if self.chance(0.4) else ""
        self.names.remove(name)
        opening, closing = self.pick(["[]", "{}", ("list(", ")"), ("sum(", ")"), ("tuple(", ")")])
        if opening == "{" and self.chance(0.5):
            body = f"{name}: {body}"
        return f"{opening}{body} for {name} in {source}{condition}{closing}"

    def formatted(self, depth):
        spec = self.pick(SPECS)
        spec = spec if spec.startswith("!") else ":" + spec if spec else ""
        inner = self.leaf()
        if self.chance(0.3):
            return f"'%{self.pick(['s', 'r', 'd', '5.2f', 'x', 'c', '-6s|', '05d', 'e', 'q'])}' % ({inner},)"
        return 'f"<{' + inner.replace('"', "'") + spec + '}>"' if "\\" not in inner and "{" not in inner else f"format({inner}, '>8')"

    def lambda_call(self, depth):
        name = self.fresh("a")
        self.names.append(name)
        body = self.expression(depth - 1)
        self.names.remove(name)
        return f"(lambda {name}, *rest, k={self.leaf()}: {body})({self.leaf()})"

    def walrus(self, depth):
        return f"(w := {self.expression(depth)})"

    # Statements

    def block(self, indent, depth, inside):
        return [line for _ in range(self.random.randint(1, 3)) for line in self.statement(indent, depth, inside)]

    def statement(self, indent, depth, inside):
        forms = [self.assign, self.assign, self.assign, self.augment, self.unpack, self.delete, self.store]
        if depth > 0:
            forms += [self.if_, self.for_, self.while_, self.try_, self.with_, self.match_]
        if "loop" in inside and self.chance(0.15):
            return [f"{indent}{self.pick(['break', 'continue'])}"]
        if "function" in inside and self.chance(0.12):
            return [f"{indent}return {self.expression(2)}"]
        if "generator" in inside and self.chance(0.3):
            return [f"{indent}{self.pick(['yield', 'got = yield', 'yield from'])} {self.expression(2)}"]
        return self.pick(forms)(indent, depth, inside)

    def target(self):
        return self.pick(self.names) if self.names and self.chance(0.4) else self.fresh()

    def assign(self, indent, depth, inside):
        kind = self.pick(KINDS) if self.chance(0.75) else None
        text = self.typed(kind, 3) if kind else self.expression()
        name = self.target()
        self.kinds[name] = kind
        if name not in self.names:
            self.names.append(name)
        return [f"{indent}{name} = {text}"]

    def augment(self, indent, depth, inside):
        if not self.names:
            return self.assign(indent, depth, inside)
        return [f"{indent}{self.pick(self.names)} {self.pick(['+', '-', '*', '//', '%', '|', '&', '^'])}= {self.leaf()}"]

    def unpack(self, indent, depth, inside):
        names = [self.fresh() for _ in range(self.random.randint(2, 3))]
        text = self.expression(2)
        self.names += names
        if self.chance(0.4):
            return [f"{indent}{names[0]}, *{', '.join(names[1:])} = {text}"]
        values = ", ".join(self.leaf() for _ in names) if self.chance(0.7) else text
        return [f"{indent}{', '.join(names)} = {values}"]

    def delete(self, indent, depth, inside):
        if len(self.names) < 4:
            return self.assign(indent, depth, inside)
        return [f"{indent}del {self.pick(self.names)}{self.pick(['', '[0]', '[1:]', '[' + self.leaf() + ']'])}"]

    def store(self, indent, depth, inside):
        if not self.names:
            return self.assign(indent, depth, inside)
        return [f"{indent}{self.pick(self.names)}[{self.pick(SLICES)}] = {self.expression(2)}"]

    def if_(self, indent, depth, inside):
        lines = [f"{indent}if {self.expression(2)}:", *self.block(indent + "    ", depth - 1, inside)]
        if self.chance(0.4):
            lines += [f"{indent}elif {self.expression(2)}:", *self.block(indent + "    ", depth - 1, inside)]
        if self.chance(0.5):
            lines += [f"{indent}else:", *self.block(indent + "    ", depth - 1, inside)]
        return lines

    def for_(self, indent, depth, inside):
        name = self.fresh("i")
        source = self.pick([f"range({self.random.randint(0, 5)})", self.leaf(), "'xyz'", "{1: 2, 3: 4}.items()", "zip('ab', (1, 2))", "reversed([1, 2])"])
        self.names.append(name)
        lines = [f"{indent}for {name} in {source}:", f"{indent}    tick()", *self.block(indent + "    ", depth - 1, inside | {"loop"})]
        if self.chance(0.3):
            lines += [f"{indent}else:", *self.block(indent + "    ", depth - 1, inside)]
        return lines

    def while_(self, indent, depth, inside):
        return [f"{indent}while {self.expression(2)}:", f"{indent}    tick()", *self.block(indent + "    ", depth - 1, inside | {"loop"})]

    def try_(self, indent, depth, inside):
        deeper = indent + "    "
        lines = [f"{indent}try:", *self.block(deeper, depth - 1, inside)]
        if self.chance(0.2):
            lines.append(f"{deeper}raise {self.pick(['ValueError', 'KeyError', 'Custom'])}({self.leaf()})")
        kinds = self.pick(["TypeError", "(ValueError, KeyError)", "ArithmeticError", "Exception", "LookupError", "Custom"])
        lines += [f"{indent}except {kinds} as error:", f"{deeper}print('caught', describe(error))"]
        if self.chance(0.3):
            lines += [f"{indent}else:", *self.block(deeper, depth - 1, inside)]
        if self.chance(0.4):
            lines += [f"{indent}finally:", *self.block(deeper, depth - 1, inside - {"loop", "function"})]
        return lines

    def with_(self, indent, depth, inside):
        return [f"{indent}with Manager({self.leaf()}) as managed:", *self.block(indent + "    ", depth - 1, inside)]

    def match_(self, indent, depth, inside):
        lines = [f"{indent}match {self.expression(2)}:"]
        for pattern in self.random.sample(["0 | 1 | None", "int(n) if n > 5", "[x, *others]", "{1: found, **more}", "str() as s", "(a, b)", "-1", "float() | bool()", "'abc'"], 3):
            lines += [f"{indent}    case {pattern}:", *self.block(indent + "        ", depth - 1, inside)]
        return [*lines, f"{indent}    case _:", f"{indent}        pass"]

    # Chunks

    def chunk(self):
        kind = self.random.random()
        self.names, self.kinds = [], {}
        if kind < 0.35:
            lines = self.block("    ", 2, frozenset()) + self.block("    ", 2, frozenset())
            return ["try:", *lines, "except (Exception, Limit) as error:", "    print('raised', describe(error))", f"show({', '.join(repr(n) for n in dict.fromkeys(self.names))})"]
        if kind < 0.7:
            return self.function("function", frozenset({"function"}))
        if kind < 0.85:
            return self.function("generator", frozenset({"function", "generator"}))
        return self.class_()

    def function(self, kind, inside):
        name = self.fresh("f")
        self.names = ["p", "q", "r"]
        first, second = self.pick(KINDS), self.pick(KINDS)
        self.kinds = {"p": first, "q": second}
        head = self.pick(["p, q=1, *r", "p, /, q=2, *r", "p, q='d', r=None", "p, q, **r"])
        lines = [f"def {name}({head}):", *self.block("    ", 2, inside), *self.block("    ", 1, inside)]
        lines.append("    yield p" if kind == "generator" else f"    return {self.pick(self.names)}, locals()")
        for _ in range(3):
            kinds = (first, second) if self.chance(0.8) else (self.pick(KINDS),) * self.random.randint(0, 3)
            arguments = ", ".join(self.literal(kind, 1) for kind in kinds)
            lines += [f"attempt(lambda: {'take(' * (kind == 'generator')}{name}({arguments}){')' * (kind == 'generator')})"]
        return lines

    def class_(self):
        name, parent = self.fresh("C"), self.pick(["object", "Base", "list", "dict", "int", "Exception"])
        self.names = ["self", "other"]
        lines = [f"class {name}({parent}):", f"    field = {self.literal(self.pick(KINDS), 1)}"]
        for method in self.random.sample(["__add__", "__eq__", "__len__", "__getitem__", "__call__", "__contains__", "__bool__", "__getattr__", "method", "__lt__"], 4):
            self.names = ["other"]
            head = "self" if method in ("__len__", "__bool__") else "self, other=1"
            lines += [f"    def {method}({head}):"]
            if "other" not in head:
                self.names = []
            lines += [*self.block("        ", 1, frozenset({"function"})), f"        return {self.leaf()}"]
        lines = ["try:", *("    " + line for line in lines), "except Exception as error:", "    print('raised', describe(error))"]
        lines.append(f"attempt(lambda: {name}().field)")
        for use in ("{0}() + 1", "{0}() == 2", "len({0}())", "{0}()[0]", "{0}()(3)", "5 in {0}()", "bool({0}())", "{0}().nope", "{0}().method(4)", "{0}() < 3", "{0}.__mro__", "isinstance({0}(), {0})"):
            if self.chance(0.6):
                lines.append(f"attempt(lambda: {use.format(name)})")
        return lines


PROLOGUE = '''\
ticks = 0


class Limit(BaseException): ...


class Custom(Exception): ...


class Base:
    def __add__(self, other):
        return ("base", other)


class Manager:
    def __init__(self, value):
        self.value = value

    def __enter__(self):
        return self.value

    def __exit__(self, kind, error, traceback):
        print("left with", kind and kind.__name__)
        return kind is KeyError


def tick():
    global ticks
    ticks += 1
    if ticks > 12:
        raise Limit


def clip(text):
    text = ascii(text)
    return text if " at 0x" not in text and len(text) < 400 else text.split(" at 0x")[0][:400]


def describe(error):
    return type(error).__name__ + ": " + clip(str(error))


def attempt(action):
    try:
        print(clip(repr(action())))
    except Limit:
        print("limit")
    except Exception as error:
        print("raised", describe(error))


def take(iterator):
    return [item for item, _ in zip(iterator, range(6))]


def show(*names):
    print({name: clip(repr(globals()[name])) for name in names if name in globals()})
'''


def main(folder, first, count):
    for seed in range(int(first), int(first) + int(count)):
        generator = Generator(seed)
        chunks = ["\n".join(generator.chunk()) for _ in range(12)]
        text = "\n\n# ---\n".join([PROLOGUE, *("ticks = 0\n" + chunk for chunk in chunks)]) + "\n"
        try:
            compile(text, "<generated>", "exec")
        except SyntaxError:
            text = "\n\n# ---\n".join([PROLOGUE, *("ticks = 0\n" + chunk for chunk in chunks if compiles(chunk))]) + "\n"
        with open(os.path.join(folder, f"{seed}.py"), "w") as file:
            file.write(text)


def compiles(chunk):
    try:
        compile(chunk, "<generated>", "exec")
    except SyntaxError:
        return False
    return True


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
