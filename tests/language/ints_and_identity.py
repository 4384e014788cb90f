# Ints of locals that loops compute: they are one object each, for `is`, for f_locals, for a trace function, in a generator.
import sys


def one_object(count):
    wrong, total = 0, 0
    for i in range(1000, 1000 + count):
        total = total + i * 3
        copy = total
        pair = [total, total]
        wrong += copy is not total or pair[0] is not pair[1] or pair[0] is not total
    return wrong, total


print(one_object(300))  # expect: (0, 1034550)


def seen_from_below(count):
    def look():
        found = sys._getframe(1).f_locals
        return found["total"], found["i"]

    total, seen = 0, []
    for i in range(500, 500 + count):
        total += i * 2
        if i % 100 == 50:
            a, b = look()
            seen.append((a is total, b is i, a, b))
    return seen


print(seen_from_below(200))  # expect: [(True, True, 53550, 550), (True, True, 173650, 650)]


def changed_from_below(count):
    def change(value):
        sys._getframe(1).f_locals["total"] = value

    total = 0
    for i in range(count):
        total += i
        if i == 160:
            change(2.5)
    return total


print(changed_from_below(200))  # expect: 7022.5


class Strange(int):
    def __radd__(self, other):
        return "strange", other


def other_types(count):
    results = []
    for i in range(count):
        value = i
        if i == 170:
            value = Strange(5)
        if i == 180:
            value = 2.5
        results.append(i + 1 + value)
    return results[169:172] + results[179:182]


print(other_types(200))  # expect: [339, ('strange', 171), 343, 359, 183.5, 363]


def grows(count):
    value = 1
    for i in range(count):
        value = value * 3 + i
    return value


print(grows(60))  # expect: 52988947844020254392868041471


def traced(count):
    lines = []

    def trace(frame, event, argument):
        lines.append(frame.f_locals["total"])
        return trace

    total = 0
    for i in range(count):
        total += i * 3
        if i == 100:
            sys._getframe().f_trace = trace
            sys.settrace(trace)
        if i == 102:
            sys.settrace(None)
    return total, sorted(set(lines))


print(traced(200))  # expect: (59700, [15150, 15453, 15759])


def steps(count):
    total = i = 0
    while i < count:
        total += i * i
        i += 1
        if i % 100 == 0:
            yield total


generator = steps(1000)
print(next(generator), next(generator), generator.gi_frame.f_locals["i"])  # expect: 328350 2646700 200


def remembered(count):
    for i in range(count):
        total = i + 1000
        if i == 150:
            frame = sys._getframe()
    return frame


print(remembered(200).f_locals["total"])  # expect: 1199
