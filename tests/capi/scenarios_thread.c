/* Thread states, interpreters, locks, keys, the GIL, signals, pending calls. */
#include "scenarios.h"
#include <signal.h>

static PyObject *states(PyObject *self, PyObject *objects) {
    PyThreadState *state = PyThreadState_Get();
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    I(state == PyThreadState_GetUnchecked());
    I(state == PyGILState_GetThisThreadState());
    I(PyGILState_Check());
    I(PyThreadState_GetInterpreter(state) == interpreter);
    I(PyThreadState_GetID(state) > 0);
    I(PyInterpreterState_Main() == interpreter);
    I(PyInterpreterState_GetID(interpreter));
    I(PyInterpreterState_GetID(NULL));
    I(PyInterpreterState_Head() == interpreter);
    P(PyInterpreterState_Next(interpreter));
    I(PyInterpreterState_ThreadHead(interpreter) != NULL);
    P(PyThreadState_Next(state));
    I(PyThreadState_GetDict() != NULL);
    I(_PyThreadState_GetDict(state) == PyThreadState_GetDict());
    I(PyInterpreterState_GetDict(interpreter) != NULL);
    PyFrameObject *frame = PyThreadState_GetFrame(state);
    I(frame != NULL);
    Py_XDECREF(frame);
    V(PyThreadState_EnterTracing(state));
    V(PyThreadState_LeaveTracing(state));
    I(PyThreadState_SetAsyncExc(1, NULL));
    PyThreadState *other = PyThreadState_New(interpreter);
    I(PyThreadState_Swap(other) == state);
    I(PyThreadState_Get() == other);
    I(PyThreadState_Swap(state) == other);
    V(PyThreadState_Clear(other));
    V(PyThreadState_Delete(other));
    Py_RETURN_NONE;
}

static PyObject *gil(PyObject *self, PyObject *objects) {
    PyThreadState *state = PyEval_SaveThread();
    PyGILState_STATE held;
    int without = PyGILState_Check();
    held = PyGILState_Ensure();
    I(held);
    I(PyGILState_Check());
    PyGILState_Release(held);
    PyEval_RestoreThread(state);
    I(without);
    state = PyThreadState_Get();
    PyEval_ReleaseThread(state);
    PyEval_AcquireThread(state);
    note("PyEval_ReleaseThread", "done");
    V(PyEval_InitThreads());
    V(PyThread_init_thread());
    V(PyThread_ReInitTLS());
    I(Py_IsFinalizing());
    Py_RETURN_NONE;
}

static PyObject *sub_interpreter(PyObject *self, PyObject *objects) {
    PyThreadState *state = PyThreadState_Get(), *sub = Py_NewInterpreter();
    int made = sub != NULL, other = 0, ran = -1;
    long long id = 0;
    if (sub) {
        other = PyInterpreterState_Get() != PyThreadState_GetInterpreter(state);
        id = PyInterpreterState_GetID(PyInterpreterState_Get());
        ran = PyRun_SimpleString("import sys; sys.marker = 1");
        Py_EndInterpreter(sub);
        PyThreadState_Swap(state);
    }
    note_number("Py_NewInterpreter", made);
    note_number("Py_EndInterpreter", other + (id > 0) + ran);
    PyInterpreterConfig config = {.use_main_obmalloc = 1, .allow_threads = 1, .gil = PyInterpreterConfig_SHARED_GIL};
    PyStatus status = Py_NewInterpreterFromConfig(&sub, &config);
    int failed = PyStatus_Exception(status);
    if (!failed) {
        Py_EndInterpreter(sub);
        PyThreadState_Swap(state);
    }
    note_number("Py_NewInterpreterFromConfig", failed);
    config.use_main_obmalloc = 0;
    status = Py_NewInterpreterFromConfig(&sub, &config);
    I(PyStatus_IsError(status));
    S(status.err_msg);
    Py_RETURN_NONE;
}

static PyObject *locks(PyObject *self, PyObject *objects) {
    PyThread_type_lock lock = PyThread_allocate_lock();
    I(PyThread_acquire_lock(lock, WAIT_LOCK));
    I(PyThread_acquire_lock(lock, NOWAIT_LOCK));
    I(PyThread_acquire_lock_timed(lock, 1000, 0));
    V(PyThread_release_lock(lock));
    I(PyThread_acquire_lock_timed(lock, 0, 1));
    V(PyThread_release_lock(lock));
    V(PyThread_free_lock(lock));
    PyMutex mutex = {0}, second = {0};
    V(PyMutex_Lock(&mutex));
    I(PyMutex_IsLocked(&mutex));
    V(PyMutex_Unlock(&mutex));
    I(PyMutex_IsLocked(&mutex));
    /* Opaque where there is a GIL. */
    void *section_words[4] = {0}, *sections_words[8] = {0};
    PyCriticalSection *section = (PyCriticalSection *)section_words;
    PyCriticalSection2 *sections = (PyCriticalSection2 *)sections_words;
    V(PyCriticalSection_Begin(section, given(objects, "list")));
    V(PyCriticalSection_End(section));
    V(PyCriticalSection2_Begin(sections, given(objects, "list"), given(objects, "dict")));
    V(PyCriticalSection2_End(sections));
    V(PyCriticalSection_BeginMutex(section, &mutex));
    V(PyCriticalSection_End(section));
    V(PyCriticalSection2_BeginMutex(sections, &mutex, &second));
    V(PyCriticalSection2_End(sections));
    Py_RETURN_NONE;
}

