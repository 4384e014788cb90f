"""Writes operations on floats, complex numbers and format specifications, and CPython's answers; floats in hex, text as hex of UTF-8."""
import math, random, struct, sys
random.seed(2)
def bits(f): return "%016x" % struct.unpack("<Q", struct.pack("<d", f))
def fb(n): return struct.unpack("<d", struct.pack("<Q", n))[0]
def enc(t): return "-" + t.encode("utf-8", "surrogatepass").hex()
def emit(op, *rest): print(op, *rest, sep="\t")
def attempt(f):
    try: return f()
    except (OverflowError, ValueError, ZeroDivisionError) as e: return "!" + str(e)
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.5, 1.5, 2.5, 0.1, 1e16, 1e17, 123456789012345680.0, 1e22, 1e23, 9999999999999998.0, 1e-5, 1e-4, 0.00012345, 65504.0, 65520.0, 65519.9, 2.0**-24, 2.0**-25, 3.4028235677973366e38, 1e100, 12345.678, 999999.5, 0.045, 0.125]
def number():
    k = random.randrange(8)
    if k == 0: return random.choice(SPECIAL)
    if k == 1: return fb(random.getrandbits(64))
    if k == 2: return random.uniform(-1000, 1000)
    if k == 3: return round(random.uniform(-1000, 1000), random.randrange(5))
    if k == 4: return float(random.randrange(-10**6, 10**6)) / 2**random.randrange(12)
    if k == 5: return math.ldexp(random.random(), random.randrange(-60, 60))
    if k == 6: return float(random.randrange(-10**18, 10**18))
    return random.choice([-1, 1]) * (random.randrange(100) + .5) * 10.0 ** random.randrange(-8, 20)
for i in range(8000):
    x = SPECIAL[i] if i < len(SPECIAL) else number()
    b = bits(x)
    emit("repr", b, repr(x)); emit("hex", b, x.hex())
    if x == x:
        emit("hash", b, hash(x)); emit("ratio", b, attempt(lambda: "%d/%d" % x.as_integer_ratio()))
        n = random.randrange(-25, 25) if random.random() < .9 else random.randrange(-330, 330)
        emit("round", b, n, attempt(lambda: bits(round(x, n))))
        emit("pack2", b, attempt(lambda: struct.pack(">e", x).hex())); emit("pack4", b, attempt(lambda: struct.pack(">f", x).hex()))
    text = repr(x) if random.random() < .3 else "%.*e" % (random.randrange(40), x)
    emit("parse", enc(text), bits(float(text)))
for n in range(0, 65536, 7): emit("unpack2", "%04x" % n, bits(struct.unpack(">e", n.to_bytes(2))[0]))
for _ in range(1000):
    n = random.getrandbits(32); emit("unpack4", "%08x" % n, bits(struct.unpack(">f", n.to_bytes(4))[0]))
for t in ["", " ", "1_0", "1__0", "_1", "1_", "1_.5", "1._5", "1.5_5", "1e1_0", "1_e10", "1e_10", " 1.5\v", ".", ".5", "5.", "e5", "1e", "1e+", "+1", "--1", "inf", "-Infinity", "iNf", "infin", "nan", "+nan", "nan1",
          "1e400", "-1e400", "1e-400", "0x10", "1.5.5", "1 5", "1" * 400, "0." + "0" * 400 + "1e401", "1j", "2.4703282292062328e-324", "2.47032822920623272e-324", "1e99999999999999999999", "1e-99999999999999999999"]:
    emit("parse", enc(t), attempt(lambda: bits(float(t))) if "!" not in str(attempt(lambda: float(t))) else "!")
    emit("cparse", enc(t), attempt(lambda: bits(complex(t).real) + bits(complex(t).imag)) if "!" not in str(attempt(lambda: complex(t))) else "!")
for t in ["1+2j", "(1+2j)", " ( 1-2J ) ", "j", "-j", "+j", "1+j", "1-j", "(j)", "1+2", "1j+2", "1 + 2j", "((1))", "(1", "1)", "1e3-2e-3j", "nan+infj", "-nan-nanj", "infj", "1_0+2_0j", "1_+2j", "1+_2j", "()", "", "1..5j", "1++2j", "1+-2j", "--j", "1jj", "1e+j", "1e5j", "1e5+", "\t1\n"]:
    emit("cparse", enc(t), attempt(lambda: bits(complex(t).real) + bits(complex(t).imag)) if "!" not in str(attempt(lambda: complex(t))) else "!")
