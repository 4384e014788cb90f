//! Paths and other system text: bytes, and code points with `surrogateescape` (PEP 383).

use std::ffi::{CStr, CString};

/// Why code points are no system text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// ValueError "embedded null byte" or "embedded null character".
    Nul,
    /// UnicodeEncodeError "surrogates not allowed" at this index.
    Surrogate(usize),
}

/// Bytes as code points: UTF-8, each other byte as U+DC80 to U+DCFF.
pub fn decode(bytes: &[u8]) -> Vec<u32> {
    let mut codes = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        codes.extend(chunk.valid().chars().map(u32::from));
        codes.extend(chunk.invalid().iter().map(|&byte| 0xDC00 + u32::from(byte)));
    }
    codes
}

/// Code points as bytes; what `decode` made of bytes becomes those bytes again.
pub fn encode(codes: impl IntoIterator<Item = u32>) -> Result<Vec<u8>, PathError> {
    let mut bytes = Vec::new();
    for (index, code) in codes.into_iter().enumerate() {
        match char::from_u32(code) {
            Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => match u8::try_from(code.wrapping_sub(0xDC00)) {
                Ok(byte) if byte >= 0x80 => bytes.push(byte),
                _ => return Err(PathError::Surrogate(index)),
            },
        }
    }
    Ok(bytes)
}

/// Bytes as a C string.
pub fn to_c(bytes: &[u8]) -> Result<CString, PathError> {
    CString::new(bytes).map_err(|_| PathError::Nul)
}

/// The bytes of a C string that the system keeps.
pub(crate) fn from_c(text: &CStr) -> Vec<u8> {
    text.to_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undecodable_bytes_come_back() {
        let bytes = b"a\xc3\xa9\xff\xed\xa0\x80\xf0\x9f\x98\x80\xc3";
        let codes = decode(bytes);
        assert_eq!(codes, [0x61, 0xE9, 0xDCFF, 0xDCED, 0xDCA0, 0xDC80, 0x1F600, 0xDCC3]);
        assert_eq!(encode(codes).as_deref(), Ok(&bytes[..]));
        assert_eq!(encode([0x61, 0xD800]), Err(PathError::Surrogate(1)));
    }
}
