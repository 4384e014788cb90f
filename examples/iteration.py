"""Iterators and itertools: the protocol, and the algebra built on it."""

import functools
import itertools as it
import operator


class Fibonacci:
    """An iterable makes a fresh iterator each time."""

    def __init__(self, limit):
        self.limit = limit

    def __iter__(self):
        return FibonacciIterator(self.limit)


class FibonacciIterator:
    def __init__(self, limit):
        self.a, self.b, self.limit = 0, 1, limit

    def __iter__(self):
        return self

    def __next__(self):
        if self.a > self.limit:
            raise StopIteration
        self.a, self.b, result = self.b, self.a + self.b, self.a
        return result


print("The protocol:")
numbers = Fibonacci(50)
print("  ", list(numbers), max(numbers), 13 in numbers, [*zip(numbers, numbers)][:4])
iterator = iter(numbers)
print("  ", next(iterator), next(iterator), list(iterator), next(iterator, "exhausted"))


class Old:
    """The oldest protocol: __getitem__ until IndexError."""

    def __getitem__(self, index):
        if index == 3:
            raise IndexError
        return index * 10


print("  ", list(Old()), list(iter(iter([1, 2, 0, 3]).__next__, 0)))

print("Built in:")
print("  ", list(enumerate("ab", start=1)), list(reversed([1, 2])), list(zip("abc", range(2))), list(map(pow, (2, 3), (3, 2))))
print("  ", list(filter(None, [0, 1, "", "x"])), all([]), any([]), sum([[1], [2]], []), min("bca", key=ord), sorted("Bca", key=str.lower, reverse=True))
try:
    list(zip("ab", "abc", strict=True))
except ValueError as error:
    print("  ", error)

print("Without end:")
print("  ", list(it.islice(it.count(10, 5), 4)), list(it.islice(it.cycle("ab"), 5)), list(it.repeat("x", 3)), list(it.islice(it.count(1.5, 0.5), 3)))

print("Joining and cutting:")
print("  ", list(it.chain("ab", [1], ())), list(it.chain.from_iterable(["ab", "c"])), list(it.compress("abcd", [1, 0, 1, 0])))
print("  ", list(it.takewhile(lambda n: n < 3, [1, 2, 5, 1])), list(it.dropwhile(lambda n: n < 3, [1, 2, 5, 1])), list(it.filterfalse(str.isdigit, "a1b2")))
print("  ", list(it.batched("abcdefg", 3)), list(it.pairwise("abcd")), list(it.zip_longest("ab", "x", fillvalue="-")), list(it.starmap(pow, [(2, 3), (3, 2)])))
print("  ", list(it.islice("abcdefgh", 2, None, 3)), list(it.accumulate([1, 2, 3, 4])), list(it.accumulate([3, 1, 4, 1, 5], max)), list(it.accumulate([1, 2], operator.mul, initial=10)))

print("Grouping needs its input sorted:")
animals = sorted(["duck", "dog", "cat", "cow", "ant"])
print("  ", [(letter, list(group)) for letter, group in it.groupby(animals, key=lambda word: word[0])])
print("  ", [(char, len(list(run))) for char, run in it.groupby("aaabccd")])

print("Combinatorics:")
print("  ", ["".join(p) for p in it.permutations("abc")], len(list(it.permutations(range(6), 3))))
print("  ", ["".join(c) for c in it.combinations("abcd", 2)], ["".join(c) for c in it.combinations_with_replacement("ab", 2)])
print("  ", list(it.product("ab", [0, 1])), len(list(it.product(range(2), repeat=10))))

print("tee splits one stream into several:")
first, second = it.tee(iter("abc"))
print("  ", next(first), next(first), list(second), list(first))

print("reduce, and what it can be used for:")
print("  ", functools.reduce(operator.add, range(5)), functools.reduce(lambda a, b: b + a, "abc"), functools.reduce(operator.getitem, ["x", 0], {"x": [42]}))

print("operator's functions:")
records = [{"n": "b", "v": 2}, {"n": "a", "v": 2}, {"n": "c", "v": 1}]
print("  ", [r["n"] for r in sorted(records, key=operator.itemgetter("v", "n"))], operator.attrgetter("real", "imag")(3 + 4j), operator.methodcaller("split", "-")("a-b"))


def sieve(limit):
    numbers = it.count(2)
    while (prime := next(numbers)) < limit:
        yield prime
        numbers = filter(lambda n, p=prime: n % p, numbers)


def window(iterable, size):
    iterators = it.tee(iterable, size)
    return zip(*(it.islice(iterator, i, None) for i, iterator in enumerate(iterators)))


print("Recipes:")
print("  ", list(sieve(30)), list(window("abcde", 3)))
print("  ", dict(it.batched(["a", 1, "b", 2], 2)), list(it.chain.from_iterable(zip("ace", "bdf"))))
print("  ", sum(1 for _ in range(10)), list(dict.fromkeys("mississippi")), next((n for n in it.count() if n * n > 200), None))

print("An iterator knows how much is left, roughly:")
print("  ", operator.length_hint(iter(range(10))), operator.length_hint(it.repeat(1, 5)), operator.length_hint(x for x in "a"))

print("Mistakes:")
for action in (lambda: iter(5), lambda: next([]), lambda: it.islice([], -1), lambda: list(it.batched("ab", 0)), lambda: next(iter(()))):
    try:
        action()
    except (TypeError, ValueError, StopIteration) as error:
        print(f"   {type(error).__name__}: {error}")
