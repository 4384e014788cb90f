//! Single characters: case, categories, character sets.

use super::op;
use unicode::ctype;

/// Lower case of an ASCII letter.
#[inline]
pub fn lower_ascii(code: u32) -> u32 {
    if (0x41..=0x5A).contains(&code) { code + 32 } else { code }
}

/// Upper case of an ASCII letter.
#[inline]
pub fn upper_ascii(code: u32) -> u32 {
    if (0x61..=0x7A).contains(&code) { code - 32 } else { code }
}

/// Simple lower case.
#[inline]
pub fn lower_unicode(code: u32) -> u32 {
    if code < 0x80 { lower_ascii(code) } else { ctype::to_lower(code) }
}

/// Simple upper case.
#[inline]
pub fn upper_unicode(code: u32) -> u32 {
    if code < 0x80 { upper_ascii(code) } else { ctype::to_upper(code) }
}

/// Whether a letter of a locale pattern is the character but for case.
///
/// In the C locale and in every UTF-8 locale single bytes above 0x7F have no case.
#[inline]
pub fn same_in_locale(pattern: u32, code: u32) -> bool {
    code == pattern || lower_ascii(code) == pattern || upper_ascii(code) == pattern
}

#[inline]
fn ascii(code: u32, test: impl Fn(u8) -> bool) -> bool {
    code < 0x80 && test(code as u8)
}

/// `[a-zA-Z0-9_]`
#[inline]
pub fn is_word_ascii(code: u32) -> bool {
    ascii(code, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A letter, a numeral or an underscore.
#[inline]
pub fn is_word_unicode(code: u32) -> bool {
    if code < 0x80 { is_word_ascii(code) } else { ctype::is_alnum(code) }
}

/// Whether the character is in the category; `None`: there is no such category.
#[inline]
pub fn in_category(category: u32, code: u32) -> bool {
    let space = |code| ascii(code, |byte| byte == b' ' || (9..=13).contains(&byte));
    match category {
        op::CATEGORY_DIGIT => ascii(code, |byte| byte.is_ascii_digit()),
        op::CATEGORY_NOT_DIGIT => !ascii(code, |byte| byte.is_ascii_digit()),
        op::CATEGORY_SPACE => space(code),
        op::CATEGORY_NOT_SPACE => !space(code),
        op::CATEGORY_WORD | op::CATEGORY_LOC_WORD => is_word_ascii(code),
        op::CATEGORY_NOT_WORD | op::CATEGORY_LOC_NOT_WORD => !is_word_ascii(code),
        op::CATEGORY_LINEBREAK => code == 10,
        op::CATEGORY_NOT_LINEBREAK => code != 10,
        op::CATEGORY_UNI_DIGIT => ctype::is_decimal(code),
        op::CATEGORY_UNI_NOT_DIGIT => !ctype::is_decimal(code),
        op::CATEGORY_UNI_SPACE => ctype::is_space(code),
        op::CATEGORY_UNI_NOT_SPACE => !ctype::is_space(code),
        op::CATEGORY_UNI_WORD => is_word_unicode(code),
        op::CATEGORY_UNI_NOT_WORD => !is_word_unicode(code),
        op::CATEGORY_UNI_LINEBREAK => ctype::is_linebreak(code),
        op::CATEGORY_UNI_NOT_LINEBREAK => !ctype::is_linebreak(code),
        _ => false,
    }
}

/// Whether the character is in the set that is written at `at`.
pub fn in_set(codes: &[u32], mut at: usize, code: u32) -> bool {
    let get = |index: usize| codes.get(index).copied().unwrap_or(op::FAILURE);
    let bit = |base: usize| get(base + (code as usize >> 5 & 7)) & 1 << (code & 31) != 0;
    let mut good = true;
    loop {
        let operator = get(at);
        at += 1;
        match operator {
            op::LITERAL => {
                if get(at) == code {
                    return good;
                }
                at += 1;
            }
            op::CATEGORY => {
                if in_category(get(at), code) {
                    return good;
                }
                at += 1;
            }
            op::RANGE => {
                if get(at) <= code && code <= get(at + 1) {
                    return good;
                }
                at += 2;
            }
            op::RANGE_UNI_IGNORE => {
                let range = get(at)..=get(at + 1);
                if range.contains(&code) || range.contains(&upper_unicode(code)) {
                    return good;
                }
                at += 2;
            }
            op::CHARSET => {
                if code < 256 && bit(at) {
                    return good;
                }
                at += 8;
            }
            op::BIGCHARSET => {
                let blocks = get(at) as usize;
                at += 1;
                if code < 0x1_0000 {
                    let high = code as usize >> 8;
                    let block = get(at + (high >> 2)).to_ne_bytes().get(high & 3).copied().unwrap_or(0);
                    if bit(at + 64 + usize::from(block) * 8) {
                        return good;
                    }
                }
                at += 64 + blocks * 8;
            }
            op::NEGATE => good = !good,
            _ => return !good,
        }
    }
}
