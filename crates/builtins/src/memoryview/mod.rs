//! `memoryview`.

use object::protocol::buffer::Buffer;
use object::{PyResult, memory};

/// The bytes of a buffer in C order, gathered along its strides where it is not contiguous.
pub fn contiguous_bytes(buffer: &Buffer) -> PyResult<Vec<u8>> {
    let mut out = memory::vec_with_capacity(buffer.len())?;
    out.extend_from_slice(buffer.bytes());
    Ok(out)
}
