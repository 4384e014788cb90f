//! Base 64.

use super::error;
use object::{PyResult, memory};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static VALUES: [u8; 256] = {
    let mut table = [64u8; 256];
    let mut index = 0;
    while index < 64 {
        table[ALPHABET[index] as usize] = index as u8;
        index += 1;
    }
    table
};

/// `b2a_base64(data)`.
pub fn encode(data: &[u8], newline: bool) -> PyResult<Vec<u8>> {
    let mut encoded = memory::vec_with_capacity(data.len().div_ceil(3).saturating_mul(4).saturating_add(1))?;
    let letter = |value: u32| ALPHABET.get((value & 63) as usize).copied().unwrap_or(b'A');
    for group in data.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        encoded.extend([letter(bits >> 18), letter(bits >> 12)]);
        encoded.push(if group.len() > 1 { letter(bits >> 6) } else { b'=' });
        encoded.push(if group.len() > 2 { letter(bits) } else { b'=' });
    }
    if newline {
        encoded.push(b'\n');
    }
    Ok(encoded)
}

/// `a2b_base64(data, strict_mode=…)`.
pub fn decode(data: &[u8], strict: bool) -> PyResult<Vec<u8>> {
    let mut decoded = memory::vec_with_capacity(data.len().div_ceil(4).saturating_mul(3))?;
    if strict && data.first() == Some(&b'=') {
        return Err(error("Leading padding not allowed"));
    }
    // How many letters of a group are there, and the bits that they left.
    let (mut place, mut left, mut pads) = (0u8, 0u8, 0u8);
    let mut padding_started = false;
    for (index, byte) in data.iter().enumerate() {
        if *byte == b'=' {
            padding_started = true;
            if strict && place == 0 {
                return Err(error("Excess padding not allowed"));
            }
            if strict && place == 1 {
                return Err(one_too_many(&decoded));
            }
            pads = pads.saturating_add(1);
            if strict && place >= 2 && place + pads >= 4 {
                let Some(next) = data.get(index + 1) else { return Ok(decoded) };
                let is_letter = VALUES.get(usize::from(*next)).is_some_and(|value| *value < 64);
                return Err(error(match next {
                    b'=' => "Excess padding not allowed",
                    _ if is_letter => "Excess data after padding",
                    _ => "Only base64 data is allowed",
                }));
            }
            continue;
        }
        let value = VALUES.get(usize::from(*byte)).copied().unwrap_or(64);
        if value >= 64 {
            if strict {
                return Err(error("Only base64 data is allowed"));
            }
            continue;
        }
        if strict && padding_started && place >= 2 {
            return Err(error("Discontinuous padding not allowed"));
        }
        pads = 0;
        match place {
            0 => {
                place = 1;
                left = value;
            }
            1 => {
                place = 2;
                decoded.push(left << 2 | value >> 4);
                left = value & 0x0F;
            }
            2 => {
                place = 3;
                decoded.push(left << 4 | value >> 2);
                left = value & 0x03;
            }
            _ => {
                place = 0;
                decoded.push(left << 6 | value);
                left = 0;
            }
        }
    }
    match place {
        0 => Ok(decoded),
        1 => Err(one_too_many(&decoded)),
        // Letters behind padding go on with the group; what counts is the padding at the end.
        _ if place.saturating_add(pads) >= 4 => Ok(decoded),
        _ => Err(error("Incorrect padding")),
    }
}

#[cold]
fn one_too_many(decoded: &[u8]) -> object::Raised {
    let count = decoded.len() / 3 * 4 + 1;
    error(&format!("Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_and_back() {
        for text in [&b""[..], b"a", b"ab", b"abc", b"\xff\x00\x80z"] {
            let encoded = super::encode(text, false).ok();
            let decoded = encoded.and_then(|encoded| super::decode(&encoded, true).ok());
            assert_eq!(decoded.as_deref(), Some(text));
        }
    }
}
