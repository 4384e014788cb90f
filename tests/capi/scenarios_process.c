/* What ends a process or a thread, changes the whole process, or reads a file as a terminal: in a child of the scenario's own, whose end is compared. */
#include "scenarios.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

void PyThread_exit_thread(void);
void PyUnicode_InternImmortal(PyObject **);
void _Py_NewReference(PyObject *);
void _Py_ResurrectReference(PyObject *);
int _PyOnceFlag_CallOnceSlow(_PyOnceFlag *, int (*)(void *), void *);
PyObject *const *_PyArg_UnpackKeywords(PyObject *const *, Py_ssize_t, PyObject *, PyObject *, struct _PyArg_Parser *, int, int, int, int, PyObject **);

/* How a child that runs `action` ends: its exit code, or 1000 and its signal. */
static int end_of(void (*action)(void)) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        action();
        fflush(stdout);
        _exit(77);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void calls_exit(void) { Py_Exit(3); }
static void calls_fatal_func(void) { _Py_FatalErrorFunc("function", "message"); }
static void calls_fatal(void) { Py_FatalError("message"); }

static void with_debug_hooks(void) {
    PyMem_SetupDebugHooks();
    unsigned char *block = PyMem_Malloc(16), *raw = PyMem_RawMalloc(1), *object = PyObject_Malloc(3);
    if (!block || !raw || !object || block[0] != 0xCD || block[15] != 0xCD) _exit(1);
    if (block[16] != 0xFD || block[-1] != 0xFD || block[-8] != 'm' || raw[-8] != 'r' || object[-8] != 'o') _exit(2);
    block = PyMem_Realloc(block, 32);
    if (!block || block[15] != 0xCD || block[32] != 0xFD) _exit(3);
    PyMem_Free(block);
    PyMem_RawFree(raw);
    PyObject_Free(object);
    unsigned char *zeroed = PyMem_Calloc(2, 4);
    if (!zeroed || zeroed[7] != 0 || zeroed[8] != 0xFD) _exit(4);
    PyMem_Free(zeroed);
    _exit(0);
}

static void overruns_a_block(void) {
    PyMem_SetupDebugHooks();
    char *block = PyMem_Malloc(16);
    block[16] = 'x';
    PyMem_Free(block);
}

static void mixes_families(void) {
    PyMem_SetupDebugHooks();
    PyMem_RawFree(PyMem_Malloc(16));
}

static PyObject *ends(PyObject *self, PyObject *objects) {
    I(end_of(calls_exit));
    I(end_of(calls_fatal_func));
    I(end_of(calls_fatal));
    note("Py_Exit, _Py_FatalErrorFunc, Py_FatalError", "done");
    Py_RETURN_NONE;
}

static PyObject *debug_hooks(PyObject *self, PyObject *objects) {
    I(end_of(with_debug_hooks));
    I(end_of(overruns_a_block));
    I(end_of(mixes_families));
    Py_RETURN_NONE;
}

static int reached = 0;

static void *leaves(void *argument) {
    reached = 1;
    PyThread_exit_thread();
    reached = 2;
    return argument;
}

static void *deletes_its_state(void *argument) {
    PyThreadState *state = PyThreadState_New(argument);
    PyEval_AcquireThread(state);
    PyObject *list = PyList_New(3);
    reached = list ? 3 : 4;
    Py_XDECREF(list);
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return NULL;
}

static PyObject *threads_that_end(PyObject *self, PyObject *objects) {
    pthread_t thread;
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, leaves, NULL);
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    I(reached);
    note("PyThread_exit_thread", "done");
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, deletes_its_state, interpreter);
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    I(reached);
    note("PyThreadState_DeleteCurrent", "done");
    Py_RETURN_NONE;
}

static FILE *typed(const char *text) {
    FILE *file = tmpfile();
    fputs(text, file);
    rewind(file);
    return file;
}

/* Python's own output stands before the next line. */
static void flush(void) { PyRun_SimpleString("import sys; sys.stdout.flush()"); }

