"""Runs the scenarios of scenarios_*.c, each in a child process of its own, and prints their lines; CPython and Taipan must print the same.

Run by `cargo xtask capi --calls PROGRAM`. A scenario calls functions that want C's own structs, addresses, callbacks or an order: it gets fresh objects, and
what it did to their reference counts is printed behind its lines.
"""

import os
import signal
import sys
import warnings

import capiscenarios

warnings.simplefilter("ignore")


class Plain:
    def __repr__(self):
        return "<Plain>"


class Index:
    def __index__(self):
        return 7

    def __repr__(self):
        return "<Index>"


class BadRepr:
    def __repr__(self):
        raise KeyError("repr")


def fresh():
    return {
        "str": "".join(["te", "xt-", "\u20ac"]), "ascii": "".join(["as", "cii"]), "bytes": b"".join([b"by", b"tes"]), "null_bytes": b"".join([b"a", b"\0b"]),
        "list": [3, 1, 2], "tuple": tuple([1, "zwei", 3.0]), "dict": {"a": 1, "b": [2]}, "set": {1, 2, 3}, "big": -10**30, "int": int("123"), "complex": complex(1, 2),
        "bytearray": bytearray(b"array"), "plain": Plain(), "index": Index(), "bad_repr": BadRepr(), "exc": ValueError("v", 1), "other_exc": KeyError("k"),
        "type": type("T", (), {}), "func": (lambda x=1: x), "iter": iter([1, 2]), "generator": (item for item in []), "missing_path": "/nothing/at/all",
    }


def run(name):
    objects = fresh()
    values = list(objects.values())
    before = [sys.getrefcount(values[at]) for at in range(len(values))]
    getattr(capiscenarios, name)(objects)
    changed = {key: sys.getrefcount(values[at]) - before[at] for at, key in enumerate(objects) if sys.getrefcount(values[at]) != before[at]}
    print(f"{name} = counts {changed}", flush=True)


def main():
    names = [name for name in dir(capiscenarios) if not name.startswith("_")]
    for name in sys.argv[1:] or names:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            signal.alarm(int(os.environ.get("CAPI_SECONDS", "60")))
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            try:
                run(name)
            except BaseException as error:
                print(f"{name}: {type(error).__name__}: {error}", flush=True)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status:
            print(f"{name} died: {os.waitstatus_to_exitcode(status)}", flush=True)
    print("end")


if __name__ == "__main__":
    main()
