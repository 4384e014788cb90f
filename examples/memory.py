"""Reference counting, weak references and the cycle collector."""

import gc
import sys
import weakref


class Node:
    def __init__(self, name):
        self.name = name
        self.other = None

    def __del__(self):
        print(f"   {self.name} dies")


print("An object dies with its last reference, at once:")
node = Node("first")
alias = node
del node
print("   one name less")
alias = None
print("   and it was gone before this line")

print("Also where nobody looks:")
Node("never named")
[Node(f"in a list {n}") for n in range(2)]
print("   a function's locals:")


def function():
    local = Node("local")
    return local.name


function()

print("The count is visible, with one for the argument itself:")
thing = object()
before = sys.getrefcount(thing)
more = [thing, thing, (thing,)]
print("  ", sys.getrefcount(thing) - before, "more;", end=" ")
del more
print(sys.getrefcount(thing) - before, "more")

print("A cycle keeps itself alive until the collector comes:")
gc.collect()
gc.disable()
a, b = Node("a"), Node("b")
a.other, b.other = b, a
del a, b
print("   still there")
print("   collected", gc.collect() >= 2)
gc.enable()

print("Weak references do not keep anything alive:")
target = Node("target")
reference = weakref.ref(target, lambda r: print("   the reference was told"))
print("  ", reference() is target, weakref.getweakrefcount(target))
del target
print("  ", reference())

print("Caches that forget:")
cache = weakref.WeakValueDictionary()
names = weakref.WeakKeyDictionary()
held = Node("held")
cache["held"] = held
cache["dropped"] = Node("dropped")
names[held] = "extra data"
print("  ", sorted(cache), len(names))
del held
print("  ", sorted(cache), len(names))

print("finalize is more dependable than __del__:")


class Resource: ...


resource = Resource()
finalizer = weakref.finalize(resource, print, "   released", "once")
print("  ", finalizer.alive)
del resource
print("  ", finalizer.alive, finalizer())

print("Resurrection: a finaliser may bring its object back, once:")
survivors = []


class Phoenix:
    def __del__(self):
        print("   reborn")
        survivors.append(self)


phoenix = Phoenix()
del phoenix
print("  ", len(survivors))
survivors.clear()
print("   and gone for good, without a second call")

print("A parent that its children know weakly makes no cycle:")


class Tree:
    def __init__(self, name, parent=None):
        self.name, self.children = name, []
        self.parent = weakref.ref(parent) if parent else lambda: None
        if parent:
            parent.children.append(self)

    def path(self):
        parent = self.parent()
        return f"{parent.path()}/{self.name}" if parent else self.name


root = Tree("root")
leaf = Tree("leaf", Tree("branch", root))
print("  ", leaf.path(), gc.is_tracked(root), gc.is_tracked(1), gc.is_tracked("text"))

print("Deep structures are taken down without running out of stack:")
chain = None
for _ in range(200_000):
    chain = (chain,)
del chain
print("   done")

print("An exception keeps its frames, and they their locals:")


def fails():
    kept = Node("kept by the traceback")
    raise ValueError


try:
    fails()
except ValueError as error:
    saved = error
print("   handled")
saved.__traceback__ = None
print("   traceback cleared")

print("The collector:", gc.isenabled(), len(gc.get_threshold()), len(gc.get_count()), len(gc.get_stats()))
print("Goodbye: what is left dies in the order of the module's end")
