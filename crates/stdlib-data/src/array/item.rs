//! The kinds of items: how they lie in memory.

use object::value::{float, int, str as text};
use object::{Borrowed, PyResult, Raised, Ref, raise};
use std::ffi::CStr;

/// The kind of the items of an array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind(u8);

/// The type codes in CPython's order.
pub const CODES: &str = "bBuwhHiIlLqQfd";

fn index(value: Borrowed<'_>) -> PyResult<Ref> {
    value.index()
}

fn long(value: Borrowed<'_>) -> PyResult<i64> {
    let value = index(value)?;
    int::to_i64(value.b()).ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))
}

fn within(value: i64, low: i64, high: i64, what: &str) -> PyResult<i64> {
    if value < low {
        Err(raise!(OverflowError, "{what} is less than minimum"))
    } else if value > high {
        Err(raise!(OverflowError, "{what} is greater than maximum"))
    } else {
        Ok(value)
    }
}

fn unsigned(value: Borrowed<'_>, negative: &str, large: &str) -> PyResult<u64> {
    let value = index(value)?;
    let overflow = |message: &str| -> Raised { raise!(OverflowError, "{message}") };
    if int::digits(value.b()).is_some_and(|(is_negative, _)| is_negative) {
        return Err(overflow(negative));
    }
    int::to_i128(value.b()).and_then(|value| u64::try_from(value).ok()).ok_or_else(|| overflow(large))
}

fn character(value: Borrowed<'_>) -> PyResult<u32> {
    let Some(data) = text::data(value) else {
        return Err(raise!(TypeError, "array item must be a unicode character, not {}", value.class().tp_name()));
    };
    match (data.len(), data.get(0)) {
        (1, Some(code)) => Ok(code),
        (len, _) => Err(raise!(TypeError, "array item must be a unicode character, not a string of length {len}")),
    }
}

impl Kind {
    /// The kind with this type code.
    pub fn of(code: u32) -> Option<Kind> {
        CODES.bytes().find(|known| u32::from(*known) == code).map(Kind)
    }

    /// The type code.
    pub fn code(self) -> char {
        char::from(self.0)
    }

    /// Bytes of an item.
    pub fn size(self) -> usize {
        match self.0 {
            b'b' | b'B' => 1,
            b'h' | b'H' => 2,
            b'i' | b'I' | b'f' | b'u' | b'w' => 4,
            _ => 8,
        }
    }

    /// Whether the items are characters.
    pub fn is_unicode(self) -> bool {
        matches!(self.0, b'u' | b'w')
    }

    /// Whether the items are integers.
    pub fn is_integer(self) -> bool {
        !self.is_unicode() && !matches!(self.0, b'f' | b'd')
    }

    /// Whether the items are signed integers.
    pub fn is_signed(self) -> bool {
        self.is_integer() && self.0.is_ascii_lowercase()
    }

