//! Lines of uuencoded data.

use super::error;
use object::{PyResult, memory};

/// `a2b_uu(data)`: one line.
pub fn decode(data: &[u8]) -> PyResult<Vec<u8>> {
    let Some((&first, rest)) = data.split_first() else { return Err(error("Missing length byte")) };
    let len = usize::from(first.wrapping_sub(b' ') & 0o77);
    let mut decoded: Vec<u8> = memory::vec_with_capacity(len)?;
    let (mut bits, mut pending) = (0u32, 0u32);
    let mut bytes = rest.iter().copied();
    while decoded.len() < len {
        let value = match bytes.next() {
            // White space at the end of a line may be gone.
            None | Some(b'\n' | b'\r') => 0,
            Some(byte @ b' '..=b'`') => u32::from((byte - b' ') & 0o77),
            Some(_) => return Err(error("Illegal char")),
        };
        pending = pending << 6 | value;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            decoded.push((pending >> bits) as u8);
            pending &= (1 << bits) - 1;
        }
    }
    if bytes.any(|byte| !matches!(byte, b' ' | b'`' | b'\n' | b'\r')) {
        return Err(error("Trailing garbage"));
    }
    Ok(decoded)
}

/// `b2a_uu(data)`: one line.
pub fn encode(data: &[u8], backtick: bool) -> PyResult<Vec<u8>> {
    if data.len() > 45 {
        return Err(error("At most 45 bytes at once"));
    }
    let letter = |value: u32| if backtick && value == 0 { b'`' } else { (value & 0o77) as u8 + b' ' };
    let mut encoded = vec![letter(data.len() as u32)];
    for group in data.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        encoded.extend([18, 12, 6, 0].map(|shift| letter(bits >> shift & 0o77)));
    }
    encoded.push(b'\n');
    Ok(encoded)
}
