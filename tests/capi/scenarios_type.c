/* Types from C's descriptions, modules, descriptors, functions, struct sequences. */
#include "scenarios.h"
#include <stddef.h>

typedef struct { PyObject_HEAD int number; PyObject *object; } Instance;

static PyObject *answer(PyObject *self, PyObject *argument) { (void)self, (void)argument; return PyLong_FromLong(42); }
static PyObject *in_class(PyObject *self, PyTypeObject *class, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    (void)self, (void)args, (void)names;
    return Py_BuildValue("(sn)", class->tp_name, count);
}
static PyObject *get_number(PyObject *self, void *closure) { (void)closure; return PyLong_FromLong(((Instance *)self)->number); }

static PyMethodDef type_methods[] = {{"answer", answer, METH_NOARGS, "answer()"}, {NULL}};
static PyMethodDef function = {"function", answer, METH_NOARGS, "function()\n--\n\nThe docstring."};
static PyMethodDef method_of_class = {"in_class", (PyCFunction)(void (*)(void))in_class, METH_METHOD | METH_FASTCALL | METH_KEYWORDS, NULL};
static PyMethodDef wrong_flags = {"wrong", answer, METH_NOARGS | METH_O, NULL};
static PyMemberDef type_members[] = {{"number", Py_T_INT, offsetof(Instance, number), 0, "a number"}, {"object", Py_T_OBJECT_EX, offsetof(Instance, object), 0, NULL}, {NULL}};
static PyGetSetDef type_getset[] = {{"got", get_number, NULL, "got", NULL}, {NULL}};
static void dealloc(PyObject *self) {
    PyTypeObject *class = Py_TYPE(self);
    I(PyObject_CallFinalizerFromDealloc(self));
    Py_XDECREF(((Instance *)self)->object);
    class->tp_free(self);
    Py_DECREF(class);
}
static int token;
static PyType_Slot type_slots[] = {{Py_tp_methods, type_methods}, {Py_tp_members, type_members}, {Py_tp_getset, type_getset}, {Py_tp_dealloc, dealloc}, {Py_tp_token, &token}, {0, NULL}};
static PyType_Spec spec = {"scenarios.Made", sizeof(Instance), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, type_slots};
static PyType_Slot wrong_slots[] = {{999, type_methods}, {0, NULL}};
static PyType_Spec wrong_spec = {"scenarios.Wrong", sizeof(Instance), 0, Py_TPFLAGS_DEFAULT, wrong_slots};
static PyType_Spec small_spec = {"scenarios.Small", 4, 0, Py_TPFLAGS_DEFAULT, type_slots};

static PyObject *types(PyObject *self, PyObject *objects) {
    PyTypeObject *type = (PyTypeObject *)PyType_FromSpec(&spec), *found = NULL;
    O(PyType_FromSpec(&wrong_spec));
    O(PyType_FromSpec(&small_spec));
    O(PyType_FromSpecWithBases(&spec, (PyObject *)&PyBaseObject_Type));
    O(PyType_FromSpecWithBases(&spec, given(objects, "list")));
    O(PyType_FromModuleAndSpec(self, &spec, NULL));
    O(PyType_FromMetaclass(NULL, NULL, &spec, NULL));
    O(PyType_FromMetaclass(&PyLong_Type, NULL, &spec, NULL));
    I(PyType_GetBaseByToken(type, &token, &found));
    I(found == type);
    Py_XDECREF(found);
    I(PyType_GetBaseByToken(type, &found, NULL));
    PyObject *instance = PyObject_CallNoArgs((PyObject *)type);
    O(PyObject_GetAttrString(instance, "number"));
    I(PyObject_SetAttrString(instance, "number", given(objects, "int")));
    I(PyObject_SetAttrString(instance, "number", given(objects, "str")));
    O(PyObject_GetAttrString(instance, "object"));
    I(PyObject_SetAttrString(instance, "object", given(objects, "list")));
    O(PyObject_GetAttrString(instance, "object"));
    O(PyMember_GetOne((const char *)instance, &type_members[0]));
    O(PyMember_GetOne((const char *)instance, &type_members[1]));
    I(PyMember_SetOne((char *)instance, &type_members[0], given(objects, "big")));
    I(PyMember_SetOne((char *)instance, &type_members[0], NULL));
    I(PyMember_SetOne((char *)instance, &type_members[1], NULL));
    O(PyObject_GetAttrString(instance, "got"));
    O(PyObject_CallMethod(instance, "answer", NULL));
    V(PyType_Modified(type));
    I(PyType_Ready(type));
    I(PyType_Freeze(type));
    I(PyObject_SetAttrString((PyObject *)type, "late", Py_None));
    I(PyType_Freeze((PyTypeObject *)given(objects, "type")));
    S(_PyType_Name(type));
    PyObject *name = PyUnicode_InternFromString("answer");
    I(_PyType_Lookup(type, name) != NULL);
    O(_PyType_LookupRef(&PyList_Type, name));
    O(_PyObject_LookupSpecial(instance, name) ? Py_None : NULL);
    O(PyType_GetModuleByDef(type, PyModule_GetDef(self)));
    O(PyType_GetModuleByDef(&PyLong_Type, PyModule_GetDef(self)));
    Py_DECREF(name);
    Py_XDECREF(instance);
    Py_XDECREF(type);
    Py_RETURN_NONE;
}

