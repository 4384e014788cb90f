"""Operators on numbers, comparison, evaluation order: nothing but expressions."""

print(7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3, 2**10, 2**-1)  # expect: 3 -4 1 2 -2 1024 0.5
print(7 / 2, 1e308 * 10, -1e308 * 10, 0.1 + 0.2, 5.0 // 2, -5.5 % 2)  # expect: 3.5 inf -inf 0.30000000000000004 2.0 0.5
print(1 << 70, -1 >> 3, 6 & 3, 6 | 3, 6 ^ 3, ~5)  # expect: 1180591620717411303424 -1 2 7 5 -6
print(2**100, -(2**100) // 3, 2**100 % 1000007, 3**200 // 3**198)
# expect: 1267650600228229401496703205376 -422550200076076467165567735126 698635 9
print(123456789012345678901234567890 * 987654321098765432109876543210)
# expect: 121932631137021795226185032733622923332237463801111263526900
print((10**40) // (10**20 + 1), divmod(-(10**30), 7))  # expect: 99999999999999999999 (-142857142857142857142857142858, 6)
print(1 + 2j, (1 + 2j) * (3 - 1j), (1 + 2j) / 1j, abs(3 + 4j), -0j)  # expect: (1+2j) (5+5j) (2-1j) 5.0 (-0-0j)
print(True + True, True * 3.5, True & False, True ^ True, not True)  # expect: 2 3.5 False False False
print(1 < 2 < 3, 1 < 3 < 2, 1 == 1.0 == True, 3 > 2 != 1)  # expect: True False True True
print(1 if [] else 2, [] or 0 or "x", [] and 1, 0 and 1, 5 and 6)  # expect: 2 x [] 0 6
print("a" < "b", "abc" < "abd", [1, 2] < [1, 3], (1,) < (1, 0), {1} < {1, 2})  # expect: True True True True True
print(2**3**2, -(2**2), (-2) ** 2, 10 - 3 - 2, 2 * 3 % 4, not 1 == 2)  # expect: 512 -4 4 5 2 True
print(0x_FF, 0b1010, 0o17, 1_000_000, 1e3, 0x1F, 1.5e-3)  # expect: 255 10 15 1000000 1000.0 31 0.0015
print(round(2.5), round(-3.5), round(1.25, 1), round(15, -1), int(-3.9), abs(-4))  # expect: 2 -4 1.2 20 -3 4
print(float("nan") == float("nan"), float("inf") > 10**400, -0.0 == 0.0, str(-0.0))  # expect: False True True -0.0
print(pow(3, 100, 7), pow(3, -1, 7), pow(2, 0.5))  # expect: 4 5 1.4142135623730951
print(max(3, 1, 2), min("b", "a"), max([], default=None), sum([1.5, 2]), sum(range(101)))  # expect: 3 a None 3.5 5050
print([1, 2] + [3], [0] * 3, "ab" * 2, (1,) * 2 + (2,), b"x" + b"y")  # expect: [1, 2, 3] [0, 0, 0] abab (1, 1, 2) b'xy'
print(3 in [1, 2, 3], "bc" in "abcd", 4 not in (1, 2), "k" in {"k": 1})  # expect: True True True True


def log(name, value):
    order.append(name)
    return value


order = []
log("a", [0, 0])[log("b", 1)] = log("value", 5)
print(order)  # expect: ['value', 'a', 'b']
order = []
{log("k1", 1): log("v1", 1), log("k2", 2): log("v2", 2)}
log("f", print)(log("x", "called"), *log("y", []), sep=log("z", ""))  # expect: called
print(order)  # expect: ['k1', 'v1', 'k2', 'v2', 'f', 'x', 'y', 'z']
order = []
log("left", 1) + log("right", 2) * log("far", 3)
log("low", 1) < log("mid", 0) < log("high", 9)
print(order)  # expect: ['left', 'right', 'far', 'low', 'mid']
x = 5
x += 2
x *= 3
x -= 1
x //= 3
x **= 2
x %= 17
x <<= 3
x |= 1
x ^= 3
x >>= 1
x &= 14
print(x)  # expect: 8
for expression in ("1 / 0", "1 // 0", "1 % 0", "0.0 ** -1", "1 << -1", "'a' + 1", "1 + 'a'", "[] < {}", "-'x'", "2 ** 'x'", "1 @ 2", "None + 1", "[1] * 1.5", "1 in 2", "len(3)", "10 ** 400 / 3", "int(float('inf'))", "int(float('nan'))", "1.5 << 1", "'%d' % []"):
    try:
        print(expression, "=", eval(expression))
    except Exception as error:
        print(expression, "->", type(error).__name__ + ":", error)
# expect: 1 / 0 -> ZeroDivisionError: division by zero
# expect: 1 // 0 -> ZeroDivisionError: division by zero
# expect: 1 % 0 -> ZeroDivisionError: division by zero
# expect: 0.0 ** -1 -> ZeroDivisionError: zero to a negative power
# expect: 1 << -1 -> ValueError: negative shift count
# expect: 'a' + 1 -> TypeError: can only concatenate str (not "int") to str
# expect: 1 + 'a' -> TypeError: unsupported operand type(s) for +: 'int' and 'str'
# expect: [] < {} -> TypeError: '<' not supported between instances of 'list' and 'dict'
# expect: -'x' -> TypeError: bad operand type for unary -: 'str'
# expect: 2 ** 'x' -> TypeError: unsupported operand type(s) for ** or pow(): 'int' and 'str'
# expect: 1 @ 2 -> TypeError: unsupported operand type(s) for @: 'int' and 'int'
# expect: None + 1 -> TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'
# expect: [1] * 1.5 -> TypeError: can't multiply sequence by non-int of type 'float'
# expect: 1 in 2 -> TypeError: argument of type 'int' is not a container or iterable
# expect: len(3) -> TypeError: object of type 'int' has no len()
# expect: 10 ** 400 / 3 -> OverflowError: integer division result too large for a float
# expect: int(float('inf')) -> OverflowError: cannot convert float infinity to integer
# expect: int(float('nan')) -> ValueError: cannot convert float NaN to integer
# expect: 1.5 << 1 -> TypeError: unsupported operand type(s) for <<: 'float' and 'int'
# expect: '%d' % [] -> TypeError: %d format: a real number is required, not list
