/* Numbers, strings, containers: what takes addresses, buffers or C's own structs; the functions without a header. */
#include "scenarios.h"
#include <wchar.h>

static int parse_va(PyObject *arguments, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int result = PyArg_VaParse(arguments, format, list);
    va_end(list);
    return result;
}
static int parse_keywords_va(PyObject *arguments, PyObject *keywords, const char *format, char **names, ...) {
    va_list list;
    va_start(list, names);
    int result = PyArg_VaParseTupleAndKeywords(arguments, keywords, format, (PY_CXX_CONST char *const *)names, list);
    va_end(list);
    return result;
}
static PyObject *build_va(const char *format, ...) {
    va_list list;
    va_start(list, format);
    PyObject *result = Py_VaBuildValue(format, list);
    va_end(list);
    return result;
}
static PyObject *text_va(int kind, const char *format, ...) {
    va_list list;
    va_start(list, format);
    PyObject *result = kind == 0 ? PyUnicode_FromFormatV(format, list) : kind == 1 ? PyBytes_FromFormatV(format, list) : PyErr_FormatV(PyExc_ValueError, format, list);
    va_end(list);
    return result;
}
static int print_va(char *target, size_t size, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int result = PyOS_vsnprintf(target, size, format, list);
    va_end(list);
    return result;
}

static PyObject *arguments(PyObject *self, PyObject *objects) {
    PyObject *tuple = Py_BuildValue("(is)", 5, "text"), *keywords = Py_BuildValue("{s:i}", "key", 7), *none = PyTuple_New(0), *a = NULL, *b = NULL;
    char *names[] = {"first", "second", "key", NULL};
    int number = 0, key = 0;
    const char *text = NULL;
    I(PyArg_Parse(given(objects, "int"), "i", &number));
    I(number);
    I(PyArg_Parse(given(objects, "str"), "i", &number));
    I(PyArg_Parse(given(objects, "big"), "i", &number));
    I(PyArg_UnpackTuple(tuple, "name", 1, 2, &a, &b));
    I(PyArg_UnpackTuple(tuple, "name", 3, 4, &a, &b));
    I(PyArg_UnpackTuple(tuple, "name", 0, 1, &a));
    I(parse_va(tuple, "is", &number, &text));
    I(parse_va(tuple, "ii", &number, &key));
    note("PyArg_VaParse", text);
    I(PyArg_ParseTupleAndKeywords(tuple, keywords, "is|i:named", (PY_CXX_CONST char *const *)names, &number, &text, &key));
    I(key);
    I(PyArg_ParseTupleAndKeywords(none, keywords, "is|i:named", (PY_CXX_CONST char *const *)names, &number, &text, &key));
    I(PyArg_ParseTupleAndKeywords(tuple, keywords, "i:named", (PY_CXX_CONST char *const *)names, &number));
    I(parse_keywords_va(tuple, keywords, "is|i:named", names, &number, &text, &key));
    note_number("PyArg_VaParseTupleAndKeywords", key);
    O(build_va("(iO)", 1, Py_None));
    note("Py_VaBuildValue", "called");
    O(text_va(0, "%d-%s", 1, "two"));
    note("PyUnicode_FromFormatV", "called");
    O(text_va(1, "%d-%s", 1, "two"));
    note("PyBytes_FromFormatV", "called");
    O(text_va(2, "%d-%s", 1, "two"));
    note("PyErr_FormatV", "called");
    char target[8];
    I(print_va(target, sizeof target, "%d-%s", 1, "twothree"));
    note("PyOS_vsnprintf", target);
    I(PyOS_snprintf(target, sizeof target, "%s", "abcdefghijk"));
    S(target);
    I(_PyArg_CheckPositional("name", 1, 2, 3));
    I(_PyArg_CheckPositional("name", 5, 2, 3));
    I(_PyArg_NoKeywords("name", keywords));
    I(_PyArg_NoKeywords("name", NULL));
    I(_PyArg_NoPositional("name", tuple));
    I(_PyArg_NoPositional("name", NULL));
    V(_PyArg_BadArgument("name", "argument 1", "str", given(objects, "list")));
    PyObject *vector[2] = {given(objects, "int"), given(objects, "list")};
    I(_PyArg_ParseStack(vector, 2, "iO:name", &number, &a));
    I(_PyArg_ParseStack(vector, 1, "iO:name", &number, &a));
    Py_DECREF(tuple);
    Py_DECREF(keywords);
    Py_DECREF(none);
    Py_RETURN_NONE;
}

