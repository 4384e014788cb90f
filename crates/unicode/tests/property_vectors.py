"""Writes CPython's answers for every code point (as ranges of equal answers) and for random strings."""
import random, sys, unicodedata
from unicodedata import ucd_3_2_0 as old
random.seed(3)
def enc(t): return ".".join("%x" % ord(c) for c in t)
def cased(c): return c.islower() or c.isupper() or unicodedata.category(c) == "Lt"
def props(code):
    c = chr(code)
    def change(t): return "=" if t == c else enc(t)
    bits = [c.isalpha(), c.isdecimal(), c.isdigit(), c.isnumeric(), c.islower(), c.isupper(), c.istitle(), c.isspace(), c.isprintable(), c.isidentifier(), ("a" + c).isidentifier(), len(("a" + c + "b").splitlines()) == 2, c.isalnum()]
    out = ["".join(str(int(b)) for b in bits), change(c.lower()), change(c.upper()), change(c.title()), change(c.casefold()), change(c.swapcase()), change(c.capitalize())]
    for db in (unicodedata, old):
        out += [db.category(c), db.bidirectional(c), str(db.combining(c)), str(db.mirrored(c)), db.east_asian_width(c), repr(db.numeric(c, None)), str(db.decimal(c, None)), str(db.digit(c, None)), db.decomposition(c)]
        out += [change(db.normalize(f, c)) for f in ("NFC", "NFKC", "NFD", "NFKD")]
    out.append(enc(("A" + c + "\u03a3" + c).lower().replace(c.lower(), "c"))); out.append(enc(("." + c + "\u03a3").lower().replace(c.lower(), "c")))
    return "|".join(out)
start, last = 0, props(0)
for code in range(1, 0x110001):
    now = props(code) if code < 0x110000 else None
    if now != last:
        print("range", "%x" % start, "%x" % (code - 1), last, sep="\t"); start, last = code, now
marks = [chr(c) for c in range(0x300, 0x370)] + ["\u0327", "\u05b0", "\u0fb5", "\u3099", "\u0b3e", "\u1161", "\u11a8", "\u11a7"]
bases = [chr(c) for c in range(0x110000) if unicodedata.decomposition(chr(c))] + list("aeiouAEΣσςİıßŉǅǆﬁΆΐ") + ["\u1100", "\u1112", "\uac00", "\uac01", "\ud7a3", "\ud800"]
letters = "aZ. '\u03a3\u00ad\u0345\u02b0ǅß\u1e9e1ᾳ-ŉ_\u0130"
for _ in range(6000):
    t = "".join(random.choice([random.choice(bases), random.choice(marks), random.choice(marks), "a"]) for _ in range(random.randrange(1, 8)))
    for f in ("NFC", "NFKC", "NFD", "NFKD"):
        print("norm", f, enc(t), enc(unicodedata.normalize(f, t)), sep="\t"); print("norm32", f, enc(t), enc(old.normalize(f, t)), sep="\t")
        print("isnorm", f, enc(t), unicodedata.is_normalized(f, t), sep="\t")
    t = "".join(random.choice(letters) for _ in range(random.randrange(1, 9)))
    for m in ("lower", "upper", "title", "capitalize", "swapcase", "casefold"): print(m, enc(t), enc(getattr(t, m)()), sep="\t")
    for m in ("islower", "isupper", "istitle", "isidentifier"): print(m, enc(t), getattr(t, m)(), sep="\t")
