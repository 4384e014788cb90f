"""exec, eval, compile, import, globals, locals, and what the interpreter tells about itself."""

import sys

print(eval("1 + x", {"x": 2}), eval("[i for i in range(n)]", {"n": 3}), eval(compile("2 * 3", "<s>", "eval")))
# expect: 3 [0, 1, 2] 6
space = {}
exec("def f(a): return a * k\nk = 3\nclass C: v = f(2)", space)
print(space["f"](5), space["C"].v, sorted(k for k in space if not k.startswith("__")))  # expect: 15 6 ['C', 'f', 'k']
code = compile("x = 1\ny = x + 1", "<name>", "exec")
print(code.co_filename, code.co_names, code.co_consts, code.co_name)  # expect: <name> ('x', 'y') (1, None) <module>
local = {"a": 1}
exec("b = a + 1", {}, local)
print(local)  # expect: {'a': 1, 'b': 2}


def function(a, b=2):
    c = a + b
    return sorted(locals())


print(function(1), function.__code__.co_varnames, function.__code__.co_argcount)  # expect: ['a', 'b', 'c'] ('a', 'b', 'c') 2
print("function" in globals(), __name__, "__builtins__" in globals())  # expect: True __main__ True
import math as m  # noqa: E402
from math import floor, sqrt as root  # noqa: E402

print(m.pi, floor(2.7), root(16), m.__name__, sys.modules["math"] is m)  # expect: 3.141592653589793 2 4.0 math True
for statement in ("import no_such_module", "from math import nope", "import math.nope", "from . import x", "from math import cos; print(cos(0))"):
    try:
        exec(statement)
    except ImportError as error:
        print(statement, "->", type(error).__name__ + ":", str(error).split(" (")[0])
# expect: import no_such_module -> ModuleNotFoundError: No module named 'no_such_module'
# expect: from math import nope -> ImportError: cannot import name 'nope' from 'math'
# expect: import math.nope -> ModuleNotFoundError: No module named 'math.nope'; 'math' is not a package
# expect: from . import x -> ImportError: attempted relative import with no known parent package
# expect: 1.0
print(sys.version_info[:2], sys.implementation.name, sys.byteorder, sys.maxsize, sys.maxunicode, sys.getrecursionlimit())
# expect: (3, 14) cpython little 9223372036854775807 1114111 1000
print(callable(len), callable(1), isinstance(1, (str, int)), issubclass(bool, int), id(1) == id(1), type(1) is int)
# expect: True False True True True True
print(dir([])[-3:], vars(type("T", (), {"z": 1}))["z"], getattr("x", "upper")(), hasattr(1, "real"), len(dir(object)) > 20)
# expect: ['remove', 'reverse', 'sort'] 1 X True True
print(repr(len), repr(int), repr(sys), abs, [].append.__name__, str.upper, type(str.upper), type("".upper))
# expect: <built-in function len> <class 'int'> <module 'sys' (built-in)> <built-in function abs> append <method 'upper' of 'str' objects> <class 'method_descriptor'> <class 'builtin_function_or_method'>
print(bin(5), oct(8), hex(255), chr(97), ord("a"), hash(5), hash(2**61 - 1), hash(-1), hash(1.5), hash("") == 0, hash(None) == hash(None))
# expect: 0b101 0o10 0xff a 97 5 0 -2 1152921504606846977 True True
print(format(3.14159, ".2f"), format(255, "x"), ascii("é"), repr("é"), divmod(7, 3), pow(2, 5, 7), round(3.14159, 2), complex("1+2j"))
# expect: 3.14 ff '\xe9' 'é' (2, 1) 4 3.14 (1+2j)
print(sorted([3, 1, 2], reverse=True), list(reversed([1, 2])), iter([1]).__next__(), next(iter([]), "d"), slice(1, 2), range(3), ...)
# expect: [3, 2, 1] [2, 1] 1 d slice(1, 2, None) range(0, 3) Ellipsis
print(__debug__, NotImplemented is NotImplemented, Ellipsis is ..., type(len), [None, True, False])
# expect: True True True <class 'builtin_function_or_method'> [None, True, False]
for source in ("x =", "if x\n  y", "def f(:", "return", "a b", "f(a for a in b, c)", "1 = 2", "x = (1", "'abc", "  x", "break", "continue", "yield", "await x", "nonlocal q", "def f():\n  x = 1\n  global x", "f(**a, *b)", "f(a=1, a=2)", "def f(a, a): 0", "class C: return", "x: int: 3", "del f()", "a, 1 = b", "lambda x=: 0", "for in y: 0", "print 1", "{1: 2, 3}", "f'{a'", "f'{}'", "f'{a!x}'", "0777", "1__0", "0b2", "é = $", "with a as 1: 0", "import a.b as c.d", "from x import (a", "try: 0", "x if y", "not", "*a", "(*a)", "async x", "def f():\n\treturn 1\n        return 2", "\\x", "match x:\n  case 1 as 2: 0", "[x := 1, y = 2]", "assert (1, 2) =", "raise from x", "@\nx", "a = yield = 1", "else: 0", "while True print(1)", "elif x: 0", "x = 5 if y else", "None = 1", "f() = 1", "a + 1 += 2", "(a, b) += 1", "from __future__ import nope", "{**a for a in b}", "[*a for a in b]", "def f(*): 0", "def f(**k, a): 0", "def f(a=1, b): 0", "f(1 for x in y, 2)", "x!", "a ? b", "if x = 3: 0", "'\\N{nope}'", "b'é'", "'\\x1'", "async def f(): [await x async for x in y]; yield from z"):
    try:
        compile(source, "<t>", "exec")
        print(repr(source), "compiles")
    except SyntaxError as error:
        print(repr(source), "->", type(error).__name__, f"{error.lineno}:{error.offset}", error.msg)
