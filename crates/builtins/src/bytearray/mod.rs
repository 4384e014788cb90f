//! `bytearray`: mutable sequences of bytes (CPython's `bytearrayobject.c`).
//!
//! The memory is CPython's: a block that begins at `ob_alloc`, the content at `ob_start`, a NUL behind it. While buffers are lent the
//! size cannot change.

mod methods;
pub use methods::ByteArrayIterator;
mod sequence;
mod storage;
use storage::Loan;

use crate::bytes::common::common_methods;
use macros::pyclass;
use object::{Borrowed, PyResult, Ref, core, memory, raise};

/// bytearray(iterable_of_ints) -> bytearray
/// bytearray(string, encoding[, errors]) -> bytearray
/// bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer
/// bytearray(int) -> bytes array of size given by the parameter initialized with null bytes
/// bytearray() -> empty bytes array
///
/// Construct a mutable bytearray object from:
///   - an iterable yielding integers in range(256)
///   - a text string encoded using the specified encoding
///   - a bytes or a buffer object
///   - any object implementing the buffer API.
///   - an integer
#[pyclass(name = "bytearray", cell = object::core::BYTEARRAY, flags(BASETYPE, MATCH_SELF), parts(SEQUENCE, METHODS, COMMON))]
pub struct ByteArray {
    raw: abi::PyByteArrayObject,
}

/// A new bytearray with this content.
pub fn new(content: &[u8]) -> PyResult<Ref> {
    let raw = <abi::PyByteArrayObject as abi::CStruct>::ZERO;
    let object = memory::new_instance(&core::BYTEARRAY, ByteArray { raw })?;
    object.set_content(content)?;
    Ok(object.upcast())
}

/// The content, lent: its size cannot change meanwhile.
fn content(slf: Borrowed<'_>) -> Loan<'_> {
    Loan::new(slf.self_as::<ByteArray>())
}

common_methods!(ByteArray, content, new);
