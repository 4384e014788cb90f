"""Calls functions of the C API with good and bad arguments and prints what they do; CPython and Taipan must print the same.

Run by `cargo xtask capi --calls PROGRAM`, which compiles calls.c. Each line: name, arguments, result or exception, and by how much the
reference counts of the mortal arguments changed.
"""

import os
import sys
import warnings

import capicalls
from capicalls import NULL, call

warnings.simplefilter("ignore")


class Plain:
    def __repr__(self):
        return "<Plain>"


class Index:
    def __index__(self):
        return 7

    def __repr__(self):
        return "<Index>"


class Bad:
    def __getattr__(self, name):
        raise ValueError(name)

    def __len__(self):
        raise KeyError("len")

    def __bool__(self):
        raise OSError("bool")

    def __repr__(self):
        return "<Bad>"


class Sub(str):
    pass


def mortal():
    """Fresh objects that no cache shares: each with a name."""
    return {
        "str": "".join(["te", "xt-", "\u20ac"]), "ascii": "".join(["as", "cii"]), "bytes": b"".join([b"by", b"tes"]),
        "list": [3, 1, 2], "tuple": tuple([1, "zwei", 3.0]), "dict": {"a": 1, "b": [2]}, "set": {1, 2, 3}, "frozenset": frozenset([4]),
        "float": float("2.5"), "big": 10**30, "neg": -10**30, "int": int("12345678"), "complex": complex(1, 2), "bytearray": bytearray(b"array"),
        "plain": Plain(), "index": Index(), "bad": Bad(), "sub": Sub("sub"), "slice": slice(1, 5, 2), "range": range(5), "memoryview": memoryview(b"view"),
        "exc": ValueError("v", 1), "type": type("T", (), {}), "func": (lambda x=1: x), "none": None, "true": True, "NULL": NULL, "iter": iter([1, 2]), "zero": 0, "one": 1, "empty": "",
    }


ALL = ["str", "bytes", "list", "tuple", "dict", "set", "float", "big", "neg", "int", "complex", "bytearray", "plain", "index", "bad", "sub", "slice", "memoryview", "exc", "type", "none", "true", "NULL"]


def show(value):
    if isinstance(value, BaseException):
        text = str(value)
        if isinstance(value, SystemError) and "bad argument to internal function" in text:
            text = "bad argument to internal function"
        return f"{type(value).__name__}({text!r})"
    text = repr(value)
    return text if " at 0x" not in text else f"<{type(value).__name__} object>"


# CPython itself does not survive these.
FATAL = set("""
PyDict_Contains(list,str)
""".split())


def one(name, signature, *arguments):
    label = f"{name}({','.join(map(str, arguments))})"
    if label in FATAL:
        return
    if "CAPI_TRACE" in os.environ:
        print(label, file=sys.stderr, flush=True)
    values = mortal()
    args = [values[a] if isinstance(a, str) and a in values and signature[i + 1] in "OSop" else a for i, a in enumerate(arguments)]
    counted = [a for a, kind in zip(args, signature[1:]) if kind in "OSp" and sys.getrefcount(a) < 1 << 28
               # The name of an attribute may stay in a cache of its type.
               and not ("Attr" in name and a is args[1])]
    before = [sys.getrefcount(counted[i]) for i in range(len(counted))]
    results = call(name, signature, *args)
    text = ", ".join(map(show, results))
    results = None
    changes = [sys.getrefcount(counted[i]) - before[i] for i in range(len(counted))]
    print(f"{name}({', '.join(map(str, arguments))}) = {text}" + (f" counts {changes}" if any(changes) else ""))


def each(name, signature, *rest, first=ALL):
    for kind in first:
        one(name, signature, kind, *rest)


