/* What `sys` says and is told, hooks of the process, ordered dicts, complex numbers beside reals. */
#include "scenarios.h"
#include <errno.h>
#include <wchar.h>

Py_complex _Py_cr_sum(Py_complex, double), _Py_cr_diff(Py_complex, double), _Py_rc_diff(double, Py_complex), _Py_cr_prod(Py_complex, double), _Py_cr_quot(Py_complex, double);
int _PyObject_IsFreed(PyObject *);
int PySignal_SetWakeupFd(int);

/* The file "sysmodule.h" declares some of these no longer. */
void PySys_AddWarnOption(const wchar_t *);
void PySys_AddWarnOptionUnicode(PyObject *);
void PySys_AddXOption(const wchar_t *);
void PySys_SetPath(const wchar_t *);

static void show(const char *expression) {
    PyObject *globals = PyDict_New();
    PyDict_SetItemString(globals, "sys", PyImport_ImportModule("sys"));
    PyObject *value = PyRun_String(expression, Py_eval_input, globals, globals);
    note_object(expression, value);
    Py_XDECREF(value);
    Py_DECREF(globals);
}

static PyObject *options(PyObject *self, PyObject *objects) {
    PyObject *option = PyUnicode_FromString("error::ImportWarning");
    V(PySys_ResetWarnOptions());
    show("sys.warnoptions");
    V(PySys_AddWarnOption(L"ignore"));
    V(PySys_AddWarnOptionUnicode(option));
    show("sys.warnoptions");
    I(PySys_HasWarnOptions());
    V(PySys_AddXOption(L"first"));
    V(PySys_AddXOption(L"second=a=b"));
    show("[sys._xoptions['first'], sys._xoptions['second']]");
    V(PySys_SetPath(L"/one:/two/three"));
    show("sys.path");
    wchar_t *arguments[] = {L"/folder/program", L"-x"};
    V(PySys_SetArgvEx(2, arguments, 0));
    show("[sys.argv, sys.path]");
    V(PySys_SetArgv(1, arguments));
    show("sys.argv");
    V(PySys_SetArgvEx(0, NULL, 0));
    show("sys.argv");
    Py_DECREF(option);
    Py_RETURN_NONE;
}

static PyObject *places(PyObject *self, PyObject *objects) {
    I(wcslen(Py_GetPrefix()) > 0);
    I(wcslen(Py_GetExecPrefix()) > 0);
    I(wcslen(Py_GetPath()) > 0);
    I(wcslen(Py_GetProgramFullPath()) > 0);
    P(Py_GetProgramName());
    P(Py_GetPythonHome());
    PyObject *prefix = PyUnicode_FromWideChar(Py_GetPrefix(), -1), *said = PySys_GetObject("prefix");
    I(PyUnicode_Compare(prefix, said));
    Py_DECREF(prefix);
    I(PySignal_SetWakeupFd(-1));
    Py_RETURN_NONE;
}

static int heard = 0;

static int hears(const char *event, PyObject *arguments, void *data) {
    if (strncmp(event, "scenario.", 9)) return 0;
    heard++;
    note_object(event, arguments);
    if (!strcmp(event, "scenario.refused")) {
        PyErr_SetString(PyExc_ValueError, data);
        return -1;
    }
    return 0;
}

static PyObject *audit(PyObject *self, PyObject *objects) {
    I(PySys_AddAuditHook(hears, "not today"));
    I(PySys_Audit("scenario.first", "is", 1, "two"));
    I(PySys_Audit("scenario.refused", NULL));
    I(PySys_Audit("other", "i", 1));
    show("sys.audit('scenario.third', 3)");
    show("sys.audit('scenario.refused')");
    I(heard);
    Py_RETURN_NONE;
}

static void at_exit(void *data) { printf("at_exit called with %s\n", (const char *)data); fflush(stdout); }

static PyObject *interpreter_end(PyObject *self, PyObject *objects) {
    PyThreadState *state = PyThreadState_Get(), *sub = Py_NewInterpreter();
    int first = PyUnstable_AtExit(PyInterpreterState_Get(), at_exit, "first");
    int second = PyUnstable_AtExit(PyInterpreterState_Get(), at_exit, "second");
    PyRun_SimpleString("import atexit; atexit.register(print, 'the module atexit')");
    Py_EndInterpreter(sub);
    PyThreadState_Swap(state);
    I(first);
    I(second);
    note("PyUnstable_AtExit", "done");
    Py_RETURN_NONE;
}

static PyObject *stack(PyObject *self, PyObject *objects) {
    char room[64];
    PyThreadState *state = PyThreadState_Get();
    I(PyUnstable_ThreadState_SetStackProtection(state, room, 1));
    I(PyUnstable_ThreadState_SetStackProtection(state, room - (1 << 20), 1 << 20));
    O(PyObject_Repr(given(objects, "list")));
    V(PyUnstable_ThreadState_ResetStackProtection(state));
    O(PyObject_Repr(given(objects, "list")));
    PyFrameObject *frame = PyThreadState_GetFrame(state);
    struct _PyInterpreterFrame *inner = ((struct _PyInterpreterFrame **)frame)[3];
    PyObject *code = PyUnstable_InterpreterFrame_GetCode(inner), *own = (PyObject *)PyFrame_GetCode(frame);
    I(code == own);
    I(PyUnstable_InterpreterFrame_GetLasti(inner) == PyFrame_GetLasti(frame));
    I(PyUnstable_InterpreterFrame_GetLine(inner) == PyFrame_GetLineNumber(frame));
    Py_DECREF(code);
    Py_DECREF(own);
    Py_DECREF(frame);
    Py_RETURN_NONE;
}

