"""Calls the functions that CPython's headers declare and whose arguments are plain values; CPython and Taipan must print the same.

Run by `cargo xtask capi --calls PROGRAM` with the folder of the headers, and with `--list` or the names of functions behind it. CAPI_SECONDS is how long a
function may take, CAPI_CALLS how many calls of it are made at most. Each function has a child process of its own, because many do not survive
a wrong argument in CPython: what a function did before it died counts. Arguments of the type that the function's name speaks of come first.
"""

import itertools
import os
import re
import signal
import sys
import types

import calls
from calls import one

# Not called: they end the program, start threads or interpreters, wait, give memory back, take over or change what the program itself needs, print to C's
# streams, or answer with what differs from run to run.
SKIP = re.compile(
    r"Py_(Exit|Finalize|Initialize|FatalError|Main|BytesMain|RunMain|NewInterpreter|EndInterpreter|AtExit|DecRef|IncRef|Set|Get(Argc|Build|Compiler|Version|Copyright|"
    r"Platform|Path|Prefix|Exec|Program|PythonHome)|CompileString|AddPendingCall|MakePendingCalls|ReprLeave|EnterRecursive|LeaveRecursive|IsFinalizing)"
    r"|PyOS_|PyEval_|PyThread|PyGILState|PyInterpreterState|PyMem_|PyObject_(Free|Malloc|Calloc|Realloc|GC_|Init|ClearWeakRefs|CallFinalizer|Print|Dump)|PyRun_"
    r"|PyErr_(Print|Display|Restore|SetInterrupt|Check|SetExcInfo|SetHandled|SetRaised|WriteUnraisable|BadInternal)|PyErr_Fetch|PyErr_Normalize|PyErr_GetExcInfo"
    r"|PyGC_|PyUnstable_(GC|Object_Enable|AtExit|Perf|Write|CopyPerf|Interpreter|Eval|SetImmortal|ThreadState|Code_Set|TryIncRef|EnableTry|Object_Clear)"
    r"|PyImport_(Cleanup|ReInitLock|Reload)|PySys_(Write|Format|SetPath|SetArgv|Add|Reset)|PyFile_(NewStd|SetOpen)|PyTraceMalloc|PyRefTracer|PyCritical|PyMutex|PyEvent"
    r"|PyType_(Modified|ClearCache|ClearWatcher|Unwatch|Watch|AddWatcher|Freeze)|Py(Dict|Code|Function|Context)_(Watch|Unwatch|ClearWatcher|AddWatcher)|PyConfig|PyPreConfig"
    r"|PyStatus|PyInitConfig|PyWideString|PyMarshal_(Write|Init|ReadLast|ReadShort|ReadLong)|PySignal|PyNumber_AsOff|PyAIter|PyUnicodeWriter|PyMonitoring"
    r"|.*_(Hash|HashNotImplemented|GenericHash)$|Py_(HashPointer|HashBuffer|GenericHash)|PyHash_|PyTime_(Monotonic|Perf|Time)|PyModule_AddObject$|PyState_|PyTuple_SetItem"
    r"|PyList_SetItem|PyStructSequence_SetItem|PyException_Set(Cause|Context)|PyBytes_ConcatAndDel|PyUnicode_(AppendAndDel|InternImmortal|GetDefaultEnc)|PyCell_Set$|PyLong_(FromVoidPtr|AsVoidPtr)"
    r"|PyCapsule_(SetName|New|GetName|SetContext|SetDestructor)|PyInstanceMethod_New|PyContextVar_Get|PyObject_(AsFileDescriptor|CheckReadBuffer)|PyFrame_New|PyType_Ready"
    r"|PyImport_GetModuleDict|PyFrame_Get(Builtins|Globals|Locals)|PyUnicode_New|PyModule_Add$|Py_ReprEnter|PyODict|PyGen_New|PyCoro_New|PyAsyncGen_New|.*Windows|.*MBCS|.*CodePage"
    r"|PyObject_ClearManagedDict|Py_REFCNT|PyWrapper_New"
    r"|PyNumber_(Power|InPlacePower|Lshift|InPlaceLshift)$|PyObject_(GetTypeData|GetItemData|GetOptionalAttrString|SelfIter)|PyVectorcall_Function|PyCFunction_GetFunction"
)

# The functions that lend what they return.
LENDS = re.compile(
    r"PyList_GetItem$|PyTuple_GetItem|PyDict_(GetItem|GetItemString|GetItemWithError|SetDefault)$|PyErr_Occurred|PySys_GetObject|PyImport_(AddModule|AddModuleObject|GetModuleDict)$"
    r"|PyModule_GetDict|PyFunction_Get|PyMethod_|PyInstanceMethod_Function|PyWeakref_GetObject|PyStructSequence_GetItem|PyCFunction_GetSelf|PyType_GetModule$|PyObject_SelfIter|Py_TYPE$|PySys_GetXOptions"
)