UNARY = """PyObject_Repr O PyObject_Str O PyObject_ASCII O PyObject_Bytes O PyObject_Hash n PyObject_IsTrue i PyObject_Not i PyObject_Size n PyObject_Length n
PyObject_Type O PyCallable_Check i PyIter_Check i PySequence_Check i PyMapping_Check i PyNumber_Check i PyIndex_Check i PyNumber_Negative O PyNumber_Positive O PyNumber_Absolute O
PyNumber_Invert O PyNumber_Index O PyNumber_Long O PyNumber_Float O PySequence_Tuple O PySequence_List O PySequence_Size n PyMapping_Size n PyMapping_Keys O
PyMapping_Items O PyMapping_Values O PyLong_AsLong l PyLong_AsLongLong l PyLong_AsInt i PyLong_AsSsize_t n PyLong_AsSize_t L PyLong_AsUnsignedLong L
PyLong_AsUnsignedLongLong L PyLong_AsUnsignedLongMask L PyLong_AsDouble d PyFloat_AsDouble d PyFloat_FromString O PyComplex_RealAsDouble d PyComplex_ImagAsDouble d
PyBytes_FromObject O PyByteArray_FromObject O PyUnicode_FromObject O PyUnicode_GetLength n PyUnicode_AsUTF8String O PyUnicode_AsASCIIString O PyUnicode_AsLatin1String O
PyUnicode_AsUTF16String O PyUnicode_AsUnicodeEscapeString O PyUnicode_IsIdentifier i PyDict_Size n PyDict_Keys O PyDict_Values O PyDict_Items O PyDict_Copy O
PyList_Size n PyList_AsTuple O PyList_Reverse i PyList_Sort i PySet_Size n PySet_Pop O PySet_Clear i PySet_New O PyFrozenSet_New O PyTuple_Size n PyBytes_Size n
PyByteArray_Size n PyMemoryView_FromObject O PyObject_CallNoArgs O PyWeakref_NewRef O1 PyObject_CheckBuffer i PyObject_AsFileDescriptor i PyType_GetName O PyModule_GetDict B
PyException_GetTraceback O PyException_GetContext O PyException_GetCause O PyCell_New O PyStaticMethod_New O PyObject_Dir O1""".split()


# Functions that CPython lets be called with NULL.
NULL_ALLOWED = """PyObject_Repr PyObject_Str PyObject_ASCII PyObject_Bytes PyObject_Size PyObject_Length PyNumber_Negative PyNumber_Positive PyNumber_Absolute
PyNumber_Invert PyNumber_Index PyNumber_Long PySequence_Size PyMapping_Size PyCallable_Check PyNumber_Check PyMapping_Check""".split()


def unary():
    for name, kind in zip(UNARY[::2], UNARY[1::2]):
        skip = {"PyType_GetName": ["type"], "PyException_GetTraceback": ["exc"], "PyException_GetContext": ["exc"], "PyException_GetCause": ["exc"],
                "PyObject_Type": [k for k in ALL if k not in ("type", "NULL")], "PyUnicode_IsIdentifier": ["str", "sub"], "PyByteArray_Size": ["bytearray"],
                "PyNumber_Float": [k for k in ALL if k not in ("memoryview", "NULL")], "PyFloat_FromString": [k for k in ALL if k not in ("memoryview", "NULL")],
                "PyStaticMethod_New": ["plain", "type"]}.get(name)
        without_null = name not in NULL_ALLOWED
        kinds = skip or [k for k in ALL if k != "NULL"] if without_null or skip else ALL
        if kind == "O1":
            for k in ["type", "plain", "list"]:
                if name == "PyWeakref_NewRef":
                    one(name, "OOO", k, "NULL")
            continue
        one_kind = kind + "O"
        for k in kinds:
            if name == "PyObject_Hash" and k not in ("int", "float", "big", "neg", "complex", "true", "list", "dict", "set", "bytearray"):
                # The others hash by their address.
                continue
            one(name, one_kind, k)


