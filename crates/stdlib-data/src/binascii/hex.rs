//! Hexadecimal digits.

use super::error;
use object::value::{bytes, str as text};
use object::{Borrowed, PyResult, memory, raise};

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// `unhexlify(data)`.
pub fn decode(data: &[u8]) -> PyResult<Vec<u8>> {
    if !data.len().is_multiple_of(2) {
        return Err(error("Odd-length string"));
    }
    let mut decoded = memory::vec_with_capacity(data.len() / 2)?;
    for pair in data.chunks_exact(2) {
        match pair {
            [high, low] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => decoded.push(high << 4 | low),
                _ => return Err(error("Non-hexadecimal digit found")),
            },
            _ => return Ok(decoded),
        }
    }
    Ok(decoded)
}

/// The separator: one Latin-1 character.
fn separator(sep: Borrowed<'_>) -> PyResult<u8> {
    if sep.len()? != 1 {
        return Err(raise!(ValueError, "sep must be length 1."));
    }
    if let Some(data) = text::data(sep) {
        return match data.get(0).and_then(|code| u8::try_from(code).ok()) {
            Some(byte) => Ok(byte),
            None => Err(raise!(ValueError, "sep must be ASCII.")),
        };
    }
    match bytes::value(sep) {
        Some([byte]) => Ok(*byte),
        _ => Err(raise!(TypeError, "sep must be str or bytes.")),
    }
}

/// `hexlify(data, sep, bytes_per_sep)`.
pub fn encode(data: &[u8], sep: Option<Borrowed<'_>>, group: i32) -> PyResult<Vec<u8>> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let sep = sep.map(separator).transpose()?;
    let size = group.unsigned_abs() as usize;
    let mut encoded = memory::vec_with_capacity(data.len().saturating_mul(3))?;
    for (index, byte) in data.iter().enumerate() {
        // Groups are counted from the end, negative ones from the start.
        let place = if group < 0 { index } else { data.len() - index };
        if let Some(sep) = sep
            && size > 0
            && index > 0
            && place.is_multiple_of(size)
        {
            encoded.push(sep);
        }
        for digit in [byte >> 4, byte & 15] {
            encoded.extend(DIGITS.get(usize::from(digit)));
        }
    }
    Ok(encoded)
}
