//! Compares every struct of `abi` with `layout.tsv`: what CPython 3.14.10's headers declare, as gcc lays it out.

use abi::*;
use std::collections::HashMap;

type Layouts = HashMap<&'static str, (usize, &'static [FieldInfo])>;

fn layouts() -> Layouts {
    let mut all = Layouts::new();
    macro_rules! add {
        ($($name:ident)*) => { $(all.insert(<$name as CStruct>::NAME, (size_of::<$name>(), <$name as CStruct>::FIELDS));)* };
    }
    add! {
        Py_buffer PyMemoryViewObject _PyManagedBufferObject PyCodeObject PyFunctionObject PyFrameObject
        PyTracebackObject PyCompilerFlags PyDictObject PySetObject setentry PyWeakReference PyCellObject
        PyDateTime_Delta PyDateTime_TZInfo _PyDateTime_BaseTZInfo _PyDateTime_BaseTime PyDateTime_Time PyDateTime_Date
        _PyDateTime_BaseDateTime PyDateTime_DateTime PyDateTime_CAPI PyCFunctionObject PyCMethodObject PyMethodDef
        PyGetSetDef PyMemberDef PyMethodObject PyInstanceMethodObject PyDescrObject PyMethodDescrObject
        PyMemberDescrObject PyGetSetDescrObject PyWrapperDescrObject PyModuleDef PyModuleDef_Base PyModuleDef_Slot
        PyLongObject _PyLongValue PyFloatObject PyComplexObject Py_complex PyLongLayout PyLongExport PyObject
        PyVarObject PyTypeObject PyHeapTypeObject PyNumberMethods PySequenceMethods PyMappingMethods PyAsyncMethods
        PyBufferProcs PyType_Spec PyType_Slot _specialization_cache PyBaseExceptionObject PyBaseExceptionGroupObject
        PySyntaxErrorObject PyUnicodeErrorObject PyImportErrorObject PySystemExitObject PyOSErrorObject
        PyStopIterationObject PyNameErrorObject PyAttributeErrorObject PyThreadState _PyErr_StackItem
        _PyRemoteDebuggerSupport PyMutex Py_tss_t PyMemAllocatorEx PyTupleObject PyListObject PyBytesObject
        PyByteArrayObject PySliceObject PyStructSequence_Field PyStructSequence_Desc PyASCIIObject
        PyCompactUnicodeObject PyUnicodeObject _PyUnicodeWriter
    }
    all
}

fn strip_cell(type_name: &str) -> &str {
    let name = type_name.trim();
    name.strip_prefix("Cell<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(name)
}

/// Offset and size of a dotted path of fields; `None` where the path leaves what `abi` declares.
fn resolve(all: &Layouts, name: &str, path: &str) -> Option<(usize, usize)> {
    let (mut fields, mut offset, mut size) = (all.get(name)?.1, 0, 0);
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        let field = fields.iter().find(|field| field.name.trim_start_matches("r#") == part)?;
        offset += field.offset;
        size = field.size;
        if parts.peek().is_some() {
            fields = all.get(strip_cell(field.type_name))?.1;
        }
    }
    Some((offset, size))
}

#[test]
fn every_row_of_the_table_holds() {
    let all = layouts();
    let (mut checked, mut wrong) = (0, Vec::new());
    for row in include_str!("layout.tsv").lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (name, path) = (columns[0], columns[1]);
        if path == "(opaque)" {
            continue;
        }
        checked += 1;
        let found = if path == "(sizeof)" {
            all.get(name).map(|(size, _)| (0, *size))
        } else if let Some((word, _)) = columns[2].split_once("+bit") {
            // Rust has no bit fields: those of a struct stand in one integer of ours.
            let holder = path.rsplit_once('.').map(|(holder, _)| holder);
            let at = holder.and_then(|holder| resolve(&all, name, holder)).map(|(offset, _)| offset);
            if at != word.parse().ok() {
                wrong.push(format!("{row}: the word of the bits is at {at:?}"));
            }
            continue;
        } else if name == "PyObject" || path.contains("ob_base.ob_") {
            resolve(&all, name, path).or_else(|| header_part(path))
        } else {
            resolve(&all, name, path).or_else(|| union_part(&all, name, path))
        };
        let expected = (columns[2].parse().unwrap(), columns[3].parse().unwrap());
        if found != Some(expected) {
            wrong.push(format!("{row}: ours is {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} rows differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 650);
}

/// The parts of the reference count, which C reaches through a union: one 64-bit cell here.
fn header_part(path: &str) -> Option<(usize, usize)> {
    match path.rsplit('.').next()? {
        "ob_refcnt" => Some((0, 4)),
        "ob_overflow" => Some((4, 2)),
        "ob_flags" => Some((6, 2)),
        "_aligner" => Some((0, 1)),
        _ => None,
    }
}

/// The members of a union that is one pointer here: each lies where the union lies.
fn union_part(all: &Layouts, name: &str, path: &str) -> Option<(usize, usize)> {
    let (holder, _) = path.rsplit_once('.')?;
    holder.ends_with("data").then(|| resolve(all, name, holder))?
}
