//! `bytes`: immutable sequences of bytes (CPython's `bytesobject.c`).

pub(crate) mod common;
mod construct;
mod iter;
pub use iter::BytesIterator;
pub(crate) mod kernel;
mod sequence;

pub use construct::{from_object, from_source};

use macros::pyclass;
use object::value::bytes;
use object::{Borrowed, PyResult, Ref, raise};

/// bytes(iterable_of_ints) -> bytes
/// bytes(string, encoding[, errors]) -> bytes
/// bytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer
/// bytes(int) -> bytes object of size given by the parameter initialized with null bytes
/// bytes() -> empty bytes object
///
/// Construct an immutable array of bytes from:
///   - an iterable yielding integers in range(256)
///   - a text string encoded using the specified encoding
///   - any object implementing the buffer API.
///   - an integer
#[pyclass(
    name = "bytes",
    cell = object::core::BYTES,
    basicsize = std::mem::offset_of!(abi::PyBytesObject, ob_sval) + 1,
    itemsize = 1,
    flags(BASETYPE, BYTES_SUBCLASS, MATCH_SELF),
    parts(CONSTRUCT, SEQUENCE, COMMON)
)]
pub struct Bytes {
    raw: abi::PyBytesObject,
}

fn content<'a>(slf: Borrowed<'a>) -> &'a [u8] {
    bytes::value(slf).unwrap_or_default()
}

common::common_methods!(Bytes, content, bytes::new);
