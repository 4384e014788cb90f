//! Integers as bytes: `int.from_bytes` and `int.to_bytes`.

use super::{Fallible, IntBuf, IntView, MASK, SHIFT, with_capacity};

/// The order of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endian {
    /// The order of this machine.
    pub const NATIVE: Endian = if cfg!(target_endian = "little") { Endian::Little } else { Endian::Big };
}

/// Why `int.to_bytes` fails; both are OverflowError.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesError {
    /// "can't convert negative int to unsigned"
    Negative,
    /// "int too big to convert"
    TooBig,
}

impl BytesError {
    /// CPython's message.
    pub fn message(self) -> &'static str {
        match self {
            BytesError::Negative => "can't convert negative int to unsigned",
            BytesError::TooBig => "int too big to convert",
        }
    }
}

impl IntBuf {
    /// The number that these bytes are, in two's complement if `signed`.
    pub fn from_bytes(bytes: &[u8], order: Endian, signed: bool) -> Fallible<IntBuf> {
        match order {
            Endian::Little => from_little_endian(bytes.iter(), signed),
            Endian::Big => from_little_endian(bytes.iter().rev(), signed),
        }
    }
}

fn from_little_endian<'a>(
    bytes: impl DoubleEndedIterator<Item = &'a u8> + ExactSizeIterator + Clone,
    signed: bool,
) -> Fallible<IntBuf> {
    let negative = signed && bytes.clone().next_back().is_some_and(|&top| top >= 0x80);
    let mut digits = with_capacity(bytes.len() / 15 * 4 + bytes.len() % 15 + 2)?;
    let invert = if negative { 0xFF } else { 0 };
    let (mut pending, mut filled) = (0u64, 0);
    for &byte in bytes {
        pending |= u64::from(byte ^ invert) << filled;
        filled += 8;
        if filled >= SHIFT {
            digits.push(pending as u32 & MASK);
            pending >>= SHIFT;
            filled -= SHIFT;
        }
    }
    digits.push(pending as u32);
    let number = IntBuf::new(false, digits);
    // The inverted bytes are the number's complement.
    if negative { number.view().invert() } else { Ok(number) }
}

impl IntView<'_> {
    /// Fills `target` with the number, in two's complement if `signed`.
    pub fn to_bytes(self, target: &mut [u8], order: Endian, signed: bool) -> Result<(), BytesError> {
        if self.negative && !signed {
            return Err(BytesError::Negative);
        }
        match order {
            Endian::Little => self.to_little_endian(target.iter_mut(), signed),
            Endian::Big => self.to_little_endian(target.iter_mut().rev(), signed),
        }
    }

    fn to_little_endian<'a>(self, target: impl ExactSizeIterator<Item = &'a mut u8>, signed: bool) -> Result<(), BytesError> {
        let room = (target.len() as u64).saturating_mul(8);
        let lowest = self.negative && self.trailing_zeros().is_some_and(|zeros| zeros + 1 == self.bit_length());
        // Two's complement takes one bit more, except for -2**n.
        let needed = self.bit_length() + u64::from(signed && !lowest && !self.is_zero());
        if needed > room {
            return Err(BytesError::TooBig);
        }
        let mut digits = self.digits.iter();
        let (mut pending, mut filled) = (0u64, 0u32);
        let mut carry = u64::from(self.negative);
        let invert = if self.negative { u64::from(MASK) } else { 0 };
        for slot in target {
            if filled < 8 {
                let digit = (u64::from(digits.next().copied().unwrap_or(0)) ^ invert) + carry;
                carry = digit >> SHIFT;
                pending |= (digit & u64::from(MASK)) << filled;
                filled += SHIFT;
            }
            *slot = (pending & 0xFF) as u8;
            pending >>= 8;
            filled -= 8;
        }
        Ok(())
    }
}
