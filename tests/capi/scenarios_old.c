/* Functions that only old wheels call, or that need a frame, a code object or a type of their own. */
#include "scenarios.h"

int PyEval_ThreadsInitialized(void);
int PyObject_AsCharBuffer(PyObject *, const char **, Py_ssize_t *);
int PyObject_AsReadBuffer(PyObject *, const void **, Py_ssize_t *);
int PyObject_AsWriteBuffer(PyObject *, void **, Py_ssize_t *);
int PyObject_CheckReadBuffer(PyObject *);
Py_ssize_t PyUnicode_GetSize(PyObject *);
void PyUnicode_InternImmortal(PyObject **);
int _PyArg_ParseTupleAndKeywords_SizeT(PyObject *, PyObject *, const char *, char **, ...);
int _PyArg_ParseTuple_SizeT(PyObject *, const char *, ...);
int _PyArg_Parse_SizeT(PyObject *, const char *, ...);
PyObject *_PyObject_CallFunction_SizeT(PyObject *, const char *, ...);
PyObject *_PyObject_CallMethod_SizeT(PyObject *, const char *, const char *, ...);
PyObject *_Py_BuildValue_SizeT(const char *, ...);
PyObject *_Py_GetBuiltWithAssert(void);
PyObject *_PyLong_Copy(PyLongObject *);
PyObject *_PyLong_Format(PyObject *, int);
int _PyDict_SetItem_KnownHash_LockHeld(PyDictObject *, PyObject *, PyObject *, Py_hash_t);
PyFrameObject *PyFrame_New(PyThreadState *, PyCodeObject *, PyObject *, PyObject *);
PyObject *_PyObject_GetAttrId(PyObject *, _Py_Identifier *);
PyObject *_PyObject_CallMethodId(PyObject *, _Py_Identifier *, const char *, ...);

_Py_IDENTIFIER(append);
_Py_IDENTIFIER(nothing);

static PyObject *old_names(PyObject *self, PyObject *objects) {
    PyObject *list = given(objects, "list"), *bytes = given(objects, "bytes"), *tuple = Py_BuildValue("(is)", 5, "text"), *keywords = PyDict_New();
    const char *characters = NULL, *text = NULL;
    const void *start = NULL;
    void *writable = NULL;
    Py_ssize_t size = -3;
    int number = 0;
    char *names[] = {"first", "second", NULL};
    I(PyEval_ThreadsInitialized());
    I(PyObject_AsCharBuffer(bytes, &characters, &size));
    I(size);
    I(PyObject_AsCharBuffer(list, &characters, &size));
    I(PyObject_AsReadBuffer(bytes, &start, &size));
    I(PyObject_AsReadBuffer(list, &start, &size));
    I(PyObject_AsWriteBuffer(given(objects, "bytearray"), &writable, &size));
    I(PyObject_AsWriteBuffer(bytes, &writable, &size));
    I(PyObject_CheckReadBuffer(bytes));
    I(PyObject_CheckReadBuffer(list));
    I(PyUnicode_GetSize(given(objects, "str")));
    I(_PyArg_ParseTuple_SizeT(tuple, "is", &number, &text));
    I(_PyArg_ParseTuple_SizeT(tuple, "ii", &number, &number));
    I(_PyArg_Parse_SizeT(given(objects, "int"), "i", &number));
    I(_PyArg_ParseTupleAndKeywords_SizeT(tuple, keywords, "is:name", names, &number, &text));
    I(_PyArg_ParseTupleAndKeywords_SizeT(tuple, keywords, "i:name", names, &number));
    O(_PyObject_CallFunction_SizeT((PyObject *)&PyTuple_Type, "((ii))", 1, 2));
    O(_PyObject_CallMethod_SizeT(list, "count", "(i)", 3));
    O(_Py_BuildValue_SizeT("(is#)", 1, "text", (Py_ssize_t)2));
    O(_Py_GetBuiltWithAssert());
    O(_PyLong_Copy((PyLongObject *)given(objects, "big")));
    O(_PyLong_Format(given(objects, "int"), 16));
    O(_PyLong_Format(list, 10));
    I(_PyDict_SetItem_KnownHash_LockHeld((PyDictObject *)given(objects, "dict"), given(objects, "ascii"), Py_None, PyObject_Hash(given(objects, "ascii"))));
    B(given(objects, "dict"));
    PyObject *found = _PyObject_GetAttrId(list, &PyId_append);
    I(found != NULL);
    Py_XDECREF(found);
    O(_PyObject_GetAttrId(list, &PyId_nothing));
    O(_PyObject_CallMethodId(list, &PyId_append, "(i)", 9));
    B(list);
    B(_PyUnicode_FromId(&PyId_append));
    Py_DECREF(tuple);
    Py_DECREF(keywords);
    Py_RETURN_NONE;
}

static PyObject *count_arguments(PyObject *callable, PyObject *const *args, size_t count, PyObject *names) {
    (void)callable, (void)args, (void)names;
    return PyLong_FromSsize_t(PyVectorcall_NARGS(count));
}

