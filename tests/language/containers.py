"""list, tuple, dict, set, range, slice: operations, order, errors."""

l = [3, 1, 2]
l.append(4)
l.insert(0, 9)
l.extend((5, 6))
l.remove(1)
print(l, l.pop(), l.pop(0), l, l.index(2), l.count(4), len(l))  # expect: [3, 2, 4, 5] 6 9 [3, 2, 4, 5] 1 1 4
l.sort(reverse=True)
print(l, sorted(l), list(reversed(l)), l[1:3], l[::-1], l[-1:], l * 2, l + [0])
# expect: [5, 4, 3, 2] [2, 3, 4, 5] [2, 3, 4, 5] [4, 3] [2, 3, 4, 5] [2] [5, 4, 3, 2, 5, 4, 3, 2] [5, 4, 3, 2, 0]
l[1:3] = ["x", "y", "z"]
print(l)  # expect: [5, 'x', 'y', 'z', 2]
l[::2] = [0, 0, 0]
del l[0], l[-1]
print(l)  # expect: ['x', 0, 'z']
l.clear()
print(l, [] == l, not l, [[]] * 2, [1, [2, [3]]])  # expect: [] True True [[], []] [1, [2, [3]]]
words = ["banana", "fig", "apple", "kiwi"]
words.sort(key=len)
print(words, sorted(words, key=lambda w: (-len(w), w)), min(words), max(words, key=len))
# expect: ['fig', 'kiwi', 'apple', 'banana'] ['banana', 'apple', 'kiwi', 'fig'] apple banana
t = (1, 2, 3)
print(t[0], t[1:], t + (4,), t * 2, (1,), (), 1 in t, t.index(2), t.count(9), tuple("ab"), hash((1, 2)) == hash((1, 2)))
# expect: 1 (2, 3) (1, 2, 3, 4) (1, 2, 3, 1, 2, 3) (1,) () True 1 0 ('a', 'b') True
d = {"a": 1, "b": 2}
d["c"] = 3
d.update(b=20, d=4)
d |= {"e": 5}
print(d, list(d), d.get("z"), d.get("z", 0), d.pop("a"), d.setdefault("n", []), "b" in d, len(d))
# expect: {'b': 20, 'c': 3, 'd': 4, 'e': 5, 'n': []} ['a', 'b', 'c', 'd', 'e'] None 0 1 [] True 5
del d["b"]
print(d, d.popitem(), list(d.items()), list(d.values()), {**d, "x": 1}, d | {"c": 9}, dict(a=1), dict([(1, 2)]), dict.fromkeys("ab", 0))
# expect: {'c': 3, 'd': 4, 'e': 5} ('n', []) [('c', 3), ('d', 4), ('e', 5)] [3, 4, 5] {'c': 3, 'd': 4, 'e': 5, 'x': 1} {'c': 9, 'd': 4, 'e': 5} {'a': 1} {1: 2} {'a': 0, 'b': 0}
print(d.keys() & {"c", "z"}, sorted(d.keys() - {"c"}), {1: "a", 1.0: "b", True: "c"}, list(reversed({"x": 1, "y": 2})), d == {"d": 4, "c": 3, "e": 5})
# expect: {'c'} ['d', 'e'] {1: 'c'} ['y', 'x'] True
nested = {}
for word in words:
    nested.setdefault(len(word), []).append(word)
print(nested)  # expect: {3: ['fig'], 4: ['kiwi'], 5: ['apple'], 6: ['banana']}
s = {3, 1, 2}
s.add(5)
s.discard(9)
s.remove(1)
print(s, s | {9}, s & {2, 5}, s - {2}, s ^ {2, 7}, {2} <= s, s.isdisjoint({100}), len(s), 3 in s, set(), frozenset([1]), {*"a", *"b"} == set("ab"))
# expect: {2, 3, 5} {9, 2, 3, 5} {2, 5} {3, 5} {3, 5, 7} True True 3 True set() frozenset({1}) True
print(range(5), list(range(2, 10, 3)), list(range(5, 0, -2)), range(10)[2:5], range(10)[-1], 4 in range(0, 10, 2), len(range(10**20, 10**20 + 5)), range(0) == range(1, 1), range(3).index(2))
# expect: range(0, 5) [2, 5, 8] [5, 3, 1] range(2, 5) 9 True 5 True 2
print([0, 1, 2, 3, 4, 5][slice(1, None, 2)], slice(1, 5).indices(3), slice(None, None, -1).indices(3))
# expect: [1, 3, 5] (1, 3, 1) (2, -1, -1)
print([*range(3), *"ab"], (*[1], 2), {*[1, 1]}, [i * j for i in range(3) for j in range(i)], {k: v for k, v in zip("ab", (1, 2))}, {x % 2 for x in range(5)})
# expect: [0, 1, 2, 'a', 'b'] (1, 2) {1} [0, 0, 2] {'a': 1, 'b': 2} {0, 1}
print(list(zip([1, 2], "ab", (True, False))), list(enumerate("ab", 1)), list(map(str, [1, 2])), list(filter(None, [0, 1])), any([0, 1]), all([]), sum([[1], [2]], []))
# expect: [(1, 'a', True), (2, 'b', False)] [(1, 'a'), (2, 'b')] ['1', '2'] [1] True True [1, 2]
matrix = [[1, 2], [3, 4]]
print([list(row) for row in zip(*matrix)], sum(map(sum, matrix)), [x for row in matrix for x in row])
# expect: [[1, 3], [2, 4]] 10 [1, 2, 3, 4]
recursive = [1]
recursive.append(recursive)
print(recursive, recursive == recursive)  # expect: [1, [...]] True
loop = {}
loop["self"] = loop
print(loop, [1, 2, 3] > [1, 2], [1, "a"] == [1, "a"], (1, 2) == [1, 2])  # expect: {'self': {...}} True True False
a = b = [1]
a += [2]
print(a is b, b, a is not [1, 2], a == b)  # expect: True [1, 2] True True
x, y = 1, 2
x, y = y, x
first, *rest = "abc"
*init, last = [1, 2, 3]
(p, q), r = (1, 2), 3
print(x, y, first, rest, init, last, p, q, r)  # expect: 2 1 a ['b', 'c'] [1, 2] 3 1 2 3
big = {i: i * i for i in range(1000)}
for i in range(0, 1000, 2):
    del big[i]
