/* Running programs, calls, exceptions, monitoring, warnings, the configuration. */
#include "scenarios.h"

static PyObject *programs(PyObject *self, PyObject *objects) {
    PyObject *space = PyDict_New();
    PyCompilerFlags flags = {0, PY_MINOR_VERSION};
    O(PyRun_String("1 + 1", Py_eval_input, space, space));
    O(PyRun_String("x = 3", Py_file_input, space, space));
    O(PyRun_String("x +", Py_eval_input, space, space));
    O(PyRun_String("y", Py_eval_input, space, space));
    O(PyRun_String("1", 999, space, space));
    O(PyRun_StringFlags("x", Py_eval_input, space, space, &flags));
    I(PyRun_SimpleString("z = 1"));
    I(PyRun_SimpleStringFlags("z = 2", &flags));
    PyObject *code = Py_CompileString("a = 5", "<here>", Py_file_input);
    O(PyEval_EvalCode(code, space, space));
    O(PyEval_EvalCodeEx(code, space, space, NULL, 0, NULL, 0, NULL, 0, NULL, NULL));
    Py_XDECREF(code);
    O(Py_CompileString("a =", "<here>", Py_file_input));
    code = Py_CompileStringFlags("1", "<here>", Py_eval_input, &flags);
    I(code != NULL);
    Py_XDECREF(code);
    code = Py_CompileStringExFlags("1", "<here>", Py_eval_input, &flags, 1);
    I(code != NULL);
    Py_XDECREF(code);
    O(Py_CompileStringObject("1 2", given(objects, "ascii"), Py_eval_input, &flags, 0));
    O(Py_CompileStringObject("1", given(objects, "list"), Py_eval_input, &flags, 0) ? Py_None : NULL);
    I(PyEval_MergeCompilerFlags(&flags));
    Py_DECREF(space);
    Py_RETURN_NONE;
}

static FILE *script(const char *text) {
    FILE *file = tmpfile();
    fputs(text, file);
    rewind(file);
    return file;
}

static PyObject *program_files(PyObject *self, PyObject *objects) {
    PyObject *space = PyDict_New();
    PyCompilerFlags flags = {0, PY_MINOR_VERSION};
    O(PyRun_File(script("a = 1\n"), "name", Py_file_input, space, space));
    O(PyRun_FileEx(script("a +\n"), "name", Py_file_input, space, space, 1));
    O(PyRun_FileFlags(script("a = 2\n"), "name", Py_file_input, space, space, &flags));
    O(PyRun_FileExFlags(script("b\n"), "name", Py_file_input, space, space, 1, &flags));
    B(PyDict_GetItemString(space, "a"));
    I(PyRun_SimpleFile(script("c = 1\n"), "name"));
    I(PyRun_SimpleFileEx(script("c = 2\n"), "name", 1));
    I(PyRun_SimpleFileExFlags(script("c = 3\n"), "name", 1, &flags));
    I(PyRun_AnyFile(script("c = 4\n"), "name"));
    I(PyRun_AnyFileEx(script("c = 5\n"), "name", 1));
    I(PyRun_AnyFileFlags(script("c = 6\n"), "name", &flags));
    I(PyRun_AnyFileExFlags(script("c = 7\n"), "name", 1, &flags));
    Py_DECREF(space);
    Py_RETURN_NONE;
}

