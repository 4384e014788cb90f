//! Encoding and decoding by name.

use object::protocol::buffer::Buffer;
use object::value::str as text;
use object::{Borrowed, PyResult, Ref, raise};

/// `str(object, encoding, errors)`: the text of a buffer.
pub fn decode(object: Borrowed<'_>, encoding: Option<Borrowed<'_>>, errors: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let _ = errors;
    let buffer = Buffer::readable(object)?;
    let name = encoding.map_or_else(|| "utf-8".to_owned(), text::to_string_lossy);
    match name.as_str() {
        "utf-8" | "utf8" => match std::str::from_utf8(buffer.bytes()) {
            Ok(content) => text::new(content),
            Err(_) => Err(raise!(UnicodeError, "invalid utf-8")),
        },
        "latin-1" => text::from_latin1(buffer.bytes()),
        _ => Err(raise!(LookupError, "unknown encoding: {name}")),
    }
}

/// `string.encode(encoding, errors)`.
pub fn encode(string: Borrowed<'_>, encoding: Option<Borrowed<'_>>, errors: Option<Borrowed<'_>>) -> PyResult<Ref> {
    let _ = errors;
    let name = encoding.map_or_else(|| "utf-8".to_owned(), text::to_string_lossy);
    match (name.as_str(), text::to_string(string)) {
        ("utf-8" | "utf8", Some(content)) => object::value::bytes::new(content.as_bytes()),
        ("utf-8" | "utf8", None) => Err(object::convert::surrogates_not_allowed(string)),
        _ => Err(raise!(LookupError, "unknown encoding: {name}")),
    }
}
