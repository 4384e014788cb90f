//! `stderrprinter`: the file that stands in for the standard streams until `io` is there.

use macros::{pyclass, pymethods};
use object::convert::Str;
use object::value::{int, str as text};
use object::{PyResult, Ref, StaticType, memory};

/// Writes text to a file descriptor, without any buffer.
#[pyclass(name = "stderrprinter", export = "PyStdPrinter_Type", module = "builtins", flags(DISALLOW_INSTANTIATION))]
pub struct StdPrinter {
    header: abi::PyObject,
    descriptor: i32,
}

impl StdPrinter {
    /// A printer on descriptor 1 or 2.
    pub fn create(descriptor: i32) -> PyResult<Ref> {
        let value = StdPrinter { header: <abi::PyObject as abi::CStruct>::ZERO, descriptor };
        Ok(memory::new_instance(Self::type_object(), value)?.upcast())
    }
}

#[pymethods]
impl StdPrinter {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        Ok(format!("<stderrprinter(fd={}) object at {:p}>", self.descriptor, self))
    }

    #[method(text = None, "($self, text, /)")]
    fn write(&self, text: Str<'_>) -> PyResult<Ref> {
        let mut bytes = Vec::new();
        for code in text.data().iter() {
            match char::from_u32(code) {
                Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                None => bytes.extend_from_slice(format!("\\u{code:04x}").as_bytes()),
            }
        }
        // A stream that is gone is no error here: there is nowhere left to report it.
        host::fault::write(self.descriptor, &bytes);
        int::from_u64(bytes.len() as u64)
    }

    #[method(text = None, "($self, /)")]
    fn flush(&self) {}

    #[method(text = None, "($self, /)")]
    fn close(&self) {}

    #[method(text = None, "($self, /)")]
    fn fileno(&self) -> i32 {
        self.descriptor
    }

    #[method(text = None, "($self, /)")]
    fn isatty(&self) -> bool {
        host::fd::is_terminal(self.descriptor)
    }

    #[getter]
    fn closed(&self) -> bool {
        false
    }

    #[getter]
    fn encoding(&self) -> PyResult<Ref> {
        Ok(object::core::none_ref())
    }

    #[getter]
    fn mode(&self) -> PyResult<Ref> {
        text::new("w")
    }
}