static PyObject *calls(PyObject *self, PyObject *objects) {
    PyObject *list = given(objects, "list"), *function = given(objects, "func"), *tuple = PyTuple_New(0);
    PyObject *arguments[3] = {list, list, NULL};
    O(PyObject_Vectorcall((PyObject *)&PyTuple_Type, arguments, 1, NULL));
    O(PyObject_Vectorcall(list, arguments, 1, NULL));
    O(PyObject_VectorcallDict((PyObject *)&PyTuple_Type, arguments, 1, NULL));
    PyObject *name = PyUnicode_FromString("__len__"), *wrong = PyUnicode_FromString("nothing");
    O(PyObject_VectorcallMethod(name, arguments, 1, NULL));
    O(PyObject_VectorcallMethod(wrong, arguments, 1, NULL));
    P(PyVectorcall_Function(function));
    P(PyVectorcall_Function(list));
    O(PyVectorcall_Call(function, tuple, NULL));
    O(PyVectorcall_Call(list, tuple, NULL));
    O(PyObject_CallFunction((PyObject *)&PyTuple_Type, "((ii))", 1, 2));
    O(PyObject_CallFunction(list, NULL));
    O(PyObject_CallFunction(NULL, NULL));
    O(PyObject_CallMethodObjArgs(list, name, NULL));
    O(PyObject_CallMethodObjArgs(list, wrong, NULL));
    O(PyObject_CallMethodObjArgs(list, NULL));
    O(PyEval_CallObjectWithKeywords((PyObject *)&PyTuple_Type, NULL, NULL));
    O(PyEval_CallObjectWithKeywords(list, tuple, NULL));
    O(PyEval_CallFunction((PyObject *)&PyTuple_Type, "(())"));
    O(PyEval_CallMethod(list, "__len__", "()"));
    O(PyCFunction_Call((PyObject *)&PyTuple_Type, tuple, NULL));
    S(PyEval_GetFuncName(function));
    S(PyEval_GetFuncDesc(function));
    S(PyEval_GetFuncName(list));
    S(PyEval_GetFuncDesc(list));
    P(PyEval_GetFrame());
    B(PyEval_GetGlobals() ? Py_None : NULL);
    B(PyEval_GetBuiltins() ? Py_None : NULL);
    B(PyEval_GetLocals() ? Py_None : NULL);
    PyObject *made = PyEval_GetFrameBuiltins();
    I(made && PyDict_CheckExact(made));
    Py_XDECREF(made);
    made = PyEval_GetFrameGlobals();
    I(made && PyDict_CheckExact(made));
    Py_XDECREF(made);
    made = PyEval_GetFrameLocals();
    I(made && PyDict_CheckExact(made));
    Py_XDECREF(made);
    O(_Py_CheckFunctionResult(PyThreadState_Get(), list, NULL, "where"));
    O(_Py_CheckFunctionResult(PyThreadState_Get(), list, Py_NewRef(Py_True), "where"));
    I(Py_EnterRecursiveCall(" in a test"));
    V(Py_LeaveRecursiveCall());
    I(Py_ReprEnter(list));
    I(Py_ReprEnter(list));
    V(Py_ReprLeave(list));
    V(Py_ReprLeave(list));
    Py_SetRecursionLimit(Py_GetRecursionLimit());
    PyObject *sent = NULL, *iterator = given(objects, "iter");
    I(PyIter_Send(iterator, Py_None, &sent));
    O(sent);
    I(PyAIter_Check(iterator));
    Py_DECREF(tuple);
    Py_DECREF(name);
    Py_DECREF(wrong);
    Py_RETURN_NONE;
}

static PyObject *fetched(void) {
    PyObject *class, *value, *traceback;
    PyErr_Fetch(&class, &value, &traceback);
    PyErr_NormalizeException(&class, &value, &traceback);
    Py_XDECREF(class);
    Py_XDECREF(traceback);
    return value;
}

static PyObject *exceptions(PyObject *self, PyObject *objects) {
    PyObject *exception = given(objects, "exc");
    PyObject *class, *value, *traceback;
    V(PyErr_SetString(PyExc_KeyError, "key"));
    V(PyErr_SetRaisedException(Py_NewRef(exception)));
    V(PyErr_Restore(Py_NewRef(PyExc_KeyError), Py_NewRef(exception), NULL));
    V(PyErr_Restore(Py_NewRef(PyExc_KeyError), PyUnicode_FromString("text"), NULL));
    V(PyErr_Restore(NULL, NULL, NULL));
    V(PyErr_BadInternalCall());
    PyErr_SetNone(PyExc_IndexError);
    O(fetched());
    V(PyErr_GetExcInfo(&class, &value, &traceback));
    O(class);
    O(value);
    O(traceback);
    V(PyErr_SetExcInfo(Py_NewRef((PyObject *)Py_TYPE(exception)), Py_NewRef(exception), Py_NewRef(Py_None)));
    O(PyErr_GetHandledException());
    V(PyErr_SetHandledException(NULL));
    O(PyErr_GetHandledException());
    PyErr_SetString(PyExc_OSError, "newer");
    V(_PyErr_ChainExceptions1(Py_NewRef(exception)));
    PyErr_SetString(PyExc_OSError, "cause");
    O(_PyErr_FormatFromCause(PyExc_ValueError, "%d", 5));
    V(_PyErr_BadInternalCall("file.c", 7));
    V(PyException_SetContext(exception, NULL));
    V(PyException_SetContext(exception, Py_NewRef(given(objects, "other_exc"))));
    V(PyException_SetContext(exception, NULL));
    PyErr_SetString(PyExc_ValueError, "here");
    V(_PyTraceback_Add("function", "file.py", 3));
    I(PyErr_WarnFormat(PyExc_UserWarning, 1, "%s", "text"));
    I(PyErr_WarnFormat(given(objects, "list"), 1, "%s", "text"));
    I(PyErr_ResourceWarning(given(objects, "plain"), 1, "%s", "text"));
    I(PySys_Audit("event", "i", 1));
    I(PySys_Audit("event", NULL));
    Py_RETURN_NONE;
}

