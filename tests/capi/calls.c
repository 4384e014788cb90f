/* Calls any function of the C API by its name: `call(name, signature, *arguments)`.

   The signature's first letter says what the function returns, the others what it takes:
     O a new reference (argument: an object, or NULL for `NULL`)   B a borrowed reference
     i int   n Py_ssize_t   l long   L unsigned long   d double   s a C string   v nothing
     o the address of a PyObject * (starts as NULL; what the function puts there follows in the result)
     p the address of a PyObject * that starts with an owned reference to the argument, and is replaced
     N the address of a Py_ssize_t   I the address of an int
     S a reference that the function takes over ("steals")
   Integers and doubles travel in registers of their own (System V ABI), so one function type serves all calls. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include <string.h>

typedef intptr_t (*integer_function)(intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, double, double);
typedef double (*double_function)(intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, double, double);

static PyObject *null_marker;

static int load(char kind, PyObject *argument, intptr_t *word, PyObject **place, Py_ssize_t *size, double *number) {
    switch (kind) {
    case 'O': *word = argument == null_marker ? 0 : (intptr_t)argument; return 0;
    case 'S': *word = argument == null_marker ? 0 : (intptr_t)Py_NewRef(argument); return 0;
    case 's':
        if (argument == null_marker) { *word = 0; return 0; }
        *word = (intptr_t)(PyBytes_Check(argument) ? PyBytes_AsString(argument) : PyUnicode_AsUTF8(argument));
        return *word ? 0 : -1;
    case 'i': *word = (int)PyLong_AsLong(argument); return PyErr_Occurred() ? -1 : 0;
    case 'n': case 'l': *word = PyLong_AsLong(argument); return PyErr_Occurred() ? -1 : 0;
    case 'L': *word = (intptr_t)PyLong_AsUnsignedLong(argument); return PyErr_Occurred() ? -1 : 0;
    case 'd': *number = PyFloat_AsDouble(argument); return PyErr_Occurred() ? -1 : 0;
    case 'o': *place = NULL; *word = (intptr_t)place; return 0;
    case 'p': *place = argument == null_marker ? NULL : Py_NewRef(argument); *word = (intptr_t)place; return 0;
    case 'N': case 'I': *size = PyLong_AsLong(argument); *word = (intptr_t)size; return PyErr_Occurred() ? -1 : 0;
    }
    PyErr_Format(PyExc_ValueError, "unknown kind '%c'", kind);
    return -1;
}

static PyObject *shown(char kind, intptr_t word, double number) {
    switch (kind) {
    case 'O': return word ? (PyObject *)word : Py_NewRef(null_marker);
    case 'B': return Py_NewRef(word ? (PyObject *)word : null_marker);
    case 'i': return PyLong_FromLong((int)word);
    case 'n': case 'l': return PyLong_FromLong(word);
    case 'L': return PyLong_FromUnsignedLong((unsigned long)word);
    case 'd': return PyFloat_FromDouble(number);
    case 's': return word ? PyBytes_FromString((const char *)word) : Py_NewRef(null_marker);
    default: Py_RETURN_NONE;
    }
}

static PyObject *call(PyObject *self, PyObject *arguments) {
    const char *name, *signature;
    PyObject *first = PyTuple_GetSlice(arguments, 0, 2);
    if (!first || !PyArg_ParseTuple(first, "ss", &name, &signature)) return NULL;
    void *function = dlsym(RTLD_DEFAULT, name);
    size_t count = strlen(signature) - 1;
    if (!function || count > 6 || (Py_ssize_t)count != PyTuple_Size(arguments) - 2) {
        return PyErr_Format(PyExc_ValueError, "%s: no such function, or a wrong number of arguments", name);
    }
    intptr_t words[6] = {0};
    PyObject *places[6];
    Py_ssize_t sizes[6];
    double numbers[2] = {0};
    int integers = 0, doubles = 0;
    for (size_t at = 0; at < count; at++) {
        char kind = signature[at + 1];
        double number = 0;
        intptr_t word = 0;
        if (load(kind, PyTuple_GetItem(arguments, at + 2), &word, &places[at], &sizes[at], &number) < 0) return NULL;
        if (kind == 'd') numbers[doubles++] = number; else words[integers++] = word;
    }
    Py_DECREF(first);
    intptr_t word = 0;
    double number = 0;
    if (signature[0] == 'd') {
        number = ((double_function)function)(words[0], words[1], words[2], words[3], words[4], words[5], numbers[0], numbers[1]);
    } else {
        word = ((integer_function)function)(words[0], words[1], words[2], words[3], words[4], words[5], numbers[0], numbers[1]);
    }
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *list = PyList_New(0);
    PyObject *value = shown(signature[0], word, number);
    if (!list || !value) return NULL;
    PyList_Append(list, value);
    Py_DECREF(value);
    for (size_t at = 0; at < count; at++) {
        char kind = signature[at + 1];
        PyObject *item = NULL;
        if (kind == 'o' || kind == 'p') item = places[at] ? places[at] : Py_NewRef(null_marker);
        else if (kind == 'N') item = PyLong_FromSsize_t(sizes[at]);
        else if (kind == 'I') item = PyLong_FromLong((int)sizes[at]);
        if (item) { PyList_Append(list, item); Py_DECREF(item); }
    }
    if (raised) { PyList_Append(list, raised); Py_DECREF(raised); }
    return list;
}

static PyObject *format(PyObject *self, PyObject *arguments) {
    /* Variadic functions, with arguments of every class. */
    PyObject *object;
    if (!PyArg_ParseTuple(arguments, "O", &object)) return NULL;
    PyObject *text = PyUnicode_FromFormat("%d|%5d|%-5d|%05d|%x|%ld|%zd|%c|%.3s|%S|%R|%A|%p", 1, 2, 3, 4, 255, 5L, (Py_ssize_t)6, 'c', "abcdef", object, object, object, (void *)0x10);
    PyObject *built = Py_BuildValue("(isOdN[kK]{s:i,s:n}y#())", 1, "two", object, 3.5, PyLong_FromLong(4), 5UL, 6ULL, "a", 1, "b", (Py_ssize_t)2, "xyz", (Py_ssize_t)2);
    PyObject *bytes = PyBytes_FromFormat("%d %s %c %x %%", 7, "eight", '9', 10);
    PyObject *pack = PyTuple_Pack(7, Py_None, Py_True, Py_False, object, object, Py_None, Py_True);
    PyObject *method = PyObject_CallMethod(text, "replace", "ss", "|", ", ");
    PyObject *called = PyObject_CallFunctionObjArgs((PyObject *)&PyTuple_Type, pack, NULL);
    PyErr_Format(PyExc_KeyError, "%s-%d-%U", "a", 1, text);
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *result = Py_BuildValue("(NNNNNNN)", text, built, bytes, pack, method, called, raised);
    return result;
}

static PyMethodDef methods[] = {
    {"call", call, METH_VARARGS, "call(name, signature, *arguments): [result, outputs…, exception]"},
    {"format", format, METH_VARARGS, "what the variadic functions make"},
    {NULL, NULL, 0, NULL},
};

static int exec(PyObject *module) {
    null_marker = PyUnicode_FromString("<NULL>");
    return PyModule_AddObjectRef(module, "NULL", null_marker);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec}, {0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "capicalls", NULL, 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_capicalls(void) { return PyModuleDef_Init(&definition); }
