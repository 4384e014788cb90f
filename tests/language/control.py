"""if, while, for, break, continue, else, try, with, match: where control goes."""

for i in range(5):
    if i == 1:
        continue
    if i == 4:
        break
    print("loop", i)
else:
    print("not reached")
# expect: loop 0
# expect: loop 2
# expect: loop 3
for i in []:
    pass
else:
    print("else of an empty loop")
# expect: else of an empty loop
n = 3
while n:
    n -= 1
    if n == 1:
        continue
    print("while", n)
else:
    print("while else")
# expect: while 2
# expect: while 0
# expect: while else
for i in range(3):
    for j in range(3):
        if j == i:
            break
    else:
        print("inner else")
    print(i, j)
# expect: 0 0
# expect: 1 1
# expect: 2 2
print([i for i in range(10) if i % 3 == 0 if i])  # expect: [3, 6, 9]


def finally_wins():
    for i in range(3):
        try:
            return "from try"
        finally:
            print("cleanup", i)
    return "never"


print(finally_wins())
# expect: cleanup 0
# expect: from try


def nested(mode):
    trail = []
    for attempt in range(3):
        try:
            trail.append(f"try{attempt}")
            try:
                if mode == "raise":
                    raise ValueError(attempt)
                if mode == "break":
                    break
                if mode == "continue":
                    continue
            finally:
                trail.append("inner")
            trail.append("after")
        except ValueError as error:
            trail.append(f"caught{error}")
        else:
            trail.append("else")
        finally:
            trail.append("outer")
    return " ".join(trail)


for mode in ("", "raise", "break", "continue"):
    print(mode, "|", nested(mode))
# expect:  | try0 inner after else outer try1 inner after else outer try2 inner after else outer
# expect: raise | try0 inner caught0 outer try1 inner caught1 outer try2 inner caught2 outer
# expect: break | try0 inner outer
# expect: continue | try0 inner outer try1 inner outer try2 inner outer


class Manager:
    def __init__(self, name, swallow=False):
        self.name, self.swallow = name, swallow

    def __enter__(self):
        print("enter", self.name)
        return self.name

    def __exit__(self, kind, value, traceback):
        print("exit", self.name, kind and kind.__name__)
        return self.swallow


def with_return():
    with Manager("a"), Manager("b") as b:
        return b


print(with_return())
# expect: enter a
# expect: enter b
# expect: exit b None
# expect: exit a None
# expect: b
with Manager("c", swallow=True):
    with Manager("d"):
        raise KeyError("k")
# expect: enter c
# expect: enter d
# expect: exit d KeyError
# expect: exit c KeyError
print("swallowed")  # expect: swallowed


def reraise():
    try:
        try:
            raise ValueError("first")
        except ValueError:
            raise
    except ValueError as error:
        return error.args


print(reraise())  # expect: ('first',)


def chain():
    try:
        try:
            1 / 0
        except ZeroDivisionError as error:
            raise KeyError("second") from error
    except KeyError as error:
        return type(error.__cause__).__name__, error.__suppress_context__


print(chain())  # expect: ('ZeroDivisionError', True)


def selects(value):
    match value:
        case 0 | 1:
            return "small"
        case int(n) if n > 100:
            return "big"
        case [x, *rest] if rest:
            return x, rest
        case {"k": v, **more}:
            return v, more
        case str():
            return "text"
    return "nothing"


print([selects(v) for v in (1, 101, 50, [1, 2, 3], [1], {"k": 1, "z": 2}, "s", None)])
# expect: ['small', 'big', 'nothing', (1, [2, 3]), 'nothing', (1, {'z': 2}), 'text', 'nothing']
while True:
    try:
        break
    finally:
        print("left")
# expect: left
if 0:
    print("no")
elif "":
    print("no")
elif not None:
    print("elif")
else:
    print("no")
# expect: elif
print("a" if 0 else "b" if 0 else "c")  # expect: c
try:
    raise ExceptionGroup("g", [ValueError(1), TypeError(2), ValueError(3)])
except* ValueError as group:
    print([e.args for e in group.exceptions])
except* TypeError as group:
    print("types", len(group.exceptions))
# expect: [(1,), (3,)]
# expect: types 1
try:
    assert False, "message"
except AssertionError as error:
    print(error)
# expect: message
i = 10
del i
try:
    i
except NameError as error:
    print(error)
# expect: name 'i' is not defined
