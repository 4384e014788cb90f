//! `bytes(…)`.

use super::Bytes;
use macros::pymethods;
use object::convert::Str;
use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text, tuple};
use object::{Borrowed, PyResult, Ref, TypeObject, core, id, memory, raise};

/// The bytes of an argument that is no count and no str: through `__bytes__`, the buffer protocol, or iteration.
pub fn from_object(x: Borrowed<'_>) -> PyResult<Ref> {
    if x.class().is_type(&core::BYTES) {
        return Ok(x.to_ref());
    }
    match bytes_method(x)? {
        Some(result) => Ok(result),
        None => bytes::new(&content_of(x, "bytes")?),
    }
}

/// The result of `__bytes__`, where the object has it.
fn bytes_method(x: Borrowed<'_>) -> PyResult<Option<Ref>> {
    let Some(method) = x.lookup_special(id!("__bytes__"))? else { return Ok(None) };
    let result = method.call0()?;
    if bytes::value(result.b()).is_none() {
        return Err(raise!(TypeError, "__bytes__ returned non-bytes (type {})", result.class().tp_name()));
    }
    Ok(Some(result))
}

/// The bytes of a buffer or of an iterable of ints. `kind` names the type that is made.
pub(crate) fn content_of(x: Borrowed<'_>, kind: &str) -> PyResult<Vec<u8>> {
    if let Some(content) = bytes::exact_value(x) {
        let mut copy = memory::vec_with_capacity(content.len())?;
        copy.extend_from_slice(content);
        return Ok(copy);
    }
    if x.has_buffer() {
        let buffer = Buffer::get(x, abi::pybuf::FULL_RO)?;
        return crate::memoryview::contiguous_bytes(&buffer);
    }
    if text::check(x) {
        return Err(raise!(TypeError, "cannot convert '{}' object to {kind}", x.class().tp_name()));
    }
    if x.class().is_type(&core::LIST) || x.class().is_type(&core::TUPLE) {
        let items = x.to_vec()?;
        let mut content = memory::vec_with_capacity(items.len())?;
        for item in &items {
            // Other numbers may run code, which may change the list: they go the long way.
            let exact = if item.class().is_type(&core::INT) { object::value::int::to_i64(item.b()) } else { None };
            match exact.and_then(|value| u8::try_from(value).ok()) {
                Some(byte) => content.push(byte),
                None => break,
            }
        }
        if content.len() == items.len() {
            return Ok(content);
        }
    }
    let iterator = match x.iter() {
        Ok(iterator) => iterator,
        Err(raised) if raised.is_a(&object::exc::TypeError) => {
            raised.clear();
            return Err(raise!(TypeError, "cannot convert '{}' object to {kind}", x.class().tp_name()));
        }
        Err(raised) => return Err(raised),
    };
    let mut content = memory::vec_with_capacity(x.length_hint(64)?)?;
    while let Some(item) = iterator.next()? {
        let Ok(byte) = u8::try_from(item.as_isize_clamped()?) else {
            return Err(raise!(ValueError, "{} must be in range(0, 256)", if kind == "bytes" { "bytes" } else { "byte" }));
        };
        memory::reserve(&mut content, 1)?;
        content.push(byte);
    }
    Ok(content)
}

/// What `bytes(source, encoding, errors)` and `bytearray(…)` hold. The flag in the result: `source` came with `__bytes__`.
pub fn from_source(
    source: Option<Borrowed<'_>>,
    encoding: Option<Str<'_>>,
    errors: Option<Str<'_>>,
    kind: &str,
) -> PyResult<Vec<u8>> {
    let value = |object: Ref| bytes::value(object.b()).unwrap_or_default().to_vec();
    let Some(source) = source else {
        return match (encoding, errors) {
            (None, None) => Ok(Vec::new()),
            (Some(_), _) => Err(raise!(TypeError, "encoding without a string argument")),
            (None, Some(_)) => Err(raise!(TypeError, "errors without a string argument")),
        };
    };
    if encoding.is_some() || errors.is_some() {
        if !text::check(source) {
            return Err(match encoding {
                Some(_) => raise!(TypeError, "encoding without a string argument"),
                None => raise!(TypeError, "errors without a string argument"),
            });
        }
        if encoding.is_none() {
            return Err(raise!(TypeError, "string argument without an encoding"));
        }
        let encoded = crate::codecs::encode(source, encoding.map(|encoding| encoding.0), errors.map(|errors| errors.0))?;
        return Ok(value(encoded));
    }
    if kind == "bytes"
        && let Some(result) = bytes_method(source)?
    {
        return Ok(value(result));
    }
    if text::check(source) {
        return Err(raise!(TypeError, "string argument without an encoding"));
    }
    if source.class().nb_index().is_some() {
        match source.as_isize_or(&object::exc::OverflowError) {
            Ok(count) => {
                let Ok(count) = usize::try_from(count) else { return Err(raise!(ValueError, "negative count")) };
                let mut content = memory::vec_with_capacity(count)?;
                content.resize(count, 0);
                return Ok(content);
            }
            Err(raised) => raised.clear_if(&object::exc::TypeError)?,
        }
    }
    content_of(source, kind)
}

#[pymethods(part = CONSTRUCT)]
impl Bytes {
    #[slot(tp_new, "(source=b'', encoding='utf-8', errors='strict')")]
    fn new(
        cls: Borrowed<'_, TypeObject>,
        source: Option<Borrowed<'_>>,
        encoding: Option<Str<'_>>,
        errors: Option<Str<'_>>,
    ) -> PyResult<Ref> {
        let value = match source {
            Some(source) if encoding.is_none() && errors.is_none() && source.class().is_type(&core::BYTES) => source.to_ref(),
            // The very object that `__bytes__` gives.
            Some(source) if encoding.is_none() && errors.is_none() => match bytes_method(source)? {
                Some(result) => result,
                None => bytes::new(&from_source(Some(source), None, None, "bytes")?)?,
            },
            source => bytes::new(&from_source(source, encoding, errors, "bytes")?)?,
        };
        if cls.is_type(&core::BYTES) {
            return Ok(value);
        }
        let content = bytes::value(value.b()).unwrap_or_default();
        let Some(alloc) = cls.tp_alloc() else { return Err(object::error::bad_internal_call()) };
        let instance = alloc(cls, content.len().cast_signed())?;
        // SAFETY: a fresh instance of a subtype of bytes with room for the content.
        unsafe { bytes::init(instance.b(), content) };
        Ok(instance)
    }

    #[method("($self, /)")]
    fn __getnewargs__(slf: Borrowed<'_>) -> PyResult<Ref> {
        tuple::from_array([bytes::new(bytes::value(slf).unwrap_or_default())?])
    }

    /// Convert this value to exact type bytes.
    #[method("($self, /)")]
    fn __bytes__(slf: Borrowed<'_>) -> PyResult<Ref> {
        if slf.class().is_type(&core::BYTES) { Ok(slf.to_ref()) } else { bytes::new(bytes::value(slf).unwrap_or_default()) }
    }
}