static PyObject *integers(PyObject *self, PyObject *objects) {
    PyObject *big = given(objects, "big"), *small = given(objects, "int"), *text = given(objects, "str");
    unsigned char bytes[16] = {0};
    char *end;
    int32_t i32 = 0; uint32_t u32 = 0; int64_t i64 = 0; uint64_t u64 = 0;
    I(PyLong_AsInt32(small, &i32)); I(i32); I(PyLong_AsInt32(big, &i32)); I(PyLong_AsInt32(text, &i32));
    I(PyLong_AsUInt32(small, &u32)); I(u32); I(PyLong_AsUInt32(big, &u32)); I(PyLong_AsUInt32(text, &u32));
    I(PyLong_AsInt64(small, &i64)); I(i64); I(PyLong_AsInt64(big, &i64)); I(PyLong_AsInt64(text, &i64));
    I(PyLong_AsUInt64(small, &u64)); I((long long)u64); I(PyLong_AsUInt64(big, &u64)); I(PyLong_AsUInt64(text, &u64));
    I(PyLong_AsNativeBytes(small, bytes, 8, -1)); I(bytes[0]);
    I(PyLong_AsNativeBytes(big, bytes, 8, -1)); I(PyLong_AsNativeBytes(text, bytes, 8, -1)); I(PyLong_AsNativeBytes(small, bytes, -1, -1));
    O(PyLong_FromNativeBytes(bytes, 4, -1)); O(PyLong_FromUnsignedNativeBytes(bytes, 4, 1)); O(PyLong_FromNativeBytes(bytes, 0, -1));
    O(PyLong_FromString("ff ", &end, 16)); S(end); O(PyLong_FromString("zz", NULL, 10)); O(PyLong_FromString("1", NULL, 99));
    O(PyLong_FromVoidPtr((void *)4096)); I((intptr_t)PyLong_AsVoidPtr(small)); P(PyLong_AsVoidPtr(big)); P(PyLong_AsVoidPtr(text));
    PyLongExport exported = {0};
    I(PyLong_Export(big, &exported)); I(exported.ndigits); I(exported.negative); V(PyLong_FreeExport(&exported));
    I(PyLong_Export(small, &exported)); I(exported.value); V(PyLong_FreeExport(&exported));
    I(PyLong_Export(text, &exported));
    void *digits = NULL;
    PyLongWriter *writer = PyLongWriter_Create(1, 2, &digits);
    ((uint32_t *)digits)[0] = 5; ((uint32_t *)digits)[1] = 1;
    O(PyLongWriter_Finish(writer));
    P(PyLongWriter_Create(0, 0, &digits));
    writer = PyLongWriter_Create(0, 3, &digits);
    V(PyLongWriter_Discard(writer)); V(PyLongWriter_Discard(NULL));
    I(PyLong_GetNativeLayout()->bits_per_digit);
    I(PyUnstable_Long_IsCompact((PyLongObject *)small)); I(PyUnstable_Long_IsCompact((PyLongObject *)big)); I(PyUnstable_Long_CompactValue((PyLongObject *)small));
    I(_PyLong_AsByteArray((PyLongObject *)small, bytes, 16, 1, 1, 1)); I(_PyLong_AsByteArray((PyLongObject *)big, bytes, 2, 1, 1, 1));
    O(_PyLong_FromByteArray(bytes, 4, 1, 0)); O(_PyLong_FromByteArray(bytes, 0, 1, 0));
    I(_PyLong_Sign(big)); I(_PyLong_NumBits(big)); O(_PyLong_GCD(big, small)); 
    I(PyOS_strtol("-12x", &end, 10)); S(end); I(PyOS_strtoul("0x1f", &end, 0)); S(end); I(PyOS_strtol("99999999999999999999", &end, 10));
    I(PyOS_mystricmp("ABC", "abd")); I(PyOS_mystrnicmp("ABC", "abd", 2)); I(PyOS_mystrnicmp("ABC", "abd", 0));
    D(PyOS_string_to_double("1.5e3x", &end, NULL)); S(end); D(PyOS_string_to_double("x", NULL, NULL)); D(PyOS_string_to_double("1e999", NULL, PyExc_OverflowError));
    int type = 0;
    char *shown = PyOS_double_to_string(1.5, 'r', 0, Py_DTSF_ADD_DOT_0, &type); S(shown); I(type); PyMem_Free(shown);
    shown = PyOS_double_to_string(2.0, 'f', 3, 0, NULL); S(shown); PyMem_Free(shown);
    P(PyOS_double_to_string(2.0, 'q', 3, 0, NULL));
    I(PyFloat_Pack2(1.5, (char *)bytes, 1)); I(PyFloat_Pack2(1e10, (char *)bytes, 1)); I(PyFloat_Pack4(1.5, (char *)bytes, 0)); I(PyFloat_Pack4(1e300, (char *)bytes, 0)); I(PyFloat_Pack8(1.5, (char *)bytes, 1));
    Py_complex one = {1, 2}, two = {3, -1}, zero = {0, 0}, made;
    O(PyComplex_FromCComplex(one)); D(PyComplex_AsCComplex(given(objects, "complex")).imag); D(PyComplex_AsCComplex(text).real);
    D(_Py_c_sum(one, two).real); D(_Py_c_diff(one, two).imag); D(_Py_c_prod(one, two).real); D(_Py_c_quot(one, two).imag); D(_Py_c_pow(one, two).real);
    D(_Py_c_neg(one).real); D(_Py_c_abs(two)); made = _Py_c_quot(one, zero); D(made.real);
    O(PyNumber_Lshift(small, PyLong_FromLong(3))); O(PyNumber_InPlaceLshift(text, small)); O(PyNumber_InPlacePower(small, PyLong_FromLong(2), Py_None)); O(PyNumber_InPlacePower(text, small, Py_None));
    I(_Py_HashDouble(small, 1.5)); I(Py_HashPointer((void *)160)); I(Py_HashBuffer("abc", 0)); S(PyHash_GetFuncDef()->name);
    Py_ssize_t index = 5;
    I(_PyEval_SliceIndex(small, &index)); I(index); I(_PyEval_SliceIndex(Py_None, &index)); I(_PyEval_SliceIndex(text, &index)); I(_PyEval_SliceIndexNotNone(Py_None, &index));
    Py_RETURN_NONE;
}