for t in ["0x1p0", "1", "0x.8p1", "-0x1.8p-1074", "0x1.fffffffffffff8p1023", "0x1.fffffffffffff7p1023", "0x1p1024", "0x0.0000000000000000000001p-900", "0x1p-1075", "0x1.0000000000001p-1075", "0x1.8p-1075", "nan", "-inf", "0x", "0xp1", "1p", "1p+", "0x1.0000000000000800000001p0", "0x1.00000000000008p0", "0x1.00000000000018p0", " 0x1p3 ", "0x1g", ".", "0x.p1", "1.8", "0x123456789abcdef123456789p-10", "0x1p99999999999999999999", "0x0p99999999999999999999", "0x1p-99999999999999999999", "infinity", "+0XAP-3", "0x1.fffffffffffffp-1023", "0x0.ffffffffffff8p-1022"]:
    emit("fromhex", enc(t), attempt(lambda: bits(float.fromhex(t))))
def cn(): return complex(number() if random.random() < .6 else random.choice([0.0, -0.0, 1.0, math.inf, -math.inf, math.nan, 2.0]), number() if random.random() < .6 else random.choice([0.0, -0.0, 1.0, math.inf, math.nan]))
def cb(c): return bits(c.real) + bits(c.imag)
def canon(s): return s
for _ in range(3000):
    a, b, f = cn(), cn(), number()
    emit("cmul", cb(a), cb(b), attempt(lambda: repr(a * b))); emit("cdiv", cb(a), cb(b), attempt(lambda: repr(a / b)))
    emit("cdivr", cb(a), bits(f), attempt(lambda: repr(a / f))); emit("rdivc", bits(f), cb(a), attempt(lambda: repr(f / a)))
    e = random.choice([b, complex(random.randrange(-5, 6), 0), complex(random.randrange(-120, 120), 0), complex(random.uniform(-2, 2), random.uniform(-2, 2))])
    c = random.choice([a, complex(random.uniform(-2, 2), random.uniform(-2, 2))])
    emit("cpow", cb(c), cb(e), attempt(lambda: repr(c ** e))); emit("cabs", cb(a), attempt(lambda: repr(abs(a)))); emit("crepr", cb(a), repr(a))
def spec():
    s = ""
    r = random.random
    if r() < .4: s += random.choice(["", "", "*", "0", "é", "<", "\ud800"]) + random.choice("<>^=")
    if r() < .3: s += random.choice(" +-")
    if r() < .1: s += "z"
    if r() < .2: s += "#"
    if r() < .3: s += "0"
    if r() < .5: s += str(random.randrange(40))
    if r() < .3: s += random.choice([",", "_", ",", "_", ",_", "_,", ",,"])
    if r() < .4: s += "." + random.choice(["", str(random.randrange(20)), str(random.randrange(20))]) + random.choice(["", "", "", ",", "_", ",_"])
    if r() < .8: s += random.choice("bcdeEfFgGnosxX%" + "deEfFgG%" + "q\x01é")
    if r() < .02: s += "x"
    return s
def attempt2(f):
    try: return enc(f())
    except (OverflowError, ValueError) as e: return "!" + ascii(str(e))[1:-1].replace("\\\\","\\") if 0 else "!" + "".join(c if " " <= c <= "~" else ("\\x%02x" % ord(c) if ord(c) < 256 else "\\u%04x" % ord(c)) for c in str(e))
for _ in range(20000):
    s = spec()
    i = random.choice([0, 1, -1, 65, random.getrandbits(random.randrange(1, 90)), -random.getrandbits(random.randrange(1, 90)), 10**30, 0x110000, 10**400])
    f = number(); t = random.choice(["", "abc", "hello world", "\u20ac\U0001f600x"]); c = cn() if random.random() < .5 else complex(random.uniform(-2, 2), random.uniform(-2e6, 2e6))
    emit("fint", enc(s), i, attempt2(lambda: format(i, s)))
    emit("ffloat", enc(s), bits(f), attempt2(lambda: format(f, s)))
    emit("fcomplex", enc(s), cb(c), attempt2(lambda: format(c, s)))
    emit("fstr", enc(s), enc(t), attempt2(lambda: format(t, s)))
for f, s in [(1.0, ".1000f"), (1e308, ".3f"), (1/3, ".900g"), (5e-324, ".1100f"), (5e-324, ".1100e"), (1.5, ".2147483648f"), (1.5, ".99999999999999999999f"), (1.5, "99999999999999999999"), (0.1, "#.900g"), (0.0, "z"), (-0.0, "z"), (-0.01, "z.1f"), (-0.01, ".1f")]:
    emit("ffloat", enc(s), bits(f), attempt2(lambda: format(f, s)))