static PyObject *reports(PyObject *self, PyObject *objects) {
    PyObject *exception = given(objects, "exc");
    V(PyErr_Display(NULL, exception, NULL));
    V(PyErr_DisplayException(exception));
    PyErr_SetString(PyExc_KeyError, "key");
    V(PyErr_Print());
    PyErr_SetString(PyExc_KeyError, "key");
    V(PyErr_PrintEx(0));
    V(PyErr_WriteUnraisable(exception));
    PyErr_SetString(PyExc_KeyError, "key");
    V(PyErr_WriteUnraisable(exception));
    PyErr_SetString(PyExc_KeyError, "key");
    V(PyErr_FormatUnraisable("ignored in %s", "here"));
    V(PySys_WriteStdout("%s %d\n", "text", 1));
    V(PySys_WriteStderr("%s %d\n", "text", 1));
    V(PySys_FormatStdout("%S\n", exception));
    V(PySys_FormatStderr("%S\n", exception));
    Py_RETURN_NONE;
}

static int trace(PyObject *object, PyFrameObject *frame, int what, PyObject *argument) {
    (void)object, (void)frame, (void)what, (void)argument;
    return 0;
}

static int watch_dict(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value) {
    (void)dict, (void)value;
    note_number("the dict's watcher", event);
    note_object("its key", key);
    return 0;
}
static int watch_type(PyTypeObject *type) { (void)type; note("the type's watcher", "called"); return 0; }
static int watch_code(PyCodeEvent event, PyCodeObject *code) { (void)event, (void)code; return 0; }
static int watch_function(PyFunction_WatchEvent event, PyFunctionObject *function, PyObject *value) { (void)event, (void)function, (void)value; return 0; }
static int watch_context(PyContextEvent event, PyObject *context) { (void)event, (void)context; return 0; }

static PyObject *watchers(PyObject *self, PyObject *objects) {
    PyObject *dict = given(objects, "dict"), *type = given(objects, "type");
    int id = PyDict_AddWatcher(watch_dict);
    I(PyDict_Watch(id, dict));
    I(PyDict_SetItemString(dict, "new", Py_None));
    I(PyDict_Watch(id, given(objects, "list")));
    I(PyDict_Watch(99, dict));
    I(PyDict_Unwatch(id, dict));
    I(PyDict_Unwatch(id, given(objects, "list")));
    I(PyDict_ClearWatcher(id));
    I(PyDict_ClearWatcher(id));
    I(PyDict_ClearWatcher(-1));
    id = PyType_AddWatcher(watch_type);
    I(PyType_Watch(id, type));
    I(PyObject_SetAttrString(type, "new", Py_None));
    I(PyType_Watch(id, given(objects, "list")));
    I(PyType_Unwatch(id, type));
    I(PyType_Unwatch(99, type));
    I(PyType_ClearWatcher(id));
    I(PyType_ClearWatcher(id));
    id = PyCode_AddWatcher(watch_code);
    I(PyCode_ClearWatcher(id));
    I(PyCode_ClearWatcher(id));
    id = PyFunction_AddWatcher(watch_function);
    I(PyFunction_ClearWatcher(id));
    I(PyFunction_ClearWatcher(77));
    id = PyContext_AddWatcher(watch_context);
    I(PyContext_ClearWatcher(id));
    I(PyContext_ClearWatcher(id));
    V(PyEval_SetTrace(trace, NULL));
    V(PyEval_SetTrace(NULL, NULL));
    V(PyEval_SetProfile(trace, NULL));
    V(PyEval_SetProfile(NULL, NULL));
    V(PyEval_SetTraceAllThreads(trace, NULL));
    V(PyEval_SetTraceAllThreads(NULL, NULL));
    V(PyEval_SetProfileAllThreads(trace, NULL));
    V(PyEval_SetProfileAllThreads(NULL, NULL));
    Py_RETURN_NONE;
}

