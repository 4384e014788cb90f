"""Writes codecs' answers: op, input, answer = output, consumed, errors as start-end-reason; the handler puts '?' for each error."""
import _codecs, codecs, random, warnings
warnings.simplefilter("ignore")
random.seed(4)
errors = []
def record(e):
    errors.append(f"{e.start}-{e.end}-{e.reason}")
    return "?", e.end
codecs.register_error("record", record)
def enc(t): return ".".join("%x" % ord(c) for c in t)
def emit(op, *rest): print(op, *rest, sep="\t")
DECODERS = {
    "utf8": lambda b, f: _codecs.utf_8_decode(b, "record", f), "utf7": lambda b, f: _codecs.utf_7_decode(b, "record", f),
    "utf16": lambda b, f: _codecs.utf_16_ex_decode(b, "record", 0, f)[:2], "utf16le": lambda b, f: _codecs.utf_16_le_decode(b, "record", f), "utf16be": lambda b, f: _codecs.utf_16_be_decode(b, "record", f),
    "utf32": lambda b, f: _codecs.utf_32_ex_decode(b, "record", 0, f)[:2], "utf32le": lambda b, f: _codecs.utf_32_le_decode(b, "record", f), "utf32be": lambda b, f: _codecs.utf_32_be_decode(b, "record", f),
    "ascii": lambda b, f: _codecs.ascii_decode(b, "record"), "latin1": lambda b, f: _codecs.latin_1_decode(b, "record"),
    "escape": lambda b, f: _codecs.unicode_escape_decode(b, "record", f), "raw": lambda b, f: _codecs.raw_unicode_escape_decode(b, "record", f),
    "charmap": lambda b, f: _codecs.charmap_decode(b, "record", TABLE),
}
TABLE = "".join(chr(c) for c in range(0x80)) + "\ufffe\u20ac\u0100\U0001f600" * 20
ENCODERS = {
    "utf8": _codecs.utf_8_encode, "utf7": _codecs.utf_7_encode, "utf16": _codecs.utf_16_encode, "utf16le": _codecs.utf_16_le_encode, "utf16be": _codecs.utf_16_be_encode,
    "utf32": _codecs.utf_32_encode, "utf32le": _codecs.utf_32_le_encode, "utf32be": _codecs.utf_32_be_encode, "ascii": _codecs.ascii_encode, "latin1": _codecs.latin_1_encode,
    "escape": _codecs.unicode_escape_encode, "raw": _codecs.raw_unicode_escape_encode, "charmap": lambda t, e: _codecs.charmap_encode(t, e, MAP),
}
MAP = codecs.charmap_build(TABLE)
TEXT = "aZ0+-/\\~\t\n\r\x00\x7f\x80\xe9\xff\u0100\u20ac\ud800\udbff\udc00\udc80\udfff\ufeff\uffff\U00010000\U0001f600\U0010ffff ?!'\"="
PIECES = [b"\\", b"\\", b"\\N{SPACE}", b"\\N{no such}", b"\\N{}", b"\\N{DIGIT ONE", b"\\N", b"\\x", b"4", b"41", b"u00e9", b"U0001F600", b"U00110000", b"\\777", b"\\12", b"\\8", b"\\\n", b"n", b"+", b"-", b"AGE", b"2D3eAA", b"/", b"\xe9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xf4\x90", b"\xc0\x80", b"\xff\xfe", b"\xfe\xff", b"\x00\xd8", b"\x00\xdc", b"\xd8\x00", b"\xdc\x00", b"\0\0", b"\x01\0\0\0", b"\0\0\x11\0", b"\0\0\0\x41"]
def data():
    if random.random() < .5: return bytes(random.choice(b"\x00A+-\\xuUN{}\x7f\x80\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xe2\xed\xef\xf0\xf4\xf5\xff\xd8\xdc\xfe") for _ in range(random.randrange(10)))
    return b"".join(random.choice(PIECES) for _ in range(random.randrange(8)))
for i in range(15000):
    b = data(); final = random.random() < .6
    for name, f in DECODERS.items():
        errors.clear()
        text, used = f(b, final)
        emit("decode", name, "-" + b.hex(), int(final), enc(text), used, ",".join(errors))
    t = "".join(random.choice(TEXT) for _ in range(random.randrange(8)))
    if random.random() < .3: t = "".join(c for c in t if ord(c) < 0x100)
    for name, f in ENCODERS.items():
        errors.clear()
        if i > 3000 and name in ("utf32le", "utf32be", "utf16be"): continue
        out, used = f(t, "record")
        emit("encode", name, "t" + enc(t), "-" + out.hex(), used, ",".join(errors))