# Those that take the type of their first argument on trust in CPython.
TRUSTING = re.compile(
    r"PyByteArray_|PyBytes_(Repr|DecodeEscape)|PyException|PyUnicode_(Substring|CompareWith|EqualTo|FindChar|IsIdentifier|EncodeLocale|Join)|PyFrame_|PyCode_|PyStructSequence_|PyWrapper"
    r"|PyDict_(MergeFromSeq2|Contains)|PySlice_|PyFunction_New|PyErr_Syntax|PyImport_Exec|PyTraceBack_|PyMethod_New|PyErr_ProgramText|PyObject_RichCompare|PyErr_(SetFrom|Warn|NewEx)"
)

KINDS = {
    "PyObject*": "O", "constPyObject*": "O", "PyTypeObject*": "T", "Py_ssize_t": "n", "size_t": "n", "int": "i", "unsignedint": "i", "long": "l", "longlong": "l", "int64_t": "l",
    "unsignedlong": "L", "unsignedlonglong": "L", "uint64_t": "L", "constchar*": "s", "double": "d", "PyObject**": "o", "Py_ssize_t*": "N", "int*": "I", "Py_UCS4": "i", "char": "i",
    "PyCodeObject*": "O", "PyFrameObject*": "O", "Py_hash_t": "n", "int32_t": "i", "uint32_t": "i", "PyTime_t": "l",
}
RETURNS = {"PyObject*": "O", "void": "v", "void*": "v", "PyTypeObject*": "O", "constchar*": "s", "char*": "s", "wchar_t*": "v", "PyCodeObject*": "O", "PyFrameObject*": "O",
           "Py_ssize_t": "n", "size_t": "n", "int": "i", "unsignedint": "i", "long": "l", "longlong": "l", "unsignedlong": "L", "unsignedlonglong": "L", "double": "d", "Py_UCS4": "i",
           "Py_hash_t": "n", "int64_t": "l", "PyTime_t": "l"}


def declared(folder):
    """The functions of the headers: name, what it returns, what it takes."""
    for name in ["", "cpython"]:
        for file in sorted(os.listdir(os.path.join(folder, name))):
            if file.endswith(".h"):
                with open(os.path.join(folder, name, file)) as source:
                    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", source.read(), flags=re.S)
                for kind, function, arguments in re.findall(r"PyAPI_FUNC\(([^)]*)\)\s*(Py\w+)\s*\(([^;{]*)\)\s*(?:\w+\([^;]*\)\s*)?;", text):
                    yield function, kind, arguments


def plain(kind):
    return re.sub(r"\s+", "", re.sub(r"\bstruct\b", "", kind))


def signature_of(name, kind, arguments):
    """The signature as `call` wants it, or none: an argument is not plain."""
    result = RETURNS.get(plain(kind))
    letters = []
    for argument in re.split(r",", arguments):
        argument = argument.strip()
        if argument in ("void", ""):
            continue
        argument = re.sub(r"\bPy_UNUSED\((\w+)\)", r"\1", argument)
        found = KINDS.get(plain(argument)) or KINDS.get(plain(re.sub(r"\w+$", "", argument)))
        if found is None:
            return None
        letters.append(found)
    if result is None or len(letters) > 6:
        return None
    return ("B" if result == "O" and LENDS.match(name) else result), letters


OWN = {"PyList": "list", "PyTuple": "tuple", "PyDict": "dict", "PyUnicode": "str", "PyBytes": "bytes", "PyByteArray": "bytearray", "PySet": "set", "PyFrozenSet": "frozenset",
       "PyLong": "int", "PyFloat": "float", "PyComplex": "complex", "PyModule": "module", "PyType": "type", "PyFunction": "func", "PyMemoryView": "memoryview", "PySlice": "slice",
       "PyException": "exc", "PyExceptionClass": "type", "PyErr": "exc", "PyWeakref": "weakref", "PyCell": "cell", "PyCode": "code", "PyFrame": "frame", "PyMethod": "method", "PyCFunction": "builtin",
       "PyIter": "iter", "PyMapping": "dict", "PySequence": "list", "PyNumber": "int", "PyUnstable_Code": "code", "PyDescr": "type", "PyGen": "generator", "PyCapsule": "capsule",
       "PyContext": "context", "PyUnicodeDecodeError": "decode", "PyUnicodeEncodeError": "encode", "PyUnicodeTranslateError": "translate", "PyStaticMethod": "func", "PyClassMethod": "func",
       "PyStructSequence": "structseq", "PyDictProxy": "dict", "PyBuffer": "bytes", "PyInstanceMethod": "func"}
