"""Stands in for pyperf while pyperformance's programs run under `cargo xtask bench`.

It offers what those programs use of pyperf.Runner, imports next to nothing (so that an interpreter is timed, not its
argparse), and writes one line for each benchmark into the file that TAIPAN_BENCH_OUTPUT names:
name, seconds of the first run, then seconds a loop of every later value, separated by tabs.
"""

import os
import sys
from time import perf_counter

__version__ = "2.9.0"

BUDGET = float(os.environ.get("TAIPAN_BENCH_SECONDS", "2"))
SHORTEST_VALUE = 0.05
FEWEST_VALUES = 5


def python_implementation():
    return sys.implementation.name


class _Arguments:
    """The options' defaults: no program is given arguments."""


class _ArgumentParser:
    def __init__(self):
        self._values = _Arguments()

    def add_argument(self, *names, default=None, dest=None, action=None, type=None, **_ignored):
        if dest is None:
            long = [name for name in names if name.startswith("--")] or names[:1]
            dest = long[0].lstrip("-").replace("-", "_")
        if default is None and action in ("store_true", "store_false"):
            default = action == "store_false"
        if type is not None and isinstance(default, str):
            default = type(default)
        setattr(self._values, dest, default)

    def set_defaults(self, **values):
        for name, value in values.items():
            setattr(self._values, name, value)

    def add_argument_group(self, *_args, **_kwargs):
        return self

    add_mutually_exclusive_group = add_argument_group

    def parse_args(self, *_args):
        return self._values


class Runner:
    def __init__(self, **_ignored):
        self.metadata = {}
        self.argparser = _ArgumentParser()
        self.args = self.argparser._values

    def parse_args(self, *_args):
        return self.args

    def bench_time_func(self, name, time_func, *args, inner_loops=None, **_ignored):
        self._measure(name, lambda loops: time_func(loops, *args), inner_loops)

    def bench_func(self, name, func, *args, inner_loops=None, **_ignored):
        def time_func(loops):
            repeat = range(loops)
            begin = perf_counter()
            for _ in repeat:
                func(*args)
            return perf_counter() - begin

        self._measure(name, time_func, inner_loops)

    def bench_async_func(self, name, func, *args, inner_loops=None, loop_factory=None, **_ignored):
        import asyncio

        async def main(loops):
            repeat = range(loops)
            begin = perf_counter()
            for _ in repeat:
                await func(*args)
            return perf_counter() - begin

        self._measure(name, lambda loops: asyncio.run(main(loops)), inner_loops)

    def _measure(self, name, time_func, inner_loops):
        per_loop = inner_loops or 1
        began = perf_counter()
        first = time_func(1)
        loops = 1
        values = []
        while True:
            seconds = time_func(loops)
            elapsed = perf_counter() - began
            if seconds < SHORTEST_VALUE and elapsed < 10 * BUDGET:
                # Too short to be timed: more loops, and what was measured so far was warming up.
                loops *= 2 if seconds * 4 > SHORTEST_VALUE else 4
                values.clear()
                continue
            values.append(seconds / loops / per_loop)
            enough = FEWEST_VALUES if elapsed < 4 * BUDGET else 2
            if elapsed >= BUDGET and len(values) >= enough:
                break
        line = "\t".join([name, repr(first / per_loop), *map(repr, values)])
        with open(os.environ["TAIPAN_BENCH_OUTPUT"], "a") as output:
            output.write(line + "\n")
