"""Regular expressions: the syntax by example, the methods, and a tokenizer at the end."""

import re

print("Finding:")
text = "Call 555-1234 or 555-9876, ask for Ada (ada@example.org) before 2026-02-28."
print("  ", re.search(r"\d{3}-\d{4}", text))
print("  ", re.findall(r"\d{3}-\d{4}", text), re.match(r"\d", text), re.fullmatch(r"Call.*\.", text) is not None)
print("  ", [(m.span(), m[0]) for m in re.finditer(r"\b[A-Z]\w*", text)])

print("Groups:")
m = re.search(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", text)
print("  ", m.groups(), m["month"], m.groupdict(), m.start("day"), m.lastgroup, m.expand(r"\g<day>.\2.\1"))
print("  ", re.findall(r"(\w+)@(\w+)\.org", text), re.match(r"(a)|(b)", "b").groups(), re.match(r"(?:x(y)?)+", "xyx").group(1))

print("Repetition, greedy, lazy, possessive:")
for pattern in ("<.*>", "<.*?>", "<[^>]+>", "<.*+>", "(?>a+)b"):
    match = re.search(pattern, "<a><b> aab")
    print(f"   {pattern:<10} {match[0] if match else None!r}")

print("Looking around:")
print("  ", re.findall(r"\d+(?= EUR)", "10 EUR 20 USD 30 EUR"), re.findall(r"(?<!\$)\b\d+", "$10 20"), re.findall(r"(?<=@)\w+", "a@b c@d"))
print("  ", re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", "1234567"), re.search(r"(.)\1", "hello")[0], re.match(r"(<)?\w+(?(1)>)$", "<tag>")[0])

print("Substituting:")
print("  ", re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world"), re.sub("a", lambda m: str(m.start()), "banana"), re.subn("a", "-", "banana", count=2))
print("  ", re.sub("x*", "-", "abxd"), re.sub(r"\s+", " ", " a \t b\n"), re.escape("a.b*c"))

print("Splitting:")
print("  ", re.split(r"[,;]\s*", "a, b;c,d"), re.split(r"(-)", "a-b-c", maxsplit=1), re.split("", "abc"), re.split(r"\b", "two words"))

print("Flags:")
print("  ", re.findall("^a", "a\nA\na", re.M | re.I), re.search("a.b", "a\nb", re.S) is not None, re.findall(r"\w+", "naïve Ωmega"), re.findall(r"\w+", "naïve", re.A))
print("  ", re.match("(?i:a)b", "Ab"), re.match("(?i:a)b", "AB"), re.search("straße", "STRASSE", re.I))
number = re.compile(
    r"""
    [-+]?            # a sign
    (?: \d+ (?: \. \d* )? | \. \d+ )
    (?: [eE] [-+]? \d+ )?   # an exponent
    """,
    re.X,
)
print("  ", [s for s in ("1", "-2.5", ".5", "6e23", "1.", ".", "e5", "+") if number.fullmatch(s)])

print("Compiled patterns:")
word = re.compile(r"(?P<first>\w)(\w*)", re.I)
print("  ", word, word.groups, word.groupindex, word.flags & re.I, re.compile(word) is word)
print("  ", word.match("abc", 1)[0], word.search("  abc", endpos=4)[0], [m[0] for m in word.finditer("to be")])

print("Bytes, and characters of all kinds:")
print("  ", re.findall(rb"\w+", b"raw bytes \xff"), re.findall(r"[\u4e00-\u9fff]+", "漢字 and kana かな"), re.findall(r"[^\W\d_]", "a1_é"))

print("Cost: these come back at once:")
print("  ", re.match(r"(?:a|b)*c", "ab" * 20000 + "c").end(), re.search("(?:x+)y", "x" * 200 + "z"), len(re.findall(".", "é" * 1000)))

TOKEN = re.compile(
    r"(?P<NUMBER>\d+(?:\.\d*)?)|(?P<NAME>[A-Za-z_]\w*)|(?P<OP>[-+*/=()])|(?P<SPACE>\s+)|(?P<BAD>.)",
)


def tokens(source):
    for match in TOKEN.finditer(source):
        kind = match.lastgroup
        if kind == "BAD":
            raise SyntaxError(f"unexpected {match[0]!r} at {match.start()}")
        if kind != "SPACE":
            yield kind, match[0]


print("A tokenizer:")
print("  ", list(tokens("area = 3.14 * (r + 1)")))
try:
    list(tokens("a ? b"))
except SyntaxError as error:
    print("  ", error)

print("A scanner that calls a function for each match:")
scanner = re.Scanner([(r"\d+", lambda s, t: int(t)), (r"\w+", lambda s, t: t.upper()), (r"\s+", None)])
print("  ", scanner.scan("abc 12 d !rest"))

print("Mistakes:")
for pattern in ("(", "a)", "[a", "*a", "a{2,1}", "(?P<1>a)", r"\1", "(?<=a*)b", "(?z)", r"\q", "(?P=no)"):
    try:
        re.compile(pattern)
    except re.PatternError as error:
        print(f"   {pattern:<10} {error}")