static PyObject *functions(PyObject *self, PyObject *objects) {
    PyObject *made = PyCFunction_New(&function, self);
    O(PyObject_CallNoArgs(made));
    O(PyObject_CallOneArg(made, Py_None));
    I(PyCFunction_GetFunction(made) == answer);
    P(PyCFunction_GetFunction(given(objects, "list")));
    O(PyObject_GetAttrString(made, "__text_signature__"));
    O(PyObject_GetAttrString(made, "__doc__"));
    Py_XDECREF(made);
    made = PyCFunction_NewEx(&function, NULL, NULL);
    O(PyObject_CallNoArgs(made));
    Py_XDECREF(made);
    made = PyCMethod_New(&method_of_class, self, NULL, &PyList_Type);
    O(PyObject_CallOneArg(made, Py_None));
    Py_XDECREF(made);
    O(PyCMethod_New(&method_of_class, self, NULL, NULL));
    O(PyCMethod_New(&function, self, NULL, &PyList_Type));
    O(PyCFunction_New(&wrong_flags, self));
    O(PyDescr_NewMethod(&PyList_Type, &function));
    O(PyDescr_NewClassMethod(&PyList_Type, &function));
    O(PyDescr_NewMember(&PyList_Type, &type_members[0]));
    O(PyDescr_NewGetSet(&PyList_Type, &type_getset[0]));
    O(PyInstanceMethod_New(given(objects, "list")));
    Py_RETURN_NONE;
}

static PyModuleDef plain = {PyModuleDef_HEAD_INIT, "plain", "its docstring", 0, type_methods};
static PyModuleDef negative = {PyModuleDef_HEAD_INIT, "negative", NULL, -1, type_methods};

static PyObject *modules(PyObject *self, PyObject *objects) {
    PyObject *module = PyModule_Create2(&plain, PYTHON_API_VERSION);
    I(PyModule_GetDef(module) == &plain);
    P(PyModule_GetDef(given(objects, "list")));
    I(PyModule_AddFunctions(module, type_methods));
    I(PyModule_Add(module, "list", Py_NewRef(given(objects, "list"))));
    I(PyModule_Add(module, "null", NULL));
    I(PyModule_AddObject(module, "other", Py_NewRef(given(objects, "list"))));
    PyObject *kept = Py_NewRef(given(objects, "list"));
    I(PyModule_AddObject(given(objects, "list"), "other", kept));
    Py_DECREF(kept);
    I(PyModule_AddObject(module, "null", NULL));
    I(PyModule_ExecDef(module, &plain));
    PyModuleDef_Init(&negative);
    I(PyState_AddModule(module, &negative));
    I(PyState_FindModule(&negative) == module);
    I(PyState_RemoveModule(&negative));
    P(PyState_FindModule(&negative));
    Py_XDECREF(module);
    O(PyModule_FromDefAndSpec2(&plain, given(objects, "list"), PYTHON_API_VERSION));
    O(PyModule_Create2(&negative, PYTHON_API_VERSION));
    O(PyImport_ReloadModule(given(objects, "list")));
    O(PyImport_ExecCodeModuleEx("made", PyFunction_GetCode(given(objects, "func")), "path"));
    O(PyImport_ExecCodeModuleWithPathnames("made", PyFunction_GetCode(given(objects, "func")), "path", "cached"));
    I(PyDict_CheckExact(PyImport_GetModuleDict()));
    Py_RETURN_NONE;
}

static PyStructSequence_Field fields[] = {{"first", "the first"}, {"second", NULL}, {"hidden", NULL}, {NULL}};
static PyStructSequence_Desc description = {"scenarios.Sequence", "a struct sequence", fields, 2}, other = {"scenarios.Static", NULL, fields, 2};
static PyTypeObject static_sequence;

static PyObject *sequences(PyObject *self, PyObject *objects) {
    PyTypeObject *type = PyStructSequence_NewType(&description);
    PyObject *made = PyStructSequence_New(type);
    V(PyStructSequence_SetItem(made, 0, Py_NewRef(given(objects, "list"))));
    V(PyStructSequence_SetItem(made, 1, Py_NewRef(Py_None)));
    V(PyStructSequence_SetItem(made, 2, Py_NewRef(Py_True)));
    O(PyObject_Repr(made));
    B(PyStructSequence_GetItem(made, 0));
    Py_XDECREF(made);
    Py_XDECREF(type);
    I(PyStructSequence_InitType2(&static_sequence, &other));
    made = PyStructSequence_New(&static_sequence);
    PyStructSequence_SetItem(made, 0, Py_NewRef(given(objects, "list")));
    PyStructSequence_SetItem(made, 1, Py_NewRef(Py_None));
    PyStructSequence_SetItem(made, 2, Py_NewRef(Py_True));
    O(PyObject_Repr(made));
    O(PyObject_GetAttrString(made, "hidden"));
    O(PyObject_GetAttrString(made, "n_fields"));
    O(PyObject_GetAttrString(made, "__match_args__"));
    O(PySequence_List(made));
    Py_XDECREF(made);
    Py_RETURN_NONE;
}

PyMethodDef type_scenarios[] = {
    {"types", types, METH_O}, {"functions", functions, METH_O}, {"modules", modules, METH_O}, {"sequences", sequences, METH_O}, {NULL},
};