FIRST = ["str", "bytes", "list", "tuple", "dict", "set", "float", "int", "big", "complex", "bytearray", "plain", "index", "bad", "slice", "memoryview", "exc", "type", "func", "none", "iter"]
REST = ["str", "int", "tuple", "none", "plain"]
NUMBERS = {"n": [1, 0, -1, 100], "i": [1, 0, -1], "l": [1, -1, 2**40], "L": [1, 2**63], "d": [1.5, -0.0], "s": ["abc", "utf-8"], "N": [0], "I": [0]}


def more_objects():
    import _contextvars
    import datetime

    def generator():
        yield 1

    return {"module": types.ModuleType("m", "doc"), "weakref": __import__("weakref").ref(calls.Plain), "cell": types.CellType(1), "code": declared.__code__, "frame": sys._getframe(),
            "method": calls.Plain().__repr__, "builtin": [].append, "generator": generator(), "capsule": datetime.datetime_CAPI, "context": _contextvars.Context(),
            "decode": UnicodeDecodeError("utf-8", b"abc", 1, 2, "reason"), "encode": UnicodeEncodeError("utf-8", "abc", 1, 2, "reason"),
            "translate": UnicodeTranslateError("abc", 1, 2, "reason"), "structseq": os.stat_result(range(10))}


def arguments_of(name, letters):
    """Argument lists, those of the right types first."""
    own = next((OWN[prefix] for prefix in sorted(OWN, key=len, reverse=True) if name.startswith(prefix + "_")), "list")
    choices, seen = [], False
    for letter in letters:
        if letter == "T":
            choices.append(["type"])
        elif letter == "O" and not seen:
            seen = True
            choices.append([own] if TRUSTING.match(name) else [own, *(kind for kind in FIRST if kind != own)])
        elif letter == "n" and choices and choices[-1] is NUMBERS["s"]:
            # The length of the string before it.
            choices.append([2, 0])
        elif letter == "O":
            choices.append(REST)
        elif letter == "o":
            choices.append(["NULL"])
        elif letter == "s" and "Unpack" in name:
            choices.append(["abcdefgh"])
        else:
            choices.append(NUMBERS[letter])
    # The first of each, then one that varies at a time, then the product as far as it goes.
    base = [choice[0] for choice in choices]
    yield tuple(base)
    for at, choice in enumerate(choices):
        for value in choice[1:]:
            yield tuple(base[:at] + [value] + base[at + 1:])
    for combination in itertools.islice(itertools.product(*choices), 40):
        yield combination


SEQUENCES = {"str", "bytes", "list", "tuple", "bytearray"}


def is_huge(name, arguments):
    """Whether the call makes twelve million items or more, which would have to be shown."""
    return name.endswith("Multiply") and bool({"int", "big", "index"} & set(arguments)) and bool(SEQUENCES & set(arguments))


def in_child(name, action):
    sys.stdout.flush()
    if "CAPI_TOGETHER" in os.environ:
        # Under valgrind a child would translate all code again. What a function imports, the next one is not to find.
        modules = dict(sys.modules)
        try:
            action()
        except BaseException as error:
            print(f"{name}: {type(error).__name__}: {error}", flush=True)
        sys.modules.clear()
        sys.modules.update(modules)
        return
    child = os.fork()
    if child == 0:
        signal.alarm(int(os.environ.get("CAPI_SECONDS", "60")))
        status = 0
        try:
            action()
            sys.stdout.flush()
        except BaseException as error:
            print(f"{name}: {type(error).__name__}: {error}", flush=True)
            status = 1
        os._exit(status)
    _, status = os.waitpid(child, 0)
    if status != 0:
        print(f"{name} died: {os.waitstatus_to_exitcode(status)}", flush=True)


def call_all(name, result, letters):
    signature = result + "".join("O" if letter == "T" else letter for letter in letters)
    done = set()
    most = int(os.environ.get("CAPI_CALLS", "1000"))
    for arguments in arguments_of(name, letters):
        if arguments not in done and len(done) < most and not is_huge(name, arguments):
            done.add(arguments)
            one(name, signature, *arguments)
            sys.stdout.flush()


def main():
    ordinary = calls.mortal
    calls.mortal = lambda: ordinary() | more_objects()
    limit = sys.argv[2:]
    if limit == ["--list"]:
        names = [name for name, kind, arguments in declared(sys.argv[1]) if not SKIP.match(name) and signature_of(name, kind, arguments)]
        print("\n".join(dict.fromkeys(names)))
        return
    done = set()
    for name, kind, arguments in declared(sys.argv[1]):
        signature = signature_of(name, kind, arguments)
        if name in done or SKIP.match(name) or limit and name not in limit:
            continue
        done.add(name)
        if signature is None:
            print(f"{name}: not plain")
        else:
            in_child(name, lambda: call_all(name, *signature))
    print("end")


if __name__ == "__main__":
    main()
