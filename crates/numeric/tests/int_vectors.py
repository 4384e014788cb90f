"""Writes operations on integers and CPython's answers, one per line: op, arguments, answer (tab-separated, numbers in hex)."""
import math, random, sys
random.seed(1)
sys.set_int_max_str_digits(0)
SIZES = [0, 1, 5, 29, 30, 31, 59, 60, 61, 64, 89, 90, 91, 120, 127, 128, 200, 500, 1000, 1100, 2000, 5000, 20000]
def number(limit=20000):
    size = random.choice([s for s in SIZES if s <= limit])
    kind = random.randrange(5)
    value = random.getrandbits(size) if size else 0
    if kind == 0: value = 1 << size
    if kind == 1: value = (1 << size) - 1
    if kind == 2: value &= -(1 << size // 2)
    return -value if random.random() < .4 else value
def emit(op, *rest): print(op, *[hex(r) if type(r) is int else str(r) for r in rest], sep="\t")
def attempt(f, *a):
    try: return f(*a)
    except (OverflowError, ValueError, ZeroDivisionError) as e: return str(e)
for _ in range(1500):
    a, b = number(), number()
    emit("add", a, b, a + b); emit("sub", a, b, a - b); emit("mul", a, b, a * b)
    emit("and", a, b, a & b); emit("or", a, b, a | b); emit("xor", a, b, a ^ b); emit("inv", a, ~a)
    if b:
        emit("div", a, b, a // b); emit("mod", a, b, a % b)
        c = a * b + random.choice([0, 0, 1, -1]); emit("div", c, b, c // b); emit("mod", c, b, c % b)
    emit("gcd", a, b, math.gcd(a, b)); emit("lcm", a, b, math.lcm(a, b)); emit("isqrt", abs(a), math.isqrt(abs(a)))
    emit("bits", a, a.bit_length(), a.bit_count()); emit("hash", a, hash(a))
    s = random.randrange(200); emit("shl", a, s, a << s); emit("shr", a, s, a >> s)
    s = random.randrange(3) * 30 ; emit("shr", a, s, a >> s)
    emit("tdiv", a, b, attempt(lambda: (a / b).hex()))
    small = random.getrandbits(1100) >> random.randrange(1100); d = random.getrandbits(1100) >> random.randrange(1100)
    emit("tdiv", small, d, attempt(lambda: (small / d).hex()))
    d = random.getrandbits(60) | 1 << 1074 + random.randrange(8); emit("tdiv", small >> 1040, d, attempt(lambda: ((small >> 1040) / d).hex()))
    a2 = number(1100) + random.choice([-1, 0, 1]); emit("float", a2, attempt(lambda: float(a2).hex()))
    t = random.getrandbits(54) << random.randrange(80); t += random.choice([-1, 0, 1]); emit("float", t, float(t).hex())
    f = random.choice([random.uniform(-5, 5), float(t), float(a2 % 2**900), random.uniform(-1e30, 1e30), float(a2 % 2**70) + .5])
    emit("fromfloat", f.hex(), int(f)); v = random.choice([int(f), int(f) + 1, a2]); emit("cmpf", v, f.hex(), (v > f) - (v < f))
    base = random.randrange(2, 37)
    digits = ""; r = abs(a)
    if a.bit_length() < 6000:
        while r: digits = "0123456789abcdefghijklmnopqrstuvwxyz"[r % base] + digits; r //= base
        emit("str", a, base, ("-" if a < 0 else "") + (digits or "0"))
    emit("str", a, 10, str(a)); emit("str", a, 16, ("-" if a < 0 else "") + format(abs(a), "x")); emit("str", a, 8, ("-" if a < 0 else "") + format(abs(a), "o"))
    n = random.randrange(0, 40); signed = random.random() < .5
    v = number(330); n = max(0, v.bit_length() // 8 + random.randrange(-1, 3))
    emit("bytes", v, n, int(signed), attempt(lambda: v.to_bytes(n, "big", signed=signed).hex()))
    raw = random.randbytes(random.randrange(70)); emit("frombytes", "-" + raw.hex(), int(signed), int.from_bytes(raw, "little", signed=signed))
    e, m = number(300), number(300)
    emit("powmod", (p := number(500)), e, m, attempt(lambda: hex(pow(p, e, m))))
    e = random.randrange(60); p = number(500); emit("pow", p, e, p ** e)
    if b: emit("near", a, b, *(lambda q, r: (q, r))(*((lambda q, r: (q + 1, r - b) if 2 * abs(r) > abs(b) or 2 * abs(r) == abs(b) and q & 1 else (q, r))(*divmod(a, b)))))
for text in ["", " ", "0", "-0", "+0", "00", "01", "0_0", "_0", "0_", "1__0", "1_0", " 12 ", "\v12\f", "0x", "0x_1", "0x1_", "0X1F", "0o17", "0b101", "0b2", "-0x10", "- 1", "+-1", "0xx1",
             "z", "Z9", "1 2", "12a", "0_7", "0b_1", "0x__1", "9" * 700, "0" * 900, "1_" * 30 + "1", "0_b1", "--1", "1\0", "0b1_0 "]:
    for base in [0, 2, 3, 8, 10, 16, 36]:
        try: answer = hex(int(text, base))
        except ValueError: answer = "error"
        emit("parse", "-" + text.encode().hex(), base, answer)