static PyObject *interactive(PyObject *self, PyObject *objects) {
    FILE *file = typed("x = 20\nx + 1\n1 / 0\nif x:\n    print('in', x)\n\n");
    PyObject *name = PyUnicode_FromString("<typed>");
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    I(PyRun_InteractiveOne(file, "<typed>"));
    I((PyRun_InteractiveOneFlags(file, "<typed>", &flags)));
    flush();
    I(PyRun_InteractiveOneFlags(file, "<typed>", NULL));
    I((PyRun_InteractiveOneObject(file, name, &flags)));
    flush();
    I(PyRun_InteractiveOne(file, "<typed>"));
    fclose(file);
    file = typed("y = 3\nprint('y', y)\n");
    I(PyRun_InteractiveLoop(file, "<loop>"));
    flush();
    fclose(file);
    file = typed("print('z')\n");
    I(PyRun_InteractiveLoopFlags(file, "<loop>", &flags));
    flush();
    fclose(file);
    Py_DECREF(name);
    Py_RETURN_NONE;
}

/* Types of the scenario's own: one whose instances the collector knows, one that comes back to life once. */
static void free_collected(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    PyObject_GC_Del(object);
    Py_DECREF(type);
    note("free_collected", "called");
}

static int traverse(PyObject *object, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(object));
    return 0;
}

static PyType_Slot collected_slots[] = {{Py_tp_dealloc, free_collected}, {Py_tp_traverse, traverse}, {0, NULL}};
static PyType_Spec collected_spec = {"capiscenarios.Collected", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, collected_slots};

static int deaths = 0;

static void free_revived(PyObject *object) {
    if (deaths++ == 0) {
        I(Py_REFCNT(object));
        V(_Py_ResurrectReference(object));
        I(Py_REFCNT(object));
        return;
    }
    PyTypeObject *type = Py_TYPE(object);
    PyObject_Free(object);
    Py_DECREF(type);
    note("free_revived", "called");
}

static PyType_Slot revived_slots[] = {{Py_tp_dealloc, free_revived}, {0, NULL}};
static PyType_Spec revived_spec = {"capiscenarios.Revived", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, revived_slots};

static PyObject *lives(PyObject *self, PyObject *objects) {
    PyTypeObject *collected = (PyTypeObject *)PyType_FromSpec(&collected_spec), *revived = (PyTypeObject *)PyType_FromSpec(&revived_spec);
    PyObject *object = _PyObject_GC_New(collected);
    I(PyObject_GC_IsTracked(object));
    PyObject_GC_Track(object);
    I(PyObject_GC_IsTracked(object));
    I(Py_REFCNT(object));
    Py_DECREF(object);
    note("PyObject_GC_Del", "done");
    object = _PyObject_New(revived);
    Py_DECREF(object);
    I(Py_REFCNT(object));
    Py_SET_REFCNT(object, 0);
    V(_Py_Dealloc(object));
    object = PyObject_Malloc(sizeof(PyObject));
    memset(object, 0, sizeof(PyObject));
    Py_SET_TYPE(object, &PyBaseObject_Type);
    V(_Py_NewReference(object));
    I(Py_REFCNT(object));
    PyObject_Free(object);
    I(Py_REFCNT(collected));
    I(Py_REFCNT(revived));
    Py_DECREF(collected);
    Py_DECREF(revived);
    PyObject *text = PyUnicode_FromString("interned for ever by the scenario");
    V(PyUnicode_InternImmortal(&text));
    I(PyUnicode_CHECK_INTERNED(text) >= 2);
    Py_RETURN_NONE;
}

static const char *const names[] = {"", "first", "second", NULL};
static _PyArg_Parser parser = {.keywords = names, .fname = "function"};
static _PyArg_Parser nameless = {.keywords = names};

static void unpack(_PyArg_Parser *by, PyObject *const *arguments, Py_ssize_t count, PyObject *keywords, PyObject *kwnames, int min, int max, int min_keywords) {
    PyObject *places[3] = {NULL, NULL, NULL};
    PyObject *const *found = _PyArg_UnpackKeywords(arguments, count, keywords, kwnames, by, min, max, min_keywords, 0, places);
    if (!found) {
        note("_PyArg_UnpackKeywords", "NULL");
        return;
    }
    /* Where there is nothing to do, CPython gives the arguments back as they are: none behind them is to be looked at. */
    for (int at = 0; at < (keywords || kwnames ? 3 : count); at++) B(found[at]);
}