    /// The format in a buffer.
    pub fn format(self) -> &'static CStr {
        match self.0 {
            b'b' => c"b",
            b'B' => c"B",
            b'u' | b'w' => c"w",
            b'h' => c"h",
            b'H' => c"H",
            b'i' => c"i",
            b'I' => c"I",
            b'l' => c"l",
            b'L' => c"L",
            b'q' => c"q",
            b'Q' => c"Q",
            b'f' => c"f",
            _ => c"d",
        }
    }

    /// The code of the machine format, for pickles.
    pub fn machine_format(self) -> u8 {
        let little = match self.0 {
            b'B' => return 0,
            b'b' => return 1,
            b'H' => 2,
            b'h' => 4,
            b'I' => 6,
            b'i' => 8,
            b'L' | b'Q' => 10,
            b'l' | b'q' => 12,
            b'f' => 14,
            b'd' => 16,
            _ => 20,
        };
        little + u8::from(cfg!(target_endian = "big"))
    }

    /// The object for an item.
    pub fn get(self, bytes: &[u8]) -> PyResult<Ref> {
        let mut eight = [0u8; 8];
        let size = bytes.len().min(8);
        if let (Some(place), Some(bytes)) = (eight.get_mut(..size), bytes.get(..size)) {
            place.copy_from_slice(bytes);
        }
        let [a, b, c, d, ..] = eight;
        let (two, four) = ([a, b], [a, b, c, d]);
        match self.0 {
            b'b' => int::new(i64::from(i8::from_ne_bytes([a]))),
            b'B' => int::new(i64::from(a)),
            b'h' => int::new(i64::from(i16::from_ne_bytes(two))),
            b'H' => int::new(i64::from(u16::from_ne_bytes(two))),
            b'i' => int::new(i64::from(i32::from_ne_bytes(four))),
            b'I' => int::new(i64::from(u32::from_ne_bytes(four))),
            b'l' | b'q' => int::new(i64::from_ne_bytes(eight)),
            b'L' | b'Q' => int::from_u64(u64::from_ne_bytes(eight)),
            b'f' => float::new(f64::from(f32::from_ne_bytes(four))),
            b'd' => float::new(f64::from_ne_bytes(eight)),
            _ => text::from_ucs4(&[checked_code(u32::from_ne_bytes(four))?]),
        }
    }

    /// Adds the bytes of an item for `value` to `target`.
    pub fn put(self, value: Borrowed<'_>, target: &mut Vec<u8>) -> PyResult<()> {
        object::memory::reserve(target, 8)?;
        match self.0 {
            b'b' => {
                let value = within(long(value)?, i64::from(i16::MIN), i64::from(i16::MAX), "signed short integer")?;
                let value = within(value, i64::from(i8::MIN), i64::from(i8::MAX), "signed char")?;
                target.extend_from_slice(&(value as i8).to_ne_bytes());
            }
            b'B' => {
                let value = within(long(value)?, 0, i64::from(u8::MAX), "unsigned byte integer")?;
                target.push(value as u8);
            }
            b'h' => {
                let value = within(long(value)?, i64::from(i16::MIN), i64::from(i16::MAX), "signed short integer")?;
                target.extend_from_slice(&(value as i16).to_ne_bytes());
            }
            b'H' => {
                let value = within(long(value)?, i64::from(i32::MIN), i64::from(i32::MAX), "signed integer")?;
                let value = within(value, 0, i64::from(u16::MAX), "unsigned short")?;
                target.extend_from_slice(&(value as u16).to_ne_bytes());
            }
            b'i' => {
                let value = within(long(value)?, i64::from(i32::MIN), i64::from(i32::MAX), "signed integer")?;
                target.extend_from_slice(&(value as i32).to_ne_bytes());
            }
            b'I' | b'L' => {
                let negative = "can't convert negative value to unsigned int";
                let value = unsigned(value, negative, "Python int too large to convert to C unsigned long")?;
                if self.0 == b'L' {
                    target.extend_from_slice(&value.to_ne_bytes());
                } else {
                    let value = u32::try_from(value).map_err(|_| raise!(OverflowError, "unsigned int is greater than maximum"))?;
                    target.extend_from_slice(&value.to_ne_bytes());
                }
            }
            b'l' => target.extend_from_slice(&long(value)?.to_ne_bytes()),
            b'q' => {
                let value = index(value)?;
                let value = int::to_i64(value.b()).ok_or_else(|| raise!(OverflowError, "int too big to convert"))?;
                target.extend_from_slice(&value.to_ne_bytes());
            }
            b'Q' => {
                let value = unsigned(value, "can't convert negative int to unsigned", "int too big to convert")?;
                target.extend_from_slice(&value.to_ne_bytes());
            }
            b'f' => target.extend_from_slice(&(value.as_f64()? as f32).to_ne_bytes()),
            b'd' => target.extend_from_slice(&value.as_f64()?.to_ne_bytes()),
            _ => target.extend_from_slice(&character(value)?.to_ne_bytes()),
        }
        Ok(())
    }
}

/// A code point, or the ValueError for what is none.
pub fn checked_code(code: u32) -> PyResult<u32> {
    if code > 0x10_FFFF {
        return Err(raise!(ValueError, "character U+{code:x} is not in range [U+0000; U+10ffff]"));
    }
    Ok(code)
}