static PyObject *ordered(PyObject *self, PyObject *objects) {
    PyObject *dict = PyODict_New(), *key = given(objects, "str"), *value = given(objects, "list");
    I(PyODict_SetItem(dict, key, value));
    I(PyODict_SetItem(dict, value, value));
    O(Py_NewRef(dict));
    I(PyODict_DelItem(dict, key));
    I(PyODict_DelItem(dict, key));
    Py_DECREF(dict);
    I(_PyObject_IsFreed(NULL));
    I(_PyObject_IsFreed(key));
    Py_RETURN_NONE;
}

static void complex_note(const char *text, Py_complex value) {
    char shown[80];
    snprintf(shown, sizeof shown, "%g %g errno %d", value.real, value.imag, errno);
    errno = 0;
    note(text, shown);
}

static PyObject *mixed(PyObject *self, PyObject *objects) {
    Py_complex value = {1.5, -0.0}, infinite = {HUGE_VAL, 1};
    errno = 0;
    complex_note("_Py_cr_sum", _Py_cr_sum(value, -0.0));
    complex_note("_Py_cr_diff", _Py_cr_diff(value, 2));
    complex_note("_Py_rc_diff", _Py_rc_diff(2, value));
    complex_note("_Py_cr_prod", _Py_cr_prod(value, -3));
    complex_note("_Py_cr_quot", _Py_cr_quot(value, 4));
    complex_note("_Py_cr_quot", _Py_cr_quot(value, 0));
    complex_note("_Py_cr_quot", _Py_cr_quot(infinite, 2));
    Py_RETURN_NONE;
}

static PyObject *wrapper(PyObject *self, PyObject *objects) {
    PyObject *descriptor = PyObject_GetAttrString((PyObject *)&PyList_Type, "__len__"), *wrapper = PyWrapper_New(descriptor, given(objects, "list"));
    O(PyObject_CallNoArgs(wrapper));
    O(PyObject_GetAttrString(wrapper, "__name__"));
    I(PyObject_HasAttrString(wrapper, "__self__"));
    Py_DECREF(descriptor);
    Py_DECREF(wrapper);
    Py_RETURN_NONE;
}

static PyObject *ranged(PyObject *self, PyObject *objects) {
    PyObject *name = PyUnicode_FromString("<nothing>");
    const char *fields[] = {"filename", "lineno", "offset", "end_lineno", "end_offset", "text"};
    for (int negative = 0; negative < 2; negative++) {
        PyErr_SetString(PyExc_SyntaxError, "text");
        if (negative) PyErr_RangedSyntaxLocationObject(name, 1, -1, -1, -1);
        else PyErr_RangedSyntaxLocationObject(name, 3, 4, 5, 6);
        PyObject *raised = PyErr_GetRaisedException();
        for (size_t at = 0; at < sizeof fields / sizeof *fields; at++) {
            PyObject *value = PyObject_GetAttrString(raised, fields[at]);
            note_object(fields[at], value);
            Py_XDECREF(value);
        }
        Py_DECREF(raised);
    }
    Py_DECREF(name);
    Py_RETURN_NONE;
}

static PyObject *writer(PyObject *self, PyObject *objects) {
    _PyUnicodeWriter writer;
    V(_PyUnicodeWriter_Init(&writer));
    I(_PyUnicodeWriter_WriteChar(&writer, 'a'));
    I(_PyUnicodeWriter_WriteASCIIString(&writer, "ascii", 5));
    I(_PyUnicodeWriter_WriteASCIIString(&writer, "to its end", -1));
    I(_PyUnicodeWriter_WriteLatin1String(&writer, "\xE9\xE8", 2));
    I(_PyUnicodeWriter_WriteStr(&writer, given(objects, "str")));
    I(_PyUnicodeWriter_WriteSubstring(&writer, given(objects, "str"), 1, 3));
    I(_PyUnicodeWriter_WriteChar(&writer, 0x1F600));
    O(_PyUnicodeWriter_Finish(&writer));
    V(_PyUnicodeWriter_Init(&writer));
    I(_PyUnicodeWriter_WriteStr(&writer, given(objects, "str")));
    V(_PyUnicodeWriter_Dealloc(&writer));
    V(_PyUnicodeWriter_Init(&writer));
    O(_PyUnicodeWriter_Finish(&writer));
    Py_RETURN_NONE;
}

PyMethodDef system_scenarios[] = {
    {"options", options, METH_O, ""},
    {"places", places, METH_O, ""},
    {"audit", audit, METH_O, ""},
    {"interpreter_end", interpreter_end, METH_O, ""},
    {"stack", stack, METH_O, ""},
    {"ordered", ordered, METH_O, ""},
    {"mixed", mixed, METH_O, ""},
    {"wrapper", wrapper, METH_O, ""},
    {"ranged", ranged, METH_O, ""},
    {"writer", writer, METH_O, ""},
    {NULL, NULL, 0, NULL},
};
