"""`_ctypes` without CPython's helper library: libc, callbacks, pythonapi, parts of structures."""

import ctypes
import gc
import sys

libc = ctypes.CDLL(None)

# A callback that C calls back, with pointers as arguments.
compare_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 6)(5, -3, 12, 0, 7, -9)
libc.qsort(numbers, len(numbers), ctypes.sizeof(ctypes.c_int), compare_type(lambda a, b: a[0] - b[0]))
print(list(numbers))  # expect: [-9, -3, 0, 5, 7, 12]


# An exception in a callback goes to the hook.
def hook(args):
    print(type(args.exc_value).__name__, args.exc_value, args.err_msg.partition(' <')[0])


sys.unraisablehook = hook
failing = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: 1 // x)
_ = failing(0)
# expect: ZeroDivisionError division by zero Exception ignored while calling ctypes callback function

# Functions of the interpreter itself: objects in and out, exceptions out.
api = ctypes.pythonapi
api.PyNumber_Add.argtypes = [ctypes.py_object, ctypes.py_object]
api.PyNumber_Add.restype = ctypes.py_object
print(api.PyNumber_Add([1], [2]))  # expect: [1, 2]
try:
    api.PyNumber_Add(1, 'a')
except TypeError as error:
    print(error)  # expect: unsupported operand type(s) for +: 'int' and 'str'


# A part of a structure keeps the whole alive; bit fields share a word.
class Point(ctypes.Structure):
    _fields_ = [('x', ctypes.c_short), ('y', ctypes.c_short)]


class Box(ctypes.Structure):
    _fields_ = [('low', Point), ('high', Point), ('flags', ctypes.c_uint, 3), ('rest', ctypes.c_uint, 29)]


corner = Box(Point(1, 2), Point(-3, 4), 9, 5).high
gc.collect()
print(corner.x, corner.y, ctypes.sizeof(Box))  # expect: -3 4 12
box = Box(flags=9)
print(box.flags, box.rest, bytes(box)[8:])  # expect: 1 0 b'\x01\x00\x00\x00'

# Structures by value, and errno.
libc.div.restype = type('Div', (ctypes.Structure,), {'_fields_': [('quot', ctypes.c_int), ('rem', ctypes.c_int)]})
result = libc.div(17, 5)
print(result.quot, result.rem)  # expect: 3 2
errno_libc = ctypes.CDLL(None, use_errno=True)
ctypes.set_errno(0)
print(errno_libc.close(-1), ctypes.get_errno())  # expect: -1 9
