import copy
import json
import marshal


def nested(wrap, depth=100_000):
    value = wrap(None)
    for _ in range(depth):
        value = wrap(value)
    return value


for action in (
    lambda: repr(nested(lambda x: [x])),
    lambda: nested(lambda x: [x]) == nested(lambda x: [x]),
    lambda: hash(nested(lambda x: (x,))),
    lambda: json.dumps(nested(lambda x: [x])),
    lambda: json.loads("[" * 100_000),
    lambda: marshal.dumps(nested(lambda x: [x])),
    lambda: copy.deepcopy(nested(lambda x: [x])),
    lambda: isinstance("", nested(lambda x: (x,) if x else int)),
    lambda: nested(lambda x: {1: x}),
    lambda: list(nested(lambda x: map(str, x or [1]))),
):
    try:
        action()
    except (RecursionError, MemoryError, ValueError) as error:
        print(type(error).__name__)
    else:
        print("done")
