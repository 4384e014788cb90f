"""Objects that change while something works on them: the answer may be odd, but it is CPython's, and nothing breaks."""


def attempt(name, action):
    try:
        print(name, action())
    except Exception as error:
        print(name, "->", type(error).__name__ + ":", error)


class Clears:
    """Empties a container from inside whatever special method is called."""

    def __init__(self, victim, answer=True):
        self.victim, self.answer = victim, answer

    def __eq__(self, other):
        self.victim.clear()
        return self.answer

    def __lt__(self, other):
        self.victim.clear()
        return self.answer

    def __hash__(self):
        return 1

    def __repr__(self):
        self.victim.clear()
        return "cleared"

    def __index__(self):
        self.victim.clear()
        return 0

    def __bool__(self):
        self.victim.clear()
        return True

    def __iter__(self):
        self.victim.clear()
        return iter([7, 8])

    def __len__(self):
        return 2

    def __add__(self, other):
        self.victim.clear()
        return 5

    __radd__ = __add__


def filled(count=3, answer=True):
    victim = []
    victim.extend(Clears(victim, answer) for _ in range(count))
    return victim


attempt("list ==", lambda: filled() == filled())  # expect: list == False
attempt("list == unequal", lambda: filled(3, False) == [1, 2, 3])  # expect: list == unequal False
attempt("in list", lambda: 5 in filled(3, False))  # expect: in list False
attempt("list.index", lambda: filled(3, False).index(5))  # expect: list.index -> ValueError: list.index(x): x not in list
attempt("list.count", lambda: filled().count(5))  # expect: list.count 1
attempt("list.remove", lambda: filled(3, True).remove(5))  # expect: list.remove None
attempt("list.sort", lambda: filled(5).sort())  # expect: list.sort None
attempt("list repr", lambda: repr(filled()))  # expect: list repr [cleared]
attempt("list <", lambda: filled() < [1, 2])  # expect: list < True
attempt("min", lambda: type(min(filled())).__name__)  # expect: min Clears
attempt("sum", lambda: sum(filled()))  # expect: sum 5
attempt("any", lambda: all(filled()))  # expect: any True
attempt("sorted", lambda: len(sorted(filled())))  # expect: sorted 3


def index_clears():
    victim = [1, 2, 3]
    return victim[Clears(victim)]


def store_clears():
    victim = [1, 2, 3]
    victim[Clears(victim)] = 9


def slice_clears():
    victim = [1, 2, 3, 4]
    return victim[Clears(victim) : 3]


def slice_store():
    victim = [1, 2, 3, 4]
    victim[1:3] = Clears(victim)
    return victim


def extend_clears():
    victim = [1, 2, 3]
    victim.extend(Clears(victim))
    return victim


def insert_clears():
    victim = [1, 2, 3]
    victim.insert(Clears(victim), "x")
    return victim


def pop_clears():
    victim = [1, 2, 3]
    return victim.pop(Clears(victim))


def multiply():
    victim = [1, 2, 3]
    return victim * Clears(victim)


attempt("index", index_clears)  # expect: index -> IndexError: list index out of range
attempt("store", store_clears)  # expect: store -> IndexError: list assignment index out of range
attempt("slice", slice_clears)  # expect: slice []
attempt("slice store", slice_store)  # expect: slice store [7, 8]
attempt("extend", extend_clears)  # expect: extend [7, 8]
attempt("insert", insert_clears)  # expect: insert ['x']
attempt("pop", pop_clears)  # expect: pop -> IndexError: pop from empty list
attempt("multiply", multiply)  # expect: multiply []


def self_extend():
    victim = [1, 2]
    victim.extend(victim)
    victim += victim
    victim[1:1] = victim
    victim[::2] = victim[1::2]
    return victim


def grows():
    items = [1, 2, 3]
    for item in items:
        if len(items) < 6:
            items.append(item * 10)
    return items


def shrinks():
    items = list(range(8))
    for item in items:
        items.remove(item)
    return items


def reversed_shrinks():
    items = [1, 2, 3, 4]
    seen = []
    for item in reversed(items):
        seen.append(item)
        items.clear()
    return seen


attempt("self", self_extend)  # expect: self [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2]
attempt("grows", grows)  # expect: grows [1, 2, 3, 10, 20, 30]
attempt("shrinks", shrinks)  # expect: shrinks [1, 3, 5, 7]
attempt("reversed", reversed_shrinks)  # expect: reversed [4]


def sort_modifies():
    items = [3, 1, 2]
    items.sort(key=lambda n: items.append(n) or n)


def sort_sees():
    items = [3, 1, 2]
    seen = []
    items.sort(key=lambda n: seen.append(len(items)) or n)
    return items, seen


attempt("sort modifies", sort_modifies)  # expect: sort modifies -> ValueError: list modified during sort
attempt("sort sees", sort_sees)  # expect: sort sees ([1, 2, 3], [0, 0, 0])


class Key:
    """Equal to everything with its hash; runs an action when compared."""

    def __init__(self, number, action=lambda: None):
        self.number, self.action = number, action

    def __hash__(self):
        return 1

    def __eq__(self, other):
        self.action()
        return isinstance(other, Key) and self.number == other.number

    def __repr__(self):
        return f"K{self.number}"


def dict_cleared():
    table, armed = {}, False
    for n in range(4):
        table[Key(n, lambda: table.clear() if armed else None)] = n
    armed = True
    return table.get(Key(2)), len(table)


def dict_grows():
    table = {}
    armed = False

    def grow():
        if armed and len(table) < 30:
            table[len(table) + 100] = 0

    for n in range(3):
        table[Key(n, grow)] = n
    armed = True
    return table.get(Key(2)), table.get(Key(7)), len(table)


