"""Generators: functions that pause, take values back, and delegate to one another."""

import inspect
import itertools


def countdown(n):
    print("   started")
    while n:
        yield n
        n -= 1
    print("   finished")
    return "lift-off"


print("A call runs nothing; each next() runs to the next yield:")
numbers = countdown(2)
print("  ", inspect.getgeneratorstate(numbers))
print("  ", next(numbers), next(numbers), inspect.getgeneratorstate(numbers))
try:
    next(numbers)
except StopIteration as stop:
    print("   StopIteration carries the return value:", stop.value)
print("  ", next(numbers, "over for good"), inspect.getgeneratorstate(numbers))

print("send() makes yield an expression:")


def running_average():
    total = count = 0
    average = None
    while True:
        value = yield average
        total += value
        count += 1
        average = total / count


averager = running_average()
next(averager)
print("  ", [averager.send(value) for value in (10, 20, 60)])

try:
    running_average().send(1)
except TypeError as error:
    print("  ", error)

print("throw() raises at the yield, close() raises GeneratorExit there:")


def resilient():
    while True:
        try:
            received = yield "ready"
            print("   received", received)
        except ValueError as error:
            print("   handled", error)
        except GeneratorExit:
            print("   closing")
            return "closed"


worker = resilient()
next(worker)
worker.send("work")
worker.throw(ValueError("a problem"))
print("   close() returns", worker.close())

print("yield from passes send, throw and the return value through:")


def inner():
    got = yield "inner 1"
    print("   inner got", got)
    yield "inner 2"
    return "inner's result"


def outer():
    result = yield from inner()
    print("   outer received", result)
    yield from "xy"


delegating = outer()
print("  ", next(delegating))
print("  ", delegating.send("a message"))
print("  ", list(delegating))


def flatten(tree):
    for item in tree:
        if isinstance(item, list):
            yield from flatten(item)
        else:
            yield item


print("  ", list(flatten([1, [2, [3, [4]], 5], [], [[6]]])))

print("Pipelines of generators hold one value at a time:")


def numbers_from(text):
    for word in text.split():
        print("   reading", word)
        yield int(word)


def evens(numbers):
    yield from (n for n in numbers if n % 2 == 0)


print("   first two:", list(itertools.islice(evens(numbers_from("1 2 3 4 5 6 7 8")), 2)))

print("A generator that is dropped is closed:")


def with_cleanup():
    try:
        yield 1
    finally:
        print("   cleaned up")


for value in with_cleanup():
    print("   got", value, "and leave")
    break

print("Mistakes:")


def reentrant():
    next(me)
    yield


me = reentrant()
try:
    next(me)
except ValueError as error:
    print("  ", error)


def leaks_stop():
    yield next(iter([]))


try:
    list(leaks_stop())
except RuntimeError as error:
    print("  ", error, "because of", repr(error.__cause__))


def ignores_exit():
    for _ in range(2):
        try:
            yield
        except GeneratorExit:
            pass


stubborn = ignores_exit()
next(stubborn)
try:
    stubborn.close()
except RuntimeError as error:
    print("  ", error)

print("A generator expression sees its outermost iterable at once, the rest later:")
factor = 2
scaled = (factor * n for n in [1, 2, 3])
factor = 10
print("  ", list(scaled), scaled.gi_frame, scaled.gi_code.co_name)