print(len(big), big[999], 500 in big, list(big)[:3], sum(big) == 250000)  # expect: 500 998001 False [1, 3, 5] True
mixed = {1, "1", 1.5, None, (1,), frozenset()}
print(len(mixed), None in mixed, (1,) in mixed, sorted([3, 1.5, True]), [1, 2] in [[1, 2]], {} == {}, list({"z": 0, "a": 1}))
# expect: 6 True True [True, 1.5, 3] True True ['z', 'a']
print([1, 2, 3].copy(), [].__class__, list(iter([1])), [[1, 2][i] for i in (0, -1)], [1, 2, 3][-2], "abc"[True], [None] * 2)
# expect: [1, 2, 3] <class 'list'> [1] [1, 2] 2 b [None, None]
for action in ("[][0]", "{}['k']", "{}[[]]", "{[]}", "().x", "[1].remove(2)", "[].pop()", "{}.popitem()", "set().pop()", "(1,)[0] = 2", "del (1,)[0]", "a, b = [1]", "a, b = 1, 2, 3", "a, *b = []", "a, b = 5", "x = [1]; x['x']", "[1, 2, 3][::0]", "sorted([1, 'a'])", "{1: 2} < {1: 3}", "hash([])", "dict([1])", "dict([(1, 2, 3)])", "range(1.5)", "list(5)", "[1, 2][1:2:3] = [1]; x = [1, 2]; x[::2] = [1, 2, 3]", "next(iter([]))", "max([])", "zip(1)", "list(zip([1], [], strict=True))", "frozenset().add(1)", "[].sort(lambda: 0)", "{}.x", "[1, 2].index(3)", "(1, 2).index(3)", "{1}.remove(2)"):
    try:
        exec(action)
        print(action, "fine")
    except Exception as error:
        print(action, "->", type(error).__name__ + ":", error)
# expect: [][0] -> IndexError: list index out of range
# expect: {}['k'] -> KeyError: 'k'
# expect: {}[[]] -> TypeError: cannot use 'list' as a dict key (unhashable type: 'list')
# expect: {[]} -> TypeError: cannot use 'list' as a set element (unhashable type: 'list')
# expect: ().x -> AttributeError: 'tuple' object has no attribute 'x'
# expect: [1].remove(2) -> ValueError: list.remove(x): x not in list
# expect: [].pop() -> IndexError: pop from empty list
# expect: {}.popitem() -> KeyError: 'popitem(): dictionary is empty'
# expect: set().pop() -> KeyError: 'pop from an empty set'
# expect: (1,)[0] = 2 -> TypeError: 'tuple' object does not support item assignment
# expect: del (1,)[0] -> TypeError: 'tuple' object doesn't support item deletion
# expect: a, b = [1] -> ValueError: not enough values to unpack (expected 2, got 1)
# expect: a, b = 1, 2, 3 -> ValueError: too many values to unpack (expected 2, got 3)
# expect: a, *b = [] -> ValueError: not enough values to unpack (expected at least 1, got 0)
# expect: a, b = 5 -> TypeError: cannot unpack non-iterable int object
# expect: x = [1]; x['x'] -> TypeError: list indices must be integers or slices, not str
# expect: [1, 2, 3][::0] -> ValueError: slice step cannot be zero
# expect: sorted([1, 'a']) -> TypeError: '<' not supported between instances of 'str' and 'int'
# expect: {1: 2} < {1: 3} -> TypeError: '<' not supported between instances of 'dict' and 'dict'
# expect: hash([]) -> TypeError: unhashable type: 'list'
# expect: dict([1]) -> TypeError: object is not iterable
# expect: dict([(1, 2, 3)]) -> ValueError: dictionary update sequence element #0 has length 3; 2 is required
# expect: range(1.5) -> TypeError: 'float' object cannot be interpreted as an integer
# expect: list(5) -> TypeError: 'int' object is not iterable
# expect: [1, 2][1:2:3] = [1]; x = [1, 2]; x[::2] = [1, 2, 3] -> ValueError: attempt to assign sequence of size 3 to extended slice of size 1
# expect: next(iter([])) -> StopIteration: 
# expect: max([]) -> ValueError: max() iterable argument is empty
# expect: zip(1) -> TypeError: 'int' object is not iterable
# expect: list(zip([1], [], strict=True)) -> ValueError: zip() argument 2 is shorter than argument 1
# expect: frozenset().add(1) -> AttributeError: 'frozenset' object has no attribute 'add'
# expect: [].sort(lambda: 0) -> TypeError: sort() takes no positional arguments
# expect: {}.x -> AttributeError: 'dict' object has no attribute 'x'
# expect: [1, 2].index(3) -> ValueError: list.index(x): x not in list
# expect: (1, 2).index(3) -> ValueError: tuple.index(x): x not in tuple
# expect: {1}.remove(2) -> KeyError: 2
items = {"a": 1, "b": 2}
try:
    for key in items:
        items[key + "!"] = 0
except RuntimeError as error:
    print(error)
# expect: dictionary changed size during iteration
