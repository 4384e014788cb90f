//! The number that `tell` of a text stream gives: a byte position and how to get from there to the character.

use object::value::int;
use object::{Borrowed, PyResult, Ref, raise};

/// A position in a text stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cookie {
    /// Where the buffer is to be put.
    pub start: i64,
    /// The decoder's flags there.
    pub flags: i32,
    /// Bytes to decode from there.
    pub bytes_to_feed: i32,
    /// Characters to skip of what they decode to.
    pub chars_to_skip: i32,
    /// The decoder is told of the end.
    pub need_eof: bool,
}

const BYTES: usize = 21;
const SHIFT: usize = 30;

impl Cookie {
    fn to_bytes(self) -> [u8; BYTES] {
        let mut all = [0; BYTES];
        let parts = self.start.to_le_bytes().into_iter().chain(self.flags.to_le_bytes());
        let parts = parts.chain(self.bytes_to_feed.to_le_bytes()).chain(self.chars_to_skip.to_le_bytes());
        let parts = parts.chain([u8::from(self.need_eof)]);
        all.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        all
    }

    /// The int.
    pub fn pack(self) -> PyResult<Ref> {
        let all = self.to_bytes();
        let mut digits = [0u32; BYTES * 8 / SHIFT + 1];
        for bit in (0..BYTES * 8).filter(|bit| all.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)) {
            if let Some(digit) = digits.get_mut(bit / SHIFT) {
                *digit |= 1 << (bit % SHIFT);
            }
        }
        int::from_digits(false, &digits)
    }

    /// The parts of an int.
    pub fn unpack(object: Borrowed<'_>) -> PyResult<Cookie> {
        let number = object.index()?;
        let Some((false, digits)) = int::digits(number.b()) else {
            return Err(raise!(OverflowError, "can't convert negative int to unsigned"));
        };
        let mut all = [0u8; BYTES];
        for (index, digit) in digits.iter().enumerate() {
            for bit in (0..SHIFT).filter(|bit| digit >> bit & 1 == 1) {
                let at = index * SHIFT + bit;
                match all.get_mut(at / 8) {
                    Some(byte) => *byte |= 1 << (at % 8),
                    None => return Err(raise!(OverflowError, "int too big to convert")),
                }
            }
        }
        let quarter = |start: usize| {
            let mut part = [0; 4];
            part.iter_mut().zip(all.iter().skip(start)).for_each(|(to, from)| *to = *from);
            i32::from_le_bytes(part)
        };
        let mut start = [0; 8];
        start.iter_mut().zip(&all).for_each(|(to, from)| *to = *from);
        Ok(Cookie {
            start: i64::from_le_bytes(start),
            flags: quarter(8),
            bytes_to_feed: quarter(12),
            chars_to_skip: quarter(16),
            need_eof: all.last().is_some_and(|byte| *byte != 0),
        })
    }
}
