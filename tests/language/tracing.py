# Trace and profile functions, sys.monitoring, frames that are moved.
import sys


def body(n):
    total = 0
    for i in range(n):
        total += i
    return total


def relative(line):
    return line - body.__code__.co_firstlineno


events = []


def trace(frame, event, arg):
    if frame.f_code is body.__code__:
        events.append((event, relative(frame.f_lineno)))
    return trace


sys.settrace(trace)
body(2)
sys.settrace(None)
print(events)  # expect: [('call', 0), ('line', 1), ('line', 2), ('line', 3), ('line', 2), ('line', 3), ('line', 2), ('line', 4), ('return', 4)]


def jump(frame, event, arg):
    if frame.f_code is body.__code__ and event == "line" and relative(frame.f_lineno) == 3:
        frame.f_lineno = body.__code__.co_firstlineno + 4
    return jump


sys.settrace(jump)
print(body(5))  # expect: 0
sys.settrace(None)


def into_loop(frame, event, arg):
    if frame.f_code is body.__code__ and event == "line" and relative(frame.f_lineno) == 1:
        try:
            frame.f_lineno = body.__code__.co_firstlineno + 3
        except ValueError as error:
            print(error)
    return into_loop


sys.settrace(into_loop)
body(0)  # expect: can't jump into the body of a for loop
sys.settrace(None)

calls = []
sys.setprofile(lambda frame, event, arg: calls.append((event, getattr(arg, "__name__", arg))))
len(())
sys.setprofile(None)
print(calls)  # expect: [('c_call', 'len'), ('c_return', 'len'), ('c_call', 'setprofile')]

monitoring = sys.monitoring
wanted = monitoring.events
monitoring.use_tool_id(3, "script")
lines = []


def line(code, number):
    lines.append(relative(number))
    return monitoring.DISABLE


monitoring.register_callback(3, wanted.LINE, line)
monitoring.set_local_events(3, body.__code__, wanted.LINE)
body(3)
body(3)
print(lines)  # expect: [1, 2, 3, 2, 4]
monitoring.restart_events()
lines.clear()
body(1)
print(lines)  # expect: [1, 2, 3, 2, 4]
monitoring.set_local_events(3, body.__code__, 0)

seen = []
monitoring.register_callback(3, wanted.CALL, lambda code, offset, function, first: seen.append((function.__name__, first)))
monitoring.register_callback(3, wanted.C_RAISE, lambda code, offset, function, first: seen.append("raised"))
monitoring.set_events(3, wanted.CALL)
try:
    len(5)
except TypeError:
    pass
monitoring.set_events(3, 0)
print(seen)  # expect: [('len', 5), 'raised', ('set_events', 3)]
monitoring.free_tool_id(3)
print(monitoring._all_events())  # expect: {}


def delegate():
    def inner():
        try:
            yield 1
        except ValueError:
            return 5

    yield (yield from inner())


generator = delegate()
next(generator)
print(generator.throw(ValueError))  # expect: 5
