# `s += t` may grow the str where it stands, but only where nobody else can see it.


def grow(start, tail, count):
    text = start
    for _ in range(count):
        text += tail
    return text


print(len(grow("", "ab", 1000)))  # expect: 2000
print(grow("x", "é", 3), grow("é", "x", 3), grow("é", "€", 2), grow("€", "𝄞", 2))  # expect: xééé éxxx é€€ €𝄞𝄞
constant = "constant"
print(grow(constant, "!", 2), constant)  # expect: constant!! constant


def shared(count):
    text = "".join(["a", "b"])
    kept = []
    for _ in range(count):
        kept.append(text)
        text += "c"
    return kept[0], kept[1], text


print(shared(40)[:2])  # expect: ('ab', 'abc')


def hashed(count):
    text = "".join(["a", "b"])
    seen = set()
    for _ in range(count):
        seen.add(hash(text))
        text += "c"
    return len(seen), hash(text) == hash("ab" + "c" * count)


print(hashed(40))  # expect: (40, True)


def doubled(count):
    text = "".join(["a", "b"])
    for _ in range(count):
        text += text
    return len(text)


print(doubled(10))  # expect: 2048


def with_cell(count):
    text = "".join(["a", "b"])

    def inner():
        return text

    for _ in range(count):
        text += "c"
    return inner() == text


print(with_cell(40))  # expect: True