static PyObject *keys(PyObject *self, PyObject *objects) {
    int value = 5, key = PyThread_create_key();
    I(PyThread_set_key_value(key, &value));
    I(PyThread_get_key_value(key) == &value);
    V(PyThread_delete_key_value(key));
    P(PyThread_get_key_value(key));
    V(PyThread_delete_key(key));
    Py_tss_t *tss = PyThread_tss_alloc();
    I(PyThread_tss_is_created(tss));
    I(PyThread_tss_create(tss));
    I(PyThread_tss_is_created(tss));
    I(PyThread_tss_set(tss, &value));
    I(PyThread_tss_get(tss) == &value);
    V(PyThread_tss_delete(tss));
    I(PyThread_tss_is_created(tss));
    V(PyThread_tss_free(tss));
    I(PyThread_get_thread_ident() != 0);
    I(PyThread_get_thread_ident_ex() == PyThread_get_thread_ident());
    I(PyThread_get_thread_native_id() != 0);
    I(PyThread_get_stacksize());
    P(PyThread_GetInfo());
    Py_RETURN_NONE;
}

static PyThread_type_lock done;
static void start(void *arg) {
    PyGILState_STATE state = PyGILState_Ensure();
    *(int *)arg = PyGILState_Check();
    PyGILState_Release(state);
    PyThread_release_lock(done);
}
static int pending(void *arg) { *(int *)arg += 1; return 0; }
static int failing(void *arg) { (void)arg; PyErr_SetString(PyExc_ValueError, "pending"); return -1; }
static void at_exit(void) {}

static PyObject *calls_of_others(PyObject *self, PyObject *objects) {
    int seen = 0;
    done = PyThread_allocate_lock();
    PyThread_acquire_lock(done, WAIT_LOCK);
    I(PyThread_start_new_thread(start, &seen) != PYTHREAD_INVALID_THREAD_ID);
    Py_BEGIN_ALLOW_THREADS
    PyThread_acquire_lock(done, WAIT_LOCK);
    Py_END_ALLOW_THREADS
    I(seen);
    seen = 0;
    I(Py_AddPendingCall(pending, &seen));
    I(Py_MakePendingCalls());
    I(seen);
    I(Py_AddPendingCall(failing, NULL));
    I(Py_MakePendingCalls());
    I(Py_AtExit(at_exit));
    Py_RETURN_NONE;
}

static PyObject *signals(PyObject *self, PyObject *objects) {
    I(PyErr_CheckSignals());
    V(PyErr_SetInterrupt());
    I(PyErr_CheckSignals());
    I(PyErr_SetInterruptEx(0));
    I(PyErr_SetInterruptEx(SIGINT));
    I(PyOS_InterruptOccurred());
    I(PyOS_InterruptOccurred());
    PyOS_sighandler_t before = PyOS_getsig(SIGUSR1);
    I(before == SIG_DFL);
    I(PyOS_setsig(SIGUSR1, SIG_IGN) == SIG_DFL);
    I(PyOS_getsig(SIGUSR1) == SIG_IGN);
    PyOS_setsig(SIGUSR1, before);
    I(PyOS_getsig(9999) == SIG_ERR);
    Py_RETURN_NONE;
}

static PyObject *forks(PyObject *self, PyObject *objects) {
    V(PyOS_BeforeFork());
    V(PyOS_AfterFork_Parent());
    V(PyOS_BeforeFork());
    V(PyOS_AfterFork());
    V(PyOS_BeforeFork());
    V(PyOS_AfterFork_Child());
    Py_RETURN_NONE;
}

PyMethodDef thread_scenarios[] = {
    {"states", states, METH_O}, {"gil", gil, METH_O}, {"sub_interpreter", sub_interpreter, METH_O}, {"locks", locks, METH_O}, {"keys", keys, METH_O},
    {"calls_of_others", calls_of_others, METH_O}, {"signals", signals, METH_O}, {"forks", forks, METH_O}, {NULL},
};