static PyObject *strings(PyObject *self, PyObject *objects) {
    PyObject *text = given(objects, "str"), *list = given(objects, "list");
    wchar_t wide[8]; Py_UCS4 codes[16]; char *content; Py_ssize_t size = -5;
    I(PyUnicode_AsWideChar(text, wide, 8)); I(wide[0]); I(PyUnicode_AsWideChar(text, wide, 2)); I(PyUnicode_AsWideChar(text, NULL, 0)); I(PyUnicode_AsWideChar(list, wide, 8));
    O(PyUnicode_FromWideChar(L"wide\x20ac", -1)); O(PyUnicode_FromWideChar(L"wide", 2)); O(PyUnicode_FromWideChar(NULL, 2));
    wchar_t *copy = PyUnicode_AsWideCharString(text, &size); I(size); PyMem_Free(copy); P(PyUnicode_AsWideCharString(list, NULL));
    I(PyUnicode_AsUCS4(text, codes, 16, 1) == codes); I(codes[5]); P(PyUnicode_AsUCS4(text, codes, 2, 0)); 
    Py_UCS4 *all = PyUnicode_AsUCS4Copy(text); I(all[0]); PyMem_Free(all);
    O(PyUnicode_FromKindAndData(1, "abc", 3)); O(PyUnicode_FromKindAndData(4, codes, 3)); O(PyUnicode_FromKindAndData(3, "abc", 3)); O(PyUnicode_FromKindAndData(1, "abc", -1));
    PyObject *made = PyUnicode_New(3, 127);
    I(PyUnicode_WriteChar(made, 0, 'a')); I(PyUnicode_WriteChar(made, 1, 'b')); I(PyUnicode_WriteChar(made, 2, 'c')); I(PyUnicode_WriteChar(made, 9, 'c')); O(made);
    O(PyUnicode_New(3, 0x110000)); O(PyUnicode_New(-1, 127)); S(PyUnicode_GetDefaultEncoding());
    I(PyBytes_AsStringAndSize(given(objects, "bytes"), &content, &size)); I(size); I(PyBytes_AsStringAndSize(given(objects, "null_bytes"), &content, NULL)); I(PyBytes_AsStringAndSize(list, &content, &size));
    made = PyBytes_FromStringAndSize("abc", 3); PyBytes_Concat(&made, given(objects, "bytes")); B(made); V(PyBytes_ConcatAndDel(&made, PyBytes_FromString("!"))); B(made);
    PyObject *joined = PyUnicode_FromString("abc"); V(PyUnicode_AppendAndDel(&joined, PyUnicode_FromString("de"))); B(joined); V(PyUnicode_AppendAndDel(&joined, Py_NewRef(list))); B(joined);
    I(_PyBytes_Resize(&made, 2)); B(made); I(_PyBytes_Resize(&made, -1)); 
    PyUnicodeWriter *writer = PyUnicodeWriter_Create(5);
    I(PyUnicodeWriter_WriteChar(writer, 'x')); I(PyUnicodeWriter_WriteChar(writer, 0x110000)); I(PyUnicodeWriter_WriteStr(writer, text)); I(PyUnicodeWriter_WriteRepr(writer, list)); I(PyUnicodeWriter_WriteRepr(writer, NULL));
    I(PyUnicodeWriter_WriteSubstring(writer, text, 1, 3)); I(PyUnicodeWriter_WriteSubstring(writer, text, 3, 1)); I(PyUnicodeWriter_WriteSubstring(writer, list, 1, 3)); I(PyUnicodeWriter_WriteUTF8(writer, "\xe2\x82\xac", -1)); I(PyUnicodeWriter_WriteUTF8(writer, "\xff", 1));
    I(PyUnicodeWriter_WriteASCII(writer, "ascii", 5)); I(PyUnicodeWriter_WriteUCS4(writer, codes, 2)); I(PyUnicodeWriter_WriteUCS4(writer, codes, -2)); I(PyUnicodeWriter_WriteWideChar(writer, L"wide", -1)); I(PyUnicodeWriter_Format(writer, "%d", 7)); 
    I(PyUnicodeWriter_DecodeUTF8Stateful(writer, "a\xe2", 2, NULL, &size)); I(size); I(PyUnicodeWriter_DecodeUTF8Stateful(writer, "\xff", 1, "replace", NULL));
    O(PyUnicodeWriter_Finish(writer)); writer = PyUnicodeWriter_Create(0); V(PyUnicodeWriter_Discard(writer)); V(PyUnicodeWriter_Discard(NULL)); P(PyUnicodeWriter_Create(-1));
    wchar_t *decoded = Py_DecodeLocale("abc", (size_t *)&size); I(size); I(decoded[1]); 
    char *encoded = Py_EncodeLocale(decoded, NULL); S(encoded); PyMem_Free(encoded); PyMem_RawFree(decoded);
    I(_PyUnicode_Equal(text, given(objects, "ascii"))); I(_PyUnicode_EqualToASCIIString(given(objects, "ascii"), "ascii")); O(_PyUnicode_Copy(text));
    PyObject *parts[2] = {text, given(objects, "ascii")}; O(_PyUnicode_JoinArray(given(objects, "ascii"), parts, 2)); parts[1] = list; O(_PyUnicode_JoinArray(given(objects, "ascii"), parts, 2));
    Py_UCS4 some[] = {'a', 'A', '5', 0xb2, 0xbd, 0x1c5, 0x3000, 0x85, 0x660, 0x20ac, 0x10ffff};
    for (size_t at = 0; at < sizeof some / sizeof *some; at++) {
        Py_UCS4 c = some[at];
        I(c);
        I(_PyUnicode_IsAlpha(c)); I(_PyUnicode_IsDecimalDigit(c)); I(_PyUnicode_IsDigit(c)); I(_PyUnicode_IsNumeric(c)); I(_PyUnicode_IsLinebreak(c)); I(_PyUnicode_IsWhitespace(c)); I(_PyUnicode_IsPrintable(c));
        I(_PyUnicode_IsLowercase(c)); I(_PyUnicode_IsUppercase(c)); I(_PyUnicode_IsTitlecase(c)); I(_PyUnicode_ToLowercase(c)); I(_PyUnicode_ToUppercase(c)); I(_PyUnicode_ToTitlecase(c));
        I(_PyUnicode_ToDecimalDigit(c)); I(_PyUnicode_ToDigit(c)); D(_PyUnicode_ToNumeric(c));
    }
    Py_RETURN_NONE;
}