# expect: 'x =' -> SyntaxError 1:4 invalid syntax
# expect: 'if x\n  y' -> SyntaxError 1:5 expected ':'
# expect: 'def f(:' -> SyntaxError 1:7 invalid syntax
# expect: 'return' -> SyntaxError 1:1 'return' outside function
# expect: 'a b' -> SyntaxError 1:3 invalid syntax
# expect: 'f(a for a in b, c)' -> SyntaxError 1:3 Generator expression must be parenthesized
# expect: '1 = 2' -> SyntaxError 1:1 cannot assign to literal here. Maybe you meant '==' instead of '='?
# expect: 'x = (1' -> SyntaxError 1:5 '(' was never closed
# expect: "'abc" -> SyntaxError 1:1 unterminated string literal (detected at line 1)
# expect: '  x' -> IndentationError 1:2 unexpected indent
# expect: 'break' -> SyntaxError 1:1 'break' outside loop
# expect: 'continue' -> SyntaxError 1:1 'continue' not properly in loop
# expect: 'yield' -> SyntaxError 1:1 'yield' outside function
# expect: 'await x' -> SyntaxError 1:1 'await' outside function
# expect: 'nonlocal q' -> SyntaxError 1:1 nonlocal declaration not allowed at module level
# expect: 'def f():\n  x = 1\n  global x' -> SyntaxError 3:3 name 'x' is assigned to before global declaration
# expect: 'f(**a, *b)' -> SyntaxError 1:6 iterable argument unpacking follows keyword argument unpacking
# expect: 'f(a=1, a=2)' -> SyntaxError 1:8 keyword argument repeated: a
# expect: 'def f(a, a): 0' -> SyntaxError 1:10 duplicate argument 'a' in function definition
# expect: 'class C: return' -> SyntaxError 1:10 'return' outside function
# expect: 'x: int: 3' -> SyntaxError 1:7 invalid syntax
# expect: 'del f()' -> SyntaxError 1:5 cannot delete function call
# expect: 'a, 1 = b' -> SyntaxError 1:4 cannot assign to literal here. Maybe you meant '==' instead of '='?
# expect: 'lambda x=: 0' -> SyntaxError 1:10 invalid syntax
# expect: 'for in y: 0' -> SyntaxError 1:5 invalid syntax
# expect: 'print 1' -> SyntaxError 1:1 Missing parentheses in call to 'print'. Did you mean print(...)?
# expect: '{1: 2, 3}' -> SyntaxError 1:8 ':' expected after dictionary key
# expect: "f'{a'" -> SyntaxError 1:5 f-string: expecting '}'
# expect: "f'{}'" -> SyntaxError 1:4 f-string: valid expression required before '}'
# expect: "f'{a!x}'" -> SyntaxError 1:6 f-string: invalid conversion character 'x': expected 's', 'r', or 'a'
# expect: '0777' -> SyntaxError 1:1 leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers
# expect: '1__0' -> SyntaxError 1:2 invalid decimal literal
# expect: '0b2' -> SyntaxError 1:3 invalid digit '2' in binary literal
# expect: 'é = $' -> SyntaxError 1:5 invalid syntax
# expect: 'with a as 1: 0' -> SyntaxError 1:11 cannot assign to literal
# expect: 'import a.b as c.d' -> SyntaxError 1:15 cannot use attribute as import target
# expect: 'from x import (a' -> SyntaxError 1:15 '(' was never closed
# expect: 'try: 0' -> SyntaxError 1:7 expected 'except' or 'finally' block
# expect: 'x if y' -> SyntaxError 1:1 expected 'else' after 'if' expression
# expect: 'not' -> SyntaxError 1:4 invalid syntax
# expect: '*a' -> SyntaxError 1:1 can't use starred expression here
# expect: '(*a)' -> SyntaxError 1:2 cannot use starred expression here
# expect: 'async x' -> SyntaxError 1:7 invalid syntax
# expect: 'def f():\n\treturn 1\n        return 2' -> TabError 3:1 inconsistent use of tabs and spaces in indentation
# expect: '\\x' -> SyntaxError 1:2 unexpected character after line continuation character
# expect: 'match x:\n  case 1 as 2: 0' -> SyntaxError 2:13 cannot use literal as pattern target
# expect: '[x := 1, y = 2]' -> SyntaxError 1:10 invalid syntax. Maybe you meant '==' or ':=' instead of '='?
# expect: 'assert (1, 2) =' -> SyntaxError 1:15 invalid syntax
# expect: 'raise from x' -> SyntaxError 1:7 invalid syntax
# expect: '@\nx' -> SyntaxError 1:2 invalid syntax
# expect: 'a = yield = 1' -> SyntaxError 1:5 assignment to yield expression not possible
# expect: 'else: 0' -> SyntaxError 1:1 invalid syntax
# expect: 'while True print(1)' -> SyntaxError 1:12 invalid syntax
# expect: 'elif x: 0' -> SyntaxError 1:1 invalid syntax
# expect: 'x = 5 if y else' -> SyntaxError 1:16 expected expression after 'else', but statement is given
# expect: 'None = 1' -> SyntaxError 1:1 cannot assign to None
# expect: 'f() = 1' -> SyntaxError 1:1 cannot assign to function call here. Maybe you meant '==' instead of '='?
# expect: 'a + 1 += 2' -> SyntaxError 1:1 'expression' is an illegal expression for augmented assignment
# expect: '(a, b) += 1' -> SyntaxError 1:1 'tuple' is an illegal expression for augmented assignment
# expect: 'from __future__ import nope' -> SyntaxError 1:24 future feature nope is not defined
# expect: '{**a for a in b}' -> SyntaxError 1:2 dict unpacking cannot be used in dict comprehension
# expect: '[*a for a in b]' -> SyntaxError 1:2 iterable unpacking cannot be used in comprehension
# expect: 'def f(*): 0' -> SyntaxError 1:7 named arguments must follow bare *
# expect: 'def f(**k, a): 0' -> SyntaxError 1:12 arguments cannot follow var-keyword argument
# expect: 'def f(a=1, b): 0' -> SyntaxError 1:12 parameter without a default follows parameter with a default
# expect: 'f(1 for x in y, 2)' -> SyntaxError 1:3 Generator expression must be parenthesized
# expect: 'x!' -> SyntaxError 1:2 invalid syntax
# expect: 'a ? b' -> SyntaxError 1:3 invalid syntax
# expect: 'if x = 3: 0' -> SyntaxError 1:4 invalid syntax. Maybe you meant '==' or ':=' instead of '='?
# expect: "'\\N{nope}'" -> SyntaxError 1:1 (unicode error) 'unicodeescape' codec can't decode bytes in position 0-7: unknown Unicode character name
# expect: "b'é'" -> SyntaxError 1:1 bytes can only contain ASCII literal characters
# expect: "'\\x1'" -> SyntaxError 1:1 (unicode error) 'unicodeescape' codec can't decode bytes in position 0-2: truncated \xXX escape
# expect: 'async def f(): [await x async for x in y]; yield from z' -> SyntaxError 1:44 'yield from' inside async function
