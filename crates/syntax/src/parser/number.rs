//! Values of number tokens.

use crate::ast::{Constant, Int};

/// The number's value; `None` if a decimal integer has more than `max_digits` digits (0: no limit).
pub(crate) fn parse(text: &[u8], max_digits: usize) -> Option<Constant> {
    if let [b'0', radix @ (b'x' | b'X' | b'o' | b'O' | b'b' | b'B'), digits @ ..] = text {
        let radix = match radix.to_ascii_lowercase() {
            b'x' => 16,
            b'o' => 8,
            _ => 2,
        };
        return Some(Constant::Int(Int::parse(digits, radix)));
    }
    if let [number @ .., b'j' | b'J'] = text {
        return Some(Constant::Complex { real: 0.0, imag: float(number) });
    }
    if text.iter().any(|c| matches!(c, b'.' | b'e' | b'E')) {
        return Some(Constant::Float(float(text)));
    }
    if max_digits != 0 && text.len() > max_digits && digit_count(text) > max_digits {
        return None;
    }
    Some(Constant::Int(Int::parse(text, 10)))
}

/// Digits of a decimal number, underscores not counted.
pub(crate) fn digit_count(text: &[u8]) -> usize {
    text.iter().filter(|&&c| c != b'_').count()
}

fn float(text: &[u8]) -> f64 {
    let text: String = text.iter().filter(|&&c| c != b'_').map(|&c| char::from(c)).collect();
    text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(parse(b"1_0.5e1", 0), Some(Constant::Float(105.0)));
        assert_eq!(parse(b"1.", 0), Some(Constant::Float(1.0)));
        assert_eq!(parse(b".5J", 0), Some(Constant::Complex { real: 0.0, imag: 0.5 }));
        assert_eq!(parse(b"0xF_f", 0), Some(Constant::Int(Int::Small(255))));
        assert_eq!(parse(b"1e999", 0), Some(Constant::Float(f64::INFINITY)));
        assert_eq!(parse(b"123", 2), None);
    }
}