static PyObject *containers(PyObject *self, PyObject *objects) {
    PyObject *dict = given(objects, "dict"), *list = given(objects, "list"), *set = given(objects, "set"), *key = given(objects, "ascii"), *other = given(objects, "tuple"), *value = NULL;
    Py_hash_t hash = PyObject_Hash(key); Py_ssize_t at = 0; int count = 0;
    I(_PyDict_SetItem_KnownHash(dict, key, list, hash)); O(Py_XNewRef(_PyDict_GetItem_KnownHash(dict, key, hash))); O(Py_XNewRef(_PyDict_GetItemStringWithError(dict, "ascii"))); I(_PyDict_SetItem_KnownHash(list, key, list, hash));
    O(_PyDict_Pop(dict, key, NULL)); O(_PyDict_Pop(dict, key, NULL)); O(_PyDict_Pop(dict, key, Py_None)); O(_PyDict_Pop(list, key, Py_None)); O(_PyDict_NewPresized(100));
    I(_PyDict_MergeEx(dict, dict, 2)); I(_PyDict_MergeEx(dict, list, 0)); I(_PySet_Update(set, list)); I(_PySet_Update(list, list));
    while (_PySet_NextEntry(set, &at, &value, &hash)) count++;
    note_number("_PySet_NextEntry", count);
    at = 0; value = NULL;
    I(_PySet_NextEntryRef(set, &at, &value, &hash)); I(value != NULL); Py_XDECREF(value);
    O(_PyList_Extend((PyListObject *)list, other)); O(_PyList_Extend((PyListObject *)list, Py_None)); B(list);
    PyObject *items[2] = {list, dict}; O(_PyTuple_FromArray(items, 2)); O(_PyTuple_FromArray(NULL, 0));
    PyObject *made = PyTuple_New(3); I(PyTuple_SetItem(made, 0, Py_NewRef(list))); I(PyTuple_SetItem(made, 5, Py_NewRef(list))); I(PyTuple_SetItem(list, 0, Py_NewRef(dict))); I(_PyTuple_Resize(&made, 1)); B(made); Py_INCREF(made); value = made; I(_PyTuple_Resize(&value, 2)); Py_DECREF(made);
    O(_PyList_AsTupleAndClear((PyListObject *)list)); B(list);
    O(_PyNamespace_New(dict)); O(_PyNumber_Index(key)); O(_PyNumber_Index(given(objects, "index"))); O(PyObject_SelfIter(list)); I(PyObject_GetOptionalAttrString(list, "append", &value)); Py_XDECREF(value); I(PyObject_GetOptionalAttrString(list, "nothing", &value)); P(value);
    I(PyObject_HashNotImplemented(list)); I(PyObject_GenericHash(list) != 0); O(PyObject_GenericGetDict(given(objects, "plain"), NULL)); I(PyObject_GenericSetDict(given(objects, "plain"), dict, NULL)); I(PyObject_GenericSetDict(given(objects, "plain"), list, NULL)); O(_PyObject_GenericGetAttrWithDict(list, key, NULL, 1));
    PyObject *cell = PyCell_New(list); I(PyCell_Set(cell, dict)); O(PyCell_Get(cell)); I(PyCell_Set(list, dict)); Py_DECREF(cell);
    PyObject *variable = PyContextVar_New("variable", NULL), *token; I(PyContextVar_Get(variable, NULL, &value)); P(value); I(PyContextVar_Get(variable, list, &value)); Py_XDECREF(value); token = PyContextVar_Set(variable, dict); I(PyContextVar_Get(variable, NULL, &value)); O(value); I(PyContextVar_Reset(variable, token)); I(PyContextVar_Reset(variable, token)); Py_XDECREF(token); Py_XDECREF(variable); I(PyContextVar_Get(list, NULL, &value));
    Py_RETURN_NONE;
}

PyMethodDef value_scenarios[] = {{"arguments", arguments, METH_O}, {"integers", integers, METH_O}, {"strings", strings, METH_O}, {"containers", containers, METH_O}, {NULL}};