def dict_store():
    table = {}
    table[Key(1, lambda: table.pop("other", None))] = 1
    table["other"] = 2
    table[Key(1)] = 3
    return table


def dict_update():
    source = {}

    class Sneaky:
        def __hash__(self):
            return 5

        def __eq__(self, other):
            source.clear()
            return False

    target = {Sneaky(): 1}
    source.update({Sneaky(): 2, "a": 3})
    target.update(source)
    return len(target), len(source)


def dict_iterated():
    table = dict.fromkeys("abc")
    for key in table:
        del table[key]


def dict_replaced():
    table = dict.fromkeys("abc", 0)
    for key in table:
        table[key] += 1
    return table


def dict_reinsert():
    table = {"a": 1}
    count = 0
    for key in table:
        del table[key]
        table[key] = 1
        count += 1
        if count > 3:
            break
    return count, table


def dict_keys_then():
    table = {1: 1, 2: 2}
    keys = iter(table)
    table.clear()
    return list(keys)


def set_changes():
    items = {1, 2, 3}
    for item in items:
        items.add(item + 10)


def set_cleared():
    items = set()
    armed = False
    items.update(Key(n, lambda: items.clear() if armed else None) for n in range(4))
    armed = True
    return Key(9) in items, len(items)


def set_of_itself():
    items = {1, 2}
    items |= items
    items ^= items
    return items


def set_equal():
    left, right = set(), set()
    left.update({Key(1, right.clear), Key(2)})
    right.update({Key(1), Key(2)})
    return left == right, len(right)


attempt("dict cleared", dict_cleared)  # expect: dict cleared (None, 0)
attempt("dict grows", dict_grows)  # expect: dict grows (2, None, 14)
attempt("dict store", dict_store)  # expect: dict store {K1: 3}
attempt("dict update", dict_update)  # expect: dict update -> RuntimeError: dict mutated during update
attempt("dict iterated", dict_iterated)  # expect: dict iterated -> RuntimeError: dictionary changed size during iteration
attempt("dict replaced", dict_replaced)  # expect: dict replaced {'a': 1, 'b': 1, 'c': 1}
attempt("dict reinsert", dict_reinsert)  # expect: dict reinsert -> RuntimeError: dictionary keys changed during iteration
attempt("dict keys", dict_keys_then)  # expect: dict keys -> RuntimeError: dictionary changed size during iteration
attempt("set changes", set_changes)  # expect: set changes -> RuntimeError: Set changed size during iteration
attempt("set cleared", set_cleared)  # expect: set cleared (False, 0)
attempt("set itself", set_of_itself)  # expect: set itself set()
attempt("set equal", set_equal)  # expect: set equal (True, 2)


class Dying:
    def __del__(self):
        log.append("died")
        holder.clear()


def replaced_while_dying():
    global holder, log
    log, holder = [], [Dying(), 1, 2]
    holder[0] = "new"
    first = list(log), list(holder)
    holder[:] = [Dying(), Dying()]
    holder[0:2] = [3]
    return first, log, holder


def attribute_dies():
    class Owner: ...

    owner = Owner()

    class Last:
        def __del__(self):
            owner.__dict__.clear()
            owner.again = 1

    owner.value = Last()
    owner.value = 2
    return vars(owner)


def bytearray_resized():
    data = bytearray(b"abc")
    view = memoryview(data)
    data.append(1)


def bytearray_index():
    data = bytearray(b"abcdef")

    class Sneaky:
        def __index__(self):
            data.clear()
            return 65

    data[3] = Sneaky()
    return data


def iterator_reentered():
    iterator = iter([1, 2, 3])

    class Sneaky:
        def __eq__(self, other):
            return next(iterator) == 3

    return Sneaky() in iterator, list(iterator)


def class_changes():
    class A:
        def method(self):
            del A.method
            return "deleted myself"

    a = A()
    return a.method(), hasattr(a, "method")


def getattr_changes_class():
    class B:
        def __getattr__(self, name):
            self.__class__ = C
            return getattr(self, name)

    class C:
        there = "in C"

    return B().there


def map_and_zip():
    items = [1, 2, 3]
    return list(map(lambda n: items.pop(), items)), items, list(zip(items, (items.append(n) for n in range(3))))


def join_changes():
    items = ["a", "b"]

    class Sneaky(list):
        def __iter__(self):
            items.clear()
            return iter(["x", "y"])

    return ",".join(Sneaky()), "-".join(items)


def unpack_changes():
    items = [1, 2, 3]

    def consume():
        while items:
            yield items.pop()

    a, *b = consume()
    return a, b, items


def format_changes():
    items = [1, 2]

    class Sneaky:
        def __repr__(self):
            items.append(self) if len(items) < 5 else None
            return "s"

    items.append(Sneaky())
    return repr(items), len(items)


for action in (replaced_while_dying, attribute_dies, bytearray_resized, bytearray_index, iterator_reentered, class_changes, getattr_changes_class, map_and_zip, join_changes, unpack_changes, format_changes):
    attempt(action.__name__, action)
# expect: replaced_while_dying ((['died'], []), ['died', 'died', 'died'], [])
# expect: attribute_dies {'again': 1}
# expect: bytearray_resized -> BufferError: Existing exports of data: object cannot be re-sized
# expect: bytearray_index -> IndexError: bytearray index out of range
# expect: iterator_reentered -> StopIteration: 
# expect: class_changes ('deleted myself', False)
# expect: getattr_changes_class in C
# expect: map_and_zip ([3, 2], [1, 0, 1, 2], [(1, None), (0, None), (1, None)])
# expect: join_changes ('x,y', '')
# expect: unpack_changes (3, [2, 1], [])
# expect: format_changes ('[1, 2, s, s, s]', 5)