def pairs():
    for name in ["Add", "Subtract", "Multiply", "TrueDivide", "FloorDivide", "Remainder", "And", "Or", "Xor", "MatrixMultiply", "InPlaceAdd", "InPlaceMultiply", "InPlaceOr", "InPlaceSubtract"]:
        for a, b in [("int", "big"), ("int", "zero"), ("list", "list"), ("str", "ascii"), ("set", "set"), ("dict", "dict"), ("float", "int"), ("plain", "int"), ("tuple", "tuple"), ("bytes", "bytearray")]:
            one("PyNumber_" + name, "OOO", a, b)
    for name, signature, cases in [
        ("PyObject_GetItem", "OOO", [("list", "one"), ("dict", "str"), ("tuple", "index"), ("plain", "one"), ("str", "slice"), ("NULL", "one"), ("bytes", "big")]),
        ("PyObject_DelItem", "iOO", [("list", "one"), ("dict", "str"), ("tuple", "one"), ("plain", "one")]),
        ("PyObject_GetAttr", "OOO", [("list", "str"), ("list", "int"), ("bad", "ascii")]),
        ("PyObject_HasAttr", "iOO", [("list", "ascii")]),
        ("PyObject_HasAttrWithError", "iOO", [("list", "ascii"), ("bad", "ascii")]),
        ("PyObject_IsInstance", "iOO", [("list", "type"), ("list", "int"), ("type", "type")]),
        ("PyObject_IsSubclass", "iOO", [("type", "type"), ("list", "type")]),
        ("PySequence_Contains", "iOO", [("list", "one"), ("str", "ascii"), ("dict", "one"), ("plain", "one"), ("str", "int")]),
        ("PySequence_Concat", "OOO", [("list", "list"), ("str", "ascii"), ("list", "tuple"), ("dict", "dict"), ("int", "int")]),
        ("PySequence_Count", "nOO", [("list", "one"), ("str", "ascii"), ("int", "one")]),
        ("PySequence_Index", "nOO", [("list", "one"), ("list", "big"), ("int", "one")]),
        ("PyDict_GetItemWithError", "BOO", [("dict", "str"), ("dict", "list"), ("list", "str")]),
        ("PyDict_Contains", "iOO", [("dict", "str"), ("dict", "list"), ("list", "str")]),
        ("PyDict_DelItem", "iOO", [("dict", "str"), ("dict", "list"), ("list", "str")]),
        ("PyDict_Update", "iOO", [("dict", "dict"), ("dict", "int"), ("list", "dict"), ("dict", "list")]),
        ("PyDict_GetItemRef", "iOOo", [("dict", "str", "NULL"), ("dict", "list", "NULL"), ("int", "str", "NULL")]),
        ("PyDict_Pop", "iOOo", [("dict", "str", "NULL"), ("dict", "list", "NULL"), ("int", "str", "NULL")]),
        ("PyMapping_GetOptionalItem", "iOOo", [("dict", "str", "NULL"), ("list", "one", "NULL"), ("plain", "one", "NULL"), ("list", "big", "NULL")]),
        ("PyObject_GetOptionalAttr", "iOOo", [("list", "str", "NULL"), ("bad", "ascii", "NULL"), ("list", "int", "NULL")]),
        ("PyList_Append", "iOO", [("list", "plain"), ("tuple", "plain"), ("list", "NULL")]),
        ("PyList_Extend", "iOO", [("list", "list"), ("list", "int"), ("tuple", "list"), ("list", "dict")]),
        ("PyList_GetItemRef", "OOn", [("list", 0), ("list", 3), ("list", -1), ("tuple", 0)]),
        ("PyList_GetItem", "BOn", [("list", 0), ("list", 3), ("list", -1), ("tuple", 0)]),
        ("PyTuple_GetItem", "BOn", [("tuple", 0), ("tuple", 3), ("tuple", -1), ("list", 0)]),
        ("PySequence_GetItem", "OOn", [("tuple", 0), ("tuple", -1), ("str", 99), ("dict", 0), ("int", 0)]),
        ("PySequence_DelItem", "iOn", [("list", 0), ("list", 9), ("tuple", 0), ("dict", 0)]),
        ("PySequence_Repeat", "OOn", [("tuple", 2), ("list", 0), ("str", -1), ("int", 3), ("dict", 2)]),
        ("PySequence_GetSlice", "OOnn", [("tuple", 0, 2), ("str", 1, -1), ("dict", 0, 1)]),
        ("PyList_GetSlice", "OOnn", [("list", 0, 2), ("list", 2, 1), ("tuple", 0, 1)]),
        ("PyList_SetSlice", "iOnnO", [("list", 0, 1, "tuple"), ("list", 0, 9, "NULL"), ("list", 1, 1, "int")]),
        ("PyList_Insert", "iOnO", [("list", 0, "plain"), ("list", 99, "plain"), ("tuple", 0, "plain")]),
        ("PyList_SetItem", "iOnS", [("list", 0, "plain"), ("list", 9, "plain"), ("tuple", 0, "plain")]),
        ("PySequence_SetItem", "iOnO", [("list", 0, "plain"), ("list", 9, "plain"), ("tuple", 0, "plain")]),
        ("PyDict_SetItem", "iOOO", [("dict", "str", "plain"), ("dict", "list", "plain"), ("list", "str", "plain")]),
        ("PyDict_SetDefault", "BOOO", [("dict", "str", "plain"), ("dict", "list", "plain"), ("list", "str", "plain")]),
        ("PyDict_SetDefaultRef", "iOOOo", [("dict", "str", "plain", "NULL"), ("dict", "list", "plain", "NULL")]),
        ("PyDict_Merge", "iOOi", [("dict", "dict", 0), ("dict", "dict", 1), ("dict", "int", 1), ("int", "dict", 1)]),
        ("PyObject_SetAttr", "iOOO", [("plain", "ascii", "list"), ("list", "ascii", "list"), ("plain", "int", "list"), ("plain", "ascii", "NULL")]),
        ("PyObject_SetItem", "iOOO", [("list", "one", "plain"), ("dict", "str", "plain"), ("tuple", "one", "plain"), ("plain", "one", "plain")]),
        ("PyObject_RichCompare", "OOOi", [("int", "big", 0), ("list", "tuple", 2), ("list", "tuple", 0), ("str", "ascii", 4)]),
        ("PyObject_RichCompareBool", "iOOi", [("int", "big", 0), ("list", "list", 2), ("list", "tuple", 0)]),
        ("PyObject_Format", "OOO", [("int", "empty"), ("float", "str"), ("plain", "NULL"), ("int", "list")]),
        ("PySet_Add", "iOO", [("set", "str"), ("set", "list"), ("list", "str")]),
        ("PySet_Discard", "iOO", [("set", "one"), ("set", "str"), ("frozenset", "one"), ("set", "list")]),
        ("PySet_Contains", "iOO", [("set", "one"), ("frozenset", "one"), ("set", "list"), ("list", "one")]),
        ("PyUnicode_Concat", "OOO", [("str", "ascii"), ("str", "int"), ("int", "str")]),
        ("PyUnicode_Contains", "iOO", [("str", "ascii"), ("str", "int"), ("int", "str")]),
        ("PyUnicode_Compare", "iOO", [("str", "ascii"), ("str", "str"), ("str", "int")]),
        ("PyUnicode_Split", "OOOn", [("str", "NULL", -1), ("str", "ascii", 1), ("int", "NULL", 1)]),
        ("PyUnicode_Join", "OOO", [("str", "tuple"), ("str", "list"), ("int", "list"), ("ascii", "str")]),
        ("PyUnicode_Format", "OOO", [("str", "tuple"), ("int", "tuple")]),
        ("PyUnicode_Substring", "OOnn", [("str", 1, 3), ("str", -1, 3), ("str", 2, 1)]),
        ("PyUnicode_Find", "nOOnni", [("str", "str", 0, 99, 1), ("str", "int", 0, 1, 1)]),
        ("PyUnicode_FindChar", "nOLnni", [("str", 116, 0, 99, 1), ("str", 116, 0, 99, -1), ("str", 0x20ac, 0, 99, 1)]),
        ("PyUnicode_ReadChar", "LOn", [("str", 0), ("str", 99)]),
        ("PyUnicode_CompareWithASCIIString", "iOs", [("ascii", "ascii"), ("str", "a")]),
        ("PyUnicode_EqualToUTF8", "iOs", [("ascii", "ascii"), ("str", "text-\u20ac")]),
        ("PyObject_GetAttrString", "OOs", [("list", "append2"), ("int", "real")]),
        ("PyObject_SetAttrString", "iOsO", [("plain", "x", "list"), ("int", "x", "list")]),
        ("PyMapping_GetItemString", "OOs", [("dict", "a"), ("dict", "zz"), ("list", "a")]),
        ("PyDict_GetItemString", "BOs", [("dict", "a"), ("dict", "zz"), ("list", "a")]),
        ("PyDict_SetItemString", "iOsO", [("dict", "n", "list"), ("list", "n", "list")]),
        ("PyDict_DelItemString", "iOs", [("dict", "a"), ("dict", "zz")]),
        ("PyTuple_GetSlice", "OOnn", [("tuple", 0, 2), ("tuple", 0, 3), ("list", 0, 1)]),
        ("PyBytes_Concat", "vpO", [("bytes", "bytes"), ("bytes", "int"), ("bytes", "bytearray")]),
        ("PyUnicode_Append", "vpO", [("str", "ascii"), ("str", "int")]),
        ("PyErr_SetObject", "vOO", [("type", "str")]),
        ("PyException_SetCause", "vOS", [("exc", "exc")]),
        ("PyNumber_Power", "OOOO", [("int", "int", "big"), ("int", "float", "none"), ("str", "int", "none")]),
        ("PyNumber_ToBase", "OOi", [("int", 16), ("neg", 2), ("str", 10), ("int", 3)]),
        ("PyNumber_AsSsize_t", "nOO", [("int", "NULL"), ("big", "NULL"), ("str", "NULL")]),
        ("PyLong_AsLongAndOverflow", "lOI", [("int", 5), ("big", 5), ("neg", 5), ("str", 5)]),
        ("PyLong_FromUnicodeObject", "OOi", [("ascii", 10), ("ascii", 36), ("str", 1)]),
        ("PyObject_CallObject", "OOO", [("func", "NULL"), ("func", "list"), ("int", "NULL"), ("type", "tuple")]),
        ("PyObject_CallOneArg", "OOO", [("func", "one"), ("int", "one")]),
        ("PyObject_Call", "OOOO", [("func", "tuple", "NULL"), ("func", "tuple", "dict")]),
    ]:
        for case in cases:
            one(name, signature, *case)


