"""Writes CPython's names of all characters, and what look-ups of names and of near misses give."""
import random, unicodedata
random.seed(5)
names = []
for code in range(0x110000):
    name = unicodedata.name(chr(code), None)
    if name and not name.startswith(("CJK UNIFIED IDEOGRAPH-", "HANGUL SYLLABLE ")) or code % 97 == 0:
        print("name", "%x" % code, name, sep="\t"); names.append(name or "NONE")
tries = ["", "A", "LATIN SMALL LETTER A", "latin small letter a", "Latin  small letter a", " SPACE", "CJK UNIFIED IDEOGRAPH-4E00", "CJK UNIFIED IDEOGRAPH-4e00", "CJK UNIFIED IDEOGRAPH-04E00", "CJK UNIFIED IDEOGRAPH-", "CJK UNIFIED IDEOGRAPH-FFFF", "HANGUL SYLLABLE GAG", "HANGUL SYLLABLE", "HANGUL SYLLABLE ", "HANGUL SYLLABLE A", "hangul syllable ggwaelg", "HANGUL SYLLABLE GAGX", "NULL", "LF", "nel", "WEIERSTRASS ELLIPTIC FUNCTION", "KEYCAP DIGIT ONE", "LATIN SMALL LETTER R WITH TILDE", "BELL", "ALERT"]
for _ in range(4000):
    name = random.choice(names); tries.append(name)
    cut = random.randrange(len(name) + 1); tries += [name[:cut], name[:cut] + random.choice("A -0z") + name[cut + 1:], name.lower()]
for text in tries:
    try: answer = ".".join("%x" % ord(c) for c in unicodedata.lookup(text))
    except KeyError: answer = "None"
    print("lookup", "t" + text, answer, sep="\t")