static PyObject *monitoring(PyObject *self, PyObject *objects) {
    PyMonitoringState states[20] = {{0}};
    uint64_t version = 0;
    const uint8_t events[] = {PY_MONITORING_EVENT_PY_START, PY_MONITORING_EVENT_LINE, PY_MONITORING_EVENT_CALL};
    PyObject *code = PyFunction_GetCode(given(objects, "func")), *none = Py_None;
    I(PyMonitoring_EnterScope(states, &version, events, 3));
    for (int at = 0; at < 20; at++) states[at].active = 1;
    I(_PyMonitoring_FirePyStartEvent(states, code, 0));
    I(_PyMonitoring_FirePyResumeEvent(states, code, 0));
    I(_PyMonitoring_FirePyReturnEvent(states, code, 0, none));
    I(_PyMonitoring_FirePyYieldEvent(states, code, 0, none));
    I(_PyMonitoring_FireCallEvent(states, code, 0, none, none));
    I(_PyMonitoring_FireLineEvent(states, code, 0, 1));
    I(_PyMonitoring_FireJumpEvent(states, code, 0, none));
    I(_PyMonitoring_FireBranchEvent(states, code, 0, none));
    I(_PyMonitoring_FireBranchLeftEvent(states, code, 0, none));
    I(_PyMonitoring_FireBranchRightEvent(states, code, 0, none));
    I(_PyMonitoring_FireCReturnEvent(states, code, 0, none));
    I(_PyMonitoring_FireStopIterationEvent(states, code, 0, none));
    PyErr_SetString(PyExc_ValueError, "monitored");
    I(_PyMonitoring_FirePyThrowEvent(states, code, 0));
    PyErr_SetString(PyExc_ValueError, "monitored");
    I(_PyMonitoring_FireRaiseEvent(states, code, 0));
    PyErr_SetString(PyExc_ValueError, "monitored");
    I(_PyMonitoring_FireReraiseEvent(states, code, 0));
    PyErr_SetString(PyExc_ValueError, "monitored");
    I(_PyMonitoring_FireExceptionHandledEvent(states, code, 0));
    PyErr_SetString(PyExc_ValueError, "monitored");
    I(_PyMonitoring_FireCRaiseEvent(states, code, 0));
    PyErr_SetString(PyExc_ValueError, "monitored");
    I(_PyMonitoring_FirePyUnwindEvent(states, code, 0));
    I(PyMonitoring_ExitScope());
    Py_RETURN_NONE;
}

static PyObject *configuration(PyObject *self, PyObject *objects) {
    int value = -1;
    PyObject *names = PyConfig_Names();
    I(names && PyObject_Size(names) > 50);
    Py_XDECREF(names);
    O(PyConfig_Get("int_max_str_digits"));
    O(PyConfig_Get("nothing"));
    I(PyConfig_GetInt("int_max_str_digits", &value));
    I(value);
    I(PyConfig_GetInt("argv", &value));
    I(PyConfig_GetInt("nothing", &value));
    I(PyConfig_Set("int_max_str_digits", given(objects, "int")));
    I(PyConfig_Set("int_max_str_digits", given(objects, "str")));
    I(PyConfig_Set("nothing", given(objects, "int")));
    I(PyConfig_Set("dev_mode", given(objects, "int")));
    PyStatus status = PyStatus_Ok();
    I(PyStatus_Exception(status));
    status = PyStatus_Error("an error");
    I(PyStatus_IsError(status));
    S(status.err_msg);
    status = PyStatus_NoMemory();
    S(status.err_msg);
    status = PyStatus_Exit(3);
    I(PyStatus_IsExit(status));
    I(status.exitcode);
    I(PySys_HasWarnOptions());
    P(Py_GetBuildInfo());
    P(Py_GetCompiler());
    P(Py_GetVersion());
    S(Py_GetPlatform());
    P(Py_GetCopyright());
    I(PyType_ClearCache() >= 0);
    I(Py_PACK_FULL_VERSION(3, 14, 0, 15, 0));
    I(Py_PACK_VERSION(3, 14));
    PyTime_t time = 0;
    I(PyTime_Monotonic(&time));
    I(PyTime_MonotonicRaw(&time));
    I(PyTime_PerfCounter(&time));
    I(PyTime_PerfCounterRaw(&time));
    I(PyTime_Time(&time));
    I(PyTime_TimeRaw(&time));
    I(time > 0);
    I(PyTraceMalloc_Track(1, 4096, 10));
    I(PyTraceMalloc_Untrack(1, 4096));
    Py_RETURN_NONE;
}

PyMethodDef running_scenarios[] = {
    {"programs", programs, METH_O}, {"program_files", program_files, METH_O}, {"calls", calls, METH_O}, {"exceptions", exceptions, METH_O},
    {"reports", reports, METH_O}, {"watchers", watchers, METH_O}, {"monitoring", monitoring, METH_O}, {"configuration", configuration, METH_O}, {NULL},
};
