/* What the scenarios share: each call is noted with its text, its result and the exception that it set.

   A scenario is a function that takes a dict of fresh objects and prints lines; the lines of CPython and Taipan are compared, and the reference counts of
   the objects before and after. */
#ifndef SCENARIOS_H
#define SCENARIOS_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdio.h>
#include <string.h>

/* An object of the dict, borrowed. */
PyObject *given(PyObject *objects, const char *name);
/* Prints a line `text = value` and the exception that is set, which is cleared. */
void note(const char *text, const char *value);
void note_object(const char *text, PyObject *value);
void note_number(const char *text, long long value);
void note_double(const char *text, double value);

/* A call that returns a number, a new reference, a borrowed one, a double, a C string, an address (only whether there is one), nothing. */
#define I(call) note_number(#call, (long long)(call))
#define O(call) do { PyObject *of_call = (PyObject *)(call); note_object(#call, of_call); Py_XDECREF(of_call); } while (0)
#define B(call) note_object(#call, (PyObject *)(call))
#define D(call) note_double(#call, (call))
#define S(call) do { const char *of_call = (call); note(#call, of_call ? of_call : "NULL"); } while (0)
#define P(call) note(#call, (call) ? "an address" : "NULL")
#define V(call) do { call; note(#call, "done"); } while (0)

/* The lists of the other files, which the module offers. */
extern PyMethodDef memory_scenarios[], buffer_scenarios[], thread_scenarios[], running_scenarios[], type_scenarios[], value_scenarios[], old_scenarios[], process_scenarios[], system_scenarios[];

/* Exported functions that CPython's public headers do not declare. */
int _Py_IsValidFD(int);
char *_PyMem_Strdup(const char *);
PyObject *PyEval_CallObjectWithKeywords(PyObject *, PyObject *, PyObject *);
PyObject *PyEval_CallFunction(PyObject *, const char *, ...);
PyObject *PyEval_CallMethod(PyObject *, const char *, const char *, ...);
PyObject *PyCFunction_Call(PyObject *, PyObject *, PyObject *);
PyObject *_Py_CheckFunctionResult(PyThreadState *, PyObject *, PyObject *, const char *);
PyObject *_PyErr_FormatFromCause(PyObject *, const char *, ...);
void _PyTraceback_Add(const char *, const char *, int);
int PySys_HasWarnOptions(void);
PyObject *_PyThreadState_GetDict(PyThreadState *);
unsigned long PyThread_get_thread_ident_ex(void);
PyObject *_PyObject_LookupSpecial(PyObject *, PyObject *);
int _PyArg_CheckPositional(const char *, Py_ssize_t, Py_ssize_t, Py_ssize_t);
int _PyArg_NoKeywords(const char *, PyObject *);
int _PyArg_NoPositional(const char *, PyObject *);
void _PyArg_BadArgument(const char *, const char *, const char *, PyObject *);
int _PyArg_ParseStack(PyObject *const *, Py_ssize_t, const char *, ...);
int _PyUnicode_Equal(PyObject *, PyObject *);
int _PyUnicode_EqualToASCIIString(PyObject *, const char *);
PyObject *_PyUnicode_Copy(PyObject *);
PyObject *_PyUnicode_JoinArray(PyObject *, PyObject *const *, Py_ssize_t);
int _PyDict_SetItem_KnownHash(PyObject *, PyObject *, PyObject *, Py_hash_t);
int _PyDict_MergeEx(PyObject *, PyObject *, int);
int _PySet_Update(PyObject *, PyObject *);
int _PySet_NextEntry(PyObject *, Py_ssize_t *, PyObject **, Py_hash_t *);
int _PySet_NextEntryRef(PyObject *, Py_ssize_t *, PyObject **, Py_hash_t *);
PyObject *_PyList_Extend(PyListObject *, PyObject *);
PyObject *_PyTuple_FromArray(PyObject *const *, Py_ssize_t);
PyObject *_PyList_AsTupleAndClear(PyListObject *);
PyObject *_PyNamespace_New(PyObject *);
PyObject *_PyNumber_Index(PyObject *);

#endif
