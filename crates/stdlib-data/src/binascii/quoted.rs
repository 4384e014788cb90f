//! Quoted-printable text.

const LINE: usize = 76;

fn hex(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|byte| char::from(*byte).to_digit(16)).map(|digit| digit as u8)
}

/// `a2b_qp(data, header)`.
pub fn decode(data: &[u8], header: bool) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(data.len());
    let mut at = 0;
    while let Some(byte) = data.get(at) {
        match byte {
            b'=' => {
                at += 1;
                match data.get(at) {
                    None => break,
                    Some(b'\n' | b'\r') => {
                        // A soft line break; whatever stands before the newline goes with it.
                        while data.get(at).is_some_and(|byte| *byte != b'\n') {
                            at += 1;
                        }
                        at += usize::from(at < data.len());
                    }
                    Some(b'=') => {
                        decoded.push(b'=');
                        at += 1;
                    }
                    Some(_) => match (hex(data.get(at)), hex(data.get(at + 1))) {
                        (Some(high), Some(low)) => {
                            decoded.push(high << 4 | low);
                            at += 2;
                        }
                        _ => decoded.push(b'='),
                    },
                }
            }
            b'_' if header => {
                decoded.push(b' ');
                at += 1;
            }
            byte => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    decoded
}

/// `b2a_qp(data, quotetabs, istext, header)`.
pub fn encode(data: &[u8], quote_tabs: bool, is_text: bool, header: bool) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let crlf = data.iter().position(|byte| *byte == b'\n').is_some_and(|at| at > 0 && data.get(at - 1) == Some(&b'\r'));
    let newline: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let mut encoded: Vec<u8> = Vec::with_capacity(data.len());
    let mut column = 0;
    let mut at = 0;
    let escape = |encoded: &mut Vec<u8>, byte: u8| {
        encoded.push(b'=');
        for digit in [byte >> 4, byte & 15] {
            encoded.extend(DIGITS.get(usize::from(digit)));
        }
    };
    while let Some(&byte) = data.get(at) {
        let next = data.get(at + 1).copied();
        let quoted = byte > 126
            || byte == b'='
            || (header && byte == b'_')
            || (byte == b'.' && column == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0)))
            || (!is_text && matches!(byte, b'\r' | b'\n'))
            || (matches!(byte, b'\t' | b' ') && next.is_none())
            || (byte < 33 && !matches!(byte, b'\r' | b'\n' | b'\t' | b' '))
            || (byte < 33 && (quote_tabs || (!quote_tabs && !matches!(byte, b'\t' | b' '))) && !matches!(byte, b'\r' | b'\n'));
        if quoted {
            if column + 3 >= LINE {
                encoded.push(b'=');
                encoded.extend_from_slice(newline);
                column = 0;
            }
            escape(&mut encoded, byte);
            column += 3;
            at += 1;
            continue;
        }
        let line_end = is_text && (byte == b'\n' || (byte == b'\r' && next == Some(b'\n')));
        if line_end {
            column = 0;
            // White space before a newline must not be lost.
            if let Some(last @ (b' ' | b'\t')) = encoded.last().copied() {
                encoded.pop();
                escape(&mut encoded, last);
            }
            encoded.extend_from_slice(newline);
            at += if byte == b'\r' { 2 } else { 1 };
            continue;
        }
        if next.is_some_and(|next| next != b'\n') && column + 1 >= LINE {
            encoded.push(b'=');
            encoded.extend_from_slice(newline);
            column = 0;
        }
        column += 1;
        encoded.push(if header && byte == b' ' { b'_' } else { byte });
        at += 1;
    }
    encoded
}