static PyObject *unpacking(PyObject *self, PyObject *objects) {
    PyObject *one = PyLong_FromLong(1), *two = PyLong_FromLong(2), *three = PyLong_FromLong(3);
    PyObject *arguments[] = {one, two, three, three, three};
    PyObject *first = Py_BuildValue("(s)", "first"), *both = Py_BuildValue("(ss)", "second", "first"), *other = Py_BuildValue("(s)", "fist");
    PyObject *dict = Py_BuildValue("{s:O}", "second", two);
    unpack(&parser, arguments, 3, NULL, NULL, 1, 3, 0);
    unpack(&parser, arguments, 1, NULL, NULL, 1, 3, 0);
    unpack(&parser, arguments, 1, NULL, first, 1, 3, 0);
    unpack(&parser, arguments, 1, NULL, both, 1, 3, 0);
    unpack(&parser, arguments, 1, dict, NULL, 1, 3, 0);
    unpack(&parser, arguments, 0, NULL, NULL, 1, 3, 0);
    unpack(&parser, arguments, 4, NULL, NULL, 1, 3, 0);
    unpack(&parser, arguments, 2, NULL, first, 1, 3, 0);
    unpack(&parser, arguments, 1, NULL, other, 1, 3, 0);
    unpack(&nameless, arguments, 1, NULL, other, 1, 3, 0);
    unpack(&parser, arguments, 2, NULL, NULL, 1, 1, 0);
    unpack(&parser, arguments, 1, NULL, NULL, 3, 3, 0);
    unpack(&parser, arguments, 1, NULL, NULL, 1, 1, 1);
    Py_DECREF(one), Py_DECREF(two), Py_DECREF(three), Py_DECREF(first), Py_DECREF(both), Py_DECREF(other), Py_DECREF(dict);
    Py_RETURN_NONE;
}

static int count_and_return(void *argument) {
    ++*(int *)argument;
    return 0;
}

static int fails(void *argument) { return -1; }

static void free_extra(void *extra) { note("free_extra", extra); }

static PyStructSequence_Field fields[] = {{"one", "the first"}, {"two", NULL}, {NULL, NULL}};
static PyStructSequence_Desc description = {"capiscenarios.pair", "two items", fields, 2};
static PyTypeObject pair_type;

static PyObject *rest(PyObject *self, PyObject *objects) {
    _PyOnceFlag flag = {0};
    int count = 0;
    I(_PyOnceFlag_CallOnceSlow(&flag, fails, NULL));
    I(_PyOnceFlag_CallOnceSlow(&flag, count_and_return, &count));
    I(_PyOnceFlag_CallOnceSlow(&flag, count_and_return, &count));
    I(count);
    PyCodeObject *code = PyCode_NewEmpty("file", "function", 7);
    Py_ssize_t index = PyUnstable_Eval_RequestCodeExtraIndex(free_extra);
    I(index >= 0);
    void *extra = &count;
    I(PyUnstable_Code_GetExtra((PyObject *)code, index, &extra));
    P(extra);
    I(PyUnstable_Code_SetExtra((PyObject *)code, index, "extra"));
    I(PyUnstable_Code_GetExtra((PyObject *)code, index, &extra));
    S((const char *)extra);
    I(PyUnstable_Code_SetExtra((PyObject *)code, index, "other"));
    I(PyUnstable_Code_SetExtra(given(objects, "list"), index, "other"));
    I(PyUnstable_Code_SetExtra((PyObject *)code, index + 100, "other"));
    I(PyUnstable_Code_GetExtra(given(objects, "list"), index, &extra));
    V(Py_DECREF(code));
    V(PyStructSequence_InitType(&pair_type, &description));
    PyObject *pair = PyStructSequence_New(&pair_type);
    PyStructSequence_SetItem(pair, 0, PyLong_FromLong(1));
    PyStructSequence_SetItem(pair, 1, PyLong_FromLong(2));
    O(PyObject_GetAttrString(pair, "two"));
    O(pair);
    Py_RETURN_NONE;
}

PyMethodDef process_scenarios[] = {
    {"ends", ends, METH_O, ""},
    {"debug_hooks", debug_hooks, METH_O, ""},
    {"threads_that_end", threads_that_end, METH_O, ""},
    {"interactive", interactive, METH_O, ""},
    {"lives", lives, METH_O, ""},
    {"unpacking", unpacking, METH_O, ""},
    {"rest", rest, METH_O, ""},
    {NULL, NULL, 0, NULL},
};
