"""str and bytes: methods, slices, formatting, encodings."""

s = "Hello, Wörld"
print(len(s), s[0], s[-1], s[7:], s[::-1], s[::2], s[100:], s[-5:-1])  # expect: 12 H d Wörld dlröW ,olleH Hlo öl  Wörl
print(s.upper(), s.lower(), s.swapcase(), s.title(), "ß".upper(), "İ".lower().encode(), "ǆ".title())
# expect: HELLO, WÖRLD hello, wörld hELLO, wÖRLD Hello, Wörld SS b'i\xcc\x87' ǅ
print("a,b,,c".split(","), " a  b ".split(), "a b c".split(" ", 1), "a,b,c".rsplit(",", 1), "l1\nl2\r\nl3".splitlines())
# expect: ['a', 'b', '', 'c'] ['a', 'b'] ['a', 'b c'] ['a,b', 'c'] ['l1', 'l2', 'l3']
print("-".join(["a", "b"]), "abc".replace("b", "X"), "aaa".replace("a", "b", 2), "x".center(5, "*"), "7".zfill(3), "-7".zfill(4))
# expect: a-b aXc bba **x** 007 -007
print("  x ".strip() + "|", "xxaxx".strip("x"), "abc".removeprefix("a"), "abc".removesuffix("bc"), "a\tb".expandtabs(4))
# expect: x| a bc a a   b
print("abcabc".find("c"), "abcabc".rfind("c"), "abc".find("z"), "abcabc".count("bc"), "abc".index("b"), "abc".startswith(("x", "a")))
# expect: 2 5 -1 2 1 True
print("abc".partition("b"), "abc".rpartition("z"), "abc".isalpha(), "12".isdigit(), "²".isdigit(), "²".isdecimal(), "".isalnum(), "a b".isidentifier())
# expect: ('a', 'b', 'c') ('', '', 'abc') True True True False False False
print("abc".translate({97: "X", 98: None}), "abc".translate(str.maketrans("ab", "yz")), "x" in "xyz", "" in "", "b" > "a")
# expect: Xc yzc True True True
print(repr("it's"), repr('"'), repr("\n\t\\\x00\x7f\xa0"), ascii("é€😀"), "\N{GREEK SMALL LETTER ALPHA}", "\u00e9 \x41 \101")
# expect: "it's" '"' '\n\t\\\x00\x7f\xa0' '\xe9\u20ac\U0001f600' α é A A
print("%s %r %d %5.2f %x %o %e %% %c %-5s|%05d %+d" % ("s", "r", 3, 3.14159, 255, 8, 12345.678, "c", "l", 42, 5))
# expect: s 'r' 3  3.14 ff 10 1.234568e+04 % c l    |00042 +5
print("{} {1}".replace("{1}", "{}").format(1, 2), "{1}{0}".format("a", "b"), "{x[0]} {y.real}".format(x=[1], y=2), "{!r:>5}".format("a"), "{{}}".format())
# expect: 1 2 ba 1 2   'a' {}
name, value = "n", 3.14159
print(f"{name}={value:.2f} {name!r:>5} {value:{8}.{3}} {name=} {'nested'!r} {1 + 1:03d} {{}} {value:10.1f}|{name:^5}|{12345:,}")
# expect: n=3.14   'n'     3.14 name='n' 'nested' 002 {}        3.1|  n  |12,345
print(f"{'a' 'b'}" "c" f"{1}", f"{'\n'}".encode(), rf"\d{1}", f"{ {'k': 1}['k'] }", f"{(lambda: 2)()}", f"{3:#x} {3:>+5} {-3:=5}")
# expect: abc1 b'\n' \d1 1 2 0x3    +3 -   3
print(b"abc"[0], b"abc"[1:], bytes([65, 66]), b"\xff\n'", bytearray(b"xy"), b"a" * 3, b"abc".hex(), bytes.fromhex("41 42"), bytes(3))
# expect: 97 b'bc' b'AB' b"\xff\n'" bytearray(b'xy') b'aaa' 616263 b'AB' b'\x00\x00\x00'
print("é€😀".encode(), "é".encode("latin-1"), "é".encode("utf-16-le"), b"\xc3\xa9".decode(), b"\xff".decode("latin-1"), b"a\xffb".decode("utf-8", "replace"))
# expect: b'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80' b'\xe9' b'\xe9\x00' é ÿ a�b
print("é".encode("ascii", "ignore"), "é".encode("ascii", "xmlcharrefreplace"), "é".encode("ascii", "backslashreplace"), b"\xff".decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape"))
# expect: b'' b'&#233;' b'\\xe9' b'\xff'
print(ord("😀"), chr(128512), len("😀"), "😀"[0], "a\u0301", "\ud800".encode("utf-8", "surrogatepass"))
# expect: 128512 😀 1 😀 á b'\xed\xa0\x80'
print(int("42"), int("-0x1f", 16), float("1.5e3"), str(1.0), str(1e16), str(1e-7), repr(0.1), str(100000000000000000000.0), 1e22, 123456.789e3)
# expect: 42 -31 1500.0 1.0 1e+16 1e-07 0.1 1e+20 1e+22 123456789.0
print("abc" "def", """a
b""".split(), "a\
b", r"\n", "tab\there")
# expect: abcdef ['a', 'b'] ab \n tab	here
print("z".join("abc"), sorted("hello"), list("abc"), tuple("ab"), set("aa"), "".join(reversed("abc")), "abc" * 0 == "", "x" "y" == "xy")
# expect: azbzc ['e', 'h', 'l', 'l', 'o'] ['a', 'b', 'c'] ('a', 'b') {'a'} cba True True
ba = bytearray(b"hello")
ba[0] = 72
ba[1:3] = b"E"
ba += b"!"
ba.extend([33])
print(ba, ba.find(b"l"), ba.upper(), bytes(ba), ba.pop(), len(ba), ba.decode())
# expect: bytearray(b'HElo!') 2 bytearray(b'HELO!!') b'HElo!!' 33 5 HElo!
view = memoryview(ba)
print(view[0], bytes(view[1:3]), view.nbytes, view.readonly, view.tolist()[:2])  # expect: 72 b'El' 5 False [72, 69]
view.release()
t = t"x {name} {value:.1f}"
print(type(t).__name__, t.strings, t.values, t.interpolations[1].expression)
# expect: Template ('x ', ' ', '') ('n', 3.14159) value
for expression in ("'abc'[10]", "'a' + 1", "'abc'.index('z')", "int('x')", "float('x')", "chr(-1)", "ord('ab')", "'é'.encode('ascii')", "b'\\xff'.decode()", "'{}'.format()", "'{x}'.format()", "'%d' % 'a'", "'%s'", "'%s %s' % 1", "f'{1:q}'", "bytes([256])", "'a'.join([1])", "''.split('')", "'abc'.center()", "b'a' + 'b'", "'x' * 'y'", "'x'.encode('nope')"):
    try:
        print(expression, "=", repr(eval(expression)))
    except Exception as error:
        print(expression, "->", type(error).__name__ + ":", error)
# expect: 'abc'[10] -> IndexError: string index out of range
# expect: 'a' + 1 -> TypeError: can only concatenate str (not "int") to str
# expect: 'abc'.index('z') -> ValueError: substring not found
# expect: int('x') -> ValueError: invalid literal for int() with base 10: 'x'
# expect: float('x') -> ValueError: could not convert string to float: 'x'
# expect: chr(-1) -> ValueError: chr() arg not in range(0x110000)
# expect: ord('ab') -> TypeError: ord() expected a character, but string of length 2 found
# expect: 'é'.encode('ascii') -> UnicodeEncodeError: 'ascii' codec can't encode character '\xe9' in position 0: ordinal not in range(128)
# expect: b'\xff'.decode() -> UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte
# expect: '{}'.format() -> IndexError: Replacement index 0 out of range for positional args tuple
# expect: '{x}'.format() -> KeyError: 'x'
# expect: '%d' % 'a' -> TypeError: %d format: a real number is required, not str
# expect: '%s' = '%s'
# expect: '%s %s' % 1 -> TypeError: not enough arguments for format string
# expect: f'{1:q}' -> ValueError: Unknown format code 'q' for object of type 'int'
# expect: bytes([256]) -> ValueError: bytes must be in range(0, 256)
# expect: 'a'.join([1]) -> TypeError: sequence item 0: expected str instance, int found
# expect: ''.split('') -> ValueError: empty separator
# expect: 'abc'.center() -> TypeError: center expected at least 1 argument, got 0
# expect: b'a' + 'b' -> TypeError: can't concat str to bytes
# expect: 'x' * 'y' -> TypeError: can't multiply sequence by non-int of type 'str'
# expect: 'x'.encode('nope') -> LookupError: unknown encoding: nope
