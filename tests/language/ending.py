"""The end of a program: what dies with it is still heard, whatever is left out where nothing would be."""

import sys


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone:", self.name)


def steps():
    try:
        yield 1
    finally:
        print("generator closed")


class Upper:
    """A stream of the program's own, which is replaced by the first one before the modules are emptied."""

    def write(self, text):
        sys.__stdout__.write(text.upper())

    def flush(self):
        pass


# The slots of a class follow from the names of all its bases.
class Sized:
    def __len__(self):
        return 3


class Hashed:
    def __eq__(self, other):
        return True


class Both(Sized, Hashed):
    pass


print(len(Both()), Both() == 1, Both.__hash__)  # expect: 3 True None
numbers = []
for number in range(200_000):
    numbers.append(number)
block = bytearray()
for _ in range(40):
    block += bytes(20_000)
print(sum(numbers), len(block), any(block))  # expect: 19999900000 800000 False
del numbers[10:], block[10:]
print(numbers[-1], len(block))  # expect: 9 10

running = steps()
next(running)
ring = Noisy("ring")
ring.self = ring
sys.stdout = Upper()
print("last words")
# expect: LAST WORDS
# expect: generator closed
# expect: gone: ring
