"""Comprehensions: lists, sets, dictionaries and generators written as what they contain."""

from itertools import chain

words = "the quick brown fox jumps over the lazy dog".split()

print("Map and filter:")
print("  ", [len(word) for word in words])
print("  ", [word.upper() for word in words if "o" in word])
print("  ", ["odd" if n % 2 else "even" for n in range(4)])
print("  ", [n for n in range(60) if n % 3 == 0 if n % 5 == 0])

print("Several loops run as if they were nested:")
print("  ", [a + b for a in "ab" for b in "xyz"])
print("  ", [(i, j) for i in range(4) for j in range(i, 4) if i + j == 4])
matrix = [[1, 2, 3], [4, 5, 6]]
print("  ", [value for row in matrix for value in row], [[row[i] for row in matrix] for i in range(3)])

print("Sets and dictionaries:")
print("  ", sorted({len(word) for word in words}))
print("  ", {word: word[::-1] for word in words[:3]})
print("  ", {value: key for key, value in {"a": 1, "b": 2}.items()})
print("  ", {n % 3: n for n in range(10)}, "the last one wins")
index = {}
for word in words:
    index.setdefault(word[0], []).append(word)
print("  ", {letter: found for letter, found in sorted(index.items()) if len(found) > 1})

print("Unpacking in the target:")
print("  ", [first + "".join(rest) for first, *rest in (("a", "b", "c"), ("d",))])
print("  ", [f"{i}:{name}={value}" for i, (name, value) in enumerate({"x": 1, "y": 2}.items())])

print("Naming a value on the way:")
print("  ", [(n, root) for n in range(1, 50) if (root := n**0.5).is_integer()])
total = 0
print("  ", [total := total + n for n in range(6)], total)

print("A generator expression makes one value after the other:")


def noisy(n):
    print("   computing", n)
    return n


print("  ", any(noisy(n) > 1 for n in range(10)))
print("  ", sum(n * n for n in range(101)), max((len(word), word) for word in words))
lazy = (1 / n for n in (1, 0))
print("  ", next(lazy))
try:
    next(lazy)
except ZeroDivisionError as error:
    print("   only now:", error)

print("The names of a comprehension stay inside:")
n = "untouched"
[n for n in range(3)]
print("  ", n, [__name__ for _ in "x"])

print("Primes, Pythagoras, Pascal, and eight queens' little sister:")
print("  ", [p for p in range(2, 40) if all(p % d for d in range(2, int(p**0.5) + 1))])
print("  ", [(a, b, c) for c in range(1, 21) for b in range(1, c) for a in range(1, b) if a * a + b * b == c * c])
row = [1]
for _ in range(5):
    print("  ", " ".join(map(str, row)).center(12))
    row = [a + b for a, b in zip([0, *row], [*row, 0])]
queens = [[]]
for _ in range(4):
    queens = [
        [*columns, column]
        for columns in queens
        for column in range(4)
        if all(column != c and abs(column - c) != len(columns) - r for r, c in enumerate(columns))
    ]
print("  ", queens)

print("When a comprehension is not the right thing:")
print("  ", list(map(str.title, words[:2])), list(chain.from_iterable(["ab", "cd"])), dict.fromkeys("abc", 0))
for source in ("[x for x in 5]", "[x, y for x, y in ()]", "{**d for d in ()}"):
    try:
        eval(source)
    except (TypeError, SyntaxError) as error:
        print(f"   {source:<22} {type(error).__name__}: {error.args[0]}")
