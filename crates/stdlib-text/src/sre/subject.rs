//! What is searched: a str, bytes, or any buffer.

use object::protocol::buffer::Buffer;
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, Ref, memory, raise};

/// A text that is kept in place.
pub struct Subject {
    object: Ref,
    content: Content,
}

enum Content {
    Str,
    Bytes,
    Buffer(Buffer),
    /// Of a buffer that others may write to meanwhile, but not resize.
    Copy(Vec<u8>, #[expect(dead_code, reason = "held for the export")] Buffer),
}

impl Subject {
    /// The text of a str or of anything that lends a buffer.
    pub fn new(object: Borrowed<'_>) -> PyResult<Subject> {
        let content = if text::check(object) {
            Content::Str
        } else if bytes::value(object).is_some() {
            Content::Bytes
        } else {
            match Buffer::readable(object) {
                Ok(buffer) if buffer.view().readonly.get() != 0 => Content::Buffer(buffer),
                Ok(buffer) => {
                    let mut copy = memory::vec_with_capacity(buffer.len())?;
                    copy.extend_from_slice(buffer.bytes());
                    Content::Copy(copy, buffer)
                }
                Err(raised) => {
                    raised.clear();
                    return Err(raise!(TypeError, "expected string or bytes-like object, got '{}'", object.class().tp_name()));
                }
            }
        };
        Ok(Subject { object: object.to_ref(), content })
    }

    /// The object.
    pub fn object(&self) -> Borrowed<'_> {
        self.object.b()
    }

    /// Not a str.
    pub fn is_bytes(&self) -> bool {
        !matches!(self.content, Content::Str)
    }

    /// The characters or bytes.
    pub fn data(&self) -> text::Data<'_> {
        match &self.content {
            Content::Str => text::data(self.object.b()).unwrap_or(text::Data::Latin1(&[])),
            Content::Bytes => text::Data::Latin1(bytes::value(self.object.b()).unwrap_or_default()),
            Content::Buffer(buffer) => text::Data::Latin1(buffer.bytes()),
            Content::Copy(copy, _) => text::Data::Latin1(copy),
        }
    }

    /// Part of the text, as str or bytes. The whole is the object itself, if it is exactly one of the two.
    pub fn slice(&self, start: usize, end: usize) -> PyResult<Ref> {
        let data = self.data();
        let end = end.min(data.len());
        let start = start.min(end);
        let whole = start == 0 && end == data.len();
        match data {
            text::Data::Latin1(data) if self.is_bytes() => {
                if whole && bytes::exact(&self.object) {
                    return Ok(self.object.clone());
                }
                bytes::new(data.get(start..end).unwrap_or_default())
            }
            _ if whole && text::check_exact(&self.object) => Ok(self.object.clone()),
            text::Data::Latin1(data) => text::from_latin1(data.get(start..end).unwrap_or_default()),
            text::Data::Ucs2(data) => text::from_ucs2(data.get(start..end).unwrap_or_default()),
            text::Data::Ucs4(data) => text::from_ucs4(data.get(start..end).unwrap_or_default()),
        }
    }

    /// Joins parts of the text and other strings of its type.
    pub fn join(&self, parts: Vec<Ref>) -> PyResult<Ref> {
        join(self.is_bytes(), parts)
    }
}

/// `"".join(parts)` or `b"".join(parts)`.
pub fn join(bytes_like: bool, mut parts: Vec<Ref>) -> PyResult<Ref> {
    let exact = |part: &Ref| if bytes_like { bytes::exact(part) } else { text::check_exact(part) };
    if parts.len() == 1 && parts.first().is_some_and(exact) {
        return parts.pop().map_or_else(|| Ok(text::empty()), Ok);
    }
    if !bytes_like {
        let mut borrowed = object::memory::vec_with_capacity(parts.len())?;
        borrowed.extend(parts.iter().map(Ref::b));
        return builtins::str_::join(text::empty().b(), &borrowed);
    }
    let joiner = bytes::new(b"")?;
    let list = builtins::list::List::from_vec(parts)?;
    joiner.call_method(object::id!("join"), &[list.b()])
}
