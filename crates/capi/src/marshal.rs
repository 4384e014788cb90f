//! `marshal.h`: values in C's files.

use crate::cfile::read_all;
use crate::form::capi;
use abi::c_int;
use object::{Borrowed, PyResult, Ref, raise};
use std::ffi::c_long;

fn write(file: *mut libc::FILE, content: &[u8]) {
    // SAFETY: C passes an open file. As in CPython, what does not fit is seen by `ferror`.
    unsafe { libc::fwrite(content.as_ptr().cast(), 1, content.len(), file) };
}

/// The next bytes of a file; EOFError where there are fewer.
fn take<const N: usize>(file: *mut libc::FILE) -> PyResult<[u8; N]> {
    let mut content = [0; N];
    // SAFETY: C passes an open file; the array has room for that many bytes.
    let count = unsafe { libc::fread(content.as_mut_ptr().cast(), 1, N, file) };
    if count == N { Ok(content) } else { Err(raise!(EOFError, "EOF read where not expected")) }
}

fn read(file: *mut libc::FILE) -> PyResult<Ref> {
    // SAFETY: C passes an open file.
    let start = unsafe { libc::ftell(file) };
    let (value, size) = vm::marshal::load_prefix(&read_all(file))?;
    if let (Ok(size), true) = (c_long::try_from(size), start >= 0) {
        // SAFETY: the file is open still.
        unsafe { libc::fseek(file, start.saturating_add(size), libc::SEEK_SET) };
    }
    Ok(value)
}

capi! {
    fn PyMarshal_WriteLongToFile(value: c_long, file: *mut libc::FILE, _version: c_int) -> PyResult<()> {
        let [a, b, c, d, ..] = value.to_le_bytes();
        write(file, &[a, b, c, d]);
        Ok(())
    }
    fn PyMarshal_WriteObjectToFile(object: Borrowed<'_>, file: *mut libc::FILE, version: c_int) -> PyResult<()> {
        write(file, &vm::marshal::dump(object, version, true)?);
        Ok(())
    }
    fn PyMarshal_ReadShortFromFile(file: *mut libc::FILE) -> PyResult<c_int> {
        take(file).map(|bytes| c_int::from(i16::from_le_bytes(bytes)))
    }
    fn PyMarshal_ReadLongFromFile(file: *mut libc::FILE) -> PyResult<c_long> {
        take(file).map(|bytes| c_long::from(i32::from_le_bytes(bytes)))
    }
    fn PyMarshal_ReadObjectFromFile(file: *mut libc::FILE) -> PyResult<Ref> {
        read(file)
    }
    fn PyMarshal_ReadLastObjectFromFile(file: *mut libc::FILE) -> PyResult<Ref> {
        read(file)
    }
}