def scalars():
    for value in [0, 1, -1, 2**31, -2**31, 2**63 - 1, -2**63]:
        for name in ["PyLong_FromLong", "PyLong_FromLongLong", "PyLong_FromSsize_t", "PyBool_FromLong"]:
            one(name, "Ol", value)
    for value in [0, 2**64 - 1, 2**63]:
        for name in ["PyLong_FromUnsignedLong", "PyLong_FromUnsignedLongLong", "PyLong_FromSize_t"]:
            one(name, "OL", value)
    for value in [0.0, -0.0, 1.5, 1e300, float("inf"), float("nan"), -2.7]:
        one("PyFloat_FromDouble", "Od", value)
        one("PyLong_FromDouble", "Od", value)
    one("PyComplex_FromDoubles", "Odd", 1.5, -2.0)
    for text in ["", "plain", "\u20ac\U0001f600", b"\xff\xfe", b"\xed\xa0\x80"]:
        one("PyUnicode_FromString", "Os", text)
        one("PyUnicode_InternFromString", "Os", text)
        one("PyUnicode_DecodeFSDefault", "Os", text)
        one("PyBytes_FromString", "Os", text)
    for start, end, step in [(0, 0, 1), (-3, 99, 1), (5, -6, -2)]:
        one("PySlice_AdjustIndices", "nnNNn", 5, start, end, step)
    for code in [0, 65, 0x20ac, 0x10ffff, 0x110000, -1]:
        one("PyUnicode_FromOrdinal", "Oi", code)
    for size in [0, 3, -1]:
        one("PyTuple_New", "On", size) if size <= 0 else None
        one("PyList_New", "On", size) if size <= 0 else None
    for name in ["PyDict_New"]:
        one(name, "O")
    for module in ["math", "no_such_module_", "os.path"]:
        one("PyImport_ImportModule", "Os", module)


if __name__ == "__main__":
    for part in (unary, pairs, scalars):
        part()
    print(*map(show, capicalls.format("\u00e4")), sep="\n")
    print("end")
