/* Buffers, memoryviews, capsules, files, marshal. */
#include "scenarios.h"
#include "marshal.h"

static void shape(Py_buffer *view) {
    I(view->len);
    I(view->itemsize);
    I(view->ndim);
    I(view->readonly);
    S(view->format);
}

static PyObject *buffers(PyObject *self, PyObject *objects) {
    Py_buffer view = {0}, other = {0};
    char memory[8] = "abcdefg", target[8] = {0};
    I(PyObject_GetBuffer(given(objects, "bytes"), &view, PyBUF_FULL_RO));
    shape(&view);
    I(PyBuffer_IsContiguous(&view, 'C'));
    I(PyBuffer_IsContiguous(&view, 'F'));
    I(PyBuffer_IsContiguous(&view, 'A'));
    I(PyBuffer_IsContiguous(&view, 'X'));
    Py_ssize_t index = 2;
    I(*(char *)PyBuffer_GetPointer(&view, &index));
    I(PyBuffer_ToContiguous(target, &view, 5, 'C'));
    I(PyBuffer_ToContiguous(target, &view, 3, 'C'));
    S(target);
    V(PyBuffer_Release(&view));
    V(PyBuffer_Release(&view));
    I(PyObject_GetBuffer(given(objects, "bytes"), &view, PyBUF_WRITABLE));
    I(PyObject_GetBuffer(given(objects, "list"), &view, PyBUF_SIMPLE));
    I(PyObject_GetBuffer(given(objects, "bytearray"), &view, PyBUF_FULL));
    shape(&view);
    I(PyBuffer_FromContiguous(&view, "ABCDE", 5, 'C'));
    V(PyBuffer_Release(&view));
    I(PyBuffer_FillInfo(&other, given(objects, "list"), memory, 7, 1, PyBUF_FULL_RO));
    shape(&other);
    O(PyMemoryView_FromBuffer(&other) ? Py_None : NULL);
    V(PyBuffer_Release(&other));
    I(PyBuffer_FillInfo(&other, given(objects, "list"), memory, 7, 1, PyBUF_WRITABLE));
    I(PyBuffer_FillInfo(NULL, given(objects, "list"), memory, 7, 1, PyBUF_SIMPLE));
    PyObject *made = PyMemoryView_FromMemory(memory, 4, PyBUF_READ);
    O(PyObject_Bytes(made));
    Py_XDECREF(made);
    O(PyByteArray_FromStringAndSize(memory, -1));
    Py_RETURN_NONE;
}

static void destroy(PyObject *capsule) { (void)capsule; note("destroy", "called"); }

static PyObject *capsules(PyObject *self, PyObject *objects) {
    int place = 0;
    PyObject *capsule = PyCapsule_New(&place, "the.name", destroy);
    S(PyCapsule_GetName(capsule));
    P(PyCapsule_GetPointer(capsule, "the.name"));
    P(PyCapsule_GetPointer(capsule, "other"));
    P(PyCapsule_GetDestructor(capsule));
    I(PyCapsule_SetContext(capsule, &place));
    P(PyCapsule_GetContext(capsule));
    I(PyCapsule_SetName(capsule, "second"));
    I(PyCapsule_SetPointer(capsule, NULL));
    I(PyCapsule_SetPointer(capsule, &place));
    I(PyCapsule_SetDestructor(capsule, destroy));
    I(PyCapsule_IsValid(capsule, "second"));
    V(Py_DECREF(capsule));
    O(PyCapsule_New(NULL, "the.name", NULL));
    S(PyCapsule_GetName(given(objects, "list")));
    P(PyCapsule_GetDestructor(given(objects, "list")));
    I(PyCapsule_SetName(given(objects, "list"), "x"));
    I(PyCapsule_SetContext(given(objects, "list"), NULL));
    I(PyCapsule_SetPointer(given(objects, "list"), &place));
    I(PyCapsule_SetDestructor(given(objects, "list"), NULL));
    Py_RETURN_NONE;
}

static PyObject *files(PyObject *self, PyObject *objects) {
    char content[200] = {0}, line[20];
    FILE *file = tmpfile();
    V(PyMarshal_WriteLongToFile(0x12345678, file, 4));
    V(PyMarshal_WriteObjectToFile(given(objects, "list"), file, 4));
    V(PyMarshal_WriteObjectToFile(given(objects, "tuple"), file, 4));
    rewind(file);
    I(PyMarshal_ReadShortFromFile(file));
    rewind(file);
    I(PyMarshal_ReadLongFromFile(file));
    O(PyMarshal_ReadObjectFromFile(file));
    O(PyMarshal_ReadLastObjectFromFile(file));
    O(PyMarshal_ReadObjectFromFile(file));
    I(PyMarshal_ReadShortFromFile(file));
    I(PyMarshal_ReadLongFromFile(file));
    O(PyMarshal_WriteObjectToString(given(objects, "list"), 4));
    O(PyMarshal_WriteObjectToString(given(objects, "plain"), 4));
    fclose(file);
    file = tmpfile();
    I(PyObject_Print(given(objects, "list"), file, 0));
    I(PyObject_Print(given(objects, "str"), file, Py_PRINT_RAW));
    I(PyObject_Print(NULL, file, 0));
    I(PyObject_Print(given(objects, "bad_repr"), file, 0));
    rewind(file);
    I(fread(content, 1, sizeof content - 1, file));
    S(content);
    rewind(file);
    fputs("one\r\ntwo\rthree\n", file);
    rewind(file);
    S(Py_UniversalNewlineFgets(line, sizeof line, file, NULL));
    S(Py_UniversalNewlineFgets(line, sizeof line, file, NULL));
    S(Py_UniversalNewlineFgets(line, 3, file, NULL));
    S(Py_UniversalNewlineFgets(line, 3, file, given(objects, "list")));
    I(Py_FdIsInteractive(file, "name"));
    fclose(file);
    P(Py_fopen(given(objects, "missing_path"), "rb"));
    P(Py_fopen(given(objects, "list"), "rb"));
    PyObject *path = PyUnicode_FromString("/dev/null");
    P(file = Py_fopen(path, "rb"));
    I(Py_fclose(file));
    O(PyOS_FSPath(path));
    O(PyOS_FSPath(given(objects, "list")));
    PyObject *converted = NULL;
    I(PyUnicode_FSConverter(path, &converted));
    O(converted);
    converted = NULL;
    I(PyUnicode_FSConverter(given(objects, "list"), &converted));
    I(PyUnicode_FSDecoder(path, &converted));
    O(converted);
    converted = NULL;
    I(PyUnicode_FSDecoder(given(objects, "big"), &converted));
    Py_DECREF(path);
    O(PyFile_NewStdPrinter(3));
    I(_Py_IsValidFD(-1));
    I(_Py_IsValidFD(1));
    Py_RETURN_NONE;
}

PyMethodDef buffer_scenarios[] = {{"buffers", buffers, METH_O}, {"capsules", capsules, METH_O}, {"files", files, METH_O}, {NULL}};
