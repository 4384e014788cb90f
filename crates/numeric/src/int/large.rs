//! The bridge to dashu, which does the heavy work on large numbers: 30-bit digits to machine words and back.

use dashu_int::fast_div::ConstDivisor;
use dashu_int::{UBig, Word};

use super::{Digits, Fallible, MASK, NoMemory, SHIFT, trimmed, with_capacity};

/// Bits in a word of dashu.
const WORD_BITS: u32 = Word::BITS;

/// Words for this many digits, and some.
fn words_for(digits: usize) -> usize {
    (digits / 32) * 15 + (digits % 32 * SHIFT as usize).div_ceil(WORD_BITS as usize) + 1
}

/// Finds out whether `bytes` can be had at all, before dashu, whose allocations abort, asks for them.
pub(super) fn probe(bytes: usize) -> Fallible<()> {
    if bytes > 1 << 20 {
        let mut room = Vec::<u8>::new();
        room.try_reserve_exact(bytes).map_err(|_| NoMemory)?;
        std::hint::black_box(&mut room);
    }
    Ok(())
}

pub(super) fn to_ubig(digits: &[u32]) -> Fallible<UBig> {
    let mut words: Vec<Word> = Vec::new();
    words.try_reserve_exact(words_for(digits.len())).map_err(|_| NoMemory)?;
    let mut word: Word = 0;
    let mut filled = 0;
    for &digit in digits {
        let digit = Word::from(digit);
        word |= digit << filled;
        filled += SHIFT;
        if filled >= WORD_BITS {
            words.push(word);
            filled -= WORD_BITS;
            word = if filled == 0 { 0 } else { digit >> (SHIFT - filled) };
        }
    }
    words.push(word);
    probe(words.len().saturating_mul(8))?;
    Ok(UBig::from_words(&words))
}

pub(super) fn from_ubig(number: &UBig) -> Fallible<Digits> {
    let words = number.as_words();
    let mut digits = with_capacity(words.len() / 15 * 32 + words.len() % 15 * 3 + 3)?;
    let mut pending: u128 = 0;
    let mut filled = 0;
    for &word in words {
        pending |= u128::from(word) << filled;
        filled += WORD_BITS;
        while filled >= SHIFT {
            digits.push(pending as u32 & MASK);
            pending >>= SHIFT;
            filled -= SHIFT;
        }
    }
    while pending != 0 {
        digits.push(pending as u32 & MASK);
        pending >>= SHIFT;
    }
    digits.truncate(trimmed(&digits).len());
    Ok(digits)
}

pub(super) fn mul(a: &[u32], b: &[u32]) -> Fallible<Digits> {
    probe(a.len().saturating_add(b.len()).saturating_mul(12))?;
    let left = to_ubig(a)?;
    if std::ptr::eq(a, b) {
        return from_ubig(&left.sqr());
    }
    from_ubig(&(left * to_ubig(b)?))
}

/// Quotient and remainder; `b` is not zero.
pub(super) fn divrem(a: &[u32], b: &[u32]) -> Fallible<(Digits, Digits)> {
    use dashu_int::ops::DivRem;
    probe(a.len().saturating_mul(16))?;
    let (quotient, remainder) = to_ubig(a)?.div_rem(to_ubig(b)?);
    Ok((from_ubig(&quotient)?, from_ubig(&remainder)?))
}

/// Digits of a base that is no power of two; underscores between them are skipped.
pub(super) fn parse(body: &[u8], base: u32) -> Fallible<Digits> {
    let mut text = Vec::new();
    text.try_reserve_exact(body.len()).map_err(|_| NoMemory)?;
    text.extend(body.iter().copied().filter(|&byte| byte != b'_'));
    probe(text.len().saturating_mul(4))?;
    let text = std::str::from_utf8(&text).map_err(|_| NoMemory)?;
    from_ubig(&UBig::from_str_radix(text, base).map_err(|_| NoMemory)?)
}

/// The digits of a magnitude in any base.
pub(super) fn to_text(digits: &[u32], base: u32) -> Fallible<Vec<u8>> {
    probe(digits.len().saturating_mul(30))?;
    let number = to_ubig(digits)?;
    let radix = u8::try_from(base).map_err(|_| NoMemory)?;
    Ok(number.in_radix(radix).to_string().into_bytes())
}

/// `base ** exponent`.
pub(super) fn pow(base: &[u32], exponent: usize) -> Fallible<Digits> {
    let bits = (base.len() as u128 * u128::from(SHIFT)).saturating_mul(exponent as u128);
    probe(usize::try_from(bits / 4).map_err(|_| NoMemory)?)?;
    from_ubig(&to_ubig(base)?.pow(exponent))
}

/// `base ** exponent % modulus`, for a modulus above 1.
pub(super) fn modpow(base: &[u32], exponent: &[u32], modulus: &[u32]) -> Fallible<Digits> {
    let ring = ConstDivisor::new(to_ubig(modulus)?);
    let power = ring.reduce(to_ubig(base)?).pow(&to_ubig(exponent)?);
    from_ubig(&power.residue())
}

/// The inverse of `number` modulo `modulus` (above 1), where there is one.
pub(super) fn inverse(number: &[u32], modulus: &[u32]) -> Fallible<Option<Digits>> {
    let ring = ConstDivisor::new(to_ubig(modulus)?);
    ring.reduce(to_ubig(number)?).inv().map(|inverse| from_ubig(&inverse.residue())).transpose()
}

/// The greatest common divisor of two magnitudes, not both zero.
pub(super) fn gcd(a: &[u32], b: &[u32]) -> Fallible<Digits> {
    use dashu_int::ops::Gcd;
    probe(a.len().max(b.len()).saturating_mul(24))?;
    from_ubig(&to_ubig(a)?.gcd(to_ubig(b)?))
}

/// The integer part of the square root.
pub(super) fn isqrt(digits: &[u32]) -> Fallible<Digits> {
    use dashu_int::ops::SquareRoot;
    probe(digits.len().saturating_mul(16))?;
    from_ubig(&to_ubig(digits)?.sqrt())
}
