//! Data symbols that belong to no type of ours: flags, tables, aliases.

use abi::c_char;
use object::exc::ExportedPointer;
use std::ptr::addr_of;

/// A C variable that a wheel may write.
#[repr(transparent)]
pub struct Variable<T>(pub abi::Cell<T>);
// SAFETY: guarded by the GIL, as C documents.
unsafe impl<T> Sync for Variable<T> {}

/// A constant pointer.
#[repr(transparent)]
pub struct Pointer(*const c_char);
// SAFETY: points to static text.
unsafe impl Sync for Pointer {}

macro_rules! flags {
    ($($name:ident)*) => { $(
        #[doc = concat!("C's deprecated variable `", stringify!($name), "`.")]
        #[unsafe(no_mangle)]
        pub static $name: Variable<i32> = Variable(abi::Cell::new(0));
    )* };
}

flags! {
    Py_BytesWarningFlag Py_DebugFlag Py_DontWriteBytecodeFlag Py_FrozenFlag Py_HashRandomizationFlag Py_IgnoreEnvironmentFlag Py_InspectFlag
    Py_InteractiveFlag Py_IsolatedFlag Py_NoSiteFlag Py_NoUserSiteDirectory Py_OptimizeFlag Py_QuietFlag Py_UTF8Mode
    Py_UnbufferedStdioFlag Py_VerboseFlag Py_HasFileSystemDefaultEncoding
}

/// 3.14.0 final, in the form of `PY_VERSION_HEX` for the release that the reference has.
#[unsafe(no_mangle)]
pub static Py_Version: u64 = 0x030E_0AF0;

/// One day and more, in microseconds: the longest wait for a lock.
#[unsafe(no_mangle)]
pub static PY_TIMEOUT_MAX: i64 = i64::MAX / 1000;

/// What `PyByteArray_AS_STRING` gives for an empty bytearray.
#[unsafe(no_mangle)]
pub static _PyByteArray_empty_string: Variable<u8> = Variable(abi::Cell::new(0));

/// The encoding of file names.
#[unsafe(no_mangle)]
pub static Py_FileSystemDefaultEncoding: Pointer = Pointer(c"utf-8".as_ptr());
/// The error handler of file names.
#[unsafe(no_mangle)]
pub static Py_FileSystemDefaultEncodeErrors: Pointer = Pointer(c"surrogateescape".as_ptr());
/// The digits.
#[unsafe(no_mangle)]
pub static Py_hexdigits: Pointer = Pointer(c"0123456789abcdef".as_ptr());
/// The name of struct sequence fields without a name.
#[unsafe(no_mangle)]
pub static PyStructSequence_UnnamedField: Pointer = Pointer(c"unnamed field".as_ptr());

/// An alias of `PyExc_OSError`.
#[unsafe(no_mangle)]
pub static PyExc_EnvironmentError: ExportedPointer = ExportedPointer(addr_of!(object::exc::OSError));
/// An alias of `PyExc_OSError`.
#[unsafe(no_mangle)]
pub static PyExc_IOError: ExportedPointer = ExportedPointer(addr_of!(object::exc::OSError));

/// Which ASCII characters are white space.
#[unsafe(no_mangle)]
pub static _Py_ascii_whitespace: [u8; 128] = {
    let mut table = [0; 128];
    let spaces = [9, 10, 11, 12, 13, 28, 29, 30, 31, 32];
    let mut index = 0;
    while index < spaces.len() {
        table[spaces[index]] = 1;
        index += 1;
    }
    table
};

const fn map(lower: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        table[byte] = if lower { value.to_ascii_lowercase() } else { value.to_ascii_uppercase() };
        byte += 1;
    }
    table
}

/// ASCII to lower case.
#[unsafe(no_mangle)]
pub static _Py_ctype_tolower: [u8; 256] = map(true);
/// ASCII to upper case.
#[unsafe(no_mangle)]
pub static _Py_ctype_toupper: [u8; 256] = map(false);

/// The kinds of ASCII characters: LOWER 1, UPPER 2, DIGIT 4, XDIGIT 8, SPACE 16 (`pyctype.h`).
#[unsafe(no_mangle)]
pub static _Py_ctype_table: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 128 {
        let byte = index as u8;
        let mut kinds = 0;
        if byte.is_ascii_lowercase() {
            kinds |= 1;
        }
        if byte.is_ascii_uppercase() {
            kinds |= 2;
        }
        if byte.is_ascii_digit() {
            kinds |= 4;
        }
        if byte.is_ascii_hexdigit() {
            kinds |= 8;
        }
        if matches!(byte, b'\t' | b'\n' | 0x0B | 0x0C | b'\r' | b' ') {
            kinds |= 16;
        }
        table[index] = kinds;
        index += 1;
    }
    table
};

/// The value of each digit of bases up to 36; 37 for what is none.
#[unsafe(no_mangle)]
pub static _PyLong_DigitValue: [u8; 256] = {
    let mut table = [37; 256];
    let mut index = 0;
    while index < 256 {
        let byte = index as u8;
        if byte.is_ascii_digit() {
            table[index] = byte - b'0';
        } else if byte.is_ascii_alphabetic() {
            table[index] = byte.to_ascii_lowercase() - b'a' + 10;
        }
        index += 1;
    }
    table
};

/// The operator with its sides exchanged, for each operator of rich comparison.
#[unsafe(no_mangle)]
pub static _Py_SwappedOp: [i32; 6] = [4, 5, 2, 3, 0, 1];

/// The address that marks a field without a name.
pub(crate) fn unnamed_field() -> *const c_char {
    PyStructSequence_UnnamedField.0
}
