"""Compiles each file that a list names and marshals its code: files, seconds of the process, peak memory in KiB.

    speed.py LIST
"""

import marshal
import resource
import sys
import time


def main(path):
    with open(path) as file:
        names = file.read().splitlines()
    sources = []
    for name in names:
        with open(name, "rb") as file:
            sources.append(file.read())
    size = 0
    start = time.process_time()
    for name, source in zip(names, sources):
        try:
            size += len(marshal.dumps(compile(source, name, "exec", dont_inherit=True)))
        except (SyntaxError, ValueError):
            pass
    seconds = time.process_time() - start
    print(len(names), size, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


main(sys.argv[1])
