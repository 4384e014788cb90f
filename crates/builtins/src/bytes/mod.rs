//! `bytes`.

use object::protocol::buffer::Buffer;
use object::value::bytes;
use object::{Borrowed, PyResult, Ref, core, id, memory, raise};

/// `bytes(x)` for an argument that is no count and no str: through `__bytes__`, the buffer protocol, or iteration.
pub fn from_object(x: Borrowed<'_>) -> PyResult<Ref> {
    if x.class().is_type(&core::BYTES) {
        return Ok(x.to_ref());
    }
    if let Some(method) = x.lookup_special(id!("__bytes__"))? {
        let result = method.call0()?;
        if bytes::value(result.b()).is_none() {
            return Err(raise!(TypeError, "__bytes__ returned non-bytes (type {})", result.class().short_name()));
        }
        return Ok(result);
    }
    if x.has_buffer() {
        return bytes::new(Buffer::get(x, abi::pybuf::FULL_RO)?.bytes());
    }
    let iterator = match x.iter() {
        Ok(iterator) => iterator,
        Err(raised) if raised.is_a(&object::exc::TypeError) => {
            raised.clear();
            return Err(raise!(TypeError, "cannot convert '{}' object to bytes", x.class().short_name()));
        }
        Err(raised) => return Err(raised),
    };
    let mut content = memory::vec_with_capacity(x.length_hint(64)?)?;
    while let Some(item) = iterator.next()? {
        memory::reserve(&mut content, 1)?;
        content.push(byte_of(item.b())?);
    }
    bytes::new(&content)
}

/// An item as a byte, or ValueError.
pub(crate) fn byte_of(item: Borrowed<'_>) -> PyResult<u8> {
    let value = item.as_isize_or(&object::exc::ValueError);
    let value = match value {
        Err(raised) if raised.is_a(&object::exc::ValueError) => {
            raised.clear();
            None
        }
        value => u8::try_from(value?).ok(),
    };
    value.ok_or_else(|| raise!(ValueError, "bytes must be in range(0, 256)"))
}
