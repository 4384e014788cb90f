"""Generates src/tables/names.bin from the names of CPython 3.14 (Unicode 16.0.0).

Run with the reference: python3.14 crates/unicode/generate/names.py

The file holds little-endian u32 counts (words, names, CJK ranges), then: word offsets (u32, one more than words), words, padding to 4,
code points of the names (u32, ascending), name offsets (u32, one more than names), the names' numbers in the order of their text
(u32), CJK ranges (two u32 each), and the names as word numbers: below 160 one byte, else two.
"""
import os, struct, sys, unicodedata

assert unicodedata.unidata_version == "16.0.0" and sys.version_info[:2] == (3, 14)
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "tables", "names.bin")
names, cjk = {}, []
for code in range(0x110000):
    name = unicodedata.name(chr(code), "")
    if name == "CJK UNIFIED IDEOGRAPH-%X" % code:
        if cjk and cjk[-1][1] == code - 1: cjk[-1][1] = code
        else: cjk.append([code, code])
    elif name and not (name.startswith("HANGUL SYLLABLE ") and 0xAC00 <= code < 0xD7A4):
        names[code] = name
counts = {}
for name in names.values():
    for word in name.split(" "): counts[word] = counts.get(word, 0) + 1
words = sorted(counts, key=lambda word: (-counts[word], word))
number = {word: i for i, word in enumerate(words)}
assert len(words) < 160 + 96 * 256
def u32(values): return b"".join(struct.pack("<I", value) for value in values)
def offsets(pieces):
    at, out = 0, [0]
    for piece in pieces: at += len(piece); out.append(at)
    return u32(out)
def token(i): return bytes([i]) if i < 160 else bytes([160 + (i - 160 >> 8), i - 160 & 255])
codes = sorted(names)
coded = [b"".join(token(number[word]) for word in names[code].split(" ")) for code in codes]
text = "".join(words).encode()
blob = u32([len(words), len(codes), len(cjk)]) + offsets(words) + text + b"\0" * (-len(text) % 4)
blob += u32(codes) + offsets(coded) + u32(sorted(range(len(codes)), key=lambda i: names[codes[i]])) + u32(sum(cjk, [])) + b"".join(coded)
with open(OUT, "wb") as f: f.write(blob)
