"""The native compiler of patterns makes the same code as re._parser and re._compiler, and leaves to them what is wrong."""
import _sre
import re._compiler as compiler
import re._parser as parser
import random
import warnings
from re._casefix import _EXTRA_CASES

native = getattr(_sre, '_compile_pattern', None)


def in_python(pattern, flags):
    tree = parser.parse(pattern, flags)
    code = compiler._code(tree, flags)
    names = tree.state.groupdict
    by_number = [None] * tree.state.groups
    for name, number in names.items():
        by_number[number] = name
    return _sre.compile(pattern, flags | tree.state.flags, code, tree.state.groups - 1, names, tuple(by_number))


def is_same(pattern, flags):
    """True, False, or None where the native compiler leaves the pattern to Python."""
    made = native(pattern, flags, _EXTRA_CASES) if native else in_python(pattern, flags)
    if made is None:
        return None
    wanted = in_python(pattern, flags)
    return made == wanted and made.groups == wanted.groups and list(made.groupindex.items()) == list(wanted.groupindex.items())


known = [
    r'', r'a', r'abc|abd', r'a|b|c', r'[a-z]+\d*', r'(?P<n>x)(?P=n)', r'(a)(b)?\2(?(1)c|d)', r'(?i)kſ[k-m]İ', r'(?i:ß)Ω', r'(?x) a b # c' '\n d',
    r'(?<=ab)c(?<!d)', r'(?>a+)b', r'a{2,3}?b{,4}+c{2}', r'[^\s\S]', r'[\s\S]', r'[\w-]', r'[]a]', r'[^]a]', r'\101\x41\u0041\0', r'^a$\b\B\A\Z',
    r'x{', r'x{}', r'x{1', r'(?s).(?-s:.)', '[\u0100-\u2000\u3000]', '[\U00010000-\U00010fff]', r'[acegikmoqs]', r'(?:ab)+', r'(?:(?:a))*', r'()', r'(?!)',
]
print(sum(is_same(pattern, flags) is True for pattern in known for flags in (0, 2, 8, 16, 64, 256, 258)) == 7 * len(known))
# expect: True

bad = [r'(', r')', r'*a', r'a**', r'[b-a]', r'(?P<1>a)', r'(?P=n)', r'\q', r'(?<=a*)b', r'(?z)', r'a(?i)b', r'(?(9)a)', r'a\\'[:-1], r'(?P<n>a)(?P<n>b)']
outcomes = []
for pattern in bad:
    left = native is None or native(pattern, 0, _EXTRA_CASES) is None
    try:
        compiler.compile(pattern, 0)
    except parser.error as error:
        outcomes.append((left, error.pos is not None or 'look-behind' in error.msg))
print(outcomes == [(True, True)] * len(bad))
# expect: True

atoms = r'a b A k . ^ $ \d \W \b \1 \x41 ab abc [abc] [^abc] [a-z] [\w-] [\s\S] { } ] {2} {,3} {1,2} * + ? *? ++ | ( ) ) (?: (?i: (?-i: (?P<n> (?= (?<= (?> # (?i)'.split()
random.seed(7)
different = checked = 0
with warnings.catch_warnings():
    warnings.simplefilter('error')
    for _ in range(4000):
        pattern = ''.join(random.choice(atoms) for _ in range(random.randint(1, 7)))
        pattern += ')' * (pattern.count('(') - pattern.count(')'))
        try:
            same = is_same(pattern, random.choice((0, 2, 64, 258)))
        except (parser.error, Warning):
            same = native is not None and None
            if native is None:
                continue
        if same is not None:
            checked += 1
            different += not same
print(different, checked > 1000)
# expect: 0 True
