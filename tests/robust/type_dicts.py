# The dict of a class, got behind the back of its mappingproxy, changes while its methods are in inline caches.
class Grab:
    def __eq__(self, other): self.d = other; return True
class A:
    x = 1
    def f(self): return 1
g = Grab(); A.__dict__ == g
a = A()
def call():
    r=[]
    for i in range(50): r.append((a.f(), a.x))
    return r[-1]
print(call())
g.d["f"] = lambda self: 2
g.d["x"] = "new" * 3
print(call())
class K:
    def __hash__(self): return hash("f")
    def __eq__(self, other):
        call(); return other == "f"
g.d[K()] = lambda self: 3
print(call())
g.d.clear(); 
try: print(call())
except AttributeError as e: print(e)
A.f = lambda self: 9; A.x = 0
print(call())
g.d.update(f=lambda self: 10); print(call())
g.d.pop("x")
try: print(call())
except AttributeError as e: print(e)
