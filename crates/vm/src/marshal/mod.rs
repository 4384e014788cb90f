//! The module `marshal`, over objects; the format itself is in `bytecode::marshal`.

mod read;
mod write;

use object::{Borrowed, PyResult, Ref};

pub use bytecode::marshal::VERSION;

/// The first bytes of a `.pyc`: 3.14's number, CR LF.
pub const PYC_MAGIC: [u8; 4] = [0x2B, 0x0E, 0x0D, 0x0A];

/// `marshal.dumps`.
pub fn dump(value: Borrowed<'_>, version: i32, allow_code: bool) -> PyResult<Vec<u8>> {
    write::dump(value, version, allow_code)
}

/// `marshal.loads`.
pub fn load(content: &[u8], allow_code: bool) -> PyResult<Ref> {
    read::load(content, allow_code)
}

/// The value at the start of the content, and how many bytes it takes.
pub fn load_prefix(content: &[u8]) -> PyResult<(Ref, usize)> {
    read::load_prefix(content)
}

/// This module contains functions that can read and write Python values in
/// a binary format. The format is specific to Python, but independent of
/// machine architecture issues.
///
/// Not all Python object types are supported; in general, only objects
/// whose value is independent from a particular invocation of Python can be
/// written and read. The following types are supported: None, integers,
/// floating-point numbers, strings, bytes, bytearrays, tuples, lists, sets,
/// dictionaries, and code objects, where it should be understood that
/// tuples, lists and dictionaries are only supported as long as the values
/// contained therein are themselves supported; and recursive lists and
/// dictionaries should not be written (they will cause infinite loops).
///
/// Variables:
///
/// version -- indicates the format that the module uses. Version 0 is the
///     historical format, version 1 shares interned strings and version 2
///     uses a binary format for floating-point numbers.
///     Version 3 shares common object references (New in version 3.4).
///
/// Functions:
///
/// dump() -- write value to a file
/// load() -- read value from a file
/// dumps() -- marshal value as a bytes object
/// loads() -- read value from a bytes-like object
#[pymodule(name = "marshal")]
pub mod module {
    use object::protocol::buffer::Buffer;
    use object::value::{bytes, int};
    use object::{Borrowed, PyResult, Ref, id};

    /// Write the value on the open file.
    ///
    ///   value
    ///     Must be a supported type.
    ///   file
    ///     Must be a writeable binary file.
    ///   version
    ///     Indicates the data format that dump should use.
    ///   allow_code
    ///     Allow to write code objects.
    ///
    /// If the value has (or contains an object that has) an unsupported type, a
    /// ValueError exception is raised - but garbage data will also be written
    /// to the file. The object will not be properly read back by load().
    #[pyfunction("($module, value, file, version=version, /, *, allow_code=True)")]
    fn dump(value: Borrowed<'_>, file: Borrowed<'_>, version: Option<i32>, allow_code: bool) -> PyResult<Ref> {
        let content = super::write::dump(value, version.unwrap_or(super::VERSION), allow_code)?;
        file.call_method(id!("write"), &[bytes::new(&content)?.b()])
    }

    /// Read one value from the open file and return it.
    ///
    ///   file
    ///     Must be readable binary file.
    ///   allow_code
    ///     Allow to load code objects.
    ///
    /// If no valid value is read (e.g. because the data has a different Python
    /// version's incompatible marshal format), raise EOFError, ValueError or
    /// TypeError.
    ///
    /// Note: If an object containing an unsupported type was marshalled with
    /// dump(), load() will substitute None for the unmarshallable type.
    #[pyfunction("($module, file, /, *, allow_code=True)")]
    fn load(file: Borrowed<'_>, allow_code: bool) -> PyResult<Ref> {
        super::read::load_file(file, allow_code)
    }

    /// Return the bytes object that would be written to a file by dump(value, file).
    ///
    ///   value
    ///     Must be a supported type.
    ///   version
    ///     Indicates the data format that dumps should use.
    ///   allow_code
    ///     Allow to write code objects.
    ///
    /// Raise a ValueError exception if value has (or contains an object that has) an
    /// unsupported type.
    #[pyfunction("($module, value, version=version, /, *, allow_code=True)")]
    fn dumps(value: Borrowed<'_>, version: Option<i32>, allow_code: bool) -> PyResult<Ref> {
        bytes::new(&super::write::dump(value, version.unwrap_or(super::VERSION), allow_code)?)
    }

    /// Convert the bytes-like object to a value.
    ///
    ///   allow_code
    ///     Allow to load code objects.
    ///
    /// If no valid value is found, raise EOFError, ValueError or TypeError.  Extra
    /// bytes in the input are ignored.
    #[pyfunction("($module, bytes, /, *, allow_code=True)")]
    fn loads(bytes: Borrowed<'_>, allow_code: bool) -> PyResult<Ref> {
        let content = Buffer::readable(bytes)?.bytes().to_vec();
        super::read::load(&content, allow_code)
    }

    #[pyattr]
    fn version() -> PyResult<Ref> {
        int::new(i64::from(super::VERSION))
    }
}

use macros::pymodule;
