# Sub-interpreters: what is each one's own, what crosses the border, and how they end.
from concurrent import interpreters
import _interpreters
import sys

# Several interpreters write to one stream, each with a buffer of its own.
sys.stdout.reconfigure(line_buffering=True)

one = interpreters.create()


class Local(int):
    pass


def subclasses():
    return sorted(cls.__name__ for cls in int.__subclasses__() if cls.__module__ == "__main__")


print(subclasses())  # expect: ['Local']
one.exec("class Other(int): pass")
one.exec("print(sorted(cls.__name__ for cls in int.__subclasses__() if cls.__module__ == '__main__'), flush=True)")  # expect: ['Other']
print(subclasses())  # expect: ['Local']

print(one.call(lambda a, b: a + b, (1, 2.5), ("x", b"y", None)))  # expect: (1, 2.5, 'x', b'y', None)
block = bytearray(b"shared")
queue = interpreters.create_queue()
one.prepare_main(view=memoryview(block), queue=queue)
one.exec("view[0] = 83; queue.put('lost'); queue.put(view[:2].tobytes())")
print(block)  # expect: bytearray(b'Shared')
try:
    one.exec("{}['missing']")
except interpreters.ExecutionFailed as failure:
    print(failure.excinfo.formatted)  # expect: KeyError: 'missing'

one.exec("import atexit; atexit.register(print, 'the end of one', flush=True)")
one.close()  # expect: the end of one
print(queue.get() is interpreters._queues.UNBOUND, queue.qsize())  # expect: True 1
try:
    one.exec("1")
except interpreters.InterpreterNotFoundError as error:
    print(error)  # expect: unrecognized interpreter ID 1

for _ in range(5):
    identity = _interpreters.create()
    _interpreters.exec(identity, "import json; loop = []; loop.append(loop)")
    _interpreters.destroy(identity)
print(len(interpreters.list_all()))  # expect: 1
