/* Allocators, the collector's functions, reference counts, weak references from C. */
#include "scenarios.h"

static PyObject *raw(PyObject *self, PyObject *objects) {
    void *block = PyMem_RawMalloc(10), *other;
    P(block);
    P(block = PyMem_RawRealloc(block, 1000));
    V(PyMem_RawFree(block));
    P(PyMem_RawMalloc((size_t)PY_SSIZE_T_MAX + 1));
    P(PyMem_RawCalloc((size_t)PY_SSIZE_T_MAX, 2));
    other = PyMem_RawCalloc(4, 4);
    I(((int *)other)[3]);
    V(PyMem_RawFree(other));
    V(PyMem_RawFree(NULL));
    PyMem_RawFree(PyMem_RawMalloc(0));
    Py_RETURN_NONE;
}

static PyObject *mem(PyObject *self, PyObject *objects) {
    void *block;
    P(block = PyMem_Malloc(10));
    P(block = PyMem_Realloc(block, 5000));
    V(PyMem_Free(block));
    P(PyMem_Malloc((size_t)PY_SSIZE_T_MAX + 1));
    P(PyMem_Realloc(NULL, (size_t)PY_SSIZE_T_MAX + 1));
    P(PyMem_Calloc((size_t)PY_SSIZE_T_MAX, 3));
    P(block = PyMem_Calloc(0, 0));
    V(PyMem_Free(block));
    V(PyMem_Free(NULL));
    char *copy = _PyMem_Strdup("copied");
    S(copy);
    PyMem_Free(copy);
    P(block = PyObject_Malloc(24));
    P(block = PyObject_Realloc(block, 700));
    V(PyObject_Free(block));
    P(block = PyObject_Calloc(3, 8));
    V(PyObject_Free(block));
    P(PyObject_Malloc((size_t)PY_SSIZE_T_MAX + 1));
    P(PyObject_Calloc((size_t)PY_SSIZE_T_MAX, 3));
    PyMemAllocatorEx allocator;
    V(PyMem_GetAllocator(PYMEM_DOMAIN_MEM, &allocator));
    P(allocator.malloc);
    V(PyMem_SetAllocator(PYMEM_DOMAIN_MEM, &allocator));
    PyObjectArenaAllocator arena;
    V(PyObject_GetArenaAllocator(&arena));
    V(PyObject_SetArenaAllocator(&arena));
    Py_RETURN_NONE;
}

static int visit(PyObject *object, void *arg) {
    (void)object;
    *(int *)arg += 1;
    return 1;
}

static PyObject *collector(PyObject *self, PyObject *objects) {
    PyObject *list = given(objects, "list"), *number = given(objects, "big");
    I(PyGC_IsEnabled());
    I(PyGC_Disable());
    I(PyGC_IsEnabled());
    I(PyGC_Enable());
    I(PyGC_Collect() >= 0);
    I(PyObject_GC_IsTracked(list));
    I(PyObject_GC_IsTracked(number));
    I(PyObject_GC_IsFinalized(list));
    V(PyObject_GC_UnTrack(list));
    V(PyObject_GC_UnTrack(list));
    I(PyObject_GC_IsTracked(list));
    V(PyObject_GC_Track(list));
    I(PyObject_GC_IsTracked(list));
    int seen = 0;
    V(PyUnstable_GC_VisitObjects(visit, &seen));
    I(seen > 0);
    seen = 0;
    I(PyObject_VisitManagedDict(given(objects, "plain"), visit, &seen) >= 0);
    V(PyObject_CallFinalizer(list));
    V(PyObject_ClearManagedDict(given(objects, "plain")));
    Py_RETURN_NONE;
}

static PyObject *counts(PyObject *self, PyObject *objects) {
    PyObject *list = given(objects, "list");
    Py_ssize_t before = Py_REFCNT(list);
    V(Py_IncRef(list));
    V(_Py_IncRef(list));
    I(Py_REFCNT(list) - before);
    V(Py_DecRef(list));
    V(_Py_DecRef(list));
    V(Py_IncRef(NULL));
    V(Py_DecRef(NULL));
    I(Py_REFCNT(list) - before);
    I(PyUnstable_TryIncRef(list));
    Py_DECREF(list);
    V(PyUnstable_EnableTryIncRef(list));
    I(PyUnstable_Object_EnableDeferredRefcount(list));
    V(_Py_SetRefcnt(list, before));
    I(Py_REFCNT(list) - before);
    Py_RETURN_NONE;
}

static PyObject *objects_of_types(PyObject *self, PyObject *objects) {
    PyObject *made = (PyObject *)_PyObject_New(&PyBaseObject_Type);
    I(Py_REFCNT(made));
    Py_DECREF(made);
    PyObject *block = PyObject_Malloc(sizeof(PyObject));
    P(made = PyObject_Init(block, &PyBaseObject_Type));
    V(Py_DECREF(made));
    O(PyType_GenericAlloc(&PyBaseObject_Type, 0) ? Py_None : NULL);
    PyObject *weak = PyWeakref_NewRef(given(objects, "plain"), NULL);
    I(PyObject_GET_WEAKREFS_LISTPTR(given(objects, "plain")) != NULL);
    V(PyUnstable_Object_ClearWeakRefsNoCallbacks(given(objects, "plain")));
    Py_XDECREF(weak);
    P(_PyObject_GetDictPtr(given(objects, "func")));
    P(_PyObject_GetDictPtr(given(objects, "list")));
    Py_RETURN_NONE;
}

PyMethodDef memory_scenarios[] = {
    {"raw", raw, METH_O}, {"mem", mem, METH_O}, {"collector", collector, METH_O}, {"counts", counts, METH_O},
    {"objects_of_types", objects_of_types, METH_O}, {NULL},
};
