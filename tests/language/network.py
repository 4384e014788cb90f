# Sockets, selectors, mappings: what CPython's own tests do not look at.

import _socket
import mmap
import select
import socket

# Messages come in order, with their sender.
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.send(b"one")
a.send(b"two")
print(b.recv(10), b.recvfrom(10))  # expect: b'one' (b'two', None)

# A timeout ends a call, and the socket is whole afterwards.
b.settimeout(0.01)
try:
    b.recv(1)
except TimeoutError as error:
    print(error.args, b.gettimeout(), b.getblocking())  # expect: ('timed out',) 0.01 True
a.send(b"three")
print(b.recv(10))  # expect: b'three'

# What does not fit is cut, and the flags say so.
a.send(b"longer")
print(b.recvmsg(3)[:3])  # expect: (b'lon', [], 32)
buffers = [bytearray(2), bytearray(3), bytearray(2)]
a.send(b"scatter")
print(b.recvmsg_into(buffers)[0], buffers)  # expect: 7 [bytearray(b'sc'), bytearray(b'att'), bytearray(b'er')]
print(a.sendmsg([b"gat", b"", b"her"]), b.recv(10))  # expect: 6 b'gather'
a.close()
b.close()
print(a.fileno(), repr(_socket.socket.__new__(_socket.socket)))  # expect: -1 <socket object, fd=-1, family=0, type=0, proto=0>

# An epoll object knows who is ready, each once with EPOLLONESHOT.
a, b = socket.socketpair()
with select.epoll() as poller:
    poller.register(a, select.EPOLLIN | select.EPOLLONESHOT)
    print(poller.poll(0))  # expect: []
    b.send(b"x")
    print([events for fd, events in poller.poll(1)], poller.poll(0))  # expect: [1] []
    poller.modify(a, select.EPOLLIN | select.EPOLLOUT)
    print([events for fd, events in poller.poll(1)])  # expect: [5]
print(poller.closed)  # expect: True
print([len(ready) for ready in select.select([a, a], [a], [], 0)])  # expect: [2, 1, 0]
a.close()
b.close()

# A mapping is a file, a sequence and a lender of memory.
m = mmap.mmap(-1, 16)
m.write(b"line\nother")
m.seek(0)
print(m.readline(), m.find(b"er"), m[5:8], m[-1])  # expect: b'line\n' 8 b'oth' 0
m[0:4] = b"LINE"
with memoryview(m) as view:
    view[4] = 33
    try:
        m.close()
    except BufferError as error:
        print(error)  # expect: cannot close exported pointers exist
print(m[:5], m.closed)  # expect: b'LINE!' False
m.close()
print(m)  # expect: <mmap.mmap closed=True>
