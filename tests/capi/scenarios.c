/* The module `capiscenarios`: the lists of the other files as functions of one module. */
#include "scenarios.h"

PyObject *given(PyObject *objects, const char *name) {
    PyObject *object = PyDict_GetItemString(objects, name);
    if (!object) Py_FatalError(name);
    return object;
}

void note(const char *text, const char *value) {
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *line = raised ? PyUnicode_FromFormat("%s = %s; raised %s: %S", text, value, Py_TYPE(raised)->tp_name, raised)
                            : PyUnicode_FromFormat("%s = %s", text, value);
    Py_XDECREF(raised);
    if (!line) {
        PyErr_Clear();
        line = PyUnicode_FromFormat("%s = what cannot be shown", text);
    }
    const char *characters = line ? PyUnicode_AsUTF8(line) : NULL;
    if (!characters) Py_FatalError("no line");
    /* At once, so that what was called last is known where the process dies. */
    /* CPython names the file and the line of its own source. */
    const char *internal = strstr(characters, ": bad argument to internal function"), *start = internal ? strstr(characters, "SystemError: ") : NULL;
    if (start && strstr(characters, ".c:")) {
        printf("%.*sSystemError", (int)(start - characters), characters);
        characters = internal;
    }
    for (; *characters; characters++) putchar(*characters == '\n' ? '~' : *characters);
    putchar('\n');
    fflush(stdout);
    Py_DECREF(line);
}

void note_object(const char *text, PyObject *value) {
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *shown = value ? PyObject_Repr(value) : NULL;
    const char *characters = shown ? PyUnicode_AsUTF8(shown) : NULL;
    if (!characters && value) {
        /* Shown as what its repr raised. */
        PyObject *failed = PyErr_GetRaisedException();
        Py_XSETREF(shown, PyUnicode_FromFormat("%s whose repr raises %R", Py_TYPE(value)->tp_name, failed));
        Py_XDECREF(failed);
        characters = shown ? PyUnicode_AsUTF8(shown) : NULL;
    }
    PyErr_SetRaisedException(raised);
    note(text, characters ? characters : "NULL");
    Py_XDECREF(shown);
}

void note_number(const char *text, long long value) {
    char digits[32];
    snprintf(digits, sizeof digits, "%lld", value);
    note(text, digits);
}

void note_double(const char *text, double value) {
    char digits[64];
    snprintf(digits, sizeof digits, "%.17g", value);
    note(text, digits);
}

static int exec(PyObject *module) {
    PyMethodDef *lists[] = {memory_scenarios, buffer_scenarios, thread_scenarios, running_scenarios, type_scenarios, value_scenarios, old_scenarios, process_scenarios, system_scenarios};
    for (size_t at = 0; at < sizeof lists / sizeof *lists; at++) {
        if (PyModule_AddFunctions(module, lists[at]) < 0) return -1;
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec}, {0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "capiscenarios", NULL, 0, NULL, slots};

PyMODINIT_FUNC PyInit_capiscenarios(void) { return PyModuleDef_Init(&definition); }
