"""Imports of library modules, with importlib as it is and changed by the program: both must leave the same behind."""
import importlib._bootstrap as bootstrap
import sys
import threading


def forget(*names):
    for name in names:
        sys.modules.pop(name, None)


def describe(name):
    module = sys.modules[name]
    spec = dict(vars(module.__spec__))
    loader = spec.pop('loader')
    names = [key for key in vars(module) if key.startswith('__')][:8]
    return names, spec, vars(loader), module.__package__, module.__spec__ is module.__dict__['__spec__']


def load(*names):
    forget('json', 'json.decoder', 'json.scanner', 'json.encoder', 'colorsys')
    for name in names:
        __import__(name)
    return [describe(name) for name in ('json', 'json.decoder', 'colorsys')]


plain = load('json.decoder', 'colorsys')


# A finder of the program sees every name that is not loaded yet.
class Spy:
    def __init__(self):
        self.seen = []

    def find_spec(self, name, path=None, target=None):
        self.seen.append(name)


spy = Spy()
sys.meta_path.insert(0, spy)
watched = load('json.decoder', 'colorsys')
sys.meta_path.remove(spy)
print(plain == watched, [name for name in spy.seen if name.startswith(('json', 'color'))][:3])
# expect: True ['json', 'json.decoder', 'json.scanner']

# So does a changed function of importlib.
calls = []
original = bootstrap._load_unlocked


def load_unlocked(spec):
    calls.append(spec.name)
    return original(spec)


bootstrap._load_unlocked = load_unlocked
forget('colorsys')
import colorsys
bootstrap._load_unlocked = original
forget('colorsys')
import colorsys
print(calls)
# expect: ['colorsys']

# And a changed method of a class.
importer = next(finder for finder in sys.meta_path if finder.__name__ == 'PathFinder')
found = []
find_spec = importer.__dict__['find_spec']
importer.find_spec = classmethod(lambda cls, name, *rest: found.append(name) or find_spec.__get__(None, cls)(name, *rest))
forget('colorsys')
import colorsys
importer.find_spec = find_spec
forget('colorsys')
import colorsys
print(found)
# expect: ['colorsys']

# A module that fails is taken out again, and leaves no lock behind; None stops an import.
builtin = __builtins__.__build_class__
__builtins__.__build_class__ = None
forget('colorsys', 'sched')
try:
    import sched
except TypeError as error:
    outcome = type(error).__name__
__builtins__.__build_class__ = builtin
print(outcome, 'sched' in sys.modules, 'sched' in bootstrap._module_locks)
# expect: TypeError False False
sys.modules['sched'] = None
try:
    import sched
except ModuleNotFoundError as error:
    print(error)
# expect: import of sched halted; None in sys.modules
forget('sched')

# Several threads that import one module get the same one, complete.
forget('sched', 'fractions', 'decimal', 'numbers')
results = []


def work():
    import fractions
    results.append(fractions.Fraction)


threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(results), len(set(results)))
# expect: 8 1

# A file before the library on the path wins.
import os
import tempfile
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, 'colorsys.py'), 'w') as file:
        file.write('here = True\n')
    sys.path.insert(0, folder)
    forget('colorsys')
    import colorsys
    sys.path.remove(folder)
    print(colorsys.here, os.path.dirname(colorsys.__file__) == folder)
forget('colorsys')
import colorsys
print(hasattr(colorsys, 'here'))
# expect: True True
# expect: False