static PyObject *frames(PyObject *self, PyObject *objects) {
    PyObject *function = given(objects, "func"), *globals = PyDict_New(), *code = PyFunction_GetCode(function);
    PyFrameObject *frame = PyFrame_New(PyThreadState_Get(), (PyCodeObject *)code, globals, NULL);
    PyObject *part = PyFrame_GetGlobals(frame);
    I(part == globals);
    Py_XDECREF(part);
    part = PyFrame_GetBuiltins(frame);
    I(part && PyDict_CheckExact(part));
    Py_XDECREF(part);
    O(PyFrame_GetLocals(frame));
    I(PyFrame_GetLineNumber(frame) > 0);
    Py_XDECREF(frame);
    V(PyFunction_SetVectorcall((PyFunctionObject *)function, count_arguments));
    O(PyObject_CallOneArg(function, Py_None));
    part = (PyObject *)PyGen_GetCode((PyGenObject *)given(objects, "generator"));
    O(part ? PyObject_GetAttrString(part, "co_name") : NULL);
    Py_XDECREF(part);
    PyObject *empty = PyTuple_New(0), *name = PyUnicode_FromString("name"), *table = PyBytes_FromString("");
    PyObject *instructions = PyObject_GetAttrString(code, "co_code"), *lines = PyObject_GetAttrString(code, "co_linetable");
    PyObject *locals = PyObject_GetAttrString(code, "co_varnames"), *constants = PyObject_GetAttrString(code, "co_consts");
    PyObject *made = (PyObject *)PyUnstable_Code_New(1, 0, 1, 4, 3, instructions, constants, empty, locals, empty, empty, name, name, name, 7, lines, table);
    O(made ? PyObject_GetAttrString(made, "co_firstlineno") : NULL);
    Py_XDECREF(made);
    made = (PyObject *)PyUnstable_Code_NewWithPosOnlyArgs(1, 1, 0, 1, 4, 3, instructions, constants, empty, locals, empty, empty, name, name, name, 8, lines, table);
    O(made ? PyObject_GetAttrString(made, "co_posonlyargcount") : NULL);
    Py_XDECREF(made);
    O(PyUnstable_Code_New(-1, 0, 1, 4, 3, instructions, constants, empty, locals, empty, empty, name, name, name, 7, lines, table));
    O(PyUnstable_Code_New(1, 0, 1, 4, 3, name, constants, empty, locals, empty, empty, name, name, name, 7, lines, table));
    PyObject *parts[] = {empty, name, table, instructions, lines, locals, constants, globals};
    for (size_t at = 0; at < sizeof parts / sizeof *parts; at++) Py_XDECREF(parts[at]);
    PyObject *file = PyFile_FromFd(1, "name", "w", -1, "utf-8", NULL, NULL, 0);
    O(file ? PyObject_GetAttrString(file, "mode") : NULL);
    Py_XDECREF(file);
    O(PyFile_FromFd(-1, "name", "r", -1, NULL, NULL, NULL, 0));
    O(PyFile_FromFd(1, "name", "q", -1, NULL, NULL, NULL, 0));
    Py_RETURN_NONE;
}

typedef struct { PyObject_VAR_HEAD PyObject *items[1]; } Many;

static int traverse(PyObject *object, visitproc visit, void *arg) { Py_VISIT(Py_TYPE(object)); return 0; }
static void release(PyObject *object) {
    PyTypeObject *class = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    PyObject_ClearWeakRefs(object);
    PyObject_GC_Del(object);
    Py_DECREF(class);
}
static PyMemberDef many_members[] = {{"__weaklistoffset__", Py_T_PYSSIZET, sizeof(PyVarObject), Py_READONLY, NULL}, {NULL}};
static PyType_Slot many_slots[] = {{Py_tp_traverse, traverse}, {Py_tp_dealloc, release}, {Py_tp_members, many_members}, {0, NULL}};
static PyType_Spec many_spec = {"scenarios.Many", sizeof(Many), sizeof(PyObject *), Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, many_slots};
static PyType_Slot end_slots[] = {{0, NULL}};
static PyType_Spec end_spec = {"scenarios.End", -16, 0, Py_TPFLAGS_DEFAULT, end_slots};

static PyObject *own_types(PyObject *self, PyObject *objects) {
    PyTypeObject *type = (PyTypeObject *)PyType_FromSpec(&many_spec);
    PyVarObject *made = _PyObject_GC_NewVar(type, 2);
    ((Many *)made)->items[0] = NULL;
    I(Py_SIZE(made));
    made = _PyObject_GC_Resize(made, 40);
    I(Py_SIZE(made));
    PyObject_GC_Track(made);
    PyObject *weak = PyWeakref_NewRef((PyObject *)made, NULL);
    I(weak != NULL);
    Py_DECREF(made);
    I(PyWeakref_IsDead(weak));
    Py_XDECREF(weak);
    Py_XDECREF(type);
    made = _PyObject_NewVar(&PyTuple_Type, 0);
    I(Py_SIZE(made));
    PyObject_Free(NULL);
    type = (PyTypeObject *)PyType_FromSpec(&end_spec);
    PyObject *instance = PyObject_CallNoArgs((PyObject *)type);
    P(PyObject_GetTypeData(instance, type));
    P(PyObject_GetItemData(instance));
    P(PyObject_GetItemData(given(objects, "list")));
    Py_XDECREF(instance);
    Py_XDECREF(type);
    void *block = PyObject_Malloc(200);
    made = PyObject_InitVar(block, &PyBytes_Type, 1);
    I(Py_SIZE(made));
    I(Py_REFCNT(made));
    PyObject_Free(block);
    Py_RETURN_NONE;
}

PyMethodDef old_scenarios[] = {{"old_names", old_names, METH_O}, {"frames", frames, METH_O}, {"own_types", own_types, METH_O}, {NULL}};
